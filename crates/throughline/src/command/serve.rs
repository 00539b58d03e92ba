//! `throughline serve`: the team's page, API and inbox.
//!
//! In: repositories, a ledger, and where to listen. Out: a server until it is interrupted. It measures as
//! `map` does. **Invariant:** without `--listen` nothing but this machine can reach it.

mod demo;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_ledger::directory;
use tl_map::dataset::Dataset;
use tl_map::{explain, journey_row, open_row};
use tl_server::app::{App, Setup, serve};
use tl_server::measured::{Choices, Measure, Measured};
use tl_server::question::{Period as Asked, Question};
use tokio::net::TcpListener;

use crate::clock;
use crate::collected;
use crate::context::{Context, Globals, LedgerChoice};
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
    /// Directory of the ledger [default: `.throughline` of the repository here, else
    /// `throughline` among your own data]
    #[arg(long, value_name = "DIR", conflicts_with = "ledger")]
    data: Option<PathBuf>,
    /// Show a made-up organisation, and keep nothing
    #[arg(long, conflicts_with_all = ["repositories", "data", "ledger"])]
    demo: bool,
}

/// Rows that stand behind a figure.
const EXPLAINED_ROWS: usize = 200;

pub(super) async fn cmd_serve(ui: &mut Ui, globals: &Globals, args: &ServeArgs) -> CmdResult {
    if !args.listen.ip().is_loopback() {
        return Err(CommandError::usage(format!(
            "`--listen {}` would be open to the network, and nobody has to sign in",
            args.listen
        ))
        .hint("listen on 127.0.0.1, and put a proxy with a sign-in before it"));
    }
    let demo = match args.demo {
        true => Some(demo::Demo::make(ui).await?),
        false => None,
    };
    let (repositories, choice) = match &demo {
        Some(demo) => (Vec::new(), LedgerChoice::Path(demo.ledger().to_owned())),
        None => (args.open(ui)?, globals.ledger.clone()),
    };
    let globals = Globals {
        variables: globals.variables.clone(),
        config: demo
            .as_ref()
            .map(|demo| demo.config().to_owned())
            .or_else(|| globals.config.clone()),
        ledger: args.ledger(globals, choice, &repositories)?,
        offline: globals.offline,
    };
    let cx = Context::load(ui, &globals, repositories.first())?;
    let ledger = open(&cx, repositories.first()).await?;
    let reader = ledger.beside().await?.unwrap_or(Ledger::in_memory().await?);
    let place = ledger.place().to_string();
    let listener = TcpListener::bind(args.listen).await.map_err(|err| {
        CommandError::environment(ListenError { at: args.listen, source: err })
            .hint("another program listens there, or it needs rights; `--listen 127.0.0.1:0` takes any free port")
    })?;
    let at = listener.local_addr().map_err(CommandError::environment)?;
    let setup = Setup {
        measure: measure(globals, repositories.iter().map(path_of).collect()),
        ledger,
        reader,
        clock: clock::read,
        demo: demo.as_ref().map(|_| demo::Demo::note().to_owned()),
    };
    ui.status(format!("listening on http://{at}, ledger {place}; Ctrl-C stops it"));
    let stop = async {
        // Where the signal cannot be waited for, the process is ended without it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(App::new(setup), listener, stop).await.map_err(CommandError::environment)?;
    Ok(Outcome::Done)
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

    /// The one ledger that everything goes to.
    fn ledger(
        &self,
        globals: &Globals,
        choice: LedgerChoice,
        repositories: &[Repository],
    ) -> Result<LedgerChoice, CommandError> {
        let file = |directory: PathBuf| {
            let path =
                directory::prepare_directory(&directory).map_err(CommandError::environment)?;
            Ok(LedgerChoice::Path(path))
        };
        match (choice, &self.data) {
            (LedgerChoice::Default, Some(data)) => file(data.clone()),
            // Of several repositories none is the one whose ledger it should be.
            (LedgerChoice::Default, None) if repositories.len() == 1 => Ok(LedgerChoice::Default),
            (LedgerChoice::Default, None) => match globals.variables.user_data() {
                Some(data) => file(data),
                None => Err(CommandError::usage("there is no place for the ledger")
                    .hint("name a directory with `--data DIR`")),
            },
            (LedgerChoice::None, _) => Err(CommandError::usage("a server needs a ledger")
                .hint("`--demo` shows a made-up organisation and keeps nothing")),
            (named, _) => Ok(named),
        }
    }
}

async fn open(cx: &Context, repository: Option<&Repository>) -> Result<Ledger, CommandError> {
    if let Some(ledger) = cx.named_ledger().await? {
        return Ok(ledger);
    }
    let path = repository.and_then(|repository| cx.ledger_path(repository));
    let path = path.ok_or_else(|| CommandError::usage("there is no place for the ledger"))?;
    if let Some(directory) = path.parent() {
        directory::prepare_directory(directory).map_err(CommandError::environment)?;
    }
    Ok(Ledger::open(&path).await?)
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
        services: services(&data),
        repositories: report.repositories.iter().map(|one| one.name.clone()).collect(),
    };
    let explained = tl_map::measure::MEASURES.iter();
    let measured = Measured {
        journeys: journey_row::rows(&data, cx.config().map.privacy.names),
        open: open_row::rows(&data),
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

fn period(question: &Question) -> Period {
    match question.period {
        Asked::Days(_) => Period::default(),
        Asked::Between(since, until) => {
            Period { since: Some(since), until: Some(until), ..Period::default() }
        }
    }
}

/// Services that something was deployed of, by name.
fn services(data: &Dataset<'_>) -> Vec<String> {
    let names = data.deployments.list.iter().map(|one| one.service.as_str());
    let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
    names.into_iter().map(str::to_owned).collect()
}
