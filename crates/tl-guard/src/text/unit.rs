//! Pieces of text as a model reads them, with the way back to the file.
//!
//! In: an [`Artifact`] or a tool. Out: [`Unit`]s. Start at [`of_tool`] and [`of_artifact`].
//! **Invariant:** what a finding points at is a place in the file on disk, never in normalised text.

use std::borrow::Cow;

use serde_json::Value;
use tl_core::finding::{Location, Root};

use crate::{
    inventory::{Client, Scope, Server, Tool},
    limits,
    text::{comment, hidden, normalise, section},
};

/// What a file is to an agent; decides which rules read it and with which prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// MCP servers are configured there.
    Config,
    /// Settings of a client: permissions, hooks.
    Settings,
    /// Instructions that a client loads by itself: `AGENTS.md`, `.cursor/rules`.
    RuleFile,
    /// `SKILL.md`, an agent or a command.
    SkillDoc,
    /// Another file of a skill.
    SkillFile,
    /// What a server says of its tools.
    ToolList,
    /// Program text.
    Source,
    /// Prose that an agent may read: a README, a page.
    Document,
    /// What a tool or a web page answered.
    ToolResult,
    /// Exact versions of packages.
    Lockfile,
    /// Anything else.
    Other,
}

/// One file or stream as read: decoded once, bounded.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What it is to an agent.
    pub role: Role,
    /// Whose file it is.
    pub client: Client,
    /// Who may write there.
    pub scope: Scope,
    /// Which file; line 0.
    pub at: Location,
    /// Decoded, without byte order mark.
    pub text: String,
    /// Size on disk.
    pub bytes: u64,
    /// Whether `text` is all of it.
    pub whole: bool,
    /// How it was stored.
    pub encoding: Encoding,
}

impl Artifact {
    /// A whole text that no client was found to own, in a project.
    pub fn whole(role: Role, at: Location, text: &str) -> Self {
        Self {
            role,
            client: Client::Unknown,
            scope: Scope::Project,
            at,
            text: text.to_owned(),
            bytes: text.len() as u64,
            whole: true,
            encoding: Encoding::Utf8,
        }
    }
}

/// How a file was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 (or ASCII).
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// Not UTF-8: each byte was taken as one character.
    Latin1,
    /// No text: a NUL in the first 8 KiB.
    Binary,
}

/// Where in a document a piece stands: changes its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Running text.
    Prose,
    /// `# A title`.
    Heading,
    /// `> as somebody said`.
    Quote,
    /// Between fences, or indented.
    CodeBlock,
    /// Between backticks.
    InlineCode,
    /// A comment of program text.
    Comment,
    /// `<!-- -->` or `[//]: #`.
    HtmlComment,
    /// Between `---` lines at the start.
    FrontMatter,
    /// A string of JSON, TOML or YAML.
    JsonString,
    /// `<details>` that nobody opened, or an element styled away.
    CollapsedHtml,
    /// What an image says when it is not shown.
    AltText,
    /// A name.
    Identifier,
    /// Was encoded.
    Decoded,
}

/// A piece of text that a model reads as one: a tool with all its fields joined, a section of a
/// document, a comment, a JSON string.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// Of the file.
    pub role: Role,
    /// Of the file.
    pub scope: Scope,
    /// As written (escapes of JSON decoded).
    pub raw: Cow<'a, str>,
    /// Normalised; equal to `raw` where that is plain ASCII.
    pub text: Cow<'a, str>,
    /// Parts of `text`, in order.
    pub spans: Vec<Span>,
    /// From `text` to `raw`.
    pub map: OffsetMap,
    /// What a person does not see; ranges are bytes of `raw`. Empty for a piece of a file, whose
    /// text is searched once as a whole.
    pub hidden: Vec<Hidden>,
    /// Where `raw` begins.
    pub at: Location,
    /// Byte of [`Artifact::text`] at which `raw` begins, where they are the same bytes.
    pub base: Option<usize>,
    /// Names of the joined fields: `description`, `inputSchema.properties.path.description`.
    pub fields: Vec<String>,
    /// The tool it describes and its server, for cross rules.
    pub tool: Option<(&'a Server, &'a Tool)>,
    /// Depth of decoding: 0 as written, 1, 2.
    pub depth: u8,
    /// It was encoded in what shows an attack to people.
    pub shown: bool,
}

/// Byte range of [`Unit::text`] and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// Where it stands.
    pub context: Context,
    /// Of joined fields: index into [`Unit::fields`].
    pub field: u16,
}

/// Byte of normalised text to byte of the text as written, at each change; between two entries both
/// advance together. Empty: the identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OffsetMap(pub Vec<(u32, u32)>);

impl OffsetMap {
    /// Byte of the text as written for one of the normalised text.
    pub fn raw(&self, normalised: usize) -> usize {
        let at = self.0.partition_point(|(from, _)| *from as usize <= normalised);
        let Some((from, to)) = at.checked_sub(1).and_then(|i| self.0.get(i)) else {
            return normalised;
        };
        let byte = *to as usize + (normalised - *from as usize);
        // A run that came out longer than it went in must not point behind its own end.
        self.0.get(at).map_or(byte, |(_, next)| byte.min(*next as usize))
    }

    /// This way, and from where it leads another one.
    fn then(&self, other: &Self) -> Self {
        let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let own = self.0.iter().map(|(from, to)| (*from, short(other.raw(*to as usize))));
        let others = other.0.iter().map(|(from, to)| (short(self.normalised(*from as usize)), *to));
        let mut all: Vec<(u32, u32)> = own.chain(others).collect();
        all.sort_unstable();
        all.dedup_by_key(|(from, _)| *from);
        Self(all)
    }

    /// First byte of the normalised text that stands for one as written, or for one behind it.
    pub fn normalised(&self, raw: usize) -> usize {
        let at = self.0.partition_point(|(_, to)| (*to as usize) <= raw);
        let Some((from, to)) = at.checked_sub(1).and_then(|i| self.0.get(i)) else {
            return raw;
        };
        let byte = *from as usize + (raw - *to as usize);
        self.0.get(at).map_or(byte, |(next, _)| byte.min(*next as usize))
    }
}

/// Something a person does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// How it is hidden.
    pub kind: HiddenKind,
    /// First byte of the text as written.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// What a model reads there; empty where it says nothing.
    pub decoded: String,
}

/// Kinds of hiding; one GH rule each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HiddenKind {
    /// U+E0000 to U+E007F.
    Tag,
    /// Characters that turn the direction of writing.
    Bidi,
    /// Variation selectors that vary nothing.
    VariationSelector,
    /// Characters without width inside words.
    ZeroWidth,
    /// Sequences that a terminal obeys.
    Ansi,
    /// Comments and elements that are not shown.
    Markup,
    /// Base64, hexadecimal, percent signs, escapes.
    Encoded,
    /// Lines or blanks that move text out of sight.
    Padding,
    /// Letters of another script that look alike.
    Homoglyph,
}

impl Unit<'_> {
    /// Whether it is a part of a document that may list attacks for people.
    pub(crate) fn may_list(&self) -> bool {
        matches!(self.role, Role::Document | Role::SkillDoc | Role::SkillFile | Role::Other)
    }

    /// Whether people fill the file in, and so see its comments: a template of issues or requests.
    pub(crate) fn is_form(&self) -> bool {
        let lower = self.at.path.to_ascii_lowercase();
        let forms = ["issue_template", "pull_request_template", "merge_request_template"];
        matches!(self.role, Role::Document | Role::Other)
            && forms.iter().any(|name| lower.contains(name))
    }

    /// Place on disk of a byte of [`Unit::text`], with the field it stands in.
    pub fn locate(&self, byte: usize) -> Location {
        let mut at = self.locate_raw(self.map.raw(byte));
        if let Some(field) = self.field(byte) {
            at.within = if at.within.is_empty() {
                field.to_owned()
            } else {
                format!("{}.{field}", at.within)
            };
        }
        at
    }

    /// Place on disk of a byte of [`Unit::raw`].
    pub fn locate_raw(&self, byte: usize) -> Location {
        let mut at = self.at.clone();
        if self.base.is_some() {
            advance(&mut at, &self.raw, byte);
        }
        at
    }

    /// Name of the joined field that a byte of [`Unit::text`] stands in.
    pub fn field(&self, byte: usize) -> Option<&str> {
        let span = self.span(byte)?;
        self.fields.get(usize::from(span.field)).map(String::as_str)
    }

    /// Where a byte of [`Unit::text`] stands.
    pub fn context(&self, byte: usize) -> Context {
        self.span(byte).map_or(Context::Prose, |span| span.context)
    }

    fn span(&self, byte: usize) -> Option<&Span> {
        let next = self.spans.partition_point(|span| span.start <= byte);
        self.spans.get(next.checked_sub(1)?).filter(|span| byte < span.end)
    }
}

/// Moves a location from the start of `text` to one of its bytes.
pub fn advance(at: &mut Location, text: &str, byte: usize) {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
    let lines = before.bytes().filter(|b| *b == b'\n').count();
    let last = before.rfind('\n').map_or(0, |i| i + 1);
    let characters = before[last..].chars().count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let column = if lines == 0 { at.column.max(1) } else { 1 };
    at.line = at.line.max(1).saturating_add(count(lines));
    at.column = column.saturating_add(count(characters));
    at.end_line = at.line;
}

/// Makes a unit of text as written: normalised, with the parts' ranges moved along. `spans` are
/// ranges of `raw`.
pub fn of_text<'a>(
    (role, scope): (Role, Scope),
    raw: Cow<'a, str>,
    spans: Vec<Span>,
    at: Location,
) -> Unit<'a> {
    let hidden = hidden::find(&raw);
    with_hidden((role, scope), raw, spans, at, hidden)
}

/// A unit of `raw`, whose text is put together of parts of it; the map leads from the text to `raw`.
pub(crate) fn of_joined<'a>(
    owner: (Role, Scope),
    raw: &'a str,
    (text, map): (String, OffsetMap),
    at: Location,
) -> Unit<'a> {
    let span = Span { start: 0, end: text.len(), context: Context::Prose, field: 0 };
    let mut unit = with_hidden(owner, Cow::Owned(text), vec![span], at, Vec::new());
    unit.map = unit.map.then(&map);
    unit.raw = Cow::Borrowed(raw);
    unit
}

fn with_hidden<'a>(
    (role, scope): (Role, Scope),
    raw: Cow<'a, str>,
    spans: Vec<Span>,
    at: Location,
    hidden: Vec<Hidden>,
) -> Unit<'a> {
    let (text, map, spans) = match normalise::normalise(&raw) {
        None => (raw.clone(), OffsetMap::default(), spans),
        Some((text, map)) => {
            let spans = spans.into_iter().map(|s| moved(s, &map, &text)).collect();
            (Cow::Owned(text), map, spans)
        }
    };
    let (fields, tool) = (Vec::new(), None);
    let (base, depth, shown) = (None, 0, false);
    Unit { role, scope, raw, text, spans, map, hidden, at, base, fields, tool, depth, shown }
}

/// Where several characters became one, or one several, a byte of the text as written may lead into the
/// middle of one.
fn moved(span: Span, map: &OffsetMap, text: &str) -> Span {
    let at = |raw| text.floor_char_boundary(map.normalised(raw));
    let start = at(span.start);
    Span { start, end: at(span.end).max(start), ..span }
}

/// One unit: all strings of all fields of a tool, joined, so that conjunctions see them together.
pub fn of_tool<'a>(server: &'a Server, tool: &'a Tool) -> Unit<'a> {
    let mut fields = Fields::default();
    fields.add("name", &tool.name, Context::Identifier);
    for (name, text) in [("title", &tool.title), ("description", &tool.description)] {
        if let Some(text) = text {
            fields.add(name, text, Context::Prose);
        }
    }
    let schemas = [
        ("inputSchema", &tool.input_schema),
        ("outputSchema", &tool.output_schema),
        ("annotations", &tool.annotations),
    ];
    for (name, value) in schemas {
        if let Some(value) = value {
            fields.value(&mut name.to_owned(), value, 0);
        }
    }
    for (name, value) in &tool.rest {
        fields.value(&mut name.clone(), value, 0);
    }
    let mut at = server.at.clone();
    at.within = format!("tools.{}", tool.name);
    let Fields { raw, spans, names } = fields;
    let mut unit = of_text((Role::ToolList, server.scope), Cow::Owned(raw), spans, at);
    unit.fields = names;
    unit.tool = Some((server, tool));
    unit
}

/// What a server says of itself when it starts.
pub fn of_instructions(server: &Server) -> Option<Unit<'_>> {
    let text = server.instructions.as_deref()?;
    let mut at = server.at.clone();
    at.within = format!("{}.instructions", server.name);
    let span = Span { start: 0, end: text.len(), context: Context::Prose, field: 0 };
    Some(of_text((Role::ToolList, server.scope), Cow::Borrowed(text), vec![span], at))
}

/// Fields of a tool, joined by ` . ` so that a sentence ends with its field.
#[derive(Default)]
struct Fields {
    raw: String,
    spans: Vec<Span>,
    names: Vec<String>,
}

impl Fields {
    fn add(&mut self, name: &str, text: &str, context: Context) {
        if text.is_empty() {
            return;
        }
        if !self.raw.is_empty() {
            self.raw.push_str(" . ");
        }
        let start = self.raw.len();
        self.raw.push_str(text);
        let field = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name.to_owned());
        self.spans.push(Span { start, end: self.raw.len(), context, field });
    }

    /// Every string below a value but the words of JSON Schema itself. `name` is as it was behind this.
    fn value(&mut self, name: &mut String, value: &Value, depth: usize) {
        if depth > limits::SCHEMA_DEPTH {
            return;
        }
        match value {
            Value::String(text) => self.add(name, text, Context::Prose),
            Value::Array(items) => items.iter().for_each(|item| self.value(name, item, depth + 1)),
            Value::Object(map) => {
                let names = name.ends_with("properties") || name.ends_with("$defs");
                let length = name.len();
                for (key, item) in map {
                    if !names
                        && matches!(key.as_str(), "type" | "$schema" | "format" | "$ref")
                        && (item.is_string() || item.is_array())
                    {
                        continue;
                    }
                    name.push('.');
                    name.push_str(key);
                    if names {
                        self.add(name, key, Context::Identifier);
                    }
                    self.value(name, item, depth + 1);
                    name.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Units of a file: sections of a document, comments of program text, strings of a configuration.
pub fn of_artifact(artifact: &Artifact) -> Vec<Unit<'_>> {
    let pieces = match artifact.role {
        Role::Source => comment::pieces(&artifact.text, &artifact.at.path),
        Role::Lockfile => Vec::new(),
        Role::Config | Role::Settings => section::plain(&artifact.text, Context::JsonString),
        Role::SkillFile | Role::Other if comment::known(&artifact.at.path) => {
            comment::pieces(&artifact.text, &artifact.at.path)
        }
        Role::ToolResult | Role::ToolList => section::plain(&artifact.text, Context::Prose),
        Role::RuleFile | Role::SkillDoc | Role::SkillFile | Role::Document | Role::Other => {
            section::pieces(&artifact.text)
        }
    };
    let mut place = artifact.at.clone();
    let mut seen = 0;
    let blank = |piece: &Piece| artifact.text[piece.start..piece.end].trim_ascii().is_empty();
    pieces
        .into_iter()
        .filter(|piece| !blank(piece))
        .map(|piece| {
            if piece.start >= seen {
                advance(&mut place, &artifact.text[seen..], piece.start - seen);
                seen = piece.start;
            } else {
                place = artifact.at.clone();
                advance(&mut place, &artifact.text, piece.start);
                seen = piece.start;
            }
            let raw = &artifact.text[piece.start..piece.end];
            let owner = (artifact.role, artifact.scope);
            let raw = Cow::Borrowed(raw);
            let mut unit = with_hidden(owner, raw, piece.spans, place.clone(), Vec::new());
            unit.base = Some(piece.start);
            unit
        })
        .collect()
}

/// A stretch of a file that becomes one unit; spans count from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) spans: Vec<Span>,
}

/// Where tools that were given as a file stand.
pub fn tools_at(path: &str) -> Location {
    Location {
        root: Root::Tools,
        path: path.to_owned(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    }
}
