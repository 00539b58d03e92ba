//! What a test is called from run to run: its names without what changes each time.
//!
//! In: names as a report has them. Out: the stable ones, and the key that stands for them. Start
//! at [`key`]. **Invariant:** names that differ in a small number, an index or a plain date stay
//! apart.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest as _, Sha256};
use tl_core::test::{TestKey, TestName};

/// Outermost suites that are called after the tool, not after what is tested.
const TOOLS: &[&str] = &[
    "pytest",
    "jest tests",
    "vitest tests",
    "mocha tests",
    "root suite",
    "alltests",
    "nextest-run",
    "test results",
    "test",
    "tests",
];

/// What changes from run to run, and what stands in its place. None of what one leaves is matched
/// by another.
static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
        // An instant: a date with a time. A date alone may be what is tested.
        (
            r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?([.,]\d+)?(\s?(Z|UTC|[+-]\d{2}:?\d{2}))?",
            "<time>",
        ),
        (r"(?i)\b0x[0-9a-f]{6,}\b", "<address>"),
        // The default name of an object in Java: `Object@1b2c3d4e`.
        (r"@[0-9a-f]{5,16}\b", "@<hash>"),
        (r"(?i)(\blocalhost|\b127\.0\.0\.1|\[::1\]):\d{2,5}\b", "$1:<port>"),
        // Directories for the moment, on Linux, macOS and Windows.
        (r"/(?:private/)?var/folders/[^/\s]+/[^/\s]+/[^/\s]+(/[^/\s]+)?", "<tmp>"),
        (r"(/tmp|/var/tmp)/[^/\s\]),;:'\x22]+", "<tmp>"),
        (r"(?i)[A-Z]:\\Users\\[^\\]+\\AppData\\Local\\Temp\\[^\\\s]+", "<tmp>"),
        // 14 digits: a date and a time; 13 and 10: since 1970, in this century's years.
        (r"\b(19|20)\d{12}\b", "<time>"),
        (r"\b1[0-9]{12}\b", "<time>"),
        (r"\b1[0-9]{9}\b", "<time>"),
    ]
    .map(|(pattern, by)| (Regex::new(pattern).expect("a test compiles every pattern"), by))
    .into()
});

/// The stable parts of a test's names.
struct Parts<'t> {
    suite: Vec<Cow<'t, str>>,
    class: Cow<'t, str>,
    name: Cow<'t, str>,
    file: Cow<'t, str>,
}

impl<'t> Parts<'t> {
    fn of(test: &'t TestName) -> Self {
        let suite = test.suite.iter().map(|part| masked(part));
        let mut suite: Vec<Cow<'t, str>> = suite.filter(|part| !part.is_empty()).collect();
        // The outermost suite is the project's or the tool's, as it was called this time.
        if suite.len() > 1 || suite.first().is_some_and(|first| is_tool(first)) {
            suite.remove(0);
        }
        let class = masked(&test.class);
        let file = if class.is_empty() {
            Cow::Owned(own_part(&masked(&test.file)))
        } else {
            Cow::Borrowed("")
        };
        Self { suite, class, name: masked(&test.name), file }
    }
}

/// Whether a suite is called after the tool.
fn is_tool(suite: &str) -> bool {
    let end = suite.len().checked_sub(".xctest".len()).and_then(|at| suite.get(at..));
    TOOLS.iter().any(|tool| tool.eq_ignore_ascii_case(suite))
        || end.is_some_and(|end| end.eq_ignore_ascii_case(".xctest"))
}

/// The names without what changes from run to run.
pub fn stable(test: &TestName) -> TestName {
    let Parts { suite, class, name, file } = Parts::of(test);
    let suite = suite.into_iter().map(Cow::into_owned).collect();
    let [class, name, file] = [class, name, file].map(Cow::into_owned);
    TestName { suite, class, name, file }
}

/// The part of a file's path that is the project's: of a path from the root, the last three parts,
/// for what stands above them is the machine's.
fn own_part(file: &str) -> String {
    let file = file.replace('\\', "/");
    let rooted = file.starts_with('/') || file.get(1..3) == Some(":/");
    if !rooted {
        return file.strip_prefix("./").unwrap_or(&file).to_owned();
    }
    let mut parts: Vec<&str> = file.rsplit('/').take(3).collect();
    parts.reverse();
    parts.join("/")
}

/// What stands for the test in history.
pub fn key(test: &TestName) -> TestKey {
    let Parts { suite, class, name, file } = Parts::of(test);
    let mut bytes = Vec::with_capacity(256);
    // The length before each part: no two lists of parts are the same bytes.
    let mut part = |text: &str| {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    part(&suite.len().to_string());
    suite.iter().for_each(|name| part(name));
    part(&class);
    part(&name);
    part(&file);
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let mut key = [0; 12];
    key.copy_from_slice(&digest[..12]);
    TestKey(key)
}

/// One name without what changes.
fn masked(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !may_change(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    VOLATILE.iter().fold(Cow::Borrowed(trimmed), |text, (pattern, by)| {
        match pattern.replace_all(&text, *by) {
            Cow::Borrowed(_) => text,
            Cow::Owned(changed) => Cow::Owned(changed),
        }
    })
}

/// Whether any pattern can match: most names have none of this, and patterns cost.
fn may_change(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Digits in a row: an instant without signs between has ten at least.
    let (mut digits, mut dashes, mut slash) = (0_u32, 0_u32, false);
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match byte {
            _ if digits >= 10 => return true,
            // Ports, times of day, addresses in memory, default names of objects.
            b':' if next.is_ascii_digit() => return true,
            b'0' if next | 0x20 == b'x' => return true,
            b'@' if next.is_ascii_hexdigit() => return true,
            b'\\' => return true,
            b'-' => dashes += 1,
            b'/' => slash = true,
            _ => {}
        }
    }
    dashes >= 4 || slash && (text.contains("/tmp/") || text.contains("var/folders"))
}

#[cfg(test)]
mod tests;
