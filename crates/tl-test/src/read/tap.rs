//! Test Anything Protocol, versions 12 to 14.
//!
//! In: a plan, test points, subtests that are indented by four blanks, YAML below a point. Out: a
//! case for each point that has no subtest, which stands for its parts. Start at [`Tap`].

use tl_core::test::{Status, TestName};

use super::json::value::{message, micros};
use super::lines::Line;
use super::sink::{Sink, case, cut};
use super::{Case, Failure, Gap};

/// Levels of subtests.
const LEVELS: usize = 64;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// The report itself, and the subtests that are open.
    levels: Vec<Level>,
    /// The last point: its YAML and its comments may follow.
    point: Option<Point>,
    /// Indent of the YAML that is open.
    yaml: Option<usize>,
    bailed: bool,
}

/// A test, or the whole report.
#[derive(Debug, Default)]
struct Level {
    name: String,
    plan: Option<u64>,
    points: u64,
    /// Red cases of it, and of its subtests.
    red: u64,
    /// Cases of subtests that were seen since the last point, and red ones of them.
    parts: u64,
    red_parts: u64,
}

/// A test point whose details may follow.
#[derive(Debug)]
struct Point {
    case: Case,
    details: String,
}

impl Line for Tap {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let bare = line.trim_start_matches(' ');
        let indent = line.len() - bare.len();
        if let Some(open) = self.yaml {
            if bare.trim_end() == "..." && indent <= open {
                self.yaml = None;
            } else {
                self.detail(line, sink.limits.text);
            }
            return;
        }
        if bare.trim_end() == "---" && self.point.is_some() && indent > 0 {
            self.yaml = Some(indent);
            return;
        }
        let depth = indent / 4;
        if bare.starts_with("Bail out!") {
            self.flush(sink);
            self.bailed = true;
            let what = format!("the run was given up: {}", bare.trim_end());
            return sink.gap(Gap::NeverFinished, what, "see why it was given up");
        }
        if let Some(name) = bare.strip_prefix("# Subtest").filter(|_| depth < LEVELS) {
            self.flush(sink);
            let name = name.trim_start_matches(':').trim().to_owned();
            self.close(depth, sink);
            // Of the line above a subtest where one is open here, as node writes it above every
            // point; else of the first line within it.
            while self.levels.len() < depth.max(1) {
                self.levels.push(Level::default());
            }
            self.levels.push(Level { name, ..Level::default() });
            return;
        }
        if let Some((count, why)) = plan(bare) {
            self.flush(sink);
            self.at(depth, sink);
            if let Some(level) = self.levels.last_mut() {
                level.plan = Some(count);
            }
            if count == 0 && depth == 0 {
                sink.note(format!("all was skipped: {why}"));
            }
            return;
        }
        match point(bare) {
            Some((good, rest)) => {
                self.flush(sink);
                self.point(depth, good, rest, sink);
            }
            None => self.detail(line, sink.limits.text),
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.flush(sink);
        self.close(0, sink);
        let Some(all) = self.levels.pop() else { return };
        match all.plan {
            Some(plan) if !self.bailed => sink.compare(sink.line, "the report", plan, all.points),
            None if !self.bailed => {
                sink.gap(Gap::Truncated, "the report has no plan", "let the producer finish");
            }
            _ => {}
        }
    }
}

impl Tap {
    /// Makes the level at this depth the innermost one.
    fn at(&mut self, depth: usize, sink: &mut Sink) {
        let depth = depth.min(LEVELS);
        self.close(depth, sink);
        while self.levels.len() <= depth {
            self.levels.push(Level::default());
        }
    }

    /// Closes the subtests below this depth; what they hold belongs to the point that follows.
    fn close(&mut self, depth: usize, sink: &mut Sink) {
        while self.levels.len() > depth + 1 {
            let Some(level) = self.levels.pop() else { return };
            if let Some(plan) = level.plan {
                let of = format!("subtest `{}`", level.name);
                sink.compare(sink.line, &of, plan, level.points);
            }
            if let Some(outer) = self.levels.last_mut() {
                outer.parts += level.points + level.parts;
                outer.red_parts += level.red;
            }
        }
    }

    fn point(&mut self, depth: usize, good: bool, rest: &str, sink: &mut Sink) {
        self.at(depth, sink);
        let suite: Vec<String> = self.levels[1..].iter().map(|level| level.name.clone()).collect();
        let Some(level) = self.levels.last_mut() else { return };
        level.points += 1;
        let (name, directive) = description(rest);
        let (parts, red) = (std::mem::take(&mut level.parts), std::mem::take(&mut level.red_parts));
        level.red += red;
        // The point after a subtest sums it up: a case only where it says what its parts do not.
        if parts > 0 && (good || red > 0) {
            return;
        }
        let upper = directive.to_ascii_uppercase();
        let status = match good {
            _ if upper.starts_with("SKIP") || upper.starts_with("TODO") && !good => Status::Skipped,
            true => Status::Passed,
            false => Status::Failed,
        };
        level.red += u64::from(status.is_red());
        let number = level.points;
        let name = if name.is_empty() { format!("test {number}") } else { name };
        let name = TestName { suite, name, ..TestName::default() };
        let mut case = Case { at_line: sink.line, ..case(name, status) };
        if let Some(time) = directive.strip_prefix("time=") {
            let time = time.split("ms").next().unwrap_or_default();
            case.micros = micros(&serde_json::Value::from(time), 1e3);
        } else if status == Status::Skipped {
            case.failure = Some(message(directive));
        }
        self.point = Some(Point { case, details: String::new() });
    }

    fn detail(&mut self, line: &str, limit: usize) {
        if let Some(point) = &mut self.point
            && point.details.len() < limit
        {
            point.details.push_str(line.trim_end());
            point.details.push('\n');
            cut(&mut point.details, limit);
        }
    }

    /// Hands on the last point with what stands below it.
    fn flush(&mut self, sink: &mut Sink) {
        self.yaml = None;
        let Some(Point { mut case, details }) = self.point.take() else { return };
        let value = |key: &str| {
            let found = details.lines().find_map(|line| line.trim().strip_prefix(key));
            found.map(|value| value.trim().trim_matches(['\'', '"']).to_owned())
        };
        if case.status.is_red() {
            let said = value("message:").or_else(|| value("error:"));
            let first = details.lines().map(|line| line.trim_start_matches([' ', '#']).trim());
            let said = said
                .filter(|said| !said.is_empty() && !said.starts_with('|'))
                .or_else(|| first.clone().find(|line| !line.is_empty()).map(ToOwned::to_owned));
            case.failure = Some(Failure {
                class: value("name:").filter(|name| name.ends_with("Error")).unwrap_or_default(),
                message: said.unwrap_or_default(),
                text: details.trim_end().to_owned(),
                cut: 0,
            });
        }
        if let Some(spent) = value("duration_ms:") {
            case.micros = micros(&serde_json::Value::from(spent), 1e3);
        }
        sink.case(case);
    }
}

/// `1..4 # SKIP no network`
fn plan(line: &str) -> Option<(u64, &str)> {
    let rest = line.strip_prefix("1..")?;
    let (count, why) = rest.split_once([' ', '#']).unwrap_or((rest, ""));
    Some((count.trim_end().parse().ok()?, why.trim_start_matches(['#', ' ']).trim_end()))
}

/// Whether a test point is good, and what stands behind.
fn point(line: &str) -> Option<(bool, &str)> {
    let (good, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok")?),
    };
    (rest.is_empty() || rest.starts_with([' ', '\t', '\r'])).then(|| (good, rest.trim()))
}

/// Description and directive of `1 - adds \# numbers # SKIP why`.
fn description(rest: &str) -> (String, &str) {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = digits > 0 && rest[digits..].chars().next().is_none_or(char::is_whitespace);
    let rest = if numbered { rest[digits..].trim_start() } else { rest };
    let rest = rest.strip_prefix("- ").unwrap_or(rest);
    let directive = |at: &usize| {
        let upper = rest[*at + 1..].trim_start().to_ascii_uppercase();
        ["SKIP", "TODO", "TIME="].iter().any(|word| upper.starts_with(word))
            && !rest[..*at].ends_with('\\')
    };
    let at = rest.match_indices('#').map(|(at, _)| at).find(directive);
    let (name, what) = at.map_or((rest, ""), |at| (&rest[..at], rest[at + 1..].trim()));
    // An opening brace begins a subtest of version 14's first drafts.
    let name = name.trim_end().trim_end_matches(" {");
    (name.replace("\\#", "#").replace("\\\\", "\\"), what)
}

#[cfg(test)]
mod tests;
