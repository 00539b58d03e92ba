//! Collecting from the systems of the configuration, page by page.
//!
//! In: `[collect.sources]`. Out: what came of each stream. Start at [`collect`].
//! **Invariants:** a page and its cursor are stored as one, so a collection that is stopped goes
//! on where it was; a token goes to the public host of its system, or to one that the user's own
//! file trusts; a source that fails does not stop the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use tl_collect::system::convert;
use tl_core::event::Event;
use tl_core::record::System;
use tl_core::time::{Millis, Timestamp};
use tl_forge::clock::Clock;
use tl_forge::source::{PullError, Source, Stream, Wanted};
use tl_ledger::Ledger;
use tl_ledger::cursor::Cursor;

use super::credentials;
use super::system::{connect, host};
use super::{CollectArgs, Collected, Remark};
use crate::clock::Waiting;
use crate::config::collect::SourceConfig;
use crate::context::{Context, Globals};
use crate::error::{CommandError, causes};
use crate::ui::Ui;

/// What came of all sources.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// A row for each stream that was read.
    pub(super) inputs: Vec<Collected>,
    /// What stopped a source, with what to do about it.
    pub(super) failed: Vec<(String, Vec<String>)>,
}

/// Whether there is anything to collect from, and the network may be used for it.
pub(super) fn check(cx: &Context, args: &CollectArgs) -> Result<(), CommandError> {
    chosen(cx, args)?;
    if cx.offline && !args.dry_run {
        return Err(CommandError::usage("sources cannot be collected from with `--offline`")
            .hint("collect from files with `--from FILE`"));
    }
    Ok(())
}

/// Collects from the sources named, or from all; [`check`] comes first.
pub(super) async fn collect(
    ui: &mut Ui,
    cx: &Context,
    globals: &Globals,
    ledger: &Ledger,
    args: &CollectArgs,
) -> Result<Outcomes, CommandError> {
    let chosen = chosen(cx, args)?;
    let mut outcomes = Outcomes::default();
    if args.dry_run {
        for (name, config) in chosen {
            outcomes.inputs.extend(plan(cx, ledger, name, config).await?);
        }
        return Ok(outcomes);
    }
    for (name, config) in chosen {
        let source = match open(ui, cx, globals, name, config) {
            Ok(source) => source,
            Err(failed) => {
                outcomes.failed.push((format!("{name}: {}", failed.0), failed.1));
                continue;
            }
        };
        for stream in source.streams() {
            let mut done = Collected { input: format!("{name} {stream}"), ..Collected::default() };
            let pulled = pull(ui, cx, ledger, &*source, &stream, &mut done).await;
            outcomes.inputs.push(done);
            match pulled {
                Ok(()) => {}
                Err(Stopped::Ledger(err)) => return Err(err),
                Err(Stopped::Source(err)) => {
                    let why = causes(&err).join(": ");
                    let hints = err.hint().into_iter().collect();
                    outcomes.failed.push((format!("{name} {stream}: {why}"), hints));
                }
            }
        }
    }
    Ok(outcomes)
}

/// The sources named on the command line, or all.
fn chosen<'c>(
    cx: &'c Context,
    args: &'c CollectArgs,
) -> Result<Vec<(&'c String, &'c SourceConfig)>, CommandError> {
    let all = &cx.config().collect.sources;
    if all.is_empty() {
        return Err(CommandError::usage("no source is configured")
            .hint("name one in `[collect.sources]`; `throughline config defaults` shows how")
            .hint("or read files with `--from FILE`, pipes with `--from -`"));
    }
    if args.sources.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |name: &String| {
        all.get_key_value(name).ok_or_else(|| {
            let known: Vec<&str> = all.keys().map(String::as_str).collect();
            let known = known.join(", ");
            CommandError::usage(format!("there is no source `{name}`; there is {known}"))
        })
    };
    args.sources.iter().map(find).collect()
}

/// What a source is made of, or why it cannot be: in words, with hints.
fn open(
    ui: &Ui,
    cx: &Context,
    globals: &Globals,
    name: &str,
    config: &SourceConfig,
) -> Result<Box<dyn Source>, (String, Vec<String>)> {
    let system: System = config.system.parse().map_err(|err| (format!("{err}"), Vec::new()))?;
    let secrets = credentials::secrets(cx, globals, name, config, system)
        .map_err(|problem| (problem.what, vec![problem.mend]))?;
    let wanted = wanted(cx, name, config);
    let clock: Arc<dyn Clock> = Arc::new(Waiting { quiet: ui.is_quiet() });
    connect(system, config, secrets, wanted, &clock)
}

fn wanted(cx: &Context, name: &str, config: &SourceConfig) -> Wanted {
    let first = Millis::days(i64::from(cx.config().collect.first_days));
    Wanted { name: name.to_owned(), scopes: config.scopes.clone(), since: cx.now - first }
}

/// What a dry run says of a source: each stream, and where it would go on.
async fn plan(
    cx: &Context,
    ledger: &Ledger,
    name: &str,
    config: &SourceConfig,
) -> Result<Vec<Collected>, CommandError> {
    let known: BTreeMap<String, Timestamp> = ledger
        .cursors()
        .await
        .map_err(CommandError::environment)?
        .into_iter()
        .filter(|cursor| cursor.source == name)
        .map(|cursor| (cursor.stream, cursor.at))
        .collect();
    let first = wanted(cx, name, config).since.date();
    let from = match known.values().max() {
        Some(at) => format!("goes on from {at}"),
        None => format!("would begin at {first}"),
    };
    let scopes = if config.scopes.is_empty() { vec![String::new()] } else { config.scopes.clone() };
    let address = host(config);
    Ok(scopes
        .into_iter()
        .map(|scope| Collected {
            input: format!("{name} {scope}").trim_end().to_owned(),
            plan: Some(format!("{} at {address}: {from}", config.system)),
            ..Collected::default()
        })
        .collect())
}

/// Why a stream was not read to its end.
enum Stopped {
    Ledger(CommandError),
    Source(PullError),
}

async fn pull(
    ui: &Ui,
    cx: &Context,
    ledger: &Ledger,
    source: &dyn Source,
    stream: &Stream,
    done: &mut Collected,
) -> Result<(), Stopped> {
    let ledger_failed = |err| Stopped::Ledger(CommandError::environment(err));
    let name = stream.to_string();
    let mut cursor = ledger.cursor_read(source.name(), &name).await.map_err(ledger_failed)?;
    let progress = ui.progress();
    loop {
        let page = source.pull(stream, cursor.as_deref()).await.map_err(Stopped::Source)?;
        let mut events: Vec<Event> = Vec::new();
        for record in &page.records {
            match convert(record) {
                Ok(told) => events.extend(told),
                Err(err) => done.leave_out(&name, &err.to_string()),
            }
        }
        for note in page.notes {
            done.note(&name, note);
        }
        let next = Cursor {
            source: source.name().to_owned(),
            stream: name.clone(),
            value: page.next.clone(),
            at: cx.now,
        };
        done.append_page(ledger, &events, &next).await.map_err(Stopped::Ledger)?;
        progress.report("collecting events", done.new + done.known, None);
        cursor = Some(page.next);
        if page.done {
            return Ok(());
        }
    }
}

impl Collected {
    async fn append_page(
        &mut self,
        ledger: &Ledger,
        events: &[Event],
        cursor: &Cursor,
    ) -> Result<(), CommandError> {
        let (good, bad): (Vec<&Event>, Vec<&Event>) =
            events.iter().partition(|event| event.check().is_ok() && event.fits());
        for event in bad {
            let large = || format!("`{}` is larger than an event may be, 1 MiB as JSON", event.key);
            let why = event.check().err().map_or_else(large, |err| err.to_string());
            self.leave_out(&cursor.stream, &why);
        }
        let good: Vec<Event> = good.into_iter().cloned().collect();
        let appended = ledger.append_with_cursor(&good, cursor).await?;
        self.count(&good, &appended, |_| cursor.stream.clone());
        Ok(())
    }

    fn leave_out(&mut self, place: &str, what: &str) {
        self.left_out += 1;
        self.add(Remark {
            place: place.to_owned(),
            what: what.to_owned(),
            mend: "report it: what the system answered is not as it documents".to_owned(),
            kept: false,
        });
    }

    fn note(&mut self, place: &str, what: String) {
        self.add(Remark {
            place: place.to_owned(),
            what,
            mend: "what is known already stays, and is not counted twice".to_owned(),
            kept: true,
        });
    }
}
