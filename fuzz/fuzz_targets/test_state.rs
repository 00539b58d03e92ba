//! Any bytes are states of tests or refused; what was read is what is written, and says something.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::{classify, state};

fuzz_target!(|bytes: &[u8]| {
    let Ok(states) = state::decode(bytes) else { return };
    let written = state::encode(states.iter().map(|(test, state)| (*test, state)));
    assert_eq!(state::decode(&written).as_ref(), Ok(&states));
    for (_, state) in &states {
        let judged = classify::of(state);
        assert!(judged.rate.low <= judged.rate.high);
        assert!(state.p50_ms() <= state.p75_ms());
    }
});
