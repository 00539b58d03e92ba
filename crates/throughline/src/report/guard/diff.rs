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
    let whole: String =
        words(before, after).iter().map(|piece| marked(piece.became, &piece.text)).collect();
    let lines: Vec<&str> = whole.lines().collect();
    let changed: Vec<bool> =
        lines.iter().scan(false, |open, line| Some(is_changed(line, open))).collect();
    let mut text = String::new();
    let mut left_out = false;
    for (at, line) in lines.iter().enumerate() {
        let near = changed
            .iter()
            .skip(at.saturating_sub(1))
            .take(if at == 0 { 2 } else { 3 })
            .any(|changed| *changed);
        if near {
            let _infallible = writeln!(text, "{line}");
        } else if !left_out {
            text.push_str("…\n");
        }
        left_out = !near;
    }
    text
}

/// Whether a line has a mark or stands between two; `open` says so of the next.
fn is_changed(line: &str, open: &mut bool) -> bool {
    let last = |marks: [&str; 2]| marks.iter().filter_map(|mark| line.rfind(mark)).max();
    let (begins, ends) = (last(["[-", "{+"]), last(["-]", "+}"]));
    let changed = *open || begins.is_some() || ends.is_some();
    *open = begins.map_or(*open && ends.is_none(), |begins| ends.is_none_or(|ends| ends < begins));
    changed
}

fn marked(became: Became, text: &str) -> String {
    let text: Vec<String> =
        shown(text).split('\n').map(|line| visible(&line.replace('\t', "  "))).collect();
    let text = text.join("\n");
    match became {
        Became::Same => text,
        Became::Removed => format!("[-{}-]", Ink::Bad.paint(text)),
        Became::Added => format!("{{+{}+}}", Ink::Good.paint(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
