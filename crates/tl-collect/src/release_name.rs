//! Names of tags, read as releases: which package, which version, pre-release or not.
//!
//! In: a tag's short name. Out: a [`ReleaseName`], or `None` where the name is no version
//! (`latest`, `guide-2019-01`). Start at [`parse`]. **Invariant:** pure; a name that is not read
//! for certain is no release, because a false release gives every change a wrong end.

#[cfg(test)]
mod tests;

use tl_core::history::ReleaseName;

/// Longest tag name that is read, in bytes.
pub const NAME_LIMIT: usize = 256;

/// Words that make a version a pre-release, at the start of one of its parts.
const PRERELEASE: [&str; 19] = [
    "alpha",
    "beta",
    "canary",
    "candidate",
    "dev",
    "edge",
    "ea",
    "insiders",
    "milestone",
    "next",
    "nightly",
    "pre",
    "preview",
    "rc",
    "snapshot",
    "staging",
    "test",
    "testing",
    "unstable",
];

/// Words in front of a version that are not the name of a package.
const PREFIXES: [&str; 8] = ["v", "ver", "version", "r", "rel", "release", "releases", "tag"];

/// Words behind a version that do not make it a pre-release.
const FINAL: [&str; 8] = ["final", "ga", "release", "stable", "lts", "post", "hotfix", "patch"];

/// Reads a tag's short name; `None` when it is no version.
///
/// Understood: `v1.2.3`, `1.2`, `release-1.2.3`, `rel/1.2`, `REL1_35`, `release_0_9`, `1.2.3.4`,
/// dates `2024-05-27` and `20240527`, packages `pkg@1.2.3`, `@scope/pkg@1.2.3`, `pkg-v1.2.3`,
/// `pkg/v1.2.3`; pre-releases by semver (`1.0.0-x`), by word (`1.2.3b1`, `nightly-2024-05-27`)
/// and for Maven (`3.4.6-rc2`). Build metadata (`+hotfix.1`) and a counter behind two
/// numbers (`1.2-1`) are no pre-release; behind three numbers semver makes it one, and ZooKeeper
/// names its candidates so (`release-3.5.5-1`). A lone number is a version only after a
/// prefix (`v3`, `release-7`) or when it is a date.
pub fn parse(tag: &str) -> Option<ReleaseName> {
    if tag.len() > NAME_LIMIT || !tag.is_ascii() {
        return None;
    }
    let (before, version) = split(tag)?;
    let (package, early) = package(before)?;
    let (numbers, rest) = numbers(version)?;
    let dated = is_date(&numbers);
    let prefixed = !before.is_empty();
    if numbers.len() == 1 && !dated && !prefixed {
        return None;
    }
    // `guide-2019-01`: a name and a month, or a date that is none.
    if package.is_some() && !before.ends_with(['@', '/', 'v', 'V']) && looks_like_year(&numbers) {
        return None;
    }
    let prerelease = early || is_prerelease(rest, numbers.len())?;
    Some(ReleaseName { package, numbers, prerelease })
}

/// Splits in front of the version: after the last `@` or `/`, else at the first digit that
/// begins a part of the name.
fn split(tag: &str) -> Option<(&str, &str)> {
    let start = tag.rfind(['@', '/']).map_or(0, |at| at + 1);
    let bytes = tag.as_bytes();
    let begins = |at: usize| {
        let before = &tag[start..at];
        before.is_empty()
            || before.ends_with(['-', '_', ' '])
            || PREFIXES.iter().any(|prefix| last_word(before).eq_ignore_ascii_case(prefix))
    };
    let apart = (start..tag.len()).find(|at| bytes[*at].is_ascii_digit() && begins(*at));
    // `go1.22`: letters, and numbers joined by points.
    let glued = || {
        let letters = tag[start..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = bytes[start + letters..].iter().take_while(|b| b.is_ascii_digit()).count();
        (digits > 0 && bytes.get(start + letters + digits) == Some(&b'.'))
            .then_some(start + letters)
    };
    apart.or_else(glued).map(|at| tag.split_at(at))
}

fn last_word(text: &str) -> &str {
    text.rsplit(['-', '_', '.', ' ']).next().unwrap_or_default()
}

/// The package in front of a version, and whether a word there makes it a pre-release.
fn package(before: &str) -> Option<(Option<String>, bool)> {
    let mut name = before.trim_end_matches(['-', '_', '.', ' ', '@', '/']);
    let mut early = false;
    loop {
        let word = name.rsplit(['-', '_', '/', ' ', '@']).next().unwrap_or_default();
        let is_early = PRERELEASE.iter().any(|early| word.eq_ignore_ascii_case(early));
        let is_prefix = PREFIXES.iter().any(|prefix| word.eq_ignore_ascii_case(prefix));
        if word.is_empty() || !(is_early || is_prefix) {
            break;
        }
        early |= is_early;
        name = name[..name.len() - word.len()].trim_end_matches(['-', '_', ' ', '@', '/']);
    }
    let readable = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./@+".contains(&b));
    let package = (!name.is_empty()).then(|| name.to_owned());
    readable.then_some((package, early))
}

/// The numbers at the start, and what follows. `.` joins them; `-` and `_` join them only in
/// dates and where the name has no `.`, as in `0_9` and `2024-05-27`.
fn numbers(version: &str) -> Option<(Vec<u64>, &str)> {
    let dotted = |joint: &[char]| {
        let mut numbers = Vec::new();
        let mut rest = version;
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            numbers.push(rest[..digits].parse::<u64>().ok()?);
            rest = &rest[digits..];
            let next = rest.strip_prefix(joint);
            match next {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => return Some((numbers, rest)),
            }
        }
    };
    let found = dotted(&['.'])?;
    if found.0.len() > 1 {
        return Some(found);
    }
    let split = dotted(&['-', '_', '.'])?;
    let underscored = version[found.0[0].to_string().len().min(version.len())..].starts_with('_');
    let is_split = split.0.len() > 1 && (underscored || is_date(&split.0));
    Some(if is_split { split } else { found })
}

/// Year, month and day, in one number or three, with anything behind.
fn is_date(numbers: &[u64]) -> bool {
    let valid = |year: u64, month: u64, day: u64| {
        (1990..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    match numbers {
        [date] => valid(date / 10_000, date / 100 % 100, date % 100),
        [year, month, day, ..] => valid(*year, *month, *day),
        _ => false,
    }
}

fn looks_like_year(numbers: &[u64]) -> bool {
    matches!(numbers, [1990..=2100] | [1990..=2100, _])
}

/// Whether what follows the numbers is a pre-release; `None` if it is no version's end.
fn is_prerelease(rest: &str, numbers: usize) -> Option<bool> {
    let rest = rest.split('+').next().unwrap_or_default();
    let Some(first) = rest.bytes().next() else { return Some(false) };
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~ ".contains(&byte)) {
        return None;
    }
    let word = |text: &str| {
        let text = text.trim_start_matches(['-', '_', '.', '~', ' ']);
        text[..text.bytes().take_while(u8::is_ascii_alphabetic).count()].to_ascii_lowercase()
    };
    let said = word(rest);
    if FINAL.contains(&said.as_str()) {
        return Some(false);
    }
    if said.is_empty() {
        let counter = rest.trim_start_matches(['-', '_', '.', '~']);
        let is_counter = counter.bytes().all(|byte| byte.is_ascii_digit());
        return Some(!is_counter || (numbers == 3 && first == b'-'));
    }
    match first {
        b'-' | b'_' | b'.' | b'~' | b' ' => Some(true),
        // PEP 440 writes `1.2.3b1`, Maven `1.0M2`; `1.0.2k` of OpenSSL is a release.
        _ => {
            let counted = rest.bytes().last().is_some_and(|byte| byte.is_ascii_digit());
            let short = matches!(said.as_str(), "a" | "b" | "c" | "m") && counted;
            let long = PRERELEASE.contains(&said.as_str());
            (short || long || said.len() == 1).then_some(short || long)
        }
    }
}
