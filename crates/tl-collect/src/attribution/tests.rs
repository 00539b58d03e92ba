use proptest::prelude::*;
use tl_core::attribution::{Cohort, EvidenceLevel};

use super::*;

fn identity(text: &str) -> Identity<'_> {
    let (name, email) = text.split_once(" <").unwrap();
    Identity { name: name.as_bytes(), email: email.trim_end_matches('>').as_bytes() }
}

const ANA: &str = "ana <ana@example.org>";

fn by(author: &str) -> Attribution {
    attribute(identity(author), identity("GitHub <noreply@github.com>"), b"Fix it")
}

/// What a message by a person says: tools, and behind `|` those that only assisted.
fn says(message: &str) -> String {
    let found = attribute(identity(ANA), identity(ANA), message.as_bytes());
    assert_eq!(found.author, AuthorClass::Human);
    assert_eq!(found.trailed, !found.tools.is_empty());
    let names = |tools: ToolSet| tools.iter().map(AiTool::name).collect::<Vec<_>>().join(" ");
    match found.assist.is_empty() {
        true => names(found.tools),
        false => format!("{}|{}", names(found.tools), names(found.assist)),
    }
}

#[test]
fn agents_are_known_as_authors() {
    for (author, tool) in [
        ("Claude <noreply@anthropic.com>", AiTool::Claude),
        ("claude[bot] <209825114+claude[bot]@users.noreply.github.com>", AiTool::Claude),
        ("Copilot <198982749+Copilot@users.noreply.github.com>", AiTool::Copilot),
        ("copilot-swe-agent[bot] <198982749+copilot@users.noreply.github.com>", AiTool::Copilot),
        ("Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>", AiTool::Devin),
        ("devin-ai-integration[bot] <x@example.org>", AiTool::Devin),
        ("Codex <codex@openai.com>", AiTool::Codex),
        ("Cursor Agent <199161495+cursoragent@users.noreply.github.com>", AiTool::Cursor),
        (
            "google-labs-jules[bot] <161369871+google-labs-jules[bot]@users.noreply.github.com>",
            AiTool::Jules,
        ),
    ] {
        let found = by(author);
        assert_eq!(found.author, AuthorClass::Agent, "{author}");
        assert_eq!(found.tools, ToolSet::one(tool), "{author}");
        assert_eq!(found.cohort(), Cohort::AgentAuthored);
    }
}

#[test]
fn people_with_names_or_employers_like_tools_are_people() {
    for author in [
        "ana <ana@openai.com>",
        "ana <ana@anthropic.com>",
        "Devin Example <devinb@microsoft.com>",
        "Jules Example <jules@example.org>",
        "Claude Example <claude@example.fr>",
        "Claudia <claudia@example.org>",
        "ana <ana@droid.cafe>",
        "ana <aider@example.org>",
        "ana <12+cursor@users.noreply.github.com>",
        "bo <bo@cursor.com>",
        "Nico Botha <nico@example.org>",
        "jw bot <jw@example.org>",
        "bo <bors@rust-lang.org.example>",
    ] {
        assert_eq!(by(author), Attribution::default(), "{author}");
        assert_eq!(says(&format!("x\n\nCo-authored-by: {author}")), "", "{author}");
    }
}

#[test]
fn programs_without_ai_are_bots_and_no_evidence() {
    for author in [
        "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>",
        "github-actions[bot] <github-actions[bot]@users.noreply.github.com>",
        "a new one <1+a-new-one[bot]@users.noreply.github.com>",
        "astral-automations-bot[bot] <ana@example.org>",
        "bors <bors@rust-lang.org>",
        "gemini-cli-robot <gemini-cli-robot@google.com>",
        "GitHub Actions <actions@github.com>",
        "Translation updater bot <l10n-bot@translatewiki.net>",
        "libraryupgrader <bot@example.org>",
    ] {
        let found = by(author);
        assert_eq!((found.author, found.tools), (AuthorClass::Bot, ToolSet::NONE), "{author}");
        assert_eq!(says(&format!("x\n\nCo-authored-by: {author}")), "", "{author}");
    }
}

#[test]
fn aider_marks_the_author_of_what_it_wrote_and_the_committer_of_everything() {
    let marked = identity("ana (aider) <ana@example.org>");
    let wrote = attribute(marked, marked, b"Fix it");
    assert_eq!((wrote.author, wrote.tools), (AuthorClass::Human, ToolSet::one(AiTool::Aider)));
    assert_eq!(wrote.level(), Some(EvidenceLevel::E3));
    assert_eq!(attribute(identity(ANA), marked, b"Fix it"), Attribution::default());
    assert_eq!(says("aider: Fix it"), "aider");
    assert_eq!(says("Fix it\n\naider: no title"), "");
}

#[test]
fn an_agent_that_only_committed_assisted() {
    let devin = identity("Devin AI <1+devin-ai-integration[bot]@users.noreply.github.com>");
    let found = attribute(identity(ANA), devin, b"Fix it");
    assert_eq!((found.tools, found.trailed), (ToolSet::NONE, false));
    assert_eq!(found.assist, ToolSet::one(AiTool::Devin));
}

#[test]
fn co_author_lines_count_wherever_a_squash_keeps_them() {
    let squash = "Add X (#9)\n\n* Add X\n\nco-authored-by: Claude Opus 4.6 <noreply@anthropic.com>\n\n\
                  * Fix X\n\n  - Co-Authored-By: Claude <NOREPLY@anthropic.com>\r\n\n---------\n\n\
                  Co-authored-by: bo <bo@example.org>\n";
    assert_eq!(says(squash), "Claude");
    for (line, expected) in [
        ("Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>", "Copilot"),
        ("Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>", "|Copilot"),
        (
            "Co-authored-by: Copilot Autofix powered by AI <175728472+Copilot@users.noreply.github.com>",
            "|Copilot",
        ),
        (
            "Co-authored-by: gemini-code-assist[bot] <176961590+gemini-code-assist[bot]@users.noreply.github.com>",
            "|Gemini",
        ),
        ("Co-authored-by: Codex <noreply@openai.com>", "Codex"),
        ("Co-authored-by: Cursor <cursoragent@cursor.com>", "Cursor"),
        ("Co-authored-by: aider (gpt-5) <aider@aider.chat>", "aider"),
        ("Co-authored-by: ana (aider) <ana@example.org>", "aider"),
        ("Co-authored-by: Amp <amp@ampcode.com>", "Amp"),
        ("Co-authored-by: Qwen-Coder <qwen-coder@alibabacloud.com>", "Qwen"),
        ("Co-authored-by: Claude", ""),
        ("Co-authored-by: Claude <noreply@anthropic.com", ""),
        ("Co-authored-by: <noreply@anthropic.com.example.org>", ""),
        ("Reviewed-by: Claude <noreply@anthropic.com>", ""),
        ("Amp-Thread-ID: https://ampcode.com/threads/T-12", "Amp"),
    ] {
        assert_eq!(says(&format!("x\n\n{line}\n")), expected, "{line}");
    }
}

#[test]
fn footers_count_at_the_beginning_of_a_line_only() {
    for (line, expected) in [
        ("🤖 Generated with [Claude Code](https://claude.com/claude-code)", "Claude"),
        ("Generated with Claude Code", "Claude"),
        ("* 🤖 Generated with [Claude Code](https://claude.ai/code)", "Claude"),
        ("AI: Generated with Claude Code (claude-opus-4-6).", "Claude"),
        ("🤖 Generated with [opencode](https://opencode.ai)", "OpenCode"),
        ("💘 Generated with Crush", "Crush"),
        ("Generated with Crushed ice", ""),
        ("Leave out the line `Generated with [Claude Code]`", ""),
        ("Claude Code is supported now", ""),
    ] {
        assert_eq!(says(&format!("x\n\n{line}\n")), expected, "{line}");
    }
}

#[test]
fn assisted_by_names_a_tool_and_not_a_person() {
    for (line, expected) in [
        ("Assisted-by: Claude:claude-3-opus coccinelle sparse", "Claude"),
        ("Assisted-by: Copilot:claude-opus-4", "Copilot"),
        ("Assisted-by: SomeAgent:model-2", "other"),
        ("Assisted-by: Google Antigravity with Gemini", "Antigravity"),
        ("Assisted-by: Gemini 3.1 Pro via Google Antigravity", "Antigravity"),
        ("Assisted-by: Opus 4.6 via Claude Code", "Claude"),
        ("Assisted-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>", "Claude"),
        ("Assisted-by: GLM 5 via Crush <crush@charm.land>", "Crush"),
        ("assisted-BY: My AI Tool", "other"),
        ("Generated-by: Claude Code", "Claude"),
        ("Generated-by: protoc:3.1", ""),
        ("Assisted-by: ana <ana@example.org>", ""),
        ("Assisted-by: Claude Example <claude@example.fr>", ""),
        ("Assisted-by: Claude Example", ""),
        ("Assisted-by: Jules Example", ""),
        ("Assisted-by: bo", ""),
        ("Assisted-by:", ""),
    ] {
        assert_eq!(says(&format!("x\n\n{line}\n")), expected, "{line}");
    }
}

#[test]
fn branches_name_their_tool() {
    for (branch, tool) in [
        ("copilot/fix-12", Some(AiTool::Copilot)),
        ("Copilot/fix-12", Some(AiTool::Copilot)),
        ("ana/claude/fix-12", Some(AiTool::Claude)),
        ("codex/x", Some(AiTool::Codex)),
        ("cursor/x", Some(AiTool::Cursor)),
        ("devin/x", Some(AiTool::Devin)),
        ("copilot/", None),
        ("copilot-fix", None),
        ("fix/cursor/blink", None),
        ("devin", None),
        ("main", None),
        ("é/é", None),
    ] {
        assert_eq!(branch_tool(branch), tool, "{branch}");
    }
}

#[test]
fn tools_of_notes_are_named_or_other() {
    for (name, tool) in [
        ("claude", AiTool::Claude),
        ("Claude Code", AiTool::Claude),
        ("github-copilot", AiTool::Copilot),
        ("cursor", AiTool::Cursor),
        ("opencode", AiTool::OpenCode),
        ("mock_ai", AiTool::Other),
        ("", AiTool::Other),
    ] {
        assert_eq!(tool_named(name), tool, "{name}");
    }
}

#[test]
fn every_address_of_the_table_is_whole_and_stands_once() {
    let mut marks: Vec<_> = PATTERNS.iter().map(|pattern| format!("{:?}", pattern.mark)).collect();
    marks.extend(BOTS.iter().map(|mark| format!("{mark:?}")));
    let count = marks.len();
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), count);
    for mark in PATTERNS.iter().map(|pattern| &pattern.mark).chain(BOTS) {
        if let Mark::Address(address) = mark {
            let (local, domain) = address.split_once('@').unwrap();
            assert!(!local.is_empty() && domain.contains('.'), "{address}");
        }
    }
    assert!(PATTERNS.iter().all(|pattern| !pattern.source.is_empty()));
}

proptest! {
    /// Any bytes have a reading.
    #[test]
    fn any_bytes_are_read(
        name in prop::collection::vec(any::<u8>(), 0..40),
        email in prop::collection::vec(any::<u8>(), 0..40),
        message in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let identity = Identity { name: &name, email: &email };
        attribute(identity, identity, &message);
    }

    /// More text below a trailer does not take its evidence away.
    #[test]
    fn text_around_a_trailer_changes_nothing(before in "[ -~\n]{0,80}", after in "[ -~\n]{0,80}") {
        let line = "Co-authored-by: Claude <noreply@anthropic.com>";
        let message = format!("x\n{before}\n{line}\n{after}");
        let found = attribute(identity(ANA), identity(ANA), message.as_bytes());
        prop_assert!(found.tools.contains(AiTool::Claude));
    }
}
