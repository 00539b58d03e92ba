//! One pattern of the lexicon.
//!
//! In: bytes of a text. Out: where it stands first. Start at [`Pattern::find_at`]. A hook is a new process
//! for each question, and an automaton takes longer to make than a page to be read: a pattern is tried
//! step by step ([`program`]), until that has cost as much as its automaton. **Invariant:** both ways
//! find the same, and the cost of a search is linear in the text but for what one automaton costs.

mod program;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use program::Program;

/// Steps after which an automaton is made: about what making it costs.
const STEPS: u32 = 40_000;

/// A pattern of this crate: ASCII, without regard to case.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: Cow<'static, str>,
    program: OnceLock<Option<Program>>,
    automaton: OnceLock<Regex>,
    /// Steps so far.
    spent: AtomicU32,
}

impl Pattern {
    /// Nothing is made yet.
    pub(crate) const fn new(source: &'static str) -> Self {
        Self::of(Cow::Borrowed(source))
    }

    /// Any of several.
    pub(super) fn any(sources: &[&str]) -> Self {
        Self::of(Cow::Owned(format!("(?:{})", sources.join(")|(?:"))))
    }

    const fn of(source: Cow<'static, str>) -> Self {
        Self {
            source,
            program: OnceLock::new(),
            automaton: OnceLock::new(),
            spent: AtomicU32::new(0),
        }
    }

    /// Where it stands first.
    pub(crate) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        self.find_at(text, 0)
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }

    /// Every place, one behind the other.
    pub(super) fn find_all<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.find_at(text, from)?;
            // No pattern finds nothing at all, and a test says so.
            from = found.end.max(found.start + 1);
            Some(found)
        })
    }

    /// Where it stands first behind `from`.
    fn find_at(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        if from > text.len() {
            return None;
        }
        let left = STEPS.saturating_sub(self.spent.load(Ordering::Relaxed));
        if left > 0
            && let Some(program) = self.program.get_or_init(|| Program::new(&self.source))
        {
            let mut steps = left;
            let found = program.find(text, from, &mut steps);
            // Two threads may forget a few steps of each other: the automaton comes a little later.
            self.spent.fetch_add(left - steps, Ordering::Relaxed);
            if let Ok(found) = found {
                return found;
            }
            self.spent.store(STEPS, Ordering::Relaxed);
        }
        let input = Input::new(text).range(from..).anchored(Anchored::No);
        self.automaton().search(&input).map(|found| found.range())
    }

    fn automaton(&self) -> &Regex {
        self.automaton.get_or_init(|| {
            let syntax = syntax::Config::new().case_insensitive(true).unicode(false).utf8(false);
            // What looks for literals first takes twice as long to make as all the rest, and saves
            // nothing: a sentence is short, and has a stem of the pattern already.
            let config = Regex::config().auto_prefilter(false).onepass(false).utf8_empty(false);
            let mut builder = Regex::builder();
            let built = builder.syntax(syntax).configure(config).build(&self.source);
            built.expect("patterns are literals, and a test compiles all")
        })
    }

    /// Its text.
    #[cfg(test)]
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Both ways on a text; `None` where one alone is there.
    #[cfg(test)]
    pub(super) fn both(&self, text: &[u8]) -> Option<[Option<Range<usize>>; 2]> {
        let program = self.program.get_or_init(|| Program::new(&self.source)).as_ref()?;
        let mut steps = u32::MAX;
        let stepwise = program.find(text, 0, &mut steps).ok()?;
        Some([stepwise, self.automaton().find(text).map(|found| found.range())])
    }
}

#[cfg(test)]
mod tests;
