//! What the crate makes of a story, as text: a line a change, a line a failure, a line a request
//! that was not delivered.

use std::fmt::Write as _;

use tl_core::history::History;
use tl_core::id::CommitIx;
use tl_core::time::{Millis, Timestamp};

use super::story::{START, history};
use crate::change::{Change, Changes, changes};
use crate::dataset::Dataset;
use crate::failure::{Evidence, Link, failures};
use crate::graph::Graph;
use crate::journey::{Boundary, Line, Marks, Stage};
use crate::options::Options;
use crate::release::{FirstRelease, Releases};
use crate::report::Report;

/// The changes, failures and requests of a story.
///
/// A change reads `name shape author cohort: first > push > merge > release, coding + review wait
/// + release wait` with days and times of the story and hours.
pub(super) fn shown(story: &str) -> String {
    let history = history(story);
    let graph = Graph::new(&history);
    let releases = Releases::new(&history, &graph);
    let found = changes(&history, &graph, &releases);
    let links = failures(&history, &graph, &releases, &found, Evidence::All);
    let mut text = String::new();
    for (index, (change, marks)) in found.delivered.iter().zip(&found.marks).enumerate() {
        line(&mut text, &history, &releases, change, marks);
        for link in links.iter().filter(|link| link.failed == index) {
            failure(&mut text, &history, &found, link);
        }
    }
    for release in &releases.list {
        if let Some((of, why)) = &release.hotfix {
            writeln!(text, "{} mends {}: {why}", release.tag, releases.get(*of).tag).unwrap();
        }
    }
    for request in &found.pending {
        let fate = if request.merged_elsewhere { "merged elsewhere" } else { "never merged" };
        let commits = request.commits;
        let author = &history.people[request.author.row()].name;
        writeln!(text, "#{} {fate} {author}: {commits} commits", request.request).unwrap();
    }
    text
}

fn line(text: &mut String, history: &History, releases: &Releases, change: &Change, marks: &Marks) {
    let author = &history.people[change.author.row()].name;
    let name = name(history, change);
    let shape = change.shape.label();
    let cohort = change.attribution.cohort().label();
    let journey = marks.journey(Line::GIT);
    let at = |boundary| journey.at(boundary).map_or_else(|| "?".to_owned(), day);
    let hours = |stage| {
        journey.stage(stage).map_or_else(|| "?".to_owned(), |span| span.hours().to_string())
    };
    let [first, push, merged] =
        [Boundary::FirstCommit, Boundary::LastPush, Boundary::Merged].map(at);
    let [coding, review, release] =
        [Stage::Coding, Stage::ReviewWait, Stage::ReleaseWait].map(hours);
    write!(text, "{name} {shape} {author} {cohort}").unwrap();
    if change.commits > 1 {
        write!(text, " {} commits", change.commits).unwrap();
    }
    if change.span > 1 {
        write!(text, " {} replayed", change.span).unwrap();
    }
    write!(text, ": {first} > {push} > {merged}").unwrap();
    match change.first_release {
        FirstRelease::Waiting => {}
        FirstRelease::LeftCensored => write!(text, " > before the first release").unwrap(),
        FirstRelease::Released { release, backport } => {
            let found = releases.get(release);
            let how = if backport { " by backport" } else { "" };
            write!(text, " > {} {}{how}", at(Boundary::Released), found.tag).unwrap();
        }
    }
    write!(text, ", {coding} + {review} + {release} h").unwrap();
    if journey.shift > Millis::ZERO {
        write!(text, ", shifted {} h", journey.shift.hours()).unwrap();
    }
    text.push('\n');
}

fn failure(text: &mut String, history: &History, found: &Changes, link: &Link) {
    let by = name(history, &found.delivered[link.by]);
    writeln!(text, "  {} by {by}, grade {:?}: {}", link.kind.label(), link.grade, link.why)
        .unwrap();
}

/// `#12`, or the id as the story wrote it.
fn name(history: &History, change: &Change) -> String {
    match change.request() {
        Some(number) => format!("#{number}"),
        None => symbol(history, change.landed),
    }
}

/// The id without the zeros that fill it up.
pub(super) fn symbol(history: &History, ix: CommitIx) -> String {
    history.commit(ix).id.to_string().trim_end_matches('0').to_owned()
}

/// `3 09:00`: day of the story and time, or the date far from it.
fn day(at: Timestamp) -> String {
    let minutes = (at - START).get().div_euclid(60_000);
    let (day, minute) = (minutes.div_euclid(1_440) + 1, minutes.rem_euclid(1_440));
    if (-400..2_000).contains(&day) {
        format!("{day} {:02}:{:02}", minute / 60, minute % 60)
    } else {
        at.date()
    }
}

/// The report of several stories, with few draws, seen long after them.
pub(super) fn report(stories: &[&str], choose: impl FnOnce(&mut Options)) -> Report {
    let histories: Vec<History> = stories.iter().map(|story| history(story)).collect();
    let mut options = Options::at(START + Millis::days(5_000));
    options.draws = 50;
    choose(&mut options);
    crate::map(&Dataset::new(&histories, &options))
}
