//! Unused dependencies: what no line of code names is compiled by every newcomer for nothing.
//!
//! In: the crates and the text of their Rust files. Out: complaints. A search for the name as a
//! word: it may miss one that only a comment names, but it never refuses one that is used.

use crate::tidy::workspace::{Crate, Dependency, File};

/// Dependencies that no code names, and why they are there all the same.
const KEPT: &[(&str, &str)] = &[];

/// Complains of dependencies that no file of the crate names.
pub(crate) fn check(crates: &[Crate], files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for a_crate in crates {
        let prefix = format!("{}/", a_crate.dir);
        let rust: Vec<&File> =
            files.iter().filter(|file| file.is_rust() && file.path.starts_with(&prefix)).collect();
        for Dependency { package, ident, normal } in &a_crate.dependencies {
            let kept = KEPT.iter().any(|(kept, _)| kept == package);
            let is_named = |file: &&File| match normal {
                true => file.production_lines().any(|(_, line)| names(line, ident)),
                false => names(&file.text, ident),
            };
            let counts = |file: &&&File| !(*normal && file.is_test());
            if !kept && !rust.iter().filter(counts).any(is_named) {
                let name = &a_crate.name;
                let kind = if *normal { "dependency" } else { "dev-dependency" };
                complaints.push(format!("`{name}` does not use its {kind} `{package}`: remove it"));
            }
        }
    }
    complaints
}

/// Whether `text` has `word` with no letter, digit or `_` beside it.
fn names(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::{crate_with, file};

    #[test]
    fn a_dependency_that_only_tests_use_is_not_a_normal_one() {
        let text = "use serde_json as _;\n#[cfg(test)]\nmod tests {\nuse serde::Serialize;\n}\n";
        let files = [file("crates/tl-map/src/lib.rs", text)];
        let crates = [crate_with("tl-map", &["serde"], &[])];
        assert_eq!(
            check(&crates, &files),
            ["`tl-map` does not use its dependency `serde`: remove it"]
        );
        let crates = [crate_with("tl-map", &["serde_json"], &["serde"])];
        assert_eq!(check(&crates, &files), Vec::<String>::new());
    }

    #[test]
    fn another_crates_use_does_not_count() {
        let files = [file("crates/tl-mapper/src/lib.rs", "use serde::Serialize;")];
        assert_eq!(check(&[crate_with("tl-map", &["serde"], &[])], &files).len(), 1);
    }
}
