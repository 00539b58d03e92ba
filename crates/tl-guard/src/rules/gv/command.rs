//! Commands that instructions give: in fences and backticks of a document, and in a skill's shell scripts.
//!
//! In: a file that an agent works by. Out: findings of the rules on files of skills. Start at [`check`].
//! The judge is the hook's own (`ga::danger`), so that what is refused when it runs is seen where it is
//! written. A page that tells of attacks names such commands; whoever reads it is not told to run them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use tl_core::finding::Level;
use tl_rules::doc::RuleDoc;

use super::python::pattern;
use super::{DOCS, Found, SERVER};
use crate::rules::ga::danger::{Danger, Sort, dangers};
use crate::rules::gc::privileged_container;
use crate::rules::{Sink, doc, finding, gp, gq};
use crate::shell::{self, Command};
use crate::text::section;
use crate::text::unit::{Artifact, Context, Role, advance};

pub(super) static DELETES: RuleDoc = doc(
    "GV113",
    "deletes-home",
    Level::High,
    &["ast:AST01", "asi:ASI02", "cwe:CWE-73"],
    [
        "A script of a skill, or a command that instructions give, deletes a home directory or the whole machine.",
        "What is gone there has no copy, and no task needs it.",
        "Name the one directory that is meant, below the project or `/tmp`.",
    ],
);

/// Commands of a document that are judged.
const MOST: usize = 2_000;

/// A command with what stands around it.
struct Snippet<'a> {
    text: &'a str,
    start: usize,
    /// What is said of it right there: the lines before, the heading above, the row of the table.
    near: String,
    /// Headings further above, and the name of the file.
    far: String,
}

pub(super) fn check(artifact: &Artifact, known: &[Found], sink: &mut Sink) {
    let path = artifact.at.path.to_ascii_lowercase();
    let ends = |all: &[&str]| all.iter().any(|end| path.ends_with(end));
    let document = match artifact.role {
        Role::RuleFile | Role::SkillDoc => true,
        Role::SkillFile => ends(&[".md", ".mdc", ".txt"]),
        _ => return,
    };
    let script = ends(&[".sh", ".bash", ".zsh"])
        || artifact.text.lines().next().is_some_and(|line| {
            line.starts_with("#!")
                && ["sh", "bash", "zsh"].iter().any(|name| line.trim_end().ends_with(name))
        });
    let snippets = if document {
        of_document(&artifact.text)
    } else if script {
        let (text, near) = (artifact.text.as_str(), String::new());
        vec![Snippet { text, start: 0, near, far: String::new() }]
    } else {
        return;
    };
    if snippets.len() > MOST {
        let text = "more commands than are looked at";
        sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, artifact.at.clone(), text, ""));
    }
    let mut seen: Vec<(Sort, u32)> = Vec::new();
    for snippet in snippets.iter().take(MOST).filter(|snippet| may_be(snippet.text)) {
        judge(artifact, snippet, document, known, &mut seen, sink);
    }
}

/// Whether one of the programs is named that any danger needs.
fn may_be(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "curl",
        "wget",
        "iwr",
        "irm",
        "invoke-",
        "iex",
        "nc ",
        "ncat",
        "netcat",
        "socat",
        "telnet",
        "openssl",
        "/dev/tcp",
        "/dev/udp",
        "scp",
        "rsync",
        "sftp",
        "base64",
        "xxd",
        "rm ",
        "find ",
        "authorized_keys",
        "cron",
        "rc",
        "profile",
        "dig ",
        "nslookup",
        "mail",
        "gist",
        "python",
        "node",
        "perl",
        "ruby",
        "php",
        "http",
        "ping",
        "docker",
        "podman",
        "nerdctl",
    ];
    text.len() > 5 && {
        let lower = text.to_ascii_lowercase();
        WORDS.iter().any(|word| lower.contains(word))
    }
}

fn judge(
    artifact: &Artifact,
    snippet: &Snippet<'_>,
    document: bool,
    known: &[Found],
    seen: &mut Vec<(Sort, u32)>,
    sink: &mut Sink,
) {
    let script = shell::read(&without_prompts(snippet.text));
    let commands: Vec<&Command> = script.commands.iter().collect();
    for danger in dangers(&commands) {
        if danger.sort == Sort::Container
            && !privileged_container::escapes(&commands[danger.at].texts())
        {
            continue;
        }
        let Some((doc, same, what)) = rule(danger.sort) else { continue };
        if same.is_some_and(|same| known.contains(&same)) {
            continue;
        }
        let line = |range: &Range<usize>| {
            let mut at = artifact.at.clone();
            advance(&mut at, &artifact.text, snippet.start + range.start);
            at
        };
        // The same address may stand in several commands: each is told at a line of its own.
        let new = |range: &Range<usize>| !seen.contains(&(danger.sort, line(range).line));
        let Some(range) = places(snippet.text, commands[danger.at]).find(new) else { continue };
        let mut level = match danger.sort {
            Sort::Container => Level::High,
            _ => danger.level,
        };
        if document {
            let said = said_at(snippet.text, range.start);
            let explained = explains(&snippet.near) || explains(&said);
            if forbids(&snippet.near)
                || forbids(&said)
                || explained && !orders(&snippet.near) && !orders(&said)
            {
                continue;
            }
            if explains(&snippet.far) {
                level = level.min(Level::Warn);
            } else if danger.sort == Sort::Downloads && unasked(&snippet.near) {
                level = Level::High;
            }
        }
        let at = line(&range);
        seen.push((danger.sort, at.line));
        let who = if document { "a command that is given here" } else { "a script" };
        let mut one = finding(doc, at, format!("{who} {what}: {}", first(&danger)));
        one.level = level;
        one.evidence.raw = gp::cut(snippet.text, &range);
        sink.add(one);
    }
}

/// The same bytes with a terminal's prompts blanked.
fn without_prompts(text: &str) -> Cow<'_, str> {
    if !text.contains("$ ") {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| match line.trim_start().starts_with("$ ") {
        true => Cow::Owned(line.replacen("$ ", "  ", 1)),
        false => Cow::Borrowed(line),
    });
    Cow::Owned(lines.collect::<String>())
}

/// What happens, without what an agent is told to do instead.
fn first(danger: &Danger) -> &str {
    danger.text.split("; ").next().unwrap_or(&danger.text)
}

fn rule(sort: Sort) -> Option<(&'static RuleDoc, Option<Found>, &'static str)> {
    let of = |found: Found, what| Some((&DOCS[found as usize], Some(found), what));
    match sort {
        Sort::Shell => of(Found::Shell, "opens a shell"),
        Sort::Sends => of(Found::HarvestAndSend, "sends secrets"),
        Sort::Downloads => of(Found::DownloadAndRun, "runs what it downloads"),
        Sort::Decodes => of(Found::DecodeAndRun, "runs what it decodes"),
        Sort::Agent => of(Found::Agent, "starts an agent that asks nobody"),
        Sort::Deletes => Some((&DELETES, None, "deletes what cannot be brought back")),
        Sort::Persists => Some((&SERVER[5], None, "stays on the machine")),
        // How a container is run is documentation more often than not, and the hook asks: here only what
        // leaves its fence on purpose.
        Sort::Container => Some((&privileged_container::DOC, None, "leaves its container")),
    }
}

/// Lines in which a command may stand: those with its longest word that is there as it was written.
fn places<'a>(text: &'a str, command: &'a Command) -> impl Iterator<Item = Range<usize>> + 'a {
    let words = command.words.iter().map(|word| word.text.as_str());
    let paths = command.redirects.iter().map(|redirect| redirect.path.text.as_str());
    let longest = words
        .chain(paths)
        .filter(|word| word.len() > 1 && text.contains(*word))
        .max_by_key(|word| word.len());
    let found = longest.map(|word| text.match_indices(word).map(|(at, _)| at));
    let first = found.is_none().then_some(0);
    found.into_iter().flatten().chain(first).map(|at| {
        let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
        let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
        let indent = text[start..end].len() - text[start..end].trim_start().len();
        start + indent..end
    })
}

/// Comments of a script at a place: on its line, and in the lines right above it.
fn said_at(text: &str, at: usize) -> String {
    let line = text[at..].lines().next().unwrap_or_default();
    let own = line.split_once(" #").map_or("", |(_, comment)| comment);
    let above = text[..at].lines().rev().skip_while(|line| line.trim().is_empty());
    let mut said: Vec<&str> =
        above.take_while(|line| line.trim_start().starts_with('#')).take(3).collect();
    said.push(own);
    said.join("\n")
}

/// Words of texts on attacks and bad examples. That something is safe or dangerous anybody may say.
const TELLS: &[&str] = &[
    "attack",
    "malicious",
    "exploit",
    "payload",
    "backdoor",
    "exfiltrat",
    "red flag",
    "reverse shell",
    "threat",
    "suspicious",
    "dangerous",
    "insecure",
    "vulnerab",
    "anti-pattern",
    "antipattern",
    "bad example",
    "bad:",
    "**bad",
    "wrong:",
    "**wrong",
    "❌",
    "✗",
    "🚫",
    "⛔",
    "detect",
    "blocked",
    "blocks ",
    "denied",
    "deny",
    "reject",
    "forbidden",
    "prohibited",
    "injection",
    "indicator",
    "pentest",
    "penetration test",
    "red team",
    "block list",
    "blocklist",
    "denylist",
    "unsafe",
    "destructive",
    "avoid",
];

fn explains(text: &str) -> bool {
    let lower = text.to_lowercase();
    TELLS.iter().any(|word| lower.contains(word))
}

/// An order to run what follows, at the beginning of a clause.
static ORDERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?im)(?:^|[.,;!] +|\b(?:then|first|now|always|please|must|should) +)[\W\d]{0,6}(?:run|execute|launch|start|paste|install|invoke|use|enter|type|call)\b(?:\W*$| +(?:this|these|it|the (?:following|command|script|line|installer)s?|following|what follows)\b)",
    )
});

/// Words of a line in which somebody else gives the order.
const OTHERS: &[&str] = &[
    "attacker",
    "adversar",
    "malware",
    "hacker",
    "intruder",
    "victim",
    " tell",
    " ask",
    " say",
    " trick",
    " instruct",
    "example",
    "e.g.",
    "such as",
    "looks like",
    "would ",
    "could ",
];

/// Whether a line beside a command orders to run it, whatever else is said there: words about attacks stand
/// in skills that protect from them too. Items of lists and tables name what there is.
fn orders(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches([' ', '>']);
        let lower = line.to_lowercase();
        let is_item = ["- ", "* ", "+ ", "|"].iter().any(|mark| line.starts_with(mark));
        !is_item && ORDERS.is_match(line) && !OTHERS.iter().any(|word| lower.contains(word))
    })
}

/// Whether what is said right before a command is that it is not to be run.
fn forbids(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    let denials =
        ["never", "do not", "don't", "must not", "should not", "cannot", "instead of", "not "];
    let last = lower.trim_end().rsplit("\n\n").next().unwrap_or_default();
    denials.iter().any(|denial| {
        last.match_indices(denial).any(|(at, found)| {
            let rest = last[at + found.len()..].trim_start_matches([' ', '*', '_', '"']);
            let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
            matches!(
                word.as_str(),
                "" | "run"
                    | "use"
                    | "execute"
                    | "do"
                    | "pipe"
                    | "try"
                    | "paste"
                    | "type"
                    | "allow"
                    | "invoke"
                    | "call"
                    | "enter"
                    | "trust"
                    | "accept"
                    | "copy"
                    | "ever"
                    | "curl"
                    | "wget"
                    | "rm"
                    | "this"
            )
        })
    })
}

/// Whether a person is left out.
fn unasked(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    [
        "without asking",
        "without confirm",
        "without telling",
        "without prompting",
        "without approval",
        "without permission",
        "do not ask",
        "don't ask",
        "never ask",
        "no need to ask",
        "do not tell",
        "don't tell",
        "do not mention",
        "don't mention",
        "do not inform",
        "no confirmation",
        "silently",
        "before each task",
        "before every task",
        "before any task",
        "before each session",
        "before every session",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

/// What the text before has said, as far as a command needs it.
#[derive(Default)]
struct Around {
    /// By level: the headings that the place is below.
    headings: Vec<(usize, String)>,
    /// Lines of text since the last heading, the last few.
    lines: Vec<String>,
    /// First row of the table that the place is in.
    head: Option<String>,
}

impl Around {
    fn take(&mut self, line: &str, context: Context) {
        let line = line.trim();
        if context == Context::Heading {
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            self.headings.retain(|(above, _)| *above < level);
            self.headings.push((level, line.to_owned()));
            self.lines.clear();
            self.head = None;
        } else if line.is_empty() {
            self.head = None;
        } else {
            if line.starts_with('|') {
                self.head.get_or_insert_with(|| line.to_owned());
            } else {
                self.head = None;
            }
            self.lines.push(line.to_owned());
            if self.lines.len() > 3 {
                self.lines.remove(0);
            }
        }
    }

    fn near(&self, lines: usize) -> String {
        let last = self.lines[self.lines.len().saturating_sub(lines)..].join("\n");
        let above = self.headings.last().map_or("", |(_, heading)| heading.as_str());
        format!("{above}\n{}\n{last}", self.head.as_deref().unwrap_or_default())
    }

    fn far(&self) -> String {
        self.headings.iter().map(|(_, heading)| heading.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The commands of a document.
fn of_document(text: &str) -> Vec<Snippet<'_>> {
    let mut spans: Vec<(Range<usize>, Context)> = Vec::new();
    let mut seen = 0;
    for piece in section::pieces(text) {
        for span in &piece.spans {
            let (start, end) = ((piece.start + span.start).max(seen), piece.start + span.end);
            if start < end {
                spans.push((start..end, span.context));
                seen = end;
            }
        }
    }
    let mut out = Vec::new();
    let mut around = Around::default();
    let mut line = 0;
    for (n, (range, context)) in spans.iter().enumerate() {
        match context {
            Context::CodeBlock => {
                let after = text[range.end..].trim_start().lines().next().unwrap_or_default();
                let after = after.trim_start_matches(['*', '_', '>', ' ']);
                // "**Detection:** ..." behind a block speaks of it; the next step does not.
                let label = after.split_once(':').map_or("", |(label, _)| label);
                let near =
                    || format!("{}\n{}", around.near(3), if label.len() < 30 { label } else { "" });
                for block in blocks(text, range.clone()) {
                    let (near, far) = (near(), around.far());
                    out.push(Snippet { text: &text[block.clone()], start: block.start, near, far });
                }
            }
            Context::InlineCode => {
                let code = text[range.clone()].trim_matches('`');
                if code.trim().contains(' ') {
                    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
                    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
                    // The words of the line, not the code in it.
                    let mut words = String::new();
                    let first =
                        spans[..n].iter().rposition(|(other, _)| other.start <= start).unwrap_or(0);
                    for (other, context) in &spans[first..] {
                        if other.start >= end {
                            break;
                        }
                        if *context != Context::InlineCode {
                            words += &text[other.start.max(start)..other.end.min(end)];
                            words.push(' ');
                        }
                        if other.end <= range.start && *context != Context::InlineCode {
                            // What stands right before it ends here.
                            words.push('\n');
                        }
                    }
                    let near = format!("{}\n{words}", around.near(1));
                    let begin = range.start + text[range.clone()].len()
                        - text[range.clone()].trim_start_matches('`').len();
                    out.push(Snippet { text: code, start: begin, near, far: around.far() });
                }
            }
            Context::Prose => {
                for command in in_words(text, range) {
                    let start = text[..command.start].rfind('\n').map_or(0, |at| at + 1);
                    let near = format!("{}\n{}", around.near(1), &text[start..command.start]);
                    let far = around.far();
                    out.push(Snippet {
                        text: &text[command.clone()],
                        start: command.start,
                        near,
                        far,
                    });
                }
            }
            _ => {}
        }
        if matches!(context, Context::CodeBlock | Context::FrontMatter) {
            line = range.end;
            continue;
        }
        // Lines that end in this span are known by now.
        while let Some(end) = text[line..range.end].find('\n') {
            let whole = &text[line..line + end];
            let heading = whole.starts_with('#') || *context == Context::Heading;
            around.take(whole, if heading { Context::Heading } else { Context::Prose });
            line += end + 1;
        }
    }
    out
}

/// Commands in a sentence, without backticks: from a program that fetches to a pipe and what runs it.
fn in_words(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = range.start;
    for line in text[range.clone()].split_inclusive('\n') {
        let fetches = ["curl ", "wget "].iter().filter_map(|program| line.find(program)).min();
        let begins = |at: usize| at == 0 || line.as_bytes()[at - 1] == b' ';
        // A row of a table has bars of its own.
        if !line.trim_start().starts_with('|')
            && let Some(at) = fetches.filter(|at| begins(*at))
            && let Some((_, runs)) = line[at..].split_once('|')
        {
            let runs = runs.trim_start();
            let behind = line.len() - runs.len();
            let words = runs.split_whitespace().take(if runs.starts_with("sudo ") { 2 } else { 1 });
            let program: usize = words.map(|word| word.len() + 1).sum();
            let end = (behind + program).min(line.trim_end().len());
            let command = line[at..end].trim_end().trim_end_matches(['.', ',', ';', ':', ')', '"']);
            out.push(start + at..start + at + command.len());
        }
        start += line.len();
    }
    out
}

/// Scripts of a shell in a stretch of code: between fences of a shell or of nothing, or indented.
fn blocks(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    const SHELLS: &[&str] = &[
        "",
        "sh",
        "bash",
        "shell",
        "zsh",
        "console",
        "terminal",
        "shell-session",
        "shellsession",
        "text",
        "txt",
        "plain",
        "plaintext",
        "powershell",
        "ps1",
        "pwsh",
        "cmd",
        "bat",
        "fish",
        "command",
        "cli",
    ];
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut open: Option<(String, bool)> = None;
    let mut start = range.start;
    for line in text[range.clone()].split_inclusive('\n') {
        let end = start + line.len();
        let body = line.trim();
        let fence: String = body.chars().take_while(|c| matches!(c, '`' | '~')).collect();
        match &open {
            Some((mark, _)) if fence.len() >= mark.len() && fence == body => open = None,
            Some((_, true)) => match out.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => out.push(start..end),
            },
            Some((_, false)) => {}
            None if fence.len() >= 3 => {
                let info = body[fence.len()..].trim().trim_start_matches(['{', '.']);
                let language = info.split([' ', '{', ',', '}', ':']).next().unwrap_or_default();
                let shell = SHELLS.iter().any(|known| language.eq_ignore_ascii_case(known));
                open = Some((fence, shell));
            }
            None => match out.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => out.push(start..end),
            },
        }
        start = end;
    }
    out
}

#[cfg(test)]
mod tests;
