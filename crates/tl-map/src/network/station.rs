//! Places where changes wait: a [`Station`] with servers, and a [`Gate`] that opens now and then.
//!
//! In: who joins and when, who is done and when. Out: who starts, and how long it waited. Start at
//! [`Station::join`] and [`Station::start`]. First come, first served; a server that began
//! finishes, also when there are fewer servers by then.
//! **Invariant (Little 1961):** the time integral of the queue's length equals the summed waits of
//! those who started plus the time waited so far by those who still wait, to the millisecond
//! ([`Flow::is_balanced`]).

use std::collections::VecDeque;

/// Counts of a waiting line; times in milliseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Who came.
    pub joined: u64,
    /// Who left the waiting line.
    pub started: u64,
    /// Their waits, summed.
    pub waited: i128,
    /// The length of the waiting line, integrated over time.
    pub area: i128,
    length: u64,
    at: i64,
    /// Sum of the instants at which those who still wait joined.
    joined_at: i128,
}

impl Flow {
    /// An empty line at the instant `start`.
    fn new(start: i64) -> Self {
        Self { at: start, ..Self::default() }
    }

    fn advance(&mut self, now: i64) {
        self.area += i128::from(self.length) * i128::from(now - self.at);
        self.at = now;
    }

    fn enter(&mut self, now: i64) {
        self.advance(now);
        self.length += 1;
        self.joined += 1;
        self.joined_at += i128::from(now);
    }

    fn exit(&mut self, now: i64, joined: i64) -> i64 {
        self.advance(now);
        self.length -= 1;
        self.started += 1;
        self.joined_at -= i128::from(joined);
        self.waited += i128::from(now - joined);
        now - joined
    }

    /// Who still waits.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Little's law with its edge terms: exact, so a difference is a defect of the simulation.
    pub fn is_balanced(&self) -> bool {
        let still = i128::from(self.length) * i128::from(self.at) - self.joined_at;
        self.area == self.waited + still && self.joined == self.started + self.length
    }
}

/// Who starts service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// Who.
    pub job: u32,
    /// For how long it waited, in milliseconds.
    pub waited: i64,
    /// How many waited when it came, without those that came at the same instant.
    pub ahead: u32,
    /// How many waited or were served when it came.
    pub present: u32,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    job: u32,
    joined: i64,
    ahead: u32,
    present: u32,
}

/// A queue before one or more equal servers, whose number may change over time.
#[derive(Debug, Clone)]
pub struct Station {
    servers: u32,
    busy: u32,
    queue: VecDeque<Waiting>,
    flow: Flow,
}

impl Station {
    /// An empty station at the instant `start`.
    pub fn new(servers: u32, start: i64) -> Self {
        Self { servers, busy: 0, queue: VecDeque::new(), flow: Flow::new(start) }
    }

    /// `job` joins the queue. Call [`start`](Self::start) next.
    pub fn join(&mut self, now: i64, job: u32) {
        // Who comes at the same instant is not ahead: all jobs of a push come together.
        let together = self.queue.iter().rev().take_while(|other| other.joined == now).count();
        let ahead = (self.queue.len() - together) as u32;
        self.flow.enter(now);
        let present = ahead + self.busy;
        self.queue.push_back(Waiting { job, joined: now, ahead, present });
    }

    /// A server is done with what it did. Call [`start`](Self::start) next.
    pub fn done(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    /// From now on there are so many servers. Call [`start`](Self::start) next, until `None`.
    pub fn resize(&mut self, servers: u32) {
        self.servers = servers;
    }

    /// Who starts now, if a server is free and somebody waits.
    pub fn start(&mut self, now: i64) -> Option<Started> {
        if self.busy >= self.servers {
            return None;
        }
        let Waiting { job, joined, ahead, present } = self.queue.pop_front()?;
        self.busy += 1;
        let waited = self.flow.exit(now, joined);
        Some(Started { job, waited, ahead, present })
    }

    /// What came and went so far.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }
}

/// A place where everybody waits for the same moment: a release train, the next batch.
#[derive(Debug, Clone)]
pub struct Gate {
    waiting: VecDeque<(u32, i64)>,
    flow: Flow,
}

impl Gate {
    /// An empty gate at the instant `start`.
    pub fn new(start: i64) -> Self {
        Self { waiting: VecDeque::new(), flow: Flow::new(start) }
    }

    /// `job` waits for the gate to open.
    pub fn join(&mut self, now: i64, job: u32) {
        self.flow.enter(now);
        self.waiting.push_back((job, now));
    }

    /// The gate opens: up to `limit` leave, first come first, each with its wait.
    pub fn open(&mut self, now: i64, limit: usize) -> Vec<(u32, i64)> {
        let leaving = self.waiting.drain(..limit.min(self.waiting.len()));
        let flow = &mut self.flow;
        leaving.map(|(job, joined)| (job, flow.exit(now, joined))).collect()
    }

    /// What came and went so far.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }
}
