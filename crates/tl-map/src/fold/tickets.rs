//! Tickets, as far as measures ask of them, and what is asked of each most often.
//!
//! In: rows of tickets ([`TicketRows`]), or tickets that somebody else has. Out: [`Tickets`], by key.
//! Start at [`Tickets::of_rows`]. **Invariant:** what a status means is told by all tickets of a project
//! (`categories`).

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tl_core::delivery::{Link, Ticket, TicketMove};
use tl_core::fact::StatusCategory;
use tl_core::time::Timestamp;

use super::categories::Known;
use super::packed::{Packed, Rows};
use super::row::{Entity, RowError, decode};
use super::skipped::{Skipped, SkippedList};
use super::ticket::ONE_CLOSING;
use crate::collected::begins;
use crate::options::CollectedOptions;

/// Rows of tickets, as they come in.
#[derive(Debug, Default)]
pub struct TicketRows(Rows);

/// What is kept of a ticket: see [`Ticket`]. Statuses and iterations by number.
#[derive(Serialize, Deserialize)]
struct Packet<'t> {
    #[serde(borrow)]
    begun: PacketBegun<'t>,
    closed: Vec<Timestamp>,
    reopened: Vec<Timestamp>,
    iterations: Vec<(Timestamp, u32, bool)>,
    links: Vec<Link>,
}

/// The first part of it: most ask for no more.
#[derive(Serialize, Deserialize)]
struct PacketBegun<'t> {
    key: &'t str,
    opened: Option<Timestamp>,
    state: Option<(u32, Option<StatusCategory>, Option<f64>)>,
    moves: Vec<PacketStep>,
}

/// When, from and to which status, and the categories of these.
type PacketStep = (Timestamp, u32, u32, Option<StatusCategory>, Option<StatusCategory>);

impl TicketRows {
    /// Adds the row of a ticket.
    pub fn add_row(&mut self, key: &str, row: &[u8]) -> Result<(), RowError> {
        let (begun, after): (Begun<'_>, After<'_>) = decode(row)?;
        let names = &mut self.0.names;
        let state = begun
            .state
            .map(|(_, state)| (names.number(state.status), state.category, state.points));
        let moves = begun.moves.iter().map(|step| {
            let (from, to) = (names.number(step.from), names.number(step.to));
            (step.at, from, to, step.from_category, step.to_category)
        });
        let begun =
            PacketBegun { key: begun.key, opened: begun.opened, state, moves: moves.collect() };
        let mut closed: Vec<Timestamp> = after.closed.iter().map(|(at, _)| *at).collect();
        closed.dedup_by(|later, earlier| *later - *earlier <= ONE_CLOSING);
        let iterations = after.iterations.iter();
        let iterations = iterations.map(|(at, of, added)| (*at, names.number(of), *added));
        let packet = Packet {
            begun,
            closed,
            reopened: after.reopened,
            iterations: iterations.collect(),
            links: after.links,
        };
        self.0.add(key, &packet);
        Ok(())
    }

    /// Adds a ticket that somebody has.
    pub fn add(&mut self, ticket: &Ticket) -> Result<(), RowError> {
        self.add_row(&ticket.key, &Entity::Ticket(ticket.clone()).encode())
    }

    /// Adds what another ledger holds.
    pub fn join(&mut self, other: &Self) {
        for (key, mut packet) in other.0.iter::<Packet<'_>>() {
            let mut renumber =
                |number: &mut u32| *number = self.0.names.number(other.0.names.get(*number));
            packet.begun.state.iter_mut().for_each(|(status, ..)| renumber(status));
            for (_, from, to, ..) in &mut packet.begun.moves {
                renumber(from);
                renumber(to);
            }
            packet.iterations.iter_mut().for_each(|(_, of, _)| renumber(of));
            self.0.add(key, &packet);
        }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Tickets, by key.
#[derive(Debug)]
pub struct Tickets<'t> {
    kept: Kept<'t>,
    opened: Vec<Option<Timestamp>>,
    /// Rows of those that are asked, where not all are.
    only: Option<Vec<u32>>,
}

#[derive(Debug)]
enum Kept<'t> {
    /// With rows by key.
    Whole(&'t [Ticket], FxHashMap<&'t str, u32>),
    Rows(Packed, Known),
}

/// A ticket as measures see it: see [`Ticket`]. What a move does not say of its statuses, other
/// tickets of the project do.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields of a ticket")]
pub struct Seen<'t> {
    pub key: &'t str,
    pub opened: Option<Timestamp>,
    /// Its status, with its category, and its points.
    pub state: Option<(&'t str, Option<StatusCategory>, Option<f64>)>,
    pub moves: Vec<Step<'t>>,
    /// When it was closed, each time.
    pub closed: Vec<Timestamp>,
    pub reopened: Vec<Timestamp>,
    pub iterations: Vec<(Timestamp, &'t str, bool)>,
}

impl<'t> Seen<'t> {
    /// A ticket that somebody has.
    pub fn of(ticket: &'t Ticket) -> Self {
        let state = ticket.state.as_ref().map(|(_, state)| state);
        let iterations = ticket.iterations.iter();
        Self {
            key: &ticket.key,
            opened: ticket.opened,
            state: state.map(|state| (&*state.status, state.category, state.points)),
            moves: ticket.moves.iter().map(Step::of).collect(),
            closed: ticket.closed.iter().map(|(at, _)| *at).collect(),
            reopened: ticket.reopened.clone(),
            iterations: iterations.map(|(at, key, added)| (*at, &**key, *added)).collect(),
        }
    }

    /// When it was first in progress.
    pub fn started(&self, options: &CollectedOptions) -> Option<Timestamp> {
        let begins = |step: &&Step<'_>| begins(self.key, step.to, step.to_category, options);
        self.moves.iter().filter(begins).map(|step| step.at).min()
    }
}

/// A ticket up to its moves, as its row holds it: see [`Ticket`].
#[derive(Deserialize)]
struct Begun<'t> {
    key: &'t str,
    opened: Option<Timestamp>,
    _reporter: Skipped,
    #[serde(borrow)]
    state: Option<(Timestamp, State<'t>)>,
    moves: Vec<Step<'t>>,
}

/// What a ticket looks like: see [`TicketState`](tl_core::fact::TicketState).
#[derive(Deserialize)]
struct State<'t> {
    _title: Skipped,
    _class: Skipped,
    status: &'t str,
    category: Option<StatusCategory>,
    _priority: Skipped,
    _labels: SkippedList,
    points: Option<f64>,
    _parent: Skipped,
    _assignees: SkippedList,
    _component: Skipped,
    _url: Skipped,
}

/// A move of a ticket: see [`TicketMove`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the fields of a move")]
pub struct Step<'t> {
    pub at: Timestamp,
    pub from: &'t str,
    pub to: &'t str,
    pub from_category: Option<StatusCategory>,
    pub to_category: Option<StatusCategory>,
}

impl<'t> Step<'t> {
    /// That of somebody who has it.
    fn of(step: &'t TicketMove) -> Self {
        let TicketMove { at, from, to, from_category, to_category } = step;
        Self { at: *at, from, to, from_category: *from_category, to_category: *to_category }
    }
}

/// The rest of a ticket.
#[derive(Deserialize)]
struct After<'t> {
    closed: Vec<(Timestamp, Skipped)>,
    reopened: Vec<Timestamp>,
    links: Vec<Link>,
    #[serde(borrow)]
    iterations: Vec<(Timestamp, &'t str, bool)>,
}

impl PacketBegun<'_> {
    /// Statuses by number, with what is told of them.
    fn statuses(&self) -> impl Iterator<Item = (u32, Option<StatusCategory>)> {
        let state = self.state.iter().map(|(status, category, _)| (*status, *category));
        let moves = self.moves.iter();
        state.chain(moves.flat_map(|(_, from, to, from_category, to_category)| {
            [(*from, *from_category), (*to, *to_category)]
        }))
    }
}

/// What trackers tie to tickets, by the row of the ticket.
pub type Ties = Vec<(u32, Vec<Link>)>;

impl<'t> Tickets<'t> {
    /// Tickets that somebody has, sorted by key.
    pub fn of(tickets: &'t [Ticket]) -> Self {
        let rows = tickets.iter().map(|ticket| ticket.key.as_str()).zip(0..).collect();
        Self {
            opened: tickets.iter().map(|ticket| ticket.opened).collect(),
            kept: Kept::Whole(tickets, rows),
            only: None,
        }
    }

    /// Tickets of rows, and the links of those that have any.
    pub fn of_rows(rows: TicketRows) -> Result<(Self, Ties), RowError> {
        let packed = Packed::new(rows.0);
        let numbers: Vec<u32> = (0..packed.len() as u32).collect();
        let parts: Result<Vec<_>, RowError> = numbers
            .par_chunks(4_096)
            .map(|numbers| {
                let (mut known, mut ties) = (Known::default(), Ties::new());
                let mut opened = Vec::with_capacity(numbers.len());
                for row in numbers {
                    let ticket: Packet<'_> = packed.read(*row)?;
                    let statuses = ticket.begun.statuses();
                    let named = statuses.map(|(of, category)| (packed.names.get(of), category));
                    known.tell_statuses(ticket.begun.key, named);
                    opened.push(ticket.begun.opened);
                    if !ticket.links.is_empty() {
                        ties.push((*row, ticket.links));
                    }
                }
                Ok((opened, known, ties))
            })
            .collect();
        let (mut known, mut ties) = (Known::default(), Ties::new());
        let mut opened = Vec::with_capacity(packed.len());
        for (seen, told, tied) in parts? {
            opened.extend(seen);
            known.join(told);
            ties.extend(tied);
        }
        Ok((Self { kept: Kept::Rows(packed, known), opened, only: None }, ties))
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    /// The row of a ticket.
    pub fn row(&self, key: &str) -> Option<u32> {
        match &self.kept {
            Kept::Whole(_, rows) => rows.get(key).copied(),
            Kept::Rows(packed, _) => {
                // The key is what a ticket begins with.
                let is_it = |row: u32| packed.read::<&str>(row).is_ok_and(|known| known == key);
                packed.find(key, is_it)
            }
        }
    }

    /// Forgets the keys, when all that is asked by key was asked: [`row`](Self::row) finds none then.
    pub fn forget_keys(&mut self) {
        if let Kept::Rows(packed, _) = &mut self.kept {
            packed.forget_keys();
        }
    }

    /// When the ticket at a row was opened.
    pub fn opened(&self, row: u32) -> Option<Timestamp> {
        self.opened[row as usize]
    }

    /// When work on the ticket at a row was begun: the first move to a status that says so.
    pub fn started(&self, row: u32, options: &CollectedOptions) -> Option<Timestamp> {
        match &self.kept {
            Kept::Whole(all, _) => Seen::of(&all[row as usize]).started(options),
            Kept::Rows(packed, known) => {
                let ticket: PacketBegun<'_> = packed.read(row).ok()?;
                let begins = |(_, _, to, _, category): &&PacketStep| {
                    let to = packed.names.get(*to);
                    let category = category.or_else(|| known.of(ticket.key, to));
                    begins(ticket.key, to, category, options)
                };
                ticket.moves.iter().filter(begins).map(|(at, ..)| *at).min()
            }
        }
    }

    /// The ticket at a row.
    pub fn get(&self, row: u32) -> Seen<'_> {
        match &self.kept {
            Kept::Whole(all, _) => Seen::of(&all[row as usize]),
            Kept::Rows(packed, known) => {
                // All of them were read when they were taken in.
                let Ok(packet) = packed.read::<Packet<'_>>(row) else {
                    return Seen::default();
                };
                let Packet { begun, closed, reopened, iterations, .. } = packet;
                let PacketBegun { key, opened, state, moves } = begun;
                let name = |number| packed.names.get(number);
                let step = |(at, from, to, from_category, to_category): PacketStep| {
                    let (from, to) = (name(from), name(to));
                    let from_category = from_category.or_else(|| known.of(key, from));
                    let to_category = to_category.or_else(|| known.of(key, to));
                    Step { at, from, to, from_category, to_category }
                };
                let iterations = iterations.into_iter();
                Seen {
                    key,
                    opened,
                    state: state.map(|(status, category, points)| (name(status), category, points)),
                    moves: moves.into_iter().map(step).collect(),
                    closed,
                    reopened,
                    iterations: iterations.map(|(at, of, added)| (at, name(of), added)).collect(),
                }
            }
        }
    }

    /// Asks these alone from now on.
    pub(crate) fn keep(&mut self, mut rows: Vec<u32>) {
        rows.sort_unstable();
        rows.dedup();
        self.only = Some(rows);
    }

    fn asked(&self) -> Vec<u32> {
        self.only.clone().unwrap_or_else(|| (0..self.opened.len() as u32).collect())
    }

    /// What is asked of each ticket, in the order of keys: as many at a time as there are cores.
    pub fn ask<T: Send>(&self, of: impl Fn(&Seen<'_>) -> Option<T> + Sync) -> Vec<T> {
        let rows = self.asked().into_par_iter().with_min_len(512);
        rows.filter_map(|row| of(&self.get(row))).collect()
    }

    /// What is asked of many tickets at a time, in the order of keys: for sums.
    pub fn chunks<'s, T: Send>(
        &'s self,
        of: impl Fn(&mut dyn Iterator<Item = Seen<'s>>) -> T + Sync,
    ) -> Vec<T> {
        let numbers = self.asked();
        let read = |rows: &[u32]| of(&mut rows.iter().map(|row| self.get(*row)));
        numbers.par_chunks(4_096).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use tl_core::delivery::TicketMove;
    use tl_core::fact::{LinkForm, TicketState};

    use super::*;

    #[test]
    fn what_is_read_of_a_row_is_what_the_whole_says() {
        let at = Timestamp::from_seconds;
        let step = |hour: i64, to: &str, to_category| TicketMove {
            at: at(hour),
            from: "Open".to_owned(),
            to: to.to_owned(),
            from_category: None,
            to_category,
        };
        let state = TicketState {
            status: "Arbeit".to_owned(),
            category: Some(StatusCategory::Doing),
            labels: vec!["a".to_owned()],
            points: Some(2.5),
            ..TicketState::default()
        };
        let link =
            Link { form: LinkForm::Branch, change: "acme/api#1".to_owned(), commit: String::new() };
        let whole = Ticket {
            key: "ABC-1".to_owned(),
            opened: Some(at(1)),
            reporter: "ana".to_owned(),
            state: Some((at(9), state)),
            moves: vec![
                step(2, "Vorrat", Some(StatusCategory::Todo)),
                step(3, "Arbeit", None),
                step(4, "Arbeit", None),
            ],
            closed: vec![(at(8), "done".to_owned())],
            reopened: vec![at(9)],
            links: vec![link.clone()],
            iterations: vec![(at(3), "7".to_owned(), true)],
        };
        let mut rows = TicketRows::default();
        rows.add(&whole).unwrap();
        let (tickets, ties) = Tickets::of_rows(rows).unwrap();
        assert_eq!(ties, [(0, vec![link])]);
        assert_eq!(tickets.opened(0), Some(at(1)));
        let options = CollectedOptions::default();
        assert_eq!(
            tickets.started(0, &options),
            Some(at(3)),
            "the state tells what `Arbeit` means"
        );
        let seen = tickets.get(0);
        assert_eq!(seen.started(&options), Some(at(3)));
        let mut wanted = Seen::of(&whole);
        wanted.moves[1..]
            .iter_mut()
            .for_each(|step| step.to_category = Some(StatusCategory::Doing));
        assert_eq!(seen, wanted);
    }
}
