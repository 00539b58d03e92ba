//! The delivery line as a network of stations, and one simulated run through it.
//!
//! In: a [`Model`], made from what was observed. Out: a [`Run`]: waits per station and totals. Start
//! at [`simulate`]. A simulated change takes the active times of one observed change, whole, so
//! that what is large together stays together. After coding, and after each rework, its CI runs and
//! its review go on side by side; when both are through it is merged, waits for a release, and is
//! deployed. **Invariant:** no observed wait goes in, but for merges by hand ([`Merge::ByHand`]).

use super::calendar::{Calendar, HOUR, WEEK_HOURS, hour_of_week};
use super::engine::{Clock, pick, stream, unit};
use super::observed::{Change, Merge, Observed, Release};
use super::station::{Gate, Started, Station};
use crate::stats::random::SplitMix64;

const WEEK: i64 = WEEK_HOURS * HOUR;

/// Kinds of random streams: see [`stream`].
mod kind {
    pub(super) const ARRIVALS: u64 = 0;
    pub(super) const EXTRA_ARRIVALS: u64 = 1;
    pub(super) const BATCH: u64 = 2;
    pub(super) const ROTATION: u64 = 3;
    pub(super) const DEPLOY: u64 = 4;
}

/// A line that can be simulated.
#[derive(Debug, Clone)]
pub(crate) struct Model<'o> {
    pub(crate) changes: &'o [Change],
    /// Arrivals in each observed hour, by hour of the week.
    arrivals: Vec<Vec<u32>>,
    pub(crate) calendar: Calendar,
    pub(crate) reviewers: u32,
    /// Share of open hours that reviewers give to reviews: service takes that much longer.
    pub(crate) share: f64,
    pub(crate) runners: u32,
    pub(crate) merge: &'o Merge,
    release: Release,
    deploys: Vec<i64>,
    from: i64,
    until: i64,
    /// Factor on arrivals.
    pub(crate) growth: f64,
    /// Whether changes of low risk need no review.
    pub(crate) auto_approve: bool,
    /// Simulated weeks whose changes count, after a quarter as many to warm up.
    pub(crate) weeks: i64,
}

impl<'o> Model<'o> {
    /// The line as observed, with `calendar` and `share`, for about `changes` simulated changes a
    /// run: as many weeks as were observed, unless that would be more, but at least two.
    pub(crate) fn new(
        observed: &'o Observed,
        calendar: &Calendar,
        share: f64,
        changes: usize,
    ) -> Self {
        let (from, until) = (observed.from.as_millis(), observed.until.as_millis());
        let observed_weeks = ((until - from) / WEEK).max(1);
        let weekly = (observed.changes.len() as i64 / observed_weeks).max(1);
        Self {
            changes: &observed.changes,
            arrivals: arrivals(observed),
            calendar: calendar.clone(),
            reviewers: observed.reviewers,
            share,
            runners: observed.runners,
            merge: &observed.merge,
            release: observed.release.clone(),
            deploys: observed.deploys.iter().map(|time| time.get()).collect(),
            from,
            until,
            growth: 1.0,
            auto_approve: false,
            weeks: observed_weeks.min(changes as i64 / weekly).max(2),
        }
    }

    /// Twice as many trains: one more in the middle between each two.
    pub(crate) fn halve_train(&mut self) {
        match &mut self.release {
            Release::OnDemand => (),
            Release::Every(period) => *period = tl_core::time::Millis::new(period.get() / 2),
            Release::AsObserved(trains) => {
                trains.sort_unstable();
                let middles = trains
                    .windows(2)
                    .map(|two| two[0] + tl_core::time::Millis::new((two[1] - two[0]).get() / 2));
                let middles: Vec<_> = middles.collect();
                trains.extend(middles);
            }
        }
    }

    /// Whether changes wait for a train.
    pub(crate) fn has_train(&self) -> bool {
        !matches!(self.release, Release::OnDemand)
    }

    /// Whether reviews or CI runs were observed, and so are stations of the line.
    pub(crate) fn has_review(&self) -> bool {
        self.reviewers > 0 && self.changes.iter().any(|change| !change.rounds.is_empty())
    }

    pub(crate) fn has_ci(&self) -> bool {
        self.runners > 0 && self.changes.iter().any(|change| !change.runs.is_empty())
    }

    /// Instants of trains in simulated time, rotated by whole weeks so that runs differ.
    fn trains(&self, rotation: u64, end: i64) -> Vec<i64> {
        let origin = self.from.rem_euclid(WEEK);
        let weeks = |cycle: i64| (rotation % (cycle / WEEK).max(1) as u64) as i64 * WEEK;
        match &self.release {
            Release::OnDemand => Vec::new(),
            Release::Every(period) => {
                let period = period.get().max(1);
                let first = (origin + (rotation % 1_000) as i64 * WEEK).rem_euclid(period);
                (0..).map(|n| first + n * period).take_while(|&at| at < end).collect()
            }
            Release::AsObserved(trains) => {
                let cycle = ((self.until - self.from) / WEEK).max(1) * WEEK;
                let within = |at: &i64| self.from <= *at && *at < self.from + cycle;
                let observed = trains.iter().map(|train| train.as_millis()).filter(within);
                let mut phases: Vec<i64> = observed
                    .map(|at| (at - self.from + origin + weeks(cycle)).rem_euclid(cycle))
                    .collect();
                phases.sort_unstable();
                let cycles = (0..=end / cycle).map(|n| n * cycle);
                cycles.flat_map(|start| phases.iter().map(move |phase| start + phase)).collect()
            }
        }
    }
}

/// Arrivals in each whole hour of the window, by hour of the week.
fn arrivals(observed: &Observed) -> Vec<Vec<u32>> {
    let first = (observed.from.as_millis() + HOUR - 1).div_euclid(HOUR);
    let hours = (observed.until.as_millis().div_euclid(HOUR) - first).max(0);
    let mut counts = vec![0_u32; hours as usize];
    for change in &observed.changes {
        let hour = change.started.as_millis().div_euclid(HOUR) - first;
        if let Some(count) = usize::try_from(hour).ok().and_then(|hour| counts.get_mut(hour)) {
            *count += 1;
        }
    }
    let mut by_hour = vec![Vec::new(); WEEK_HOURS as usize];
    for (hour, count) in (first..).zip(counts) {
        by_hour[hour_of_week(hour * HOUR)].push(count);
    }
    by_hour
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

struct Simulation<'m> {
    model: &'m Model<'m>,
    seed: (u64, u64),
    clock: Clock<Next>,
    jobs: Vec<Job>,
    /// Runs of CI: whose, and how long.
    runs: Vec<(u32, i64)>,
    review: Station,
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
        review: Station::new(0, 0),
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
                self.review.done();
                let index = job as usize;
                let round = self.change(job).rounds[self.jobs[index].round as usize];
                self.jobs[index].round += 1;
                self.clock.schedule(self.clock.now() + round.rework.get(), Next::Pushed(job));
                self.start_reviews();
            }
            Next::Tested(run) => {
                self.ci.done();
                let job = self.runs[run as usize].0;
                self.jobs[job as usize].running -= 1;
                self.start_runs();
                self.merge_if_ready(job);
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
        let on_duty = model.calendar.on_duty(model.reviewers, now);
        if now < self.end {
            self.arrive(now);
            if now >= self.warm {
                let hour = HOUR as f64;
                self.seen.review.capacity += f64::from(on_duty) * hour;
                self.seen.ci.capacity += f64::from(model.runners) * hour;
                self.seen.merge.capacity += hour;
            }
        }
        self.review.resize(on_duty);
        self.start_reviews();
        if now + HOUR < 2 * self.end {
            self.clock.schedule(now + HOUR, Next::Hour);
        }
    }

    /// As many as in one observed hour of the same hour of the week; growth adds to the same ones.
    fn arrive(&mut self, now: i64) {
        let hour = (now / HOUR) as u64;
        let counts = &self.model.arrivals[hour_of_week(now)];
        let mut random = self.stream(kind::ARRIVALS, hour);
        let mut more = self.stream(kind::EXTRA_ARRIVALS, hour);
        for _ in 0..pick(&mut random, counts).unwrap_or(0) {
            self.begin(now, &mut random);
            // The whole part of the growth, and one more with the probability of the rest.
            let extra = (self.model.growth - 1.0).max(0.0) + unit(&mut more);
            for _ in 0..extra as u32 {
                self.begin(now, &mut more);
            }
        }
    }

    fn begin(&mut self, hour: i64, random: &mut SplitMix64) {
        let started = hour + i64::from(random.below(HOUR as u32));
        let like = random.below(self.model.changes.len() as u32);
        let job = self.jobs.len() as u32;
        let new = Job { like, started, round: 0, running: 0, approved: false, done: false };
        self.jobs.push(new);
        let change = &self.model.changes[like as usize];
        if self.counts(job) {
            self.count_work(change);
        }
        self.clock.schedule(started + change.coding.get(), Next::Pushed(job));
    }

    fn count_work(&mut self, change: &Change) {
        let sum = |times: &mut dyn Iterator<Item = i64>| times.sum::<i64>() as f64;
        if !self.is_approved_unseen(change) {
            let review = sum(&mut change.rounds.iter().map(|round| round.service.get()));
            self.seen.review.work += review / self.model.share;
        }
        self.seen.ci.work += sum(&mut change.runs.iter().map(|run| run.service.get()));
        if let Merge::Batches { limit, durations } = self.model.merge {
            let mean = sum(&mut durations.iter().map(|time| time.get())) / durations.len() as f64;
            self.seen.merge.work += mean / f64::from((*limit).max(1));
        }
    }

    fn is_approved_unseen(&self, change: &Change) -> bool {
        self.model.auto_approve && change.low_risk == Some(true)
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
        if round < rounds && self.model.reviewers > 0 && !self.is_approved_unseen(change) {
            self.review.join(now, job);
        } else {
            self.jobs[index].approved = true;
        }
        self.start_runs();
        self.start_reviews();
        self.merge_if_ready(job);
    }

    fn start_reviews(&mut self) {
        let now = self.clock.now();
        while let Some(Started { job, waited, ahead }) = self.review.start(now) {
            let round = self.change(job).rounds[self.jobs[job as usize].round as usize];
            let work = (round.service.get() as f64 / self.model.share).round() as i64;
            self.clock.schedule(self.model.calendar.done_at(now, work), Next::Reviewed(job));
            if self.counts(job) {
                self.seen.review.waits.push(waited);
                self.seen.review.ahead.push(i64::from(ahead));
            }
        }
    }

    fn start_runs(&mut self) {
        let now = self.clock.now();
        while let Some(Started { job: run, waited, ahead }) = self.ci.start(now) {
            let (job, service) = self.runs[run as usize];
            self.clock.schedule(now + service, Next::Tested(run));
            if self.counts(job) {
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
        if !self.model.has_train() {
            self.train();
        }
    }

    /// All that is merged leaves together and is deployed at once.
    fn train(&mut self) {
        let now = self.clock.now();
        let mut random = self.stream(kind::DEPLOY, now as u64);
        let deploy = pick(&mut random, &self.model.deploys).unwrap_or(0);
        for (job, waited) in self.release.open(now, usize::MAX) {
            if self.counts(job) {
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
        let flows = [self.review.flow(), self.ci.flow(), self.merge.flow(), self.release.flow()];
        run.balanced = flows.iter().all(|flow| flow.is_balanced());
        run
    }
}
