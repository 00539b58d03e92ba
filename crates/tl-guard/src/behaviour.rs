//! What the sessions of an agent in a repository usually do: tools, hosts, places that are written to, and
//! how fast.
//!
//! In: what a session does next. Out: what is unlike before, in words. Start at [`Baseline::note`].
//! **Invariant:** nothing is blocked by this; without [`ENOUGH`] sessions nothing is unlike before; and
//! names are counted once a session, so that one busy session is not taken for a habit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use crate::hook::Action;
use crate::hook::paths::Ground;
use crate::hook::session::Session;
use crate::rules::ga;

/// Sessions after which something can be unlike before.
pub const ENOUGH: u32 = 20;
/// Calls of a session after which it has a speed.
const CALLS: u32 = 30;
/// Standard deviations above the mean from which a session is fast.
const FAST: f64 = 6.0;
/// Share of a new session in mean and variance: about the last 20 sessions count.
const SHARE: f64 = 0.1;
/// Names of one sort that are kept.
const MOST: usize = 2_000;

/// What sessions of one agent in one repository did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Sessions that did anything.
    pub sessions: u32,
    /// Sessions that used a tool, by tool.
    pub tools: BTreeMap<String, u32>,
    /// Sessions that reached a host, by host.
    pub hosts: BTreeMap<String, u32>,
    /// Sessions that wrote below a directory of the work tree, by its first name; `outside` of it.
    pub written: BTreeMap<String, u32>,
    /// Calls a minute: exponentially weighted mean over sessions.
    pub mean: f64,
    /// Calls a minute: variance in the same weights.
    pub variance: f64,
    /// Sessions in mean and variance.
    pub measured: u32,
    /// Calls a minute of sessions that may still go on, by session; a new one ends the others.
    pub open: BTreeMap<String, f64>,
}

impl Baseline {
    /// Takes what a session does next; returns what is unlike before.
    pub fn note(
        &mut self,
        actions: &[Action],
        (stem, session): (&str, &mut Session),
        ground: &Ground<'_>,
        now: Timestamp,
    ) -> Vec<String> {
        if session.tools.is_empty() {
            self.sessions = self.sessions.saturating_add(1);
            let ended = std::mem::take(&mut self.open);
            ended.into_values().for_each(|rate| self.measure(rate));
        }
        let known = self.sessions > ENOUGH;
        let mut unlike = Vec::new();
        for action in actions {
            for (sort, name) in names(action, ground) {
                let (seen, before, what) = match sort {
                    Sort::Tool => (&mut session.tools, &mut self.tools, "uses"),
                    Sort::Host => (&mut session.reached, &mut self.hosts, "reaches"),
                    Sort::Written => (&mut session.written, &mut self.written, "writes to"),
                };
                let first = !seen.contains_key(&name);
                Session::count(seen, &name);
                if first {
                    if known && !before.contains_key(&name) {
                        unlike.push(format!(
                            "it {what} `{name}` for the first time in {} sessions",
                            self.sessions
                        ));
                    }
                    if before.len() < MOST || before.contains_key(&name) {
                        *before.entry(name).or_default() += 1;
                    }
                }
            }
        }
        unlike.extend(self.rate(stem, session, now));
        unlike
    }

    /// Whether the session is much faster than those before.
    fn rate(&mut self, stem: &str, session: &mut Session, now: Timestamp) -> Option<String> {
        #[expect(clippy::cast_precision_loss, reason = "minutes of a session")]
        let minutes = ((now.as_millis() - session.began) as f64 / 60_000.0).max(1.0);
        if session.calls < CALLS {
            return None;
        }
        let rate = f64::from(session.calls) / minutes;
        self.open.insert(stem.to_owned(), rate);
        // Sessions that are all alike have no deviation: a tenth of the mean is the least.
        let deviation = self.variance.sqrt().max(self.mean / 10.0);
        let fast = self.measured >= ENOUGH && rate > self.mean + FAST * deviation;
        if !fast || session.fast {
            return None;
        }
        session.fast = true;
        Some(format!("it calls {rate:.0} tools a minute, and {:.0} are usual", self.mean))
    }

    /// Takes the speed of a session that has ended.
    fn measure(&mut self, rate: f64) {
        self.measured = self.measured.saturating_add(1);
        if self.measured == 1 {
            self.mean = rate;
            return;
        }
        let difference = rate - self.mean;
        self.mean += SHARE * difference;
        self.variance = (1.0 - SHARE) * (self.variance + SHARE * difference * difference);
    }
}

#[derive(Debug, Clone, Copy)]
enum Sort {
    Tool,
    Host,
    Written,
}

/// What an action uses, reaches and writes to.
fn names(action: &Action, ground: &Ground<'_>) -> Vec<(Sort, String)> {
    let directory = |path: &str| {
        let below = ground.place(path, &ground.cwd).real.below;
        let below = below.map(|below| {
            below.split_once('/').map_or_else(|| ".".to_owned(), |(first, _)| first.to_owned())
        });
        (Sort::Written, below.unwrap_or_else(|| "outside".to_owned()))
    };
    let tool = |name: &str| (Sort::Tool, name.to_owned());
    match action {
        Action::Read { .. } => vec![tool("read")],
        Action::Write { path, .. } => vec![tool("write"), directory(path)],
        Action::Delete { path } => vec![tool("delete"), directory(path)],
        Action::Run { command, .. } => {
            let script = crate::shell::read(command);
            let words = script.commands.iter().flat_map(|command| &command.words);
            let hosts = words
                .filter(|word| word.text.contains("://"))
                .map(|word| (Sort::Host, ga::host_of(&word.text)));
            let programs = script
                .commands
                .iter()
                .map(|command| (Sort::Tool, format!("run {}", command.program())));
            programs.chain(hosts).filter(|(_, name)| !name.is_empty()).take(50).collect()
        }
        Action::Fetch { url } => vec![tool("fetch"), (Sort::Host, ga::host_of(url))],
        Action::Search { .. } => vec![tool("search")],
        Action::CallTool { server, tool: name, .. } => vec![tool(&format!("{server}/{name}"))],
        Action::Other { tool: name } => vec![tool(name)],
        Action::Prompt { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::paths::tests::Tree;

    fn run(command: &str) -> Action {
        Action::Run { command: command.to_owned(), cwd: String::new() }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    /// A session of so many calls a minute over ten minutes.
    fn session(
        baseline: &mut Baseline,
        tree: &Tree,
        name: &str,
        calls: u32,
        action: &Action,
    ) -> Vec<String> {
        let mut session = Session::default();
        let mut unlike = Vec::new();
        for n in 0..calls * 10 {
            session.calls += 1;
            let now = at(i64::from(n / calls));
            unlike.extend(baseline.note(
                std::slice::from_ref(action),
                (name, &mut session),
                &tree.ground(&[]),
                now,
            ));
        }
        unlike
    }

    #[test]
    fn what_is_new_after_many_sessions_is_said_once() {
        let tree = Tree::new();
        let mut baseline = Baseline::default();
        for n in 0..=ENOUGH {
            let unlike = session(&mut baseline, &tree, &n.to_string(), 4, &run("cargo test"));
            assert_eq!(unlike, Vec::<String>::new(), "session {n}");
        }
        let unlike = session(&mut baseline, &tree, "new", 4, &run("nc b.example 1"));
        assert_eq!(unlike, ["it uses `run nc` for the first time in 22 sessions"]);
        let write = Action::Write { path: "src/a/b.rs".to_owned(), added: String::new() };
        let unlike = session(&mut baseline, &tree, "newer", 4, &write);
        assert_eq!(unlike.len(), 2, "{unlike:?}");
        assert!(unlike[1].contains("writes to `src`"), "{unlike:?}");
        assert_eq!(
            session(&mut baseline, &tree, "again", 4, &run("nc b.example 1")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_session_that_is_much_faster_is_said_once() {
        let tree = Tree::new();
        let mut baseline = Baseline::default();
        for n in 0..=ENOUGH {
            session(&mut baseline, &tree, &n.to_string(), 4 + n % 2, &run("cargo test"));
        }
        let unlike = session(&mut baseline, &tree, "fast", 60, &run("cargo test"));
        assert_eq!(unlike.len(), 1, "{unlike:?}");
        assert!(unlike[0].contains("tools a minute"), "{unlike:?}");
    }
}
