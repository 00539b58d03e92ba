//! tl-guard::text and tl-guard::rules
use crate::inventory::{Client, Inventory, Scope, Server, Tool};
use tl_core::finding::{Finding, Location};
use tl_rules::doc::RuleDoc;
/// What a file is to an agent; decides which rules read it and with which prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Config,
    Settings,
    RuleFile,
    SkillDoc,
    SkillFile,
    ToolList,
    Source,
    Document,
    ToolResult,
    Lockfile,
    Other,
}
/// One file or stream as read: decoded once, bounded.
#[derive(Debug)]
pub struct Artifact {
    pub role: Role,
    pub client: Client,
    pub scope: Scope,
    pub at: Location,
    pub text: String,
    pub bytes: u64,
    /// whether `text` is all of it
    pub whole: bool,
    pub encoding: Encoding,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
/// How it was stored.
pub enum Encoding {
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    Latin1,
    Binary,
}
/// Where in a document a piece stands: changes its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Prose,
    Heading,
    Quote,
    CodeBlock,
    InlineCode,
    Comment,
    HtmlComment,
    FrontMatter,
    JsonString,
    CollapsedHtml,
    AltText,
    Identifier,
    Decoded,
}
/// A piece of text that a model reads as one: a tool with all its fields joined, a markdown section, a comment, a JSON string.
#[derive(Debug)]
pub struct Unit<'a> {
    pub role: Role,
    pub scope: Scope,
    pub raw: &'a str,
    /// normalised; equal to `raw` where that is plain ASCII
    pub text: std::borrow::Cow<'a, str>,
    pub spans: Vec<Span>,
    pub map: OffsetMap,
    pub hidden: Vec<Hidden>,
    pub at: Location,
    /// The tool it describes and its server, for cross rules.
    pub tool: Option<(&'a Server, &'a Tool)>,
    /// depth of decoding: 0 as written, 1, 2
    pub depth: u8,
}
/// Byte range of `Unit::text` and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub context: Context,
    /// of joined fields: index into the tool's list of fields
    pub field: u16,
}
/// Byte of normalised text to byte of the file; runs, binary search. Empty: the identity.
#[derive(Debug, Clone, Default)]
pub struct OffsetMap(pub Vec<(u32, u32)>);
/// Something a person does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    pub kind: HiddenKind,
    pub start: usize,
    pub end: usize,
    pub decoded: String,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
/// Kinds of hiding; one GH rule each.
pub enum HiddenKind {
    Tag,
    Bidi,
    VariationSelector,
    ZeroWidth,
    Ansi,
    Markup,
    Encoded,
    Padding,
    Homoglyph,
}
/// What all checks may ask.
#[derive(Debug)]
pub struct Cx<'a> {
    pub inventory: &'a Inventory,
    /// exact tool names to (server, tool), of all servers
    pub tools: &'a std::collections::BTreeMap<String, Vec<(usize, usize)>>,
    pub strict: bool,
}
/// What a check reads. One function, one rule, no state.
#[derive(Clone, Copy)]
pub enum Check {
    Text(fn(&Unit<'_>, &Cx<'_>, &mut Sink)),
    Artifact(fn(&Artifact, &Cx<'_>, &mut Sink)),
    Inventory(fn(&Cx<'_>, &mut Sink)),
    /// Drift and actions have their own inputs; they are listed for their documentation.
    Elsewhere,
}
/// A concrete rule: its documentation and its check.
pub struct Rule {
    pub doc: &'static RuleDoc,
    pub check: Check,
    /// lower-case literals of which one must be there before `check` runs; empty: always
    pub needs: &'static [&'static str],
}
/// Collects findings, at most 100 a rule and file (the 101st is one finding that counts the rest).
#[derive(Debug, Default)]
pub struct Sink {
    pub findings: Vec<Finding>,
}
