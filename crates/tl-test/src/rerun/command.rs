//! Command lines that run one test, for runners that can be told its name.
//!
//! In: the command line that ran all tests, and a test. Out: one for that test. Start at [`command`].
//! **Invariants:** names are quoted for a POSIX shell whatever is in them; a runner that is not known
//! gets no command rather than a wrong one; a name that begins with `-` is none either.

use tl_core::test::TestName;

use crate::gate::runners;

/// A command line that runs one test again, where the runner is known by `program`.
pub fn command(program: &[String], test: &TestName) -> Option<String> {
    let runner = runners::of(program).name;
    let own = plain(&test.name)?;
    let class = test.class.as_str();
    let words: Vec<String> = match runner.as_str() {
        "pytest" | "py.test" | "pytest-3" => vec![runner, pytest(test)?],
        "go" | "gotestsum" => go(test)?,
        "cargo" => ["cargo", "test", "--workspace", "--", "--exact", own].map(String::from).into(),
        "nextest" | "cargo-nextest" => {
            let filter = format!("test(={own})");
            ["cargo", "nextest", "run", "-E", &filter].map(String::from).into()
        }
        "jest" | "vitest" => {
            let mut words = vec!["npx".to_owned(), runner.clone()];
            if runner == "vitest" {
                words.push("run".to_owned());
            }
            words.extend(plain(&test.file).map(str::to_owned));
            words.extend(["-t".to_owned(), format!("^{}$", full_name(test))]);
            words
        }
        "playwright" => {
            let mut words = ["npx", "playwright", "test"].map(String::from).to_vec();
            words.extend(plain(&test.file).map(str::to_owned));
            words.extend(["-g".to_owned(), pattern(own)]);
            words
        }
        "mvn" | "mvnw" | "mvnd" => {
            let which = format!("-Dtest={}#{}", plain(class)?, method(own));
            vec![
                own_script(&runner),
                which,
                "-Dsurefire.failIfNoSpecifiedTests=false".to_owned(),
                "test".into(),
            ]
        }
        "gradle" | "gradlew" => {
            let which = format!("{}.{}", plain(class)?, method(own));
            vec![own_script(&runner), "test".to_owned(), "--tests".to_owned(), which]
        }
        "dotnet" => {
            let which = format!("FullyQualifiedName={}.{}", plain(class)?, method(own));
            ["dotnet", "test", "--filter", &which].map(String::from).into()
        }
        "rspec" => {
            let file = plain(&test.file).map(str::to_owned);
            let name = ["-e".to_owned(), own.to_owned()];
            std::iter::once(runner).chain(file).chain(name).collect()
        }
        "ctest" => ["ctest", "-R", &format!("^{}$", pattern(own))].map(String::from).into(),
        "phpunit" => vec![runner, "--filter".to_owned(), format!("/::{}$/", pattern(own))],
        _ => return None,
    };
    Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// Some runners come with the repository.
fn own_script(runner: &str) -> String {
    if runner.ends_with('w') { format!("./{runner}") } else { runner.to_owned() }
}

/// A name that can stand in a command line: not empty, no option, without control characters.
fn plain(name: &str) -> Option<&str> {
    let is_plain = !name.is_empty() && !name.starts_with('-') && !name.contains(char::is_control);
    is_plain.then_some(name)
}

/// `tests/test_a.py::TestClass::test_name`, from the file or from the class with dots.
fn pytest(test: &TestName) -> Option<String> {
    let name = plain(&test.name)?;
    if test.file.ends_with(".py") {
        // The last parts of the class are classes of the file.
        let stem = test.file.trim_end_matches(".py").replace(['/', '\\'], ".");
        let class = test.class.strip_prefix(&stem).unwrap_or("").trim_start_matches('.');
        let inner: String =
            class.split('.').filter(|p| !p.is_empty()).map(|p| format!("{p}::")).collect();
        return Some(format!("{}::{inner}{name}", plain(&test.file)?));
    }
    // `tests.test_a.TestClass`: classes begin with a capital letter.
    let parts: Vec<&str> = plain(&test.class)?.split('.').collect();
    let is_class = |part: &&str| part.starts_with(|first: char| first.is_ascii_uppercase());
    let classes = parts.iter().rev().take_while(|part| is_class(part)).count();
    let (modules, classes) = parts.split_at(parts.len() - classes);
    let file = modules.join("/");
    let classes: String = classes.iter().map(|class| format!("{class}::")).collect();
    (!modules.is_empty()).then(|| format!("{file}.py::{classes}{name}"))
}

/// The package, and the test with its subtests part by part.
fn go(test: &TestName) -> Option<Vec<String>> {
    let name: Vec<String> =
        plain(&test.name)?.split('/').map(|part| format!("^{}$", pattern(part))).collect();
    let package = plain(&test.class).or_else(|| plain(test.suite.last()?)).unwrap_or("./...");
    let words = ["go", "test", package, "-count=1", "-run", &name.join("/")];
    Some(words.map(String::from).into())
}

/// Suites and name, as jest and vitest join them, as a pattern.
fn full_name(test: &TestName) -> String {
    let class = if test.class == test.file { "" } else { test.class.as_str() };
    let parts = [class, test.name.as_str()];
    let parts = parts.iter().filter(|part| !part.is_empty());
    // Writers of reports join with ` > ` or with a blank.
    parts.map(|part| pattern(part).replace(" > ", " ")).collect::<Vec<_>>().join(" ")
}

/// The method's name without the parameters of this one case.
fn method(name: &str) -> &str {
    name.split(['(', '[', '{']).next().unwrap_or(name).trim()
}

/// A text that a regular expression takes literally.
fn pattern(text: &str) -> String {
    regex::escape(text)
}

/// A word of a command line of a POSIX shell.
fn quoted(word: &str) -> String {
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&b);
    if !word.is_empty() && word.bytes().all(is_safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
