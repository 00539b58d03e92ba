//! Strangers' text, so that it acts on nothing.
//!
//! In: text of reports and repositories. Out: one line of it for a terminal, for Markdown or for a
//! workflow command. Start at [`line()`].

use tl_core::finding::is_invisible;

/// One line of at most `most` characters: white space folded, what is invisible or acts on a
/// terminal as `\u{1b}`, the rest cut with `…`; and no command to a CI system's runner begins in it.
pub fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    'all: for word in text.split_whitespace() {
        let gap = usize::from(count > 0);
        for c in std::iter::repeat_n(' ', gap).chain(word.chars()) {
            if count == most {
                out.push('…');
                break 'all;
            }
            count += 1;
            if is_invisible(c) {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
    }
    defuse(out)
}

/// Runners of CI systems read what a job prints: GitHub's takes a line that begins with `::`, after
/// blanks, for a command, and `##[` anywhere; Azure's `##vso[`, `TeamCity`'s `##teamcity[`.
fn defuse(text: String) -> String {
    if !text.starts_with("::") && !text.contains("##") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.as_str();
    if let Some(behind) = rest.strip_prefix("::") {
        out.push_str(": :");
        rest = behind;
    }
    while let Some(at) = rest.find("##") {
        let behind = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        out.push_str(&rest[..at]);
        out.push_str(if behind.starts_with('[') { "# #" } else { "##" });
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    out
}

/// The same for Markdown, within a cell of a table or a line of a list.
///
/// It stands between backticks: no markup, link, mention or reference begins there. Bars and `@` are
/// taken care of beside, for readers of Markdown that look for them everywhere.
pub fn code(text: &str, most: usize) -> String {
    let text = line(text, most);
    if text.is_empty() {
        return "-".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let text = text.replace('|', "\\|").replace('@', "@\u{200b}");
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// What we say ourselves, with strangers' text in it, for Markdown: backticks that come in pairs stay
/// what they are, everything else that has a meaning is escaped.
pub fn prose(text: &str, most: usize) -> String {
    let text = line(text, most);
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let mut out = String::with_capacity(text.len() + 16);
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 1 && paired {
            out.push_str(&code(part, most));
        } else {
            if at > 0 && !paired {
                out.push_str("\\`");
            }
            escape(&mut out, part);
        }
    }
    out
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '@' => out.push_str("@\u{200b}"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // The last two keep addresses from becoming links.
            '\\' | '|' | '*' | '_' | '[' | ']' | '!' | '~' | '$' | ':' => out.extend(['\\', c]),
            // A reference to an issue begins so: `#` with a joiner behind it does not.
            '#' => out.push_str("#\u{200b}"),
            c => out.push(c),
        }
    }
}

/// Text of a workflow command, behind `::`.
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command, such as `title=`.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path that a forge can look up: below the repository's root, with `/`. `None` for those of a
/// machine, and those that leave the root.
pub fn path(file: &str) -> Option<String> {
    let file = file.replace('\\', "/");
    let file = file.trim_start_matches("./");
    let drive = file.as_bytes().get(1) == Some(&b':');
    let leaves = file.split('/').any(|part| part == "..");
    let strange = file.contains("//") || file.chars().any(|c| is_invisible(c) || c == '\n');
    (!file.is_empty() && !file.starts_with('/') && !drive && !leaves && !strange)
        .then(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_seen() {
        assert_eq!(line("a\u{1b}[31m\r\nb\u{202e}c", 80), "a\\u{1b}[31m b\\u{202e}c");
        assert_eq!(line("abcdef", 3), "abc…");
    }

    #[test]
    fn no_line_is_a_command_to_a_runner() {
        for (text, shown) in [
            ("::error::owned", ": :error::owned"),
            (" \n ::stop-commands::x", ": :stop-commands::x"),
            ("a ##[add-matcher]x", "a # #[add-matcher]x"),
            ("##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"),
            ("##teamcity[buildStop]", "# #teamcity[buildStop]"),
            ("####[error]", "### #[error]"),
            ("## Heading", "## Heading"),
            ("std::io ##", "std::io ##"),
        ] {
            assert_eq!(line(text, 80), shown);
        }
    }

    #[test]
    fn text_stays_between_its_backticks() {
        assert_eq!(code("a`b``c", 80), "``` a`b``c ```");
        assert_eq!(code("a|b @ana", 80), "`a\\|b @\u{200b}ana`");
        assert_eq!(code(" \n", 80), "-");
    }

    #[test]
    fn prose_keeps_our_literals_and_escapes_the_rest() {
        assert_eq!(
            prose("`a.xml`: <b>*x*</b> @ana", 80),
            "`a.xml`\\: &lt;b&gt;\\*x\\*&lt;/b&gt; @\u{200b}ana"
        );
        assert_eq!(prose("one ` only", 80), "one \\` only");
    }

    #[test]
    fn a_command_ends_where_it_should() {
        assert_eq!(data("a\n::error::b%"), "a%0A::error::b%25");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }

    #[test]
    fn only_paths_of_the_repository_are_named_to_a_forge() {
        assert_eq!(path("./src/a.rs").as_deref(), Some("src/a.rs"));
        assert_eq!(path(r"src\a.cs").as_deref(), Some("src/a.cs"));
        for strange in
            ["", "/src/a.rs", "C:/a.cs", "../a.rs", "a/../../b", "a\u{1b}b", "http://a/b"]
        {
            assert_eq!(path(strange), None, "{strange:?}");
        }
    }

    proptest! {
        /// Nothing invisible, no bare bar and no mention comes out; the length is bounded.
        #[test]
        fn nothing_acts_in_markdown(text in "[ -~\n\u{1b}\u{200b}@|`é]{0,60}") {
            let shown = code(&text, 40);
            let still = shown.chars().all(|c| c == '\u{200b}' || !is_invisible(c));
            prop_assert!(still, "something acts");
            prop_assert!(shown.chars().filter(|c| *c == '`').count() <= 400);
            let bytes = shown.as_bytes();
            for (at, byte) in bytes.iter().enumerate() {
                if *byte == b'|' {
                    prop_assert_eq!(bytes[at - 1], b'\\');
                }
                if *byte == b'@' {
                    prop_assert_eq!(&shown[at + 1..at + 4], "\u{200b}");
                }
            }
        }
    }
}
