//! Pictures for a README: a badge of a figure, and the line with its stages.
//!
//! In: the name of a figure, and a question in the address. Out: an SVG that needs nothing else: it has its
//! colours with it, for light and dark. Start at [`badge`] and [`line()`]. **Invariant:** whatever is written
//! in it is escaped.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse as _, Response};
use tl_map::format;
use tl_map::report::{Figure, Report};
use tl_map::words::Line;

use super::answer::{Answered, Details, filled, named};
use super::line::{Asking, PeriodParams};
use super::schema::BadgeName;
use crate::app::App;
use crate::chart::plot::escaped;
use crate::chart::stage_map;
use crate::page::{Asked, Problem};

/// Colours of every theme, as pages have them.
const SHEET: &str = include_str!("../../templates/report.css");

/// Patterns of the stages.
const PATTERNS: &str = include_str!("../../templates/patterns.svg");

/// A picture may bring its own style, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Names of badges, each with what stands on its left.
pub(super) const BADGES: [(&str, &str); 8] = [
    ("change-lead-time", "lead time"),
    ("deployment-frequency", "deployments"),
    ("change-fail-rate", "failed deployments"),
    ("failed-deployment-recovery-time", "recovery"),
    ("deployment-rework-rate", "deployment rework"),
    ("line", "line"),
    ("flow-efficiency", "flow efficiency"),
    ("change-failure", "failed changes"),
];

fn figure<'a>(report: &'a Report, name: &str) -> Option<&'a Figure> {
    match name {
        "line" => Some(&report.value_stream.total.p50),
        "flow-efficiency" => Some(&report.value_stream.flow_efficiency),
        "change-failure" => Some(&report.failures.strict),
        name => report.dora.iter().find(|row| row.id == name).map(|row| &row.figure),
    }
}

/// A figure as a badge
#[utoipa::path(get, path = "/badge/{badge}", tag = "pictures", params(
    ("badge" = BadgeName, Path, description = "Which figure"), PeriodParams, Asking,
), responses(
    (status = 200, description = "The badge", body = String, content_type = "image/svg+xml"),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 404, description = "There is no such badge", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn badge(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Answered {
    let name = named(name)?;
    let known =
        name.strip_suffix(".svg").and_then(|name| BADGES.iter().find(|(known, _)| *known == name));
    let Some((name, label)) = known else {
        let names: Vec<String> = BADGES.iter().map(|(name, _)| format!("{name}.svg")).collect();
        let mend = format!("There is {}.", names.join(", "));
        return Err(Problem::missing("There is no such badge.".to_owned(), mend).into());
    };
    filled(&uri)?;
    let asked = Asked::of(&app, &uri).await?;
    let report = &asked.snapshot.measured.report;
    let label = match (*name, Line::of(&report.value_stream)) {
        ("line", line) => line.whole(),
        _ => label,
    };
    let value = figure(report, name).map_or_else(|| "not known".to_owned(), format::value);
    let value = if value == format::NOTHING { "not known".to_owned() } else { value };
    Ok(picture(drawn(label, &value)))
}

/// The line with its stages, as a picture
#[utoipa::path(get, path = "/line.svg", tag = "pictures", params(PeriodParams, Asking), responses(
    (status = 200, description = "The stages of the line", body = String, content_type = "image/svg+xml"),
    (status = 400, description = "The query cannot be read", body = Details, content_type = "application/problem+json"),
    (status = 503, description = "It could not be measured", body = Details, content_type = "application/problem+json"),
))]
pub(super) async fn line(State(app): State<App>, uri: Uri) -> Answered {
    filled(&uri)?;
    let asked = Asked::of(&app, &uri).await?;
    let stream = &asked.snapshot.measured.report.value_stream;
    let Some(plot) = stage_map::plot(stream).map_err(Problem::bug)? else {
        return Ok(picture(drawn(Line::of(stream).whole(), "not known")));
    };
    Ok(picture(whole(&plot.wide)))
}

fn picture(svg: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    (headers, svg).into_response()
}

/// A plot of a page as a picture of its own.
fn whole(plot: &str) -> String {
    let (begin, inside) = plot.split_once('>').unwrap_or((plot, ""));
    // Some room around it: on a page the figure has that.
    let size = begin.split_once("viewBox=\"0 0 ").and_then(|(_, rest)| rest.split_once('"'));
    let (wide, high) = size.and_then(|(size, _)| size.split_once(' ')).unwrap_or(("0", "0"));
    let (wide, high) = (wide.parse().unwrap_or(0_u32), high.parse().unwrap_or(0_u32));
    let framed = format!("viewBox=\"-16 -12 {} {}\"", wide + 32, high + 24);
    let begin = begin.replace(&format!("viewBox=\"0 0 {wide} {high}\""), &framed);
    let defs = PATTERNS.split_once("<defs>").map_or("", |(_, rest)| rest);
    let defs = defs.split_once("</defs>").map_or("", |(defs, _)| defs);
    format!(
        "{} xmlns=\"http://www.w3.org/2000/svg\"><style>{}text{{fill:var(--text);\
         font-family:system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,Arial,sans-serif}}</style>\
         <defs>{defs}</defs><rect x=\"-16\" y=\"-12\" width=\"100%\" height=\"100%\" fill=\"var(--surface)\"/>{inside}",
        begin.replace("class=\"plot wide\" ", ""),
        colours(),
    )
}

/// The part of the style sheet that colours are in.
fn colours() -> String {
    let themes = SHEET.find(":root").and_then(|from| {
        let to = SHEET.find("* { box-sizing")?;
        SHEET.get(from..to)
    });
    let patterns =
        SHEET.lines().filter(|line| line.starts_with(".hatch-") || line.starts_with(".mixed-"));
    let mut colours = themes.unwrap_or_default().to_owned();
    patterns.for_each(|line| colours.push_str(line));
    colours
}

/// About how wide letters of 11 pixels are.
fn width(text: &str) -> usize {
    let tenths: usize = text
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' => 34,
            'f' | 't' | 'r' | ' ' | '-' | '(' | ')' => 45,
            'm' | 'w' | 'M' | 'W' | '%' => 98,
            letter if letter.is_ascii_uppercase() => 76,
            letter if letter.is_ascii() => 67,
            _ => 80,
        })
        .sum();
    tenths.div_ceil(10)
}

fn drawn(label: &str, value: &str) -> String {
    let (left, right) = (width(label) + 14, width(value) + 14);
    let whole = left + right;
    let (label, value) = (escaped(label), escaped(value));
    let text = |from: usize, wide: usize, class: &str, words: &str| {
        format!(
            "<text class=\"{class}\" x=\"{}\" y=\"14\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{words}</text>",
            from + 7,
            wide - 14
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" \
         viewBox=\"0 0 {whole} 20\" role=\"img\" aria-label=\"{label}: {value}\">\
         <title>{label}: {value}</title><style>{}text{{font:11px Verdana,&quot;DejaVu Sans&quot;,sans-serif}}\
         .l{{fill:var(--text)}}.r{{fill:var(--surface)}}</style>\
         <clipPath id=\"r\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"var(--border)\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"var(--accent)\"/></g>{}{}</svg>",
        colours(),
        text(0, left, "l", &label),
        text(left, right, "r", &value),
    )
}
