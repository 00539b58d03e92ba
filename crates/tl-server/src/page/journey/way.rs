//! The way of one change, or of an open request, along the line.
//!
//! In: a row of a snapshot. Out: bars for the plot, tables, a sentence. Start at [`Way::find`].
//! **Invariant:** stages are those of the report's line; a stage whose time is not known is left out, never
//! zero.

use tl_core::attribution::Cohort;
use tl_core::time::{Millis, Timestamp};
use tl_map::format;
use tl_map::journey::StageKind;
use tl_map::journey_row::JourneyRow;
use tl_map::open_row::OpenRow;
use tl_map::report::StageRow;
use tl_map::words::Line;

use super::instant;
use crate::chart::aging::stage_ms;
use crate::chart::journey::Bar;
use crate::chart::stage_map::kind_label;
use crate::chart::table::{Table, text};
use crate::measured::Measured;

/// See the module.
pub(crate) struct Way<'m> {
    /// Its name, with the repository's where there are several.
    pub(crate) name: String,
    pub(crate) repository: &'m str,
    /// Where it was merged.
    pub(crate) row: Option<&'m JourneyRow>,
    /// Where it is open.
    pub(crate) open: Option<&'m OpenRow>,
    /// Stages whose time is known, in the order of the line.
    pub(super) bars: Vec<Bar>,
    kinds: Vec<StageKind>,
}

impl<'m> Way<'m> {
    /// Finds a change by its name; by that within a repository where one is given.
    pub(crate) fn find(measured: &'m Measured, change: &str, repository: &str) -> Option<Self> {
        let is_named = |name: &str, of: &str| {
            let here = repository.is_empty() || of == repository;
            here && (name == change
                || name.strip_prefix(of).is_some_and(|rest| rest.trim_start_matches('@') == change)
                || change.strip_prefix(of).is_some_and(|rest| rest == name))
        };
        let stages = &measured.report.value_stream.stages;
        let merged = measured.journeys.iter().find(|row| is_named(&row.change, &row.repository));
        if let Some(row) = merged {
            return Some(Self::of_row(row, stages));
        }
        let open = measured.open.iter().find(|row| is_named(&row.change, &row.repository))?;
        Some(Self::of_open(open, stages))
    }

    fn of_row(row: &'m JourneyRow, stages: &[StageRow]) -> Self {
        let mut way = Self {
            name: row.change.clone(),
            repository: &row.repository,
            row: Some(row),
            open: None,
            bars: Vec::new(),
            kinds: Vec::new(),
        };
        let mut reached: Option<Timestamp> = None;
        for stage in stages {
            let begins = starts(row, &stage.id);
            let from = match (reached, begins) {
                (Some(reached), Some(begins)) => Some(reached.max(begins)),
                (reached, begins) => reached.or(begins),
            };
            match (stage_ms(row, &stage.id), from) {
                (Some(took), Some(from)) => {
                    way.push(stage, from, took, false);
                    reached = Some(from + took);
                }
                _ => reached = from,
            }
        }
        way
    }

    fn of_open(open: &'m OpenRow, stages: &[StageRow]) -> Self {
        let mut way = Self {
            name: super::name(open),
            repository: &open.repository,
            row: None,
            open: Some(open),
            bars: Vec::new(),
            kinds: Vec::new(),
        };
        for stage in stages {
            let ends: (Option<Timestamp>, Option<Timestamp>) = match stage.id.as_str() {
                "pickup" => (open.ready, open.first_review),
                "review" => (open.first_review, open.approved),
                "coding" => (open.begun, open.ready),
                _ => (None, None),
            };
            let here = open.stage == stage.id;
            match (ends, open.since) {
                (_, Some(since)) if here => way.push(stage, since, open.waited_ms, true),
                ((Some(from), Some(to)), _) if to >= from => {
                    way.push(stage, from, to - from, false)
                }
                _ => (),
            }
        }
        way
    }

    fn push(&mut self, stage: &StageRow, from: Timestamp, took: Millis, is_open: bool) {
        let (id, label) = (stage.id.clone(), stage.label.clone());
        self.bars.push(Bar { id, label, from, took, is_open });
        self.kinds.push(stage.kind);
    }

    /// Whether it is at the end of the line.
    pub(super) fn is_done(&self) -> bool {
        self.row.is_some_and(|row| row.total_ms.is_some())
    }

    /// The whole of it, as far as it is known.
    pub(super) fn took(&self) -> Millis {
        let known = || self.bars.iter().map(|bar| bar.took).sum();
        let row = self.row.and_then(|row| row.total_ms);
        row.or(self.open.map(|open| open.age_ms)).unwrap_or_else(known)
    }

    /// How long it waited, of the time that is known.
    pub(super) fn waited(&self) -> (Millis, Millis) {
        let of = |wanted: Option<StageKind>| {
            let bars = self.bars.iter().zip(&self.kinds);
            bars.filter(|(_, kind)| wanted.is_none_or(|wanted| wanted == **kind))
                .map(|(bar, _)| bar.took)
                .sum::<Millis>()
        };
        (of(Some(StageKind::Queue)), of(None))
    }

    /// What there is to say of it.
    pub(super) fn sentence(&self, line: Line) -> String {
        let longest = self
            .bars
            .iter()
            .zip(&self.kinds)
            .filter(|(bar, kind)| **kind != StageKind::Active && bar.took.get() > 0)
            .max_by_key(|(bar, _)| bar.took);
        let waited = longest.map_or_else(String::new, |(bar, _)| {
            let took = format::duration(bar.took.hours());
            format!(" Its longest wait was {}: {took}.", bar.label)
        });
        let took = format::duration(self.took().hours());
        match (self.open, self.is_done()) {
            (Some(open), _) => format!(
                "{} is open for {took}, and in {} for {}.",
                self.name,
                if open.stage_label.is_empty() { "a stage not known" } else { &open.stage_label },
                format::duration(open.waited_ms.hours())
            ),
            (None, true) => format!("{} took {took} from {}.{waited}", self.name, line.whole()),
            (None, false) => {
                let age = format!("{took} of its way are known");
                format!("{} is merged; {age}.{waited}", self.name)
            }
        }
    }

    /// Its stages beside those of the others.
    pub(super) fn stages(&self, measured: &Measured) -> Table {
        let row = |bar: &Bar, kind: &StageKind| {
            let all = measured.journeys.iter().filter(|row| row.cohort != Cohort::Bot);
            let finished: Vec<Millis> = all.filter_map(|row| stage_ms(row, &bar.id)).collect();
            let shorter = finished.iter().filter(|took| **took < bar.took).count();
            let compared = match finished.len() {
                0..20 => "too few to compare".to_owned(),
                _ if shorter == 0 => "as short as any".to_owned(),
                n => format!("longer than {}", format::share(shorter as f64 / n as f64)),
            };
            let stages = &measured.report.value_stream.stages;
            let median = stages.iter().find(|stage| stage.id == bar.id);
            let median = median.map_or_else(String::new, |stage| format::value(&stage.p50));
            let took = text(format::duration(bar.took.hours()));
            let took = if bar.is_open { took.under("so far") } else { took };
            vec![
                text(bar.label.clone()),
                text(kind_label(*kind)),
                took,
                text(median),
                text(compared),
            ]
        };
        let columns = ["stage", "kind", "#took", "#median", "beside the others"];
        let rows = self.bars.iter().zip(&self.kinds).map(|(bar, kind)| row(bar, kind));
        Table::new("Stage by stage", &columns).with(rows)
    }

    /// Its boundaries, the earliest first.
    pub(super) fn boundaries(&self) -> Table {
        let mut known: Vec<(&'static str, Timestamp)> = Vec::new();
        let mut add = |what, at: Option<Timestamp>| known.extend(at.map(|at| (what, at)));
        if let Some(row) = self.row {
            add("ticket opened", row.ticket_opened);
            add("work started", row.work_started);
            add("first commit", row.first_commit);
            add("request opened", row.request_opened);
            add("last push", row.last_push);
            add("ready for review", row.ready);
            add("first review by a program", row.first_ai_review);
            add("first review", row.first_review);
            add("approved", row.approved);
            add("merged", row.merged);
            add("released", row.released);
            add("deployment started", row.deploy_started);
            add("in production", row.in_production);
        }
        if let Some(open) = self.open {
            add("begun", open.begun);
            add("request opened", open.opened);
            add("ready for review", open.ready);
            add("first review", open.first_review);
            add("approved", open.approved);
        }
        known.sort_by_key(|(_, at)| *at);
        let mut before: Option<Timestamp> = None;
        let rows = known.into_iter().map(|(what, at)| {
            let after =
                before.map_or_else(String::new, |before| format::duration((at - before).hours()));
            before = Some(at);
            vec![text(what), text(instant(at)), text(after)]
        });
        Table::new("Boundaries", &["boundary", "when (UTC)", "#after the one before"]).with(rows)
    }
}

/// The boundary at which a stage of a change begins.
fn starts(row: &JourneyRow, id: &str) -> Option<Timestamp> {
    match id {
        "backlog" => row.ticket_opened,
        "coding" => row.work_started.or(row.first_commit),
        "pickup" => row.ready,
        "review" => row.first_review,
        "merge-wait" => row.approved,
        "review-wait" => row.last_push,
        "release-wait" => row.merged,
        "deploy" => row.deploy_started,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample;

    #[test]
    fn bars_of_a_finished_change_add_up_to_its_time_and_do_not_overlap() {
        let sample = sample();
        let done = sample.journeys.iter().filter(|row| row.total_ms.is_some());
        for row in done {
            let way = Way::find(&sample, &row.change, &row.repository).unwrap();
            let sum: Millis = way.bars.iter().map(|bar| bar.took).sum();
            assert_eq!(Some(sum), row.total_ms, "{}", row.change);
            let ends = way.bars.windows(2);
            assert!(ends.into_iter().all(|two| two[0].from + two[0].took <= two[1].from));
        }
    }

    #[test]
    fn a_change_is_found_by_each_of_its_names() {
        let sample = sample();
        let row = &sample.journeys[0];
        let short = row.change.strip_prefix(&row.repository).unwrap();
        for (change, repository) in
            [(row.change.as_str(), ""), (&row.change, &row.repository), (short, &row.repository)]
        {
            let way = Way::find(&sample, change, repository).unwrap();
            assert_eq!(way.name, row.change);
        }
        assert!(Way::find(&sample, &row.change, "other").is_none());
    }
}
