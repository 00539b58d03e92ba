use super::*;

fn refused(text: &str) -> String {
    PolicyFile::read(text).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    insta::assert_snapshot!(refused("schema = \"guard-policy/v1\"\n[paths]\ndeny_raed = [\"**/.env\"]\n"), @"line 3, column 1: unknown field `deny_raed`, expected one of `allow_read`, `ask_read`, `deny_read`, `default_read`, `when_tainted_read`, `allow_write`, `ask_write`, `deny_write`, `default_write`, `when_tainted_write`; did you mean `deny_read`?");
    insta::assert_snapshot!(refused("\non_eror = \"ask\"\n"), @"line 2, column 1: unknown field `on_eror`, expected one of `schema`, `on_error`, `ask_fallback`, `mode`, `trust`, `paths`, `settings`, `commands`, `hosts`, `servers`, `tools`, `packages`, `role`, `exception`, `allow`; did you mean `on_error`?");
    insta::assert_snapshot!(refused("on_error = \"aks\"\n"), @"line 1, column 12: unknown variant `aks`, expected one of `neutral`, `ask`, `deny`; did you mean `ask`?");
    insta::assert_snapshot!(refused("[[role]]\nname = \"r\"\ndeny = [\"wirte\"]\n"), @"line 3, column 9: unknown variant `wirte`, expected one of `read`, `write`, `run`, `fetch`, `call-tool`, `install`, `change-settings`, `prompt`; did you mean `write`?");
    insta::assert_snapshot!(refused("[mode]\nGA = \"of\"\n"), @"line 2, column 6: unknown variant `of`, expected one of `off`, `note`, `ask`, `deny`; did you mean `off`?");
    insta::assert_snapshot!(refused("schema = \"guard-policy/v2\"\n"), @"line 1, column 10: unknown variant `guard-policy/v2`, expected `guard-policy/v1`; did you mean `guard-policy/v1`?");
    insta::assert_snapshot!(refused("[paths\n"), @"line 1, column 7: unclosed table, expected `]`");
}

#[test]
fn a_pattern_that_cannot_be_said_is_refused_with_what_to_write() {
    let pattern =
        |table: &str, pattern: &str| refused(&format!("[{table}]\ndeny = ['{pattern}']\n"));
    insta::assert_snapshot!(pattern("settings", ".env"), @"line 2, column 9: `.env` could be meant in the repository's root or everywhere: write `./.env` or `**/.env`");
    insta::assert_snapshot!(pattern("settings", "build/"), @"line 2, column 9: write `build/**` for the directory and all below it");
    insta::assert_snapshot!(pattern("settings", r"a\b"), @"line 2, column 9: between names stands `/`, on Windows too");
    insta::assert_snapshot!(pattern("settings", "a/*/b/*"), @"line 2, column 9: `a/*/b/*` cannot be said exactly: use `dir/**`, `**/name*`, `dir/**/name*`, `**/dir/**`, `dir/name*` or one `*`");
    insta::assert_snapshot!(pattern("settings", "**.pem"), @"line 2, column 9: `**` stands for whole names, and `**.pem` is a part of one");
    insta::assert_snapshot!(pattern("settings", "a/../b"), @"line 2, column 9: a path has no empty names, `.` or `..` in it");
    insta::assert_snapshot!(pattern("settings", "a/[bc]"), @"line 2, column 9: `[` is no sign of these patterns: write one pattern for each case");
    insta::assert_snapshot!(pattern("commands", "npm publish*"), @"line 2, column 9: `*` stands for whole words, and `publish*` is a part of one: write `*` with spaces around it");
    insta::assert_snapshot!(pattern("commands", "git commit -m \"x\""), @r#"line 2, column 9: a command is matched by its words: leave the quotes out of `"x"`"#);
    insta::assert_snapshot!(pattern("hosts", "https://Acme.example/x"), @"line 2, column 9: only the host counts, in its plain form: write `acme.example`");
    insta::assert_snapshot!(pattern("hosts", "acme.*"), @"line 2, column 9: `*` stands for subdomains, and only at the front: `*.acme.example`");
    insta::assert_snapshot!(pattern("hosts", "0x7f.1"), @"line 2, column 9: only the host counts, in its plain form: write `127.0.0.1`");
    insta::assert_snapshot!(pattern("servers", "https://acme.example*"), @"line 2, column 9: an address goes on to a `/`: write `https://acme.example/*`");
    insta::assert_snapshot!(pattern("servers", "https://*.acme.example/*"), @"line 2, column 9: `*` stands at the end of a package or an address: `npm:@acme/*`");
    insta::assert_snapshot!(pattern("tools", "delete_repo"), @"line 2, column 9: a tool is SERVER/TOOL: write `*/delete_repo` for any server's");
    insta::assert_snapshot!(pattern("packages", "left-pad"), @"line 2, column 9: a package is ECOSYSTEM:NAME: write `npm:left-pad` or `*:left-pad`");
    insta::assert_snapshot!(pattern("packages", ""), @"line 2, column 9: a pattern has 1 to 1024 bytes, and no control characters");
}

#[test]
fn an_exception_without_owner_day_or_subject_is_refused() {
    let exception = |lines: &str| refused(&format!("[[exception]]\npolicy = \"paths\"\n{lines}\n"));
    let rest = "owner = \"ana\"\nreason = \"r\"\nexpires = \"2027-01-31\"";
    insta::assert_snapshot!(exception(rest), @"line 2, column 10: an exception leaves exactly one of `path`, `command`, `host`, `server`, `tool` and `package` alone");
    insta::assert_snapshot!(exception(&format!("path = \"./a\"\nhost = \"a.example\"\n{rest}")), @"line 2, column 10: an exception leaves exactly one of `path`, `command`, `host`, `server`, `tool` and `package` alone");
    insta::assert_snapshot!(exception("path = \"./a\"\nowner = \" \"\nreason = \"r\"\nexpires = \"2027-01-31\""), @"line 4, column 9: an exception names who answers for it, and why");
    insta::assert_snapshot!(exception("path = \"./a\"\nowner = \"ana\"\nreason = \"r\"\nexpires = \"soon\""), @r#"line 6, column 11: `until` is a day such as "2027-01-31""#);
    insta::assert_snapshot!(exception("path = \"./a\"\nowner = \"ana\"\nreason = \"r\"\nexpires = \"2027-02-30\""), @r#"line 6, column 11: `until` is a day such as "2027-01-31""#);
    insta::assert_snapshot!(exception("path = \"a\"\nowner = \"ana\"\nreason = \"r\"\nexpires = \"2027-01-31\""), @"line 3, column 8: `a` could be meant in the repository's root or everywhere: write `./a` or `**/a`");
    insta::assert_snapshot!(exception("path = \"./a\"\nreason = \"r\"\nexpires = \"2027-01-31\""), @"line 1, column 1: missing field `owner`");
}

#[test]
fn what_the_scanner_allows_is_handed_on_with_its_line() {
    let text = "schema = \"guard-policy/v1\"\n\n[[allow]]\nrule = \"GC001\"\nanything = [1]\n";
    let file = PolicyFile::read(text).unwrap();
    assert_eq!(file.line(&file.allow[0]), 3);
    assert_eq!(file.allow[0].get_ref()["rule"].as_str(), Some("GC001"));
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    assert!(refused(&"#".repeat(LARGEST + 1)).starts_with("larger than"));
    let many = "\"./a\",".repeat(MOST_ENTRIES + 1);
    assert!(refused(&format!("[settings]\ndeny = [{many}]")).starts_with("2001 entries"));
}

#[test]
fn a_repository_is_trusted_by_its_directory_or_one_above() {
    let file = PolicyFile::read("trust = [\"~/code/**\", \"~/app\"]").unwrap();
    for (directory, trusted) in [
        ("~/code/app", true),
        ("~/code/app/deep", true),
        ("~/code", false),
        ("~/codeshop", false),
        ("~/app", true),
        ("~/app2", false),
        ("", false),
    ] {
        assert_eq!(file.trusts(directory), trusted, "{directory}");
    }
}

#[test]
fn where_case_is_ignored_patterns_of_paths_are_in_lower_case() {
    let text = "[paths]\ndeny_write = [\"**/AGENTS.md\"]\n[hosts]\ndeny = [\"a.example\"]\n\
                [commands]\ndeny = [\"Make All\"]\n";
    let file = PolicyFile::read(text).unwrap().ignoring_case();
    assert_eq!(file.paths.deny_write[0].get_ref(), "**/agents.md");
    assert_eq!(file.commands.deny[0].get_ref(), "Make All");
}

#[test]
fn every_example_of_the_documentation_is_read() {
    let page = include_str!("../../../../docs/guard-policy.md");
    let blocks = |language: &'static str| {
        let after = page.split("```").skip(1).step_by(2);
        after.filter_map(move |block| block.strip_prefix(language))
    };
    let examples: Vec<_> =
        blocks("toml\n").filter(|block| !block.starts_with("[[case]]")).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let policy = crate::policy::Policy::from(PolicyFile::read(example).unwrap());
        let cedar = blocks("cedar\n").map(|text| ("a.cedar".to_owned(), text.to_owned()));
        let engine = crate::engine::Engine::new(&policy, &cedar.collect::<Vec<_>>()).unwrap();
        assert_eq!(engine.warnings(), []);
    }
}
