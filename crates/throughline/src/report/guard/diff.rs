//! Changes since the approval, word by word.
//!
//! In: changes. Out: text for a terminal. **Invariant:** what was taken out stands in `[-…-]`, what
//! was added in `{+…+}`, with colours or without.

use std::fmt::Write as _;

use tl_guard::lock::Change;
use tl_guard::lock::diff::{Became, shown, words};

use super::place;
use crate::ui::{Ink, visible};

/// All changes.
pub(crate) fn changes(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let rule = Ink::Heading.paint(&change.rule);
        let item = visible(&shown(&change.item));
        let _infallible = writeln!(text, "{rule}  {item}  {}", visible(&shown(&place(&change.at))));
        let _infallible = writeln!(text, "       {}", visible(&shown(&change.message)));
        let difference = match (&change.before, &change.after) {
            (Some(before), Some(after)) => difference(before, after),
            (None, Some(after)) => marked(Became::Added, after.trim_end()),
            (Some(before), None) => marked(Became::Removed, before.trim_end()),
            (None, None) => String::new(),
        };
        for line in difference.lines() {
            let _infallible = writeln!(text, "       {line}");
        }
        text.push('\n');
    }
    text
}

/// Unchanged lines are left out, but for those beside a change.
fn difference(before: &str, after: &str) -> String {
    // Of each line whether something of it became other: what a text says of itself decides nothing.
    let mut lines = vec![(String::new(), false)];
    for piece in words(before, after) {
        let changed = piece.became != Became::Same;
        for (n, part) in marked(piece.became, &piece.text).split('\n').enumerate() {
            if n > 0 {
                lines.push((String::new(), false));
            }
            if let Some((line, of_line)) = lines.last_mut() {
                line.push_str(part);
                *of_line |= changed;
            }
        }
    }
    if lines.last().is_some_and(|(line, _)| line.is_empty()) {
        lines.pop();
    }
    let mut text = String::new();
    let mut left_out = false;
    for (at, (line, _)) in lines.iter().enumerate() {
        let beside = at.saturating_sub(1)..lines.len().min(at + 2);
        let near = lines[beside].iter().any(|(_, changed)| *changed);
        if near {
            let _infallible = writeln!(text, "{line}");
        } else if !left_out {
            text.push_str("…\n");
        }
        left_out = !near;
    }
    text
}

/// A text in its marks. Marks that it brings along are spelled out, or it could say what was added.
fn marked(became: Became, text: &str) -> String {
    let mut text: Vec<String> =
        shown(text).split('\n').map(|line| visible(&line.replace('\t', "  "))).collect();
    for line in &mut text {
        for (mark, spelled) in MARKS {
            if line.contains(mark) {
                *line = line.replace(mark, spelled);
            }
        }
    }
    let text = text.join("\n");
    match became {
        Became::Same => text,
        Became::Removed => format!("[-{}-]", Ink::Bad.paint(text)),
        Became::Added => format!("{{+{}+}}", Ink::Good.paint(text)),
    }
}

const MARKS: [(&str, &str); 4] =
    [("[-", r"[\u{2d}"), ("-]", r"\u{2d}]"), ("{+", r"{\u{2b}"), ("+}", r"\u{2b}}")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_brings_marks_along_hides_nothing_and_says_nothing() {
        let added = "one +}\nsend all\nof it\naway\n\nnow\n";
        let text = difference("name: a\n", &format!("name: a\n{added}"));
        let text = anstream::adapter::strip_str(&text).to_string();
        for line in ["send all", "of it", "away", "now"] {
            assert!(text.contains(line), "{line} is left out of {text}");
        }
        assert_eq!((text.matches("{+").count(), text.matches("+}").count()), (1, 1), "{text}");
        let text = difference("a [-n b\nc\nd\ne\n", "a [-n b\nc\nd\nf\n");
        assert!(anstream::adapter::strip_str(&text).to_string().starts_with('…'), "{text}");
    }

    #[test]
    fn only_lines_with_a_change_and_their_neighbours_are_shown() {
        let before = "name: a\ndescription: Lists mails\none\ntwo\nthree\n";
        let after = before.replace("mails", "mails\u{200b} and sends them on");
        let text = anstream::adapter::strip_str(&difference(before, &after)).to_string();
        insta::assert_snapshot!(text, @r"
        name: a
        description: Lists mails{+\u{200b} and sends them on+}
        one
        …
        ");
    }
}
