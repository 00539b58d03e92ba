//! A quarantine file is read or refused; what is read has owners, and any entry can be taken out.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::quarantine::{edit, parse};

fuzz_target!(|text: &str| {
    let Ok(file) = parse(text) else { return };
    for entry in &file.tests {
        assert!(!entry.owner.trim().is_empty() && !entry.issue.trim().is_empty());
        match edit::release(text, &entry.id, &entry.variant) {
            Ok(fewer) => {
                let left = parse(&fewer).map(|file| file.tests.len());
                assert_eq!(left, Ok(file.tests.len() - 1));
            }
            Err(err) => assert_eq!(err, edit::EditError::Inline),
        }
    }
});
