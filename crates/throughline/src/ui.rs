//! Both streams, and nothing else writes to them: stdout is data, stderr is everything else.
//!
//! In: what commands have to show. Out: bytes on stdout and stderr. Start at [`Ui`].
//! **Invariant:** what goes to stdout does not depend on `--quiet`, `-v` or the progress bar, and
//! nothing is said by colour alone: [`Ink`] only underlines what the text says.

mod progress;
mod table;

use std::fmt::{Display, Write as _};
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

/// Whether a character moves the cursor, changes colours or lines, turns the direction of what
/// follows, or is there for machines alone: tags and the selectors beyond the sixteenth carry whole
/// texts that no person sees. Joiners and the other selectors belong to scripts and emoji.
pub(crate) fn acts_on_a_terminal(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    c.is_control() || turns || hides
}

/// The text without such characters, line feeds among them: names in a repository are written by
/// strangers.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if acts_on_a_terminal(c) { '\u{fffd}' } else { c }).collect()
}

/// A JSON document in which such characters are escaped: the same values, and nothing acts on the
/// terminal. Those below a space are escaped in JSON anyway.
pub(crate) fn visible_json(document: String) -> String {
    let acts = |c: char| c > '~' && acts_on_a_terminal(c);
    if !document.contains(acts) {
        return document;
    }
    let mut text = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// Whether a locale, as the first that is set of `LC_ALL`, `LC_CTYPE` and `LANG` names it, has
/// more characters than ASCII. Where none is set nobody chose ASCII.
pub(crate) fn is_unicode_locale(locale: Option<&str>) -> bool {
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
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
    /// Whether the terminal shows more than ASCII, as far as its variables tell.
    pub(crate) unicode: bool,
}

impl Settings {
    /// Nothing is shown but data, warnings and errors.
    pub(crate) const fn silent() -> Self {
        Self {
            color: ColorChoice::Never,
            quiet: true,
            progress: false,
            columns: None,
            unicode: false,
        }
    }
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

    /// Whether only data, warnings and errors are wanted.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.settings.quiet
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

    /// Whether more than ASCII may be drawn with.
    pub(crate) const fn has_unicode(&self) -> bool {
        self.settings.unicode
    }

    /// Writes data as it is.
    pub(crate) fn print(&mut self, data: &str) -> Result<(), OutputError> {
        Ok(self.stdout.write_all(data.as_bytes())?)
    }

    /// Writes one JSON document; it names its own `schema`.
    pub(crate) fn print_json(&mut self, document: &impl Serialize) -> Result<(), OutputError> {
        let text = serde_json::to_string_pretty(document).map_err(io::Error::from)?;
        // It holds nothing that a pipe must not get, so nobody need look for that in megabytes.
        self.stdout.flush()?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(visible_json(text).as_bytes())?;
        Ok(stdout.write_all(b"\n")?)
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
            self.say(&format!("{}\n", visible(&message.to_string())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_says_whether_more_than_ascii_can_be_shown() {
        for locale in [None, Some("C.UTF-8"), Some("de_DE.utf8"), Some("en_US.UTF-8@euro")] {
            assert!(is_unicode_locale(locale), "{locale:?}");
        }
        for locale in ["C", "POSIX", "de_DE", "ja_JP.eucJP", "en_US.ISO-8859-1"] {
            assert!(!is_unicode_locale(Some(locale)), "{locale}");
        }
    }

    #[test]
    fn what_could_act_on_a_terminal_is_replaced() {
        let shown = visible("a\u{1b}[31m\u{9b}2Jb\nc\u{202e}d\u{7}");
        assert_eq!(shown, "a\u{fffd}[31m\u{fffd}2Jb\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(visible("a\u{e0073}\u{200b}\u{e0100}b"), "a\u{fffd}\u{fffd}\u{fffd}b");
        assert_eq!(visible("Zoë 日本 ✓ ❤\u{fe0f}"), "Zoë 日本 ✓ ❤\u{fe0f}");
    }

    #[test]
    fn json_says_the_same_without_what_could_act_on_a_terminal() {
        let value =
            serde_json::json!({"a": "\u{1b}[31m\u{9b}2J\u{7f}\u{202e}\u{e0073}\\Zoë 日本 😀\n"});
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = visible_json(text);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
            assert!(!shown.contains(|c| c != '\n' && acts_on_a_terminal(c)), "{shown:?}");
        }
    }
}
