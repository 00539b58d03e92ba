//! Who wrote a commit, and with what: identities and message lines against a dated table.
//!
//! In: author, committer and message of one commit, before `.mailmap`. Out: an [`Attribution`]
//! of level E3 or none. Start at [`attribute`]; the table is [`PATTERNS`] and [`BOTS`].
//! **Invariant:** only whole addresses, whole names, whole line beginnings: a person called
//! Jules, or at `anthropic.com`, is a person. What matches nothing is *no evidence*, never
//! *human alone*. Time is linear in the length of the message.
//!
//! Lines count wherever they stand: a squash keeps the trailers of its commits in the middle of
//! the body, behind list marks, several times, where `git interpret-trailers` does not look.

mod lines;
pub mod table;
#[cfg(test)]
mod tests;

use tl_core::attribution::{AiTool, Attribution, AuthorClass, ToolSet};

pub use table::{BOTS, Effect, Mark, PATTERNS, Pattern, TABLE_DATED};

/// Name and address as a commit has them, before `.mailmap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Address without the angle brackets.
    pub email: &'a [u8],
}

/// Says who wrote a commit, and with what.
///
/// The author class is `Agent` where an AI tool is the author in its own name, whatever the tool
/// is for. A tool that is a co-author or in a footer wrote part of the commit. A review tool that
/// is co-author only assisted, and so did a tool that is only the committer: it may have rebased
/// what a person wrote. aider as committer is no trace at all: it puts its mark there, too, when
/// it commits what it found uncommitted, which is the person's own work.
pub fn attribute(author: Identity<'_>, committer: Identity<'_>, message: &[u8]) -> Attribution {
    let mut found = Found::default();
    let class = match table::known(author) {
        Some(pattern) if matches!(pattern.mark, Mark::NameEnd(_)) => {
            found.wrote.insert(pattern.tool);
            AuthorClass::Human
        }
        Some(pattern) => {
            found.wrote.insert(pattern.tool);
            AuthorClass::Agent
        }
        None if table::is_bot(author) => AuthorClass::Bot,
        None => AuthorClass::Human,
    };
    if committer != author
        && let Some(pattern) = table::known(committer)
        && !matches!(pattern.mark, Mark::NameEnd(_))
    {
        found.assisted.insert(pattern.tool);
    }
    lines::scan(message, &mut found);
    Attribution {
        author: class,
        tools: found.wrote,
        assist: found.assisted,
        trailed: !found.wrote.is_empty(),
        ..Attribution::default()
    }
}

/// The tool that names its branches like this one: `copilot/fix-12`, `ana/claude/fix-12`.
///
/// The first part may be an owner, but not a word for a kind of work: `fix/cursor/blink` is
/// about a cursor.
pub fn branch_tool(branch: &str) -> Option<AiTool> {
    let starts = |branch: &str| {
        PATTERNS.iter().find_map(|pattern| match pattern.mark {
            Mark::Branch(prefix) if branch.len() > prefix.len() => {
                let start = branch.as_bytes().get(..prefix.len())?;
                start.eq_ignore_ascii_case(prefix.as_bytes()).then_some(pattern.tool)
            }
            _ => None,
        })
    };
    starts(branch).or_else(|| {
        let (owner, rest) = branch.split_once('/')?;
        (!table::KINDS_OF_WORK.contains(&owner)).then(|| starts(rest))?
    })
}

/// The tool that a free text names, such as `claude`, `github-copilot` or `Claude Code`: a
/// note's `tool`, a trace's `name`. Never empty: what is not in the table is [`AiTool::Other`].
pub fn tool_named(name: &str) -> AiTool {
    lines::named_tools(name.as_bytes()).iter().next().unwrap_or(AiTool::Other)
}

/// The tools found so far in one commit.
#[derive(Debug, Default)]
struct Found {
    wrote: ToolSet,
    assisted: ToolSet,
}

impl Found {
    fn add(&mut self, pattern: &Pattern) {
        match pattern.effect {
            Effect::Wrote => self.wrote.insert(pattern.tool),
            Effect::Assisted => self.assisted.insert(pattern.tool),
        }
    }
}
