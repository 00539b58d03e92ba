//! Batch size: lines and files per change.
//!
//! In: the dataset. Out: quantiles, the share of large changes, and the time to merge by size.
//! Start at [`batch_size`].

use super::MeasureDoc;
use super::figures::{Column, share};
use super::review_wait::to_merge;
use crate::dataset::{Dataset, Item, Size};
use crate::report::{BatchSize, Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "batch-size",
    title: "Batch size",
    what: "how large changes are, and how long changes of each size take to be merged",
    formula: "lines added + lines removed against the first parent, as git diff --numstat counts \
              them; large: more than 400 lines; quantiles of type 7, interval by author-clustered \
              bootstrap",
    unit: "lines; files",
    edge_cases: &[
        "binary files, files over 8 MiB and submodules count as files without lines",
        "content that is not in the repository (partial clone) is left out and said",
        "a replayed request is the sum of its commits",
    ],
    source: "git diff --numstat; 400 lines: review effectiveness falls above (SmartBear/Cisco 2006)",
};

/// Upper ends of the size classes, in lines; the last one has none.
const CLASSES: [(u64, &str); 5] = [
    (10, "up to 10 lines"),
    (50, "11 to 50"),
    (200, "51 to 200"),
    (400, "201 to 400"),
    (u64::MAX, "more than 400"),
];

/// Lines added and removed.
pub const fn lines(size: &Size) -> u64 {
    size.added as u64 + size.removed as u64
}

/// Lines of these items, where known.
pub fn line_column<'a>(items: impl IntoIterator<Item = &'a Item>) -> Column {
    Column::of(items, |item| item.size.as_ref().map(|size| lines(size) as i64))
        .or("no difference was read")
}

/// Computes the batch sizes of the window.
pub fn batch_size(data: &Dataset<'_>) -> BatchSize {
    let draws = data.options.bootstrap();
    let sized: Vec<&Item> = data.in_window().filter(|item| item.size.is_some()).collect();
    let size_of = |item: &Item| item.size.map_or(0, |size| lines(&size));
    let column = line_column(sized.iter().copied());
    let mut quantiles = column.quantiles(&[0.5, 0.9], Unit::Lines, &draws);
    let files =
        Column::of(sized.iter().copied(), |item| item.size.map(|size| i64::from(size.files)))
            .or("no difference was read");
    let large = sized.iter().filter(|item| size_of(item) > 400).count() as u64;
    let mut lower = 0;
    let by_size = CLASSES
        .iter()
        .map(|(upper, label)| {
            let from = std::mem::replace(&mut lower, upper.saturating_add(1));
            let class =
                sized.iter().copied().filter(|item| (from..=*upper).contains(&size_of(item)));
            ((*label).to_owned(), to_merge(class).median(Unit::Hours, &draws))
        })
        .collect();
    let p90 = quantiles.pop();
    let p50 = quantiles.pop();
    let none = || Figure::unknown(0, Unit::Lines, "no differences were read");
    BatchSize {
        lines_p50: p50.unwrap_or_else(none),
        lines_p90: p90.unwrap_or_else(none),
        files_p50: files.median(Unit::Count, &draws),
        large: share(large, sized.len() as u64),
        to_merge_by_size: by_size,
    }
}
