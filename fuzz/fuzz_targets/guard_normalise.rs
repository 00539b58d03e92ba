//! No text ends the normaliser; it grows at most fourfold, and its map stays inside and in order.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::text::normalise::normalise;

fuzz_target!(|raw: &str| {
    let Some((text, map)) = normalise(raw) else { return };
    assert!(text.len() <= 4 * raw.len());
    let mut last = 0;
    for at in 0..=text.len() {
        let there = map.raw(at);
        assert!(there >= last && there <= raw.len());
        last = there;
    }
});
