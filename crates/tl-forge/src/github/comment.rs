//! One comment on a request that is ours, written anew in place.
//!
//! In: a marker, and a text that begins with it. Out: the comment's address. Start at [`upsert`].
//! **Invariant:** only a comment of our own is edited: others could plant a marker, and would then
//! have our words in a comment that they may change.

use serde_json::{Value, json};
use tl_core::record::System;

use super::versioned;
use crate::client::{Client, Request, RequestError};

/// Who we are, as comments name their author. `GITHUB_TOKEN` may not ask `/user`.
const WHO: &str = "query { viewer { login } }";

/// Why there is no comment.
#[derive(Debug, thiserror::Error)]
pub enum CommentError {
    /// GitHub did not answer, or refused.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The answer has no name in it.
    #[error("{} does not say whose token this is", System::Github)]
    Nobody,
}

impl CommentError {
    /// Whether the token may not write: as in a workflow that a fork started.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Request(err) if matches!(err.status(), Some(403 | 404)))
    }
}

/// Writes `body` on request `number` of `repository` (`acme/api`): over our comment that begins with
/// `marker`, or as a new one. Returns the comment's address for people.
///
/// # Errors
/// GitHub cannot be asked, or the token may not do this.
pub async fn upsert(
    client: Client,
    repository: &str,
    number: u64,
    marker: &str,
    body: &str,
) -> Result<String, CommentError> {
    let client = versioned(client);
    let who = Request::post(client.beside("/v3", "graphql"), json!({ "query": WHO }));
    let who = client.send(&who).await?.body;
    let who = text(&who["data"]["viewer"], "login").ok_or(CommentError::Nobody)?;
    let list = format!("repos/{repository}/issues/{number}/comments");
    let comments = client.all(&Request::get(&list).with("per_page", 100), "").await?;
    let is_ours = |comment: &&Value| {
        let begins = text(comment, "body").is_some_and(|body| body.starts_with(marker));
        begins && is_author(&comment["user"], who)
    };
    let body = json!({ "body": body });
    let ours = comments.iter().find(is_ours).and_then(|comment| comment["id"].as_u64());
    let request = match ours {
        Some(id) => Request::patch(format!("repos/{repository}/issues/comments/{id}"), body),
        None => Request::create(list, body),
    };
    let written = client.send(&request).await?.body;
    Ok(text(&written, "html_url").unwrap_or_default().to_owned())
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// Whether an author is who we are: GraphQL may call a bot by its name without `[bot]`.
fn is_author(user: &Value, who: &str) -> bool {
    let Some(login) = text(user, "login") else { return false };
    let is_bot = text(user, "type") == Some("Bot");
    login == who || (is_bot && login.strip_suffix("[bot]") == Some(who))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Asked, Reply, Server, ok, run, status};

    const MARKER: &str = "<!-- throughline:test-gate unit -->";

    fn comment(id: u64, author: &str, body: &str) -> Value {
        let kind = if author.ends_with("[bot]") { "Bot" } else { "User" };
        json!({ "id": id, "user": { "login": author, "type": kind }, "body": body })
    }

    /// Answers as GitHub does, with these comments there.
    async fn server(comments: Vec<Value>) -> Server {
        Server::start(move |asked: &Asked| match (asked.method.as_str(), asked.path()) {
            ("POST", "/graphql") => ok(&json!({ "data": { "viewer": { "login": "gate" } } })),
            ("GET", _) => ok(&json!(comments)),
            (_, path) => ok(&json!({ "html_url": format!("https://github.example{path}") })),
        })
        .await
    }

    fn written(comments: Vec<Value>) -> (String, String) {
        run(async {
            let server = server(comments).await;
            let body = format!("{MARKER}\n1 red test");
            let client = server.client(System::Github);
            let address = upsert(client, "acme/api", 7, MARKER, &body).await.unwrap();
            let last = server.asked().pop().unwrap();
            assert!(last.body.contains("1 red test"), "{}", last.body);
            (format!("{} {}", last.method, last.path()), address)
        })
    }

    #[test]
    fn our_comment_is_written_anew_in_place() {
        let comments = vec![
            comment(1, "ana", "looks good"),
            comment(2, "gate[bot]", "<!-- throughline:test-gate e2e -->"),
            comment(3, "gate[bot]", &format!("{MARKER}\nall green")),
        ];
        let (last, address) = written(comments);
        assert_eq!(last, "PATCH /repos/acme/api/issues/comments/3");
        assert_eq!(address, "https://github.example/repos/acme/api/issues/comments/3");
    }

    #[test]
    fn a_marker_that_somebody_planted_is_left_alone() {
        let planted = vec![comment(3, "bo", &format!("{MARKER}\nall green"))];
        assert_eq!(written(planted).0, "POST /repos/acme/api/issues/7/comments");
    }

    #[test]
    fn a_comment_is_never_made_twice() {
        let asked = run(async {
            let server = Server::start(|asked: &Asked| match asked.path() {
                "/graphql" => ok(&json!({ "data": { "viewer": { "login": "gate" } } })),
                _ if asked.method == "GET" => ok(&json!([])),
                _ => Reply::Reset,
            })
            .await;
            let client = server.client(System::Github);
            assert!(upsert(client, "acme/api", 7, MARKER, MARKER).await.is_err());
            server.asked()
        });
        assert_eq!(asked.iter().filter(|asked| asked.path().ends_with("/comments")).count(), 2);
    }

    #[test]
    fn a_token_of_a_fork_is_told_apart() {
        let refused = run(async {
            let server = Server::start(|asked: &Asked| match asked.path() {
                "/graphql" => ok(&json!({ "data": { "viewer": { "login": "gate" } } })),
                _ if asked.method == "GET" => ok(&json!([])),
                _ => status(403, &[], r#"{"message":"Resource not accessible by integration"}"#),
            })
            .await;
            let client = server.client(System::Github);
            upsert(client, "acme/api", 7, MARKER, MARKER).await.unwrap_err()
        });
        assert!(refused.is_forbidden(), "{refused}");
    }
}
