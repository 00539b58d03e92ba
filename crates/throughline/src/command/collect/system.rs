//! Which client speaks to which system: the one table of them.
//!
//! In: the configuration of one source. Out: a [`Source`]. Start at [`connect`].

use std::sync::Arc;

use tl_core::record::System;
use tl_forge::client::{Auth, Client, Connection, Limits};
use tl_forge::clock::Clock;
use tl_forge::secret::Secret;
use tl_forge::source::{Source, Wanted};
use tl_forge::{github, gitlab};

use crate::config::collect::SourceConfig;
use crate::error::causes;

/// A client for a source, or why there is none: in words, with hints.
pub(super) fn connect(
    system: System,
    config: &SourceConfig,
    secret: Option<Secret>,
    wanted: Wanted,
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn Source>, (String, Vec<String>)> {
    let base = address(system, config).ok_or_else(|| {
        (
            format!("{system} has no address of its own"),
            vec!["give the address of yours as `url`".to_owned()],
        )
    })?;
    if wanted.scopes.is_empty() && needs_scopes(system) {
        let mend = "list them, such as `repositories = [\"acme/api\"]`".to_owned();
        return Err(("nothing is named that is to be collected".to_owned(), vec![mend]));
    }
    let auth = auth(system, config.user.as_deref(), secret);
    let limits = Limits::default();
    let connection = Connection { system, base, auth, certificates: None, clock, limits };
    let client = Client::new(connection).map_err(|err| {
        (causes(&err).join(": "), err.hint().into_iter().collect::<Vec<String>>())
    })?;
    Ok(match system {
        System::Github => Box::new(github::Github::new(client, wanted)),
        System::Gitlab => Box::new(gitlab::Gitlab::new(client, wanted)),
        other => {
            let mend = "send its webhooks or exports with `--from FILE`".to_owned();
            return Err((format!("{other} cannot be collected from live"), vec![mend]));
        }
    })
}

/// How each system wants to be shown the token.
fn auth(system: System, user: Option<&str>, secret: Option<Secret>) -> Auth {
    let Some(secret) = secret else { return Auth::None };
    match (system, user) {
        (_, Some(user)) => Auth::Basic(user.to_owned(), secret),
        (_, None) => Auth::Bearer(secret),
    }
}

/// Whether a source without scopes would be the whole of somebody's system.
const fn needs_scopes(system: System) -> bool {
    matches!(system, System::Github | System::Gitlab)
}

/// The address of the API: as configured, or the public one.
fn address(system: System, config: &SourceConfig) -> Option<String> {
    match (system, config.url.as_deref()) {
        (System::Github, url) => Some(github::api_address(url.unwrap_or(github::PUBLIC))),
        (System::Gitlab, url) => Some(gitlab::api_address(url.unwrap_or(gitlab::PUBLIC))),
        (_, Some(url)) => Some(url.to_owned()),
        (_, None) => None,
    }
}

/// The host that a source is on, for messages and for trust.
pub(super) fn host(config: &SourceConfig) -> String {
    let address = config.system.parse().ok().and_then(|system| address(system, config));
    let address = address.unwrap_or_default();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_lowercase()
}

/// Whether it is the public host of a system: a token for that system belongs there.
pub(super) fn is_public(system: System, host: &str) -> bool {
    let under = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    match system {
        System::Github => host == "api.github.com" || under("ghe.com"),
        System::Gitlab => host == "gitlab.com",
        System::Jira => under("atlassian.net"),
        System::Pagerduty => matches!(host, "api.pagerduty.com" | "api.eu.pagerduty.com"),
        System::AzureDevops => host == "dev.azure.com",
        System::Bitbucket => host == "api.bitbucket.org",
        System::Circleci => host == "circleci.com",
        System::Opsgenie => matches!(host, "api.opsgenie.com" | "api.eu.opsgenie.com"),
        System::Sentry => host == "sentry.io" || under("sentry.io"),
        System::Datadog => under("datadoghq.com") || under("datadoghq.eu"),
        System::Statuspage => under("statuspage.io"),
        System::Jenkins | System::Gitea | System::Alertmanager | System::Devlake => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(system: &str, url: Option<&str>) -> SourceConfig {
        SourceConfig {
            system: system.to_owned(),
            url: url.map(str::to_owned),
            scopes: Vec::new(),
            token_env: None,
            token_command: Vec::new(),
            user: None,
        }
    }

    #[test]
    fn a_host_is_what_the_token_would_be_sent_to() {
        let of = |url| host(&config("jira", Some(url)));
        assert_eq!(of("https://acme.atlassian.net/"), "acme.atlassian.net");
        assert_eq!(of("https://acme.atlassian.net@evil.example/x"), "evil.example");
        assert_eq!(of("https://evil.example/acme.atlassian.net"), "evil.example");
        assert_eq!(of("https://evil.example\\@acme.atlassian.net"), "evil.example");
        assert_eq!(host(&config("github", None)), "api.github.com");
    }

    #[test]
    fn only_the_public_host_of_the_very_system_is_public() {
        assert!(is_public(System::Jira, "acme.atlassian.net"));
        assert!(!is_public(System::Jira, "atlassian.net.evil.example"));
        assert!(!is_public(System::Jira, "evilatlassian.net"));
        assert!(!is_public(System::Github, "gitlab.com"));
    }
}
