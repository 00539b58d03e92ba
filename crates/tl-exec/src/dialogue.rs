//! Talking with a child process line by line, for a child that nobody trusts.
//!
//! In: a child that runs in a process group of its own, and a function that answers its lines.
//! Out: whether the function had enough, or what was wrong with the child. Start at `converse`.
//! **Invariant:** it ends in [`Limits::all`], holds a few lines in memory at most, and leaves no
//! process of the group behind.

mod watch;

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;

/// What a child may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Time to its first line.
    pub first: Duration,
    /// Time in all.
    pub all: Duration,
    /// Bytes of a line.
    pub line: usize,
    /// Bytes of all its lines.
    pub bytes: usize,
    /// Processes of its group at one time.
    pub processes: usize,
    /// Bytes of memory that they hold together.
    pub memory: u64,
    /// Bytes of the files below its directory.
    pub written: u64,
}

impl Default for Limits {
    /// 5 s to the first line, 15 s in all, 4 MiB a line, 32 MiB in all; 64 processes with 1 GiB, and
    /// 256 MiB of files. A tool list of the largest servers seen is below 1 MiB.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            all: Duration::from_secs(15),
            line: 4 << 20,
            bytes: 32 << 20,
            processes: 64,
            memory: 1 << 30,
            written: 256 << 20,
        }
    }
}

/// What is done after a line of the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// These bytes are sent, none where there is nothing to say; the next line is waited for.
    Send(Vec<u8>),
    /// That was all.
    Done,
}

/// Why a dialogue did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DialogueError {
    /// This machine has no sandbox to start it in.
    #[error(transparent)]
    Unavailable(#[from] crate::sandbox::Unavailable),
    /// Our own part of the start failed.
    #[error("failed to prepare the sandbox")]
    Prepare(#[source] std::io::Error),
    /// It was not confined, and so not started.
    #[error("could not be confined, and so was not started")]
    Confine {
        /// What was said of it.
        said: String,
    },
    /// There is no such program, or it may not be executed in the sandbox.
    #[error("could not be started")]
    Start {
        /// What was said of it.
        said: String,
    },
    /// No line in [`Limits::first`].
    #[error("said nothing in {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// Not ready in [`Limits::all`].
    #[error("was not ready in {} s", .0.as_secs_f64())]
    Slow(Duration),
    /// A line over [`Limits::line`].
    #[error("sent a line of more than {} MiB", .0 >> 20)]
    LongLine(usize),
    /// More than [`Limits::bytes`].
    #[error("sent more than {} MiB", .0 >> 20)]
    Flood(usize),
    /// More than [`Limits::processes`].
    #[error("started more than {0} processes")]
    Processes(usize),
    /// More than [`Limits::memory`].
    #[error("took more than {} MiB of memory", .0 >> 20)]
    Memory(u64),
    /// More than [`Limits::written`].
    #[error("wrote more than {} MiB of files", .0 >> 20)]
    Written(u64),
    /// It ended, or closed its output, before that was all.
    #[error("ended before it had answered ({how})")]
    Ended {
        /// Exit status or signal.
        how: String,
        /// A line of its standard error, cut to 300 characters.
        said: String,
    },
}

impl DialogueError {
    /// What the child, or our own program in its place, said of it on standard error.
    pub fn said(&self) -> &str {
        match self {
            Self::Confine { said } | Self::Start { said } | Self::Ended { said, .. } => said,
            _ => "",
        }
    }
}

/// Exit status of our own program where the sandbox could not be entered.
pub(crate) const NOT_CONFINED: u8 = 125;
/// Exit status of our own program where the child could not be executed.
pub(crate) const NOT_STARTED: u8 = 126;

/// How often the group is looked at.
const TICK: Duration = Duration::from_millis(25);
/// How often a child that is about to end is looked after.
const POLL: Duration = Duration::from_millis(2);
/// How long a child that closed its output is waited for, and its last words.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Bytes of standard error that are kept.
const KEPT: usize = 8 << 10;

/// Sends `opening`, then answers every line by `on_line` until that is [`Next::Done`]. The child has
/// pipes for all three, is the leader of its process group, and writes below `directory` alone.
/// It and its group are killed at the end in any case.
pub(crate) fn converse(
    child: Child,
    directory: &Path,
    limits: &Limits,
    opening: Vec<u8>,
    on_line: &mut dyn FnMut(&[u8]) -> Next,
) -> Result<(), DialogueError> {
    let mut child = Running(child);
    let (stdin, stdout, stderr) =
        (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
    let (say, said) = mpsc::channel::<Vec<u8>>();
    // None of the three is joined: a child that does not read or never closes would hold us up.
    let _writer = thread::spawn(move || {
        if let Some(mut pipe) = stdin {
            // It may close its input whenever it likes: what it then does not answer is noticed.
            said.iter().take_while(|bytes| pipe.write_all(bytes).is_ok()).for_each(drop);
        }
    });
    let (hear, heard) = mpsc::sync_channel(1);
    let (line, bytes) = (limits.line, limits.bytes);
    let _reader = thread::spawn(move || listen(stdout, line, bytes, &hear));
    let (keep, kept) = mpsc::channel();
    let _errors = thread::spawn(move || keep.send(last_words(stderr)));
    let (group, clock) = (child.0.id(), Clock::new());
    let mut talk = Talk { limits, directory, group, say, heard, clock, watched: None };
    match talk.run(opening, on_line) {
        Some(result) => result,
        None => Err(child.ended(&kept)),
    }
}

/// A conversation under way.
struct Talk<'a> {
    limits: &'a Limits,
    directory: &'a Path,
    group: u32,
    say: Sender<Vec<u8>>,
    heard: Receiver<Heard>,
    clock: Clock,
    /// At which tick the group was looked at.
    watched: Option<u32>,
}

/// What came from the child.
enum Heard {
    Lines(Vec<u8>),
    LongLine,
    Flood,
    End,
}

impl Talk<'_> {
    /// `None` where the child ended too early.
    fn run(
        &mut self,
        opening: Vec<u8>,
        on_line: &mut dyn FnMut(&[u8]) -> Next,
    ) -> Option<Result<(), DialogueError>> {
        let limits = self.limits;
        drop(self.say.send(opening));
        let mut answered = false;
        loop {
            let deadline = if answered { limits.all } else { limits.first.min(limits.all) };
            let left = deadline.saturating_sub(TICK * self.clock.ticks());
            if left.is_zero() {
                let late = if answered { DialogueError::Slow } else { DialogueError::Silent };
                return Some(Err(late(deadline)));
            }
            match self.heard.recv_timeout(left.min(TICK)) {
                Ok(Heard::Lines(lines)) => {
                    answered = true;
                    for line in lines.split_inclusive(|byte| *byte == b'\n') {
                        match on_line(line) {
                            Next::Done => return Some(Ok(())),
                            Next::Send(bytes) if bytes.is_empty() => {}
                            // Whoever no longer reads does not answer, and that is noticed.
                            Next::Send(bytes) => drop(self.say.send(bytes)),
                        }
                    }
                }
                Ok(Heard::LongLine) => return Some(Err(DialogueError::LongLine(limits.line))),
                Ok(Heard::Flood) => return Some(Err(DialogueError::Flood(limits.bytes))),
                Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Err(err) = self.watch() {
                return Some(Err(err));
            }
        }
    }

    /// Looks at what the group takes, once every [`TICK`].
    fn watch(&mut self) -> Result<(), DialogueError> {
        let tick = self.clock.ticks();
        if self.watched == Some(tick) {
            return Ok(());
        }
        let limits = self.limits;
        let usage = watch::group(self.group);
        if usage.processes > limits.processes {
            return Err(DialogueError::Processes(limits.processes));
        }
        if usage.memory > limits.memory {
            return Err(DialogueError::Memory(limits.memory));
        }
        if watch::written(self.directory) > limits.written {
            return Err(DialogueError::Written(limits.written));
        }
        self.watched = Some(tick);
        Ok(())
    }
}

/// How long a dialogue has gone on, counted by a thread that sleeps: no clock is read here.
struct Clock(Arc<AtomicU32>);

impl Clock {
    fn new() -> Self {
        let ticks = Arc::new(AtomicU32::new(0));
        let counted = Arc::downgrade(&ticks);
        thread::spawn(move || {
            loop {
                thread::sleep(TICK);
                // It ends with the dialogue.
                let Some(ticks) = counted.upgrade() else { return };
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self(ticks)
    }

    fn ticks(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A child whose group does not outlive this value.
struct Running(Child);

impl Running {
    /// How it ended, for people.
    fn ended(&mut self, kept: &Receiver<String>) -> DialogueError {
        let status = self.wait(LAST_WORDS);
        kill_group(&self.0);
        let said = kept.recv_timeout(LAST_WORDS).unwrap_or_default();
        let code = status.and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
        match code {
            Some(NOT_CONFINED) => DialogueError::Confine { said },
            Some(NOT_STARTED) => DialogueError::Start { said },
            _ => {
                let how = status.map_or_else(|| "closed its output".to_owned(), |s| s.to_string());
                DialogueError::Ended { how, said }
            }
        }
    }

    fn wait(&mut self, most: Duration) -> Option<ExitStatus> {
        let mut waited = Duration::ZERO;
        while waited < most {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            thread::sleep(POLL);
            waited += POLL;
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill_group(&self.0);
        // Where the group was not yet made, or is gone already, the child itself is meant.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[cfg(unix)]
fn kill_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // A group that is gone is what is wanted.
        let _gone = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: &Child) {}

/// Sends lines on, as many at a time as have come, and why there are no more.
fn listen(pipe: Option<impl Read>, most: usize, all: usize, to: &SyncSender<Heard>) {
    let Some(pipe) = pipe else { return };
    let mut pipe = BufReader::with_capacity(64 << 10, pipe);
    let mut bytes = 0;
    loop {
        let mut lines = Vec::new();
        let read = pipe.by_ref().take(most as u64 + 1).read_until(b'\n', &mut lines);
        // A flood of short lines would cost a hand-over each.
        while read.is_ok() && pipe.buffer().contains(&b'\n') {
            if pipe.read_until(b'\n', &mut lines).is_err() {
                break;
            }
        }
        bytes += lines.len();
        let heard = match read {
            Ok(0) | Err(_) => Heard::End,
            Ok(length) if length > most => Heard::LongLine,
            Ok(_) if bytes > all => Heard::Flood,
            Ok(_) => Heard::Lines(lines),
        };
        let over = !matches!(heard, Heard::Lines(_));
        if to.send(heard).is_err() || over {
            return;
        }
    }
}

/// Reads to the end, and returns the line that tells most.
fn last_words(pipe: Option<impl Read>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let (mut kept, mut buffer) = (VecDeque::with_capacity(KEPT), [0; 4 << 10]);
    while let Ok(read @ 1..) = pipe.read(&mut buffer) {
        kept.extend(&buffer[..read]);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }
    telling(&String::from_utf8_lossy(kept.make_contiguous()))
}

/// The last line that gives an error, else the first that speaks of one, else the last; 300
/// characters of it.
fn telling(text: &str) -> String {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let has = |line: &&str, word: &str| line.to_ascii_lowercase().contains(word);
    let given = lines().rfind(|line| has(line, "error:"));
    let error = given.or_else(|| lines().find(|line| has(line, "error")));
    error.or_else(|| lines().next_back()).unwrap_or_default().chars().take(300).collect()
}

#[cfg(test)]
mod tests;
