use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;

fn ran(test: u32, seconds: f64, red: bool) -> Ran {
    Ran { test, seconds, red }
}

#[test]
fn a_failure_at_the_front_is_worth_more_than_one_at_the_end() {
    let red = |at: u32| -> Vec<Ran> { (0..4).map(|test| ran(test, 1.0, test == at)).collect() };
    // Half of the time is two tests: the first found is 1 - 1/4 + 1/8, the third not found.
    assert_eq!(napfd(&red(0), 0.5), 0.875);
    assert_eq!(napfd(&red(2), 0.5), 0.0);
    assert_eq!(napfd(&red(9), 0.5), 1.0);
    assert_eq!(apfdc(&red(0)), Some(0.875));
    assert_eq!(apfdc(&red(3)), Some(0.125));
    assert_eq!(apfdc(&red(9)), None);
    assert_eq!(apfd(&[true, false, false, false]), Some(0.875));
    assert_eq!(apfd(&[false, false]), None);
}

#[test]
fn a_test_that_does_not_fit_is_left_out_and_a_later_one_may_fit() {
    let ranked = [ran(0, 9.0, true), ran(1, 1.0, true), ran(2, 2.0, false)];
    // Of the 6 seconds the first needs 9; the second is the first that is run.
    assert_eq!(napfd(&ranked, 0.5), 0.5 - 1.0 / 6.0 + 0.5 / 6.0);
}

/// The cycles of a file of the RETECS form; `unit` seconds are 1 in its column `Duration`.
fn cycles(path: &str, unit: f64) -> Vec<Vec<Ran>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    let text = fs::read_to_string(&path).expect("shared/data holds the recorded runs");
    let mut lines = text.lines().map(|line| line.split(';').collect::<Vec<_>>());
    let head = lines.next().expect("a first line");
    let column = |name: &str| head.iter().position(|column| *column == name).expect("a column");
    let (name, seconds) = (column("Name"), column("Duration"));
    let (verdict, cycle) = (column("Verdict"), column("Cycle"));
    let mut tests: BTreeMap<String, u32> = BTreeMap::new();
    let mut all: Vec<(u64, Vec<Ran>)> = Vec::new();
    for row in lines {
        let next = tests.len() as u32;
        let test = *tests.entry(row[name].to_owned()).or_insert(next);
        let number: u64 = row[cycle].parse().expect("a cycle");
        if all.last().is_none_or(|(last, _)| *last != number) {
            all.push((number, Vec::new()));
        }
        let seconds = row[seconds].parse::<f64>().expect("a duration") * unit;
        let red = row[verdict].parse::<f64>().expect("a verdict") != 0.0;
        all.last_mut().expect("a cycle").1.push(ran(test, seconds, red));
    }
    all.into_iter().map(|(_, rows)| rows).collect()
}

#[test]
fn failures_at_abb_are_found_as_early_as_published_orders_find_them() {
    let all = cycles("iofrol/DATA/iofrol.csv", 0.001);
    assert_eq!((all.len(), all.iter().map(Vec::len).sum::<usize>()), (320, 32_260));
    let replay = replay(&all, &[1, 2, 3], Weighed::Fitted, 0);
    assert_eq!((replay.cycles, replay.failing), (320, 271));
    // The best published ones: .511 learnt, .510 by the last four results.
    assert!(replay.napfd >= 0.522, "{replay:?}");
}

#[test]
fn failures_of_dune_are_found_before_little_of_the_time_is_spent() {
    let folder = "dune-ci/examples/core@dune-common/dune@debian_11 gcc-10-20";
    let all = cycles(&format!("{folder}/features-engineered.csv"), 1.0);
    let replay = replay(&all, &[1, 2, 3], Weighed::Fitted, 0);
    assert!(replay.apfdc >= 0.92, "{replay:?}");
    assert!(replay.apfd_new > 0.5, "{replay:?}");
}

#[test]
fn an_order_by_chance_is_worse_than_one_by_history() {
    // The other way round, the worst is first.
    let all = cycles("iofrol/DATA/iofrol.csv", 0.001);
    let worst: f64 = all
        .iter()
        .map(|cycle| {
            let mut ranked = cycle.clone();
            ranked.sort_by_key(|ran| ran.red);
            napfd(&ranked, 0.5)
        })
        .sum::<f64>()
        / all.len() as f64;
    assert!(worst < replay(&all, &[1], Weighed::Fitted, 0).napfd, "{worst}");
}

#[test]
fn fitted_weights_find_failures_of_the_later_half_no_later_than_fixed_ones() {
    let folder = "dune-ci/examples/core@dune-common/dune@debian_11 gcc-10-20";
    let dune = format!("{folder}/features-engineered.csv");
    for (path, unit) in [("iofrol/DATA/iofrol.csv", 0.001), (dune.as_str(), 1.0)] {
        let all = cycles(path, unit);
        let half = all.len() / 2;
        let of = |weighed| replay(&all, &[1, 2, 3], weighed, half);
        let (fixed, fitted) = (of(Weighed::Fixed), of(Weighed::Fitted));
        assert_eq!(fixed.cycles, (all.len() - half) as u64);
        assert!(fitted.napfd > fixed.napfd + 0.005, "{path}: {fixed:?} {fitted:?}");
        assert!(fitted.apfdc > fixed.apfdc - 0.001, "{path}: {fixed:?} {fitted:?}");
    }
}
