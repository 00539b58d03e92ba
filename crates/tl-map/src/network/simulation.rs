//! One simulated run through the line.
//!
//! In: a [`Model`]. Out: a [`Run`]: waits per station and totals. Start at [`simulate`]. A simulated
//! change takes the active times of one observed change, whole, so that what is large together
//! stays together. After coding, and after each rework, its CI runs and its review go on side by
//! side; when both are through it is merged, waits for a release, and is deployed.
//! **Invariant:** the same model, seed and replication give the same run.

use super::calendar::{HOUR, hour_of_week};
use super::engine::{Clock, pick, stream, unit};
use super::line::{Model, WEEK};
use super::observed::{Change, Merge};
use super::station::{Flow, Gate, Started, Station};
use crate::stats::random::SplitMix64;

/// Kinds of random streams: see [`stream`].
mod kind {
    pub(super) const ARRIVALS: u64 = 0;
    pub(super) const EXTRA_ARRIVALS: u64 = 1;
    pub(super) const BATCH: u64 = 2;
    pub(super) const ROTATION: u64 = 3;
    pub(super) const DEPLOY: u64 = 4;
    pub(super) const OTHER_RUNS: u64 = 5;
    pub(super) const UNREVIEWED: u64 = 6;
}

/// What a run showed of a station.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) waits: Vec<i64>,
    /// How many waited when each came, where there is a queue.
    pub(crate) ahead: Vec<i64>,
    /// Active time that came, in milliseconds of one server.
    work: f64,
    /// Milliseconds of servers on duty.
    capacity: f64,
}

impl Seen {
    /// Work that came per capacity: at 1 and above the queue grows without bound.
    pub(crate) fn load(&self) -> f64 {
        if self.capacity > 0.0 { self.work / self.capacity } else { 0.0 }
    }
}

/// What one run showed, of the changes that came after the warm-up.
#[derive(Debug, Default, Clone)]
pub(crate) struct Run {
    pub(crate) review: Seen,
    pub(crate) ci: Seen,
    pub(crate) merge: Seen,
    pub(crate) release: Seen,
    /// Start of work to end of deployment, in milliseconds.
    pub(crate) totals: Vec<i64>,
    /// Changes that never arrived within twice the simulated time.
    pub(crate) unfinished: usize,
    /// All simulated changes, with those of the warm-up.
    pub(crate) simulated: usize,
    /// Whether Little's law held at every station.
    pub(crate) balanced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A new hour: its arrivals, its reviewers.
    Hour,
    /// Work is pushed: coded first, or reworked.
    Pushed(u32),
    Reviewed(u32),
    Tested(u32),
    /// A run of CI comes that no change asked for.
    Queued(u32),
    Merged(u32),
    BatchDone,
    Train,
    Deployed(u32),
}

#[derive(Debug, Clone, Copy)]
struct Job {
    /// Index of the observed change whose times it takes.
    like: u32,
    started: i64,
    round: u32,
    running: u32,
    approved: bool,
    done: bool,
}

/// The job of a run of CI that no change asked for.
const NOBODY: u32 = u32::MAX;

struct Simulation<'m> {
    model: &'m Model<'m>,
    seed: (u64, u64),
    clock: Clock<Next>,
    jobs: Vec<Job>,
    /// Runs of CI: whose, and how long.
    runs: Vec<(u32, i64)>,
    /// One for each group of reviewers.
    review: Vec<Station>,
    ci: Station,
    merge: Gate,
    /// The batch that is being merged, and how many batches there were.
    batch: (Vec<u32>, u64),
    release: Gate,
    warm: i64,
    end: i64,
    seen: Run,
}

/// Simulates one run; the same model, seed and replication give the same run.
pub(crate) fn simulate(model: &Model<'_>, seed: u64, replication: u64) -> Run {
    let warm = (model.weeks / 4).max(1) * WEEK;
    let end = warm + model.weeks * WEEK;
    let mut simulation = Simulation {
        model,
        seed: (seed, replication),
        clock: Clock::new(0),
        jobs: Vec::new(),
        runs: Vec::new(),
        review: model.groups.iter().map(|_| Station::new(0, 0)).collect(),
        ci: Station::new(model.runners, 0),
        merge: Gate::new(0),
        batch: (Vec::new(), 0),
        release: Gate::new(0),
        warm,
        end,
        seen: Run::default(),
    };
    let rotation = simulation.stream(kind::ROTATION, 0).next_u64() >> 1;
    for train in model.trains(rotation, 2 * end) {
        simulation.clock.schedule(train, Next::Train);
    }
    simulation.clock.schedule(0, Next::Hour);
    while let Some(next) = simulation.clock.advance() {
        simulation.happen(next);
    }
    simulation.finish()
}

impl Simulation<'_> {
    fn stream(&self, kind: u64, key: u64) -> SplitMix64 {
        stream(self.seed.0, self.seed.1, kind, key)
    }

    fn happen(&mut self, next: Next) {
        match next {
            Next::Hour => self.hour(),
            Next::Pushed(job) => self.pushed(job),
            Next::Reviewed(job) => {
                let index = job as usize;
                let group = self.change(job).group as usize;
                self.review[group].done();
                let round = self.change(job).rounds[self.jobs[index].round as usize];
                self.jobs[index].round += 1;
                self.clock.schedule(self.clock.now() + round.rework.get(), Next::Pushed(job));
                self.start_reviews(group);
            }
            Next::Tested(run) => {
                self.ci.done();
                let job = self.runs[run as usize].0;
                self.start_runs();
                if job != NOBODY {
                    self.jobs[job as usize].running -= 1;
                    self.merge_if_ready(job);
                }
            }
            Next::Queued(run) => {
                self.ci.join(self.clock.now(), run);
                self.start_runs();
            }
            Next::Merged(job) => self.merged(job),
            Next::BatchDone => {
                for job in std::mem::take(&mut self.batch.0) {
                    self.merged(job);
                }
                self.start_batch();
            }
            Next::Train => self.train(),
            Next::Deployed(job) => {
                let Job { started, .. } = self.jobs[job as usize];
                self.jobs[job as usize].done = true;
                if self.counts(job) {
                    self.seen.totals.push(self.clock.now() - started);
                }
            }
        }
    }

    fn change(&self, job: u32) -> &Change {
        &self.model.changes[self.jobs[job as usize].like as usize]
    }

    /// Whether a change came after the warm-up, and so counts.
    fn counts(&self, job: u32) -> bool {
        self.jobs[job as usize].started >= self.warm
    }

    /// Arrivals of the hour, its reviewers, and the next hour.
    fn hour(&mut self) {
        let now = self.clock.now();
        let model = self.model;
        let counts = self.warm <= now && now < self.end;
        let hour = HOUR as f64;
        if now < self.end {
            self.arrive(now);
            self.queue_other_runs(now);
        }
        if counts {
            self.seen.ci.capacity += f64::from(model.runners) * hour;
            self.seen.merge.capacity += hour;
        }
        for (row, group) in model.groups.iter().enumerate() {
            let on_duty = group.on_duty(now);
            if counts {
                self.seen.review.capacity += f64::from(on_duty) * hour;
            }
            self.review[row].resize(on_duty);
            self.start_reviews(row);
        }
        if now + HOUR < 2 * self.end {
            self.clock.schedule(now + HOUR, Next::Hour);
        }
    }

    /// The changes of one observed hour of the same hour of the week: so what follows their coding
    /// comes at the hours of the week at which it came. Growth adds others of the same hour; where
    /// it is below 1, some of them stay away.
    fn arrive(&mut self, now: i64) {
        let hour = (now / HOUR) as u64;
        let hours = &self.model.arrivals[hour_of_week(now)];
        let mut random = self.stream(kind::ARRIVALS, hour);
        let mut more = self.stream(kind::EXTRA_ARRIVALS, hour);
        if hours.is_empty() {
            return;
        }
        let same: Vec<u32> = match self.model.growth > 1.0 {
            true => hours.iter().flatten().copied().collect(),
            false => Vec::new(),
        };
        for &like in &hours[random.below(hours.len() as u32) as usize] {
            if self.model.growth < 1.0 && unit(&mut more) >= self.model.growth {
                // Those that come do so when they would have come.
                random.below(HOUR as u32);
                continue;
            }
            self.begin(now, like, &mut random);
            // The whole part of the growth, and one more with the probability of the rest.
            let extra = (self.model.growth - 1.0).max(0.0) + unit(&mut more);
            for _ in 0..extra as u32 {
                let like = pick(&mut more, &same).unwrap_or(like);
                self.begin(now, like, &mut more);
            }
        }
    }

    /// Runs that no change asked for, as in one observed hour of the same hour of the week.
    fn queue_other_runs(&mut self, now: i64) {
        let hours = &self.model.other_runs[hour_of_week(now)];
        if hours.is_empty() || self.model.runners == 0 {
            return;
        }
        let mut random = self.stream(kind::OTHER_RUNS, (now / HOUR) as u64);
        for &service in &hours[random.below(hours.len() as u32) as usize] {
            let at = now + i64::from(random.below(HOUR as u32));
            self.clock.schedule(at, Next::Queued(self.runs.len() as u32));
            self.runs.push((NOBODY, service));
            if now >= self.warm {
                self.seen.ci.work += service as f64;
            }
        }
    }

    fn begin(&mut self, hour: i64, like: u32, random: &mut SplitMix64) {
        let started = hour + i64::from(random.below(HOUR as u32));
        let job = self.jobs.len() as u32;
        let new = Job { like, started, round: 0, running: 0, approved: false, done: false };
        self.jobs.push(new);
        let change = &self.model.changes[like as usize];
        if self.counts(job) {
            self.count_work(job, change);
        }
        self.clock.schedule(started + change.coding.get(), Next::Pushed(job));
    }

    fn count_work(&mut self, job: u32, change: &Change) {
        let sum = |times: &mut dyn Iterator<Item = i64>| times.sum::<i64>() as f64;
        if !self.is_approved_unseen(job) {
            let review = sum(&mut change.rounds.iter().map(|round| round.service.get()));
            self.seen.review.work += review / self.model.share;
        }
        self.seen.ci.work += sum(&mut change.runs.iter().map(|run| run.service.get()));
        if let Merge::Batches { limit, durations } = self.model.merge {
            let mean = sum(&mut durations.iter().map(|time| time.get())) / durations.len() as f64;
            self.seen.merge.work += mean / f64::from((*limit).max(1));
        }
    }

    fn is_approved_unseen(&self, job: u32) -> bool {
        let share = self.model.unreviewed;
        share > 0.0
            && self.change(job).low_risk == Some(true)
            && unit(&mut self.stream(kind::UNREVIEWED, job.into())) < share
    }

    /// CI and review of what was pushed go on side by side.
    fn pushed(&mut self, job: u32) {
        let now = self.clock.now();
        let index = job as usize;
        let round = self.jobs[index].round;
        let change = &self.model.changes[self.jobs[index].like as usize];
        let rounds = change.rounds.len() as u32;
        if self.model.runners > 0 {
            let runs = change.runs.iter().filter(|run| run.after_round.min(rounds) == round);
            for run in runs {
                self.ci.join(now, self.runs.len() as u32);
                self.runs.push((job, run.service.get()));
                self.jobs[index].running += 1;
            }
        }
        let group = change.group as usize;
        let has_reviewers = self.model.is_reviewed(change);
        self.start_runs();
        if round < rounds && has_reviewers && !self.is_approved_unseen(job) {
            self.review[group].join(now, job);
            self.start_reviews(group);
        } else {
            self.jobs[index].approved = true;
        }
        self.merge_if_ready(job);
    }

    fn start_reviews(&mut self, group: usize) {
        let now = self.clock.now();
        while let Some(Started { job, waited, present, .. }) = self.review[group].start(now) {
            let round = self.change(job).rounds[self.jobs[job as usize].round as usize];
            let work = (round.service.get() as f64 / self.model.share).round() as i64;
            let given = self.model.groups[group].calendar.done_at(now, work);
            self.clock.schedule(given, Next::Reviewed(job));
            if self.counts(job) {
                self.seen.review.waits.push(waited + given - now);
                self.seen.review.ahead.push(i64::from(present));
            }
        }
    }

    fn start_runs(&mut self) {
        let now = self.clock.now();
        while let Some(Started { job: run, waited, ahead, .. }) = self.ci.start(now) {
            let (job, service) = self.runs[run as usize];
            self.clock.schedule(now + service, Next::Tested(run));
            if job != NOBODY && self.counts(job) {
                self.seen.ci.waits.push(waited);
                self.seen.ci.ahead.push(i64::from(ahead));
            }
        }
    }

    fn merge_if_ready(&mut self, job: u32) {
        let Job { approved, running, .. } = self.jobs[job as usize];
        if !approved || running > 0 {
            return;
        }
        match self.model.merge {
            Merge::ByHand => {
                let at = self.clock.now() + self.change(job).merge_wait.get();
                self.clock.schedule(at, Next::Merged(job));
            }
            Merge::Batches { .. } => {
                self.merge.join(self.clock.now(), job);
                self.start_batch();
            }
        }
    }

    fn start_batch(&mut self) {
        let Merge::Batches { limit, durations } = self.model.merge else {
            return;
        };
        if !self.batch.0.is_empty() {
            return;
        }
        let now = self.clock.now();
        let leaving = self.merge.open(now, (*limit).max(1) as usize);
        if leaving.is_empty() {
            return;
        }
        for (job, waited) in leaving {
            if self.counts(job) {
                self.seen.merge.waits.push(waited);
            }
            self.batch.0.push(job);
        }
        let mut random = self.stream(kind::BATCH, self.batch.1);
        self.batch.1 += 1;
        let duration = pick(&mut random, durations).unwrap_or_default().get();
        self.clock.schedule(now + duration, Next::BatchDone);
    }

    fn merged(&mut self, job: u32) {
        self.release.join(self.clock.now(), job);
        let change = self.change(job);
        if !self.model.has_train() {
            self.train();
        } else if change.on_demand {
            let takes = change.release_wait.unwrap_or_default().get();
            self.clock.schedule(self.clock.now() + takes, Next::Train);
        }
    }

    /// All that is merged leaves together and is deployed at once.
    fn train(&mut self) {
        let now = self.clock.now();
        let mut random = self.stream(kind::DEPLOY, now as u64);
        let deploy = pick(&mut random, &self.model.deploys).unwrap_or(0);
        for (job, waited) in self.release.open(now, usize::MAX) {
            if self.counts(job) && !self.change(job).on_demand {
                self.seen.release.waits.push(waited);
            }
            self.clock.schedule(now + deploy, Next::Deployed(job));
        }
    }

    fn finish(self) -> Run {
        let came = self.jobs.iter().filter(|job| job.started >= self.warm);
        let mut run = self.seen;
        run.unfinished = came.filter(|job| !job.done).count();
        run.simulated = self.jobs.len();
        let flows = [self.ci.flow(), self.merge.flow(), self.release.flow()];
        let mut flows = self.review.iter().map(Station::flow).chain(flows);
        run.balanced = flows.all(Flow::is_balanced);
        run
    }
}
