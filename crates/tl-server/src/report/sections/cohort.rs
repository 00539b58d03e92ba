//! Tables of cohorts: by evidence of AI use, and by how often an author's changes carry it.

use tl_map::report::{CohortTable, Comparison, Misclassification, Unit, UsageTable, Visibility};

use super::{Block, unbroken};
use crate::chart::table::{Cell, Table, count, figure, prose, text};
use tl_map::format;
use tl_map::words::Line;

pub(crate) fn cohorts(table: &CohortTable, line: Line) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !table.rows.is_empty() {
        let columns = [
            "cohort",
            "#changes",
            "#people",
            "#to merge, p50",
            review_column(line),
            end_column(line),
            "#lines, p50",
            "#failed",
            "#lines reworked",
        ];
        let rows = table.rows.iter().map(|row| {
            let figures = [
                &row.to_merge,
                &row.review_wait,
                &row.to_release,
                &row.size,
                &row.failed,
                &row.rework,
            ];
            let mut cells = vec![
                named(row.cohort.label(), row.visibility),
                count(row.changes),
                count(row.people),
            ];
            cells.extend(figures.map(|one| shown(one, row.visibility, row.changes)));
            cells
        });
        blocks.push(Block::Table(Table::new("Cohorts by evidence of AI use", &columns).with(rows)));
    }
    if !table.comparisons.is_empty() {
        let says = table.comparisons.iter().map(|row| unbroken(&row.says));
        blocks.push(Block::List(says.collect()));
        blocks.push(comparisons(&table.comparisons));
    }
    blocks.extend(table.misclassification.as_ref().map(misclassification));
    blocks
}

/// The column of what is compared before the merge.
pub(crate) const fn review_column(line: Line) -> &'static str {
    if line.has_reviews { "#ready to merge, p50" } else { "#last push to merge, p50" }
}

/// The column of DORA's lead time.
pub(crate) const fn end_column(line: Line) -> &'static str {
    if line.is_deployed { "#to production, p50" } else { "#to release, p50" }
}

/// The name of a row, with why its figures may not be read.
pub(crate) fn named(label: &str, visibility: Visibility) -> Cell {
    match visibility {
        Visibility::Shown => text(label),
        Visibility::TooFew => text(label).under("too few to compare"),
        Visibility::Hidden => text(label).under("hidden: too few people"),
    }
}

/// A figure of a row; a hidden row says so once, in its name.
pub(crate) fn shown(one: &tl_map::report::Figure, visibility: Visibility, changes: u64) -> Cell {
    if visibility == Visibility::Hidden {
        return text(format::NOTHING);
    }
    figure(one, Some(changes))
}

fn comparisons(comparisons: &[Comparison]) -> Block {
    let columns = [
        "measure",
        "#with evidence",
        "#without",
        "#effect",
        "#would show from",
        "#shift or risk ratio",
        "#p, adjusted",
    ];
    let rows = comparisons.iter().map(|row| {
        let detectable = row.detectable.map(|least| format::in_unit(least, row.effect.unit));
        let p = row.p_adjusted.map_or(format::NOTHING.to_owned(), format::p_value);
        let raw = row.p.map(|p| format!("unadjusted {}", format::p_value(p)));
        let magnitude = Some(row.magnitude.clone()).filter(|words| !words.is_empty());
        let e_value = row.e_value.map(|e_value| format!("E-value {}", format::number(e_value)));
        vec![
            prose(row.measure.clone()).under(format!("{} against {}", row.exposed, row.reference)),
            figure(&row.a, None),
            figure(&row.b, None),
            figure(&row.effect, Some(row.effect.n)).and(magnitude),
            text(detectable.unwrap_or_else(|| format::NOTHING.to_owned())),
            figure(&row.shift, Some(row.shift.n)).and(e_value),
            text(p).and(raw),
        ]
    });
    let caption = "Comparisons: Cliff’s delta and Hodges-Lehmann shift for times, difference and \
                   Mantel-Haenszel risk ratio for shares";
    Block::Table(Table::new(caption, &columns).with(rows))
}

fn misclassification(bounds: &Misclassification) -> Block {
    let difference = bounds.difference_bounds.map_or(String::new(), |(low, high)| {
        format!(
            " Depending on which changes were missed, the difference in failures could lie \
             anywhere from {}.",
            format::range(low, high, Unit::Share)
        )
    });
    let corrected = match format::interval(&bounds.corrected_share) {
        Some(interval) => format!("{} ({interval})", format::value(&bounds.corrected_share)),
        None => format::value(&bounds.corrected_share),
    };
    Block::Text(unbroken(&format!(
        "The evidence itself errs: it finds an assumed {} of AI-assisted changes and is right in {} \
         of those that it finds (source: {}). Corrected for both, the share of changes with AI would \
         be {corrected}.{difference}",
        format::share(bounds.sensitivity),
        format::share(bounds.precision),
        bounds.source
    )))
}

pub(crate) fn usage(table: &UsageTable, line: Line) -> Vec<Block> {
    if table.rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        "author’s usage",
        "#people",
        "#changes",
        "#to merge, p50",
        end_column(line),
        "#failed",
        "#changes a week and author",
    ];
    let rows = table.rows.iter().map(|row| {
        let mut cells =
            vec![named(&row.usage, row.visibility), count(row.people), count(row.changes)];
        let figures = [&row.to_merge, &row.to_release, &row.failed, &row.throughput];
        cells.extend(figures.map(|one| shown(one, row.visibility, row.changes)));
        cells
    });
    let limits = format!(
        "Very frequent: at least {} of an author’s changes carry evidence; frequent: at least {}; \
         occasional: fewer.",
        format::share(table.very_frequent_share),
        format::share(table.frequent_share)
    );
    vec![
        Block::Table(
            Table::new("By how often the author’s changes carry evidence", &columns).with(rows),
        ),
        Block::Text(unbroken(&limits)),
    ]
}
