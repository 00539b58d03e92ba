//! YAML into the same tree as JSON.
//!
//! Read from the events of `saphyr-parser`, so that depth and number of values are known before
//! anything is built. **Invariant:** an alias is a copy of what it names, and copies count like what
//! is written: a document that unfolds into more than the limits allow is refused, not cut. Keys that
//! are there twice are both kept; of several documents the members follow each other. `<<` brings in
//! the members of what it names, and stays itself.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{Data, Limits, Member, Node, ParseError};

/// Bytes that copies may add.
const COPIED: usize = 8 << 20;

/// What configuration in YAML is read with.
pub const LIMITS: Limits = Limits { depth: 64, nodes: 100_000 };

/// Reads one text, of all its documents. Ranges are of this text, with a byte order mark if it has one.
pub fn parse(text: &str, limits: Limits) -> Result<Node, ParseError> {
    let whole = text;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        limits,
        left: limits.nodes,
        copyable: COPIED,
        offsets: Offsets { text: whole, character: 0, byte: whole.len() - text.len() },
        open: Vec::new(),
        anchors: FxHashMap::default(),
        roots: Vec::new(),
    };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| ParseError::Syntax {
            line: line(error.marker().line()),
            problem: error.info().to_owned(),
        })?;
        builder.event(event, span)?;
    }
    let mut roots = builder.roots.into_iter();
    let Some(mut first) = roots.next() else {
        return Ok(Node { start: 0, end: whole.len(), data: Data::Null });
    };
    for other in roots {
        first.end = other.end;
        if let (Data::Map(members), Data::Map(more)) = (&mut first.data, other.data) {
            members.extend(more);
        }
    }
    Ok(first)
}

fn line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).max(1)
}

/// Characters, in which the parser counts, to bytes. Events come in the order of the text, so this
/// walks it once.
struct Offsets<'a> {
    text: &'a str,
    character: usize,
    byte: usize,
}

impl Offsets<'_> {
    fn byte(&mut self, character: usize) -> usize {
        if character < self.character {
            // A container begins where its first key does, which was passed just now.
            let before = self.text[..self.byte].char_indices().rev();
            let back = self.character - character;
            return before.take(back).last().map_or(self.byte, |(byte, _)| byte);
        }
        for c in self.text[self.byte..].chars().take(character - self.character) {
            self.byte += c.len_utf8();
            self.character += 1;
        }
        self.byte
    }
}

/// A list or map that is not yet closed.
struct Open {
    node: Node,
    /// of a map, the key whose value comes next
    key: Option<(String, usize)>,
    anchor: usize,
    /// containers inside each other in it, itself included
    height: usize,
}

struct Builder<'a> {
    limits: Limits,
    left: usize,
    copyable: usize,
    offsets: Offsets<'a>,
    open: Vec<Open>,
    /// what an anchor names, and how high it is
    anchors: FxHashMap<usize, (Node, usize)>,
    roots: Vec<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let (start, end) = self.range(span);
                self.count(span)?;
                let data = scalar(text, style, tag.as_deref());
                self.close(Node { start, end, data }, anchor, 0, span)
            }
            Event::SequenceStart(anchor, _) => self.begin(Data::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.begin(Data::Map(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => {
                let (_, end) = self.range(span);
                let Some(mut open) = self.open.pop() else { return Ok(()) };
                open.node.end = end.max(open.node.start);
                self.merge(&mut open.node, span)?;
                self.close(open.node, open.anchor, open.height, span)
            }
            Event::Alias(anchor) => {
                let Some((node, height)) = self.anchors.get(&anchor) else {
                    let problem = "an alias to what contains it".to_owned();
                    return Err(ParseError::Syntax { line: line(span.start.line()), problem });
                };
                let (node, height) = (node.clone(), *height);
                self.copied(&node, span)?;
                self.close(node, 0, height, span)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn range(&mut self, span: Span) -> (usize, usize) {
        let start = self.offsets.byte(span.start.index());
        (start, self.offsets.byte(span.end.index()).max(start))
    }

    fn count(&mut self, span: Span) -> Result<(), ParseError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| self.too_many(span))?;
        Ok(())
    }

    fn too_many(&self, span: Span) -> ParseError {
        ParseError::TooMany { line: line(span.start.line()), limit: self.limits.nodes }
    }

    fn begin(&mut self, data: Data, anchor: usize, span: Span) -> Result<(), ParseError> {
        self.count(span)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(span));
        }
        let (start, end) = self.range(span);
        self.open.push(Open { node: Node { start, end, data }, key: None, anchor, height: 1 });
        Ok(())
    }

    fn too_deep(&self, span: Span) -> ParseError {
        ParseError::TooDeep { line: line(span.start.line()), limit: self.limits.depth }
    }

    /// Puts a finished value into what is open around it.
    fn close(
        &mut self,
        node: Node,
        anchor: usize,
        height: usize,
        span: Span,
    ) -> Result<(), ParseError> {
        if self.open.len() + height > self.limits.depth {
            return Err(self.too_deep(span));
        }
        if anchor > 0 {
            self.copied(&node, span)?;
            self.anchors.insert(anchor, (node.clone(), height));
        }
        let Some(around) = self.open.last_mut() else {
            self.roots.push(node);
            return Ok(());
        };
        around.height = around.height.max(height + 1);
        match &mut around.node.data {
            Data::List(items) => items.push(node),
            Data::Map(members) => match around.key.take() {
                Some((key, start)) => members.push(Member { key, start, value: node }),
                None => {
                    let key = node.scalar().unwrap_or_else(|| node.value().to_string());
                    around.key = Some((key, node.start));
                }
            },
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
        }
        Ok(())
    }

    /// Members that `<<` brings in and that are not there already.
    fn merge(&mut self, node: &mut Node, span: Span) -> Result<(), ParseError> {
        let Data::Map(members) = &mut node.data else { return Ok(()) };
        if members.iter().all(|member| member.key != "<<") {
            return Ok(());
        }
        let mut known: FxHashSet<String> = members.iter().map(|m| m.key.clone()).collect();
        let mut more: Vec<Member> = Vec::new();
        for from in members.iter().filter(|member| member.key == "<<") {
            let single = std::slice::from_ref(&from.value);
            let maps = if from.value.is_map() { single } else { from.value.items() };
            for member in maps.iter().flat_map(Node::members) {
                if known.insert(member.key.clone()) {
                    self.copied(&member.value, span)?;
                    more.push(member.clone());
                }
            }
        }
        members.extend(more);
        Ok(())
    }

    /// A copy counts like what is written.
    fn copied(&mut self, node: &Node, span: Span) -> Result<(), ParseError> {
        let (values, bytes) = weight(node);
        self.left = self.left.checked_sub(values).ok_or_else(|| self.too_many(span))?;
        self.copyable = self.copyable.checked_sub(bytes).ok_or_else(|| self.too_many(span))?;
        Ok(())
    }
}

/// Values and bytes of a tree, whose depth was checked when it was built.
fn weight(node: &Node) -> (usize, usize) {
    let own = match &node.data {
        Data::String(text) | Data::Number(text) => text.len(),
        _ => 0,
    };
    let below = node.items().iter().map(|item| (weight(item), 0));
    let members = node.members().iter().map(|member| (weight(&member.value), member.key.len()));
    below
        .chain(members)
        .fold((1, own), |(values, bytes), ((v, b), key)| (values + v, bytes + b + key))
}

/// What a scalar is, by the core schema of YAML 1.2. What stands between quotes is text.
fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Data {
    let tagged = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    if style != ScalarStyle::Plain || tagged == Some("str") {
        return Data::String(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        number if is_number(number) => Data::Number(text.into_owned()),
        _ => Data::String(text.into_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::line_of;

    fn read(text: &str) -> Node {
        parse(text, LIMITS).unwrap()
    }

    #[test]
    fn maps_lists_and_scalars_are_as_in_json() {
        let text = "extensions:\n  a:\n    cmd: npx\n    args: [-y, \"1\"]\n    enabled: true\n    timeout: 300\n    x: ~\n";
        let expected = serde_json::json!({"extensions": {"a":
            {"cmd": "npx", "args": ["-y", "1"], "enabled": true, "timeout": 300, "x": null}}});
        assert_eq!(read(text).value(), expected);
        assert_eq!(read("").value(), serde_json::Value::Null);
        assert_eq!(read("a: 1\n---\nb: 2\n").value(), serde_json::json!({"a": 1, "b": 2}));
    }

    #[test]
    fn places_are_bytes_of_the_text_whatever_its_letters() {
        let text = "# Überschrift ✓\nkey: wörd\nlist:\n- naïve\n- {deep: ✓x}\n";
        let node = read(text);
        let slice = |node: &Node| &text[node.start..node.end];
        assert_eq!(slice(node.get("key").unwrap()), "wörd");
        assert_eq!(slice(&node.get("list").unwrap().items()[0]), "naïve");
        let deep = node.get("list").unwrap().items()[1].get("deep").unwrap();
        assert_eq!((slice(deep), line_of(text, deep.start)), ("✓x", 5));
        assert_eq!(&text[node.members()[1].start..][..4], "list");
    }

    #[test]
    fn places_count_a_byte_order_mark_that_is_left_in_the_text() {
        let text = "\u{feff}key: wörd\n";
        let node = read(text);
        assert_eq!(&text[node.members()[0].start..][..3], "key");
        let value = node.get("key").unwrap();
        assert_eq!(&text[value.start..value.end], "wörd");
    }

    #[test]
    fn a_key_that_is_there_twice_is_kept_twice() {
        let node = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(node.duplicates().len(), 1);
        assert_eq!(node.get("a").unwrap().scalar().as_deref(), Some("3"));
    }

    #[test]
    fn an_alias_is_what_it_names_so_that_nothing_hides_behind_it() {
        let node = read("base: &b {cmd: npx, args: [x]}\none: *b\ntwo:\n  <<: *b\n  cmd: uvx\n");
        assert_eq!(node.path(&["one", "cmd"]).unwrap().text(), Some("npx"));
        assert_eq!(node.path(&["two", "cmd"]).unwrap().text(), Some("uvx"));
        assert_eq!(node.path(&["two", "args"]).unwrap().texts(), ["x"]);
    }

    #[test]
    fn what_unfolds_too_far_is_refused() {
        let row = |level: usize| {
            let alias = level.checked_sub(1).map_or("x".to_owned(), |below| format!("*a{below}"));
            format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", "))
        };
        let bomb: String = (0..12).map(row).collect();
        assert!(matches!(parse(&bomb, LIMITS), Err(ParseError::TooMany { .. })));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 50].join(", "));
        assert!(matches!(parse(&long, LIMITS), Err(ParseError::TooMany { .. })));
        let deep = "- ".repeat(100_000) + "x";
        assert!(matches!(parse(&deep, LIMITS), Err(ParseError::TooDeep { .. })));
        let flow = "[".repeat(100_000);
        assert!(parse(&flow, LIMITS).is_err());
        let chain: String = (1..60).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
        let chain = format!("a0: &a0 [[[[[[[[x]]]]]]]]\n{chain}");
        assert!(matches!(parse(&chain, LIMITS), Err(ParseError::TooDeep { .. })));
        assert!(parse("a: &a [*a]\n", LIMITS).is_err());
        assert_eq!(parse("a: 1\nb: [\n", LIMITS).unwrap_err().line(), 3);
    }

    #[test]
    fn seeds_of_the_fuzz_target_are_read() {
        let node = read(include_str!("../../../../fuzz/seeds/guard_yaml/goose"));
        assert_eq!(node.path(&["extensions", "copy", "args"]).unwrap().texts(), ["-y", "mail-mcp"]);
        let node = read(include_str!("../../../../fuzz/seeds/guard_yaml/list"));
        assert_eq!(node.get("b").unwrap().text(), Some("1"));
        let server = &node.get("mcpServers").unwrap().items()[0];
        assert_eq!(server.path(&["env", "A"]).unwrap().text(), Some("two\nlines\n"));
    }

    proptest! {
        /// Any text is read or refused, and ranges are ranges of the text.
        #[test]
        fn any_text_is_read_or_refused(parts in prop::collection::vec(prop_oneof![
            "\\PC{0,6}",
            prop::sample::select(vec![
                "a: ", "- ", "\n", "  ", "&a ", "*a", "<<: ", "[", "]", "{", "}", "|", ">", "'", "\"",
                "---\n", "...\n", "? ", "!!str ", "#", "\t", "é", ",", "\u{feff}",
            ]).prop_map(str::to_owned),
        ], 0..30)) {
            let text = parts.concat();
            fn check(node: &Node, text: &str) {
                assert!(text.get(node.start..node.end).is_some(), "{node:?} in {text:?}");
                node.items().iter().for_each(|item| check(item, text));
                node.members().iter().for_each(|member| check(&member.value, text));
            }
            if let Ok(node) = parse(&text, LIMITS) {
                check(&node, &text);
            }
        }

        /// A JSON text is a YAML text with the same meaning.
        #[test]
        fn json_is_yaml(keys in prop::collection::vec("[a-z]{1,6}", 1..6), number in -1000i64..1000) {
            let value: serde_json::Map<_, _> = keys.iter().map(|key| {
                (key.clone(), serde_json::json!([number, key, null, true, {"x": "y: z"}]))
            }).collect();
            let value = serde_json::Value::Object(value);
            prop_assert_eq!(parse(&value.to_string(), LIMITS).unwrap().value(), value);
        }
    }
}
