//! The command line: arguments as they are typed, and which function each command calls.
//!
//! In: the process's arguments. Out: an exit code. Start at [`run`]. The doc comments here are
//! the help text, and `docs/cli.md` is a snapshot of it. **Invariant:** exit codes are 0 done,
//! 1 the answer is no, 2 bad arguments or configuration, 3 could not, 70 our bug.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Parser, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::command::{self, Command};
use crate::config::env::{self, Variables};
use crate::context::{Globals, LedgerChoice, ServerUrl};
use crate::error::{CmdResult, CommandError};
use crate::ui::{Settings, Ui, is_unicode_locale};

/// Where changes wait on their way to production, and what guards them there
///
/// Throughline works from what a repository and the systems around it know. It sends nothing
/// anywhere; only `collect`, and what you allow it by a flag, uses a network. Results go to
/// standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "throughline", version = VERSION, max_term_width = 100, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Version, and the commit where the program was built in its repository.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("THROUGHLINE_COMMIT"));

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the answer is no, 2 bad arguments or \
configuration, 3 could not (missing, no permission, broken), 70 a bug in Throughline.";

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct GlobalArgs {
    /// When to use colours; `auto` honours `NO_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(env = env::TL_COLOR, hide_env_values = true)]
    color: Color,
    /// Say nothing but data, warnings and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Log what is done on standard error (`-vv`: in detail, `-vvv`: everything)
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Use no network
    #[arg(long, global = true, value_parser = FalseyValueParser::new())]
    #[arg(env = env::TL_OFFLINE, hide_env_values = true)]
    offline: bool,
    /// Configuration file to read in place of the repository's `.throughline.toml`
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(env = env::TL_CONFIG, hide_env_values = true)]
    config: Option<PathBuf>,
    /// Ledger to use: a file, `postgres://HOST/DATABASE`, or `none` to keep nothing [default:
    /// `.throughline/ledger.db`]
    #[arg(long, global = true, value_name = "PATH|URL|none")]
    #[arg(env = env::TL_LEDGER, hide_env_values = true)]
    ledger: Option<LedgerArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone)]
struct LedgerArg(LedgerChoice);

impl FromStr for LedgerArg {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text {
            "none" => LedgerChoice::None,
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                LedgerChoice::Url(ServerUrl::new(url))
            }
            path => LedgerChoice::Path(PathBuf::from(path)),
        }))
    }
}

/// Parses the arguments, runs the command, shows its error; returns the exit code.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>, variables: Variables) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(err) => {
            // Help and version come this way too, and whoever reads them may have left.
            let _closed = err.print();
            return u8::try_from(err.exit_code()).unwrap_or(2);
        }
    };
    start_log(&cli.globals, &variables);
    let mut ui = Ui::new(cli.settings(&variables));
    let result = cli.execute(&mut ui, variables).and_then(|outcome| {
        ui.finish()?;
        Ok(outcome)
    });
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(err) => {
            ui.say(&err.show());
            err.exit_code()
        }
    }
}

impl Cli {
    fn settings(&self, variables: &Variables) -> Settings {
        let globals = &self.globals;
        Settings {
            color: globals.color.choice(),
            quiet: globals.quiet,
            progress: !globals.quiet && globals.verbose == 0 && !self.command.json(),
            columns: variables.text("COLUMNS").and_then(|text| text.parse().ok()),
            unicode: is_unicode_locale(variables.locale().as_deref()),
        }
    }

    fn execute(self, ui: &mut Ui, variables: Variables) -> CmdResult {
        let globals = Globals {
            variables,
            config: self.globals.config,
            ledger: self.globals.ledger.map_or(LedgerChoice::Default, |ledger| ledger.0),
            offline: self.globals.offline,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CommandError::environment)?;
        runtime.block_on(command::execute(ui, &globals, &self.command))
    }
}

impl Color {
    const fn choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// Sends the log to stderr: warnings, more by `-v`, or what `TL_LOG` says.
fn start_log(globals: &GlobalArgs, variables: &Variables) {
    let ours = |level| {
        format!(
            "warn,throughline={level},tl_core={level},tl_ledger={level},tl_exec={level},tl_collect={level},tl_forge={level},tl_map={level},tl_guard={level}"
        )
    };
    let filter = variables.text(env::TL_LOG).unwrap_or_else(|| match globals.verbose {
        0 => "error".to_owned(),
        1 => ours("info"),
        2 => ours("debug"),
        _ => "trace".to_owned(),
    });
    let color = match globals.color {
        Color::Auto => std::io::stderr().is_terminal() && variables.text("NO_COLOR").is_none(),
        Color::Always => true,
        Color::Never => false,
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .without_time()
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
