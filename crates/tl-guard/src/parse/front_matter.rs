//! Front matter of rules, skills, agents and commands: the lines between two `---`.
//!
//! In: a document. Out: its keys with their values as text, and where the body begins.
//! Reads what these files use of YAML: `key: value`, quotes, `[a, b]`, lists by `-`, folded and
//! literal blocks. What it cannot read stays text of the key above: nothing is lost.

/// Keys of a document's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// in the order of the text: key, value (quotes resolved), line from 1
    pub entries: Vec<Entry>,
    /// first byte of the document's body
    pub body: usize,
}

/// One key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// as written
    pub key: String,
    /// scalar text; items of a list joined by `, `
    pub value: String,
    /// items of a list; one item of a scalar
    pub items: Vec<String>,
    /// line of the key, from 1
    pub line: u32,
}

impl FrontMatter {
    /// Value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|e| e.value.as_str())
    }

    /// The entry of a key; the last one counts.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.key == key)
    }

    /// A list, or a scalar split at commas.
    pub fn list(&self, key: &str) -> Vec<String> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let items = match entry.items.as_slice() {
            [one] => split_outside_parentheses(one),
            many => many.to_vec(),
        };
        items.into_iter().filter(|item| !item.is_empty()).collect()
    }
}

/// `Bash(git add, git commit), Read` is two items.
fn split_outside_parentheses(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = items.last_mut() {
            last.push(c);
        }
    }
    items.iter().map(|item| unquoted(item.trim()).to_owned()).collect()
}

/// Reads the head of a document; empty where there is none.
pub fn parse(text: &str) -> FrontMatter {
    let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
    let rest = &text[skipped..];
    let Some(first) = rest.split_inclusive('\n').next().filter(|l| l.trim_end() == "---") else {
        return FrontMatter { body: skipped, ..FrontMatter::default() };
    };
    let mut at = first.len();
    let mut lines = Vec::new();
    for line in rest[at..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            return FrontMatter { entries: entries(&lines), body: skipped + at };
        }
        lines.push(line.trim_end_matches(['\n', '\r']));
    }
    FrontMatter { body: skipped, ..FrontMatter::default() }
}

fn entries(lines: &[&str]) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indented = line.starts_with([' ', '\t']);
        let trimmed = line.trim();
        if trimmed.is_empty() || (trimmed.starts_with('#') && !indented) {
            continue;
        }
        let key = (!indented && !trimmed.starts_with("- ")).then(|| key_of(trimmed)).flatten();
        if let Some((key, value)) = key {
            let line = u32::try_from(index + 2).unwrap_or(u32::MAX);
            let mut entry = Entry { key: key.to_owned(), line, ..Entry::default() };
            add(&mut entry, value);
            found.push(entry);
        } else if let Some(last) = found.last_mut() {
            add(last, trimmed);
        }
    }
    for entry in &mut found {
        entry.value = entry.items.join(", ");
    }
    found
}

fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '"' | '\'');
    (key.chars().all(plain) && (value.is_empty() || value.starts_with([' ', '\t'])))
        .then(|| (unquoted(key.trim()), value.trim()))
}

fn add(entry: &mut Entry, text: &str) {
    if matches!(text, "" | "|" | ">" | "|-" | ">-" | "|+" | ">+") {
        return;
    }
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let item = text.strip_prefix("- ");
    if let Some(inner) = inner {
        entry.items.extend(split_outside_parentheses(inner).into_iter().filter(|i| !i.is_empty()));
    } else if let Some(item) = item {
        entry.items.push(unquoted(item.trim()).to_owned());
    } else {
        match entry.items.last_mut() {
            Some(last) => {
                last.push(' ');
                last.push_str(text);
            }
            None => entry.items.push(unquoted(text).to_owned()),
        }
    }
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_lists_and_blocks_are_read() {
        let text = "---\nname: \"a b\"\nallowed-tools: Bash(git add, git log), Read\ntools:\n  - x\n  - 'y'\nglobs: [\"*.rs\", src]\ndescription: >-\n  one\n  two\n---\nBody";
        let head = parse(text);
        assert_eq!(head.get("name"), Some("a b"));
        assert_eq!(head.list("allowed-tools"), ["Bash(git add, git log)", "Read"]);
        assert_eq!(head.list("tools"), ["x", "y"]);
        assert_eq!(head.list("globs"), ["*.rs", "src"]);
        assert_eq!(head.get("description"), Some("one two"));
        assert_eq!((head.entry("tools").unwrap().line, &text[head.body..]), (4, "Body"));
    }

    #[test]
    fn a_long_head_is_read_to_its_end() {
        let lines = "  - one more\n".repeat(200_000);
        let text = format!("---\ntools:\n{lines}allowed-tools: Bash\n---\n");
        let head = parse(&text);
        assert_eq!(head.list("tools").len(), 200_000);
        assert_eq!((head.get("allowed-tools"), head.body), (Some("Bash"), text.len()));
    }

    #[test]
    fn a_document_without_a_head_has_no_keys() {
        for text in ["# Title\n---\na: b\n---\n", "", "---\nnever: closed\n", " ---\na: b\n---\n"] {
            assert_eq!(parse(text), FrontMatter::default(), "{text}");
        }
    }
}
