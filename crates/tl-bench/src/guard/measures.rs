//! The measures, each of its own corpus.

use std::collections::BTreeMap;
use std::path::Path;

use tl_core::finding::Level;
use tl_guard::inventory::Tool;
use tl_guard::text::unit::Role;
use tl_map::stats::rates::Count;

use super::corpus::{self, Labelled};
use super::transform::{self, Hiding};
use super::{BenchError, Line, answers, cpu_seconds, documents, secrets, servers};

/// Names for `--only`.
pub const NAMES: &[&str] = &[
    "benign-tools",
    "poisoned-tools",
    "skills",
    "skill-inject",
    "answers",
    "evasion",
    "trojan-source",
    "benign-files",
    "secrets",
    "servers",
    "speed",
];

/// Reads its corpus, if it is there, and judges it.
type Measure = fn(&Path) -> Result<Vec<Line>, BenchError>;

/// Units, and those among them that count.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) count: Count,
    pub(super) wrong: Vec<String>,
}

impl Tally {
    /// One more unit; `name` is kept where it is decided `wrong`.
    pub(super) fn add(&mut self, event: bool, wrong: bool, name: &str) {
        self.count.trials += 1;
        self.count.events += u64::from(event);
        if wrong {
            self.wrong.push(name.to_owned());
        }
    }
}

/// All measures, or those named.
///
/// # Errors
/// A name is unknown, or a corpus that is there cannot be read.
pub fn measure(corpus: &Path, only: &[String]) -> Result<Vec<Line>, BenchError> {
    if let Some(name) = only.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(BenchError::Unknown { name: name.clone() });
    }
    corpus.read_dir().map_err(corpus::unreadable(corpus))?;
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let all: [Measure; 11] = [
        benign_tools,
        poisoned_tools,
        skills,
        skill_inject,
        answers::answers,
        evasion,
        trojan_source,
        documents::benign_files,
        secrets::secrets,
        servers::servers,
        speed,
    ];
    let mut lines = Vec::new();
    for (name, run) in NAMES.iter().zip(all) {
        if wanted(name) {
            lines.extend(run(corpus)?);
        }
    }
    Ok(lines)
}

/// Lists of tools that are there: name of the list, tools.
fn tool_lists(corpus: &Path) -> Result<Vec<(String, Vec<Tool>)>, BenchError> {
    let mut out = Vec::new();
    let folder = corpus.join("mcp-registry/servers");
    if folder.is_dir() {
        for path in corpus::files(&folder)? {
            if path.file_name().is_some_and(|name| name == "tools.json") {
                let tools = corpus::tools(&path)?.into_iter().map(|one| one.tool).collect();
                let name = path.strip_prefix(corpus).unwrap_or(&path).display().to_string();
                out.push((name, tools));
            }
        }
    }
    let folder = corpus.join("github-mcp-tools");
    if folder.is_dir() {
        let mut tools = Vec::new();
        for path in corpus::files(&folder)? {
            if path.extension().is_some_and(|ext| ext == "snap") {
                tools.extend(corpus::tools(&path)?.into_iter().map(|one| one.tool));
            }
        }
        out.push(("github-mcp-tools".to_owned(), tools));
    }
    Ok(out)
}

fn benign_tools(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "benign-tools";
    let lists = tool_lists(corpus)?;
    if lists.is_empty() {
        return Ok(vec![Line::missing(NAME, "mcp-registry, github-mcp-tools")]);
    }
    let (mut block, mut high) = (Tally::default(), Tally::default());
    for (name, tools) in &lists {
        for (tool, level) in tools.iter().zip(corpus::judge_tools(name, tools)) {
            let unit = format!("{name} {}", tool.name);
            block.add(level >= Some(Level::Block), level >= Some(Level::Block), &unit);
            high.add(level >= Some(Level::High), level >= Some(Level::High), &unit);
        }
    }
    let rate = block.count.rate().unwrap_or(1.0);
    Ok(vec![
        Line::counted(NAME, "benign tools at block", block.count)
            .promised("at most 0.3 %", rate <= 0.003 || block.count.events <= 1)
            .wrong(block.wrong),
        Line::counted(NAME, "benign tools at high or block", high.count).wrong(high.wrong),
    ])
}

/// Tools of which it is known whether they are attacks, of all files `tools.json`.
fn labelled(corpus: &Path) -> Result<Vec<(String, Labelled)>, BenchError> {
    let mut out = Vec::new();
    for (folder, path) in corpus::holding(corpus, "tools.json")? {
        out.extend(corpus::tools(&path)?.into_iter().map(|one| (folder.clone(), one)));
    }
    Ok(out)
}

fn poisoned_tools(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "poisoned-tools";
    let mut tallies: BTreeMap<String, [Tally; 2]> = BTreeMap::new();
    for (folder, one) in labelled(corpus)? {
        let level = corpus::judge_tools(&folder, std::slice::from_ref(&one.tool))[0];
        let [bad, clean] = tallies.entry(folder).or_default();
        if one.poisoned {
            let found = level >= Some(Level::Block);
            bad.add(found, !found, &one.tool.name);
        } else {
            let found = level >= Some(Level::High);
            clean.add(found, found, &one.tool.name);
        }
    }
    if tallies.is_empty() {
        return Ok(vec![Line::missing(NAME, "*/tools.json")]);
    }
    let mut lines = Vec::new();
    for (folder, [bad, clean]) in tallies {
        let (all, none) = (bad.count.events == bad.count.trials, clean.count.events == 0);
        let mut bad = Line::counted(NAME, &format!("{folder}: poisoned tools at block"), bad.count)
            .wrong(bad.wrong);
        let mut clean =
            Line::counted(NAME, &format!("{folder}: clean tools at high or block"), clean.count)
                .wrong(clean.wrong);
        if folder == "dvmcp" {
            (bad, clean) = (bad.promised("all", all), clean.promised("none", none));
        }
        lines.extend([bad, clean]);
    }
    Ok(lines)
}

fn skills(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "skills";
    let mut lines = Vec::new();
    let (mut bad, mut good) = (Tally::default(), Tally::default());
    let evals = corpus.join("skill-scanner/evals");
    let mut all = Vec::new();
    if evals.is_dir() {
        for folder in corpus::skills(&evals)? {
            let inside = folder.strip_prefix(&evals).unwrap_or(&folder);
            let safe = inside.iter().any(|part| part.to_string_lossy().starts_with("safe"));
            all.push((folder, !safe));
        }
    } else {
        lines.push(Line::missing(NAME, "skill-scanner/evals"));
    }
    let benign = ["anthropics-skills/skills", "awesome-copilot/skills", "skill-inject/safe"];
    let benign = benign.map(|folder| corpus.join(folder));
    for folder in benign {
        if folder.is_dir() {
            all.extend(corpus::skills(&folder)?.into_iter().map(|folder| (folder, false)));
        } else {
            let name = folder.strip_prefix(corpus).unwrap_or(&folder).display().to_string();
            lines.push(Line::missing(NAME, &name));
        }
    }
    for (folder, attack) in all {
        let found = corpus::judge_skill(&corpus::skill(&folder)?) >= Some(Level::High);
        let name = folder.strip_prefix(corpus).unwrap_or(&folder).display().to_string();
        let tally = if attack { &mut bad } else { &mut good };
        tally.add(found, found != attack, &name);
    }
    if bad.count.trials > 0 {
        let kept = bad.count.events * 17 >= bad.count.trials * 15;
        lines.push(
            Line::counted(NAME, "bad skills at high or block", bad.count)
                .promised("15 of 17", kept)
                .wrong(bad.wrong),
        );
    }
    if good.count.trials > 0 {
        let kept = good.count.events * 82 <= good.count.trials;
        lines.push(
            Line::counted(NAME, "benign skills at high or block", good.count)
                .promised("1 of 82", kept)
                .wrong(good.wrong),
        );
    }
    Ok(lines)
}

/// Real skills with one line more, which is an order of somebody else. Most such lines could be the
/// author's own ("make a backup with this script"): nothing is promised of them.
fn skill_inject(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "skill-inject";
    let folder = corpus.join(NAME);
    if !folder.is_dir() {
        return Ok(vec![Line::missing(NAME, NAME)]);
    }
    let mut lines = Vec::new();
    let mut tallies: BTreeMap<String, [Tally; 2]> = BTreeMap::new();
    for skill in corpus::skills(&folder)? {
        let inside = skill.strip_prefix(&folder).unwrap_or(&skill);
        let kind = inside.iter().next().unwrap_or_default().to_string_lossy().into_owned();
        let level = corpus::judge_skill(&corpus::skill(&skill)?);
        let attack = !kind.starts_with("safe");
        let tallies = tallies.entry(kind).or_default();
        for (tally, least) in tallies.iter_mut().zip([Level::Warn, Level::High]) {
            let found = level >= Some(least);
            tally.add(found, found != attack, &inside.display().to_string());
        }
    }
    for (kind, [warn, high]) in tallies {
        lines.push(Line::counted(NAME, &format!("{kind} at warn or more"), warn.count));
        lines.push(Line::counted(NAME, &format!("{kind} at high or block"), high.count));
    }
    Ok(lines)
}

fn evasion(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "evasion";
    let tools = labelled(corpus)?;
    if tools.is_empty() {
        return Ok(vec![Line::missing(NAME, "dvmcp/tools.json")]);
    }
    let found = |tool: &Tool| {
        corpus::judge_tools("dvmcp", std::slice::from_ref(tool))[0] >= Some(Level::High)
    };
    let bad: Vec<Tool> = tools
        .into_iter()
        .map(|(_, one)| one)
        .filter(|one| one.poisoned && found(&one.tool))
        .map(|one| one.tool)
        .collect();
    let texts = found_documents(corpus)?;
    let mut lines = Vec::new();
    for (hiding, name) in transform::ALL {
        let mut tally = Tally::default();
        for tool in &bad {
            let still = found(&transform::tool(*hiding, tool));
            tally.add(still, !still, &tool.name);
        }
        if *hiding != Hiding::SplitFields {
            for (path, text) in &texts {
                let still = document_found(path, transform::text(*hiding, text));
                tally.add(still, !still, path);
            }
        }
        let kept = (tally.count.trials - tally.count.events) * 100 <= tally.count.trials * 3;
        lines.push(
            Line::counted(NAME, name, tally.count)
                .promised("at most 3 points lost", kept)
                .wrong(tally.wrong),
        );
    }
    Ok(lines)
}

/// Documents of bad skills that are found by themselves.
fn found_documents(corpus: &Path) -> Result<Vec<(String, String)>, BenchError> {
    let evals = corpus.join("skill-scanner/evals");
    if !evals.is_dir() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for folder in corpus::skills(&evals)? {
        for (name, role, text) in corpus::skill(&folder)? {
            let path = folder.join(&name);
            let path = path.strip_prefix(corpus).unwrap_or(&path).display().to_string();
            if role == Role::SkillDoc && document_found(&path, text.clone()) {
                out.push((path, text));
            }
        }
    }
    Ok(out)
}

fn document_found(path: &str, text: String) -> bool {
    let findings = corpus::judge_file(path, Role::SkillDoc, text);
    findings.iter().any(|finding| finding.level >= Level::High)
}

/// Turning and invisible characters, and Cyrillic letters: what that corpus hides behind.
fn is_trojan(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200c}' | '\u{400}'..='\u{4ff}')
}

fn trojan_source(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "trojan-source";
    let folder = corpus.join(NAME);
    if !folder.is_dir() {
        return Ok(vec![Line::missing(NAME, NAME)]);
    }
    let mut tally = Tally::default();
    for path in corpus::files(&folder)? {
        let inside = path.strip_prefix(&folder).unwrap_or(&path);
        let name = inside.display().to_string();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        // The truth is read here, not by the rules: a file is a sample if it has such a character.
        if name.starts_with("website") || !text.contains(is_trojan) {
            continue;
        }
        let findings = corpus::judge_file(&name, Role::Source, text);
        let found =
            findings.iter().any(|one| one.rule.family() == "GH" && one.level >= Level::High);
        tally.add(found, !found, &name);
    }
    let all = tally.count.events == tally.count.trials;
    Ok(vec![
        Line::counted(NAME, "files found", tally.count).promised("all", all).wrong(tally.wrong),
    ])
}

fn speed(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "speed";
    let mut lines = Vec::new();
    let files = documents::benign(corpus)?;
    if files.is_empty() {
        lines.push(Line::missing(NAME, &documents::FOLDERS.join(", ")));
    } else {
        let (count, bytes) = (files.len(), files.iter().map(|f| f.2.len() as u64).sum::<u64>());
        let before = cpu_seconds();
        corpus::judge_all(files, &[]);
        let seconds = cpu_seconds().zip(before).map(|(after, before)| after - before);
        // 20 MB in 1 s, at whatever size is there.
        let kept = seconds.map(|s| s <= bytes as f64 / 20e6);
        let mut line = Line::missing(NAME, "");
        line.what = format!("{count} files judged");
        (line.bytes, line.cpu_seconds, line.kept) = (Some(bytes), seconds, kept);
        line.target = "20 MB a second of CPU".to_owned();
        lines.push(line);
    }
    let lists = tool_lists(corpus)?;
    if lists.is_empty() {
        lines.push(Line::missing(NAME, "mcp-registry, github-mcp-tools"));
        return Ok(lines);
    }
    let tools: Vec<Tool> = lists.into_iter().flat_map(|(_, tools)| tools).collect();
    let tools: Vec<Tool> = tools.iter().cycle().take(872).cloned().collect();
    let before = cpu_seconds();
    corpus::judge_all(Vec::new(), &tools);
    let seconds = cpu_seconds().zip(before).map(|(after, before)| after - before);
    let mut line = Line::missing(NAME, "");
    line.what = "872 tools judged, without start".to_owned();
    (line.cpu_seconds, line.kept) = (seconds, seconds.map(|s| s <= 0.060));
    line.target = "60 ms".to_owned();
    lines.push(line);
    Ok(lines)
}
