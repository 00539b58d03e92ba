//! `cargo xtask bench guard`: recall, false alarms and cost of Guard's rules on corpora.
//!
//! In: a folder of corpora. Out: what the program `guard` of `tl-bench` prints, which links the rules
//! that xtask must be able to do without; then what `throughline guard` itself costs, from start to
//! end, on files and tools of the same corpora.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use crate::bench::guard_hook;
use crate::bench::usage::{Usage, measure, median, require_time};
use crate::failure::Failure;
use crate::process::{cargo, command, root, run as run_command, succeeds};

/// Which corpora, and what of them.
#[derive(clap::Args)]
pub(crate) struct GuardArgs {
    /// The folder of corpora; what is missing in it is said
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// Only these measures; `program` is the cost of the program itself, `hook` that of a hook
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    only: Vec<String>,
    /// Run other scanners on the same corpora, where they are on `PATH`
    #[arg(long)]
    peers: bool,
    /// Print one JSON document, of the measures without `program`
    #[arg(long)]
    json: bool,
}

/// Measure of this file, not of `tl-bench`.
const PROGRAM: &str = "program";
/// Measures of the program itself.
const OWN: [&str; 2] = [PROGRAM, guard_hook::NAME];
/// Files and bytes of the tree, and tools of the list, for which the promises are made.
const FILES: usize = 2_500;
const BYTES: u64 = 20_000_000;
const TOOLS: usize = 872;
/// Promised: CPU seconds and KiB of the tree, seconds of the list.
const TREE_SECONDS: f64 = 1.0;
const TREE_KIB: f64 = 80.0 * 1024.0;
const LIST_SECONDS: f64 = 0.060;
/// The median of so many runs counts.
const RUNS: usize = 5;

/// Builds and runs it; fails where a promise was not kept.
pub(crate) fn run(args: &GuardArgs) -> Result<(), Failure> {
    let corpus = std::path::absolute(&args.corpus).map_err(Failure::io("find the corpora"))?;
    let others: Vec<&str> =
        args.only.iter().map(String::as_str).filter(|name| !OWN.contains(name)).collect();
    let mut kept = true;
    if args.only.is_empty() || !others.is_empty() {
        let mut program = cargo();
        program.args(["run", "--quiet", "--release", "--package", "tl-bench", "--bin", "guard"]);
        program.arg("--").arg(&corpus);
        if args.json {
            program.arg("--json");
        }
        if args.peers {
            program.arg("--peers");
        }
        if !others.is_empty() {
            program.arg("--only").arg(others.join(","));
        }
        kept &= succeeds(&mut program)?;
    }
    let asked = |name: &str| {
        args.only.iter().any(|only| only == name) || (args.only.is_empty() && !args.json)
    };
    if asked(guard_hook::NAME) {
        kept &= guard_hook::run()?;
    }
    if asked(PROGRAM) {
        kept &= program_itself(&corpus)?;
    }
    if kept { Ok(()) } else { Err(Failure::Program("a promise was not kept".to_owned())) }
}

/// What the program costs with its start; whether the promises were kept.
fn program_itself(corpus: &Path) -> Result<bool, Failure> {
    require_time()?;
    run_command(cargo().args(["build", "--release", "--locked", "--package", "throughline"]))?;
    let target = MetadataCommand::new().current_dir(root()).no_deps().exec()?.target_directory;
    let program = target.join("release/throughline").into_std_path_buf();
    let scratch = target.join("bench-guard").into_std_path_buf();
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Failure::io("empty the scratch directory"))?;
    }
    let tree = scratch.join("tree");
    let (files, bytes) = lay_out(corpus, &tree)?;
    let list = scratch.join("tools.json");
    let tools = lay_out_tools(corpus, &list)?;
    let mut out = io::stdout().lock();
    let mut kept = true;
    let mut say = |line: String| {
        writeln!(out, "program        {line}").map_err(Failure::io("write to stdout"))
    };
    // The mean is a little less or more than promised: a file is whole.
    if files < FILES || bytes < BYTES / 100 * 95 {
        say(format!("{files} files of {:.1} MB: not enough of them there", bytes as f64 / 1e6))?;
    } else {
        let tree = tree.display().to_string();
        let usage = runs(&program, &["--repo", tree.as_str()], &scratch)?;
        let cpu = usage.user + usage.system;
        let good = cpu <= TREE_SECONDS && usage.peak_kib <= TREE_KIB;
        kept &= good;
        say(format!(
            "{files} files of {:.1} MB: {cpu:.2} s CPU, {:.1} MiB  {} at most {TREE_SECONDS} s and {:.0} MiB",
            bytes as f64 / 1e6,
            usage.peak_kib / 1024.0,
            word(good),
            TREE_KIB / 1024.0,
        ))?;
    }
    if tools < TOOLS {
        say("mcp-registry, github-mcp-tools: not there".to_owned())?;
    } else {
        let list = list.display().to_string();
        let usage = runs(&program, &["--tools", list.as_str()], &scratch)?;
        let good = usage.wall <= LIST_SECONDS;
        kept &= good;
        say(format!(
            "{tools} tools with start: {:.0} ms  {} at most {:.0} ms",
            usage.wall * 1e3,
            word(good),
            LIST_SECONDS * 1e3,
        ))?;
    }
    fs::remove_dir_all(&scratch).map_err(Failure::io("remove the scratch directory"))?;
    Ok(kept)
}

const fn word(kept: bool) -> &'static str {
    if kept { "kept:" } else { "NOT KEPT:" }
}

/// The medians of several runs of `throughline guard`; that it finds something is no failure.
///
/// They run in a home with nothing in it: what lies in that of whoever measures is not measured.
fn runs(program: &Path, arguments: &[&str], scratch: &Path) -> Result<Usage, Failure> {
    let home = scratch.join("empty");
    // Repositories of their own, so that the one around them is not looked at.
    for tree in [&home, &scratch.join("tree")] {
        for folder in ["objects", "refs"] {
            let made = fs::create_dir_all(tree.join(".git").join(folder));
            made.map_err(Failure::io("make a directory"))?;
        }
        fs::write(tree.join(".git/HEAD"), "ref: refs/heads/main\n")
            .map_err(Failure::io("make a repository"))?;
    }
    let script = r#"cd "$1" && export HOME="$1" && shift && "$0" guard --json "$@"; test $? -le 1"#;
    let mut all = Vec::new();
    for _ in 0..RUNS {
        let mut shell = command("sh");
        shell.args(["-c", script]).arg(program).arg(&home).args(arguments);
        all.push(measure(&shell, scratch)?);
    }
    Ok(median(&all))
}

/// Copies texts of the corpora into a repository, as files of skills; how many, and their bytes.
///
/// As many files and bytes as the promise speaks of: the largest files are left out until the others have
/// the mean size, and of these as many as are wanted are taken, evenly spread over all corpora.
fn lay_out(corpus: &Path, tree: &Path) -> Result<(usize, u64), Failure> {
    let mut texts = texts(corpus)?;
    let mut by_size: Vec<usize> = texts.iter().map(|(_, text)| text.len()).collect();
    by_size.sort_unstable();
    let mut all: usize = by_size.iter().sum();
    let most = BYTES as usize / FILES;
    while by_size.len() > FILES && all > by_size.len() * most {
        all -= by_size.pop().unwrap_or_default();
    }
    let largest = by_size.last().copied().unwrap_or_default();
    texts.retain(|(_, text)| text.len() <= largest);
    let (there, mut bytes) = (texts.len(), 0);
    let taken = there.min(FILES);
    for number in 0..taken {
        let (name, text) = &texts[number * there / taken];
        let skill = tree.join(format!(".claude/skills/s{}", number / 20));
        let name = if number % 20 == 0 { "SKILL.md".into() } else { format!("{number}-{name}") };
        fs::create_dir_all(&skill).map_err(Failure::io("make a directory"))?;
        fs::write(skill.join(name), text).map_err(Failure::io("copy a corpus"))?;
        bytes += text.len() as u64;
    }
    Ok((taken, bytes))
}

/// The texts of the corpora in the order of their paths, each with the name of its file.
fn texts(corpus: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut open: Vec<PathBuf> = [
        "anthropics-skills",
        "awesome-copilot",
        "awesome-cursorrules",
        "claude-code",
        "public-files",
    ]
    .iter()
    .map(|folder| corpus.join(folder))
    .rev()
    .collect();
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() && !path.is_symlink() {
            let entries = fs::read_dir(&path).map_err(Failure::io("read a corpus"))?;
            let mut inside: Vec<PathBuf> =
                entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            inside.sort();
            open.extend(inside.into_iter().rev());
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.push((name, text));
        }
    }
    Ok(texts)
}

/// Writes one list of tools, repeated until there are enough; how many.
fn lay_out_tools(corpus: &Path, list: &Path) -> Result<usize, Failure> {
    let mut open = vec![corpus.join("mcp-registry/servers"), corpus.join("github-mcp-tools")];
    let mut tools: Vec<Value> = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(Failure::io("read a corpus"))?;
            open.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        } else if path.extension().is_some_and(|ending| ending == "json" || ending == "snap") {
            let text = fs::read_to_string(&path).map_err(Failure::io("read a corpus"))?;
            match serde_json::from_str::<Value>(&text) {
                Ok(Value::Array(several)) => tools.extend(several),
                Ok(one @ Value::Object(_)) => tools.push(one),
                _ => {}
            }
        }
    }
    let all: Vec<&Value> = tools.iter().cycle().take(TOOLS).collect();
    fs::write(list, json!({ "tools": all }).to_string()).map_err(Failure::io("write a list"))?;
    Ok(all.len())
}
