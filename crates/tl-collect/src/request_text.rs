//! What a request says in its own words: the tickets it names, what it reverts, which AI wrote it.
//!
//! In: branch, title, text, repository and author as a forge gives them. Out: the fields of
//! [`ChangeState`](tl_core::fact::ChangeState). Start at [`RequestText`]; accounts are told apart
//! by [`account_class`], commits of a request read by [`commit_tools`].
//! **Invariant:** pure, linear in the length of the text, and whatever the text is, nothing
//! panics. What a request *says* is not yet a link: `tl-map` looks the keys up.
//!
//! GitHub reads its closing keywords in the text alone, GitLab in the title as well; both are
//! read here, for both. Comments (`<!-- -->`) and code are no text: templates are full of them.

mod accounts;
#[cfg(test)]
mod tests;
mod tickets;

use std::borrow::Cow;

use tl_core::attribution::{AuthorClass, ToolSet};
use tl_core::fact::{LinkForm, Mention};
use tl_core::history::Reference;

pub use accounts::account_class;

use crate::attribution::{self, Identity};
use crate::message;

/// Most tickets, and most reverted things, that are taken from one request.
pub const MENTION_LIMIT: usize = 64;

/// What a forge says about one request; what it does not say is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestText<'a> {
    /// Name of the branch that it is made of, without `refs/heads/`.
    pub branch: &'a str,
    /// Title.
    pub title: &'a str,
    /// Text below the title.
    pub body: &'a str,
    /// The repository it belongs to, as its forge names it: `acme/api`.
    pub repository: &'a str,
    /// Login of its author.
    pub author: &'a str,
    /// Whether the forge says that the author is a program.
    pub author_is_bot: bool,
}

impl RequestText<'_> {
    /// The tickets that it names, each once, by the surest of the forms that name it; the surest
    /// first: closing keyword, branch, title, text.
    ///
    /// A ticket is `ABC-1`, or `acme/api#34` for `#34`, `GH-34`, `other/repo#34` and an issue's
    /// address. In a branch the key may be in small letters, and `34-title` names an issue; in the
    /// text, `#34` counts behind words such as `refs` and `part of` alone: most of the others
    /// only speak of it.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut found = Vec::new();
        let body = prose(self.body);
        for text in [self.title, &body] {
            tickets::closing(text, self.repository, &mut found);
        }
        tickets::in_branch(self.branch, self.repository, &mut found);
        tickets::keys(self.title, LinkForm::Title, &mut found);
        tickets::numbers(self.title, self.repository, &mut found);
        tickets::references(&body, self.repository, &mut found);
        tickets::keys(&body, LinkForm::Body, &mut found);
        found
    }

    /// Requests (`acme/api#7`) and commits (ids as written, lower case) that it says it reverts.
    pub fn reverts(&self) -> Vec<String> {
        let text = format!("{}\n\n{}", self.title, self.body);
        let links = message::parse(text.as_bytes()).links;
        let undoes = links.as_ref().is_some_and(|links| !links.reverts.is_empty());
        let mut found = Vec::new();
        for reference in links.iter().flat_map(|links| &links.reverts) {
            match reference {
                Reference::Commit(id) => add(&mut found, id.clone()),
                Reference::Request(number) => {
                    let repository =
                        tickets::repository_of(*number, self.body).unwrap_or(self.repository);
                    add(&mut found, format!("{repository}#{number}"));
                }
                Reference::Title(_) => {}
            }
        }
        // GitHub's button names the branch after the request.
        if undoes && let Some(number) = tickets::reverted_by_branch(self.branch) {
            add(&mut found, format!("{}#{number}", self.repository));
        }
        found
    }

    /// AI tools that took part in writing it: its author, its branch, footers and co-authors in
    /// its text; by [`AiTool::name`](tl_core::attribution::AiTool::name).
    pub fn ai_tools(&self) -> Vec<String> {
        let mut tools = ToolSet::NONE;
        if let (AuthorClass::Agent, Some(tool)) = self.author() {
            tools.insert(tool);
        }
        if let Some(tool) = attribution::branch_tool(self.branch) {
            tools.insert(tool);
        }
        let nobody = Identity { name: b"", email: b"" };
        tools = tools.union(attribution::attribute(nobody, nobody, self.title.as_bytes()).tools);
        tools = tools.union(attribution::attribute(nobody, nobody, self.body.as_bytes()).tools);
        names(tools)
    }

    /// Whether its author is a person, a bot or an agent.
    pub fn author_class(&self) -> AuthorClass {
        self.author().0
    }

    fn author(&self) -> (AuthorClass, Option<tl_core::attribution::AiTool>) {
        account_class(self.author, self.author_is_bot)
    }
}

/// AI tools that the author or the message of a commit names, by
/// [`AiTool::name`](tl_core::attribution::AiTool::name).
pub fn commit_tools(name: &str, email: &str, message: &str) -> Vec<String> {
    let author = Identity { name: name.as_bytes(), email: email.as_bytes() };
    names(attribution::attribute(author, author, message.as_bytes()).tools)
}

fn names(tools: ToolSet) -> Vec<String> {
    tools.iter().map(|tool| tool.name().to_owned()).collect()
}

fn add(list: &mut Vec<String>, item: String) {
    if list.len() < MENTION_LIMIT && !list.contains(&item) {
        list.push(item);
    }
}

/// The text without comments, fenced code and code in backticks.
fn prose(body: &str) -> Cow<'_, str> {
    if !body.contains("<!--") && !body.contains('`') {
        return Cow::Borrowed(body);
    }
    let mut without = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, comment)) = rest.split_once("<!--") {
        without.push_str(before);
        without.push(' ');
        // A comment that is not closed goes on to the end.
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    without.push_str(rest);
    let mut text = String::with_capacity(without.len());
    let mut fenced = false;
    for line in without.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fence || fenced {
            continue;
        }
        // Behind an odd number of backticks stands code; a last one without a partner is a mark.
        let pieces: Vec<&str> = line.split('`').collect();
        let paired = pieces.len() - 1 - (pieces.len() - 1) % 2;
        for (position, piece) in pieces.iter().enumerate() {
            if position % 2 == 0 || position > paired {
                text.push_str(piece);
                text.push(' ');
            }
        }
        text.push('\n');
    }
    Cow::Owned(text)
}
