//! Other scanners beside ours, on the same corpora, where they are installed.
//!
//! In: the corpora, and what is found on `PATH`. Out: for each peer what it reports at high or
//! worse. A peer that is not there is said to be so. They are run as their own documentation says,
//! without a key and without a model; whether a network is there is up to whoever starts this.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tl_exec::process::{self, Options, ProcessError};

use super::measures::Tally;
use super::servers::{self, Source};
use super::{BenchError, Line, corpus};

const NAME: &str = "peers";

/// What a peer prints.
enum Prints {
    /// One JSON document.
    Document,
    /// A line with the level of each finding, and one with its place behind it.
    Lines,
}

/// A scanner of folders: its program, and its arguments but the folder.
struct OfFolders {
    program: &'static str,
    before: &'static [&'static str],
    behind: &'static [&'static str],
    prints: Prints,
}

/// Those that read skills. A server's source is a script of a skill to them, so they are given it too.
const OF_SKILLS: &[OfFolders] = &[
    OfFolders {
        program: "skill-scanner",
        before: &["scan-all"],
        behind: &["--recursive", "--format", "json", "--output", "/dev/stdout"],
        prints: Prints::Document,
    },
    OfFolders {
        program: "mcpscan",
        before: &[],
        behind: &["--json", "-o", "/dev/stdout"],
        prints: Prints::Document,
    },
    OfFolders {
        program: "agent-audit",
        before: &["scan"],
        behind: &["--format", "json"],
        prints: Prints::Document,
    },
    OfFolders {
        program: "agent-audit-kit",
        before: &["scan"],
        behind: &["--format", "json"],
        prints: Prints::Document,
    },
    // `agentscan-cli` on PyPI.
    OfFolders {
        program: "agentscan",
        before: &["scan", "--severity", "high"],
        behind: &[],
        prints: Prints::Lines,
    },
];

/// Those that read the source of servers. `guarddog` takes a folder for one package and says a rule once, so it
/// is not here.
const OF_SERVERS: &[OfFolders] = &[
    OfFolders {
        program: "bandit",
        before: &["-q", "-r"],
        behind: &["-f", "json"],
        prints: Prints::Document,
    },
    OfFolders {
        program: "mcpaudit",
        before: &[],
        behind: &["--recursive", "-f", "json"],
        prints: Prints::Document,
    },
    // `prism-scanner` on PyPI.
    OfFolders {
        program: "prism",
        before: &["scan"],
        behind: &["--offline", "--format", "json"],
        prints: Prints::Document,
    },
    // `frisk-scan` on PyPI.
    OfFolders { program: "frisk", before: &[], behind: &["--json"], prints: Prints::Document },
    OfFolders {
        program: "mcp-vulnscan",
        before: &["scan"],
        behind: &["--format", "json"],
        prints: Prints::Document,
    },
    // `mcp-sentinel-cli` on PyPI.
    OfFolders {
        program: "mcp-sentinel",
        before: &["scan"],
        behind: &["--format", "json"],
        prints: Prints::Document,
    },
    OfFolders {
        program: "mcp-safeguard",
        before: &["scan-source"],
        behind: &["--format", "json"],
        prints: Prints::Document,
    },
];

/// Reads lists of tools: `{"tools": [..]}`.
const OF_TOOLS: (&str, &[&str]) =
    ("mcp-scanner", &["--analyzers", "yara", "--format", "raw", "static", "--tools"]);

/// Runs all of them on what is there.
///
/// # Errors
/// A corpus that is there cannot be read, or the temporary file cannot be written.
pub fn peers(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let mut lines = of_tools(folder)?;
    for peer in OF_SKILLS {
        lines.extend(of_skills(folder, peer)?);
    }
    lines.extend(of_servers(folder)?);
    Ok(lines)
}

fn of_tools(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let (program, arguments) = OF_TOOLS;
    let mut lists: Vec<(String, PathBuf)> = corpus::holding(folder, "tools.json")?;
    let registry = folder.join("mcp-registry/servers");
    if registry.is_dir() {
        lists.extend(
            corpus::holding(&registry, "tools.json")?
                .into_iter()
                .map(|(_, path)| ("benign tools".to_owned(), path)),
        );
    }
    let list = std::env::temp_dir().join(format!("tools-{}.json", std::process::id()));
    let mut lines: Vec<(String, [Tally; 2], f64)> = Vec::new();
    for (name, path) in lists {
        let tools = corpus::tools(&path)?;
        let described = |one: &corpus::Labelled| {
            json!({
                "name": one.tool.name,
                "description": one.tool.description.clone().unwrap_or_default(),
                "inputSchema": one.tool.input_schema.clone().unwrap_or_else(|| json!({})),
            })
        };
        let asked = json!({ "tools": tools.iter().map(described).collect::<Vec<_>>() });
        fs::write(&list, asked.to_string()).map_err(corpus::unreadable(&list))?;
        let mut typed: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        typed.push(list.display().to_string());
        let Some((output, seconds)) = document(program, &typed) else {
            return Ok(vec![missing(program)]);
        };
        // One result for each tool, in their order: two tools of a list may have one name.
        let results = output["scan_results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let known = lines.iter().position(|(of, ..)| *of == name);
        let at = known.unwrap_or_else(|| {
            lines.push((name.clone(), Default::default(), 0.0));
            lines.len() - 1
        });
        let (_, tallies, all) = &mut lines[at];
        *all += seconds;
        for (one, result) in tools.iter().zip(results) {
            let found = result["is_safe"] == Value::Bool(false);
            tallies[usize::from(one.poisoned)].add(found, found != one.poisoned, &one.tool.name);
        }
    }
    fs::remove_file(&list).ok();
    Ok(lines
        .into_iter()
        .flat_map(|(name, [clean, bad], seconds)| {
            let line = |what: &str, tally: Tally| {
                let what = format!("{program}: {name}, {what}");
                let mut line = Line::counted(NAME, &what, tally.count);
                line.cpu_seconds = Some(seconds);
                (tally.count.trials > 0).then_some(line)
            };
            [line("poisoned", bad), line("clean", clean)].into_iter().flatten()
        })
        .collect())
}

fn of_skills(folder: &Path, peer: &OfFolders) -> Result<Vec<Line>, BenchError> {
    let mut lines = Vec::new();
    for name in ["skill-scanner/evals", "anthropics-skills/skills", "awesome-copilot/skills"] {
        let inside = folder.join(name);
        if !inside.is_dir() {
            lines.push(Line::missing(NAME, name));
            continue;
        }
        let Some((reported, seconds)) = reported(peer, &inside) else {
            return Ok(vec![missing(peer.program)]);
        };
        let [mut clean, mut bad] = [Tally::default(), Tally::default()];
        for skill in corpus::skills(&inside)? {
            let path = skill.strip_prefix(&inside).unwrap_or(&skill);
            let safe = path.iter().any(|part| part.to_string_lossy().starts_with("safe"));
            let attack = name.starts_with("skill-scanner") && !safe;
            let found = holds(&reported, &inside, path);
            let tally = if attack { &mut bad } else { &mut clean };
            tally.add(found, found != attack, &path.display().to_string());
        }
        for (what, tally) in [("bad skills", bad), ("benign skills", clean)] {
            if tally.count.trials > 0 {
                let what = format!("{}: {name}, {what}", peer.program);
                let mut line = Line::counted(NAME, &what, tally.count);
                line.cpu_seconds = Some(seconds);
                lines.push(line);
            }
        }
    }
    Ok(lines)
}

/// Source of servers: each is a skill with a number for a name, so that nothing tells its kind.
fn of_servers(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let Some(hostile) = servers::hostile_sources(folder)? else {
        return Ok(vec![Line::missing(NAME, servers::HOSTILE)]);
    };
    let mut benign = Vec::new();
    for name in servers::BENIGN {
        benign.extend(servers::benign_sources(folder, name)?.unwrap_or_default());
    }
    let laid = std::env::temp_dir().join(format!("sources-{}", std::process::id()));
    let [bad, clean] = [laid.join("bad"), laid.join("clean")];
    lay(&bad, &hostile, |_| "server.py".as_ref())?;
    lay(&clean, &benign, |source| source.inside.file_name().unwrap_or_default())?;
    let mut lines = Vec::new();
    for peer in OF_SKILLS.iter().chain(OF_SERVERS) {
        let (Some((found, seconds)), Some((wrong, _))) =
            (reported(peer, &bad), reported(peer, &clean))
        else {
            lines.push(missing(peer.program));
            continue;
        };
        let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
        for (number, source) in hostile.iter().enumerate() {
            let found = holds(&found, &bad, number.to_string().as_ref());
            let name = source.inside.display().to_string();
            for kind in [source.kind(), "hostile servers".to_owned()] {
                kinds.entry(kind).or_default().add(found, !found, &name);
            }
        }
        // As ours are counted, but a file with many findings is one.
        let flagged = kinds.entry("benign servers, by tools".to_owned()).or_default();
        for (number, source) in benign.iter().enumerate() {
            let wrong = u64::from(holds(&wrong, &clean, number.to_string().as_ref()));
            flagged.count.events += wrong;
            flagged.count.trials += source.tools().max(wrong);
        }
        lines.extend(kinds.into_iter().map(|(kind, tally)| {
            let mut line = Line::counted(NAME, &format!("{}: {kind}", peer.program), tally.count);
            line.cpu_seconds = Some(seconds);
            line
        }));
    }
    fs::remove_dir_all(&laid).ok();
    Ok(lines)
}

/// Each source in a folder of its own, with what makes that a skill.
fn lay(
    folder: &Path,
    sources: &[Source],
    name: impl Fn(&Source) -> &OsStr,
) -> Result<(), BenchError> {
    const SKILL: &str =
        "---\nname: server\ndescription: A server and its tools.\n---\n\n# Server\n";
    for (number, source) in sources.iter().enumerate() {
        let inside = folder.join(number.to_string());
        fs::create_dir_all(&inside).map_err(corpus::unreadable(&inside))?;
        for (name, text) in [(name(source), source.text.as_str()), ("SKILL.md".as_ref(), SKILL)] {
            let path = inside.join(name);
            fs::write(&path, text).map_err(corpus::unreadable(&path))?;
        }
    }
    Ok(())
}

/// What a peer reports at high or worse in a folder, and the CPU seconds that it took; `None` where
/// it cannot be run.
fn reported(peer: &OfFolders, folder: &Path) -> Option<(BTreeSet<String>, f64)> {
    let mut typed: Vec<String> = peer.before.iter().map(|&word| word.to_owned()).collect();
    typed.push(folder.display().to_string());
    typed.extend(peer.behind.iter().map(|&word| word.to_owned()));
    let (text, seconds) = run(peer.program, &typed)?;
    let mut paths = BTreeSet::new();
    match peer.prints {
        Prints::Lines => grave_lines(&text, &mut paths),
        Prints::Document => grave(&first_document(&text)?, &mut paths),
    }
    Some((paths, seconds))
}

/// Whether something is reported of what is at `path` inside of `folder`.
fn holds(reported: &BTreeSet<String>, folder: &Path, path: &Path) -> bool {
    reported.iter().any(|one| {
        let one = Path::new(one);
        one.strip_prefix(folder).unwrap_or(one).starts_with(path)
    })
}

/// Paths of everything in a document that is called high or critical.
fn grave(value: &Value, paths: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| grave(item, paths)),
        Value::Object(members) => {
            let word = |keys: &[&str]| keys.iter().find_map(|key| members.get(*key)?.as_str());
            let severity = word(&["severity", "max_severity", "issue_severity"]);
            let is_grave = severity.is_some_and(|one| {
                ["high", "critical", "block"].iter().any(|grave| one.eq_ignore_ascii_case(grave))
            });
            let within = members.get("location").and_then(|place| place.get("file_path")?.as_str());
            // With the line behind it.
            let place = word(&["location"]).and_then(|place| Some(place.rsplit_once(':')?.0));
            let path = word(&["skill_path", "path", "filePath", "file_path", "filename", "file"]);
            if let (true, Some(path)) = (is_grave, path.or(within).or(place)) {
                paths.insert(path.to_owned());
            }
            members.values().for_each(|member| grave(member, paths));
        }
        _ => {}
    }
}

/// The same of lines: `CRITICAL [kind] what`, and then `path:line`.
fn grave_lines(text: &str, paths: &mut BTreeSet<String>) {
    let is_grave = |line: &str| ["HIGH ", "CRITICAL "].iter().any(|level| line.starts_with(level));
    for (said, place) in text.lines().zip(text.lines().skip(1)) {
        if let (true, Some((path, _))) = (is_grave(said.trim_start()), place.rsplit_once(':')) {
            paths.insert(path.trim_start().to_owned());
        }
    }
}

fn missing(program: &str) -> Line {
    Line::missing(NAME, program)
}

/// The document that a peer prints and the CPU seconds that it took; `None` where it cannot be run.
fn document(program: &str, arguments: &[String]) -> Option<(Value, f64)> {
    let (text, seconds) = run(program, arguments)?;
    Some((first_document(&text)?, seconds))
}

/// Some say a line or two before.
fn first_document(text: &str) -> Option<Value> {
    let start = text.find(['{', '['])?;
    serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().next()?.ok()
}

/// What a peer prints and the CPU seconds that it took; `None` where it cannot be run.
fn run(program: &str, arguments: &[String]) -> Option<(String, f64)> {
    let home = std::env::temp_dir().display().to_string();
    let options = Options {
        env: vec![
            ("HOME".to_owned(), home),
            // Without it one of them asks the network for a table of prices when it starts.
            ("LITELLM_LOCAL_MODEL_COST_MAP".to_owned(), "True".to_owned()),
        ],
        timeout: Duration::from_secs(1_200),
        output_limit: 256 << 20,
        ..Options::default()
    };
    let before = children_cpu_seconds();
    let output = match process::run(program, arguments, &options) {
        Ok(output) => output,
        Err(
            ProcessError::Start { .. } | ProcessError::Timeout { .. } | ProcessError::Wait { .. },
        ) => return None,
    };
    let seconds = children_cpu_seconds() - before;
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), seconds))
}

/// CPU seconds of all children that have ended; 0 where the system does not say.
fn children_cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in brackets; user and system time of children are fields 16 and 17, in 1/100 s.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_calls_high_is_read_in_each_of_their_forms() {
        let document = json!({
            "results": [
                { "skill_path": "a", "max_severity": "CRITICAL", "findings": [] },
                { "skill_path": "b", "max_severity": "INFO" },
            ],
            "findings": [
                { "path": "c/d.py", "severity": "high" },
                { "severity": "critical", "location": { "file_path": "e" } },
                { "filePath": "f", "severity": "low" },
                { "filename": "g/h.py", "issue_severity": "HIGH" },
                { "location": "i.py:46", "severity": "HIGH" },
                { "path": "j.py", "severity": "block" },
                { "file": "k.py", "severity": "warn" },
            ],
        });
        let mut paths = BTreeSet::new();
        grave(&document, &mut paths);
        assert_eq!(
            paths.into_iter().collect::<Vec<_>>(),
            ["a", "c/d.py", "e", "g/h.py", "i.py", "j.py"]
        );
    }

    #[test]
    fn what_a_peer_calls_high_is_read_of_lines_too() {
        let text = "scanned 2 artifact(s)\n  HIGH     [shell] Runs what it downloads\n           a/b.sh:31\n           \
            curl x | sh\n  MEDIUM   [shell] Starts a process\n           c.py:4\n  CRITICAL [secrets] A key\n           \
            d.yaml:2\n";
        let mut paths = BTreeSet::new();
        grave_lines(text, &mut paths);
        assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["a/b.sh", "d.yaml"]);
    }
}
