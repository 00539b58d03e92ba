//! Manifests: lints and versions are decided once, in the root `Cargo.toml`.
//!
//! In: the text of every `Cargo.toml` of a member. Out: complaints.

use toml::{Table, Value};

use crate::tidy::workspace::File;

/// Complains of members that keep lints or versions of their own.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let is_member = |path: &str| {
        path == "xtask/Cargo.toml" || (path.starts_with("crates/") && path.ends_with("/Cargo.toml"))
    };
    let members: Vec<&File> = files.iter().filter(|file| is_member(&file.path)).collect();
    let mut complaints: Vec<String> =
        members.iter().flat_map(|file| check_manifest(file)).collect();
    if let Some(root) = files.iter().find(|file| file.path == "Cargo.toml") {
        complaints.extend(unused_versions(root, &members));
    }
    complaints
}

/// Versions that the root decides and no member asks for.
fn unused_versions(root: &File, members: &[&File]) -> Vec<String> {
    let manifest = root.text.parse::<Table>().unwrap_or_default();
    let decided = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    let is_used = |name: &str| {
        let plain = format!("{name}.workspace = true");
        let table = format!("{name} = {{ workspace = true");
        members.iter().flat_map(|file| file.text.lines()).any(|line| {
            let line = line.trim();
            line == plain || line.starts_with(&table)
        })
    };
    let unused = decided.into_iter().flatten().filter(|(name, _)| !is_used(name));
    unused.map(|(name, _)| format!("Cargo.toml: no crate uses `{name}`: remove it")).collect()
}

fn check_manifest(file: &File) -> Vec<String> {
    let path = &file.path;
    let Ok(manifest) = file.text.parse::<Table>() else {
        return vec![format!("{path}: is not TOML")];
    };
    let mut complaints = Vec::new();
    if !manifest.get("lints").is_some_and(from_workspace) {
        complaints.push(format!("{path}: add `[lints]` with `workspace = true`"));
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(&manifest).chain(
        targets.into_iter().flat_map(|targets| targets.values()).filter_map(Value::as_table),
    );
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(kind).and_then(Value::as_table) else { continue };
            for (name, value) in dependencies {
                if !from_workspace(value) {
                    complaints.push(format!(
                        "{path}: `{name}` needs `workspace = true`; its version belongs in the root"
                    ));
                }
            }
        }
    }
    complaints
}

fn from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::file;

    #[test]
    fn a_version_in_a_member_is_found() {
        let text = "[dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n";
        let complaints = check(&[file("crates/tl-map/Cargo.toml", text)]);
        assert_eq!(
            complaints,
            ["crates/tl-map/Cargo.toml: `serde` needs `workspace = true`; \
              its version belongs in the root"]
        );
    }

    #[test]
    fn a_version_for_one_platform_is_found_and_so_are_missing_lints() {
        let text = "[target.'cfg(unix)'.dependencies]\nlibc = { version = \"0.2\" }\n";
        assert_eq!(check(&[file("xtask/Cargo.toml", text)]).len(), 2);
    }

    #[test]
    fn a_version_that_nobody_uses_is_found() {
        let root = file("Cargo.toml", "[workspace.dependencies]\ncsv = \"1\"\nserde = \"1\"\n");
        let text = "[dependencies]\nserde.workspace = true\n[lints]\nworkspace = true\n";
        let complaints = check(&[root, file("crates/tl-map/Cargo.toml", text)]);
        assert_eq!(complaints, ["Cargo.toml: no crate uses `csv`: remove it"]);
    }

    #[test]
    fn features_may_be_added_to_what_the_workspace_gives() {
        let text = "[dev-dependencies]\ntokio = { workspace = true, features = [\"fs\"] }\n\
                    [lints]\nworkspace = true\n";
        assert_eq!(check(&[file("crates/tl-map/Cargo.toml", text)]), Vec::<String>::new());
    }
}
