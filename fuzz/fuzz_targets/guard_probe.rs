//! Whatever a server says, line by line, it is answered by lines of JSON, and its lists are bounded.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::inventory::tools::MOST_TOOLS;
use tl_guard::probe::{Next, Probe};

fuzz_target!(|bytes: &[u8]| {
    let (mut probe, _) = Probe::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        match probe.line(line) {
            Next::Send(sent) => {
                for line in sent.lines() {
                    let message: serde_json::Value =
                        serde_json::from_str(line).expect("we write JSON");
                    assert_eq!(message["jsonrpc"], "2.0");
                }
            }
            Next::Done => break,
        }
    }
    assert!(probe.finish().tools.len() <= MOST_TOOLS);
});
