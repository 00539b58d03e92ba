//! Whether a mend changed what it was to change and nothing else.

use std::mem::discriminant;

use tl_core::finding::Edit;

use crate::parse::{Data, Node};

/// Whether two trees say the same but for scalars that an edit touches and items of lists that it
/// takes out. `edits` are places of the text before.
pub(super) fn but_for(before: &Node, after: &Node, edits: &[Edit]) -> bool {
    match (&before.data, &after.data) {
        (Data::Map(old), Data::Map(new)) => {
            old.len() == new.len()
                && old.iter().zip(new).all(|(old, new)| {
                    let key = is_touched(old.start, old.value.start, edits);
                    (key || old.key == new.key) && but_for(&old.value, &new.value, edits)
                })
        }
        (Data::List(old), Data::List(new)) => {
            let mut stays = old.iter().filter(|item| !is_gone(item, edits)).peekable();
            let same =
                new.iter().all(|new| stays.next().is_some_and(|old| but_for(old, new, edits)));
            same && stays.peek().is_none()
        }
        (old, new) => {
            old == new
                || (discriminant(old) == discriminant(new)
                    && is_touched(before.start, before.end, edits))
        }
    }
}

fn is_gone(item: &Node, edits: &[Edit]) -> bool {
    let gone = |edit: &Edit| {
        edit.start <= item.start
            && item.end <= edit.end
            && matches!(edit.replacement.trim(), "" | "[]")
            && item.start < item.end
    };
    edits.iter().any(gone)
}

fn is_touched(start: usize, end: usize, edits: &[Edit]) -> bool {
    edits.iter().any(|edit| edit.start < end && start < edit.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;

    #[test]
    fn only_what_an_edit_names_may_be_another() {
        let edit = |start: usize, end: usize, with: &str| Edit {
            start,
            end,
            replacement: with.to_owned(),
        };
        let same = |before: &str, after: &str, edits: &[Edit]| {
            let read = |text: &str| yaml::parse(text, yaml::LIMITS).unwrap();
            but_for(&read(before), &read(after), edits)
        };
        let before = "a: [x, y]\nb: true\n";
        assert!(same(before, "a: [x, y]\nb: false\n", &[edit(13, 17, "false")]));
        assert!(same(before, "a: [y]\nb: true\n", &[edit(4, 7, "")]));
        assert!(!same(before, "a: [x]\nb: true\n", &[edit(4, 7, "")]));
        assert!(!same(before, "a: [x, y]\nb: none\n", &[edit(13, 17, "none")]));
        assert!(!same(before, "a: [x, z]\nb: false\n", &[edit(13, 17, "false")]));
        assert!(!same(before, "a: [x, y]\nc: false\n", &[edit(13, 17, "false")]));
    }
}
