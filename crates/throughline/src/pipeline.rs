//! From repositories to histories: what `map` and `sql` have in common.
//!
//! In: opened repositories, the configuration and the ledger's cache. Out: one
//! [`History`] each, and [`Options`] for `tl-map`. Start at [`histories`]. What was read is
//! written to the cache before anything is shown, so that the next run reads only what is new.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use tl_collect::history::{Collected, Diffs, Fresh, Known, Progress, Wanted, collect};
use tl_core::history::History;
use tl_core::id::CommitId;
use tl_core::time::{Millis, Timestamp};
use tl_exec::git::Repository;
use tl_ledger::Ledger;
use tl_ledger::cache::CacheEntry;
use tl_map::dataset::{Others, newest};
use tl_map::options::{Only, Options, Team};

use crate::collected::{self, From, Gathered};
use crate::config::{MapConfig, TeamConfig};
use crate::context::Context;
use crate::error::CommandError;
use crate::ui::Ui;

/// What to read and measure, as the flags say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Period {
    /// `--branch`
    pub(crate) branch: Option<String>,
    /// `--since`
    pub(crate) since: Option<Timestamp>,
    /// `--until`
    pub(crate) until: Option<Timestamp>,
    /// `--patch-ids`
    pub(crate) patch_ids: bool,
}

/// Opens repositories, each once: a repository and its own worktree share their changes.
pub(crate) fn open(
    ui: &mut Ui,
    paths: &[impl AsRef<Path>],
) -> Result<Vec<Repository>, CommandError> {
    let mut opened: Vec<Repository> = Vec::with_capacity(paths.len());
    for path in paths {
        let repository = Repository::open(path.as_ref())?;
        if opened.iter().any(|other| other.common_dir() == repository.common_dir()) {
            ui.note(format!("`{}` is read once", path.as_ref().display()));
        } else {
            opened.push(repository);
        }
    }
    Ok(opened)
}

/// Reads every repository, each with the cache of its own ledger.
pub(crate) async fn histories(
    ui: &mut Ui,
    cx: &Context,
    repositories: &[Repository],
    period: &Period,
) -> Result<(Vec<History>, Vec<Ledger>), CommandError> {
    let mut histories = Vec::with_capacity(repositories.len());
    let mut ledgers = Vec::with_capacity(repositories.len());
    for repository in repositories {
        let ledger = cx.open_ledger(ui, repository).await?;
        let (history, fresh) = history(ui, cx, repository, &ledger, period).await?;
        keep(ui, &ledger, repository, fresh).await;
        histories.push(history);
        ledgers.push(ledger);
    }
    Ok((histories, ledgers))
}

/// Reads one repository with the cache of a ledger; what is new for the cache beside it.
pub(crate) async fn history(
    ui: &Ui,
    cx: &Context,
    repository: &Repository,
    ledger: &Ledger,
    period: &Period,
) -> Result<(History, Fresh), CommandError> {
    let config = &cx.config().map;
    let releases = releases(config)?;
    let known = known(ledger, repository).await?;
    let wanted = Wanted {
        branch: period.branch.clone(),
        diffs: diffs(config, period),
        patch_ids: period.patch_ids,
    };
    let progress = ui.progress();
    let Collected { mut history, fresh, commits_read, diffs_read } =
        collect(repository, &known, &wanted, &mut |at| match at {
            Progress::Commits(read) => progress.report("reading commits", read as u64, None),
            Progress::Diffs(read, all) => {
                progress.report("reading differences", read as u64, Some(all as u64));
            }
        })?;
    tracing::info!(
        repository = repository.name(),
        commits = history.commits.len(),
        commits_read,
        diffs = history.diffs.len(),
        diffs_read,
        "read"
    );
    for tag in &mut history.tags {
        if !releases.allows(&tag.name) {
            tag.release = None;
        }
    }
    Ok((history, fresh))
}

/// What was collected into these ledgers, with the histories named after their forges; with
/// `others`, also the names of repositories that are known by their requests alone.
pub(crate) async fn delivery(
    ui: &mut Ui,
    cx: &Context,
    repositories: &[Repository],
    histories: &mut [History],
    ledgers: &[Ledger],
    period: &Period,
    others: bool,
) -> Result<(Gathered, Vec<String>), CommandError> {
    let window = Millis::days(i64::from(cx.config().map.window_days));
    let since = period.since.or(period.until.map(|until| until - window));
    // A ledger that was named is the same for all repositories.
    let ledgers = if cx.ledger.is_named() { ledgers.get(..1).unwrap_or_default() } else { ledgers };
    let from = since.map_or(From::Newest(window, cx.now), From::Window);
    let (mut all, end) = of_ledgers(ui, ledgers, from).await?;
    if let Some(end) = end
        && newest_before(histories, &all, cx.now, end)?
    {
        (all, _) = of_ledgers(ui, ledgers, From::Start).await?;
    }
    collected::name(histories, repositories, &all);
    let mut names = Vec::new();
    if others {
        names = collected::others(&all, histories);
    } else {
        let other = collected::keep_only(&mut all, histories)?;
        if !other.is_empty() {
            let shown: Vec<&str> = other.iter().take(3).map(String::as_str).collect();
            ui.note(format!(
                "the ledger also holds {} other repositories ({}...), which are not measured; \
                 `--collected` measures them too",
                other.len(),
                shown.join(", ")
            ));
        }
    }
    Ok((all, names))
}

/// Whether all that is known happened before an instant.
fn newest_before(
    histories: &[History],
    all: &Gathered,
    now: Timestamp,
    end: Timestamp,
) -> Result<bool, CommandError> {
    let deployed = all.deployments.iter().filter_map(|one| one.finished());
    if deployed.into_iter().any(|at| at >= end && at <= now) {
        return Ok(false);
    }
    let newest =
        newest(histories, &all.delivery, &all.deployments, &all.requests, &Others::none(), now);
    Ok(newest.map_err(collected::unreadable)? < end)
}

/// Differences reach back one rework window before the period, so that what is changed again in
/// its first days finds its writer.
fn diffs(config: &MapConfig, period: &Period) -> Diffs {
    let rework = Millis::days(i64::from(config.rework_window_days));
    match period.since {
        Some(since) => Diffs::Since(since - rework),
        None => {
            Diffs::BeforeNewest(Millis::days(i64::from(config.window_days)) + rework + Millis::WEEK)
        }
    }
}

fn scope(what: &str, repository: &Repository) -> String {
    format!("git/{what}/{}", repository.name())
}

async fn known(ledger: &Ledger, repository: &Repository) -> Result<Known, CommandError> {
    let values = |entries: Vec<CacheEntry>| entries.into_iter().map(|entry| entry.value).collect();
    let notes = ledger.cache_read(&scope("notes", repository)).await?;
    Ok(Known {
        commits: values(ledger.cache_read(&scope("commits", repository)).await?),
        diffs: values(ledger.cache_read(&scope("diffs", repository)).await?),
        notes: notes
            .into_iter()
            .filter_map(|entry| Some((CommitId::from_bytes(&entry.key)?, entry.value)))
            .collect(),
    })
}

/// Writes what is new to the cache. A cache that cannot be written costs time, not the report.
async fn keep(ui: &mut Ui, ledger: &Ledger, repository: &Repository, fresh: Fresh) {
    let parts = [
        ("commits", fresh.commits, false),
        ("diffs", fresh.diffs, false),
        ("notes", fresh.notes, true),
    ];
    for (what, entries, replace) in parts {
        if entries.is_empty() {
            continue;
        }
        let entries = entries.into_iter().map(|(key, value)| CacheEntry { key, value }).collect();
        if let Err(err) = ledger.cache_write(&scope(what, repository), entries, replace).await {
            let causes = crate::error::causes(&err).join(": ");
            ui.warn(format!("nothing is kept for the next run: {causes}"));
            return;
        }
    }
}

/// Which tags may be releases.
struct Releases {
    allowed: GlobSet,
    excluded: GlobSet,
}

impl Releases {
    fn allows(&self, tag: &str) -> bool {
        self.allowed.is_match(tag) && !self.excluded.is_match(tag)
    }
}

fn releases(config: &MapConfig) -> Result<Releases, CommandError> {
    Ok(Releases {
        allowed: globs("map.releases.tag_pattern", [&config.releases.tag_pattern])?,
        excluded: globs("map.releases.exclude", &config.releases.exclude)?,
    })
}

fn globs<'a>(
    key: &str,
    patterns: impl IntoIterator<Item = &'a String>,
) -> Result<GlobSet, CommandError> {
    let mut set = GlobSetBuilder::new();
    let wrong = |err: globset::Error| {
        CommandError::usage(err)
            .hint(format!("mend the glob in `{key}`: `*` is any text, `**` any directories"))
    };
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

/// What the ledgers hold together, and the latest end of a window that was guessed.
async fn of_ledgers(
    ui: &mut Ui,
    ledgers: &[Ledger],
    from: From,
) -> Result<(Gathered, Option<Timestamp>), CommandError> {
    let (mut all, mut end) = (Gathered::default(), None);
    for ledger in ledgers {
        let (own, guessed) = collected::delivery(ui, ledger, from).await?;
        end = end.max(guessed);
        if all.is_empty() {
            all = own;
        } else {
            all.add(own);
        }
    }
    Ok((all, end))
}

/// The options of `tl-map`, from the configuration and the flags.
pub(crate) fn options(
    cx: &Context,
    period: &Period,
    teams: &[TeamConfig],
) -> Result<Options, CommandError> {
    let config = &cx.config().map;
    Ok(Options {
        now: cx.now,
        since: period.since,
        until: period.until,
        window_days: config.window_days,
        failure_window_days: config.failure_window_days,
        rework_window_days: config.rework_window_days,
        open_request_days: config.open_request_days,
        draws: config.bootstrap_draws,
        seed: config.seed,
        very_frequent_share: config.usage.very_frequent_share,
        frequent_share: config.usage.frequent_share,
        teams: teams.iter().map(team).collect::<Result<_, _>>()?,
        privacy_floor: config.privacy.floor_people as usize,
        collected: cx
            .config()
            .collect
            .options()
            .map_err(|(key, problem)| CommandError::usage(format!("`{key}` is {problem}")))?,
        only: Only::default(),
    })
}

/// What contains an `@` is an author's address, everything else a glob of paths.
fn team(config: &TeamConfig) -> Result<Team, CommandError> {
    let (authors, paths): (Vec<&String>, Vec<&String>) =
        config.owns.iter().partition(|owned| owned.contains('@') && !owned.contains('/'));
    Ok(Team {
        name: config.name.clone(),
        authors: authors.into_iter().map(|author| author.to_lowercase()).collect(),
        paths: globs(&format!("map.teams.{}", config.name), paths)?,
    })
}
