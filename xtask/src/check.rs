//! `cargo xtask check`: the one entry that a developer and CI share.
//!
//! In: the names of steps, or none for all. Out: one line a step, and a summary. Start at
//! [`STEPS`]. **Invariant:** every step runs even when an earlier one failed, and a step that
//! could not run is never counted as passed.

use std::io::{self, Write as _};
use std::process::Command;
use std::time::Duration;

use clap::builder::FalseyValueParser;

use crate::failure::Failure;
use crate::process::{answers, cargo, command, root, succeeds};
use crate::tidy;

/// Which steps to run, and how strictly.
#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// Steps to run, in this order (default: all but `query`)
    #[arg(value_name = "STEP", value_parser = step_names())]
    steps: Vec<String>,
    /// Stop at the first step that fails
    #[arg(long)]
    fail_fast: bool,
    /// Let a missing tool fail its step instead of skipping it
    #[arg(long, env = "TL_REQUIRE_ALL", value_parser = FalseyValueParser::new())]
    require_all: bool,
}

/// One step of the check.
struct Step {
    /// What to type to run it alone.
    name: &'static str,
    /// Runs it; its output has gone to the terminal when it returns.
    run: fn() -> Result<Outcome, Failure>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It ran, and all is well.
    Passed,
    /// It ran, and something is wrong.
    Failed,
    /// It did not run; the text says how to get what is missing.
    Missing(&'static str),
}

/// All steps: quick ones first, so that a slip is seen before the tests have run.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "tidy", run: tidy_step },
    Step { name: "typos", run: typos },
    Step { name: "deny", run: deny },
    Step { name: "clippy", run: clippy },
    Step { name: "test", run: test },
    Step { name: "doc", run: doc },
];

/// Steps that run where they are named: what they compile is several times all the rest.
const NAMED: &[Step] = &[Step { name: "query", run: query }];

fn step_names() -> Vec<&'static str> {
    STEPS.iter().chain(NAMED).map(|step| step.name).collect()
}

/// Runs the steps and prints how each ended.
pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let wanted: Vec<&Step> = if args.steps.is_empty() {
        STEPS.iter().collect()
    } else {
        let named = |name: &String| STEPS.iter().chain(NAMED).find(|step| step.name == name);
        args.steps.iter().filter_map(named).collect()
    };
    let mut results = Vec::new();
    for step in wanted {
        say(&format!("==> {}", step.name));
        let started = clock();
        let outcome = (step.run)().unwrap_or_else(|failure| {
            say(&format!("error: {failure}"));
            Outcome::Failed
        });
        say(&line(step.name, outcome, started.elapsed()));
        results.push((step.name, outcome));
        if args.fail_fast && is_bad(outcome, args.require_all) {
            break;
        }
    }
    let (summary, good) = summary(&results, args.require_all);
    say(&summary);
    if good {
        return Ok(());
    }
    let strictly = if args.require_all { " (a skipped step counts as failed)" } else { "" };
    Err(Failure::Found(format!("the check failed{strictly}")))
}

#[expect(clippy::disallowed_methods, reason = "a step's duration is shown to a person")]
fn clock() -> std::time::Instant {
    std::time::Instant::now()
}

/// Progress, on stderr like the output of the tools. A closed stderr is no reason to stop.
fn say(text: &str) {
    writeln!(io::stderr(), "{text}").ok();
}

/// Whether an outcome makes the whole check fail.
fn is_bad(outcome: Outcome, require_all: bool) -> bool {
    match outcome {
        Outcome::Passed => false,
        Outcome::Failed => true,
        Outcome::Missing(_) => require_all,
    }
}

fn line(name: &str, outcome: Outcome, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match outcome {
        Outcome::Passed => format!("<== {name}: passed ({seconds:.1} s)"),
        Outcome::Failed => format!("<== {name}: FAILED ({seconds:.1} s)"),
        Outcome::Missing(how) => format!("<== {name}: SKIPPED, a tool is missing: {how}"),
    }
}

/// The last lines of a check, and whether it passed.
fn summary(results: &[(&str, Outcome)], require_all: bool) -> (String, bool) {
    let names = |wanted: fn(&Outcome) -> bool| {
        let names: Vec<&str> =
            results.iter().filter_map(|(name, outcome)| wanted(outcome).then_some(*name)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let text = format!(
        "check: passed: {}; failed: {}; skipped: {}",
        names(|outcome| *outcome == Outcome::Passed),
        names(|outcome| *outcome == Outcome::Failed),
        names(|outcome| matches!(outcome, Outcome::Missing(_))),
    );
    (text, !results.iter().any(|(_, outcome)| is_bad(*outcome, require_all)))
}

fn passed_if(command: &mut Command) -> Result<Outcome, Failure> {
    Ok(if succeeds(command)? { Outcome::Passed } else { Outcome::Failed })
}

fn fmt() -> Result<Outcome, Failure> {
    passed_if(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<Outcome, Failure> {
    passed_if(
        cargo()
            .args(["clippy", "--workspace", "--all-targets", "--locked"])
            .args(["--", "--deny", "warnings"]),
    )
}

/// nextest stops a test that hangs; `cargo test` does as well for everything else.
fn test() -> Result<Outcome, Failure> {
    if answers("cargo", &["nextest", "--version"]) {
        return passed_if(cargo().args(["nextest", "run", "--workspace", "--locked"]));
    }
    say("cargo-nextest is not installed; `cargo test` runs the same tests");
    passed_if(cargo().args(["test", "--workspace", "--locked"]))
}

/// SQL by the optional engine, in process and on a cluster of this machine: see
/// `docs/design/0016-query.md`. In a profile of its own, so that its files are easily thrown away.
fn query() -> Result<Outcome, Failure> {
    // One set of packages for all: another would compile the engine with other features once more.
    let built = ["--package", "tl-query", "--package", "throughline"];
    let with = ["--features", "throughline/query", "--locked"];
    let mut lints = cargo();
    lints.args(["clippy", "--profile", "query", "--all-targets"]).args(built).args(with);
    if !succeeds(lints.args(["--", "--deny", "warnings"]))? {
        return Ok(Outcome::Failed);
    }
    if answers("cargo", &["nextest", "--version"]) {
        let mut tests = cargo();
        tests.args(["nextest", "run", "--cargo-profile", "query"]).args(built).args(with);
        return passed_if(tests.args(["-E", "package(tl-query) | test(sql)"]));
    }
    passed_if(cargo().args(["test", "--profile", "query"]).args(built).args(with))
}

fn doc() -> Result<Outcome, Failure> {
    passed_if(cargo().args(["doc", "--workspace", "--no-deps", "--locked"]).env(
        // Private items too: most of the binary is private, and its links break just as easily.
        "RUSTDOCFLAGS",
        "--document-private-items --deny warnings",
    ))
}

/// Licences, bans and sources; the database of advisories needs a network of its own.
fn deny() -> Result<Outcome, Failure> {
    if !answers("cargo", &["deny", "--version"]) {
        return Ok(Outcome::Missing("cargo install cargo-deny --locked"));
    }
    passed_if(cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}

fn typos() -> Result<Outcome, Failure> {
    if !answers("typos", &["--version"]) {
        return Ok(Outcome::Missing("pip install typos, or cargo install typos-cli --locked"));
    }
    passed_if(command("typos").current_dir(root()))
}

fn tidy_step() -> Result<Outcome, Failure> {
    tidy::run().map(|()| Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_compiled_where_its_step_is_named_and_not_by_default() {
        assert!(step_names().contains(&"query"));
        assert!(STEPS.iter().all(|step| step.name != "query"));
    }

    #[test]
    fn a_missing_tool_is_loud_but_fails_only_where_everything_is_required() {
        let results = [("fmt", Outcome::Passed), ("deny", Outcome::Missing("cargo install x"))];
        let (text, good) = summary(&results, false);
        assert_eq!(text, "check: passed: fmt; failed: none; skipped: deny");
        assert!(good);
        assert!(!summary(&results, true).1);
    }

    #[test]
    fn one_failed_step_fails_the_check() {
        let results = [("fmt", Outcome::Failed), ("test", Outcome::Passed)];
        assert_eq!(
            summary(&results, false),
            ("check: passed: test; failed: fmt; skipped: none".to_owned(), false)
        );
    }
}
