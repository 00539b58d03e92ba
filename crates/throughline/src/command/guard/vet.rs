//! `throughline guard` without a subcommand: what is wrong.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args as _, FromArgMatches as _, ValueEnum};
use tl_core::finding::{Finding, Level, Location, Root, State};
use tl_core::verdict::Verdict;
use tl_guard::inline;
use tl_guard::inventory::Server;
use tl_guard::rules::gi::{expired_exception, unapproved};
use tl_policy::request::{Request, Verb};
use tl_rules::baseline::Baseline;
use tl_rules::doc::RuleDoc;
use tl_rules::registry::Registry;
use tl_rules::sarif;
use tl_rules::sort::{Sorted, sort};
use tl_rules::suppress::Suppression;

use super::record::Record;
use super::{
    Looked, TargetArgs, base, beside, fix, look, look_at_file, look_beside, registries, registry,
};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::policy::{Places, Policies};
use crate::guard_files::{self, GuardFiles, Whose};
use crate::report::guard as report;
use crate::ui::Ui;

#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(super) struct ScanArgs {
    /// Repository, directory or single file to look at [default: `.`, without `--repo`]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Repository to look at, with its own lock and `guard.toml`; may be repeated, and stand beside PATH
    #[arg(long = "repo", value_name = "DIR")]
    repositories: Vec<PathBuf>,
    /// Look at every repository below the home, six directories deep, and at those that Claude Code
    /// and Codex know
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    target: TargetArgs,
    /// Hold the repository against what was approved and allowed in this commit, such as
    /// `origin/main`: for pull requests
    #[arg(long, value_name = "REF")]
    base: Option<String>,
    /// Findings of another scanner to judge with ours, as SARIF 2.1.0; `-` is standard input; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    sarif_in: Vec<String>,
    #[command(flatten)]
    asked: registries::RegistryArgs,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "table")]
    format: Form,
    /// Print one JSON document (`guard/v1`), like `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Lowest level that is shown in the table
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    level: FailOn,
    /// Lowest level of a new finding that is exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "block")]
    fail_on: FailOn,
    /// Findings that were there before [default: `.throughline/guard-baseline.json`, if there]
    #[arg(long, value_name = "FILE")]
    since_baseline: Option<PathBuf>,
    /// Take all findings as they are now for known
    #[arg(long)]
    write_baseline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// `guard/v1`
    Json,
    /// SARIF 2.1.0, for the code scanning of forges
    Sarif,
    /// CycloneDX 1.6: a bill of what is there, with findings as vulnerabilities
    Cyclonedx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Info,
    Warn,
    High,
    Block,
}

impl FailOn {
    const fn level(self) -> Level {
        match self {
            Self::Info => Level::Info,
            Self::Warn => Level::Warn,
            Self::High => Level::High,
            Self::Block => Level::Block,
        }
    }
}

impl ScanArgs {
    /// The repository that the rest stands beside, and the rest.
    fn repositories(&self) -> (&Path, &[PathBuf]) {
        match (&self.path, self.repositories.split_first()) {
            (Some(path), _) => (path, &self.repositories),
            (None, Some((first, others))) => (first, others),
            (None, None) => (Path::new("."), &[]),
        }
    }

    /// The repositories, where nothing else was given.
    pub(super) fn only_repositories(&self) -> Option<&[PathBuf]> {
        let nothing =
            Self::augment_args(clap::Command::new("guard")).try_get_matches_from(["guard"]);
        let nothing = Self::from_arg_matches(&nothing.ok()?).ok()?;
        let given = Self { repositories: self.repositories.clone(), ..nothing };
        (given == *self).then_some(&self.repositories)
    }

    /// Whether the output is for a program.
    pub(super) const fn is_for_programs(&self) -> bool {
        self.json || !matches!(self.format, Form::Table)
    }
}

pub(super) async fn cmd_scan(
    ui: &mut Ui,
    globals: &Globals,
    args: &ScanArgs,
    record: &mut Record,
) -> CmdResult {
    let registry = registry();
    let (here, others) = args.repositories();
    let mut looked = match here.is_file() {
        true if args.write_baseline => {
            return Err(CommandError::usage(
                "a baseline is of a whole repository, not of one file",
            )
            .hint("leave the file out"));
        }
        true => look_at_file(ui, globals, &args.target, here)?,
        false => look(ui, globals, &args.target, here)?,
    };
    if let Some(name) = &args.base {
        base::compare(ui, &mut looked, name)?;
    }
    looked.keep_of_file();
    for name in &args.sarif_in {
        let root = looked.files.host.repositories.first().cloned();
        let found = of_others(ui, name, root.as_deref())?;
        looked.scanned.findings.extend(found);
    }
    registries::ask(ui, globals, &args.asked, &mut looked).await?;
    let person = looked.files.places();
    add_unapproved(&mut looked, &person)?;
    let mut sorted = judged(ui, &mut looked, args.since_baseline.as_deref())?;
    if looked.files.file.is_none() {
        record.scanned(&looked, &sorted);
    }
    for path in &further(ui, &looked.files, others, args.all) {
        let mut other = look_beside(ui, globals, &args.target, path)?;
        registries::ask(ui, globals, &args.asked, &mut other).await?;
        add_unapproved(&mut other, &person)?;
        let judged = judged(ui, &mut other, args.since_baseline.as_deref())?;
        let home = looked.files.host.home.clone();
        beside::add(&mut looked.scanned, &mut sorted, home.as_deref(), other, judged);
    }
    if args.write_baseline {
        let baseline = Baseline::of(&sorted.findings);
        let text = serde_json::to_string_pretty(&baseline).map_err(CommandError::bug)? + "\n";
        let path = args.since_baseline.clone().unwrap_or_else(|| looked.files.baseline_path());
        guard_files::write(&path, &text)?;
        ui.status(format!("written: {}", path.display()));
        return Ok(Outcome::Done);
    }
    let form = if args.json { Form::Json } else { args.format };
    match form {
        Form::Table => {
            // What fails is never left out.
            let from = args.level.level().min(args.fail_on.level());
            ui.print(&report::findings(&sorted, from))?;
            ui.print(&report::summary(&sorted, &looked.scanned.inventory))?;
            let mends = fix::mendable(&looked, &sorted.findings);
            for step in report::next_steps(&sorted, from, mends) {
                ui.note(step);
            }
        }
        Form::Sarif => {
            let log = sarif::write(&sorted, &registry, env!("CARGO_PKG_VERSION"));
            ui.print_json(&log)?;
        }
        Form::Cyclonedx => {
            let version = env!("CARGO_PKG_VERSION");
            ui.print_json(&tl_guard::cyclonedx::document(&looked.scanned, &sorted, version))?;
        }
        Form::Json => {
            let document = tl_guard::report::document(&looked.scanned, &sorted);
            ui.print_json(&document)?;
        }
    }
    if sorted.new_at(args.fail_on.level()).next().is_some() {
        return Ok(Outcome::No);
    }
    // Nobody should take what was not looked at for good.
    let file = looked.files.file.as_deref();
    match sorted.findings.iter().find(|finding| is_unexamined(finding, file)) {
        Some(finding) => Err(unexamined(finding)),
        None => match &looked.unasked {
            Some(why) => Err(CommandError::environment(why.clone()).hint(
                "see the findings GQ002 above; `--tools FILE` takes a list that you got yourself",
            )),
            None => Ok(Outcome::Done),
        },
    }
}

/// Whether what was asked for, or what an agent is configured with, was not looked at, or not all of it.
fn is_unexamined(finding: &Finding, file: Option<&str>) -> bool {
    let named = file == Some(&finding.at.path) && finding.at.root == Root::Repository;
    let listed = (named || finding.at.root == Root::Tools)
        && matches!(finding.rule.0.as_ref(), "GQ001" | "GQ002");
    let malformed = finding.rule.0 == "GQ002" && finding.level >= Level::High;
    finding.state == State::New && (listed || malformed)
}

fn unexamined(finding: &Finding) -> CommandError {
    let (name, why) = (&finding.at.path, &finding.message);
    if finding.at.root != Root::Tools {
        return CommandError::environment(format!("`{name}` was not looked at: {why}"))
            .hint("an agent may read it in another way; mend it, or allow GQ002 for it");
    }
    if finding.rule.0 == "GQ001" {
        return CommandError::environment(format!(
            "the tool list `{name}` was not looked at whole: {why}"
        ))
        .hint("give it in several files, each with `--tools`");
    }
    CommandError::environment(format!("the tool list `{name}` cannot be read: {why}"))
        .hint("it is JSON in UTF-8: `{\"tools\": [...]}`, a server's answer, or the array alone")
}

/// Servers that a policy does not want: the administrator's, the person's and the repository's own.
fn add_unapproved(looked: &mut Looked, person: &Places) -> Result<(), CommandError> {
    let repository = looked.files.places().repository;
    let policies = Policies::read(&Places { repository, ..person.clone() })?;
    let judge = |server: &Server, origin: &str| -> Verdict {
        let mut request = Request::new(Verb::CallTool, "");
        tl_guard::hook::name(server.client).clone_into(&mut request.client);
        request.agent.clone_from(&request.client);
        server.name.clone_into(&mut request.server);
        origin.clone_into(&mut request.origin);
        request.today = looked.now.day();
        policies.engine.decide(&request)
    };
    let found = unapproved::findings(&looked.scanned.inventory.servers, &judge);
    looked.scanned.findings.extend(found);
    Ok(())
}

/// Repositories beside the one here, each once.
fn further(ui: &mut Ui, files: &GuardFiles, others: &[PathBuf], all: bool) -> Vec<PathBuf> {
    let mut seen: Vec<PathBuf> =
        files.host.repositories.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut paths = Vec::new();
    let mut add = |path: &PathBuf| match path.canonicalize() {
        Ok(known) if seen.contains(&known) => (),
        known => {
            seen.extend(known);
            paths.push(path.clone());
        }
    };
    others.iter().for_each(&mut add);
    if all {
        let (found, whole) = tl_guard::discover::repositories(&files.host);
        if !whole {
            ui.warn(
                "there are more directories below the home than were looked at for repositories",
            );
        }
        found.iter().for_each(&mut add);
    }
    paths
}

/// What another scanner found, by its log.
fn of_others(
    ui: &mut Ui,
    name: &str,
    repository: Option<&Path>,
) -> Result<Vec<Finding>, CommandError> {
    let (shown, bytes) = guard_files::tool_list(name)?;
    let log = sarif::read::read(&bytes).map_err(|err| {
        let why = Error::source(&err).map(|cause| format!(": {cause}")).unwrap_or_default();
        CommandError::environment(format!("`{shown}` cannot be read: {err}{why}"))
            .hint("`--sarif-in` takes SARIF 2.1.0, as scanners write it with `--format sarif`")
    })?;
    if log.left_out > 0 {
        ui.warn(format!("{} findings of `{shown}` are over the limit and left out", log.left_out));
    }
    let mut findings = log.findings;
    let root = repository.map(|path| path.to_string_lossy().trim_start_matches('/').to_owned());
    for at in findings.iter_mut().map(|finding| &mut finding.at) {
        let below = root.as_ref().and_then(|root| at.path.strip_prefix(root.as_str()));
        if let Some(below) = below.and_then(|below| below.strip_prefix('/')).map(str::to_owned) {
            at.root = Root::Repository;
            at.path = below;
        }
    }
    Ok(findings)
}

/// Findings with what is allowed and what was known: the repository's files hold for what is in it,
/// the person's for the home.
pub(super) fn judged(
    ui: &mut Ui,
    looked: &mut Looked,
    baseline: Option<&Path>,
) -> Result<Sorted, CommandError> {
    let mut findings = std::mem::take(&mut looked.scanned.findings);
    findings.extend(tl_guard::rules::gd::findings(&looked.changes));
    findings.extend(base::findings(&looked.approved));
    let registry = registry();
    let baseline = match (&looked.base, baseline) {
        (Some(base), None) => base.baseline()?,
        (_, named) => looked.files.baseline(named)?,
    };
    if let Some(base) = &looked.base {
        let (known, new): (Vec<_>, Vec<_>) = std::mem::take(&mut looked.scanned.inline)
            .into_iter()
            .partition(|inline| base.has(inline));
        looked.scanned.inline = known;
        for inline in new {
            ui.warn(format!(
                "`guard:allow {}` in `{}` line {} does not count: it came with this change",
                inline.allow.rule, inline.at.path, inline.at.line
            ));
        }
    }
    let name = |id: &str| registry.get(id).map_or("", |doc| doc.name);
    for (inline, why) in inline::apply(&mut findings, &looked.scanned.inline, looked.now, &name) {
        ui.warn(format!(
            "`guard:allow {}` in `{}` line {} does not count: {why}",
            inline.allow.rule, inline.at.path, inline.at.line
        ));
    }
    let (mut home, mut repository): (Vec<Finding>, Vec<Finding>) = findings
        .into_iter()
        .partition(|finding| !matches!(finding.at.root, Root::Repository | Root::Tools));
    let allowed = match &looked.base {
        Some(base) => base.allowed()?,
        None => looked.files.allowed(Whose::Repository)?,
    };
    let at = own_file(Root::Repository, ".throughline/guard.toml");
    repository.extend(expired_exception::findings(&allowed, &at, looked.now));
    let mut sorted = sort(repository, &allowed, &baseline, looked.now, &registry);
    let allowed = looked.files.allowed(Whose::User)?;
    let at = own_file(Root::Home, ".config/throughline/guard.toml");
    home.extend(expired_exception::findings(&allowed, &at, looked.now));
    let other = sort(home, &allowed, &baseline, looked.now, &registry);
    beside::merge(&mut sorted, other);
    for entry in &sorted.expired {
        ui.warn(format!(
            "{} is no longer allowed by {}: its day {} is over",
            entry.rule, entry.owner, entry.expires
        ));
    }
    for (entry, why) in &sorted.invalid {
        ui.warn(format!("an entry of `guard.toml` for {} does not count: {why}", entry.rule));
    }
    // One file alone says nothing of what is allowed elsewhere.
    for entry in sorted.unused.iter().filter(|_| looked.files.file.is_none()) {
        idle(ui, &registry, entry);
    }
    Ok(sorted)
}

/// Tells of an entry of `guard.toml` that allowed nothing.
fn idle(ui: &mut Ui, registry: &Registry, entry: &Suppression) {
    for rule in entry.rule.iter().filter(|rule| !is_known(registry, rule)) {
        let near = registry.nearest(rule).map(|near| format!("; did you mean `{near}`?"));
        let near = near.unwrap_or_default();
        ui.warn(format!(
            "an entry of `guard.toml` for {rule} does not count: there is no such rule{near}"
        ));
    }
    if entry.rule.iter().any(|rule| is_known(registry, rule)) {
        let parts = [("path", &entry.path), ("within", &entry.within)];
        let given =
            parts.iter().filter_map(|(key, text)| Some(format!(" {key} `{}`", text.as_ref()?)));
        let given: String = given.collect();
        ui.note(format!(
            "an entry of `guard.toml` for {}{given} allows nothing that was found: check it, or take it out",
            entry.rule
        ));
    }
}

/// Whether a rule or family is ours; of another scanner's nobody here knows.
fn is_known(registry: &Registry, rule: &str) -> bool {
    let family = |doc: &&RuleDoc| rule.len() == 2 && doc.id.starts_with(rule);
    rule.contains('/') || registry.get(rule).is_some() || registry.docs().iter().any(family)
}

/// One of guard's own files as a place.
fn own_file(root: Root, path: &str) -> Location {
    let within = String::new();
    Location { root, path: path.to_owned(), line: 0, column: 0, end_line: 0, within }
}
