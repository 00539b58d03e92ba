//! Items of lists are taken out with their commas; comments and the lines of others stay.

use tl_core::finding::Edit;

use crate::parse::Node;

/// Edits that take the items with these indices out of a list.
pub(super) fn without(text: &str, list: &Node, gone: &[usize]) -> Vec<Edit> {
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
    joined(edits)
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
    use crate::parse::{Limits, json};

    fn left(text: &str, gone: &[usize]) -> String {
        let list = json::parse(text, Limits::default()).unwrap();
        let edits = without(text, &list, gone);
        let after = String::from_utf8(applied(text.as_bytes(), &edits)).unwrap();
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
            let after = String::from_utf8(applied(text.as_bytes(), &without(&text, &list, &gone))).unwrap();
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
