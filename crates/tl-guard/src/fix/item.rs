//! Items of lists are taken out with their commas or dashes; comments and the lines of others stay.

use tl_core::finding::Edit;

use crate::parse::Node;

/// Edits that take the items with these indices out of a list; `None` where one is not written as
/// items are.
pub(super) fn without(text: &str, list: &Node, gone: &[usize]) -> Option<Vec<Edit>> {
    if text[list.start..].starts_with('[') {
        return Some(joined(between_commas(text, list, gone)));
    }
    let edits: Option<Vec<Edit>> =
        gone.iter().map(|index| behind_a_dash(text, list.items().get(*index)?)).collect();
    let mut edits = edits?;
    if gone.len() == list.items().len() {
        // Without an item it would be no list. A blank more, as it may stand below its key.
        let first = list.items().first()?;
        *edits.first_mut()? =
            Edit { start: dash(text, first)?, end: first.end, replacement: " []".to_owned() };
    }
    Some(joined(edits))
}

/// Takes an item of a block of YAML out.
fn behind_a_dash(text: &str, item: &Node) -> Option<Edit> {
    let dash = dash(text, item)?;
    let raw = text.get(item.start..item.end)?;
    // What goes over lines may end where the next item begins.
    (!raw.contains('\n')).then(|| whole_line(text, dash, item.end, 0))
}

/// Byte of the dash before an item.
fn dash(text: &str, item: &Node) -> Option<usize> {
    let before = text.get(..item.start)?.trim_end_matches([' ', '\t']);
    before.ends_with('-').then(|| before.len() - 1)
}

/// Edits that take items out of a list in brackets.
fn between_commas(text: &str, list: &Node, gone: &[usize]) -> Vec<Edit> {
    let items = list.items();
    let mut edits = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(index, _)| gone.contains(index)) {
        let next = items.get(index + 1);
        // The closing bracket is the list's last byte.
        let until = next.map_or(list.end.saturating_sub(1), |next| next.start);
        match comma(text, item.end, until) {
            Some(comma) => {
                if text[item.end..comma].trim().is_empty() {
                    edits.push(whole_line(text, item.start, comma + 1, list.start + 1));
                } else {
                    edits.push(cut(item.start, item.end));
                    edits.push(cut(comma, comma + 1));
                }
            }
            None => {
                // The last item: the comma behind the last one that stays goes with it.
                let stays = (0..index).rev().find(|before| !gone.contains(before));
                let before = stays
                    .and_then(|before| comma(text, items[before].end, items[before + 1].start));
                edits.extend(before.map(|comma| cut(comma, comma + 1)));
                edits.push(whole_line(text, item.start, item.end, list.start + 1));
            }
        }
    }
    edits
}

/// Stretches that overlap are one.
fn joined(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| edit.start);
    let mut apart: Vec<Edit> = Vec::new();
    for edit in edits {
        match apart.last_mut().filter(|last| edit.start <= last.end) {
            Some(last) => last.end = last.end.max(edit.end),
            None => apart.push(edit),
        }
    }
    apart
}

const fn cut(start: usize, end: usize) -> Edit {
    Edit { start, end, replacement: String::new() }
}

/// Takes the line with it where nothing else stands there, else the blanks behind; at the end of
/// a line those before. `first`: no byte before it is touched.
fn whole_line(text: &str, start: usize, end: usize, first: usize) -> Edit {
    let blank = |c: char| c == ' ' || c == '\t';
    let before = text[first..start].trim_end_matches(blank).len() + first;
    let behind = text[end..].trim_start_matches(blank);
    let alone = text[..before].ends_with('\n');
    for line_end in ["\r\n", "\n"] {
        if alone && behind.starts_with(line_end) {
            return cut(before, text.len() - behind.len() + line_end.len());
        }
    }
    // On a line with others.
    if behind.starts_with([']', '\r', '\n']) && !alone {
        return cut(before, end);
    }
    cut(start, text.len() - behind.len())
}

/// The first comma of a stretch that is not in a comment.
fn comma(text: &str, from: usize, until: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(..until)?;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at += match byte {
            b',' => return Some(at),
            b'#' => rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"//") => {
                rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
            }
            b'/' if rest.starts_with(b"/*") => {
                rest.windows(2).position(|pair| pair == b"*/").map_or(rest.len(), |end| end + 2)
            }
            _ => 1,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::applied;
    use crate::parse::{Limits, json, yaml};

    fn left(text: &str, gone: &[usize]) -> String {
        let list = json::parse(text, Limits::default()).unwrap();
        let after = applied(text, &without(text, &list, gone).unwrap());
        json::parse(&after, Limits::default()).unwrap();
        after
    }

    #[test]
    fn items_leave_with_their_commas_and_lines_and_comments_stay() {
        assert_eq!(left(r#"["a", "b", "c"]"#, &[0]), r#"["b", "c"]"#);
        assert_eq!(left(r#"["a", "b", "c"]"#, &[1]), r#"["a", "c"]"#);
        assert_eq!(left(r#"["a", "b", "c"]"#, &[2]), r#"["a", "b"]"#);
        assert_eq!(left(r#"["a", "b", "c"]"#, &[1, 2]), r#"["a" ]"#);
        assert_eq!(left(r#"["a", "b"]"#, &[0, 1]), "[]");
        assert_eq!(left("[\r\n  \"a\",\r\n  \"b\"\r\n]", &[0]), "[\r\n  \"b\"\r\n]");
        assert_eq!(left("[\n  \"a\",\n  \"b\"\n]", &[1]), "[\n  \"a\"\n]");
        assert_eq!(
            left("[\n  \"a\", // one, two\n  \"b\",\n]", &[0]),
            "[\n  // one, two\n  \"b\",\n]"
        );
        assert_eq!(left("[\"a\" /* x, y */, \"b\"]", &[0]), "[ /* x, y */ \"b\"]");
        assert_eq!(left("[ \"a\" ]", &[0]), "[ ]");
    }

    fn left_of_block(text: &str, gone: &[usize]) -> String {
        let tree = yaml::parse(text, yaml::LIMITS).unwrap();
        let list = tree.get("a").unwrap_or(&tree);
        let after = applied(text, &without(text, list, gone).unwrap());
        let rest = yaml::parse(&after, yaml::LIMITS).unwrap();
        let rest = rest.get("a").unwrap_or(&rest);
        let stays = list.items().iter().enumerate().filter(|(index, _)| !gone.contains(index));
        let stays: Vec<_> = stays.map(|(_, item)| item.value()).collect();
        assert_eq!(rest.value(), serde_json::Value::Array(stays), "{after}");
        after
    }

    #[test]
    fn items_of_a_block_leave_with_their_dashes_and_lines() {
        let text = "a:\n  # of all\n  - x # one\n\n  - 'y'\n  - z: 1\nb: 2\n";
        assert_eq!(left_of_block(text, &[1]), text.replace("  - 'y'\n", ""));
        assert_eq!(left_of_block(text, &[0]), text.replace("- x # one", "# one"));
        assert_eq!(left_of_block("a:\n- x\n- y\nb: 2\n", &[0, 1]), "a:\n []\nb: 2\n");
        assert_eq!(left_of_block("a:\r\n  - x\r\n  - y\r\n", &[0]), "a:\r\n  - y\r\n");
        assert_eq!(left_of_block("- x\n- y", &[1]), "- x\n");
        assert_eq!(left_of_block("a: [x, y] # z\n", &[0]), "a: [y] # z\n");
        let folded = "a:\n  - x\n    y\n  - z\n";
        let tree = yaml::parse(folded, yaml::LIMITS).unwrap();
        assert_eq!(without(folded, tree.get("a").unwrap(), &[0]), None);
    }

    use proptest::prelude::*;

    /// What may stand between an item and its comma, or behind the comma.
    fn gap() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["", " ", "\n  ", "\r\n\t", " // a, b\n", " /* c, ] */ ", "\n\n"])
    }

    proptest! {
        /// What is left is what was not taken out, in its order, and every comment.
        #[test]
        fn the_rest_stays(
            items in prop::collection::vec((gap(), gap(), 0_u8..3), 0..6),
            trailing in any::<bool>(),
            head in gap(),
        ) {
            let mut text = format!("[{head}");
            let last = items.len().saturating_sub(1);
            for (index, (before, behind, _)) in items.iter().enumerate() {
                let comma = if index < last || trailing { "," } else { "" };
                text.push_str(&["\"", &index.to_string(), "\"", before, comma, behind].concat());
            }
            text.push(']');
            let gone: Vec<usize> =
                items.iter().enumerate().filter(|(_, item)| item.2 == 0).map(|(index, _)| index).collect();
            let list = json::parse(&text, Limits::default()).unwrap();
            let after = applied(&text, &without(&text, &list, &gone).unwrap());
            let rest = json::parse(&after, Limits::default());
            let expected: Vec<String> =
                (0..items.len()).filter(|index| !gone.contains(index)).map(|index| index.to_string()).collect();
            prop_assert_eq!(rest.map(|rest| rest.texts()), Ok(expected), "{} -> {}", text, after);
            for comment in ["// a, b\n", "/* c, ] */"] {
                prop_assert_eq!(text.matches(comment).count(), after.matches(comment).count());
            }
        }
    }
}
