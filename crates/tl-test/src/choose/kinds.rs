//! What a file of a repository is, by its path alone.
//!
//! In: a path. Out: a [`Kind`]. Start at [`kind`]. **Invariant:** what is not known for sure is
//! [`Kind::Unknown`], and a change of it runs everything.

mod lists;

use lists::{
    BUILD_ENDS, BUILD_STARTS, BUILDS, CI_FOLDERS, CI_NAMES, CODE, DOC_STEMS, DOCS, IMAGES, LOCKS,
    MIGRATION_FOLDERS, TEST_FOLDERS,
};

use super::place::{split_name, stem};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Text for people: no test can tell.
    Docs,
    /// Code.
    Source,
    /// A file of tests.
    Test,
    /// What tests share: helpers, fixtures, recorded data.
    Helper,
    /// Versions of dependencies.
    Lock,
    /// How it is built, and how tests are started.
    Build,
    /// What CI does.
    Ci,
    /// A migration of a database.
    Migration,
    /// Anything else.
    Unknown,
}

/// What a file is.
pub(super) fn kind(path: &str) -> Kind {
    let (folder, name) = split_name(path);
    if path.starts_with(".throughline/") {
        // What we keep ourselves: no test reads it.
        return Kind::Docs;
    }
    let in_folder = |names: &[&str]| {
        folder.split('/').any(|part| names.contains(&part) || part.ends_with(".Tests"))
    };
    if LOCKS.contains(&name) || name.ends_with(".lock") {
        return Kind::Lock;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if CI_NAMES.contains(&name)
        || name.starts_with("azure-pipelines")
        || folder.split('/').next().is_some_and(|first| CI_FOLDERS.contains(&first))
    {
        // Templates of requests and owners stand beside workflows.
        return if is_docs(path) { Kind::Docs } else { Kind::Ci };
    }
    if BUILDS.contains(&name)
        || ends(BUILD_ENDS)
        || starts(BUILD_STARTS)
        || folder.split('/').any(|part| part == ".cargo" || part == ".config" || part == ".mvn")
    {
        return Kind::Build;
    }
    let in_migrations = folder.split('/').any(|part| MIGRATION_FOLDERS.contains(&part));
    if in_migrations && !is_docs(path) || extension(name) == "sql" {
        return Kind::Migration;
    }
    if is_code(path) && is_test_name(path) {
        return Kind::Test;
    }
    if in_folder(TEST_FOLDERS) || is_helper_name(name) {
        return Kind::Helper;
    }
    if is_docs(path) {
        return Kind::Docs;
    }
    if is_code(path) { Kind::Source } else { Kind::Unknown }
}

/// Whether the end of its name is that of a language.
pub(super) fn is_code(path: &str) -> bool {
    let end = extension(split_name(path).1);
    CODE.iter().any(|code| end.eq_ignore_ascii_case(code))
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, end)| end)
}

fn is_docs(path: &str) -> bool {
    let (folder, name) = split_name(path);
    let end = extension(name).to_ascii_lowercase();
    let documents = folder.split('/').any(|part| part == "docs" || part == "doc");
    // A page of documentation may be a program; an image of it is none.
    DOCS.contains(&end.as_str())
        || documents && IMAGES.contains(&end.as_str())
        || DOC_STEMS.contains(&name)
        || DOC_STEMS.contains(&stem(name)) && ["txt", ""].contains(&end.as_str())
        || folder.starts_with(".github") && folder.contains("ISSUE_TEMPLATE")
}

/// Whether a file is called as files of tests are in its language.
pub(super) fn is_test_name(path: &str) -> bool {
    let (folder, name) = split_name(path);
    let (stem, end) = name.split_once('.').unwrap_or((name, ""));
    let last = extension(name);
    let any = |ends: &[&str]| ends.iter().any(|end| stem.ends_with(end));
    match last {
        "py" => stem.starts_with("test_") || stem.ends_with("_test"),
        "go" => stem.ends_with("_test"),
        "rb" => any(&["_spec", "_test"]) || stem.starts_with("test_"),
        "exs" | "dart" | "erl" => any(&["_test", "_SUITE"]),
        "rs" => {
            let parent = split_name(folder).1;
            stem == "tests" || parent == "tests" && stem != "mod" || any(&["_test", "_tests"])
        }
        "java" | "kt" | "scala" | "groovy" | "cs" | "fs" | "vb" | "swift" | "php" | "m" | "mm" => {
            any(&["Test", "Tests", "IT", "Spec", "Specs", "TestCase"])
                || stem.strip_prefix("Test").is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_uppercase()) && !is_helper_name(name)
                })
        }
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => {
            let parts = || end.split('.').chain([stem.rsplit(['-', '_']).next().unwrap_or("")]);
            parts().any(|part| ["test", "spec", "e2e", "cy"].contains(&part))
                || split_name(folder).1 == "__tests__"
        }
        "c" | "cc" | "cpp" | "cxx" | "cu" => {
            any(&["_test", "_tests", "_unittest", "Test", "Tests"]) || stem.starts_with("test_")
        }
        "feature" | "robot" => true,
        _ => false,
    }
}

fn is_helper_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let known = [
        "conftest",
        "spec_helper",
        "rails_helper",
        "test_helper",
        "testhelper",
        "setuptests",
        "testutils",
        "testutil",
        "testbase",
        "testhelpers",
        "test_utils",
        "test_base",
        "basetest",
        "basetestcase",
        "abstracttest",
    ];
    known.contains(&stem.as_str())
        || ["jest.setup", "vitest.setup", "karma.conf"].iter().any(|start| name.starts_with(start))
        || name.ends_with(".snap")
}

/// The file of tests that a recorded snapshot of jest or vitest belongs to.
pub(super) fn snapshot_of(path: &str) -> Option<String> {
    let (folder, name) = split_name(path);
    let (above, last) = split_name(folder);
    let test = name.strip_suffix(".snap").filter(|_| last == "__snapshots__")?;
    Some(if above.is_empty() { test.to_owned() } else { format!("{above}/{test}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_kind(kind: Kind, paths: &[&str]) {
        for path in paths {
            assert_eq!(super::kind(path), kind, "{path}");
        }
    }

    #[test]
    fn files_are_told_by_their_paths() {
        assert_kind(Kind::Lock, &["Cargo.lock", "web/package-lock.json", "go.sum", "x/uv.lock"]);
        assert_kind(
            Kind::Build,
            &["Cargo.toml", "api/build.gradle.kts", "tsconfig.base.json", "requirements-dev.txt"],
        );
        assert_kind(Kind::Build, &["Shop.csproj", "docker-compose.yml", ".cargo/config.toml"]);
        assert_kind(Kind::Ci, &[".github/workflows/ci.yml", "Jenkinsfile", ".ci/run"]);
        assert_kind(
            Kind::Migration,
            &["db/migrate/001_carts.rb", "shop/migrations/0002_more.py", "schema.sql"],
        );
        assert_kind(
            Kind::Docs,
            &["README.md", "docs/cart.png", "LICENSE", ".github/ISSUE_TEMPLATE/bug.yml"],
        );
        assert_kind(
            Kind::Source,
            &["src/cart.rs", "web/cart.tsx", "app/latest.py", "a/Contest.java"],
        );
        assert_kind(
            Kind::Unknown,
            &["config/cart.yaml", "data.bin", "prices.csv", "api.proto", "LICENSES.json", "x"],
        );
    }

    #[test]
    fn tests_and_what_they_share_are_told_apart() {
        assert_kind(
            Kind::Test,
            &[
                "tests/test_cart.py",
                "cart/cart_test.go",
                "src/cart.spec.ts",
                "tests/cart.rs",
                "src/cart/tests.rs",
                "app/src/test/java/com/acme/CartTest.java",
                "spec/cart_spec.rb",
                "web/__tests__/cart.js",
                "Shop.Tests/CartTests.cs",
                "features/cart.feature",
                "src/TestCart.java",
            ],
        );
        assert_kind(
            Kind::Helper,
            &[
                "tests/conftest.py",
                "conftest.py",
                "tests/common/mod.rs",
                "tests/fixtures/a.json",
                "cart/testdata/a.golden",
                "web/jest.setup.ts",
                "web/__mocks__/fs.js",
                "src/test/java/com/acme/Builders.java",
                "Shop.Tests/Builders.cs",
                "tests/README.md",
                "src/snapshots/cart__adds.snap",
                "test/TestUtils.java",
            ],
        );
    }

    #[test]
    fn a_snapshot_belongs_to_its_test() {
        let test = snapshot_of("web/__snapshots__/cart.test.tsx.snap");
        assert_eq!(test.as_deref(), Some("web/cart.test.tsx"));
        assert_eq!(snapshot_of("src/snapshots/cart__adds.snap"), None);
    }
}
