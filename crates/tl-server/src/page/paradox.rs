//! `/paradox`: changes with and without evidence of AI use, side by side.
//!
//! In: the report of a snapshot. Out: a [`Sheet`] of the report's own sections. Start at [`paradox`].

use axum::extract::State;
use axum::http::Uri;
use tl_map::words::Line;

use super::sheet::Sheet;
use super::{Asked, PageResult, Problem, Shell};
use crate::app::App;
use crate::report::sections;

/// Sections of the report that belong here, in the order of reading.
const SECTIONS: [&str; 3] = ["paradox", "cohorts", "ai-use"];

/// `GET /paradox`
pub(crate) async fn paradox(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let report = &asked.snapshot.measured.report;
    let all = sections::outcomes(report, Line::of(&report.value_stream)).map_err(Problem::bug)?;
    let place = |id: &str| SECTIONS.iter().position(|known| *known == id);
    let mut sections: Vec<_> = all.into_iter().filter(|one| place(one.id).is_some()).collect();
    sections.retain(|section| !section.blocks.is_empty());
    sections.sort_by_key(|section| place(section.id));
    let found = report.collected.as_ref().and_then(|found| found.paradox.as_ref());
    let sheet = Sheet {
        shell: Shell::around(&app, "Velocity paradox", &asked),
        sentence: found.and_then(|found| found.says.first().cloned()).unwrap_or_default(),
        headlines: Vec::new(),
        form: None,
        sections,
        more: Vec::new(),
    };
    sheet.shown()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Site, sample};

    #[test]
    fn cohorts_are_compared_and_an_empty_organisation_says_what_is_missing() {
        let page = Site::showing(sample()).page("/paradox");
        for id in super::SECTIONS {
            assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        let page = Site::empty().page("/paradox");
        assert!(page.contains("No cohort has enough changes"), "{page}");
    }
}
