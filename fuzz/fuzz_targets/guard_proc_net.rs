//! Any text is a table of sockets: no line is read twice, and none is made up.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::listeners::sockets;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    assert!(sockets(&text).len() < text.lines().count().max(1));
});
