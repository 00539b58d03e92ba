//! Secrets: a tree of leaks with a list of how many lines of each file are one.
//!
//! In: `leaky-repo` with `.leaky-meta/secrets.csv` (name, risky lines, informative lines). Out: risky
//! lines found, and lines found beyond all that are listed. The list names numbers, not lines, so a
//! file counts at most as many as it has; that is also how its authors count.

use std::collections::BTreeSet;
use std::path::Path;

use tl_guard::text::unit::Role;
use tl_map::stats::rates::Count;

use super::{BenchError, Line, corpus};

/// Lines that the best installable scanner finds, counted in the same way on 2026-11-21: whispers
/// 61; trufflehog3 38, detect-secrets 37, gitleaks 21, kingfisher 5.
const BEST_PEER: u64 = 61;

/// Measures it, if it is there.
pub(super) fn secrets(corpus: &Path) -> Result<Vec<Line>, BenchError> {
    const NAME: &str = "secrets";
    let folder = corpus.join("leaky-repo");
    let list = folder.join(".leaky-meta/secrets.csv");
    if !list.is_file() {
        return Ok(vec![Line::missing(NAME, "leaky-repo/.leaky-meta/secrets.csv")]);
    }
    let (mut found, mut beyond) = (Count::default(), Count::default());
    let mut missed = Vec::new();
    let text = std::fs::read_to_string(&list).map_err(corpus::unreadable(&list))?;
    for row in text.lines().filter_map(row) {
        let path = folder.join(row.name);
        // Two of them are databases, which hold no line.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let lines = lines_found(row.name, &text);
        let risky = row.risky.min(lines);
        found.trials += row.risky;
        found.events += risky;
        beyond.trials += (text.lines().count() as u64).saturating_sub(row.risky + row.informative);
        beyond.events += lines.saturating_sub(row.risky + row.informative);
        if risky < row.risky {
            missed.push(format!("{}: {risky} of {}", row.name, row.risky));
        }
    }
    Ok(vec![
        Line::counted(NAME, "risky lines found", found)
            .promised("61 of 96, as the best peer", found.events * 96 >= BEST_PEER * found.trials)
            .wrong(missed),
        Line::counted(NAME, "clean lines found", beyond),
    ])
}

/// A file of the list.
struct Row<'a> {
    name: &'a str,
    risky: u64,
    informative: u64,
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut fields = line.split(',').map(str::trim);
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with('#'))?;
    let mut number = || fields.next()?.parse().ok();
    Some(Row { name, risky: number()?, informative: number()? })
}

/// Lines of a file on which a secret is found.
fn lines_found(name: &str, text: &str) -> u64 {
    let findings = corpus::judge_file(name, Role::Other, text.to_owned());
    let secrets = findings.iter().filter(|one| one.rule.family() == "GS");
    secrets.map(|one| one.at.line).collect::<BTreeSet<_>>().len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_no_more_lines_than_the_list_says() {
        let tree = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = tree.path().join("leaky-repo").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let words = ["hunter22", "swordfish1", "letmein33"];
        let file: String = words.iter().map(|word| format!("DB_PASSWORD={word}\n")).collect();
        write(".env", &file);
        write("a/.pgpass", "# nothing\n");
        write(
            ".leaky-meta/secrets.csv",
            "# name,risk,informative\n.env,1,1\na/.pgpass,2,0\ngone,9,9\n",
        );
        let lines = secrets(tree.path()).unwrap();
        let counts: Vec<_> = lines.iter().filter_map(|line| line.count).collect();
        assert_eq!((counts[0].events, counts[0].trials), (1, 3));
        assert_eq!(counts[1].events, 1);
        assert_eq!(lines[0].kept, Some(false));
    }
}
