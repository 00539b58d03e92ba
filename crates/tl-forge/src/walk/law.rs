//! What every stream keeps to, for the tests of sources.

use tl_core::record::Record;

use crate::source::Source;
use crate::testing::{pull_all, shown, texts};

/// Pulls a stream and checks that nothing is given twice, that it resumes after any page to the
/// same pages, and that a second collection gives nothing. Returns all records.
pub(crate) async fn collected(source: &dyn Source, what: &str) -> Vec<Record> {
    let pages = pull_all(source, what, None).await.unwrap();
    let records: Vec<_> = pages.iter().flat_map(|page| page.records.clone()).collect();
    let mut unique = texts(&records);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), records.len(), "{what}: something is given twice");
    for stop in 1..pages.len() {
        let rest = pull_all(source, what, Some(&pages[stop - 1].next)).await.unwrap();
        assert_eq!(rest, pages[stop..], "{what}: stopped after page {stop}");
    }
    assert_eq!(again(source, what, &pages.last().unwrap().next).await, [], "{what}");
    records
}

/// What a later collection gives.
pub(crate) async fn again(source: &dyn Source, what: &str, cursor: &str) -> Vec<Record> {
    let pages = pull_all(source, what, Some(cursor)).await.unwrap();
    pages.into_iter().flat_map(|page| page.records).collect()
}

/// The error of a stream as a user sees it.
pub(crate) async fn refused(source: &dyn Source, what: &str) -> String {
    let err = pull_all(source, what, None).await.unwrap_err();
    assert!(!shown(&err).contains(crate::testing::TOKEN));
    err.to_string()
}

/// `what`, scope and parent of records, each once, in order of their first.
pub(crate) fn words(records: &[Record]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for record in records {
        let word = format!("{} {} {}", record.what, record.scope, record.parent);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
