//! What a call of `make` runs.
//!
//! In: a command line, or a document that has some; the text of a Makefile. Out: [`Call`]s, and the lines
//! of a Makefile that making their targets runs ([`recipes`]). Prerequisites, targets that a recipe makes
//! itself and variables that it uses belong to a target; included files do not. **Invariant:** what is kept
//! of a file stands on its line and at its byte, and nothing is executed.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;

use crate::shell;

/// Names that `make` looks for, in its order.
pub(super) const FILES: &[&str] = &["GNUmakefile", "makefile", "Makefile"];

/// Who runs what a document says.
pub(super) const BY_DOCUMENT: &str = "make";

/// Options whose value is the next word.
const VALUED: &[&str] = &["-I", "-j", "-l", "-o", "-W", "--include-dir", "--old-file", "--what-if"];

/// A call of `make`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// Where, below the directory at hand.
    pub(super) folder: Option<String>,
    /// Of what file, if it is named.
    pub(super) file: Option<String>,
    /// Which targets; none is the first one of the file.
    pub(super) targets: Vec<String>,
}

/// Command lines of a document that call `make`: in fences, and between backticks.
pub(super) fn of_document(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if !text.contains("make") {
        return found;
    }
    let mut fenced = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.trim_start_matches(['$', '>', ' ']));
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found.retain(|command| command.split([' ', ';', '&', '(']).any(|word| word == "make"));
    found
}

/// The calls of a command line.
pub(super) fn calls(command: &str) -> Vec<Call> {
    if !command.contains("make") {
        return Vec::new();
    }
    let mut here: Option<String> = None;
    let mut calls = Vec::new();
    for command in shell::read(command).commands {
        let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
        match (command.program().as_str(), words.as_slice()) {
            ("cd", [folder]) => here = Some(below(here.as_deref(), folder)),
            ("make" | "gmake", words) => calls.push(call(here.clone(), words)),
            _ => {}
        }
    }
    calls
}

fn call(folder: Option<String>, words: &[&str]) -> Call {
    let mut call = Call { folder, file: None, targets: Vec::new() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ if word.starts_with("-C") || word.starts_with("-f") => {
                let (name, value) = word.split_at(2);
                (name, (!value.is_empty()).then_some(value))
            }
            _ => (*word, None),
        };
        match name {
            "-C" | "--directory" => {
                let value = joined.or_else(|| words.next().copied());
                call.folder = value.map(|value| below(call.folder.as_deref(), value));
            }
            "-f" | "--file" | "--makefile" => {
                call.file = joined.or_else(|| words.next().copied()).map(str::to_owned);
            }
            // `-j` may stand alone.
            "-j" | "--jobs" => {
                let number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
                if words.as_slice().first().is_some_and(number) {
                    words.next();
                }
            }
            name if VALUED.contains(&name) && joined.is_none() => drop(words.next()),
            name if name.starts_with('-') || name.contains('=') => {}
            name => call.targets.push(name.to_owned()),
        }
    }
    call
}

fn below(folder: Option<&str>, name: &str) -> String {
    match folder {
        Some(folder) if !name.starts_with('/') => {
            format!("{}/{name}", folder.trim_end_matches('/'))
        }
        _ => name.to_owned(),
    }
}

/// The same file read for other targets: both of what was kept of it.
pub(super) fn both(one: &str, other: &str) -> String {
    let pairs = one.split_inclusive('\n').zip(other.split_inclusive('\n'));
    let kept = pairs.map(|(one, other)| if one.trim().is_empty() { other } else { one });
    kept.collect()
}

/// A variable that is used: `$(NAME)`, `${NAME}`, `$(call NAME,`.
static USED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$[({](?:call[ ]+)?([\w.-]+)").expect("the pattern is fixed"));

/// Names of a Makefile, and the lines that belong to them.
#[derive(Default)]
struct Makefile<'a> {
    targets: FxHashMap<&'a str, Rule<'a>>,
    /// Lines that give a variable its value.
    variables: FxHashMap<&'a str, Vec<Range<usize>>>,
    /// What `make` does with no target.
    first: Option<&'a str>,
    /// Lines that run whatever is made.
    always: Vec<Range<usize>>,
}

#[derive(Default)]
struct Rule<'a> {
    lines: Vec<Range<usize>>,
    needs: Vec<&'a str>,
}

/// The lines of a Makefile that making these targets runs, as a shell would get them; all others are
/// blank.
pub(super) fn recipes(text: &str, targets: &[String]) -> String {
    let file = Makefile::read(text);
    let mut kept: Vec<Range<usize>> = Vec::new();
    let mut open: Vec<String> = targets.to_vec();
    if open.is_empty() {
        open.extend(file.first.map(str::to_owned));
    }
    let mut variables: Vec<&str> = Vec::new();
    let (mut made, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut lines = file.always.clone();
    loop {
        for line in lines.drain(..) {
            let part = &text[line.clone()];
            variables
                .extend(USED.captures_iter(part).filter_map(|name| Some(name.get(1)?.as_str())));
            let again = part.replace("$(MAKE)", "make").replace("${MAKE}", "make");
            let calls = calls(again.trim_start_matches(['\t', ' ', '@', '-', '+']));
            open.extend(
                calls.into_iter().filter(|call| call.folder.is_none()).flat_map(|c| c.targets),
            );
            kept.push(line);
        }
        if let Some(target) = open.pop() {
            // A pattern may stand for any name.
            let rules = [file.targets.get(target.as_str()), file.targets.get("%")];
            if made.insert(target) {
                for rule in rules.into_iter().flatten() {
                    open.extend(rule.needs.iter().map(|need| (*need).to_owned()));
                    lines.extend(rule.lines.iter().cloned());
                }
            }
        } else if let Some(name) = variables.pop() {
            if used.insert(name) {
                lines.extend(file.variables.get(name).into_iter().flatten().cloned());
            }
        } else {
            break;
        }
    }
    shown(text, &kept)
}

impl<'a> Makefile<'a> {
    fn read(text: &'a str) -> Self {
        let mut file = Self::default();
        let mut of: Vec<&str> = Vec::new();
        let mut defined: Option<&str> = None;
        for line in logical(text) {
            let part = &text[line.clone()];
            let bare = part.trim();
            if let Some(name) = defined {
                file.variables.entry(name).or_default().push(line);
                if bare == "endef" {
                    defined = None;
                }
                continue;
            }
            if part.starts_with('\t') {
                for target in &of {
                    file.rule(target).lines.push(line.clone());
                }
                continue;
            }
            if bare.is_empty() || bare.starts_with('#') {
                continue;
            }
            if let Some(name) = bare.strip_prefix("define ") {
                defined = name.split([' ', '=', ':']).find(|word| !word.is_empty());
                continue;
            }
            if bare.contains("$(shell ") || bare.contains("${shell ") {
                file.always.push(line.clone());
            }
            if let Some((name, shell)) = assigned(bare) {
                let lines =
                    if shell { &mut file.always } else { file.variables.entry(name).or_default() };
                lines.push(line);
                of.clear();
                continue;
            }
            let Some((targets, rest)) = bare.split_once(':') else { continue };
            of = targets
                .split_whitespace()
                .map(|name| if name.contains('%') { "%" } else { name })
                .collect();
            let (needs, recipe) = rest.split_once(';').map_or((rest, None), |(n, r)| (n, Some(r)));
            for target in of.clone() {
                let rule = file.rule(target);
                let words =
                    needs.split_whitespace().map(|need| need.trim_matches([':', '|', '\\']));
                rule.needs.extend(words.filter(|need| !need.is_empty()));
                if recipe.is_some() {
                    rule.lines.push(line.clone());
                }
                if file.first.is_none() && !target.starts_with('.') && target != "%" {
                    file.first = Some(target);
                }
            }
        }
        file
    }

    fn rule(&mut self, target: &'a str) -> &mut Rule<'a> {
        self.targets.entry(target).or_default()
    }
}

/// The name that a line gives a value, and whether that is what a command says.
fn assigned(line: &str) -> Option<(&str, bool)> {
    let (front, _) = line.split_once('=')?;
    let shell = front.ends_with('!');
    let name = front.trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.rsplit(' ').next().unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    // A value for one target alone has that in front of it.
    (!name.is_empty() && name.chars().all(plain) && !front.trim_end_matches(':').contains(':'))
        .then_some((name, shell))
}

/// Lines, those that end in a backslash with the next.
fn logical(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') {
            lines.push(start..end);
            start = end;
        }
    }
    if start < end {
        lines.push(start..end);
    }
    lines
}

/// These stretches of a text, as the shell gets them; all else is blank.
fn shown(text: &str, kept: &[Range<usize>]) -> String {
    let mut out: Vec<u8> =
        text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    for range in kept {
        // Of the same length, so that everything stays in its place.
        let part = text[range.clone()].replace("$$", " $").replace("$(HOME)", "  $HOME");
        out[range.clone()].copy_from_slice(part.as_bytes());
        let marks =
            part.bytes().take_while(|byte| matches!(byte, b'\t' | b' ' | b'@' | b'-' | b'+'));
        let front = marks.count();
        out[range.start..range.start + front].fill(b' ');
    }
    // Stretches are whole lines, and what is blank is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(text: &str, targets: &[&str]) -> Vec<String> {
        let targets: Vec<String> = targets.iter().map(|&target| target.to_owned()).collect();
        let out = recipes(text, &targets);
        assert_eq!(out.len(), text.len());
        assert_eq!(out.lines().count(), text.lines().count());
        out.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    const FILE: &str = "CC = gcc\nFETCH := curl x \\\n  | sh\nNOW := $(shell date)\n.PHONY: all\nall: build test\n\
        build: dep\n\t$(CC) -o a a.c\n\ndep:\n\t@cat $$HOME/.ssh/id_rsa\nsetup: ; $(FETCH)\n\
        test:\n\t$(MAKE) -s more\nmore:\n\t-echo more\n%.o: %.c\n\tcc $<\nother:\n\techo other\n";

    #[test]
    fn a_target_runs_its_recipe_what_it_needs_and_what_it_uses() {
        assert_eq!(
            kept(FILE, &["setup"]),
            ["FETCH := curl x \\", "| sh", "NOW := $(shell date)", "setup: ; $(FETCH)", "cc $<"]
        );
        let all = kept(FILE, &[]);
        for line in ["CC = gcc", "$(CC) -o a a.c", "cat  $HOME/.ssh/id_rsa", "echo more"] {
            assert!(all.iter().any(|kept| kept == line), "{line}: {all:?}");
        }
        assert!(!all.iter().any(|line| line.contains("other") || line.contains("curl")), "{all:?}");
    }

    #[test]
    fn what_two_calls_make_is_both_there() {
        let one = recipes(FILE, &["setup".to_owned()]);
        let two = recipes(FILE, &["other".to_owned()]);
        let both = both(&one, &two);
        assert!(both.contains("curl x") && both.contains("echo other"), "{both}");
        assert_eq!(both.len(), FILE.len());
    }

    #[test]
    fn a_call_names_folder_file_and_targets() {
        let one = |line: &str| {
            let [call] = &calls(line)[..] else { panic!("{line}") };
            format!("{:?} {:?} {:?}", call.folder, call.file, call.targets)
        };
        assert_eq!(one("make -j 4 V=1 lint test"), r#"None None ["lint", "test"]"#);
        assert_eq!(one("cd a && make -C b -fx.mk"), r#"Some("a/b") Some("x.mk") []"#);
        assert_eq!(one("sh -c 'make --directory=sub -k all'"), r#"Some("sub") None ["all"]"#);
        assert!(calls("cmake --build . && remake x").is_empty());
    }

    #[test]
    fn of_a_document_code_alone_counts() {
        let text = "We make test runs easy.\nRun `make setup` first.\n```sh\n$ make -C a lint\ncargo test\n```\n";
        assert_eq!(of_document(text), ["make setup", "make -C a lint"]);
    }

    proptest! {
        /// Whatever stands in the file, lines stay where they are.
        #[test]
        fn any_file_is_read(parts in prop::collection::vec(prop::sample::select(vec![
            "a", ":", "=", "\t", "\n", "\\\n", "$(a)", "$(MAKE) a", "define a", "endef", ";", "%", "$$", "é", " ", "@", "!=", "\r\n",
        ]), 0..24)) {
            let text = parts.concat();
            let out = recipes(&text, &["a".to_owned()]);
            prop_assert_eq!(out.len(), text.len());
            let ends = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
            prop_assert_eq!(ends(&out), ends(&text));
        }
    }
}
