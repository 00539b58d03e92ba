//! Files that the source of a server imports from its own folder.
//!
//! In: the sources of a repository as they are read. Out: [`ServerSource`]s, for the rules that follow what
//! a model chose. One step deep, and nothing outside of the repository.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use tl_core::finding::{Location, Root};

use super::add::Found;
use super::location;
use super::read::read;
use crate::inventory::ServerSource;
use crate::rules::gv;
use crate::text::unit::Role;

/// Servers of which imports are read.
const SERVERS: usize = 50;
/// Files that one server imports.
const MODULES: usize = 8;
/// Bytes of a file, and of all that are kept.
const LARGEST: usize = 256 << 10;

static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^[ \t]*(?:from[ ]+(\.*[\w.]*)[ ]+import\b|import[ ]+([\w.]+))")
        .expect("the pattern is fixed")
});

static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:\bfrom\s*|\brequire\(\s*|\bimport\(\s*)["'](\.{1,2}/[\w./-]+)["']"#)
        .expect("the pattern is fixed")
});

/// Keeps a server's source with the files that it imports.
pub(super) fn of_file(found: &Found<'_>, text: &str, root: &Path, sources: &mut Vec<ServerSource>) {
    let path = found.at.path.as_str();
    if found.role != Role::Source || sources.len() >= SERVERS || text.len() > LARGEST {
        return;
    }
    let ending = path.rsplit('.').next().unwrap_or_default();
    let names = match ending {
        "py" => python(text),
        "js" | "mjs" | "cjs" | "ts" | "mts" => script(text),
        _ => return,
    };
    if names.is_empty() || !gv::makes_server(path, text) {
        return;
    }
    let Some(folder) = found.path.parent() else { return };
    let prefix = path.rsplit_once('/').map_or("", |(prefix, _)| prefix);
    let mut modules: Vec<(Location, String)> = Vec::new();
    for candidates in names {
        for name in candidates {
            let Ok(file) = std::fs::canonicalize(folder.join(&name)) else { continue };
            let plain =
                std::fs::metadata(&file).is_ok_and(|m| m.is_file() && m.len() <= LARGEST as u64);
            let Some(at) = below(prefix, &name).filter(|_| plain && file.starts_with(root)) else {
                continue;
            };
            let at = location(Root::Repository, &at);
            if file == found.path || modules.iter().any(|(known, _)| *known == at) {
                break;
            }
            let Ok(content) = read(&file) else { break };
            // A server of its own is read by itself.
            if !gv::makes_server(&at.path, &content.text) && modules.len() < MODULES {
                modules.push((at, content.text));
            }
            break;
        }
    }
    if !modules.is_empty() {
        sources.push(ServerSource { at: found.at.clone(), text: text.to_owned(), modules });
    }
}

/// Files that may be a module, the likeliest first, for each import.
fn python(text: &str) -> Vec<Vec<String>> {
    let names =
        PYTHON.captures_iter(text).take(200).filter_map(|found| found.get(1).or(found.get(2)));
    names
        .map(|name| {
            let bare = name.as_str().trim_start_matches('.');
            let up = (name.len() - bare.len()).saturating_sub(1);
            let path = format!("{}{}", "../".repeat(up), bare.replace('.', "/"));
            vec![format!("{path}.py"), format!("{path}/__init__.py")]
        })
        .collect()
}

fn script(text: &str) -> Vec<Vec<String>> {
    let paths = SCRIPT.captures_iter(text).take(200).filter_map(|found| found.get(1));
    paths
        .map(|path| {
            let path = path.as_str().trim_start_matches("./");
            let stem = path.strip_suffix(".js").or(path.strip_suffix(".mjs")).unwrap_or(path);
            let ends = ["", ".ts", ".js", ".mts", ".mjs", ".cjs", "/index.ts", "/index.js"];
            let mut all = vec![path.to_owned()];
            all.extend(ends.iter().skip(1).map(|end| format!("{stem}{end}")));
            all
        })
        .collect()
}

/// A path of the repository, without `..`; none where it leads out.
fn below(prefix: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_name_files_beside_and_above() {
        assert_eq!(python("from .util import run\nimport os\n")[0][0], "util.py");
        assert_eq!(python("from ..lib.shell import run\n")[0][0], "../lib/shell.py");
        assert_eq!(script("import { run } from './shell.js';")[0][1], "shell.ts");
        assert_eq!(below("src/a", "../b.py").as_deref(), Some("src/b.py"));
        assert_eq!(below("", "../b.py"), None);
    }
}
