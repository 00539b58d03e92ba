//! Skills, agents and commands: their heads and their hashes; heads of rule files.

use sha2::{Digest as _, Sha256};
use tl_core::finding::Location;

use super::{Client, FileDigest, Scope, Skill, SkillKind};
use crate::parse::front_matter;

/// A skill of which nothing was read yet. Its name is that of its folder, or of its file.
pub fn begun(at: Location, client: Client, scope: Scope, kind: SkillKind) -> Skill {
    let mut parts = at.path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let folder = parts.next().filter(|_| file.eq_ignore_ascii_case("SKILL.md"));
    let stem = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    Skill {
        kind,
        clients: vec![client],
        scope,
        name: folder.map_or_else(|| stem(file), str::to_owned),
        description: String::new(),
        allowed_tools: Vec::new(),
        files: Vec::new(),
        root_hash: String::new(),
        at,
    }
}

/// Reads the head of a skill's document.
pub fn head(skill: &mut Skill, text: &str) {
    let front = front_matter::parse(text);
    if let Some(name) = front.get("name").filter(|name| !name.is_empty()) {
        name.clone_into(&mut skill.name);
    }
    front.get("description").unwrap_or_default().clone_into(&mut skill.description);
    skill.allowed_tools =
        ["allowed-tools", "tools", "allowedTools"].iter().flat_map(|key| front.list(key)).collect();
}

/// Sorts the files and makes the root of their Merkle tree, as RFC 6962 does: a leaf is
/// `SHA-256(0 || path || 0 || hash)`, a node `SHA-256(1 || left || right)`.
pub fn finish(skill: &mut Skill) {
    skill.files.sort();
    skill.files.dedup();
    let leaves = skill.files.iter().map(|file| {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(file.path.as_bytes());
        hash.update([0]);
        hash.update(file.sha256.as_bytes());
        hash.finalize().to_vec()
    });
    skill.root_hash = hex(&merkle(&leaves.collect::<Vec<_>>()));
}

fn merkle(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => Sha256::digest([]).to_vec(),
        [leaf] => leaf.clone(),
        many => {
            // The largest power of two below the number of leaves.
            let left = 1 << (usize::BITS - 1 - (many.len() - 1).leading_zeros());
            let mut hash = Sha256::new();
            hash.update([1]);
            hash.update(merkle(&many[..left]));
            hash.update(merkle(&many[left..]));
            hash.finalize().to_vec()
        }
    }
}

/// The root hash of files by their paths below the skill's folder, and the digests of their content.
pub fn root_hash(files: Vec<FileDigest>) -> String {
    let at = Location {
        root: tl_core::finding::Root::Repository,
        path: String::new(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    };
    let mut skill = begun(at, Client::Unknown, Scope::Project, SkillKind::Skill);
    skill.files = files;
    finish(&mut skill);
    skill.root_hash
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Whether a rule file is in every session, and the paths behind `@` in it.
pub fn rule_head(text: &str) -> (bool, Vec<String>) {
    let front = front_matter::parse(text);
    let narrowed = ["globs", "applyTo", "paths", "fileMatchPattern"]
        .iter()
        .any(|key| !matches!(front.get(key), None | Some("" | "*" | "**" | "**/*")));
    let off = front.get("alwaysApply") == Some("false");
    let manual = matches!(
        front.get("inclusion").or(front.get("trigger")),
        Some("manual" | "fileMatch" | "glob" | "model_decision")
    );
    let on = front.get("alwaysApply") == Some("true");
    (on || !(narrowed || off || manual), imports(&text[front.body..]))
}

/// `@path` at the start of a word, outside of code: at most 64.
fn imports(body: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found: Vec<String> = Vec::new();
    for line in body.lines() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        for word in line.split_whitespace() {
            let Some(path) = word.strip_prefix('@') else { continue };
            let path = path.trim_end_matches(['.', ',', ')', ';', ':']);
            let is_file =
                path.contains('/') || path.rsplit_once('.').is_some_and(|(_, e)| e == "md");
            // `@scope/package` is no file.
            let package =
                path.matches('/').count() == 1 && !path.contains('.') && !path.starts_with('~');
            if is_file && !package && found.len() < 64 && !found.iter().any(|known| known == path) {
                found.push(path.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::FileDigest;

    fn hash(files: &[(&str, &str)]) -> String {
        let at = Location {
            root: tl_core::finding::Root::Repository,
            path: ".claude/skills/a/SKILL.md".to_owned(),
            line: 0,
            column: 0,
            end_line: 0,
            within: String::new(),
        };
        let mut skill = begun(at, Client::ClaudeCode, Scope::Project, SkillKind::Skill);
        assert_eq!(skill.name, "a");
        skill.files = files
            .iter()
            .map(|(path, sha256)| FileDigest {
                path: (*path).to_owned(),
                sha256: (*sha256).to_owned(),
            })
            .collect();
        finish(&mut skill);
        skill.root_hash
    }

    #[test]
    fn the_hash_of_a_skill_does_not_depend_on_order_but_on_names_and_content() {
        let one = hash(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(one, hash(&[("c", "3"), ("a", "1"), ("b", "2")]));
        assert_ne!(one, hash(&[("a", "1"), ("b", "2"), ("d", "3")]));
        assert_ne!(one, hash(&[("a", "1"), ("b", "2"), ("c", "4")]));
        assert_ne!(one, hash(&[("a", "1"), ("b", "2")]));
    }

    #[test]
    fn a_head_tells_when_a_rule_holds() {
        assert!(rule_head("Use tabs.").0);
        assert!(!rule_head("---\nglobs: \"*.rs\"\nalwaysApply: false\n---\n").0);
        assert!(rule_head("---\nglobs:\nalwaysApply: true\n---\n").0);
        assert!(rule_head("---\napplyTo: '**'\n---\n").0);
    }

    #[test]
    fn imports_are_paths_and_not_packages_or_people() {
        let text =
            "See @docs/a.md and @~/b.md, thanks @ana, not @scope/pkg.\n```\n@in/code.md\n```\n";
        assert_eq!(rule_head(text).1, ["docs/a.md", "~/b.md"]);
    }
}
