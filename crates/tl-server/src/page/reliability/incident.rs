//! `/incident?key=...`: one incident, the changes that it is put down to, and every event of it.
//!
//! In: a row of a snapshot of the whole period, and the incident's [`trail`]. Out: a [`Sheet`]. Start at
//! [`incident`]; other pages lead here by [`address`], and this one leads to the journey of each
//! change. **Invariants:** how sure it is that a change caused it stands beside the change; the ledger is asked
//! for single events; nobody is named.

use axum::extract::State;
use axum::http::Uri;
use tl_core::time::Millis;
use tl_map::deployment_row::{BlamedChange, IncidentRow};
use tl_map::fold::Table as Kind;
use tl_map::format;

use super::{caption, short};
use crate::app::App;
use crate::chart::table::{Cell, Table, prose, text};
use crate::page::journey::facts::web;
use crate::page::journey::lanes::{self, Pages, Said};
use crate::page::journey::{self, instant};
use crate::page::sheet::{self, Own, Sheet};
use crate::page::{PageResult, Problem, Shell, nav};
use crate::question::Question;
use crate::report::sections::{Block, Missing, Section};
use crate::trail::{self, Thing};

/// Changes that are listed; the API has all of them.
const ROWS: usize = 100;

/// Where an incident is shown.
pub(crate) fn address(question: &Question, key: &str) -> String {
    // It is looked for in everything: only the period counts.
    let whole = Question { period: question.period, ..Question::default() };
    sheet::address("/incident", &whole, &[("key", key)])
}

/// What a grade means for an incident.
pub(crate) fn grade(grade: &str) -> &'static str {
    match grade {
        "A" => "named by the incident",
        "E" => "came with the last deployment before it",
        _ => "by a sign in between",
    }
}

/// The incident that an address names, of a snapshot of its whole period.
pub(crate) fn wanted(rows: &[IncidentRow], key: &str) -> Result<usize, Problem> {
    if key.is_empty() {
        return Err(Problem::wrong("The address names no incident: `?key=...`.".to_owned()));
    }
    rows.iter().position(|row| row.key == key).ok_or_else(|| {
        let what = format!("No incident {key} began in this period.");
        Problem::missing(what, "A longer period may hold it: `&days=365`.".to_owned())
    })
}

/// `GET /incident`
pub(crate) async fn incident(State(app): State<App>, uri: Uri) -> PageResult {
    let own = Own::read(&uri, &["key"])?;
    let asked = journey::whole(&app, &uri).await?;
    let (question, rows) = (&asked.question, &asked.snapshot.measured.incidents);
    let row = &rows[wanted(rows, own.get("key"))?];
    let thing = Thing::new(Kind::Incident, &row.key);
    let trail = trail::found(&app.reader, &[thing]).await.map_err(Problem::bug)?;
    let mut shell = Shell::around(&app, "Incident", &asked);
    shell.filters = None;
    shell.nav = nav("/reliability", question);
    let said = Said::of(&trail);
    let pages = Pages { incident: web(&row.url), ..Pages::default() };
    let sheet = Sheet {
        shell,
        sentence: sentence(row),
        headlines: Vec::new(),
        form: None,
        sections: vec![
            known(row),
            changes(row, question),
            lanes::section(&lanes::steps(trail), &said, &pages),
        ],
        more: vec![
            (question.address("/reliability#incidents"), "All incidents"),
            (sheet::address("/v1/incident", question, &[("key", &row.key)]), "All of it as JSON"),
        ],
    };
    sheet.shown()
}

fn sentence(row: &IncidentRow) -> String {
    let name = if row.title.is_empty() { &row.key } else { &row.title };
    let took = |span: Millis| format::duration(span.hours());
    match row.to_resolve_ms {
        Some(span) => format!("{name}: over after {}.", took(span)),
        None => format!("{name}: it goes on."),
    }
}

fn known(row: &IncidentRow) -> Section {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut add = |what: &'static str, cell: Cell| rows.push(vec![prose(what), cell]);
    let key = text(row.key.clone());
    add(
        "incident",
        match web(&row.url) {
            Some(url) => key.to(url),
            None => key,
        },
    );
    let texts = [
        ("severity", row.severity.clone()),
        ("of", row.services.join(", ")),
        ("repository", row.repository.clone()),
        ("environment", row.environment.clone()),
    ];
    for (what, value) in texts {
        if !value.is_empty() {
            add(what, prose(value));
        }
    }
    add("began", text(instant(row.opened)));
    let spans = [
        ("somebody took it", row.acked, row.to_ack_ms),
        ("users were served again", row.resolved, row.to_resolve_ms),
    ];
    for (what, at, span) in spans {
        if let (Some(at), Some(span)) = (at, span) {
            add(what, text(instant(at)).under(format!("after {}", format::duration(span.hours()))));
        }
    }
    if row.reopened > 0 {
        add("came back", text(format!("{} times", format::count(row.reopened))));
    }
    for cause in row.causes.iter().take(ROWS) {
        let what = format!("{} {}", cause.service, short(&cause.what));
        add("put down to", prose(what).under(format!("grade {}: {}", cause.grade, cause.why)));
    }
    Section {
        id: "known",
        title: "What is known of it",
        lead: String::new(),
        blocks: vec![Block::Table(Table::new("The incident", &["what", ""]).with(rows))],
    }
}

fn changes(row: &IncidentRow, question: &Question) -> Section {
    let line = |one: &BlamedChange| {
        let to = journey::address(question, &one.change, &one.repository);
        let sure = text(format!("grade {}", one.grade)).under(grade(&one.grade));
        vec![prose(one.change.clone()).to(to), sure]
    };
    let blocks = match row.changes.as_slice() {
        [] => vec![Block::Missing(Missing {
            what: "No change of this period is known to have caused it.".to_owned(),
            why: String::new(),
            mend: None,
        })],
        all => {
            let table = Table::new(caption("Changes", all.len()), &["change", "how sure"]);
            vec![Block::Table(table.with(all.iter().take(ROWS).map(line)))]
        }
    };
    Section {
        id: "changes",
        title: "Changes that it is put down to",
        lead:
            "What it names itself, else everything that the deployment before it brought: most of \
               those had nothing to do with it."
                .to_owned(),
        blocks,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::testing::{Site, sample};

    #[test]
    fn an_incident_leads_to_the_journeys_of_its_changes_and_they_lead_back() {
        let site = Site::sample().with_trails();
        let sample = sample();
        let blamed = sample.incidents.iter().filter(|row| !row.changes.is_empty());
        for row in blamed.take(3) {
            let page = site.page(&address(&Question::default(), &row.key));
            for words in ["incident began", "grade", &row.causes[0].service] {
                assert!(page.contains(words), "{words}: {page}");
            }
            let change = &row.changes[0];
            let journey =
                journey::address(&Question::default(), &change.change, &change.repository);
            assert!(page.contains(&journey.replace('&', "&#38;")), "{journey}: {page}");
            let page = site.page(&journey);
            let back = address(&Question::default(), &row.key);
            assert!(page.contains(&back), "{back}: {page}");
            // The events of the incident stand on the journey, too.
            assert!(page.contains("incident began") && page.contains("deployment ended"), "{page}");
        }
        let page = site.page("/reliability");
        assert!(page.contains("/incident?key="), "{page}");
    }

    #[test]
    fn an_incident_that_is_not_there_is_not_found_and_its_name_is_text() {
        let site = Site::empty();
        let answer = site.get("/incident?key=%3Cscript%3E");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(
            !answer.body.contains("<script>alert") && !answer.body.contains("incident <script>")
        );
        assert_eq!(site.get("/incident").status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_others_wrote_is_text() {
        let mut measured = sample();
        let hostile = "<img src=x onerror=alert(1)>";
        let row = &mut measured.incidents[0];
        (row.key, row.title) = (hostile.to_owned(), hostile.to_owned());
        row.url = "javascript:alert(1)".to_owned();
        row.changes = vec![BlamedChange {
            repository: hostile.to_owned(),
            change: hostile.to_owned(),
            grade: hostile.to_owned(),
        }];
        let site = Site::showing(measured);
        for page in [site.page(&address(&Question::default(), hostile)), site.page("/reliability")]
        {
            assert!(!page.contains("<img src=x") && !page.contains("href=\"javascript"), "{page}");
        }
    }
}
