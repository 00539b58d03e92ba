//! `/`: what a delivery lead looks at every morning.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use tl_map::words::Line;

use super::{Asked, PageResult, Problem, Shell, shown};
use crate::app::App;
use crate::report::sections::{self, Headline, Section};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    sentence: String,
    headlines: Vec<Headline>,
    sections: Vec<Section>,
}

/// `GET /`
pub(crate) async fn overview(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let report = &asked.snapshot.measured.report;
    let line = Line::of(&report.value_stream);
    let page = Overview {
        shell: Shell::around(&app, "Overview", &asked),
        sentence: sections::unbroken(&report.invest_first.sentence),
        headlines: sections::headlines(report),
        sections: vec![sections::stages(report, line).map_err(Problem::bug)?],
    };
    shown(&page)
}
