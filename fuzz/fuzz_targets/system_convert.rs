//! Any object of any system is converted or refused, twice the same; the first line is `system
//! what scope parent`.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::system::convert;
use tl_core::record::Record;
use tl_fuzz::fuzz_target;

fuzz_target!(|text: &str| {
    let Some((head, body)) = text.split_once('\n') else { return };
    let mut words = head.split(' ').map(str::to_owned);
    let Some(Ok(system)) = words.next().map(|word| word.parse()) else { return };
    let mut word = || words.next().unwrap_or_default();
    let (what, scope, parent) = (word(), word(), word());
    let Ok(body) = serde_json::from_str(body) else { return };
    let record = Record { system, what, scope, parent, body };
    assert_eq!(convert(&record), convert(&record));
});
