//! What the gate says, in the forms that people and programs read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tl_core::test::TestKey;
use tl_test::gate::{Answer, Decision, Verdict};
use tl_test::read::Format;
use tl_test::show;

use super::evidence::Read;
use crate::config::env::{GITHUB_ACTIONS, GITHUB_STEP_SUMMARY};
use crate::context::Globals;
use crate::error::{CommandError, Outcome};
use crate::ui::{Ui, visible};

/// Where the answer goes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// In which form [default: `github` in a GitHub workflow, else `table`]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,
    /// Print one JSON document (`gate/v1`)
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Append a summary in Markdown to a file [default: `$GITHUB_STEP_SUMMARY`, where it is set]
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write each JUnit report again into this directory, masked failures as skipped
    #[arg(long, value_name = "DIR")]
    junit_out: Option<PathBuf>,
    /// Write all cases as one CTRF report, each red one with its verdict
    #[arg(long, value_name = "FILE")]
    ctrf_out: Option<PathBuf>,
    /// Write a comment for the change's page, with a marker by which `--job` finds it again
    #[arg(long, value_name = "FILE")]
    comment_out: Option<PathBuf>,
    /// Write that comment on the request of a GitHub workflow, over the last one of the job
    #[arg(long)]
    pub(super) comment: bool,
    /// Say all that is known of the red tests of this name or id, in place of the table
    #[arg(long, value_name = "TEST", conflicts_with_all = ["format", "json"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// `gate/v1`
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// For people, with annotations of a GitHub workflow
    Github,
}

impl OutputArgs {
    /// Whether every case is written.
    pub(super) const fn wants_cases(&self) -> bool {
        self.ctrf_out.is_some()
    }

    /// Whether the output is for a program.
    pub(super) const fn is_for_programs(&self) -> bool {
        self.json || matches!(self.format, Some(Form::Json | Form::Sarif))
    }
}

/// The exit code of an answer.
pub(super) const fn outcome(answer: Answer) -> Outcome {
    match answer {
        Answer::Passed => Outcome::Done,
        Answer::Failed => Outcome::No,
        Answer::Unproven => Outcome::Unproven,
        Answer::Overdue => Outcome::Overdue,
    }
}

/// Shows a decision.
pub(super) fn show(
    ui: &mut Ui,
    globals: &Globals,
    args: &OutputArgs,
    decision: &Decision,
    read: &Read,
    job: &str,
) -> Result<(), CommandError> {
    let is_github = globals.variables.text(GITHUB_ACTIONS).is_some();
    let form = match args.format {
        _ if args.json => Form::Json,
        Some(form) => form,
        None if is_github => Form::Github,
        None => Form::Table,
    };
    if let Some(test) = &args.explain {
        let known = show::explain(decision, test);
        ui.print(&known.unwrap_or_else(|| format!("no red test is `{}`\n", visible(test))))?;
    }
    match form {
        _ if args.explain.is_some() => {}
        Form::Json => ui.print_json(decision)?,
        Form::Sarif => ui.print_json(&show::sarif(decision, env!("CARGO_PKG_VERSION")))?,
        Form::Table => ui.print(&show::table(decision))?,
        Form::Github => {
            ui.print(&show::table(decision))?;
            ui.print(&show::annotations(decision))?;
        }
    }
    let summary = args.summary.clone();
    let given = globals.variables.text(GITHUB_STEP_SUMMARY).map(PathBuf::from);
    if let Some(path) = summary.or(given) {
        append(&path, &show::summary(decision)).map_err(|err| {
            CommandError::environment(format!("failed to write `{}`: {err}", path.display()))
        })?;
    }
    if let Some(path) = &args.ctrf_out {
        let text = show::ctrf(decision, &read.cases).map_err(CommandError::bug)?;
        write(path, &text)?;
    }
    if let Some(path) = &args.comment_out {
        write(path, &show::comment(decision, job))?;
    }
    if let Some(dir) = &args.junit_out {
        rewritten(ui, dir, decision, read)?;
    }
    Ok(())
}

/// Writes JUnit reports again, each under its own name, masked failures as skipped.
fn rewritten(
    ui: &mut Ui,
    dir: &Path,
    decision: &Decision,
    read: &Read,
) -> Result<(), CommandError> {
    let masked: BTreeMap<&str, String> = decision
        .red
        .iter()
        .filter(|judged| matches!(judged.verdict, Verdict::Masked { .. }))
        .map(|judged| (judged.id.as_str(), show::why(judged)))
        .collect();
    let why = |key: &TestKey| masked.get(key.to_string().as_str()).cloned();
    let failed = |what: &str, path: &Path, err: &io::Error| {
        CommandError::environment(format!("failed to {what} `{}`: {err}", path.display()))
    };
    fs::create_dir_all(dir).map_err(|err| failed("make", dir, &err))?;
    let mut names = BTreeSet::new();
    for (name, ending) in &read.reports {
        let from = Path::new(name);
        if ending.format != Some(Format::Junit) || name == "-" {
            continue;
        }
        // Reports of several directories may have one name.
        let plain = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unique =
            (0..).map(|nth| if nth == 0 { plain.clone() } else { format!("{nth}-{plain}") });
        let name = unique.into_iter().find(|name| names.insert(name.clone())).unwrap_or(plain);
        let to = dir.join(name);
        let input = File::open(from).map_err(|err| failed("read", from, &err))?;
        let output = File::create(&to).map_err(|err| failed("write", &to, &err))?;
        let mut output = BufWriter::new(output);
        show::junit::rewrite(BufReader::new(input), &why, &mut output)
            .and_then(|_| output.flush())
            .map_err(|err| failed("write", &to, &err))?;
    }
    let reports =
        if names.len() == 1 { "1 report is" } else { &format!("{} reports are", names.len()) };
    ui.status(format!("{reports} written to {}", dir.display()));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    fs::write(path, text).map_err(|err| {
        CommandError::environment(format!("failed to write `{}`: {err}", path.display()))
    })
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}
