//! CSV, recognised by its header: our own events, incidents, answers to a survey, Jira's export.
//!
//! In: rows, separated by `,`, `;` or tabs, with texts in `"`. Out: events. Start at
//! `Rows::step`. **Invariants:** no respondent of a survey is kept; a quote that never closes
//! costs one row, not the rest.

use std::io::{self, BufRead};

use rustc_hash::FxHashMap;
use tl_core::event::Event;
use tl_core::fact::{IncidentState, SurveyAnswer, TicketClosed, TicketState, kind, role};
use tl_core::time::Timestamp;

use super::lines::{self, Line};
use super::neutral::{self, At, Named, Subject, Word};
use super::sink::Sink;
use super::text::Text;
use super::{Format, when};

/// Longest row that goes over several lines: a quote that is never closed ends here.
const ROW_LIMIT: usize = 1 << 20;

/// Rows of one table.
pub(super) struct Rows<R> {
    text: Text<R>,
    format: Format,
    header: Vec<String>,
    separator: u8,
    line: u64,
    buffer: Vec<u8>,
    /// Lines that were read for a row that never ended, to be read again as rows of their own.
    again: std::collections::VecDeque<(u64, Vec<u8>)>,
    /// How often the same answer was seen: answers have no id that is not a person's.
    answers: FxHashMap<String, u32>,
}

/// One row under its header.
struct Row<'a> {
    header: &'a [String],
    cells: &'a [String],
}

impl Row<'_> {
    /// The first filled cell whose column has one of the names.
    fn get(&self, names: &[&str]) -> &str {
        let of = |name: &&str| {
            let columns = self.header.iter().zip(self.cells);
            columns
                .filter(|(column, cell)| column == name && !cell.trim().is_empty())
                .map(|(_, cell)| cell.trim())
                .next()
        };
        names.iter().find_map(of).unwrap_or_default()
    }

    /// All filled cells of a column that may be repeated.
    fn all(&self, name: &str) -> Vec<String> {
        let columns = self.header.iter().zip(self.cells);
        let cells = columns.filter(|(column, cell)| *column == name && !cell.trim().is_empty());
        cells.map(|(_, cell)| cell.trim().to_owned()).collect()
    }
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(text: Text<R>, format: Format) -> Self {
        Self {
            text,
            format,
            header: Vec::new(),
            separator: b',',
            line: 0,
            buffer: Vec::new(),
            again: Default::default(),
            answers: FxHashMap::default(),
        }
    }

    /// Reads one row; false at the end.
    pub(super) fn step(&mut self, sink: &mut Sink) -> io::Result<bool> {
        let Some((line, row)) = self.row(sink)? else { return Ok(false) };
        sink.at(line);
        let Ok(row) = std::str::from_utf8(&row) else {
            sink.left_out(
                "the text is not UTF-8",
                "convert it, such as with `iconv -f ISO-8859-1 -t UTF-8`",
            );
            return Ok(true);
        };
        if row.trim().is_empty() {
            return Ok(true);
        }
        if self.header.is_empty() {
            return Ok(self.begin(row, sink));
        }
        let cells = cells(row, self.separator);
        if cells.len() > self.header.len() {
            let what = format!("a row of {} cells under {}", cells.len(), self.header.len());
            sink.left_out(what, "put texts that hold the separator into quotes");
            return Ok(true);
        }
        let header = std::mem::take(&mut self.header);
        let row = Row { header: &header, cells: &cells };
        let read = match self.format {
            Format::EventsCsv => event(&row, sink),
            Format::IncidentsCsv => incident(&row, sink),
            Format::JiraCsv => ticket(&row, sink),
            _ => answer(&row, &mut self.answers, sink),
        };
        self.header = header;
        if let Err((what, mend)) = read {
            sink.left_out(what, mend);
        }
        Ok(true)
    }

    /// Reads the header: which table it is.
    fn begin(&mut self, row: &str, sink: &mut Sink) -> bool {
        let count = |separator: u8| row.bytes().filter(|byte| *byte == separator).count();
        self.separator = *b",;\t".iter().max_by_key(|s| (count(**s), **s == b',')).unwrap_or(&b',');
        self.header = cells(row, self.separator).iter().map(|name| column(name)).collect();
        let has = |names: &[&str]| self.header.iter().any(|name| names.contains(&name.as_str()));
        if self.format == Format::Csv {
            self.format = if has(&["type", "kind"]) && has(&["at"]) && has(&["source"]) {
                Format::EventsCsv
            } else if has(SCORE) && has(QUESTION) {
                Format::SurveyCsv
            } else if has(&["issue_key"]) && has(&["created"]) {
                Format::JiraCsv
            } else if has(ID) && has(OPENED) {
                Format::IncidentsCsv
            } else {
                sink.left_out(
                    "the header is of no table that is known",
                    "name the columns as `docs/collect-files.md` has them, or give `--format`",
                );
                return false;
            };
        }
        if self.format == Format::SurveyCsv {
            for name in self.header.iter().filter(|name| PERSON.contains(&name.as_str())) {
                let what = format!("column `{name}` names respondents and is not read");
                sink.kept_once(what, "leave it out of the export");
            }
        }
        true
    }

    /// The next row, which may have several lines where a quote is open, and its first line.
    fn row(&mut self, sink: &mut Sink) -> io::Result<Option<(u64, Vec<u8>)>> {
        let quotes = |line: &[u8]| line.iter().filter(|byte| **byte == b'"').count();
        loop {
            let Some((first, mut row)) = self.line(sink)? else { return Ok(None) };
            let mut open = quotes(&row) % 2 == 1;
            let mut read = Vec::new();
            while open && row.len() <= ROW_LIMIT {
                let Some((line, more)) = self.line(sink)? else { break };
                open = quotes(&more) % 2 == 0;
                row.push(b'\n');
                row.extend_from_slice(&more);
                read.push((line, more));
            }
            if !open {
                return Ok(Some((first, row)));
            }
            sink.at(first).left_out("a quote that is never closed", "close it, or double it");
            // What followed may be rows of their own.
            while let Some(line) = read.pop() {
                self.again.push_front(line);
            }
        }
    }

    fn line(&mut self, sink: &mut Sink) -> io::Result<Option<(u64, Vec<u8>)>> {
        if let Some(again) = self.again.pop_front() {
            return Ok(Some(again));
        }
        loop {
            let read = lines::next(&mut self.text, &mut self.buffer)?;
            self.line += 1;
            match read {
                Line::End => return Ok(None),
                Line::TooLong(bytes) => sink.at(self.line).left_out(
                    format!("a line of {bytes} bytes, over the limit of 16 MiB"),
                    "split it into records",
                ),
                Line::Whole | Line::Last => {
                    let line = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
                    return Ok(Some((self.line, line.to_vec())));
                }
            }
        }
    }
}

/// A column's name as it is looked up: `Issue key` is `issue_key`.
fn column(name: &str) -> String {
    let name = name.trim().to_lowercase();
    name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

/// The cells of one row; doubled quotes are one.
fn cells(row: &str, separator: u8) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        let at_end = cells.len() - 1;
        let cell = &mut cells[at_end];
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            _ if !quoted && letter == char::from(separator) => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells
}

type Wrong = (String, &'static str);

const ID: &[&str] = &["id", "incident_id", "incident", "number", "key"];
const OPENED: &[&str] =
    &["opened", "opened_at", "created", "created_at", "started", "started_at", "start"];
const ACKED: &[&str] = &["acked", "acked_at", "acknowledged", "acknowledged_at"];
const RESOLVED: &[&str] =
    &["resolved", "resolved_at", "closed", "closed_at", "ended", "ended_at", "end"];
const SCORE: &[&str] = &["score", "answer", "rating", "value", "response"];
const QUESTION: &[&str] = &["question", "item", "statement", "driver", "dimension"];
const PERSON: &[&str] = &[
    "respondent",
    "respondent_id",
    "person",
    "name",
    "email",
    "email_address",
    "user",
    "user_id",
    "username",
    "login",
    "employee",
    "employee_id",
    "ip",
    "ip_address",
];

fn instant(text: &str, sink: &Sink) -> Result<Timestamp, Wrong> {
    sink.instant(text).map_err(|wrong| (wrong.to_string(), wrong.mend()))
}

/// One of our own events.
fn event(row: &Row<'_>, sink: &mut Sink) -> Result<(), Wrong> {
    let word = |text: &str| (!text.is_empty()).then(|| Word(text.to_owned().into()));
    let subject = match (row.get(&["subject_kind"]), row.get(&["subject_key"])) {
        ("", "") => Subject { kind: "".into(), key: row.get(&["subject"]).to_owned().into() },
        (kind, key) => Subject { kind: kind.to_owned().into(), key: key.to_owned().into() },
    };
    let mut refs = Vec::new();
    for (name, cell) in row.header.iter().zip(row.cells) {
        let plain = ["ticket", "change", "sha", "commit", "deploy", "deployment", "service"];
        let more = ["env", "environment", "incident", "build", "repository", "iteration", "team"];
        let role = name.strip_prefix("refs_").unwrap_or(name);
        if plain.contains(&role) || more.contains(&role) {
            refs.push((Word(role.to_owned().into()), word(cell.trim())));
        }
    }
    let data = match row.get(&["data"]) {
        "" => serde_json::Value::Null,
        text => serde_json::from_str(text).map_err(|wrong| {
            (format!("`data` is not JSON: {wrong}"), "write an object, with its quotes doubled")
        })?,
    };
    let v = match row.get(&["v"]) {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            (format!("`v` is `{}`", when::cut(text)), "write 1: the version of the format")
        })?),
    };
    let at = row.get(&["at"]).to_owned();
    neutral::take(
        neutral::Line {
            v,
            id: word(row.get(&["id"])),
            key: None,
            kind: word(row.get(&["type", "kind"])),
            at: (!at.is_empty()).then(|| At::Text(at.into())),
            source: word(row.get(&["source"])),
            subject: Some(subject),
            actor: word(row.get(&["actor"])),
            refs: Some(Named(refs)),
            data,
        },
        sink,
    );
    Ok(())
}

/// One incident: up to three events.
fn incident(row: &Row<'_>, sink: &mut Sink) -> Result<(), Wrong> {
    let id = row.get(ID);
    let opened = row.get(OPENED);
    if id.is_empty() || opened.is_empty() {
        return Err(("an incident without id or start".to_owned(), "fill `id` and `opened`"));
    }
    let subject = format!("incident:{id}");
    let state = IncidentState {
        title: row.get(&["title", "summary", "name"]).to_owned(),
        severity: row.get(&["severity", "priority", "urgency"]).to_owned(),
        ticket: row.get(&["ticket", "issue"]).to_owned(),
        url: row.get(&["url", "link"]).to_owned(),
    };
    let make = |kind: &str, what: &str, at: Timestamp| {
        Event::new(kind, at, "incident-csv", &format!("incident/{id}/{what}"), &subject)
            .about(role::INCIDENT, id)
            .about(role::SERVICE, row.get(&["service", "component"]))
            .about(role::ENVIRONMENT, row.get(&["environment", "env"]))
            .about(role::COMMIT, row.get(&["commit", "sha", "commit_sha"]).to_lowercase())
            .about(role::DEPLOYMENT, row.get(&["deployment", "deploy", "deployment_id"]))
            .about(role::CHANGE, row.get(&["change", "pull_request"]))
    };
    let mut events =
        vec![make(kind::INCIDENT_OPENED, "opened", instant(opened, sink)?).with(&state)];
    for (names, kind, what) in
        [(ACKED, kind::INCIDENT_ACKED, "acked"), (RESOLVED, kind::INCIDENT_RESOLVED, "resolved")]
    {
        let text = row.get(names);
        if !text.is_empty() {
            events.push(make(kind, what, instant(text, sink)?));
        }
    }
    sink.events(events);
    Ok(())
}

/// One answer of a survey.
fn answer(row: &Row<'_>, seen: &mut FxHashMap<String, u32>, sink: &mut Sink) -> Result<(), Wrong> {
    let date = row.get(&["date", "at", "day", "submitted", "submitted_at", "timestamp"]);
    let number = |names: &[&str]| -> Result<f64, Wrong> {
        let text = row.get(names);
        let number = text.replace(',', ".").parse::<f64>().ok().filter(|n| n.is_finite());
        number.ok_or_else(|| {
            let what = format!("`{}` is `{}`, not a number", names[0], when::cut(text));
            (what, "fill `score`, `min` and `max` (or `scale` as `1-5`) with numbers")
        })
    };
    let (min, max) = match row.get(&["scale"]).split_once(['-', '–']) {
        Some((min, max)) => (min.trim().parse().ok(), max.trim().parse().ok()),
        None => (None, None),
    };
    let (min, max) = match (min, max) {
        (Some(min), Some(max)) => (min, max),
        _ => (number(&["min", "scale_min"])?, number(&["max", "scale_max"])?),
    };
    let score = number(SCORE)?;
    if min >= max || score < min || score > max {
        let what = format!("score {score} is not on the scale from {min} to {max}");
        return Err((what, "mend score or scale"));
    }
    // A day is enough for an answer, and says less about who gave it: midnight UTC.
    let day = date.get(..10).filter(|day| date.len() == 10 && day.contains('-'));
    let at = match day.map(Timestamp::parse) {
        Some(Ok(at)) => at,
        _ => instant(date, sink)?,
    };
    let (team, question) = (row.get(&["team", "group", "squad"]), row.get(QUESTION));
    if question.is_empty() {
        return Err(("an answer without question".to_owned(), "fill `question`"));
    }
    // The same answer twice is two people's: the first has number 1, whatever the order of rows.
    let same = format!("{}/{team}/{question}/{score}", at.as_millis());
    let number = seen.entry(same.clone()).or_default();
    *number += 1;
    let key = format!("answer/{}", tl_core::event::EventId::new(at, &same, &number.to_string()));
    let (question, team) = (question.to_owned(), team.to_owned());
    let event = Event::new(kind::SURVEY_ANSWER, at, "survey", &key, &format!("team:{team}"))
        .about(role::TEAM, team.as_str())
        .with(&SurveyAnswer { question, score, min, max, team });
    sink.event(event);
    Ok(())
}

/// One issue of Jira's CSV export: opened, as it looks now, resolved.
fn ticket(row: &Row<'_>, sink: &mut Sink) -> Result<(), Wrong> {
    let key = row.get(&["issue_key"]);
    let created = row.get(&["created"]);
    if key.is_empty() || created.is_empty() {
        return Err(("an issue without key or date of creation".to_owned(), "export both columns"));
    }
    let at = |text: &str| instant(when::jira_csv(text).as_deref().unwrap_or(text), sink);
    let state = TicketState {
        title: row.get(&["summary"]).to_owned(),
        class: row.get(&["issue_type"]).to_owned(),
        status: row.get(&["status"]).to_owned(),
        priority: row.get(&["priority"]).to_owned(),
        labels: row.all("labels"),
        points: row.get(&["custom_field__story_points_", "story_points"]).parse().ok(),
        parent: row.get(&["parent", "custom_field__epic_link_"]).to_owned(),
        component: row.get(&["component_s", "components"]).to_owned(),
        ..TicketState::default()
    };
    let make = |kind: &str, what: &str, at: Timestamp| {
        let key_of = format!("issue/{key}/{what}");
        Event::new(kind, at, "jira-csv", &key_of, &format!("ticket:{key}")).about(role::TICKET, key)
    };
    let reporter = row.get(&["reporter"]);
    let opened = TicketState {
        title: state.title.clone(),
        class: state.class.clone(),
        ..TicketState::default()
    };
    let mut events =
        vec![make(kind::TICKET_OPENED, "opened", at(created)?).with(&opened).by(reporter)];
    let updated = row.get(&["updated"]);
    if !updated.is_empty() {
        let at = at(updated)?;
        let what = format!("updated/{}", at.as_millis());
        events.push(make(kind::TICKET_UPDATED, &what, at).with(&state));
    }
    let resolved = row.get(&["resolved"]);
    if !resolved.is_empty() {
        let at = at(resolved)?;
        let resolution = row.get(&["resolution"]).to_owned();
        let what = format!("closed/{}", at.as_millis());
        events.push(make(kind::TICKET_CLOSED, &what, at).with(&TicketClosed { resolution }));
    }
    sink.events(events);
    Ok(())
}
