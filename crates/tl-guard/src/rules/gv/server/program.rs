//! Program text, cut into functions.
//!
//! In: the text of a Python, JavaScript, TypeScript or Go file. Out: a [`Program`]: its code without
//! comments and documentation, the same with the insides of strings blanked, and its functions with
//! their parameters. Bytes keep their places in both. Start at [`Program::of`]. A reader of brackets
//! and indentation, not a parser: it reads what a broken file shows as well, and never runs away.

use std::cell::Cell;
use std::ops::Range;

use regex::Regex;

use super::lex::lex;

/// Functions that are looked at in one file.
const MOST: usize = 2_000;

/// Bytes of a list of parameters or arguments that is taken apart.
const LONGEST_LIST: usize = 32 << 10;

/// How a program is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    /// JavaScript or TypeScript.
    Script,
    Go,
}

impl Language {
    /// By the ending of a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.rsplit('.').next()?.to_ascii_lowercase().as_str() {
            "py" | "pyw" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => Some(Self::Script),
            "go" => Some(Self::Go),
            _ => None,
        }
    }
}

/// A file as code.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) language: Language,
    /// Comments and documentation are blanks.
    pub(crate) code: String,
    /// The insides of strings are blanks too, but what is put into them.
    pub(crate) mask: String,
    /// In order of their heads.
    pub(crate) functions: Vec<Function>,
    /// Of the functions, sorted.
    names: Vec<String>,
    /// Of `mask`.
    pub(crate) brackets: Brackets,
    /// A limit was reached, here or by whoever looked: not all of the file was followed.
    pub(crate) over: Cell<bool>,
}

/// Which bracket closes which, by the one that opens.
#[derive(Debug)]
pub(crate) struct Brackets {
    pairs: Vec<Pair>,
    length: usize,
}

#[derive(Debug)]
struct Pair {
    open: usize,
    close: usize,
    /// Index of the pair around it.
    around: Option<usize>,
}

impl Brackets {
    fn of(mask: &str) -> Self {
        let (mut pairs, mut open): (Vec<Pair>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, byte) in mask.bytes().enumerate() {
            match byte {
                b'(' | b'[' | b'{' => {
                    let around = open.last().copied();
                    open.push(pairs.len());
                    pairs.push(Pair { open: at, close: mask.len(), around });
                }
                b')' | b']' | b'}' => {
                    if let Some(index) = open.pop() {
                        pairs[index].close = at;
                    }
                }
                _ => {}
            }
        }
        Self { pairs, length: mask.len() }
    }

    /// The bracket that one at `close` closes.
    pub(crate) fn opening(&self, close: usize) -> Option<usize> {
        self.pairs.iter().find(|pair| pair.close == close).map(|pair| pair.open)
    }

    /// What stands in the brackets that open at `open`, without them; to the end where none closes.
    pub(crate) fn inside(&self, open: usize) -> Range<usize> {
        match self.index(open) {
            Some(index) => open + 1..self.pairs[index].close,
            None => open.min(self.length)..open.min(self.length),
        }
    }

    fn index(&self, open: usize) -> Option<usize> {
        self.pairs.binary_search_by_key(&open, |pair| pair.open).ok()
    }

    /// Whether what stands at `at` is an argument of the call whose bracket opens at `call`, or a member
    /// of an object that is one.
    fn is_argument(&self, at: usize, call: usize) -> bool {
        let before = self.pairs.partition_point(|pair| pair.open < at);
        // The pair that is open at `at`: the last before it that closes behind, or one around it.
        let mut index = before.checked_sub(1);
        while let Some(here) = index.filter(|here| self.pairs[*here].close < at) {
            index = self.pairs[here].around;
        }
        let around = index.and_then(|here| self.pairs[here].around);
        [index, around].into_iter().flatten().any(|here| self.pairs[here].open == call)
    }
}

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    /// Empty where it has none.
    pub(crate) name: String,
    pub(crate) parameters: Vec<Parameter>,
    /// From its head.
    pub(crate) start: usize,
    pub(crate) body: Range<usize>,
    /// A model calls it, or names what it reads.
    pub(crate) handler: bool,
    /// What is said of it to a model: its documentation, or what it is registered with.
    pub(crate) said: Range<usize>,
}

/// What a caller gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// The names that it fills: several where it is taken apart.
    pub(crate) names: Vec<String>,
    /// Its type leaves no room for text.
    pub(crate) number: bool,
}

/// A literal pattern of this module.
pub(crate) fn pattern(text: &str) -> Regex {
    super::super::python::pattern(text)
}

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| $crate::rules::gv::server::program::pattern($text));)*
    };
}
pub(crate) use patterns;

patterns! {
    DEF = r"(?m)^([ \t]*)(?:async[ ]+)?def[ ]+(\w+)[ ]*\(";
    DECORATOR = r"(?m)^[ \t]*@(?:\w+\.)*(?:\w*tool|tools?|call_tool|resource|read_resource|resource_template|prompt|get_prompt|completion)\b";
    PAGE = r"(?m)^[ \t]*@\w+\.(?:get|post|put|route|api_route|websocket)\(";
    REGISTERED = r"(?:\badd_tool\(|\bfrom_function\(|\.tool\([^()\n]*\)\(|\bregister_tool\()\s*(?:fn\s*=\s*)?([A-Za-z_][\w.]*)";
    NUMBER = r"^(?:typing\.|t\.)?(?:Optional\[)?(?:int|float|bool|Literal\[|UUID|uuid\.UUID|date|datetime|Decimal|number|boolean|int64|float64)\b";
    GO_FUNC = r"\bfunc\b[ ]*(?:\([^()]*\)[ ]*)?(\w*)[ ]*\(";
    REGISTERS = r"\.(?:tool|registerTool|addTool|setRequestHandler|resource|registerResource|addResource|addResourceTemplate|prompt|registerPrompt|addPrompt)(?:<[^()]*>)?\(";
    HANDLER_NAME = r"(?:\b(?:execute|handler|handle|callback|run|call)\s*:\s*(?:async\s*)?(?:function\s*)?)$";
    ARROW_NAME = r"\b(?:const|let|var)\s+(\w+)\s*(?::[^=;\n]+)?=\s*(?:async\s*)?$";
    PLAIN_NAME = r"(\w+)\s*(?:<[^()<>]*>)?\s*$";
    SINGLE_ARROW = r"\b(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>";
    GO_REQUEST = r"CallToolRequest|CallToolParams|ReadResourceRequest|ReadResourceParams|GetPromptRequest|GetPromptParams";
}

impl Program {
    /// Whether a function of the file has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// Reads a file. `text` is of the language that its path says.
    pub(crate) fn of(text: &str, language: Language) -> Self {
        let (code, mask) = lex(text, language);
        let brackets = Brackets::of(&mask);
        let over = Cell::new(false);
        let functions = match language {
            Language::Python => {
                python(text, (&code, &mask), &brackets, super::by_hand(text, language), &over)
            }
            Language::Script => script(&mask, &brackets, &over),
            Language::Go => go(&mask, &brackets, &over),
        };
        let mut names: Vec<String> = functions.iter().map(|one| one.name.clone()).collect();
        names.sort_unstable();
        Self { language, code, mask, functions, names, brackets, over }
    }
}

/// At most so many; `over` is told whether there are more.
pub(crate) fn bounded<'a, T>(
    items: impl Iterator<Item = T> + 'a,
    most: usize,
    over: &'a Cell<bool>,
) -> impl Iterator<Item = T> + 'a {
    let within = move |(n, _): &(usize, T)| {
        over.set(over.get() || *n >= most);
        *n < most
    };
    items.enumerate().take_while(within).map(|(_, item)| item)
}

/// Whether a list is longer than is taken apart.
pub(crate) fn is_long(list: &Range<usize>) -> bool {
    list.len() > LONGEST_LIST
}

/// The parts of a list, at its commas that stand in no brackets; none of a list that is longer than people
/// write.
pub(crate) fn split(mask: &str, list: Range<usize>) -> Vec<Range<usize>> {
    if is_long(&list) {
        return Vec::new();
    }
    let (mut out, mut depth, mut start) = (Vec::new(), 0_i32, list.start);
    for at in list.clone() {
        match mask.as_bytes()[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                out.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(start..list.end);
    out.retain(|part| !mask[part.clone()].trim().is_empty());
    out
}

fn python(
    text: &str,
    (code, mask): (&str, &str),
    brackets: &Brackets,
    by_hand: bool,
    over: &Cell<bool>,
) -> Vec<Function> {
    let mut decorated: Vec<usize> =
        bounded(DECORATOR.find_iter(mask), MOST, over).map(|found| found.end()).collect();
    if by_hand {
        decorated.extend(bounded(PAGE.find_iter(mask), MOST, over).map(|found| found.end()));
    }
    let mut registered: Vec<&str> = REGISTERED
        .captures_iter(code)
        .filter_map(|c| c.get(1)?.as_str().rsplit('.').next())
        .collect();
    registered.sort_unstable();
    let mut out: Vec<Function> = Vec::new();
    let mut before = 0;
    for found in bounded(DEF.captures_iter(mask), MOST, over) {
        let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        let list = brackets.inside(whole.end() - 1);
        let parameters = split(mask, list.clone())
            .into_iter()
            .filter_map(|part| python_parameter(&mask[part]))
            .collect();
        let start = mask[list.end..].find('\n').map_or(mask.len(), |n| list.end + n + 1);
        let end = block_end(mask, start, indent.len());
        let handler = decorated.iter().any(|at| (before..whole.start()).contains(at))
            || registered.binary_search(&&found[2]).is_ok()
            || by_hand && calls_tools(&found[2]);
        before = whole.start();
        let body = start.min(end)..end;
        let said = documentation(text, &body);
        let (name, start) = (found[2].to_owned(), whole.start());
        out.push(Function { name, parameters, start, body, handler, said });
    }
    out
}

/// Whether a function that answers the protocol itself is the one that is asked for a tool.
fn calls_tools(name: &str) -> bool {
    name.contains("tool")
        && ["call", "execute", "invoke", "run"].iter().any(|word| name.contains(word))
}

/// The string that a body begins with.
fn documentation(text: &str, body: &Range<usize>) -> Range<usize> {
    let inside = &text[body.clone()];
    let start = body.start + (inside.len() - inside.trim_start().len());
    let inside = &text[start..body.end];
    let inside = inside.trim_start_matches(['r', 'R', 'u', 'U', 'f', 'F']);
    let start = body.end - inside.len();
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(rest) = inside.strip_prefix(quote) {
            let end = rest.find(quote).unwrap_or(rest.len());
            return start + quote.len()..start + quote.len() + end;
        }
    }
    body.start..body.start
}

fn python_parameter(text: &str) -> Option<Parameter> {
    let text = text.trim().trim_start_matches('*');
    let name = text.split([':', '=']).next()?.trim();
    let kind = text.split_once(':').map_or("", |(_, kind)| kind.split('=').next().unwrap_or(kind));
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || matches!(name, "" | "self" | "cls" | "ctx") || kind.contains("Context") {
        return None;
    }
    let kind = kind.trim().trim_start_matches("Annotated[");
    Some(Parameter { names: vec![name.to_owned()], number: NUMBER.is_match(kind) })
}

/// Byte behind the lines from `start` that are indented by more than `indent`.
pub(crate) fn block_end(mask: &str, start: usize, indent: usize) -> usize {
    let mut end = start.min(mask.len());
    for line in mask[end..].split_inclusive('\n') {
        let depth = line.len() - line.trim_start_matches([' ', '\t']).len();
        // A line that only closes brackets belongs to what is above.
        if !line.trim().is_empty()
            && depth <= indent
            && !line.trim_start().starts_with([')', ']', '}'])
        {
            break;
        }
        end += line.len();
    }
    end
}

/// Every list of parameters with a block or an arrow behind it.
fn script(mask: &str, brackets: &Brackets, over: &Cell<bool>) -> Vec<Function> {
    let bytes = mask.as_bytes();
    let registers: Vec<Range<usize>> = bounded(REGISTERS.find_iter(mask), MOST, over)
        .map(|found| brackets.inside(found.end() - 1))
        .collect();
    let mut out = Vec::new();
    for open in brackets.pairs.iter().map(|pair| pair.open) {
        if bytes[open] != b'(' {
            continue;
        }
        if out.len() >= MOST {
            over.set(true);
            break;
        }
        let list = brackets.inside(open);
        let Some(body) = script_body(mask, brackets, list.end + 1) else { continue };
        let head = &mask[mask.floor_char_boundary(open.saturating_sub(120))..open];
        let head = head.get(head.rfind([';', '}']).map_or(0, |at| at + 1)..).unwrap_or(head);
        let name = ARROW_NAME.captures(head).or_else(|| PLAIN_NAME.captures(head));
        let name = name.map_or("", |c| c.get(1).map_or("", |m| m.as_str()));
        if matches!(name, "if" | "for" | "while" | "switch" | "catch" | "with") {
            continue;
        }
        let name = if matches!(name, "function" | "async") { "" } else { name };
        let parameters = split(mask, list).into_iter().map(|part| script_parameter(&mask[part]));
        let parameters: Vec<Parameter> = parameters.collect();
        let inside = registers
            .iter()
            .find(|call| call.contains(&open) && brackets.is_argument(open, call.start - 1));
        let said = inside.map_or(open..open, |call| call.start..open);
        let handler = inside.is_some() || !parameters.is_empty() && HANDLER_NAME.is_match(head);
        out.push(Function { name: name.to_owned(), parameters, start: open, body, handler, said });
    }
    for found in bounded(SINGLE_ARROW.captures_iter(mask), MOST, over) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let Some(call) = registers.iter().find(|call| {
            call.contains(&whole.start()) && brackets.is_argument(whole.start(), call.start - 1)
        }) else {
            continue;
        };
        let Some(body) = after_arrow(mask, brackets, whole.end()) else { continue };
        let parameter = Parameter { names: vec![name.as_str().to_owned()], number: false };
        let (start, name) = (whole.start(), String::new());
        let (parameters, said) = (vec![parameter], call.start..start);
        out.push(Function { name, parameters, start, body, handler: true, said });
    }
    out.sort_by_key(|function| function.start);
    out
}

/// The body of a function whose parameters end before `at`, if one follows.
fn script_body(mask: &str, brackets: &Brackets, at: usize) -> Option<Range<usize>> {
    let rest = mask.get(at..)?;
    let mut here = at + (rest.len() - rest.trim_start().len());
    // A type of what is returned: to the block or arrow, on few lines.
    if mask[here..].starts_with(':') {
        let far = mask.floor_char_boundary((here + 200).min(mask.len()));
        let kind = &mask[here..far];
        let end = kind.find([';', ')']).unwrap_or(kind.len());
        let arrow = kind[..end].find("=>");
        let block = kind[..end].find(" {");
        here += match (arrow, block) {
            (Some(arrow), Some(block)) if block < arrow && kind[block..].starts_with(" {\n") => {
                block + 1
            }
            (Some(arrow), _) => arrow,
            (None, Some(block)) => block + 1,
            (None, None) => return None,
        };
    }
    let rest = &mask[here..];
    if rest.starts_with("=>") {
        return after_arrow(mask, brackets, here + 2);
    }
    rest.starts_with('{').then(|| brackets.inside(here))
}

/// A block, or an expression to the end of its list or statement.
fn after_arrow(mask: &str, brackets: &Brackets, at: usize) -> Option<Range<usize>> {
    let rest = mask.get(at..)?;
    let here = at + (rest.len() - rest.trim_start().len());
    if mask[here..].starts_with('{') {
        return Some(brackets.inside(here));
    }
    let mut depth = 0_i32;
    for (n, byte) in mask.bytes().enumerate().skip(here).take(LONGEST_LIST) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return Some(here..n),
            b')' | b']' | b'}' => depth -= 1,
            b',' | b';' if depth == 0 => return Some(here..n),
            _ => {}
        }
    }
    Some(here..mask.floor_char_boundary(here + LONGEST_LIST))
}

fn script_parameter(text: &str) -> Parameter {
    let text = text.trim().trim_start_matches("...");
    if let Some(inside) = text.strip_prefix('{') {
        let inside = inside.split('}').next().unwrap_or(inside);
        let names = inside
            .split(',')
            .filter_map(|one| one.split('=').next()?.split(':').next_back())
            .map(|name| name.trim().trim_start_matches("...").to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        return Parameter { names, number: false };
    }
    let (name, kind) = text.split_once(':').unwrap_or((text, ""));
    let name = name.split('=').next().unwrap_or(name).trim().trim_end_matches('?').to_owned();
    Parameter { names: vec![name], number: NUMBER.is_match(kind.trim()) }
}

fn go(mask: &str, brackets: &Brackets, over: &Cell<bool>) -> Vec<Function> {
    let mut out = Vec::new();
    for found in bounded(GO_FUNC.captures_iter(mask), MOST, over) {
        let Some(whole) = found.get(0) else { continue };
        let list = brackets.inside(whole.end() - 1);
        let Some(block) = mask[list.end..].find('{') else { continue };
        let line = mask[list.end..].find('\n').unwrap_or(mask.len() - list.end);
        if block > line {
            continue;
        }
        let handler = GO_REQUEST.is_match(&mask[list.clone()]);
        let parts = split(mask, list.clone());
        let parameters = parts
            .into_iter()
            .filter(|part| !mask[part.clone()].contains("context.Context"))
            .map(|part| {
                let mut words = mask[part].split_whitespace();
                let name = words.next().unwrap_or_default().to_owned();
                let kind = words.next().unwrap_or_default();
                Parameter { names: vec![name], number: NUMBER.is_match(kind) }
            })
            .collect();
        let body = brackets.inside(list.end + block);
        let name = found[1].to_owned();
        let start = whole.start();
        out.push(Function { name, parameters, start, body, handler, said: start..start });
    }
    out
}
