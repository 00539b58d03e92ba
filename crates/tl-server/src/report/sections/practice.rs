//! Sections of how work is done: APEX, the velocity paradox, working hours, steps that wait.

use tl_map::report::collected::{
    AdjustedFailure, AiUseTable, Apex, BeforeAfter, BusinessHours, CollectedReport, Compared,
    ManualSteps, Paradox, ParadoxRow,
};
use tl_map::report::{Figure, Unit, Visibility};

use super::cohort::{named, shown};
use super::collected::figures;
use super::{Block, Section, how, unbroken};
use crate::chart::bars;
use crate::chart::plot::DrawError;
use crate::chart::table::{Cell, Table, count, figure, prose, text};
use tl_map::format;

/// The evidence of AI use, and what comes with it.
pub(crate) fn paradox(collected: &CollectedReport) -> Vec<Section> {
    let section =
        |id, title, lead: &str, blocks| Section { id, title, lead: lead.to_owned(), blocks };
    vec![
        section(
            "ai-use",
            "How strong the evidence of AI use is",
            "Each change once, under the strongest evidence that it carries.",
            collected.ai_use.as_ref().map(evidence).unwrap_or_default(),
        ),
        section(
            "paradox",
            "Velocity paradox",
            "Whether more use of AI tools comes with more deliveries, more failures and longer \
             recovery. The survey’s figures are self-reported, by others; yours are measured.",
            collected.paradox.as_ref().map(cohorts).unwrap_or_default(),
        ),
    ]
}

fn evidence(found: &AiUseTable) -> Vec<Block> {
    let rows = found
        .by_level
        .iter()
        .map(|row| vec![text(row.level.clone()), count(row.changes), prose(row.label.clone())]);
    let caption = format!("Evidence of {} changes", format::count(found.changes));
    let mut blocks = vec![
        Block::Table(Table::new(caption, &["level", "#changes", "what it is"]).with(rows)),
        figures("AI leverage", &[("changes with evidence of any level", &found.leverage)]),
    ];
    if found.people_told_of > 0 {
        let others = match found.people_not_joined {
            0 => "all of them wrote changes here".to_owned(),
            some => format!("{} of them wrote no change here", format::count(some)),
        };
        let people = format::count(found.people_told_of);
        blocks.push(Block::Text(format!("Telemetry tells of {people} people; {others}.")));
    }
    blocks.extend(how("ai-use"));
    blocks
}

fn cohorts(found: &Paradox) -> Vec<Block> {
    if found.rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        "author’s usage",
        "#people",
        "#changes",
        "#days in production a week",
        "#daily or faster",
        "#failed",
        "#recovery, p50",
        "#merged after hours",
        "#lines reworked",
    ];
    let mut blocks = vec![Block::Table(
        Table::new("Your own cohorts, and the survey’s", &columns).with(found.rows.iter().map(row)),
    )];
    if !found.says.is_empty() {
        blocks.push(Block::List(found.says.iter().map(|says| unbroken(says)).collect()));
    }
    if found.adjusted.exposed.value.is_some() {
        blocks.push(adjusted(&found.adjusted));
    }
    // Why there is nothing to show is said among the sentences.
    if found.before_after.failed.value.or(found.before_after.to_merge.value).is_some() {
        blocks.push(before_after(&found.before_after));
    }
    let survey = match found.survey.is_empty() {
        true => String::new(),
        false => format!(" Survey: {}.", found.survey),
    };
    blocks.push(Block::Text(format!(
        "The cohort of {} people is by telemetry of their tools, of {} by the evidence in their \
         changes.{survey}",
        format::count(found.by_telemetry),
        format::count(found.by_evidence)
    )));
    blocks.extend(how("velocity-paradox"));
    blocks
}

fn row(row: &ParadoxRow) -> Vec<Cell> {
    let of = |one: &Figure| shown(one, row.visibility, row.changes);
    let both = |pair: &Compared| {
        let survey = pair
            .survey
            .map(|survey| format!("survey\u{a0}{}", format::in_unit(survey, pair.own.unit)));
        of(&pair.own).and(survey.map(|words| words.replace(' ', "\u{a0}")))
    };
    vec![
        named(&row.usage, row.visibility),
        if row.visibility == Visibility::Hidden {
            text(format::NOTHING)
        } else {
            count(row.people)
        },
        count(row.changes),
        of(&row.production_days),
        both(&row.daily),
        both(&row.failed),
        both(&row.recovery),
        of(&row.after_hours),
        of(&row.rework),
    ]
}

fn adjusted(found: &AdjustedFailure) -> Block {
    let rows = [
        ("failed, very frequent and frequent users", &found.exposed),
        ("failed, the others", &found.reference),
        ("risk ratio, as the changes are", &found.crude),
        ("risk ratio, like with like (repository, size, month)", &found.ratio),
    ];
    let rows = rows.into_iter().map(|(label, one)| {
        let e_value = found.e_value.filter(|_| std::ptr::eq(one, &found.ratio));
        let e_value = e_value.map(|value| format!("E-value {}", format::number(value)));
        vec![prose(label), figure(one, None).and(e_value)]
    });
    Block::Table(Table::new("Change failure, compared", &["what", "#figure"]).with(rows))
}

/// Differences of the same authors: with their sign.
fn before_after(found: &BeforeAfter) -> Block {
    let rows = [
        ("share of changes that failed", &found.failed),
        ("first commit to merge, median", &found.to_merge),
        ("changes merged a week", &found.changes_per_week),
    ];
    let rows = rows.into_iter().map(|(label, one)| vec![prose(label), difference(one)]);
    let caption = format!(
        "After the first known use less before it, median of {} authors",
        format::count(found.people)
    );
    Block::Table(Table::new(caption, &["what", "#difference"]).with(rows))
}

fn difference(one: &Figure) -> Cell {
    let cell = figure(one, Some(one.n));
    let Some(size) = one.value else { return cell };
    let plus = if size > 0.0 { "+" } else { "" };
    let shown = match one.unit {
        Unit::Hours => format::signed_duration(size),
        unit => format!("{plus}{}", format::in_unit(size, unit)),
    };
    // A difference of shares is in points.
    let points =
        |words: String| if one.unit == Unit::Share { words.replace('%', "points") } else { words };
    Cell { text: points(shown), small: cell.small.map(points), ..cell }
}

/// The four pillars with their formulas.
pub(crate) fn apex(apex: &Apex) -> Section {
    let mut rows = Vec::new();
    for pillar in &apex.pillars {
        let name = format!("{} {}", pillar.letter, pillar.name);
        rows.push(vec![
            prose(name).under(pillar.north_star.clone()),
            figure(&pillar.figure, None),
            prose(pillar.formula.clone())
                .and(Some(pillar.says.clone()).filter(|it| !it.is_empty())),
        ]);
        for (what, one) in &pillar.beside {
            rows.push(vec![prose(what.clone()).under("beside it"), figure(one, None), prose("")]);
        }
    }
    let columns = ["pillar", "#north star", "computed as"];
    let mut blocks = Vec::new();
    if !apex.pillars.is_empty() {
        blocks.push(Block::Table(Table::new("The four pillars", &columns).with(rows)));
        blocks.extend(iterations(apex));
        blocks.extend(survey(apex));
        blocks.extend(how("apex"));
    }
    Section {
        id: "apex",
        title: "APEX",
        lead: "AI leverage, predictability, flow efficiency and developer experience: one figure \
               each, read together."
            .to_owned(),
        blocks,
    }
}

fn iterations(apex: &Apex) -> Option<Block> {
    if apex.iterations.is_empty() {
        return None;
    }
    let accuracy =
        |part: Option<f64>| text(part.map_or_else(|| format::NOTHING.to_owned(), format::share));
    let rows = apex.iterations.iter().map(|row| {
        let unit = if row.in_points { "points" } else { "tickets" };
        let number = |size: f64| text(format::number(size));
        vec![
            prose(row.name.clone()).under(row.board.clone()),
            text(row.ended.date()),
            number(row.planned).under(unit),
            number(row.planned_done),
            number(row.unplanned),
            number(row.unplanned_done),
            accuracy(row.planning),
            accuracy(row.capacity),
        ]
    });
    let columns = [
        "iteration",
        "ended",
        "#planned",
        "#of it done",
        "#added later",
        "#of it done",
        "#planning accuracy",
        "#capacity accuracy",
    ];
    let table = Table::new("Iterations, the latest first", &columns).with(rows);
    Some(Block::Table(if apex.iterations.len() > 8 { table.folded() } else { table }))
}

fn survey(apex: &Apex) -> Option<Block> {
    let rows = apex.survey.iter().map(|row| {
        vec![prose(row.question.clone()), count(row.answers), figure(&row.mean, Some(row.answers))]
    });
    let columns = ["question", "#answers", "#mean, 0 to 1"];
    let table = Table::new("Survey", &columns).with(rows);
    (!apex.survey.is_empty()).then_some(Block::Table(table))
}

/// Working hours, steps that wait for a person, work after hours.
pub(crate) fn work(collected: &CollectedReport) -> Result<Vec<Section>, DrawError> {
    let found = &collected.after_hours;
    let mut after_hours: Vec<Block> = bars::by_hour(found)?.map(Block::Plot).into_iter().collect();
    let happened: Vec<_> = found.rows.iter().filter(|row| row.n > 0).collect();
    if !happened.is_empty() {
        let rows = happened.into_iter().map(|row| {
            let of = |one| figure(one, Some(row.n));
            vec![prose(row.what.clone()), count(row.n), of(&row.outside), of(&row.weekend)]
        });
        let caption = format!("Outside the hours of the calendar ({})", found.calendar);
        let columns = ["what", "#n", "#outside working hours", "#on a weekend"];
        after_hours.push(Block::Table(Table::new(caption, &columns).with(rows)));
        after_hours.extend(by_day(&found.deployments_by_day));
        after_hours.extend(how("after-hours"));
    }
    let section =
        |id, title, lead: &str, blocks| Section { id, title, lead: lead.to_owned(), blocks };
    Ok(vec![
        section(
            "business-hours",
            "Stages in working hours",
            "The same stages, counted only while the calendar works.",
            collected.business_hours.as_ref().map(business_hours).unwrap_or_default(),
        ),
        section(
            "manual-steps",
            "Steps that wait for a person",
            "Approvals, and jobs that somebody has to start.",
            collected.manual_steps.as_ref().map(manual_steps).unwrap_or_default(),
        ),
        section(
            "after-hours",
            "After hours",
            "When work is merged, reviewed and deployed: of everybody together, never of a person.",
            after_hours,
        ),
    ])
}

fn by_day(counts: &[u64]) -> Option<Block> {
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let all: u64 = counts.iter().sum();
    let rows = counts.iter().zip(DAYS).map(|(n, day)| {
        vec![text(day), count(*n), text(format::share(*n as f64 / all.max(1) as f64))]
    });
    let columns = ["day", "#deployments", "#share"];
    let table = Table::new("Deployments by day of the week", &columns).with(rows);
    (all > 0).then(|| Block::Table(table.folded()))
}

fn business_hours(found: &BusinessHours) -> Vec<Block> {
    // Working hours stay hours: a day of them would read as a day of the calendar.
    let worked = |one: &Figure, n| {
        let cell = figure(one, Some(n));
        let number = |value: f64| format::number(value).replace(' ', "\u{a0}");
        match (one.value, one.low, one.high) {
            (Some(value), Some(low), Some(high)) => Cell {
                text: format!("{} h", number(value)),
                small: Some(format!("{} to {}\u{a0}h", number(low), number(high))),
                ..cell
            },
            (Some(value), ..) => Cell { text: format!("{} h", number(value)), ..cell },
            _ => cell,
        }
    };
    let rows = found.rows.iter().map(|row| {
        vec![
            text(row.label.clone()),
            count(row.n),
            worked(&row.p50, row.n),
            worked(&row.p90, row.n),
            figure(&row.calendar_p50, Some(row.n)),
            figure(&row.calendar_p90, Some(row.n)),
        ]
    });
    let columns = ["stage", "#n", "#working hours, p50", "#p90", "#calendar time, p50", "#p90"];
    let caption = format!("Stages in the hours of {}", found.calendar);
    let mut blocks = vec![Block::Table(Table::new(caption, &columns).with(rows))];
    blocks.extend(how("business-hours"));
    blocks
}

fn manual_steps(found: &ManualSteps) -> Vec<Block> {
    let rows = found.forms.iter().map(|row| {
        vec![
            text(row.form.replace('-', " ")),
            count(row.done),
            count(row.open),
            figure(&row.waiting_p50, Some(row.done)),
            figure(&row.waiting_p90, Some(row.done)),
        ]
    });
    let columns = ["step", "#done", "#waiting now", "#waited, p50", "#p90"];
    let mut blocks = vec![
        Block::Table(Table::new("Manual steps", &columns).with(rows)),
        figures(
            "How often a person is waited for",
            &[
                ("deployments that waited for a person", &found.deployments_waited),
                ("CI runs that a person started", &found.manual_runs),
            ],
        ),
    ];
    blocks.extend(how("manual-steps"));
    blocks
}
