//! Text that gives an agent orders which nobody would give it openly.
//!
//! In: units of descriptions, instructions, skills and results. Out: a finding for each kind of
//! action in the worst passage of a unit, by [`crate::score`]. The rules are one reading:
//! the first one carries the check, so that a text is judged once.

use std::ops::Range;

use tl_core::finding::{Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::rules::{Check, Cx, Rule, Sink, doc, finding};
use crate::score::{Kind, Scored, score};
use crate::text::catalogue;
use crate::text::unit::{Context, Role, Span, Unit, of_text};

pub(crate) mod first;
pub(crate) mod names;
mod split;

#[cfg(test)]
mod tests;

/// The family, in the order of [`Kind`].
pub(crate) const RULES: &[Rule] = &[
    Rule { doc: &DOCS[0], check: Check::Text(check) },
    Rule { doc: &DOCS[1], check: Check::Elsewhere },
    Rule { doc: &DOCS[2], check: Check::Elsewhere },
    Rule { doc: &DOCS[3], check: Check::Elsewhere },
    Rule { doc: &DOCS[4], check: Check::Elsewhere },
    Rule { doc: &DOCS[5], check: Check::Elsewhere },
    Rule { doc: &DOCS[6], check: Check::Elsewhere },
    Rule { doc: &DOCS[7], check: Check::Elsewhere },
    Rule { doc: &DOCS[8], check: Check::Elsewhere },
    Rule { doc: &DOCS[9], check: Check::Elsewhere },
    Rule { doc: &DOCS[10], check: Check::Elsewhere },
    Rule { doc: &DOCS[11], check: Check::Elsewhere },
    Rule { doc: &DOCS[12], check: Check::Elsewhere },
    Rule { doc: &DOCS[13], check: Check::Elsewhere },
    Rule { doc: &DOCS[14], check: Check::Elsewhere },
    Rule { doc: &DOCS[15], check: Check::Elsewhere },
    Rule { doc: &DOCS[16], check: Check::Elsewhere },
];

/// What most of them say to do.
const REMOVE: &str = "Remove the server, rule or skill, or ask its author why the text is there; approve it only after you have read all of it.";

static DOCS: [RuleDoc; 17] = [
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
    doc(
        "GP013",
        "destroys-data",
        Level::Block,
        &["asi:ASI02", "atlas:AML.T0053", "cosai:MCP-T9"],
        [
            "Text that an agent reads orders it to wipe files, a system or what runs in a cloud.",
            "An agent that follows it does so with your rights, and faster than anybody can stop it.",
            REMOVE,
        ],
    ),
    doc(
        "GP014",
        "plants-code",
        Level::Block,
        &["asi:ASI04", "owasp-mcp:MCP03", "cosai:MCP-T4"],
        [
            "Text that an agent reads orders it to put a foreign script or a way in into the code that it writes, or to leave out what protects it.",
            "What the agent writes is reviewed as your own work, and goes where your code goes.",
            REMOVE,
        ],
    ),
    doc(
        "GP015",
        "loosens-settings",
        Level::Block,
        &["asi:ASI03", "owasp-mcp:MCP02", "atlas:AML.T0081"],
        [
            "Text that an agent reads orders it to change its own settings so that it need not ask.",
            "From then on every other order in any text is followed without a question.",
            "Remove the text; let people alone change what an agent may do.",
        ],
    ),
    doc(
        "GP016",
        "lures-into-install",
        Level::Block,
        &["asi:ASI04", "ast:AST01"],
        [
            "Text asks for a program to be fetched and run: an archive with a password, a script from a paste site for the terminal.",
            "A password keeps scanners out of an archive, and a paste site can be changed at any time: malware comes this way.",
            "Do not run it. Take the program from its maker, by a package manager that checks it.",
        ],
    ),
    doc(
        "GP017",
        "suppresses-review",
        Level::Block,
        &["asi:ASI09", "atlas:AML.T0054", "cosai:MCP-T9"],
        [
            "Text that an agent reads orders it to keep people or checks from looking at a change.",
            "Review and checks are what would find everything else: without them a planted change goes out.",
            "Remove the text; let people decide what needs no review, in the settings of the forge.",
        ],
    ),
];

fn rule(kind: Kind) -> &'static RuleDoc {
    &DOCS[kind as usize]
}

/// Judges one unit.
pub(crate) fn check(unit: &Unit<'_>, cx: &Cx<'_>, sink: &mut Sink) {
    // Notes for people who write code: an order there is read only when the file is.
    if matches!(unit.role, Role::Lockfile) {
        return;
    }
    let found = score(unit, cx);
    // What shows attacks to people is told, and stops nobody; what stands beside it is judged without it.
    let elsewhere = (!found.is_empty()).then(|| outside_of_catalogues(unit, cx)).flatten();
    for scored in &found {
        let known = |all: &Vec<Scored>| {
            all.iter().any(|one| one.kind == scored.kind && one.level >= scored.level)
        };
        let shown = unit.shown || elsewhere.as_ref().is_some_and(|all| !known(all));
        let level = if shown { scored.level.min(Level::Warn) } else { scored.level };
        report(unit, &Scored { level, ..scored.clone() }, sink);
    }
    for scored in elsewhere.iter().flatten() {
        if !found.iter().any(|one| one.kind == scored.kind) {
            report(unit, scored, sink);
        }
    }
    names::check(unit, sink);
    if found.is_empty() {
        first::check(unit, sink);
    }
    // A sentence that runs over several fields is read a second time, as a model reads it.
    let Some(text) = unit.tool.and_then(|_| split::rejoined(unit)) else { return };
    let span = Span { start: 0, end: text.len(), context: Context::Prose, field: 0 };
    let mut whole = of_text((unit.role, unit.scope), text.into(), vec![span], unit.at.clone());
    (whole.tool, whole.depth) = (unit.tool, unit.depth);
    let known = |scored: &Scored| {
        found.iter().any(|one| one.kind == scored.kind && one.level >= scored.level)
    };
    for scored in score(&whole, cx).iter().filter(|scored| !known(scored)) {
        report(&whole, scored, sink);
    }
}

/// What is found in a document without its tables and fences of attacks; none where it has none.
fn outside_of_catalogues(unit: &Unit<'_>, cx: &Cx<'_>) -> Option<Vec<Scored>> {
    let text = unit.may_list().then(|| catalogue::without(&unit.text)).flatten()?;
    let rest = Unit { text: text.into(), ..unit.clone() };
    Some(score(&rest, cx))
}

fn report(unit: &Unit<'_>, scored: &Scored, sink: &mut Sink) {
    let doc = rule(scored.kind);
    let mut found = finding(doc, unit.locate(scored.range.start), message(unit, scored));
    found.level = scored.level;
    found.evidence = evidence(unit, &scored.range);
    found.evidence.signals = scored.signals.iter().map(|s| (*s).to_owned()).collect();
    sink.add(found);
}

fn message(unit: &Unit<'_>, scored: &Scored) -> String {
    let signal = |name: &str| scored.signals.contains(&name);
    let what = match scored.kind {
        Kind::Execute if signal("foreign-code") => "orders the agent to put code of its own in",
        Kind::Parameter if signal("shapes-answer") => "orders the agent how to answer the person",
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
        Kind::Destroy => "orders the agent to destroy data",
        Kind::Plant => "orders the agent to weaken the code that it writes",
        Kind::Loosen => "orders the agent to loosen its own settings",
        Kind::Lure => "asks for a program to be fetched and run from an odd place",
        Kind::Review => "orders the agent to keep a change from being looked at",
    };
    let of = match (unit.tool, unit.role) {
        (Some((_, tool)), _) if !tool.name.is_empty() => format!("tool `{}`", tool.name),
        (_, Role::ToolResult) => "result".to_owned(),
        _ => "text".to_owned(),
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
