//! A sheet: what most pages are. A sentence, headlines, a form that narrows it down, sections.
//!
//! In: [`Sheet`], filled by a page. Out: HTML. Start at [`Sheet::shown`]; a page that asks the ledger and
//! not the board gets its shell from [`alone`]. **Invariant:** a form keeps what the other filters say.

#[cfg(test)]
mod tests;

use askama::Template;
use axum::http::Uri;
use url::form_urlencoded::{self, Serializer};

use super::{PageResult, Problem, Shell, nav, shown};
use crate::app::App;
use crate::question::Question;
use crate::report::sections::{Headline, Section};

/// The longest value of a filter that is read, in bytes.
const LONGEST: usize = 256;

/// See the module.
#[derive(Template)]
#[template(path = "sheet.html")]
pub(crate) struct Sheet {
    pub(crate) shell: Shell,
    /// What the page says in one sentence; empty for none.
    pub(crate) sentence: String,
    pub(crate) headlines: Vec<Headline>,
    pub(crate) form: Option<Form>,
    pub(crate) sections: Vec<Section>,
    /// Other pages of the same list: address and label.
    pub(crate) more: Vec<(String, &'static str)>,
}

/// Filters of one page alone.
pub(crate) struct Form {
    pub(crate) path: String,
    /// What the address says beside.
    pub(crate) kept: Vec<(String, String)>,
    pub(crate) fields: Vec<Field>,
}

/// A field of a form.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What can be chosen: value and label; empty where anything can be written.
    pub(crate) options: Vec<(String, String)>,
}

/// What the overview says of a page: the number that matters, what it is, and what to look at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Such as `3`.
    pub(crate) value: String,
    /// Such as `tests need somebody`.
    pub(crate) what: String,
    /// What stands first on the page: words, and their address.
    pub(crate) first: Vec<(String, String)>,
}

/// The part of an address that a page of its own reads.
pub(crate) struct Own(Vec<(String, String)>);

impl Sheet {
    /// The page.
    pub(crate) fn shown(&self) -> PageResult {
        shown(self)
    }
}

/// The shell of a page that shows the ledger itself, and the question that its links keep.
pub(crate) fn alone(
    app: &App,
    title: &'static str,
    uri: &Uri,
) -> Result<(Shell, Question), Problem> {
    let question = Question::read(uri.query().unwrap_or_default())
        .map_err(|err| Problem::wrong(err.to_string()))?;
    let shell = Shell {
        follows: "ledger",
        nav: nav(section(uri.path()), &question),
        demo: app.demo.clone(),
        ..Shell::bare(title)
    };
    Ok((shell, question))
}

/// The page of the navigation that a path belongs to: `/tests` of `/tests/0011`.
fn section(path: &str) -> &str {
    let end = path.get(1..).and_then(|rest| rest.find('/'));
    end.map_or(path, |end| &path[..=end])
}

impl Own {
    /// Reads those of the names that are there; what is empty is not.
    pub(crate) fn read(uri: &Uri, names: &[&'static str]) -> Result<Self, Problem> {
        let query = uri.query().unwrap_or_default();
        let mut own = Vec::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if !names.contains(&key.as_ref()) || value.is_empty() {
                continue;
            }
            if value.len() > LONGEST {
                let what = format!("`{key}` in the address has more than {LONGEST} bytes.");
                return Err(Problem::wrong(what));
            }
            own.push((key.into_owned(), value.to_owned()));
        }
        Ok(Self(own))
    }

    /// What a name says last; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// One of the words that are known, or none.
    pub(crate) fn one_of(&self, name: &'static str, known: &[&str]) -> Result<&str, Problem> {
        let value = self.get(name);
        if value.is_empty() || known.contains(&value) {
            return Ok(value);
        }
        Err(Problem::wrong(format!(
            "`{name}` in the address is `{}`: there is {}.",
            value.chars().take(80).collect::<String>(),
            known.join(", ")
        )))
    }

    /// A whole number, 1 or more.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        match self.get(name) {
            "" => Ok(None),
            value => match value.parse::<i64>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(Problem::wrong(format!(
                    "`{name}` in the address is `{}`: it is a whole number, 1 or more.",
                    value.chars().take(80).collect::<String>()
                ))),
            },
        }
    }
}

/// An address that keeps a question and says more; what is empty is left out.
pub(crate) fn address(path: &str, question: &Question, more: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(question.query());
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

impl Form {
    /// A form of a page, which keeps the question.
    pub(crate) fn new(path: &str, question: &Question, fields: Vec<Field>) -> Self {
        let query = question.query();
        let kept = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { path: path.to_owned(), kept, fields }
    }
}

impl Field {
    /// Anything can be written.
    pub(crate) fn free(name: &'static str, label: &'static str, value: &str) -> Self {
        Self { name, label, value: value.to_owned(), options: Vec::new() }
    }

    /// One of these, or all.
    pub(crate) fn choice(
        name: &'static str,
        label: &'static str,
        value: &str,
        known: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut options = vec![(String::new(), "all".to_owned())];
        options.extend(known);
        if options.iter().all(|(known, _)| known != value) {
            options.push((value.to_owned(), value.to_owned()));
        }
        Self { name, label, value: value.to_owned(), options }
    }
}
