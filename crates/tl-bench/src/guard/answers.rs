//! What tools, pages and mails answer: orders to the agent in them, and none.
//!
//! In: files `results.json`, each directly below a folder of the corpora. Out: recall and false
//! alarms of each, at the level that marks a session as tainted and at the one above. Many such
//! attacks are requests that are harmless by themselves ("translate this"): no rule can tell them
//! from what the person wants, so nothing is promised.

use std::collections::BTreeMap;
use std::path::Path;

use tl_core::finding::Level;

use super::corpus::Answer;
use super::measures::Tally;
use super::{BenchError, Line, corpus, cpu_seconds, documents};

const NAME: &str = "answers";

pub(super) fn answers(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let all = corpus::holding(folder, "results.json")?;
    if all.is_empty() {
        return Ok(vec![Line::missing(NAME, "*/results.json")]);
    }
    let mut lines = Vec::new();
    for (name, path) in all {
        let answers = corpus::answers(&path)?;
        let before = cpu_seconds();
        let (mut warn, mut high) =
            ([Tally::default(), Tally::default()], [Tally::default(), Tally::default()]);
        let mut classes: BTreeMap<&str, Tally> = BTreeMap::new();
        for answer in &answers {
            let findings = corpus::judge_answer(answer);
            let level = findings.iter().map(|finding| finding.level).max();
            let side = usize::from(answer.attack);
            for (tallies, least) in [(&mut warn, Level::Warn), (&mut high, Level::High)] {
                let found = level >= Some(least);
                tallies[side].add(found, found != answer.attack, &answer.name);
            }
            if answer.attack {
                let found = level >= Some(Level::Warn);
                classes.entry(&answer.class).or_default().add(found, !found, &answer.name);
            }
        }
        let seconds = cpu_seconds().zip(before).map(|(after, before)| after - before);
        let [clean, attacks] = warn;
        let [clean_high, attacks_high] = high;
        lines.push(Line::counted(NAME, &format!("{name}: attacks at warn or more"), attacks.count));
        lines.push(Line::counted(NAME, &format!("{name}: attacks at high"), attacks_high.count));
        for (class, tally) in classes {
            lines.push(Line::counted(NAME, &format!("{name}: {class}"), tally.count));
        }
        lines.push(
            Line::counted(NAME, &format!("{name}: clean at warn or more"), clean.count)
                .wrong(clean.wrong),
        );
        let mut last = Line::counted(NAME, &format!("{name}: clean at high"), clean_high.count)
            .wrong(clean_high.wrong);
        (last.cpu_seconds, last.bytes) =
            (seconds, Some(answers.iter().map(|answer| answer.text.len() as u64).sum()));
        lines.push(last);
    }
    lines.extend(benign_files(folder)?);
    Ok(lines)
}

/// An agent reads files of its repository with a tool, too.
fn benign_files(folder: &Path) -> Result<Vec<Line>, BenchError> {
    let files = documents::benign(folder)?;
    if files.is_empty() {
        return Ok(vec![Line::missing(NAME, &documents::FOLDERS.join(", "))]);
    }
    let [mut warn, mut high] = [Tally::default(), Tally::default()];
    for (name, _, text) in files {
        let answer = Answer { name, class: String::new(), attack: false, text };
        let findings = corpus::judge_answer(&answer);
        for (tally, least) in [(&mut warn, Level::Warn), (&mut high, Level::High)] {
            let rules = corpus::rules(&findings, least);
            let found = !rules.is_empty();
            tally.add(found, found, &format!("{} {rules}", answer.name));
        }
    }
    Ok(vec![
        Line::counted(NAME, "benign files as answers at warn or more", warn.count)
            .wrong(warn.wrong),
        Line::counted(NAME, "benign files as answers at high", high.count).wrong(high.wrong),
    ])
}
