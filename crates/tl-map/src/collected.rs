//! What was collected, ready to be asked about one change: its request, its ticket, its course.
//!
//! In: a [`Delivery`] and the options. Out: [`Collected`], and for each change [`Told`]. Start at
//! [`Collected::tell`]. **Invariant:** a ticket opened after the merge is no reason for the
//! change, and nothing after the end of the window is known.
//! **Definition:** boundaries t0 to t5 of `docs/measures.md`.

use rustc_hash::FxHashMap;
use tl_core::delivery::{Delivery, Link, Request};
use tl_core::fact::{LinkForm, StatusCategory};
use tl_core::time::Timestamp;

use crate::fold::{BuildRows, Builds, Records, RowError, TicketRows, Tickets, Uses};
use crate::journey::{Boundary, Marks, Seen};
use crate::measure::merge_queue::Passage;
use crate::options::{CollectedOptions, StatusMeaning};
use crate::review::{Course, course};
use crate::row::RowIx;

/// A [`Delivery`] with its indexes.
#[derive(Debug)]
pub struct Collected<'a> {
    /// What was collected.
    pub delivery: &'a Delivery,
    /// Its deployments.
    pub records: Records,
    /// Its use of AI tools.
    pub uses: Uses,
    /// Its tickets.
    pub tickets: Tickets<'a>,
    /// CI of commits.
    pub builds: Builds<'a>,
    /// Tickets that their tracker ties to a request or commit, by its key or id.
    tied: FxHashMap<String, Vec<(LinkForm, u32)>>,
}

/// What is known of one change beyond git.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Told {
    /// What measures ask of its request, where that was collected.
    pub request: Option<Asked>,
    /// Row of its ticket in [`Collected::tickets`], and by what it is linked.
    pub ticket: Option<(u32, LinkForm)>,
    /// Its course through review.
    pub course: Course,
}

/// What measures ask of a request after its repository was read: the request itself is gone then.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Asked {
    /// Whether its state was collected.
    pub has_state: bool,
    /// Who opened it, in [`Requests::logins`](crate::dataset::Requests::logins).
    pub author: Option<RowIx>,
    /// The CI of its head in [`Collected::builds`].
    pub head: Option<RowIx>,
    /// When it was merged, by its forge.
    pub merged: Option<Timestamp>,
    /// What few have.
    pub rare: Option<Box<Rare>>,
}

/// What is known of few requests.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Rare {
    /// Its way through the merge queue; of one that was in none, nothing happened.
    pub passage: Passage,
    /// What speaks for a hotfix.
    pub hot: Hot,
}

/// What speaks for a request being a hotfix.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hot {
    /// The first label that says so.
    pub label: Option<String>,
    /// Its branch, where the name says so.
    pub branch: Option<String>,
    /// Incidents and their tickets that it names.
    pub names: Vec<String>,
}

/// What git says about the tickets of a change.
#[derive(Debug, Default, Clone)]
pub struct GitMentions<'a> {
    /// Ids of its commits on the default branch.
    pub commits: Vec<String>,
    /// Keys in the titles of its commits.
    pub tickets: Vec<&'a str>,
}

impl<'a> Collected<'a> {
    /// Indexes a delivery.
    pub fn new(delivery: &'a Delivery) -> Self {
        let mut tied = FxHashMap::default();
        for (row, ticket) in (0..).zip(&delivery.tickets) {
            tie(&mut tied, row, &ticket.links);
        }
        let (tickets, builds) = (Tickets::of(&delivery.tickets), Builds::of(&delivery.builds));
        let (records, uses) = (Records::of(&delivery.deployments), Uses::of(&delivery.usage));
        Self { delivery, records, uses, tickets, builds, tied }
    }

    /// The same where deployments, uses, tickets and CI are not in the delivery, but as their rows
    /// hold them.
    pub fn of_rows(
        delivery: &'a Delivery,
        (records, uses): (Records, Uses),
        tickets: TicketRows,
        builds: BuildRows,
    ) -> Result<Self, RowError> {
        let (tickets, builds) =
            rayon::join(|| Tickets::of_rows(tickets), || Builds::of_rows(builds));
        let (tickets, linked) = tickets?;
        let mut tied = FxHashMap::default();
        for (row, links) in &linked {
            tie(&mut tied, *row, links);
        }
        Ok(Self { delivery, records, uses, tickets, builds, tied })
    }

    /// Whether nothing was collected but requests.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.uses.is_empty()
            && self.tickets.is_empty()
            && self.builds.is_empty()
            && self.delivery.is_empty()
    }

    /// Forgets what finds the ticket of a change, when all changes were told.
    pub fn forget_ties(&mut self) {
        self.tied = FxHashMap::default();
        self.tickets.forget_keys();
    }

    /// Whether trackers tie any ticket to a request or commit.
    pub fn has_ties(&self) -> bool {
        !self.tied.is_empty()
    }

    /// Adds to the marks of a change what was collected of it.
    pub fn tell(
        &self,
        marks: &mut Marks,
        request: Option<&Request>,
        git: &GitMentions<'_>,
        options: &CollectedOptions,
        until: Timestamp,
    ) -> Told {
        let mut told = Told::default();
        if let Some(found) = request {
            if let Some(at) = merged_by_queue(found, marks, until) {
                marks.correct(Boundary::Merged, at);
            }
            let landed = marks.get(Boundary::Merged);
            told.course = course(found, options.approvals, landed, until);
            marks.seen = Seen::Forge;
            let known = |at: Option<Timestamp>| at.filter(|at| *at <= until);
            marks.apply_known(Boundary::Opened, known(found.opened));
            marks.apply_known(Boundary::Ready, told.course.ready);
            marks.apply_known(Boundary::FirstReview, told.course.first_review);
            marks.apply_known(Boundary::Approved, told.course.approved);
            if marks.get(Boundary::FirstCommit).is_none() {
                let first = found.commits.iter().map(|commit| commit.authored).min();
                marks.apply_known(Boundary::FirstCommit, known(first));
            }
        }
        let before = marks.get(Boundary::Merged).unwrap_or(until);
        told.ticket = self.linked(request, git, options, before);
        let mut begun = marks.get(Boundary::FirstCommit);
        if let Some((row, _)) = told.ticket {
            marks.apply_known(Boundary::TicketOpened, self.tickets.opened(row));
            let moved = self.tickets.started(row, options).filter(|at| *at <= before);
            begun = [begun, moved].into_iter().flatten().min();
        }
        marks.apply_known(Boundary::WorkStarted, begun);
        told
    }

    /// The ticket of a change: of those linked in the surest way the one opened first.
    fn linked(
        &self,
        request: Option<&Request>,
        git: &GitMentions<'_>,
        options: &CollectedOptions,
        before: Timestamp,
    ) -> Option<(u32, LinkForm)> {
        let mut links: Vec<(LinkForm, u32)> = Vec::new();
        let mentioned = |form, key: &str| {
            let row = options.ticket_keys.is_match(key).then(|| self.tickets.row(key)).flatten();
            row.map(|row| (form, row))
        };
        if let Some(request) = request {
            links.extend(self.tied.get(request.key.as_str()).into_iter().flatten());
            if let Some((_, state)) = &request.state {
                let named = state.mentions.iter();
                links.extend(named.filter_map(|one| mentioned(one.form, &one.ticket)));
            }
            let landed = request.merged.as_ref().map(|merge| merge.commit.as_str());
            let own = request.commits.iter().map(|commit| commit.id.as_str()).chain(landed);
            links.extend(own.filter_map(|id| self.tied.get(id)).flatten());
        }
        let landed = git.commits.iter().filter_map(|id| self.tied.get(id.as_str()));
        links.extend(landed.flatten());
        links.extend(git.tickets.iter().filter_map(|key| mentioned(LinkForm::Commit, key)));
        links
            .into_iter()
            .filter_map(|(form, row)| {
                let opened = self.tickets.opened(row)?;
                (opened <= before).then_some((form, opened, row))
            })
            .min()
            .map(|(form, _, row)| (row, form))
    }
}

/// Notes what the links of a ticket tie it to.
fn tie(tied: &mut FxHashMap<String, Vec<(LinkForm, u32)>>, row: u32, links: &[Link]) {
    for link in links {
        for key in [&link.change, &link.commit] {
            if !key.is_empty() {
                tied.entry(key.clone()).or_default().push((link.form, row));
            }
        }
    }
}

/// When a queue merged a request: it makes the commit that lands when it begins to check it, so the
/// date of that commit is too early.
fn merged_by_queue(request: &Request, marks: &Marks, until: Timestamp) -> Option<Timestamp> {
    let merged = request.merged.as_ref()?.at;
    let made = marks.get(Boundary::Merged)?;
    (!request.queued.is_empty() && merged > made && merged <= until).then_some(merged)
}

/// Whether a ticket that is moved to a status is in progress.
pub fn begins(
    ticket: &str,
    status: &str,
    category: Option<StatusCategory>,
    options: &CollectedOptions,
) -> bool {
    let means = meaning(ticket, status, category, options);
    !matches!(means, StatusMeaning::Backlog | StatusMeaning::Done)
}

/// What a status means: by the team's table, by the tracker's category, by its name.
///
/// By its name: what the statuses are called that trackers bring along, and the words that teams
/// use for waiting (`ready for ...`, `waiting`, `in review`, `to test`) and for being stuck.
pub fn meaning(
    ticket: &str,
    status: &str,
    category: Option<StatusCategory>,
    options: &CollectedOptions,
) -> StatusMeaning {
    // Most say what they mean, and millions are asked.
    match category {
        Some(StatusCategory::Todo) if options.statuses.is_empty() => return StatusMeaning::Backlog,
        Some(StatusCategory::Done) if options.statuses.is_empty() => return StatusMeaning::Done,
        _ => {}
    }
    let name = status.trim().to_lowercase();
    let project = ticket.rsplit_once(['-', '#']).map_or("", |(project, _)| project);
    let rule = |own: bool| {
        options.statuses.iter().find(|rule| {
            rule.status == name
                && rule
                    .project
                    .as_deref()
                    .map_or(!own, |of| own && of.eq_ignore_ascii_case(project))
        })
    };
    if let Some(rule) = rule(true).or_else(|| rule(false)) {
        return rule.meaning;
    }
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let says_plainly = |words: &[&str]| words.iter().any(|word| contains_plainly(&name, word));
    let waits = || {
        if says_plainly(&["block", "hold", "impeded", "stuck"]) {
            StatusMeaning::Blocked
        } else if says(&["review", "ready", "wait", "pending", "to test", "qa", "queue", "approv"])
        {
            StatusMeaning::Queue
        } else {
            StatusMeaning::Active
        }
    };
    match category {
        Some(StatusCategory::Todo) => StatusMeaning::Backlog,
        Some(StatusCategory::Doing) => waits(),
        Some(StatusCategory::Done) => StatusMeaning::Done,
        None if says_plainly(&[
            "done", "closed", "resolved", "cancel", "won't", "released", "merged",
        ]) =>
        {
            StatusMeaning::Done
        }
        None if says(&[
            "to do",
            "to be done",
            "todo",
            "backlog",
            "open",
            "new",
            "created",
            "triage",
            "selected",
        ]) || name.is_empty() =>
        {
            StatusMeaning::Backlog
        }
        None => waits(),
    }
}

/// Whether a name has a word that nothing before it turns around: `Unresolved`, `Not done` and
/// `Ready to be released` are the contrary of what they contain.
fn contains_plainly(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        let before = &name[..at];
        let is_word = |rest: &str| !rest.ends_with(char::is_alphanumeric);
        let turns = |by: &&str| before.strip_suffix(by).is_some_and(is_word);
        !["un", "not ", "not yet ", "to be "].iter().any(turns)
    })
}

#[cfg(test)]
mod tests;
