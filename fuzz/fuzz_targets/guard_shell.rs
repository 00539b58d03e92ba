//! Any command line is read within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tl_guard::shell;

fuzz_target!(|text: &str| {
    let script = shell::read(text);
    assert!(script.commands.len() <= shell::COMMANDS);
    assert!(
        script
            .commands
            .iter()
            .all(|command| !command.words.is_empty() || !command.redirects.is_empty())
    );
});
