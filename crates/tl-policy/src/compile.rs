//! From files to policies of Cedar: one for each entry, with its id, its effect and its words.
//!
//! Start at [`compile`]. **Invariant:** an exception, and a list of what is allowed, holds against
//! entries of files that have no more say than its own.

use tl_core::verdict::Effect;
use toml::Spanned;

use crate::cedar::{self, Cond, all, any, between_days, fact, not};
use crate::file::{Exception, LONGEST, Part};
use crate::pattern::{self, Kind};
use crate::policy::{Layered, Policy, Warning};
use crate::request::Verb;

/// One policy, and where it comes from.
#[derive(Debug, Clone)]
pub struct Clause {
    /// `user:paths.deny_read[0]`, or file and id of one that is written in Cedar.
    pub id: String,
    /// How strongly it objects.
    pub effect: Effect,
    /// For people: what is wrong.
    pub text: String,
    /// The file it stands in, for people.
    pub file: String,
    /// Its line there, from 1.
    pub line: u32,
    /// What it is about; `None` for what is written in Cedar.
    pub(crate) verb: Option<Verb>,
    pub(crate) policy: cedar::Policy,
}

impl Clause {
    /// In Cedar's language.
    pub fn cedar(&self) -> String {
        let effect = match self.effect {
            Effect::Neutral | Effect::Note => "note",
            Effect::Ask => "ask",
            Effect::Deny => "deny",
        };
        self.policy.shown([("id", &self.id), ("effect", effect), ("text", &self.text)])
    }
}

/// An entry on its way to a [`Clause`].
struct Entry<'a> {
    of: &'a Layered,
    /// Without the layer.
    name: String,
    line: u32,
    verb: Verb,
    role: Option<&'a str>,
    effect: Effect,
    text: String,
    when: Option<Cond>,
}

/// All policies of the files, and what does nothing. Errors: a pattern that cannot be said.
pub(crate) fn compile(policy: &Policy) -> Result<(Vec<Clause>, Vec<Warning>), String> {
    let mut entries = Vec::new();
    for layered in &policy.layers {
        for (at, part) in layered.file.parts().iter().enumerate() {
            of_part(policy, layered, at, part, &mut entries)?;
        }
        of_roles(layered, &mut entries);
    }
    let mut warnings = Vec::new();
    for layered in &policy.layers {
        for exception in &layered.file.exception {
            if !entries.iter().any(|entry| lifts(layered, exception, entry)) {
                warnings.push(Warning {
                    file: layered.layer.file().to_owned(),
                    line: layered.file.line(&exception.policy),
                    text: idle(layered, exception, &entries),
                });
            }
        }
    }
    let clauses: Result<_, _> = entries.into_iter().map(|entry| clause(policy, entry)).collect();
    Ok((clauses?, warnings))
}

fn of_part<'a>(
    policy: &Policy,
    layered: &'a Layered,
    at: usize,
    part: &Part<'_>,
    entries: &mut Vec<Entry<'a>>,
) -> Result<(), String> {
    let Part { table, suffix, verb, kind, .. } = *part;
    let mut push = |name: String, line: u32, effect: Effect, text: String, when: Cond| {
        let when = Some(when);
        entries.push(Entry { of: layered, name, line, verb, role: None, effect, text, when });
    };
    let conditions = |list: &[Spanned<String>]| -> Result<Vec<Cond>, String> {
        list.iter().map(|pattern| pattern::condition(kind, pattern.get_ref())).collect()
    };
    let what = words(verb);
    for (key, effect, list) in [("deny", Effect::Deny, part.deny), ("ask", Effect::Ask, part.ask)] {
        for (n, (pattern, when)) in list.iter().zip(conditions(list)?).enumerate() {
            let text = match effect {
                Effect::Deny => format!("policy denies {what} `{}`", pattern.get_ref()),
                _ => format!("policy asks before {what} `{}`", pattern.get_ref()),
            };
            let name = format!("{table}.{key}{suffix}[{n}]");
            push(name, layered.file.line(pattern), effect, text, when);
        }
    }
    let mut allowed = Vec::new();
    for other in policy.layers.iter().filter(|other| other.say >= layered.say) {
        allowed.extend(conditions(other.file.parts()[at].allow)?);
    }
    let implied = (!part.allow.is_empty() && part.when_tainted.is_none())
        .then(|| part.allow.first().map(|first| (layered.file.line(first), Effect::Ask)))
        .flatten();
    let given = part.default.map(|given| (layered.file.line(given), *given.get_ref()));
    if let Some((line, effect)) = given.or(implied).filter(|(_, effect)| *effect != Effect::Neutral)
    {
        let mut listed = allowed.clone();
        listed.extend(conditions(part.ask)?);
        listed.extend(conditions(part.deny)?);
        let verb = verb_of(effect);
        let text = format!("policy {verb} {what} what is in no list of `{table}`");
        push(format!("{table}.default{suffix}"), line, effect, text, not(any(listed)));
    }
    if let Some(given) = part.when_tainted
        && *given.get_ref() != Effect::Neutral
    {
        let effect = *given.get_ref();
        let verb = verb_of(effect);
        let text = format!(
            "this session has read what nobody vouches for: policy {verb} {what} what is not in \
             `{table}.allow{suffix}`"
        );
        let when = all([fact("tainted"), not(any(allowed))]);
        push(format!("{table}.when_tainted{suffix}"), layered.file.line(given), effect, text, when);
    }
    Ok(())
}

fn of_roles<'a>(layered: &'a Layered, entries: &mut Vec<Entry<'a>>) {
    for role in &layered.file.role {
        let name = role.name.get_ref();
        for (key, effect, verbs) in
            [("deny", Effect::Deny, &role.deny), ("ask", Effect::Ask, &role.ask)]
        {
            for (n, verb) in verbs.iter().enumerate() {
                let line = layered.file.line(verb);
                let verb = *verb.get_ref();
                let text =
                    format!("policy {} `{}` for role `{name}`", verb_of(effect), verb.word());
                entries.push(Entry {
                    of: layered,
                    name: format!("role.{name}.{key}[{n}]"),
                    line,
                    verb,
                    role: Some(name),
                    effect,
                    text,
                    when: None,
                });
            }
        }
    }
}

fn clause(policy: &Policy, entry: Entry<'_>) -> Result<Clause, String> {
    let mut exceptions = Vec::new();
    for layered in &policy.layers {
        for exception in &layered.file.exception {
            if lifts(layered, exception, &entry)
                && let Some((kind, pattern)) = exception.subject()
                && let Some(last) = exception.last_day()
            {
                let condition = pattern::condition(kind, pattern.get_ref())?;
                exceptions.push(all([between_days(last - LONGEST, last), condition]));
            }
        }
    }
    let mut parts: Vec<Cond> = entry.when.into_iter().collect();
    if !exceptions.is_empty() {
        parts.push(not(any(exceptions)));
    }
    let when = (!parts.is_empty()).then(|| all(parts));
    let layer = entry.of.layer;
    let id = format!("{}:{}", layer.word(), entry.name);
    let text = format!("{} ({}, line {})", entry.text, layer.file(), entry.line);
    let forbid = cedar::Policy::forbid(entry.verb.word(), entry.role, when);
    Ok(Clause {
        effect: entry.effect,
        file: layer.file().to_owned(),
        line: entry.line,
        verb: Some(entry.verb),
        policy: forbid,
        text,
        id,
    })
}

/// Whether an exception is one to that entry.
fn lifts(layered: &Layered, exception: &Exception, entry: &Entry<'_>) -> bool {
    layered.say >= entry.of.say
        && names(exception.policy.get_ref(), entry)
        && exception.subject().is_some_and(|(kind, _)| fits(kind, entry.verb))
}

/// Whether `paths.deny_write`, `user:paths.deny_write[0]` or `role.reviewer` names an entry.
fn names(policy: &str, entry: &Entry<'_>) -> bool {
    let name = match policy.split_once(':') {
        Some((layer, name)) if layer == entry.of.layer.word() => name,
        Some(_) => return false,
        None => policy,
    };
    entry
        .name
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

const fn fits(kind: Kind, verb: Verb) -> bool {
    match kind {
        Kind::Path => matches!(verb, Verb::Read | Verb::Write | Verb::ChangeSettings),
        Kind::Command => matches!(verb, Verb::Run),
        Kind::Host => matches!(verb, Verb::Fetch),
        Kind::Server | Kind::Tool => matches!(verb, Verb::CallTool),
        Kind::Package => matches!(verb, Verb::Install),
    }
}

/// Why an exception does nothing.
fn idle(layered: &Layered, exception: &Exception, entries: &[Entry<'_>]) -> String {
    let policy = exception.policy.get_ref();
    let mut named = entries.iter().filter(|entry| names(policy, entry)).peekable();
    if named.peek().is_none() {
        return format!("the exception does nothing: there is no policy `{policy}`");
    }
    if named.all(|entry| layered.say < entry.of.say) {
        return format!("the exception does not count: `{policy}` stands in a file with more say");
    }
    format!("the exception does nothing: `{policy}` is about something else than it names")
}

/// What is done, for people.
const fn words(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "reading",
        Verb::Write => "writing",
        Verb::Run => "running",
        Verb::Fetch => "reaching",
        Verb::CallTool => "calling tools of",
        Verb::Install => "installing",
        Verb::ChangeSettings => "changing settings in",
        Verb::Prompt => "prompts to",
    }
}

const fn verb_of(effect: Effect) -> &'static str {
    match effect {
        Effect::Neutral | Effect::Note => "writes down",
        Effect::Ask => "asks before",
        Effect::Deny => "denies",
    }
}

#[cfg(test)]
mod tests;
