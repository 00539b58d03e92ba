//! What the renderings have in common: verdicts, places and counts in words.
//!
//! In: parts of a decision. Out: short sentences, which are plain text. Start at [`why`].

use tl_core::test::{Class, Rate};

use super::text;
use crate::gate::{Answer, Decision, Judged, Verdict};
use crate::{infra, listing};

/// Characters of a name that are shown.
pub(super) const NAME: usize = 160;

/// Characters of a message or sentence that are shown.
pub(super) const SENTENCE: usize = 300;

/// The answer in a word.
pub(super) const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Passed => "passed",
        Answer::Overdue => "overdue",
        Answer::Failed => "failed",
        Answer::Unproven => "unproven",
    }
}

/// The decision in a sentence.
pub(super) fn headline(decision: &Decision) -> String {
    let counts = &decision.counts;
    let stopping = decision.red.iter().filter(|judged| !judged.verdict.excuses()).count();
    let masked =
        decision.red.iter().filter(|judged| matches!(judged.verdict, Verdict::Masked { .. }));
    let masked = masked.count();
    let retried = decision.red.len() - stopping - masked;
    let gaps = decision.evidence.iter().filter(|remark| remark.gap.is_some()).count();
    let mut parts = Vec::new();
    if gaps > 0 {
        parts.push(format!("the evidence is not whole ({gaps} {})", plural(gaps, "gap")));
    }
    if stopping > 0 {
        parts.push(format!("{stopping} red {}", plural(stopping, "test")));
    }
    if !decision.quarantine.is_empty() {
        let overdue = decision.quarantine.len();
        parts.push(format!(
            "{overdue} quarantine {} overdue",
            if overdue == 1 { "entry is" } else { "entries are" }
        ));
    }
    if masked > 0 {
        parts.push(format!("{masked} masked by quarantine"));
    }
    if retried > 0 {
        parts.push(format!("{retried} passed when tried again"));
    }
    parts.push(format!(
        "{} {}, {} passed, {} skipped",
        counts.cases,
        plural(usize::try_from(counts.cases).unwrap_or(usize::MAX), "case"),
        counts.passed,
        counts.skipped
    ));
    format!("{}: {}", answer(decision.answer), parts.join("; "))
}

fn plural(number: usize, word: &str) -> String {
    if number == 1 { word.to_owned() } else { format!("{word}s") }
}

/// A verdict in a word or two.
pub(super) const fn kind(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Real => "real",
        Verdict::NewReason { .. } => "new reason",
        Verdict::Touched { .. } => "touched",
        Verdict::DiffUnknown => "diff unknown",
        Verdict::Expired { .. } => "expired",
        Verdict::Released { .. } => "released",
        Verdict::AddedHere => "added here",
        Verdict::Masked { .. } => "masked",
        Verdict::RetriedToGreen { .. } => "retried",
        Verdict::Infra { .. } => "machine",
    }
}

/// Why a red test counts or does not, and what to do about it.
pub fn why(judged: &Judged) -> String {
    match &judged.verdict {
        Verdict::Real => match judged.class {
            Some(class @ (Class::Flaky | Class::Broken | Class::Regressed)) => {
                format!("nothing excuses it; history says: {}", listing::word(class))
            }
            _ => "nothing excuses it".to_owned(),
        },
        Verdict::NewReason { known, got } if got.is_empty() => format!(
            "it is in quarantine for {}, and this failure has nothing to recognise it by",
            list(known)
        ),
        Verdict::NewReason { known, got } => {
            format!("it is in quarantine for {}, and this is {got}", list(known))
        }
        Verdict::Touched { by } => {
            format!("it is in quarantine, and the change touches {}", list(by))
        }
        Verdict::DiffUnknown => "it is in quarantine, and what the change touches is not known: \
                                 name its base, or say that there is none by `--no-diff`"
            .to_owned(),
        Verdict::Expired { owner, on } => {
            format!("its quarantine ended on {on}; {} sees to it", quoted(owner))
        }
        Verdict::Released { clean } => {
            format!("it was released after {clean} clean runs: this failure is news")
        }
        Verdict::AddedHere => {
            "the change itself enters it into quarantine: that counts once it is merged".to_owned()
        }
        Verdict::Masked { owner, issue, rate, clean, needed } => format!(
            "quarantined: {}, {}, {}, {}",
            quoted(owner),
            quoted(issue),
            self::rate(rate),
            progress(*clean, *needed)
        ),
        Verdict::RetriedToGreen { attempts } => format!("it passed at attempt {attempts}"),
        Verdict::Infra { class } if class == infra::SHARED => {
            "so many tests failed for this one reason that it is none of them".to_owned()
        }
        Verdict::Infra { class } => {
            format!("the machine failed, not the test: {}; run it again", quoted(class))
        }
    }
}

/// `p = 2.2 % [1.2, 3.6]`.
pub(super) fn rate(rate: &Rate) -> String {
    let share = if rate.runs == 0 { 0.0 } else { rate.fails as f64 / rate.runs as f64 };
    let percent = |share: f64| share * 100.0;
    format!("p = {:.1} % [{:.1}, {:.1}]", percent(share), percent(rate.low), percent(rate.high))
}

/// `212/298 clean`.
pub(super) fn progress(clean: u32, needed: u32) -> String {
    if needed == u32::MAX {
        return format!("{clean} clean, evidence alone cannot release it");
    }
    format!("{clean}/{needed} clean")
}

/// A few of a list; the rest is counted.
pub(super) fn list(all: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<String> = all.iter().take(SHOWN).map(|text| quoted(text)).collect();
    if all.len() > SHOWN {
        shown.push(format!("{} more", all.len() - SHOWN));
    }
    shown.join(", ")
}

fn quoted(text: &str) -> String {
    format!("`{}`", text::line(&text.replace('`', "'"), NAME))
}

/// A test's name with its variant.
pub(super) fn name(judged: &Judged) -> String {
    let name = judged.test.to_string();
    let name = if name.trim().is_empty() { judged.id.clone() } else { name };
    if judged.variant.is_empty() { name } else { format!("{name} ({})", judged.variant) }
}

/// `src/orders.rs:41`; empty where it is not known.
pub(super) fn place(judged: &Judged) -> String {
    match judged.line {
        Some(line) if !judged.test.file.is_empty() => format!("{}:{line}", judged.test.file),
        _ => judged.test.file.clone(),
    }
}

/// What was found and how to mend it.
pub(super) fn with_mend(what: &str, mend: &str) -> String {
    if mend.is_empty() { what.to_owned() } else { format!("{what}: {mend}") }
}
