//! The page as readers and browsers meet it: structure, safety, size, odd data.

use std::collections::BTreeSet;

use tl_core::time::{Millis, Timestamp};
use tl_map::report::{Figure, Report, Unit};

use super::page;
use tl_testkit::report::{sample, sample_collected, sample_young, series};

fn shown(report: &Report) -> String {
    page(report).expect("the sample can be drawn")
}

/// The texts between an opening tag that begins so and the closing tag.
fn between<'a>(page: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    page.split(open)
        .skip(1)
        .filter_map(|rest| rest.split_once('>')?.1.split_once(close).map(|(text, _)| text))
        .collect()
}

/// The values of an attribute.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!(" {name}=\"");
    page.split(open.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => (),
        }
    }
    text.trim().to_owned()
}

/// Headings, plots and tables, a line each.
fn outline(page: &str) -> String {
    let page = page.replace("<code>", "`").replace("</code>", "`");
    let mut lines = Vec::new();
    for part in page.split('<') {
        let Some((tag, text)) = part.split_once('>') else { continue };
        let name = tag.split(' ').next().unwrap_or_default();
        match name {
            "h1" | "h3" | "summary" | "th" if tag.contains("row") => (),
            "h1" | "h3" | "summary" => lines.push(format!("{name} {}", text.trim())),
            "h2" => lines.push("h2".to_owned()),
            "a" if lines.last().is_some_and(|line| line == "h2") => {
                lines.pop();
                lines.push(format!("h2 {text}"));
            }
            "svg" if tag.contains("plot wide") => lines.push("   plot".to_owned()),
            "thead" => lines.push("   |".to_owned()),
            "th" => {
                if let Some(line) = lines.last_mut() {
                    line.push(' ');
                    line.push_str(text.trim());
                    line.push_str(" |");
                }
            }
            _ => (),
        }
    }
    lines.join("\n")
}

#[test]
fn everything_is_on_the_page_in_the_order_of_reading() {
    let page = shown(&sample());
    let page = page.split("id=\"formulas\"").next().expect("the page has a beginning");
    insta::assert_snapshot!(outline(page), @r#"
    h1 harbour, lantern/api
    h2 Where the time goes
    h3 From first commit to release
       plot
    h3 The value stream, stage by stage
       | stage | kind | n | p50 | p75 | p90 | mean | share of time |
    h3 What is in each stage
       | stage | in it now | in a week | out a week | oldest in it | Little residual |
    h3 What was counted
       | changes | number |
    h2 Which wait to shorten first
    h3 Hours saved a week if the stage took no time
       plot
    h3 What each stage costs
       | stage | saved a week | median without it | less in p50 | less in p90 | less in mean | best in draws | guard |
    h3 What-if: other scenarios
       | what if | change of p50 | change of p90 |
    h2 Cycle time over time
    h3 Time from first commit to release
       plot
    summary By month: first commit to release
       | month of merge | changes | p50 | p85 | longest | failed |
    summary The slowest changes
       | change | merged | cohort | time | outcome |
    h2 Flow
    h3 Cumulative flow
       plot
    summary Running totals by week
       | week until | begun | pushed | merged | released |
    h2 How long each stage takes
    h3 Distribution by stage
       plot
    h3 Shares of changes within a time
       | stage | n | p10 | p50 | p90 | within 1 h | 1 d | 1 wk | 30 d |
    h2 With and without evidence of AI use
    h3 Cohorts side by side
       plot
    h3 Cohorts by evidence of AI use
       | cohort | changes | people | to merge, p50 | last push to merge, p50 | to release, p50 | lines, p50 | failed | lines reworked |
    h3 Comparisons: Cliff’s delta and Hodges-Lehmann shift for times, difference and Mantel-Haenszel risk ratio for shares
       | measure | with evidence | without | effect | would show from | shift or risk ratio | p, adjusted |
    h3 By how often the author’s changes carry evidence
       | author’s usage | people | changes | to merge, p50 | to release, p50 | failed | changes a week and author |
    h2 How often changes failed
    h3 Failures
       | what | figure |
    h3 By how the failure was seen
       | seen as | changes |
    h3 The latest failures
       | change that failed | shown by | grade | why they are linked | after |
    h2 Releases
    h3 Releases and the changes that they shipped
       plot
    h3 Release cadence
       | what | figure |
    summary Packages with releases of their own
       | package | releases |
    summary Every release
       | release | date | changes | notes |
    h2 DORA’s five
    h3 DORA’s five measures
       | measure | figure | computed from | missing for the whole measure |
    h2 Requests, batch size, rework
    h3 From request to merge
       | requests | figure |
    h3 From request to merge, by cohort
       | cohort | opened | merged | merged over merged and abandoned |
    h3 Batch size
       | what | figure |
    h3 Time to merge by size
       | lines | changes | first commit to merge, p50 |
    h3 Code rework
       | what | figure |
    h2 Teams
    h3 Teams of the configuration
       | team | changes | people | to merge, p50 | last push to merge, p50 | to release, p50 | failed |
    h2 What the data cannot say
    h3 no line-level notes of AI use (`refs/notes/ai`)
    h3 git knows releases, not deployments
    h2 What was read
    summary harbour
       | what | figure |
    summary lantern/api
       | what | figure |
    "#);
}

#[test]
fn what_was_collected_is_on_the_page_too() {
    let page = shown(&sample_collected());
    let page = page.split("id=\"formulas\"").next().expect("the page has a beginning");
    insta::assert_snapshot!("collected", outline(page));
    for wrong in ["to release", "last push", "released", "As far as git alone"] {
        assert!(!between(page, "<h3", "<").iter().any(|title| title.contains(wrong)), "{wrong}");
        assert!(!between(page, "<th scope=\"col\"", "<").iter().any(|name| name.contains(wrong)));
        assert!(!between(page, "<p class=\"lead\"", "<").iter().any(|lead| lead.contains(wrong)));
    }
}

#[test]
fn the_survey_stands_beside_the_own_figure_and_a_hidden_cohort_shows_the_survey_alone() {
    let page = shown(&sample_collected());
    let table = page.split("Your own cohorts, and the survey").nth(2).expect("the table is there");
    let row = |usage: &str| {
        let row = table.split("<tr>").find(|row| row.contains(usage)).expect("the row is there");
        plain(&row.split("</tr>").next().unwrap_or_default().replace("</td>", " "))
    };
    assert!(row("very frequent").contains("survey\u{a0}45\u{a0}%"), "{}", row("very frequent"));
    let hidden = row(">frequent").replace('\u{a0}', " ");
    assert_eq!(hidden, "frequenthidden: too few people– 19 – –survey 32 % –survey 15 % – – –");
}

#[test]
fn many_repositories_are_counted_and_their_gaps_have_places_of_their_own() {
    let mut report = sample_collected();
    let one = report.repositories[0].clone();
    report.repositories.resize(50, one);
    for (number, gap) in std::iter::repeat_n(report.gaps[0].clone(), 9).enumerate() {
        let what = format!("repository {number} was not cloned");
        report.gaps.push(tl_core::history::Gap { what, ..gap });
    }
    let page = shown(&report);
    assert!(page.contains("harbour and 44 more</h1>"));
    assert!(page.contains("And 10 more: <code>--json</code> lists all."));
    assert!(page.contains("And 7 more of the same kind: <code>--json</code> lists all."));
    let ids = attributes(&page, "id");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn a_young_repository_says_what_is_missing_and_what_brings_it() {
    let page = shown(&sample_young());
    let missing: Vec<String> =
        between(&page, "<div class=\"missing\"", "</div>").into_iter().map(plain).collect();
    insta::assert_snapshot!(missing.join("\n---\n"), @r#"
    No stage is known to have taken any time. Found: no tag reads as a release; no pull request heads.
    This brings it:git fetch origin --tags
    git fetch origin &#39;+refs/pull/*/head:refs/pull/*/head&#39;
    ---
    No wait can be ranked: that needs released changes with a known first commit. Found: no tag reads as a release.
    This brings it:git fetch origin --tags
    ---
    No change has a known time to its merge or release. Found: no tag reads as a release; no pull request heads.
    This brings it:git fetch origin --tags
    git fetch origin &#39;+refs/pull/*/head:refs/pull/*/head&#39;
    ---
    No change is known to have left a stage. Found: no tag reads as a release; no pull request heads.
    This brings it:git fetch origin --tags
    git fetch origin &#39;+refs/pull/*/head:refs/pull/*/head&#39;
    ---
    No cohort has enough changes by enough people to be shown.
    ---
    There is no release in the window. Found: no tag reads as a release.
    This brings it:git fetch origin --tags
    "#);
    assert_eq!(
        between(&page, "<svg class=\"plot wide", "</svg>").len(),
        1,
        "only the flow is known"
    );
}

#[test]
fn hidden_cells_show_nothing_but_why() {
    let page = shown(&sample());
    let table = page.split("Cohorts by evidence of AI use").nth(2).expect("the table is there");
    let row = table.split("<tr>").find(|row| row.contains("agent-authored")).expect("the row too");
    let text = plain(&row.split("</tr>").next().unwrap_or_default().replace("</td>", " "));
    assert_eq!(text, "agent-authoredhidden: too few people17 2 – – – – – –");
}

#[test]
fn what_a_repository_says_is_never_markup() {
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let mut report = sample_collected();
    report.repositories[0].name = evil.to_owned();
    report.repositories[0].branch = evil.to_owned();
    report.invest_first.sentence = evil.to_owned();
    report.invest_first.ranking[0].label = evil.to_owned();
    report.invest_first.ranking[0].guard = evil.to_owned();
    report.value_stream.stages[0].label = evil.to_owned();
    report.value_stream.stages[0].from = evil.to_owned();
    let collected = report.collected.as_mut().expect("the sample was collected");
    collected.services[0].service = evil.to_owned();
    collected.after_hours.calendar = evil.to_owned();
    collected.apex.iterations[0].name = evil.to_owned();
    collected.apex.survey[0].question = evil.to_owned();
    if let Some(ci) = &mut collected.ci {
        ci.pipelines[0].pipeline = evil.to_owned();
    }
    if let Some(status) = collected.time_in_status.as_mut().and_then(|it| it.statuses.first_mut()) {
        (status.status, status.meaning) = (evil.to_owned(), evil.to_owned());
    }
    report.teams[0].team = evil.to_owned();
    report.gaps[0].id = evil.to_owned();
    report.gaps[0].mend = Some(evil.to_owned());
    report.failures.latest[0].why = evil.to_owned();
    for release in &mut report.series.releases {
        release.name = evil.to_owned();
        release.hotfix = Some(evil.to_owned());
    }
    for change in &mut report.series.changes {
        change.change = evil.to_owned();
    }
    let page = shown(&report);
    assert!(page.contains("alert(1)"), "the text itself is shown");
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(attributes(&page, "id").iter().all(|id| !id.contains('<')));
}

#[test]
fn the_page_asks_no_network_for_anything() {
    let page = shown(&sample_collected());
    for banned in ["<script", "<link", "<iframe", "<img", "@import", "src=", "=\"http", "=\"//"] {
        assert!(!page.contains(banned), "`{banned}` is on the page");
    }
    let urls: BTreeSet<&str> =
        page.split("url(").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert_eq!(
        urls,
        BTreeSet::from([
            "#hatch-backlog",
            "#hatch-blocked",
            "#hatch-merge",
            "#hatch-release",
            "#hatch-review",
            "#mixed-review"
        ])
    );
}

#[test]
fn every_link_has_its_target_and_every_id_is_used_once() {
    let page = shown(&sample_collected());
    let ids = attributes(&page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for link in attributes(&page, "href") {
        let target = link.strip_prefix('#').expect("every link stays on the page");
        assert!(unique.contains(target), "`{link}` leads nowhere");
    }
    for names in attributes(&page, "aria-labelledby") {
        assert!(names.split(' ').all(|name| unique.contains(name)), "`{names}` names nothing");
    }
}

#[test]
fn plots_take_every_colour_from_the_theme_and_have_a_name() {
    let page = shown(&sample_collected());
    let plots = between(&page, "<svg class=\"plot", "</svg>");
    assert_eq!(plots.len(), 16, "eight plots in two sizes");
    for plot in plots {
        assert!(plot.starts_with("<title") && plot.contains("<desc"));
        for ink in attributes(plot, "fill").into_iter().chain(attributes(plot, "stroke")) {
            let themed = ink == "none" || ink.starts_with("var(--") || ink.starts_with("url(#");
            assert!(themed, "`{ink}` is no colour of the theme");
        }
    }
    let style = page.split("</style>").next().expect("the page has a style sheet");
    for ink in page.split("var(--").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(style.matches(&format!("--{ink}:")).count() >= 3, "`{ink}` lacks a theme");
    }
}

#[test]
fn fifty_thousand_changes_fit_into_two_megabytes() {
    let mut report = sample();
    report.series = series(50_000, 2_000);
    let page = shown(&report);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("Drawn are 3,000 of"), "the page says that it draws a sample");
}

#[test]
fn an_empty_report_is_still_a_page() {
    let mut report = sample_young();
    report.repositories.clear();
    report.gaps.clear();
    report.series = Default::default();
    report.value_stream.stages.clear();
    report.cohorts.rows.clear();
    report.dora.clear();
    let page = shown(&report);
    assert!(between(&page, "<svg class=\"plot", "</svg>").is_empty());
}

#[test]
fn impossible_dates_and_numbers_do_not_break_the_page() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -5.0, 0.0, 1e300];
    let ends = [Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)];
    for (row, value) in odd.into_iter().enumerate() {
        let mut report = sample();
        let figure = Figure::with_interval(value, value, value, 3, Unit::Hours);
        for (at, change) in report.series.changes.iter_mut().enumerate().take(60) {
            change.stages = vec![Some(value); 3];
            change.total = Some(value);
            change.merged = ends[at % 2];
        }
        report.value_stream.stages[0].share = figure.clone();
        report.value_stream.stages[0].p50 = figure.clone();
        report.invest_first.ranking[0].weekly_hours = figure.clone();
        report.cohorts.rows[1].to_merge = figure;
        report.series.releases[0].at = ends[row % 2];
        report.series.weeks[0].started = u64::MAX;
        if row % 2 == 0 {
            report.until = report.since;
        } else {
            report.since = Timestamp::from_millis(0);
            report.until = report.since + Millis::days(40_000);
        }
        let page = shown(&report);
        assert!(!page.contains("NaN") && !page.contains(">inf"), "{value} is on the page");
    }
}
