//! Accounts of a forge: people, programs, and AI under its own name.
//!
//! In: a login, and what the forge says about it. Out: a class and the tool. The table of
//! `attribution` knows those that write; [`REVIEWERS`] adds those that only review.

use tl_core::attribution::{AiTool, AuthorClass};

use crate::attribution::{BOTS, Mark, PATTERNS};

/// Accounts of AI tools beyond the table of `attribution`, without `[bot]`, in small letters;
/// `true` where nobody else can have the name, so that it counts without any sign of a program.
#[rustfmt::skip]
const REVIEWERS: &[(&str, AiTool, bool)] = &[
    ("copilot", AiTool::Copilot, false),
    ("copilot-pull-request-reviewer", AiTool::Copilot, true),
    ("github-copilot", AiTool::Copilot, false),
    ("cursor", AiTool::Cursor, false),
    ("windsurf-bot", AiTool::Windsurf, false),
    ("amazon-q-developer", AiTool::Other, false),
    ("augmentcode", AiTool::Other, false),
    ("baz-reviewer", AiTool::Other, false),
    ("bito-code-review", AiTool::Other, false),
    ("codeant-ai", AiTool::Other, false),
    ("coderabbitai", AiTool::Other, true),
    ("codiumai-pr-agent", AiTool::Other, false),
    ("codiumai-pr-agent-free", AiTool::Other, false),
    ("codiumai-pr-agent-pro", AiTool::Other, false),
    ("cubic-dev-ai", AiTool::Other, false),
    ("ellipsis-dev", AiTool::Other, false),
    ("entelligence-ai-pr-reviews", AiTool::Other, false),
    ("gitar-bot", AiTool::Other, false),
    ("gitlabduo", AiTool::Other, true),
    ("greptile-apps", AiTool::Other, false),
    ("korbit-ai", AiTool::Other, false),
    ("llamapreview", AiTool::Other, false),
    ("qodo-code-review", AiTool::Other, false),
    ("qodo-merge-for-open-source", AiTool::Other, false),
    ("qodo-merge-pro", AiTool::Other, false),
    ("recurseml", AiTool::Other, false),
    ("sourcery-ai", AiTool::Other, false),
    ("sweep-ai", AiTool::Other, false),
];

/// Accounts that merge and commit for a forge itself, and forges' own robots.
const ROBOTS: [&str; 10] = [
    "web-flow",
    "gitea-actions",
    "forgejo-actions",
    "dependabot-preview",
    "renovate-bot",
    "snyk-bot",
    "codecov-io",
    "alert-bot",
    "support-bot",
    "gitlab-dependency-bot",
];

/// Whether an account is a person, a bot or an AI, and which.
///
/// `is_bot` is what the forge says: GitHub's `type` or `__typename` is `Bot`, GitLab's and Gitea's
/// `bot`. An AI that only reviews is an [`AuthorClass::Agent`], too; `dependabot` is a
/// [`AuthorClass::Bot`]. A person called `cursor` is a person.
pub fn account_class(login: &str, is_bot: bool) -> (AuthorClass, Option<AiTool>) {
    let login = login.strip_prefix("app/").unwrap_or(login).to_ascii_lowercase();
    let (name, marked) = match login.strip_suffix("[bot]") {
        Some(name) => (name, true),
        None => (login.as_str(), is_bot),
    };
    let app = PATTERNS.iter().find(|pattern| match pattern.mark {
        Mark::App(app) => marked && app.strip_suffix("[bot]") == Some(name),
        _ => false,
    });
    if let Some(pattern) = app {
        return (AuthorClass::Agent, Some(pattern.tool));
    }
    let known = REVIEWERS.iter().find(|(own, _, alone)| *own == name && (marked || *alone));
    if let Some((_, tool, _)) = known {
        return (AuthorClass::Agent, Some(*tool));
    }
    let robot = marked
        || BOTS.iter().any(|mark| matches!(mark, Mark::App(app) if *app == name))
        || ROBOTS.contains(&name)
        || is_access_token(name);
    (if robot { AuthorClass::Bot } else { AuthorClass::Human }, None)
}

/// GitLab's account of a project's or group's token: `project_12_bot_4f`, `group_7_bot`.
fn is_access_token(name: &str) -> bool {
    let rest = name.strip_prefix("project_").or_else(|| name.strip_prefix("group_"));
    rest.and_then(|rest| rest.split_once("_bot")).is_some_and(|(number, rest)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (rest.is_empty()
                || rest.starts_with('_')
                || rest.bytes().all(|b| b.is_ascii_digit()))
    })
}
