//! Any record has a reading or an error.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::agent_trace::parse;
use tl_fuzz::fuzz_target;

fuzz_target!(|record: &[u8]| {
    if let Ok(trace) = parse(record) {
        assert_eq!(trace.tools.is_empty(), trace.ai_ranges + trace.mixed_ranges == 0);
    }
});
