//! `/reviews`: what waits for whom, the longest wait first, and which of these waits are unusual.
//!
//! In: open requests and finished journeys of a snapshot. Out: a [`Sheet`]. Start at [`reviews`]; how a
//! wait compares with finished ones is [`Finished`]. **Invariants:** nobody is named or ranked: a request
//! waits for a step, not for a person's failing; a wait is compared with finished ones of its own stage
//! alone.

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tl_core::time::Millis;
use tl_map::format;
use tl_map::journey_row::JourneyRow;
use tl_map::open_row::OpenRow;
use tl_map::stats::quantile::quantile;

use super::reliability::moment;
use super::sheet::{Field, Form, Own, Sheet, address};
use super::{Asked, PageResult, Shell, journey};
use crate::app::App;
use crate::chart::table::{Cell, Table, count, prose, text};
use crate::measured::Measured;
use crate::question::Question;
use crate::report::sections::{Block, Headline, Missing, Section, how};

/// Rows of the list; the API has all of them.
const ROWS: usize = 200;

/// Finished waits that a comparison needs.
const ENOUGH: usize = 20;

/// The share of finished waits that an unusual one is longer than.
const UNUSUAL: f64 = 0.9;

/// Stages that a request can wait in.
pub(crate) const STAGES: [&str; 6] =
    ["backlog", "coding", "pickup", "review", "review-wait", "merge-wait"];

/// An open request, and how its wait compares with those that are over.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Waiting<'a> {
    /// The request.
    #[serde(flatten)]
    pub(crate) row: &'a OpenRow,
    /// What it waits for, in words.
    pub(crate) waits_for: &'static str,
    /// The share of finished waits of this stage that were shorter; `None` for fewer than 20 of them.
    pub(crate) longer_than: Option<f64>,
}

/// How long a change was in a stage, where that is known.
type Spent = fn(&JourneyRow) -> Option<Millis>;

/// Finished waits by stage, each sorted.
#[derive(Debug, Default)]
pub(crate) struct Finished(Vec<(&'static str, Vec<i64>)>);

impl Finished {
    /// Those of the changes merged in the period.
    pub(crate) fn of(journeys: &[JourneyRow]) -> Self {
        let stages: [(&'static str, Spent); 6] = [
            ("backlog", |row| row.backlog_ms),
            ("coding", |row| row.coding_ms),
            ("pickup", |row| row.pickup_ms),
            ("review", |row| row.review_ms),
            ("review-wait", |row| row.review_wait_ms),
            ("merge-wait", |row| row.merge_wait_ms),
        ];
        let sorted = stages.into_iter().map(|(stage, span)| {
            let mut all: Vec<i64> = journeys.iter().filter_map(span).map(Millis::get).collect();
            all.sort_unstable();
            (stage, all)
        });
        Self(sorted.collect())
    }

    fn stage(&self, stage: &str) -> &[i64] {
        self.0.iter().find(|(known, _)| *known == stage).map_or(&[], |(_, all)| all)
    }

    /// The share of finished waits of a stage that were shorter than this one.
    fn longer_than(&self, stage: &str, waited: Millis) -> Option<f64> {
        let all = self.stage(stage);
        let shorter = all.partition_point(|one| *one < waited.get());
        (all.len() >= ENOUGH).then(|| shorter as f64 / all.len() as f64)
    }
}

/// What a request in a stage waits for.
const fn waits_for(stage: &str) -> &'static str {
    match stage.as_bytes() {
        b"backlog" => "work to begin",
        b"coding" => "its author, to be ready",
        b"pickup" => "a first review",
        b"review" => "approval: the next look of a reviewer or of its author",
        b"review-wait" => "review and merge",
        b"merge-wait" => "the merge",
        _ => "what is not known",
    }
}

/// Every open request of the repository that is asked for, the longest wait first.
pub(crate) fn waiting<'a>(measured: &'a Measured, question: &Question) -> Vec<Waiting<'a>> {
    let finished = Finished::of(&measured.journeys);
    let is_wanted =
        |row: &&OpenRow| question.repository.as_ref().is_none_or(|name| *name == row.repository);
    let rows = measured.open.iter().filter(is_wanted);
    rows.map(|row| Waiting {
        row,
        waits_for: waits_for(&row.stage),
        longer_than: finished.longer_than(&row.stage, row.waited_ms),
    })
    .collect()
}

impl Waiting<'_> {
    fn is_unusual(&self) -> bool {
        self.longer_than.is_some_and(|share| share >= UNUSUAL)
    }
}

/// `GET /reviews`
pub(crate) async fn reviews(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let own = Own::read(&uri, &["stage", "unusual"])?;
    let measured = &asked.snapshot.measured;
    let all = waiting(measured, &asked.question);
    let stages = stages(&all);
    let stage = own.one_of("stage", &STAGES)?;
    let unusual = own.one_of("unusual", &["yes"])? == "yes";
    let is_shown = |one: &&Waiting<'_>| {
        (stage.is_empty() || one.row.stage == stage) && (!unusual || one.is_unusual())
    };
    let shown: Vec<&Waiting<'_>> = all.iter().filter(is_shown).collect();
    let options = stages
        .iter()
        .map(|(id, label, n)| (id.clone(), format!("{label} ({})", format::count(*n as u64))));
    let fields = vec![
        Field::choice("stage", "Waits in", stage, options),
        Field::choice("unusual", "How long", own.get("unusual"), [unusual_option()]),
    ];
    let sheet = Sheet {
        shell: Shell::around(&app, "Review queue", &asked),
        sentence: sentence(&all),
        headlines: headlines(&all, &measured.journeys),
        form: (!all.is_empty()).then(|| Form::new("/reviews", &asked.question, fields)),
        sections: sections(&all, &shown, &measured.journeys, &asked.question),
        more: vec![(
            address("/v1/open", &asked.question, &[("stage", stage)]),
            "All of them as JSON",
        )],
    };
    sheet.shown()
}

fn unusual_option() -> (String, String) {
    ("yes".to_owned(), "longer than 9 of 10 finished ones".to_owned())
}

/// Stages in which something waits: id, name for people, how many.
fn stages(all: &[Waiting<'_>]) -> Vec<(String, String, usize)> {
    let mut stages: Vec<(String, String, usize)> = Vec::new();
    for one in all.iter().filter(|one| !one.row.stage.is_empty()) {
        match stages.iter_mut().find(|(id, ..)| *id == one.row.stage) {
            Some((.., n)) => *n += 1,
            None => stages.push((one.row.stage.clone(), one.row.stage_label.clone(), 1)),
        }
    }
    stages.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    stages
}

fn sentence(all: &[Waiting<'_>]) -> String {
    let count = |stage: &str| all.iter().filter(|one| one.row.stage == stage).count() as u64;
    let unusual = all.iter().filter(|one| one.is_unusual()).count() as u64;
    let (pickup, review, merge) = (count("pickup"), count("review"), count("merge-wait"));
    if all.is_empty() {
        return "Nothing is open.".to_owned();
    }
    let parts: Vec<String> = [
        (pickup, "for a first review"),
        (review, "for approval"),
        (merge, "for the merge"),
        (count("review-wait"), "for review and merge"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", format::count(n)))
    .collect();
    let unusual = match unusual {
        0 => "None of them waits unusually long.".to_owned(),
        1 => "1 waits longer than 9 of 10 finished ones did.".to_owned(),
        n => format!("{} wait longer than 9 of 10 finished ones did.", format::count(n)),
    };
    match parts.as_slice() {
        [] => format!("{} requests are open. {unusual}", format::count(all.len() as u64)),
        parts => format!("Waiting: {}. {unusual}", parts.join(", ")),
    }
}

fn headlines(all: &[Waiting<'_>], journeys: &[JourneyRow]) -> Vec<Headline> {
    let headline = |label: &str, value: String, small: String| Headline {
        label: label.to_owned(),
        value,
        small,
    };
    let finished = Finished::of(journeys);
    let pickup = finished.stage("pickup");
    let longest = all.first().map(|one| format::duration(one.row.waited_ms.hours()));
    let percentile = |p: f64| {
        let value = quantile(pickup, p).map(|ms| format::duration(ms / 3_600_000.0));
        value.unwrap_or_else(|| format::NOTHING.to_owned())
    };
    let n = format!("n {} merged", format::count(pickup.len() as u64));
    vec![
        headline(
            "open requests",
            format::count(all.len() as u64),
            "without those of bots".to_owned(),
        ),
        headline(
            "longest wait in one stage",
            longest.unwrap_or_else(|| format::NOTHING.to_owned()),
            all.first().map_or_else(String::new, |one| one.waits_for.to_owned()),
        ),
        headline("first review of finished ones, median", percentile(0.5), n.clone()),
        headline("the same, 90th percentile", percentile(0.9), n),
    ]
}

fn sections(
    all: &[Waiting<'_>],
    shown: &[&Waiting<'_>],
    journeys: &[JourneyRow],
    question: &Question,
) -> Vec<Section> {
    if all.is_empty() {
        let what = "No open request was collected, or all are merged.".to_owned();
        let mend = Some("throughline collect --help".to_owned());
        return vec![Section {
            id: "queue",
            title: "What waits",
            lead: String::new(),
            blocks: vec![Block::Missing(Missing { what, why: String::new(), mend })],
        }];
    }
    let columns =
        ["request", "waits for", "#in this stage", "since", "compared with finished ones", "#age"];
    let caption = match shown.len() > ROWS {
        true => format!("The {ROWS} longest of {} waits", format::count(shown.len() as u64)),
        false => format!("{} open requests", format::count(shown.len() as u64)),
    };
    let rows = shown.iter().take(ROWS).map(|one| row(one, question));
    let mut blocks = vec![Block::Table(Table::new(caption, &columns).with(rows))];
    if shown.is_empty() {
        blocks = vec![Block::Text("None of the open requests is one of these.".to_owned())];
    }
    vec![
        Section {
            id: "queue",
            title: "What waits, the longest first",
            lead: "Each waits for a step, not for a person: who should take it is for the team to say."
                .to_owned(),
            blocks,
        },
        usual(all, journeys),
    ]
}

fn row(one: &Waiting<'_>, question: &Question) -> Vec<Cell> {
    let OpenRow { repository, change, waited_ms, age_ms, since, .. } = one.row;
    let compared = match one.longer_than {
        None => text("too few to compare"),
        Some(1.0) => prose("unusual: longer than all of them"),
        Some(share) if share >= UNUSUAL => {
            prose(format!("unusual: longer than {}", format::share(share)))
        }
        Some(share) => prose(format!("longer than {}", format::share(share))),
    };
    vec![
        prose(journey::name(one.row)).to(journey::address(question, change, repository)),
        prose(one.waits_for),
        text(format::duration(waited_ms.hours())),
        since.map_or_else(|| text(format::NOTHING), moment),
        compared,
        text(format::duration(age_ms.hours())),
    ]
}

/// Open and finished waits of a stage.
#[derive(Debug, Serialize)]
pub(crate) struct Usual {
    /// Id of the stage.
    pub(crate) stage: String,
    /// Its name for people.
    pub(crate) label: String,
    /// Requests that wait in it now.
    pub(crate) waiting: u64,
    /// Changes of the period that were in it.
    pub(crate) finished: u64,
    /// Median of their times in it; `None` where there are none.
    pub(crate) p50_ms: Option<f64>,
    /// 75th percentile of it.
    pub(crate) p75_ms: Option<f64>,
    /// 90th percentile of it.
    pub(crate) p90_ms: Option<f64>,
}

/// The stages in which something waits, the fullest first.
pub(crate) fn usual_waits(all: &[Waiting<'_>], journeys: &[JourneyRow]) -> Vec<Usual> {
    let finished = Finished::of(journeys);
    let of = |(stage, label, waiting): (String, String, usize)| {
        let done = finished.stage(&stage);
        Usual {
            waiting: waiting as u64,
            finished: done.len() as u64,
            p50_ms: quantile(done, 0.5),
            p75_ms: quantile(done, 0.75),
            p90_ms: quantile(done, 0.9),
            stage,
            label,
        }
    };
    stages(all).into_iter().map(of).collect()
}

/// What is usual in the stages in which something waits.
fn usual(all: &[Waiting<'_>], journeys: &[JourneyRow]) -> Section {
    let at = |ms: Option<f64>| {
        let value = ms.map(|ms| format::duration(ms / 3_600_000.0));
        text(value.unwrap_or_else(|| format::NOTHING.to_owned()))
    };
    let rows = usual_waits(all, journeys).into_iter().map(|one| {
        let Usual { label, waiting, finished, p50_ms, p75_ms, p90_ms, .. } = one;
        vec![text(label), count(waiting), count(finished), at(p50_ms), at(p75_ms), at(p90_ms)]
    });
    let columns =
        ["stage", "#wait now", "#finished", "#median", "#75th percentile", "#90th percentile"];
    let table = Table::new("Open and finished waits by stage", &columns).with(rows);
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(how("review-wait"));
    Section {
        id: "usual",
        title: "What is usual",
        lead: "How long the same stages took in changes that were merged in this period."
            .to_owned(),
        blocks,
    }
}
