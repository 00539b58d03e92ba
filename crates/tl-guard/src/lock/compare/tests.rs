use super::*;
use crate::lock::approve;
use crate::lock::sample::{approval, inventory, value};
use serde_json::json;

/// The inventory with one value of it replaced.
fn with(pointer: &str, new: Value) -> Inventory {
    let mut value = value();
    *value.pointer_mut(pointer).unwrap() = new;
    serde_json::from_value(value).unwrap()
}

fn today() -> Timestamp {
    Timestamp::parse("2026-11-21").unwrap()
}

fn changes(now: &Inventory) -> Vec<(String, String)> {
    let lock = entries::of(&inventory(), &approval());
    let changes = compare(now, &lock, today());
    changes.into_iter().map(|change| (change.rule.to_string(), change.item)).collect()
}

fn one(rule: &str, item: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), item.to_owned())]
}

#[test]
fn what_was_approved_is_no_change() {
    assert_eq!(changes(&inventory()), []);
    assert_eq!(
        changes(&with("/servers/0/env/MAIL_TOKEN", json!("another"))),
        [],
        "a secret may change"
    );
}

#[test]
fn each_change_is_found_by_its_rule() {
    let tool = "/servers/0/tools/0";
    let cases = [
        (
            "/servers/0/tools/1/description",
            json!("Lists\u{200b} the mails that came since yesterday"),
            one("GD001", "tool:mail/list_mail"),
        ),
        (&format!("{tool}/name"), json!("post_mail"), one("GD002", "tool:mail/post_mail")),
        (
            &format!("{tool}/inputSchema/additionalProperties"),
            json!(true),
            one("GD004", "tool:mail/send_mail"),
        ),
        (
            &format!("{tool}/annotations/destructiveHint"),
            json!(true),
            one("GD005", "tool:mail/send_mail"),
        ),
        ("/servers/0/args/1", json!("mail-server@1.2.4"), one("GD006", "server:mail")),
        ("/servers/1/url", json!("https://docs.example.evil/mcp"), one("GD006", "server:docs")),
        ("/servers/1/name", json!("wiki"), one("GI003", "server:wiki")),
        ("/servers/1/tools", json!([{"name": "read"}]), one("GD003", "server:docs")),
        ("/rule_files/1/sha256", json!("99"), one("GD007", "file:AGENTS.md")),
        ("/rule_files/1/at/path", json!("sub/AGENTS.md"), one("GD007", "file:sub/AGENTS.md")),
        ("/skills/0/root_hash", json!("99"), one("GD007", "skill:skills/mend/SKILL.md")),
        ("/hooks", json!([]), one("GD007", "hook:.claude/settings.json#PreToolUse")),
        ("/hooks/0/matcher", json!("Bash"), one("GD007", "hook:.claude/settings.json#PreToolUse")),
    ];
    for (pointer, new, expected) in cases {
        assert_eq!(changes(&with(pointer, new)), expected, "{pointer}");
    }
}

#[test]
fn another_tool_is_new_and_not_renamed() {
    let mut now = inventory();
    now.servers[0].tools.push(
        serde_json::from_value(json!({"name": "drop_all", "description": "Deletes every mail"}))
            .unwrap(),
    );
    assert_eq!(changes(&now), one("GD003", "tool:mail/drop_all"));
}

#[test]
fn an_approval_ends_on_its_day() {
    let until = |day: &str| Approval { expires: Some(day.to_owned()), ..approval() };
    let found = |day: &str| {
        let lock = entries::of(&inventory(), &until(day));
        compare(&inventory(), &lock, today())
            .iter()
            .filter(|change| change.rule == RuleId::new("GD009"))
            .count()
    };
    assert_eq!(found("2026-11-20"), 6);
    assert_eq!(found("2026-11-21"), 0);
}

#[test]
fn the_text_before_and_after_is_there_for_the_eye() {
    let now = with("/servers/0/tools/1/description", json!("Lists all mails"));
    let lock = entries::of(&inventory(), &approval());
    let change = &compare(&now, &lock, today())[0];
    assert!(change.before.as_ref().unwrap().contains("since yesterday"));
    assert!(change.after.as_ref().unwrap().contains("description: Lists all mails"));
    assert!(change.message.contains("`description`"), "{}", change.message);
}

#[test]
fn what_is_approved_anew_is_no_change() {
    let cases = [
        ("/servers/0/tools/0/name", json!("post_mail"), "tool:mail/post_mail"),
        ("/servers/0/tools/1/description", json!("Lists"), "mail/list_mail"),
        ("/servers/1/url", json!("https://docs.example/v2"), "docs"),
        ("/rule_files/1/sha256", json!("99"), "AGENTS.md"),
        ("/skills/0/root_hash", json!("99"), "skill:skills/mend/SKILL.md"),
        ("/hooks", json!([]), "hook:.claude/settings.json#PreToolUse"),
    ];
    for (pointer, new, item) in cases {
        let now = with(pointer, new);
        let mut lock = entries::of(&inventory(), &approval());
        approve::approve(&mut lock, &now, item, &approval()).unwrap();
        assert_eq!(compare(&now, &lock, today()), [], "{pointer}");
    }
}
