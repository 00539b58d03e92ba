//! Versions that were deployed, and the commits that tags and releases say they are.

use tl_core::delivery::Release;
use tl_core::history::History;
use tl_core::time::{Millis, Timestamp};

use super::shown::symbol;
use super::story::{START, history, id, instant};
use crate::dataset::Dataset;
use crate::deployment::version::Versions;
use crate::options::Options;

const LATER: Timestamp = Timestamp::from_seconds(START.as_millis() / 1_000 + 60 * 86_400);

fn named(name: &str, story: &str) -> History {
    let mut history = history(story);
    history.repository = name.to_owned();
    history
}

/// What each version of a service is, as `repository:commit`, of the repository that is named or of
/// the only one that has it.
fn found(histories: &[History], releases: &[Release], versions: &[(&str, &str)]) -> String {
    let options = Options::at(START + Millis::days(60));
    let data = Dataset::new(histories, &options);
    let known = Versions::new(&data.repositories, releases, LATER);
    let shown = |(version, of): &(&str, &str)| {
        let (service, repository) = of.split_once(" in ").unwrap_or((*of, ""));
        let found = known.find(version, service, repository, LATER).map(|(row, commit)| {
            format!("{}:{}", histories[row].repository, symbol(&histories[row], commit))
        });
        format!("{version} of {of}: {}", found.unwrap_or_else(|| "none".to_owned()))
    };
    versions.iter().map(shown).collect::<Vec<_>>().join("\n")
}

fn release(repository: &str, tag: &str, commit: &str) -> Release {
    Release {
        key: format!("{repository}@{tag}"),
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        at: instant("3", "09:00"),
        commit: if commit.is_empty() { String::new() } else { id(commit).to_string() },
        prerelease: false,
    }
}

#[test]
fn a_version_is_the_tag_of_its_name_with_or_without_a_v() {
    let api = named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 08:00 ana commits a2 "Add x"
        2 09:00 ana tags 1.1.0 at a2
        3 08:00 ana commits a3 "Add y"
        3 09:00 ana tags latest at a3
        "#,
    );
    let versions = [
        ("v1.0.0", "api in acme/api"),
        ("1.0.0", "api in acme/api"),
        ("V1.1.0", "api in acme/api"),
        (" 1.1.0", "api in acme/api"),
        ("latest", "api in acme/api"),
        ("1.0", "api in acme/api"),
        ("1.2.0", "api in acme/api"),
        ("v", "api in acme/api"),
        ("", "api in acme/api"),
    ];
    insta::assert_snapshot!(found(&[api], &[], &versions), @"
    v1.0.0 of api in acme/api: acme/api:a1
    1.0.0 of api in acme/api: acme/api:a1
    V1.1.0 of api in acme/api: acme/api:a2
     1.1.0 of api in acme/api: acme/api:a2
    latest of api in acme/api: none
    1.0 of api in acme/api: none
    1.2.0 of api in acme/api: none
    v of api in acme/api: none
     of api in acme/api: none
    ");
}

#[test]
fn where_both_spellings_are_tags_the_exact_one_is_meant() {
    let api = named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 08:00 ana commits a2 "Add x"
        2 09:00 ana tags 1.0.0 at a2
        "#,
    );
    let versions = [
        ("v1.0.0", "api in acme/api"),
        ("1.0.0", "api in acme/api"),
        ("V1.0.0", "api in acme/api"),
    ];
    insta::assert_snapshot!(found(&[api], &[], &versions), @"
    v1.0.0 of api in acme/api: acme/api:a1
    1.0.0 of api in acme/api: acme/api:a2
    V1.0.0 of api in acme/api: none
    ");
}

#[test]
fn in_a_repository_of_packages_the_package_is_the_service() {
    let mono = named(
        "acme/mono",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags api@1.0.0 at a1
        2 08:00 ana commits a2 "Add x"
        2 09:00 ana tags @acme/web@1.0.0 at a2
        3 08:00 ana commits a3 "Add y"
        3 09:00 ana tags mono@v2.0.0 at a3
        "#,
    );
    let versions = [
        ("1.0.0", "api in acme/mono"),
        ("v1.0.0", "acme/Web in acme/mono"),
        ("web@1.0.0", "web in acme/mono"),
        ("@acme/web@v1.0.0", "shop in acme/mono"),
        ("api@v1.0.0", "shop in acme/mono"),
        ("2.0.0", "shop in acme/mono"),
        ("1.0.0", "shop in acme/mono"),
    ];
    insta::assert_snapshot!(found(&[mono], &[], &versions), @"
    1.0.0 of api in acme/mono: acme/mono:a1
    v1.0.0 of acme/Web in acme/mono: acme/mono:a2
    web@1.0.0 of web in acme/mono: none
    @acme/web@v1.0.0 of shop in acme/mono: acme/mono:a2
    api@v1.0.0 of shop in acme/mono: acme/mono:a1
    2.0.0 of shop in acme/mono: acme/mono:a3
    1.0.0 of shop in acme/mono: none
    ");
}

#[test]
fn without_a_repository_it_is_the_only_one_that_has_the_version() {
    let api = named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        2 08:00 ana commits a2 "Add x"
        2 09:00 ana tags v1.1.0 at a2
        "#,
    );
    let web = named(
        "acme/web",
        r#"
        1 08:00 ana commits b1 "Start"
        1 09:00 ana tags 1.0.0 at b1
        "#,
    );
    let versions = [
        ("v1.0.0", "api"),
        ("1.1.0", "api"),
        ("v1.0.0", "api in acme/web"),
        ("1.1.0", "api in acme/web"),
        ("1.1.0", "api in acme/other"),
    ];
    insta::assert_snapshot!(found(&[api, web], &[], &versions), @"
    v1.0.0 of api: none
    1.1.0 of api: acme/api:a2
    v1.0.0 of api in acme/web: acme/web:b1
    1.1.0 of api in acme/web: none
    1.1.0 of api in acme/other: none
    ");
}

#[test]
fn a_release_tells_where_its_tag_was_not_cloned_and_nothing_where_both_differ() {
    let api = named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        1 09:30 ana tags v1.3.0 at a1
        2 08:00 ana commits a2 "Add x"
        "#,
    );
    let releases = [
        release("acme/api", "v1.0.0", "a1"),
        release("acme/api", "v1.1.0", "a2"),
        release("acme/api", "v1.2.0", ""),
        release("acme/api", "v1.3.0", "a2"),
        release("acme/web", "v1.4.0", "a2"),
        release("acme/api", "v1.5.0", "ffff"),
    ];
    let versions = ["1.0.0", "1.1.0", "1.2.0", "v1.3.0", "1.3.0", "1.4.0", "1.5.0"];
    let versions = versions.map(|version| (version, "api in acme/api"));
    insta::assert_snapshot!(found(&[api], &releases, &versions), @"
    1.0.0 of api in acme/api: acme/api:a1
    1.1.0 of api in acme/api: acme/api:a2
    1.2.0 of api in acme/api: none
    v1.3.0 of api in acme/api: none
    1.3.0 of api in acme/api: none
    1.4.0 of api in acme/api: none
    1.5.0 of api in acme/api: none
    ");
}

#[test]
fn a_tag_of_later_is_not_known() {
    let histories = [named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        5 09:00 ana annotates v1.0.0 at a1
        "#,
    )];
    let options = Options::at(START + Millis::days(60));
    let data = Dataset::new(&histories, &options);
    let releases = [Release { at: instant("6", "09:00"), ..release("acme/api", "v2.0.0", "a1") }];
    let known = |until: Timestamp, version: &str| {
        Versions::new(&data.repositories, &releases, until)
            .find(version, "api", "acme/api", LATER)
            .is_some()
    };
    assert!(known(instant("5", "09:00"), "1.0.0") && known(instant("6", "09:00"), "2.0.0"));
    assert!(!known(instant("5", "08:59"), "1.0.0") && !known(instant("6", "08:59"), "2.0.0"));
}

#[test]
fn what_was_committed_after_the_deployment_was_not_deployed() {
    let histories = [named(
        "acme/api",
        r#"
        1 08:00 ana commits a1 "Start"
        1 09:00 ana tags v1.0.0 at a1
        "#,
    )];
    let options = Options::at(START + Millis::days(60));
    let data = Dataset::new(&histories, &options);
    let known = Versions::new(&data.repositories, &[], LATER);
    let by = |at: Timestamp| known.find("1.0.0", "api", "", at).is_some();
    assert!(by(instant("1", "08:00")) && by(instant("1", "07:00")), "clocks may differ");
    assert!(!by(instant("1", "06:59")));
}
