//! Numbers in words: durations, shares, counts, figures and their intervals.
//!
//! In: plain numbers and [`Figure`]s. Out: short text that reads the same in the terminal and on
//! the page. Start at [`value`] and [`interval`].
//! **Invariant:** the unit is part of the text, and a figure without a value never reads as zero.

use crate::report::{Figure, Unit};

/// Stands where a figure has no value.
pub const NOTHING: &str = "–";

const DAY: f64 = 24.0;
const WEEK: f64 = 7.0 * DAY;
/// A mean year; only for spans that are too long to be read in weeks.
const YEAR: f64 = 365.25 * DAY;

/// A unit that a duration can be shown in, with the hours up to which it is.
struct Scale {
    below: f64,
    hours: f64,
    name: &'static str,
}

/// Units by size. A minute is shown up to an hour, an hour up to two days, a day up to ten weeks,
/// a week up to two years: so that no duration needs more than three digits to be compared.
const SCALES: [Scale; 5] = [
    Scale { below: 1.0, hours: 1.0 / 60.0, name: "min" },
    Scale { below: 2.0 * DAY, hours: 1.0, name: "h" },
    Scale { below: 10.0 * WEEK, hours: DAY, name: "d" },
    Scale { below: 2.0 * YEAR, hours: WEEK, name: "wk" },
    Scale { below: f64::INFINITY, hours: YEAR, name: "y" },
];

/// A duration as people say it: `35 min`, `4.2 h`, `3.1 d`, `12 wk`, `2.4 y`.
pub fn duration(hours: f64) -> String {
    let (number, unit) = duration_parts(hours);
    format!("{number} {unit}")
}

fn duration_parts(hours: f64) -> (String, &'static str) {
    if !hours.is_finite() {
        return (NOTHING.to_owned(), "h");
    }
    let sign = if hours < 0.0 { "−" } else { "" };
    let size = hours.abs();
    if size == 0.0 {
        return ("0".to_owned(), "min");
    }
    if size < 1.0 / 60.0 {
        // A little below zero has no name that reads well: in an interval it is zero.
        return (if hours < 0.0 { "0" } else { "<1" }.to_owned(), "min");
    }
    // 59.7 minutes would be rounded to `60 min`: such a value belongs to the next unit.
    let scale = SCALES
        .iter()
        .find(|scale| {
            (size / scale.hours).round() * scale.hours < scale.below && size < scale.below
        })
        .unwrap_or(&SCALES[4]);
    let minutes = scale.name == "min";
    (format!("{sign}{}", digits(size / scale.hours, minutes)), scale.name)
}

/// Two figures below ten, whole numbers from there.
fn digits(size: f64, whole: bool) -> String {
    // 9.96 would become `10.0`.
    if whole || size >= 9.95 { grouped(size.round()) } else { format!("{size:.1}") }
}

/// Summed hours of many changes, never in days: `1,090 h`.
pub fn hours(hours: f64) -> String {
    format!("{} h", number(hours))
}

/// A duration with its sign, for changes: `−3.1 d`, `+20 min`.
pub fn signed_duration(hours: f64) -> String {
    let plus = if hours > 0.0 { "+" } else { "" };
    format!("{plus}{}", duration(hours))
}

/// A share between 0 and 1: `67 %`, `6.4 %`, `<0.1 %`.
pub fn share(share: f64) -> String {
    format!("{} %", percent(share))
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let size = percent.abs();
    let sign = if percent < 0.0 { "−" } else { "" };
    if !percent.is_finite() {
        NOTHING.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if size < 0.05 {
        if percent < 0.0 { "0" } else { "<0.1" }.to_owned()
    } else if size < 9.95 || (size > 99.0 && size < 99.95) {
        format!("{sign}{size:.1}")
    } else {
        format!("{sign}{size:.0}")
    }
}

/// A number of things, in groups of three digits: `540,137`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn grouped(number: f64) -> String {
    let sign = if number < 0.0 { "−" } else { "" };
    format!("{sign}{}", count(number.abs() as u64))
}

/// A number without a unit: `0.19`, `4.2`, `74`.
pub fn number(number: f64) -> String {
    let size = number.abs();
    let sign = if number < 0.0 { "−" } else { "" };
    if !number.is_finite() {
        NOTHING.to_owned()
    } else if size >= 9.95 || size.fract() == 0.0 {
        grouped(number.round())
    } else if size < 0.005 {
        if number < 0.0 { "0" } else { "<0.01" }.to_owned()
    } else if size >= 0.995 {
        format!("{sign}{size:.1}")
    } else {
        format!("{sign}{size:.2}")
    }
}

/// A p-value: `0.021`, `<0.001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// A number in a unit.
pub fn in_unit(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Hours => duration(number),
        Unit::Share => share(number),
        Unit::Count | Unit::Ratio => self::number(number),
        Unit::PerWeek => format!("{}/wk", self::number(number)),
        Unit::Lines => format!("{} lines", self::number(number)),
    }
}

/// The figure's value, or [`NOTHING`].
pub fn value(figure: &Figure) -> String {
    figure.value.map_or_else(|| NOTHING.to_owned(), |value| in_unit(value, figure.unit))
}

/// The figure's 95 % interval: `2.9 to 4.1 d`; `None` where there is none.
pub fn interval(figure: &Figure) -> Option<String> {
    let (low, high) = (figure.low?, figure.high?);
    figure.value?;
    Some(range(low, high, figure.unit))
}

/// From one number to another, the unit said once where both have the same.
pub fn range(low: f64, high: f64, unit: Unit) -> String {
    let (low_number, low_unit, high_number, high_unit) = match unit {
        Unit::Hours => {
            let (low, high) = (duration_parts(low), duration_parts(high));
            // Zero is zero in every unit.
            let low_unit = if low.0 == "0" { high.1 } else { low.1 };
            (low.0, low_unit, high.0, high.1)
        }
        Unit::Share => (percent(low), "%", percent(high), "%"),
        Unit::Count | Unit::Ratio => (number(low), "", number(high), ""),
        Unit::PerWeek => (number(low), "/wk", number(high), "/wk"),
        Unit::Lines => (number(low), "lines", number(high), "lines"),
    };
    let with = |number: String, unit: &str| match unit {
        "" => number,
        "/wk" => format!("{number}{unit}"),
        _ => format!("{number} {unit}"),
    };
    if low_unit == high_unit {
        format!("{low_number} to {}", with(high_number, high_unit))
    } else {
        format!("{} to {}", with(low_number, low_unit), with(high_number, high_unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_the_unit_that_people_use() {
        let shown = [0.0, 0.01, 35.0 / 60.0, 4.2, 26.4, 74.4, 480.0, 2016.0, 21_037.0]
            .map(duration)
            .join(" | ");
        assert_eq!(shown, "0 min | <1 min | 35 min | 4.2 h | 26 h | 3.1 d | 20 d | 12 wk | 2.4 y");
    }

    #[test]
    fn rounding_never_leaves_the_unit() {
        assert_eq!(duration(59.7 / 60.0), "1.0 h");
        assert_eq!(duration(47.8), "2.0 d");
        assert_eq!(duration(9.96), "10 h");
        assert_eq!(duration(10.0 * WEEK - 1.0), "10 wk");
        assert_eq!(duration(200.0 * YEAR), "200 y");
    }

    #[test]
    fn a_shorter_time_has_a_minus_and_a_longer_one_a_plus() {
        assert_eq!(signed_duration(-74.4), "−3.1 d");
        assert_eq!(signed_duration(0.5), "+30 min");
        assert_eq!(signed_duration(0.0), "0 min");
    }

    #[test]
    fn shares_keep_one_decimal_where_it_matters() {
        let shown = [0.0, 0.0002, 0.064, 0.67, 0.996, 1.0, -0.021].map(share).join(" | ");
        assert_eq!(shown, "0 % | <0.1 % | 6.4 % | 67 % | 99.6 % | 100 % | −2.1 %");
    }

    #[test]
    fn counts_are_grouped_by_three_digits() {
        assert_eq!([0, 999, 1_000, 540_137].map(count).join(" "), "0 999 1,000 540,137");
        assert_eq!([0.19, 4.0, 4.25, 74.3, -1_234.0].map(number).join(" "), "0.19 4 4.2 74 −1,234");
    }

    #[test]
    fn an_interval_names_its_unit_once() {
        let hours = Figure::with_interval(80.0, 70.0, 98.0, 9, Unit::Hours);
        assert_eq!(interval(&hours).as_deref(), Some("2.9 to 4.1 d"));
        let mixed = Figure::with_interval(4.0, 0.5, 98.0, 9, Unit::Hours);
        assert_eq!(interval(&mixed).as_deref(), Some("30 min to 4.1 d"));
        let from_zero = Figure::with_interval(4.0, 0.0, 98.0, 9, Unit::Hours);
        assert_eq!(interval(&from_zero).as_deref(), Some("0 to 4.1 d"));
        let rate = Figure::with_interval(0.4, 0.25, 1.5, 9, Unit::PerWeek);
        assert_eq!(interval(&rate).as_deref(), Some("0.25 to 1.5/wk"));
    }

    #[test]
    fn what_is_not_known_is_not_zero() {
        let hidden = Figure::unknown(3, Unit::Share, "fewer than 5 people");
        assert_eq!(value(&hidden), NOTHING);
        assert_eq!(interval(&hidden), None);
        assert_eq!(duration(f64::NAN), "– h");
        assert_eq!(share(f64::INFINITY), "– %");
    }
}
