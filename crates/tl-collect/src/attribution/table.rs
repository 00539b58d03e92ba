//! The table: which identities, lines and branches are traces of which tool.
//!
//! In: nothing. Out: [`PATTERNS`] and [`BOTS`], data to be read and dated. To add a tool is to
//! add its rows here, each with where it was seen, and its traps to the tests.
//! **Invariant:** an address is matched whole and in any case, never by its domain alone.

use tl_core::attribution::AiTool;

use super::Identity;

/// Month in which the rows were last compared with real histories and the tools' own documents.
pub const TABLE_DATED: &str = "2026-08";

/// One trace of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The tool.
    pub tool: AiTool,
    /// What it leaves.
    pub mark: Mark,
    /// What the tool did, where the mark is a co-author's, a committer's or a footer's.
    pub effect: Effect,
    /// Version or month from which the tool leaves it, where known.
    pub since: Option<&'static str>,
    /// Where that was seen.
    pub source: &'static str,
}

/// What a tool leaves in a commit. All are matched in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A whole address of an author, committer or co-author.
    Address(&'static str),
    /// A GitHub app, such as `claude[bot]`: the name, or the address of that account at
    /// `users.noreply.github.com` with or without its number. Nobody else can have it.
    App(&'static str),
    /// The end of an author's or co-author's name: the person ran the tool.
    NameEnd(&'static str),
    /// The beginning of a line, behind list marks, emoji and `AI: `.
    Line(&'static str),
    /// The beginning of the title.
    Title(&'static str),
    /// The beginning of a branch's name.
    Branch(&'static str),
}

/// What a tool did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It wrote part of the change.
    Wrote,
    /// It reviewed, or suggested while reviewing.
    Assisted,
}

const fn wrote(tool: AiTool, mark: Mark, source: &'static str) -> Pattern {
    Pattern { tool, mark, effect: Effect::Wrote, since: None, source }
}

const fn assisted(tool: AiTool, mark: Mark, source: &'static str) -> Pattern {
    Pattern { tool, mark, effect: Effect::Assisted, since: None, source }
}

impl Pattern {
    const fn since(mut self, since: &'static str) -> Self {
        self.since = Some(since);
        self
    }
}

use AiTool::{
    Aider, Amp, Claude, Codegen, Codex, Copilot, Crush, Cursor, Devin, FactoryDroid, Gemini, Jules,
    OpenCode, Qwen,
};
use Mark::{Address, App, Branch, Line, NameEnd, Title};

/// Every trace that is known, by tool.
#[rustfmt::skip]
pub static PATTERNS: &[Pattern] = &[
    wrote(Claude, Address("noreply@anthropic.com"), "Claude Code's co-author line, under any model's name").since("2025-02"),
    wrote(Claude, App("claude[bot]"), "Claude's GitHub app, as author in anthropics/claude-code").since("2025-05"),
    wrote(Claude, Line("Generated with [Claude Code]"), "Claude Code's footer").since("2025-02"),
    wrote(Claude, Line("Generated with Claude Code"), "Claude Code's footer without its link").since("2025-02"),
    wrote(Claude, Branch("claude/"), "branches of Claude's GitHub app"),
    wrote(Copilot, Address("198982749+Copilot@users.noreply.github.com"), "Copilot coding agent, as author in dotnet/aspire").since("2025-05"),
    wrote(Copilot, App("copilot-swe-agent[bot]"), "Copilot coding agent").since("2025-05"),
    wrote(Copilot, Address("223556219+Copilot@users.noreply.github.com"), "Copilot CLI and VS Code, co-author line").since("CLI 0.0.410"),
    wrote(Copilot, Branch("copilot/"), "branches of Copilot coding agent").since("2025-05"),
    assisted(Copilot, Address("175728472+Copilot@users.noreply.github.com"), "Copilot review suggestions and Autofix"),
    wrote(Cursor, Address("cursoragent@cursor.com"), "Cursor's co-author line"),
    wrote(Cursor, Address("199161495+cursoragent@users.noreply.github.com"), "Cursor's agent on GitHub"),
    wrote(Cursor, Branch("cursor/"), "branches of Cursor's agent"),
    wrote(Codex, Address("noreply@openai.com"), "Codex's co-author line in astral-sh/uv and git-ai-project/git-ai"),
    wrote(Codex, Address("codex@openai.com"), "Codex as author in git-ai-project/git-ai"),
    assisted(Codex, App("chatgpt-codex-connector[bot]"), "Codex as reviewer on GitHub"),
    wrote(Codex, Branch("codex/"), "branches of Codex in the cloud"),
    wrote(Devin, App("devin-ai-integration[bot]"), "Devin as author in git-ai-project/git-ai"),
    wrote(Devin, Branch("devin/"), "branches of Devin"),
    wrote(Aider, NameEnd(" (aider)"), "aider marks the author of what it wrote").since("2023"),
    wrote(Aider, Address("aider@aider.chat"), "aider's co-author line").since("2025"),
    wrote(Aider, Address("noreply@aider.chat"), "aider's co-author line, an older address").since("2025"),
    wrote(Aider, Address("noreply@aider.dev"), "aider's co-author line, an older address").since("2025"),
    wrote(Aider, Title("aider: "), "aider's title before it marked authors").since("2023"),
    wrote(Jules, App("google-labs-jules[bot]"), "Jules as co-author in google-gemini/gemini-cli").since("2025-05"),
    wrote(Gemini, Address("218195315+gemini-cli@users.noreply.github.com"), "Gemini CLI's account in public commit rules"),
    wrote(Gemini, App("gemini-cli[bot]"), "Gemini CLI's GitHub app, as author in google-gemini/gemini-cli"),
    assisted(Gemini, App("gemini-code-assist[bot]"), "Gemini Code Assist, review suggestions"),
    wrote(Amp, Address("amp@ampcode.com"), "Amp's co-author line"),
    wrote(Amp, Line("Amp-Thread-ID: https://ampcode.com/threads/T-"), "Amp's thread line"),
    wrote(OpenCode, Address("noreply@opencode.ai"), "OpenCode's co-author line"),
    wrote(OpenCode, Line("Generated with [opencode]"), "OpenCode's footer"),
    wrote(OpenCode, Line("Generated with opencode"), "OpenCode's footer without its link"),
    wrote(Crush, Address("crush@charm.land"), "Crush's co-author and Assisted-by lines"),
    wrote(Crush, Line("Generated with Crush"), "Crush's footer"),
    wrote(Crush, Line("Generated with [Crush]"), "Crush's footer with a link"),
    wrote(Qwen, Address("qwen-coder@alibabacloud.com"), "Qwen Code's co-author line"),
    wrote(FactoryDroid, App("factory-droid[bot]"), "Factory's app, co-author in git-ai-project/git-ai"),
    wrote(Codegen, App("codegen-sh[bot]"), "Codegen's app, as author"),
];

/// First parts of branch names that are no owners.
pub(super) const KINDS_OF_WORK: [&str; 20] = [
    "bug",
    "bugfix",
    "build",
    "chore",
    "ci",
    "dev",
    "docs",
    "experiment",
    "feat",
    "feature",
    "features",
    "fix",
    "fixes",
    "hotfix",
    "perf",
    "refactor",
    "release",
    "style",
    "test",
    "wip",
];

/// Programs that are no AI and whose name does not end in `[bot]`: names and addresses.
///
/// `gemini-cli-robot` makes releases of an AI tool and is no AI itself.
pub static BOTS: &[Mark] = &[
    Address("gemini-cli-robot@google.com"),
    Address("224641728+gemini-cli-robot@users.noreply.github.com"),
    Address("bors@rust-lang.org"),
    Address("miri@cron.bot"),
    Address("rust-timer@users.noreply.github.com"),
    Address("k8s-ci-robot@users.noreply.github.com"),
    Address("20407524+k8s-ci-robot@users.noreply.github.com"),
    Address("actions@github.com"),
    Address("action@github.com"),
    Address("github-actions@github.com"),
    Address("bot@renovateapp.com"),
    Address("support@dependabot.com"),
    Address("dotnet-bot@dotnetfoundation.org"),
    Address("dotnet-bot@microsoft.com"),
    Address("zaniebot@accounts.zanie.blue"),
    Address("l10n-bot@translatewiki.net"),
    Address("jenkins-bot@gerrit.wikimedia.org"),
    Address("jenkins-bot@wikimedia.org"),
    Address("jenkins-slave@gallium.wikimedia.org"),
    Address("tools.slf@tools.wmflabs.org"),
    Address("ladsgroup+gerritbot@gmail.com"),
    Address("addshorewiki+addbot-dependabot@gmail.com"),
    Address("hosted@weblate.org"),
    Address("snyk-bot@snyk.io"),
    Address("semantic-release-bot@martynus.net"),
    App("bors"),
    App("rust-timer"),
    App("k8s-ci-robot"),
    App("jenkins-bot"),
    App("bluespice-bot"),
    App("l10n-bot"),
    App("libraryupgrader"),
];

/// The row that knows an identity.
pub(super) fn known(identity: Identity<'_>) -> Option<&'static Pattern> {
    PATTERNS.iter().find(|pattern| is(pattern.mark, identity))
}

/// Whether an identity is a program that is no AI; asked after [`known`].
pub(super) fn is_bot(identity: Identity<'_>) -> bool {
    identity.name.ends_with(b"[bot]")
        || github_account(identity.email).is_some_and(|account| account.ends_with(b"[bot]"))
        || BOTS.iter().any(|mark| is(*mark, identity))
}

fn is(mark: Mark, identity: Identity<'_>) -> bool {
    match mark {
        Address(address) => identity.email.eq_ignore_ascii_case(address.as_bytes()),
        App(app) => {
            identity.name.eq_ignore_ascii_case(app.as_bytes())
                || (identity.email.len() >= app.len()
                    && github_account(identity.email)
                        .is_some_and(|account| account.eq_ignore_ascii_case(app.as_bytes())))
        }
        NameEnd(end) => identity.name.len() > end.len() && identity.name.ends_with(end.as_bytes()),
        Line(_) | Title(_) | Branch(_) => false,
    }
}

/// `claude[bot]` of `209825114+claude[bot]@users.noreply.github.com`.
fn github_account(email: &[u8]) -> Option<&[u8]> {
    let account = email.strip_suffix(b"@users.noreply.github.com")?;
    let digits = account.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match account.get(digits) {
        Some(b'+') if digits > 0 => Some(&account[digits + 1..]),
        _ => Some(account),
    }
}
