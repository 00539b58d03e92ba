use std::path::Path;

use tl_map::options::StatusMeaning;

use super::*;
use crate::config::env::Variables;
use crate::config::file::ConfigFile;
use crate::config::{ConfigError, Loaded};

fn read(text: &str) -> Result<Loaded, ConfigError> {
    let file = ConfigFile::parse(Path::new("acme/.throughline.toml"), text.to_owned())?;
    Loaded::merge(&Variables::default(), &[file], Vec::new())
}

fn config(text: &str) -> CollectConfig {
    read(text).unwrap_or_else(|err| panic!("{err}: {text}")).config.collect
}

fn options(text: &str) -> CollectedOptions {
    config(text).options().unwrap_or_else(|(key, why)| panic!("{key}: {why}"))
}

/// The error, without the name of the file.
fn refused(text: &str) -> String {
    let err = read(text).expect_err("the value is bad").to_string();
    err.replace(" in `acme/.throughline.toml`", "")
}

#[test]
fn the_defaults_know_production_tickets_and_a_working_week() {
    let options = options("");
    assert!(options.production.is_match("eu-live"));
    assert!(!options.production.is_match("delivery"));
    let own = self::options("[collect]\nproduction = '^deliver'");
    assert!(own.production.is_match("Delivery") && !own.production.is_match("live"));
    for key in ["ABC-1", "A2_B-34", "#12", "acme/api#12"] {
        assert!(options.ticket_keys.is_match(key), "{key}");
    }
    for other in ["abc-1", "UTF-8x", "12"] {
        assert!(!options.ticket_keys.is_match(other), "{other}");
    }
    assert_eq!(options.calendar.days, [true, true, true, true, true, false, false]);
    assert_eq!((options.calendar.start, options.calendar.end), (9 * 60, 17 * 60));
    assert!(options.hotfix_branches.is_match("hotfix/doors"));
}

#[test]
fn a_source_is_read_in_the_words_of_its_system() {
    let text = |scopes: &str| {
        format!(
            "[collect.sources.one]\nsystem = \"jenkins\"\nurl = \"https://ci.example.com\"\n\
             {scopes} = [\"api\", \"web\"]\ntoken_env = \"CI_TOKEN\"\nuser = \"ana\"\n"
        )
    };
    for scopes in ["scopes", "repositories", "projects", "jobs", "services"] {
        let source = &config(&text(scopes)).sources["one"];
        assert_eq!(source.scopes, ["api", "web"], "{scopes}");
        assert_eq!(source.token_env.as_deref(), Some("CI_TOKEN"));
        assert!(source.token_command.is_empty());
    }
}

#[test]
fn an_app_and_an_application_key_stand_beside_a_token_of_the_right_system() {
    let source = |lines: &str| format!("[collect.sources.one]\n{lines}");
    let github = "system = \"github\"\napp_id = \"7\"\n";
    let read = config(&source(&format!("{github}token_env = \"A_KEY\"\ninstallation_id = 41")));
    let one = &read.sources["one"];
    assert_eq!((one.app_id.as_deref(), one.installation_id), (Some("7"), Some(41)));
    insta::assert_snapshot!(refused(&source(github)), @r#"
    `collect.sources.one.app_id`, line 3, is `"7"`, but no `token_env` or `token_command` gives the private key of the App
    "#);
    insta::assert_snapshot!(refused(&source("system = \"gitlab\"\napp_id = \"7\"")), @r#"
    `collect.sources.one.app_id`, line 3, is `"7"`, but only GitHub has Apps, and this is gitlab
    "#);
    insta::assert_snapshot!(refused(&source("system = \"github\"\napp_id = \"ghp_s3cr3t\"")), @r#"
    `collect.sources.one.app_id`, line 3, is `"***"`, not the id of an App; its key is never in a file
    "#);
    insta::assert_snapshot!(refused(&source("system = \"github\"\ninstallation_id = 7")), @r#"
    `collect.sources.one.installation_id`, line 3, is `7`, but no `app_id` says of which App
    "#);
    insta::assert_snapshot!(
        refused(&source("system = \"sentry\"\napplication_key_env = \"ghp_s3cr3t\"")), @r#"
    `collect.sources.one.application_key_env`, line 3, is `"***"`, but only Datadog has such keys, and this is sentry
    "#);
    insta::assert_snapshot!(
        refused(&source("system = \"datadog\"\napplication_key_command = [\"pass\", \"x\"]")), @r#"
    `collect.sources.one.application_key_command`, line 3, is `["pass", "***"]`, but no `token_env` or `token_command` gives the key of the API
    "#);
}

/// Nobody finds out from a report that is too small that a key was misspelt.
#[test]
fn a_source_with_a_key_or_system_that_is_not_known_is_refused() {
    insta::assert_snapshot!(refused("[collect.sources.one]\nsystem = \"githib\""), @r#"
    `collect.sources.one.system`, line 2, is `"githib"`, but `githib` is not a system; there is github, gitlab, jira, jenkins, pagerduty, azure-devops, bitbucket, gitea, circleci, opsgenie, statuspage, alertmanager, datadog, sentry, devlake
    "#);
    insta::assert_snapshot!(refused("[collect.sources.one]\nsystem = \"github\"\nrepos = []"), @r"
    `collect.sources.one.repos`, line 3, cannot be used: unknown field: found `repos`, expected `one of `system`, `url`, `jobs`, `projects`, `repositories`, `scopes`, `services`, `token_env`, `token_command`, `user`, `app_id`, `installation_id`, `application_key_env`, `application_key_command``
    ");
    insta::assert_snapshot!(refused("[collect.sources.one]\nurl = \"https://x.example\""), @r"
    `collect.sources.one`, line 1, cannot be used: missing field `system`
    ");
    insta::assert_snapshot!(refused("[collect.sources.one]\nsystem = \"github\"\ntoken = \"x\""), @r"
    `collect.sources.one.token`, line 3, cannot be used: unknown field: found `token`, expected `one of `system`, `url`, `jobs`, `projects`, `repositories`, `scopes`, `services`, `token_env`, `token_command`, `user`, `app_id`, `installation_id`, `application_key_env`, `application_key_command``
    ");
}

#[test]
fn bad_values_name_key_line_and_mend() {
    insta::assert_snapshot!(refused("[collect]\nfirst_days = 0"), @r"
    `collect.first_days`, line 2, is `0`, not between 1 and 36500 days
    ");
    insta::assert_snapshot!(refused("[collect]\nproduction = \"(\""), @r#"
    `collect.production`, line 2, is `"("`, no regular expression: unclosed group
    "#);
    insta::assert_snapshot!(refused("[collect]\nhotfix_branches = [\"{a\"]"), @r#"
    `collect.hotfix_branches`, line 2, is `["{a"]`, no glob: error parsing glob '{a': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    "#);
    insta::assert_snapshot!(refused("[collect.services.api]\npaths = [\"{a\"]"), @r#"
    `collect.services.api.paths`, line 2, is `["{a"]`, no glob: error parsing glob '{a': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    "#);
    insta::assert_snapshot!(refused("[collect.statuses]\n\"In Review\" = \"waiting\""), @r#"
    `collect.statuses.In Review`, line 2, is `"waiting"`, not `backlog`, `active`, `queue`, `blocked` or `done`
    "#);
    insta::assert_snapshot!(refused("[collect.calendar]\nzone = \"Mars/Olympus\""), @r#"
    `collect.calendar.zone`, line 2, is `"Mars/Olympus"`, no time zone such as `Europe/Berlin`
    "#);
    insta::assert_snapshot!(refused("[collect.calendar]\ndays = [\"mon\", \"noday\"]"), @r#"
    `collect.calendar.days`, line 2, is `["mon", "noday"]`, but `noday` is no day such as `mon`
    "#);
    insta::assert_snapshot!(refused("[collect.calendar]\nstart = \"9\""), @r#"
    `collect.calendar.start`, line 2, is `"9"`, no time of day such as `09:00`
    "#);
    insta::assert_snapshot!(refused("[collect.calendar]\nstart = \"18:00\""), @r#"
    `collect.calendar.end` in `default` is `"17:00"`, not after the start of the day
    "#);
    insta::assert_snapshot!(refused("[collect.calendar]\nholidays = [\"25.12.2026\"]"), @r#"
    `collect.calendar.holidays`, line 2, is `["25.12.2026"]`, but `25.12.2026` is no date such as `2026-12-25`
    "#);
}

#[test]
fn a_status_means_something_everywhere_or_in_one_project() {
    let options =
        options("[collect.statuses]\n\"In Review\" = \"queue\"\n\"ABC: Parked \" = \"blocked\"\n");
    let rules: Vec<(Option<&str>, &str, StatusMeaning)> = options
        .statuses
        .iter()
        .map(|rule| (rule.project.as_deref(), rule.status.as_str(), rule.meaning))
        .collect();
    let expected = [
        (Some("ABC"), "parked", StatusMeaning::Blocked),
        (None, "in review", StatusMeaning::Queue),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn names_of_people_and_labels_are_compared_in_small_letters() {
    let options = options(
        "[collect]\nhotfix_labels = [\"HotFix\"]\n[collect.people]\nAna = \"Ana@Example.com\"\n",
    );
    assert_eq!(options.hotfix_labels, ["hotfix"]);
    assert_eq!(options.people.get("ana").map(String::as_str), Some("ana@example.com"));
}

#[test]
fn a_service_owns_paths_repositories_and_other_names() {
    let options = options(
        "[collect.services.billing]\nrepositories = [\"acme/billing\"]\n\
         paths = [\"services/billing/**\"]\naliases = [\"billing-prod\"]\n",
    );
    let service = &options.services[0];
    assert_eq!((service.name.as_str(), service.aliases.len()), ("billing", 1));
    assert!(service.paths.is_match("services/billing/src/main.rs"));
    assert!(!service.paths.is_match("services/doors/src/main.rs"));
}
