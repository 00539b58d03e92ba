//! Instructions and commands that were encoded so that nobody reads them.

use std::sync::LazyLock;

use regex::Regex;
use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::{
    rules::{Check, Cx, Rule, Sink, finding},
    score::score,
    text::unit::Unit,
};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Text(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GH007",
    name: "encoded-payload",
    level: Level::Block,
    confidence: Confidence::Medium,
    summary: "Encoded text decodes to an instruction or a command.",
    why: "A reviewer does not decode base64 or hexadecimal; a model and a shell do.",
    fix: "Write it in the open, or take it away.",
    taxonomy: &[],
    since: "0.1.0",
};

/// Points that an encoded text gets for being encoded; it needs as many again of its own.
const ENCODED: i32 = 4;

/// What a program or shell does, in any language.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(curl|wget|iwr)\b.{0,80}\|\s*(ba|z|da|k)?sh\b|\b(bash|sh|zsh) -[ci]\b|\bpython3? -c\b",
        r"|\bnc (-\w+ )*-e\b|/dev/tcp/|\bbase64 (-d|--decode)\b|\bchmod \+x\b|\brm -rf\b",
        r"|\bimport (os|subprocess|socket)\b|\b(eval|exec)\(|child_process|os\.system\(",
        r"|powershell\b.{0,40}-e(nc|ncodedcommand)?\b|\bInvoke-Expression\b",
    ))
    .expect("the pattern is a literal")
});

fn check(unit: &Unit<'_>, cx: &Cx<'_>, sink: &mut Sink) {
    if unit.depth == 0 {
        return;
    }
    let command = COMMAND.find(&unit.text);
    let scored = score(unit, cx).into_iter().find(|scored| scored.points >= 2 * ENCODED);
    let (what, range) = match (&command, &scored) {
        (Some(found), _) => ("a command", found.range()),
        (None, Some(scored)) => ("an instruction", scored.range.clone()),
        (None, None) => return,
    };
    let mut found = finding(&DOC, unit.at.clone(), format!("encoded text holds {what}"));
    if unit.shown {
        found.level = Level::Warn;
    }
    let mut signals = vec![format!("depth:{}", unit.depth)];
    signals.extend(scored.iter().flat_map(|s| s.signals.iter().map(|s| (*s).to_owned())));
    let decoded = unit.text.get(range).unwrap_or(&unit.text);
    found.evidence = Evidence::of(decoded, "", signals);
    sink.add(found);
}
