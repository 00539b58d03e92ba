//! The family on whole texts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::inventory::Inventory;
use crate::testing::artifact;

fn seen(path: &str, text: &str) -> Vec<(&'static str, String)> {
    secrets(path, text)
        .into_iter()
        .map(|one| (DOCS[one.kind as usize].id, text[one.range].to_owned()))
        .collect()
}

/// A token of GitHub with the right checksum.
fn github(random: &str) -> String {
    let mut sum = token::crc32(random.as_bytes());
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(char::from(digits[sum as usize % 62]));
        sum /= 62;
    }
    let tail: String = tail.iter().rev().collect();
    format!("ghp_{random}{tail}")
}

fn findings(path: &str, role: Role, text: &str) -> Vec<tl_core::finding::Finding> {
    let artifact = artifact(role, path, text);
    let (inventory, tools) = (Inventory::default(), BTreeMap::new());
    let mut sink = Sink::default();
    check(&artifact, &Cx { inventory: &inventory, tools: &tools }, &mut sink);
    sink.finish()
}

#[test]
fn a_token_with_its_checksum_is_certain_and_one_without_is_not() {
    let good = github("q7Rk29xLmPz04vTnq7Rk29xLmPz04v");
    let text = format!("token = \"{good}\"");
    let found = &findings("src/a.py", Role::Source, &text)[0];
    assert_eq!((found.level, found.confidence), (Level::High, Confidence::High));
    let wrong = text.replace("q7Rk", "q7Rj");
    let found = &findings("src/a.py", Role::Source, &wrong)[0];
    assert_eq!((found.level, found.confidence), (Level::Warn, Confidence::Low));
    assert!(found.message.contains("checksum"), "{}", found.message);
}

#[test]
fn a_secret_is_found_once_and_by_what_is_known_best_of_it() {
    let token = github("q7Rk29xLmPz04vTnq7Rk29xLmPz04v");
    let text = format!("GITHUB_TOKEN={token}\nDB_PASSWORD=admin123\n");
    let expected = [("GS001", token), ("GS090", "admin123".to_owned())];
    assert_eq!(seen(".env", &text), expected);
}

#[test]
fn the_same_words_weigh_differently_in_a_template_and_in_prose() {
    let text = "DB_PASSWORD=admin123\n";
    assert_eq!(seen("web/.env", text).len(), 1);
    for path in ["web/.env.example", "docs/a.md", "tests/fixtures/.env", "locales/en.json"] {
        assert_eq!(seen(path, text), [], "{path}");
    }
}

#[test]
fn a_secret_in_a_servers_entry_is_left_to_the_rule_of_servers() {
    let token = github("q7Rk29xLmPz04vTnq7Rk29xLmPz04v");
    let inside =
        format!(r#"{{"mcpServers": {{"a": {{"command": "x", "env": {{"T": "{token}"}}}}}}}}"#);
    assert_eq!(findings(".mcp.json", Role::Config, &inside), []);
    let beside = format!(r#"{{"mcpServers": {{"a": {{"command": "x"}}}}, "apiKey": "{token}"}}"#);
    assert_eq!(findings(".mcp.json", Role::Config, &beside).len(), 1);
}

#[test]
fn lines_are_those_of_the_file() {
    let text = "a\nb = 1\nPASSWORD=hunter22\nTOKEN=q7Rk29xLmPz04vTn\n";
    let lines: Vec<u32> = findings(".env", Role::Other, text).iter().map(|f| f.at.line).collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn a_whole_value_is_a_key_or_not() {
    assert!(is_key(&github("q7Rk29xLmPz04vTnq7Rk29xLmPz04v")));
    assert!(!is_key("a ghp_ in a sentence") && !is_key(""));
}

proptest! {
    /// No text makes it panic, and ranges are borders of characters in order.
    #[test]
    fn any_text_is_read(
        path in "(\\.env|a\\.py|a\\.json|\\.netrc|\\.npmrc|b\\.md|\\.pgpass|config/master\\.key)",
        parts in prop::collection::vec(prop_oneof![
            "\\PC{0,12}",
            prop::sample::select(vec![
                "password", "=", ": ", "\"", "'", "\n", "://", "@", "ghp_", "-----BEGIN PRIVATE KEY-----",
                "$2y$12$", "$6$", "eyJ", ".", "\"auth\": \"", "token", "<Pass>", "</", "\\", ":AA", "é",
            ]).prop_map(str::to_owned),
        ], 0..40),
    ) {
        let text = parts.concat();
        let mut end = 0;
        for one in secrets(&path, &text) {
            prop_assert!(one.range.start >= end && text.get(one.range.clone()).is_some());
            end = one.range.end;
        }
    }

    /// What is found never stands in what is told.
    #[test]
    fn no_finding_shows_its_secret(secret in "[A-Za-z0-9]{12,60}") {
        let text = format!("DB_PASSWORD={secret}\napi_key = \"{secret}\"\n");
        for one in findings(".env", Role::Other, &text) {
            let told = serde_json::to_string(&one).unwrap();
            prop_assert!(!told.contains(&secret));
        }
    }
}

#[test]
fn a_program_without_an_ending_is_known_by_its_first_line() {
    let text = "#!/usr/bin/env python3\nrun({\"title\":args.title,\"meeting_password\":args.meeting_password,\"n\":args.n})\npost(data={\"grant_type\": \"password\", \"username\": username,\n    \"password\": password,\n})\n";
    assert_eq!(seen("tools/call", text), []);
    let given = "#!/usr/bin/env python3\npassword = \"q7Rk29xLm\"\n";
    assert_eq!(seen("tools/call", given), [("GS090", "q7Rk29xLm".to_owned())]);
    assert_eq!(seen("tools/call", "password q7Rk\npassword=hunter22\n").len(), 1);
}
