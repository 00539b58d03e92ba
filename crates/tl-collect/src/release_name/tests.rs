use proptest::prelude::*;

use super::*;

fn shown(tag: &str) -> String {
    let Some(name) = parse(tag) else { return format!("{tag}: no version") };
    let numbers: Vec<_> = name.numbers.iter().map(ToString::to_string).collect();
    let package = name.package.map(|package| format!(" of {package}")).unwrap_or_default();
    let early = if name.prerelease { " (pre-release)" } else { "" };
    format!("{tag}: {}{package}{early}", numbers.join(" "))
}

#[test]
fn tags_of_real_repositories_are_read() {
    let tags = [
        "v1.2.3",
        "1.2",
        "release-3.4.6",
        "release-3.4.6-rc2",
        "release-3.5.5-1",
        "REL1_35",
        "release_0_9",
        "2024-05-27",
        "2024-05-27.1",
        "20240527",
        "1.2.3.4",
        "v9.1.0-preview.1.2",
        "1.0.0-rc1",
        "1.2.3b1",
        "v0.50.0.dev",
        "nightly-2024-05-27",
        "candidate-v1.2.0",
        "v1.2.0+hotfix.1",
        "v0.1.0-nightly.250918.2722473a",
        "v1.0.0-next-0a1b2c3",
        "pkg@1.2.3",
        "@scope/pkg@1.2.3",
        "pkg-v1.2.3",
        "pkg/v1.2.3",
        "cli/v2.0.0-beta.1",
        "go1.22.1",
        "jdk-21+35",
        "llvmorg-18.1.0-rc1",
        "1.0.0.Final",
        "5.3.0.M1",
        "1.0.2k",
        "v3",
        "v1.0-SNAPSHOT",
        "1.2-1",
        "boost-1.80.0",
    ];
    insta::assert_snapshot!(tags.map(shown).join("\n"), @"
    v1.2.3: 1 2 3
    1.2: 1 2
    release-3.4.6: 3 4 6
    release-3.4.6-rc2: 3 4 6 (pre-release)
    release-3.5.5-1: 3 5 5 (pre-release)
    REL1_35: 1 35
    release_0_9: 0 9
    2024-05-27: 2024 5 27
    2024-05-27.1: 2024 5 27 1
    20240527: 20240527
    1.2.3.4: 1 2 3 4
    v9.1.0-preview.1.2: 9 1 0 (pre-release)
    1.0.0-rc1: 1 0 0 (pre-release)
    1.2.3b1: 1 2 3 (pre-release)
    v0.50.0.dev: 0 50 0 (pre-release)
    nightly-2024-05-27: 2024 5 27 (pre-release)
    candidate-v1.2.0: 1 2 0 (pre-release)
    v1.2.0+hotfix.1: 1 2 0
    v0.1.0-nightly.250918.2722473a: 0 1 0 (pre-release)
    v1.0.0-next-0a1b2c3: 1 0 0 (pre-release)
    pkg@1.2.3: 1 2 3 of pkg
    @scope/pkg@1.2.3: 1 2 3 of @scope/pkg
    pkg-v1.2.3: 1 2 3 of pkg
    pkg/v1.2.3: 1 2 3 of pkg
    cli/v2.0.0-beta.1: 2 0 0 of cli (pre-release)
    go1.22.1: 1 22 1 of go
    jdk-21+35: 21 of jdk
    llvmorg-18.1.0-rc1: 18 1 0 of llvmorg (pre-release)
    1.0.0.Final: 1 0 0
    5.3.0.M1: 5 3 0 (pre-release)
    1.0.2k: 1 0 2
    v3: 3
    v1.0-SNAPSHOT: 1 0 (pre-release)
    1.2-1: 1 2
    boost-1.80.0: 1 80 0 of boost
    ");
}

#[test]
fn other_tags_are_no_releases() {
    for tag in [
        "latest",
        "nightly",
        "jp-working",
        "guide-2019-01",
        "zookeeper-",
        "early-access",
        "apache-initial-import",
        "MK_TAG_TEST",
        "utf8-fix",
        "5",
        "",
        "v",
        "@",
        "/",
        "v1.2.3-é",
        "1.2.3 (old)",
        "99999999999999999999.1",
    ] {
        assert_eq!(parse(tag), None, "{tag}");
    }
}

proptest! {
    /// Any text has a reading or none.
    #[test]
    fn any_text_is_read(tag in "\\PC{0,40}") {
        parse(&tag);
    }

    /// Any order of the pieces of a version has a reading or none.
    #[test]
    fn any_pieces_are_read(tag in "(v|rel|[0-9]{1,21}|[-_./@+~ ]|rc|beta|pkg){0,12}") {
        parse(&tag);
    }

    /// A semver is read back, and is a pre-release exactly if it has a hyphen.
    #[test]
    fn every_semver_is_read_back(a in 0u64..9999, b in 0u64..9999, c in 0u64..9999, early in "(-(alpha|rc|x)\\.[0-9])?") {
        let name = parse(&format!("v{a}.{b}.{c}{early}")).unwrap();
        prop_assert_eq!(name.numbers, [a, b, c]);
        prop_assert_eq!(name.prerelease, !early.is_empty());
    }
}
