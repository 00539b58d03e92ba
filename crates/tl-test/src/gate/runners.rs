//! What runners say by their exit codes.
//!
//! In: a command line. Out: the codes that mean "tests failed" and nothing else. Start at [`of`].
//! **Invariant:** a code that is not in the table means that the runner itself went wrong: the
//! table is allowed to be too small, never too large.

/// Codes by which a runner says that tests failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// These.
    Any(&'static [i32]),
    /// The number of tests or files that failed, this at most.
    Count(i32),
    /// Its child's: 1, or the number of tests that failed.
    Passed,
}

/// A runner, as far as its command line shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// How it is called; that of the program where no runner was recognised.
    pub name: String,
    /// What it says by its codes.
    pub codes: Codes,
}

impl Runner {
    /// Whether a code means that tests failed, of which `red` are seen in the reports.
    pub fn says_failed(&self, code: i32, red: u64) -> bool {
        let counted = |most: i32| {
            let red = i32::try_from(red).unwrap_or(i32::MAX);
            code == red.min(most)
        };
        match self.codes {
            Codes::Any(codes) => codes.contains(&code),
            // Some count files, some attempts: any number that a shell does not use itself will do.
            Codes::Count(most) => (1..=most.min(123)).contains(&code) || counted(most),
            Codes::Passed => code == 1 || (code > 0 && counted(255)),
        }
    }
}

/// Programs and their codes. Names are those of files, without an extension.
const TABLE: &[(&[&str], Codes)] = &[
    (&["nextest", "cargo-nextest"], Codes::Any(&[100])),
    (&["cargo"], Codes::Any(&[101])),
    (
        &["pytest", "py.test", "pytest-3", "tox", "nox", "unittest", "green", "stestr"],
        Codes::Any(&[1]),
    ),
    (&["behave", "lettuce"], Codes::Any(&[1])),
    (&["go", "gotestsum", "ginkgo"], Codes::Any(&[1])),
    (
        &["jest", "vitest", "playwright", "ava", "tap", "karma", "web-test-runner", "wtr"],
        Codes::Any(&[1]),
    ),
    (&["mocha", "_mocha", "cypress"], Codes::Count(255)),
    (&["rspec", "minitest", "rake", "rails", "parallel_rspec", "turbo_tests"], Codes::Any(&[1])),
    (&["cucumber", "cucumber-js"], Codes::Any(&[1])),
    // 2 is Microsoft.Testing.Platform's.
    (&["dotnet", "vstest.console"], Codes::Any(&[1, 2])),
    (&["gradle", "gradlew", "mvn", "mvnw", "mvnd", "sbt", "ant", "lein", "mill"], Codes::Any(&[1])),
    (&["ctest"], Codes::Any(&[8])),
    (&["phpunit", "paratest", "pest"], Codes::Any(&[1, 2])),
    (&["robot", "pabot"], Codes::Count(250)),
    (&["prove", "swift", "flutter", "dart", "deno", "stack", "cabal"], Codes::Any(&[1])),
    (&["mix"], Codes::Any(&[1, 2])),
    (&["bazel", "bazelisk"], Codes::Any(&[3])),
    (&["xcodebuild"], Codes::Any(&[65])),
    (&["make", "gmake"], Codes::Any(&[2])),
    (&["npm", "pnpm", "yarn", "bun", "just"], Codes::Passed),
];

/// Programs that run another one and end with its code.
const WRAPPERS: &[&str] = &[
    "env",
    "time",
    "nice",
    "nohup",
    "timeout",
    "stdbuf",
    "sudo",
    "xvfb-run",
    "npx",
    "pnpx",
    "bunx",
    "uv",
    "uvx",
    "poetry",
    "pipenv",
    "pdm",
    "hatch",
    "rye",
    "coverage",
    "python",
    "python3",
    "py",
    "node",
    "ruby",
    "php",
    "perl",
    "bundle",
    "docker",
    "docker-compose",
    "podman",
    "nix",
    "mise",
    "direnv",
    "dotenv",
    "cross-env",
    "corepack",
];

/// Runners of scripts, which are named right behind: `yarn jest`, `npm exec jest`.
const SCRIPTS: &[&str] = &["npm", "pnpm", "yarn", "bun"];

/// Shells: their script is looked into.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "busybox"];

/// The runner behind a command line.
///
/// The first word that names one counts, behind programs that only start another. A program that
/// nobody knows means by 1 that tests failed, and by nothing else.
pub fn of(argv: &[String]) -> Runner {
    let Some(first) = argv.first() else {
        return Runner { name: String::new(), codes: Codes::Any(&[1]) };
    };
    if argv.len() == 1 && first.contains(char::is_whitespace) && !first.contains(['/', '\\']) {
        // A whole command line in one piece, as people name it.
        let words: Vec<String> = first.split_whitespace().map(str::to_owned).collect();
        return of(&words);
    }
    let program = base(first);
    let unknown = || Runner { name: program.clone(), codes: Codes::Any(&[1]) };
    let is = |list: &[&str]| list.contains(&program.as_str());
    if is(SHELLS) {
        let ends = |c: char| c.is_whitespace() || ";&|()'\"".contains(c);
        let words: Vec<String> =
            argv[1..].iter().flat_map(|word| word.split(ends)).map(str::to_owned).collect();
        return behind(&words).unwrap_or_else(unknown);
    }
    if is(WRAPPERS) {
        return behind(&argv[1..]).unwrap_or_else(unknown);
    }
    started(argv).unwrap_or_else(unknown)
}

/// The first runner among words, and what it starts itself.
fn behind(words: &[String]) -> Option<Runner> {
    (0..words.len()).find_map(|at| started(&words[at..]))
}

/// The runner that a command line begins with, and not behind another program.
fn started(argv: &[String]) -> Option<Runner> {
    let name = base(argv.first()?);
    let mut words = argv[1..].iter().filter(|word| !word.starts_with(['-', '+']));
    if name == "cargo" && words.clone().any(|word| word == "nextest") {
        return known("nextest");
    }
    if SCRIPTS.contains(&name.as_str()) {
        let inner = words.find(|word| !["run", "exec", "dlx", "x"].contains(&word.as_str()));
        return inner.and_then(|word| known(&base(word))).or_else(|| known(&name));
    }
    known(&name)
}

fn known(name: &str) -> Option<Runner> {
    let (_, codes) = TABLE.iter().find(|(names, _)| names.contains(&name))?;
    Some(Runner { name: name.to_owned(), codes: *codes })
}

/// The name of a program without its directories and the extensions of Windows; `go_test` stays.
fn base(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let end = [".exe", ".cmd", ".bat", ".ps1"].iter().find(|end| name.ends_with(*end));
    end.map_or(name.as_str(), |end| &name[..name.len() - end.len()]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(line: &str) -> Runner {
        // Words in quotes are one: no test needs quotes within quotes.
        let mut words = Vec::new();
        for (at, part) in line.split('\'').enumerate() {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        of(&words)
    }

    #[test]
    fn runners_are_found_behind_what_starts_them() {
        for (line, name) in [
            ("pytest -q", "pytest"),
            ("python3 -m pytest tests/go", "pytest"),
            ("uv run --frozen pytest", "pytest"),
            ("timeout 60 cargo test", "cargo"),
            ("cargo nextest run", "nextest"),
            ("cargo llvm-cov nextest", "nextest"),
            ("env RUST_LOG=debug cargo test", "cargo"),
            ("npx playwright test", "playwright"),
            ("npm test", "npm"),
            ("npm exec jest", "jest"),
            ("make test", "make"),
            ("bundle exec rspec", "rspec"),
            ("./gradlew test", "gradlew"),
            (r"C:\tools\gradlew.bat test", "gradlew"),
            ("sh -c 'cd api && pytest -q | tee log'", "pytest"),
            ("bash -c 'cargo nextest run'", "nextest"),
            ("./run-tests.sh pytest", "run-tests.sh"),
            ("acme-tests", "acme-tests"),
        ] {
            assert_eq!(runner(line).name, name, "{line}");
        }
        assert_eq!(of(&[]).codes, Codes::Any(&[1]));
        assert_eq!(of(&["cargo nextest run".to_owned()]).name, "nextest");
        assert_eq!(of(&[" ".to_owned()]).codes, Codes::Any(&[1]));
    }

    #[test]
    fn only_the_code_of_failed_tests_says_that_tests_failed() {
        for (line, code, red, failed) in [
            ("pytest", 1, 1, true),
            ("pytest", 2, 1, false),
            ("pytest", 5, 0, false),
            ("cargo test", 101, 1, true),
            ("cargo test", 1, 1, false),
            ("cargo nextest run", 100, 1, true),
            ("cargo nextest run", 101, 1, false),
            ("go test ./...", 1, 1, true),
            ("go test ./...", 2, 1, false),
            ("ctest", 8, 1, true),
            ("ctest", 1, 1, false),
            ("phpunit", 2, 1, true),
            ("dotnet test", 2, 1, true),
            ("dotnet test", 8, 0, false),
            ("robot .", 250, 251, true),
            ("robot .", 252, 1, false),
            ("mocha", 7, 3, true),
            ("mocha", 137, 137, true),
            ("mocha", 137, 3, false),
            ("mocha", 255, 400, true),
            ("npm test", 3, 3, true),
            ("npm test", 3, 2, false),
            ("npm test", 1, 2, true),
            ("make test", 2, 1, true),
            ("bazel test //...", 3, 1, true),
            ("bazel test //...", 1, 1, false),
            ("acme-tests", 1, 1, true),
            ("acme-tests", 2, 2, false),
        ] {
            assert_eq!(runner(line).says_failed(code, red), failed, "{line}: {code}, {red} red");
        }
    }
}
