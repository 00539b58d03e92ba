//! The hook's cold start: what an agent waits before each of its actions.
//!
//! In: the program of the release build. Out: lines, and whether the promise was kept. Start at [`run`].
//! Each run is a new process; `--version` beside it is what starting anything costs here.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::process::{cargo, command, root, run as run_command};

/// Name of the measure.
pub(crate) const NAME: &str = "hook";
/// Processes that are started of each.
const RUNS: usize = 1_000;
/// Promised: milliseconds of all but one in a hundred.
const P99_MILLIS: f64 = 8.0;

/// A policy of twenty entries.
const POLICY: &str = r#"schema = "guard-policy/v1"
[paths]
deny_read = ["~/.config/acme/**", "**/*.pem", "secrets/**"]
deny_write = [".github/workflows/**", "migrations/**"]
ask_write = ["**/AGENTS.md", "**/Cargo.lock"]
[commands]
deny = ["git push --force *", "terraform destroy *", "kubectl delete *"]
ask = ["docker run *", "make deploy *"]
[hosts]
allow = ["*.acme.example"]
deny = ["*.tunnel.example", "paste.example"]
when_tainted = "ask"
[tools]
deny = ["github/delete_*"]
ask = ["*/send_*", "*/merge_*"]
"#;

/// The same in Cedar's words, of other things: three policies beside the twenty entries.
const CEDAR: &str = r#"@id("unapproved-server")
@effect("ask")
@text("nobody approved this server")
forbid (principal, action == Action::"call-tool", resource)
when { context.marks.contains("unapproved") };

@id("no-secrets-when-tainted")
@text("the session has read what nobody vouches for")
forbid (principal, action == Action::"read", resource)
when { context.tainted && resource.text like "*/secrets/*" };

@id("no-deploys")
@text("people deploy")
forbid (principal, action == Action::"run", resource)
when { resource.text like "make deploy*" };
"#;

/// Builds the program, and measures it; whether the promise was kept.
pub(crate) fn run() -> Result<bool, Failure> {
    run_command(cargo().args(["build", "--release", "--locked", "--package", "throughline"]))?;
    let target = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let program = target.join("release/throughline").into_std_path_buf();
    let scratch = target.join("bench-hook").into_std_path_buf();
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Failure::io("empty the scratch directory"))?;
    }
    let [plain, governed, cedar] = ["plain", "governed", "cedar"].map(|name| scratch.join(name));
    for repository in [&plain, &governed, &cedar] {
        let made = fs::create_dir_all(repository.join(".git"));
        made.map_err(Failure::io("make a repository"))?;
    }
    for repository in [&governed, &cedar] {
        let beside = repository.join(".throughline");
        fs::create_dir_all(beside.join("policy")).map_err(Failure::io("make a directory"))?;
        fs::write(beside.join("guard.toml"), POLICY).map_err(Failure::io("write a policy"))?;
    }
    fs::write(cedar.join(".throughline/policy/own.cedar"), CEDAR)
        .map_err(Failure::io("write a policy"))?;
    let page = "A page about the weather in spring, with nothing else in it. ".repeat(320);
    let before = |cwd: &Path| {
        document(
            cwd,
            "PreToolUse",
            "Bash",
            &json!({"command": "cargo test -p core 2>&1 | tail -20"}),
            "",
        )
    };
    let after =
        document(&plain, "PostToolUse", "WebFetch", &json!({"url": "https://a.example/"}), &page);
    let mut kept = true;
    let mut out = io::stdout().lock();
    for (what, arguments, document, promised) in [
        ("`--version`, the floor", &["--version"][..], String::new(), false),
        ("before a command", &["hook", "claude-code", "PreToolUse"][..], before(&plain), true),
        (
            "before a command, with a policy",
            &["hook", "claude-code", "PreToolUse"][..],
            before(&governed),
            true,
        ),
        (
            "before a command, with Cedar beside it",
            &["hook", "claude-code", "PreToolUse"][..],
            before(&cedar),
            false,
        ),
        ("after a page of 20 kB", &["hook", "claude-code", "PostToolUse"][..], after, true),
    ] {
        let [p50, p99] = percentiles(&program, arguments, &document, &scratch)?;
        let good = !promised || p99 <= P99_MILLIS;
        kept &= good;
        let word = match (promised, good) {
            (false, _) => String::new(),
            (true, true) => format!("  kept: p99 at most {P99_MILLIS} ms"),
            (true, false) => format!("  NOT KEPT: p99 at most {P99_MILLIS} ms"),
        };
        writeln!(out, "hook           {what}: p50 {p50:.1} ms, p99 {p99:.1} ms of {RUNS}{word}")
            .map_err(Failure::io("write to stdout"))?;
    }
    fs::remove_dir_all(&scratch).map_err(Failure::io("remove the scratch directory"))?;
    Ok(kept)
}

fn document(cwd: &Path, event: &str, tool: &str, input: &Value, response: &str) -> String {
    json!({
        "session_id": "bench", "transcript_path": "/t", "cwd": cwd, "permission_mode": "default",
        "hook_event_name": event, "tool_name": tool, "tool_input": input, "tool_response": response, "tool_use_id": "u",
    })
    .to_string()
}

/// Milliseconds of half, and of 99 of 100 runs.
fn percentiles(
    program: &Path,
    arguments: &[&str],
    document: &str,
    home: &Path,
) -> Result<[f64; 2], Failure> {
    let mut millis = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = now();
        let mut child = command(program)
            .args(arguments)
            .env_clear()
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::io("start the program"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // `--version` does not read it.
            let _may_be_closed = stdin.write_all(document.as_bytes());
        }
        let done = child.wait_with_output().map_err(Failure::io("wait for the program"))?;
        millis.push(started.elapsed().as_secs_f64() * 1e3);
        // An objection would be about something that went wrong.
        if !done.status.success() || (arguments[0] == "hook" && done.stdout != b"{}\n") {
            return Err(Failure::Program(format!("`{}` failed", arguments.join(" "))));
        }
    }
    millis.sort_by(f64::total_cmp);
    Ok([millis[RUNS / 2], millis[RUNS * 99 / 100]])
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}
