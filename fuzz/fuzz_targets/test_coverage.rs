//! Any bytes are a report of coverage, or a map of it, that is read or refused: the first of them
//! says which.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::cover::map::Map;
use tl_test::cover::paths::Sources;
use tl_test::cover::total::Adding;
use tl_test::cover::{Format, Report};
use tl_test::read::Limits;

/// All of them; behind the last one, what the content says, and a map.
const FORMATS: [Format; 8] = [
    Format::Lcov,
    Format::Cobertura,
    Format::Jacoco,
    Format::Clover,
    Format::LlvmCov,
    Format::CoveragePy,
    Format::GoCover,
    Format::Istanbul,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, report)) = bytes.split_first() else { return };
    let wanted = usize::from(first.wrapping_sub(b'A')) % (FORMATS.len() + 2);
    if wanted > FORMATS.len() {
        return map(report);
    }
    let given = FORMATS.get(wanted).copied();
    let limits = Limits { name: 512, line: 4_096, ..Limits::default() };
    let mut report = Report::open("fuzz", report, given, limits).expect("memory is read");
    let (mut adding, mut files) = (Adding::default(), 0);
    while let Some(batch) = report.next_batch().expect("memory is read") {
        for file in &batch {
            assert!(file.test.is_some() || file.hit.without(&file.lines).is_empty());
            assert!(file.branches.iter().all(|one| one.hit <= one.all && one.line > 0));
            adding.add(file);
            files += 1;
        }
    }
    let ended = report.ended();
    assert_eq!(ended.complete, ended.gaps().next().is_none());
    let known = ["src/add.c", "orders/add.py", "src/main/java/org/acme/Add.java"];
    let sources = Sources::new(known.map(ToOwned::to_owned), "/src/shop");
    let total = adding.finish(&sources, &ended.roots);
    let sums = total.sums();
    assert!(sums.covered <= sums.lines && sums.branches_covered <= sums.branches);
    assert!(total.files.len() + total.several.len() <= files);
});

fn map(bytes: &[u8]) {
    let Ok(map) = Map::decode(bytes) else { return };
    let again = map.encode().expect("what was read can be written");
    assert_eq!(Map::decode(&again).as_ref(), Ok(&map));
}
