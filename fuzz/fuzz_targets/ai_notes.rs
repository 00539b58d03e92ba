//! Any note has a reading or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_collect::ai_notes::parse;

fuzz_target!(|note: &[u8]| {
    if let Ok(note) = parse(note) {
        assert_eq!(note.says_ai, note.ai_lines > 0);
    }
});
