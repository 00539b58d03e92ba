//! The oracle of DevLake, held by CI: everything that it expects of itself, we get as well.

use std::path::Path;

use tl_bench::oracle::devlake;

/// A copy of DevLake's end-to-end tests beside this repository.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/devlake");

/// Rows that are compared at least: fewer, and a case was lost.
const ROWS: usize = 1_700;

#[test]
fn every_row_that_devlake_expects_is_equal() {
    let data = Path::new(DATA);
    assert!(data.is_dir(), "no DevLake tables at {DATA}: the oracle cannot be asked");
    let verdict = devlake::run(data, false).unwrap();
    assert_eq!(verdict.equal(), verdict.rows(), "\n{verdict}");
    assert!(verdict.rows() >= ROWS, "only {} rows compared\n{verdict}", verdict.rows());
}

#[test]
fn every_difference_on_purpose_is_documented() {
    let page = include_str!("../../../docs/measures.md");
    for compat in devlake::compat() {
        let line = format!("- `{}`: {}.\n", compat.name, compat.what);
        assert!(page.contains(&line), "docs/measures.md should contain:\n{line}");
    }
}
