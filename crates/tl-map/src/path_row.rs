//! One path as one flat row: how often it changed, and how often that went wrong.
//!
//! In: the dataset. Out: [`PathRow`]s. Start at [`rows`]. **Invariant:** only what the differences of
//! the window's changes say; a change counts once for each of its paths; nobody is named.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;

use crate::dataset::Dataset;
use crate::measure::change_failure::failed_strict;

/// Paths that are kept, those that changed last.
pub const MOST: usize = 100_000;

/// A file that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRow {
    /// The repository's name for people.
    pub repository: String,
    /// Its path after its last change, with `/`.
    pub path: String,
    /// Changes merged in the window that touched it.
    pub changes: u64,
    /// Of those, the ones that are old enough to tell whether they failed, or that failed.
    pub judged: u64,
    /// Of those, the ones that failed within the failure window, at grades A to C.
    pub failed: u64,
    /// When it was touched last.
    pub last: Timestamp,
    /// The first team of the configuration that owns the path.
    pub team: Option<String>,
}

/// A row for every path that a change of the window touched, by repository and path; of more than
/// [`MOST`] those that changed last.
pub fn rows(data: &Dataset<'_>) -> Vec<PathRow> {
    let mut all: BTreeMap<(usize, &str), PathRow> = BTreeMap::new();
    for item in data.in_window() {
        let repository = &data.repositories[item.repository()];
        let change = data.change(item);
        let start = change.position as usize;
        let failed = failed_strict(data, item);
        let judged = failed || data.is_followed(item);
        let commits = &repository.graph.mainline[start..start + change.span as usize];
        let files = commits.iter().filter_map(|ix| repository.history.diff(*ix));
        let paths: HashSet<&str> =
            files.flat_map(|diff| &diff.files).map(|file| file.path.as_str()).collect();
        for path in paths {
            let row = all.entry((item.repository(), path)).or_insert_with(|| PathRow {
                repository: repository.history.name.clone(),
                path: path.to_owned(),
                changes: 0,
                judged: 0,
                failed: 0,
                last: item.merged,
                team: data
                    .options
                    .teams
                    .iter()
                    .find(|team| team.paths.is_match(path))
                    .map(|team| team.name.clone()),
            });
            row.changes += 1;
            row.judged += u64::from(judged);
            row.failed += u64::from(failed);
            row.last = row.last.max(item.merged);
        }
    }
    let mut rows: Vec<PathRow> = all.into_values().collect();
    if rows.len() > MOST {
        rows.sort_by_key(|row| std::cmp::Reverse(row.last));
        rows.truncate(MOST);
        rows.sort_by(|a, b| (&a.repository, &a.path).cmp(&(&b.repository, &b.path)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, Team};
    use crate::tests::story::{history, instant};

    const STORY: &str = r#"
        1 09:00 ana commits c1 "Start" edits src/pay.rs 1,0,10 edits README.md 1,0,3
        3 09:00 bo commits c2 "Charge twice" edits src/pay.rs 2,1,4
        4 09:00 cy commits c3 "Charge once again" reverts c2 edits src/pay.rs 2,4,1
        5 09:00 ana commits c4 "Words" edits README.md 2,1,1
    "#;

    #[test]
    fn a_path_knows_how_often_it_changed_and_failed_and_whose_it_is() {
        let histories = [history(STORY)];
        let mut options = Options::at(instant("90", "09:00"));
        options.until = Some(options.now);
        let mut paths = globset::GlobSetBuilder::new();
        paths.add(globset::Glob::new("src/**").unwrap());
        let paths = paths.build().unwrap();
        options.teams = vec![Team { name: "core".to_owned(), authors: Vec::new(), paths }];
        let data = Dataset::new(&histories, &options);
        let rows = rows(&data);
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.path.as_str(), row.changes, row.judged, row.failed, row.team.as_deref())
            })
            .collect();
        assert_eq!(told, [("README.md", 2, 2, 0, None), ("src/pay.rs", 3, 3, 1, Some("core"))]);
        assert_eq!(rows[1].last, instant("4", "09:00"));
    }
}
