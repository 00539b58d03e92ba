use proptest::prelude::*;
use tl_core::attribution::AiTool;

use super::*;

fn request<'a>(branch: &'a str, title: &'a str, body: &'a str) -> RequestText<'a> {
    RequestText { branch, title, body, repository: "acme/api", ..RequestText::default() }
}

fn mentions(branch: &str, title: &str, body: &str) -> String {
    let found = request(branch, title, body).mentions();
    let lines: Vec<_> = found.iter().map(|it| format!("{:?} {}", it.form, it.ticket)).collect();
    lines.join(", ")
}

#[test]
fn closing_keywords_name_issues_in_every_way_that_a_forge_reads() {
    let body = "Fixes #12, closes acme/web#3\nresolved: https://github.com/acme/ops/issues/4.\n\
                Fix GH-5 and ABC-1, prefixes #99, closes the door on #98";
    insta::assert_snapshot!(
        mentions("", "", body),
        @"Closing acme/api#12, Closing acme/web#3, Closing acme/ops#4, Closing acme/api#5, Closing ABC-1"
    );
    assert_eq!(
        mentions("", "Closes #1, #2 and #3", ""),
        "Closing acme/api#1, Closing acme/api#2, Closing acme/api#3"
    );
}

#[test]
fn the_surest_form_of_a_ticket_counts_and_comes_first() {
    insta::assert_snapshot!(
        mentions("feature/abc-123-x", "ABC-123: tidy XYZ-1", "See ABC-123, XYZ-1 and QRS_2-7. Fixes XYZ-1"),
        @"Closing XYZ-1, Branch ABC-123, Body QRS_2-7"
    );
}

#[test]
fn branches_name_tickets_in_any_case_and_issues_by_their_number() {
    let branch = |name: &str| mentions(name, "", "");
    assert_eq!(branch("ABC-1"), "Branch ABC-1");
    assert_eq!(branch("ana/abc-1_more"), "Branch ABC-1");
    assert_eq!(branch("ana/fix_ABC-1-2"), "Branch ABC-1");
    assert_eq!(branch("34-add-a-door"), "Branch acme/api#34");
    assert_eq!(branch("fix/issue-34"), "Branch acme/api#34");
    for none in [
        "patch-1",
        "release-1.2",
        "2024-06-01-cleanup",
        "fix-12",
        "utf-8",
        "sha-256-x",
        "v2",
        "-1",
        "",
    ] {
        assert_eq!(branch(none), "", "{none}");
    }
}

#[test]
fn what_looks_like_a_key_and_is_none_is_left_out() {
    let text =
        "UTF-8, SHA-256, CVE-2024-1, RFC-9110, ISO-8601, UTC-5, RELEASE-1.2, xABC-1, ABC-1x, A-1";
    assert_eq!(mentions("", text, text), "");
}

#[test]
fn numbers_in_the_text_count_behind_a_word_for_it() {
    assert_eq!(
        mentions("", "", "like #7 but refs #8, part of acme/web#9"),
        "Body acme/api#8, Body acme/web#9"
    );
    assert_eq!(mentions("", "Doors (#12)", ""), "Title acme/api#12");
}

#[test]
fn comments_and_code_of_templates_name_nothing() {
    let body = "<!-- Fixes #1 ABC-1 -->\n```\nFixes #2\n```\nwrite `Fixes #3`, a ` alone. Fixes #4 <!-- #5";
    assert_eq!(mentions("", "", body), "Closing acme/api#4");
}

#[test]
fn a_revert_names_the_request_or_the_commit() {
    let reverts = |branch: &str, title: &str, body: &str| request(branch, title, body).reverts();
    assert_eq!(reverts("revert-7-x", "Revert \"x\"", "Reverts acme/api#7"), ["acme/api#7"]);
    assert_eq!(reverts("", "Revert \"x\"", "Reverts acme/web#7"), ["acme/web#7"]);
    assert_eq!(reverts("", "Revert \"x (#7)\"", ""), ["acme/api#7"]);
    let id = "3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9";
    let line = format!("This reverts commit {id}.");
    assert_eq!(reverts("", "Back out", &line), [id]);
    assert!(reverts("revert-7-x", "A door", "nothing").is_empty());
}

#[test]
fn tools_are_known_by_author_branch_and_text() {
    let tools = |branch, body| request(branch, "x", body).ai_tools();
    assert_eq!(
        tools("copilot/fix-1", "🤖 Generated with [Claude Code](https://claude.com)"),
        ["Claude", "Copilot"]
    );
    assert_eq!(tools("ana/cursor-blinks", "Claude says hello"), [""; 0]);
    let by = RequestText { author: "devin-ai-integration[bot]", ..request("", "", "") };
    assert_eq!((by.author_class(), by.ai_tools()), (AuthorClass::Agent, vec!["Devin".to_owned()]));
    assert_eq!(commit_tools("ana (aider)", "ana@example.com", "x"), ["aider"]);
}

#[test]
fn accounts_are_people_bots_or_ai() {
    use AuthorClass::{Agent, Bot, Human};
    for (login, is_bot, class, tool) in [
        ("ana", false, Human, None),
        ("cursor", false, Human, None),
        ("claude", false, Human, None),
        ("cursor[bot]", true, Agent, Some(AiTool::Cursor)),
        ("cursor", true, Agent, Some(AiTool::Cursor)),
        ("Copilot", true, Agent, Some(AiTool::Copilot)),
        ("app/copilot-swe-agent", true, Agent, Some(AiTool::Copilot)),
        ("copilot-pull-request-reviewer[bot]", true, Agent, Some(AiTool::Copilot)),
        ("chatgpt-codex-connector[bot]", true, Agent, Some(AiTool::Codex)),
        ("gemini-code-assist", true, Agent, Some(AiTool::Gemini)),
        ("coderabbitai", false, Agent, Some(AiTool::Other)),
        ("claude[bot]", false, Agent, Some(AiTool::Claude)),
        ("dependabot[bot]", false, Bot, None),
        ("dependabot", true, Bot, None),
        ("bors", false, Bot, None),
        ("project_12_bot_4f", false, Bot, None),
        ("project_x_bot", false, Human, None),
        ("", false, Human, None),
    ] {
        assert_eq!(account_class(login, is_bot), (class, tool), "{login} {is_bot}");
    }
}

proptest! {
    /// Whatever people write, it is read.
    #[test]
    fn any_text_is_read(text in r"(\PC|[-#/`<>!\n]|fixes |ABC-|GH-|https://|<!--|```|refs ){0,60}") {
        let request = RequestText { branch: &text, title: &text, body: &text, repository: &text, author: &text, author_is_bot: false };
        prop_assert!(request.mentions().len() <= MENTION_LIMIT);
        prop_assert!(request.reverts().len() <= MENTION_LIMIT);
        request.ai_tools();
    }
}
