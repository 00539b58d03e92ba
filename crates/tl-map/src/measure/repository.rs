//! What was read of each repository, over its whole history.
//!
//! In: the dataset. Out: a summary of each repository. Start at [`summaries`]. These are counts,
//! not measures: they let a reader check that the right thing was read.

use rustc_hash::FxHashSet;
use tl_core::attribution::{AiTool, AuthorClass};
use tl_core::history::History;
use tl_core::id::CommitIx;

use crate::change::Changes;
use crate::dataset::{Dataset, Repository};
use crate::graph::Graph;
use crate::journey::Shape;
use crate::release::Releases;
use crate::report::RepositorySummary;

/// Summarises every repository.
pub fn summaries(data: &Dataset<'_>) -> Vec<RepositorySummary> {
    let with_shapes = |(row, found): (usize, &Repository<'_>)| RepositorySummary {
        shapes: shapes(data, row),
        ..found.summary.clone()
    };
    let shown = data.repositories.iter().enumerate().filter(|(row, _)| data.is_shown(*row));
    shown.map(with_shapes).collect()
}

/// Changes merged in the window, by shape.
fn shapes(data: &Dataset<'_>, row: usize) -> Vec<(Shape, u64)> {
    let mut counts = [0; Shape::ALL.len()];
    for item in data.of_repository(row).iter().filter(|item| data.is_in_window(item)) {
        counts[item.shape as usize] += 1;
    }
    Shape::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

/// Counts over the whole history of one repository; shapes are missing.
pub(crate) fn summary(
    history: &History,
    graph: &Graph,
    releases: &Releases,
    changes: &Changes,
) -> RepositorySummary {
    let reachable: Vec<CommitIx> =
        (0..graph.mainline.len()).flat_map(|p| graph.entered(p)).copied().collect();
    let mut people = FxHashSet::default();
    let mut tools = [0_u64; AiTool::ALL.len()];
    let mut counts = Counts::default();
    for ix in &reachable {
        let commit = history.commit(*ix);
        people.insert(commit.author);
        let is_merge = commit.parents.len > 1;
        let attribution = commit.attribution;
        counts.merges += u64::from(is_merge);
        counts.ai += u64::from(attribution.level().is_some());
        counts.assist += u64::from(!attribution.assist.is_empty());
        counts.bots += u64::from(attribution.author == AuthorClass::Bot);
        counts.noted += u64::from(attribution.has_note);
        counts.named += u64::from(!is_merge && commit.mention.is_some());
        counts.revert_lines +=
            u64::from(commit.links.as_ref().is_some_and(|links| links.revert_line));
        attribution.tools.iter().for_each(|tool| tools[tool as usize] += 1);
    }
    let commits = reachable.len() as u64;
    let dates = reachable.iter().map(|ix| history.commit(*ix).committed);
    let mut by_tool: Vec<(String, u64)> = AiTool::ALL
        .iter()
        .map(|tool| (tool.name().to_owned(), tools[*tool as usize]))
        .filter(|(_, count)| *count > 0)
        .collect();
    by_tool.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let merged = changes.delivered.iter().filter_map(|change| change.request());
    let merged: FxHashSet<u32> = merged.collect();
    let heads = &history.requests;
    RepositorySummary {
        name: history.name.clone(),
        branch: history.branch.clone(),
        head: history.head.map(|ix| history.commit(ix).id.to_string()),
        commits,
        commits_all: history.commits.len() as u64,
        first: dates.clone().min(),
        last: dates.max(),
        merges: counts.merges,
        tags: history.tags.len() as u64,
        releases: releases.list.len() as u64,
        people: people.len() as u64,
        request_heads: heads.len() as u64,
        requests_merged: heads.iter().filter(|head| merged.contains(&head.number)).count() as u64,
        ai_commits: counts.ai,
        ai_by_tool: by_tool,
        assist_commits: counts.assist,
        bot_commits: counts.bots,
        noted_commits: counts.noted,
        revert_lines: counts.revert_lines,
        request_in_title: counts.named as f64 / (commits - counts.merges).max(1) as f64,
        shapes: Vec::new(),
    }
}

#[derive(Default)]
struct Counts {
    merges: u64,
    ai: u64,
    assist: u64,
    bots: u64,
    noted: u64,
    named: u64,
    revert_lines: u64,
}
