//! Axes: where ticks stand and what they say, for time, durations and other numbers.
//!
//! In: the ends of an axis and how many ticks fit. Out: [`Ticks`], at most so many.

use std::ops::Range;

use jiff::civil::Date;
use jiff::{ToSpan as _, tz::TimeZone};
use tl_core::time::{Millis, Timestamp};
use tl_map::report::Unit;

use tl_map::format;

/// Places on an axis with their labels, in order.
pub(crate) struct Ticks(pub(crate) Vec<(f64, String)>);

/// The shortest time that a logarithmic axis tells apart, in hours.
pub(crate) const SHORTEST: f64 = 1.0 / 60.0;

/// The longest time that any axis shows, in hours: a thousand years. Clocks do run that wrong.
const LONGEST: f64 = 8_766_000.0;

/// Place of a duration on a logarithmic axis; below a minute all are the same.
pub(crate) fn log_hours(hours: f64) -> f64 {
    hours.clamp(SHORTEST, LONGEST).log10()
}

/// An axis of days from one instant to another, at least a day long.
pub(crate) fn window(since: Timestamp, until: Timestamp) -> Range<f64> {
    days(since)..days(until).max(days(since) + 1.0)
}

/// Place of an instant on such an axis; at its end if the instant is outside.
pub(crate) fn day_in(window: &Range<f64>, at: Timestamp) -> f64 {
    days(at).clamp(window.start, window.end)
}

/// Place of an instant on an axis of days.
pub(crate) fn days(at: Timestamp) -> f64 {
    at.as_millis() as f64 / Millis::DAY.get() as f64
}

/// Ticks of a logarithmic axis of hours.
pub(crate) fn log_duration(shortest: f64, longest: f64, narrow: bool) -> Ticks {
    let year = 365.25 * 24.0;
    let all = [
        ("≤1 min", SHORTEST, true),
        ("10 min", 1.0 / 6.0, false),
        ("1 h", 1.0, true),
        ("6 h", 6.0, false),
        ("1 d", 24.0, true),
        ("1 wk", 168.0, false),
        ("30 d", 720.0, true),
        ("1 y", year, true),
        ("10 y", 10.0 * year, true),
    ];
    let shown = all
        .into_iter()
        .filter(|(_, hours, main)| (shortest..=longest).contains(hours) && (*main || !narrow));
    Ticks(shown.map(|(label, hours, _)| (log_hours(hours), label.to_owned())).collect())
}

/// Ticks of an axis of days.
pub(crate) fn calendar(since: Timestamp, until: Timestamp, most: usize) -> Ticks {
    let span = days(until) - days(since);
    if span <= 75.0 {
        return by_days(since, until, most);
    }
    let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240];
    let months = span / 30.4;
    let step = steps.into_iter().find(|step| months / f64::from(*step) <= most as f64);
    by_months(since, until, step.unwrap_or(480))
}

fn by_days(since: Timestamp, until: Timestamp, most: usize) -> Ticks {
    let steps = [1.0, 2.0, 7.0, 14.0, 28.0];
    let span = days(until) - days(since);
    let step = steps.into_iter().find(|step| span / step <= most as f64).unwrap_or(56.0);
    let mut ticks = Vec::new();
    let mut place = days(since).ceil();
    while place <= days(until) {
        let at = Timestamp::from_millis((place * Millis::DAY.get() as f64) as i64);
        if let Some(date) = date(at) {
            ticks.push((place, date.strftime("%-d %b").to_string()));
        }
        place += step;
    }
    Ticks(ticks)
}

fn by_months(since: Timestamp, until: Timestamp, step: i32) -> Ticks {
    let mut ticks = Vec::new();
    let Some(first) = date(since) else { return Ticks(ticks) };
    // January of the first year, so that steps fall on the same months in every plot.
    let mut month = first.first_of_year();
    while let Ok(zoned) = month.to_zoned(TimeZone::UTC) {
        let at = Timestamp::from_millis(zoned.timestamp().as_millisecond());
        if at > until {
            break;
        }
        if at >= since {
            let form = if step < 12 { "%b %Y" } else { "%Y" };
            ticks.push((days(at), month.strftime(form).to_string()));
        }
        let Ok(next) = month.checked_add(step.months()) else { break };
        month = next;
    }
    Ticks(ticks)
}

fn date(at: Timestamp) -> Option<Date> {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    Some(instant.to_zoned(TimeZone::UTC).date())
}

/// Ticks of counts, at round numbers between two ends.
pub(crate) fn counts(start: f64, end: f64, most: usize) -> Ticks {
    let step = round_step(end - start, most, Unit::Count);
    let (first, last) = ((start / step).ceil() as u64, (end / step).floor() as u64);
    let place = |row: u64| row as f64 * step;
    Ticks((first..=last).map(place).map(|at| (at, format::count(at as u64))).collect())
}

/// Ticks from 0 to `end`, at round numbers of the unit.
pub(crate) fn linear(end: f64, unit: Unit, most: usize) -> Ticks {
    let step =
        if unit == Unit::Hours { round_hours(end, most) } else { round_step(end, most, unit) };
    let steps = (end / step).floor() as usize;
    let label = |place: f64| match unit {
        Unit::Hours => short_duration(place, step),
        Unit::Share => format::share(place).replace(".0 %", " %"),
        Unit::PerWeek | Unit::Lines | Unit::Count | Unit::Ratio => format::number(place),
    };
    Ticks((0..=steps).map(|row| row as f64 * step).map(|place| (place, label(place))).collect())
}

/// 1, 2 or 5 times a power of ten; whole where the unit is.
fn round_step(end: f64, most: usize, unit: Unit) -> f64 {
    let least = (end / most as f64).max(f64::MIN_POSITIVE);
    let ten = 10f64.powf(least.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * ten).find(|step| *step >= least);
    let step = step.unwrap_or(10.0 * ten);
    if matches!(unit, Unit::Count | Unit::Lines) { step.max(1.0) } else { step }
}

fn round_hours(end: f64, most: usize) -> f64 {
    let (day, week) = (24.0, 168.0);
    let steps = [
        1.0 / 60.0,
        5.0 / 60.0,
        0.25,
        0.5,
        1.0,
        2.0,
        4.0,
        6.0,
        12.0,
        day,
        2.0 * day,
        4.0 * day,
        week,
        2.0 * week,
        4.0 * week,
        8.0 * week,
        13.0 * week,
        26.0 * week,
        52.0 * week,
    ];
    let fits = |step: &f64| end / step <= most as f64;
    steps.into_iter().find(fits).unwrap_or_else(|| round_step(end, most, Unit::Count))
}

/// A duration at a tick: in the unit of the step, without decimals that say nothing.
fn short_duration(hours: f64, step: f64) -> String {
    let (size, name) = match step {
        step if step < 1.0 => (hours * 60.0, "min"),
        step if step < 24.0 => (hours, "h"),
        step if step < 168.0 => (hours / 24.0, "d"),
        _ => (hours / 168.0, "wk"),
    };
    if hours == 0.0 { "0".to_owned() } else { format!("{size:.0} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks) -> String {
        ticks.0.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn time_is_marked_at_months_years_or_days_as_fits() {
        let at = |text| Timestamp::parse(text).expect("a date");
        let year = calendar(at("2025-11-21"), at("2026-11-20"), 6);
        assert_eq!(
            labels(&year),
            "Jan 2026 | Mar 2026 | May 2026 | Jul 2026 | Sep 2026 | Nov 2026"
        );
        let decade = calendar(at("2012-03-01"), at("2026-08-01"), 5);
        assert_eq!(labels(&decade), "2017 | 2022");
        let weeks = calendar(at("2026-11-01"), at("2026-11-20"), 4);
        assert_eq!(labels(&weeks), "1 Nov | 8 Nov | 15 Nov");
    }

    #[test]
    fn an_instant_beyond_the_calendar_has_no_tick_and_no_panic() {
        let far = Timestamp::from_millis(i64::MAX);
        assert!(calendar(far, far, 5).0.is_empty());
    }

    #[test]
    fn numbers_are_marked_at_round_places() {
        assert_eq!(labels(&linear(53.0, Unit::Hours, 5)), "0 | 12 h | 24 h | 36 h | 48 h");
        assert_eq!(labels(&linear(0.22, Unit::Share, 5)), "0 % | 5 % | 10 % | 15 % | 20 %");
        assert_eq!(labels(&counts(540_020.0, 540_137.0, 4)), "540,050 | 540,100");
        assert_eq!(labels(&linear(1.5, Unit::Count, 5)), "0 | 1");
    }
}
