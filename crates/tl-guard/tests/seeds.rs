//! The seeds of the fuzz targets, read once by the ordinary tests.
//!
//! An input that ever broke a parser is kept in `fuzz/seeds/<target>/` and stays mended here,
//! without a nightly compiler.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tl_core::finding::{Location, Root};
use tl_guard::lock::file::{read, write};
use tl_guard::lock::jcs::canonical;
use tl_guard::parse::{Limits, front_matter, json, toml};
use tl_guard::scan::result;
use tl_guard::text::normalise::normalise;

/// The inputs of one target, with their names.
fn seeds(target: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let entries = fs::read_dir(&dir).expect("the seeds belong to the repository");
    let mut seeds: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("a directory of plain files");
            let seed = fs::read_to_string(entry.path()).expect("a directory of texts");
            (entry.file_name().to_string_lossy().into_owned(), seed)
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "`{}` holds no seeds", dir.display());
    seeds
}

#[test]
fn texts_are_normalised_once_and_for_all_and_the_map_stays_inside() {
    for (name, seed) in seeds("guard_normalise") {
        let (text, map) = normalise(&seed).expect("the seeds are not plain");
        assert!(text.len() <= 4 * seed.len(), "{name}");
        assert_eq!(normalise(&text).map_or_else(|| text.clone(), |(text, _)| text), text, "{name}");
        let places: Vec<usize> = (0..=text.len()).map(|at| map.raw(at)).collect();
        assert!(places.is_sorted() && places.last() == Some(&seed.len()), "{name}");
    }
}

#[test]
fn answers_with_orders_have_findings_at_places_inside() {
    for (name, seed) in seeds("guard_score") {
        let at = Location {
            root: Root::Stream,
            path: name.clone(),
            line: 0,
            column: 0,
            end_line: 0,
            within: String::new(),
        };
        let found = result(&seed, at);
        assert!(!found.is_empty(), "{name}");
        assert!(found.iter().all(|one| (one.at.line as usize) <= seed.lines().count()), "{name}");
    }
}

#[test]
fn heads_are_read_and_the_body_begins_inside() {
    for (name, seed) in seeds("guard_front_matter") {
        let head = front_matter::parse(&seed);
        assert!(seed.is_char_boundary(head.body), "{name}");
        head.entries.iter().for_each(|entry| drop(head.list(&entry.key)));
    }
}

#[test]
fn json_is_read_as_serde_json_reads_it_or_refused() {
    for (name, seed) in seeds("guard_json") {
        let own = json::parse(&seed, Limits::default());
        if let (Ok(own), Ok(value)) = (&own, serde_json::from_str::<Value>(&seed)) {
            assert_eq!(own.value(), value, "{name}");
        }
        assert_eq!(own.is_err(), name == "deep", "{name}");
    }
}

#[test]
fn toml_is_read_or_refused() {
    for (name, seed) in seeds("guard_toml") {
        assert_eq!(toml::parse(&seed, Limits::default()).is_err(), name == "deep", "{name}");
    }
}

#[test]
fn canonical_json_is_canonical() {
    for (name, seed) in seeds("guard_jcs") {
        let value: Value = serde_json::from_str(&seed).expect("the seeds are JSON");
        let once = canonical(&value);
        let again: Value = serde_json::from_str(&once).expect("canonical text is JSON");
        assert_eq!(canonical(&again), once, "{name}");
    }
}

#[test]
fn locks_are_read_as_they_were_written_or_refused() {
    for (name, seed) in seeds("guard_lock") {
        match read(&seed) {
            Ok(lock) => {
                assert_eq!(read(&write(&lock)).expect("it was just written"), lock, "{name}")
            }
            Err(error) => assert_eq!(name, "deep", "{error:?}"),
        }
    }
}
