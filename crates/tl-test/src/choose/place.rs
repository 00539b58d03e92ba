//! Where a test stands in the repository, and whether a change touches it there.
//!
//! In: names of tests as reports have them, paths of changed files. Out: the changed file that a
//! test stands in, and how near the others are. Start at [`Touched::file_of`].
//! **Invariant:** where two files may be meant, both count: a test too many is run, none too few.

use rustc_hash::FxHashMap;
use tl_core::test::TestName;

use super::kinds;

/// Parts of a path that say nothing of what is in it.
const LAYOUT: &[&str] = &[
    "src",
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "main",
    "java",
    "kotlin",
    "scala",
    "groovy",
    "python",
    "lib",
    "unit",
    "integration",
    "it",
    "e2e",
    "unit_tests",
    "js",
    "ts",
];

/// Stems that are called after what their folder holds.
const FOLDER_STEMS: &[&str] = &["mod", "lib", "main", "index", "__init__"];

/// Stems that many files have: alone they are no sign.
const COMMON: &[&str] = &["test", "tests", "spec", "specs", "src", "mod", "lib", "main", "index"];

/// Parts of a name that are looked at.
const PARTS: usize = 32;

/// A path as the repository has it: `/`, without `./`.
pub(super) fn tidy(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("file://").unwrap_or(&path);
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// The folder of a path and its last part.
pub(super) fn split_name(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The last part of a path without what is behind its last dot.
pub(super) fn stem(path: &str) -> &str {
    let (_, name) = split_name(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// The file that a report says a test stands in: its own, or a suite that is called after one.
pub(super) fn own_file(test: &TestName) -> Option<String> {
    let suites = test.suite.iter().rev().map(String::as_str);
    [test.file.as_str(), test.class.as_str()]
        .into_iter()
        .chain(suites)
        .find(|text| *text == test.file && !text.is_empty() || looks_like_a_file(text))
        .map(tidy)
}

fn looks_like_a_file(text: &str) -> bool {
    let path = text.contains('/') || text.contains('\\');
    path && !text.contains(' ') && kinds::is_code(text)
}

/// The folder that a path has but for [`LAYOUT`], part by part.
pub(super) fn package(folder: &str) -> Vec<&str> {
    let own = |part: &&str| !part.is_empty() && *part != "." && !LAYOUT.contains(part);
    folder.split('/').map(untested).filter(own).collect()
}

/// `Acme.Orders` of `Acme.Orders.Tests`, `orders` of `orders-tests`.
fn untested(part: &str) -> &str {
    for end in [".Tests", ".Test", "-tests", "-test", "_tests", "_test", ".UnitTests"] {
        if let Some(rest) = part.strip_suffix(end).filter(|rest| !rest.is_empty()) {
            return rest;
        }
    }
    part
}

/// How near a changed file is to a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Near {
    /// In the same package, elsewhere.
    Package,
    /// In the same folder.
    Folder,
}

/// Changed files, to be found by the names of tests.
#[derive(Debug, Default)]
pub(super) struct Touched<'a> {
    pub(super) paths: Vec<&'a str>,
    /// Rows of paths, by their last part and by its stem.
    by_name: FxHashMap<&'a str, Vec<usize>>,
    by_stem: FxHashMap<&'a str, Vec<usize>>,
    /// The first row of each folder, and the folder's package.
    folders: FxHashMap<&'a str, usize>,
    packages: Vec<(Vec<&'a str>, usize)>,
    by_package: FxHashMap<Vec<&'a str>, usize>,
}

impl<'a> Touched<'a> {
    pub(super) fn new(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut touched = Self::default();
        for (row, path) in paths.into_iter().enumerate() {
            touched.paths.push(path);
            let (folder, name) = split_name(path);
            touched.by_name.entry(name).or_default().push(row);
            // A file that is called after its folder is found by the folder's name.
            let mut stem = stem(path);
            if FOLDER_STEMS.contains(&stem) {
                stem = split_name(folder).1;
            }
            touched.by_stem.entry(stem).or_default().push(row);
            // A test that is edited says nothing of its neighbours.
            if !kinds::is_code(path) || kinds::kind(path) == kinds::Kind::Test {
                continue;
            }
            touched.folders.entry(folder).or_insert(row);
            let package = package(folder);
            if !package.is_empty() && !touched.by_package.contains_key(&package) {
                touched.by_package.insert(package.clone(), row);
                touched.packages.push((package, row));
            }
        }
        touched
    }

    /// The changed file that a test stands in.
    pub(super) fn file_of(&self, test: &TestName, own: Option<&str>) -> Option<usize> {
        if let Some(own) = own {
            let rows = self.by_name.get(split_name(own).1)?;
            return rows.iter().copied().find(|row| same_file(self.paths[*row], own));
        }
        let parts = parts(test);
        parts.iter().enumerate().find_map(|(at, part)| {
            let named = &parts[..=at];
            let rows = self.by_stem.get(part)?;
            rows.iter().copied().find(|row| is_named(self.paths[*row], named))
        })
    }

    /// The nearest changed file, and how near it is.
    pub(super) fn near(&self, test: &TestName, own: Option<&str>) -> Option<(Near, usize)> {
        if let Some(own) = own {
            let folder = split_name(own).0;
            if let Some(row) = self.folders.get(folder) {
                return Some((Near::Folder, *row));
            }
            return self.by_package.get(&package(folder)).map(|row| (Near::Package, *row));
        }
        // A class is called after its package: `com.acme.Orders`, `example.com/acme/orders`.
        let class: Vec<&str> = test.class.split(['.', '/', '\\']).take(PARTS).collect();
        let (_, outer) = class.split_last()?;
        self.packages.iter().find_map(|(package, row)| {
            let java = !outer.is_empty() && package.ends_with(outer);
            let go = test.class.contains('/') && class.ends_with(package);
            (java || go).then_some((Near::Package, *row))
        })
    }
}

/// Whether one path is the end of the other: reports name files from where the runner stood.
pub(super) fn same_file(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| {
        !short.is_empty()
            && long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    ends(one, other) || ends(other, one)
}

/// The parts of a test's class, and of a name that is a path: `orders::tests::adds`.
fn parts(test: &TestName) -> Vec<&str> {
    let class = test.class.split(['.', ':', '/', '\\', '$', '#']);
    let module = test.name.rsplit_once("::").map_or("", |(module, _)| module);
    class.chain(module.split("::")).filter(|part| !part.is_empty()).take(PARTS).collect()
}

/// Whether a path reads, from its end, like these parts: all of them, or all of its own.
fn is_named(path: &str, parts: &[&str]) -> bool {
    let (folder, _) = split_name(path);
    let stem = stem(path);
    let own = Some(stem).filter(|stem| !FOLDER_STEMS.contains(stem));
    let mut path = folder.rsplit('/').filter(|part| !part.is_empty());
    let mut path = own.into_iter().chain(std::iter::from_fn(|| path.next()));
    let mut same = 0;
    for part in parts.iter().rev() {
        // It ends at a folder above the package: `src/main`, or the name of a crate.
        if path.next() != Some(*part) {
            break;
        }
        same += 1;
    }
    same >= 2 || same == 1 && !COMMON.contains(&parts[parts.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(file: &str, class: &str, name: &str) -> TestName {
        TestName {
            suite: Vec::new(),
            class: class.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
        }
    }

    fn stands_in(paths: &[&str], test: &TestName) -> Option<String> {
        let touched = Touched::new(paths.iter().copied());
        let own = own_file(test);
        touched.file_of(test, own.as_deref()).map(|row| paths[row].to_owned())
    }

    #[track_caller]
    fn assert_stands(path: &str, test: &TestName) {
        assert_eq!(stands_in(&["src/other.rs", path], test).as_deref(), Some(path), "{test:?}");
    }

    #[test]
    fn the_file_of_a_report_is_found_from_wherever_the_runner_stood() {
        assert_stands("tests/test_cart.py", &test("tests/test_cart.py", "", "adds"));
        assert_stands("api/tests/test_cart.py", &test("./tests/test_cart.py", "", "adds"));
        assert_stands("src/cart.test.ts", &test("/src/checkout/src/cart.test.ts", "", "adds"));
        assert_stands("src/cart.test.ts", &test("src\\cart.test.ts", "", "adds"));
        assert_stands("src/cart.test.ts", &test("", "src/cart.test.ts", "adds"));
    }

    #[test]
    fn a_class_names_its_file() {
        assert_stands(
            "app/src/test/java/com/acme/CartTest.java",
            &test("", "com.acme.CartTest", "adds"),
        );
        assert_stands(
            "app/src/test/java/com/acme/CartTest.java",
            &test("", "com.acme.CartTest$Empty", "adds"),
        );
        assert_stands("tests/test_cart.py", &test("", "tests.test_cart.TestCart", "adds"));
        assert_stands("Orders.Tests/CartTests.cs", &test("", "Acme.Orders.CartTests", "adds"));
        assert_stands("crates/shop/src/cart/tests.rs", &test("", "shop", "cart::tests::adds"));
        assert_stands("crates/shop/src/cart.rs", &test("", "shop", "cart::tests::adds"));
        assert_stands("crates/shop/src/cart/mod.rs", &test("", "shop", "cart::tests::adds"));
    }

    #[test]
    fn a_name_that_many_files_have_is_no_sign() {
        let rust = test("", "shop", "cart::tests::adds");
        assert_eq!(stands_in(&["crates/shop/src/bill/tests.rs"], &rust), None);
        let other = test("tests/test_cart.py", "", "adds");
        assert_eq!(stands_in(&["tests/test_bill.py", "test_cart.pyi"], &other), None);
        assert_eq!(stands_in(&["other/test_cart.py"], &other), None);
    }

    #[test]
    fn a_source_in_the_package_of_a_test_is_near() {
        let near = |paths: &[&'static str], test: &TestName| {
            let own = own_file(test);
            Touched::new(paths.iter().copied()).near(test, own.as_deref()).map(|near| near.0)
        };
        let python = test("tests/orders/test_cart.py", "", "adds");
        assert_eq!(near(&["src/orders/cart.py"], &python), Some(Near::Package));
        assert_eq!(near(&["tests/orders/bills.py"], &python), Some(Near::Folder));
        assert_eq!(near(&["tests/orders/test_bill.py"], &python), None);
        assert_eq!(near(&["src/users/names.py"], &python), None);
        let java = test("", "com.acme.CartTest", "adds");
        assert_eq!(near(&["app/src/main/java/com/acme/Cart.java"], &java), Some(Near::Package));
        assert_eq!(near(&["app/src/main/java/com/other/Cart.java"], &java), None);
        let go = test("", "example.com/shop/orders", "TestCart");
        assert_eq!(near(&["orders/cart.go"], &go), Some(Near::Package));
        let flat = test("tests/test_cart.py", "", "adds");
        assert_eq!(near(&["src/cart.py"], &flat), None);
    }
}
