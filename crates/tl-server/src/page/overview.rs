//! `/`: what a delivery lead looks at every morning.
//!
//! In: a snapshot, and what other pages say of themselves. Out: HTML. Start at [`overview`]; the parts are
//! in [`now`] (the line and its queues), [`week`] (this week against last) and [`cards`].
//! **Invariants:** it fits on a screen; every number leads to how it is computed or to what is behind it;
//! what is not known is left out, and what would bring it is named.

pub(crate) mod cards;
mod now;
mod week;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;

use self::cards::{Card, Step};
use self::now::{Station, Wait};
use self::week::WeekLine;
use super::{Asked, PageResult, Shell, agents, measure, shown, tests};
use crate::app::App;
use crate::measured::Measured;
use crate::report::sections;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    sentence: String,
    /// Where the sentence comes from.
    why: String,
    stations: Vec<Station>,
    /// Where all of the line is.
    flow: String,
    weeks: Vec<WeekLine>,
    week_of: String,
    waits: Vec<Wait>,
    queue: String,
    open: String,
    steps: Vec<Step>,
    cards: Vec<Card>,
    /// Nothing was collected.
    is_empty: bool,
}

/// `GET /`
pub(crate) async fn overview(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let (tests, agents) = (tests::summary(&app).await?, agents::summary(&app).await?);
    let measured = &asked.snapshot.measured;
    let (report, question) = (&measured.report, &asked.question);
    let mut cards = cards::of_report(report, question);
    cards.extend(tests.map(|found| cards::of_page("Tests", question.address("/tests"), found)));
    cards.extend(agents.map(|found| cards::of_page("Agents", question.address("/agents"), found)));
    let page = Overview {
        shell: Shell::around(&app, "Overview", &asked),
        sentence: sections::unbroken(&report.invest_first.sentence),
        why: question.address("/what-if"),
        stations: now::stations(report, question),
        flow: question.address("/flow"),
        weeks: week::lines(&measured.weeks, question),
        week_of: week::of(&measured.weeks),
        waits: now::waits(measured, question),
        queue: question.address("/reviews"),
        open: measure::address(question, "funnel"),
        steps: cards::steps(measured, question),
        cards,
        is_empty: is_empty(measured),
    };
    shown(&page)
}

/// Whether there is nothing to show, and nothing was taken away by a filter.
pub(super) fn is_empty(measured: &Measured) -> bool {
    measured.choices.repositories.is_empty()
        && measured.open.is_empty()
        && measured.report.value_stream.changes == 0
}

#[cfg(test)]
mod page_tests {
    use axum::http::StatusCode;

    use crate::testing::{Site, sample};

    #[test]
    fn a_lead_sees_the_line_the_week_the_waits_and_what_to_do_first() {
        let site = Site::sample();
        let page = site.page("/");
        for id in ["line", "week", "waits", "first"] {
            assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        for link in ["/what-if", "/flow", "/reviews", "/measures/value-stream", "/journey?change="]
        {
            assert!(page.contains(&format!("href=\"{link}")), "{link}");
        }
        assert!(!page.contains("Nothing was collected yet"));
    }

    #[test]
    fn filters_stay_in_every_link() {
        let page = Site::sample().page("/?days=30&team=team-000");
        assert!(page.contains("href=\"/what-if?days=30&#38;team=team-000\""), "{page}");
        assert!(page.contains("href=\"/measures/value-stream?days=30&#38;team=team-000\""));
    }

    #[test]
    fn filtered_parts_add_up_to_the_whole() {
        let site = Site::sample();
        let whole = sample();
        let changes = |query: &str| {
            let question = crate::question::Question::read(query).unwrap();
            crate::testing::measured(&question).report.value_stream.changes
        };
        let all = whole.report.value_stream.changes;
        let by = |key: &str, names: &[String]| -> u64 {
            names.iter().map(|name| changes(&format!("{key}={name}"))).sum()
        };
        // Agents belong to no team.
        let of_teams: u64 = whole.report.teams.iter().map(|team| team.changes).sum();
        assert_eq!(by("team", &whole.choices.teams), of_teams);
        assert_eq!(by("repository", &whole.choices.repositories), all);
        let named = whole.journeys.iter().filter(|row| row.service.is_some()).count() as u64;
        let of_services = by("service", &whole.choices.services);
        assert!(of_services >= named, "{of_services} of {named}, and those that wait");
        assert_eq!(site.get("/?team=nobody").status, StatusCode::OK);
        assert_eq!(site.get("/?service=%3Cscript%3E&repository=none").status, StatusCode::OK);
    }

    #[test]
    fn an_empty_organisation_is_told_what_to_connect() {
        let page = Site::empty().page("/");
        assert!(page.contains("Nothing was collected yet"), "{page}");
        assert!(page.contains("throughline collect"));
    }

    #[test]
    fn a_hostile_name_is_escaped() {
        let mut sample = sample();
        let hostile = "<img src=x onerror=alert(1)>";
        sample.open[0].change = hostile.to_owned();
        sample.choices.teams.push(hostile.to_owned());
        for stage in &mut sample.report.value_stream.stages {
            if let Some(oldest) = &mut stage.oldest {
                oldest.change = hostile.to_owned();
            }
        }
        let page = Site::showing(sample).page("/");
        assert!(!page.contains("<img src=x"));
    }
}
