//! Words as HTML: what stands between backticks is shown as code, as it is in a terminal's help.
//!
//! In: a sentence of any origin. Out: HTML. Start at [`code`]. **Invariant:** everything is escaped; of
//! Markdown nothing else is understood.

use askama::filters::{Escaper as _, Html, Safe};

/// The words escaped, with `<code>` around what stands between two backticks. A backtick without a second
/// one stays what it is.
pub(crate) fn code(words: impl AsRef<str>) -> Safe<String> {
    let words = words.as_ref();
    let mut html = String::with_capacity(words.len() + 16);
    let mut rest = words;
    while let Some((before, quoted, after)) = quoted(rest) {
        push(&mut html, before);
        html.push_str("<code>");
        push(&mut html, quoted);
        html.push_str("</code>");
        rest = after;
    }
    push(&mut html, rest);
    Safe(html)
}

/// What stands before, between and after the next two backticks that have something between them.
fn quoted(words: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = words.split_once('`')?;
    let (quoted, after) = rest.split_once('`')?;
    (!quoted.is_empty()).then_some((before, quoted, after))
}

fn push(html: &mut String, words: &str) {
    // A `String` takes whatever is written to it.
    let _infallible = Html.write_escaped_str(html, words);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::code;

    #[test]
    fn what_is_quoted_is_code_and_everything_is_escaped() {
        let html = code("run `map --csv <FILE>` & look").0;
        assert_eq!(html, "run <code>map --csv &#60;FILE&#62;</code> &#38; look");
        assert_eq!(code("`a` and `b`").0, "<code>a</code> and <code>b</code>");
        assert_eq!(code("a ` alone").0, "a ` alone");
        assert_eq!(code("``` fenced").0, "``` fenced");
        assert_eq!(code("`<script>alert(1)</script>").0.matches('<').count(), 0);
        assert_eq!(code("**bold** [x](javascript:0)").0, "**bold** [x](javascript:0)");
    }

    proptest! {
        /// No tag but that of code comes out, each closed, and without them it is the escaped text.
        #[test]
        fn whatever_is_written_cannot_become_another_tag(words in ".*") {
            let html = code(&words).0;
            prop_assert_eq!(html.matches("<code>").count(), html.matches("</code>").count());
            let rest = html.replace("<code>", "").replace("</code>", "");
            prop_assert!(!rest.contains('<') && !rest.contains('>'));
        }
    }
}
