//! Text that gives an agent orders which nobody would give it openly.
//!
//! In: units of descriptions, instructions, skills and results. Out: a finding for each kind of
//! action in the worst passage of a unit, by [`crate::score`]. The twelve rules are one reading:
//! the first one carries the check, so that a text is judged once.

use std::ops::Range;

use tl_core::finding::{Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::{Check, Cx, Rule, Sink, doc, finding};
use crate::score::{Kind, Scored, score};
use crate::text::unit::{Role, Unit};

#[cfg(test)]
mod tests;

/// The family, in the order of [`Kind`].
pub(crate) const RULES: &[Rule] = &[
    Rule { doc: &DOCS[0], check: Check::Text(check), needs: &[] },
    Rule { doc: &DOCS[1], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[2], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[3], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[4], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[5], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[6], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[7], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[8], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[9], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[10], check: Check::Elsewhere, needs: &[] },
    Rule { doc: &DOCS[11], check: Check::Elsewhere, needs: &[] },
];

/// What most of them say to do.
const REMOVE: &str = "Remove the server, rule or skill, or ask its author why the text is there; approve it only after you have read all of it.";

static DOCS: [RuleDoc; 12] = [
    doc(
        "GP001",
        "runs-commands",
        Level::Block,
        &["snyk:E001", "owasp-mcp:MCP03", "asi:ASI05", "atlas:AML.T0110", "safe-mcp:SAFE-T1001"],
        [
            "Text that an agent reads orders it to run a command, beside other signs of an attack.",
            "An agent that follows it runs somebody else's program with your rights.",
            REMOVE,
        ],
    ),
    doc(
        "GP002",
        "reads-secrets",
        Level::Block,
        &["snyk:E001", "owasp-mcp:MCP01", "asi:ASI03", "atlas:AML.T0098", "safe-mcp:SAFE-T1502"],
        [
            "Text that an agent reads orders it to read keys, passwords or the conversation.",
            "What the agent reads goes into its next call, and with it to whoever wrote the text.",
            REMOVE,
        ],
    ),
    doc(
        "GP003",
        "sends-data-away",
        Level::Block,
        &["owasp-mcp:MCP10", "asi:ASI02", "atlas:AML.T0086", "safe-mcp:SAFE-T1911"],
        [
            "Text that an agent reads orders it to send files, results or the conversation elsewhere.",
            "Data leaves through a call that looks like work: an address, a mail, a parameter named note.",
            REMOVE,
        ],
    ),
    doc(
        "GP004",
        "hides-from-user",
        Level::High,
        &["owasp-mcp:MCP03", "asi:ASI09"],
        [
            "Text that an agent reads orders it not to tell the person what it does.",
            "An honest tool has nothing to hide from the person who uses it.",
            REMOVE,
        ],
    ),
    doc(
        "GP005",
        "overrides-parameters",
        Level::Block,
        &["owasp-mcp:MCP06", "asi:ASI02"],
        [
            "Text that an agent reads orders it to put in other values than the person asked for.",
            "A payment, a mail or a push then goes where the text says.",
            REMOVE,
        ],
    ),
    doc(
        "GP006",
        "steers-other-tools",
        Level::Block,
        &["snyk:E002", "owasp-mcp:MCP03", "asi:ASI02", "safe-mcp:SAFE-T1008"],
        [
            "A tool's description orders calls of another server's tool.",
            "A server that has no rights itself uses those of another one through the agent.",
            REMOVE,
        ],
    ),
    doc(
        "GP007",
        "redirects-tool",
        Level::Block,
        &["snyk:E002", "owasp-mcp:MCP03", "asi:ASI02"],
        [
            "A tool's description says that another server's tool is out of use and names a replacement.",
            "Calls and their arguments go to the server that wrote the description.",
            REMOVE,
        ],
    ),
    doc(
        "GP008",
        "pseudo-system-tag",
        Level::Block,
        &["snyk:E001", "asi:ASI01", "atlas:AML.T0051"],
        [
            "Text from outside uses tags such as `<HIDDEN>` that look like the system's own.",
            "A model obeys such a block as if its own operator had written it.",
            REMOVE,
        ],
    ),
    doc(
        "GP009",
        "claims-authority",
        Level::Info,
        &["asi:ASI09"],
        [
            "A tool's description speaks with the authority of a system, of security or of the law.",
            "Alone it is bad style; beside an order it is how orders are made to look due.",
            "Ask the author to describe what the tool does, without notices.",
        ],
    ),
    doc(
        "GP010",
        "overrides-instructions",
        Level::Block,
        &["snyk:E004", "asi:ASI01", "atlas:AML.T0051"],
        [
            "Text that an agent reads orders it to drop its instructions or to be somebody else.",
            "What you told the agent, and what its maker told it, counts no more.",
            REMOVE,
        ],
    ),
    doc(
        "GP011",
        "removes-safeguards",
        Level::Block,
        &["asi:ASI02", "cosai:MCP-T9"],
        [
            "Text that an agent reads orders it to skip confirmations, checks or the sandbox.",
            "The step that would have stopped a wrong action is gone.",
            REMOVE,
        ],
    ),
    doc(
        "GP012",
        "runaway",
        Level::Block,
        &["asi:ASI08", "cosai:MCP-T10"],
        [
            "Text that an agent reads orders it to repeat a call without an end.",
            "Money, quota or a remote service is used up, or a secret is tried out of it.",
            REMOVE,
        ],
    ),
];

fn rule(kind: Kind) -> &'static RuleDoc {
    &DOCS[kind as usize]
}

fn check(unit: &Unit<'_>, cx: &Cx<'_>, sink: &mut Sink) {
    // Notes for people who write code: an order there is read only when the file is.
    if matches!(unit.role, Role::Lockfile) {
        return;
    }
    for scored in score(unit, cx) {
        let doc = rule(scored.kind);
        let mut found = finding(doc, unit.locate(scored.range.start), message(unit, &scored));
        found.level = scored.level;
        found.evidence = evidence(unit, &scored.range);
        found.evidence.signals = scored.signals.iter().map(|s| (*s).to_owned()).collect();
        sink.add(found);
    }
}

fn message(unit: &Unit<'_>, scored: &Scored) -> String {
    let what = match scored.kind {
        Kind::Execute => "orders the agent to run a command",
        Kind::Secret => "orders the agent to read something secret",
        Kind::Send => "orders the agent to send data away",
        Kind::Conceal => "orders the agent to hide something from the person",
        Kind::Parameter => "orders the agent to use other values than the person gave",
        Kind::Cross => "orders the agent to call a tool of another server",
        Kind::Redirect => "declares a tool of another server out of use",
        Kind::Tag => "uses a tag that looks like the system's own",
        Kind::Authority => "speaks with an authority that a description does not have",
        Kind::Override => "orders the agent to drop its instructions",
        Kind::Guard => "orders the agent to skip a safeguard",
        Kind::Runaway => "orders the agent to repeat a call without end",
    };
    let of = match (unit.tool, unit.role) {
        (Some((_, tool)), _) => format!("tool `{}`", tool.name),
        (None, Role::ToolResult) => "result".to_owned(),
        (None, _) => "text".to_owned(),
    };
    if unit.depth > 0 { format!("encoded {of} {what}") } else { format!("{of} {what}") }
}

/// The passage as written and as read, at most 200 characters each.
fn evidence(unit: &Unit<'_>, range: &Range<usize>) -> Evidence {
    let decoded = cut(&unit.text, range);
    let raw = cut(&unit.raw, &(unit.map.raw(range.start)..unit.map.raw(range.end)));
    let decoded = if decoded == raw { String::new() } else { decoded };
    Evidence { raw, decoded, signals: Vec::new() }
}

/// At most 200 characters from the start of `range`, invisible ones escaped.
pub(crate) fn cut(text: &str, range: &Range<usize>) -> String {
    let mut start = range.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = range.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let shown = text[start..end].chars().map(|c| match c {
        '\n' | '\r' | '\t' => ' '.to_string(),
        c if c.is_control() || !(c.is_alphanumeric() || c.is_ascii() || c == ' ') => {
            format!("\\u{{{:x}}}", u32::from(c))
        }
        c => c.to_string(),
    });
    let mut out = String::new();
    for piece in shown {
        if out.chars().count() + piece.len() > 200 {
            break;
        }
        out.push_str(&piece);
    }
    out
}
