//! What a caller gives, followed through a file.
//!
//! In: a [`Program`]. Out: for each function that a handler reaches, the names that hold what a model
//! chose, and how each was put together ([`Reached`]). Start at [`reach`]. Names, not values: a name that
//! is checked anywhere in its function counts as checked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::super::python::texts;
use super::LARGEST;
use super::branch::Branches;
use super::program::{Function, Language, Program, patterns, split};

/// Times that a function is read again because a caller gives it more.
const ROUNDS: usize = 8;

/// Bytes of bodies that are followed in one file: bodies that lie in each other count each time.
pub(crate) const WORK: usize = 3 << 20;
/// Functions that one is followed into.
const BELOW: usize = 200;
/// Names of one function whose making is remembered.
const BUILT: usize = 300;

/// A function that a handler reaches.
#[derive(Debug)]
pub(crate) struct Reached {
    /// Index in [`Program::functions`].
    pub(crate) function: usize,
    /// Names that hold text of the caller's choice.
    pub(crate) names: BTreeSet<String>,
    /// Names that hold a number of the caller's choice.
    pub(crate) numbers: BTreeSet<String>,
    /// Of those names, what holds it as the model wrote it.
    pub(crate) plain: BTreeSet<String>,
    /// The same by way of callers too: what one of them hands on as it got it.
    pub(crate) handed: BTreeSet<String>,
    /// Of those names, lists whose first part the program itself chose.
    pub(crate) lists: BTreeSet<String>,
    /// Of those names, what was put together, and out of what.
    pub(crate) built: Vec<(String, Range<usize>)>,
    /// Names that are checked in one branch alone, with that.
    pub(crate) held: Vec<(Range<usize>, String)>,
    /// Branches that a setting chooses.
    pub(crate) branches: Branches,
}

impl Reached {
    /// Names that hold unchecked text of the caller's choice at a place.
    pub(crate) fn names_at(&self, at: usize) -> Cow<'_, BTreeSet<String>> {
        let held = || self.held.iter().filter(|(range, _)| range.contains(&at));
        if held().next().is_none() {
            return Cow::Borrowed(&self.names);
        }
        let mut names = self.names.clone();
        held().for_each(|(_, name)| {
            names.remove(name);
        });
        Cow::Owned(names)
    }
}

patterns! {
    PYTHON_ASSIGN = r"(?m)^[ \t]*([A-Za-z_]\w*(?:[ ]*,[ ]*[A-Za-z_]\w*)*)[ ]*(?::[^=\n]+)?[+]?=[ ]*([^=\s])|\bfor[ ]+(\w+(?:[ ]*,[ ]*\w+)*)[ ]+in[ ]+(\S)|\(\s*(\w+)[ ]*:=[ ]*(\S)|(?m:^)[ \t]*(\w+)\.(?:append|extend|insert|add|update)\(\s*(\S)|(?m:^)[ \t]*(\w+)\[[^\]\n]*\][ ]*[+]?=[ ]*([^=\s])";
    SCRIPT_ASSIGN = r"(?:\b(?:const|let|var)\s+)?(\{[^{}=]*\}|\[[^\[\]=]*\]|[A-Za-z_$][\w$]*)\s*(?::[^=;\n(]+)?[+]?=\s*([^=>\s])|\bfor\s*\(\s*(?:const|let|var)\s+([\w$]+)\s+of\s+(\S)|([\w$]+)\.(?:push|unshift)\(\s*(\S)";
    GO_ASSIGN = r"(?m)^\s*(?:if\s+|switch\s+)?(?:var\s+)?([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*(?:[\w.\[\]]+\s*)?:?[+]?=\s*([^=\s])|\bfor\s+(?:\w+\s*,\s*)?(\w+)\s*:=\s*range\s+(\S)";
    /// What gives back something else than it was given.
    ASKS = r"\b(?:requests|httpx|axios|got|fetch|session|client|subprocess|cursor|conn|db|exec|http)\b[\w.]*\(|\.(?:execute|query|fetchall|fetchone|check_output|run)\(|\bopen\(";
    CLEANS = r"^(?:await\s+)?(?:(?:int|float|bool|len|ord|hash|Number|parseInt|parseFloat|Boolean|strconv\.\w+|UUID|uuid\.UUID|abs|round|min|max|isinstance|ipaddress\.\w+|shlex\.quote|shlex\.join|quote|quote_plus|urlencode|encodeURIComponent|html\.escape|escape\w*|re\.escape|sqlalchemy\.text|hashlib\.\w+|basename|secure_filename|os\.path\.basename|path\.basename|filepath\.Base|(?:[\w.]*(?:sanitiz|valid|safe_|resolve_|normaliz\w+_and_|ensure_|check_|quote_)\w*))\(|[A-Z][A-Z0-9_]*(?:\.get\(|\[)|Path\([^()]*\)\.name\b)|\.(?:isdigit|isalnum|hexdigest)\(\)$|\bshlex\.quote\(|\bencodeURIComponent\(|\bURLSearchParams\(";
    /// A name, or a member of what it holds.
    WHOLE = r#"^(?:url[ ]*=[ ]*)?(?:String\(|str\()?([A-Za-z_$][\w$]*)(?:\??\.[\w$]+|!|\[["'`][^\[\]]*["'`]\]|\.(?:get|Get\w*|Require\w*)\([^()]*\)|\.\(string\))*(?:[ ]+as[ ]+\w+)?\)?$"#;
    WORDS = r"[A-Za-z_$][\w$]*";
    CALLS = r"(?:\b|\.)([A-Za-z_$][\w$]*)\(";
}

/// Whether an expression of the mask uses one of the names, as a whole word that is no member's.
pub(crate) fn uses(expression: &str, names: &BTreeSet<String>) -> bool {
    !names.is_empty()
        && WORDS.find_iter(expression).any(|word| {
            let member = word.start() > 0 && expression.as_bytes()[word.start() - 1] == b'.';
            let keyword = expression[word.end()..].trim_start().starts_with('=')
                && !expression[word.end()..].trim_start().starts_with("==");
            !member && !keyword && names.contains(word.as_str())
        })
}

/// The name of which an expression of the mask is all, or a member.
pub(crate) fn whole(expression: &str) -> Option<&str> {
    WHOLE.captures(expression).and_then(|found| found.get(1)).map(|name| name.as_str())
}

/// Whether an expression of the mask puts a string together.
pub(crate) fn builds(expression: &str, language: Language) -> bool {
    match language {
        Language::Python => {
            expression.contains(" + ")
                || expression.contains(" % ")
                || expression.contains(".format(")
                || expression.contains(".join(")
                || (expression.contains("f\"") || expression.contains("f'"))
                    && expression.contains('{')
        }
        Language::Script => {
            expression.contains("${")
                || expression.contains(" + ")
                || expression.contains(".concat(")
        }
        Language::Go => expression.contains("Sprintf(") || expression.contains(" + "),
    }
}

/// The functions that handlers reach, each with all that its callers give it, and whether that is all.
pub(crate) fn reach(program: &Program) -> (Vec<Reached>, bool) {
    let mut by_name: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, function) in program.functions.iter().enumerate() {
        if !function.name.is_empty() {
            by_name.entry(&function.name).or_insert(index);
        }
    }
    // function -> indexes of parameters that a caller fills with what a model chose
    let mut given: FxHashMap<usize, BTreeSet<usize>> = FxHashMap::default();
    // and of those, what it hands on as it got it
    let mut handed: FxHashMap<usize, BTreeSet<usize>> = FxHashMap::default();
    let mut open: Vec<usize> = Vec::new();
    for (index, function) in program.functions.iter().enumerate() {
        if function.handler {
            given.insert(index, (0..function.parameters.len()).collect());
            open.push(index);
        }
    }
    let mut rounds: FxHashMap<usize, usize> = FxHashMap::default();
    let mut out: FxHashMap<usize, Reached> = FxHashMap::default();
    let mut left = WORK;
    let mut whole = true;
    while let Some(index) = open.pop() {
        let Some(less) = left.checked_sub(program.functions[index].body.len()) else {
            whole = false;
            continue;
        };
        left = less;
        let round = rounds.entry(index).or_default();
        *round += 1;
        if *round > ROUNDS {
            whole = false;
            continue;
        }
        let parameters = given.get(&index).cloned().unwrap_or_default();
        let as_given = handed.get(&index).cloned().unwrap_or_default();
        let reached = follow(program, index, &parameters, &as_given);
        for Filled { callee, places, as_given } in calls(program, &by_name, &reached) {
            if callee == index {
                continue;
            }
            let new = !given.contains_key(&callee);
            let of_callee = (given.entry(callee).or_default(), handed.entry(callee).or_default());
            let before = of_callee.0.len() + of_callee.1.len();
            of_callee.0.extend(places);
            of_callee.1.extend(as_given);
            if new || of_callee.0.len() + of_callee.1.len() > before {
                open.push(callee);
            }
        }
        out.insert(index, reached);
    }
    let mut out: Vec<Reached> = out.into_values().collect();
    out.sort_by_key(|reached| reached.function);
    (out, whole)
}

/// A function and those of this file that it calls, and they call, each once, at most [`BELOW`].
pub(crate) fn below(program: &Program, index: usize) -> Vec<usize> {
    let mut out = vec![index];
    let mut next = 0;
    let mut work = 0;
    while let Some(&at) = out.get(next) {
        if out.len() >= BELOW || work >= LARGEST {
            program.over.set(true);
            break;
        }
        next += 1;
        work += program.functions[at].body.len();
        let mask = &program.mask[program.functions[at].body.clone()];
        for found in CALLS.captures_iter(mask) {
            let name = &found[1];
            let callee = program.functions.iter().position(|function| function.name == name);
            if let Some(callee) = callee.filter(|callee| !out.contains(callee)) {
                out.push(callee);
            }
        }
    }
    out
}

/// The names of one function, from the parameters that are filled, and of those the ones that a caller
/// hands on as it got them.
fn follow(
    program: &Program,
    index: usize,
    given: &BTreeSet<usize>,
    as_given: &BTreeSet<usize>,
) -> Reached {
    let function: &Function = &program.functions[index];
    let mut reached = Reached {
        function: index,
        names: BTreeSet::new(),
        numbers: BTreeSet::new(),
        plain: BTreeSet::new(),
        handed: BTreeSet::new(),
        lists: BTreeSet::new(),
        built: Vec::new(),
        held: Vec::new(),
        branches: Branches::default(),
    };
    for (at, parameter) in function.parameters.iter().enumerate() {
        if given.contains(&at) {
            let into = if parameter.number { &mut reached.numbers } else { &mut reached.names };
            into.extend(parameter.names.iter().cloned());
        }
        if as_given.contains(&at) && !parameter.number {
            reached.handed.extend(parameter.names.iter().cloned());
        }
    }
    if function.handler {
        reached.plain.clone_from(&reached.names);
        reached.handed.clone_from(&reached.names);
    }
    let body = &program.mask[function.body.clone()];
    let assign = match program.language {
        Language::Python => &PYTHON_ASSIGN,
        Language::Script => &SCRIPT_ASSIGN,
        Language::Go => &GO_ASSIGN,
    };
    let names = || holding(body, assign, reached.names.clone());
    reached.branches = Branches::of(program, &function.body, names);
    let mut checked = BTreeSet::new();
    for (name, places) in checks(body, function.body.start) {
        if reached.branches.is_empty() || reached.branches.clears(&places, function.body.end) {
            checked.insert(name);
            continue;
        }
        let alike = places.iter().flat_map(|place| reached.branches.alike(place.start));
        let held: Vec<_> = alike.map(|range| (range, name.clone())).collect();
        reached.held.extend(held);
    }
    reached.names.retain(|name| !checked.contains(name));
    for found in assign.captures_iter(body) {
        let (Some(left), Some(right)) = pair(&found) else { continue };
        let start = function.body.start + right;
        let expression = expression(program, start, function.body.end);
        let text = texts(&program.mask[expression.clone()]);
        let text = text.as_ref();
        for names in [&mut reached.plain, &mut reached.handed] {
            let same = whole(text.trim()).is_some_and(|root| names.contains(root));
            for word in WORDS.find_iter(left).map(|word| word.as_str()) {
                if same {
                    names.insert(word.to_owned());
                } else {
                    names.remove(word);
                }
            }
        }
        if CLEANS.is_match(text.trim()) {
            // Whatever the name held, from here on it holds what was cleaned: in this branch.
            if let Some(branch) = reached.branches.around(start) {
                let words =
                    WORDS.find_iter(left).map(|word| (branch.clone(), word.as_str().to_owned()));
                reached.held.extend(words);
                continue;
            }
            WORDS.find_iter(left).for_each(|word| {
                reached.names.remove(word.as_str());
            });
            continue;
        }
        let own = || {
            let called = CALLS.captures_iter(text).filter_map(|found| found.get(1));
            called.map(|name| name.as_str()).any(|name| program.has(name))
        };
        if !uses(text, &reached.names_at(start)) || ASKS.is_match(text) && !own() {
            continue;
        }
        for name in WORDS.find_iter(left).map(|word| word.as_str()) {
            if matches!(name, "err" | "ok" | "_") || checked.contains(name) {
                continue;
            }
            reached.names.insert(name.to_owned());
            let first =
                text.strip_prefix(['[', '(']).map(|rest| rest.split(',').next().unwrap_or(rest));
            if first.is_some_and(|first| !uses(first, &reached.names)) {
                reached.lists.insert(name.to_owned());
            }
            let made =
                builds(text, program.language) || text.contains("join(") || text.contains(" / ");
            if made && reached.built.len() < BUILT {
                reached.built.push((name.to_owned(), expression.clone()));
            } else if made {
                program.over.set(true);
            }
        }
    }
    reached
}

/// Names, and those that are given something of theirs.
fn holding(body: &str, assign: &regex::Regex, mut names: BTreeSet<String>) -> BTreeSet<String> {
    for found in assign.captures_iter(body) {
        let (Some(left), Some(right)) = pair(&found) else { continue };
        if uses(body[right..].lines().next().unwrap_or(""), &names) {
            names.extend(WORDS.find_iter(left).map(|word| word.as_str().to_owned()));
        }
    }
    names
}

/// Left side and first byte of the right one.
fn pair<'a>(found: &regex::Captures<'a>) -> (Option<&'a str>, Option<usize>) {
    let at = (1..found.len()).step_by(2).find(|n| found.get(*n).is_some());
    let left = at.and_then(|n| found.get(n)).map(|m| m.as_str());
    (left, at.and_then(|n| found.get(n + 1)).map(|m| m.start()))
}

/// From `start` to the end of the statement: its line, or the lines to which its brackets reach.
fn expression(program: &Program, start: usize, end: usize) -> Range<usize> {
    let bytes = program.mask.as_bytes();
    let mut at = start;
    while at < end {
        match bytes[at] {
            b'(' | b'[' | b'{' => at = program.brackets.inside(at).end,
            b')' | b']' | b'}' | b';' => return start..at,
            b'\n' => {
                let next = program.mask[at..end].trim_start();
                let goes_on = next.starts_with(['.', '+', '?', '%', '|', '&']);
                if !goes_on || program.language == Language::Python {
                    return start..at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    start..end
}

patterns! {
    /// A name that is compared with a list, matched against a pattern, or given to what checks.
    CHECKS = r"\b([A-Za-z_$][\w$]*)\s+(?:not\s+)?in\s+(?:\{|\[|\(|[A-Z][A-Z0-9_]+\b|(?:self\.|cls\.|this\.)?_?\w*(?:allow|permit|valid|known|safe|supported|white)\w*)|\b(?:fullmatch|match)\([^()\n]*,\s*([A-Za-z_$][\w$]*)\s*[,)]|\.(?:test|includes|has|MatchString|fullmatch|match)\(\s*([A-Za-z_$][\w$]*)\s*\)|\b[\w.]*(?:[vV]alidat|[sS]anitiz|[iI]s_?[sS]afe|[iI]s_?[aA]llowed|[iI]s_?[vV]alid|[cC]heck_?(?:[pP]ath|[uU]rl|[hH]ost|[nN]ame)|[aA]ssert_?|[eE]nsure_?|[vV]erify_?)\w*\(\s*(?:await\s+)?([A-Za-z_$][\w$]*)\b|\b([A-Za-z_$][\w$]*)\.(?:isalnum|isdigit|isdecimal|isnumeric|isidentifier)\(";
}

/// Names that a body checks, each with its places.
fn checks(body: &str, start: usize) -> BTreeMap<String, Vec<Range<usize>>> {
    let mut out: BTreeMap<String, Vec<Range<usize>>> = BTreeMap::new();
    for found in CHECKS.captures_iter(body) {
        let Some(name) = (1..found.len()).find_map(|n| found.get(n)) else { continue };
        let place = start + name.start()..start + name.end();
        out.entry(name.as_str().to_owned()).or_default().push(place);
    }
    out
}

/// A call of a function of this file.
struct Filled {
    callee: usize,
    /// Parameters that get what a model chose.
    places: BTreeSet<usize>,
    /// Those that get it as the caller got it.
    as_given: BTreeSet<usize>,
}

fn calls(program: &Program, by_name: &FxHashMap<&str, usize>, reached: &Reached) -> Vec<Filled> {
    let body = program.functions[reached.function].body.clone();
    let mut all = reached.names.clone();
    all.extend(reached.numbers.iter().cloned());
    let mut out = Vec::new();
    for found in CALLS.captures_iter(&program.mask[body.clone()]) {
        let (Some(head), Some(&callee)) = (found.get(0), by_name.get(&found[1])) else { continue };
        let list = program.brackets.inside(body.start + head.end() - 1);
        let parameters = &program.functions[callee].parameters;
        let (mut places, mut as_given) = (BTreeSet::new(), BTreeSet::new());
        for (at, part) in split(&program.mask, list).into_iter().enumerate() {
            let text = &program.mask[part];
            let named = text.split_once('=').filter(|(_, value)| !value.starts_with('='));
            let (place, value) = match named {
                Some((name, value)) if program.language == Language::Python => {
                    let name = name.trim();
                    let is = |p: &super::program::Parameter| p.names.iter().any(|one| one == name);
                    (parameters.iter().position(is), value)
                }
                _ => (Some(at), text),
            };
            if uses(value, &all)
                && !CLEANS.is_match(value.trim())
                && let Some(place) = place.filter(|place| *place < parameters.len())
            {
                places.insert(place);
                if whole(value.trim()).is_some_and(|name| reached.handed.contains(name)) {
                    as_given.insert(place);
                }
            }
        }
        out.push(Filled { callee, places, as_given });
    }
    out
}
