//! `throughline events`: what the ledger holds, for other programs.
//!
//! In: a ledger. Out: NDJSON, an event a line, in the order in which they were stored. Read back
//! by `throughline collect --from`, the events are the same. **Invariant:** changes nothing but that
//! what hooks have left in the inbox is taken in first.

use std::io::Write as _;

use clap::ValueEnum;
use tl_collect::intake::cdevents::to_cdevent;
use tl_core::time::Timestamp;
use tl_exec::git::Repository;
use tl_ledger::{Ledger, Position};

use super::map::when;
use crate::context::{Context, Globals, LedgerChoice};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{OutputError, Ui, visible_json};

/// Print the ledger's events as NDJSON
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline events --kind deploy. | wc -l")]
pub(crate) struct EventsArgs {
    /// Only kinds that begin like this, such as `deploy.` or `change.merged`
    #[arg(long, value_name = "KIND", default_value = "", hide_default_value = true)]
    kind: String,
    /// Only what happened then or later: a date, an instant, or an age such as `90d`
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Form of each event
    #[arg(long, value_name = "FORM", default_value = "events")]
    format: Form,
}

/// Form of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// As the ledger keeps them; `collect --from` reads them back unchanged
    Events,
    /// CDEvents 0.5 in structured CloudEvents, as far as the specification has a word
    Cdevents,
}

/// Events read at once.
pub(super) const PAGE: usize = 4_096;

pub(super) async fn cmd_events(ui: &mut Ui, globals: &Globals, args: &EventsArgs) -> CmdResult {
    let here = Repository::open(std::path::Path::new(".")).ok();
    let cx = Context::load(ui, globals, here.as_ref())?;
    let since = args.since.as_deref().map(|text| when("--since", text, cx.now)).transpose()?;
    let ledger = existing(&cx, here.as_ref()).await?;
    super::hook::take(ui, globals, here.as_ref(), &ledger).await?;
    let mut after = Position::START;
    let mut without_word = 0_u64;
    loop {
        let page = ledger.read(after, &args.kind, PAGE).await.map_err(CommandError::environment)?;
        let Some(last) = page.last() else { break };
        after = last.position;
        let late = |at: Timestamp| since.is_none_or(|since| at >= since);
        for event in page.iter().map(|recorded| &recorded.event).filter(|event| late(event.at)) {
            let line = match args.format {
                Form::Events => serde_json::to_string(event),
                Form::Cdevents => match to_cdevent(event) {
                    Some(cdevent) => serde_json::to_string(&cdevent),
                    None => {
                        without_word += 1;
                        continue;
                    }
                },
            };
            let line = line.map_err(CommandError::bug)?;
            writeln!(ui.out(), "{}", visible_json(line)).map_err(OutputError::from)?;
        }
    }
    if without_word > 0 {
        ui.note(format!("{without_word} events have no equivalent in CDEvents and were left out"));
    }
    Ok(Outcome::Done)
}

/// The ledger that is there; none is made.
pub(super) async fn existing(
    cx: &Context,
    here: Option<&Repository>,
) -> Result<Ledger, CommandError> {
    let path = match (&cx.ledger, here) {
        (LedgerChoice::Url(url), _) => return Ok(Ledger::open_url(url.as_str()).await?),
        (LedgerChoice::Path(path), _) => Some(path.clone()),
        (LedgerChoice::Default, Some(repository)) => cx.ledger_path(repository),
        (LedgerChoice::Default | LedgerChoice::None, _) => None,
    };
    match path {
        Some(path) if path.exists() => Ok(Ledger::open(&path).await?),
        Some(path) => {
            Err(CommandError::environment(format!("there is no ledger `{}`", path.display()))
                .hint("`throughline collect` makes one"))
        }
        None => Err(CommandError::usage("there is no repository here whose ledger could be read")
            .hint("name a ledger with `--ledger PATH`")),
    }
}
