//! Any bytes are an archive within the limits, or are said to be broken; every part has a text.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::limits;
use tl_guard::parse::{office, zip};

fuzz_target!(|bytes: &[u8]| {
    let (mut members, mut size) = (0, 0);
    zip::read(bytes, &mut |_, part| {
        members += 1;
        size += part.len();
        assert!(part.len() <= limits::ARCHIVE_MEMBER);
        office::text(&part);
    });
    assert!(members <= limits::ARCHIVE_MEMBERS && size <= limits::ARCHIVE);
    office::text(bytes);
});
