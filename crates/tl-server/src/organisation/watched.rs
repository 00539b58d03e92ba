//! What guard, the hooks of coding agents, and the history of tests would say of the organisation.
//!
//! In: an [`Organisation`]. Out: events of guard, and runs of tests to record. Start at
//! [`Organisation::guarded`] and [`Organisation::tested`]. They are apart from what
//! [`Organisation::generate`] tells: the line of delivery does not depend on them.

use std::collections::BTreeMap;

use tl_core::event::Event;
use tl_core::fact::{AgentDecided, GuardApproved, GuardScanned, kind};
use tl_core::finding::Level;
use tl_core::test::{Class, Status, TestName};
use tl_core::time::{Millis, Timestamp};
use tl_core::verdict::{Effect, Reason, Verdict};
use tl_guard::rules;
use tl_test::quarantine::{self, Proof, Quarantine, Quarantined};
use tl_test::read::name::key;
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

/// Days on which tests ran, once a day.
const RUNS: u32 = 90;

/// Jobs that run them: the families of even rows, and of odd ones.
const JOBS: [&str; 2] = ["unit", "integration"];

/// Families of tests and how many there are of each.
const SUITES: [(&str, u32); 4] =
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
                events.push(event.by("dev0003").with(&approved));
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
                machine: format!("machine-{:08x}", (repository as u32 % 4 + 1) * 0x2f3a_90c1),
                home: repository.is_multiple_of(2),
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

    /// Runs of the tests of one repository, oldest first: two jobs a day, each run again where all that was
    /// red is flaky.
    pub fn tested(&self) -> impl Iterator<Item = (RunInfo, Vec<Case>)> {
        let (mut chance, until) = (Chance::new(self.seed ^ 0x7465_7374), self.until);
        let mut runs = Vec::new();
        for number in 0..RUNS {
            let commit = format!("{:016x}{number:024x}", chance.bits());
            let at = until - Millis::new(i64::from(RUNS - number) * 24 * 3_600_000);
            for (row, job) in JOBS.into_iter().enumerate() {
                let info = |attempt: u32, at: Timestamp| RunInfo {
                    commit: commit.clone(),
                    job: job.to_owned(),
                    attempt,
                    at,
                    complete: true,
                    reports: 1,
                    digest: format!("{:064x}", (number * 2 + row as u32) * 2 + attempt),
                    ..RunInfo::default()
                };
                let first = cases(&mut chance, number, row);
                let red = |case: &&Case| case.status.is_red();
                let again = first.iter().any(|case| red(&case))
                    && first.iter().filter(red).all(|case| is_flaky(&case.test));
                runs.push((info(1, at), first));
                if again {
                    let mut second = cases(&mut chance, number, row);
                    for case in &mut second {
                        (case.status, case.failure) = (Status::Passed, None);
                    }
                    runs.push((info(2, at + Millis::new(1_800_000)), second));
                }
            }
        }
        runs.into_iter()
    }

    /// What is in quarantine there: one entry is over, one ends soon.
    pub fn quarantine(&self) -> Quarantine {
        let entry = |class: &str, number: u32, fails: u64, days: (i64, i64)| {
            let test = named(class, number);
            let day = |days: i64| (self.until + Millis::days(days)).date();
            let runs = u64::from(RUNS);
            let rate = fails as f64 / runs as f64;
            Quarantined {
                id: key(&test).to_string(),
                name: test.to_string(),
                file: format!("tests/{}.rs", class.replace('.', "/")),
                variant: String::new(),
                signatures: vec![format!("{:016x}", u64::from(number) | 0x5eed << 32)],
                owner: "team-001".to_owned(),
                issue: format!("T001-{}", 400 + fails),
                since: day(days.0),
                expires: day(days.1),
                clean_runs: 60 + number,
                evidence: Proof {
                    class: Class::Flaky,
                    fails,
                    runs,
                    interval: (rate * 0.5, rate * 1.7),
                    divergent: Vec::new(),
                    waits: 0,
                },
                line: 0,
            }
        };
        let tests = vec![
            entry("search.Index", 8, 6, (-12, 18)),
            entry("web.Checkout", 8, 9, (-24, 5)),
            entry("doors.Access", 8, 4, (-31, -1)),
        ];
        Quarantine { tests, ..quarantine::empty() }
    }
}

fn named(class: &str, number: u32) -> TestName {
    TestName { class: class.to_owned(), name: format!("case {number}"), ..TestName::default() }
}

/// Every twenty-fifth test of a family, from the eighth on, fails now and then.
fn is_flaky(test: &TestName) -> bool {
    let number: Option<u32> = test.name.strip_prefix("case ").and_then(|name| name.parse().ok());
    number.is_some_and(|number| number % 25 == 8)
}

/// A few fail now and then; one broke two months ago, one a fortnight ago, one is new. One failure in two
/// passes when the runner tries it again at once.
fn cases(chance: &mut Chance, number: u32, job: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, (class, tests)) in SUITES.into_iter().enumerate().filter(|(row, _)| row % 2 == job) {
        for place in 1..=tests {
            let test = named(class, place);
            let case = |status: Status, attempt: u32, micros: u64| Case {
                test: test.clone(),
                status,
                micros: Some(micros),
                started: None,
                failure: status.is_red().then(|| Failure {
                    message: format!("{class}: expected 3 rooms, got 2 in {}", test.name),
                    ..Failure::default()
                }),
                attempt,
                line: None,
                at_line: 1,
                order: 0,
            };
            let micros = chance.spread(2_000_000.0 * (row + 1) as f64, 0.6) as u64;
            let fails = is_flaky(&test) && chance.happens(0.03 * (row + 1) as f64);
            let is_broken = (row, place) == (1, 4) && number > 20;
            let is_regressed = (row, place) == (3, 6) && number > RUNS - 14;
            let is_new = (row, place) == (2, 40) && number < RUNS - 6;
            if is_new {
                continue;
            }
            if is_broken || is_regressed {
                cases.push(case(Status::Failed, 1, micros));
                continue;
            }
            if fails {
                cases.push(case(Status::Failed, 1, micros));
            }
            if !fails || chance.happens(0.5) {
                cases.push(case(Status::Passed, if fails { 2 } else { 1 }, micros));
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
        assert_eq!(commits.len(), RUNS as usize);
        let again = runs.iter().filter(|(info, _)| info.attempt == 2).count();
        assert_eq!(runs.len(), 2 * RUNS as usize + again);
        assert!((3..60).contains(&again), "{again}");
        let digests: BTreeSet<_> = runs.iter().map(|(info, _)| info.digest.clone()).collect();
        assert_eq!(digests.len(), runs.len());
        assert!(commits.iter().all(|commit| commit.len() == 40));
        assert!(runs.iter().all(|(_, cases)| cases.iter().any(|case| !case.status.is_red())));
        assert!(runs.iter().any(|(_, cases)| cases.iter().any(|case| case.attempt > 1)));
    }
}
