//! Formats of JSON, by the keys of their first value.

use std::collections::BTreeSet;

use super::{Format, Seen};

/// Keys that are looked at.
const KEYS: usize = 4_000;

/// Lines that may stand above the first one of JSON: what the build wrote.
const ABOVE: usize = 400;

/// What this JSON is; nothing where it is none.
pub(super) fn look(text: &str) -> Option<Seen> {
    let first = text.starts_with(['{', '[']).then(|| Keys::of(text));
    if let Some(format) = first.as_ref().and_then(|keys| keys.document().or_else(|| keys.line())) {
        return Some(Seen::Known(format));
    }
    let lines = text.lines().take(ABOVE).filter(|line| line.starts_with('{'));
    if let Some(format) = lines.map(Keys::of).find_map(|keys| keys.line()) {
        return Some(Seen::Known(format));
    }
    // `[` may begin a line of a build, and so may `{`.
    first.filter(|keys| !keys.broken).map(|_| Seen::Other("JSON".to_owned()))
}

/// Keys of the first value of a text, as paths: `stats.passes`, `[].uri`.
pub(crate) struct Keys {
    paths: BTreeSet<String>,
    /// What the value of `reportFormat` and `type` is.
    format: String,
    /// It is no JSON, as far as that shows.
    broken: bool,
}

/// Where the reader of keys stands.
struct Level {
    array: bool,
    /// Length of the path to it.
    path: usize,
}

impl Keys {
    pub(super) fn of(text: &str) -> Self {
        let mut keys = Self { paths: BTreeSet::new(), format: String::new(), broken: false };
        keys.read(text);
        keys
    }

    fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let (mut at, mut path, mut levels) = (0, String::new(), Vec::<Level>::new());
        while at < bytes.len() && self.paths.len() < KEYS {
            match bytes[at] {
                open @ (b'{' | b'[') => {
                    levels.push(Level { array: open == b'[', path: path.len() });
                    if open == b'[' && levels.len() <= 4 {
                        path.push_str("[]");
                    }
                }
                b'}' | b']' => {
                    let Some(level) = levels.pop() else { break };
                    path.truncate(level.path);
                    if levels.is_empty() {
                        return;
                    }
                }
                b'"' => {
                    let Some(end) = string_end(bytes, at + 1) else { return };
                    let string = &text[at + 1..end];
                    let behind = text[end + 1..].trim_start();
                    match levels.last() {
                        Some(level) if !level.array && behind.starts_with(':') => {
                            path.truncate(level.path);
                            if levels.len() <= 4 {
                                if !path.is_empty() {
                                    path.push('.');
                                }
                                path.push_str(string.get(..40).unwrap_or(string));
                                self.paths.insert(path.clone());
                            }
                        }
                        _ if path == "reportFormat" => string.clone_into(&mut self.format),
                        _ => {}
                    }
                    at = end;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
                b'-' | b'0'..=b'9' | b'.' | b'+' | b'e' | b'E' => {}
                // Of `true`, `false` and `null`; anything else is no JSON.
                b't' | b'r' | b'u' | b'f' | b'a' | b'l' | b's' | b'n' => {}
                _ => {
                    self.broken = true;
                    return;
                }
            }
            at += 1;
        }
        self.broken |= levels.is_empty();
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether any path is such a one.
    pub(crate) fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        self.paths.iter().any(|path| is(path))
    }

    /// Whether something stands below this path, or at it.
    fn begins(&self, path: &str) -> bool {
        self.paths.range(path.to_owned()..).next().is_some_and(|found| found.starts_with(path))
    }

    /// Formats of one document.
    fn document(&self) -> Option<Format> {
        let has = |path: &str| self.has(path);
        let tool = has("results.tool.name") || has("results.tool") && has("results.tests");
        Some(if self.format == "CTRF" || tool {
            Format::Ctrf
        } else if has("numTotalTests") && (has("testResults") || has("numTotalTestSuites")) {
            Format::Jest
        } else if has("stats") && (has("passes") || has("stats.passes") && has("stats.pending")) {
            Format::Mocha
        } else if has("config")
            && (has("suites") || has("config.rootDir") && has("config.projects"))
        {
            Format::Playwright
        } else if has("exitcode") && (has("root") || has("tests") || has("collectors")) {
            Format::PytestJson
        } else if has("examples") && has("version")
            || has("examples") && (has("summary") || has("summary_line"))
        {
            Format::Rspec
        } else if has("testsuites") && has("name") {
            Format::GtestJson
        } else if has("[].uri") || has("[].elements") && has("[].keyword") {
            Format::Cucumber
        } else {
            return None;
        })
    }

    /// Formats of a document a line.
    fn line(&self) -> Option<Format> {
        let has = |path: &str| self.has(path);
        Some(if has("Action") && (has("Package") || has("ImportPath") || has("Test")) {
            Format::GoJson
        } else if has("$report_type") || has("pytest_version") {
            Format::PytestLog
        } else if has("protocolVersion") || has("test.suiteID") {
            Format::Dart
        } else if has("id") && (has("started") || has("children") || self.begins("id.started")) {
            Format::BazelEvents
        } else if has("type") && has("event") {
            Format::Libtest
        } else {
            return None;
        })
    }
}

/// Where a string ends whose first byte is at `from`.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let end = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[end] == b'"' {
            return Some(end);
        }
        at = end + 2;
    }
}
