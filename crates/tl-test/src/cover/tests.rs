use std::io::{self, BufReader, Read};

use proptest::prelude::*;

use super::*;

/// Files and the end of a report.
fn read(text: &str) -> (Vec<Covered>, Ended) {
    read_as(text.as_bytes(), None)
}

fn read_as(bytes: &[u8], format: Option<Format>) -> (Vec<Covered>, Ended) {
    let mut report = Report::open("report", bytes, format, Limits::default()).unwrap();
    let mut files = Vec::new();
    while let Some(batch) = report.next_batch().unwrap() {
        files.extend(batch);
    }
    (files, report.ended())
}

/// A line a file: `TEST| FILE lines / covered, branches taken of all`.
fn shown(files: &[Covered]) -> Vec<String> {
    let one = |file: &Covered| {
        let test = file.test.as_ref().map_or_else(String::new, |test| format!("{test}| "));
        let branches = file.branches.iter();
        let branches: Vec<String> =
            branches.map(|one| format!("{}: {}/{}", one.line, one.hit, one.all)).collect();
        let (lines, hit) = (file.lines.shown(99), file.hit.shown(99));
        let within: String = file.within.iter().map(|group| format!("{group}>")).collect();
        format!("{test}{within}{} {lines} / {hit} [{}]", file.file, branches.join(" "))
    };
    files.iter().map(one).collect()
}

fn gaps(ended: &Ended) -> Vec<Gap> {
    ended.gaps().collect()
}

const LCOV: &str = "TN:adds
SF:src/add.c
VER:2
FN:1,add
FNDA:3,add
BRDA:2,0,0,3
BRDA:2,0,1,-
BRDA:4,e0,jump to 5,0
DA:1,3
DA:2,3,ysJMhhpNVCpDHdOrqyMxfA
DA:3,0
DA:7,1.5e+10
DA:8,-2
LF:9
LH:3
end_of_record
TN:
SF:src/sub.c
DA:1,0
end_of_record
";

const COBERTURA: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
<coverage line-rate="0.5" lines-covered="2" lines-valid="4">
  <sources><source>/src/shop</source><source> .
  </source></sources>
  <packages><package name="orders"><classes>
    <class name="Add" filename="orders/add.py"><methods><method name="m"><lines>
        <line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
        <line number="4" hits="1"/>
      </lines></method></methods>
      <lines>
        <line number="1" hits="1"/>
        <line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
        <line number="5" hits="0"/></lines></class>
    <class name="Add$Inner" filename="orders/add.py"><methods><method name="n"><lines>
        <line number="9" hits="4294967297"/></lines></method></methods></class>
  </classes></package></packages>
</coverage>"#;

const JACOCO: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
<report name="shop"><sessioninfo id="x" start="1" dump="2"/>
<group name="orders"><group name="core"><package name="org/acme">
  <class name="org/acme/Add" sourcefilename="Add.java"><method name="add" desc="()V" line="3">
    <counter type="LINE" missed="1" covered="2"/></method></class>
  <sourcefile name="Add.java">
    <line nr="3" mi="0" ci="3" mb="0" cb="0"/>
    <line nr="4" mi="2" ci="1" mb="1" cb="1"/>
    <line nr="6" mi="4" ci="0" mb="0" cb="0"/>
    <counter type="LINE" missed="1" covered="2"/></sourcefile>
</package></group></group>
<package name=""><sourcefile name="Main.java"><line nr="1" mi="1" ci="0"/></sourcefile></package>
</report>"#;

const CLOVER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<coverage generated="1795280894" clover="4.5.2"><project timestamp="1795280894">
  <package name="shop"><file name="Add.php" path="/src/shop/Add.php"><class name="Add"/>
    <line num="3" type="method" name="add" count="0"/>
    <line num="4" type="stmt" count="2"/>
    <line num="5" type="cond" truecount="1" falsecount="0"/>
    <line num="6" type="stmt" count="0"/>
    <line num="7" type="cond" count="3" truecount="2" falsecount="1"/>
    <metrics statements="3" coveredstatements="2"/></file></package>
</project></coverage>"#;

const LLVM: &str = r#"{"data":[{"files":[{"branches":[[2,5,2,9,1,0,0,0,4]],"expansions":[{"a":[1]}],
  "filename":"/src/shop/add.rs","mcdc_records":[],
  "segments":[[1,1,2,true,true,false],[3,6,0,true,true,false],[4,6,2,true,false,false],[6,2,0,false,false,false]],
  "summary":{"lines":{"count":6}}}],"functions":[{"name":"add","regions":[[1,1,6,2,2,0,0,0]]}],
  "totals":{}}],"type":"llvm.coverage.json.export","version":"2.0.1"}"#;

const COVERAGE_PY: &str = r#"{"meta": {"format": 3, "version": "7.10.7", "show_contexts": true},
  "files": {"src/a.b/add.py": {"executed_lines": [1, 2, 4], "summary": {"covered_lines": 3},
    "missing_lines": [5], "excluded_lines": [7],
    "contexts": {"1": [""], "3": ["tests/t.py::two|run"], "2": ["tests/t.py::one|run", "tests/t.py::two|run"], "4": ["tests/t.py::one|run"]},
    "executed_branches": [[2, 4]], "missing_branches": [[2, 5], [4, -1]],
    "functions": {"add": {"executed_lines": [99]}}}},
  "totals": {"covered_lines": 3}}"#;

const GO: &str = "mode: set
acme.org/shop/add.go:3.24,4.13 1 1
acme.org/shop/add.go:4.13,6.3 1 0
acme.org/shop/add.go:9.2,9.25 2 0
acme.org/shop/add.go:20.15,20.16 0 0
mode: set
acme.org/shop/sub.go:1.1,2.2 1 0
acme.org/shop/add.go:9.2,9.25 2 1
";

const ISTANBUL: &str = r#"{"/src/shop/add.js": {"path": "/src/shop/add.js",
  "statementMap": {"0": {"start": {"line": 1, "column": 0}, "end": {"line": 4, "column": 1}},
    "1": {"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": 9}},
    "2": {"start": {"line": 2, "column": 10}, "end": {"line": 2, "column": 20}},
    "3": {"start": {"line": 4, "column": 10}, "end": {"line": 5, "column": 20}}},
  "fnMap": {"0": {"name": "add", "line": 1}},
  "branchMap": {"0": {"loc": {"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": 9}}, "type": "if",
    "locations": [{}, {}]}},
  "s": {"0": 1, "1": 0, "2": 3, "3": 0}, "f": {"0": 1}, "b": {"0": [3, 0]},
  "inputSourceMap": {"mappings": "AAAA"}, "hash": "x"}}"#;

const ALL: [(Format, &str); 8] = [
    (Format::Lcov, LCOV),
    (Format::Cobertura, COBERTURA),
    (Format::Jacoco, JACOCO),
    (Format::Clover, CLOVER),
    (Format::LlvmCov, LLVM),
    (Format::CoveragePy, COVERAGE_PY),
    (Format::GoCover, GO),
    (Format::Istanbul, ISTANBUL),
];

#[test]
fn every_format_is_found_by_its_content_and_read_whole() {
    for (format, text) in ALL {
        assert_eq!(detect::detect(text.as_bytes()), Some(format));
        let (files, ended) = read(text);
        assert!(!files.is_empty(), "{format:?}");
        assert!(ended.complete && ended.format == Some(format), "{ended:?}");
        let bom = format!("\u{feff}{text}");
        assert_eq!(read(&bom), (files.clone(), ended.clone()), "{format:?}");
        assert_eq!(read(&text.replace('\n', "\r\n")).0, files, "{format:?}");
    }
}

#[test]
fn reports_of_tests_and_sums_are_not_coverage() {
    for text in [
        "<testsuite tests='1'/>",
        "<report><other/></report>",
        r#"{"total": {"lines": {"total": 4, "covered": 3}}}"#,
        "1..2\nok 1\n",
        "{",
        "<coverage",
    ] {
        let (files, ended) = read(text);
        assert_eq!((files.len(), gaps(&ended)), (0, vec![Gap::NoReport]), "{text}");
    }
    assert_eq!(gaps(&read(" \n").1), [Gap::Empty]);
    let sums = r#"{"data":[{"files":[{"filename":"a.rs","summary":{}}],"totals":{}}]}"#;
    assert_eq!(gaps(&read(sums).1), [Gap::NoReport]);
    let bare = JACOCO.replace(" mi=\"0\" ci=\"3\"", "");
    assert_eq!(gaps(&read(&bare).1), [Gap::Malformed]);
}

#[test]
fn lcov_has_tests_checksums_and_large_counts() {
    assert_eq!(
        shown(&read(LCOV).0),
        ["adds| src/add.c 1-3, 7-8 / 1-2, 7-8 [2: 1/2 4: 0/1]", "src/sub.c 1 /  []",]
    );
    let cut = LCOV.trim_end().trim_end_matches("end_of_record");
    let (files, ended) = read(cut);
    assert_eq!((files.len(), gaps(&ended)), (2, vec![Gap::Truncated]));
}

#[test]
fn cobertura_has_lines_twice_and_files_several_times() {
    let (files, ended) = read(COBERTURA);
    assert_eq!(shown(&files), ["orders/add.py 1-2, 5 / 1-2 [2: 1/2]", "orders/add.py 9 / 9 []"]);
    assert_eq!(ended.roots, ["/src/shop", "."]);
}

#[test]
fn jacoco_counts_lines_with_instructions_below_package_and_groups() {
    assert_eq!(
        shown(&read(JACOCO).0),
        ["orders>core>org/acme/Add.java 3-4, 6 / 3-4 [4: 1/2]", "Main.java 1 /  []"]
    );
}

#[test]
fn clover_has_declarations_that_are_not_executed() {
    assert_eq!(shown(&read(CLOVER).0), ["/src/shop/Add.php 4-7 / 4-5, 7 [5: 1/2 7: 2/3]"]);
}

#[test]
fn llvm_has_segments() {
    assert_eq!(shown(&read(LLVM).0), ["/src/shop/add.rs 1-6 / 1-3, 5-6 [2: 1/2]"]);
}

#[test]
fn coverage_py_names_tests_where_it_is_asked_to() {
    assert_eq!(
        shown(&read(COVERAGE_PY).0),
        [
            "tests/t.py::one|run| src/a.b/add.py 1-2, 4-5 / 2, 4 []",
            "tests/t.py::two|run| src/a.b/add.py 1-2, 4-5 / 2-3 []",
            "src/a.b/add.py 1-2, 4-5 / 1-2, 4 [2: 1/2 4: 0/1]",
        ]
    );
}

#[test]
fn go_has_blocks_several_times() {
    let (files, ended) = read(GO);
    assert_eq!(
        shown(&files),
        [
            "acme.org/shop/add.go 3-6, 9 / 3-4 []",
            "acme.org/shop/sub.go 1-2 /  []",
            "acme.org/shop/add.go 9 / 9 []",
        ]
    );
    // Statements: one and one of two, two that came twice, and one.
    assert_eq!(ended.statements, Some((3, 5)));
    assert_eq!(gaps(&read(GO.trim_end().trim_end_matches(" 1")).1), [Gap::Truncated]);
    assert_eq!(
        gaps(&read(&GO.replace("mode: set\nacme.org/shop/sub", "panic: x\nacme.org/shop/sub")).1),
        [Gap::Malformed]
    );
}

#[test]
fn istanbul_counts_lines_on_which_statements_begin() {
    assert_eq!(shown(&read(ISTANBUL).0), ["/src/shop/add.js 1-2, 4 / 1-2 [2: 1/2]"]);
    let wrapped = ISTANBUL.replacen(r#"{"path""#, r#"{"data": {"path""#, 1);
    let wrapped = format!("{wrapped}}}");
    assert_eq!(shown(&read(&wrapped).0), shown(&read(ISTANBUL).0));
}

#[test]
fn a_document_type_is_left_out_only_where_it_declares_nothing() {
    let with = |doctype: &str| {
        let text = COBERTURA.lines().skip(2).collect::<Vec<_>>().join("\n");
        read(&format!("{doctype}\n{text}"))
    };
    let whole = read(COBERTURA).0;
    for fine in [
        "<!DOCTYPE coverage SYSTEM \"a>b[c]<d\">",
        "<!DOCTYPE coverage>",
        "<?xml version='1.0'?><!-- x --><!DOCTYPE coverage PUBLIC '-//x' 'file:///etc/passwd'>",
    ] {
        let (files, ended) = with(fine);
        assert_eq!((&files, ended.complete), (&whole, true), "{fine}: {ended:?}");
    }
    for bad in [
        "<!DOCTYPE coverage [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE coverage SYSTEM 'x' [ ]>",
        "<!DOCTYPE a><!DOCTYPE b>",
        "<!ENTITY x 'y'>",
        "<!doctype coverage>",
        "<!DOCTYPE coverage <!ENTITY x 'y'> >",
    ] {
        let (files, ended) = read_as(
            format!("{bad}{}", &COBERTURA[COBERTURA.find("<coverage line").unwrap()..]).as_bytes(),
            Some(Format::Cobertura),
        );
        assert_eq!((files.len(), gaps(&ended)), (0, vec![Gap::Doctype]), "{bad}");
    }
}

#[test]
fn what_breaks_off_gives_what_was_read() {
    for (format, text) in ALL {
        let whole = shown(&read(text).0);
        for end in 1..text.len() - 1 {
            let (files, ended) = read_as(&text.as_bytes()[..end], Some(format));
            // The last one may be half of what it is.
            let sure = files.len().saturating_sub(if format == Format::CoveragePy { 3 } else { 1 });
            assert_eq!(shown(&files)[..sure], whole[..sure], "{format:?} to {end}");
            // A tracefile or profile may end behind any line of it.
            let may = match format {
                Format::Lcov => ["end_of_record", "TN:", "adds"]
                    .into_iter()
                    .any(|line| text[..end].trim_end().ends_with(line)),
                Format::GoCover => true,
                _ => text[end..].trim().is_empty(),
            };
            assert!(may || !ended.complete || files.is_empty(), "{format:?} to {end}");
        }
    }
}

#[test]
fn lines_that_no_file_has_are_told() {
    let text = "SF:a.c\nDA:0,1\nDA:4294967295,1\nDA:99999999999,1\nDA:2,1\nend_of_record\n";
    let (files, ended) = read(text);
    assert_eq!(shown(&files), ["a.c 2 / 2 []"]);
    assert_eq!(ended.remarks.len(), 2, "{:?}", ended.remarks);
}

/// The same lines over and over, without end.
struct Endless {
    of: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let rest = &self.of[self.at..];
        let len = rest.len().min(to.len()).min(usize::try_from(self.left).unwrap());
        to[..len].copy_from_slice(&rest[..len]);
        self.at = (self.at + len) % self.of.len();
        self.left -= len as u64;
        Ok(len)
    }
}

#[test]
fn one_line_many_times_is_one_line() {
    let of = b"DA:5,1\nDA:3,0\n".to_vec();
    let head = io::Cursor::new(b"SF:a.c\n".to_vec());
    let all = head.chain(Endless { of, at: 0, left: 14 * 400_000 });
    let mut report = Report::open("a", BufReader::new(all), None, Limits::default()).unwrap();
    let files = report.next_batch().unwrap().unwrap();
    assert_eq!(shown(&files), ["a.c 3, 5 / 5 []"]);
}

proptest! {
    #[test]
    fn no_text_is_too_odd(which in 0_usize..8, at in any::<prop::sample::Index>(), text in r#"[\[\]{}<>/"':,a-z0-9\\ \né-]{0,40}"#) {
        let (format, sample) = ALL[which];
        let mut changed = sample.as_bytes().to_vec();
        let at = at.index(changed.len());
        changed.splice(at..(at + text.len() / 2).min(sample.len()), text.bytes());
        let (files, _) = read_as(&changed, Some(format));
        for file in files {
            prop_assert!(file.test.is_some() || file.hit.without(&file.lines).is_empty());
            prop_assert!(file.branches.iter().all(|one| one.hit <= one.all));
        }
    }
}
