//! Any identity, message and branch has a reading; the first two lines are name and address.
#![cfg_attr(fuzzing, no_main)]

use tl_collect::attribution::{Identity, attribute, branch_tool};
use tl_fuzz::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut parts = text.splitn(3, |byte| *byte == b'\n');
    let identity = Identity {
        name: parts.next().unwrap_or_default(),
        email: parts.next().unwrap_or_default(),
    };
    let message = parts.next().unwrap_or_default();
    let found = attribute(identity, identity, message);
    assert_eq!(found.trailed, !found.tools.is_empty());
    branch_tool(&String::from_utf8_lossy(identity.name));
});
