//! Any record has a reading or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_collect::agent_trace::parse;

fuzz_target!(|record: &[u8]| {
    if let Ok(trace) = parse(record) {
        assert_eq!(trace.tools.is_empty(), trace.ai_ranges + trace.mixed_ranges == 0);
    }
});
