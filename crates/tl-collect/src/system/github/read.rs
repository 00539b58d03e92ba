//! Fields of JSON objects, read as they come: absent, null and of a wrong type are all absent.

use serde_json::Value;
use tl_core::attribution::AuthorClass;
use tl_core::time::Timestamp;

use crate::request_text::account_class;

/// Longest text that is kept of a title, in bytes.
const TEXT_LIMIT: usize = 1000;

/// Most labels or people that are kept of one object.
const LIST_LIMIT: usize = 100;

/// Why an object tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// Not a JSON object.
    #[error("is no JSON object")]
    NoObject,
    /// Lacks what makes it one, or it cannot be read: a date without a zone, for example.
    #[error("has no `{0}` that can be read")]
    Missing(&'static str),
    /// A word that is not in the list.
    #[error("is not a known kind of record")]
    Unknown,
}

/// What can be read of an object.
pub(crate) type Result<T> = std::result::Result<T, Problem>;

/// The value at a path such as `head.repo.full_name`; null where there is none.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, field| value.get(field).unwrap_or(&Value::Null))
}

/// The text at a path, empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    get(value, path).as_str().unwrap_or_default()
}

/// The beginning of a text: what people wrote may be of any length.
pub(crate) fn short(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_LIMIT)].to_owned()
}

/// The number at a path, also where it is written as a text.
pub(crate) fn number(value: &Value, path: &str) -> Option<u64> {
    let value = get(value, path);
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The flag at a path.
pub(crate) fn flag(value: &Value, path: &str) -> bool {
    get(value, path).as_bool() == Some(true)
}

/// The list at a path; also a connection of GraphQL, without the nodes that may not be seen.
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let value = get(value, path);
    let items = value.as_array().or_else(|| get(value, "nodes").as_array());
    items.into_iter().flatten().filter(|item| item.is_object())
}

/// The instant at a path. A date without time, or without a zone, is none; neither is one before
/// 1970, which is how Go writes that there is none.
pub(crate) fn instant(value: &Value, path: &str) -> Option<Timestamp> {
    let text = text(value, path);
    let (_, time) = text.split_once(['T', 't', ' '])?;
    let zoned = time.contains(['Z', 'z', '+', '-']);
    let at = zoned.then(|| Timestamp::parse(text).ok()).flatten()?;
    (at.as_millis() >= 0).then_some(at)
}

/// The full object id at a path, in small letters; empty where it is none.
pub(crate) fn object_id(value: &Value, path: &str) -> String {
    let id = text(value, path);
    let full = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let zero = id.bytes().all(|byte| byte == b'0');
    if full && !zero { id.to_ascii_lowercase() } else { String::new() }
}

/// The number of the request or issue that an object belongs to: as the record says (`12`,
/// `pull/12`, `issue/12`), or by the address that the object has.
pub(crate) fn parent(parent: &str, body: &Value) -> Result<u64> {
    let said = parent.rsplit('/').next().and_then(|number| number.parse().ok());
    let addresses = ["pull_request_url", "issue_url"].iter();
    let addressed = || {
        addresses.map(|path| text(body, path)).find_map(|it| it.rsplit('/').next()?.parse().ok())
    };
    said.or_else(addressed).ok_or(Problem::Missing("number"))
}

/// Names of the labels at a path, sorted: the forms of the same object list them differently.
pub(crate) fn labels(value: &Value) -> Vec<String> {
    sorted(list(value, "labels").map(|label| short(text(label, "name"))))
}

/// Names without the empty ones, sorted, each once.
pub(crate) fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.filter(|name| !name.is_empty()).take(LIST_LIMIT).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A person or program of the forge; empty where the account was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Login as REST writes it: that of an app ends in `[bot]`.
    pub(crate) login: String,
    /// Whether the forge says that it is a program.
    pub(crate) is_bot: bool,
}

/// The account for what deleted accounts wrote; Gitea writes `Ghost`.
const GHOST: &str = "ghost";

/// Numbers of Copilot's accounts, both of which REST calls `Copilot`.
const COPILOT_REVIEWER: u64 = 175_728_472;

impl Account {
    /// Reads the user at a path.
    pub(crate) fn at(value: &Value, path: &str) -> Self {
        Self::of(get(value, path))
    }

    /// Reads a user of REST or GraphQL.
    ///
    /// GraphQL leaves `[bot]` out, and REST calls two apps `Copilot`; both are written in full.
    pub(crate) fn of(user: &Value) -> Self {
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
    pub(crate) fn class(&self) -> AuthorClass {
        account_class(&self.login, self.is_bot).0
    }
}
