use proptest::prelude::*;
use tl_core::attribution::AiTool;

use super::*;

const NOTE: &str = r#"src/a.rs
  4a60f5ac951ddc7b 36,246-251
  s_18b694e06092e7::t_18b694e06092e7 250-253
  h_9d23a97fede30c 1-2
"src/with space.rs"
  4a60f5ac951ddc7b 1
---
{
  "schema_version": "authorship/3.0.0",
  "git_ai_version": "1.2.3",
  "base_commit_sha": "26a9dd4b2125bc271b47855e1fa0c49af3365db5",
  "prompts": {
    "4a60f5ac951ddc7b": {
      "agent_id": {"tool": "claude", "id": "1", "model": "x"},
      "messages": [{"text": "not kept"}],
      "accepted_lines": 3
    },
    "0000000000000000": {"agent_id": {"tool": "cursor", "id": "2", "model": "x"}}
  },
  "sessions": {"s_18b694e06092e7": {"agent_id": {"tool": "codex", "id": "3", "model": "x"}}},
  "humans": {"h_9d23a97fede30c": {"author": "ana <ana@example.org>"}}
}"#;

fn with_json(json: &str) -> Result<AiNote, NoteError> {
    parse(format!("a\n  k 1\n---\n{json}").as_bytes())
}

fn message(result: Result<AiNote, NoteError>) -> String {
    let err = result.unwrap_err();
    match std::error::Error::source(&err) {
        Some(cause) => format!("{err}: {cause}"),
        None => err.to_string(),
    }
}

#[test]
fn lines_are_counted_once_and_only_tools_that_wrote_some_are_named() {
    let note = parse(NOTE.as_bytes()).unwrap();
    assert_eq!((note.ai_lines, note.human_lines, note.says_ai), (1 + 8 + 1, 2, true));
    assert_eq!(note.tools.iter().collect::<Vec<_>>(), [AiTool::Claude, AiTool::Codex]);
}

#[test]
fn a_note_whose_prompts_left_no_line_does_not_say_ai() {
    let (_, json) = NOTE.split_once("---").unwrap();
    let note = parse(format!("---{json}").as_bytes()).unwrap();
    assert_eq!(note, AiNote::default());
}

#[test]
fn older_formats_are_read_and_newer_ones_refused() {
    assert!(with_json(r#"{"schema_version":"authorship/2.1.0","prompts":{}}"#).unwrap().says_ai);
    let newer = with_json(r#"{"schema_version":"authorship/4.0.0"}"#);
    insta::assert_snapshot!(message(newer), @"line note has the format `authorship/4.0.0`, not `authorship/3` or an older one");
    assert!(matches!(with_json("{}"), Err(NoteError::Version { .. })));
}

#[test]
fn an_unreadable_note_says_where() {
    insta::assert_snapshot!(message(with_json("{\n  \"prompts\": 1\n}")), @"failed to read the JSON behind `---` in a line note: invalid type: integer `1`, expected a map at line 2 column 14");
    insta::assert_snapshot!(message(parse(b"a\n  k 1,x\n---\n{\"schema_version\":\"authorship/3\"}")), @"line 2 of the line note is not a key with line ranges: `k 1,x`");
    insta::assert_snapshot!(message(parse(b"nothing")), @"line note has no `---` line");
    insta::assert_snapshot!(message(parse(&vec![b' '; NOTE_LIMIT + 1])), @"line note has 4194305 bytes, more than 4194304");
    let deep = format!("{{\"prompts\":{{\"k\":{}", "[".repeat(100_000));
    assert!(matches!(with_json(&deep), Err(NoteError::Json(_))));
    assert!(with_json(r#"{"schema_version":"authorship/3","prompts":{},"prompts":{}}"#).is_err());
}

proptest! {
    /// Any bytes have a reading or an error.
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _result = parse(&bytes);
    }

    /// A damaged note has a reading or an error.
    #[test]
    fn a_damaged_note_is_read_or_refused(at: prop::sample::Index, byte: u8) {
        let mut note = NOTE.as_bytes().to_vec();
        let at = at.index(note.len());
        note[at] = byte;
        let _result = parse(&note);
    }
}
