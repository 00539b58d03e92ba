//! The stage map: the line as one bar, each stage as long as its time; with many stages a row each,
//! so that every name stands beside its own.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use tl_map::journey::StageKind;
use tl_map::report::{StageRow, ValueStream};

use super::legend::{Key, Mark, key};
use super::plot::{Area, DrawError, Ink, Plot, Size, letters, spread};
use tl_map::format;
use tl_map::words::{Line, done_changes};

/// The ink of a stage, its edge and its fill: plain where somebody works, hatched where the change
/// waits, striped on its own colour where both happen.
pub(crate) fn stage_ink(id: &str) -> (Ink, Ink) {
    match id {
        "backlog" => (Ink::Backlog, Ink::BacklogHatch),
        "coding" => (Ink::Coding, Ink::Coding),
        "pickup" | "review-wait" => (Ink::ReviewWait, Ink::ReviewHatch),
        "review" => (Ink::ReviewWait, Ink::ReviewMixed),
        "merge-wait" => (Ink::ReviewWait, Ink::MergeHatch),
        "deploy" => (Ink::Deploy, Ink::Deploy),
        "release-wait" => (Ink::ReleaseWait, Ink::ReleaseHatch),
        _ => (Ink::Accent, Ink::Accent),
    }
}

/// Name for people of what happens in a stage.
pub(crate) fn kind_label(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Active => "work",
        StageKind::Queue => "waiting",
        StageKind::Mixed => "both",
    }
}

/// Stages up to which one bar has room for their names.
const ONE_BAR: usize = 4;

/// What the lengths of the bar mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Shares of the summed time.
    Share,
    /// Medians, since no share is known.
    Median,
}

/// The plot, or `None` when no stage has a time.
pub(crate) fn plot(stream: &ValueStream) -> Result<Option<Plot>, DrawError> {
    let by_share =
        stream.stages.iter().any(|stage| stage.share.value.is_some_and(|share| share > 0.0));
    let basis = if by_share { Basis::Share } else { Basis::Median };
    let weights: Vec<f64> = stream.stages.iter().map(|stage| weight(stage, basis)).collect();
    if weights.iter().sum::<f64>() <= 0.0 {
        return Ok(None);
    }
    let line = Line::of(stream);
    let mut notes = vec![match basis {
        Basis::Share => format!(
            "Lengths are shares of all time, summed over {} with a known start.",
            done_changes(line, &format::count(stream.total.n), stream.total.n == 1)
        ),
        Basis::Median => format!(
            "Lengths are medians of the stages that are known; the shares need {}.",
            if line.is_deployed { "changes in production" } else { "released changes" }
        ),
    }];
    let mixed = stream.stages.iter().any(|stage| stage.kind == StageKind::Mixed);
    let both = if mixed { " Both: a review with its turns." } else { "" };
    notes.push(format!("Solid: somebody works on it. Hatched: it waits.{both}"));
    let plot = Plot {
        id: "plot-stages",
        title: format!("From {}", line.whole()),
        description: description(stream),
        legend: stream.stages.iter().map(|stage| legend_key(stage, line)).collect(),
        notes,
        wide: String::new(),
        narrow: String::new(),
    };
    let stages = &stream.stages;
    let plot = if stages.len() > ONE_BAR {
        let rows = stages.len() as u32;
        plot.draw(12 + 34 * rows, 12 + 46 * rows, |area, size| {
            paint_rows(area, size, stages, &weights, basis)
        })?
    } else {
        plot.draw(154, 174, |area, size| paint(area, size, stages, &weights, basis))?
    };
    Ok(Some(plot))
}

/// What happens in a stage, for the legend.
fn legend_key(stage: &StageRow, line: Line) -> Key {
    let waits = match stage.id.as_str() {
        "backlog" => "waiting for work to start",
        "pickup" => "waiting for a reviewer",
        "review" => "review: work and waiting",
        "merge-wait" => "waiting for the merge",
        "review-wait" => "waiting for review and merge",
        "release-wait" if line.is_deployed => "waiting for the deployment",
        "release-wait" => "waiting for a release",
        "deploy" => "deployment",
        _ => kind_label(stage.kind),
    };
    key(Mark::Block, stage_ink(&stage.id).1, waits)
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
        if weights[row] > 0.0 {
            bar(area, stage, [(starts[row], top), (ends[row], bottom)])?;
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

/// A stage's part of the line, between two corners.
fn bar(area: &Area<'_>, stage: &StageRow, corners: [(i32, i32); 2]) -> Result<(), DrawError> {
    let (solid, fill) = stage_ink(&stage.id);
    area.draw(&Rectangle::new(corners, fill.fill()))?;
    area.draw(&Rectangle::new(corners, solid.line(1)))?;
    Ok(())
}

/// A row per stage: its name, its part of the line from where the one before it ended, its numbers.
fn paint_rows(
    area: &Area<'_>,
    size: Size,
    stages: &[StageRow],
    weights: &[f64],
    basis: Basis,
) -> Result<(), DrawError> {
    let (left, right) = if size.narrow { (0, size.width as i32) } else { (190, 790) };
    let step = (size.height as i32 - 12) / stages.len().max(1) as i32;
    let ends = ends(weights, right - left);
    let mut start = 0;
    for (row, (stage, end)) in stages.iter().zip(&ends).enumerate() {
        let top = 6 + step * row as i32;
        let (bar_top, bar_bottom) =
            if size.narrow { (top + 20, top + step - 6) } else { (top + 4, top + step - 4) };
        let (from, to) = (left + start, left + *end);
        if weights[row] > 0.0 {
            bar(area, stage, [(from, bar_top), (to, bar_bottom)])?;
        }
        if row + 1 < stages.len() {
            // To where the next stage goes on.
            let next = if size.narrow { bar_bottom + 26 } else { bar_bottom + 8 };
            area.draw(&PathElement::new([(to, bar_bottom), (to, next)], Ink::Grid.line(1)))?;
        }
        start = *end;
        row_words(area, size, stage, basis, top, (bar_top + bar_bottom) / 2)?;
    }
    Ok(())
}

/// Name and numbers: on both sides of the bar, or above it on a narrow screen.
fn row_words(
    area: &Area<'_>,
    size: Size,
    stage: &StageRow,
    basis: Basis,
    top: i32,
    middle: i32,
) -> Result<(), DrawError> {
    let [name, share, median] = words(stage, basis, size.narrow);
    let kind = kind_label(stage.kind);
    let numbers = match basis {
        Basis::Share => format!("{}, {median}", format::value(&stage.share)),
        Basis::Median => median,
    };
    if size.narrow {
        let style = letters(size, Ink::Text, HPos::Left, VPos::Top);
        return area.draw(&Text::new(
            format!("{name}: {share}, {}", format::value(&stage.p50)),
            (0, top + 2),
            style,
        ));
    }
    let style = letters(size, Ink::Text, HPos::Left, VPos::Center);
    area.draw(&Text::new(name, (0, middle), style))?;
    let style = letters(size, Ink::Muted, HPos::Right, VPos::Center);
    area.draw(&Text::new(kind, (178, middle), style))?;
    let style = letters(size, Ink::Text, HPos::Left, VPos::Center);
    area.draw(&Text::new(numbers, (802, middle), style))
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
