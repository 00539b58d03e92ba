//! The run as a report in the Common Test Report Format, with what the gate says of it.
//!
//! In: a decision, and the cases that it is about. Out: one document, which [`crate::read`] reads
//! back. Start at [`ctrf`]. **Invariant:** a red case stays `failed`, whatever excuses it: that
//! stands beside it, in `extra`.

use std::collections::HashMap;

use serde::Serialize;
use tl_core::test::{Class, Status, TestName};

use crate::gate::{Answer, Decision, Judged, Verdict};
use crate::read::{Case, Remark, name};

/// A report. The keys are those of the format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Root<'a> {
    report_format: &'static str,
    spec_version: &'static str,
    generated_by: &'static str,
    results: Results<'a>,
    extra: Extra<Gate<'a>>,
}

#[derive(Serialize)]
struct Results<'a> {
    tool: Tool,
    summary: Summary,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
}

#[derive(Default, Serialize)]
struct Summary {
    tests: u64,
    passed: u64,
    failed: u64,
    pending: u64,
    skipped: u64,
    other: u64,
    start: i64,
    stop: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    name: &'a str,
    #[serde(flatten)]
    result: Attempt<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suite: Vec<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    file_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flaky: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_attempts: Vec<Attempt<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Extra<Why<'a>>>,
}

/// One execution of a test.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    status: &'static str,
    raw_status: Status,
    /// Milliseconds.
    duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a str>,
}

#[derive(Serialize)]
struct Extra<T> {
    gate: T,
}

/// What the gate says of the run.
#[derive(Serialize)]
struct Gate<'a> {
    schema: &'a str,
    answer: Answer,
    evidence: &'a [Remark],
    quarantine: &'a [String],
}

/// What the gate says of a red case.
#[derive(Serialize)]
struct Why<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    variant: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    signature: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
}

/// The report of these cases, as a document of JSON.
pub fn ctrf(decision: &Decision, cases: &[Case]) -> Result<String, serde_json::Error> {
    let mut judged: HashMap<&str, &Judged> = HashMap::new();
    for one in &decision.red {
        judged.entry(&one.id).or_insert(one);
    }
    let mut summary = Summary { start: i64::MAX, ..Summary::default() };
    let mut tests = Vec::new();
    for attempts in grouped(cases) {
        for case in &attempts {
            let Some(start) = case.started.map(tl_core::time::Timestamp::as_millis) else {
                continue;
            };
            summary.start = summary.start.min(start);
            let spent = i64::try_from(case.micros.unwrap_or(0) / 1_000).unwrap_or(0);
            summary.stop = summary.stop.max(start.saturating_add(spent));
        }
        let Some((last, before)) = attempts.split_last() else { continue };
        summary.tests += 1;
        match last.status {
            Status::Passed => summary.passed += 1,
            Status::Skipped => summary.skipped += 1,
            Status::Failed | Status::Errored | Status::Unfinished => summary.failed += 1,
        }
        let red = attempts.iter().any(|case| case.status.is_red());
        let id = red.then(|| name::key(&last.test).to_string());
        let judged = id.and_then(|id| judged.get(id.as_str()).copied());
        tests.push(test(last, before, judged));
    }
    if summary.start == i64::MAX {
        summary.start = 0;
    }
    let gate = Gate {
        schema: &decision.schema,
        answer: decision.answer,
        evidence: &decision.evidence,
        quarantine: &decision.quarantine,
    };
    let root = Root {
        report_format: "CTRF",
        spec_version: "0.0.0",
        generated_by: "throughline",
        results: Results { tool: Tool { name: "throughline" }, summary, tests },
        extra: Extra { gate },
    };
    serde_json::to_string_pretty(&root)
}

/// The attempts of each test, in the order in which the tests came. A test that comes again without
/// being another attempt stands for itself.
fn grouped(cases: &[Case]) -> Vec<Vec<&Case>> {
    let mut groups: Vec<Vec<&Case>> = Vec::new();
    let mut last: HashMap<&TestName, usize> = HashMap::new();
    for case in cases {
        let open = last
            .get(&case.test)
            .copied()
            .filter(|at| groups[*at].last().is_some_and(|before| before.attempt < case.attempt));
        match open {
            Some(at) => groups[at].push(case),
            None => {
                last.insert(&case.test, groups.len());
                groups.push(vec![case]);
            }
        }
    }
    groups
}

fn test<'a>(last: &'a Case, before: &[&'a Case], judged: Option<&'a Judged>) -> Test<'a> {
    let TestName { suite, class, name, file } = &last.test;
    let mut places: Vec<&str> = suite.iter().map(String::as_str).collect();
    if !class.is_empty() && places.last() != Some(&class.as_str()) {
        places.push(class);
    }
    let failed_before = before.iter().any(|case| case.status.is_red());
    Test {
        name,
        result: attempt(last, None),
        suite: places,
        file_path: file,
        line: last.line,
        retries: last.attempt.checked_sub(1).filter(|retries| *retries > 0),
        flaky: (failed_before && last.status == Status::Passed).then_some(true),
        retry_attempts: before.iter().map(|case| attempt(case, Some(case.attempt))).collect(),
        extra: judged.map(|judged| Extra {
            gate: Why {
                id: &judged.id,
                variant: &judged.variant,
                signature: &judged.signature,
                verdict: &judged.verdict,
                class: judged.class,
            },
        }),
    }
}

fn attempt(case: &Case, number: Option<u32>) -> Attempt<'_> {
    let failure = case.failure.as_ref();
    let message = failure.map(|failure| match failure.class.as_str() {
        "" => failure.message.clone(),
        class => format!("{class}: {}", failure.message),
    });
    Attempt {
        attempt: number,
        status: match case.status {
            Status::Passed => "passed",
            Status::Skipped => "skipped",
            Status::Failed | Status::Errored | Status::Unfinished => "failed",
        },
        raw_status: case.status,
        duration: case.micros.unwrap_or(0).div_ceil(1_000),
        start: case.started.map(tl_core::time::Timestamp::as_millis),
        message: message.filter(|message| !message.is_empty()),
        trace: failure.map(|failure| failure.text.as_str()).filter(|text| !text.is_empty()),
    }
}

#[cfg(test)]
mod tests;
