//! `docs/cli.md` is what the program says about itself. `TL_UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;

use crate::env;

/// Every command with a page of help.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["map"],
    &["collect"],
    &["sql"],
    &["events"],
    &["guard"],
    &["guard", "lock"],
    &["guard", "diff"],
    &["guard", "approve"],
    &["guard", "fix"],
    &["guard", "explain"],
    &["guard", "allow"],
    &["guard", "export"],
    &["guard", "policy", "check"],
    &["guard", "policy", "show"],
    &["guard", "policy", "test"],
    &["guard", "install-hooks"],
    &["guard", "uninstall-hooks"],
    &["test"],
    &["test", "run"],
    &["test", "gate"],
    &["test", "record"],
    &["test", "flaky"],
    &["test", "rerun"],
    &["test", "order"],
    &["test", "select"],
    &["test", "split"],
    &["test", "ci-time"],
    &["test", "coverage"],
    &["test", "history"],
    &["test", "history", "compact"],
    &["test", "history", "check"],
    &["test", "quarantine"],
    &["test", "quarantine", "list"],
    &["test", "quarantine", "add"],
    &["test", "quarantine", "release"],
    &["test", "quarantine", "check"],
    &["serve"],
    &["backup"],
    &["restore"],
    &["token"],
    &["token", "create"],
    &["token", "list"],
    &["token", "revoke"],
    &["mcp"],
    &["doctor"],
    &["config"],
    &["config", "defaults"],
    &["config", "show"],
    &["config", "env"],
    &["completions"],
];

#[test]
fn the_reference_page_is_the_programs_own_help() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let page = page();
    if std::env::var_os("TL_UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/cli.md is out of date; write it anew with\n    \
         TL_UPDATE_DOCS=1 cargo test -p throughline --test it docs"
    );
}

#[test]
fn the_page_of_rules_is_the_programs_own() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    let page = env().run(&["guard", "explain", "--markdown"]);
    if std::env::var_os("TL_UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/rules.md is out of date; write it anew with\n    \
         TL_UPDATE_DOCS=1 cargo test -p throughline --test it docs"
    );
}

#[test]
fn every_command_is_on_the_page() {
    let env = env();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = open.pop() {
        let help = env.run(&[&command[..], &["--help".to_owned()]].concat());
        let Some(listed) = help.split("Commands:").nth(1) else { continue };
        let names = listed.lines().skip(1).take_while(|line| line.starts_with("  "));
        // Further lines of a description stand further in.
        let names = names.filter(|line| !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()) {
            let below = [&command[..], &[name.to_owned()]].concat();
            let is_group = below.join(" ") == "guard policy" || name == "help";
            let is_known = COMMANDS.iter().any(|known| *known == below);
            assert!(is_known || is_group, "`{}` is not on the page", below.join(" "));
            seen += 1;
            if name != "help" {
                open.push(below);
            }
        }
    }
    assert!(seen >= COMMANDS.len() - 1, "only {seen} commands were found in the help");
}

fn page() -> String {
    let env = env();
    let mut page = String::from(
        "# Command line\n\nWhat `throughline` says about itself; a test compares this page with the \
         program.\nEvery command takes the global options of the first.\n",
    );
    for command in COMMANDS {
        let name = [&["throughline"], *command].concat().join(" ");
        let mut help = env.run(&[command, ["--help"].as_slice()].concat());
        if !command.is_empty() {
            help = without_global_options(&help);
        }
        writeln!(page, "\n## `{name}`\n\n```text\n{}\n```", tidy(&help))
            .expect("text takes any text");
    }
    let variables = env.run(&["config", "env"]);
    page += "\n## Environment variables\n\n| variable | since | what it does |\n|---|---|---|\n";
    for line in variables.lines().skip(1) {
        writeln!(page, "| `{} |", line.replacen('\t', "` | ", 1).replace('\t', " | "))
            .expect("text takes any text");
    }
    let defaults = env.run(&["config", "defaults"]);
    writeln!(page, "\n## Configuration\n\n```toml\n{}\n```", tidy(&defaults))
        .expect("text takes any text");
    page
}

/// They are the same for every command, so the page has them once.
fn without_global_options(help: &str) -> String {
    let Some((before, after)) = help.split_once("\nGlobal options:\n") else {
        return help.to_owned();
    };
    let behind: Vec<&str> =
        after.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    format!("{before}\n{}", behind.join("\n"))
}

fn tidy(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
