//! What guard, the hooks of coding agents, and the history of tests would say of the organisation.
//!
//! In: an [`Organisation`]. Out: events of guard, and runs of tests to record. Start at
//! [`Organisation::guarded`] and [`Organisation::tested`]. They are apart from what
//! [`Organisation::generate`] tells: the line of delivery does not depend on them.

use std::collections::BTreeMap;

use tl_core::event::Event;
use tl_core::fact::{AgentDecided, GuardApproved, GuardScanned, kind};
use tl_core::finding::Level;
use tl_core::test::{Status, TestName};
use tl_core::time::Millis;
use tl_core::verdict::{Effect, Reason, Verdict};
use tl_guard::rules;
use tl_test::read::{Case, Failure};
use tl_test::record::RunInfo;

use super::Organisation;
use super::chance::Chance;

/// Repositories that guard looks at.
const REPOSITORIES: usize = 6;

/// Weeks over which it looked.
const WEEKS: i64 = 9;

/// Days of which hooks have decided.
const DAYS: i64 = 40;

/// Runs of tests, one a day.
const RUNS: u32 = 90;

/// Families of tests and how many there are of each.
const SUITES: [(&str, usize); 4] =
    [("billing.Invoices", 34), ("doors.Access", 28), ("search.Index", 40), ("web.Checkout", 18)];

impl Organisation {
    /// What guard saw and what hooks decided, oldest first.
    pub fn guarded(&self) -> Vec<Event> {
        let mut chance = Chance::new(self.seed ^ 0x6775_6172_6421);
        let mut events = Vec::new();
        for repository in 0..REPOSITORIES {
            self.scans(&mut chance, repository, &mut events);
        }
        self.decisions(&mut chance, &mut events);
        events.sort_by_key(|event| event.at);
        events
    }

    fn scans(&self, chance: &mut Chance, repository: usize, events: &mut Vec<Event>) {
        let subject = format!("repository:acme/repo-{repository:03}");
        let docs: Vec<_> = rules::all().map(|rule| rule.doc).collect();
        let mut found: Vec<_> = (0..repository * 2).map(|_| chance.pick(&docs)).collect();
        let servers = 2 + chance.below(6) as u64;
        let (mut inventory, mut drifted) = (chance.bits(), 0);
        let first = self.until - Millis::days(7 * WEEKS);
        for week in 0..WEEKS {
            let at = first + Millis::days(7 * week) + Millis::HOUR;
            if chance.happens(0.3) {
                (inventory, drifted) = (chance.bits(), drifted + 1);
            }
            if week == 1 && repository % 3 != 2 {
                drifted = 0;
                let approved = GuardApproved {
                    items: vec!["server:tickets".to_owned(), "file:AGENTS.md".to_owned()],
                    reason: "read by the team".to_owned(),
                    expires: String::new(),
                };
                let key = format!("demo/approval/{repository}/{week}");
                let event = Event::new(kind::GUARD_APPROVED, at, "guard", &key, &subject);
                events.push(event.with(&approved));
            }
            // What was found is mended, by and by.
            if chance.happens(0.25) {
                found.pop();
            }
            let mut scan = GuardScanned {
                known: chance.below(4) as u64,
                inventory: format!("{inventory:016x}"),
                files: 40 + chance.below(200) as u64,
                items: BTreeMap::from([
                    ("servers".to_owned(), servers),
                    ("instructions".to_owned(), 1 + repository as u64),
                    ("skills".to_owned(), 2 * repository as u64 + 1),
                    ("hooks".to_owned(), 1),
                    ("permissions".to_owned(), 3 + servers),
                ]),
                clients: vec!["claude-code".to_owned(), "cursor".to_owned()],
                drifted: Some(drifted),
                ..GuardScanned::default()
            };
            for doc in &found {
                let level = match doc.level {
                    Level::Block => "block",
                    Level::High => "high",
                    Level::Warn => "warn",
                    Level::Info => "info",
                };
                *scan.rules.entry(doc.id.to_owned()).or_default() += 1;
                *scan.levels.entry(level.to_owned()).or_default() += 1;
            }
            let key = format!("demo/scan/{repository}/{week}");
            let event = Event::new(kind::GUARD_SCANNED, at + Millis::HOUR, "guard", &key, &subject);
            events.push(event.with(&scan));
        }
    }

    fn decisions(&self, chance: &mut Chance, events: &mut Vec<Event>) {
        let objections = [
            (Effect::Note, "rule:GA001", "It reads a file that may hold secrets.", "read .env"),
            (
                Effect::Ask,
                "paths.ask_write[0]",
                "Releases are written by people.",
                "write release.yml",
            ),
            (
                Effect::Deny,
                "commands.deny[1]",
                "What is fetched must not be run unseen.",
                "run curl",
            ),
            (Effect::Ask, "lock", "This server is not as it was approved.", "call tickets/close"),
        ];
        for number in 0..(DAYS * 24) {
            let at = self.until - Millis::days(DAYS) + Millis::new(number * 3_600_000);
            let mut verdict = Verdict::default();
            let (effect, policy, text, objected) = chance.pick(&objections);
            let mut what = "run cargo".to_owned();
            if chance.happens(0.05) {
                let (policy, text) = (policy.to_owned(), text.to_owned());
                verdict.add(Reason { effect, policy, rule: None, text });
                objected.clone_into(&mut what);
            }
            let decided = AgentDecided {
                client: chance.pick(&["claude-code", "claude-code", "cursor", "codex"]).to_owned(),
                event: "PreToolUse".to_owned(),
                verdict,
                what: vec![what],
                tainted: chance.happens(0.02),
                micros: 900 + chance.below(4_000) as u64,
                ..AgentDecided::default()
            };
            let subject = format!("session:{:08x}", number / 12);
            let key = format!("demo/agent/{number}");
            let event = Event::new(kind::AGENT_DECIDED, at, "throughline", &key, &subject);
            events.push(event.with(&decided));
        }
    }

    /// Runs of the tests of one repository, oldest first.
    pub fn tested(&self) -> impl Iterator<Item = (RunInfo, Vec<Case>)> {
        let (mut chance, until) = (Chance::new(self.seed ^ 0x7465_7374), self.until);
        (0..RUNS).map(move |number| {
            let info = RunInfo {
                commit: format!("{:016x}{:024x}", chance.bits(), number),
                job: "unit".to_owned(),
                attempt: 1,
                at: until - Millis::new(i64::from(RUNS - number) * 24 * 3_600_000),
                complete: true,
                reports: 1,
                digest: format!("{number:064x}"),
                ..RunInfo::default()
            };
            (info, cases(&mut chance, number))
        })
    }
}

/// A few fail now and then and pass when they are tried again; one broke two months ago, one a fortnight
/// ago, one is new.
fn cases(chance: &mut Chance, number: u32) -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, (class, tests)) in SUITES.into_iter().enumerate() {
        for test in 0..tests {
            let name = format!("case {}", test + 1);
            let case = |status: Status, attempt: u32, micros: u64| Case {
                test: TestName {
                    class: class.to_owned(),
                    name: name.clone(),
                    ..TestName::default()
                },
                status,
                micros: Some(micros),
                started: None,
                failure: status.is_red().then(|| Failure {
                    message: format!("{class}: expected 3 rooms, got 2 in case {}", test + 1),
                    ..Failure::default()
                }),
                attempt,
                line: None,
                at_line: 1,
                order: 0,
            };
            let micros = chance.spread(20_000.0 * (row + 1) as f64, 0.6) as u64;
            let is_flaky = test % 25 == 7 && chance.happens(0.02 * (row + 1) as f64);
            let is_broken = (row, test) == (1, 3) && number > 20;
            let is_regressed = (row, test) == (3, 5) && number > RUNS - 14;
            let is_new = (row, test) == (2, 39) && number < RUNS - 6;
            if is_new {
                continue;
            }
            if is_broken || is_regressed {
                cases.push(case(Status::Failed, 1, micros));
            } else if is_flaky {
                cases.push(case(Status::Failed, 1, micros));
                cases.push(case(Status::Passed, 2, micros));
            } else {
                cases.push(case(Status::Passed, 1, micros));
            }
        }
    }
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tl_core::time::Timestamp;

    use super::*;

    fn organisation() -> Organisation {
        let until = Timestamp::parse("2026-11-01").unwrap();
        Organisation { seed: 7, changes: 2_000, events_per_change: 20.0, until, since: None }
    }

    #[test]
    fn the_ledger_would_keep_every_event_of_guard_and_they_are_the_same_again() {
        let events = organisation().guarded();
        let keys: BTreeSet<_> = events.iter().map(|event| (&event.source, &event.key)).collect();
        assert_eq!(keys.len(), events.len());
        assert!(
            events.iter().all(|event| event.check() == Ok(()) && event.at <= organisation().until)
        );
        assert!(events.is_sorted_by_key(|event| event.at));
        assert_eq!(events, organisation().guarded());
        for kind in [kind::GUARD_SCANNED, kind::GUARD_APPROVED, kind::AGENT_DECIDED] {
            assert!(events.iter().any(|event| event.kind == kind), "{kind}");
        }
    }

    #[test]
    fn runs_of_tests_have_commits_of_their_own_and_something_fails() {
        let runs: Vec<_> = organisation().tested().collect();
        let commits: BTreeSet<_> = runs.iter().map(|(info, _)| info.commit.clone()).collect();
        assert_eq!((runs.len(), commits.len()), (RUNS as usize, RUNS as usize));
        assert!(commits.iter().all(|commit| commit.len() == 40));
        assert!(runs.iter().all(|(_, cases)| cases.iter().any(|case| !case.status.is_red())));
        assert!(runs.iter().any(|(_, cases)| cases.iter().any(|case| case.attempt > 1)));
    }
}
