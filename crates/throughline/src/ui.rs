//! Both streams, and nothing else writes to them: stdout is data, stderr is everything else.
//!
//! In: what commands have to show. Out: bytes on stdout and stderr. Start at [`Ui`].
//! **Invariant:** what goes to stdout does not depend on `--quiet`, `-v` or the progress bar, and
//! nothing is said by colour alone: [`Ink`] only underlines what the text says.

mod progress;
mod table;

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Stderr, Stdout, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

pub(crate) use self::progress::Progress;
pub(crate) use self::table::Table;
use crate::error::labelled;

/// Width for output that goes to no terminal, in columns.
const DEFAULT_WIDTH: usize = 100;

/// What a colour stands for; the colours themselves are in [`INKS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// The label of an error.
    Error,
    /// The label of a warning.
    Warning,
    /// The label of a hint or note.
    Hint,
    /// A heading or the names of columns.
    Heading,
    /// What is well.
    Good,
    /// What is not.
    Bad,
    /// What matters less: units, intervals, origins.
    Faint,
}

/// Every colour of the program.
static INKS: &[(Ink, Style)] = &[
    (Ink::Error, AnsiColor::Red.on_default().bold()),
    (Ink::Warning, AnsiColor::Yellow.on_default().bold()),
    (Ink::Hint, AnsiColor::Cyan.on_default().bold()),
    (Ink::Heading, Style::new().bold()),
    (Ink::Good, AnsiColor::Green.on_default()),
    (Ink::Bad, AnsiColor::Red.on_default()),
    (Ink::Faint, Style::new().dimmed()),
];

impl Ink {
    /// The style, to be written with `{style}` before and `{style:#}` behind the text.
    pub(crate) fn style(self) -> Style {
        INKS.iter().find(|(ink, _)| *ink == self).map_or_else(Style::new, |(_, style)| *style)
    }

    /// The text between the style's codes; the stream removes them where they are not wanted.
    pub(crate) fn paint(self, text: impl Display) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// Stdout could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write to standard output")]
pub(crate) struct OutputError(#[source] pub(crate) io::Error);

impl From<io::Error> for OutputError {
    fn from(err: io::Error) -> Self {
        Self(err)
    }
}

/// How to show things, from the flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// When to use colours.
    pub(crate) color: ColorChoice,
    /// Say nothing but data, warnings and errors.
    pub(crate) quiet: bool,
    /// Whether a progress bar may be shown: not under `--quiet`, `--json`, `-v`.
    pub(crate) progress: bool,
    /// `COLUMNS`, for output that goes to no terminal.
    pub(crate) columns: Option<usize>,
}

/// The two streams of the program.
pub(crate) struct Ui {
    stdout: BufWriter<AutoStream<Stdout>>,
    stderr: AutoStream<Stderr>,
    settings: Settings,
}

impl Ui {
    /// Takes both streams.
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            stdout: BufWriter::new(AutoStream::new(io::stdout(), settings.color)),
            stderr: AutoStream::new(io::stderr(), settings.color),
            settings,
        }
    }

    /// Stdout, for data; colours are removed where they are not wanted.
    pub(crate) const fn out(&mut self) -> &mut (impl Write + use<>) {
        &mut self.stdout
    }

    /// Whether a person looks at stdout.
    pub(crate) fn out_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether colours reach stdout.
    pub(crate) fn out_has_color(&self) -> bool {
        self.stdout.get_ref().current_choice() != ColorChoice::Never
    }

    /// Columns that a line on stdout may have: the terminal's, `COLUMNS`, or 100.
    pub(crate) fn width(&self) -> usize {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        let terminal = terminal.map(|(width, _)| usize::from(width.0));
        terminal.or(self.settings.columns).unwrap_or(DEFAULT_WIDTH)
    }

    /// Writes data as it is.
    pub(crate) fn print(&mut self, data: &str) -> Result<(), OutputError> {
        Ok(self.stdout.write_all(data.as_bytes())?)
    }

    /// Writes one JSON document; it names its own `schema`.
    pub(crate) fn print_json(&mut self, document: &impl Serialize) -> Result<(), OutputError> {
        serde_json::to_writer_pretty(&mut self.stdout, document).map_err(io::Error::from)?;
        Ok(self.stdout.write_all(b"\n")?)
    }

    /// Writes a table: columns for people on a terminal, a line of tab-separated values a row in
    /// a pipe.
    pub(crate) fn print_table(&mut self, table: &Table) -> Result<(), OutputError> {
        let text = if self.out_is_terminal() {
            table.for_people(self.width())
        } else {
            table.for_programs()
        };
        self.print(&text)
    }

    /// Says what is going on; not under `--quiet`.
    pub(crate) fn status(&mut self, message: impl Display) {
        if !self.settings.quiet {
            self.say(&format!("{message}\n"));
        }
    }

    /// Says something worth knowing that needs no action; not under `--quiet`.
    pub(crate) fn note(&mut self, message: impl Display) {
        if !self.settings.quiet {
            self.say(&labelled(Ink::Hint, "note", &message.to_string()));
        }
    }

    /// Says that something is probably not as it was meant.
    pub(crate) fn warn(&mut self, message: impl Display) {
        self.say(&labelled(Ink::Warning, "warning", &message.to_string()));
    }

    /// Writes text to stderr as it is, behind the data so far. There is nowhere to report a
    /// failure of stderr to, so it is ignored.
    pub(crate) fn say(&mut self, text: &str) {
        let _stdout_fails_again_at_finish = self.stdout.flush();
        let _nowhere_to_report = self.stderr.write_all(text.as_bytes());
    }

    /// A progress bar on stderr, which shows itself after a second.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.settings.progress && io::stderr().is_terminal())
    }

    /// Writes what is still held back. To be called before the program ends.
    pub(crate) fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.stdout.flush()?)
    }
}
