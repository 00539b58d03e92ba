//! The decision: what the rules and the policy say about what an agent is about to do.
//!
//! In: an event, the ground it happens on, the policy, what is remembered of the session. Out: the data
//! of the event `agent.decided`, with the verdict in it. Start at [`decide`]. **Invariant:** a person's
//! word clears what the session read; nothing that an agent or a tool says does.

use sha2::{Digest as _, Sha256};
use tl_core::fact::AgentDecided;
use tl_core::finding::{Finding, Level, Location, Root};
use tl_core::verdict::{Effect, Reason, Verdict};
use tl_rules::doc::RuleDoc;
use tl_rules::suppress::{Standing, Suppression};

use super::paths::{Ground, Place};
use super::session::Session;
use super::{Action, HookEvent, Moment, configured};
use crate::inventory::Client;
use crate::lock::digest::hex;
use crate::lock::jcs::canonical;
use crate::rules::finding;
use crate::rules::ga::{self, Found, Kind, Scene};
use crate::{limits, scan};

/// Bytes of a tool's answer that are looked at: most of them at its beginning.
const RESULT: usize = 1 << 20;
/// Things that a decision names.
const NAMED: usize = 10;
/// Names of rules that a warning names.
const WARNED: usize = 5;

/// What somebody decided beforehand.
pub struct Policy<'a> {
    /// How strongly a rule objects by `[mode]`; what it is given where that says nothing.
    pub mode: &'a dyn Fn(&RuleDoc, Effect) -> Effect,
    /// What `[[allow]]` of the person's own file allows.
    pub allow: &'a [Suppression],
    /// Whether a host may be reached whatever was read.
    pub vouches: &'a dyn Fn(&str) -> bool,
    /// What the written policy says.
    pub ask: &'a dyn Fn(&Question<'_>) -> Verdict,
}

/// One question to the written policy.
#[derive(Debug)]
pub struct Question<'a> {
    /// What is about to be done.
    pub about: About<'a>,
    /// Whether the session has read what nobody vouches for.
    pub tainted: bool,
    /// Ids of the rules that object.
    pub marks: Vec<String>,
}

/// What a question is about.
#[derive(Debug)]
pub enum About<'a> {
    /// A file is read.
    Read(&'a Place),
    /// A file is written or taken away.
    Write(&'a Place),
    /// Settings or instructions of agents are changed.
    Settings(&'a Place),
    /// A program is run.
    Run {
        /// The command line.
        line: &'a str,
        /// Its words.
        words: Vec<String>,
    },
    /// An address is reached.
    Fetch(&'a str),
    /// A tool of a server is called.
    CallTool {
        /// Name of the server.
        server: &'a str,
        /// Name of the tool.
        tool: &'a str,
        /// `npm:name` or the address of the server, where the lock knows it.
        origin: String,
    },
    /// A package is installed: `npm:name`.
    Install(String),
    /// A person says something.
    Prompt,
}

/// Judges an event, and remembers it. `unlike` says what of the actions is unlike before: see
/// [`crate::behaviour`].
pub fn decide(
    event: &HookEvent,
    ground: &Ground<'_>,
    policy: &Policy<'_>,
    session: &mut Session,
    unlike: &mut dyn FnMut(&[Action], &mut Session) -> Vec<String>,
) -> AgentDecided {
    session.calls = session.calls.saturating_add(1);
    let mut actions: Vec<Action> =
        event.actions.iter().map(|action| named(action, ground)).collect();
    if event.moment == Moment::BeforeAction {
        actions.iter_mut().for_each(|action| reached(action, event.client, ground));
    }
    let mut judge = Judge { policy, ground, verdict: Verdict::default() };
    instructions(event, ground, session);
    match event.moment {
        Moment::Prompt => {
            session.taint.clear();
            quarantine(&mut judge, session);
            let question = Question { about: About::Prompt, tainted: false, marks: Vec::new() };
            judge.ask(&question);
        }
        Moment::BeforeAction => {
            if actions.iter().any(acts) {
                quarantine(&mut judge, session);
            }
            for action in &actions {
                before(&mut judge, session, action);
            }
            for text in unlike(&actions, session) {
                judge.found(&Found {
                    doc: &ga::UNLIKE_BEFORE,
                    effect: None,
                    text,
                    resource: String::new(),
                });
            }
        }
        Moment::AfterAction => after(&mut judge, session, event, &actions),
        Moment::Permission | Moment::InstructionsLoaded | Moment::SessionStart | Moment::Other => {}
    }
    let verdict = judge.verdict;
    let tainted = session.is_tainted();
    let only_call = matches!(event.client, Client::Codex | Client::CopilotCli | Client::Cline);
    for action in &actions {
        let source = match event.moment {
            // Their events after an action are not sure to come.
            Moment::BeforeAction if only_call && verdict.effect < Effect::Deny => {
                untrusted(action, ground)
            }
            Moment::AfterAction => untrusted(action, ground),
            _ => None,
        };
        if let Some(source) = source {
            session.taint(source, None);
        }
        remember(session, action, event.moment, verdict.effect);
    }
    AgentDecided {
        client: super::name(event.client).to_owned(),
        event: event.event.clone(),
        verdict,
        what: actions
            .iter()
            .take(NAMED)
            .flat_map(|action| what(action, ground))
            .take(NAMED)
            .collect(),
        arguments: digest(&actions),
        tainted,
        micros: 0,
    }
}

/// The verdict as it grows.
struct Judge<'a> {
    policy: &'a Policy<'a>,
    ground: &'a Ground<'a>,
    verdict: Verdict,
}

impl Judge<'_> {
    /// Takes what a rule found: by its level, unless `[mode]` or an allowance says otherwise.
    fn found(&mut self, found: &Found) {
        let by_level = match found.doc.level {
            Level::Block => Effect::Deny,
            Level::High => Effect::Ask,
            Level::Warn | Level::Info => Effect::Note,
        };
        let effect = (self.policy.mode)(found.doc, found.effect.unwrap_or(by_level));
        if effect == Effect::Neutral || self.is_allowed(found) {
            return;
        }
        self.verdict.add(Reason {
            effect,
            policy: format!("rule:{}", found.doc.id),
            rule: Some(found.doc.rule()),
            text: format!("{}. {}", capital(&found.text), found.doc.fix),
        });
    }

    fn is_allowed(&self, found: &Found) -> bool {
        if self.policy.allow.is_empty() {
            return false;
        }
        let finding = finding(found.doc, stream(&found.resource), String::new());
        self.policy.allow.iter().any(|allow| {
            allow.standing(self.ground.now) == Standing::Counts
                && allow.matches(&finding, found.doc.name)
        })
    }

    /// Asks the written policy.
    fn ask(&mut self, question: &Question<'_>) {
        for reason in (self.policy.ask)(question).reasons {
            if !self.verdict.reasons.contains(&reason) {
                self.verdict.add(reason);
            }
        }
    }
}

fn stream(path: &str) -> Location {
    Location {
        root: Root::Stream,
        path: path.to_owned(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Copilot joins the name of a server and of its tool by `-`: the longest server that a lock knows.
fn named(action: &Action, ground: &Ground<'_>) -> Action {
    let Action::CallTool { server, tool, arguments, launch } = action else {
        return action.clone();
    };
    if !server.is_empty() || !launch.is_empty() {
        return action.clone();
    }
    let known =
        ground.locks.iter().flat_map(|held| &held.lock.server).map(|server| server.name.as_str());
    let fits = |name: &&str| tool.strip_prefix(*name).is_some_and(|rest| rest.starts_with('-'));
    match known.filter(fits).max_by_key(|name| name.len()) {
        Some(name) => Action::CallTool {
            server: name.to_owned(),
            tool: tool[name.len() + 1..].to_owned(),
            arguments: arguments.clone(),
            launch: String::new(),
        },
        None => action.clone(),
    }
}

/// How the server is reached that a client names and says no more of.
fn reached(action: &mut Action, client: Client, ground: &Ground<'_>) {
    if let Action::CallTool { server, launch, .. } = action
        && launch.is_empty()
    {
        *launch = configured::launch(client, ground, server).unwrap_or_default();
    }
}

/// Whether it does more than look.
const fn acts(action: &Action) -> bool {
    !matches!(action, Action::Read { .. } | Action::Prompt { .. } | Action::Other { .. })
}

/// All that is said before an action.
fn before(judge: &mut Judge<'_>, session: &Session, action: &Action) {
    let scene = Scene::new(judge.ground, session, action);
    let tainted = session.is_tainted();
    let mut found = ga::check(&scene);
    // A question about where something goes is answered by hosts that the policy vouches for.
    let goes = |one: &Found| {
        one.doc.id == "GA002" || one.doc.id == "GA011" && one.effect == Some(Effect::Ask)
    };
    found.retain(|one| !goes(one) || !vouched(judge.policy, &scene));
    found.iter().for_each(|found| judge.found(found));
    let mut marks: Vec<String> = found.iter().map(|found| found.doc.id.to_owned()).collect();
    marks.dedup();
    let mut ask = |about| judge.ask(&Question { about, tainted, marks: marks.clone() });
    for touch in &scene.touches {
        if touch.kind == Kind::Read {
            ask(About::Read(&touch.place));
        } else {
            ask(About::Write(&touch.place));
            if found.iter().any(|one| one.doc.id == "GA004" && one.resource == touch.place.name()) {
                ask(About::Settings(&touch.place));
            }
        }
    }
    match action {
        Action::Run { command, .. } => {
            for step in &scene.steps {
                ask(About::Run { line: command, words: step.command.texts() });
                for (kind, name) in ga::packages(step) {
                    ask(About::Install(format!("{kind}:{}", ga::bare(kind, &name))));
                }
                for word in step.command.words.iter().filter(|word| word.text.contains("://")) {
                    let url =
                        word.text.split_once('=').map_or(word.text.as_str(), |(name, rest)| {
                            if name.contains("://") { word.text.as_str() } else { rest }
                        });
                    ask(About::Fetch(url));
                }
            }
        }
        Action::Fetch { url } => ask(About::Fetch(url)),
        Action::CallTool { server, tool, .. } => {
            let origin = origin(server, judge.ground);
            let about = About::CallTool { server, tool, origin };
            judge.ask(&Question { about, tainted, marks: marks.clone() });
        }
        _ => {}
    }
}

/// Whether every host that is reached is one that the policy vouches for.
fn vouched(policy: &Policy<'_>, scene: &Scene<'_>) -> bool {
    let hosts: Vec<String> = match scene.action {
        Action::Fetch { url } => vec![ga::host_of(url)],
        Action::Run { .. } if scene.unread.is_empty() => {
            let words = scene.steps.iter().flat_map(|step| &step.command.words);
            words
                .filter(|word| word.text.contains("://"))
                .map(|word| ga::host_of(&word.text))
                .collect()
        }
        _ => return false,
    };
    !hosts.is_empty() && hosts.iter().all(|host| (policy.vouches)(host))
}

/// Package or address of a server, as a lock has it.
fn origin(server: &str, ground: &Ground<'_>) -> String {
    let mut entries =
        ground.locks.iter().flat_map(|held| &held.lock.server).filter(|entry| entry.name == server);
    entries.next().map_or_else(String::new, |entry| {
        let address = || entry.launch.iter().find(|word| word.contains("://")).cloned();
        entry.package.clone().or_else(address).unwrap_or_default()
    })
}

/// Instructions that were read, or that the locks name, compared with what was approved.
fn instructions(event: &HookEvent, ground: &Ground<'_>, session: &mut Session) {
    if let Some(path) = &event.instructions {
        let place = ground.place(path, &ground.cwd);
        if let Some((root, below)) = home_of(&place) {
            look(root, &below, ground, session, true);
        }
    }
    if session.checked || event.moment == Moment::Other {
        return;
    }
    session.checked = true;
    for held in ground.locks {
        for file in
            held.lock.file.iter().filter(|file| file.kind == "rule").take(limits::LOCKED_FILES)
        {
            look(held.root, &file.path, ground, session, false);
        }
    }
}

/// Which lock a file belongs to, and its path there.
fn home_of(place: &Place) -> Option<(Root, String)> {
    match &place.written.below {
        Some(below) => Some((Root::Repository, below.clone())),
        None => place.written.shown.strip_prefix("~/").map(|below| (Root::Home, below.to_owned())),
    }
}

/// Quarantines an instruction file that is not as it was approved. `read`: the agent has it; one that
/// the lock does not know counts too, where the lock knows others.
fn look(root: Root, below: &str, ground: &Ground<'_>, session: &mut Session, read: bool) {
    let base =
        if root == Root::Repository { ground.root.as_deref() } else { ground.host.home.as_deref() };
    let Some(path) = base.map(|base| base.join(below)) else { return };
    let small =
        path.metadata().is_ok_and(|data| data.is_file() && data.len() <= limits::WHOLE_FILE);
    let Some(bytes) = small.then(|| std::fs::read(&path).ok()).flatten() else { return };
    let digest = crate::discover::digest(&bytes);
    let locks =
        || ground.locks.iter().filter(|held| held.root == root && !held.lock.file.is_empty());
    let known = locks().any(|held| held.lock.file.iter().any(|file| file.path == below));
    let approved = approves(ground, root, below, &digest);
    if !approved && (known || (read && locks().next().is_some())) {
        session.quarantined.insert(key(root, below), digest);
    }
}

fn key(root: Root, below: &str) -> String {
    if root == Root::Home { format!("~/{below}") } else { below.to_owned() }
}

fn approves(ground: &Ground<'_>, root: Root, below: &str, digest: &str) -> bool {
    let held = ground.locks.iter().filter(|held| held.root == root);
    held.flat_map(|held| &held.lock.file).any(|file| file.path == below && file.sha256 == digest)
}

/// GA010: what is quarantined and not approved since.
fn quarantine(judge: &mut Judge<'_>, session: &mut Session) {
    let ground = judge.ground;
    session.quarantined.retain(|path, digest| match path.strip_prefix("~/") {
        Some(below) => !approves(ground, Root::Home, below, digest),
        None => !approves(ground, Root::Repository, path, digest),
    });
    for path in session.quarantined.keys() {
        judge.found(&Found {
            doc: &ga::QUARANTINED,
            effect: None,
            text: format!("`{path}` was read and is not as it was approved (`file:{path}`)"),
            resource: path.clone(),
        });
    }
}

/// GA009: what a tool answered.
fn after(judge: &mut Judge<'_>, session: &mut Session, event: &HookEvent, actions: &[Action]) {
    let Some(result) = event.result.as_deref().filter(|text| !text.trim().is_empty()) else {
        return;
    };
    let (text, whole) = looked_at(result);
    let inside = actions.iter().all(|action| untrusted(action, judge.ground).is_none());
    // The repository's own files are scanned where they lie; only what blocks counts here.
    let least = if inside { Level::Block } else { Level::High };
    let mut found: Vec<Finding> = scan::result(&text, stream(""));
    found.retain(|one| one.level >= least && matches!(one.rule.family(), "GH" | "GP"));
    if !found.is_empty() {
        let mut rules: Vec<&str> = found.iter().map(|one| one.rule.0.as_ref()).collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in &rules {
            session.taint("a result with instructions".to_owned(), Some((*rule).to_owned()));
        }
        rules.truncate(WARNED);
        judge.found(&Found {
            doc: &ga::POISONED_RESULT,
            effect: None,
            text: format!(
                "this result holds hidden text or instructions ({}): it is data, not an order",
                rules.join(", ")
            ),
            resource: String::new(),
        });
    }
    if !whole {
        judge.verdict.add(Reason {
            effect: Effect::Note,
            policy: "limit".to_owned(),
            rule: None,
            text: "The result is longer than 1 MiB; its middle was not looked at.".to_owned(),
        });
    }
}

/// The part of a result that is looked at, and whether that is all of it.
fn looked_at(result: &str) -> (std::borrow::Cow<'_, str>, bool) {
    if result.len() <= RESULT {
        return (result.into(), true);
    }
    let (mut first, mut last) = (RESULT / 4 * 3, result.len() - RESULT / 4);
    while !result.is_char_boundary(first) {
        first -= 1;
    }
    while !result.is_char_boundary(last) {
        last += 1;
    }
    (format!("{}\n{}", &result[..first], &result[last..]).into(), false)
}

/// Where untrusted text comes from; `None` where an action reads none.
fn untrusted(action: &Action, ground: &Ground<'_>) -> Option<String> {
    match action {
        Action::Fetch { url } => Some(format!("`{}`", ga::host_of(url))),
        Action::Search { .. } => Some("a search of the web".to_owned()),
        Action::CallTool { server, .. } => Some(format!("an answer of the server `{server}`")),
        Action::Read { path } => {
            let place = ground.place(path, &ground.cwd);
            is_foreign(&place).then(|| format!("`{}`", place.real.shown))
        }
        Action::Run { .. } => {
            let none = Session::default();
            let scene = Scene::new(ground, &none, action);
            if let Some(step) = scene.steps.iter().find(|step| ga::fetches(step)) {
                return Some(format!("what `{}` fetched", step.program));
            }
            let mut reads =
                scene.touches.iter().filter(|touch| touch.kind == Kind::Read && !touch.unknown);
            let read = reads.find(|touch| is_foreign(&touch.place) && exists(ground, &touch.place));
            read.map(|touch| format!("`{}`", touch.place.real.shown))
        }
        Action::Write { .. }
        | Action::Delete { .. }
        | Action::Prompt { .. }
        | Action::Other { .. } => None,
    }
}

/// A word of a command line is a file only where there is one.
fn exists(ground: &Ground<'_>, place: &Place) -> bool {
    let path = match (place.real.shown.strip_prefix("~/"), &ground.host.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => place.real.shown.clone().into(),
    };
    path.exists()
}

/// Outside of the work tree, or what others wrote inside of it. The system's own files are nobody else's.
fn is_foreign(place: &Place) -> bool {
    match &place.real.below {
        Some(below) => below.split('/').any(crate::discover::is_dependency),
        None => {
            let shown = place.real.shown.as_str();
            !["/dev/", "/proc/", "/sys/", "/etc/", "/usr/", "/bin/", "/lib"]
                .iter()
                .any(|own| shown.starts_with(own))
        }
    }
}

/// What is kept for later decisions of the session.
fn remember(session: &mut Session, action: &Action, moment: Moment, effect: Effect) {
    // After the fact somebody let it be; before it nobody objected.
    let goes =
        moment == Moment::AfterAction || (moment == Moment::BeforeAction && effect < Effect::Ask);
    if goes && let Action::Fetch { url } = action {
        let host = ga::host_of(url);
        Session::count(&mut session.hosts, &host);
    }
}

/// What an action is, in two words: no argument, no address but its host.
fn what(action: &Action, ground: &Ground<'_>) -> Vec<String> {
    let path =
        |path: &str| ground.place(path, &ground.cwd).name().chars().take(200).collect::<String>();
    let short = |text: &str| text.chars().take(100).collect::<String>();
    match action {
        Action::Read { path: p } => vec![format!("read {}", path(p))],
        Action::Write { path: p, .. } => vec![format!("write {}", path(p))],
        Action::Delete { path: p } => vec![format!("delete {}", path(p))],
        Action::Run { command, .. } => {
            let script = crate::shell::read(command);
            let programs =
                script.commands.iter().map(|command| format!("run {}", short(&command.program())));
            programs.take(NAMED).collect()
        }
        Action::Fetch { url } => vec![format!("fetch {}", short(&ga::host_of(url)))],
        Action::Search { .. } => vec!["search".to_owned()],
        Action::CallTool { server, tool, .. } => {
            vec![format!("call {}/{}", short(server), short(tool))]
        }
        Action::Prompt { .. } => vec!["prompt".to_owned()],
        Action::Other { tool } => vec![format!("use {}", short(tool))],
    }
}

/// Digest of all that is done, with its arguments.
fn digest(actions: &[Action]) -> String {
    let text = serde_json::to_value(actions).as_ref().map(canonical).unwrap_or_default();
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests;
