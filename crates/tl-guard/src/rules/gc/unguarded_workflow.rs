//! A workflow lets a coding agent act without questions on what strangers write.
//!
//! In: workflows of GitHub. Out: findings. What anybody may write there (an issue, a comment, a pull
//! request from a fork) becomes the order of an agent that holds the repository's token.

use std::ops::Range;

use tl_core::finding::{Confidence, Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::Scope;
use crate::rules::{Check, Cx, Rule, Sink, finding, patterns};
use crate::text::unit::{Artifact, advance};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Artifact(check) };

static DOC: RuleDoc = RuleDoc {
    id: "GC018",
    name: "unguarded-workflow",
    level: Level::High,
    confidence: Confidence::Medium,
    summary: "A workflow runs a coding agent without questions, on text that anybody can write.",
    why: "Whoever opens an issue or a pull request orders what the agent does with the workflow's token and secrets (PromptPwnd, 2025).",
    fix: "Let only members start it, give the job a token that reads, allow the agent single tools, and hand text over in a file that it is told not to obey.",
    taxonomy: &["asi:ASI01", "asi:ASI03", "owasp-mcp:MCP02", "atlas:AML.T0051", "cwe:CWE-94"],
    since: "0.1.0",
};

patterns! {
    // Ends of words by ASCII: a workflow with one other letter would be searched without an automaton.
    /// Strangers start it.
    OPEN = r#"(?m)^[ \t]*["']?(?:on["']?[ \t]*:[ \t]*)?[\[ \t-]*(?:[\w, ]*,[ ]*)?["']?(?:issues|issue_comment|pull_request_target|pull_request_review|pull_request_review_comment|discussion|discussion_comment)(?-u:\b)["']?"#;
    /// An agent is started, as a program or as an action.
    AGENT = r"(?m)(?:^|[\s;&|(`'\x22/])(?:claude(?:-code)?(?:@[\w.]+)?|codex(?:@[\w.]+)?|gemini(?:-cli)?(?:@[\w.]+)?|copilot|cursor-agent|qwen(?:-code)?|opencode|aider|goose|droid|crush|amp|q)[ \t]+(?:-|exec(?-u:\b)|run(?-u:\b)|chat(?-u:\b)|\x22|')|uses:[ \t]*[\w.-]*/?[\w./-]*(?:claude-code|codex|gemini-cli|run-gemini|cursor|opencode|qwen)[\w./-]*@";
    /// Its questions are off.
    LOOSE = r#"--dangerously-[\w-]+|--yolo(?-u:\b)|--full-auto(?-u:\b)|--allow-all-(?:tools|paths)(?-u:\b)|--trust-all-tools(?-u:\b)|--yes-always(?-u:\b)|--approval-mode[= ]['"]?(?:yolo|auto)|(?-u:\b)bypassPermissions(?-u:\b)|(?-u:\b)danger-full-access(?-u:\b)|--permission-mode[= ]['"]?bypass|--no-confirm(?-u:\b)|(?i:GOOSE_MODE)['"]?:[ ]*['"]?auto(?-u:\b)|safety-strategy:[ ]*['"]?unsafe|["']?approvalMode["']?:[ ]*["']yolo|--allowed-?[tT]ools[= ]['"]?(?:\*|Bash(?-u:\b)(?:$|[^(]|\(\*))|allowed_tools:[ ]*['"]?(?:\*|Bash(?:$|[^(\w]|\(\*))"#;
    /// Text of theirs stands in the line itself.
    THEIRS = r"\$\{\{[^}]*github\.(?:event\.(?:issue|comment|review|pull_request|discussion)\.(?:title|body|head\.ref)|head_ref)[^}]*\}\}";
    /// It is looked at who they are.
    WHO = r"author_association|(?-u:\b)github\.(?:actor|triggering_actor)(?-u:\b)[ ]*[=!]=|(?-u:\b)permission(?:-check|_level)(?-u:\b)|getCollaboratorPermissionLevel|check-permission|event\.label\.name[ ]*==|(?-u:\b)environment:[ ]*\S|(?-u:\b)github\.event\.\w+\.user\.login[ ]*[=!]=";
    HAS_STEPS = r"(?m)^[ \t]*(?:-[ \t]+)?(?:run|uses):";
}

/// Whether strangers start it. `issues: write` is a permission of the job.
fn is_open(text: &str) -> bool {
    OPEN.find_iter(text).any(|found| {
        let behind = text[found.end()..].lines().next().unwrap_or_default();
        let right = behind.trim_start().strip_prefix(':').map(str::trim_start);
        !right.is_some_and(|right| ["read", "write", "none"].iter().any(|r| right.starts_with(r)))
    })
}

fn check(artifact: &Artifact, _: &Cx<'_>, sink: &mut Sink) {
    let path = artifact.at.path.to_ascii_lowercase();
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    let place = path.contains(".github/workflows/") && yaml;
    if !place || artifact.scope == Scope::Dependency || !HAS_STEPS.is_match(&artifact.text) {
        return;
    }
    let text = without_comments(&artifact.text);
    let Some(agent) = AGENT.find(&text).filter(|_| is_open(&text)) else { return };
    let loose = LOOSE.find(&text);
    let theirs = in_command(&text);
    let Some((what, range)) = loose
        .map(|found| ("does not ask", found.range()))
        .or_else(|| theirs.map(|range| ("gets its text in the command line", range)))
    else {
        return;
    };
    // This action itself asks for the right to write, unless it is told not to.
    let asks = text[agent.range()].contains("claude-code-action")
        && !text.contains("allowed_non_write_users");
    let level = match (asks || WHO.is_match(&text), loose.is_some()) {
        (false, _) => Level::High,
        (true, true) => Level::Warn,
        (true, false) => return,
    };
    let mut at = artifact.at.clone();
    advance(&mut at, &text, range.start);
    let mut one = finding(&DOC, at, format!("an agent that strangers can start {what}"));
    one.level = level;
    let signals = vec![text[agent.range()].trim().to_owned()];
    one.evidence = Evidence::of(&text[range], "", signals);
    sink.add(one);
}

/// Text of strangers in a line of a shell that starts an agent.
fn in_command(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        if line.trim_start().starts_with("prompt:") {
            continue;
        }
        // Once a line, however often something of theirs stands in it.
        let Some(agent) = AGENT.find(line) else { continue };
        let action = line.find("uses:").map_or(usize::MAX, |at| at + "uses:".len());
        let mut theirs = THEIRS.find_iter(line).map(|found| found.range());
        if let Some(found) = theirs.find(|found| found.start >= agent.end())
            && found.start < action
        {
            return Some(here + found.start..here + found.end);
        }
    }
    None
}

/// The same bytes, with blanks for comments.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            out.extend(
                line.chars()
                    .map(|c| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) }),
            );
        } else {
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_of_strangers_counts_behind_the_agent_on_its_line() {
        let theirs = "${{ github.event.issue.title }}";
        for (line, found) in [
            (format!("  run: claude -p \"{theirs}\"\n"), true),
            (format!("  run: echo {theirs} && codex exec \"{theirs}\"\n"), true),
            (format!("  run: echo {theirs} | claude -p x\n"), false),
            (format!("  prompt: claude -p {theirs}\n"), false),
            (format!("  uses: a/claude-code@v1 {theirs}\n"), false),
            (format!("  run: claude -p x\n  env: {theirs}\n"), false),
        ] {
            let range = in_command(&line);
            assert_eq!(range.is_some(), found, "{line}");
            assert!(range.is_none_or(|range| &line[range] == theirs));
        }
    }

    #[test]
    fn a_line_of_nothing_but_their_text_is_read_once() {
        let line = "echo ${{ github.head_ref }}".repeat(100_000);
        assert_eq!(in_command(&line), None);
    }

    proptest! {
        /// No text makes it panic, and what is found is text of strangers.
        #[test]
        fn any_workflow_is_read(parts in prop::collection::vec(prop_oneof![
            "\\PC{0,6}",
            prop::sample::select(vec![
                "on: issue_comment\n", "run: ", "uses: ", "claude -p ", "\n", "#", "${{ github.head_ref }}", "--yolo", "prompt:",
                "a/claude-code-action@v1", "author_association", "é", " ",
            ]).prop_map(str::to_owned),
        ], 0..16)) {
            let text = parts.concat();
            let bare = without_comments(&text);
            prop_assert_eq!(bare.len(), text.len());
            if let Some(range) = in_command(&bare) {
                prop_assert!(THEIRS.is_match(&bare[range]));
            }
        }
    }
}
