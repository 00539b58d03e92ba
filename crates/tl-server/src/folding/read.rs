//! What one delivery tells.
//!
//! In: headers and body, as they came. Out: events, or why there are none. Start at [`read`].
//! **Invariants:** nothing that a body holds ends the server; a sender tells events of its own system
//! only.

use std::panic::{self, AssertUnwindSafe};

use tl_collect::intake::{Batch, Format, Options, Problem, http, read_all};
use tl_ledger::deliveries::{Claimed, Settled};
use url::form_urlencoded;

use super::Told;
use crate::app::App;
use crate::intake::from_outside;
use crate::intake::sender::Speech;

/// Problems that are told of one delivery.
const TOLD: usize = 3;

/// What forms call the body in them.
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads a delivery.
pub(super) fn read(app: &App, claimed: Claimed) -> Told {
    let sender = app.inlet.senders().get(&claimed.source);
    // Of a sender that is not configured any more, whatever is known by its headers.
    let speech = sender.map_or(Speech::Events, |sender| sender.speech);
    let number = claimed.number;
    // A bug in one reader must not stop all others.
    let batch = panic::catch_unwind(AssertUnwindSafe(|| batch(speech, &claimed)));
    told(number, speech, batch.ok().map(from_outside))
}

fn batch(speech: Speech, claimed: &Claimed) -> Batch {
    let is_form = claimed
        .headers
        .iter()
        .any(|(name, value)| name == "content-type" && value.starts_with(FORM));
    let payload = is_form
        .then(|| form_urlencoded::parse(&claimed.body).find(|(name, _)| name == "payload"))
        .flatten();
    let body = payload.as_ref().map_or(claimed.body.as_slice(), |(_, value)| value.as_bytes());
    let options = Options { received: claimed.received, ..Options::default() };
    match speech {
        Speech::System(system)
            if claimed.headers.iter().all(|(name, _)| name == "content-type") =>
        {
            let format = Some(Format::Webhook(system));
            read_all("body", body, Options { format, ..options })
        }
        Speech::System(_) | Speech::Events => http::read(&claimed.headers, body, options),
    }
}

fn told(number: i64, speech: Speech, batch: Option<Batch>) -> Told {
    let Some(Batch { mut events, problems, .. }) = batch else {
        let problem = Some("it could not be read: a bug of the program; report it".to_owned());
        let settled = Settled { number, events: 0, problem, is_failed: true };
        return Told { settled, events: Vec::new() };
    };
    let mut said: Vec<String> = problems.iter().map(sentence).collect();
    let all = events.len();
    if let Speech::System(system) = speech {
        let is_own = |source: &str| {
            source
                .strip_prefix(system.name())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        events.retain(|event| is_own(&event.source));
        if events.len() < all {
            said.push(format!("it tells of another system than {system}; that was left out"));
        }
    }
    let whole = events.len();
    events.retain(|event| event.check().is_ok() && event.fits());
    if events.len() < whole {
        said.push(
            "an event is larger than 1 MiB, or not as events are; it was left out".to_owned(),
        );
    }
    let is_left_out = events.len() < all || problems.iter().any(|problem| !problem.kept);
    let more = said.len().saturating_sub(TOLD);
    said.truncate(TOLD);
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    let settled = Settled {
        number,
        events: events.len() as u64,
        problem: (!said.is_empty()).then(|| said.join("; ")),
        is_failed: events.is_empty() && is_left_out,
    };
    Told { settled, events }
}

fn sentence(problem: &Problem) -> String {
    format!("line {}: {} ({})", problem.line, problem.what, problem.mend)
}
