//! Any document of any client is understood or refused, and what is understood is answered in one document.
#![cfg_attr(fuzzing, no_main)]

use tl_core::verdict::{Effect, Verdict};
use tl_fuzz::fuzz_target;
use tl_guard::hook;

fuzz_target!(|bytes: &[u8]| {
    for (_, client) in hook::CLIENTS {
        let Ok(event) = hook::parse(*client, None, bytes) else { continue };
        let verdict = Verdict { effect: Effect::Deny, reasons: Vec::new() };
        let answer = hook::answer(&event, &verdict, Effect::Deny);
        assert!(answer.code == 0 || answer.code == 2);
        assert!(!answer.stdout.contains("\"allow\""));
        assert!(
            answer.stdout.is_empty()
                || serde_json::from_str::<serde_json::Value>(&answer.stdout).is_ok()
        );
    }
});
