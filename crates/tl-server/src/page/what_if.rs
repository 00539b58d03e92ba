//! `/what-if`: what the line would be if it had other people, machines and trains, or if its stages took
//! another time.
//!
//! In: a snapshot, and from the address what is asked of its line. Out: HTML. Start at [`what_if`]: the
//! simulated line is [`mod@line`], shares of stages are [`stages`], and [`Lab`] keeps what was computed.
//! **Invariants:** nothing is measured again; what an answer costs is bounded, at most one is computed at a
//! time, and who asks the same gets the same; the answer says what it leaves out, and a simulation that
//! does not hold answers nothing and says why.

pub(crate) mod line;
pub(crate) mod stages;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use tl_map::network::asked::{Asked as AskedLine, Knob};
use tl_map::network::scenarios::Outcome;
use tl_map::report::Report;
use tl_map::report::collected::Network;
use tl_map::words::{Line, capitalized};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded;

use self::stages::Share;
use super::{Asked, PageResult, Problem, Shell, measure, shown};
use crate::app::App;
use crate::board::Snapshot;
use crate::measured::Measured;
use crate::question::Question;
use crate::report::sections::{self, Headline, Section};

/// How the share of a stage is called in addresses: this, and its id.
pub(crate) const PREFIX: &str = "stage-";

/// Answers that are kept.
const KEPT: usize = 64;

#[derive(Template)]
#[template(path = "what_if.html")]
struct WhatIf {
    shell: Shell,
    sentences: Vec<String>,
    path: String,
    boards: Vec<Board>,
    sections: Vec<Section>,
    json: String,
}

/// Sliders of one kind, and what they say.
struct Board {
    id: &'static str,
    title: &'static str,
    lead: String,
    /// What the address says beside.
    kept: Vec<(String, String)>,
    sliders: Vec<Slider>,
    /// Where nothing is changed; empty where it is not.
    reset: String,
    headlines: Vec<Headline>,
    /// What is said beside the answer.
    says: Vec<String>,
    how: String,
}

/// Something that can be another way.
struct Slider {
    /// Name in the address.
    name: String,
    label: String,
    /// How it is today.
    small: String,
    least: i64,
    most: i64,
    step: i64,
    value: i64,
    /// Unit of the value; empty for how many more.
    unit: &'static str,
}

impl Slider {
    /// The value as it stands beside the slider; the script writes the same.
    fn shown(&self) -> String {
        match self.unit {
            "" if self.value > 0 => format!("+{}", self.value),
            "" => self.value.to_string(),
            unit => format!("{} {unit}", self.value),
        }
    }
}

/// What is asked of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The share that each stage keeps, in the order of the line.
    pub(crate) shares: Vec<Share>,
    /// The simulated line.
    pub(crate) line: AskedLine,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Answers {
    /// With other shares of stages; `None` where too little is known.
    pub(crate) stages: Option<stages::Answer>,
    /// On another line; `None` where none is asked for, or none may be.
    pub(crate) line: Option<Outcome>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Answers that were computed, for who asks the same; those of a snapshot go with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lab(Arc<Mutex<VecDeque<Kept>>>);

#[derive(Debug)]
struct Kept {
    of: Weak<Snapshot>,
    wanted: Wanted,
    answers: Arc<Answers>,
}

impl Wanted {
    /// What an address asks; of a line that may not be asked, nothing.
    pub(crate) fn read(uri: &Uri, measured: &Measured) -> Result<Self, Problem> {
        let line = line::asked(uri)?;
        Ok(Self {
            shares: stages::shares(uri, &measured.report)?,
            line: if measured.simulator.is_some() { line } else { AskedLine::TODAY },
        })
    }

    fn answered(&self, snapshot: &Snapshot) -> Answers {
        let begun = Instant::now();
        let measured = &snapshot.measured;
        let simulator = measured.simulator.as_ref().filter(|_| self.line != AskedLine::TODAY);
        Answers {
            stages: stages::answer(&measured.journeys, &self.shares),
            line: simulator.and_then(|simulator| simulator.ask(&self.line)),
            took: begun.elapsed(),
        }
    }
}

impl Lab {
    /// What would be. Others wait meanwhile, unless it is known; who goes away before it is computed leaves
    /// it to the next.
    pub(crate) async fn ask(
        &self,
        snapshot: &Arc<Snapshot>,
        wanted: Wanted,
    ) -> Result<Arc<Answers>, Problem> {
        let mut kept = Arc::clone(&self.0).lock_owned().await;
        kept.retain(|one| one.of.strong_count() > 0);
        let is_same =
            |one: &&Kept| one.of.as_ptr() == Arc::as_ptr(snapshot) && one.wanted == wanted;
        if let Some(known) = kept.iter().find(is_same) {
            return Ok(Arc::clone(&known.answers));
        }
        let snapshot = Arc::clone(snapshot);
        // Whoever waits for the lock waits for this, also when nobody waits for this any more.
        let computed = tokio::task::spawn_blocking(move || {
            let answers = Arc::new(wanted.answered(&snapshot));
            let of = Arc::downgrade(&snapshot);
            kept.push_back(Kept { of, wanted, answers: Arc::clone(&answers) });
            if kept.len() > KEPT {
                kept.pop_front();
            }
            answers
        });
        computed.await.map_err(Problem::bug)
    }
}

/// `GET /what-if`
pub(crate) async fn what_if(State(app): State<App>, uri: Uri) -> PageResult {
    let asked = Asked::of(&app, &uri).await?;
    let report = &asked.snapshot.measured.report;
    let wanted = Wanted::read(&uri, &asked.snapshot.measured)?;
    let answers = app.lab.ask(&asked.snapshot, wanted.clone()).await?;
    let line = Line::of(&report.value_stream);
    let mut page = WhatIf {
        shell: Shell::around(&app, "What if", &asked),
        sentences: Vec::new(),
        path: asked.path.clone(),
        boards: Vec::new(),
        sections: more(report, line, &asked.question)?,
        json: match uri.query().filter(|query| !query.is_empty()) {
            Some(query) => format!("/v1/what-if?{query}"),
            None => "/v1/what-if".to_owned(),
        },
    };
    page.line(&asked, &wanted, &answers);
    page.stages(&asked, &wanted, &answers, line);
    if page.sentences.is_empty() {
        page.sentences.push(sections::unbroken(&report.invest_first.sentence));
    }
    shown(&page)
}

impl WhatIf {
    /// The simulated line, where it may be asked.
    fn line(&mut self, asked: &Asked, wanted: &Wanted, answers: &Answers) {
        let measured = &asked.snapshot.measured;
        let network = measured.report.collected.as_ref().and_then(|found| found.network.as_ref());
        let Some(simulator) = &measured.simulator else {
            self.boards.extend(network.and_then(|found| refused(found, &asked.question)));
            return;
        };
        let repository = network.map_or("the line", |found| found.repository.as_str());
        let sentence = line::sentence(simulator, &wanted.line, answers.line.as_ref());
        let is_changed = sentence.is_some();
        self.sentences.extend(sentence);
        let mut says = answers.line.as_ref().map(line::says).unwrap_or_default();
        if is_changed {
            says.push(format!(
                "{} simulated runs of each line, with the same chance in both. Computed in {} s, and kept \
                 for who asks the same.",
                simulator.replications(),
                tl_map::format::number(answers.took.as_secs_f64())
            ));
        }
        let own = |key: &str| Knob::ALL.iter().any(|knob| knob.id() == key);
        self.boards.push(Board {
            id: "line",
            title: "If the line itself were another",
            lead: format!(
                "{repository}, simulated: queues fill and empty. It may be asked, because it waits as the \
                 real one did at every station."
            ),
            kept: kept(asked, wanted, |key| !own(key)),
            sliders: line::sliders(simulator, &wanted.line),
            reset: if is_changed { self.without(asked, wanted, own) } else { String::new() },
            headlines: answers.line.as_ref().map(line::headlines).unwrap_or_default(),
            says,
            how: measure::address(&asked.question, "network"),
        });
    }

    /// Shares of stages.
    fn stages(&mut self, asked: &Asked, wanted: &Wanted, answers: &Answers, line: Line) {
        let report = &asked.snapshot.measured.report;
        let sliders = stages::sliders(report, &wanted.shares);
        if sliders.is_empty() {
            return;
        }
        let answer = answers.stages.as_ref();
        let sentence = answer.and_then(|answer| stages::sentence(&sliders, answer, line));
        let is_changed = wanted.shares.iter().any(|share| share.share != 100);
        self.sentences.extend(sentence);
        let own = |key: &str| key.starts_with(PREFIX);
        self.boards.push(Board {
            id: "sliders",
            title: "If each stage took this share of its time",
            lead: "Computed from finished changes, each with its own stages.".to_owned(),
            kept: kept(asked, wanted, |key| !own(key)),
            sliders,
            reset: if is_changed { self.without(asked, wanted, own) } else { String::new() },
            headlines: answer.map(|one| stages::headlines(one, line)).unwrap_or_default(),
            says: stages::says(report, &wanted.shares, answer),
            how: measure::address(&asked.question, "invest-first"),
        });
    }

    /// The address without what one kind of sliders says.
    fn without(&self, asked: &Asked, wanted: &Wanted, own: impl Fn(&str) -> bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept(asked, wanted, |key| !own(key)));
        match query.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}

/// In the place of its sliders, why a line is asked nothing.
fn refused(found: &Network, question: &Question) -> Option<Board> {
    let why = capitalized(found.refused.as_deref()?.trim_end_matches('.'));
    Some(Board {
        id: "line",
        title: "If the line itself were another",
        lead: format!("{}: {why}. What was compared is below.", found.repository),
        kept: Vec::new(),
        sliders: Vec::new(),
        reset: String::new(),
        headlines: Vec::new(),
        says: Vec::new(),
        how: measure::address(question, "network"),
    })
}

/// What the address says, with only what differs from today, as far as it is wanted.
fn kept(asked: &Asked, wanted: &Wanted, is_kept: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let query = asked.question.query();
    let filters = form_urlencoded::parse(query.as_bytes()).into_owned();
    let shares = wanted.shares.iter().filter(|share| share.share != 100);
    let shares = shares.map(|one| (format!("{PREFIX}{}", one.stage), one.share.to_string()));
    let line = line::pairs(&wanted.line);
    filters.chain(shares).chain(line).filter(|(key, _)| is_kept(key)).collect()
}

/// Which wait to shorten, and the simulated line where there is one.
fn more(report: &Report, line: Line, question: &Question) -> Result<Vec<Section>, Problem> {
    let time = sections::time(report, line).map_err(Problem::bug)?;
    let mut found: Vec<Section> = time.into_iter().filter(|one| one.id == "invest-first").collect();
    let collected = report.collected.as_ref();
    let simulated = collected.filter(|found| found.network.is_some()).map(|found| {
        sections::collected::flow_of_work(found).into_iter().filter(|one| one.id == "network")
    });
    found.extend(simulated.into_iter().flatten());
    if collected.is_some_and(|found| found.network.is_none()) && *question != Question::default() {
        found.push(Section {
            id: "network",
            title: "Another reviewer, another runner, another train",
            lead: "The line is simulated for a whole repository: choose one, or all.".to_owned(),
            blocks: Vec::new(),
        });
    }
    found.retain(|section| !section.blocks.is_empty() || !section.lead.is_empty());
    Ok(found)
}
