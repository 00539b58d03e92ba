//! A change of one file as a unified diff, as `git apply` and `patch` read it.

use std::fmt::Write as _;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines around a change.
const BESIDE: usize = 3;

/// The difference of a file; empty where there is none. `path` is below its root, with `/`.
pub(super) fn unified(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    if ops.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return String::new();
    }
    let mut text = format!("--- a/{path}\n+++ b/{path}\n");
    for group in group_diff_ops(ops, BESIDE) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |from: std::ops::Range<usize>, to: std::ops::Range<usize>| {
            let (start, length) = (from.start, to.end - from.start);
            let line = if length == 0 { start } else { start + 1 };
            if length == 1 { line.to_string() } else { format!("{line},{length}") }
        };
        let _infallible = writeln!(
            text,
            "@@ -{} +{} @@",
            range(first.old_range(), last.old_range()),
            range(first.new_range(), last.new_range())
        );
        for op in &group {
            if let DiffOp::Equal { .. } = op {
                lines(&mut text, ' ', &old[op.old_range()]);
            } else {
                lines(&mut text, '-', &old[op.old_range()]);
                lines(&mut text, '+', &new[op.new_range()]);
            }
        }
    }
    text
}

fn lines(text: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_change_has_three_lines_around_it_and_tells_of_a_missing_line_end() {
        assert_eq!(unified("a", "x\n", "x\n"), "");
        let before = "1\n2\n3\n4\n5\r\n6\n7\n8\n9";
        let after = before.replace("5\r\n", "five\r\n").replace('9', "nine");
        let expected = "--- a/x/a.json\n+++ b/x/a.json\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\r\n+five\r\n 6\n 7\n 8\n-9\n\\ No newline at end of file\n+nine\n\\ No newline at end of file\n";
        assert_eq!(unified("x/a.json", before, &after), expected);
    }
}
