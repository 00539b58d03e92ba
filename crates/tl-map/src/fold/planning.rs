//! Events of iterations.

use tl_core::delivery::Iteration;
use tl_core::event::Event;
use tl_core::fact::{IterationState, kind};
use tl_core::time::Timestamp;

use super::join::{earliest, latest, state};

/// Adds what an event says of the iteration that it concerns.
pub(super) fn apply(iteration: &mut Iteration, event: &Event) -> Result<(), serde_json::Error> {
    state(&mut iteration.state, event.at, event.payload::<IterationState>()?);
    if event.kind == kind::ITERATION_STARTED {
        earliest(&mut iteration.started, event.at);
    } else {
        latest(&mut iteration.finished, event.at);
    }
    Ok(())
}

/// The latest instant that it tells of; what was only planned does not count.
pub(super) fn activity(iteration: &Iteration) -> Option<Timestamp> {
    let state = iteration.state.as_ref().map(|(at, _)| *at);
    [state, iteration.started, iteration.finished].into_iter().flatten().max()
}
