//! The decision as GitHub's workflow commands.
//!
//! In: a decision. Out: lines `::error file=...::...`. Start at [`annotations`].
//! **Invariant:** at most ten errors and ten warnings, which is what GitHub takes of a step; where
//! there are more, the last one says how many.

use super::{text, words};
use crate::gate::{Decision, Judged, Verdict};
use crate::quarantine::Quarantine;

/// Lines of each level.
const MOST: usize = 10;

/// A line for each finding.
pub fn annotations(decision: &Decision) -> String {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for remark in decision.evidence.iter().filter(|remark| remark.gap.is_some()) {
        errors.push(line(
            "error",
            "",
            None,
            "evidence is not whole",
            &words::with_mend(&remark.what, &remark.mend),
        ));
    }
    for judged in &decision.red {
        if judged.verdict.excuses() {
            warnings.push(case("warning", judged));
        } else {
            errors.push(case("error", judged));
        }
    }
    for what in &decision.quarantine {
        errors.push(line("error", Quarantine::PATH, line_in(what), "quarantine is overdue", what));
    }
    for remark in decision.evidence.iter().filter(|remark| remark.gap.is_none()) {
        warnings.push(line(
            "warning",
            "",
            None,
            "tests",
            &words::with_mend(&remark.what, &remark.mend),
        ));
    }
    let mut out = String::new();
    for (level, mut lines) in [("error", errors), ("warning", warnings)] {
        if lines.len() > MOST {
            let more = format!("and {} more", lines.len() - (MOST - 1));
            lines.truncate(MOST - 1);
            lines.push(line(level, "", None, "tests", &more));
        }
        out.extend(lines);
    }
    out
}

fn case(level: &str, judged: &Judged) -> String {
    let name = words::name(judged);
    let why = words::why(judged);
    let message =
        if judged.message.trim().is_empty() || matches!(judged.verdict, Verdict::Masked { .. }) {
            why
        } else {
            format!("{} ({why})", text::line(&judged.message, words::SENTENCE))
        };
    line(level, &judged.test.file, judged.line, &name, &message)
}

fn line(level: &str, file: &str, at: Option<u32>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(path) = text::path(file) {
        properties.push(format!("file={}", text::property(&path)));
        if let Some(at) = at {
            properties.push(format!("line={at}"));
        }
    }
    properties.push(format!("title={}", text::property(&text::line(title, words::NAME))));
    let message = text::data(&text::line(message, words::SENTENCE * 2));
    format!("::{level} {}::{message}\n", properties.join(","))
}

/// The line that a sentence about the quarantine names, right behind its path.
pub(super) fn line_in(what: &str) -> Option<u32> {
    let rest = what.strip_prefix(Quarantine::PATH)?.strip_prefix(" line ")?;
    rest.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
