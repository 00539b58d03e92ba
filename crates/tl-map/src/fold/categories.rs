//! What statuses mean, told by one ticket for all of its project.
//!
//! In: tickets. Out: the same, with the category of a status in every move where the tracker said
//! it anywhere: trackers tell it for the status that a ticket is in, and not for those it was in.
//! **Invariant:** what the tracker said of a move itself stays; where it said two things of one
//! status (it was redefined), the later one in the order of categories counts.

use rustc_hash::FxHashMap;
use tl_core::delivery::{Ticket, TicketMove};
use tl_core::fact::StatusCategory;

/// Fills in the categories that the tickets of the same project tell.
pub(super) fn fill(tickets: &mut [Ticket]) {
    let mut known = Known::default();
    tickets.iter().for_each(|ticket| known.tell(ticket));
    tickets.iter_mut().for_each(|ticket| known.fill(ticket));
}

/// Categories of statuses, by project.
#[derive(Debug, Default)]
pub(super) struct Known {
    projects: FxHashMap<String, FxHashMap<String, StatusCategory>>,
}

impl Known {
    /// Takes in what a ticket tells.
    fn tell(&mut self, ticket: &Ticket) {
        let state = ticket.state.iter().map(|(_, state)| (&*state.status, state.category));
        let moves = ticket.moves.iter();
        let moves = moves
            .flat_map(|step| [(&*step.from, step.from_category), (&*step.to, step.to_category)]);
        self.tell_statuses(&ticket.key, state.chain(moves));
    }

    /// Takes in the statuses that a ticket tells of, with their categories.
    pub(super) fn tell_statuses<'t>(
        &mut self,
        key: &str,
        statuses: impl Iterator<Item = (&'t str, Option<StatusCategory>)>,
    ) {
        let project = project(key);
        for (status, category) in statuses {
            if let Some(category) = category.filter(|_| !status.is_empty()) {
                self.add(project, status, category);
            }
        }
    }

    /// The category of a status in the project of a ticket.
    pub(super) fn of(&self, key: &str, status: &str) -> Option<StatusCategory> {
        self.projects.get(project(key))?.get(status).copied()
    }

    fn add(&mut self, project: &str, status: &str, category: StatusCategory) {
        let of_project = match self.projects.get_mut(project) {
            Some(of_project) => of_project,
            None => self.projects.entry(project.to_owned()).or_default(),
        };
        match of_project.get_mut(status) {
            Some(told) => *told = (*told).max(category),
            None => {
                of_project.insert(status.to_owned(), category);
            }
        }
    }

    /// Takes in what others tell.
    pub(super) fn join(&mut self, other: Self) {
        for (project, statuses) in other.projects {
            for (status, category) in statuses {
                self.add(&project, &status, category);
            }
        }
    }

    /// Fills in what is untold in the moves of a ticket.
    pub(super) fn fill(&self, ticket: &mut Ticket) {
        let untold =
            |step: &&mut TicketMove| step.from_category.is_none() || step.to_category.is_none();
        let Ticket { key, moves, .. } = ticket;
        let mut steps = moves.iter_mut().filter(untold).peekable();
        if steps.peek().is_none() {
            return;
        }
        let Some(of_project) = self.projects.get(project(key)) else { return };
        let of = |status: &str| of_project.get(status).copied();
        for step in steps {
            step.from_category = step.from_category.or_else(|| of(&step.from));
            step.to_category = step.to_category.or_else(|| of(&step.to));
        }
    }
}

/// `ABC` of `ABC-1`, `acme/api` of `acme/api#3`.
fn project(key: &str) -> &str {
    key.rsplit_once(['-', '#']).map_or("", |(project, _)| project)
}

#[cfg(test)]
mod tests {
    use tl_core::fact::TicketState;
    use tl_core::time::Timestamp;

    use super::*;

    #[test]
    fn a_status_means_in_old_moves_what_another_ticket_of_the_project_says() {
        let at = Timestamp::from_seconds(0);
        let state = |status: &str| TicketState {
            status: status.to_owned(),
            category: Some(StatusCategory::Doing),
            ..TicketState::default()
        };
        let step = TicketMove {
            at,
            from: "Aufgabe".to_owned(),
            to: "In Arbeit".to_owned(),
            from_category: None,
            to_category: None,
        };
        let ticket = |key: &str| Ticket { key: key.to_owned(), ..Ticket::default() };
        let mut tickets = [
            Ticket { state: Some((at, state("In Arbeit"))), ..ticket("ABC-1") },
            Ticket { moves: vec![step.clone()], ..ticket("ABC-2") },
            Ticket { moves: vec![step], ..ticket("XYZ-1") },
        ];
        fill(&mut tickets);
        assert_eq!(tickets[1].moves[0].to_category, Some(StatusCategory::Doing));
        assert_eq!(tickets[1].moves[0].from_category, None);
        assert_eq!(tickets[2].moves[0].to_category, None, "another project, another workflow");
    }
}
