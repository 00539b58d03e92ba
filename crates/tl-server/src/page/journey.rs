//! `/journey?change=...&repository=...`: one change from ticket to production, what it waited for, and
//! every event that concerns it.
//!
//! In: the rows of a snapshot of the whole period, the ledger's rows of this one request and ticket, and its
//! [`trail`]. Out: a [`Sheet`]. Start at [`journey`]; other pages lead here by [`address`]. **Invariants:** the
//! ledger is asked for single rows and events, never read through; nobody is named; an address of another
//! site leads there only if it is one of the web.

pub(crate) mod facts;
pub(crate) mod lanes;
pub(crate) mod way;
mod words;

use axum::extract::State;
use axum::http::Uri;
use tl_core::attribution::Cohort;
use tl_core::time::Timestamp;
use tl_map::format;
use tl_map::journey_row::JourneyRow;
use tl_map::open_row::OpenRow;
use tl_map::words::Line;

use self::facts::Facts;
use self::lanes::{Pages, Said};
use self::way::Way;
use super::reliability::{self, incident};
use super::sheet::{Own, Sheet};
use super::{Asked, PageResult, Problem, Shell, measure, nav};
use crate::app::App;
use crate::chart::journey as chart;
use crate::chart::table::{Cell, Table, prose, text};
use crate::measured::Measured;
use crate::question::{Period, Question};
use crate::report::sections::{Block, Headline, Section};
use crate::trail::{self, Trail};

/// The longest period that a change is looked for in, in days.
const FAR: u32 = 365;

/// Where a change is shown. `repository` may be empty where the name of the change tells it.
pub(crate) fn address(question: &Question, change: &str, repository: &str) -> String {
    // The change is looked for in everything: only the period counts.
    let whole = Question { period: question.period, ..Question::default() };
    super::sheet::address("/journey", &whole, &[("change", change), ("repository", repository)])
}

/// The name of an open request, as that of a change.
pub(crate) fn name(row: &OpenRow) -> String {
    format!("{}{}", row.repository, row.change)
}

/// `GET /journey`
pub(crate) async fn journey(State(app): State<App>, uri: Uri) -> PageResult {
    let own = Own::read(&uri, &["change", "repository"])?;
    let (change, repository) = (own.get("change"), own.get("repository"));
    if change.is_empty() {
        return Err(Problem::wrong("The address names no change: `?change=...`.".to_owned()));
    }
    let asked = whole(&app, &uri).await?;
    let measured = &asked.snapshot.measured;
    let Some(way) = Way::find(measured, change, repository) else {
        return Err(not_there(&asked.question, change, repository));
    };
    let told = facts::told(&app, measured, &way).await?;
    let trail = trail::found(&app.reader, &told.things).await.map_err(Problem::bug)?;
    let mut shell = Shell::around(&app, "Journey", &asked);
    shell.filters = None;
    shell.nav = nav("", &Question { period: asked.question.period, ..Question::default() });
    let line = Line::of(&measured.report.value_stream);
    let period = Question { period: asked.question.period, ..Question::default() };
    let own = [("change", change), ("repository", repository)];
    let data = super::sheet::address("/v1/journey", &period, &own);
    let sheet = Sheet {
        shell,
        sentence: way.sentence(line),
        headlines: headlines(&way, measured, line),
        form: None,
        sections: sections(&way, measured, &asked.question, &told, trail)?,
        more: vec![(data, "All of it as JSON")],
    };
    sheet.shown()
}

/// What is asked of the whole organisation, whatever other pages narrow it down to.
pub(crate) async fn whole(app: &App, uri: &Uri) -> Result<Asked, Problem> {
    let question = Question::read(uri.query().unwrap_or_default())
        .map_err(|err| Problem::wrong(err.to_string()))?;
    let whole = Question { period: question.period, ..Question::default() };
    Asked::about(app, uri, whole).await
}

pub(crate) fn not_there(question: &Question, change: &str, repository: &str) -> Problem {
    let what = format!(
        "{change} was neither merged in this period nor is it open{}.",
        if repository.is_empty() { String::new() } else { format!(", in {repository}") }
    );
    let mend = match question.period {
        Period::Days(days) if days < FAR => {
            let longer = Question { period: Period::Days(FAR), ..Question::default() };
            format!("A longer period may hold it: {}", address(&longer, change, repository))
        }
        _ => String::new(),
    };
    Problem::missing(what, mend)
}

fn headlines(way: &Way<'_>, measured: &Measured, line: Line) -> Vec<Headline> {
    let headline = |label: &str, value: String, small: String| Headline {
        label: label.to_owned(),
        value,
        small,
    };
    let median = &measured.report.value_stream.total.p50;
    let (waited, whole) = way.waited();
    let mut all = vec![headline(
        if way.is_done() { line.whole() } else { "so far" },
        format::duration(way.took().hours()),
        format!("median of all {}", format::value(median)),
    )];
    if whole.get() > 0 {
        let share = waited.get() as f64 / whole.get() as f64;
        all.push(headline(
            "of that it waited",
            format::share(share),
            format::duration(waited.hours()),
        ));
    }
    if let Some(row) = way.row {
        all.push(headline(
            "evidence of AI use",
            row.cohort.label().to_owned(),
            evidence(row.cohort),
        ));
        let (value, small) = match row.failed {
            Some(true) => ("failed", row.grade.as_ref().map(|grade| format!("grade {grade}"))),
            Some(false) => ("did not fail", None),
            None => ("too young to tell", None),
        };
        all.push(headline("afterwards", value.to_owned(), small.unwrap_or_default()));
    }
    all
}

fn evidence(cohort: Cohort) -> String {
    match cohort {
        Cohort::NoEvidence => "no trace of a tool",
        Cohort::AiAssisted => "a tool took part",
        Cohort::AgentAuthored => "an agent opened it",
        Cohort::Bot => "left out of most figures",
    }
    .to_owned()
}

fn sections(
    way: &Way<'_>,
    measured: &Measured,
    question: &Question,
    told: &Facts<'_>,
    trail: Trail,
) -> Result<Vec<Section>, Problem> {
    let mut first: Vec<Block> = Vec::new();
    first.extend(chart::plot(&way.name, &way.bars).map_err(Problem::bug)?.map(Block::Plot));
    first.push(Block::Table(way.stages(measured)));
    let mut sections = vec![
        Section {
            id: "way",
            title: "What it waited for",
            lead: "Each stage beside the same stage of the other changes of this period."
                .to_owned(),
            blocks: first,
        },
        Section {
            id: "boundaries",
            title: "Its boundaries",
            lead: "The instants between which the stages lie, as they were recorded.".to_owned(),
            blocks: vec![Block::Table(way.boundaries())],
        },
    ];
    if let Some(row) = way.row {
        sections.push(Section {
            id: "evidence",
            title: "What is known of it",
            lead: String::new(),
            blocks: vec![Block::Table(known(row, measured, question, told))],
        });
    }
    sections.extend(production(told, question));
    let said = Said::of(&trail);
    let pages = Pages {
        ticket: told.ticket_url.clone(),
        request: told.url.clone(),
        incident: told.incidents.first().and_then(|(row, _)| facts::web(&row.url)),
    };
    sections.push(lanes::section(&lanes::steps(trail), &said, &pages));
    Ok(sections)
}

/// What brought it to production, and what broke there; nothing where neither is known.
fn production(told: &Facts<'_>, question: &Question) -> Option<Section> {
    let mut blocks = Vec::new();
    if !told.deployments.is_empty() {
        blocks.push(Block::Table(reliability::deployments_table(&told.deployments)));
    }
    if !told.incidents.is_empty() {
        let rows = told.incidents.iter().map(|(row, grade)| {
            let name = if row.title.is_empty() { &row.key } else { &row.title };
            let name = prose(name.clone()).to(incident::address(question, &row.key));
            let over = row.resolved.map_or_else(|| "goes on".to_owned(), instant);
            let grade = text(format!("grade {grade}")).under(incident::grade(grade));
            vec![name, text(instant(row.opened)), text(over), grade]
        });
        let columns = ["incident", "began (UTC)", "over", "how sure"];
        let table = Table::new("Incidents that it is blamed for", &columns).with(rows);
        blocks.push(Block::Table(table));
    }
    (!blocks.is_empty()).then(|| Section {
        id: "production",
        title: "In production",
        lead:
            "The deployments that brought it there, and what broke afterwards as far as it is put \
               down to it."
                .to_owned(),
        blocks,
    })
}

fn known(row: &JourneyRow, measured: &Measured, question: &Question, told: &Facts<'_>) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut add = |what: &'static str, cell: Cell| rows.push(vec![prose(what), cell]);
    if let Some(title) = told.title.as_ref().filter(|title| !title.is_empty()) {
        add("title", prose(title.clone()));
    }
    if let Some(url) = &told.url {
        add("on its forge", prose(url.clone()).to(url.clone()));
    }
    add("repository", text(row.repository.clone()));
    if let Some(ticket) = &row.ticket {
        let cell = text(ticket.clone());
        add(
            "ticket",
            match &told.ticket_url {
                Some(url) => cell.to(url.clone()),
                None => cell,
            },
        );
    }
    if let Some(team) = &row.team {
        add("team", text(team.clone()));
    }
    let evidence = text(row.cohort.label());
    add("evidence of AI use", evidence.to(measure::address(question, "ai-use")));
    if let (Some(added), Some(removed)) = (row.lines_added, row.lines_removed) {
        let files = row.files.map(|files| format!("{} files", format::count(files)));
        let lines = format!("+{} −{}", format::count(added), format::count(removed));
        add("lines", text(lines).and(files));
    }
    if let Some(reviews) = row.reviews {
        add("reviews by people", text(reviews.to_string()));
    }
    let turns = [
        ("waited for a reviewer, in the review", row.reviewers_turn_ms),
        ("was changed again by its author", row.authors_turn_ms),
    ];
    for (what, took) in turns {
        if let Some(took) = took {
            add(what, text(format::duration(took.hours())));
        }
    }
    if let Some(service) = &row.service {
        add("came to production with", text(service.clone()));
    }
    if let Some(release) = &row.release {
        add("first in the release", text(release.clone()));
    }
    if row.shift_ms.get() > 0 {
        let by = format::duration(row.shift_ms.hours());
        add("clocks disagreed", prose(format!("a boundary was moved by at most {by}")));
    }
    if row.failed == Some(true) {
        let why = failure(measured, &row.change).unwrap_or_default();
        let cell = prose(if why.is_empty() { "yes".to_owned() } else { why });
        add("failed", cell.to(measure::address(question, "change-failure")));
    }
    Table::new("The change", &["what", ""]).with(rows)
}

/// Why a change counts as failed, where it is among the rows that are kept.
fn failure(measured: &Measured, change: &str) -> Option<String> {
    let of = measured.explained.iter().find(|one| one.measure.id == "change-failure")?;
    Some(of.rows.iter().find(|row| row.item == change)?.note.clone())
}

/// An instant to the minute.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::testing::{Site, sample};

    #[test]
    fn a_change_is_shown_with_everything_that_the_ledger_tells_of_it() {
        let site = Site::sample().with_trails();
        let row = sample()
            .journeys
            .into_iter()
            .rfind(|row| row.total_ms.is_some() && row.reviews.is_some_and(|reviews| reviews > 0));
        let row = row.unwrap();
        let page = site.page(&address(&Question::default(), &row.change, &row.repository));
        for words in [
            "plot-journey",
            "first review",
            "in production",
            "request merged",
            "approved",
            "run ended",
            "deployment ended",
            "href=\"/events/",
            "/v1/journey?change=",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        // Nobody is named, whoever reviewed it.
        assert!(!page.contains("dev00"), "{page}");
    }

    #[test]
    fn an_open_request_is_shown_as_far_as_it_came() {
        let site = Site::sample();
        let open = &sample().open[0];
        let page = site.page(&address(&Question::default(), &open.change, &open.repository));
        // A commit may be there before its request is opened.
        let first = if open.opened.is_some() { "request opened" } else { "commit made" };
        assert!(page.contains("so far") && page.contains(first), "{page}");
        // By its whole name, too.
        site.page(&address(&Question::default(), &name(open), ""));
    }

    #[test]
    fn a_change_that_is_not_there_says_where_it_may_be() {
        let site = Site::empty();
        let answer = site.get("/journey?change=%3Cb%3E%2312&repository=acme/api");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(
            answer.body.contains("days=365") && !answer.body.contains("<b>"),
            "{}",
            answer.body
        );
        assert_eq!(site.get("/journey").status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_is_not_folded_yet_is_said() {
        let site = Site::sample();
        let row = sample().journeys.into_iter().rfind(|row| row.reviews.is_some()).unwrap();
        let address = address(&Question::default(), &row.change, &row.repository);
        // The sample has more events than a look reads itself.
        let said = "events of the ledger were not looked through yet";
        assert!(site.page(&address).contains(said));
        let page = site.with_trails().page(&address);
        assert!(!page.contains(said) && page.contains("request merged"), "{page}");
    }

    #[test]
    fn the_other_filters_do_not_hide_a_change() {
        let site = Site::sample();
        let row = &sample().journeys[0];
        let address = address(&Question::default(), &row.change, &row.repository);
        site.page(&format!("{address}&cohort=bot&team=nobody"));
    }
}
