//! A lock is read or refused; what was read is written so that it is read again, the same.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::lock::file::{faults, read, write};

fuzz_target!(|text: &str| {
    let Ok(lock) = read(text) else { return };
    faults(&lock);
    let again = read(&write(&lock)).expect("a lock that was written is read");
    assert_eq!(again, lock);
});
