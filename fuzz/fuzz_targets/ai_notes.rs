//! Any note has a reading or an error.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::ai_notes::parse;
use tl_fuzz::fuzz_target;

fuzz_target!(|note: &[u8]| {
    if let Ok(note) = parse(note) {
        assert_eq!(note.says_ai, note.ai_lines > 0);
    }
});
