//! The stage map: the line from first commit to release as one bar, each stage as long as its time.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::journey::StageKind;
use tl_map::report::{StageRow, ValueStream};

use super::super::format;
use super::legend::{Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size, letters, spread};

/// The ink of a stage: plain where somebody works, hatched where the change waits.
pub(super) fn stage_ink(id: &str) -> (Ink, Ink) {
    match id {
        "coding" => (Ink::Coding, Ink::Coding),
        "review-wait" => (Ink::ReviewWait, Ink::ReviewHatch),
        "release-wait" => (Ink::ReleaseWait, Ink::ReleaseHatch),
        _ => (Ink::Accent, Ink::Accent),
    }
}

/// Name for people of what happens in a stage.
pub(super) fn kind_label(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Active => "work",
        StageKind::Queue => "waiting",
        StageKind::Mixed => "both",
    }
}

/// What the lengths of the bar mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Shares of the summed time.
    Share,
    /// Medians, since no share is known.
    Median,
}

/// The plot, or `None` when no stage has a time.
pub(super) fn plot(stream: &ValueStream) -> Result<Option<Plot>, DrawError> {
    let by_share =
        stream.stages.iter().any(|stage| stage.share.value.is_some_and(|share| share > 0.0));
    let basis = if by_share { Basis::Share } else { Basis::Median };
    let weights: Vec<f64> = stream.stages.iter().map(|stage| weight(stage, basis)).collect();
    if weights.iter().sum::<f64>() <= 0.0 {
        return Ok(None);
    }
    let mut notes = vec![match basis {
        Basis::Share => format!(
            "Lengths are shares of all time, summed over {} released changes with a known start.",
            format::count(stream.total.n)
        ),
        Basis::Median => "Lengths are medians of the stages that are known; the shares need \
                          released changes."
            .to_owned(),
    }];
    notes.push("Solid: somebody works on it. Hatched: it waits.".to_owned());
    let plot = Plot {
        id: "plot-stages",
        title: "From first commit to release".to_owned(),
        description: description(stream),
        legend: vec![
            key(Mark::Block, Ink::Coding, "work"),
            key(Mark::Block, Ink::ReviewHatch, "waiting for review and merge"),
            key(Mark::Block, Ink::ReleaseHatch, "waiting for a release"),
        ],
        notes,
        wide: String::new(),
        narrow: String::new(),
    }
    .draw(154, 174, |area, size| paint(area, size, &stream.stages, &weights, basis))?;
    Ok(Some(plot))
}

fn weight(stage: &StageRow, basis: Basis) -> f64 {
    let figure = if basis == Basis::Share { &stage.share } else { &stage.p50 };
    figure.value.filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
}

fn description(stream: &ValueStream) -> String {
    let stage = |row: &StageRow| {
        let (share, median) = (format::value(&row.share), format::value(&row.p50));
        format!("{} ({}): {share} of the time, median {median}", row.label, kind_label(row.kind))
    };
    stream.stages.iter().map(stage).collect::<Vec<_>>().join("; ")
}

/// Where each stage ends, in whole pixels; every stage with a time gets at least 4.
fn ends(weights: &[f64], room: i32) -> Vec<i32> {
    let least = weights.iter().filter(|weight| **weight > 0.0).count() as i32 * 4;
    let sum: f64 = weights.iter().sum();
    let mut at = 0;
    let long = |weight: &f64| {
        let extra = (f64::from(room - least) * weight / sum).floor() as i32;
        at += if *weight > 0.0 { 4 + extra } else { 0 };
        at
    };
    let mut ends: Vec<i32> = weights.iter().map(long).collect();
    if let Some(last) = ends.last_mut() {
        *last = room;
    }
    ends
}

fn paint(
    area: &Area<'_>,
    size: Size,
    stages: &[StageRow],
    weights: &[f64],
    basis: Basis,
) -> Result<(), DrawError> {
    let room = size.width as i32;
    let line = (size.font * 1.4) as i32;
    let (top, bottom) = (3 * line + 8, size.height as i32 - 2 * line - 4);
    let ends = ends(weights, room);
    let starts: Vec<i32> = std::iter::once(0).chain(ends.iter().copied()).collect();

    let texts: Vec<[String; 3]> =
        stages.iter().map(|stage| words(stage, basis, size.narrow)).collect();
    let longest =
        |text: &[String; 3]| text.iter().map(|line| size.text_width(line)).max().unwrap_or(0) + 14;
    let widths: Vec<i32> = texts.iter().map(longest).collect();
    let middles: Vec<i32> =
        starts.iter().zip(&ends).map(|(start, end)| (start + end) / 2).collect();
    let places = spread(&middles, &widths, room);
    for (row, stage) in stages.iter().enumerate() {
        let (solid, fill) = stage_ink(&stage.id);
        let (start, end) = (starts[row], ends[row]);
        if weights[row] > 0.0 {
            area.draw(&Rectangle::new([(start, top), (end, bottom)], fill.fill()))?;
            area.draw(&Rectangle::new([(start, top), (end, bottom)], solid.line(1)))?;
        }
        for (at, (text, ink)) in
            texts[row].iter().zip([Ink::Text, Ink::Muted, Ink::Muted]).enumerate()
        {
            let style = letters(size, ink, HPos::Center, VPos::Top);
            area.draw(&Text::new(text.clone(), (places[row], 4 + line * at as i32), style))?;
        }
    }
    boundaries(area, size, stages, &starts, bottom)
}

fn words(stage: &StageRow, basis: Basis, narrow: bool) -> [String; 3] {
    let share = match basis {
        Basis::Share => format!("{}, {}", kind_label(stage.kind), format::value(&stage.share)),
        Basis::Median => kind_label(stage.kind).to_owned(),
    };
    let median = if narrow { "p50 " } else { "median " };
    [stage.label.clone(), share, format!("{median}{}", format::value(&stage.p50))]
}

/// Ticks under the bar where one stage becomes the next, with a thin line to each label.
fn boundaries(
    area: &Area<'_>,
    size: Size,
    stages: &[StageRow],
    starts: &[i32],
    bottom: i32,
) -> Result<(), DrawError> {
    let first = stages.first().map(|stage| stage.from.clone());
    let labels: Vec<String> =
        first.into_iter().chain(stages.iter().map(|stage| stage.to.clone())).collect();
    let widths: Vec<i32> = labels.iter().map(|label| size.text_width(label) + 10).collect();
    let places = spread(starts, &widths, size.width as i32);
    let foot = size.height as i32 - (size.font * 1.2) as i32;
    for ((label, place), start) in labels.iter().zip(&places).zip(starts) {
        let start = (*start).clamp(1, size.width as i32 - 1);
        let style = letters(size, Ink::Muted, HPos::Center, VPos::Top);
        area.draw(&PathElement::new(
            [(start, bottom), (start, bottom + 5), (*place, foot - 3)],
            Ink::Muted.line(1),
        ))?;
        area.draw(&Text::new(label.clone(), (*place, foot), style))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_stage_is_still_seen_and_an_unknown_one_is_not() {
        assert_eq!(ends(&[0.0001, 0.9999], 400), [4, 400]);
        assert_eq!(ends(&[0.0, 1.0], 400), [0, 400]);
    }
}
