//! What a source says that it imports, by regular expressions.
//!
//! In: the text of a file. Out: [`Named`] files, unresolved. Start at [`imports`].

use std::sync::LazyLock;

use regex::Regex;

use crate::choose::place::split_name;

/// Bytes of a file that are read: imports stand at its head.
const TEXT: usize = 128 * 1024;

/// Languages that import in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    Rust,
    Python,
    Script,
    Go,
    Java,
    Sharp,
    C,
    Ruby,
    Php,
}

/// What an import names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A path from the folder of the importing file, with or without its end.
    Beside(String),
    /// The end of a path, and perhaps a name in that file.
    Path(Vec<String>),
    /// All of a folder, or of the folder that this path ends with.
    Folder(String),
    /// Whoever declares this namespace.
    Namespace(String),
}

impl Language {
    pub(super) fn of(path: &str) -> Option<Self> {
        let (_, end) = split_name(path).1.rsplit_once('.')?;
        Some(match end {
            "rs" => Self::Rust,
            "py" | "pyi" => Self::Python,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => {
                Self::Script
            }
            "go" => Self::Go,
            "java" | "kt" | "kts" | "scala" | "groovy" => Self::Java,
            "cs" => Self::Sharp,
            "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "cu" | "cuh" | "m" | "mm" => {
                Self::C
            }
            "rb" => Self::Ruby,
            "php" => Self::Php,
            _ => return None,
        })
    }

    /// Files that stand for their folder.
    pub(super) fn folder_stems(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["mod", "lib"],
            Self::Python => &["__init__"],
            Self::Script => &["index"],
            _ => &[],
        }
    }
}

/// A pattern of this file.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a test compiles every pattern")
}

static RUST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+([\w:]+)(?:\{([^;]{0,2000})\})?")
});
static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+\(?([^#\n)]*)|import[ \t]+([\w., \t]+))",
    )
});
static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\(|\bmock\s*\()\s*['"]([^'"\n]{1,300})['"]"#,
    )
});
static GO_BLOCK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^import\s+(?:\(([^)]*)\)|[\w.]*\s*("[^"\n]+"))"#));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([^"\n]{1,300})""#));
static JAVA: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*import\s+(?:static\s+)?([\w.]+?)(\.[*_])?[ \t]*(?:;|\{|as\s|$)")
});
static SHARP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?([\w.]+)\s*;")
});
static NAMESPACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^\s*namespace\s+([\w.]+)\s*[;{]?\s*$"));
static INCLUDE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^\s*#\s*(?:include|import)\s*["<]([^">\n]{1,300})[">]"#));
static RUBY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^\s*require(_relative)?[ (]+['"]([^'"\n]{1,300})['"]"#));
static PHP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^\s*(?:use\s+(?:function\s+|const\s+)?\\?([\w\\]+)|(?:require|include)(?:_once)?[ (]+(?:__DIR__\s*\.\s*)?['"]([^'"\n]{1,300})['"])"#,
    )
});

/// What a file imports.
pub(super) fn imports(language: Language, text: &str) -> Vec<Named> {
    let text = &text[..text.floor_char_boundary(TEXT)];
    match language {
        Language::Rust => rust(text),
        Language::Python => python(text),
        Language::Script => script(text),
        Language::Go => go(text),
        Language::Java => java(text),
        Language::Sharp => {
            all(&SHARP, text).map(|name| Named::Namespace(name.to_owned())).collect()
        }
        Language::C => all(&INCLUDE, text)
            .flat_map(|path| [Named::Beside(path.to_owned()), parts(path, '/')])
            .collect(),
        Language::Ruby => RUBY
            .captures_iter(text)
            .map(|found| match found.get(1) {
                Some(_) => Named::Beside(found[2].to_owned()),
                None => parts(&found[2], '/'),
            })
            .collect(),
        Language::Php => PHP
            .captures_iter(text)
            .map(|found| match (found.get(1), found.get(2)) {
                // The first part is the project's name, which is no folder.
                (Some(class), _) => match parts(class.as_str(), '\\') {
                    Named::Path(list) if list.len() > 2 => Named::Path(list[1..].to_vec()),
                    named => named,
                },
                (None, path) => Named::Beside(path.map_or("", |path| path.as_str()).to_owned()),
            })
            .collect(),
    }
}

/// The namespaces that a file of C# declares.
pub(super) fn namespaces(language: Language, text: &str) -> Vec<String> {
    if language != Language::Sharp {
        return Vec::new();
    }
    let text = &text[..text.floor_char_boundary(TEXT)];
    all(&NAMESPACE, text).take(8).map(str::to_owned).collect()
}

fn all<'t>(pattern: &'static Regex, text: &'t str) -> impl Iterator<Item = &'t str> {
    pattern.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str()))
}

fn parts(text: &str, cut: char) -> Named {
    let parts = text.split(cut).filter(|part| !part.is_empty() && *part != "." && *part != "..");
    Named::Path(parts.map(str::to_owned).collect())
}

/// `use crate::cart::{Cart, total}`: `crate`, `self` and `super` say less than the names behind.
fn rust(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    for found in RUST.captures_iter(text) {
        let head: Vec<&str> = found[1].split("::").filter(|part| !part.is_empty()).collect();
        let (first, own) = match head.split_first() {
            Some((&("crate" | "self" | "super"), rest)) => ("", rest),
            Some((first, rest)) => (*first, rest),
            None => continue,
        };
        let own: Vec<&str> = own.iter().copied().filter(|part| *part != "super").collect();
        if matches!(first, "std" | "core" | "alloc") {
            continue;
        }
        let inner = found.get(2).map_or("", |inner| inner.as_str());
        let names = inner.split([',', '{', '}']).map(str::trim);
        let names = names.map(|name| name.split(" as ").next().unwrap_or(name).trim());
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let tails = if names.is_empty() { vec![""] } else { names };
        for tail in tails {
            let mut path: Vec<String> = Vec::new();
            if !first.is_empty() {
                // A crate is a folder, written with `-`, whose sources are in `src`.
                path.extend([first.replace('_', "-"), "src".to_owned()]);
            }
            path.extend(own.iter().map(|part| (*part).to_owned()));
            let tail = tail.split("::").filter(|part| !part.is_empty() && *part != "self");
            path.extend(tail.map(str::to_owned));
            // A name of this crate alone, such as `crate::Cart`, is in no file of its own.
            if path.iter().any(|part| part.starts_with(char::is_lowercase)) {
                named.push(Named::Path(path));
            }
        }
    }
    named
}

fn python(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    for found in PYTHON.captures_iter(text) {
        if let Some(list) = found.get(4) {
            for module in list.as_str().split(',') {
                let module = module.split_whitespace().next().unwrap_or_default();
                named.push(parts(module, '.'));
            }
            continue;
        }
        let dots = found.get(1).map_or(0, |dots| dots.len());
        let module = found.get(2).map_or("", |module| module.as_str()).replace('.', "/");
        let names = found.get(3).map_or("", |names| names.as_str());
        let names = names.split(',').filter_map(|name| name.split_whitespace().next());
        for name in names.chain([""]) {
            if dots == 0 {
                named.push(parts(&format!("{module}/{name}"), '/'));
            } else {
                let path = format!("{}{module}/{name}", "../".repeat(dots - 1));
                named.push(Named::Beside(path));
            }
        }
    }
    named
}

fn script(text: &str) -> Vec<Named> {
    let named = |path: &str| {
        // Sources import what they are compiled to: `./cart.js` is `cart.ts`.
        let bare = path.strip_suffix(".js").or(path.strip_suffix(".mjs")).unwrap_or(path);
        if path.starts_with('.') {
            return Some(Named::Beside(bare.to_owned()));
        }
        let alias = ["@/", "~/", "#/", "src/"].iter().find_map(|start| bare.strip_prefix(start))?;
        Some(parts(&format!("src/{alias}"), '/'))
    };
    all(&SCRIPT, text).filter_map(named).collect()
}

fn go(text: &str) -> Vec<Named> {
    let blocks = GO_BLOCK.captures_iter(text);
    let lists = blocks.filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str()));
    // The standard library has no dot in its first part.
    let own = |path: &&str| path.split('/').next().is_some_and(|first| first.contains('.'));
    lists
        .flat_map(|list| {
            QUOTED.captures_iter(list).filter_map(|found| Some(found.get(1)?.as_str()))
        })
        .filter(own)
        .map(|path| Named::Folder(path.to_owned()))
        .collect()
}

fn java(text: &str) -> Vec<Named> {
    JAVA.captures_iter(text)
        .map(|found| match found.get(2) {
            Some(_) => Named::Folder(found[1].replace('.', "/")),
            None => parts(&found[1], '.'),
        })
        .collect()
}
