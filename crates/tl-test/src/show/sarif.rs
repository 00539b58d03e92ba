//! The decision as SARIF 2.1.0, for code scanning.
//!
//! In: a decision. Out: a log with one run. Start at [`sarif`]. **Invariant:** a run whose evidence
//! is not whole says of itself that it was not successful.

use serde_json::{Value, json};
use tl_core::finding::{Confidence, Evidence, Finding, Fix, Level, Location, Root, RuleId, State};
use tl_core::test::Class;
use tl_core::time::Timestamp;
use tl_rules::baseline::Baseline;
use tl_rules::doc::RuleDoc;
use tl_rules::registry::Registry;

use super::{text, words};
use crate::gate::{Decision, Judged, Verdict};
use crate::quarantine::Quarantine;

/// Notifications that are written.
const NOTIFICATIONS: usize = 100;

/// The rules, in the order of their numbers, which are for ever.
pub static RULES: [RuleDoc; 5] = [
    RuleDoc {
        id: "TT001",
        name: "real-failure",
        level: Level::High,
        confidence: Confidence::High,
        summary: "A test failed, and nothing excuses it.",
        why: "The change breaks what the test holds, or the test is wrong.",
        fix: "Mend the change or the test.",
        taxonomy: &[],
        since: "0.1.0",
    },
    RuleDoc {
        id: "TT002",
        name: "new-reason",
        level: Level::High,
        confidence: Confidence::High,
        summary: "A test in quarantine failed for a reason that its entry does not know.",
        why: "A known flake would hide a new fault otherwise.",
        fix: "Look at the failure; add its signature to the entry only if it is the same flake.",
        taxonomy: &[],
        since: "0.1.0",
    },
    RuleDoc {
        id: "TT003",
        name: "regressed",
        level: Level::High,
        confidence: Confidence::High,
        summary: "A test began to fail with a change that can be named.",
        why: "It passed before that change, and has not since.",
        fix: "Mend or revert the change that its history names.",
        taxonomy: &[],
        since: "0.1.0",
    },
    RuleDoc {
        id: "TT004",
        name: "flaky",
        level: Level::Warn,
        confidence: Confidence::Medium,
        summary: "A test failed in a way that is known, or passed when it was tried again.",
        why: "It does not stop the change, and it costs a run now and then.",
        fix: "The owner of its entry mends it before the entry ends.",
        taxonomy: &[],
        since: "0.1.0",
    },
    RuleDoc {
        id: "TT005",
        name: "overdue-quarantine",
        level: Level::Warn,
        confidence: Confidence::High,
        summary: "The quarantine is over its cap, or an entry is over its end.",
        why: "A quarantine that only grows hides more with every week.",
        fix: "Mend the test and take its entry out, or enter it anew with what is known now.",
        taxonomy: &[],
        since: "0.1.0",
    },
];

/// The log. `version` is the program's.
pub fn sarif(decision: &Decision, version: &str) -> Value {
    let registry = Registry::new(RULES.iter());
    let cases = decision.red.iter().map(case);
    let findings = cases.chain(decision.quarantine.iter().map(|what| overdue(what))).collect();
    let sorted =
        tl_rules::sort::sort(findings, &[], &Baseline::default(), Timestamp::default(), &registry);
    let mut log = tl_rules::sarif::write(&sorted, &registry, version);
    let run = &mut log["runs"][0];
    // Tests are no matter of security: a forge would list their failures as weaknesses.
    for rule in run["tool"]["driver"]["rules"].as_array_mut().into_iter().flatten() {
        rule["properties"] = json!({"tags": ["test"]});
    }
    for result in run["results"].as_array_mut().into_iter().flatten() {
        let location = &mut result["locations"][0];
        if location["physicalLocation"]["artifactLocation"]["uri"] == ""
            && let Some(location) = location.as_object_mut()
        {
            location.remove("physicalLocation");
        }
    }
    notify(run, decision);
    log
}

/// What is missing, as notifications.
fn notify(run: &mut Value, decision: &Decision) {
    let whole = decision.evidence.iter().all(|remark| remark.gap.is_none());
    let invocation = &mut run["invocations"][0];
    invocation["executionSuccessful"] = json!(whole);
    let notifications: Vec<Value> = decision
        .evidence
        .iter()
        .take(NOTIFICATIONS)
        .map(|remark| {
            let level = if remark.gap.is_some() { "error" } else { "note" };
            let said = words::with_mend(&remark.what, &remark.mend);
            json!({"level": level, "message": {"text": text::line(&said, words::SENTENCE * 2)}})
        })
        .collect();
    if notifications.is_empty() {
        return;
    }
    let there = &mut invocation["toolExecutionNotifications"];
    match there.as_array_mut() {
        Some(there) => there.extend(notifications),
        None => *there = Value::Array(notifications),
    }
}

fn case(judged: &Judged) -> Finding {
    let rule = match (&judged.verdict, judged.class) {
        (verdict, _) if verdict.excuses() => 3,
        (Verdict::NewReason { .. }, _) => 1,
        (_, Some(Class::Regressed)) => 2,
        _ => 0,
    };
    let name = text::line(&words::name(judged), words::NAME);
    let mut said = format!("{name}: {}", text::line(&words::why(judged), words::SENTENCE));
    let message = text::line(&judged.message, words::SENTENCE);
    if !message.is_empty() {
        said = format!("{said}: {message}");
    }
    let at = Location {
        root: Root::Repository,
        path: text::path(&judged.test.file).unwrap_or_default(),
        line: judged.line.unwrap_or(0),
        column: 0,
        end_line: 0,
        within: name,
    };
    // The fingerprint is made of this: the reason without its numbers, the same in every run.
    finding(&RULES[rule], at, said, Evidence::of(&judged.signature, "", Vec::new()))
}

fn overdue(what: &str) -> Finding {
    let at = Location {
        root: Root::Repository,
        path: Quarantine::PATH.to_owned(),
        line: super::annotations::line_in(what).unwrap_or(0),
        column: 0,
        end_line: 0,
        within: String::new(),
    };
    let said = text::line(what, words::SENTENCE * 2);
    finding(&RULES[4], at, said.clone(), Evidence::of(&said, "", Vec::new()))
}

fn finding(doc: &RuleDoc, at: Location, message: String, evidence: Evidence) -> Finding {
    Finding {
        rule: RuleId::new(doc.id),
        level: doc.level,
        confidence: doc.confidence,
        at,
        message,
        evidence,
        fix: Fix { text: doc.fix.to_owned(), edits: Vec::new() },
        taxonomy: Vec::new(),
        fingerprint: String::new(),
        state: State::New,
    }
}

#[cfg(test)]
mod tests;
