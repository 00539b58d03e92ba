//! Which client speaks to which system: the one table of them.
//!
//! In: the configuration of one source. Out: a [`Source`]. Start at [`connect`].

use std::sync::Arc;

use tl_core::record::System;
use tl_forge::client::{App, Auth, Client, Connection, Limits};
use tl_forge::clock::Clock;
use tl_forge::source::{Source, Wanted};
use tl_forge::{
    azure_devops, bitbucket, circleci, datadog, gitea, github, gitlab, jenkins, jira, opsgenie,
    pagerduty, sentry, statuspage,
};

use super::credentials::Secrets;
use crate::config::collect::SourceConfig;
use crate::error::causes;

/// A client for a source, or why there is none: in words, with hints.
pub(super) fn connect(
    system: System,
    config: &SourceConfig,
    secrets: Secrets,
    wanted: Wanted,
    clock: &Arc<dyn Clock>,
) -> Result<Box<dyn Source>, (String, Vec<String>)> {
    let refused = |what: String, mend: &str| Err((what, vec![mend.to_owned()]));
    if matches!(system, System::Alertmanager | System::Devlake) {
        let mend = "it sends webhooks: read them with `--from FILE`";
        return refused(format!("{system} cannot be collected from live"), mend);
    }
    let Some(base) = address(system, config) else {
        return refused(
            format!("{system} has no address of its own"),
            "give the address of yours as `url`",
        );
    };
    if wanted.scopes.is_empty() && needs_scopes(system) {
        return refused(
            "nothing is named that is to be collected".to_owned(),
            "list it, such as `repositories = [\"acme/api\"]` or `projects = [...]`",
        );
    }
    let auth = auth(system, config, secrets);
    let client = |base: String| {
        let (auth, clock, limits) = (auth.clone(), Arc::clone(clock), Limits::default());
        Client::new(Connection { system, base, auth, certificates: None, clock, limits }).map_err(
            |err| (causes(&err).join(": "), err.hint().into_iter().collect::<Vec<String>>()),
        )
    };
    let first = client(base)?;
    Ok(match system {
        System::Github => Box::new(github::Github::new(first, wanted)),
        System::Gitlab => Box::new(gitlab::Gitlab::new(first, wanted)),
        System::Jira => Box::new(jira::Jira::new(first, wanted)),
        System::Jenkins => Box::new(jenkins::Jenkins::new(first, wanted)),
        System::Pagerduty => Box::new(pagerduty::Pagerduty::new(first, wanted)),
        System::Gitea => Box::new(gitea::Gitea::new(first, wanted)),
        System::AzureDevops => {
            let source = azure_devops::AzureDevops::new(first, wanted);
            // Only the public one has its releases at another host that is known.
            match config.url {
                Some(_) => Box::new(source),
                None => {
                    let releases = client(azure_devops::PUBLIC_RELEASES.to_owned())?;
                    Box::new(source.with_releases(releases))
                }
            }
        }
        System::Bitbucket => Box::new(bitbucket::Bitbucket::new(first, wanted)),
        System::Circleci => Box::new(circleci::Circleci::new(first, wanted)),
        System::Opsgenie => Box::new(opsgenie::Opsgenie::new(first, wanted)),
        System::Statuspage => Box::new(statuspage::Statuspage::new(first, wanted)),
        System::Sentry => Box::new(sentry::Sentry::new(first, wanted)),
        System::Datadog => Box::new(datadog::Datadog::new(first, wanted)),
        System::Alertmanager | System::Devlake => {
            return refused(format!("{system} cannot be collected from live"), "use `--from FILE`");
        }
    })
}

/// How each system wants to be shown the token, or what else a source has in its place.
fn auth(system: System, config: &SourceConfig, secrets: Secrets) -> Auth {
    let Some(secret) = secrets.token else { return Auth::None };
    let user = config.user.as_deref().unwrap_or_default();
    match (&config.app_id, secrets.application_key) {
        (Some(id), _) => {
            let (id, installation) = (id.clone(), config.installation_id);
            return Auth::App(App { id, key: secret, installation });
        }
        (None, Some(application_key)) => return datadog::keys(secret, application_key),
        (None, None) => {}
    }
    match system {
        System::Jira => jira::auth(user, secret),
        System::Jenkins => jenkins::auth(user, secret),
        System::Bitbucket => bitbucket::auth(user, secret),
        System::Pagerduty => pagerduty::auth(secret),
        System::AzureDevops => azure_devops::auth(secret),
        System::Opsgenie => opsgenie::auth(secret),
        System::Circleci => circleci::auth(secret),
        System::Gitea => gitea::auth(secret),
        System::Sentry => sentry::auth(secret),
        System::Datadog => datadog::auth(secret),
        System::Statuspage => statuspage::auth(),
        System::Github | System::Gitlab | System::Alertmanager | System::Devlake => {
            Auth::Bearer(secret)
        }
    }
}

/// Whether a source without scopes would be the whole of somebody's system.
const fn needs_scopes(system: System) -> bool {
    matches!(
        system,
        System::Github
            | System::Gitlab
            | System::Gitea
            | System::Bitbucket
            | System::AzureDevops
            | System::Jenkins
            | System::Circleci
            | System::Sentry
    )
}

/// The address of the API: as configured, or the public one.
fn address(system: System, config: &SourceConfig) -> Option<String> {
    let url = config.url.as_deref();
    let or = |public: &str| Some(url.unwrap_or(public).to_owned());
    match system {
        System::Github => Some(github::api_address(url.unwrap_or(github::PUBLIC))),
        System::Gitlab => Some(gitlab::api_address(url.unwrap_or(gitlab::PUBLIC))),
        System::Gitea => url.map(gitea::api_address),
        System::Pagerduty => or(pagerduty::PUBLIC),
        System::AzureDevops => or(azure_devops::PUBLIC),
        System::Bitbucket => or(bitbucket::PUBLIC),
        System::Circleci => or(circleci::PUBLIC),
        System::Opsgenie => or(opsgenie::PUBLIC),
        System::Sentry => or(sentry::PUBLIC),
        System::Datadog => or(datadog::PUBLIC),
        System::Jira
        | System::Jenkins
        | System::Statuspage
        | System::Alertmanager
        | System::Devlake => url.map(str::to_owned),
    }
}

/// The host that a source is on, for messages and for trust; the whole address where it is written
/// so oddly that another reader may see another host in it.
pub(super) fn host(config: &SourceConfig) -> String {
    let address = config.system.parse().ok().and_then(|system| address(system, config));
    let address = address.unwrap_or_default().to_lowercase();
    let Some((_, rest)) = address.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        // What stands before the last `@` may be a password.
        return match address.rsplit_once('@') {
            Some((_, rest)) => format!("***@{rest}"),
            None => address,
        };
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

/// In `https:/a.example/x://b.example`, for instance, `https:/a.example/x` is none.
fn is_scheme(text: &str) -> bool {
    matches!(text, "https" | "http")
}

/// Whether a source is on the public host of its system, and nobody on the way can listen: a token
/// for that system belongs there.
pub(super) fn is_public(system: System, config: &SourceConfig) -> bool {
    let address = address(system, config).unwrap_or_default();
    address.to_lowercase().starts_with("https://") && is_public_host(system, &host(config))
}

/// Whether nobody on the way to a source can listen: it is encrypted, or on this machine.
pub(super) fn is_private(system: System, config: &SourceConfig) -> bool {
    let address = address(system, config).unwrap_or_default();
    let host = host(config);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => &host,
    };
    address.to_lowercase().starts_with("https://")
        || matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

/// Whether it is the public host of a system.
fn is_public_host(system: System, host: &str) -> bool {
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
    use tl_forge::secret::Secret;

    use super::*;

    fn config(system: &str, url: Option<&str>) -> SourceConfig {
        SourceConfig {
            system: system.to_owned(),
            url: url.map(str::to_owned),
            scopes: Vec::new(),
            token_env: None,
            token_command: Vec::new(),
            user: None,
            app_id: None,
            installation_id: None,
            application_key_env: None,
            application_key_command: Vec::new(),
        }
    }

    #[test]
    fn an_app_and_two_keys_are_shown_as_such_and_a_token_as_each_system_wants_it() {
        let secrets = |key: Option<&str>| Secrets {
            token: Some(Secret::new("t0ken")),
            application_key: key.map(Secret::new),
        };
        let app = SourceConfig {
            app_id: Some("7".to_owned()),
            installation_id: Some(41),
            ..config("github", None)
        };
        let auth = |system, config, key| super::auth(system, config, secrets(key));
        assert!(matches!(
            auth(System::Github, &app, None),
            Auth::App(App { id, installation: Some(41), .. }) if id == "7"
        ));
        let datadog = config("datadog", None);
        let keys = auth(System::Datadog, &datadog, Some("k3y"));
        assert!(matches!(keys, Auth::Keys([("dd-api-key", _), ("dd-application-key", _)])));
        assert!(matches!(auth(System::Datadog, &datadog, None), Auth::Bearer(_)));
        assert!(matches!(auth(System::Github, &config("github", None), None), Auth::Bearer(_)));
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
    fn a_token_travels_encrypted_or_not_beyond_this_machine() {
        let private = |url| is_private(System::Jenkins, &config("jenkins", Some(url)));
        for url in
            ["https://ci.example", "http://127.0.0.1:8080/", "http://localhost", "http://[::1]:1/"]
        {
            assert!(private(url), "{url}");
        }
        for url in [
            "http://ci.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "http:/evil.example/@localhost",
            "https:/ci.example",
            "http://localhost:80.evil.example",
        ] {
            assert!(!private(url), "{url}");
        }
    }

    #[test]
    fn a_password_in_an_odd_address_is_not_shown() {
        let shown = host(&config("jira", Some("https:ana:pw@jira.example")));
        assert_eq!(shown, "***@jira.example");
    }

    #[test]
    fn only_the_public_host_of_the_very_system_is_public() {
        assert!(is_public_host(System::Jira, "acme.atlassian.net"));
        assert!(!is_public_host(System::Jira, "atlassian.net.evil.example"));
        assert!(!is_public_host(System::Jira, "evilatlassian.net"));
        assert!(!is_public_host(System::Github, "gitlab.com"));
    }
    #[test]
    fn an_address_that_two_readers_read_differently_is_on_no_public_host() {
        for (system, url) in [
            ("gitlab", "http://gitlab.com"),
            ("gitlab", "https:/evil.example/x://gitlab.com/"),
            ("gitlab", r"https:\\evil.example\x://gitlab.com/"),
            ("gitlab", "https:evil.example/x://gitlab.com"),
            ("gitlab", "https://gitlab.com@evil.example"),
            ("gitlab", "https://gitlab.com.evil.example"),
            ("github", "https:/evil.example/x://acme.ghe.com"),
            ("jira", "http://acme.atlassian.net"),
        ] {
            let config = config(system, Some(url));
            assert!(!is_public(system.parse().unwrap(), &config), "{url}");
        }
        for (system, url) in [
            ("gitlab", None),
            ("github", None),
            ("github", Some("https://github.com")),
            ("github", Some("https://acme.ghe.com")),
            ("gitlab", Some("HTTPS://GitLab.com/api/v4")),
            ("jira", Some("https://acme.atlassian.net/")),
        ] {
            assert!(is_public(system.parse().unwrap(), &config(system, url)), "{url:?}");
        }
    }
}
