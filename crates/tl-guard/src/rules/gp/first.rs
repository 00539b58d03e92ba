//! Tools that want to be called before every other one, and to be told what the person asked.
//!
//! In: the unit of a tool, in which nothing else was found. Out: a finding GP006. A tool that explains a server says "call me
//! first" of that server's own tools, and needs no words of the person's: both together are what logs every
//! call. One that claims a rank, or somebody's leave, over what the person asks for does the same.
//! **Invariant:** the order alone is a warning.

use tl_core::finding::{Evidence, Level};

use crate::rules::{Sink, finding};
use crate::score::Kind;
use crate::score::pattern::Pattern;
use crate::text::unit::{Role, Unit};

/// Every match of the next one has one of these, and few texts have any.
static NAMED: Pattern = Pattern::new(r"before|prior to|ahead of|first\s+step");
static FIRST: Pattern = Pattern::new(
    r"\b(?:must|always|has to|have to|required to|needs to|should)\b[^.!?]{0,40}?\b(?:call(?:ed)?|(?:execute|executed)|invok(?:e|ed)|run|used?)\b[^.!?]{0,30}?\b(?:before|prior to|ahead of)\s+(?:you\s+)?(?:(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|(?:execute|executing)|run(?:ning)?)\s+)?(?:any|every|each|all)\s+(?:of\s+the\s+)?(?:other\s+)?(?:\w+\s+)?tools?\b|\bfirst\s+step\s+(?:for|of|before)\s+(?:any|every|each|all)\s+(?:\w+\s+)?tools?\b",
);
static TOLD: Pattern = Pattern::new(
    r"user[ _-]?(?:prompt|message|request|query|input|question)|original[ _-]?(?:prompt|message|request|query)|prompt[ _-]?leading|conversation[ _-]?(?:history|context)|full[ _-]?(?:prompt|conversation)|(?:prompt|message)s? (?:that led|leading) to",
);
static INSISTS: Pattern = Pattern::new(
    r"\beven (?:if|when) (?:(?:you|they|the user|the person) (?:are|is|were|was) )?(?:explicitly )?(?:asked|told)\b|\bhas (?:already )?(?:authori[sz]ed|approved) (?:this|the|it)\b|\bnon-?compliance\b|\b(?:is|as) a priority tool\b|\btakes? (?:precedence|priority) over\b",
);
static OTHERS: Pattern = Pattern::new(
    r"\b(?:mcp[ _-]?server[ _-]?name|server[ _-]?name|tool[ _-]?name|tool[ _-]?description|name of the tool)\b",
);

/// All of them.
#[cfg(test)]
pub(crate) static PATTERNS: [&Pattern; 5] = [&NAMED, &FIRST, &TOLD, &INSISTS, &OTHERS];

/// Puts a finding where a tool orders itself in front of all others.
pub(super) fn check(unit: &Unit<'_>, sink: &mut Sink) {
    if unit.role != Role::ToolList || unit.depth > 0 {
        return;
    }
    let text = unit.text.as_bytes();
    if !NAMED.is_match(text) {
        return;
    }
    let Some(found) = FIRST.find(text) else { return };
    let told = TOLD.is_match(text) && OTHERS.is_match(text);
    let insists = INSISTS.is_match(text);
    let wants = "wants to be called before every other tool";
    let message = if told {
        format!("{wants}, and to be told what the person asked")
    } else if insists {
        format!("{wants}, whatever the person asked")
    } else {
        wants.to_owned()
    };
    let mut one = finding(super::rule(Kind::Cross), unit.locate(found.start), message);
    one.level = if told || insists { Level::High } else { Level::Warn };
    one.evidence =
        Evidence::of(unit.text.get(found).unwrap_or_default(), "", vec!["first".to_owned()]);
    sink.add(one);
}
