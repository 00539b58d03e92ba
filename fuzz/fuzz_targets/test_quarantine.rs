//! A quarantine file is read or refused; what is read has owners, any entry can be taken out, and
//! comes back as it was.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_test::quarantine::{edit, parse};

fuzz_target!(|text: &str| {
    let Ok(file) = parse(text) else { return };
    for entry in &file.tests {
        assert!(!entry.owner.trim().is_empty() && !entry.issue.trim().is_empty());
        let fewer = match edit::release(text, &entry.id, &entry.variant) {
            Ok(fewer) => fewer,
            Err(err) => {
                assert_eq!(err, edit::EditError::Inline);
                continue;
            }
        };
        let left = parse(&fewer).map(|file| file.tests.len());
        assert_eq!(left, Ok(file.tests.len() - 1));
        let again = edit::add(&fewer, entry, "bo: a comment\nof two lines");
        let again = again.expect("what was taken out can be put back");
        let back = parse(&again).expect("what was written can be read");
        let same = back.tests.iter().find(|one| one.id == entry.id && one.variant == entry.variant);
        let mut same = same.expect("it is there").clone();
        same.line = entry.line;
        assert_eq!(&same, entry);
        // Putting it in a second time is refused.
        assert!(edit::add(&again, entry, "").is_err());
        // The way there and back again ends where it began.
        let twice = edit::release(&again, &entry.id, &entry.variant).map(|text| parse(&text));
        assert_eq!(twice.ok().and_then(Result::ok).map(|file| file.tests.len()), left.ok());
    }
});
