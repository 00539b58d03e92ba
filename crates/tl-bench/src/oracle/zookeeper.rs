//! `cargo xtask oracle zookeeper`: from ticket opened to commit and to release, on a real project.
//!
//! In: a clone of Apache ZooKeeper, and the tables of ApacheJIT: which commit is for which ticket
//! (`data/ZOOKEEPER.csv`), and Jira's exports by year (`data/2010.csv`, ...). Out: a [`Verdict`].
//! Start at [`run`]. **Invariant:** tickets and links go in as events, and what comes out is what
//! the product's own [`Dataset`] says of each change.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use tl_collect::history::{Diffs, Known, Wanted, collect};
use tl_core::event::Event;
use tl_core::fact::{LinkForm, TicketClosed, TicketLink, TicketState, kind, role};
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::Repository;
use tl_map::dataset::{Dataset, Item};
use tl_map::journey::Boundary;
use tl_map::options::Options;
use tl_map::release::FirstRelease;
use tl_map::stats::quantile::quantile;

use super::source::{Expected, OracleError, folded, read_csv};

/// Links of the table.
const LINKS: usize = 702;

/// Days from ticket to commit as published with the research: p50, p75, p90.
const DAYS: [f64; 3] = [29.4, 145.0, 506.0];

/// How far a quantile may be from it, as a share.
const TOLERANCE: f64 = 0.01;

const QUANTILES: [f64; 3] = [0.5, 0.75, 0.9];

/// How the oracle came out.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Links of the table.
    pub links: usize,
    /// Links whose commit the repository has, and whose ticket the exports have.
    pub joined: usize,
    /// Links of those whose change the dataset gives to this ticket.
    pub told: usize,
    /// Links whose change it gives to an older ticket of the same change.
    pub shared: usize,
    /// Links whose change it gives to none, or to a younger one.
    pub untold: usize,
    /// Links with a commit before the ticket.
    pub negative: usize,
    /// From ticket opened to commit, ms.
    pub to_commit: Vec<i64>,
    /// From ticket opened to the first release, where that is known, ms.
    pub to_release: Vec<i64>,
    /// From commit to the first release that has it or an equivalent, ms.
    pub commit_to_release: Vec<i64>,
    /// From commit to the first release that has the commit itself, ms.
    pub commit_to_own_release: Vec<i64>,
    /// Links whose change was released through an equivalent commit first.
    pub backports: usize,
    /// Links in the first known release, or in none yet.
    pub without_release: usize,
    /// Changes of the table's commits that the dataset has no item of: they are not on the default
    /// branch.
    pub beside: usize,
}

/// Joins tickets and commits, and measures the way between them.
pub fn run(repository: &Path, data: &Path) -> Result<Verdict, OracleError> {
    let history = history(repository)?;
    let directory = if data.join("data").is_dir() { data.join("data") } else { data.to_owned() };
    let links = read_csv(&directory.join("ZOOKEEPER.csv"))?;
    let opened = tickets(&directory)?;
    let mut events = Vec::new();
    for link in &links {
        let (ticket, commit) = (link.get("issue_key"), link.get("commit_id"));
        let Some(row) = opened.get(ticket) else { continue };
        events.extend(of_ticket(ticket, row)?);
        events.push(linked(ticket, commit, created(row)?));
    }
    let delivery = folded(&events);
    let newest = history.commits.iter().map(|commit| commit.committed).max().unwrap_or_default();
    let mut options = Options::at(newest);
    options.since = Some(Timestamp::from_millis(0));
    let histories = [history];
    let dataset = Dataset::with_delivery(&histories, &delivery, &options);
    Ok(measure(&dataset, &links, &opened))
}

fn history(path: &Path) -> Result<History, OracleError> {
    let wrong = |err: Box<dyn std::error::Error + Send + Sync>| OracleError::Git(err);
    let repository = Repository::open(path).map_err(|err| wrong(Box::new(err)))?;
    let wanted = Wanted { branch: None, diffs: Diffs::Never, patch_ids: true };
    let collected = collect(&repository, &Known::default(), &wanted, &mut |_| ());
    Ok(collected.map_err(|err| wrong(Box::new(err)))?.history)
}

/// The project's tickets in the exports of all years.
fn tickets(directory: &Path) -> Result<BTreeMap<String, Expected>, OracleError> {
    let wrong = |source| OracleError::Io { path: directory.to_owned(), source };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_export = stem.len() == 4 && stem.bytes().all(|byte| byte.is_ascii_digit());
        if !is_export || path.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        for row in read_csv(&path)? {
            let key = row.get("Issue key").to_owned();
            if key.starts_with("ZOOKEEPER-") {
                found.insert(key, row);
            }
        }
    }
    Ok(found)
}

fn created(row: &Expected) -> Result<Timestamp, OracleError> {
    exported(row.get("Created"))
}

/// An instant as Jira exports it: `29/Apr/10 01:28`. The zone is not said, and taken for UTC.
fn exported(text: &str) -> Result<Timestamp, OracleError> {
    let wrong = || OracleError::Instant { text: text.to_owned() };
    let (date, time) = text.split_once(' ').ok_or_else(wrong)?;
    let mut parts = date.split('/');
    let (Some(day), Some(month), Some(year)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month).ok_or_else(wrong)? + 1;
    let full = format!("20{year}-{month:02}-{day:0>2}T{time:0>5}:00Z");
    Timestamp::parse(&full).map_err(|_| wrong())
}

fn event(kind: &str, at: Timestamp, ticket: &str, key: String) -> Event {
    let subject = format!("ticket:{ticket}");
    Event::new(kind, at, "jira-export", &key, &subject).about(role::TICKET, ticket)
}

/// Opened, and closed where it was resolved: its last update is then the only instant known.
fn of_ticket(ticket: &str, row: &Expected) -> Result<Vec<Event>, OracleError> {
    let state = TicketState {
        title: row.get("Summary").to_owned(),
        class: row.get("Issue Type").to_owned(),
        status: row.get("Status").to_owned(),
        priority: row.get("Priority").to_owned(),
        ..TicketState::default()
    };
    let opened = event(kind::TICKET_OPENED, created(row)?, ticket, format!("{ticket}/opened"));
    let mut events = vec![opened.by(row.get("Reporter")).with(&state)];
    let resolution = row.get("Resolution");
    if !matches!(resolution, "" | "Unresolved") {
        let at = exported(row.get("Updated"))?;
        let closed = TicketClosed { resolution: resolution.to_owned() };
        let key = format!("{ticket}/closed");
        events.push(event(kind::TICKET_CLOSED, at, ticket, key).with(&closed));
    }
    Ok(events)
}

fn linked(ticket: &str, commit: &str, at: Timestamp) -> Event {
    let link = TicketLink { form: LinkForm::Explicit, ..TicketLink::default() };
    event(kind::TICKET_LINKED, at, ticket, format!("{ticket}/linked/{commit}"))
        .about(role::COMMIT, commit)
        .with(&link)
}

/// Asks the dataset about every link.
fn measure(
    dataset: &Dataset<'_>,
    links: &[Expected],
    opened: &BTreeMap<String, Expected>,
) -> Verdict {
    let found = &dataset.repositories[0];
    let commits: BTreeMap<String, usize> = (0..found.history.commits.len())
        .map(|row| (found.history.commits[row].id.to_string(), row))
        .collect();
    let items: BTreeMap<usize, &Item> =
        dataset.items.iter().map(|item| (item.change(), item)).collect();
    let mut verdict = Verdict { links: links.len(), ..Verdict::default() };
    for link in links {
        let (ticket, commit) = (link.get("issue_key"), link.get("commit_id"));
        let Some(row) = commits.get(commit) else { continue };
        let Some(at) = opened.get(ticket).and_then(|row| created(row).ok()) else { continue };
        verdict.joined += 1;
        let landed = found.history.commits[*row].committed;
        verdict.to_commit.push((landed - at).get());
        verdict.negative += usize::from(landed < at);
        let ix = tl_core::id::CommitIx(*row as u32);
        let item = found.graph.entry(ix).and_then(|position| {
            let change = found.changes.at_position[position] as usize;
            items.get(&change)
        });
        match item {
            Some(item) => verdict.tell(dataset, item, ix, (ticket, at, landed)),
            None => verdict.beside += 1,
        }
    }
    verdict
}

impl Verdict {
    fn tell(
        &mut self,
        dataset: &Dataset<'_>,
        item: &Item,
        ix: tl_core::id::CommitIx,
        (ticket, opened, landed): (&str, Timestamp, Timestamp),
    ) {
        let told = item.told.ticket.map(|(row, _)| dataset.collected.tickets.get(row));
        match told {
            Some(told) if told.key == ticket => self.told += 1,
            Some(told) if told.opened.is_some_and(|at| at <= opened) => self.shared += 1,
            _ => self.untold += 1,
        }
        let releases = &dataset.repositories[0].releases;
        let released = item.journey.at(Boundary::Released);
        match (dataset.change(item).first_release, released) {
            (FirstRelease::Released { backport, .. }, Some(at)) => {
                self.backports += usize::from(backport);
                self.to_release.push((at - opened).get());
                self.commit_to_release.push((at - landed).get());
            }
            _ => self.without_release += 1,
        }
        if let Some(own) = releases.containing(ix) {
            self.commit_to_own_release.push((releases.get(own).at - landed).get());
        }
    }

    /// Days of each quantile.
    fn days(spans: &[i64]) -> Option<[f64; 3]> {
        let mut spans = spans.to_vec();
        spans.sort_unstable();
        let days = |q| Some(quantile(&spans, q)? / Millis::DAY.get() as f64);
        Some([days(QUANTILES[0])?, days(QUANTILES[1])?, days(QUANTILES[2])?])
    }

    /// Whether every link joins, and the quantiles are those of the research.
    pub fn holds(&self) -> bool {
        let near = |(ours, theirs): (f64, f64)| (ours - theirs).abs() <= theirs * TOLERANCE;
        let days = Self::days(&self.to_commit);
        self.links == LINKS
            && self.joined == LINKS
            && self.beside == 0
            && self.negative == 0
            && days.is_some_and(|days| days.into_iter().zip(DAYS).all(near))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, name: &str, spans: &[i64]| {
            let n = spans.len();
            match Self::days(spans) {
                Some([p50, p75, p90]) => {
                    writeln!(f, "{name}: p50 {p50:.1} d, p75 {p75:.1}, p90 {p90:.1} (n {n})")
                }
                None => writeln!(f, "{name}: nothing to measure"),
            }
        };
        line(f, "ticket to commit", &self.to_commit)?;
        line(f, "ticket to release", &self.to_release)?;
        line(f, "commit to release, through backports", &self.commit_to_release)?;
        line(f, "commit to release, itself", &self.commit_to_own_release)?;
        writeln!(f, "released by an equivalent commit first: {}", self.backports)?;
        writeln!(f, "without a known release: {}", self.without_release)?;
        writeln!(f, "not on the default branch: {}", self.beside)?;
        writeln!(f, "commit before its ticket: {}", self.negative)?;
        let Self { told, shared, untold, .. } = self;
        writeln!(
            f,
            "ticket of its journey: {told}; an older ticket of the same change: {shared}; \
             neither: {untold}"
        )?;
        let [p50, p75, p90] = DAYS;
        writeln!(f, "expected: ticket to commit p50 {p50} d, p75 {p75}, p90 {p90}, within 1 %")?;
        write!(f, "{} of {} links joined", self.joined, self.links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_export_is_read() {
        let at = exported("29/Apr/10 01:28").unwrap();
        assert_eq!(at.to_string(), "2010-04-29T01:28:00Z");
        assert_eq!(exported("1/Jan/19 9:05").unwrap().to_string(), "2019-01-01T09:05:00Z");
        assert!(exported("2010-04-29").is_err());
    }

    #[test]
    fn a_figure_beyond_the_tolerance_does_not_hold() {
        let day = Millis::DAY.get();
        let far = Verdict {
            links: LINKS,
            joined: LINKS,
            told: LINKS,
            to_commit: vec![day; LINKS],
            ..Verdict::default()
        };
        assert!(!far.holds());
    }
}
