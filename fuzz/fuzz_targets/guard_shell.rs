//! Any command line is read within its bounds.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
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
