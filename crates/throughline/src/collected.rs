//! What was collected, out of the ledger: things folded from the events, and histories of
//! repositories that are known by their requests alone.
//!
//! In: a ledger. Out: [`Delivery`], brought up to date first. Start at [`delivery`].
//! **Invariant:** what is still open is in every window; `tl-map` gives the facts their meaning,
//! the ledger keeps the rows, and nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use tl_collect::requested::{head_made, requested_history};
use tl_core::delivery::{Delivery, Release, Request};
use tl_core::event::Event;
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::Repository;
use tl_ledger::append::Appended;
use tl_ledger::projection::ProjectError;
use tl_ledger::rows::{Sink, Wanted};
use tl_ledger::{Ledger, Position};
use tl_map::collected::Collected;
use tl_map::dataset::{Dataset, Others};
use tl_map::fold::{
    BuildRows, Concern, Entity, Gathering, Records, RowError, Shelf, Table, TicketRows, Uses,
    concern,
};
use tl_map::options::Options;
pub(crate) use tl_server::things::Things;

use crate::error::CommandError;
use crate::ui::{Progress, Ui};

/// Things that are few, and of which an old one matters to a new one.
const WHOLE: [Table; 4] = [Table::Release, Table::Incident, Table::Iteration, Table::Answer];

/// Things that are many, the largest first: read as far back as the window needs. Of each place that
/// is deployed to, and of each person who uses AI tools, also the last one before that.
const WINDOWED: [Table; 5] =
    [Table::Request, Table::Ticket, Table::Deployment, Table::Builds, Table::Usage];

/// Things whose ends say how far the collected events reach.
const ENDS: [Table; 2] = [Table::Request, Table::Deployment];

/// Rows of things that wait to be written.
pub(crate) type Folding = tl_ledger::rows::folding::Folding<Things>;

/// From when on things are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// All of them.
    Start,
    /// For a window that begins then.
    Window(Timestamp),
    /// For a window of this length that ends with the newest thing, not after an instant.
    Newest(Millis, Timestamp),
}

/// How much older than the newest trace of a request or deployment its merge, or its end, is taken
/// to be at most. Where it is older still, all is read.
const TRACES: Millis = Millis::WEEK;

/// What was collected: things, and of the many and large ones their rows.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Everything else.
    pub(crate) delivery: Delivery,
    /// The deployments.
    pub(crate) deployments: Records,
    /// The use of AI tools.
    pub(crate) uses: Uses,
    /// The tickets.
    pub(crate) tickets: TicketRows,
    /// The CI of commits.
    pub(crate) builds: BuildRows,
    /// The requests.
    pub(crate) requests: Shelf,
}

/// What was collected but the things that are whole.
#[derive(Debug)]
pub(crate) struct Rest {
    deployments: Records,
    uses: Uses,
    tickets: TicketRows,
    builds: BuildRows,
    requests: Shelf,
}

impl Gathered {
    /// The things that are whole, and the rest.
    pub(crate) fn split(self) -> (Delivery, Rest) {
        let Self { delivery, deployments, uses, tickets, builds, requests } = self;
        (delivery, Rest { deployments, uses, tickets, builds, requests })
    }

    /// Adds what another ledger holds; a thing that both know is taken from this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.delivery.add(other.delivery);
        self.deployments.join(&other.deployments);
        self.uses.join(&other.uses);
        self.tickets.join(&other.tickets);
        self.builds.join(&other.builds);
        self.requests.join(other.requests);
    }

    /// Whether nothing was collected.
    pub(crate) fn is_empty(&self) -> bool {
        self.delivery.is_empty()
            && self.deployments.is_empty()
            && self.uses.is_empty()
            && self.tickets.is_empty()
            && self.builds.is_empty()
            && self.requests.is_empty()
    }
}

/// What was collected, and the end of the window that it was read for, where that was guessed.
///
/// Where the rows cannot be written (a full disk, a ledger that may only be read), the events are
/// folded in memory: slower, and the same.
pub(crate) async fn delivery(
    ui: &mut Ui,
    ledger: &Ledger,
    from: From,
) -> Result<(Gathered, Option<Timestamp>), CommandError> {
    match catch_up(ui, ledger).await {
        Ok(()) => {
            let (since, end) = match from {
                From::Start => (None, None),
                From::Window(since) => (Some(since), None),
                From::Newest(window, now) => {
                    let last = ledger.last_active::<Things>(&ENDS.map(Table::number), now).await?;
                    let end = last.map(|last| last - TRACES);
                    (end.map(|end| end - window), end)
                }
            };
            Ok((from_rows(ledger, since.map(reach)).await?, end))
        }
        Err(ProjectError::Store { source, .. }) => {
            let gathered = from_events(ledger).await?;
            if !gathered.is_empty() {
                ui.note(format!(
                    "events are folded in memory, and again by the next run: {source}"
                ));
            }
            Ok((gathered, None))
        }
        Err(err) => Err(err.into()),
    }
}

/// What rows told, as far as they can be read.
type Told<T> = Result<T, RowError>;

/// Adds a row, unless one before could not be read.
fn tell<T>(told: &mut Told<T>, add: impl FnOnce(&mut T) -> Result<(), RowError>) {
    if let Ok(known) = told
        && let Err(err) = add(known)
    {
        *told = Err(err);
    }
}

/// Where the rows of a table go.
enum Into {
    Requests(Shelf),
    Tickets(Told<TicketRows>),
    Builds(Told<BuildRows>),
    Deployments(Told<Records>),
    Uses(Told<Uses>),
    Things(Table, Told<Gathering>),
}

impl Into {
    fn new(table: Table) -> Self {
        match table {
            Table::Request => Self::Requests(Shelf::default()),
            Table::Ticket => Self::Tickets(Ok(TicketRows::default())),
            Table::Builds => Self::Builds(Ok(BuildRows::default())),
            Table::Deployment => Self::Deployments(Ok(Records::default())),
            Table::Usage => Self::Uses(Ok(Uses::default())),
            _ => Self::Things(table, Ok(Gathering::default())),
        }
    }

    /// Makes room for so many rows.
    fn reserve(&mut self, count: usize) {
        match self {
            Self::Deployments(Ok(records)) => records.reserve(count),
            Self::Uses(Ok(uses)) => uses.reserve(count),
            Self::Things(table, Ok(gathering)) => gathering.reserve(*table, count),
            _ => {}
        }
    }
}

impl Sink for Into {
    fn add(&mut self, key: &str, value: &[u8]) {
        match self {
            Self::Requests(shelf) => shelf.add(key, value),
            Self::Tickets(told) => tell(told, |rows| rows.add_row(key, value)),
            Self::Builds(told) => tell(told, |rows| rows.add_row(key, value)),
            Self::Deployments(told) => tell(told, |records| records.add_row(value)),
            Self::Uses(told) => tell(told, |uses| uses.add_row(value)),
            Self::Things(table, told) => tell(told, |gathering| {
                gathering.add(Entity::decode(*table, value)?);
                Ok(())
            }),
        }
    }
}

/// Reads the rows that are there.
async fn from_rows(ledger: &Ledger, since: Option<Timestamp>) -> Result<Gathered, CommandError> {
    let windowed = WINDOWED.map(|table| (table, since));
    let whole = WHOLE.map(|table| (table, None));
    let wanted = windowed.into_iter().chain(whole);
    let mut sinks = Vec::with_capacity(WINDOWED.len() + WHOLE.len());
    for (table, since) in wanted {
        let mut sink = Into::new(table);
        if matches!(sink, Into::Deployments(_) | Into::Uses(_) | Into::Things(..)) {
            sink.reserve(ledger.count_rows::<Things>(table.number(), since).await?);
        }
        sinks.push(Wanted { table: table.number(), since, sink });
    }
    let mut all = Gathered::default();
    let mut things = Gathering::default();
    for sink in ledger.rows::<Things, Into>(sinks).await?.0 {
        match sink {
            Into::Requests(requests) => all.requests = requests,
            Into::Tickets(tickets) => all.tickets = tickets.map_err(unreadable)?,
            Into::Builds(builds) => all.builds = builds.map_err(unreadable)?,
            Into::Deployments(records) => all.deployments = records.map_err(unreadable)?,
            Into::Uses(uses) => all.uses = uses.map_err(unreadable)?,
            Into::Things(_, own) => things.join(own.map_err(unreadable)?),
        }
    }
    all.deployments.finish();
    all.delivery = things.finish();
    Ok(all)
}

/// A row that cannot be read.
pub(crate) fn unreadable(err: RowError) -> CommandError {
    CommandError::environment(err)
        .hint("`throughline doctor` checks the ledger; rows are only a copy of the events")
}

/// Appends events and folds them, where that is possible without reading them again.
pub(crate) async fn append(
    ui: &Ui,
    ledger: &Ledger,
    folding: &mut Folding,
    events: Vec<Event>,
) -> Result<(Appended, Vec<Event>), CommandError> {
    let taken = ledger.append_and_fold(folding, events).await?;
    if !taken.folded {
        fold(ui, ledger, folding).await?;
    }
    Ok((taken.appended, taken.events))
}

/// Folds every event, and keeps nothing.
async fn from_events(ledger: &Ledger) -> Result<Gathered, CommandError> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = ledger.read(after, "", 4_096).await.map_err(CommandError::environment)?;
        let Some(last) = page.last() else { break };
        after = last.position;
        let told = page.into_iter().map(|recorded| recorded.event);
        events.extend(told.filter(|event| matches!(concern(event), Concern::Thing(..))));
    }
    let mut delivery = tl_map::fold::all(&events);
    let requests = Shelf::of(&std::mem::take(&mut delivery.requests));
    let (mut tickets, mut builds) = (TicketRows::default(), BuildRows::default());
    for ticket in std::mem::take(&mut delivery.tickets) {
        tickets.add(&ticket).map_err(unreadable)?;
    }
    for one in std::mem::take(&mut delivery.builds) {
        builds.add(&one).map_err(unreadable)?;
    }
    let deployments = Records::of(&std::mem::take(&mut delivery.deployments));
    let uses = Uses::of(&std::mem::take(&mut delivery.usage));
    Ok(Gathered { delivery, deployments, uses, tickets, builds, requests })
}

/// Writes the rows that wait, and folds what else is new in the ledger.
pub(crate) async fn fold(
    ui: &Ui,
    ledger: &Ledger,
    folding: &mut Folding,
) -> Result<(), CommandError> {
    let mut report = folded(ui.progress());
    ledger.catch_up_folding(folding, &mut report).await?;
    Ok(())
}

async fn catch_up(ui: &Ui, ledger: &Ledger) -> Result<(), ProjectError> {
    let mut report = folded(ui.progress());
    ledger.catch_up_rows::<Things>(&mut report).await?;
    Ok(())
}

/// Tells how far the folding is.
fn folded(progress: Progress) -> impl FnMut(tl_ledger::rows::Progress) + Send {
    move |at| {
        let done = u64::try_from(at.position.0).unwrap_or(0);
        progress.report("folding events", done, u64::try_from(at.end.0).ok());
    }
}

/// How far back things are read for a window: what failed, or was reworked, was merged before it.
fn reach(since: Timestamp) -> Timestamp {
    since - Millis::days(60)
}

/// Tells each history what its forge calls it, as far as anything was collected of it.
///
/// By the addresses of its remotes, else by its own name where one collected repository alone
/// has it, else because there is one of each: not where its remotes call it something else, for
/// then it is the clone of another repository.
pub(crate) fn name(histories: &mut [History], repositories: &[Repository], all: &Gathered) {
    let collected = collected_repositories(all);
    let only = collected.first().filter(|_| collected.len() == 1 && histories.len() == 1);
    for (history, repository) in histories.iter_mut().zip(repositories) {
        let same = |name: &String| {
            collected.iter().find(|known| known.eq_ignore_ascii_case(name)).map(ToString::to_string)
        };
        let forge_names = repository.forge_names();
        let by_remote = forge_names.iter().find_map(same);
        let by_name = || {
            let last = |known: &&&str| known.rsplit('/').next() == Some(history.name.as_str());
            let mut named = collected.iter().filter(last);
            named.next().filter(|_| named.next().is_none()).map(ToString::to_string)
        };
        let by_count = || only.filter(|_| forge_names.is_empty()).map(ToString::to_string);
        if let Some(name) = by_remote.or_else(by_name).or_else(by_count) {
            history.repository = name;
        }
    }
}

/// The repositories that are known by their requests alone.
pub(crate) fn others(all: &Gathered, known: &[History]) -> Vec<String> {
    let others = collected_repositories(all).into_iter();
    let others = others.filter(|name| known.iter().all(|history| history.repository != *name));
    others.map(str::to_owned).collect()
}

/// The dataset of what was read and collected, with the repositories named that are known by their
/// requests alone.
pub(crate) fn dataset<'a>(
    histories: &'a [History],
    delivery: &'a Delivery,
    Rest { deployments, uses, tickets, builds, requests }: Rest,
    names: Vec<String>,
    options: &'a Options,
) -> Result<Dataset<'a>, CommandError> {
    // Hundreds of repositories need not each look at all releases.
    let mut releases: BTreeMap<&str, Vec<&Release>> = BTreeMap::new();
    for release in &delivery.releases {
        releases.entry(&release.repository).or_default().push(release);
    }
    let make = |name: &str, requests: &[Request]| {
        let own = releases.get(name).into_iter().flatten().copied();
        let mut history = requested_history(name, requests, own, None);
        name.clone_into(&mut history.repository);
        history
    };
    let others = Others { names, make: &make, latest: &head_made };
    let collected =
        Collected::of_rows(delivery, (deployments, uses), tickets, builds).map_err(unreadable)?;
    Dataset::gathered(histories, collected, requests, &others, options).map_err(unreadable)
}

/// Drops what belongs to other repositories than these; returns their names.
///
/// Tickets, incidents and usage belong to no repository: they stay, and count where they are
/// linked. A deployment that names no repository stays as well.
pub(crate) fn keep_only(
    all: &mut Gathered,
    histories: &[History],
) -> Result<BTreeSet<String>, CommandError> {
    let own: BTreeSet<&str> = histories.iter().map(|one| one.repository.as_str()).collect();
    let other: BTreeSet<String> = collected_repositories(all)
        .into_iter()
        .filter(|name| !own.contains(name))
        .map(str::to_owned)
        .collect();
    if other.is_empty() {
        return Ok(other);
    }
    let is_own = |name: &str| name.is_empty() || own.contains(name);
    let mut commits: BTreeSet<String> = BTreeSet::new();
    for requests in all.requests.keep_only(|name| own.contains(name)) {
        let mut add = |request: Request| {
            let head = request.state.into_iter().map(|(_, state)| state.head);
            let landed = request.merged.into_iter().map(|merge| merge.commit);
            let made = request.commits.into_iter().map(|commit| commit.id);
            commits.extend(head.chain(landed).chain(made));
        };
        requests.each(&mut add).map_err(unreadable)?;
    }
    all.builds.retain(|commit| !commits.contains(commit));
    all.deployments.retain(|one| is_own(one.repository()));
    all.delivery.releases.retain(|one| is_own(&one.repository));
    Ok(other)
}

/// Repositories that requests, deployments or releases were collected of.
fn collected_repositories(all: &Gathered) -> BTreeSet<&str> {
    let deployed = all.deployments.iter().map(|one| one.repository());
    let released = all.delivery.releases.iter().map(|one| one.repository.as_str());
    // Each is named by thousands.
    let named: FxHashSet<&str> =
        all.requests.repositories().chain(deployed).chain(released).collect();
    named.into_iter().filter(|name| !name.is_empty()).collect()
}
