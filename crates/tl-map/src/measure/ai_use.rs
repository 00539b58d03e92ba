//! AI use: what telemetry of AI tools says of changes, joined by author and time.
//!
//! In: the dataset with the use of tools that was collected. Out: [`AiUse`], asked about one
//! change, and [`AiUseTable`]. Start at [`AiUse::new`]. **Invariant:** people are joined by login
//! and address, never by name alone; use after the merge is no evidence.

use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::attribution::{Cohort, EvidenceLevel};
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::share;
use crate::dataset::{Dataset, Item};
use crate::journey::Boundary;
use crate::report::collected::{AiUseTable, EvidenceRow};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "ai-use",
    title: "AI-assisted changes by evidence",
    what: "how many changes carry evidence of AI use, and how strong it is",
    formula: "each change counts once, under the first that holds: E1 line-level notes; E3 a trailer, \
              author or branch that names the tool; E2 telemetry that can be joined, of its author, \
              between first commit (24 hours before the merge where unknown) and merge; E4 its author \
              used a tool within 24 hours before the merge; AI leverage = changes with any of them / \
              changes; Wilson interval",
    unit: "changes; share of changes",
    edge_cases: &[
        "a person is joined by the login that opened the request, by the address that the \
         configuration gives a login, and by the address in git; never by name; case does not matter",
        "a session also counts where it began before the first commit that it led to: by its own time \
         in use, at least an hour and at most a day; a day's sum by its day",
        "people of the telemetry whom no change of the window names are counted as not joined",
        "no evidence is not none: trailers miss about half, and tools without telemetry miss all",
        "changes by bots that are no AI are left out",
    ],
    source: "LinearB APEX 2026, AI-assisted pull requests; evidence levels E1 to E4",
};

/// One use of a tool by one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Start of the session or day.
    pub at: Timestamp,
    /// Row in [`Collected::uses`](crate::collected::Collected::uses).
    pub row: u32,
    /// Whether it can be joined to changes by time (E2).
    pub is_precise: bool,
    /// How long before a commit it may begin and have led to it.
    pub lasts: Millis,
}

/// The use of AI tools by the authors of a dataset.
#[derive(Debug)]
pub struct AiUse<'d, 'a> {
    data: &'d Dataset<'a>,
    /// Uses of each author, the earliest first.
    by_author: Vec<Vec<Use>>,
    /// Uses of whoever opens requests under a login.
    by_login: FxHashMap<u32, Vec<Use>>,
    /// People of the telemetry, and how many of those no author is.
    people: (usize, usize),
}

impl<'d, 'a> AiUse<'d, 'a> {
    /// Joins the telemetry of a dataset to its authors.
    pub fn new(data: &'d Dataset<'a>) -> Self {
        let told = &data.collected.uses;
        let by_name = by_name(data);
        let logins = logins(data);
        let mut by_login: FxHashMap<u32, Vec<Use>> = FxHashMap::default();
        let mut by_author: Vec<Vec<Use>> = vec![Vec::new(); data.authors.len()];
        let mut joined: FxHashSet<&str> = FxHashSet::default();
        if !by_name.is_empty() {
            for (author, (_, address)) in data.authors.iter().enumerate() {
                by_author[author]
                    .extend(by_name.get(&address.to_lowercase()).into_iter().flatten());
            }
            for (login, author) in logins {
                let uses = uses_of(data, &by_name, &data.requests.logins[login as usize]);
                by_author[author as usize].extend(&uses);
                by_login.insert(login, uses);
            }
            let shown: FxHashSet<u32> = data.items.iter().map(|item| item.author).collect();
            for (author, uses) in (0..).zip(&mut by_author) {
                uses.sort_unstable();
                uses.dedup();
                uses.shrink_to_fit();
                if data.is_narrowed() && !shown.contains(&author) {
                    continue;
                }
                let used = uses.iter().map(|one| told.get(one.row as usize));
                joined.extend(used.map(|used| told.person(used)));
            }
        }
        let known = told.iter().filter(|one| one.at <= data.window.until);
        let people: FxHashSet<&str> = known.map(|one| told.person(one)).collect();
        let people = match data.is_narrowed() {
            true => (joined.len(), 0),
            false => (people.len(), people.len() - joined.len()),
        };
        Self { data, by_author, by_login, people }
    }

    /// Uses of one author up to the end of the window, the earliest first.
    pub fn of_author(&self, author: u32) -> &[Use] {
        &self.by_author[author as usize]
    }

    /// The evidence of AI use that a change has.
    pub fn evidence(&self, item: &Item) -> Option<EvidenceLevel> {
        let told = self.data.change(item).attribution.level();
        let by_agent = item.cohort == Cohort::AgentAuthored;
        told.or(by_agent.then_some(EvidenceLevel::E3)).or_else(|| {
            let login = item.told.request.as_ref().and_then(|asked| asked.author);
            let opened = login.and_then(|login| self.by_login.get(&login.number()));
            let begun = item.journey.at(Boundary::FirstCommit);
            let both = [Some(self.of_author(item.author)), opened.map(Vec::as_slice)];
            both.into_iter().flatten().filter_map(|uses| by_time(uses, begun, item.merged)).min()
        })
    }
}

/// What uses say of a change by when it was begun and merged.
fn by_time(uses: &[Use], begun: Option<Timestamp>, merged: Timestamp) -> Option<EvidenceLevel> {
    let day_before = merged - Millis::DAY;
    let begun = begun.unwrap_or(day_before);
    let before = &uses[..uses.partition_point(|one| one.at <= merged)];
    let reach = begun.min(day_before) - Millis::DAY;
    let near = || before.iter().rev().take_while(move |one| one.at >= reach);
    if near().any(|one| one.is_precise && one.at + one.lasts >= begun) {
        return Some(EvidenceLevel::E2);
    }
    near().any(|one| one.at >= day_before).then_some(EvidenceLevel::E4)
}

/// Uses by the names that their people have, in lower case; the earliest first.
fn by_name(data: &Dataset<'_>) -> FxHashMap<String, Vec<Use>> {
    let mut by_name: FxHashMap<String, Vec<Use>> = FxHashMap::default();
    let told = &data.collected.uses;
    for (row, used) in (0..).zip(told.iter()) {
        let person = told.person(used);
        if person.is_empty() || used.at > data.window.until {
            continue;
        }
        let lasts = match used.session {
            true => used.active.max(Millis::HOUR).min(Millis::DAY),
            false => Millis::DAY,
        };
        let one = Use { at: used.at, row, is_precise: used.is_precise, lasts };
        let name = person.to_lowercase();
        if let Some(address) = data.options.collected.people.get(&name) {
            by_name.entry(address.to_lowercase()).or_default().push(one);
        }
        by_name.entry(name).or_default().push(one);
    }
    for uses in by_name.values_mut() {
        uses.sort_unstable();
        uses.dedup();
    }
    by_name
}

/// Uses under a login and under the address that the configuration gives it.
fn uses_of(data: &Dataset<'_>, by_name: &FxHashMap<String, Vec<Use>>, login: &str) -> Vec<Use> {
    let login = login.to_lowercase();
    let address = data.options.collected.people.get(&login).map(|address| address.to_lowercase());
    let names = [Some(login), address];
    let found = names.iter().flatten().filter_map(|name| by_name.get(name)).flatten();
    let mut uses: Vec<Use> = found.copied().collect();
    uses.sort_unstable();
    uses.dedup();
    uses
}

/// Logins that opened requests, each with the author of most of them.
fn logins(data: &Dataset<'_>) -> Vec<(u32, u32)> {
    let mut counts: FxHashMap<(u32, u32), u64> = FxHashMap::default();
    for item in data.items.iter() {
        if let Some(login) = item.told.request.as_ref().and_then(|asked| asked.author) {
            *counts.entry((login.number(), item.author)).or_default() += 1;
        }
    }
    let mut most: Vec<((u32, u32), u64)> = counts.into_iter().collect();
    most.sort_unstable_by(|((a, one), m), ((b, other), n)| (a, n, one).cmp(&(b, m, other)));
    most.dedup_by(|later, first| later.0.0 == first.0.0);
    most.into_iter().map(|(key, _)| key).collect()
}

/// Levels in the order of the table, with what each is.
const LEVELS: [(EvidenceLevel, &str, &str); 4] = [
    (EvidenceLevel::E1, "E1", "line-level notes"),
    (EvidenceLevel::E3, "E3", "a trailer, author or branch names the tool"),
    (EvidenceLevel::E2, "E2", "telemetry of its author while it was made"),
    (EvidenceLevel::E4, "E4", "its author used a tool within 24 hours before the merge"),
];

/// Counts the changes of the window by evidence; `None` where none was merged.
pub fn ai_use(data: &Dataset<'_>, uses: &AiUse<'_, '_>) -> Option<AiUseTable> {
    let mut counts = [0_u64; LEVELS.len()];
    let mut changes = 0;
    for item in data.in_window() {
        changes += 1;
        let level = uses.evidence(item);
        if let Some(row) = LEVELS.iter().position(|(one, ..)| Some(*one) == level) {
            counts[row] += 1;
        }
    }
    let by_level = LEVELS.iter().zip(counts).map(|((_, level, label), changes)| EvidenceRow {
        level: (*level).to_owned(),
        label: (*label).to_owned(),
        changes,
    });
    (changes > 0).then(|| AiUseTable {
        changes,
        by_level: by_level.collect(),
        leverage: share(counts.iter().sum(), changes),
        people_told_of: uses.people.0 as u64,
        people_not_joined: uses.people.1 as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_seconds(1_700_000_000 + hour * 3600)
    }

    fn used(hour: i64, is_precise: bool) -> Use {
        Use { at: at(hour), row: 0, is_precise, lasts: Millis::HOUR }
    }

    #[test]
    fn a_session_before_or_while_a_change_is_made_is_evidence_and_one_after_its_merge_is_none() {
        let level = |hour, is_precise, begun: Option<i64>| {
            by_time(&[used(hour, is_precise)], begun.map(at), at(100))
        };
        let (e2, e4) = (Some(EvidenceLevel::E2), Some(EvidenceLevel::E4));
        // Made from hour 50 to its merge in hour 100.
        assert_eq!(level(60, true, Some(50)), e2);
        assert_eq!(level(49, true, Some(50)), e2, "the hour that led to the first commit");
        assert_eq!(level(48, true, Some(50)), None);
        assert_eq!(level(101, true, Some(50)), None);
        // Telemetry that cannot be joined by time tells of the day before the merge alone.
        assert_eq!(level(60, false, Some(50)), None);
        assert_eq!(level(76, false, Some(50)), e4);
        // First commit unknown: the day before the merge.
        assert_eq!(level(76, true, None), e2);
        assert_eq!(level(74, true, None), None);
        // Made in one go: the session is from before the first commit, too early to be joined.
        assert_eq!(level(90, true, Some(100)), e4);
    }

    #[test]
    fn the_surest_of_several_uses_counts() {
        let uses = [used(60, true), used(90, false)];
        assert_eq!(by_time(&uses, Some(at(50)), at(100)), Some(EvidenceLevel::E2));
    }
}
