//! Every document has a head, if an empty one, and a body that begins inside it.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::parse::front_matter::parse;

fuzz_target!(|text: &str| {
    let head = parse(text);
    assert!(text.is_char_boundary(head.body));
    for entry in &head.entries {
        head.list(&entry.key);
    }
});
