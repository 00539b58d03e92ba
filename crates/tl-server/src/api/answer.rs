//! Answers: a page of rows, lines of JSON, or a problem.
//!
//! In: rows. Out: responses. Start at [`Page`], [`Form`] and [`Refused`].

use std::borrow::Cow;
use std::convert::Infallible;

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::page::Problem;
use crate::page::sheet::{Own, address};
use crate::question::Question;

/// Media type of lines of JSON.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Rows of a page where none are asked for.
const ROWS: usize = 100;

/// Most rows of a page.
const MOST_ROWS: usize = 1_000;

/// What is never empty where it is there.
const FILLED: [&str; 14] = [
    "days",
    "since",
    "until",
    "after",
    "before",
    "limit",
    "cohort",
    "class",
    "stage",
    "reviewers",
    "runners",
    "trains",
    "arrivals",
    "unreviewed",
];

/// Lines that are made at once.
const CHUNK: usize = 256;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// Which list, and the version of its form, such as `journeys/v1`.
    pub(crate) schema: &'static str,
    /// Rows of the whole list.
    pub(crate) total: u64,
    /// Address of the next part; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) next: Option<String>,
    /// The rows.
    pub(crate) items: Vec<T>,
}

/// What went wrong, by RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Details {
    /// `about:blank`: the status says which kind of problem it is.
    pub(crate) r#type: &'static str,
    /// The status in words.
    pub(crate) title: String,
    /// The status.
    pub(crate) status: u16,
    /// What is wrong, for people.
    pub(crate) detail: String,
    /// What to do about it; absent where nothing is known.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    pub(crate) mend: String,
}

/// A call that is not answered, and why.
#[derive(Debug)]
pub(crate) struct Refused(Problem);

/// An answer, or why there is none.
pub(super) type Answered = Result<Response, Refused>;

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, detail, mend) = self.0.parts();
        let title = status.canonical_reason().unwrap_or("Problem").to_owned();
        let details =
            Details { r#type: "about:blank", title, status: status.as_u16(), detail, mend };
        let mut response = (status, Json(details)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// In which form rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A page of them.
    Page,
    /// All of them, a line each.
    Lines,
}

impl Form {
    /// By the address, else by what is accepted.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|one| one.to_str().ok());
        let mut accepted = accepted.flat_map(|one| one.split(','));
        let is_lines = |one: &str| one.split(';').next().is_some_and(|kind| kind.trim() == NDJSON);
        match uri.path().ends_with(".ndjson") || accepted.any(is_lines) {
            true => Self::Lines,
            false => Self::Page,
        }
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Rows that are left out.
    pub(super) after: usize,
    /// Rows at most.
    pub(super) limit: usize,
}

/// What can be said of a part of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `Part::read` reads")]
pub(crate) struct PartParams {
    /// Rows of the list that are left out.
    #[param(minimum = 0, maximum = 1_000_000_000)]
    after: Option<u64>,
    /// Rows at most; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
}

impl Part {
    /// Reads it from an address.
    pub(super) fn read(uri: &Uri) -> Result<Self, Problem> {
        filled(uri)?;
        let own = Own::read(uri, &["after", "limit"])?;
        Ok(Self { after: bounded(&own, "after", 0, 1_000_000_000, 0)?, limit: limit(&own)? })
    }

    /// The part of rows, as a page.
    pub(super) fn of<T>(
        self,
        schema: &'static str,
        path: &str,
        question: &Question,
        own: &[(&str, &str)],
        rows: Vec<T>,
    ) -> Page<T> {
        let total = rows.len();
        let end = self.after.saturating_add(self.limit);
        let items = rows.into_iter().skip(self.after).take(self.limit).collect();
        let next = (end < total).then(|| {
            let (after, limit) = (end.to_string(), self.limit.to_string());
            let mut more = own.to_vec();
            more.push(("after", &after));
            if self.limit != ROWS {
                more.push(("limit", &limit));
            }
            address(path, question, &more)
        });
        Page { schema, total: total as u64, next, items }
    }
}

/// Refuses a number or an instant that is empty: a form of a page may leave it so, a program that does has
/// a mistake in it.
pub(super) fn filled(uri: &Uri) -> Result<(), Problem> {
    let query = uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let is_wrong = |(key, value): &(Cow<'_, str>, Cow<'_, str>)| {
        FILLED.contains(&key.as_ref()) && value.trim().is_empty()
    };
    match pairs.find(is_wrong) {
        Some((key, _)) => {
            Err(Problem::wrong(format!("`{key}` in the address is empty: leave it out.")))
        }
        None => Ok(()),
    }
}

/// Rows at most.
pub(super) fn limit(own: &Own) -> Result<usize, Problem> {
    bounded(own, "limit", 1, MOST_ROWS, ROWS)
}

fn bounded(
    own: &Own,
    name: &'static str,
    least: usize,
    most: usize,
    otherwise: usize,
) -> Result<usize, Problem> {
    let value = own.get(name);
    if value.is_empty() {
        return Ok(otherwise);
    }
    let number = value.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        let value: String = value.chars().take(80).collect();
        Problem::wrong(format!("`{name}` in the address is `{value}`: it is {least} to {most}."))
    })
}

/// Part of a path; one that is no text is none that is known.
pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    match path {
        Ok(Path(name)) => Ok(name),
        Err(_) => Err(Problem::missing("There is no such thing.".to_owned(), String::new())),
    }
}

/// Lines of JSON, made as they are sent: `line` writes that of a row.
pub(super) fn lines(
    rows: usize,
    line: impl Fn(usize, &mut Vec<u8>) -> serde_json::Result<()> + Send + 'static,
) -> Response {
    let chunks = (0..rows).step_by(CHUNK).map(move |from| {
        let mut text = Vec::new();
        for row in from..rows.min(from + CHUNK) {
            let begun = text.len();
            match line(row, &mut text) {
                Ok(()) => text.push(b'\n'),
                Err(err) => {
                    tracing::error!(%err, "a row cannot be written as JSON");
                    text.truncate(begun);
                }
            }
        }
        Ok::<_, Infallible>(text)
    });
    streamed(Body::from_stream(stream::iter(chunks)))
}

/// A body of lines.
pub(super) fn streamed(body: Body) -> Response {
    ([(header::CONTENT_TYPE, NDJSON)], body).into_response()
}

/// A document.
pub(super) fn json(value: &impl Serialize) -> Answered {
    match serde_json::to_vec(value) {
        Ok(text) => {
            Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], text).into_response())
        }
        Err(err) => Err(Problem::bug(err).into()),
    }
}
