//! Whether the quarantine is within its bounds, today.
//!
//! In: the file, what history knows, the day. Out: what is overdue, and what to know. Start at
//! [`judge`]. **Invariant:** an entry that is over is overdue whether its test ran or not.

use tl_core::test::TestKey;
use tl_core::time::Timestamp;

use super::release::{self, Standing};
use super::{Cap, Quarantine, Quarantined};
use crate::gate::Known;
use crate::show::text;

/// What is wrong with a quarantine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What somebody has to do now, each with its owner, place and mend.
    pub overdue: Vec<String>,
    /// What to know: what was found, and the mend.
    pub notes: Vec<(String, String)>,
}

/// How many tests may be in quarantine: [`Cap::tests`], and no more than [`Cap::share`] of the
/// known ones, but one at least where any share is allowed. Where no test is known, the share is not
/// asked for.
pub fn limit(cap: &Cap, known: u64) -> u64 {
    let most = u64::from(cap.tests);
    if known == 0 || cap.share <= 0.0 {
        return if cap.share <= 0.0 { 0 } else { most };
    }
    // At most 5 % of a count that fits a `u64` many times over.
    let share = (cap.share * known as f64).floor() as u64;
    most.min(share.max(1))
}

/// Holds the file against the day, the cap and the evidence.
pub fn judge(quarantine: &Quarantine, known: &dyn Known, today: Timestamp) -> Bounds {
    let mut bounds = Bounds::default();
    let mut in_force: Vec<&Quarantined> = Vec::new();
    for entry in &quarantine.tests {
        let key: Option<TestKey> = entry.id.parse().ok();
        let state = key.and_then(|key| known.state(&key, &entry.variant));
        let place = place(entry);
        let [name, owner, issue] = shown(entry);
        match release::standing(state, entry, today) {
            Standing::InForce { .. } => in_force.push(entry),
            Standing::Expired => bounds.overdue.push(format!(
                "{place}: `{name}` was in quarantine until {}; {owner} sees to it ({issue}): mend \
                 the test and take it out, or enter it anew with what is known now",
                entry.expires
            )),
            Standing::Released { clean } => bounds.notes.push((
                format!("{place}: `{name}` was clean {clean} times in a row and is released"),
                format!("take it out: `throughline test quarantine release {}`", entry.id),
            )),
            Standing::NotYet => bounds.notes.push((
                format!("{place}: `{name}` masks nothing before {}", entry.since),
                String::new(),
            )),
        }
    }
    let limit = limit(&quarantine.cap, known.tests());
    let over = (in_force.len() as u64).saturating_sub(limit);
    if over > 0 {
        // The ones that came last are too many.
        in_force.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| b.line.cmp(&a.line)));
        for entry in in_force.iter().take(usize::try_from(over).unwrap_or(usize::MAX)) {
            let [name, owner, issue] = shown(entry);
            bounds.overdue.push(format!(
                "{}: `{name}` of {owner} ({issue}) is over the cap of {limit}: mend and take out {over}",
                place(entry)
            ));
        }
    }
    bounds
}

/// Name, owner and issue of an entry, so that they act on nothing where they are shown.
fn shown(entry: &Quarantined) -> [String; 3] {
    [&entry.name, &entry.owner, &entry.issue].map(|part| text::line(part, 160))
}

/// The file and line of an entry.
fn place(entry: &Quarantined) -> String {
    if entry.line > 0 {
        format!("{} line {}", Quarantine::PATH, entry.line)
    } else {
        Quarantine::PATH.to_owned()
    }
}

#[cfg(test)]
mod tests;
