//! Rules of GI on their fixtures, and what needs more than files: sockets, masks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::discover::{Ask, discover};
use crate::host::{Host, Os};
use crate::rules::{Check, Cx, Rule, Sink, gc, gi, gn};

/// A case is a repository; with `home`, `system` or `repo` in it, it is those.
fn ids(case: &Path) -> BTreeSet<String> {
    let parts = ["home", "system", "repo"].iter().any(|part| case.join(part).exists());
    let host = Host {
        os: Os::Linux,
        home: Some(case.join("home")),
        system: case.join("system"),
        variables: BTreeMap::new(),
        repositories: vec![if parts { case.join("repo") } else { case.to_owned() }],
    };
    let ask = Ask {
        home: true,
        repositories: true,
        all: false,
        listeners: true,
        contents: true,
        file: None,
    };
    let found = discover(&host, ask, &mut |_| {});
    let cx = Cx { inventory: &found.inventory, tools: &BTreeMap::new() };
    let mut sink = Sink::default();
    for rule in [gc::RULES, gi::RULES, gn::RULES].into_iter().flatten() {
        if let Check::Inventory(check) = rule.check {
            check(&cx, &mut sink);
        }
    }
    sink.finish().into_iter().map(|finding| finding.rule.0.into_owned()).collect()
}

fn cases(rule: &Rule, kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(rule.doc.id).join(kind);
    let cases = fs::read_dir(&root).unwrap_or_else(|_| panic!("no {}", root.display()));
    cases.map(|case| case.unwrap().path()).collect()
}

#[test]
fn a_rule_of_the_inventory_finds_its_bad_cases_and_passes_its_good_ones() {
    for rule in gi::RULES.iter().filter(|rule| !matches!(rule.check, Check::Elsewhere)) {
        for case in cases(rule, "bad") {
            assert!(
                ids(&case).contains(rule.doc.id),
                "{} finds nothing in {}",
                rule.doc.id,
                case.display()
            );
        }
        for case in cases(rule, "good") {
            assert!(!ids(&case).contains(rule.doc.id), "{} in {}", rule.doc.id, case.display());
        }
    }
}

/// A machine on which one process listens.
#[cfg(unix)]
fn listening(address: &str, arguments: &str, config: &str) -> BTreeSet<String> {
    let tree = tempfile::TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let head = "sl local rem st tx:rx tr:tm retrnsmt uid timeout inode\n";
    let line = format!("0: {address}:1F90 00000000:0000 0A 0:0 0:0 0 1000 0 4242 1\n");
    write("system/proc/net/tcp", &format!("{head}{line}"));
    write("system/proc/17/cmdline", &arguments.replace(' ', "\0"));
    write("repo/.mcp.json", config);
    fs::create_dir_all(tree.path().join("system/proc/17/fd")).unwrap();
    std::os::unix::fs::symlink("socket:[4242]", tree.path().join("system/proc/17/fd/3")).unwrap();
    ids(tree.path())
}

#[cfg(unix)]
#[test]
fn a_listening_server_is_tied_to_its_configuration_or_unknown() {
    let config = r#"{"mcpServers":{"t":{"command":"npx","args":["acme-mcp@1.0.0"]}}}"#;
    let process = "node /x/node_modules/acme-mcp/index.js";
    assert_eq!(listening("00000000", process, config), ["GN001".to_owned()].into());
    assert_eq!(listening("0100007F", process, config), BTreeSet::new());
    assert_eq!(listening("0100007F", process, "{}"), ["GN005".to_owned()].into());
    assert_eq!(listening("00000000", "nginx -g daemon", "{}"), BTreeSet::new());
}

#[test]
fn secrets_do_not_stand_in_evidence() {
    let line =
        "npx x --token Abcd1234Efgh --api-key=Zyxw9876Vuts https://x.example/?key=Qwer5678Tyui&a=b";
    assert_eq!(gc::masked(line), "npx x --token *** --api-key=*** https://x.example/?key=***&a=b");
}
