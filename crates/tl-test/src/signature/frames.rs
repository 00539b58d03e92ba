//! Stacks as languages write them.
//!
//! In: a failure's text. Out: its first line that is no frame, and the project's own frames, the
//! innermost first. Start at [`split`].

use std::sync::LazyLock;

use regex::Regex;

use super::mask::mask;

/// Lines of a stack that are looked at.
const LINES: usize = 400;

/// Forms of a frame; `file` and `function` are what counts, `inside` where the frame names a class
/// and no path.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Java, Kotlin: `at acme.Orders.add(Orders.java:12)`
        r"^\s*at (?P<function>[\w.$/<>]+)\((?P<file>[\w$-]+\.\w+)(?::\d+)?\)",
        // .NET: `at Acme.Orders.Add(Int32 n) in /src/Orders.cs:line 12`
        r"^\s*at (?P<function>[\w.`<>\[\],+]+)\([^)]*\)(?: in (?P<file>[^:]*(?::[\\/][^:]*)?):line \d+)?",
        // JavaScript: `at add (/src/orders.js:1:2)`, `at /src/orders.js:1:2`, `at async add (...)`
        r"^\s*at (?:async )?(?:(?P<function>[^(\s][^(]*?) \()?(?:file://)?(?P<file>[^():\s]+(?::[\\/][^():]+)?):\d+:\d+\)?",
        // Python: `File "/src/orders.py", line 12, in add`
        r#"^\s*File "(?P<file>[^"]+)", line \d+(?:, in (?P<function>\S+))?"#,
        // pytest: `orders/test_add.py:12: AssertionError`
        r"^(?P<file>[\w./\\-]+\.py):\d+: ?(?P<function>\w+)?",
        // Go: `\t/src/orders/add.go:12 +0x1d`, and as tests write: `    add_test.go:12: got 1`
        r"^\s+(?P<file>\S+\.go):\d+(?: \+0x|:|$)",
        // Rust: `thread 'x' panicked at src/orders.rs:1:2:`, and `             at ./src/orders.rs:1:2`
        r"panicked at (?P<file>[^\s:']+\.rs):\d+",
        r"^\s*at (?P<file>\S+\.rs):\d+(?::\d+)?",
        // Ruby: `/src/orders.rb:12:in 'add'`
        r"^\s*(?:# |from )?(?P<file>\S+\.rb):\d+(?::in [`'](?P<function>[^']+)')?",
        // PHP: `#0 /src/Orders.php(12): Orders->add()`, `/src/OrdersTest.php:12`
        r"^(?:#\d+ )?(?P<file>\S+\.php)(?:\(\d+\)|:\d+)(?:: (?P<function>[\w\\:>-]+)\()?",
        // C, C++: `/src/orders.cpp:12: Failure`
        r"^(?P<file>\S+\.(?:c|cc|cpp|cxx|h|hpp|m|mm|swift)):\d+",
    ]
    .map(|form| Regex::new(form).expect("a test compiles every pattern"))
    .into()
});

/// Frames of languages, runners and libraries.
static OUTSIDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) site-packages | dist-packages | node_modules | node:internal | ^internal/ | \(internal/
        | lib/python\d | <frozen | /rustc/ | /\.cargo/registry/ | /go/pkg/mod/ | /usr/(?:local/)?(?:lib|go)/
        | /gems/ | /vendor/
        | ^(?:java|javax|jdk|sun|kotlin|scala|groovy)[./]
        | ^(?:org\.(?:junit|testng|gradle|apache\.maven|hamcrest|assertj|mockito|opentest4j))\.
        | ^(?:std|core|alloc|test)::
        | ^(?:testing|runtime|reflect)\.
        | ^(?:System|Microsoft|Xunit|NUnit|MSTest|Shouldly|FluentAssertions)\. ",
    )
    .expect("a test compiles every pattern")
});

/// The first line that is no frame, and at most `most` frames of the project's own, masked: the
/// file with its directory, and the function.
pub(super) fn split(text: &str, most: usize) -> (String, Vec<String>) {
    let mut said = String::new();
    let mut frames: Vec<String> = Vec::new();
    for line in text.lines().take(LINES) {
        let Some(found) = FORMS.iter().find_map(|form| form.captures(line)) else {
            let line = line.trim();
            if said.is_empty() && !line.is_empty() && !line.starts_with("Traceback") {
                line.clone_into(&mut said);
            }
            continue;
        };
        let part = |name| found.name(name).map_or("", |part| part.as_str().trim());
        let (file, function) = (part("file"), part("function"));
        if OUTSIDE.is_match(file) || OUTSIDE.is_match(function) || frames.len() == most {
            continue;
        }
        let frame = format!("{} {}", short(file), mask(function)).trim().to_owned();
        if frames.last() != Some(&frame) {
            frames.push(frame);
        }
    }
    (said, frames)
}

/// A file with the directory that it stands in.
fn short(file: &str) -> String {
    let mut parts = file.rsplit(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    let last = parts.next().unwrap_or_default();
    let short = match parts.next().filter(|part| !part.ends_with(':')) {
        Some(above) => format!("{above}/{last}"),
        None => last.to_owned(),
    };
    mask(&short)
}
