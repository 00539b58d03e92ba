//! Stretches of a document that show attacks to people: rows of a table of techniques and examples, and fences
//! behind which stands how they are detected.
//!
//! In: a text. Out: its ranges. Start at [`ranges`]. What stands there is shown, not asked for; it counts
//! less, and never nothing: an attack may be dressed up as one.

use std::ops::Range;

/// Stretches of one text.
const MOST: usize = 500;
/// Lines above a fence that say what it shows.
const ABOVE: usize = 4;

/// The heads of columns: what is listed, and what is shown of it.
const LISTED: &[&str] =
    &["technique", "attack", "vector", "threat", "exploit", "payload", "injection", "red flag"];
const SHOWN: &[&str] = &["example", "sample", "payload", "indicator", "pattern", "detection"];

/// What a fence shows, and what stands behind it.
const ABOUT: &[&str] = &[
    "attack",
    "payload",
    "malicious",
    "exploit",
    "injection",
    "obfuscat",
    "threat",
    "exfiltrat",
    "backdoor",
    "trojan",
];
const ANSWERS: &[&str] = &[
    "detection:",
    "detection**",
    "mitigation:",
    "mitigation**",
    "countermeasure",
    "how to detect",
];

/// All of them, in order.
pub(crate) fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    let lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .map(|line| {
            at += line.len();
            (at - line.len(), line)
        })
        .collect();
    let mut n = 0;
    while n < lines.len() && out.len() < MOST {
        let (start, line) = lines[n];
        let trimmed = line.trim_start();
        if trimmed.starts_with('|') && lines.get(n + 1).is_some_and(|(_, rule)| is_rule(rule)) {
            let rows = lines[n..].iter().take_while(|(_, row)| row.trim_start().starts_with('|'));
            let end = n + rows.count();
            if is_catalogue(line) {
                out.push(start..end_of(&lines, end - 1));
            }
            n = end;
        } else if trimmed.starts_with("```") {
            let inside =
                lines[n + 1..].iter().position(|(_, row)| row.trim_start().starts_with("```"));
            let Some(inside) = inside else { break };
            let end = n + 1 + inside;
            let above = &lines[n.saturating_sub(ABOVE)..n];
            let behind = lines[end + 1..].iter().find(|(_, row)| !row.trim().is_empty());
            let about = above.iter().any(|(_, row)| has(row, ABOUT));
            let answer = behind.is_some_and(|(_, row)| {
                let row = row.trim_start_matches(['*', '_', '#', '>', '-', ' ']);
                ANSWERS.iter().any(|word| starts(row, word))
            });
            if about && answer {
                out.push(start..end_of(&lines, end));
            }
            n = end + 1;
        } else {
            n += 1;
        }
    }
    out
}

/// The text with blanks in place of those stretches; none where there are none.
pub(crate) fn without(text: &str) -> Option<String> {
    let ranges = ranges(text);
    if ranges.is_empty() {
        return None;
    }
    let mut out = text.as_bytes().to_vec();
    for byte in ranges.into_iter().flatten() {
        if out[byte] != b'\n' {
            out[byte] = b' ';
        }
    }
    String::from_utf8(out).ok()
}

fn end_of(lines: &[(usize, &str)], index: usize) -> usize {
    lines.get(index).map_or(0, |(start, line)| start + line.len())
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|') && line.contains("--") && line.bytes().all(|b| b"|-: ".contains(&b))
}

/// Whether a head has a column of attacks, and another one of what they look like.
fn is_catalogue(head: &str) -> bool {
    let cells: Vec<&str> = head.trim().trim_matches('|').split('|').map(str::trim).collect();
    let listed = cells.iter().position(|cell| has(cell, LISTED));
    listed.is_some_and(|listed| {
        cells.iter().enumerate().any(|(at, cell)| at != listed && has(cell, SHOWN))
    })
}

fn has(text: &str, words: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(word))
}

fn starts(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_attacks_and_fences_with_their_detection_are_found() {
        let table = "Text.\n\n| Technique | Example |\n|---|---|\n| a | b |\n\nMore.\n";
        assert_eq!(
            &table[ranges(table)[0].clone()],
            "| Technique | Example |\n|---|---|\n| a | b |\n"
        );
        assert_eq!(
            without(table).unwrap().trim_end(),
            "Text.\n\n                       \n         \n         \n\nMore.".trim_end()
        );
        let fence = "### A hidden payload\n\n```python\nx\n```\n\n**Detection:** look.\n";
        assert_eq!(&fence[ranges(fence)[0].clone()], "```python\nx\n```\n");
        for other in [
            "| Step | Example |\n|---|---|\n| a | b |\n",
            "### Setup\n\n```sh\nx\n```\n\n**Detection:** look.\n",
            "### A hidden payload\n\n```sh\nx\n```\n\nRun it.\n",
            "| Technique | Example |\n",
            "```\n| Technique | Example |\n|---|---|\n",
        ] {
            assert!(ranges(other).is_empty(), "{other}");
        }
    }
}
