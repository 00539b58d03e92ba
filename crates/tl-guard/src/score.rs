//! What a piece of text asks an agent to do, in points.
//!
//! In: a [`Unit`] and the tools of the inventory. Out: [`Scored`], one for each kind of action that
//! the worst passage asks for. Sentences are searched for actions (run, read a secret, send away);
//! concealment, pseudo-system tags and further actions beside one raise it. **Invariant:** no word
//! alone reaches [`Level::High`]: that needs an action and concealment, a tag, a hidden place,
//! an override, another server's tool, or a second action.

mod chain;
mod cross;
mod lexicon;
mod list;
mod mention;
mod negation;
mod orders;
pub(crate) mod pattern;
mod sentence;

#[cfg(test)]
mod tests;

use std::ops::Range;

use tl_core::finding::Level;

use crate::inventory::Scope;
use crate::rules::Cx;
use crate::text::unit::{Context, Role, Unit};
use lexicon::{Action, LEXICON, Mask};
use mention::{Mention, is_code, mention, tells_of_orders};
use sentence::Sentence;

/// What a passage asks for. The order is the order of the rules GP001 to GP017.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Run a command.
    Execute,
    /// Read a key, a password, a conversation.
    Secret,
    /// Send data to a place outside.
    Send,
    /// Say nothing of it to the person.
    Conceal,
    /// Put other values in than the person gave.
    Parameter,
    /// Call a tool of another server.
    Cross,
    /// Use another server's tool in place of one.
    Redirect,
    /// Text between tags that look like the system's own.
    Tag,
    /// Claims of authority, without an action.
    Authority,
    /// Ignore the instructions.
    Override,
    /// Switch a safeguard off.
    Guard,
    /// Never stop.
    Runaway,
    /// Destroy what the person has.
    Destroy,
    /// Put code into what is written that nobody asked for, or leave out what protects it.
    Plant,
    /// Change the agent's own settings so that it need not ask.
    Loosen,
    /// Have the person fetch and run a program.
    Lure,
    /// Keep people and checks from looking at what was done.
    Review,
}

impl Kind {
    /// Points of an action of this kind that stands alone; 0 for what is no action.
    const fn base(self) -> i32 {
        match self {
            Self::Send | Self::Override | Self::Plant | Self::Loosen | Self::Lure => 4,
            Self::Destroy | Self::Review => 4,
            Self::Execute | Self::Secret | Self::Parameter | Self::Cross => 3,
            Self::Guard | Self::Runaway => 3,
            Self::Redirect => 2,
            Self::Conceal | Self::Tag | Self::Authority => 0,
        }
    }
}

/// One thing that a passage asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// What.
    pub kind: Kind,
    /// Of the whole passage.
    pub points: i32,
    /// By the thresholds of the unit's role.
    pub level: Level,
    /// Bytes of [`Unit::text`].
    pub range: Range<usize>,
    /// What told it: `obligation`, `conceal`, `tag`, `hidden`, ...
    pub signals: Vec<&'static str>,
    /// A tool of another server of the inventory is named in it.
    pub foreign: Option<String>,
}

/// An action that a sentence asks for.
#[derive(Debug, Clone)]
struct Act {
    sentence: usize,
    kind: Kind,
    points: i32,
    /// Ordinary in a document: it adds nothing to another one.
    weak: bool,
    /// It needs no second sign.
    grave: bool,
    /// It is words in quotation marks, or as code within a line.
    cited: bool,
    range: Range<usize>,
    foreign: Option<String>,
}

/// Points from which on a unit is reported, by what it is to an agent: block, high, warn.
///
/// A description of a tool is always read, a skill when it is asked for, a document by chance;
/// what came with a dependency is least likely to be meant for the agent.
fn thresholds(unit: &Unit<'_>) -> [i32; 3] {
    let more = i32::from(unit.scope == Scope::Dependency);
    let base = match unit.role {
        Role::ToolList => [6, 5, 4],
        Role::ToolResult => [9, 6, 5],
        Role::RuleFile | Role::SkillDoc | Role::SkillFile | Role::Config | Role::Settings => {
            [8, 6, 5]
        }
        _ => [9, 7, 6],
    };
    base.map(|points| points + more)
}

/// Whether a unit is read whole as one: a tool's fields, a decoded payload.
fn joined(unit: &Unit<'_>) -> bool {
    unit.role == Role::ToolList || unit.depth > 0
}

/// The worst that a unit asks for; empty for almost every honest text.
pub fn score(unit: &Unit<'_>, cx: &Cx<'_>) -> Vec<Scored> {
    let names = cross::foreign(unit, cx, unit.text.as_bytes());
    let (found, silent) = judge(unit, unit.text.as_bytes(), &names, &[]);
    if unit.fields.len() < 2 || found.iter().any(|one| one.level >= Level::High && one.points > 0) {
        return found;
    }
    // A sentence cut over several fields: read once more without the joints between them.
    let Some(seamless) = sentence::without_joints(unit) else { return found };
    let (again, _) = judge(unit, &seamless, &names, &silent);
    let level = |all: &[Scored]| all.iter().map(|scored| scored.level).max();
    if level(&again) > level(&found).max(Some(Level::Warn)) { again } else { found }
}

/// What is found, and the sentences if nothing is asked for in any of them. Of `silent` sentences that is
/// known.
fn judge(
    unit: &Unit<'_>,
    text: &[u8],
    names: &[cross::Foreign],
    silent: &[Sentence],
) -> (Vec<Scored>, Vec<Sentence>) {
    let sentences = sentence::split(text, joined(unit), LEXICON.stems());
    let acts = actions(unit, text, &sentences, names, silent);
    if acts.is_empty() {
        return (alone(unit, text, &sentences), sentences);
    }
    let reach = if joined(unit) { 3 } else { 1 };
    let mut best: Option<Passage> = None;
    for act in &acts {
        let passage = Passage::around(act, &acts, unit, text, &sentences, reach);
        if best.as_ref().is_none_or(|b| passage.points > b.points) {
            best = Some(passage);
        }
    }
    (best.map_or_else(Vec::new, |passage| passage.report(unit)), Vec::new())
}

/// All actions of all sentences, those that are denied left out.
fn actions(
    unit: &Unit<'_>,
    text: &[u8],
    sentences: &[Sentence],
    names: &[cross::Foreign],
    silent: &[Sentence],
) -> Vec<Act> {
    let mut acts = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        let start = |one: &Sentence| one.range.start;
        let known = silent.binary_search_by_key(&start(sentence), start);
        if known.is_ok_and(|known| silent[known].range == sentence.range) {
            continue;
        }
        let part = &text[sentence.range.clone()];
        let mut push = |(kind, weak, grave): (Kind, bool, bool),
                        found: Range<usize>,
                        foreign: Option<String>| {
            let (before, behind) = (&part[..found.start], &part[found.end..]);
            if negation::denied(before)
                || kind == Kind::Execute && negation::is_need(before, &part[found.clone()])
                || kind == Kind::Secret && negation::answered(before)
                || kind == Kind::Secret && negation::is_noun(before, &part[found.clone()])
                || kind == Kind::Send && negation::sets_variable(&part[found.clone()], behind)
                || kind == Kind::Review && negation::refuted(behind)
                || kind == Kind::Send && negation::is_example(&part[..found.end])
            {
                return;
            }
            let range = sentence.range.start + found.start..sentence.range.start + found.end;
            // Of a secret only the prompt is words; a file may be meant in quotes as well.
            let words = kind == Kind::Override
                || kind == Kind::Secret && part[found.clone()].ends_with(b"system prompt");
            let spoken = if words { mention(unit, &sentence.range, &range) } else { Mention::Said };
            if spoken == Mention::Example {
                return;
            }
            let cited = spoken == Mention::Quoted;
            let quoted = !joined(unit)
                && matches!(unit.context(range.start), Context::CodeBlock | Context::Quote);
            let more = if grave { 2 } else { 0 } - if quoted || cited { 2 } else { 0 };
            let points = kind.base() - i32::from(weak) + more;
            acts.push(Act { sentence: index, kind, points, weak, grave, cited, range, foreign });
        };
        if sentence.mask != Mask::NONE {
            for action in LEXICON.actions() {
                if !sentence.mask.has(action.classes()) {
                    continue;
                }
                if let Some(found) = asked(action, unit, part) {
                    let others = negation::stated(&part[..found.start]);
                    // Whatever a machine answers, to run something is no part of an answer.
                    let runs = action.kind == Kind::Execute && unit.role == Role::ToolResult;
                    let weak = (action.weak && !runs || others) && !joined(unit);
                    push((action.kind, weak, action.grave), found, None);
                }
            }
        }
        for name in names.iter().filter(|name| sentence.range.contains(&name.range.start)) {
            let at = name.range.start - sentence.range.start..name.range.end - sentence.range.start;
            if let Some((kind, found)) = cross::steers(part, &at) {
                push((kind, false, false), found, name.known.then(|| name.name.clone()));
            }
        }
        // A word of the lexicon stands in it: most sentences are not looked at.
        if sentence.mask != Mask::NONE
            && let Some((ordered, named)) = list::item(&LEXICON, text, sentences, index)
            && !negation::denied(&part[..ordered.start])
        {
            let (kind, weak, grave, cited, foreign) = (Kind::Secret, false, false, false, None);
            let points = kind.base();
            let range = named;
            acts.push(Act { sentence: index, kind, points, weak, grave, cited, range, foreign });
        }
    }
    acts
}

/// Where a part of a text asks for an action. Of what is only called after secrets ("secret scanning")
/// nothing is asked, and what stands behind it is looked at all the same.
fn asked(action: &Action, unit: &Unit<'_>, part: &[u8]) -> Option<Range<usize>> {
    let answer = unit.role == Role::ToolResult;
    let mut from = 0;
    loop {
        let found = action.find(&part[from..], joined(unit), answer)?;
        let found = from + found.start..from + found.end;
        if action.kind != Kind::Secret
            || !LEXICON.names_a_feature(&part[found.clone()], &part[found.end..])
        {
            return Some(found);
        }
        from = found.end;
    }
}

/// What is worth a word without any action.
fn alone(unit: &Unit<'_>, text: &[u8], sentences: &[Sentence]) -> Vec<Scored> {
    let mut out = Vec::new();
    let mut put = |kind, level, range, signal| {
        out.push(Scored { kind, points: 0, level, range, signals: vec![signal], foreign: None });
    };
    if unit.role != Role::ToolList && unit.role != Role::ToolResult {
        return out;
    }
    let seen = sentences.iter().fold(Mask::NONE, |seen, sentence| seen.with(sentence.mask));
    if let Some((range, grave)) = LEXICON.tag_alone(text, unit.role, seen) {
        put(Kind::Tag, if grave { Level::High } else { Level::Warn }, range, "tag");
    }
    if unit.role == Role::ToolList {
        let may_conceal = LEXICON.may_conceal(text, seen);
        for sentence in sentences.iter().filter(|_| may_conceal) {
            if let Some(found) = LEXICON.conceals(&text[sentence.range.clone()], true) {
                let start = sentence.range.start;
                // A tool that has something to hide, and speaks of secrets or in orders.
                let more = LEXICON.names_secret_file(text) || LEXICON.orders(text);
                let level = if more { Level::High } else { Level::Warn };
                put(Kind::Conceal, level, start + found.start..start + found.end, "conceal");
                break;
            }
        }
        if let Some(range) = LEXICON.claims_authority(text, seen) {
            put(Kind::Authority, Level::Info, range, "authority");
        }
    }
    out
}

/// An action with what stands around it.
struct Passage {
    points: i32,
    strong: bool,
    acts: Vec<Act>,
    conceal: Option<Range<usize>>,
    tag: Option<Range<usize>>,
    signals: Vec<&'static str>,
}

impl Passage {
    fn around(
        act: &Act,
        all: &[Act],
        unit: &Unit<'_>,
        text: &[u8],
        sentences: &[Sentence],
        reach: usize,
    ) -> Self {
        let first = act.sentence.saturating_sub(reach);
        let last = (act.sentence + reach).min(sentences.len() - 1);
        let near = |a: &&Act| (first..=last).contains(&a.sentence);
        let mut acts: Vec<Act> = Vec::new();
        for other in all.iter().filter(near) {
            match acts.iter_mut().find(|a| a.kind == other.kind) {
                Some(seen) if seen.points >= other.points => {}
                Some(seen) => *seen = other.clone(),
                None => acts.push(other.clone()),
            }
        }
        let greatest = acts.iter().map(|a| a.points).max().unwrap_or(0);
        let window = if unit.role == Role::ToolList || unit.depth > 0 {
            0..text.len()
        } else {
            sentences[first].range.start..sentences[last].range.end
        };
        let part = &text[window.clone()];
        let at = |found: Range<usize>| window.start + found.start..window.start + found.end;
        // What shall not be told is told a sentence later, as a rule.
        let later = sentences.get(last + 1).filter(|_| act.grave || act.kind == Kind::Plant);
        let told = window.start..later.map_or(window.end, |later| later.range.end);
        let conceal = LEXICON.conceals(&text[told], joined(unit)).map(at);
        let tag = LEXICON.tags(part, unit.role).map(at).find(|tag| !is_code(unit, tag));
        let own = &text[sentences[act.sentence].range.clone()];
        let hidden = unit.depth > 0 || concealed(unit, unit.context(act.range.start));
        let folded = !hidden && unit.context(act.range.start) == Context::CollapsedHtml;
        let obliges = LEXICON.obliges(own);
        let sequence = joined(unit) && LEXICON.sequences(part);
        let secret_file =
            act.kind == Kind::Secret && joined(unit) && LEXICON.names_secret_file(own);
        let inline = act.kind == Kind::Execute && joined(unit) && LEXICON.inline(own);
        let regardless = act.kind == Kind::Parameter && LEXICON.regardless(own);
        // What a machine says has no business with the agent's instructions.
        let own_orders = if machine(unit) { 2 } else { 1 };
        let until_secret = act.kind == Kind::Runaway && LEXICON.until_secret(own);
        let full = acts.iter().filter(|a| !a.weak).count();
        let further = i32::try_from(full.saturating_sub(1)).unwrap_or(12);
        let answered = unit.role == Role::ToolResult;
        let shapes = answered && act.kind == Kind::Parameter;
        let foreign_code = answered && act.kind == Kind::Execute && LEXICON.adds_code(own, text);
        let mut points = greatest + 2 * further;
        let mut signals = Vec::new();
        for (there, more, signal) in [
            (conceal.is_some(), 3, "conceal"),
            (tag.is_some(), 3, "tag"),
            (hidden, 4, "hidden"),
            (folded, 1, "folded"),
            (sequence, 2, "sequence"),
            (secret_file, 1, "secret-file"),
            (inline, 1, "inline-command"),
            (regardless, 2, "regardless"),
            (act.kind == Kind::Override && !act.cited, own_orders, "override"),
            (until_secret, 3, "until-secret"),
            (shapes, 2, "shapes-answer"),
            (foreign_code, 2, "foreign-code"),
            (obliges, 1, "obligation"),
            (LEXICON.addresses(own), 1, "address"),
            (LEXICON.authority(part), 1, "authority"),
            (LEXICON.trigger(part), 1, "trigger"),
        ] {
            if there {
                points += more;
                signals.push(signal);
            }
        }
        let teaches = !joined(unit) && unit.role != Role::ToolResult;
        // "The block directs the model to read a key without telling the user": of an attack, to people.
        let told_of = unit.role == Role::Document && tells_of_orders(own);
        let plain = conceal.is_none() || told_of;
        if teaches && plain && !hidden && LEXICON.about_security(text) {
            points -= 3;
            signals.push("about-security");
        }
        if further > 0 {
            signals.push("several-actions");
        }
        let marked =
            |a: &Act| a.grave || a.kind == Kind::Override && !a.cited || a.kind == Kind::Cross;
        let strong =
            conceal.is_some() || tag.is_some() || hidden || further > 0 || acts.iter().any(marked);
        // Nobody has to read `~/.ssh` to answer; a tool that serves such files says "reads".
        let ordered = obliges || sequence;
        let strong = strong || regardless || until_secret || (sequence && obliges);
        let strong = strong || ((secret_file || inline) && ordered);
        Self { points, strong, acts, conceal, tag, signals }
    }

    fn report(self, unit: &Unit<'_>) -> Vec<Scored> {
        let [block, high, warn] = thresholds(unit);
        let mut level = match self.points {
            points if points >= block && self.strong => Some(Level::Block),
            points if points >= high && self.strong => Some(Level::High),
            points if points >= warn => Some(Level::Warn),
            _ => None,
        };
        let tagged = self.tag.is_some();
        let concealed = unit.role == Role::ToolList && self.conceal.is_some();
        if unit.role == Role::ToolList && tagged {
            level = Some(Level::Block);
        } else if concealed || (unit.role == Role::ToolResult && tagged) {
            level = level.max(Some(Level::High));
        }
        let Some(level) = level else { return Vec::new() };
        let (points, signals) = (self.points, self.signals);
        let scored = |kind, range, foreign| Scored {
            kind,
            points,
            level,
            range,
            signals: signals.clone(),
            foreign,
        };
        let mut out: Vec<Scored> =
            self.acts.into_iter().map(|act| scored(act.kind, act.range, act.foreign)).collect();
        out.extend(self.conceal.map(|range| scored(Kind::Conceal, range, None)));
        out.extend(self.tag.map(|range| scored(Kind::Tag, range, None)));
        out.sort_by_key(|one| one.kind);
        out
    }
}

/// Whether a unit is what a machine says, in which no tag of a prompt has a place.
fn machine(unit: &Unit<'_>) -> bool {
    matches!(unit.role, Role::ToolList | Role::ToolResult)
}

/// Whether a person who reads the rendered page does not see it.
fn concealed(unit: &Unit<'_>, context: Context) -> bool {
    match context {
        Context::HtmlComment => !unit.is_form(),
        other => matches!(other, Context::AltText | Context::Decoded),
    }
}
