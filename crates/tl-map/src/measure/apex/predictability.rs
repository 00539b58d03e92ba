//! Predictability: how much of what was planned for an iteration was done in it.
//!
//! In: iterations, and the tickets that were put into them and taken out. Out: [`Iteration`]s of
//! the window. Start at [`iterations`]. **Invariant:** what is planned is fixed an hour after the
//! start; a ticket is done in an iteration only if it was in it at that moment.

use rustc_hash::FxHashMap;
use tl_core::delivery::Iteration as Recorded;
use tl_core::time::{Millis, Timestamp};

use crate::dataset::Dataset;
use crate::fold::Seen;
use crate::measure::time_in_status::done_at;
use crate::report::collected::IterationRow;

/// Until this long after the start, what is put into an iteration is planned.
const GRACE: Millis = Millis::HOUR;

/// One sum over the tickets of an iteration.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Tally {
    pub(super) planned: f64,
    pub(super) unplanned: f64,
    pub(super) planned_done: f64,
    pub(super) unplanned_done: f64,
}

impl Tally {
    fn add(&mut self, fate: Fate, size: f64) {
        let (all, done) = match fate.is_planned {
            true => (&mut self.planned, &mut self.planned_done),
            false => (&mut self.unplanned, &mut self.unplanned_done),
        };
        *all += size;
        *done += if fate.is_done { size } else { 0.0 };
    }

    /// Completed planned over planned.
    pub(super) fn planning(&self) -> Option<f64> {
        (self.planned > 0.0).then(|| self.planned_done / self.planned)
    }

    /// Everything completed over planned.
    pub(super) fn capacity(&self) -> Option<f64> {
        (self.planned > 0.0).then(|| (self.planned_done + self.unplanned_done) / self.planned)
    }
}

/// What became of a ticket in an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fate {
    is_planned: bool,
    is_done: bool,
}

/// That a ticket took part in an iteration.
struct Took {
    /// Row of the iteration.
    iteration: u32,
    fate: Fate,
    points: Option<f64>,
}

/// An iteration that ended in the window.
#[derive(Debug, Clone)]
pub(super) struct Iteration<'d> {
    recorded: &'d Recorded,
    start: Timestamp,
    end: Timestamp,
    /// By number of tickets.
    pub(super) tickets: Tally,
    /// By points; of no use where a ticket has none.
    pub(super) points: Tally,
    /// Whether every ticket has points.
    pub(super) has_points: bool,
}

/// Iterations with tickets that ended in the window, the latest first.
pub(super) fn iterations<'d>(data: &'d Dataset<'_>) -> Vec<Iteration<'d>> {
    let delivery = data.collected.delivery;
    if data.is_narrowed() {
        // What was planned and not begun is known of all teams together alone.
        return Vec::new();
    }
    let mut found: Vec<Iteration<'d>> =
        delivery.iterations.iter().filter_map(|one| ended(data, one)).collect();
    let rows: FxHashMap<&str, usize> =
        found.iter().enumerate().map(|(row, one)| (one.recorded.key.as_str(), row)).collect();
    let parts = data.collected.tickets.chunks(|tickets| {
        let mut parts: Vec<Took> = Vec::new();
        let mut keys: Vec<&str> = Vec::new();
        for ticket in tickets {
            if ticket.iterations.is_empty() {
                continue;
            }
            let done = done_at(&ticket, &data.options.collected, data.window.until);
            let points = ticket.state.and_then(|(.., points)| points);
            keys.clear();
            keys.extend(ticket.iterations.iter().map(|(_, key, _)| *key));
            keys.sort_unstable();
            keys.dedup();
            let known = keys.iter().filter_map(|key| rows.get(key).copied());
            let took = known.filter_map(|iteration| {
                let fate = fate(&ticket, done, &found[iteration])?;
                Some(Took { iteration: iteration as u32, fate, points })
            });
            parts.extend(took);
        }
        parts
    });
    drop(rows);
    for Took { iteration, fate, points } in parts.into_iter().flatten() {
        let one = &mut found[iteration as usize];
        one.tickets.add(fate, 1.0);
        one.points.add(fate, points.unwrap_or_default());
        one.has_points &= points.is_some();
    }
    found.retain(|one| one.tickets.planned + one.tickets.unplanned > 0.0);
    found.sort_by_key(|one| (std::cmp::Reverse(one.end), &one.recorded.key));
    found
}

/// The iteration, if it ended in the window: when it was closed, or was planned to end.
fn ended<'d>(data: &Dataset<'_>, one: &'d Recorded) -> Option<Iteration<'d>> {
    let planned = one.state.as_ref().map(|(_, state)| (state.planned_start, state.planned_end));
    let (planned_start, planned_end) = planned.unwrap_or_default();
    let start = one.started.or(planned_start)?;
    let end = one.finished.or(planned_end)?;
    let inside = end >= data.window.since && end <= data.window.until && end > start;
    inside.then_some(Iteration {
        recorded: one,
        start,
        end,
        tickets: Tally::default(),
        points: Tally::default(),
        has_points: true,
    })
}

/// What became of a ticket in an iteration; `None` where it was no part of it.
fn fate(ticket: &Seen<'_>, done: Option<Timestamp>, one: &Iteration<'_>) -> Option<Fate> {
    let is_in = |at: Timestamp| {
        let of_this =
            |(when, key, _): &&(Timestamp, &str, bool)| *key == one.recorded.key && *when <= at;
        let last = ticket.iterations.iter().rfind(of_this);
        last.is_some_and(|(_, _, added)| *added)
    };
    // Done before it began: it was only filed here.
    if done.is_some_and(|at| at < one.start) {
        return None;
    }
    let is_planned = is_in(one.start + GRACE);
    let is_done = done.is_some_and(|at| at <= one.end && is_in(at));
    // Trackers take what is left out as they close it.
    let stayed = is_in(one.end - Millis::new(1));
    (is_planned || is_done || stayed).then_some(Fate { is_planned, is_done })
}

impl Iteration<'_> {
    /// The tally to show: points where every ticket has them.
    const fn tally(&self) -> Tally {
        if self.has_points { self.points } else { self.tickets }
    }

    /// The row of the report.
    pub(super) fn row(&self) -> IterationRow {
        let state = self.recorded.state.as_ref().map(|(_, state)| state);
        let name = state.map(|state| state.name.clone()).filter(|name| !name.is_empty());
        let tally = self.tally();
        IterationRow {
            name: name.unwrap_or_else(|| self.recorded.key.clone()),
            board: state.map(|state| state.board.clone()).unwrap_or_default(),
            ended: self.end,
            in_points: self.has_points,
            planned: tally.planned,
            unplanned: tally.unplanned,
            planned_done: tally.planned_done,
            unplanned_done: tally.unplanned_done,
            planning: tally.planning(),
            capacity: tally.capacity(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::{Delivery, Ticket};
    use tl_core::fact::TicketState;

    use super::*;
    use crate::options::Options;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_seconds(1_700_000_000 + hour * 3600)
    }

    /// A ticket of the iteration `S` with its moves in and out, when it was closed, its points.
    fn ticket(moves: &[(i64, bool)], closed: Option<i64>, points: Option<f64>) -> Ticket {
        Ticket {
            key: format!("ABC-{}{closed:?}", moves[0].0),
            opened: Some(at(-50)),
            state: Some((at(0), TicketState { points, ..TicketState::default() })),
            closed: closed.iter().map(|hour| (at(*hour), String::new())).collect(),
            iterations: moves.iter().map(|(hour, added)| (at(*hour), "S".into(), *added)).collect(),
            ..Ticket::default()
        }
    }

    /// The iteration `S` lasts from hour 0 to hour 100.
    fn told(tickets: Vec<Ticket>) -> IterationRow {
        let sprint = Recorded {
            key: "S".to_owned(),
            started: Some(at(0)),
            finished: Some(at(100)),
            ..Recorded::default()
        };
        let delivery = Delivery { tickets, iterations: vec![sprint], ..Delivery::default() };
        let options = Options { until: Some(at(200)), ..Options::at(at(200)) };
        let data = Dataset::with_delivery(&[], &delivery, &options);
        iterations(&data)[0].row()
    }

    #[test]
    fn what_is_put_in_later_is_unplanned_and_what_is_done_later_is_not_done() {
        let row = told(vec![
            ticket(&[(-5, true)], Some(40), Some(5.0)),
            ticket(&[(0, true), (100, false)], None, Some(3.0)),
            ticket(&[(-9, true)], Some(120), Some(2.0)),
            ticket(&[(30, true)], Some(60), Some(4.0)),
            ticket(&[(50, true), (70, false)], None, Some(8.0)),
            ticket(&[(-20, true)], Some(-1), Some(9.0)),
        ]);
        // Planned 5 + 3 + 2, of which 5 are done; added 4, done; the one taken out again and the
        // one done before the start are no part of it.
        assert!(row.in_points);
        assert_eq!((row.planned, row.planned_done), (10.0, 5.0));
        assert_eq!((row.unplanned, row.unplanned_done), (4.0, 4.0));
        assert_eq!((row.planning, row.capacity), (Some(0.5), Some(0.9)));
    }

    #[test]
    fn one_ticket_without_points_makes_it_a_count_of_tickets() {
        let row = told(vec![
            ticket(&[(-5, true)], Some(40), Some(5.0)),
            ticket(&[(-6, true)], None, None),
        ]);
        assert!(!row.in_points);
        assert_eq!((row.planned, row.planned_done, row.planning), (2.0, 1.0, Some(0.5)));
    }
}
