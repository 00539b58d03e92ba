use serde_json::Value;
use tl_map::report::{Figure, Unit, Visibility};
use unicode_width::UnicodeWidthStr as _;

use super::grid::{Cell, Grid, Layout, column, sparkline};
use super::page::{shortened, wrap};
use super::*;
use tl_testkit::report::{sample, sample_collected, sample_young};

const UNICODE: Style = Style { unicode: true };
const ASCII: Style = Style { unicode: false };

/// The text as a stream without colour shows it.
fn plain(report: &Report, width: usize, style: &Style) -> String {
    anstream::adapter::strip_str(&render(report, width, style)).to_string()
}

#[test]
fn a_rich_report_is_readable_at_every_usual_width() {
    for width in [100, 80, 60, 40] {
        insta::assert_snapshot!(format!("rich_{width}"), plain(&sample(), width, &UNICODE));
    }
}

#[test]
fn a_young_repository_is_worth_reading_at_every_usual_width() {
    for width in [100, 80, 60, 40] {
        insta::assert_snapshot!(format!("young_{width}"), plain(&sample_young(), width, &UNICODE));
    }
}

#[test]
fn a_collected_report_is_readable_at_every_usual_width() {
    for width in [120, 80, 60] {
        let text = plain(&sample_collected(), width, &UNICODE);
        insta::assert_snapshot!(format!("collected_{width}"), text);
    }
}

#[test]
fn a_line_to_production_is_not_said_to_end_with_a_release() {
    let text = plain(&sample_collected(), 100, &UNICODE);
    assert!(text.contains("from ticket to production"));
    for wrong in ["first commit to release\n", "no tag reads", "as far as git alone", "to release"]
    {
        let said = text.lines().filter(|line| line.contains(wrong) && !line.contains("  - "));
        assert_eq!(said.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let mut report = sample_collected();
    let one = report.repositories[0].clone();
    report.repositories.resize(30, one);
    for (number, gap) in std::iter::repeat_n(report.gaps[0].clone(), 9).enumerate() {
        let what = format!("repository {number} was not cloned");
        report.gaps.push(tl_core::history::Gap { what, ..gap });
    }
    let text = plain(&report, 100, &UNICODE);
    // Repositories, services, iterations, gaps.
    for more in ["and 10 more", "and 6 more", "and 2 more", "and 7 more"] {
        assert!(text.contains(&format!("{more}; `--json` lists all")), "{more}\n{text}");
    }
}

#[test]
fn no_line_is_wider_than_asked() {
    let collected = sample_collected();
    for report in [sample(), sample_young(), hostile(&sample()), hostile(&collected), collected] {
        for (width, style) in (24..=130).flat_map(|width| [(width, &UNICODE), (width, &ASCII)]) {
            let text = plain(&report, width, style);
            let wide = text.lines().find(|line| line.width() > width);
            assert_eq!(wide, None, "at {width} columns");
        }
    }
}

#[test]
fn a_terminal_without_a_width_gets_a_page_all_the_same() {
    let mut report = sample_young();
    report.repositories.clear();
    report.series.changes.clear();
    report.cohorts.rows.clear();
    report.dora.clear();
    report.until = report.since;
    for width in [0, 1, 23] {
        assert!(plain(&report, width, &UNICODE).lines().all(|line| line.width() <= 24));
    }
}

#[test]
fn without_unicode_everything_is_ascii() {
    let collected = sample_collected();
    for report in [sample(), sample_young(), hostile(&sample()), hostile(&collected), collected] {
        let text = plain(&report, 100, &ASCII);
        assert_eq!(text.chars().find(|c| !c.is_ascii()), None);
    }
}

/// Every text that a stranger could have written, with what strangers write.
fn hostile(report: &Report) -> Report {
    const FREE: [&str; 38] = [
        "name",
        "service",
        "pipeline",
        "status",
        "meaning",
        "board",
        "question",
        "north_star",
        "formula",
        "calendar",
        "form",
        "survey",
        "station",
        "refused",
        "unstable",
        "repository",
        "boundary",
        "branch",
        "label",
        "sentence",
        "says",
        "change",
        "by",
        "why",
        "basis",
        "missing",
        "team",
        "what",
        "consequence",
        "mend",
        "note",
        "source",
        "usage",
        "guard",
        "measure",
        "exposed",
        "reference",
        "magnitude",
    ];
    fn spoil(value: &mut Value, free: bool) {
        match value {
            Value::String(text) if free => {
                text.push_str(
                    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\n\tüber 漢字漢字漢字",
                );
            }
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, free)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| {
                let named = ["ai_by_tool", "by_kind", "packages", "lacking", "left_out", "also"]
                    .contains(&key.as_str());
                spoil(value, named || FREE.contains(&key.as_str()));
            }),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).expect("plain data");
    spoil(&mut value, false);
    serde_json::from_value(value).expect("only free text was changed")
}

#[test]
fn escape_sequences_of_a_repository_do_not_reach_the_terminal() {
    for report in [sample(), sample_young(), sample_collected()] {
        let text = render(&hostile(&report), 100, &UNICODE);
        assert!(text.contains('\u{fffd}'), "nothing hostile was shown at all");
        // What is left of ESC are our own colours, and they are all of the harmless kind.
        let ours = anstream::adapter::strip_str(&text).to_string();
        let bad = ours.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None);
        for sequence in text.split('\u{1b}').skip(1) {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic());
            assert_eq!(end.and_then(|end| sequence[end..].chars().next()), Some('m'), "{sequence}");
        }
    }
}

#[test]
fn figures_of_a_hidden_row_are_not_read_even_if_they_are_there() {
    let mut report = sample_collected();
    let secret = Figure::with_interval(4_242.0, 4_242.0, 4_242.0, 3, Unit::Lines);
    for row in &mut report.cohorts.rows {
        (row.visibility, row.people, row.size) = (Visibility::Hidden, 4_242, secret.clone());
        (row.to_merge, row.failed) = (secret.clone(), secret.clone());
    }
    for row in &mut report.teams {
        (row.visibility, row.people) = (Visibility::Hidden, 4_242);
        (row.to_merge, row.to_release) = (secret.clone(), secret.clone());
    }
    for row in &mut report.usage.rows {
        (row.visibility, row.people) = (Visibility::Hidden, 4_242);
        (row.throughput, row.to_merge) = (secret.clone(), secret.clone());
    }
    let paradox = report.collected.as_mut().and_then(|collected| collected.paradox.as_mut());
    for row in &mut paradox.expect("the sample has cohorts").rows {
        (row.visibility, row.people) = (Visibility::Hidden, 4_242);
        (row.failed.own, row.after_hours) = (secret.clone(), secret.clone());
    }
    let text = plain(&report, 120, &UNICODE);
    assert!(!text.contains("4,242"), "{text}");
    assert_eq!(text.matches("hidden (too few people)").count(), 4 + 3 + 4 + 4);
}

#[test]
fn colours_add_nothing_to_the_text() {
    let text = render(&sample(), 100, &UNICODE);
    assert!(text.contains("\u{1b}["));
    let work = plain(&sample(), 100, &UNICODE);
    assert!(work.contains('█') && work.contains('░') && work.contains("█ work ░ waiting"));
}

fn table() -> Grid {
    let mut grid = Grid::new([
        column("name", Layout::Left),
        column("line", Layout::Bar).drop(1),
        column("seldom", Layout::Right).drop(9),
        column("always", Layout::Right),
        column("empty", Layout::Right),
    ]);
    let bar = |from, to| Cell::Bar { from, to, fill: super::grid::Fill::Queue };
    grid.row([Cell::from("a"), bar(0.0, 0.001), "12".into(), "3".into(), "–".into()]);
    grid.row([Cell::from("b"), bar(0.001, 1.0), "1".into(), "400".into(), "".into()]);
    grid
}

fn shown(grid: &Grid, room: usize) -> String {
    anstream::adapter::strip_str(&grid.lines(room, &UNICODE).join("\n")).to_string()
}

#[test]
fn a_grid_leaves_out_what_matters_least_and_shrinks_its_bar() {
    insta::assert_snapshot!(shown(&table(), 48), @r"
    name  line                        seldom  always
    a     ░                               12       3
    b     ░░░░░░░░░░░░░░░░░░░░░░░░░░       1     400
    ");
    insta::assert_snapshot!(shown(&table(), 40), @r"
    name  line                        always
    a     ░                                3
    b     ░░░░░░░░░░░░░░░░░░░░░░░░░░     400
    ");
    insta::assert_snapshot!(shown(&table(), 27), @r"
    name  line           always
    a     ░                   3
    b     ░░░░░░░░░░░░░     400
    ");
    insta::assert_snapshot!(shown(&table(), 16), @r"
    name  always
    a          3
    b        400
    ");
}

#[test]
fn a_number_stays_with_its_unit_and_a_long_word_is_broken() {
    assert_eq!(wrap("it took 3.1 d.", 10), ["it took", "3.1 d."]);
    assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
    assert_eq!(wrap("", 5), [""]);
}

#[test]
fn what_is_cut_says_so() {
    assert_eq!(shortened("abcdef", 4, &UNICODE), "abc…");
    assert_eq!(shortened("漢字漢", 4, &UNICODE), "漢…");
    assert_eq!(shortened("abcdef", 4, &ASCII), "a...");
    assert_eq!(shortened("abcdef", 2, &ASCII), "");
}

#[test]
fn a_week_without_changes_is_a_gap() {
    assert_eq!(sparkline(&[0, 1, 50, 100], &UNICODE), " ▂▅█");
    assert_eq!(sparkline(&[0, 0], &ASCII), "  ");
}

/// Names of every field in the document, at any depth.
fn fields(value: &Value, names: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| fields(item, names)),
        Value::Object(object) => object.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            fields(value, names);
        }),
        _ => {}
    }
}

#[test]
fn every_field_of_the_json_is_documented() {
    let document = include_str!("../../../../../docs/map-v1.md");
    let mut names = std::collections::BTreeSet::new();
    fields(&serde_json::to_value(sample()).expect("plain data"), &mut names);
    fields(&serde_json::to_value(sample_collected()).expect("plain data"), &mut names);
    fields(&serde_json::to_value(sample_young()).expect("plain data"), &mut names);
    let missing: Vec<_> =
        names.into_iter().filter(|name| !document.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_example_of_the_documentation_parses() {
    let document = include_str!("../../../../../docs/map-v1.md");
    let (_, example) = document.split_once("```json\n").expect("the document has an example");
    let (example, _) = example.split_once("\n```").expect("the example ends");
    let example: Value = serde_json::from_str(example).expect("the example is JSON");
    let mut told = std::collections::BTreeSet::new();
    fields(&example, &mut told);
    let mut known = std::collections::BTreeSet::new();
    fields(&serde_json::to_value(sample()).expect("plain data"), &mut known);
    assert_eq!(told.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}
