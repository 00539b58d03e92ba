use globset::GlobBuilder;
use proptest::prelude::*;

use crate::engine::Engine;
use crate::file::PolicyFile;
use crate::policy::Policy;
use crate::request::{Request, Verb};

/// Whether a pattern is of a path below the repository `/r`.
fn ours(pattern: &str, whole: &str) -> Option<bool> {
    let file = PolicyFile::read(&format!("[paths]\ndeny_read = ['{pattern}']")).ok()?;
    let engine = Engine::new(&Policy::from(file), &[]).unwrap();
    let below = whole.strip_prefix("/r").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let below = below.map(|rest| rest.trim_start_matches('/').to_owned());
    let request = Request { below, ..Request::new(Verb::Read, whole) };
    Some(!engine.decide(&request).reasons.is_empty())
}

/// The same by a library of globs, of the path that the pattern is about.
fn theirs(pattern: &str, whole: &str) -> bool {
    let absolute = pattern.starts_with('/') || pattern.starts_with("**");
    let (pattern, path) = if absolute {
        (pattern.to_owned(), whole.to_owned())
    } else {
        let Some(below) = whole.strip_prefix("/r/") else {
            return whole == "/r" && pattern == "./**";
        };
        (pattern.trim_start_matches("./").to_owned(), below.to_owned())
    };
    let glob = |pattern: &str| {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().unwrap();
        glob.compile_matcher().is_match(&path)
    };
    // `dir/**` is the directory itself too: to search in it is to read what is below it.
    glob(&pattern) || pattern.strip_suffix("/**").is_some_and(glob)
}

fn names(of: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(of), 1..=most).prop_map(|names| names.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// A pattern that is accepted means what a glob means; `a`, `ab` and `b` are enough names to
    /// confuse one that does not.
    #[test]
    fn a_path_pattern_is_a_glob(
        start in prop::sample::select(vec!["", "./", "/", "/r/"]),
        pattern in names(&["a", "ab", "b", "a*", "*b", "*", "a*b*", "**"], 4),
        root in prop::sample::select(vec!["/r/", "/", "/r/r/"]),
        path in names(&["a", "ab", "b", "abb", "aab", "r"], 5),
    ) {
        let pattern = format!("{start}{pattern}");
        let path = format!("{root}{path}");
        if let Some(ours) = ours(&pattern, &path) {
            prop_assert_eq!(ours, theirs(&pattern, &path), "{} of {}", pattern, path);
        }
    }
}

#[test]
fn the_patterns_that_people_write_are_accepted() {
    for pattern in [
        "~/.ssh/**",
        "~/.aws/credentials",
        "/etc/**",
        "**/.env",
        "**/.env.*",
        "**/.env*",
        "**/*.pem",
        "**/id_*",
        ".github/workflows/**",
        ".github/workflows/*.yml",
        "./**",
        "./AGENTS.md",
        "**/node_modules/**",
        "src/**/*.lock",
        "**",
        "./**/secrets/**",
        "~/code/*/secrets",
        "**/.claude/settings.json",
        "C:/Work/**",
    ] {
        assert!(ours(pattern, "/r/x").is_some(), "{pattern}");
    }
}
