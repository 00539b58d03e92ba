//! Tickets as their rows hold them, and what is asked of each most often.
//!
//! In: rows of tickets, or tickets that somebody else has. Out: [`Tickets`], by key. Start at
//! [`Tickets::of_rows`]. **Invariant:** what a status means is told by all tickets of a project
//! (`categories`).

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tl_core::delivery::{Link, Ticket};
use tl_core::time::Timestamp;

use super::categories::Known;
use super::packed::{Packed, Rows};
use super::row::{Entity, RowError};
use super::ticket;

impl Rows {
    /// Adds a ticket as its row.
    pub fn add_ticket(&mut self, ticket: &Ticket) {
        self.add(&ticket.key, &Entity::Ticket(ticket.clone()).encode());
    }
}

/// Tickets, by key.
#[derive(Debug)]
pub struct Tickets<'t> {
    kept: Kept<'t>,
    opened: Vec<Option<Timestamp>>,
}

#[derive(Debug)]
enum Kept<'t> {
    /// With rows by key.
    Whole(&'t [Ticket], FxHashMap<&'t str, u32>),
    Rows(Packed, Known),
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
        }
    }

    /// Tickets of rows, and the links of those that have any.
    pub fn of_rows(rows: Rows) -> Result<(Self, Ties), RowError> {
        let packed = Packed::new(rows);
        let numbers: Vec<u32> = (0..packed.len() as u32).collect();
        let parts: Result<Vec<_>, RowError> = numbers
            .par_chunks(4_096)
            .map(|numbers| {
                let (mut known, mut ties) = (Known::default(), Ties::new());
                let mut opened = Vec::with_capacity(numbers.len());
                for row in numbers {
                    let ticket: Ticket = packed.read(*row)?;
                    known.tell(&ticket);
                    opened.push(ticket.opened);
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
        Ok((Self { kept: Kept::Rows(packed, known), opened }, ties))
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
                let is_it = |row: &u32| packed.read::<&str>(*row).is_ok_and(|known| known == key);
                packed.candidates(key).find(is_it)
            }
        }
    }

    /// When the ticket at a row was opened.
    pub fn opened(&self, row: u32) -> Option<Timestamp> {
        self.opened[row as usize]
    }

    /// The ticket at a row.
    pub fn get(&self, row: u32) -> Cow<'_, Ticket> {
        match &self.kept {
            Kept::Whole(all, _) => Cow::Borrowed(&all[row as usize]),
            Kept::Rows(packed, known) => {
                // All of them were read when they were taken in.
                let mut ticket = packed.read(row).unwrap_or_default();
                ticket::join_closings(&mut ticket);
                known.fill(&mut ticket);
                Cow::Owned(ticket)
            }
        }
    }

    /// What is asked of each ticket, in the order of keys: as many at a time as there are cores.
    pub fn ask<T: Send>(&self, of: impl Fn(&Ticket) -> Option<T> + Sync) -> Vec<T> {
        let rows = (0..self.opened.len() as u32).into_par_iter().with_min_len(512);
        rows.filter_map(|row| of(&self.get(row))).collect()
    }
}
