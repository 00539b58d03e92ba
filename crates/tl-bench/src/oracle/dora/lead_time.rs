//! Lead time of changes: DevLake's parts of it, from the boundaries of our journeys.
//!
//! In: DevLake's tables of requests, their commits and comments, deployments, and which commits
//! each deployment brought over the one before. Out: [`CASE`]. The last table becomes a history:
//! one line of commits in which every deployment contains what the table says that it brought.

use std::collections::BTreeMap;

use tl_core::attribution::{Attribution, AuthorClass};
use tl_core::delivery::{Request, numbered};
use tl_core::event::Event;
use tl_core::fact::{
    ChangeMerged, ChangeState, CommitMade, ReviewGiven, ReviewVerdict, kind, role,
};
use tl_core::history::{Commit, History, MentionForm, ParentSpan, Person, RequestMention};
use tl_core::id::{CommitId, CommitIx, PersonIx};
use tl_core::time::{OffsetMinutes, Timestamp};
use tl_map::dataset::{Dataset, Item};
use tl_map::options::Options;

use super::super::compare::{Case, Cell, Column, Compat, Row};
use super::super::source::{Expected, OracleError, Tables, folded, instant};
use super::{END, deployed, service};

const FOLDER: &str = "dora/e2e/change_lead_time";

/// What all requests belong to.
const REPOSITORY: &str = "project1/repo1";

const MINUTES_UP: Compat = Compat {
    name: "minutes-rounded-up",
    what: "parts of a lead time: DevLake rounds each up to whole minutes; ours are milliseconds",
};
const NEGATIVE: Compat = Compat {
    name: "negative-is-nothing",
    what: "DevLake leaves a part out whose end is before its start, and the cycle then starts at \
           the opening or ends with the merge; with us boundaries are moved so that no part is \
           negative and the parts add up, and the shift is counted",
};
const ANY_COMMENT: Compat = Compat {
    name: "review-at-any-time",
    what: "DevLake takes a comment from before the opening or after the merge for the first review; \
           with us a review is between ready and merge, and for those requests the first comment \
           by somebody else is taken",
};

/// The case.
pub(super) const CASE: Case = Case {
    name: "dora lead time of changes",
    expected: "dora/e2e/change_lead_time/project_pr_metrics.csv",
    only: None,
    key: |row| row.get("id").to_owned(),
    columns: &[
        Column::text("first_commit_sha"),
        Column::time("first_commit_authored_date"),
        Column::time("pr_created_date"),
        Column::time("first_comment_date"),
        Column::time("pr_merged_date"),
        Column::text("deployment_commit_id"),
        Column::time("pr_deployed_date"),
        Column::number("pr_coding_time"),
        Column::number("pr_pickup_time"),
        Column::number("pr_review_time"),
        Column::number("pr_deploy_time"),
        Column::number("pr_cycle_time"),
    ],
    left_out: &[
        ("id", "names the row"),
        ("project_name", "the same in every row"),
        ("first_review_id", "stands in the event's key; its instant is compared"),
    ],
    compat: &[MINUTES_UP, NEGATIVE, ANY_COMMENT],
    ours,
};

/// Commits by the names that DevLake's test gives them, with ids of git's shape.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn id(&mut self, name: &str) -> String {
        let next = format!("{:040x}", self.0.len() + 1);
        self.0.entry(name.to_owned()).or_insert(next).clone()
    }

    fn name(&self, id: &str) -> &str {
        let named = self.0.iter().find(|(_, known)| *known == id);
        named.map_or("", |(name, _)| name.as_str())
    }
}

fn ours(tables: &Tables) -> Result<Vec<Row>, OracleError> {
    let read = |file: &str| tables.read(&format!("{FOLDER}/{file}.csv"));
    let mut names = Names::default();
    let requests = read("pull_requests")?;
    let deployments = read("cicd_deployment_commits")?;
    let mut events = Vec::new();
    for row in &requests {
        events.extend(of_request(row, &mut names)?);
    }
    for row in read("pull_request_commits")? {
        let at = instant(row.get("commit_authored_date"))?;
        let id = names.id(row.get("commit_sha"));
        let event = change(kind::CHANGE_COMMIT, at, row.get("pull_request_id"), &id);
        events.push(event.about(role::COMMIT, &id).with(&CommitMade::default()));
    }
    for row in read("pull_request_comments")? {
        let at = instant(row.get("created_date"))?;
        let given =
            ReviewGiven { verdict: ReviewVerdict::Commented, reviewer_class: AuthorClass::Human };
        let event = change(kind::CHANGE_REVIEW, at, row.get("pull_request_id"), row.get("id"));
        events.push(event.by(row.get("account_id")).with(&given));
    }
    for row in &deployments {
        let commit = names.id(row.get("commit_sha"));
        let production = row.get("environment") == "PRODUCTION";
        events.extend(deployed(row, &service(row), &commit, production)?);
    }
    let history = history(&deployments, &read("commits_diffs")?, &requests, &mut names)?;
    let delivery = folded(&events);
    let mut options = Options::at(END);
    options.since = Some(Timestamp::from_millis(0));
    options.until = Some(END);
    let histories = [history];
    let dataset = Dataset::with_delivery(&histories, &delivery, &options);
    let row = |item: &Item| {
        item.told.request.as_ref()?;
        let number = dataset.change(item).request().map(u64::from);
        let is_it = |one: &&Request| numbered(&one.key).map(|(_, own)| own) == number;
        let request = delivery.requests.iter().find(is_it)?;
        Some(row(&dataset, item, request, &names))
    };
    Ok(dataset.items.iter().filter_map(row).collect())
}

/// The number of a request such as `pr3`, which may not be 0.
fn number(request: &str) -> u32 {
    request.trim_start_matches("pr").parse::<u32>().map_or(0, |number| number + 1)
}

fn change(kind: &str, at: Timestamp, request: &str, what: &str) -> Event {
    let key = format!("{request}/{kind}/{what}");
    Event::new(kind, at, "devlake", &key, "")
        .about(role::CHANGE, format!("{REPOSITORY}#{}", number(request)))
}

fn of_request(row: &Expected, names: &mut Names) -> Result<Vec<Event>, OracleError> {
    let id = row.get("id");
    let state = ChangeState {
        number: u64::from(number(id)),
        title: id.to_owned(),
        author: row.get("author_id").to_owned(),
        ..ChangeState::default()
    };
    let opened = change(kind::CHANGE_OPENED, instant(row.get("created_date"))?, id, "");
    let mut events = vec![opened.with(&state)];
    if !row.get("merged_date").is_empty() {
        let merged = change(kind::CHANGE_MERGED, instant(row.get("merged_date"))?, id, "");
        let commit = names.id(row.get("merge_commit_sha"));
        let base = ChangeMerged { base: "main".to_owned() };
        events.push(merged.about(role::COMMIT, commit).with(&base));
    }
    Ok(events)
}

/// One line of commits: what production has in the order of its deployments, then the rest, and
/// before each deployed commit those that it brought.
fn history(
    deployments: &[Expected],
    brought: &[Expected],
    requests: &[Expected],
    names: &mut Names,
) -> Result<History, OracleError> {
    let reached =
        |row: &Expected| row.get("environment") != "STAGING" && row.get("result") == "SUCCESS";
    let mut order: Vec<(bool, Timestamp, &Expected)> = Vec::new();
    for row in deployments {
        order.push((!reached(row), instant(row.get("started_date"))?, row));
    }
    order.sort_by_key(|(rest, at, row)| (*rest, *at, row.get("id")));
    let merged: BTreeMap<&str, &Expected> =
        requests.iter().map(|row| (row.get("merge_commit_sha"), row)).collect();
    let mut history = History {
        name: "repo1".to_owned(),
        repository: REPOSITORY.to_owned(),
        branch: "main".to_owned(),
        people: vec![Person { name: "ana".to_owned(), email: "ana@example.com".to_owned() }],
        ..History::default()
    };
    for (_, at, deployed) in order {
        let own = deployed.get("commit_sha");
        for diff in brought.iter().filter(|diff| diff.get("new_commit_sha") == own) {
            if let Some(request) = merged.get(diff.get("commit_sha")) {
                let at = instant(request.get("merged_date"))?;
                let number = Some(number(request.get("id")));
                push(&mut history, names.id(diff.get("commit_sha")), at, number);
            }
        }
        push(&mut history, names.id(own), at, None);
    }
    Ok(history)
}

fn push(history: &mut History, id: String, at: Timestamp, request: Option<u32>) {
    let row = history.commits.len() as u32;
    let start = history.parent_pool.len() as u32;
    if row > 0 {
        history.parent_pool.push(CommitIx(row - 1));
    }
    let id: CommitId = id.parse().expect("40 digits are an id");
    history.commits.push(Commit {
        id,
        parents: ParentSpan { start, len: u32::from(row > 0) },
        author: PersonIx(0),
        committer: PersonIx(0),
        authored: at,
        committed: at,
        author_offset: OffsetMinutes::default(),
        attribution: Attribution::default(),
        title: u64::from(row) + 1,
        mention: request.map(|number| RequestMention { number, by: MentionForm::Suffix }),
        links: None,
    });
    history.head = Some(CommitIx(row));
}

/// DevLake's row for a change.
fn row(dataset: &Dataset<'_>, item: &Item, request: &Request, names: &Names) -> Row {
    let state = request.state.clone().unwrap_or_default().1;
    let first = request.commits.iter().min_by_key(|commit| commit.authored);
    let begun = first.map(|commit| commit.authored);
    let opened = request.opened;
    let merged = request.merged.as_ref().map(|merge| merge.at);
    let review = first_review(item, request, &state.author);
    let deployment = item.deployment.map(|row| &dataset.deployments.list[row.index()]);
    let record =
        deployment.map(|one| &dataset.collected.delivery.deployments[one.records[0] as usize]);
    let deployed = deployment.map(|one| one.finished);
    let coding = minutes(begun, opened);
    let deploy = minutes(merged, deployed);
    let from = if coding.is_some() { begun } else { opened };
    let to = if deploy.is_some() { deployed } else { merged };
    Row::new(
        state.title,
        [
            ("first_commit_sha", Cell::text(first.map_or("", |commit| names.name(&commit.id)))),
            ("first_commit_authored_date", Cell::time(begun)),
            ("pr_created_date", Cell::time(opened)),
            ("first_comment_date", Cell::time(review)),
            ("pr_merged_date", Cell::time(merged)),
            ("deployment_commit_id", Cell::text(record.map_or("", |record| &record.key))),
            ("pr_deployed_date", Cell::time(deployed)),
            ("pr_coding_time", Cell::number(coding)),
            ("pr_pickup_time", Cell::number(minutes(opened, review))),
            ("pr_review_time", Cell::number(minutes(review, merged))),
            ("pr_deploy_time", Cell::number(deploy)),
            ("pr_cycle_time", Cell::number(minutes(from, to))),
        ],
    )
}

/// The first review: as the journey has it, or by [`ANY_COMMENT`].
fn first_review(item: &Item, request: &Request, author: &str) -> Option<Timestamp> {
    let others = request.reviews.iter().filter(|review| review.reviewer != author);
    let any = others.map(|review| review.at).min()?;
    let before = request.opened.is_some_and(|opened| any < opened);
    let after = request.merged.as_ref().is_some_and(|merge| any > merge.at);
    if before || after { Some(any) } else { item.told.course.first_review }
}

/// Whole minutes, rounded up; nothing where the end is before the start.
fn minutes(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<f64> {
    let span = (end? - start?).get();
    (span >= 0).then(|| (span as f64 / 60_000.0).ceil())
}
