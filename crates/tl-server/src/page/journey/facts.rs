//! Everything that the ledger tells of one change: its request and its ticket, fact by fact.
//!
//! In: the ledger's rows of these two things, by their keys. Out: [`Facts`], the oldest first. Start at
//! [`told`]. **Invariants:** two rows are read, however large the ledger is; people are not named; an
//! address is only a link where it is one of the web.

use tl_core::attribution::AuthorClass;
use tl_core::delivery::{Request, Review, Ticket};
use tl_core::fact::ReviewVerdict;
use tl_core::time::Timestamp;
use tl_ledger::rows::RowKey;
use tl_map::fold::{Entity, Table as Kind};
use url::Url;

use super::way::Way;
use super::{Problem, instant};
use crate::app::App;
use crate::chart::table::{Table, prose, text};
use crate::measured::Measured;
use crate::report::sections::{Block, Missing, Section};
use crate::things::Things;

/// Facts that are shown; of a request with more, the oldest and the newest.
const MOST: usize = 400;

/// See the module.
#[derive(Default)]
pub(super) struct Facts {
    /// Title of the request.
    pub(super) title: Option<String>,
    /// Its page on the forge.
    pub(super) url: Option<String>,
    /// The page of its ticket.
    pub(super) ticket_url: Option<String>,
    /// When, what, and what else is to be said; by which of the two it is told.
    all: Vec<Fact>,
}

struct Fact {
    at: Timestamp,
    what: &'static str,
    more: String,
    by: &'static str,
}

/// What the ledger tells of a change.
pub(super) async fn told(app: &App, measured: &Measured, way: &Way<'_>) -> Result<Facts, Problem> {
    let mut facts = Facts::default();
    if let Some(key) = request_key(measured, way)
        && let Some(Entity::Request(request)) = read(app, Kind::Request, &key).await?
    {
        facts.add_request(&request);
    }
    if let Some(key) = way.row.and_then(|row| row.ticket.as_ref())
        && let Some(Entity::Ticket(ticket)) = read(app, Kind::Ticket, key).await?
    {
        facts.add_ticket(&ticket);
    }
    facts.all.sort_by_key(|fact| fact.at);
    Ok(facts)
}

/// The key of the request, as its forge names it.
fn request_key(measured: &Measured, way: &Way<'_>) -> Option<String> {
    let (_, number) = way.name.rsplit_once('#')?;
    let forge = measured.forge_names.get(way.repository).map_or(way.repository, String::as_str);
    Some(format!("{forge}#{number}"))
}

async fn read(app: &App, kind: Kind, key: &str) -> Result<Option<Entity>, Problem> {
    let key = RowKey { table: kind.number(), key: key.to_owned() };
    let row = app.reader.row::<Things>(&key).await.map_err(Problem::bug)?;
    row.map(|row| Entity::decode(kind, &row)).transpose().map_err(Problem::bug)
}

impl Facts {
    fn add(
        &mut self,
        by: &'static str,
        at: Timestamp,
        what: &'static str,
        more: impl Into<String>,
    ) {
        self.all.push(Fact { at, what, more: more.into(), by });
    }

    fn add_request(&mut self, request: &Request) {
        let by = "request";
        if let Some((_, state)) = &request.state {
            self.title = Some(state.title.clone());
            self.url = web(&state.url);
        }
        if let Some(at) = &request.opened {
            self.add(by, *at, "request opened", "");
        }
        for (at, ready) in &request.drafts {
            self.add(by, *at, if *ready { "marked ready" } else { "turned into a draft" }, "");
        }
        for commit in &request.commits {
            let tools = commit.ai_tools.join(", ");
            let id = short(&commit.id);
            let more = if tools.is_empty() { id } else { format!("{id}, with {tools}") };
            self.add(by, commit.authored, "commit made", more);
        }
        for (at, head) in &request.pushes {
            self.add(by, *at, "pushed", short(head));
        }
        for (at, _) in &request.asked {
            self.add(by, *at, "review asked for", "");
        }
        for review in &request.reviews {
            self.add(by, review.at, verdict(review), reviewer(review));
        }
        for (at, entered) in &request.queued {
            let what = if *entered { "entered the merge queue" } else { "left the merge queue" };
            self.add(by, *at, what, "");
        }
        if let Some(merge) = &request.merged {
            self.add(by, merge.at, "request merged", short(&merge.commit));
        }
        for at in &request.closed {
            self.add(by, *at, "closed", "");
        }
        for at in &request.reopened {
            self.add(by, *at, "opened again", "");
        }
    }

    fn add_ticket(&mut self, ticket: &Ticket) {
        let by = "ticket";
        self.ticket_url = ticket.state.as_ref().and_then(|(_, state)| web(&state.url));
        if let Some(at) = &ticket.opened {
            self.add(by, *at, "ticket opened", ticket.key.clone());
        }
        for step in &ticket.moves {
            self.add(by, step.at, "ticket moved", format!("{} → {}", step.from, step.to));
        }
        for (at, resolution) in &ticket.closed {
            self.add(by, *at, "ticket closed", resolution.clone());
        }
        for at in &ticket.reopened {
            self.add(by, *at, "ticket opened again", "");
        }
    }

    /// All of them as a table.
    pub(super) fn section(&self) -> Section {
        let title = "Everything that was recorded";
        let lead =
            "What the ledger tells of its request and its ticket, in the order of time.".to_owned();
        if self.all.is_empty() {
            let what = "The ledger tells nothing of it beside git.".to_owned();
            let mend = Some("throughline collect --help".to_owned());
            let blocks = vec![Block::Missing(Missing { what, why: String::new(), mend })];
            return Section { id: "recorded", title, lead, blocks };
        }
        let (head, tail) = match self.all.len() {
            n if n > MOST => (MOST / 2, n - MOST / 2),
            n => (n, n),
        };
        let shown = self.all[..head].iter().chain(&self.all[tail..]);
        let rows = shown.map(|fact| {
            vec![text(instant(fact.at)), text(fact.what), prose(fact.more.clone()), text(fact.by)]
        });
        let caption = match self.all.len() {
            n if n > MOST => format!("The first and last {} of {n} facts", MOST / 2),
            1 => "One fact".to_owned(),
            n => format!("{n} facts"),
        };
        let table = Table::new(caption, &["when (UTC)", "what", "", "told by"]).with(rows);
        Section { id: "recorded", title, lead, blocks: vec![Block::Table(table)] }
    }
}

const fn verdict(review: &Review) -> &'static str {
    match review.verdict {
        ReviewVerdict::Approved => "approved",
        ReviewVerdict::ChangesRequested => "changes asked for",
        ReviewVerdict::Dismissed => "review taken back",
        _ => "reviewed",
    }
}

const fn reviewer(review: &Review) -> &'static str {
    match review.class {
        AuthorClass::Human => "by a person",
        _ => "by a program",
    }
}

/// The beginning of an id.
fn short(id: &str) -> String {
    id.chars().take(10).collect()
}

/// An address that a browser may be sent to.
fn web(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use tl_core::fact::ChangeState;

    use super::*;

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        assert_eq!(web("javascript:alert(1)"), None);
        assert_eq!(web("data:text/html,x"), None);
        assert_eq!(web("not one"), None);
        assert_eq!(web("https://a.example/1").as_deref(), Some("https://a.example/1"));
    }

    #[test]
    fn a_request_with_thousands_of_pushes_is_shown_by_its_ends() {
        let at = Timestamp::from_seconds;
        let mut facts = Facts::default();
        facts.add_request(&Request {
            pushes: (0..5_000).map(|n| (at(n), format!("{n:040}"))).collect(),
            state: Some((at(0), ChangeState { title: "t".to_owned(), ..ChangeState::default() })),
            ..Request::default()
        });
        let section = facts.section();
        let Block::Table(table) = &section.blocks[0] else { panic!("a table") };
        assert_eq!(table.rows.len(), MOST);
    }
}
