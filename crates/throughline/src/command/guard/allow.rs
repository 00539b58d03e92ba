//! `throughline guard allow`: a finding that may be, with somebody who answers for it.
//!
//! **Invariant:** appends; what stands in `guard.toml` already stays as it is.

use std::path::Path;

use tl_rules::suppress::{Rules, Standing, Suppression};

use super::{RepoArgs, no_rule, registry};
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, GuardFiles, Whose};
use crate::ui::Ui;

/// Let findings of a rule be, with an owner and until a day
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline guard allow GC001 --path .mcp.json --owner ana \
--until 2027-01-31 --reason 'pinned by the image'")]
pub(super) struct AllowArgs {
    #[command(flatten)]
    pub(super) repository: RepoArgs,
    /// Id or name of the rule, or a family such as `GC`
    #[arg(value_name = "RULE")]
    rule: String,
    /// Paths where it holds; `*` stands for all but `/`, `**` for all
    #[arg(long, value_name = "GLOB")]
    path: String,
    /// Exactly what within the file, as a finding shows it behind the path
    #[arg(long, value_name = "TEXT")]
    within: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// Last day on which it holds, at most a year ahead
    #[arg(long, value_name = "DAY")]
    until: String,
    /// Why it is all right
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// For what is in your home, in your own file
    #[arg(long)]
    user: bool,
}

pub(super) fn cmd_allow(
    ui: &mut Ui,
    globals: &Globals,
    args: &AllowArgs,
    here: &Path,
) -> CmdResult {
    let cx = Context::load(ui, globals, None)?;
    let registry = registry();
    let rule = match registry.get(&args.rule) {
        Some(doc) => doc.id,
        // Another scanner's, whose rules nobody here knows.
        None if args.rule.contains('/') => args.rule.trim(),
        None => {
            let families = registry.docs().iter().map(|doc| &doc.id[..2]);
            let same = |family: &&str| family.eq_ignore_ascii_case(args.rule.trim());
            families.into_iter().find(same).ok_or_else(|| no_rule(&registry, &args.rule))?
        }
    };
    let entry = Suppression {
        rule: Rules::one(rule),
        path: Some(args.path.clone()),
        within: args.within.clone(),
        fingerprint: None,
        owner: args.owner.clone(),
        reason: args.reason.clone(),
        expires: args.until.clone(),
    };
    match entry.standing(cx.now) {
        Standing::Counts => {}
        Standing::Expired => {
            return Err(CommandError::usage(format!("`--until {}` is over", args.until)));
        }
        Standing::Invalid(why) => {
            return Err(CommandError::usage(format!("that would never hold: {why}")));
        }
    }
    let files = GuardFiles::find(&globals.variables, here, None)?;
    let whose = if args.user { Whose::User } else { Whose::Repository };
    // An entry behind a file that cannot be read would not count either.
    let known = files.allowed(whose)?;
    let Some(path) = files.policy(whose) else {
        return Err(CommandError::environment(
            "there is no home whose `guard.toml` could be written",
        ));
    };
    if known.contains(&entry) {
        ui.status(format!("nothing to change: `{}` allows that already", path.display()));
        return Ok(Outcome::Done);
    }
    let same = |other: &&Suppression| {
        (&other.rule, &other.path, &other.within) == (&entry.rule, &entry.path, &entry.within)
    };
    if let Some(other) = known.iter().find(same) {
        ui.note(format!(
            "an entry allows the same until {}: take it out of `{}` if this one is in its place",
            other.expires,
            path.display()
        ));
    }
    let mut text =
        guard_files::read(&path)?.unwrap_or_else(|| "schema = \"guard-policy/v1\"\n".to_owned());
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let written = toml::to_string(&entry).map_err(CommandError::bug)?;
    text.push_str("\n[[allow]]\n");
    text.push_str(&written);
    guard_files::write(&path, &text)?;
    ui.status(format!(
        "{} is allowed in `{}` until {}: {}",
        rule,
        args.path,
        args.until,
        path.display()
    ));
    Ok(Outcome::Done)
}
