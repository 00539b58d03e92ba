//! The report as one page: no script, no network, light and dark, for screen and paper.
//!
//! In: a [`Report`]. Out: HTML text with everything inside. Start at [`page`]; what stands on the
//! page and in which order is in `sections`, each plot is a file, the look is `templates/`.
//! **Invariant:** whatever a repository says (names, tags, branches, titles) is escaped: by
//! `askama` in the page, by `plotters` inside the plots.

pub(crate) mod sections;

#[cfg(test)]
mod tests;

use askama::Template;
use tl_map::report::Report;

use self::sections::{Headline, Section};
use crate::chart::plot;
use tl_map::{format, words};

/// Repositories named at the top; the others are counted.
const NAMED: usize = 6;

/// Why the page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A plot could not be drawn.
    #[error("failed to draw a plot of the page")]
    Draw(#[from] plot::DrawError),
    /// The page could not be put together.
    #[error("failed to put the page together")]
    Fill(#[from] askama::Error),
}

/// What the template is filled with.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    window: String,
    as_of: String,
    read: String,
    sentence: String,
    headlines: Vec<Headline>,
    sections: Vec<Section>,
    made_from: &'static str,
}

/// The whole report as one self-contained HTML page.
pub fn page(report: &Report) -> Result<String, PageError> {
    let commits = report.repositories.iter().map(|one| one.commits).sum();
    let gaps = match report.gaps.len() {
        0 => String::new(),
        1 => "; 1 thing the data cannot say".to_owned(),
        gaps => format!("; {gaps} things the data cannot say"),
    };
    let page = Page {
        title: words::names(report.repositories.iter().map(|one| one.name.as_str()), NAMED),
        window: format!("{} to {}", report.since.date(), report.until.date()),
        as_of: report.as_of.date(),
        read: format!(
            "{} commits; {} changes merged in the window{gaps}",
            format::count(commits),
            format::count(report.value_stream.changes)
        ),
        sentence: sections::unbroken(&report.invest_first.sentence),
        headlines: sections::headlines(report),
        sections: sections::sections(report)?,
        made_from: match report.collected {
            Some(_) => "git and collected events",
            None => "git alone",
        },
    };
    Ok(page.render()?)
}
