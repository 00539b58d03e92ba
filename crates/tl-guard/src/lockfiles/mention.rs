//! Packages that instructions and scripts tell somebody to install or import.
//!
//! In: a document or a script. Out: [`Mention`]s. In a document only what stands in code counts: a
//! sentence about `pip install` names no package. **Invariant:** a word that might not be a name, a
//! path or a variable ends the reading of its command.

use std::ops::Range;
use std::sync::LazyLock;

use super::{Name, modules};
use crate::inventory::Ecosystem;
use crate::words::Words;

/// A package that is to be installed or imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Whose name it is.
    pub ecosystem: Ecosystem,
    /// Without version. Of a Python import, the module.
    pub name: Name,
    /// Other packages that would do.
    pub also: &'static [&'static str],
    /// It is imported, not installed.
    pub import: bool,
}

impl Mention {
    /// What a manifest has.
    pub const fn declared(ecosystem: Ecosystem, name: Name) -> Self {
        Self { ecosystem, name, also: &[], import: false }
    }
}

/// A way to install: words of the command, and whose names follow.
const COMMANDS: &[(&str, Ecosystem)] = &[
    ("npm install", Ecosystem::Npm),
    ("npm i", Ecosystem::Npm),
    ("npm add", Ecosystem::Npm),
    ("pnpm add", Ecosystem::Npm),
    ("pnpm install", Ecosystem::Npm),
    ("pnpm dlx", Ecosystem::Npm),
    ("yarn add", Ecosystem::Npm),
    ("yarn dlx", Ecosystem::Npm),
    ("bun add", Ecosystem::Npm),
    ("bun install", Ecosystem::Npm),
    ("npx", Ecosystem::Npm),
    ("bunx", Ecosystem::Npm),
    ("pip install", Ecosystem::Pypi),
    ("pip3 install", Ecosystem::Pypi),
    ("pipx install", Ecosystem::Pypi),
    ("pipx run", Ecosystem::Pypi),
    ("uv add", Ecosystem::Pypi),
    ("uv tool install", Ecosystem::Pypi),
    ("uvx", Ecosystem::Pypi),
    ("poetry add", Ecosystem::Pypi),
    ("pdm add", Ecosystem::Pypi),
    ("cargo add", Ecosystem::Crates),
    ("cargo install", Ecosystem::Crates),
    ("go get", Ecosystem::Go),
    ("go install", Ecosystem::Go),
];

/// All commands at once: almost no line has one. The bit is the place in [`COMMANDS`].
static VERBS: LazyLock<Words> = LazyLock::new(|| {
    let verbs: Vec<(&str, u128)> =
        COMMANDS.iter().enumerate().map(|(at, (verb, _))| (*verb, 1 << at)).collect();
    Words::new(&verbs)
});

/// Options that take the next word.
const VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-t",
    "--target",
    "--python",
    "--registry",
    "--prefix",
    "-f",
    "--find-links",
    "--features",
    "--git",
    "--branch",
    "--tag",
    "--rev",
    "--path",
    "--version",
    "--vers",
    "--root",
    "-F",
    "-p",
    "--package",
    "--group",
    "-G",
    "--from",
    "--with",
    "-e",
    "--editable",
    "--filter",
    "-w",
    "--workspace",
    "--cache",
    "--platform",
];

/// What a document tells to install, in its fences and between backticks; what its fences import.
pub fn of_document(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let (start, bare) = (next, line.trim());
        next += line.len();
        if let Some(mark) = bare.strip_prefix("```").or_else(|| bare.strip_prefix("~~~")) {
            fence = if fence.is_some() { None } else { Some(mark.trim()) };
            continue;
        }
        match fence {
            Some(language) => {
                command(text, start..start + line.len(), &mut found);
                import(language, text, start..start + line.len(), &mut found);
            }
            None => inline(text, start..start + line.len(), &mut found),
        }
    }
    found
}

/// What a script installs or imports, by the ending of its name.
pub fn of_script(path: &str, text: &str) -> Vec<Mention> {
    let language = path.rsplit('.').next().unwrap_or_default();
    let mut found = Vec::new();
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let range = next..next + line.len();
        next += line.len();
        if matches!(language, "sh" | "bash" | "zsh" | "ps1" | "bat") {
            command(text, range, &mut found);
        } else {
            import(language, text, range, &mut found);
        }
    }
    found
}

/// Commands between backticks.
fn inline(text: &str, line: Range<usize>, found: &mut Vec<Mention>) {
    let mut at = line.start;
    while let Some(open) = text[at..line.end].find('`').map(|i| at + i + 1) {
        let Some(close) = text[open..line.end].find('`').map(|i| open + i) else { return };
        command(text, open..close, found);
        at = close + 1;
    }
}

fn command(text: &str, range: Range<usize>, found: &mut Vec<Mention>) {
    let line = &text[range.clone()];
    if line.trim_start().starts_with('#') {
        return;
    }
    let seen = VERBS.seen(line.as_bytes(), u128::MAX);
    let there = COMMANDS.iter().enumerate().filter(|(at, _)| seen & (1 << at) != 0);
    for (_, (verb, ecosystem)) in there {
        let mut from = 0;
        while let Some(at) = line[from..].find(verb).map(|i| from + i) {
            from = at + verb.len();
            let begins = line[..at].chars().next_back();
            let begins = begins.is_none_or(|c| {
                c.is_whitespace() || matches!(c, '`' | '(' | ';' | '&' | '|' | '"' | '\'')
            });
            if begins && line[from..].starts_with([' ', '\t']) && is_said(&line[..at]) {
                let only_one =
                    matches!(*verb, "npx" | "bunx" | "uvx" | "pipx run" | "pnpm dlx" | "yarn dlx");
                let behind = range.start + from..range.end;
                // What was read as a name begins no command: a line of nothing but commands is read once.
                from = words(text, behind, *ecosystem, only_one, found) - range.start;
            }
        }
    }
}

/// Whether what stands before a command lets it be one: nothing, another command, `sudo`, a prompt.
fn is_said(before: &str) -> bool {
    let last = before.trim_end();
    last.is_empty()
        || last.ends_with(['&', '|', ';', '$', '>', '%', '(', '"', '\'', ':', '`', '!', '-'])
        || ["sudo", "-m", "uv", "run", "RUN", "then", "do", "exec", "time", "else"]
            .iter()
            .any(|word| last.ends_with(word))
}

/// Names behind a command; the answer is where they end.
fn words(
    text: &str,
    range: Range<usize>,
    ecosystem: Ecosystem,
    only_one: bool,
    found: &mut Vec<Mention>,
) -> usize {
    const MARKS: [char; 6] = ['"', '\'', '`', ')', ';', ','];
    let mut skip = false;
    let mut at = range.start;
    for written in text[range].split_inclusive([' ', '\t', '\n', '\r']) {
        let start = at;
        at += written.len();
        let ends = written.trim_end().ends_with([';', ')', '`']);
        let inner = written.trim_start().trim_start_matches(MARKS);
        let word = inner.trim_end().trim_end_matches(MARKS);
        if word.is_empty() {
            continue;
        }
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = VALUED.contains(&word);
            continue;
        }
        let Some(name) = package(ecosystem, word) else { return start };
        let name = Name { text: name.to_owned(), at: start + written.len() - inner.len() };
        found.push(Mention { ecosystem, name, also: &[], import: false });
        if only_one || ends {
            return at;
        }
    }
    at
}

/// Name of a package as it is given to an installer; `None` for paths, addresses, variables, words of
/// the shell.
fn package(ecosystem: Ecosystem, word: &str) -> Option<&str> {
    if word.contains("://")
        || word.starts_with(['.', '/', '~', '$', '<', '{', '[', '%', '&', '|', '#', '>', '*'])
    {
        return None;
    }
    let name = match ecosystem {
        Ecosystem::Npm => {
            let at = word.get(1..)?.find('@').map(|at| at + 1);
            at.map_or(word, |at| &word[..at])
        }
        Ecosystem::Pypi => word.split(['[', '=', '<', '>', '~', '!', '@', ';']).next()?,
        _ => word.split('@').next()?,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = match ecosystem {
        Ecosystem::Npm => {
            let parts: Vec<&str> = name.strip_prefix('@').unwrap_or(name).split('/').collect();
            parts.len() == 1 + usize::from(name.starts_with('@'))
                && parts.iter().all(|part| !part.is_empty() && part.chars().all(plain))
        }
        Ecosystem::Go => {
            name.split('/').count() >= 2
                && name.split('/').next()?.contains('.')
                && name.chars().all(|c| plain(c) || matches!(c, '/' | '~'))
        }
        _ => name.chars().all(plain),
    };
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@');
    (good && begins && name.len() > 1 && !name.ends_with('.') && !is_stand_in(name)).then_some(name)
}

/// What documents write where a name is to be put.
fn is_stand_in(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = [
        "package", "your", "my-", "some-", "foo", "bar", "example", "xxx", "...", "pkg", "name",
        "module",
    ];
    words.iter().any(|word| lower.contains(word)) && lower.len() < 24
        || matches!(
            lower.as_str(),
            "and" | "or" | "the" | "to" | "with" | "for" | "in" | "from" | "install" | "a"
        )
}

fn import(language: &str, text: &str, range: Range<usize>, found: &mut Vec<Mention>) {
    match language {
        "py" | "python" | "python3" => python(text, range, found),
        "js" | "ts" | "mjs" | "cjs" | "jsx" | "tsx" | "javascript" | "typescript" => {
            script(text, range, found)
        }
        _ => {}
    }
}

/// `import a.b as c, d` and `from a.b import c`; not `from . import x`.
fn python(text: &str, range: Range<usize>, found: &mut Vec<Mention>) {
    let line = &text[range.clone()];
    let bare = line.trim_start();
    let indent = line.len() - bare.len();
    let (rest, offset) = match (bare.strip_prefix("import "), bare.strip_prefix("from ")) {
        (Some(rest), _) => (rest, 7),
        (_, Some(rest)) if rest.contains(" import ") => {
            (&rest[..rest.find(" import ").unwrap_or(0)], 5)
        }
        _ => return,
    };
    let mut at = range.start + indent + offset;
    for part in rest.split(',') {
        let start = at;
        at += part.len() + 1;
        let module = part.split_whitespace().next().unwrap_or_default();
        let top = module.split('.').next().unwrap_or_default();
        let good = !top.is_empty() && top.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !good || modules::is_python(top) || top.starts_with('_') {
            continue;
        }
        let at = start + part.len() - part.trim_start().len();
        let name = Name { text: top.to_owned(), at };
        let also = modules::packages_of(top);
        found.push(Mention { ecosystem: Ecosystem::Pypi, name, also, import: true });
    }
}

/// `import x from 'a'`, `import 'a'`, `require('a')`; not paths and aliases of paths.
fn script(text: &str, range: Range<usize>, found: &mut Vec<Mention>) {
    let line = &text[range.clone()];
    let bare = line.trim_start();
    if bare.starts_with("//") || bare.starts_with('*') || bare.starts_with("/*") {
        return;
    }
    let places = [
        " from '",
        " from \"",
        "require('",
        "require(\"",
        "import '",
        "import \"",
        "import('",
        "import(\"",
    ];
    for place in places {
        let Some(at) = line.find(place).map(|i| i + place.len()) else { continue };
        let Some(close) = line[at..].find(['"', '\'']) else { continue };
        let module = &line[at..at + close];
        let parts: Vec<&str> = module.split('/').collect();
        let scoped = module.starts_with('@');
        let name = if scoped {
            parts.get(..2).map(|two| two.join("/"))
        } else {
            parts.first().map(|one| (*one).to_owned())
        };
        let Some(name) = name.filter(|name| package(Ecosystem::Npm, name).is_some()) else {
            continue;
        };
        if modules::is_node(module)
            || modules::is_node(&name)
            || name.starts_with("@/")
            || module.contains(':')
        {
            continue;
        }
        let name = Name { text: name, at: range.start + at };
        found.push(Mention { ecosystem: Ecosystem::Npm, name, also: &[], import: true });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(text: &str) -> Vec<String> {
        of_document(text)
            .into_iter()
            .map(|m| format!("{:?} {}", m.ecosystem, m.name.text))
            .collect()
    }

    #[test]
    fn install_commands_of_code_are_read() {
        let text = "Run `npm i -D left-pad@1.0.0 @a/b` or `pip install \"reqeusts[x]>=2\"`.\n\n```sh\n$ sudo pip3 install -r requirements.txt flask && cargo add serde --features derive\nuvx --from ruff ruff check\ngo install github.com/a/b/cmd/c@latest\n```\n";
        assert_eq!(
            seen(text),
            [
                "Npm left-pad",
                "Npm @a/b",
                "Pypi reqeusts",
                "Pypi flask",
                "Crates serde",
                "Pypi ruff",
                "Go github.com/a/b/cmd/c"
            ]
        );
        for found in of_document(text) {
            assert!(text[found.name.at..].starts_with(&found.name.text), "{}", found.name.text);
        }
    }

    #[test]
    fn prose_paths_variables_and_stand_ins_are_not() {
        for text in [
            "To pip install the right package, ask.",
            "`pip install -e .` `pip install $PKG` `npm install` `npm install <package>`",
            "`npm i your-package` `pip install ./x` `pip install git+https://acme.io/x`",
            "`we can pip install anything`",
        ] {
            assert_eq!(seen(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn imports_are_those_of_others() {
        let text =
            "import os, numpy as np\nfrom sklearn.svm import SVC\nfrom . import x\nimport json\n";
        let names: Vec<String> = of_script("a.py", text).into_iter().map(|m| m.name.text).collect();
        assert_eq!(names, ["numpy", "sklearn"]);
        let text = "import a from 'lodash/get';\nimport '@b/c/d';\nconst fs = require('fs');\nimport x from './x';\nimport y from '@/y';\nimport z from 'node:test';\n";
        let names: Vec<String> = of_script("a.ts", text).into_iter().map(|m| m.name.text).collect();
        assert_eq!(names, ["lodash", "@b/c"]);
    }

    #[test]
    fn a_line_of_nothing_but_commands_is_read_once() {
        for (line, names) in [("do cargo add ", 3), ("- cargo add ", 2)] {
            let text = format!("```sh\n{}\n```\n", line.repeat(20_000));
            assert!(of_document(&text).len() <= names * 20_000);
        }
        let two = "```sh\nnpm i a && npm i b; then npm i c\n```\n";
        assert_eq!(seen(two), [""; 0], "one letter is no name");
        let two = "```sh\nnpm i aa && npm i bb; then npm i cc\n```\n";
        assert_eq!(seen(two), ["Npm aa", "Npm bb", "Npm cc"]);
    }

    proptest! {
        /// No text makes it panic, and a name stands where it is said to stand.
        #[test]
        fn any_text_is_read(parts in prop::collection::vec(prop_oneof![
            "\\PC{0,6}",
            prop::sample::select(vec![
                "`", "```py\n", "\n", "pip install ", "npm i ", "import ", "from ", " import ", "require('",
                "' ", "@a/b", "-r ", "\"", " ", "é", ",", "$ ", ";", ")", "\u{a0}", "ab ",
            ]).prop_map(str::to_owned),
        ], 0..30)) {
            let text = parts.concat();
            for one in of_document(&text).into_iter().chain(of_script("a.py", &text)).chain(of_script("a.sh", &text)) {
                prop_assert!(text[one.name.at..].starts_with(&one.name.text), "{:?}", one.name);
            }
        }
    }
}
