//! TOML into the same tree as JSON.
//!
//! Read by the `toml` crate, which keeps spans; brackets are counted before, because its reader
//! recurses and deep input is not ours to trust.

use super::{Data, Limits, Member, Node, ParseError, line_of};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads one document.
pub fn parse(text: &str, limits: Limits) -> Result<Node, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_depth(text, limits.depth)?;
    let table = DeTable::parse(text).map_err(|error| ParseError::Syntax {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let span = table.span();
    let mut left = limits.nodes;
    let data = map(text, table.get_ref(), &mut left, limits.nodes)?;
    Ok(Node { start: span.start, end: span.end, data })
}

/// More opening brackets than the limit on one line, or dots in one header, nest that deep.
fn check_depth(text: &str, limit: usize) -> Result<(), ParseError> {
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth > limit {
            return Err(ParseError::TooDeep { line: line_of(text, index), limit });
        }
    }
    let dotted = |line: &str| line.bytes().filter(|b| *b == b'.').count() > limit;
    let deep = text.lines().position(|line| {
        let key = line.split('=').next().unwrap_or(line);
        !key.trim_start().starts_with('#') && dotted(key)
    });
    match deep.and_then(|line| u32::try_from(line + 1).ok()) {
        Some(line) => Err(ParseError::TooDeep { line, limit }),
        None => Ok(()),
    }
}

fn map(
    text: &str,
    table: &DeTable<'_>,
    left: &mut usize,
    limit: usize,
) -> Result<Data, ParseError> {
    let mut members = Vec::new();
    for (key, value) in table {
        let start = key.span().start;
        members.push(Member {
            key: key.get_ref().to_string(),
            start,
            value: node(text, value, left, limit)?,
        });
    }
    members.sort_by_key(|member| member.start);
    Ok(Data::Map(members))
}

fn node(
    text: &str,
    value: &Spanned<DeValue<'_>>,
    left: &mut usize,
    limit: usize,
) -> Result<Node, ParseError> {
    let span = value.span();
    let Some(fewer) = left.checked_sub(1) else {
        return Err(ParseError::TooMany { line: line_of(text, span.start), limit });
    };
    *left = fewer;
    let data = match value.get_ref() {
        DeValue::String(string) => Data::String(string.to_string()),
        DeValue::Integer(integer) => Data::Number(integer.to_string()),
        DeValue::Float(float) => Data::Number(float.to_string()),
        DeValue::Boolean(truth) => Data::Bool(*truth),
        DeValue::Datetime(when) => Data::String(when.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(text, item, left, limit));
            Data::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => map(text, table, left, limit)?,
    };
    Ok(Node { start: span.start, end: span.end, data })
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
    fn errors_name_their_line_and_depth_is_bounded() {
        assert_eq!(parse("a = 1\nb = = 2\n", Limits::default()).unwrap_err().line(), 2);
        let deep = format!("a = {}", "[".repeat(100_000));
        assert!(matches!(parse(&deep, Limits::default()), Err(ParseError::TooDeep { .. })));
        let dotted = format!("{}x = 1", "a.".repeat(10_000));
        assert!(matches!(parse(&dotted, Limits::default()), Err(ParseError::TooDeep { .. })));
    }
}
