//! `throughline serve`: the team's page, API and inbox.
//!
//! In: repositories, a ledger, and where to listen. Out: a server until it is interrupted. It measures as
//! `map` does. **Invariant:** without `--listen` nothing but this machine can reach it.

mod demo;
mod door;
mod jobs;
pub(super) mod place;
mod quarantine;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_map::dataset::Dataset;
use tl_map::measure::what_if_network;
use tl_map::network::asked::Simulator;
use tl_map::options::Only;
use tl_map::report::Report;
use tl_map::{deployment_row, explain, journey_row, open_row, path_row, weeks};
use tl_server::access::Door;
use tl_server::access::keys::people_key;
use tl_server::app::{App, Setup, serve};
use tl_server::measured::{Choices, Measure, Measured};
use tl_server::question::{Period as Asked, Question};
use tl_server::reading::Reading;
use tokio::net::TcpListener;

use crate::clock;
use crate::collected;
use crate::command::serve::door::DoorArgs;
use crate::command::serve::place::PlaceArgs;
use crate::command::test::shelf::place_of;
use crate::config::env::TL_NOW;
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::pipeline::{self, Period};
use crate::ui::{Settings, Ui};

/// Show the team's page, and take in events
///
/// Measures as `map` does, and follows what comes into the ledger. Stop it with Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Repositories to measure beside those that were collected [default: the one here, if there is one]
    #[arg(value_name = "REPO")]
    repositories: Vec<PathBuf>,
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    door: DoorArgs,
    #[command(flatten)]
    inlet: jobs::InletArgs,
    /// Show a made-up organisation, and keep nothing
    #[arg(long, conflicts_with_all = ["repositories", "data", "ledger"])]
    demo: bool,
}

/// Rows that stand behind a figure.
const EXPLAINED_ROWS: usize = 200;

pub(super) async fn cmd_serve(ui: &mut Ui, globals: &Globals, args: &ServeArgs) -> CmdResult {
    let demo = match args.demo {
        true => {
            let fixed = globals.variables.text(TL_NOW);
            let now = clock::now(fixed.as_deref()).map_err(CommandError::usage)?;
            Some(demo::Demo::make(ui, now).await?)
        }
        false => None,
    };
    let (repositories, globals) = match &demo {
        Some(demo) => (Vec::new(), demo.globals(globals)),
        None => {
            let repositories = args.open(ui)?;
            let choice = args.place.choose(globals, &repositories)?;
            (repositories, globals.with_ledger(choice))
        }
    };
    let (cx, setup) = alone(ui, &globals, &repositories).await?;
    let (door, tls) = args.door.read(&cx, &globals.variables, args.listen, &setup.ledger).await?;
    let (inlet, schedule) = match &demo {
        Some(_) => (Default::default(), None),
        None => {
            let here = repositories.first().map(path_of);
            let inlet = jobs::inlet(ui, &cx, &globals, &args.inlet, args.listen)?;
            (inlet, jobs::schedule(ui, &cx, &globals, here))
        }
    };
    let place = setup.ledger.place().to_string();
    let listener = TcpListener::bind(args.listen).await.map_err(|err| {
        CommandError::environment(ListenError { at: args.listen, source: err })
            .hint("another program listens there, or it needs rights; `--listen 127.0.0.1:0` takes any free port")
    })?;
    let at = listener.local_addr().map_err(CommandError::environment)?;
    let demo_note = demo.as_ref().map(|_| demo::Demo::note().to_owned());
    let mut setup = Setup { demo: demo_note, door, inlet, schedule, ..setup };
    if let Some(demo) = &demo {
        setup.reading.quarantines = demo.quarantines();
    }
    ui.status(format!(
        "listening on {}://{at}, ledger {place}; Ctrl-C stops it",
        if tls.is_some() { "https" } else { "http" }
    ));
    let stop = async {
        // Where the signal cannot be waited for, the process is ended without it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(App::new(setup), listener, tls, stop).await.map_err(CommandError::environment)?;
    Ok(Outcome::Done)
}

/// A server that takes nothing in, collects nothing, and that only this machine can reach.
pub(super) async fn alone(
    ui: &mut Ui,
    globals: &Globals,
    repositories: &[Repository],
) -> Result<(Context, Setup), CommandError> {
    let cx = Context::load(ui, globals, repositories.first())?;
    let ledger = place::open(&cx, repositories.first()).await?;
    let reader = ledger.again().await?.unwrap_or(Ledger::in_memory().await?);
    let beside = ledger.path().and_then(Path::parent).map(Path::to_path_buf);
    let names = cx.config().map.privacy.names;
    let own = Context::load(ui, globals, repositories.first())?;
    let results = move |lake: &str| place_of(&own, beside.as_deref(), lake).ok();
    let paths: Vec<PathBuf> = repositories.iter().map(path_of).collect();
    let key = people_key(&ledger, clock::read()).await.map_err(CommandError::environment)?;
    let reading = Reading {
        results: Box::new(results),
        quarantines: quarantine::reader(paths.clone()),
        names,
        key,
    };
    let setup = Setup {
        measure: measure(globals.clone(), paths),
        ledger,
        reader,
        clock: clock::read,
        demo: None,
        door: Door::open(Vec::new()),
        inlet: Default::default(),
        schedule: None,
        reading,
    };
    Ok((cx, setup))
}

/// Nothing could listen there.
#[derive(Debug, thiserror::Error)]
#[error("failed to listen on {at}")]
struct ListenError {
    at: SocketAddr,
    source: std::io::Error,
}

impl ServeArgs {
    /// The repositories named; without any the one here, if there is one.
    fn open(&self, ui: &mut Ui) -> Result<Vec<Repository>, CommandError> {
        match self.repositories.as_slice() {
            [] => Ok(Repository::open(".".as_ref()).into_iter().collect()),
            named => pipeline::open(ui, named),
        }
    }
}

fn path_of(repository: &Repository) -> PathBuf {
    repository.work_dir().unwrap_or_else(|| repository.git_dir()).to_owned()
}

/// Measures as `map --collected` does, each time anew.
fn measure(globals: Globals, repositories: Vec<PathBuf>) -> Measure {
    Box::new(move |question| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|err| err.to_string())?;
        let measured = runtime.block_on(measured(&globals, &repositories, question));
        measured.map_err(|err| err.plain())
    })
}

async fn measured(
    globals: &Globals,
    repositories: &[PathBuf],
    question: &Question,
) -> Result<Measured, CommandError> {
    let ui = &mut Ui::new(Settings::silent());
    let repositories = pipeline::open(ui, repositories)?;
    let mut cx = Context::load(ui, globals, repositories.first())?;
    if let Asked::Days(days) = question.period {
        cx.loaded.config.map.window_days = days;
    }
    let period = period(question);
    let mut options = pipeline::options(&cx, &period, &cx.config().map.teams)?;
    options.collected.business_hours = true;
    options.only = only(question);
    let (mut histories, mut ledgers) = pipeline::histories(ui, &cx, &repositories, &period).await?;
    if ledgers.is_empty() {
        ledgers.extend(cx.named_ledger().await?);
    }
    let (gathered, names) =
        pipeline::delivery(ui, &cx, &repositories, &mut histories, &ledgers, &period, true).await?;
    let (delivery, rest) = gathered.split();
    let data = collected::dataset(&histories, &delivery, rest, names, &options)?;
    let report = tl_map::map(&data);
    let choices = Choices {
        teams: options.teams.iter().map(|team| team.name.clone()).collect(),
        services: data.known.services.clone(),
        repositories: data.known.repositories.clone(),
    };
    let explained = tl_map::measure::MEASURES.iter();
    let measured = Measured {
        journeys: journey_row::rows(&data, cx.config().map.privacy.names),
        open: open_row::rows(&data),
        paths: path_row::rows(&data),
        simulator: simulator(&data, &report),
        weeks: weeks::weeks(&data),
        forge_names: forge_names(&data),
        deployments: deployment_row::deployments(&data),
        incidents: deployment_row::incidents(&data),
        explained: explained
            .filter_map(|doc| explain::explain(&data, doc.id, EXPLAINED_ROWS).ok())
            .collect(),
        choices,
        notes: Vec::new(),
        report,
    };
    for ledger in ledgers {
        // Nothing but caches was written.
        let _untidy = ledger.close().await;
    }
    Ok(measured)
}

/// The line that was simulated, where it may be asked more.
fn simulator(data: &Dataset<'_>, report: &Report) -> Option<Arc<Simulator>> {
    let network = report.collected.as_ref()?.network.as_ref()?;
    what_if_network::simulator(data, network).map(Arc::new)
}

fn period(question: &Question) -> Period {
    match question.period {
        Asked::Days(_) => Period::default(),
        Asked::Between(since, until) => {
            Period { since: Some(since), until: Some(until), ..Period::default() }
        }
    }
}

/// The part that is asked about.
fn only(question: &Question) -> Only {
    Only {
        repositories: question.repository.iter().cloned().collect(),
        services: question.service.iter().cloned().collect(),
        teams: question.team.iter().cloned().collect(),
        cohort: question.cohort,
    }
}

/// What forges call the repositories, where that is not their name for people.
fn forge_names(data: &Dataset<'_>) -> BTreeMap<String, String> {
    let all =
        data.repositories.iter().map(|found| (&found.history.name, &found.history.repository));
    let other = all.filter(|(name, forge)| name != forge && !forge.is_empty());
    other.map(|(name, forge)| (name.clone(), forge.clone())).collect()
}
