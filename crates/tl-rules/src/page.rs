//! All rules on one page of Markdown, `docs/rules.md`.
//!
//! In: the documentation of rules. Out: text. **Invariant:** nothing is on the page that is not in
//! [`RuleDoc`], so it cannot say something else than `guard explain`.

use std::fmt::Write as _;

use tl_core::finding::{Confidence, Level};

use crate::{doc::RuleDoc, registry::Registry, taxonomy};

/// Letters of a family and what it is about, in the order of the page.
pub const FAMILIES: &[(&str, &str)] = &[
    ("GA", "Actions of an agent"),
    ("GC", "Configuration"),
    ("GD", "Drift since the approval"),
    ("GH", "Hidden text"),
    ("GI", "Inventory"),
    ("GK", "Packages"),
    ("GN", "Network"),
    ("GP", "Poisoned text"),
    ("GQ", "What could not be read"),
    ("GS", "Secrets"),
    ("GV", "Code and skills"),
    ("GX", "Tools together"),
];

/// The page, which ends in a line feed.
pub fn page(registry: &Registry) -> String {
    let mut text = String::from(
        "# Rules\n\nEvery rule of `throughline guard`, as `throughline guard explain RULE` tells it. This page is written by the program;\n\
         a test compares it. The level is the usual one: a finding may be lower or higher by where it is. Ids and names never\n\
         change and are never used again.\n",
    );
    for (family, title) in FAMILIES {
        let docs: Vec<&RuleDoc> =
            registry.docs().iter().copied().filter(|doc| doc.id.starts_with(family)).collect();
        if docs.is_empty() {
            continue;
        }
        let _infallible =
            write!(text, "\n## {family}: {title}\n\n| rule | level | finds |\n|---|---|---|\n");
        for doc in &docs {
            let _infallible = writeln!(
                text,
                "| [{} {}](#{}-{}) | {} | {} |",
                doc.id,
                doc.name,
                doc.id.to_lowercase(),
                doc.name,
                level(doc.level),
                cell(doc.summary)
            );
        }
        for doc in docs {
            rule(&mut text, doc);
        }
    }
    text
}

fn rule(text: &mut String, doc: &RuleDoc) {
    let _infallible = write!(
        text,
        "\n### {} {}\n\n{} {}\n\n- Level `{}`, confidence {}; since {}.\n- What to do: {}\n",
        doc.id,
        doc.name,
        doc.summary,
        doc.why,
        level(doc.level),
        confidence(doc.confidence),
        doc.since,
        doc.fix,
    );
    let known: Vec<String> = taxonomy::of(doc)
        .iter()
        .map(|taxon| match taxonomy::title(taxon) {
            Some(title) => format!("`{}` {title}", taxon.0),
            None => format!("`{}`", taxon.0),
        })
        .collect();
    let _infallible = writeln!(text, "- Known elsewhere as {}.", known.join(", "));
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::High => "high",
        Level::Block => "block",
    }
}

const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}
