//! Source files: a header in each, none too long, none forgotten.
//!
//! In: the Rust files. Out: complaints.

use crate::tidy::workspace::File;

/// Lines that a file may have before its tests.
const LENGTH_LIMIT: usize = 1_000;

/// Complains of headers, lengths and orphans.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let rust: Vec<&File> = files.iter().filter(|file| file.is_rust()).collect();
    let mut complaints = Vec::new();
    for file in &rust {
        complaints.extend(header(file));
        complaints.extend(length(file));
        complaints.extend(orphan(file, &rust));
    }
    complaints
}

/// A reader opens a file at its top: what goes in, what comes out, where to start.
fn header(file: &File) -> Option<String> {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let missing = !file.is_test() && !first.starts_with("//!");
    missing.then(|| format!("{}: begin with `//!`: in, out, where to start", file.path))
}

fn length(file: &File) -> Option<String> {
    let lines = file.production_lines().count();
    let path = &file.path;
    (!file.is_test() && lines > LENGTH_LIMIT)
        .then(|| format!("{path}: {lines} lines before its tests, over {LENGTH_LIMIT}: split it"))
}

/// A file that no `mod` names is compiled by nobody, and its tests never run.
fn orphan(file: &File, rust: &[&File]) -> Option<String> {
    let path = &file.path;
    let (root, inside) = split_at_root(path)?;
    // A program in a directory of its own has its root there.
    let own = inside.strip_prefix("bin/").and_then(|rest| rest.split_once('/'));
    let own_root = own.map(|(program, _)| format!("{root}/bin/{program}"));
    let own_root = own_root.filter(|dir| {
        let main = format!("{dir}/main.rs");
        rust.iter().any(|file| file.path == main)
    });
    let (root, inside) = match (&own_root, own) {
        (Some(dir), Some((_, rest))) => (dir.as_str(), rest),
        _ => (root, inside),
    };
    let (dir, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let name = name.strip_suffix(".rs")?;
    let is_root = dir.is_empty() && matches!(name, "main" | "lib");
    if is_root || dir == "bin" {
        return None;
    }
    // `a/mod.rs` is the module `a` of whatever is above.
    let (dir, name) = match name {
        "mod" => dir.rsplit_once('/').unwrap_or(("", dir)),
        _ => (dir, name),
    };
    let parents = if dir.is_empty() {
        vec![format!("{root}/lib.rs"), format!("{root}/main.rs")]
    } else {
        vec![format!("{root}/{dir}.rs"), format!("{root}/{dir}/mod.rs")]
    };
    let declares = |parent: &&File| {
        parents.contains(&parent.path) && parent.text.lines().any(|line| declares(line, name))
    };
    let found = rust.iter().copied().any(|parent| declares(&parent));
    (!found).then(|| format!("{path}: no `mod {name}` declares it, so it is never compiled"))
}

/// The crate root's directory and the rest: `src` of a package, or `tests/it` of the binary.
fn split_at_root(path: &str) -> Option<(&str, &str)> {
    ["/src/", "/tests/it/"].iter().find_map(|mark| {
        let at = path.find(mark)? + mark.len();
        Some((&path[..at - 1], &path[at..]))
    })
}

fn declares(line: &str, name: &str) -> bool {
    let line = line.trim();
    let declaration = format!("mod {name}");
    ["", "pub ", "pub(crate) ", "pub(super) "].iter().any(|visibility| {
        line.strip_prefix(visibility)
            .and_then(|rest| rest.strip_prefix(&declaration))
            .is_some_and(|rest| rest.starts_with(';') || rest.starts_with(" {"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::file;

    #[test]
    fn a_file_without_a_header_is_found_and_tests_need_none() {
        assert!(header(&file("crates/tl-map/src/a.rs", "use std::fmt;\n")).is_some());
        assert_eq!(header(&file("crates/tl-map/src/a.rs", "\n//! In, out.\n")), None);
        assert_eq!(header(&file("crates/tl-map/src/a/tests.rs", "use super::*;\n")), None);
    }

    #[test]
    fn tests_do_not_count_for_the_length() {
        let lines = "x\n".repeat(LENGTH_LIMIT);
        let with_tests = format!("{lines}#[cfg(test)]\nmod tests {{\n{lines}}}\n");
        assert_eq!(length(&file("a/src/a.rs", &with_tests)), None);
        assert!(length(&file("a/src/a.rs", &format!("{lines}x\n"))).is_some());
    }

    #[test]
    fn a_forgotten_file_is_found() {
        let lib = file("crates/tl-map/src/lib.rs", "mod measure;\n");
        let measure = file("crates/tl-map/src/measure.rs", "//! x\npub(crate) mod lead_time;\n");
        let lead = file("crates/tl-map/src/measure/lead_time.rs", "//! x\n");
        let lost = file("crates/tl-map/src/measure/lost.rs", "//! x\n");
        let all = [&lib, &measure, &lead, &lost];
        let orphans: Vec<String> = all.iter().filter_map(|file| orphan(file, &all)).collect();
        assert_eq!(
            orphans,
            ["crates/tl-map/src/measure/lost.rs: no `mod lost` declares it, \
              so it is never compiled"]
        );
    }

    #[test]
    fn a_program_in_a_directory_of_its_own_has_its_root_there() {
        let main = file("crates/tl-bench/src/bin/serve/main.rs", "//! In.\nmod sender;\n");
        let part = file("crates/tl-bench/src/bin/serve/sender.rs", "//! In.\n");
        let lost = file("crates/tl-bench/src/bin/serve/lost.rs", "//! In.\n");
        let complaints = check(&[main, part, lost]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with("crates/tl-bench/src/bin/serve/lost.rs"));
    }

    #[test]
    fn end_to_end_tests_are_modules_of_one_binary() {
        let main = file("crates/throughline/tests/it/main.rs", "mod map;\n");
        let map = file("crates/throughline/tests/it/map.rs", "");
        let doctor = file("crates/throughline/tests/it/doctor.rs", "");
        let all = [&main, &map, &doctor];
        assert_eq!(all.iter().filter_map(|file| orphan(file, &all)).count(), 1);
    }
}
