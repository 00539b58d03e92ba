//! The decision as Markdown, for the page of a job.
//!
//! In: a decision. Out: Markdown. Start at [`summary`]. **Invariant:** far below the megabyte that
//! a forge takes: so many rows of so many characters.

use std::fmt::Write as _;

use super::{text, words};
use crate::gate::{Answer, Decision, Judged};

/// Rows of a table.
const ROWS: usize = 10;

/// Bytes that are never reached: GitHub takes 1 MiB a step.
#[cfg(test)]
const MOST: usize = 1_000_000;

/// The answer and ten rows of everything behind it.
pub fn summary(decision: &Decision) -> String {
    markdown(decision, ROWS)
}

/// The same with another number of rows.
pub(super) fn markdown(decision: &Decision, rows: usize) -> String {
    let mark = match decision.answer {
        Answer::Passed => "✅",
        Answer::Overdue => "⏰",
        Answer::Failed => "❌",
        Answer::Unproven => "❓",
    };
    let mut out = format!("### {mark} Tests {}\n", words::headline(decision));
    let (gaps, notes): (Vec<_>, Vec<_>) =
        decision.evidence.iter().partition(|remark| remark.gap.is_some());
    let sentence = |remark: &&crate::read::Remark| words::with_mend(&remark.what, &remark.mend);
    list(&mut out, "What is missing", gaps.iter().map(sentence).collect(), rows);
    let (red, excused): (Vec<&Judged>, Vec<&Judged>) =
        decision.red.iter().partition(|judged| !judged.verdict.excuses());
    cases(&mut out, "Red", &red, rows);
    list(&mut out, "Quarantine", decision.quarantine.clone(), rows);
    cases(&mut out, "Excused", &excused, rows);
    list(&mut out, "To know", notes.iter().map(sentence).collect(), rows);
    out
}

fn cases(out: &mut String, title: &str, rows: &[&Judged], most: usize) {
    if rows.is_empty() {
        return;
    }
    // Writing to text cannot fail, here and below.
    write!(out, "\n#### {title}\n\n| test | verdict | failure |\n|---|---|---|\n").ok();
    for judged in rows.iter().take(most) {
        let place = words::place(judged);
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("<br>{}", text::code(&place, words::NAME))
        };
        writeln!(
            out,
            "| {}{place}<br>`{}` | **{}** {} | {} |",
            text::code(&words::name(judged), words::NAME),
            judged.id,
            words::kind(&judged.verdict),
            text::prose(&words::why(judged), words::SENTENCE),
            text::code(&judged.message, words::SENTENCE),
        )
        .ok();
    }
    more(out, rows.len(), most);
}

fn list(out: &mut String, title: &str, rows: Vec<String>, most: usize) {
    if rows.is_empty() {
        return;
    }
    write!(out, "\n#### {title}\n\n").ok();
    for row in rows.iter().take(most) {
        writeln!(out, "- {}", text::prose(row, words::SENTENCE * 2)).ok();
    }
    more(out, rows.len(), most);
}

fn more(out: &mut String, rows: usize, most: usize) {
    if rows > most {
        write!(out, "\nand {} more.\n", rows - most).ok();
    }
}

#[cfg(test)]
mod tests;
