//! Every rule against its fixtures, by the whole pipeline.
//!
//! `fixtures/<ID>/{bad,good}/<case>/` is a small tree: `repo/` and `home/` are a repository and a
//! home, each `tools*.json` a list of tools; without any of them the case itself is the repository. Files
//! that end in `.esc` lose the ending, and the escapes in them become characters, so
//! that nothing hidden stands in the repository. `also` names further rules that may fire.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    host::{Host, Os},
    rules::all,
    scan::{Scan, scan},
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Families and rules with other inputs than a tree and lists of tools: a lock, a policy, servers
/// whose tools are approved. Their tests beside them build those.
const ELSEWHERE: &[&str] = &["GA", "GD", "GI", "GK001", "GK002", "GN005", "GX"];

#[test]
fn every_rule_is_documented() {
    let mut seen = BTreeSet::new();
    for rule in all() {
        assert_eq!(rule.doc.gaps(), Vec::<&str>::new(), "{}", rule.doc.id);
        assert!(seen.insert(rule.doc.id), "{} is there twice", rule.doc.id);
        assert!(seen.insert(rule.doc.name), "{} is there twice", rule.doc.name);
    }
}

#[test]
fn a_bad_fixture_fires_its_rule_alone_and_a_good_one_does_not() {
    let mut wrong = Vec::new();
    for rule in all() {
        let id = rule.doc.id;
        if ELSEWHERE.iter().any(|part| id.starts_with(part)) {
            continue;
        }
        let folder = fixtures().join(id);
        for (kind, bad) in [("bad", true), ("good", false)] {
            let cases = entries(&folder.join(kind));
            if cases.is_empty() {
                wrong.push(format!("{id} has no {kind} fixture"));
            }
            for case in cases {
                wrong.extend(check(id, bad, &case));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(id: &str, bad: bool, case: &Path) -> Option<String> {
    let also = fs::read_to_string(case.join("also")).unwrap_or_default();
    let fired: BTreeSet<String> = run(case);
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let has = fired.contains(id);
    if has != bad {
        let verb = if bad { "does not fire" } else { "fires" };
        return Some(format!("{id} {verb} in {name} ({fired:?})"));
    }
    let more = |rule: &&String| **rule != id && !also.split_whitespace().any(|a| a == **rule);
    let others: Vec<&String> = fired.iter().filter(more).collect();
    (bad && !others.is_empty()).then(|| format!("{id}: {others:?} fire too in {name}"))
}

/// Rules that fire in a case.
fn run(case: &Path) -> BTreeSet<String> {
    let root = tempfile::tempdir().unwrap();
    let place = |name: &str| root.path().join(name);
    let part = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        matches!(name, "repo" | "home") || name.starts_with("tools")
    };
    let parted = entries(case).iter().any(part);
    copy(case, &if parted { root.path().to_owned() } else { place("repo") });
    for name in ["repo", "home", "system"] {
        fs::create_dir_all(place(name)).unwrap();
    }
    let lists = entries(root.path()).into_iter().filter(|path| path.is_file());
    let tools = lists.map(|path| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    });
    let host = Host {
        os: Os::Linux,
        home: Some(place("home")),
        system: place("system"),
        variables: [].into(),
        repositories: vec![place("repo")],
    };
    let ask = Scan {
        home: true,
        all: false,
        repositories: true,
        tools: tools.collect(),
        listeners: false,
        only: Vec::new(),
    };
    let scanned = scan(&host, &ask, &mut |_| {});
    let findings = scanned.map(|scanned| scanned.findings).unwrap_or_default();
    findings.into_iter().map(|finding| finding.rule.0.into_owned()).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = read.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in entries(from) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if entry.is_dir() {
            copy(&entry, &to.join(name));
        } else if let Some(name) = name.strip_suffix(".esc") {
            fs::write(to.join(name), unescape(&fs::read_to_string(&entry).unwrap())).unwrap();
        } else if name != "also" {
            fs::copy(&entry, to.join(name)).unwrap();
        }
    }
}

/// `\u{202e}` as UTF-8, `\x1b` as a byte, `\n{60}` as so many line breaks, `\\` as one backslash.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let length = if let Some(code) = escape.strip_prefix("u{") {
            let end = code.find('}').unwrap();
            let c = u32::from_str_radix(&code[..end], 16).ok().and_then(char::from_u32).unwrap();
            out.extend_from_slice(c.to_string().as_bytes());
            end + 3
        } else if let Some(code) = escape.strip_prefix('x') {
            out.push(u8::from_str_radix(&code[..2], 16).unwrap());
            3
        } else if let Some(code) = escape.strip_prefix("n{") {
            let end = code.find('}').unwrap();
            out.extend(std::iter::repeat_n(b'\n', code[..end].parse().unwrap()));
            end + 3
        } else {
            assert!(escape.starts_with('\\'), "an unknown escape in a fixture");
            out.push(b'\\');
            1
        };
        rest = &escape[length..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}
