//! `throughline guard policy`: what agents may do here, checked, shown and tried out.
//!
//! In: the files of [`Policies`]. Out: warnings, the policies in Cedar's language, verdicts. Start
//! at [`cmd_policy`]. **Invariant:** decides with the engine that the hooks use, and writes
//! nothing.

mod test;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::policy::{Places, Policies};
use crate::guard_files::{GuardFiles, Whose};
use crate::ui::{Ui, visible};

/// Check, show or try out what agents may do here
///
/// Policy stands in `guard.toml` (the administrator's, yours, the repository's) and in
/// `policy/*.cedar` beside each.
#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    Check(CheckArgs),
    Show(ShowArgs),
    Test(test::TestArgs),
}

/// Check that all files of policy can be read, and name what in them does nothing
///
/// What cannot be read is exit code 2, with its line.
#[derive(Debug, clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Warnings are exit code 1
    #[arg(long)]
    strict: bool,
}

/// Print all policies in Cedar's language, and where each comes from
#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Print the schema that policies in Cedar have to fit
    #[arg(long)]
    schema: bool,
}

/// Whose policy.
#[derive(Debug, clap::Args)]
struct OfArgs {
    /// Home whose policy counts in place of yours
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
}

impl PolicyArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        match &self.command {
            PolicyCommand::Test(args) => args.json,
            PolicyCommand::Check(_) | PolicyCommand::Show(_) => false,
        }
    }
}

pub(super) fn cmd_policy(ui: &mut Ui, globals: &Globals, args: &PolicyArgs) -> CmdResult {
    match &args.command {
        PolicyCommand::Check(args) => cmd_check(ui, globals, args),
        PolicyCommand::Show(args) => cmd_show(ui, globals, args),
        PolicyCommand::Test(args) => test::cmd_test(ui, globals, args),
    }
}

fn files(globals: &Globals, of: &OfArgs) -> Result<GuardFiles, CommandError> {
    GuardFiles::find(&globals.variables, Path::new("."), of.home.as_deref())
}

fn cmd_check(ui: &mut Ui, globals: &Globals, args: &CheckArgs) -> CmdResult {
    let files = files(globals, &args.of)?;
    let mut errors = Vec::new();
    for whose in [Whose::User, Whose::Repository] {
        errors.extend(files.allowed(whose).err());
    }
    let policies = match Policies::check(&files.places()) {
        Ok(policies) => policies,
        Err(all) => {
            // These say what `errors` says, and more.
            errors = all;
            return Err(last(ui, errors));
        }
    };
    if !errors.is_empty() {
        return Err(last(ui, errors));
    }
    for warning in &policies.warnings {
        ui.warn(warning);
    }
    for path in &policies.read {
        ui.status(format!("read {}", path.display()));
    }
    ui.status(match policies.engine.clauses().len() {
        0 => "no policies: nothing is objected to".to_owned(),
        1 => "1 policy".to_owned(),
        n => format!("{n} policies"),
    });
    let failed = args.strict && !policies.warnings.is_empty();
    Ok(if failed { Outcome::No } else { Outcome::Done })
}

/// Says all errors but the last, and returns that.
fn last(ui: &mut Ui, mut errors: Vec<CommandError>) -> CommandError {
    let last = errors.pop();
    for error in errors {
        ui.say(&error.show());
    }
    last.unwrap_or_else(|| CommandError::bug("an error without an error"))
}

fn cmd_show(ui: &mut Ui, globals: &Globals, args: &ShowArgs) -> CmdResult {
    if args.schema {
        ui.print(tl_policy::SCHEMA)?;
        return Ok(Outcome::Done);
    }
    let Policies { policy, engine, .. } = read(ui, globals, &args.of)?.1;
    let mut text = String::new();
    let word = |what: &dyn std::fmt::Debug| format!("{what:?}").to_lowercase();
    let _infallible = writeln!(
        text,
        "// Where policy cannot be asked: {}. Where nobody can be asked, \"ask\" is {}.",
        word(&policy.on_error()),
        word(&policy.ask_fallback())
    );
    for clause in engine.clauses() {
        let _infallible =
            write!(text, "\n// {}, line {}\n{}\n", clause.file, clause.line, clause.cedar());
    }
    // A repository's file is foreign text.
    let lines: Vec<String> = text.lines().map(visible).collect();
    ui.print(&format!("{}\n", lines.join("\n")))?;
    Ok(Outcome::Done)
}

/// The policies that hold here; what in them does nothing is told.
fn read(ui: &mut Ui, globals: &Globals, of: &OfArgs) -> Result<(Places, Policies), CommandError> {
    let places = files(globals, of)?.places();
    let policies = Policies::read(&places)?;
    for warning in &policies.warnings {
        ui.warn(warning);
    }
    Ok((places, policies))
}
