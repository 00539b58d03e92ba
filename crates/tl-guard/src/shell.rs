//! A command line of a shell, cut into the programs that it would start.
//!
//! In: text that an agent wants to run. Out: a [`Script`]: each program with its words, where its
//! output goes, and what could not be read. Start at [`read`]. **Invariant:** nothing is executed or
//! looked up; at most [`LONGEST`] bytes, [`COMMANDS`] programs and [`DEPTH`] scripts inside scripts are
//! read, and what is beyond is said in `Script::unread`, never left out silently.
//!
//! Quotes, escapes, assignments of plain text, `$NAME`, `~`, braces, lists, pipes, redirections,
//! here documents, command and process substitution are understood; so are programs that start
//! others: `sh -c`, `eval`, `env`, `sudo`, `xargs`, `find -exec` and the like.

mod lex;
mod wrap;

use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of a command line that are read.
pub const LONGEST: usize = 64 << 10;
/// Programs of a command line that are read.
pub const COMMANDS: usize = 1_000;
/// Scripts inside scripts that are read: `sh -c "sh -c '...'"`, `$(...)`.
pub const DEPTH: u8 = 3;

/// What a command line would start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// In the order of the text; those of a substitution before the one that uses it.
    pub commands: Vec<Command>,
    /// What could not be read, for people; each once.
    pub unread: Vec<&'static str>,
    /// Variables that hold what commands of the script print.
    made: BTreeMap<String, Range<usize>>,
}

/// One program with its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The program first. Never empty, but for a command of redirections alone.
    pub words: Vec<Word>,
    /// Files that the shell opens for it.
    pub redirects: Vec<Redirect>,
    /// Whether its input is the output of the command before.
    pub piped: bool,
    /// Text of the script that it gets as input: a here document, a here string.
    pub input: Option<String>,
    /// Commands of the script whose output it reads, by their place in [`Script::commands`].
    pub source: Range<usize>,
}

/// A word as the program would see it, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Quotes taken away, known variables put in; `~` stays at the front where the shell would expand it.
    pub text: String,
    /// A `*`, `?` or `[` that the shell would expand to names of files.
    pub glob: bool,
    /// A variable or a substitution whose value is not known; it stands in the text as it was written.
    pub unknown: bool,
    /// Commands of the script whose output stands in it, by their place in [`Script::commands`].
    pub made: Range<usize>,
}

impl Word {
    /// Takes what other commands print into the word.
    fn takes(&mut self, made: Range<usize>) {
        if made.is_empty() {
            return;
        }
        self.made = match self.made.is_empty() {
            true => made,
            false => self.made.start.min(made.start)..self.made.end.max(made.end),
        };
    }
}

/// A file that the shell opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Written, not read.
    pub write: bool,
    /// Which.
    pub path: Word,
}

impl Command {
    /// Name of the program without its directory, in lower case and without `.exe`.
    pub fn program(&self) -> String {
        let text = self.words.first().map_or("", |word| word.text.as_str());
        let name = text.rsplit(['/', '\\']).next().unwrap_or(text).to_ascii_lowercase();
        name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
    }

    /// The words behind the program.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The texts of the words, for policies.
    pub fn texts(&self) -> Vec<String> {
        self.words.iter().map(|word| word.text.clone()).collect()
    }

    /// Whether one of the words is a flag: `--force` as written, or `-f` among letters in one word.
    pub fn has_flag(&self, short: char, long: &str) -> bool {
        self.arguments().iter().any(|word| {
            let text = word.text.as_str();
            let is_long = !long.is_empty()
                && text.strip_prefix("--").is_some_and(|t| t.split('=').next() == Some(long));
            let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            is_long || letters.is_some_and(|letters| letters.contains(short))
        })
    }

    /// Whether it is a shell or an interpreter that runs what it reads: it has neither a file nor a text.
    pub fn runs_its_input(&self) -> bool {
        wrap::runs_its_input(self)
    }

    /// Words that are no flags.
    pub fn operands(&self) -> impl Iterator<Item = &Word> {
        self.arguments().iter().filter(|word| !word.text.starts_with('-') || word.text == "-")
    }
}

impl Script {
    fn unread(&mut self, what: &'static str) {
        if !self.unread.contains(&what) {
            self.unread.push(what);
        }
    }
}

/// Reads a command line.
pub fn read(text: &str) -> Script {
    let mut script = Script::default();
    let mut variables = BTreeMap::new();
    script_into(&mut script, &mut variables, text, 0);
    script
}

/// Values of variables that the script itself sets.
type Variables = BTreeMap<String, String>;

/// Reads a script inside a script.
fn script_into(script: &mut Script, variables: &mut Variables, text: &str, depth: u8) {
    if depth > DEPTH {
        script.unread("scripts inside scripts, more of them than are read");
        return;
    }
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        script.unread("a command line longer than is read");
    }
    lex::read(script, variables, &text[..end], depth);
}

/// Takes a command that was read: programs that start others are unfolded.
fn add(script: &mut Script, variables: &mut Variables, mut command: Command, depth: u8) {
    if command.words.is_empty() && command.redirects.is_empty() {
        return;
    }
    if script.commands.len() >= COMMANDS {
        script.unread("more programs than are read");
        return;
    }
    let inner = wrap::unfold(&mut command);
    for what in inner.unread {
        script.unread(what);
    }
    let (piped, source) = (command.piped, command.source.clone());
    script.commands.push(command);
    for text in inner.scripts {
        script_into(script, variables, &text, depth + 1);
    }
    for mut started in inner.started {
        // The wrapper hands on its input; its files were opened once already.
        started.piped |= piped;
        started.source = source.clone();
        if depth < DEPTH {
            add(script, variables, started, depth + 1);
        } else {
            script.unread("programs that start programs, more of them than are read");
        }
    }
}

#[cfg(test)]
mod tests;
