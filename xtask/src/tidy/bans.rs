//! Bans on words: what the architecture says must be absent, and what must not be left behind.
//!
//! In: the text of all files. Out: complaints with file and line. Start at [`CODE_BANS`].
//! clippy's `disallowed_methods` finds the same calls where they are resolved; this finds them
//! where an `#[expect]` silenced clippy, and in crates that may not even name them.

use crate::tidy::reach::PURE;
use crate::tidy::workspace::File;

/// Words that production code of most crates may not contain.
struct CodeBan {
    /// Any of these; a comment does not count.
    words: &'static [&'static str],
    /// Where it is looked for.
    scope: Scope,
    /// What to do instead.
    instead: &'static str,
}

/// To which crates a ban applies, by directory.
enum Scope {
    /// Every crate but these.
    AllBut(&'static [&'static str]),
    /// Only the crates that compute and never touch the world.
    Pure,
}

const CODE_BANS: &[CodeBan] = &[
    CodeBan {
        words: &["SystemTime::now", "Timestamp::now", "Zoned::now", "Instant::now"],
        // A load is made at a rate, so who makes it looks at the clock.
        scope: Scope::AllBut(&[
            "crates/throughline",
            "crates/tl-bench",
            "crates/tl-server",
            "fuzz",
            "xtask",
        ]),
        instead: "take a `Timestamp`: only the binary and the server read the clock",
    },
    CodeBan {
        words: &["process::Command", "tokio::process", "process::Child"],
        scope: Scope::AllBut(&["crates/tl-exec", "crates/tl-testkit", "xtask"]),
        instead: "use `tl_exec`, which alone starts processes",
    },
    CodeBan {
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "io::stdin",
            "io::stdout",
            "io::stderr",
            "tokio::",
            "async fn",
        ],
        scope: Scope::Pure,
        instead: "this crate computes and never touches the world: take data, return data",
    },
    CodeBan {
        words: &["env::var"],
        // A child process needs `PATH` and `HOME` even in a clean environment.
        scope: Scope::AllBut(&[
            "crates/throughline",
            "crates/tl-exec",
            "crates/tl-testkit",
            "xtask",
        ]),
        instead: "variables are read in the binary, where they are listed",
    },
];

/// What nobody should find in a finished file. Written in halves, or this file would have them.
const LEFTOVERS: &[&str] = &[
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("#[ign", "ore"),
];

/// What says on which machine, or from which mirror, a file was made.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
    concat!("npmjs", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("deb.debian", ".org"),
];

/// Complains of banned words in code, and of leftovers and machine names anywhere.
pub(crate) fn check(files: &[File], root: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path != "Cargo.lock") {
        complaints.extend(code(file));
        complaints.extend(text(file, LEFTOVERS, "finish it, or open an issue"));
        complaints.extend(text(file, MACHINE, "name no machine and no mirror"));
        complaints.extend(text(file, &[root], "name no machine and no mirror"));
    }
    complaints
}

fn code(file: &File) -> Vec<String> {
    if !file.is_rust() || file.is_test() {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in file.production_lines() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for ban in CODE_BANS.iter().filter(|ban| applies(&ban.scope, &file.path)) {
            for word in ban.words.iter().filter(|word| line.contains(**word)) {
                complaints.push(format!("{}:{number}: `{word}`: {}", file.path, ban.instead));
            }
        }
    }
    complaints
}

fn applies(scope: &Scope, path: &str) -> bool {
    let is_in = |dir: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
    match scope {
        Scope::AllBut(dirs) => !dirs.iter().any(|dir| is_in(dir)),
        Scope::Pure => PURE.iter().any(|name| is_in(&format!("crates/{name}"))),
    }
}

fn text(file: &File, words: &[&str], instead: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for word in words.iter().filter(|word| has(line, word)) {
            complaints.push(format!("{}:{}: `{word}`: {instead}", file.path, index + 1));
        }
    }
    complaints
}

/// Whether a line has the word; a path counts only from its root, not behind `..` or a name.
fn has(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let is_inside = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '}' | '_'));
        !(word.starts_with('/') && is_inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::file;

    #[test]
    fn the_clock_is_read_by_the_binary_alone() {
        let text = "//! x\n// SystemTime::now is banned here\nlet now = Timestamp::now();\n";
        assert_eq!(
            code(&file("crates/tl-collect/src/git.rs", text)),
            ["crates/tl-collect/src/git.rs:3: `Timestamp::now`: \
              take a `Timestamp`: only the binary and the server read the clock"]
        );
        assert_eq!(code(&file("crates/throughline/src/main.rs", text)), Vec::<String>::new());
    }

    #[test]
    fn the_words_of_the_domain_do_no_io_and_tests_may() {
        let text = "use std::fs;\n#[cfg(test)]\nmod tests {\nuse std::net::TcpStream;\n}\n";
        assert_eq!(code(&file("crates/tl-core/src/id.rs", text)).len(), 1);
        assert_eq!(code(&file("crates/tl-ledger/src/sqlite.rs", text)), Vec::<String>::new());
    }

    #[test]
    fn a_process_is_started_by_tl_exec_alone() {
        let text = "use std::process::Command;\n";
        assert_eq!(code(&file("crates/tl-execute/src/lib.rs", text)).len(), 1);
        assert_eq!(code(&file("crates/tl-exec/src/process.rs", text)), Vec::<String>::new());
        assert_eq!(code(&file("crates/throughline/tests/it/main.rs", text)), Vec::<String>::new());
    }

    #[test]
    fn a_home_is_a_machines_only_at_the_root() {
        assert!(has(&format!("see {}ana/x", MACHINE[0]), MACHINE[0]));
        assert!(!has("write ../home/x and {dir}/home/x", MACHINE[0]));
    }

    #[test]
    fn leftovers_and_the_path_of_the_checkout_are_found_anywhere() {
        let text = format!("# see /src/checkout/x\n# {} later\n", LEFTOVERS[2]);
        assert_eq!(check(&[file("docs/a.md", &text)], "/src/checkout").len(), 2);
        assert_eq!(check(&[file("Cargo.lock", &text)], "/src/checkout").len(), 0);
    }
}
