//! Rework: lines that were changed again soon after they were merged.
//!
//! In: the dataset, whose sizes hold reworked lines. Out: the share. Start at [`rework`].

use super::MeasureDoc;
use crate::dataset::{Dataset, Item};
use crate::measure::figures::figure;
use crate::report::{Figure, Rework, Unit};
use crate::stats::bootstrap::Clusters;

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "rework",
    title: "Code rework",
    what: "how much of what was merged is changed or removed again within three weeks",
    formula: "lines changed or removed again at most 21 days after the merge of the change that \
              wrote them / lines added, over changes followed for 21 days; each line counts once; \
              interval by author-clustered bootstrap of the ratio",
    unit: "share of lines added",
    edge_cases: &[
        "writers of lines are followed through the hunks of the default branch, not by blame; a \
         renamed file keeps its writers",
        "a change does not rework itself; moving a line within or between files is rework",
        "lines that were there before the first difference read are nobody's",
    ],
    source: "LinearB rework (change to code modified within the last 21 days), by line",
};

/// The reworked share of these items, those too young left out.
pub fn reworked_share<'a>(data: &Dataset<'_>, items: impl IntoIterator<Item = &'a Item>) -> Figure {
    let followed = followed(data, items);
    let n = followed.len() as u64;
    let (mut again, mut kept, mut authors) = (Vec::new(), Vec::new(), Vec::new());
    for (item, added, reworked) in followed {
        again.push(reworked as i64);
        kept.push(added.saturating_sub(reworked) as i64);
        authors.push(item.author);
    }
    let shares = Clusters::new(&authors).shares(&[&again, &kept], &data.options.bootstrap());
    match shares.first() {
        Some(share) => figure(*share, n, Unit::Share),
        None => {
            let days = data.options.rework_window_days;
            let why = format!("no change with added lines has {days} days of follow-up yet");
            Figure::unknown(n, Unit::Share, why)
        }
    }
}

fn followed<'a>(
    data: &Dataset<'_>,
    items: impl IntoIterator<Item = &'a Item>,
) -> Vec<(&'a Item, u64, u64)> {
    let old_enough = |item: &&Item| item.merged + data.options.rework_window() <= data.window.until;
    items
        .into_iter()
        .filter(old_enough)
        .filter_map(|item| {
            let size = item.size?;
            Some((item, size.added.into(), size.reworked?.min(size.added).into()))
        })
        .collect()
}

/// Computes the rework of the window.
pub fn rework(data: &Dataset<'_>) -> Rework {
    let followed = followed(data, data.in_window());
    Rework {
        window_days: data.options.rework_window_days,
        share: reworked_share(data, data.in_window()),
        added: followed.iter().map(|(_, added, _)| added).sum(),
        reworked: followed.iter().map(|(_, _, reworked)| reworked).sum(),
    }
}
