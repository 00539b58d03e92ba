//! `/events`: what the ledger holds, the newest first; each event opens as it is kept.
//!
//! In: kind, source and subject in the address. Out: a [`Sheet`], and for one event a page with its JSON.
//! Start at [`events`] and [`event`]. **Invariants:** one page reads a bounded part of the ledger; people are
//! not named unless names were turned on.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::Uri;
use tl_ledger::Position;
use tl_ledger::look::{Newest, Wanted};
use tl_ledger::read::Recorded;
use tl_map::format;

use super::reliability::moment;
use super::sheet::{Field, Form, Own, Sheet, address, alone};
use super::{PageResult, Problem, Shell, shown};
use crate::app::App;
use crate::chart::table::{Cell, Table, prose, text};
use crate::question::Question;
use crate::report::sections::{Block, Missing, Section};
use crate::told::{Heard, heard};

/// Events of a page.
const ROWS: usize = 100;

/// Characters of a subject that are shown.
const SUBJECT: usize = 120;

/// Kinds and sources that can be chosen; others can be written into the address.
const CHOICES: usize = 200;

/// `GET /events`
pub(crate) async fn events(State(app): State<App>, uri: Uri) -> PageResult {
    let (mut shell, question) = alone(&app, "Events", &uri)?;
    let own = Own::read(&uri, &["kind", "source", "subject", "before"])?;
    let before = own.number("before")?.map(Position);
    let wanted = wanted(&own);
    let newest = app.reader.newest(before, &wanted, ROWS).await.map_err(Problem::bug)?;
    let (fields, is_empty) = {
        let heard = heard(&app).await.map_err(Problem::bug)?;
        (fields(&heard, &wanted), heard.end == Position::START)
    };
    if before.is_some() {
        // Who looks back is not interrupted by what comes in.
        shell.follows = "";
    }
    let sheet = Sheet {
        shell,
        sentence: String::new(),
        headlines: Vec::new(),
        form: (!is_empty).then(|| Form::new("/events", &question, fields)),
        sections: vec![list(&newest, is_empty, &question)],
        more: more(&newest, &wanted, before, &question),
    };
    sheet.shown()
}

/// Which events are looked for.
pub(crate) fn wanted(own: &Own) -> Wanted {
    Wanted {
        kind: own.get("kind").to_owned(),
        source: own.get("source").to_owned(),
        subject: own.get("subject").to_owned(),
    }
}

fn fields(heard: &Heard, wanted: &Wanted) -> Vec<Field> {
    let mut kinds: Vec<(String, u64)> = Vec::new();
    let mut add = |name: &str, n: u64| match kinds.iter_mut().find(|(known, _)| known == name) {
        Some((_, events)) => *events += n,
        None => kinds.push((name.to_owned(), n)),
    };
    for (kind, count) in heard.sources.values().flatten() {
        let (thing, _) = kind.split_once('.').unwrap_or((kind, ""));
        add(&format!("{thing}."), count.events);
        add(kind, count.events);
    }
    kinds.sort();
    let sources = heard.sources.iter().map(|(source, kinds)| {
        (source.clone(), kinds.values().map(|count| count.events).sum::<u64>())
    });
    let label = |(name, n): (String, u64)| {
        let words = match name.strip_suffix('.') {
            Some(thing) => format!("{thing}: all ({})", format::count(n)),
            None => format!("{name} ({})", format::count(n)),
        };
        (name, words)
    };
    vec![
        Field::choice("kind", "Kind", &wanted.kind, kinds.into_iter().take(CHOICES).map(label)),
        Field::choice("source", "Source", &wanted.source, sources.take(CHOICES).map(label)),
        Field::free("subject", "Subject has", &wanted.subject),
    ]
}

fn list(newest: &Newest, is_empty: bool, question: &Question) -> Section {
    let blocks = match (newest.events.is_empty(), is_empty) {
        (false, _) => {
            let columns = ["when", "kind", "subject", "source", "#position"];
            let rows = newest.events.iter().map(|one| row(one, question));
            vec![Block::Table(Table::new("Events", &columns).with(rows))]
        }
        (true, true) => vec![Block::Missing(Missing {
            what: "The ledger holds no event yet.".to_owned(),
            why: String::new(),
            mend: Some("throughline collect --help".to_owned()),
        })],
        (true, false) => {
            vec![Block::Text("There is no such event in the part that was looked at.".to_owned())]
        }
    };
    Section {
        id: "events",
        title: "What happened, the newest first",
        lead: "In the order in which it came in: what happened earlier may have been told later."
            .to_owned(),
        blocks,
    }
}

fn row(one: &Recorded, question: &Question) -> Vec<Cell> {
    let event = &one.event;
    let subject: String = event.subject.chars().take(SUBJECT).collect();
    let position = one.position.0;
    vec![
        moment(event.at),
        text(event.kind.clone()).to(question.address(&format!("/events/{position}"))),
        prose(subject),
        text(event.source.chars().take(SUBJECT).collect::<String>()),
        text(position.to_string()),
    ]
}

fn more(
    newest: &Newest,
    wanted: &Wanted,
    before: Option<Position>,
    question: &Question,
) -> Vec<(String, &'static str)> {
    let of = |path: &str, question: &Question, before: &str| {
        let own = [
            ("kind", wanted.kind.as_str()),
            ("source", &wanted.source),
            ("subject", &wanted.subject),
            ("before", before),
        ];
        address(path, question, &own)
    };
    let mut more = Vec::new();
    if before.is_some() {
        more.push((of("/events", question, ""), "The newest"));
    }
    if let Some(older) = newest.before {
        more.push((of("/events", question, &older.0.to_string()), "Older ones"));
    }
    let before = before.map_or_else(String::new, |before| before.0.to_string());
    more.push((of("/v1/events", &Question::default(), &before), "These as JSON"));
    more
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    shell: Shell,
    facts: Vec<(&'static str, String)>,
    json: String,
    before: Option<String>,
    after: Option<String>,
    all: String,
}

/// `GET /events/{position}`
pub(crate) async fn event(
    State(app): State<App>,
    Path(position): Path<String>,
    uri: Uri,
) -> PageResult {
    let (mut shell, question) = alone(&app, "Event", &uri)?;
    shell.follows = "";
    let one = at(&app, &position).await?;
    let end = app.reader.end().await.map_err(Problem::bug)?;
    let event = app.reading.veil(one.event);
    let link = |position: i64| question.address(&format!("/events/{position}"));
    let page = EventPage {
        shell,
        facts: vec![
            ("Kind", event.kind.clone()),
            ("Happened", event.at.to_string()),
            ("Subject", event.subject.clone()),
            ("Source", event.source.clone()),
            ("Position", one.position.0.to_string()),
        ],
        json: serde_json::to_string_pretty(&event).map_err(Problem::bug)?,
        before: (one.position.0 > 1).then(|| link(one.position.0 - 1)),
        after: (one.position < end).then(|| link(one.position.0 + 1)),
        all: question.address("/events"),
    };
    shown(&page)
}

/// The event at a position, as somebody wrote it.
pub(crate) async fn at(app: &App, position: &str) -> Result<Recorded, Problem> {
    let missing = || {
        let what = "The ledger has no event at this position.".to_owned();
        Problem::missing(what, "Positions count from 1.".to_owned())
    };
    let number: i64 = position.parse().ok().filter(|number| *number > 0).ok_or_else(missing)?;
    let found = app.reader.between(Position(number - 1), Position(number), "").await;
    found.map_err(Problem::bug)?.pop().ok_or_else(missing)
}
