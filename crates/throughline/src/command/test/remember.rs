//! A run of tests into history.
//!
//! In: results, and what the gate said of them. Out: [`Recorded`]. Start at [`keep`].
//! **Invariant:** what the gate answered stands or falls with the results that it is about.

use tl_core::event::Event;
use tl_core::fact::{GateDecided, kind, role};
use tl_core::time::Timestamp;
use tl_test::compact;
use tl_test::gate::{Answer, Decision, Process, Verdict};
use tl_test::record::{self, Beside, Gathered, Lesson, Recorded, RunInfo};
use tl_test::show;

use super::evidence::{EvidenceArgs, Read};
use super::shelf::Shelf;
use super::which::{Which, WhichArgs};
use crate::context::Globals;
use crate::error::CommandError;

/// Reasons that an event has room for.
const REASONS: usize = 10;

/// What is told of a run.
pub(super) struct Told<'a> {
    pub(super) read: &'a Read,
    /// What the gate said, where it was asked.
    pub(super) decision: Option<&'a Decision>,
    pub(super) process: Option<&'a Process>,
    /// What it teaches about choosing tests, where the change is known.
    pub(super) lesson: Option<&'a Lesson>,
}

/// Records a run; `None` where nobody knows the commit that was tested.
pub(super) async fn keep(
    globals: &Globals,
    shelf: &Shelf,
    gathered: &Gathered,
    told: &Told<'_>,
    evidence: &EvidenceArgs,
    which: &WhichArgs,
    now: Timestamp,
) -> Result<Option<Recorded>, CommandError> {
    let reports = &told.read.reports;
    let Some(run) = which.run(globals, evidence.commit.as_deref(), reports, now)? else {
        return Ok(None);
    };
    let complete = match told.decision {
        Some(decision) => decision.evidence.iter().all(|remark| remark.gap.is_none()),
        None => reports.iter().all(|(_, ending)| ending.complete),
    };
    let info = RunInfo {
        commit: run.commit.clone(),
        variant: evidence.variant.clone(),
        job: run.job.clone(),
        shard: run.shard.clone(),
        attempt: run.attempt,
        build: run.build.clone(),
        change: run.change.clone(),
        unmerged: run.unmerged,
        author: String::new(),
        at: run.at,
        complete,
        selected: run.selected,
        reports: u32::try_from(reports.len()).unwrap_or(u32::MAX),
        exit: told.process.and_then(|process| process.code),
        digest: told.read.digest.clone(),
    };
    let events: Vec<Event> =
        told.decision.map(|decision| decided(decision, &run, &info)).into_iter().collect();
    let Shelf { ledger, place, lake } = shelf;
    let lesson = told.lesson.filter(|_| complete);
    let beside = Beside { events: &events, lesson };
    let recorded = record::record(ledger, place, lake, &info, gathered, &beside, now).await;
    let recorded = recorded.map_err(CommandError::environment)?;
    if recorded.already && !events.is_empty() {
        // Somebody recorded the results without asking the gate.
        ledger.append(&events).await.map_err(CommandError::environment)?;
    }
    // Where that is due; what cannot be put together now is the next time.
    if compact::compact(ledger, place, lake, false, now).await.is_ok_and(|done| done.before > 0) {
        compact::sweep(ledger, place, lake, now).await.ok();
    }
    Ok(Some(recorded))
}

/// The gate's answer as an event.
fn decided(decision: &Decision, run: &Which, info: &RunInfo) -> Event {
    let is_masked = |verdict: &Verdict| matches!(verdict, Verdict::Masked { .. });
    let against = decision.red.iter().filter(|judged| !judged.verdict.excuses());
    let red = against.clone().count() as u64;
    let gaps = decision.evidence.iter().filter(|remark| remark.gap.is_some());
    let reasons = gaps.map(|remark| remark.what.clone());
    let reasons = reasons
        .chain(against.map(|judged| format!("{}: {}", judged.test, show::why(judged))))
        .chain(decision.quarantine.iter().cloned());
    let key = format!("gate/{}/{}/{}", run.commit, run.attempt, &info.digest[..16]);
    let subject = match run.build.as_str() {
        "" => format!("tests:{}@{}", info.variant, run.commit),
        build => format!("build:{build}"),
    };
    let outcome = match decision.answer {
        Answer::Passed => "passed",
        Answer::Overdue => "overdue",
        Answer::Failed => "failed",
        Answer::Unproven => "unproven",
    };
    Event::new(kind::GATE_DECIDED, run.at, "throughline", &key, &subject)
        .about(role::COMMIT, run.commit.as_str())
        .about(role::CHANGE, run.change.as_str())
        .with(&GateDecided {
            gate: "tests".to_owned(),
            outcome: outcome.to_owned(),
            exit: decision.answer.exit(),
            red,
            masked: decision
                .red
                .iter()
                .filter(|judged| is_masked(&judged.verdict))
                .map(|judged| judged.id.clone())
                .collect(),
            reasons: reasons.take(REASONS).map(|text| shortened(&text)).collect(),
        })
}

/// The beginning of a text that strangers may have written.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
