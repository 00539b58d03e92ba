//! Files that the source of a server imports from its own folder.
//!
//! In: the sources of a repository as they are read. Out: [`ServerSource`]s, for the rules that follow what
//! a model chose. One step deep, and nothing outside of the repository. **Invariant:** what is over a limit
//! is told: [`of_file`] returns it.

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
const SERVERS: usize = 100;
/// Imports of one file that are looked up.
const IMPORTS: usize = 500;
/// Bytes of a server and what it imports, which are followed together.
const LARGEST: usize = gv::LARGEST_SERVER - (1 << 10);

static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^[ \t]*(?:from[ ]+(\.*[\w.]*)[ ]+import\b|import[ ]+([\w.]+))")
        .expect("the pattern is fixed")
});

static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:\bfrom\s*|\brequire\(\s*|\bimport\(\s*)["'](\.{1,2}/[\w./-]+)["']"#)
        .expect("the pattern is fixed")
});

/// Keeps a server's source with the files that it imports; says what of them is left out.
pub(super) fn of_file(
    found: &Found<'_>,
    text: &str,
    root: &Path,
    sources: &mut Vec<ServerSource>,
) -> Option<String> {
    let path = found.at.path.as_str();
    // A larger server is told by the rules that read it alone.
    if found.role != Role::Source || text.len() > gv::LARGEST_SERVER {
        return None;
    }
    let ending = path.rsplit('.').next().unwrap_or_default();
    let mut names = match ending {
        "py" => python(text),
        "js" | "mjs" | "cjs" | "ts" | "mts" => script(text),
        _ => return None,
    };
    if names.is_empty() || !gv::makes_server(path, text) {
        return None;
    }
    let mut left = None;
    if names.len() > IMPORTS {
        names.truncate(IMPORTS);
        left = Some(format!("of what this server imports, {IMPORTS} names were looked up"));
    }
    let mut room = LARGEST.saturating_sub(text.len());
    let folder = found.path.parent()?;
    let prefix = path.rsplit_once('/').map_or("", |(prefix, _)| prefix);
    let mut modules: Vec<(Location, String)> = Vec::new();
    for candidates in names {
        for name in candidates {
            let Ok(file) = std::fs::canonicalize(folder.join(&name)) else { continue };
            let plain = std::fs::metadata(&file).is_ok_and(|m| m.is_file());
            let Some(at) = below(prefix, &name).filter(|_| plain && file.starts_with(root)) else {
                continue;
            };
            let at = location(Root::Repository, &at);
            if file == found.path || modules.iter().any(|(known, _)| *known == at) {
                break;
            }
            let Ok(content) = read(&file) else { break };
            // A server of its own is read by itself.
            if !gv::makes_server(&at.path, &content.text) {
                // What stands between two of them counts too.
                if let Some(less) = room.checked_sub(content.text.len() + 2) {
                    room = less;
                    modules.push((at, content.text));
                } else {
                    left =
                        Some(format!("`{}`, which this server imports, is not followed", at.path));
                }
            }
            break;
        }
    }
    if !modules.is_empty() && sources.len() >= SERVERS {
        return Some(format!("imports of the first {SERVERS} servers are followed"));
    }
    if !modules.is_empty() {
        sources.push(ServerSource { at: found.at.clone(), text: text.to_owned(), modules });
    }
    left
}

/// Files that may be a module, the likeliest first, for each import.
fn python(text: &str) -> Vec<Vec<String>> {
    let names = PYTHON.captures_iter(text).filter_map(|found| found.get(1).or(found.get(2)));
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
    let paths = SCRIPT.captures_iter(text).filter_map(|found| found.get(1));
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
