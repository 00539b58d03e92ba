//! What a scanner found: a rule, a place, what was seen there, and what to do.
//!
//! Data only. The rules live in `tl-rules` and the crates that check; the JSON of [`Finding`] is
//! `guard/v1`'s. **Invariant:** nothing in an [`Evidence`] acts on a terminal or is invisible.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// How bad. Order matters: `--fail-on` compares. SARIF: note, warning, error, error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Should be mended; an agent's action is asked about.
    High,
    /// Must not run; an agent's action is denied.
    Block,
}
/// How sure the detection itself is, whatever the harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Often something harmless.
    Low,
    /// Sometimes something harmless.
    Medium,
    /// Hardly ever wrong.
    High,
}
/// `GC001`: family of two capitals and three digits. Never reused. `&'static` in rules, owned when read from a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub Cow<'static, str>);
impl RuleId {
    /// A literal id.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }
    /// `GC` of `GC001`.
    pub fn family(&self) -> &str {
        self.0.get(..2).unwrap_or("")
    }
}
impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
/// Which tree a path is below; the path itself is relative to it, with `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    /// A repository that was scanned.
    Repository,
    /// The home directory.
    Home,
    /// The machine's own directories.
    System,
    /// A list of tools that was given.
    Tools,
    /// A running process.
    Process,
    /// What came over a stream: a tool's answer.
    Stream,
}
/// Where. `line`, `column` (in characters) and `end_line` count from 1 in the file as it is on disk, never in normalised text; 0: unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The tree.
    pub root: Root,
    /// Below the tree, with `/`.
    pub path: String,
    /// First line.
    #[serde(default)]
    pub line: u32,
    /// First character.
    #[serde(default)]
    pub column: u32,
    /// Last line.
    #[serde(default)]
    pub end_line: u32,
    /// What inside the file, such as `mcpServers.github`, `tools.get_mail.inputSchema`, or a member `a.zip!doc.xml`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
}
/// What was seen. Secrets are masked before they get here; at most 200 characters each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// As written; invisible characters as `\u{e0041}`.
    pub raw: String,
    /// What the model reads: normalised, hidden text decoded. Empty: the same as `raw`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoded: String,
    /// What told it: `obligation`, `secret-path`, `conceal`, `depth:2`, ...
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
}
impl Evidence {
    /// Longest piece that is kept, in characters.
    pub const LENGTH: usize = 200;

    /// Makes both parts visible and short. An empty `decoded`, or one that is equal, is left out.
    pub fn of(raw: &str, decoded: &str, signals: Vec<String>) -> Self {
        let (raw, decoded) = (Self::part(raw), Self::part(decoded));
        let decoded = if decoded == raw { String::new() } else { decoded };
        Self { raw, decoded, signals }
    }

    /// Whitespace folded, what is invisible escaped, cut at [`Evidence::LENGTH`].
    fn part(text: &str) -> String {
        let mut out = String::new();
        let mut count = 0;
        // Whitespace only: the caller's text may be a hundred thousand blank lines.
        for word in text.split_whitespace() {
            let gap = usize::from(count > 0);
            for c in std::iter::repeat_n(' ', gap).chain(word.chars()) {
                if count == Self::LENGTH {
                    out.push('…');
                    return out;
                }
                count += 1;
                push_visible(&mut out, c);
            }
        }
        out
    }
}

/// Whether a character shows nothing of itself, or acts on a terminal or on its neighbours.
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c as u32,
        0..=0x08 | 0x0b..=0x1f | 0x7f..=0x9f | 0xad | 0x34f | 0x61c | 0x115f | 0x1160
        | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
        | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff9..=0xfffb
        | 0xe0000..=0xe0fff
    )
}

fn push_visible(out: &mut String, c: char) {
    if is_invisible(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// A mend that `guard fix` can make. Ranges are bytes of the file on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// What stands there instead.
    pub replacement: String,
}
/// What to do: words always, edits where they are safe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// A sentence for a person.
    pub text: String,
    /// Edits that leave the file's meaning, in order and apart from each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}
/// A code of somebody's taxonomy, written as they write it: `owasp-mcp:MCP03`, `asi:ASI01`, `ast:AST01`, `atlas:AML.T0051`, `cosai:MCP-T4`, `snyk:E001`, `safe-mcp:SAFE-T1001`, `cwe:CWE-78`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taxon(pub Cow<'static, str>);
/// One thing wrong at one place. The JSON is `guard/v1`'s finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule.
    pub rule: RuleId,
    /// How bad.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// Where.
    #[serde(rename = "where")]
    pub at: Location,
    /// One sentence, no line break, literals in backticks.
    pub message: String,
    /// What was seen.
    pub evidence: Evidence,
    /// What to do.
    pub fix: Fix,
    /// What others call it.
    pub taxonomy: Vec<Taxon>,
    /// Hex SHA-256 of (rule, root, path, within, decoded-or-raw evidence folded of white space): survives a moved line. Baseline, suppression and SARIF `partialFingerprints` use it.
    pub fingerprint: String,
    /// Set by the report: `new`, `baseline`, `suppressed`.
    #[serde(default)]
    pub state: State,
}
/// Whether it counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has seen it.
    #[default]
    New,
    /// It was there when somebody began.
    Baseline,
    /// Somebody allowed it.
    Suppressed,
}

#[cfg(test)]
mod tests {
    use super::Evidence;

    #[test]
    fn evidence_shows_what_is_hidden_and_is_short() {
        let seen = Evidence::of("a\u{e0041}\u{202e}b\n\n c", "", Vec::new());
        assert_eq!(seen.raw, "a\\u{e0041}\\u{202e}b c");
        let long = Evidence::of(&"x".repeat(300), &"x".repeat(300), Vec::new());
        assert_eq!(long.raw.chars().count(), 201);
        assert!(long.decoded.is_empty());
    }
}
