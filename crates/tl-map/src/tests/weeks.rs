use tl_core::time::{Millis, Timestamp};

use super::story::history;
use crate::dataset::Dataset;
use crate::options::Options;
use crate::weeks::{Trend, weeks};

#[test]
fn a_week_ends_with_the_newest_change_and_the_one_before_is_not_counted_twice() {
    // The newest change is of day 20, noon; day 13, noon, belongs to the week before.
    let story: String = (1..=20)
        .map(|day| format!("{day} 12:00 ana commits c{day:02} \"Change {day}\"\n"))
        .collect();
    let histories = [history(&story)];
    let options = Options { draws: 20, ..Options::at(Timestamp::parse("2026-03-01").unwrap()) };
    let found = weeks(&Dataset::new(&histories, &options));
    let merged = &found.rows[0];
    assert_eq!((merged.this.value, merged.last.value), (Some(7.0), Some(7.0)), "{merged:?}");
    assert_eq!(merged.trend, Trend::Noise);
    assert_eq!(found.until - found.middle, Millis::WEEK);
    let waits = found.rows.iter().find(|row| row.id == "waiting").unwrap();
    assert_eq!(waits.this.value, Some(0.0), "without a release nothing is on its way to one");
}
