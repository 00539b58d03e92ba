//! Which ledger a server uses: the same for everything that has to do with servers.
//!
//! In: `--data`, `--ledger`, the repository here. Out: an open [`Ledger`]. Start at [`PlaceArgs::choose`].

use std::path::PathBuf;

use tl_exec::git::Repository;
use tl_ledger::{Ledger, directory};

use crate::context::{Context, Globals, LedgerChoice};
use crate::error::CommandError;
use crate::ui::Ui;

/// Where the ledger of a server is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Directory of the ledger [default: `.throughline` of the repository here, else
    /// `throughline` among your own data]
    #[arg(long, value_name = "DIR", conflicts_with = "ledger")]
    data: Option<PathBuf>,
}

impl PlaceArgs {
    /// The one ledger that everything goes to; its directory is made where it is missing.
    pub(crate) fn choose(
        &self,
        globals: &Globals,
        repositories: &[Repository],
    ) -> Result<LedgerChoice, CommandError> {
        let file = |directory: PathBuf| {
            let path =
                directory::prepare_directory(&directory).map_err(CommandError::environment)?;
            Ok(LedgerChoice::Path(path))
        };
        match (&globals.ledger, &self.data) {
            (LedgerChoice::Default, Some(data)) => file(data.clone()),
            // Of several repositories none is the one whose ledger it should be.
            (LedgerChoice::Default, None) if repositories.len() == 1 => Ok(LedgerChoice::Default),
            (LedgerChoice::Default, None) => match globals.variables.user_data() {
                Some(data) => file(data),
                None => Err(CommandError::usage("there is no place for the ledger")
                    .hint("name a directory with `--data DIR`")),
            },
            (LedgerChoice::None, _) => Err(CommandError::usage("a server needs a ledger")
                .hint("`serve --demo` shows a made-up organisation and keeps nothing")),
            (named, _) => Ok(named.clone()),
        }
    }

    /// The ledger of the server here.
    pub(crate) async fn open_here(
        &self,
        ui: &mut Ui,
        globals: &Globals,
    ) -> Result<(Context, Ledger), CommandError> {
        let here: Vec<Repository> = Repository::open(".".as_ref()).into_iter().collect();
        let globals = globals.with_ledger(self.choose(globals, &here)?);
        let cx = Context::load(ui, &globals, here.first())?;
        let ledger = open(&cx, here.first()).await?;
        Ok((cx, ledger))
    }
}

/// The ledger that was chosen, made where it is missing.
pub(super) async fn open(
    cx: &Context,
    repository: Option<&Repository>,
) -> Result<Ledger, CommandError> {
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
