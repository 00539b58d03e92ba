//! Everything that a decision holds about one test.
//!
//! In: a decision and the id or name of a red test. Out: text for a terminal. Start at [`explain`].

use std::fmt::Write as _;

use super::{text, words};
use crate::gate::{Decision, Judged, Verdict};
use crate::infra;

/// Digits of an id that are enough to name a test.
const DIGITS: usize = 6;

/// All red tests that have this name, or an id that begins so; `None` where none has.
pub fn explain(decision: &Decision, asked: &str) -> Option<String> {
    let asked = asked.trim();
    let low = asked.to_ascii_lowercase();
    let is_meant = |judged: &&Judged| {
        (low.len() >= DIGITS && judged.id.starts_with(&low))
            || judged.test.name == asked
            || judged.test.to_string() == asked
    };
    let found: Vec<&Judged> = decision.red.iter().filter(is_meant).collect();
    if found.is_empty() {
        return None;
    }
    let mut out = String::new();
    for (at, judged) in found.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        one(&mut out, judged);
    }
    Some(out)
}

fn one(out: &mut String, judged: &Judged) {
    let shown = |text: &str| text::line(text, words::SENTENCE);
    let status = format!("{:?}", judged.status).to_lowercase();
    let mut row = |key: &str, value: String| {
        if !value.is_empty() {
            // Writing to text cannot fail.
            writeln!(out, "{key:<10} {value}").ok();
        }
    };
    row("test", text::line(&words::name(judged), words::NAME));
    row("id", judged.id.clone());
    row("suites", shown(&judged.test.suite.join(" > ")));
    row("place", shown(&words::place(judged)));
    row("result", status);
    row("message", shown(&judged.message));
    let signature = if judged.signature.is_empty() {
        "none: the failure has nothing to recognise it by, so no entry can mask it".to_owned()
    } else {
        judged.signature.clone()
    };
    row("signature", signature);
    let verdict = format!("{}: {}", words::kind(&judged.verdict), words::why(judged));
    row("verdict", text::line(&verdict, words::SENTENCE * 2));
    row("class", judged.class.map_or(String::new(), |class| format!("{class:?}").to_lowercase()));
    row("next", next(judged));
}

/// What somebody can do now.
fn next(judged: &Judged) -> String {
    let id = &judged.id;
    match &judged.verdict {
        Verdict::Real | Verdict::Touched { .. } => "mend the test or the change".to_owned(),
        Verdict::NewReason { got, .. } if got.is_empty() => {
            "give the failure a message or a stack; mend the test or the change".to_owned()
        }
        Verdict::NewReason { .. } => {
            "mend it; if it is the same flake, add the signature to the entry in a change of its own".to_owned()
        }
        Verdict::DiffUnknown => "fetch the base of the change and run the gate again".to_owned(),
        Verdict::Expired { .. } | Verdict::Released { .. } => format!(
            "mend it, or take the entry out and enter it anew: `throughline test quarantine release {id}`"
        ),
        Verdict::AddedHere => "merge the entry in a change of its own first".to_owned(),
        Verdict::Masked { .. } => "nothing stops the change; the owner sees to the test".to_owned(),
        Verdict::RetriedToGreen { .. } => {
            "nothing stops the change; a test that needs a second attempt is flaky".to_owned()
        }
        Verdict::Infra { class } if class == infra::SHARED => {
            "look at what these tests share: a service, a fixture, their machine".to_owned()
        }
        Verdict::Infra { .. } => "run the job again, on another machine if it can be".to_owned(),
    }
}

#[cfg(test)]
mod tests;
