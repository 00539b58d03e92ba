//! Reading the corpora: tools, skills, files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tl_core::finding::{Finding, Level, Location, Root};
use tl_guard::inventory::{Client, Inventory, Launch, Scope, Server, Tool};
use tl_guard::rules::Cx;
use tl_guard::scan::Run;
use tl_guard::text::unit::{Artifact, Encoding, Role, of_tool};

use super::BenchError;

/// A tool and whether it is an attack.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    pub(super) tool: Tool,
    pub(super) poisoned: bool,
}

/// All files below a folder, in order of their paths; links are not followed.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(unreadable(&next))? {
            let entry = entry.map_err(unreadable(&next))?;
            let kind = entry.file_type().map_err(unreadable(&next))?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                out.push(entry.path());
            }
        }
    }
    out.sort();
    Ok(out)
}

pub(super) fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> BenchError + use<> {
    let path = path.display().to_string();
    move |source| BenchError::Read { path: path.clone(), source }
}

/// Tools of a file: a list, `{"tools": [..]}`, or one tool.
pub(super) fn tools(path: &Path) -> Result<Vec<Labelled>, BenchError> {
    let wrong = || BenchError::Tools { path: path.display().to_string() };
    let text = fs::read_to_string(path).map_err(unreadable(path))?;
    let value: Value = serde_json::from_str(&text).map_err(|_| wrong())?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut map) => match map.remove("tools") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(map)],
        },
        _ => return Err(wrong()),
    };
    list.into_iter()
        .map(|mut value| {
            let members = value.as_object_mut().ok_or_else(wrong)?;
            let poisoned = members.remove("poisoned") == Some(Value::Bool(true));
            members.remove("server");
            let tool = serde_json::from_value(value).map_err(|_| wrong())?;
            Ok(Labelled { tool, poisoned })
        })
        .collect()
}

/// What a tool answered, and whether an order to the agent was put into it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Answer {
    pub(super) name: String,
    /// How the order is put, or what it is about.
    #[serde(default)]
    pub(super) class: String,
    pub(super) attack: bool,
    pub(super) text: String,
}

/// Answers of a file: `{"results": [{"name", "class", "attack", "text"}]}`.
pub(super) fn answers(path: &Path) -> Result<Vec<Answer>, BenchError> {
    #[derive(Deserialize)]
    struct Document {
        results: Vec<Answer>,
    }
    let text = fs::read_to_string(path).map_err(unreadable(path))?;
    let wrong = |_| BenchError::Answers { path: path.display().to_string() };
    serde_json::from_str::<Document>(&text).map(|document| document.results).map_err(wrong)
}

/// Folders directly below `corpus` that hold a file of this name: (folder's name, file).
pub(super) fn holding(corpus: &Path, file: &str) -> Result<Vec<(String, PathBuf)>, BenchError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(corpus).map_err(unreadable(corpus))? {
        let folder = entry.map_err(unreadable(corpus))?;
        let path = folder.path().join(file);
        if path.is_file() {
            out.push((folder.file_name().to_string_lossy().into_owned(), path));
        }
    }
    out.sort();
    Ok(out)
}

/// What is found in an answer.
pub(super) fn judge_answer(answer: &Answer) -> Vec<Finding> {
    tl_guard::scan::result(&answer.text, place(&answer.name))
}

/// Rules of the findings at a level or above, as one string.
pub(super) fn rules(findings: &[Finding], least: Level) -> String {
    let mut rules: Vec<&str> =
        findings.iter().filter(|one| one.level >= least).map(|one| &*one.rule.0).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.join(" ")
}

/// A server that has these tools and nothing else.
fn server(name: &str, tools: &[Tool]) -> Server {
    Server {
        client: Client::Unknown,
        scope: Scope::User,
        name: name.to_owned(),
        launch: Launch::Other { text: String::new() },
        env: Default::default(),
        package: None,
        disabled: false,
        auto_approve: Vec::new(),
        instructions: None,
        tools: tools.to_vec(),
        at: place(name),
        rest: Default::default(),
    }
}

/// Judges files and tools one after the other in one run, as a scan does; the number of findings.
pub(super) fn judge_all(files: Vec<(String, Role, String)>, tools: &[Tool]) -> usize {
    let (inventory, names) = (Inventory::default(), Default::default());
    let cx = Cx { inventory: &inventory, tools: &names };
    let mut run = Run::new(cx, &[]).expect("no rule is named");
    let server = server("all", tools);
    for (name, role, text) in files {
        run.artifact(&artifact(&name, role, text));
    }
    for tool in &server.tools {
        run.unit(&of_tool(&server, tool), true);
    }
    run.finish().len()
}

/// The worst level at which each tool of one server is reported.
pub(super) fn judge_tools(name: &str, tools: &[Tool]) -> Vec<Option<Level>> {
    let server = server(name, tools);
    let inventory = Inventory::default();
    let names = Default::default();
    server
        .tools
        .iter()
        .map(|tool| {
            let cx = Cx { inventory: &inventory, tools: &names };
            let mut run = Run::new(cx, &[]).expect("no rule is named");
            run.unit(&of_tool(&server, tool), true);
            run.finish().iter().map(|finding| finding.level).max()
        })
        .collect()
}

/// What is found in one file.
pub(super) fn judge_file(name: &str, role: Role, text: String) -> Vec<Finding> {
    let inventory = Inventory::default();
    let names = Default::default();
    let cx = Cx { inventory: &inventory, tools: &names };
    let mut run = Run::new(cx, &[]).expect("no rule is named");
    run.artifact(&artifact(name, role, text));
    run.finish()
}

pub(super) fn artifact(name: &str, role: Role, text: String) -> Artifact {
    Artifact {
        role,
        client: Client::Unknown,
        scope: Scope::Project,
        at: place(name),
        bytes: text.len() as u64,
        text,
        whole: true,
        encoding: Encoding::Utf8,
    }
}

fn place(name: &str) -> Location {
    let (root, path, within) = (Root::Tools, name.to_owned(), String::new());
    Location { root, path, line: 0, column: 0, end_line: 0, within }
}

/// A skill: its files with their roles. Files that are no text, and the answers of the corpus, are
/// left out.
pub(super) fn skill(folder: &Path) -> Result<Vec<(String, Role, String)>, BenchError> {
    let mut out = Vec::new();
    for path in files(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        if name.ends_with("_expected.json") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let role = if name.ends_with("SKILL.md") { Role::SkillDoc } else { Role::SkillFile };
        out.push((name, role, text));
    }
    Ok(out)
}

/// Folders below `folder` that hold a `SKILL.md`.
pub(super) fn skills(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name == "SKILL.md");
    let parent = |path: PathBuf| path.parent().map(Path::to_owned);
    Ok(files(folder)?.into_iter().filter(named).filter_map(parent).collect())
}

/// The worst level in a skill.
pub(super) fn judge_skill(files: &[(String, Role, String)]) -> Option<Level> {
    files
        .iter()
        .flat_map(|(name, role, text)| judge_file(name, *role, text.clone()))
        .map(|finding| finding.level)
        .max()
}
