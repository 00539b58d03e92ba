//! Teams: the same figures for each team of the configuration.
//!
//! In: the dataset, whose items carry their team. Out: a row a team. Start at [`teams`].

use super::MeasureDoc;
use super::change_failure::failed_share;
use super::figures::{Column, people, unless_hidden, visibility};
use super::review_wait::{review_wait, to_merge, to_release};
use crate::dataset::{Dataset, Item};
use crate::report::{TeamRow, Unit};
use crate::row::RowIx;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "teams",
    title: "Teams",
    what: "where each team's changes wait and how often they fail",
    formula: "a change belongs to the first team whose authors or paths it matches; medians and \
              shares as for the whole window",
    unit: "hours; shares",
    edge_cases: &[
        "a team of fewer than five people in the window is hidden",
        "compare a team with itself over time, not with other teams",
    ],
    source: "DORA: compare one application with itself over time",
};

/// Computes a row for each team that has changes in the window.
pub fn teams(data: &Dataset<'_>) -> Vec<TeamRow> {
    let draws = data.options.bootstrap();
    data.options
        .teams
        .iter()
        .enumerate()
        .map(|(row, team)| {
            let items: Vec<&Item> =
                data.in_window().filter(|item| item.team == Some(RowIx::new(row as u32))).collect();
            let all = || items.iter().copied();
            let people = people(all());
            let visibility = visibility(people, items.len(), data.options.privacy_floor);
            let median = |column: Column| {
                unless_hidden(visibility, || column.median(Unit::Hours, &draws), Unit::Hours)
            };
            TeamRow {
                team: team.name.clone(),
                changes: items.len() as u64,
                people: people as u64,
                visibility,
                to_merge: median(to_merge(all())),
                review_wait: median(review_wait(all())),
                to_release: median(to_release(data, all())),
                failed: unless_hidden(visibility, || failed_share(data, all()), Unit::Share),
            }
        })
        .collect()
}
