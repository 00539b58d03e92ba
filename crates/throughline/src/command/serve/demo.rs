//! The organisation that `--demo` shows: made up from a seed, in a directory that goes when the server
//! does.
//!
//! In: an instant. Out: [`Demo`]: a ledger with half a year of events that end there, and a configuration with
//! its teams. Start at [`Demo::make`].

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tl_core::time::{Millis, Timestamp};
use tl_lake::place::Place;
use tl_ledger::{Ledger, directory};
use tl_server::organisation::Organisation;
use tl_server::reading::{OfRepository, Quarantines};
use tl_test::record::{Beside, Gathered, record};

use crate::collected::{self, Folding};
use crate::command::test::shelf;
use crate::context::{Globals, LedgerChoice};
use crate::error::CommandError;
use crate::ui::Ui;

/// What chance begins with: the same organisation each time.
const SEED: u64 = 2;

/// Changes in the three years that are simulated; about a sixth of them are told.
const CHANGES: u64 = 30_000;

/// Events of a change.
const EVENTS: f64 = 20.0;

/// How far back events are told.
const TOLD: Millis = Millis::days(200);

/// Events that are appended at once.
const BATCH: usize = 10_000;

/// See the module.
pub(super) struct Demo {
    organisation: Organisation,
    _directory: TempDir,
    ledger: PathBuf,
    config: PathBuf,
}

impl Demo {
    /// Makes the organisation as it stands at an instant.
    pub(super) async fn make(ui: &mut Ui, now: Timestamp) -> Result<Self, CommandError> {
        let directory =
            TempDir::with_prefix("throughline-demo-").map_err(CommandError::environment)?;
        let ledger = directory.path().join(directory::FILE_NAME);
        let config = directory.path().join("demo.toml");
        let organisation = Organisation {
            seed: SEED,
            changes: CHANGES,
            events_per_change: EVENTS,
            until: now,
            since: Some(now - TOLD),
        };
        std::fs::write(&config, configuration(&organisation)).map_err(CommandError::environment)?;
        fill(ui, &ledger, &organisation).await?;
        Ok(Self { organisation, _directory: directory, ledger, config })
    }

    /// The flags that lead to it.
    pub(super) fn globals(&self, globals: &Globals) -> Globals {
        let globals = globals.with_ledger(LedgerChoice::Path(self.ledger.clone()));
        Globals { config: Some(self.config.clone()), ..globals }
    }

    /// What is in quarantine there.
    pub(super) fn quarantines(&self) -> Quarantines {
        let quarantine = Ok(Some(self.organisation.quarantine()));
        let all = vec![OfRepository { repository: shelf::OWN.to_owned(), quarantine }];
        Box::new(move || all.clone())
    }

    /// What stands on every page.
    pub(super) const fn note() -> &'static str {
        "This organisation is made up; no person, team or incident in it exists."
    }
}

async fn fill(ui: &Ui, path: &Path, organisation: &Organisation) -> Result<(), CommandError> {
    let ledger = Ledger::open(path).await?;
    // What came in last stands first on the page of events: that is the line of delivery.
    ledger.append(&organisation.guarded()).await?;
    let beside = path.parent().unwrap_or(path).join(shelf::DIRECTORY);
    let place = Place::Directory(beside);
    for (info, cases) in organisation.tested() {
        let mut gathered = Gathered::new(false);
        cases.iter().for_each(|case| gathered.add(case));
        let none = Beside::default();
        let recorded = record(&ledger, &place, shelf::OWN, &info, &gathered, &none, info.at).await;
        recorded.map_err(CommandError::environment)?;
    }
    let mut events = Vec::new();
    organisation.generate(|event| {
        events.push(event);
        true
    });
    let mut folding = Folding::default();
    while !events.is_empty() {
        let rest = events.split_off(events.len().min(BATCH));
        collected::append(ui, &ledger, &mut folding, std::mem::replace(&mut events, rest)).await?;
    }
    collected::fold(ui, &ledger, &mut folding).await?;
    ledger.close().await.map_err(CommandError::environment)
}

/// The teams, and whom each name belongs to.
fn configuration(organisation: &Organisation) -> String {
    let mut text = String::from("[map.teams]\n");
    let mut people = String::from("\n[collect.people]\n");
    for (team, members) in organisation.teams() {
        let owns: Vec<String> =
            members.iter().map(|login| format!("\"{login}@acme.example\"")).collect();
        let _infallible = writeln!(text, "{team} = [{}]", owns.join(", "));
        for login in members {
            let _infallible = writeln!(people, "{login} = \"{login}@acme.example\"");
        }
    }
    text + &people
}
