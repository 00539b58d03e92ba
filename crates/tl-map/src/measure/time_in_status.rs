//! Time in status: where tickets spend their time on the board.
//!
//! In: the tickets that were collected. Out: one row per status, and flow efficiency by the team's
//! meaning of each. Start at [`time_in_status`]; [`intervals`] cuts one ticket into its statuses.
//! **Invariant:** the intervals of a ticket follow one another without gap or overlap, from its
//! opening to its last known instant.

use std::collections::BTreeMap;

use tl_core::fact::StatusCategory;
use tl_core::time::{Millis, Timestamp};

use super::MeasureDoc;
use super::figures::Column;
use crate::collected::meaning;
use crate::dataset::Dataset;
use crate::fold::Seen;
use crate::options::{CollectedOptions, StatusMeaning};
use crate::report::collected::{StatusRow, TimeInStatus};
use crate::report::{Figure, Unit};

/// What this measure is.
pub const DOC: MeasureDoc = MeasureDoc {
    id: "time-in-status",
    title: "Time in status",
    what: "how long tickets are in each status of the board, and which of it is waiting",
    formula: "a status lasts from the move into it to the next move, or until the ticket is done; per ticket and status \
              the sum of all visits; share = summed time / summed time of all statuses between first \
              progress and done; flow efficiency = active / (active + waiting + blocked)",
    unit: "hours; shares",
    edge_cases: &[
        "tickets done in the window; a ticket reopened counts with its whole time again",
        "a status means what the configuration says, else what the tracker's category says, else what \
         its name says",
        "time before the first progress is backlog and time after done is none: neither is in the \
         share",
        "the first status of a ticket whose first move is unknown is what the move leaves",
        "quantiles take each ticket for itself",
    ],
    source: "Kim et al., Flow metrics; Vacanti, Actionable Agile Metrics",
};

/// One stay of a ticket in a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval<'a> {
    /// The status in the tracker's words; empty where unknown.
    pub status: &'a str,
    /// What it means to the tracker.
    pub category: Option<StatusCategory>,
    /// When it was entered.
    pub since: Timestamp,
    /// When it was left; `None` while the ticket is in it.
    pub until: Option<Timestamp>,
}

/// The statuses of a ticket, one behind another.
pub fn intervals<'t>(ticket: &Seen<'t>) -> Vec<Interval<'t>> {
    let mut found: Vec<Interval<'t>> = Vec::new();
    if let Some(opened) = ticket.opened {
        let first = ticket.moves.first();
        found.push(match (first, &ticket.state) {
            (Some(step), _) => Interval {
                status: step.from,
                category: step.from_category,
                since: opened,
                until: None,
            },
            (None, Some((status, category, _))) => {
                Interval { status, category: *category, since: opened, until: None }
            }
            (None, None) => Interval { status: "", category: None, since: opened, until: None },
        });
    }
    for step in &ticket.moves {
        // A move before the opening is one of an imported ticket: the opening stands.
        let at = found.last().map_or(step.at, |last| step.at.max(last.since));
        if let Some(last) = found.last_mut() {
            last.until = Some(at);
        }
        let (status, category) = (step.to, step.to_category);
        found.push(Interval { status, category, since: at, until: None });
    }
    found
}

/// Measures the tickets that were done in the window; `None` where no moves were collected.
pub fn time_in_status(data: &Dataset<'_>) -> Option<TimeInStatus> {
    let options = &data.options.collected;
    let parts = data.collected.tickets.chunks(|tickets| {
        let mut told = Told::default();
        for ticket in tickets {
            told.has_moves |= !ticket.moves.is_empty();
            let done = done_at(&ticket, options, data.window.until);
            let Some(done) = done.filter(|at| *at >= data.window.since) else { continue };
            told.count += 1;
            for ((status, rank), span) in spent_in(&ticket, done, options) {
                told.add(status, rank, &[span]);
            }
        }
        told
    });
    let mut told = Told::default();
    for part in parts {
        told.has_moves |= part.has_moves;
        told.count += part.count;
        for (status, ranks) in part.spent {
            for (rank, spans) in ranks {
                told.add(&status, rank, &spans);
            }
        }
    }
    if !told.has_moves {
        return None;
    }
    let spent = told.spent.into_iter().flat_map(|(status, ranks)| {
        ranks.into_iter().map(move |(rank, spans)| ((status.clone(), rank), spans))
    });
    Some(table(data, told.count, spent.collect()))
}

/// What tickets tell.
#[derive(Default)]
struct Told {
    has_moves: bool,
    /// How many of them count.
    count: u64,
    /// Milliseconds of each of those by status and rank of its meaning.
    spent: BTreeMap<String, BTreeMap<u8, Vec<i64>>>,
}

impl Told {
    fn add(&mut self, status: &str, rank: u8, spans: &[i64]) {
        // There are few statuses, and each is known but once.
        let ranks = match self.spent.get_mut(status) {
            Some(ranks) => ranks,
            None => self.spent.entry(status.to_owned()).or_default(),
        };
        ranks.entry(rank).or_default().extend_from_slice(spans);
    }
}

/// Milliseconds of a ticket in each status, until it was done: also where no move says so.
fn spent_in<'t>(
    ticket: &Seen<'t>,
    done: Timestamp,
    options: &CollectedOptions,
) -> BTreeMap<(&'t str, u8), i64> {
    let mut own: BTreeMap<(&str, u8), i64> = BTreeMap::new();
    for stay in intervals(ticket).into_iter().filter(|stay| stay.since <= done) {
        let means = meaning(ticket.key, stay.status, stay.category, options);
        if means == StatusMeaning::Done {
            continue;
        }
        let left = stay.until.map_or(done, |left| left.min(done));
        *own.entry((stay.status, rank(means))).or_default() += (left - stay.since).get();
    }
    own
}

/// Order of meanings in the table.
const MEANINGS: [(StatusMeaning, &str); 4] = [
    (StatusMeaning::Backlog, "backlog"),
    (StatusMeaning::Active, "active"),
    (StatusMeaning::Queue, "queue"),
    (StatusMeaning::Blocked, "blocked"),
];

fn rank(meaning: StatusMeaning) -> u8 {
    MEANINGS.iter().position(|(one, _)| *one == meaning).unwrap_or_default() as u8
}

fn table(
    data: &Dataset<'_>,
    tickets: u64,
    spent: BTreeMap<(String, u8), Vec<i64>>,
) -> TimeInStatus {
    let draws = data.options.bootstrap();
    let in_flow = |rank: u8| rank != 0;
    let sum = |of: &dyn Fn(u8) -> bool| -> i64 {
        spent
            .iter()
            .filter(|((_, rank), _)| of(*rank))
            .map(|(_, all)| all.iter().sum::<i64>())
            .sum()
    };
    let all = sum(&in_flow);
    let share = |part: i64, n: u64| match all {
        0 => Figure::unknown(n, Unit::Share, "no ticket done in the window was in progress"),
        all => Figure::plain(part as f64 / all as f64, n, Unit::Share),
    };
    let mut statuses: Vec<StatusRow> = spent
        .iter()
        .map(|((status, rank), spans)| {
            let column = Column::alone(spans.clone());
            let mut quantiles = column.quantiles(&[0.5, 0.9], Unit::Hours, &draws);
            let none = || Figure::unknown(0, Unit::Hours, "no ticket");
            let p90 = quantiles.pop().unwrap_or_else(none);
            let total: i64 = spans.iter().sum();
            StatusRow {
                status: status.clone(),
                meaning: MEANINGS[usize::from(*rank)].1.to_owned(),
                tickets: spans.len() as u64,
                p50: quantiles.pop().unwrap_or_else(none),
                p90,
                total_hours: Millis::new(total).hours(),
                share: if in_flow(*rank) {
                    share(total, spans.len() as u64)
                } else {
                    Figure::unknown(0, Unit::Share, "not part of the flow")
                },
            }
        })
        .collect();
    statuses.sort_by(|a, b| {
        b.total_hours.total_cmp(&a.total_hours).then_with(|| a.status.cmp(&b.status))
    });
    TimeInStatus { tickets, flow_efficiency: share(sum(&|rank| rank == 1), tickets), statuses }
}

/// When a ticket was done last, as seen at `until`: closed, or moved to a status that means done.
/// `None` where it was not done then, or was reopened by then.
pub fn done_at(
    ticket: &Seen<'_>,
    options: &CollectedOptions,
    until: Timestamp,
) -> Option<Timestamp> {
    let closed = ticket.closed.iter().copied().rfind(|at| *at <= until);
    let moved = ticket.moves.iter().rfind(|step| step.at <= until).filter(|step| {
        meaning(ticket.key, step.to, step.to_category, options) == StatusMeaning::Done
    });
    let done = closed.into_iter().chain(moved.map(|step| step.at)).max()?;
    let again = ticket.reopened.iter().any(|at| *at > done && *at <= until);
    (!again).then_some(done)
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::{Ticket, TicketMove};

    use super::*;

    #[test]
    fn the_statuses_of_a_ticket_follow_one_another_without_gap() {
        let at = |hour: i64| Timestamp::from_seconds(hour * 3600);
        let step = |hour: i64, from: &str, to: &str| TicketMove {
            at: at(hour),
            from: from.to_owned(),
            to: to.to_owned(),
            from_category: None,
            to_category: None,
        };
        let ticket = Ticket {
            opened: Some(at(2)),
            moves: vec![step(1, "New", "Open"), step(5, "Open", "Doing"), step(9, "Doing", "Done")],
            ..Ticket::default()
        };
        let told: Vec<(&str, Timestamp, Option<Timestamp>)> = intervals(&Seen::of(&ticket))
            .iter()
            .map(|one| (one.status, one.since, one.until))
            .collect();
        assert_eq!(
            told,
            [
                ("New", at(2), Some(at(2))),
                ("Open", at(2), Some(at(5))),
                ("Doing", at(5), Some(at(9))),
                ("Done", at(9), None),
            ]
        );
        assert_eq!(done_at(&Seen::of(&ticket), &CollectedOptions::default(), at(9)), Some(at(9)));
    }

    #[test]
    fn a_ticket_reopened_later_was_done_in_the_older_window() {
        let at = |hour: i64| Timestamp::from_seconds(hour * 3600);
        let step = |hour: i64, to: &str| TicketMove {
            at: at(hour),
            from: String::new(),
            to: to.to_owned(),
            from_category: None,
            to_category: None,
        };
        let ticket = Ticket {
            moves: vec![step(5, "Done"), step(20, "Doing"), step(30, "Done")],
            closed: vec![(at(5), String::new()), (at(30), String::new())],
            reopened: vec![at(20)],
            ..Ticket::default()
        };
        let done = |until| done_at(&Seen::of(&ticket), &CollectedOptions::default(), at(until));
        assert_eq!([4, 10, 25, 40].map(done), [None, Some(at(5)), None, Some(at(30))]);
    }

    #[test]
    fn a_ticket_closed_without_a_move_leaves_its_last_status_when_it_was_closed() {
        let at = |hour: i64| Timestamp::from_seconds(hour * 3600);
        let ticket = Ticket {
            opened: Some(at(1)),
            moves: vec![TicketMove {
                at: at(3),
                from: "New".to_owned(),
                to: "Doing".to_owned(),
                from_category: None,
                to_category: None,
            }],
            closed: vec![(at(7), String::new())],
            ..Ticket::default()
        };
        let options = CollectedOptions::default();
        let done = done_at(&Seen::of(&ticket), &options, at(100)).unwrap();
        let hours: Vec<(&str, i64)> = spent_in(&Seen::of(&ticket), done, &options)
            .into_iter()
            .map(|((status, _), span)| (status, span / 3_600_000))
            .collect();
        assert_eq!(hours, [("Doing", 4), ("New", 2)]);
    }
}
