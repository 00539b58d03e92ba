use proptest::prelude::*;
use tl_core::attribution::AiTool;

use super::*;

const RECORD: &str = r#"{
  "version": "0.1.0",
  "id": "550e8400-e29b-41d4-a716-446655440000",
  "timestamp": "2026-01-23T14:30:00Z",
  "vcs": {"type": "git", "revision": "26a9dd4b2125bc271b47855e1fa0c49af3365db5"},
  "tool": {"name": "cursor", "version": "2.4.0"},
  "files": [{"path": "src/a.rs", "conversations": [
    {"url": "https://example.org/1", "contributor": {"type": "ai", "model_id": "x/y"},
     "ranges": [{"start_line": 1, "end_line": 9, "content_hash": "a:b"},
                {"start_line": 12, "end_line": 12, "contributor": {"type": "mixed"}}]},
    {"contributor": {"type": "human"}, "ranges": [{"start_line": 10, "end_line": 11}]},
    {"contributor": {"type": "unknown"}, "ranges": [{"start_line": 13, "end_line": 14}]}
  ]}]
}"#;

#[test]
fn ranges_are_counted_by_who_wrote_them() {
    let trace = parse(RECORD.as_bytes()).unwrap();
    assert_eq!(trace.revision.as_deref(), Some("26a9dd4b2125bc271b47855e1fa0c49af3365db5"));
    assert_eq!((trace.ai_ranges, trace.mixed_ranges, trace.human_ranges), (1, 1, 1));
    assert_eq!(trace.tools, ToolSet::one(AiTool::Cursor));
}

#[test]
fn a_record_without_ai_names_no_tool() {
    let record = RECORD.replace("\"ai\"", "\"human\"").replace("\"mixed\"", "\"human\"");
    assert_eq!(parse(record.as_bytes()).unwrap().tools, ToolSet::NONE);
}

#[test]
fn an_unreadable_record_says_why() {
    let message = |record: &[u8]| {
        let err = parse(record).unwrap_err();
        match std::error::Error::source(&err) {
            Some(cause) => format!("{err}: {cause}"),
            None => err.to_string(),
        }
    };
    insta::assert_snapshot!(message(b"{}"), @"failed to read the JSON of a trace record: missing field `version` at line 1 column 2");
    insta::assert_snapshot!(message(b"{\"version\":\"2.0\"}"), @"trace record has version `2.0`, not 0.1 or 1");
    assert!(matches!(parse(&vec![b' '; RECORD_LIMIT + 1]), Err(TraceError::TooLarge { .. })));
    assert!(parse("[".repeat(100_000).as_bytes()).is_err());
}

proptest! {
    /// A damaged record has a reading or an error.
    #[test]
    fn a_damaged_record_is_read_or_refused(at: prop::sample::Index, byte: u8) {
        let mut record = RECORD.as_bytes().to_vec();
        let at = at.index(record.len());
        record[at] = byte;
        let _result = parse(&record);
    }
}
