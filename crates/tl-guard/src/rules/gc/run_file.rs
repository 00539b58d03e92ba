//! A file that runs without being asked for does what no such file needs to.
//!
//! In: [`RunFile`]s, which are what install scripts, hooks, tasks and settings name, and what tools run by
//! its name. Out: findings. GC010, GC017 and GK004 say that something runs; this says what it does.
//!
//! [`RunFile`]: crate::inventory::RunFile

use std::ops::Range;

use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::gc::download_and_run::downloads;
use crate::rules::{Check, Cx, Rule, Sink, finding, gp, gq, gv};
use crate::text::unit::advance;

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC019",
    name: "hostile-run-file",
    level: Level::Block,
    confidence: Confidence::Medium,
    summary: "A file that runs at installation, when a folder is opened or in a hook steals, hides or fetches what it runs.",
    why: "Nobody starts it and nobody reads it first: worms in package registries and tasks of job interviews came this way.",
    fix: "Do not install or open the folder; read the file, and take out what runs it.",
    taxonomy: &["asi:ASI04", "ast:AST02", "atlas:AML.T0081", "cwe:CWE-506"],
    since: "0.1.0",
};

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for file in &cx.inventory.run {
        let path = named(&file.at.path, &file.text);
        let (mut found, followed) = gv::dangers(&path, &file.text);
        if !(file.whole && followed) {
            let text =
                format!("what `{}` runs is larger or more entangled than is looked at", file.by);
            sink.add(gq::finding(&gq::NOT_FULLY_SCANNED, file.at.clone(), text, ""));
        }
        if let Some(line) = downloading(&path, &file.text) {
            // Containers and checkouts are set up like this by many.
            let usual = file.by.ends_with("Command") || matches!(&*file.by, "prepare" | "make");
            let level = if usual { Level::Warn } else { Level::High };
            found.push(("runs what it downloads", level, line));
        }
        for (what, level, range) in found {
            // A target that instructions name runs when somebody asks for it.
            let level = if file.by == "make" { level.min(Level::High) } else { level };
            let mut at = file.at.clone();
            advance(&mut at, &file.text, range.start);
            let message = format!("what `{}` runs {what}", file.by);
            let mut one = finding(&DOC, at, message);
            one.level = level;
            one.evidence = Evidence::of(&gp::cut(&file.text, &range), "", Vec::new());
            sink.add(one);
        }
    }
}

/// The path with the ending of the language, where it has none.
fn named(path: &str, text: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = ["py", "js", "cjs", "mjs", "ts", "sh", "bash", "zsh", "ps1", "rb", "pl"];
    if known.contains(&ending) {
        return path.to_owned();
    }
    let first = text.lines().next().unwrap_or_default();
    let ending = match ending {
        "pth" => "py",
        _ if first.contains("python") => "py",
        _ if first.contains("node") => "js",
        _ => "sh",
    };
    format!("{path}.{ending}")
}

/// A line, outside of comments, that hands a download to an interpreter.
fn downloading(path: &str, text: &str) -> Option<Range<usize>> {
    let marks: &[&str] =
        if path.ends_with("js") || path.ends_with("ts") { &["//", "*"] } else { &["#"] };
    let (mut start, mut end) = (0, 0);
    for part in text.split_inclusive('\n') {
        end += part.len();
        let bare = part.trim_end();
        // A line may go on in the next.
        if bare.ends_with('\\') && end < text.len() {
            continue;
        }
        let line = &text[start..end];
        let here = start..start + line.trim_end().len();
        start = end;
        let comment = marks.iter().any(|mark| line.trim_start().starts_with(mark));
        let joined = || line.replace("\\\n", "  ");
        let line_downloads = || {
            if line.contains("\\\n") { downloads(&joined()) } else { downloads(line) }
        };
        if line.len() < 2_000 && !comment && line_downloads() {
            return Some(here);
        }
    }
    None
}
