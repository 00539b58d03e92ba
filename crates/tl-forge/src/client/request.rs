//! Requests and answers.
//!
//! In: a path below the base address with its query. Out: JSON, and what the headers say about
//! the next page. No IO here.

use reqwest::header::{ETAG, HeaderMap, LINK};
use serde_json::Value;

/// How a request is sent, and whether it may be sent again when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Asks.
    Get,
    /// Asks with a body.
    Post,
    /// Makes something: twice would be two of it, so it is sent once.
    Create,
    /// Sets something to what it shall be, however often.
    Patch,
}

/// A request. Only what can be repeated is repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    pub(super) etag: Option<String>,
}

impl Request {
    /// Asks for a path below the base address: `repos/acme/api/issues`.
    pub fn get(path: impl Into<String>) -> Self {
        let path = path.into();
        Self { method: Method::Get, path, query: Vec::new(), body: None, etag: None }
    }

    /// Asks with a JSON body, as GraphQL and searches want it. Must change nothing: it is repeated
    /// when it fails.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Post, body: Some(body), ..Self::get(path) }
    }

    /// Makes something from a JSON body. Sent once: where no answer comes, nobody knows.
    pub fn create(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Create, body: Some(body), ..Self::get(path) }
    }

    /// Sets something to what a JSON body says.
    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::Patch, body: Some(body), ..Self::get(path) }
    }

    /// With one more parameter, which is encoded here.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Only if the answer is no longer the one with this validator: else its status is 304.
    #[must_use]
    pub fn unless(mut self, etag: Option<String>) -> Self {
        self.etag = etag;
        self
    }

    /// The same request for another page, at the address that an answer gave.
    pub(super) fn at(&self, next: String) -> Self {
        let (method, body) = (self.method, self.body.clone());
        Self { method, path: next, query: Vec::new(), body, etag: None }
    }

    /// The path without query and host, for messages.
    pub fn shown_path(&self) -> String {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        let path = path
            .split_once("://")
            .map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        format!("/{}", path.trim_start_matches('/'))
    }
}

/// What a system answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// 200, or 304 where [`Request::unless`] holds.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Value,
    /// Validator for [`Request::unless`].
    pub etag: Option<String>,
    /// Address of the next page, from the `Link` header.
    pub next: Option<String>,
}

impl Answer {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: Value) -> Self {
        let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        let next = headers.get_all(LINK).iter().find_map(|link| next_link(link.to_str().ok()?));
        Self { status, body, etag: etag.map(str::to_owned), next }
    }

    /// Whether nothing changed since the validator was given.
    pub const fn is_unchanged(&self) -> bool {
        self.status == 304
    }

    /// Takes the items of the list in `field`; of the body itself where that is empty. What is no
    /// list has no items.
    pub fn take_items(&mut self, field: &str) -> Vec<Value> {
        let list = if field.is_empty() { Some(&mut self.body) } else { self.body.get_mut(field) };
        match list.map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        }
    }
}

/// The address with `rel="next"` of a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let (parameters, others) = after.split_once('<').unwrap_or((after, ""));
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let parameter = parameter.trim();
            matches!(parameter, "rel=\"next\"" | "rel=next")
        });
        if is_next {
            return Some(address.to_owned());
        }
        rest = &after[after.len() - others.len() - usize::from(!others.is_empty())..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links_in_any_order() {
        let next = "<https://h/a?page=1>; rel=\"prev\", <https://h/a?page=3,4>; rel=\"next\"";
        assert_eq!(next_link(next).as_deref(), Some("https://h/a?page=3,4"));
        let first = "<https://h/a?page=2>; rel=\"next\", <https://h/a?page=9>; rel=\"last\"";
        assert_eq!(next_link(first).as_deref(), Some("https://h/a?page=2"));
        assert_eq!(next_link("<https://h/a?page=9>; rel=\"last\""), None);
        assert_eq!(next_link("nonsense < <"), None);
    }

    #[test]
    fn a_path_is_shown_without_host_and_query() {
        assert_eq!(Request::get("https://h/a/b?token=x").shown_path(), "/a/b");
        assert_eq!(Request::get("a/b").with("token", "x").shown_path(), "/a/b");
    }
}
