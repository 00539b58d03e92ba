//! Every event of a change or an incident, in lanes: its ticket, its request, CI, production, incidents.
//!
//! In: a [`Trail`]. Out: [`Step`]s in the order of time, and a [`Section`] with a table for each lane. Start
//! at [`steps`] and [`section`]. **Invariants:** however many events there are, some hundred are shown and
//! the others are counted; nobody is named; what is not listed yet is said.

use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_ledger::Position;
use tl_map::fold::Table as Kind;
use tl_map::format;
use url::Url;

use super::facts::web;
use super::instant;
use super::words::words;
use crate::chart::table::{Cell, Table, prose, text};
use crate::report::sections::{Block, Missing, Section};
use crate::trail::{MOST, Thing, Trail};

/// Lanes in the order of the line: their names in the API, and for people.
pub(crate) const LANES: [(&str, &str); 5] = [
    ("ticket", "Ticket"),
    ("request", "Request"),
    ("ci", "CI"),
    ("production", "Release and deployment"),
    ("incident", "Incident"),
];

/// Events of a lane that are shown; of more, the first and the last half.
const ROWS: usize = 160;

/// Events from which a lane is folded.
const MANY: usize = 16;

/// Characters of a source that are shown.
const SOURCE: usize = 60;

/// An event on the way of a change.
pub(crate) struct Step {
    /// Name of its lane.
    pub(crate) lane: &'static str,
    /// Its place in the ledger.
    pub(crate) position: Position,
    /// The event.
    pub(crate) event: Event,
}

/// Pages of things, for events that hold no address of their own.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) ticket: Option<String>,
    pub(crate) request: Option<String>,
    pub(crate) incident: Option<String>,
}

/// The events of a trail, the oldest first.
pub(crate) fn steps(trail: Trail) -> Vec<Step> {
    let mut steps: Vec<Step> = trail
        .events
        .into_iter()
        .map(|(thing, one)| {
            let lane = lane(&thing, &one.event);
            Step { lane, position: one.position, event: one.event }
        })
        .collect();
    steps.sort_by_key(|step| (step.event.at, step.position));
    steps
}

/// Where an event belongs.
fn lane(thing: &Thing, event: &Event) -> &'static str {
    match (thing.table, event.kind.split('.').next()) {
        // A deployment is found by its commit, too.
        (_, Some("deploy" | "release")) | (Kind::Deployment | Kind::Release, _) => "production",
        (Kind::Ticket, _) => "ticket",
        (Kind::Request, _) => "request",
        (Kind::Incident, _) => "incident",
        _ => "ci",
    }
}

/// Every event as a section.
pub(crate) fn section(steps: &[Step], told: &Said, pages: &Pages) -> Section {
    let mut blocks: Vec<Block> = Vec::new();
    if told.not_yet > 0 {
        let n = format::count(u64::try_from(told.not_yet).unwrap_or(0));
        blocks.push(Block::Text(format!(
            "The newest {n} events of the ledger were not looked through yet: what they tell of it follows."
        )));
    }
    if told.is_cut {
        let n = format::count(MOST as u64);
        blocks.push(Block::Text(format!("It has very many events: the first {n} are listed.")));
    }
    for (name, title) in LANES {
        let lane: Vec<&Step> = steps.iter().filter(|step| step.lane == name).collect();
        if !lane.is_empty() {
            blocks.push(Block::Table(table(title, &lane, pages)));
        }
    }
    if steps.is_empty() && told.not_yet == 0 {
        blocks.push(Block::Missing(Missing {
            what: "The ledger tells nothing of it beside git.".to_owned(),
            why: String::new(),
            mend: Some("throughline collect --help".to_owned()),
        }));
    }
    Section {
        id: "events",
        title: "Every event",
        lead: "What the ledger holds of it, lane by lane, the oldest first; the number opens the event as \
               it is kept."
            .to_owned(),
        blocks,
    }
}

/// How much of a trail there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) not_yet: i64,
    pub(crate) is_cut: bool,
}

impl Said {
    pub(crate) const fn of(trail: &Trail) -> Self {
        Self { not_yet: trail.not_yet, is_cut: trail.is_cut }
    }
}

fn table(title: &str, lane: &[&Step], pages: &Pages) -> Table {
    let (head, tail) = match lane.len() {
        n if n > ROWS => (ROWS / 2, n - ROWS / 2),
        n => (n, n),
    };
    let mut before: Option<Timestamp> = None;
    let mut rows = Vec::new();
    for (at, step) in lane.iter().enumerate() {
        if at < head || at >= tail {
            rows.push(row(step, before, pages));
        }
        before = Some(step.event.at);
    }
    let n = format::count(lane.len() as u64);
    let caption = match lane.len() {
        n_all if n_all > ROWS => format!("{title}: the first and last {} of {n} events", ROWS / 2),
        1 => format!("{title}: 1 event"),
        // What is folded says itself how long it is.
        MANY.. => title.to_owned(),
        _ => format!("{title}: {n} events"),
    };
    let columns = ["when (UTC)", "what happened", "#after", "source", "#event"];
    let table = Table::new(caption, &columns).with(rows);
    if lane.len() >= MANY { table.folded() } else { table }
}

fn row(step: &Step, before: Option<Timestamp>, pages: &Pages) -> Vec<Cell> {
    let said = words(&step.event);
    let after = before
        .map_or_else(String::new, |before| format::duration((step.event.at - before).hours()));
    let what = prose(said.what);
    let position = step.position.0;
    vec![
        text(instant(step.event.at)),
        if said.more.is_empty() { what } else { what.under(said.more) },
        text(after),
        source(step, pages),
        text(position.to_string()).to(format!("/events/{position}")),
    ]
}

/// Who tells it, and where it can be seen: the event's own address, else the page of the thing.
fn source(step: &Step, pages: &Pages) -> Cell {
    let source = text(step.event.source.chars().take(SOURCE).collect::<String>());
    let own = step.event.data.get("url").and_then(|url| url.as_str()).and_then(web);
    let of_thing = match step.lane {
        "ticket" => &pages.ticket,
        "request" => &pages.request,
        "incident" => &pages.incident,
        _ => &None,
    };
    let Some(url) = own.or_else(|| of_thing.clone()) else { return source };
    let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
    match host {
        Some(host) if host.len() <= SOURCE => source.to(url).under(host),
        _ => source.to(url),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tl_ledger::read::Recorded;

    use super::*;

    fn trail(events: impl IntoIterator<Item = (Kind, Event)>) -> Trail {
        let events = events.into_iter().zip(1..).map(|((table, event), position)| {
            (Thing::new(table, "k"), Recorded { position: Position(position), event })
        });
        Trail { events: events.collect(), ..Trail::default() }
    }

    fn event(kind: &str, second: i64) -> Event {
        Event::new(kind, Timestamp::from_seconds(second), "forge", &second.to_string(), "x")
    }

    fn tables(section: &Section) -> Vec<&Table> {
        let tables = section.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        tables.collect()
    }

    const WHOLE: Said = Said { not_yet: 0, is_cut: false };

    #[test]
    fn events_stand_in_the_lanes_of_the_line_in_the_order_of_time() {
        let steps = steps(trail([
            (Kind::Builds, event("deploy.finished", 9)),
            (Kind::Request, event("change.merged", 5)),
            (Kind::Incident, event("incident.opened", 20)),
            (Kind::Builds, event("ci.finished", 4)),
            (Kind::Deployment, event("step.done", 8)),
            (Kind::Ticket, event("ticket.opened", 1)),
            (Kind::Request, event("change.opened", 2)),
        ]));
        let section = section(&steps, &WHOLE, &Pages::default());
        let shown: Vec<(&str, Vec<&str>)> = tables(&section)
            .iter()
            .map(|table| {
                let what = table.rows.iter().map(|row| row[1].text.as_str()).collect();
                (table.caption.as_str(), what)
            })
            .collect();
        let expected = [
            ("Ticket: 1 event", vec!["ticket opened"]),
            ("Request: 2 events", vec!["request opened", "request merged"]),
            ("CI: 1 event", vec!["run ended"]),
            ("Release and deployment: 2 events", vec!["a person acted", "deployment ended"]),
            ("Incident: 1 event", vec!["incident began"]),
        ];
        assert_eq!(shown, expected);
        let merged = &tables(&section)[1].rows[1];
        assert_eq!(merged[2].text, format::duration(3.0 / 3_600.0));
        assert_eq!(merged[4].href.as_deref(), Some("/events/2"));
    }

    #[test]
    fn of_thousands_of_events_some_are_shown_and_all_are_counted() {
        let many = (0..3_000).map(|n| (Kind::Builds, event("ci.finished", n)));
        let steps = steps(trail(many));
        let section = section(&steps, &Said { not_yet: 7, is_cut: true }, &Pages::default());
        let table = tables(&section)[0];
        assert_eq!((table.rows.len(), table.folded), (ROWS, true));
        assert!(table.caption.contains("of 3,000 events"), "{}", table.caption);
        assert_eq!(table.rows[ROWS - 1][4].text, "3000");
        let said: Vec<_> =
            section.blocks.iter().filter(|block| matches!(block, Block::Text(_))).collect();
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn evidence_is_an_address_of_the_web_or_none() {
        let pages =
            Pages { request: Some("https://forge.example/1".to_owned()), ..Pages::default() };
        let link = |kind: Kind, name: &str, url: serde_json::Value| {
            let event = Event { data: json!({ "url": url }), ..event(name, 1) };
            let steps = steps(trail([(kind, event)]));
            source(&steps[0], &pages).href
        };
        let own = link(Kind::Request, "change.opened", json!("https://a.example/x"));
        assert_eq!(own.as_deref(), Some("https://a.example/x"));
        for odd in [json!("javascript:alert(1)"), json!(3), json!(null)] {
            let page = link(Kind::Request, "change.review", odd.clone());
            assert_eq!(page.as_deref(), Some("https://forge.example/1"));
            assert_eq!(link(Kind::Builds, "ci.finished", odd), None);
        }
    }

    #[test]
    fn where_nothing_is_known_it_says_what_brings_it() {
        let nothing = section(&[], &WHOLE, &Pages::default());
        assert!(matches!(nothing.blocks[0], Block::Missing(_)));
        let behind = section(&[], &Said { not_yet: 5, is_cut: false }, &Pages::default());
        assert!(matches!(behind.blocks[..], [Block::Text(_)]));
    }
}
