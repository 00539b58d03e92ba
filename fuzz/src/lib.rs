//! What the targets are written with: [`fuzz_target!`].
//!
//! In: a closure over bytes or text. Out: under `cargo +nightly fuzz` a target of libFuzzer; with any
//! other compiler a program that calls the closure with mutated seeds, without looking at coverage,
//! for as long as it is told. `cargo xtask fuzz` builds and runs them all.

#[cfg(not(fuzzing))]
pub mod blind;

#[cfg(fuzzing)]
pub use libfuzzer_sys::fuzz_target;

/// A target: a closure over `&[u8]` or `&str`.
#[cfg(not(fuzzing))]
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:block) => {
        fn main() -> std::process::ExitCode {
            $crate::blind::run(env!("CARGO_BIN_NAME"), |$bytes: &[u8]| $body)
        }
    };
    (|$text:ident: &str| $body:block) => {
        fn main() -> std::process::ExitCode {
            $crate::blind::run(env!("CARGO_BIN_NAME"), |bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                let $text: &str = text.as_ref();
                $body
            })
        }
    };
}
