//! Fields of GitHub's objects: those of every system, and accounts, which are GitHub's own.

use serde_json::Value;
use tl_core::attribution::AuthorClass;
use tl_core::time::Timestamp;

use crate::instant as instants;
use crate::request_text::account_class;
use crate::system::field;
pub(in crate::system) use crate::system::field::{
    Problem, Result, flag, get, list, number, short, sorted, text,
};

/// The instant at a path. A date without time, or without a zone, is none; neither is one before
/// 1970, which is how Go writes that there is none.
pub(in crate::system) fn instant(value: &Value, path: &str) -> Option<Timestamp> {
    let at = instants::parse(text(value, path)).ok()?;
    (at.as_millis() >= 0).then_some(at)
}

/// The full object id at a path, in small letters; empty where it is none.
pub(in crate::system) fn object_id(value: &Value, path: &str) -> String {
    field::object_id(text(value, path))
}

/// The number of the request or issue that an object belongs to: as the record says (`12`,
/// `pull/12`, `issue/12`), or by the address that the object has.
pub(in crate::system) fn parent(parent: &str, body: &Value) -> Result<u64> {
    let said = parent.rsplit('/').next().and_then(|number| number.parse().ok());
    let addresses = ["pull_request_url", "issue_url"].iter();
    let addressed = || {
        addresses.map(|path| text(body, path)).find_map(|it| it.rsplit('/').next()?.parse().ok())
    };
    said.or_else(addressed).ok_or(Problem::Missing("number"))
}

/// Names of the labels at a path, sorted: the forms of the same object list them differently.
pub(in crate::system) fn labels(value: &Value) -> Vec<String> {
    sorted(list(value, "labels").map(|label| short(text(label, "name"))))
}

/// A person or program of the forge; empty where the account was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::system) struct Account {
    /// Login as REST writes it: that of an app ends in `[bot]`.
    pub(in crate::system) login: String,
    /// Whether the forge says that it is a program.
    pub(in crate::system) is_bot: bool,
}

/// The account for what deleted accounts wrote; Gitea writes `Ghost`.
const GHOST: &str = "ghost";

/// Numbers of Copilot's accounts, both of which REST calls `Copilot`.
const COPILOT_REVIEWER: u64 = 175_728_472;

impl Account {
    /// Reads the user at a path.
    pub(in crate::system) fn at(value: &Value, path: &str) -> Self {
        Self::of(get(value, path))
    }

    /// Reads a user of REST or GraphQL.
    ///
    /// GraphQL leaves `[bot]` out, and REST calls two apps `Copilot`; both are written in full.
    pub(in crate::system) fn of(user: &Value) -> Self {
        let login = text(user, "login");
        if login.is_empty() || login.eq_ignore_ascii_case(GHOST) {
            return Self::default();
        }
        let bot = text(user, "type") == "Bot" || text(user, "__typename") == "Bot";
        let is_bot = bot || login.ends_with("[bot]");
        let login = match login {
            _ if !is_bot || login.ends_with("[bot]") => short(login),
            "Copilot" if number(user, "id") == Some(COPILOT_REVIEWER) => {
                "copilot-pull-request-reviewer[bot]".to_owned()
            }
            "Copilot" => "copilot-swe-agent[bot]".to_owned(),
            app => format!("{}[bot]", short(app)),
        };
        Self { login, is_bot }
    }

    /// Whether it is a person, a bot or an AI.
    pub(in crate::system) fn class(&self) -> AuthorClass {
        account_class(&self.login, self.is_bot).0
    }
}
