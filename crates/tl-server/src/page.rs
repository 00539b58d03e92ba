//! Pages: what a person sees. Each is a file: a handler that asks the board, and a template.
//!
//! In: an address. Out: HTML. Start at [`router`]; what all pages have around them is [`Shell`].
//! **Invariants:** filters live in the address, so that a page can be shared; a page works without
//! script; what cannot be shown says what is missing and what brings it.

pub(crate) mod agents;
pub(crate) mod events;
mod flow;
pub(crate) mod journey;
pub(crate) mod measure;
pub(crate) mod overview;
mod paradox;
pub(crate) mod reliability;
pub(crate) mod reviews;
pub(crate) mod settings;
pub(crate) mod sheet;
pub(crate) mod sign_in;
pub(crate) mod tests;
pub(crate) mod what_if;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tl_core::time::Millis;
use tl_map::format;

use crate::app::App;
use crate::asset;
use crate::board::Snapshot;
use crate::measured::Choices;
use crate::question::{COHORTS, DAYS, Period, Question};

/// Pages in the order of the navigation: address and name.
const PAGES: [(&str, &str); 10] = [
    ("/", "Overview"),
    ("/flow", "Flow"),
    ("/paradox", "Velocity paradox"),
    ("/reliability", "Reliability"),
    ("/reviews", "Review queue"),
    ("/tests", "Tests"),
    ("/agents", "Agents"),
    ("/what-if", "What if"),
    ("/events", "Events"),
    ("/settings", "Settings"),
];

/// What stands on every page that measures nothing.
const NOTHING: &str = "Nothing was collected yet. `throughline serve PATH/TO/REPOSITORY` measures a \
    repository; `throughline collect --help` connects a forge, a tracker, CI, deployments and incidents.";

/// Addresses of pages.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(overview::overview))
        .route("/flow", get(flow::flow))
        .route("/journey", get(journey::journey))
        .route("/incident", get(reliability::incident::incident))
        .route("/paradox", get(paradox::paradox))
        .route("/what-if", get(what_if::what_if))
        .route("/measures", get(measure::measures))
        .route("/measures/{id}", get(measure::measure))
        .route("/reliability", get(reliability::reliability))
        .route("/reviews", get(reviews::reviews))
        .route("/tests", get(tests::tests))
        .route("/tests/{id}", get(tests::test))
        .route("/agents", get(agents::agents))
        .route("/events", get(events::events))
        .route("/events/{position}", get(events::event))
        .route("/settings", get(settings::settings))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-in/oidc", get(sign_in::leave))
        .route("/sign-in/oidc/back", get(sign_in::back))
        .route("/sign-out", post(sign_in::sign_out))
}

/// What stands around every page.
pub(crate) struct Shell {
    title: &'static str,
    icon: &'static str,
    style: &'static str,
    script: &'static str,
    /// The event of `/live` after which the page is shown anew; empty for none.
    follows: &'static str,
    nav: Vec<NavItem>,
    demo: Option<String>,
    filters: Option<Filters>,
    /// What was looked at, and how old that is.
    facts: String,
    notes: Vec<String>,
}

struct NavItem {
    address: String,
    label: &'static str,
    is_here: bool,
}

/// The form over a page.
struct Filters {
    path: String,
    selects: Vec<Select>,
    is_narrowed: bool,
}

struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<Choice>,
}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

/// A page, or why there is none.
pub(crate) type PageResult = Result<Html<String>, Problem>;

/// Why there is no page, for people.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    what: String,
    mend: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    shell: Shell,
    what: String,
    mend: String,
}

/// What was asked, and its answer.
pub(crate) struct Asked {
    /// Path of the page.
    pub(crate) path: String,
    /// What was asked.
    pub(crate) question: Question,
    /// The answer.
    pub(crate) snapshot: Arc<Snapshot>,
}

impl Asked {
    /// Reads the question of an address and asks the board.
    pub(crate) async fn of(app: &App, uri: &Uri) -> Result<Self, Problem> {
        let question = Question::read(uri.query().unwrap_or_default())
            .map_err(|err| Problem::wrong(err.to_string()))?;
        Self::about(app, uri, question).await
    }

    /// Asks the board a question that the address does not say, or not alone.
    pub(crate) async fn about(app: &App, uri: &Uri, question: Question) -> Result<Self, Problem> {
        let snapshot = app.board.ask(&question).await.map_err(|why| Problem {
            status: StatusCode::SERVICE_UNAVAILABLE,
            what: why.to_string(),
            mend: "It is tried again when the page is loaded again.".to_owned(),
        })?;
        Ok(Self { path: uri.path().to_owned(), question, snapshot })
    }
}

impl Problem {
    /// Another one.
    pub(crate) const fn new(status: StatusCode, what: String, mend: String) -> Self {
        Self { status, what, mend }
    }

    /// The address says what cannot be.
    pub(crate) const fn wrong(what: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, what, mend: String::new() }
    }

    /// Status, what is wrong, and what to do about it.
    pub(crate) fn parts(self) -> (StatusCode, String, String) {
        (self.status, self.what, self.mend)
    }

    /// There is no such thing.
    pub(crate) const fn missing(what: String, mend: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, what, mend }
    }

    /// What happened is our fault; what exactly goes to the log.
    pub(crate) fn bug(err: impl std::error::Error) -> Self {
        tracing::error!(%err, "a page could not be made");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            what: "This page could not be made.".to_owned(),
            mend: "The log of the server says why; it is a bug of the program.".to_owned(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, what, mend } = self;
        let title = if status == StatusCode::NOT_FOUND { "Not found" } else { "Not shown" };
        let page = ProblemPage { shell: Shell::bare(title), what, mend };
        match page.render() {
            Ok(page) => (status, Html(page)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

/// Every address that is none.
pub(crate) async fn not_found(State(_): State<App>, uri: Uri) -> Problem {
    Problem::missing(format!("There is no page {}.", uri.path()), String::new())
}

/// Fills a template.
pub(crate) fn shown(page: &impl Template) -> PageResult {
    page.render().map(Html).map_err(Problem::bug)
}

impl Shell {
    /// Around a page that shows nothing of the organisation.
    pub(crate) fn bare(title: &'static str) -> Self {
        Self {
            title,
            icon: asset::address("icon.svg"),
            style: asset::address("site.css"),
            script: asset::address("site.js"),
            follows: "",
            nav: nav("", &Question::default()),
            demo: None,
            filters: None,
            facts: String::new(),
            notes: Vec::new(),
        }
    }

    /// Around a page that answers a question.
    pub(crate) fn around(app: &App, title: &'static str, asked: &Asked) -> Self {
        let Asked { path, question, snapshot } = asked;
        let report = &snapshot.measured.report;
        let age = ((app.clock)() - snapshot.at).max(Millis::ZERO);
        let age = match age {
            age if age < Millis::new(60_000) => "just now".to_owned(),
            age => format!("{} ago", format::duration(age.hours())),
        };
        let mut notes = snapshot.measured.notes.clone();
        // The overview says so at length.
        if path != "/" && overview::is_empty(&snapshot.measured) {
            notes.push(NOTHING.to_owned());
        }
        let newer = match app.board.is_stale(snapshot) {
            true => "; newer events are being measured",
            false => "",
        };
        Self {
            follows: "measured",
            nav: nav(path, question),
            demo: app.demo.clone(),
            filters: Some(filters(path, question, &snapshot.measured.choices)),
            facts: format!(
                "{} to {}, {} changes merged; measured {age}{newer}.",
                report.since.date(),
                report.until.date(),
                format::count(report.value_stream.changes)
            ),
            notes,
            ..Self::bare(title)
        }
    }
}

/// Filters stay as they are from page to page.
fn nav(here: &str, question: &Question) -> Vec<NavItem> {
    let item = |(path, label): (&str, &'static str)| NavItem {
        address: question.address(path),
        label,
        is_here: path == here,
    };
    PAGES.into_iter().map(item).collect()
}

fn filters(path: &str, question: &Question, choices: &Choices) -> Filters {
    let days = |days: u32, label: &str| Choice {
        value: if days == DAYS { String::new() } else { days.to_string() },
        label: label.to_owned(),
        is_chosen: question.period == Period::Days(days),
    };
    let mut periods = vec![
        days(7, "7 days"),
        days(30, "30 days"),
        days(90, "90 days"),
        days(180, "180 days"),
        days(365, "a year"),
    ];
    if let Period::Days(other) = question.period
        && periods.iter().all(|period| !period.is_chosen)
    {
        periods.push(days(other, &format!("{other} days")));
    }
    let mut selects = vec![Select { name: "days", label: "Period", options: periods }];
    let named: [(&'static str, &'static str, &[String], &Option<String>); 3] = [
        ("team", "Team", &choices.teams, &question.team),
        ("service", "Service", &choices.services, &question.service),
        ("repository", "Repository", &choices.repositories, &question.repository),
    ];
    for (name, label, known, chosen) in named {
        if known.len() > 1 || chosen.is_some() {
            selects.push(select(name, label, known.iter().map(String::as_str), chosen.as_deref()));
        }
    }
    let chosen = question.cohort.and_then(|cohort| COHORTS.iter().find(|(_, one)| *one == cohort));
    let cohorts = COHORTS.iter().map(|(name, _)| *name);
    selects.push(select("cohort", "Cohort", cohorts, chosen.map(|(name, _)| *name)));
    Filters { path: path.to_owned(), selects, is_narrowed: *question != Question::default() }
}

fn select<'a>(
    name: &'static str,
    label: &'static str,
    known: impl Iterator<Item = &'a str>,
    chosen: Option<&str>,
) -> Select {
    let all = Choice { value: String::new(), label: "all".to_owned(), is_chosen: chosen.is_none() };
    let mut options = vec![all];
    options.extend(known.map(|one| Choice {
        value: one.to_owned(),
        label: one.to_owned(),
        is_chosen: chosen == Some(one),
    }));
    if let Some(other) = chosen.filter(|_| options.iter().all(|option| !option.is_chosen)) {
        options.push(Choice { value: other.to_owned(), label: other.to_owned(), is_chosen: true });
    }
    Select { name, label, options }
}
