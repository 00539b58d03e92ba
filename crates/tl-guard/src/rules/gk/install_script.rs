//! A package runs code when it is installed.

use std::sync::LazyLock;

use regex::Regex;
use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Scope;
use crate::parse::{self, Limits, Node};
use crate::rules::{Check, Cx, Rule, Sink, finding};
use crate::shell;
use crate::text::unit::{Artifact, advance};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Artifact(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GK004",
    name: "install-script",
    level: Level::Warn,
    confidence: Confidence::Medium,
    summary: "A package runs code when it is installed.",
    why: "The code runs before anybody has read it, with the rights of whoever installs, in every pipeline.",
    fix: "Do without the script, or install with `--ignore-scripts` and run by hand what is needed.",
    taxonomy: &["asi:ASI04", "ast:AST02", "cwe:CWE-506"],
    since: "0.1.0",
};

/// Scripts that build what the package is or set hooks up: half of all honest ones.
static HONEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) ^\s* (?: (?: npx | pnpm | yarn | npm | bun ) \s+ (?: run \s+ | exec \s+ )? )?
        (?: husky | patch-package | lefthook | simple-git-hooks | prisma | node-gyp | ngcc | lerna | nx
          | electron-builder | electron-rebuild | is-ci | opencollective | nuxt | nuxi | svelte-kit
          | vue-demi | tsc | build | compile | prepare | wxt | fumadocs-mdx | playwright | allow-scripts
          | only-allow | node-pre-gyp | prebuild-install | cmake-js | husky-init | bundle-deps ) \b
        [^;&|`$<>]* $",
    )
    .expect("the pattern is fixed")
});

/// Fetches, or runs what it is given as text.
static RUNS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) \b(?: curl | wget | invoke-webrequest | iwr | fetch\( ) \b? | https?:// | /dev/tcp/
        | \b(?: node | deno | bun ) \s+ (?: -e | --eval | -p ) \b | \b(?: ba | z )?sh \s+ -c \b
        | \bpython3? \s+ -c \b | \bpowershell \b | base64 \s+ (?: -d | --decode ) | \beval \b",
    )
    .expect("the pattern is fixed")
});

/// The network, or text that becomes code, in a file that runs at installation.
static SETUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) \burlopen\s*\( | \burlretrieve\s*\( | \brequests\.(?:get|post|put)\s*\(
        | \bhttpx\.(?:get|post)\s*\( | \bsocket\.socket\s*\( | \bb64decode\s*\(
        | \bexec\s*\(\s*(?:base64|zlib|bytes|codecs|marshal|__import__)",
    )
    .expect("the pattern is fixed")
});

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    if artifact.scope == Scope::Dependency {
        return;
    }
    let name = artifact.at.path.rsplit('/').next().unwrap_or_default();
    let found = match name {
        "package.json" => of_npm(&artifact.text),
        "setup.py" => of_python(&artifact.text),
        _ => Vec::new(),
    };
    for (byte, level, message, seen) in found {
        let mut at = artifact.at.clone();
        advance(&mut at, &artifact.text, byte);
        let mut one = finding(&DOC, at, message);
        one.level = level;
        one.evidence = Evidence::of(&crate::rules::gc::masked(&seen), "", Vec::new());
        sink.add(one);
    }
}

fn of_npm(text: &str) -> Vec<(usize, Level, String, String)> {
    let Ok(root) = parse::json::parse(text, Limits::default()) else { return Vec::new() };
    let scripts = root.get("scripts").map(Node::members).unwrap_or_default();
    let at_install = scripts
        .iter()
        .filter(|m| matches!(m.key.as_str(), "preinstall" | "install" | "postinstall"));
    at_install
        .filter_map(|member| {
            let script = member.value.text()?;
            if script.trim().is_empty() || HONEST.is_match(script) || only_says(script) {
                return None;
            }
            let runs = RUNS.is_match(script);
            let level = if runs { Level::High } else { Level::Warn };
            let what = if runs { "fetches or runs what it is given" } else { "runs" };
            let message =
                format!("the script `{}` {what} when the package is installed", member.key);
            Some((member.start, level, message, script.to_owned()))
        })
        .collect()
}

/// Whether a script only prints: what it prints is no command.
fn only_says(script: &str) -> bool {
    let read = shell::read(script);
    let says = |command: &shell::Command| {
        let program = command.words.first().map_or("", |word| word.text.as_str());
        matches!(program, "echo" | "printf" | "true") && command.redirects.is_empty()
    };
    read.unread.is_empty() && !read.commands.is_empty() && read.commands.iter().all(says)
}

fn of_python(text: &str) -> Vec<(usize, Level, String, String)> {
    let Some(found) = SETUP.find(text) else { return Vec::new() };
    let line = text[found.start()..].lines().next().unwrap_or_default().to_owned();
    let message =
        "`setup.py` uses the network or decodes code when the package is built".to_owned();
    vec![(found.start(), Level::High, message, line)]
}
