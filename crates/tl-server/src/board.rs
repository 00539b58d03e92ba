//! The board: what was measured, kept until something changes.
//!
//! In: [`Question`]s. Out: [`Snapshot`]s. Start at [`Board::ask`]. One thread measures, one question at a
//! time, so that however many people look, no more than one measurement is in memory beside what is
//! kept.
//! **Invariants:** who asks gets the last snapshot at once, also one that is older than the newest event:
//! it says how old it is, and a new one is on its way. Equal questions that wait together are measured
//! once. At most [`KEPT`] snapshots are kept; the one that nobody asked for longest goes first.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tl_core::time::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::measured::{Measure, Measured};
use crate::question::Question;

/// Snapshots that are kept.
pub const KEPT: usize = 24;

/// How much longer than the last measurement took one has to wait for the next of the same question:
/// what comes in all the time must not keep a core busy all the time.
const REST: u32 = 4;

/// A measurement, and when it was made.
#[derive(Debug)]
pub struct Snapshot {
    /// What was asked.
    pub question: Question,
    /// What came out.
    pub measured: Measured,
    /// When it was begun: what happened later is not in it.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The state of the ledger that it shows, see [`Board::changed`].
    version: u64,
    done: Instant,
}

/// The last answer to a question: a snapshot, or why there is none.
type Answer = Result<Arc<Snapshot>, Arc<str>>;

/// What is known of a question.
struct Entry {
    /// Its last answer; `None` until the first.
    answers: watch::Sender<Option<Answer>>,
    /// Whether it is measured now, or waits for that.
    is_wanted: bool,
}

/// What was asked for, the longest ago first.
#[derive(Default)]
struct Known {
    entries: HashMap<Question, Entry>,
    order: VecDeque<Question>,
}

/// See the module.
pub struct Board {
    known: Arc<Mutex<Known>>,
    to_worker: Sender<Question>,
    version: Arc<AtomicU64>,
    /// Told after each measurement: how many there were.
    measured: watch::Sender<u64>,
}

impl Board {
    /// A board whose answers `measure` finds; `clock` says when.
    pub fn new(measure: Measure, clock: fn() -> Timestamp) -> Self {
        let (to_worker, questions) = channel();
        let known = Arc::new(Mutex::new(Known::default()));
        let version = Arc::new(AtomicU64::new(1));
        let (measured, _) = watch::channel(0);
        let worker = Worker {
            known: Arc::clone(&known),
            version: Arc::clone(&version),
            measured: measured.clone(),
            clock,
        };
        // It ends with the board, when nobody can ask any more.
        thread::spawn(move || worker.work(measure, &questions));
        Self { known, to_worker, version, measured }
    }

    /// The last answer; the first time the answer as soon as it is there.
    ///
    /// # Errors
    /// It could not be measured: why, in sentences for people.
    pub async fn ask(&self, question: &Question) -> Answer {
        let mut answers = self.want(question);
        loop {
            if let Some(answer) = answers.borrow_and_update().clone() {
                return answer;
            }
            if answers.changed().await.is_err() {
                return Err("the measurement was given up; ask again".into());
            }
        }
    }

    /// Says that the ledger holds something new: answers are measured again when somebody asks.
    pub fn changed(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the answer to a question is older than what the ledger holds.
    pub fn is_stale(&self, snapshot: &Snapshot) -> bool {
        snapshot.version < self.version.load(Ordering::Relaxed)
    }

    /// Told after each measurement.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.measured.subscribe()
    }

    fn want(&self, question: &Question) -> watch::Receiver<Option<Answer>> {
        let version = self.version.load(Ordering::Relaxed);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.touch(question);
        let entry = known
            .entries
            .entry(question.clone())
            .or_insert_with(|| Entry { answers: watch::channel(None).0, is_wanted: false });
        let is_due = match &*entry.answers.borrow() {
            None | Some(Err(_)) => true,
            Some(Ok(last)) => last.version < version && last.done.elapsed() >= last.took * REST,
        };
        if is_due && !entry.is_wanted {
            entry.is_wanted = true;
            if matches!(&*entry.answers.borrow(), Some(Err(_))) {
                // Who asks again wants to know whether it works now.
                entry.answers.send_replace(None);
            }
            self.to_worker.send(question.clone()).ok();
        }
        entry.answers.subscribe()
    }
}

impl Known {
    /// Puts a question behind all others, and forgets the one that nobody asked for longest.
    fn touch(&mut self, question: &Question) {
        self.order.retain(|one| one != question);
        self.order.push_back(question.clone());
        while self.order.len() > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            if self.entries.get(&oldest).is_some_and(|entry| entry.is_wanted) {
                // Somebody waits for it.
                self.order.push_back(oldest);
                break;
            }
            self.entries.remove(&oldest);
        }
    }
}

/// The thread that measures.
struct Worker {
    known: Arc<Mutex<Known>>,
    version: Arc<AtomicU64>,
    measured: watch::Sender<u64>,
    clock: fn() -> Timestamp,
}

impl Worker {
    fn work(&self, mut measure: Measure, questions: &Receiver<Question>) {
        while let Ok(question) = questions.recv() {
            let (version, at) = (self.version.load(Ordering::Relaxed), (self.clock)());
            let begun = Instant::now();
            // A bug in one measurement must not end all others.
            let measured = panic::catch_unwind(AssertUnwindSafe(|| measure(&question)))
                .unwrap_or_else(|_| {
                    Err("the measurement broke off: a bug of the program".to_owned())
                });
            let took = begun.elapsed();
            let answer = measured.map_err(Arc::from).map(|measured| {
                let question = question.clone();
                Arc::new(Snapshot { question, measured, at, took, version, done: Instant::now() })
            });
            tracing::info!(?question, ?took, is_ok = answer.is_ok(), "measured");
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = known.entries.get_mut(&question) {
                entry.is_wanted = false;
                entry.answers.send_replace(Some(answer));
            }
            drop(known);
            self.measured.send_modify(|count| *count += 1);
        }
    }
}
