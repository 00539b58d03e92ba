//! The seeds of the fuzz targets, read once by the ordinary tests.
//!
//! An input that ever broke a parser is kept in `fuzz/seeds/<target>/` and stays mended here,
//! without a nightly compiler.

use std::fs;
use std::path::Path;

use tl_collect::attribution::{Identity, attribute, branch_tool};
use tl_collect::intake::{Format, Options, read_all};
use tl_collect::system::convert;
use tl_collect::{agent_trace, ai_notes, message, release_name};
use tl_core::record::Record;
use tl_exec::git::Mailmap;

/// The inputs of one target, with their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let entries = fs::read_dir(&dir).expect("the seeds belong to the repository");
    let mut seeds: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("a directory of plain files");
            let seed = fs::read(entry.path()).expect("a directory of plain files");
            (entry.file_name().to_string_lossy().into_owned(), seed)
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "`{}` holds no seeds", dir.display());
    seeds
}

#[test]
fn messages_are_read_the_same_with_and_without_a_newline_at_the_end() {
    for (name, seed) in seeds("message") {
        let longer = [seed.as_slice(), b"\n"].concat();
        assert_eq!(message::parse(&seed), message::parse(&longer), "{name}");
    }
}

#[test]
fn attributions_are_read() {
    for (name, seed) in seeds("attribution") {
        let mut parts = seed.splitn(3, |byte| *byte == b'\n');
        let identity = Identity { name: parts.next().unwrap(), email: parts.next().unwrap() };
        let found = attribute(identity, identity, parts.next().unwrap());
        assert_eq!(found.trailed, !found.tools.is_empty(), "{name}");
        branch_tool(&String::from_utf8_lossy(identity.name));
    }
}

#[test]
fn tag_names_are_releases_with_numbers_or_none() {
    for (name, seed) in seeds("release_name") {
        let release = release_name::parse(&String::from_utf8_lossy(&seed));
        assert!(release.is_none_or(|release| !release.numbers.is_empty()), "{name}");
    }
}

#[test]
fn notes_are_read_or_refused() {
    for (name, seed) in seeds("ai_notes") {
        if let Ok(note) = ai_notes::parse(&seed) {
            assert_eq!(note.says_ai, note.ai_lines > 0, "{name}");
        }
    }
}

#[test]
fn trace_records_are_read_or_refused() {
    for (name, seed) in seeds("agent_trace") {
        if let Ok(trace) = agent_trace::parse(&seed) {
            let by_ai = trace.ai_ranges + trace.mixed_ranges > 0;
            assert_eq!(trace.tools.is_empty(), !by_ai, "{name}");
        }
    }
}

#[test]
fn mailmaps_are_read_line_by_line() {
    for (name, seed) in seeds("mailmap") {
        let map = Mailmap::parse(&seed);
        let lines = seed.split(|byte| *byte == b'\n').count();
        assert!(map.entries + map.malformed <= lines, "{name}");
        map.resolve("ana".into(), "ana@example.com".into());
    }
}

#[test]
fn inputs_are_read_or_reported() {
    for (name, seed) in seeds("intake_json") {
        let batch = read_all(&name, &seed, Options::default());
        assert_eq!(batch.events.len(), batch.lines.len(), "{name}");
        assert!(batch.events.iter().all(|event| event.check().is_ok()), "{name}");
    }
}

#[test]
fn reports_of_tests_tell_ends_of_suites_or_are_refused() {
    for (name, seed) in seeds("intake_xml") {
        let options = Options { format: Some(Format::Junit), ..Options::default() };
        let batch = read_all(&name, &seed, options);
        assert!(batch.events.iter().all(|event| event.kind == "tests.finished"), "{name}");
    }
}

#[test]
fn objects_of_systems_are_converted_or_refused() {
    for (name, seed) in seeds("system_convert") {
        let seed = String::from_utf8(seed).unwrap();
        let (head, body) = seed.split_once('\n').unwrap();
        let words: Vec<&str> = head.split(' ').collect();
        let [system, what, scope, parent] = words[..] else { panic!("{name}: {head}") };
        let record = Record {
            system: system.parse().unwrap(),
            what: what.to_owned(),
            scope: scope.to_owned(),
            parent: parent.to_owned(),
            body: serde_json::from_str(body).unwrap(),
        };
        assert_eq!(convert(&record), convert(&record), "{name}");
    }
}
