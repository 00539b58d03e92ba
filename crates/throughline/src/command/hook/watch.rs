//! The watch over a decision: the decision answers, or the clock does, never both and never nobody.
//!
//! In: where the decision stands. Out: what is to be said where it takes too long. Start at [`watched`].
//! **Invariant:** the decision runs in the thread that asked for it, and no other thread has to be woken
//! before the answer is out: on a machine with one free core each such turn costs as much as the decision.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tl_core::verdict::Effect;

/// How long the client may take to write its document.
const READING: Duration = Duration::from_secs(2);
/// How long a decision may take.
const DECIDING: Duration = Duration::from_millis(250);
/// How often the clock is looked at: nobody wakes who looks.
const LOOK: Duration = Duration::from_millis(25);
/// Stack of the thread that looks, and answers where it is late.
const STACK: usize = 1 << 20;

/// Where a decision stands.
#[derive(Debug)]
pub(super) struct Watch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    until: Instant,
    /// What is said when it ends at `until`.
    why: &'static str,
    on_error: Effect,
    answered: bool,
}

/// Nothing was decided.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undecided {
    /// in the words of the answer
    pub(super) why: String,
    /// what to answer
    pub(super) on_error: Effect,
}

/// Decides under the eyes of a clock. `late` is called in another thread where that takes too long, and
/// then the decision has no say: this returns nothing.
pub(super) fn watched<T>(
    decide: impl FnOnce(&Watch) -> Result<T, String>,
    late: impl FnOnce(Undecided) + Send + 'static,
) -> Option<Result<T, Undecided>> {
    let watch = Arc::new(Watch::new());
    let seen = Arc::clone(&watch);
    let look = move || {
        if let Some(undecided) = seen.expired() {
            late(undecided);
        }
    };
    let decided = match thread::Builder::new().stack_size(STACK).spawn(look) {
        Ok(_) => panic::catch_unwind(AssertUnwindSafe(|| decide(&watch)))
            .unwrap_or_else(|_| Err("Throughline failed inside, which is a bug of it".to_owned())),
        Err(err) => Err(format!("no thread could be started: {err}")),
    };
    let on_error = watch.claim()?;
    Some(decided.map_err(|why| Undecided { why, on_error }))
}

impl Watch {
    fn new() -> Self {
        let state = State {
            until: now() + READING,
            why: "the client's document did not end within 2 s",
            on_error: Effect::Ask,
            answered: false,
        };
        Self { state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so what a panic left is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The document is read: from here on it is our time.
    pub(super) fn document_is_read(&self) {
        let mut state = self.state();
        state.until = now() + DECIDING;
        state.why = "the decision took longer than 250 ms";
    }

    /// What to answer where nothing is decided; a question until this is known.
    pub(super) fn on_error(&self, effect: Effect) {
        self.state().on_error = effect;
    }

    /// The right to answer, which is given once.
    fn claim(&self) -> Option<Effect> {
        let mut state = self.state();
        let first = !std::mem::replace(&mut state.answered, true);
        first.then_some(state.on_error)
    }

    /// Waits until there is an answer, or the time is over and the right to answer is here.
    fn expired(&self) -> Option<Undecided> {
        loop {
            let left = {
                let mut state = self.state();
                if state.answered {
                    return None;
                }
                let left = state.until.saturating_duration_since(now());
                if left.is_zero() {
                    state.answered = true;
                    let why = state.why.to_owned();
                    return Some(Undecided { why, on_error: state.on_error });
                }
                left
            };
            thread::sleep(left.min(LOOK));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a decision may take is a time of a clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    fn nobody(_: Undecided) {
        panic!("the decision was in time");
    }

    /// What the clock says of a decision that ends when it may.
    fn overtaken(before: fn(&Watch)) -> Undecided {
        let (told, tells) = channel();
        let (done, end) = channel::<()>();
        let late = move |undecided| {
            let told: Sender<Undecided> = told;
            told.send(undecided).unwrap();
            drop(done);
        };
        let decided = watched(
            |watch| {
                before(watch);
                let _ended = end.recv();
                Ok(())
            },
            late,
        );
        assert!(decided.is_none(), "both answered");
        tells.recv().unwrap()
    }

    #[test]
    fn a_decision_in_time_is_the_answer() {
        assert_eq!(watched(|_| Ok(7), nobody), Some(Ok(7)));
    }

    #[test]
    fn what_the_policy_says_of_errors_holds_for_them() {
        let decide = |watch: &Watch| {
            watch.on_error(Effect::Deny);
            Err::<(), _>("x".to_owned())
        };
        let undecided = Undecided { why: "x".to_owned(), on_error: Effect::Deny };
        assert_eq!(watched(decide, nobody), Some(Err(undecided)));
    }

    #[test]
    fn a_panic_is_told_with_what_was_known_by_then() {
        let decide = |watch: &Watch| -> Result<(), String> {
            watch.on_error(Effect::Neutral);
            panic!("this panic is part of a test")
        };
        let undecided = watched(decide, nobody).unwrap().unwrap_err();
        assert!(undecided.why.contains("bug") && undecided.on_error == Effect::Neutral);
    }

    #[test]
    fn the_clock_answers_for_a_decision_that_takes_too_long() {
        let undecided = overtaken(|watch| {
            watch.document_is_read();
            watch.on_error(Effect::Deny);
        });
        assert!(undecided.why.contains("250 ms") && undecided.on_error == Effect::Deny);
    }

    #[test]
    fn the_clock_asks_where_the_document_does_not_end() {
        let undecided = overtaken(|_| {});
        assert!(undecided.why.contains("2 s") && undecided.on_error == Effect::Ask);
    }
}
