//! `[serve]`: who may send webhooks to the server, and how often it collects.
//!
//! In: values that `figment` merged. Out: [`ServeConfig`], checked by [`ServeConfig::problem`].
//! **Invariant:** no secret is ever in here: a sender names a variable that holds it.

use std::collections::BTreeMap;

use serde::Deserialize;
use tl_server::intake::sender::{MOST_BYTES, Speech};

use super::collect::Problem;

/// `[serve]`: see `defaults.toml` for what each key means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct ServeConfig {
    /// Minutes from the end of a collection to the next one; 0: none is made by schedule.
    pub(crate) collect_every: u32,
    /// Who may send webhooks, by the name in their address.
    pub(crate) hooks: BTreeMap<String, HookConfig>,
    /// A provider that people sign in by.
    pub(crate) oidc: OidcConfig,
}

/// `[serve.oidc]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table")]
pub(crate) struct OidcConfig {
    /// Address of the provider, as it calls itself; empty: there is none.
    pub(crate) issuer: String,
    /// Name of the provider for people.
    pub(crate) label: String,
    /// Who the server is to the provider.
    pub(crate) client_id: String,
    /// Variable that holds its secret; empty where it has none.
    pub(crate) secret_env: String,
    /// Addresses of mail, or `*@domain`, of those who may look.
    pub(crate) viewers: Vec<String>,
    /// Of those who work here.
    pub(crate) members: Vec<String>,
    /// Of those who approve what agents may do.
    pub(crate) approvers: Vec<String>,
    /// Of those who give tokens.
    pub(crate) admins: Vec<String>,
}

/// `[serve.hooks.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a table", deny_unknown_fields)]
pub(crate) struct HookConfig {
    /// Which system sends, such as `github`; or `cloudevents`, `cdevents`, `events`.
    pub(crate) system: String,
    /// Variable that holds the secret shared with the sender.
    #[serde(default)]
    pub(crate) secret_env: Option<String>,
    /// Variable that holds the secret before that one, while senders still sign with it.
    #[serde(default)]
    pub(crate) old_secret_env: Option<String>,
    /// Most bytes of a body.
    #[serde(default)]
    pub(crate) most_bytes: Option<usize>,
}

/// Longest name of a sender.
const NAME: usize = 64;

/// Most minutes between collections: a month.
const MINUTES: u32 = 44_640;

impl ServeConfig {
    /// The first key whose value makes no sense.
    pub(crate) fn problem(&self) -> Option<Problem> {
        if self.collect_every > MINUTES {
            let why = "more minutes than a month has".to_owned();
            return Some(("serve.collect_every".to_owned(), why));
        }
        if !self.oidc.issuer.is_empty() && self.oidc.client_id.is_empty() {
            let why = "but the provider of `serve.oidc.issuer` needs to know who asks".to_owned();
            return Some(("serve.oidc.client_id".to_owned(), why));
        }
        self.hooks.iter().find_map(|(name, hook)| {
            let (field, why) = problem(name, hook)?;
            Some((format!("serve.hooks.{name}.{field}"), why))
        })
    }

    /// Variables that hold secrets of senders.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let named = self.hooks.values().flat_map(|one| [&one.secret_env, &one.old_secret_env]);
        let own = Some(self.oidc.secret_env.as_str()).filter(|name| !name.is_empty());
        named.flatten().map(String::as_str).chain(own)
    }
}

fn problem(name: &str, hook: &HookConfig) -> Option<(&'static str, String)> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > NAME || !name.bytes().all(fits) {
        let why =
            "but its name cannot stand in an address: at most 64 letters, digits, `-` and `_`";
        return Some(("system", why.to_owned()));
    }
    if let Err(err) = hook.system.parse::<Speech>() {
        let why = format!("but {err}; or `cloudevents`, `cdevents`, `events`");
        return Some(("system", why));
    }
    if hook.most_bytes.is_some_and(|most| !(1_024..=MOST_BYTES).contains(&most)) {
        return Some(("most_bytes", format!("not between 1,024 and {MOST_BYTES} bytes")));
    }
    None
}
