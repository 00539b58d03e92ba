//! The engine against closed forms of queueing theory. Seeds are fixed; the tolerance is the 99.9 %
//! interval of the simulation's own mean, from 50 batches.

use proptest::prelude::*;

use super::super::station::{Gate, Station};
use super::*;

/// Mean service time: an hour.
const HOUR: f64 = 3_600_000.0;
const BATCHES: usize = 50;
/// Student's t at 99.95 % with 49 degrees of freedom.
const T: f64 = 3.5;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Arrive,
    Done,
}

fn exponential(random: &mut SplitMix64, mean: f64) -> i64 {
    (-(1.0 - unit(random)).ln() * mean).round() as i64
}

/// Waits of `n` Poisson arrivals at load `rho` per server, after as many as a tenth to warm up.
fn waits(
    servers: u32,
    rho: f64,
    n: usize,
    mut service: impl FnMut(&mut SplitMix64) -> i64,
) -> Vec<f64> {
    let between = HOUR / (rho * f64::from(servers));
    let (mut arrivals, mut services) = (stream(11, 0, 0, 0), stream(11, 0, 1, 0));
    let mut clock = Clock::new(0);
    let mut station = Station::new(servers, 0);
    let (mut waits, mut came) = (Vec::with_capacity(n), 0);
    let total = n + n / 10;
    clock.schedule(exponential(&mut arrivals, between), Happening::Arrive);
    while let Some(event) = clock.advance() {
        match event {
            Happening::Arrive => {
                station.join(clock.now(), came);
                came += 1;
                if (came as usize) < total {
                    let next = clock.now() + exponential(&mut arrivals, between);
                    clock.schedule(next, Happening::Arrive);
                }
            }
            Happening::Done => station.done(),
        }
        while let Some(started) = station.start(clock.now()) {
            waits.push(started.waited as f64 / HOUR);
            clock.schedule(clock.now() + service(&mut services), Happening::Done);
        }
    }
    assert!(station.flow().is_balanced());
    assert_eq!(waits.len(), total);
    waits.split_off(n / 10)
}

/// Asserts that the mean of `values` is `wanted`, to the interval of batch means, which must
/// itself be narrower than a tenth of what is wanted: else the test would say nothing.
#[track_caller]
fn assert_mean(values: &[f64], wanted: f64) {
    let size = values.len() / BATCHES;
    let means: Vec<f64> =
        values.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = T * (variance / count).sqrt();
    assert!((mean - wanted).abs() <= half, "got {mean} +- {half}, wanted {wanted}");
    assert!(half <= 0.1 * wanted, "got {mean} +- {half}: too wide to test {wanted}");
}

/// Erlang's C: the share of arrivals that wait at `c` servers under the load `rho` of each.
fn erlang_c(c: u32, rho: f64) -> f64 {
    let offered = f64::from(c) * rho;
    // Erlang's B by its recursion, then C from B.
    let blocked = (1..=c).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b));
    blocked / (1.0 - rho * (1.0 - blocked))
}

#[test]
fn one_exponential_server_waits_as_m_m_1_says() {
    for rho in [0.5, 0.8] {
        let waits = waits(1, rho, 400_000, |random| exponential(random, HOUR));
        // W = 1/(mu - lambda), less the service itself.
        assert_mean(&waits, 1.0 / (1.0 - rho) - 1.0);
    }
}

#[test]
fn several_servers_wait_as_erlang_c_says() {
    for (servers, rho) in [(2, 0.8), (5, 0.85)] {
        let waits = waits(servers, rho, 400_000, |random| exponential(random, HOUR));
        let who_wait = erlang_c(servers, rho);
        assert_mean(&waits, who_wait / (f64::from(servers) * (1.0 - rho)));
        let waited: Vec<f64> = waits.iter().map(|&wait| f64::from(wait > 0.0)).collect();
        assert_mean(&waited, who_wait);
    }
}

#[test]
fn erlang_c_of_one_server_is_its_load() {
    assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12);
    // A textbook's value: 2 servers, 1.5 erlang.
    assert!((erlang_c(2, 0.75) - 0.642_857).abs() < 1e-6);
}

#[test]
fn a_general_server_waits_as_pollaczek_and_khinchine_say() {
    // A tenth of the work takes 5.5 hours, the rest half an hour: mean 1, squared variation 2.25.
    let waits = waits(1, 0.6, 400_000, |random| {
        let hours = if unit(random) < 0.1 { 5.5 } else { 0.5 };
        (hours * HOUR) as i64
    });
    assert_mean(&waits, 0.6 / (1.0 - 0.6) * (1.0 + 2.25) / 2.0);
}

#[test]
fn constant_work_waits_half_as_long_as_exponential_work() {
    let waits = waits(1, 0.8, 400_000, |_| HOUR as i64);
    assert_mean(&waits, 0.8 / (2.0 * (1.0 - 0.8)));
}

#[test]
fn a_train_makes_changes_wait_half_its_period_on_average() {
    let mut random = stream(5, 0, 0, 0);
    let mut gate = Gate::new(0);
    let (period, mut next, mut waits) = (24 * HOUR as i64, 0, Vec::new());
    for departure in (1..=5_000).map(|day| day * period) {
        while next < departure {
            gate.join(next, 0);
            next += exponential(&mut random, 2.0 * HOUR);
        }
        let left = gate.open(departure, usize::MAX);
        waits.extend(left.into_iter().map(|(_, waited)| waited as f64 / HOUR));
    }
    assert!(gate.flow().is_balanced());
    assert_mean(&waits, 12.0);
}

proptest! {
    /// Little's law holds exactly at any moment, for any arrivals, services and numbers of servers.
    #[test]
    fn littles_law_is_exact_whenever_one_looks(
        seed in any::<u64>(),
        servers in 0..6_u32,
        arrivals in prop::collection::vec((0..50_i64, 0..200_i64), 1..80),
        looks in 1..200_usize,
    ) {
        let mut random = stream(seed, 0, 0, 0);
        let mut clock = Clock::new(7);
        let mut station = Station::new(servers, 7);
        let mut at = 7;
        for (gap, _) in &arrivals {
            at += gap;
            clock.schedule(at, Happening::Arrive);
        }
        let mut came = 0;
        for _ in 0..looks {
            match clock.advance() {
                Some(Happening::Arrive) => { station.join(clock.now(), came); came += 1; }
                Some(Happening::Done) => station.done(),
                None => break,
            }
            if random.below(8) == 0 {
                station.resize(random.below(6));
            }
            while let Some(started) = station.start(clock.now()) {
                let service = arrivals[started.job as usize].1;
                clock.schedule(clock.now() + service, Happening::Done);
            }
            prop_assert!(station.flow().is_balanced());
        }
        prop_assert!(u64::from(came) == station.flow().joined);
    }

    /// Whatever is scheduled comes out in the order of time.
    #[test]
    fn time_never_runs_backwards(instants in prop::collection::vec(-50..50_i64, 0..60)) {
        let mut clock = Clock::new(-60);
        for (index, at) in instants.iter().enumerate() {
            clock.schedule(*at, index);
        }
        let mut wanted: Vec<(i64, usize)> =
            instants.iter().copied().enumerate().map(|(index, at)| (at, index)).collect();
        wanted.sort_unstable();
        for (at, index) in wanted {
            prop_assert_eq!(clock.advance(), Some(index));
            prop_assert_eq!(clock.now(), at);
        }
        prop_assert_eq!(clock.advance(), None);
    }
}
