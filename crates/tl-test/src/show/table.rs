//! The decision for a terminal.
//!
//! In: a decision. Out: plain text, which the program paints. Start at [`table`].

use std::fmt::Write as _;

use super::{text, words};
use crate::gate::{Decision, Judged};

/// Rows of each part.
const ROWS: usize = 50;

/// The answer, what is missing, red tests and the quarantine, each with its mend.
pub fn table(decision: &Decision) -> String {
    let mut out = words::headline(decision);
    out.push('\n');
    let (gaps, notes): (Vec<_>, Vec<_>) =
        decision.evidence.iter().partition(|remark| remark.gap.is_some());
    for (title, remarks) in [("missing", gaps), ("to know", notes)] {
        let rows = remarks.iter().map(|remark| (remark.what.as_str(), remark.mend.as_str()));
        part(&mut out, title, rows.collect());
    }
    let (red, excused): (Vec<&Judged>, Vec<&Judged>) =
        decision.red.iter().partition(|judged| !judged.verdict.excuses());
    cases(&mut out, "red", &red);
    part(&mut out, "overdue", decision.quarantine.iter().map(|what| (what.as_str(), "")).collect());
    cases(&mut out, "excused", &excused);
    out
}

fn part(out: &mut String, title: &str, rows: Vec<(&str, &str)>) {
    if rows.is_empty() {
        return;
    }
    // Writing to text cannot fail, here and below.
    write!(out, "\n{title}\n").ok();
    for (what, mend) in rows.iter().take(ROWS) {
        writeln!(out, "  {}", text::line(what, words::SENTENCE)).ok();
        if !mend.is_empty() {
            writeln!(out, "    -> {}", text::line(mend, words::SENTENCE)).ok();
        }
    }
    more(out, rows.len());
}

fn cases(out: &mut String, title: &str, rows: &[&Judged]) {
    if rows.is_empty() {
        return;
    }
    write!(out, "\n{title}\n").ok();
    for judged in rows.iter().take(ROWS) {
        let name = text::line(&words::name(judged), words::NAME);
        let place = text::line(&words::place(judged), words::NAME);
        let gap = if place.is_empty() { "" } else { "  " };
        let kind = words::kind(&judged.verdict);
        writeln!(out, "  {kind:<12}  {name}{gap}{place}  [{}]", judged.id).ok();
        let message = text::line(&judged.message, words::SENTENCE);
        if !message.is_empty() {
            writeln!(out, "    {message}").ok();
        }
        writeln!(out, "    -> {}", text::line(&words::why(judged), words::SENTENCE)).ok();
    }
    more(out, rows.len());
}

fn more(out: &mut String, rows: usize) {
    if rows > ROWS {
        writeln!(out, "  and {} more", rows - ROWS).ok();
    }
}

#[cfg(test)]
mod tests;
