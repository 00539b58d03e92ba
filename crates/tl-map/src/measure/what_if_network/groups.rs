//! Who reviews what: the people of a team, at their hours, where teams are known.
//!
//! In: the requests of a line. Out: the groups of its reviewers, in [`Observed`]. Start at [`add`].
//! Two teams in one repository that review in the afternoons of their own time zones are two queues:
//! in one queue of both, nobody would wait until the next day, and everybody longer. **Invariants:**
//! each change is in one group, which has one reviewer at least; people are counted where they gave most
//! reviews; without teams there is one group.

use std::collections::BTreeMap;

use tl_core::delivery::Request;
use tl_core::time::Timestamp;

use super::observe::{request, reviews};
use crate::dataset::{Busiest, Dataset, Item};
use crate::network::observed::Observed;

/// Fewest reviews of a team's changes for it to be a group of its own: as many as a calibration needs in
/// both halves of the window. Changes of smaller teams, and of people in none, are a group together.
const FEWEST_REVIEWS: usize = 40;

/// Puts each change into the group of those who reviewed it, and counts them.
pub(super) fn add(
    data: &Dataset<'_>,
    busiest: &Busiest,
    taken: &[(Timestamp, &Item)],
    observed: &mut Observed,
) {
    let team_of = |reviewer: &String| data.team_of(reviewer, None);
    let reviewed: Vec<Reviewed<'_>> = taken
        .iter()
        .map(|(_, item)| request(data, busiest, item).map_or_else(Vec::new, names))
        .map(|by| Reviewed { team: by.iter().find_map(|reviewer| team_of(reviewer)), by })
        .collect();
    let (groups, reviewers) = groups(&reviewed);
    for (change, group) in observed.changes.iter_mut().zip(groups) {
        change.group = group;
    }
    observed.reviewers = reviewers;
}

/// Who reviewed a change, and which team that was.
struct Reviewed<'r> {
    team: Option<usize>,
    /// Reviewers, oldest review first, as often as they reviewed.
    by: Vec<&'r String>,
}

fn names(request: &Request) -> Vec<&String> {
    reviews(request).into_iter().map(|review| &review.reviewer).collect()
}

/// The group of each change, and how many people each group has.
fn groups(reviewed: &[Reviewed<'_>]) -> (Vec<u32>, Vec<u32>) {
    let mut given: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for change in reviewed {
        *given.entry(change.team).or_default() += change.by.len();
    }
    let large = given.iter().filter(|(team, count)| team.is_some() && **count >= FEWEST_REVIEWS);
    let mut rows: BTreeMap<Option<usize>, u32> =
        (0..).zip(large).map(|(row, one)| (*one.0, row)).collect();
    let rest: usize = given.iter().filter(|one| !rows.contains_key(one.0)).map(|one| one.1).sum();
    // A rest that is too small joins the largest group.
    let largest = rows.iter().max_by_key(|one| given[one.0]).map(|one| *one.1);
    let rest = if rest < FEWEST_REVIEWS { largest } else { None };
    let rest = rest.unwrap_or(rows.len() as u32);
    for team in given.keys() {
        rows.entry(*team).or_insert(rest);
    }
    let row = |change: &Reviewed<'_>| rows[&change.team];
    // People count where they gave most of their reviews.
    let mut people: BTreeMap<&String, BTreeMap<u32, usize>> = BTreeMap::new();
    for change in reviewed {
        for reviewer in &change.by {
            *people.entry(reviewer).or_default().entry(row(change)).or_default() += 1;
        }
    }
    let count = rows.values().max().map_or(0, |last| last + 1);
    let mut reviewers = vec![0; count as usize];
    for gave in people.values() {
        if let Some((row, _)) = gave.iter().max_by_key(|one| one.1) {
            reviewers[*row as usize] += 1;
        }
    }
    // A group whose reviewers give most of their reviews elsewhere still has one.
    if !people.is_empty() {
        reviewers.iter_mut().for_each(|group| *group = (*group).max(1));
    }
    (reviewed.iter().map(row).collect(), reviewers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(changes: &[(Option<usize>, &str, usize)]) -> (Vec<u32>, Vec<u32>) {
        let names: Vec<Vec<String>> = changes
            .iter()
            .map(|(_, by, _)| {
                by.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect()
            })
            .collect();
        let reviewed: Vec<Reviewed<'_>> = changes
            .iter()
            .zip(&names)
            .flat_map(|((team, _, times), by)| {
                std::iter::repeat_n((*team, by), *times)
                    .map(|(team, by)| Reviewed { team, by: by.iter().collect() })
            })
            .collect();
        let (mut groups, reviewers) = groups(&reviewed);
        groups.dedup();
        (groups, reviewers)
    }

    #[test]
    fn teams_with_enough_reviews_are_groups_and_the_rest_is_the_largest_ones() {
        let changes = [
            (Some(3), "ana bo", 30),
            (Some(1), "cy dee eve", 20),
            (Some(2), "fay", 3),
            (None, "", 5),
        ];
        assert_eq!(all(&changes), (vec![1, 0, 1], vec![3, 3]));
    }

    #[test]
    fn without_teams_everybody_is_one_group_and_nobody_is_none() {
        assert_eq!(all(&[(None, "ana bo", 3), (None, "ana", 1)]), (vec![0], vec![2]));
        assert_eq!(all(&[(None, "", 3)]), (vec![0], vec![0]));
        assert_eq!(all(&[]), (vec![], vec![]));
    }

    #[test]
    fn who_reviews_for_two_teams_counts_where_most_was_reviewed() {
        let changes = [(Some(0), "ana bo", 30), (Some(1), "ana", 50), (None, "bo", 60)];
        assert_eq!(all(&changes), (vec![0, 1, 2], vec![1, 1, 1]));
    }
}
