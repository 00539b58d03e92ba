//! TOML into the same tree as JSON.
//!
//! Read by the `toml` crate, which keeps spans and bounds how deep brackets and the parts of one key go.

use super::{Data, Limits, Member, Node, ParseError, line_of};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads one document.
pub fn parse(text: &str, limits: Limits) -> Result<Node, ParseError> {
    // A blank in place of a byte order mark, which the reader does not take, keeps all places.
    let blank;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            blank = format!("   {rest}");
            blank.as_str()
        }
        None => text,
    };
    let table = DeTable::parse(text).map_err(|error| ParseError::Syntax {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let span = table.span();
    let mut reader = Reader { text, left: limits.nodes, limits };
    let data = reader.map(table.get_ref(), 0)?;
    Ok(Node { start: span.start, end: span.end, data })
}

struct Reader<'a> {
    text: &'a str,
    /// Values that may still come.
    left: usize,
    limits: Limits,
}

impl Reader<'_> {
    fn map(&mut self, table: &DeTable<'_>, depth: usize) -> Result<Data, ParseError> {
        let mut members = Vec::with_capacity(table.len());
        for (key, value) in table {
            let start = key.span().start;
            let value = self.node(value, depth + 1)?;
            members.push(Member { key: key.get_ref().to_string(), start, value });
        }
        members.sort_by_key(|member| member.start);
        Ok(Data::Map(members))
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, ParseError> {
        let span = value.span();
        let line = || line_of(self.text, span.start);
        let Some(fewer) = self.left.checked_sub(1) else {
            return Err(ParseError::TooMany { line: line(), limit: self.limits.nodes });
        };
        // Dotted keys in tables in tables nest deeper than brackets may.
        if depth > self.limits.depth {
            return Err(ParseError::TooDeep { line: line(), limit: self.limits.depth });
        }
        self.left = fewer;
        let data = match value.get_ref() {
            DeValue::String(string) => Data::String(string.to_string()),
            DeValue::Integer(integer) => Data::Number(integer.to_string()),
            DeValue::Float(float) => Data::Number(float.to_string()),
            DeValue::Boolean(truth) => Data::Bool(*truth),
            DeValue::Datetime(when) => Data::String(when.to_string()),
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.node(item, depth + 1));
                Data::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.map(table, depth)?,
        };
        Ok(Node { start: span.start, end: span.end, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_keep_their_lines() {
        let text = "model = \"x\"\n\n[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"-y\", \"b\"]\n";
        let node = parse(text, Limits::default()).unwrap();
        let command = node.path(&["mcp_servers", "a", "command"]).unwrap();
        assert_eq!((command.text(), line_of(text, command.start)), (Some("npx"), 4));
        assert_eq!(node.path(&["mcp_servers", "a", "args"]).unwrap().texts(), ["-y", "b"]);
    }

    #[test]
    fn a_byte_order_mark_moves_no_place() {
        let text = "\u{feff}a = 1\n[b]\nc = \"x\"\n";
        let node = parse(text, Limits::default()).unwrap();
        let leaf = node.path(&["b", "c"]).unwrap();
        assert_eq!((&text[leaf.start..leaf.end], line_of(text, leaf.start)), ("\"x\"", 3));
        assert_eq!(&text[node.members()[0].start..][..1], "a");
    }

    #[test]
    fn what_nests_deep_behind_strings_and_quotes_is_bounded_too() {
        let many = 100_000;
        for text in [
            format!("a = {}", "[\"]\",".repeat(many)),
            format!("a = {{ {}b = 1 }}", "a.".repeat(many)),
            format!("[\"=\".{}b]", "a.".repeat(many)),
            format!("\"=\".{}b = 1", "a.".repeat(many)),
            format!("a = [\n# ]\n{}", "[\n# ]\n".repeat(many)),
            format!("[[{}b]]", "a.".repeat(many)),
        ] {
            let read = parse(&text, Limits::default());
            assert!(read.is_err(), "{}", &text[..30]);
        }
    }

    #[test]
    fn brackets_and_dots_in_strings_are_no_depth() {
        let open = "[".repeat(300);
        for text in [
            format!("a = \"{open}\"\nb = 1\n"),
            format!("a = {0}{open}\n{open}{0}\n", "'".repeat(3)),
            format!("# {open}\na = 1 # {open}\n"),
            format!("a = \"{}\"\n", "x.".repeat(300)),
            format!("\"{}\" = 1\n", "x.".repeat(300)),
        ] {
            let read = parse(&text, Limits::default());
            assert!(read.is_ok(), "{read:?} {}", &text[..20]);
        }
    }

    #[test]
    fn errors_name_their_line_and_depth_is_bounded() {
        assert_eq!(parse("a = 1\nb = = 2\n", Limits::default()).unwrap_err().line(), 2);
        for text in
            [format!("a = {}", "[".repeat(100_000)), format!("{}x = 1", "a.".repeat(10_000))]
        {
            assert!(parse(&text, Limits::default()).is_err());
        }
        let both = format!("a = {}1{}", "{ a.a.a.a.a.a.a.a = ".repeat(40), " }".repeat(40));
        assert!(matches!(parse(&both, Limits::default()), Err(ParseError::TooDeep { .. })));
        let many = format!("a = [{}]", "1,".repeat(50));
        let few = Limits { nodes: 20, ..Limits::default() };
        assert!(matches!(parse(&many, few), Err(ParseError::TooMany { limit: 20, .. })));
    }
}
