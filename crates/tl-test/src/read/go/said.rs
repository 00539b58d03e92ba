//! What a line of `go test` says.

use tl_core::test::Status;

use super::super::json::value::in_micros;

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// All went well.
    Passed,
    /// Something did not.
    Failed,
    /// There is nothing to test in it.
    NoTests,
    /// Nobody says.
    Unknown,
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Said<'a> {
    /// A test begins.
    Run(&'a str),
    /// What follows is about this test; about none where it is empty.
    Turn(&'a str),
    /// A test waits for others.
    Pause(&'a str),
    /// A test is done; behind the text of a line that it did not end.
    Done { before: &'a str, name: &'a str, status: Status, micros: Option<u64> },
    /// A benchmark begins.
    Benchmark(&'a str),
    /// A benchmark was measured.
    Measured { name: &'a str, times: f64, nanos: f64 },
    /// A package is done.
    Package { verdict: Verdict, name: &'a str, rest: &'a str },
    /// Errors of a build follow: of this package, for the tests of that one.
    Build { package: &'a str, of: &'a str },
    /// The tests of a package are done.
    Bare(Verdict),
    /// Anything else.
    Text,
}

/// Reads a line.
pub(in super::super) fn said(line: &str) -> Said<'_> {
    // Go marks its own lines with this sign where it reads them itself.
    let line = line.strip_prefix('\u{16}').unwrap_or(line);
    if let Some(rest) = line.strip_prefix("=== ") {
        let (word, name) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = name.trim();
        return match word {
            "RUN" => Said::Run(name),
            "CONT" | "NAME" => Said::Turn(name),
            "PAUSE" => Said::Pause(name),
            _ => Said::Text,
        };
    }
    match line.trim_end() {
        "PASS" => return Said::Bare(Verdict::Passed),
        "FAIL" => return Said::Bare(Verdict::Failed),
        _ => {}
    }
    if let Some(done) = done(line) {
        return done;
    }
    if line.starts_with("Benchmark") {
        return benchmark(line).unwrap_or(Said::Text);
    }
    if let Some(head) = line.strip_prefix("# ") {
        return build(head.trim_end()).unwrap_or(Said::Text);
    }
    package(line).unwrap_or(Said::Text)
}

/// `    --- FAIL: TestSum/zero (0.01s)`
fn done(line: &str) -> Option<Said<'_>> {
    let start = line.rfind("--- ")?;
    let (before, rest) = (&line[..start], &line[start + 4..]);
    let (word, rest) = rest.split_once(": ")?;
    let status = match word {
        "PASS" => Status::Passed,
        "FAIL" => Status::Failed,
        "SKIP" => Status::Skipped,
        _ => return None,
    };
    let rest = rest.trim_end();
    let (name, micros) = match rest.rsplit_once(" (") {
        Some((name, time)) => {
            let time = time.strip_suffix(" seconds)").or_else(|| time.strip_suffix("s)"))?;
            (name, in_micros(time.parse().ok()?))
        }
        None => (rest, None),
    };
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(Said::Done { before, name, status, micros })
}

/// `BenchmarkSum-8   1000000   1591 ns/op`, or the name alone.
fn benchmark(line: &str) -> Option<Said<'_>> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let Some(times) = words.next() else { return Some(Said::Benchmark(name)) };
    let times: f64 = times.parse().ok()?;
    let values: Vec<&str> = words.collect();
    let at = values.iter().position(|word| *word == "ns/op");
    let nanos = at.and_then(|at| values.get(at.checked_sub(1)?)).and_then(|word| word.parse().ok());
    // Other units may be reported in the place of time.
    Some(Said::Measured { name, times, nanos: nanos.unwrap_or(0.0) })
}

/// `# acme/sums [acme/sums.test]`
fn build(head: &str) -> Option<Said<'_>> {
    let (package, rest) = head.split_once(' ').unwrap_or((head, ""));
    if package.is_empty() || package.starts_with('#') {
        return None;
    }
    if rest.is_empty() {
        return Some(Said::Build { package, of: package });
    }
    let tested = rest.strip_prefix('[')?.strip_suffix(']')?;
    let of = tested.strip_suffix(".test").unwrap_or(tested);
    Some(Said::Build { package, of })
}

/// `ok acme/sums 0.160s coverage: 10.0% of statements`, with tabs between
fn package(line: &str) -> Option<Said<'_>> {
    let (word, rest) = line.split_once([' ', '\t'])?;
    let verdict = match word {
        "ok" => Verdict::Passed,
        "FAIL" => Verdict::Failed,
        "?" => Verdict::NoTests,
        _ => return None,
    };
    let rest = rest.trim();
    let (name, rest) = rest.split_once([' ', '\t'])?;
    let rest = rest.trim();
    let first = rest.split([' ', '\t']).next().unwrap_or_default();
    let is_time = first.strip_suffix('s').is_some_and(|time| time.parse::<f64>().is_ok());
    let fits = is_time || first == "(cached)" || rest.starts_with('[');
    fits.then_some(Said::Package { verdict, name, rest })
}

#[cfg(test)]
mod tests;
