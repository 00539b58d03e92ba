//! Events of tickets.

use tl_core::delivery::{Link, Ticket, TicketMove};
use tl_core::event::Event;
use tl_core::fact::{IterationMove, StatusMove, TicketClosed, TicketLink, TicketState, kind, role};
use tl_core::time::{Millis, Timestamp};

use super::join::{insert, state};

/// Adds what an event says of the ticket that it concerns.
pub(super) fn apply(ticket: &mut Ticket, event: &Event) -> Result<(), serde_json::Error> {
    let at = event.at;
    match event.kind.as_str() {
        kind::TICKET_OPENED => {
            state(&mut ticket.state, at, event.payload::<TicketState>()?);
            opened(ticket, at, event.actor.as_deref().unwrap_or_default());
        }
        kind::TICKET_UPDATED => state(&mut ticket.state, at, event.payload::<TicketState>()?),
        kind::TICKET_STATUS => moved(ticket, at, event.payload()?),
        kind::TICKET_CLOSED => {
            insert(&mut ticket.closed, (at, event.payload::<TicketClosed>()?.resolution));
        }
        kind::TICKET_REOPENED => insert(&mut ticket.reopened, at),
        kind::TICKET_LINKED => {
            let link = Link {
                form: event.payload::<TicketLink>()?.form,
                change: event.what(role::CHANGE).unwrap_or_default().to_owned(),
                commit: event.what(role::COMMIT).unwrap_or_default().to_owned(),
            };
            if !link.change.is_empty() || !link.commit.is_empty() {
                insert(&mut ticket.links, link);
            }
        }
        kind::TICKET_ITERATION => {
            let added = event.payload::<IterationMove>()?.added;
            let iteration = event.what(role::ITERATION).unwrap_or_default().to_owned();
            insert(&mut ticket.iterations, (at, iteration, added));
        }
        _ => {}
    }
    Ok(())
}

/// The ticket was opened, by the reporter of the earliest opening that names one.
fn opened(ticket: &mut Ticket, at: Timestamp, reporter: &str) {
    let order = |at: Timestamp, name: &str| (at, name.is_empty(), name.to_owned());
    let first =
        ticket.opened.is_none_or(|known| order(at, reporter) < order(known, &ticket.reporter));
    if first {
        ticket.opened = Some(at);
        reporter.clone_into(&mut ticket.reporter);
    }
}

/// One move, told by several sources, of which not each knows what a status means.
fn moved(ticket: &mut Ticket, at: Timestamp, told: StatusMove) {
    let StatusMove { from, to, from_category, to_category } = told;
    let place = ticket
        .moves
        .binary_search_by(|known| (known.at, &known.from, &known.to).cmp(&(at, &from, &to)));
    match place {
        Ok(place) => {
            let known = &mut ticket.moves[place];
            known.from_category = known.from_category.max(from_category);
            known.to_category = known.to_category.max(to_category);
        }
        Err(place) => {
            let told = TicketMove { at, from, to, from_category, to_category };
            ticket.moves.insert(place, told);
        }
    }
}

/// Longest time between two tellings of one closing.
pub(super) const ONE_CLOSING: Millis = Millis::new(2_000);

/// A tracker tells one closing twice, by the ticket and by its history, a second apart: the first
/// of the two stays, with whatever resolution either names.
pub(super) fn join_closings(ticket: &mut Ticket) {
    ticket.closed.dedup_by(|later, earlier| {
        let same = later.0 - earlier.0 <= ONE_CLOSING;
        if same && earlier.1.is_empty() {
            earlier.1 = std::mem::take(&mut later.1);
        }
        same
    });
}

/// The latest instant that it tells of.
pub(super) fn activity(ticket: &Ticket) -> Option<Timestamp> {
    let state = ticket.state.as_ref().map(|(at, _)| *at);
    let moved = ticket.moves.last().map(|moved| moved.at);
    let closed = ticket.closed.last().map(|(at, _)| *at);
    let planned = ticket.iterations.last().map(|(at, ..)| *at);
    let last = [ticket.opened, state, moved, closed, ticket.reopened.last().copied(), planned];
    last.into_iter().flatten().max()
}
