//! Masking a message twice changes nothing; a failure has one signature, however often it is asked.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::read::Failure;
use tl_test::signature::{mask, of};

fuzz_target!(|text: &str| {
    let masked = mask(text);
    assert_eq!(mask(&masked), masked, "{text:?}");
    assert!(masked.chars().count() <= 300);
    assert!(!masked.bytes().any(|byte| byte.is_ascii_digit()), "{masked:?}");
    let (class, rest) = text.split_once('\n').unwrap_or(("", text));
    let (message, stack) = rest.split_once('\n').unwrap_or((rest, ""));
    let [class, message, text] = [class, message, stack].map(ToOwned::to_owned);
    let failure = Failure { class, message, text, cut: 0 };
    let (signature, template) = of(&failure);
    assert_eq!(of(&failure), (signature, template.clone()));
    assert_eq!(signature.is_none(), template.is_empty(), "{template:?}");
});
