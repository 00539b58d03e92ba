//! Whether the reports are all the evidence that there has to be.
//!
//! In: the reports' endings and what was expected. Out: remarks; one with a gap for each thing
//! that is missing. Start at [`judge`]. **Invariant:** what was not seen is missing, never passed.

use std::collections::BTreeSet;

use globset::GlobBuilder;
use tl_core::time::Millis;

use super::Expected;
use crate::read::{Counts, Ending, Gap, Remark};

/// A report's instants may be local ones: nobody is further from UTC than this.
const ZONES: Millis = Millis::new(14 * 3_600_000);

/// What is missing, and what else to know; and the cases of all reports.
pub(super) fn judge(reports: &[(String, Ending)], expected: &Expected) -> (Counts, Vec<Remark>) {
    let mut counts = Counts::default();
    let mut remarks = Vec::new();
    for (name, ending) in reports {
        add(&mut counts, ending.counted);
        of_report(name, ending, &mut remarks);
        remarks.extend(commit(name, ending, expected));
    }
    if reports.is_empty() {
        remarks.push(gap(
            Gap::NoReport,
            "there is no report at all".to_owned(),
            "let the runner write one, and name it; a path or glob may be wrong",
        ));
    }
    remarks.extend(files(reports, expected));
    remarks.extend(expected.shards.into_iter().flat_map(|number| shards(reports, number)));
    remarks.extend(stale(reports, expected));
    if !reports.is_empty() {
        remarks.extend(enough(counts, expected));
    }
    (counts, remarks)
}

fn gap(gap: Gap, what: String, mend: &str) -> Remark {
    Remark { gap: Some(gap), line: 0, what, mend: mend.to_owned() }
}

fn add(sum: &mut Counts, more: Counts) {
    for (sum, more) in [
        (&mut sum.cases, more.cases),
        (&mut sum.passed, more.passed),
        (&mut sum.failed, more.failed),
        (&mut sum.errored, more.errored),
        (&mut sum.skipped, more.skipped),
    ] {
        *sum = sum.saturating_add(more);
    }
}

/// A report's own remarks, which name the file.
fn of_report(name: &str, ending: &Ending, remarks: &mut Vec<Remark>) {
    for remark in &ending.remarks {
        let place = if remark.line > 0 { format!(" line {}", remark.line) } else { String::new() };
        let what = match (remark.what.contains(&format!("`{name}`")), place.is_empty()) {
            (true, true) => remark.what.clone(),
            (true, false) => format!("{} (line {})", remark.what, remark.line),
            (false, _) => format!("`{name}`{place}: {}", remark.what),
        };
        remarks.push(Remark { what, ..remark.clone() });
    }
    if !ending.complete && ending.remarks.iter().all(|remark| remark.gap.is_none()) {
        let what = format!("`{name}` was not seen whole");
        remarks.push(gap(Gap::Truncated, what, "let the runner write it anew"));
    }
}

/// A report about another commit is no evidence about this one.
fn commit(name: &str, ending: &Ending, expected: &Expected) -> Option<Remark> {
    let (said, wanted) = (ending.commit.as_deref()?, expected.commit.as_deref()?);
    let hex = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex(said) {
        let what = format!("`{name}` says that it is about `{said}`, which is no commit");
        return Some(Remark { gap: None, line: 0, what, mend: String::new() });
    }
    let (said, wanted) = (said.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    if said.starts_with(&wanted) || (hex(&wanted) && wanted.starts_with(&said)) {
        return None;
    }
    let what = format!("`{name}` is about commit `{said}`, not `{wanted}`");
    Some(gap(Gap::OtherCommit, what, "run the tests on this commit, and remove old reports before"))
}

/// Every glob has to be matched by a report.
fn files(reports: &[(String, Ending)], expected: &Expected) -> Vec<Remark> {
    let missing = |glob: &String| {
        let matcher =
            GlobBuilder::new(glob.trim_start_matches("./")).literal_separator(true).build();
        let Ok(matcher) = matcher.map(|glob| glob.compile_matcher()) else {
            let mend = "write it like `**/TEST-*.xml`";
            return Some(gap(Gap::Missing, format!("`{glob}` is no glob"), mend));
        };
        let found = reports.iter().any(|(name, _)| matcher.is_match(name.trim_start_matches("./")));
        (!found).then(|| {
            let what = format!("no report matches `{glob}`, which was expected");
            gap(Gap::Missing, what, "see why it was not written, or expect it no longer")
        })
    };
    expected.files.iter().filter_map(missing).collect()
}

/// Every shard has to have a report. Where paths do not say which shard they are of, there have to
/// be as many reports at least.
fn shards(reports: &[(String, Ending)], number: u32) -> Vec<Remark> {
    let told: Vec<(u32, Option<u32>)> =
        reports.iter().filter_map(|(name, _)| shard_of(name)).collect();
    if !told.is_empty() {
        let other = told.iter().find_map(|(_, all)| all.filter(|all| *all != number));
        let mut remarks: Vec<Remark> = other
            .map(|all| {
                format!("reports say that they are of {all} shards, and {number} were expected")
            })
            .map(|what| gap(Gap::Missing, what, "expect as many shards as there are"))
            .into_iter()
            .collect();
        remarks.extend(indexes(&told.into_iter().map(|(shard, _)| shard).collect(), number));
        return remarks;
    }
    let numbers: Vec<u32> = reports.iter().filter_map(|(name, _)| number_of(name)).collect();
    let first = u32::from(!numbers.contains(&0));
    let plausible = numbers.iter().all(|shard| *shard < number.saturating_add(first));
    if !numbers.is_empty() && numbers.len() == reports.len() && plausible {
        return indexes(&numbers.into_iter().collect(), number);
    }
    if (reports.len() as u64) < u64::from(number) {
        let what = match reports.len() {
            1 => format!("there is 1 report, and {number} were expected"),
            there => format!("there are {there} reports, and {number} were expected"),
        };
        return vec![gap(Gap::Missing, what, "see which job ended without a report")];
    }
    Vec::new()
}

/// Which of the shards are not there; they count from 1, or from 0 where one of them is 0.
fn indexes(seen: &BTreeSet<u32>, number: u32) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let first = u32::from(!seen.contains(&0));
    let end = number.saturating_add(first);
    let absent = |shard: &u32| !seen.contains(shard);
    let missing: Vec<u32> = (first..end).filter(absent).take(SHOWN + 1).collect();
    if !missing.is_empty() {
        let what = format!("no report of shard {} (of {number} from {first})", list(&missing));
        let mend = "see why the job of that shard ended without a report";
        remarks.push(gap(Gap::Missing, what, mend));
    }
    let over: Vec<u32> =
        seen.iter().copied().filter(|shard| *shard >= end).take(SHOWN + 1).collect();
    if !over.is_empty() {
        let what =
            format!("there are reports of shard {}, and {number} were expected", list(&over));
        remarks.push(gap(Gap::Missing, what, "expect as many shards as there are"));
    }
    remarks
}

/// Numbers that are named; more are told by their number.
const SHOWN: usize = 20;

fn list(numbers: &[u32]) -> String {
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(u32::to_string).collect();
    let more = if numbers.len() > SHOWN { " and more" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The shard that a path names, `3-of-4` or `shard-3`, and how many it says that there are.
fn shard_of(path: &str) -> Option<(u32, Option<u32>)> {
    let parts = words(path);
    let counted = parts.iter().find_map(|words| {
        let at = words.windows(3).find(|three| three[1].eq_ignore_ascii_case("of"))?;
        Some((at[0].parse().ok()?, Some(at[2].parse().ok()?)))
    });
    let named = || {
        let mut all = parts.iter().flat_map(|words| {
            words.iter().enumerate().map(|(at, word)| (*word, words.get(at + 1).copied()))
        });
        all.find_map(|(word, next)| named_shard(word, next))
    };
    counted.or_else(|| named().map(|shard| (shard, None)))
}

/// The number at the end of a part of a path, from the right: `results-3/junit.xml`.
fn number_of(path: &str) -> Option<u32> {
    words(path).iter().enumerate().find_map(|(at, words)| {
        // The file's extension is none of its words.
        let words = if at == 0 && words.len() > 1 { &words[..words.len() - 1] } else { words };
        words.last()?.parse().ok()
    })
}

/// The words of each part of a path, from the right.
fn words(path: &str) -> Vec<Vec<&str>> {
    let ends = ['-', '_', '.', ' ', '=', '(', ')'];
    let parts = path.split(['/', '\\']).rev();
    parts.map(|part| part.split(ends).filter(|word| !word.is_empty()).collect()).collect()
}

/// `shard3`, or `shard` with 3 behind it.
fn named_shard(word: &str, next: Option<&str>) -> Option<u32> {
    const NAMES: &[&str] = &["shard", "partition", "chunk"];
    let word = word.to_ascii_lowercase();
    let rest = NAMES.iter().find_map(|name| word.strip_prefix(name))?;
    if rest.is_empty() { next?.parse().ok() } else { rest.parse().ok() }
}

/// Reports from before the run: told, and no evidence where there is nothing else.
fn stale(reports: &[(String, Ending)], expected: &Expected) -> Vec<Remark> {
    let Some(since) = expected.since else { return Vec::new() };
    let is_old = |ending: &Ending| ending.last.is_some_and(|last| last + ZONES < since);
    let old: Vec<&(String, Ending)> = reports.iter().filter(|(_, ending)| is_old(ending)).collect();
    let all = !old.is_empty() && old.len() == reports.len();
    let mut remarks: Vec<Remark> = old
        .iter()
        .map(|(name, ending)| {
            let last = ending.last.map_or(String::new(), |last| last.to_string());
            let what = format!("`{name}` ended at {last}, before the run began at {since}");
            let mend =
                "remove old reports before the run; a build tool's cache gives back old ones too";
            Remark { gap: None, line: 0, what, mend: mend.to_owned() }
        })
        .collect();
    if all {
        let what = "every report is older than the run".to_owned();
        remarks.push(gap(Gap::Stale, what, "run the tests anew, past the cache of the build tool"));
    }
    remarks
}

/// Cases enough to be the whole suite.
fn enough(counts: Counts, expected: &Expected) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let cases = counts.cases;
    let empty = "let the runner find tests, or say that none is right: `--allow-empty`";
    if cases == 0 && !expected.empty {
        remarks.push(gap(Gap::Empty, "no report holds a single case".to_owned(), empty));
    } else if cases > 0 && counts.skipped >= cases && !expected.empty {
        let what = format!("all {cases} cases were skipped: nothing was executed");
        remarks.push(gap(Gap::Empty, what, empty));
    }
    if let Some(least) = expected.cases.filter(|least| cases < *least) {
        let what = format!("there are {cases} cases, and {least} were expected");
        remarks.push(gap(Gap::Few, what, "see which tests did not run, or expect fewer"));
    }
    let median = expected.median.filter(|_| !expected.selected && !expected.empty);
    // Whole numbers: 90 % of a median is compared without rounding.
    if let Some(median) = median
        && u128::from(cases) * 10 < u128::from(median) * 9
    {
        let what = format!("there are {cases} cases, under 90 % of the usual {median}");
        let mend = "see which tests did not run; where they were removed on purpose, say how many are right: `--expect-cases`";
        remarks.push(gap(Gap::Few, what, mend));
    }
    remarks
}
