//! TOML is read or refused, and every part of it stands inside the text.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::parse::{Limits, toml::parse};

fuzz_target!(|text: &str| {
    let Ok(node) = parse(text, Limits::default()) else { return };
    assert!(node.start <= node.end && node.end <= text.len());
    node.value();
});
