//! `/agents`: what coding agents have, what guard found there, what drifted from what was approved, and what
//! their hooks decided.
//!
//! In: what the ledger told of guard, see [`crate::told`]. Out: a [`Sheet`]. Start at [`agents`].
//! **Invariants:** no text of a prompt, an argument or a result is there to be shown, and nobody is named;
//! a scan says what is there now, not what was there once.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tl_core::time::{Millis, Timestamp};
use tl_core::verdict::Effect;
use tl_guard::rules;
use tl_map::format;

use super::reliability::moment;
use super::sheet::{Sheet, Summary, alone};
use super::{PageResult, Problem};
use crate::app::App;
use crate::chart::table::{Cell, Table, count, prose, text};
use crate::reading::Reading;
use crate::report::sections::{Block, Headline, Missing, Section};
use crate::told::{Approval, Count, Decisions, Heard, Machine, Objection, Scans, heard};

/// Rows of each list.
const ROWS: usize = 100;

/// Days of which decisions are counted.
const DAYS: i64 = 30;

/// Levels of findings, the worst first.
const LEVELS: [&str; 4] = ["block", "high", "warn", "info"];

/// Things that agents have, as scans count them.
const ITEMS: [&str; 6] = ["servers", "instructions", "skills", "hooks", "permissions", "packages"];

/// What the API says of agents.
#[derive(Debug, Serialize)]
pub(crate) struct Agents<'a> {
    /// `agents/v1`
    pub(crate) schema: &'static str,
    /// Every repository that was scanned.
    pub(crate) repositories: Vec<Scanned<'a>>,
    /// The machines that scans ran on, by pseudonyms, the one that was scanned last first.
    pub(crate) machines: Vec<OnMachine<'a>>,
    /// New findings of the newest scans by rule.
    pub(crate) rules: BTreeMap<&'a str, u64>,
    /// The latest approvals.
    pub(crate) approvals: Vec<Approved<'a>>,
    /// Decisions of hooks in the last 30 days, by client.
    pub(crate) decisions: BTreeMap<&'a str, Decisions>,
    /// What objected, and how often.
    pub(crate) policies: &'a BTreeMap<String, Count>,
    /// The latest decisions that were no plain yes.
    pub(crate) objections: Vec<&'a Objection>,
}

/// The newest scans on a machine.
#[derive(Debug, Serialize)]
pub(crate) struct OnMachine<'a> {
    /// The machine, by a pseudonym.
    pub(crate) machine: &'a str,
    #[serde(flatten)]
    pub(crate) known: &'a Machine,
}

/// An approval, and who gave it.
#[derive(Debug, Serialize)]
pub(crate) struct Approved<'a> {
    #[serde(flatten)]
    pub(crate) approval: &'a Approval,
    /// By a pseudonym unless names were turned on; `None` where nobody is named.
    pub(crate) by: Option<String>,
}

/// The newest scan of a repository.
#[derive(Debug, Serialize)]
pub(crate) struct Scanned<'a> {
    /// The repository.
    pub(crate) repository: &'a str,
    #[serde(flatten)]
    pub(crate) scans: &'a Scans,
}

impl<'a> Agents<'a> {
    /// What was heard.
    pub(crate) fn of(heard: &'a Heard, reading: &Reading, now: Timestamp) -> Self {
        let mut repositories: Vec<Scanned<'a>> =
            heard.scanned.iter().map(|(repository, scans)| Scanned { repository, scans }).collect();
        // The worst first.
        repositories.sort_by_key(|one| {
            let found = LEVELS.map(|level| std::cmp::Reverse(one.level(level)));
            (found, std::cmp::Reverse(one.scans.newest.drifted), one.repository)
        });
        let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
        for (rule, n) in heard.scanned.values().flat_map(|scans| &scans.newest.rules) {
            *rules.entry(rule).or_default() += n;
        }
        let machines = heard.machines.iter();
        let mut machines: Vec<OnMachine<'a>> =
            machines.map(|(machine, known)| OnMachine { machine, known }).collect();
        // Not by what was found: most machines are somebody's.
        machines.sort_by_key(|one| (std::cmp::Reverse(one.known.last), one.machine));
        let approved = |approval: &'a Approval| Approved {
            approval,
            by: approval.by.as_ref().map(|name| reading.person(name)),
        };
        Self {
            schema: "agents/v1",
            repositories,
            machines,
            rules,
            approvals: heard.approvals.iter().map(approved).collect(),
            decisions: heard.decisions(now - Millis::days(DAYS)),
            policies: &heard.policies,
            objections: heard.objections.iter().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.repositories.is_empty()
            && self.approvals.is_empty()
            && self.policies.is_empty()
            && self.decisions.is_empty()
    }

    pub(crate) fn found(&self, level: &str) -> u64 {
        self.repositories.iter().map(|one| one.level(level)).sum()
    }

    fn drifted(&self) -> usize {
        let is_other = |one: &&Scanned<'_>| one.scans.newest.drifted.is_some_and(|n| n > 0);
        self.repositories.iter().filter(is_other).count()
    }
}

impl Scanned<'_> {
    fn level(&self, level: &str) -> u64 {
        self.scans.newest.levels.get(level).copied().unwrap_or(0)
    }
}

/// What the overview says of agents; `None` where guard told nothing yet.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) async fn summary(app: &App) -> Result<Option<Summary>, Problem> {
    let heard = heard(app).await.map_err(Problem::bug)?;
    let agents = Agents::of(&heard, &app.reading, (app.clock)());
    if agents.is_empty() {
        return Ok(None);
    }
    let urgent = agents.found("block") + agents.found("high");
    let worst = agents.repositories.iter().filter(|one| one.level("block") + one.level("high") > 0);
    let first = worst.take(3).map(|one| {
        let (block, high) = (one.level("block"), one.level("high"));
        let words = format!("{}: {block} to block, {high} high", one.repository);
        (words, "/agents#repositories".to_owned())
    });
    Ok(Some(Summary {
        value: format::count(urgent),
        what: match urgent {
            1 => "finding to mend in what agents have".to_owned(),
            _ => "findings to mend in what agents have".to_owned(),
        },
        first: first.collect(),
    }))
}

/// `GET /agents`
pub(crate) async fn agents(State(app): State<App>, uri: Uri) -> PageResult {
    let (mut shell, _) = alone(&app, "Agents", &uri)?;
    let heard = heard(&app).await.map_err(Problem::bug)?;
    let agents = Agents::of(&heard, &app.reading, (app.clock)());
    shell.notes.extend(heard.gap());
    let sections = match agents.is_empty() {
        // What is there may stand further on.
        true if !shell.notes.is_empty() => Vec::new(),
        true => vec![nothing()],
        false => {
            let all = [repositories, machines, findings, decisions, approvals];
            all.map(|section| section(&agents)).into()
        }
    };
    let sheet = Sheet {
        shell,
        sentence: if agents.is_empty() { String::new() } else { sentence(&agents) },
        headlines: if agents.is_empty() { Vec::new() } else { headlines(&agents) },
        form: None,
        sections,
        more: vec![("/v1/agents".to_owned(), "All of it as JSON")],
    };
    sheet.shown()
}

fn nothing() -> Section {
    Section {
        id: "agents",
        title: "What coding agents have, and what they do",
        lead: "Guard looks at servers, instructions, skills, hooks and permissions of agents, and its \
               hooks judge what an agent wants to do."
            .to_owned(),
        blocks: vec![Block::Missing(Missing {
            what: "Guard has told nothing yet.".to_owned(),
            why: String::new(),
            mend: Some(
                "throughline guard               # in a repository that has a ledger\n\
                 throughline guard install-hooks # so that agents ask before they act"
                    .to_owned(),
            ),
        })],
    }
}

fn sentence(agents: &Agents<'_>) -> String {
    let (block, high) = (agents.found("block"), agents.found("high"));
    let repositories = agents.repositories.len() as u64;
    let found = match (block, high) {
        (0, 0) => "Nothing that should be mended was found".to_owned(),
        (block, high) => {
            format!("{} to block and {} high", format::count(block), format::count(high))
        }
    };
    let drifted = match agents.drifted() {
        0 => String::new(),
        1 => " In one of them something is not as it was when somebody approved it.".to_owned(),
        n => format!(" In {n} of them something is not as it was when somebody approved it."),
    };
    format!(
        "{found}, in the newest scans of {} repositories.{drifted}",
        format::count(repositories)
    )
}

fn headlines(agents: &Agents<'_>) -> Vec<Headline> {
    let headline = |label: &str, value: u64, small: String| Headline {
        label: label.to_owned(),
        value: format::count(value),
        small,
    };
    let item = |what: &str| -> u64 {
        let all = agents.repositories.iter();
        all.filter_map(|one| one.scans.newest.items.get(what)).sum()
    };
    let all = agents.decisions.values().copied().fold(Decisions::default(), Decisions::and);
    let known: u64 = agents.repositories.iter().map(|one| one.scans.newest.known).sum();
    vec![
        headline(
            "findings to mend",
            agents.found("block") + agents.found("high"),
            format!("{} more are allowed or known", format::count(known)),
        ),
        headline(
            "repositories that drifted",
            agents.drifted() as u64,
            "from what was approved".to_owned(),
        ),
        headline(
            "MCP servers",
            item("servers"),
            format!("{} skills", format::count(item("skills"))),
        ),
        headline(
            "decisions of hooks",
            all.all(),
            format!("in {DAYS} days; {} denied, {} asked", all.denied, all.asked),
        ),
    ]
}

fn repositories(agents: &Agents<'_>) -> Section {
    let columns = [
        "repository",
        "#block",
        "#high",
        "#warn",
        "#info",
        "#known",
        "drift",
        "what agents have",
        "clients",
        "scanned",
    ];
    let rows = agents.repositories.iter().take(ROWS).map(|one| {
        let scan = &one.scans.newest;
        let level = |level: &str| count(one.level(level));
        let have: Vec<String> = ITEMS
            .iter()
            .filter_map(|what| Some(format!("{} {what}", format::count(*scan.items.get(*what)?))))
            .collect();
        let have = if have.is_empty() { format::NOTHING.to_owned() } else { have.join(", ") };
        vec![
            text(one.repository),
            level("block"),
            level("high"),
            level("warn"),
            level("info"),
            count(scan.known),
            drift(one.scans),
            prose(have),
            prose(scan.clients.join(", ")),
            moment(one.scans.last),
        ]
    });
    let caption = format!("Newest scans of {} repositories", agents.repositories.len());
    let blocks = match agents.repositories.is_empty() {
        true => vec![Block::Text("No scan was told yet, only decisions of hooks.".to_owned())],
        false => vec![Block::Table(Table::new(caption, &columns).with(rows))],
    };
    Section {
        id: "repositories",
        title: "What agents have, by repository",
        lead:
            "The newest scan of each, the worst first. Known are findings that somebody allowed or \
               that the baseline has."
                .to_owned(),
        blocks,
    }
}

fn machines(agents: &Agents<'_>) -> Section {
    let rows = agents.machines.iter().take(ROWS).map(|one| {
        let newest = || one.known.repositories.values().map(|(_, scan)| scan);
        let level =
            |level: &str| -> u64 { newest().filter_map(|scan| scan.levels.get(level)).sum() };
        let clients: BTreeSet<&str> =
            newest().flat_map(|scan| &scan.clients).map(String::as_str).collect();
        let clients: Vec<&str> = clients.into_iter().collect();
        let drifted: u64 = newest().filter_map(|scan| scan.drifted).sum();
        let names: Vec<&str> = one.known.repositories.keys().map(String::as_str).collect();
        let home = newest().any(|scan| scan.home).then(|| "with a home".to_owned());
        vec![
            text(one.machine).and(home),
            prose(names.join(", ")),
            count(level("block")),
            count(level("high")),
            count(drifted),
            prose(clients.join(", ")),
            moment(one.known.last),
        ]
    });
    let columns = ["machine", "repositories", "#block", "#high", "#drifted", "clients", "scanned"];
    let caption = format!("Newest scans on {} machines", agents.machines.len());
    let blocks = match agents.machines.is_empty() {
        true => vec![Block::Text("No scan told on which machine it ran.".to_owned())],
        false => vec![Block::Table(Table::new(caption, &columns).with(rows))],
    };
    Section {
        id: "machines",
        title: "What agents have, by machine",
        lead: "The newest scan of each repository on it, and of the home of whoever ran it. A machine \
               stands by a pseudonym, the one that was scanned last first."
            .to_owned(),
        blocks,
    }
}

fn drift(scans: &Scans) -> Cell {
    let since = format!("as it is since {}", scans.since.date());
    match (scans.newest.drifted, scans.approved) {
        (Some(0), Some(at)) => prose("as approved").under(format!("approved {}", at.date())),
        (Some(n), _) if n > 0 => prose(format!("{} changed", format::count(n))).under(since),
        _ => prose("nothing approved").under(since),
    }
}

fn findings(agents: &Agents<'_>) -> Section {
    let mut found: Vec<(&str, u64)> = agents.rules.iter().map(|(rule, n)| (*rule, *n)).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let rows = found.iter().take(ROWS).map(|(rule, n)| {
        let doc = rules::all().map(|known| known.doc).find(|doc| doc.id == *rule);
        let (what, fix) = doc.map_or(("", ""), |doc| (doc.summary, doc.fix));
        vec![text(*rule), count(*n), prose(what), prose(fix)]
    });
    let blocks = match found.is_empty() {
        true => vec![Block::Text("The newest scans found nothing new.".to_owned())],
        false => {
            let columns = ["rule", "#new findings", "what it finds", "what to do"];
            vec![Block::Table(Table::new("New findings by rule", &columns).with(rows))]
        }
    };
    Section {
        id: "findings",
        title: "Findings by rule",
        lead:
            "The ledger holds counts alone: what exactly and where, guard says in the repository."
                .to_owned(),
        blocks,
    }
}

fn decisions(agents: &Agents<'_>) -> Section {
    let clients = agents.decisions.iter().map(|(client, decisions)| {
        let Decisions { neutral, noted, asked, denied } = *decisions;
        vec![text(*client), count(neutral), count(noted), count(asked), count(denied)]
    });
    let columns = ["client", "#no objection", "#noted", "#asked", "#denied"];
    let mut blocks = Vec::new();
    if agents.decisions.is_empty() {
        blocks.push(Block::Missing(Missing {
            what: format!("No hook decided anything in the last {DAYS} days."),
            why: String::new(),
            mend: Some("throughline guard install-hooks".to_owned()),
        }));
    } else {
        let caption = format!("Decisions of the last {DAYS} days");
        blocks.push(Block::Table(Table::new(caption, &columns).with(clients)));
    }
    if !agents.policies.is_empty() {
        let mut policies: Vec<(&String, &Count)> = agents.policies.iter().collect();
        policies.sort_by(|a, b| b.1.events.cmp(&a.1.events).then(a.0.cmp(b.0)));
        let rows = policies.iter().take(ROWS).map(|(policy, known)| {
            vec![text(policy.as_str()), count(known.events), text(known.last.date())]
        });
        let columns = ["what objected", "#times", "last"];
        blocks.push(Block::Table(Table::new("What objected", &columns).with(rows)));
    }
    if !agents.objections.is_empty() {
        let rows = agents.objections.iter().take(ROWS).map(|one| objection(one));
        let columns = ["when", "decision", "what the agent wanted", "why", "client"];
        blocks.push(Block::Table(Table::new("The latest objections", &columns).with(rows)));
    }
    Section {
        id: "decisions",
        title: "What hooks decided",
        lead: "What agents wanted to do, as far as somebody objected. No prompt, argument or result is \
               kept."
            .to_owned(),
        blocks,
    }
}

fn objection(one: &Objection) -> Vec<Cell> {
    let effect = match one.decided.verdict.effect {
        Effect::Neutral => "no objection",
        Effect::Note => "noted",
        Effect::Ask => "asked",
        Effect::Deny => "denied",
    };
    let why = one.decided.verdict.reasons.first();
    let why =
        why.map_or_else(|| prose(""), |why| prose(why.text.clone()).under(why.policy.clone()));
    let tainted = one.decided.tainted.then(|| "had read what nobody vouches for".to_owned());
    vec![
        moment(one.at).to(format!("/events/{}", one.position)),
        prose(effect).and(tainted),
        prose(one.decided.what.join(", ")),
        why,
        text(one.decided.client.clone()),
    ]
}

fn approvals(agents: &Agents<'_>) -> Section {
    let rows = agents.approvals.iter().take(ROWS).map(|Approved { approval: one, by }| {
        let items = &one.approved.items;
        let more = items.len().saturating_sub(5);
        let mut shown = items.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            shown = format!("{shown} and {} more", format::count(more as u64));
        }
        let expires = match one.approved.expires.as_str() {
            "" => "holds on",
            day => day,
        };
        vec![
            moment(one.at).to(format!("/events/{}", one.position)),
            text(one.repository.clone()),
            text(by.clone().unwrap_or_else(|| format::NOTHING.to_owned())),
            prose(shown),
            prose(one.approved.reason.clone()),
            text(expires),
        ]
    });
    let columns = ["when", "repository", "by", "what", "reason", "until"];
    let blocks = match agents.approvals.is_empty() {
        true => vec![Block::Missing(Missing {
            what: "Nobody approved anything yet: what is there now can change unseen.".to_owned(),
            why: String::new(),
            mend: Some("throughline guard lock".to_owned()),
        })],
        false => vec![Block::Table(Table::new("The latest approvals", &columns).with(rows))],
    };
    Section { id: "approvals", title: "Approvals", lead: String::new(), blocks }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tl_core::event::Event;
    use tl_core::fact::kind;

    use crate::testing::{Site, now};

    fn event(kind: &str, key: &str, data: Value) -> Event {
        let mut event = Event::new(kind, now(), "guard", key, "repository:<b>api</b>");
        event.data = data;
        event.by("ana")
    }

    #[test]
    fn scans_are_shown_by_machine_and_approvals_with_who_gave_them_by_a_pseudonym() {
        let scan = |machine: &str| {
            json!({
                "levels": {"high": 2}, "clients": ["codex"], "machine": machine, "home": true,
            })
        };
        let events = [
            event(kind::GUARD_SCANNED, "1", scan("machine-1f3a90c2")),
            event(kind::GUARD_SCANNED, "2", scan("anas-laptop")),
            event(kind::GUARD_APPROVED, "3", json!({"items": ["server:mail"]})),
        ];
        let site = Site::new(|_| Err("nothing is measured".to_owned()), &events);
        let page = site.page("/agents");
        for words in ["machine-1f3a90c2", "with a home", "on 1 machines", "server:mail"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(page.contains("person-") || page.contains("somebody"), "{page}");
        let data = site.get("/v1/agents").body;
        for text in [&page, &data] {
            assert!(
                !text.contains("laptop") && !text.contains(">ana<") && !text.contains("\"ana\"")
            );
            assert!(!page.contains("<b>api"));
        }
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["machines"][0]["machine"], "machine-1f3a90c2");
        assert!(data["approvals"][0]["by"].is_string(), "{data}");
    }

    #[test]
    fn where_no_scan_tells_its_machine_the_page_says_so() {
        let scan = event(kind::GUARD_SCANNED, "1", json!({"levels": {"high": 2}}));
        let site = Site::new(|_| Err("nothing is measured".to_owned()), &[scan]);
        assert!(site.page("/agents").contains("No scan told on which machine it ran."));
    }
}
