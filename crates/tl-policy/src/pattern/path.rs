//! Patterns of paths.
//!
//! `~/..`, `/..` and `**/..` are of the whole path, `./..` and `dir/..` of the path below the
//! repository's root. `*` stands for characters of one name, `**` for whole names.

use super::{one_of, without};
use crate::cedar::{Cond, all, attribute, equals, like, not};

/// A pattern, with its names.
struct Names<'a> {
    /// What the path is held against: `text`, or `below` for what is relative to the repository.
    attribute: &'static str,
    names: Vec<&'a str>,
}

impl Names<'_> {
    fn is(&self, text: &str) -> Cond {
        equals(attribute(self.attribute), text)
    }

    fn like(&self, text: &str) -> Cond {
        like(attribute(self.attribute), text)
    }

    fn relative(&self) -> bool {
        self.attribute == "below"
    }
}

/// When a path is what the pattern says.
pub(super) fn condition(pattern: &str) -> Result<Cond, String> {
    if let Some(sign) = pattern.chars().find(|c| matches!(c, '?' | '[' | ']' | '{' | '}' | '\\')) {
        return Err(match sign {
            '\\' => "between names stands `/`, on Windows too".to_owned(),
            _ => format!("`{sign}` is no sign of these patterns: write one pattern for each case"),
        });
    }
    if let Some(name) = pattern.split('/').find(|name| name.contains("**") && *name != "**") {
        return Err(format!("`**` stands for whole names, and `{name}` is a part of one"));
    }
    if pattern == "**" {
        return Ok(all([]));
    }
    let absolute = pattern.starts_with(['/', '~']) || pattern.get(1..3) == Some(":/");
    let (of, rest) = match pattern.strip_prefix("./") {
        Some(rest) => ("below", rest),
        None if absolute || pattern.starts_with("**/") => ("text", pattern),
        None if pattern.contains('/') => ("below", pattern),
        None => {
            return Err(format!(
                "`{pattern}` could be meant in the repository's root or everywhere: write \
                 `./{pattern}` or `**/{pattern}`"
            ));
        }
    };
    let names: Vec<&str> = rest.split('/').collect();
    for (at, name) in names.iter().enumerate() {
        let root = at == 0 && absolute;
        if (name.is_empty() && !root) || matches!(*name, "." | "..") {
            let trimmed = pattern.trim_end_matches('/');
            return Err(match pattern.ends_with('/') {
                true => format!("write `{trimmed}/**` for the directory and all below it"),
                false => "a path has no empty names, `.` or `..` in it".to_owned(),
            });
        }
    }
    let names = Names { attribute: of, names };
    let Some(condition) = said(&names) else {
        return Err(format!(
            "`{pattern}` cannot be said exactly: use `dir/**`, `**/name*`, `dir/**/name*`, \
                 `**/dir/**`, `dir/name*` or one `*`"
        ));
    };
    Ok(if names.relative() { all([attribute("inRepository"), condition]) } else { condition })
}

/// The pattern in equalities and `like`s; `None` where they cannot say it exactly.
fn said(pattern: &Names<'_>) -> Option<Cond> {
    let names = pattern.names.as_slice();
    let doubles: Vec<usize> =
        names.iter().enumerate().filter(|(_, name)| **name == "**").map(|(at, _)| at).collect();
    match doubles.as_slice() {
        [] => plain(pattern),
        [at] if at + 1 == names.len() => {
            let above = literal(&names[..*at])?;
            Some(match above.as_str() {
                "" if pattern.relative() => all([]),
                above => one_of(vec![pattern.is(above), pattern.like(&format!("{above}/*"))]),
            })
        }
        [at] => below(pattern, &literal(&names[..*at])?, &names[at + 1..]),
        [first, last] if last + 1 == names.len() && first + 1 < *last => {
            let above = literal(&names[..*first])?;
            let inner = literal(&names[first + 1..*last])?;
            Some(anywhere(pattern, &above, &inner, true))
        }
        _ => None,
    }
}

/// No `**`.
fn plain(pattern: &Names<'_>) -> Option<Cond> {
    let whole = pattern.names.join("/");
    let (last, before) = pattern.names.split_last()?;
    match whole.matches('*').count() {
        0 => Some(pattern.is(&whole)),
        stars if stars == last.matches('*').count() => {
            // The last name, and not one more below it.
            let above = before.iter().map(|name| format!("{name}/")).collect::<String>();
            let named = without(pattern.like(&whole), pattern.like(&format!("{above}*/*")));
            // The repository's root has no name below itself for a lone star to stand for.
            Some(if pattern.relative() { without(named, pattern.is("")) } else { named })
        }
        // What the one star stands for has no `/` in it.
        1 => Some(without(pattern.like(&whole), pattern.like(&whole.replace('*', "*/*")))),
        _ => None,
    }
}

/// `above/**/rest`.
fn below(pattern: &Names<'_>, above: &str, rest: &[&str]) -> Option<Cond> {
    let [name] = rest else { return Some(anywhere(pattern, above, &literal(rest)?, false)) };
    let named = like(attribute("name"), name);
    Some(match above {
        // The repository's root has a name too, but not below itself.
        "" if pattern.relative() => all([not(pattern.is("")), named]),
        "" => named,
        above => all([pattern.like(&format!("{above}/*")), named]),
    })
}

/// `above/**/inner`, with all below it if `open`.
fn anywhere(pattern: &Names<'_>, above: &str, inner: &str, open: bool) -> Cond {
    let mut ways = Vec::new();
    let deep = if above.is_empty() { format!("*/{inner}") } else { format!("{above}/*/{inner}") };
    let mut starts = vec![deep];
    if !above.is_empty() {
        starts.push(format!("{above}/{inner}"));
    } else if pattern.relative() {
        starts.push(inner.to_owned());
    }
    for start in starts {
        if open {
            ways.push(pattern.like(&format!("{start}/*")));
        }
        ways.push(pattern.like(&start));
    }
    one_of(ways)
}

/// Names without a wildcard, as one text.
fn literal(names: &[&str]) -> Option<String> {
    names.iter().all(|name| !name.contains('*')).then(|| names.join("/"))
}
