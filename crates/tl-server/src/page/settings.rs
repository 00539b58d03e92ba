//! `/settings`: what is connected and how it is, where the ledger is, which teams and services there are.
//!
//! In: the ledger's cursors, jobs and counts, and the choices of the newest measurement. Out: a [`Sheet`].
//! Start at [`settings`]. **Invariant:** no secret is shown: where a source goes on from, only its client
//! knows, and it is not printed.

use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tl_core::time::{Millis, Timestamp};
use tl_ledger::cursor::Cursor;
use tl_ledger::jobs::Job;
use tl_ledger::look::Form;
use tl_map::format;

use super::reliability::moment;
use super::sheet::{Sheet, alone};
use super::{PageResult, Problem};
use crate::app::App;
use crate::chart::table::{Cell, Table, count, prose, text};
use crate::measured::Choices;
use crate::question::Question;
use crate::report::sections::{Block, Headline, Missing, Section};
use crate::told::{Heard, heard};

/// How long the page waits for a measurement: what is connected is shown without one.
const PATIENCE: Duration = Duration::from_millis(500);

/// After so long without an event a source is silent.
const SILENT: Millis = Millis::days(7);

/// Rows of each list.
const ROWS: usize = 200;

/// Programs whose events come from here and not from elsewhere.
const OWN: [&str; 2] = ["guard", "throughline"];

/// A source, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Source {
    /// Its name.
    pub(crate) source: String,
    /// Events that it gave.
    pub(crate) events: u64,
    /// Kinds of them.
    pub(crate) kinds: Vec<String>,
    /// When the latest of them happened.
    pub(crate) last: Timestamp,
    /// Whether that was more than a week ago.
    pub(crate) silent: bool,
    /// How far its streams are collected.
    pub(crate) streams: Vec<Stream>,
}

/// A stream of a source.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stream {
    /// What of the source.
    pub(crate) stream: String,
    /// When it was last collected.
    pub(crate) at: Timestamp,
}

/// Every source that an event or a cursor names.
pub(crate) fn sources(heard: &Heard, cursors: &[Cursor], now: Timestamp) -> Vec<Source> {
    let streams = |name: &str| -> Vec<Stream> {
        let own = cursors.iter().filter(|cursor| cursor.source == name);
        own.map(|cursor| Stream { stream: cursor.stream.clone(), at: cursor.at }).collect()
    };
    let mut all: Vec<Source> = heard
        .sources
        .iter()
        .map(|(name, kinds)| {
            let last = kinds.values().map(|count| count.last).max().unwrap_or_default();
            Source {
                source: name.clone(),
                events: kinds.values().map(|count| count.events).sum(),
                kinds: kinds.keys().cloned().collect(),
                last,
                silent: now - last > SILENT && !OWN.contains(&name.as_str()),
                streams: streams(name),
            }
        })
        .collect();
    for cursor in cursors {
        if all.iter().all(|known| known.source != cursor.source) {
            let (source, last) = (cursor.source.clone(), cursor.at);
            let streams = streams(&source);
            all.push(Source { source, events: 0, kinds: Vec::new(), last, silent: true, streams });
        }
    }
    all
}

/// `GET /settings`
pub(crate) async fn settings(State(app): State<App>, uri: Uri) -> PageResult {
    let (mut shell, _) = alone(&app, "Settings", &uri)?;
    let now = (app.clock)();
    let cursors = app.reader.cursors().await.map_err(Problem::bug)?;
    let jobs = app.reader.jobs(now).await.map_err(Problem::bug)?;
    let form = app.reader.form().await.map_err(Problem::bug)?;
    let question = Question::default();
    let asked = tokio::time::timeout(PATIENCE, app.board.ask(&question)).await;
    let heard = heard(&app).await.map_err(Problem::bug)?;
    shell.notes.extend(heard.gap());
    let sources = sources(&heard, &cursors, now);
    let mut sections = vec![sources_section(&sources, now)];
    sections.extend(collected(&cursors, now));
    sections.extend(work(&jobs));
    sections.push(match asked {
        Ok(Ok(snapshot)) => organisation(&snapshot.measured.choices),
        Ok(Err(why)) => not_measured(why.to_string()),
        Err(_) => not_measured("It is being measured; load the page again.".to_owned()),
    });
    sections.push(ledger(&app, &form, &heard));
    let sheet = Sheet {
        shell,
        sentence: sentence(&sources, &jobs),
        headlines: headlines(&sources, &form, &heard),
        form: None,
        sections,
        more: vec![("/v1/sources".to_owned(), "Sources as JSON")],
    };
    sheet.shown()
}

fn sentence(sources: &[Source], jobs: &[Job]) -> String {
    let outer = sources.iter().filter(|one| !OWN.contains(&one.source.as_str()));
    let (all, silent) =
        outer.fold((0_u64, 0_u64), |(n, s), one| (n + 1, s + u64::from(one.silent)));
    let failed = jobs.iter().filter(|job| job.brought.is_failed).count();
    let failed = match failed {
        0 => String::new(),
        1 => " 1 job failed the last time.".to_owned(),
        n => format!(" {n} jobs failed the last time."),
    };
    match (all, silent) {
        (0, _) => "Nothing is connected yet.".to_owned(),
        (1, 0) => format!("1 source is connected, and gives events.{failed}"),
        (n, 0) => format!("{n} sources are connected, and all of them give events.{failed}"),
        (n, silent) => {
            format!("{n} sources are connected; {silent} gave nothing for a week.{failed}")
        }
    }
}

fn headlines(sources: &[Source], form: &Form, heard: &Heard) -> Vec<Headline> {
    let headline = |label: &str, value: String, small: String| Headline {
        label: label.to_owned(),
        value,
        small,
    };
    let last = sources.iter().max_by_key(|one| one.last);
    // What the program tells itself is no source that somebody connected.
    let outer: Vec<&Source> =
        sources.iter().filter(|one| !OWN.contains(&one.source.as_str())).collect();
    vec![
        headline(
            "events",
            format::count(u64::try_from(heard.end.0).unwrap_or(0)),
            last.map_or_else(String::new, |one| format!("the latest from {}", one.source)),
        ),
        headline(
            "sources",
            format::count(outer.len() as u64),
            match outer.iter().filter(|one| one.silent).count() {
                _ if outer.is_empty() => "none is connected".to_owned(),
                0 => "all of them give events".to_owned(),
                n => format!("{n} silent"),
            },
        ),
        headline(
            "ledger",
            form.bytes.map_or_else(|| format::NOTHING.to_owned(), size),
            form.database.to_owned(),
        ),
    ]
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        small if small < 1e6 => format!("{:.0} kB", small / 1e3),
        middle if middle < 1e9 => format!("{:.1} MB", middle / 1e6),
        large => format!("{:.1} GB", large / 1e9),
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", format::duration((now - at).max(Millis::ZERO).hours())).replace(' ', "\u{a0}")
}

fn sources_section(sources: &[Source], now: Timestamp) -> Section {
    let rows = sources.iter().take(ROWS).map(|one| {
        let state = match (one.silent, one.events) {
            (_, 0) => prose("collected, and gave nothing"),
            (true, _) => prose("silent").under("no event for a week"),
            (false, _) => prose("gives events"),
        };
        let kinds = match one.kinds.as_slice() {
            [kind] => kind.clone(),
            kinds => format!("{} kinds", format::count(kinds.len() as u64)),
        };
        vec![
            text(one.source.clone()).to(format!("/events?{}", source_query(&one.source))),
            state,
            count(one.events).under(kinds),
            moment(one.last).and(Some(ago(one.last, now))),
        ]
    });
    let blocks = match sources.is_empty() {
        true => vec![Block::Missing(Missing {
            what: "Nothing is connected yet. Connect the system that knows your changes first."
                .to_owned(),
            why: String::new(),
            mend: Some(
                "throughline collect github acme/api      # or gitlab, jira, ... : throughline collect --help\n\
                 throughline collect --from events.ndjson # anything else, as events\n\
                 throughline serve --demo                 # or look at a made-up organisation first"
                    .to_owned(),
            ),
        })],
        false => {
            let columns = ["source", "state", "#events", "latest event"];
            vec![Block::Table(Table::new("Sources", &columns).with(rows))]
        }
    };
    Section {
        id: "sources",
        title: "Sources",
        lead: "Where events come from. One that is silent may be fine, or its token has expired."
            .to_owned(),
        blocks,
    }
}

fn source_query(source: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("source", source).finish()
}

fn collected(cursors: &[Cursor], now: Timestamp) -> Option<Section> {
    if cursors.is_empty() {
        return None;
    }
    let rows = cursors.iter().take(ROWS).map(|cursor| {
        vec![
            text(cursor.source.clone()),
            prose(cursor.stream.clone()),
            moment(cursor.at).and(Some(ago(cursor.at, now))),
        ]
    });
    let columns = ["source", "stream", "last collected"];
    Some(Section {
        id: "streams",
        title: "How far it is collected",
        lead: String::new(),
        blocks: vec![Block::Table(Table::new("Streams", &columns).with(rows))],
    })
}

/// What is done by schedule.
fn work(jobs: &[Job]) -> Option<Section> {
    if jobs.is_empty() {
        return None;
    }
    let rows = jobs.iter().take(ROWS).map(|job| {
        let state = match job {
            Job { is_running: true, .. } => "is running",
            Job { is_paused: true, .. } => "paused",
            Job { brought, .. } if brought.is_failed => "failed",
            Job { is_wanted: true, .. } => "about to run",
            _ => "waits for its time",
        };
        let at = |at: Option<Timestamp>| at.map_or_else(|| text(format::NOTHING), moment);
        let brought = format!(
            "{} new, {} known, {} left out",
            format::count(job.brought.new),
            format::count(job.brought.known),
            format::count(job.brought.left_out)
        );
        vec![
            text(job.name.clone()),
            prose(state).and(job.brought.problem.clone()),
            at(job.ended),
            at(job.due),
            prose(brought),
        ]
    });
    let columns = ["job", "state", "last ended", "due", "brought"];
    Some(Section {
        id: "jobs",
        title: "What is collected by schedule",
        lead: String::new(),
        blocks: vec![Block::Table(Table::new("Jobs", &columns).with(rows))],
    })
}

fn organisation(choices: &Choices) -> Section {
    let row = |what: &str, names: &[String], otherwise: &str| -> Vec<Cell> {
        let shown = names.iter().take(ROWS).cloned().collect::<Vec<_>>().join(", ");
        let shown = if names.is_empty() { otherwise.to_owned() } else { shown };
        vec![text(what), count(names.len() as u64), prose(shown)]
    };
    let rows = [
        row("teams", &choices.teams, "name them under [map.teams] of .throughline.toml"),
        row("services", &choices.services, "they come with deployments"),
        row("repositories", &choices.repositories, "they come with changes"),
    ];
    Section {
        id: "organisation",
        title: "Teams, services, repositories",
        lead: "Teams are those of the configuration; the rest is what was collected.".to_owned(),
        blocks: vec![Block::Table(
            Table::new("What can be asked for", &["what", "#how many", "names"]).with(rows),
        )],
    }
}

fn not_measured(why: String) -> Section {
    Section {
        id: "organisation",
        title: "Teams, services, repositories",
        lead: String::new(),
        blocks: vec![Block::Text(why)],
    }
}

fn ledger(app: &App, form: &Form, heard: &Heard) -> Section {
    // Of a file its name is enough: its path may name whoever runs the server.
    let place = match app.reader.path() {
        Some(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
        None => Some(app.reader.place().to_string()),
    };
    let row = |what: &str, value: String| vec![text(what), prose(value)];
    let rows = [
        row("place", place.unwrap_or_default()),
        row("database", form.database.to_owned()),
        row("form of its tables", format!("version {}", form.schema)),
        row("size", form.bytes.map_or_else(|| "not known".to_owned(), size)),
        row("events", format::count(u64::try_from(heard.end.0).unwrap_or(0))),
    ];
    Section {
        id: "ledger",
        title: "The ledger",
        lead: "Every event, append-only: all else is made from it.".to_owned(),
        blocks: vec![Block::Table(Table::new("Ledger", &["what", "value"]).with(rows))],
    }
}
