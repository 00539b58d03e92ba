//! Tables of what came of it: failures, releases, DORA's five, requests, batch size, rework.

use tl_map::report::{BatchSize, DoraRow, FailureTable, Figure, Funnel, Report, Rework};

use super::Block;
use crate::chart::table::{Cell, Table, count, figure, prose, text};
use tl_map::format;

/// A table of two columns: what, and its figure.
fn figures(caption: &str, rows: &[(&str, &Figure)]) -> Block {
    let rows = rows.iter().map(|(label, one)| vec![prose(*label), figure(one, None)]);
    Block::Table(Table::new(caption, &["what", "#figure"]).with(rows))
}

pub(crate) fn failures(table: &FailureTable) -> Vec<Block> {
    let mut blocks = vec![
        figures(
            "Failures",
            &[
                ("failed, links of grade A to C", &table.strict),
                ("failed, links of grade A to E", &table.wide),
                ("merge to the link, median", &table.time_to_failure),
            ],
        ),
        Block::Text(format!(
            "{} changes have the {} days of follow-up that a failure may take to show.",
            format::count(table.eligible),
            table.window_days
        )),
    ];
    if !table.by_kind.is_empty() {
        let rows = table.by_kind.iter().map(|(kind, n)| vec![text(kind.clone()), count(*n)]);
        let kinds = Table::new("By how the failure was seen", &["seen as", "#changes"]).with(rows);
        blocks.push(Block::Table(kinds));
    }
    if !table.latest.is_empty() {
        let rows = table.latest.iter().map(|failure| {
            vec![
                text(failure.change.clone()),
                text(failure.by.clone()),
                text(failure.grade.clone()),
                prose(failure.why.clone()),
                text(format::duration(failure.hours)),
            ]
        });
        let columns = ["change that failed", "shown by", "grade", "why they are linked", "#after"];
        let latest = Table::new("The latest failures", &columns).with(rows);
        blocks.push(Block::Table(if table.latest.len() > 8 { latest.folded() } else { latest }));
    }
    blocks
}

pub(crate) fn cadence(report: &Report) -> Vec<Block> {
    let cadence = &report.cadence;
    if report.series.releases.is_empty() && cadence.releases == 0 {
        return Vec::new();
    }
    let mut blocks = vec![figures(
        "Release cadence",
        &[
            ("releases", &cadence.per_week),
            ("between releases, median", &cadence.gap_p50),
            ("between releases, 90th percentile", &cadence.gap_p90),
            ("changes first shipped by a release, median", &cadence.changes_p50),
        ],
    )];
    if !cadence.packages.is_empty() {
        let rows = cadence.packages.iter().map(|(name, n)| vec![text(name.clone()), count(*n)]);
        let packages = Table::new("Packages with releases of their own", &["package", "#releases"]);
        blocks.push(Block::Table(packages.with(rows).folded()));
    }
    let rows = report.series.releases.iter().rev().map(|release| {
        let hotfix = release.hotfix.as_ref().map(|why| format!("hotfix: {why}"));
        let outcome = release.failed.then(|| "failed afterwards".to_owned());
        let notes: Vec<String> = [outcome, hotfix].into_iter().flatten().collect();
        vec![
            text(release.name.clone()),
            text(release.at.date()),
            count(release.changes),
            prose(notes.join("; ")),
        ]
    });
    let columns = ["release", "date", "#changes", "notes"];
    blocks.push(Block::Table(Table::new("Every release", &columns).with(rows).folded()));
    blocks
}

pub(crate) fn dora(rows: &[DoraRow]) -> Vec<Block> {
    if rows.is_empty() {
        return Vec::new();
    }
    // By recorded deployments nothing is missing, and a column of nothing says nothing.
    let lacks = rows.iter().any(|row| row.missing.is_some());
    let mut cells = Vec::new();
    for row in rows {
        let missing = row.missing.clone().unwrap_or_else(|| "nothing".to_owned());
        cells.push(vec![
            prose(row.label.clone()).under(row.factor.clone()),
            figure(&row.figure, None),
            prose(row.basis.clone()),
            prose(missing),
        ]);
        if let Some((reading, one)) = &row.also {
            let label = prose("by another reading").under(row.label.clone());
            cells.push(vec![label, figure(one, None), prose(reading.clone()), prose("")]);
        }
    }
    let columns = ["measure", "#figure", "computed from", "missing for the whole measure"];
    let columns = if lacks { &columns[..] } else { &columns[..3] };
    cells.iter_mut().for_each(|cells| cells.truncate(columns.len()));
    vec![Block::Table(Table::new("DORA’s five measures", columns).with(cells))]
}

pub(crate) fn funnel(funnel: &Funnel) -> Vec<Block> {
    if funnel.opened == 0 {
        return Vec::new();
    }
    let silent = format!("abandoned: silent for more than {} days", funnel.open_days);
    let counts = [
        ("opened", funnel.opened),
        ("merged", funnel.merged),
        ("merged to another branch", funnel.merged_elsewhere),
        ("open", funnel.open),
        (silent.as_str(), funnel.abandoned),
    ];
    let share = |n: u64| format::share(n as f64 / funnel.opened as f64);
    let mut rows: Vec<Vec<Cell>> = counts
        .iter()
        .map(|(what, n)| vec![prose(*what), count(*n).under(format!("{} of opened", share(*n)))])
        .collect();
    rows.push(vec![prose("merged over merged and abandoned"), figure(&funnel.merged_share, None)]);
    rows.push(vec![
        prose("commits in abandoned requests"),
        figure(&funnel.abandoned_commits, None),
    ]);
    let mut blocks = vec![Block::Table(
        Table::new("From request to merge", &["requests", "#figure"]).with(rows),
    )];
    if !funnel.by_cohort.is_empty() {
        let rows = funnel.by_cohort.iter().map(|row| {
            vec![
                text(row.cohort.label()),
                count(row.opened),
                count(row.merged),
                figure(&row.merged_share, Some(row.opened)),
            ]
        });
        let columns = ["cohort", "#opened", "#merged", "#merged over merged and abandoned"];
        blocks.push(Block::Table(
            Table::new("From request to merge, by cohort", &columns).with(rows),
        ));
    }
    blocks
}

pub(crate) fn batch_size(size: &BatchSize) -> Vec<Block> {
    let mut blocks = vec![figures(
        "Batch size",
        &[
            ("lines added and removed, median", &size.lines_p50),
            ("lines added and removed, 90th percentile", &size.lines_p90),
            ("files touched, median", &size.files_p50),
            ("changes with more than 400 lines", &size.large),
        ],
    )];
    if !size.to_merge_by_size.is_empty() {
        let rows = size
            .to_merge_by_size
            .iter()
            .map(|(lines, one)| vec![text(lines.clone()), count(one.n), figure(one, Some(one.n))]);
        let columns = ["lines", "#changes", "#first commit to merge, p50"];
        blocks.push(Block::Table(Table::new("Time to merge by size", &columns).with(rows)));
    }
    blocks
}

pub(crate) fn rework(rework: &Rework) -> Vec<Block> {
    let counted = if rework.added == 0 {
        String::new()
    } else {
        format!(
            " {} of {} added lines were changed or removed again.",
            format::count(rework.reworked),
            format::count(rework.added)
        )
    };
    let label = format!("lines changed again within {} days", rework.window_days);
    let mut blocks = vec![figures("Code rework", &[(label.as_str(), &rework.share)])];
    if !counted.is_empty() {
        blocks.push(Block::Text(counted.trim().to_owned()));
    }
    blocks
}
