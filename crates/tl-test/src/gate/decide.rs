//! The order in which the gate asks, and what the answers add up to.
//!
//! In: all that is known of a run. Out: a [`Decision`]. Start at [`decide`]. Every step is asked,
//! and all reasons are kept: the answer is the worst of them.

use std::borrow::Cow;

use rustc_hash::FxHashSet;
use tl_core::test::Signature;
use tl_core::time::Timestamp;

use super::{
    Answer, Decision, Expected, Judged, Known, Process, Red, Touched, Verdict, complete, mask,
    process,
};
use crate::infra::Broad;
use crate::outage::Cause;
use crate::quarantine::{Quarantine, cap};
use crate::read::{Ending, Remark};
use crate::{infra, signature};

/// Reasons of several tests that are told of.
const CAUSES: usize = 3;

/// Characters of a message that are kept.
const MESSAGE: usize = 300;

/// Judges a run of tests.
///
/// 1. The process ended as its runner does. 2. The evidence is whole. 3. Red tests, of which those
///    that passed when tried again do not stop the change. 4. The quarantine masks the reasons that
///    it knows, where the change does not touch the test. 5. The quarantine itself is within its
///    bounds. Evidence that is not whole weighs more than a failure, and that more than a quarantine
///    that is overdue. `quarantine` is the file as it is at the base of the change.
#[expect(clippy::too_many_arguments, reason = "all that a decision depends on, each named")]
pub fn decide(
    reports: &[(String, Ending)],
    reds: &[Red],
    process: Option<&Process>,
    expected: &Expected,
    quarantine: &Quarantine,
    known: &dyn Known,
    touched: &Touched,
    today: Timestamp,
) -> Decision {
    let mut evidence =
        process.map_or_else(Vec::new, |p| process::judge(p, reds, &expected.fail_codes));
    let (counts, remarks) = complete::judge(reports, expected);
    evidence.extend(remarks);
    let causes = causes(reds, counts.cases.saturating_sub(counts.skipped), known);
    let shared: FxHashSet<Signature> = (causes.iter().filter(|(_, cause)| cause.is_shared()))
        .map(|(broad, _)| broad.signature)
        .collect();
    evidence.extend(causes.iter().filter_map(|(broad, cause)| told(broad, *cause)).take(CAUSES));
    let judge = |red: &Red| {
        let mut red = Cow::Borrowed(red);
        if red.infra.is_none() && last(&red).is_some_and(|reason| shared.contains(&reason)) {
            red.to_mut().infra = Some(infra::SHARED);
        }
        let (verdict, class) = mask::judge(&red, quarantine, known, touched, today);
        judged(&red, verdict, class)
    };
    let mut red: Vec<Judged> = reds.iter().map(judge).collect();
    red.sort_by(|a, b| order(a).cmp(&order(b)));
    let bounds = cap::judge(quarantine, known, today);
    evidence.extend(bounds.notes.into_iter().map(|(what, mend)| Remark {
        gap: None,
        line: 0,
        what,
        mend,
    }));
    // Reports count executions: a red one that nobody handed over as a test is not to be lost.
    if counts.red() > 0 && reds.is_empty() {
        let what = format!("the reports count {} red cases, and none was told", counts.red());
        evidence.push(Remark {
            gap: Some(crate::read::Gap::FewerThanSaid),
            line: 0,
            what,
            mend: "report this: it is a mistake of the program".to_owned(),
        });
    }
    let mut answer = Answer::Passed;
    if !bounds.overdue.is_empty() {
        answer = answer.max(Answer::Overdue);
    }
    let (of_reds, notes) = of_reds(&red, expected);
    answer = answer.max(of_reds);
    evidence.extend(notes);
    if evidence.iter().any(|remark| remark.gap.is_some()) {
        answer = answer.max(Answer::Unproven);
    }
    Decision {
        schema: "gate/v1".to_owned(),
        answer,
        counts,
        red,
        evidence,
        quarantine: bounds.overdue,
    }
}

/// The last reason that a test failed for; `None` where nothing is known of it.
fn last(red: &Red) -> Option<Signature> {
    red.signatures.iter().rev().find(|signature| !signature.is_none()).copied()
}

/// Reasons that several unrelated tests failed for, and whose each of them is.
fn causes(reds: &[Red], ran: u64, known: &dyn Known) -> Vec<(Broad, Cause)> {
    let own = reds.iter().filter(|red| red.infra.is_none() && red.passed_after == 0);
    let broad = infra::broad(own.filter_map(|red| Some((last(red)?, &red.test))), ran);
    broad.into_iter().map(|broad| (broad, known.cause(&broad))).collect()
}

/// What other runs say of a reason that several tests failed for.
fn told(broad: &Broad, cause: Cause) -> Option<Remark> {
    let Broad { signature, tests, .. } = broad;
    let what = match cause {
        Cause::Elsewhere { changes } => format!(
            "{tests} tests fail for one reason ({signature}), and {changes} other changes failed for it within a day: it is none of theirs"
        ),
        Cause::GoesOn { runs } => {
            let runs = if runs == 1 { "run".to_owned() } else { format!("{runs} runs") };
            format!(
                "{tests} tests fail for one reason ({signature}), as in the {runs} before: it is the code's until a run passes"
            )
        }
        Cause::Own | Cause::Together => return None,
    };
    Some(note(what))
}

const fn note(what: String) -> Remark {
    Remark { gap: None, line: 0, what, mend: String::new() }
}

/// What the red tests alone say, and why where the table of them does not show it.
fn of_reds(red: &[Judged], expected: &Expected) -> (Answer, Vec<Remark>) {
    let mut answer = Answer::Passed;
    let mut notes = Vec::new();
    let mut against = red.iter().filter(|judged| !judged.verdict.excuses()).peekable();
    if against.peek().is_some() {
        answer = Answer::Failed;
        // Whose fault a shared cause is, nobody knows: it may be the change's.
        let is_machines = |judged: &Judged| matches!(&judged.verdict, Verdict::Infra { class } if class != infra::SHARED);
        if expected.machines_prove_nothing && against.all(is_machines) {
            answer = Answer::Unproven;
            notes.push(note("every failure is a machine's: run it again".to_owned()));
        }
    }
    let is_retried = |judged: &&Judged| matches!(judged.verdict, Verdict::RetriedToGreen { .. });
    let retried = red.iter().filter(is_retried).count();
    if expected.no_flaky && retried > 0 {
        answer = answer.max(Answer::Failed);
        let tests = if retried == 1 { "test" } else { "tests" };
        notes.push(note(format!(
            "{retried} {tests} passed only when tried again, which counts as failed here"
        )));
    }
    (answer, notes)
}

/// Those that stop the change first, then by name: the same whatever the order of the reports.
fn order(judged: &Judged) -> impl Ord + '_ {
    (judged.verdict.excuses(), rank(&judged.verdict), &judged.test, &judged.variant, &judged.id)
}

const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Real => 0,
        Verdict::NewReason { .. } => 1,
        Verdict::Touched { .. } => 2,
        Verdict::AddedHere => 3,
        Verdict::DiffUnknown => 4,
        Verdict::Expired { .. } => 5,
        Verdict::Released { .. } => 6,
        Verdict::Infra { .. } => 7,
        Verdict::Masked { .. } => 8,
        Verdict::RetriedToGreen { .. } => 9,
    }
}

fn judged(red: &Red, verdict: Verdict, class: Option<tl_core::test::Class>) -> Judged {
    let got = match &verdict {
        // The reason that was not known is the one to look at.
        Verdict::NewReason { got, .. } => got.clone(),
        _ => last(red).map_or_else(String::new, |reason| reason.to_string()),
    };
    let text = red.failure.as_ref().map(signature::headline).unwrap_or_default();
    Judged {
        id: red.key.to_string(),
        test: red.test.clone(),
        variant: red.variant.clone(),
        status: red.status,
        signature: got,
        message: text.chars().take(MESSAGE).collect(),
        line: red.line,
        verdict,
        class,
    }
}

#[cfg(test)]
mod tests;
