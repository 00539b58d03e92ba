//! `throughline hook CLIENT [EVENT]`: answers the hook of a coding agent.
//!
//! In: one JSON document on standard input. Out: the client's answer, a line in the ledger's inbox, and
//! what is remembered of the session. Start at [`run`]. **Invariants:** this command is told apart before
//! anything else is done, so that nothing slow starts and no other part of the program can speak; and
//! whatever goes wrong (input, policy, lock, disk, time, a panic) is answered with `on_error`, never with
//! silence.

mod watch;

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread;

use tl_core::event::Event;
use tl_core::fact::{AgentDecided, kind};
use tl_core::finding::Root;
use tl_core::time::Timestamp;
use tl_core::verdict::{Effect, Reason, Verdict};
use tl_exec::git::Repository;
use tl_guard::behaviour::Baseline;
use tl_guard::hook::decide::{self, About, Policy, Question};
use tl_guard::hook::paths::{Ground, Held, Place, work_tree};
use tl_guard::hook::session::{self, Kept, Session, stem};
use tl_guard::hook::{self, Action, Answer, HookEvent, Moment};
use tl_guard::inventory::Client;
use tl_guard::lock::file;
use tl_guard::scan;
use tl_ledger::Ledger;
use tl_ledger::append::AppendError;
use tl_policy::file::{AskFallback, PolicyFile};
use tl_policy::request::{Request, Verb};
use tl_rules::suppress::Suppression;

use self::watch::{Undecided, Watch, watched};
use crate::clock;
use crate::config::env::{TL_LEDGER, TL_NOW, Variables};
use crate::context::Globals;
use crate::error::CommandError;
use crate::guard_files::policy::{IGNORES_CASE, Places, Policies};
use crate::guard_files::{self, GuardFiles};
use crate::ui::Ui;

const USAGE: &str = "usage: throughline hook CLIENT [EVENT] [--unattended] < DOCUMENT\n\
    CLIENT: claude-code, codex, cursor, gemini, copilot, windsurf, cline\n\
    `throughline guard install-hooks CLIENT` installs it.\n";

/// What was asked for.
#[derive(Debug, Clone)]
struct Call {
    client: Client,
    event: Option<String>,
    /// Nobody is there who could be asked.
    unattended: bool,
}

/// Answers, if this is what the arguments ask for; returns the exit code.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> Option<u8> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != "hook" {
        return None;
    }
    scan::take_small_pages();
    // Of a panic the answer tells; its own text could be taken for one.
    panic::set_hook(Box::new(|_| {}));
    let Some(call) = call(args) else {
        let _nobody_reads = io::stderr().write_all(USAGE.as_bytes());
        return Some(2);
    };
    let own = call.clone();
    let late = move |undecided| leave(object(&own, &undecided));
    Some(match watched(|watch| decided(&call, watch), late) {
        Some(Ok(answer)) => say(&answer),
        Some(Err(undecided)) => object(&call, &undecided),
        // The clock has answered, and ends this process when that is written down.
        None => loop {
            thread::park();
        },
    })
}

fn call(args: impl Iterator<Item = OsString>) -> Option<Call> {
    let mut words = Vec::new();
    let mut unattended = false;
    for arg in args {
        let text = arg.into_string().ok()?;
        match text.as_str() {
            "--unattended" => unattended = true,
            _ if text.starts_with('-') => return None,
            _ => words.push(text),
        }
    }
    let mut words = words.into_iter();
    let client = hook::client(&words.next()?)?;
    let event = words.next();
    words.next().is_none().then_some(Call { client, event, unattended })
}

/// Writes the answer; one that cannot be written stops by its exit code.
fn say(answer: &Answer) -> u8 {
    let mut out = io::stdout().lock();
    let written = out.write_all(answer.stdout.as_bytes()).and_then(|()| out.flush());
    let _nobody_reads = io::stderr().write_all(answer.stderr.as_bytes());
    if written.is_err() { 2 } else { answer.code }
}

/// Says that nothing was decided, and writes it down; returns the exit code.
fn object(call: &Call, undecided: &Undecided) -> u8 {
    let code = say(&objection(call, undecided));
    record_broken(call, &undecided.why);
    code
}

/// The answer where nothing was decided.
fn objection(call: &Call, undecided: &Undecided) -> Answer {
    let Undecided { why, on_error } = undecided;
    let effect = if call.unattended { unattended(*on_error) } else { *on_error };
    hook::broken(call.client, call.event.as_deref(), why, effect)
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "what decides may hang for ever, and the client waits for the end"
)]
fn leave(code: u8) {
    std::process::exit(code.into());
}

/// Reads, decides, writes down: all that may fail.
fn decided(call: &Call, watch: &Watch) -> Result<Answer, String> {
    let mut stdin = Vec::new();
    let read = io::stdin().lock().take(hook::LARGEST as u64 + 1).read_to_end(&mut stdin);
    watch.document_is_read();
    read.map_err(|err| format!("the client's document cannot be read: {err}"))?;
    judged(call, &stdin, &|effect| watch.on_error(effect))
}

/// The files that a decision reads.
struct Files {
    files: GuardFiles,
    /// The work tree, or the session's directory where there is none.
    tree: PathBuf,
    policies: Policies,
    locks: Vec<Held>,
    allow: Vec<Suppression>,
    /// Patterns of hosts that the person or the administrator vouches for.
    hosts: Vec<String>,
    now: Timestamp,
}

/// The answer to a document, or why there is none.
fn judged(call: &Call, stdin: &[u8], on_error: &dyn Fn(Effect)) -> Result<Answer, String> {
    let started = watch::now();
    let event =
        hook::parse(call.client, call.event.as_deref(), stdin).map_err(|err| err.to_string())?;
    let variables = Variables::read();
    let cwd = directory(&event);
    let root = work_tree(&cwd);
    let files = Files::read(&variables, root.as_deref().unwrap_or(&cwd), on_error)?;
    let program = std::env::current_exe().unwrap_or_default();
    let ground = Ground {
        host: &files.files.host,
        root: root.clone(),
        cwd,
        locks: &files.locks,
        program: &program,
        now: files.now,
    };
    let state =
        state(&variables).ok_or("there is no home in which a session could be remembered")?;
    let stem = stem(hook::name(event.client), &event.session);
    let mut kept = Kept::open(&state.join("sessions"), &stem, files.now);
    let policy = &files.policies.policy;
    let rights = Policy {
        mode: &|doc, usual| policy.mode(doc.id, usual),
        allow: &files.allow,
        vouches: &|host| files.hosts.iter().any(|pattern| is_host_of(pattern, host)),
        ask: &|question| files.policies.engine.decide(&request(question, &event, call, files.now)),
    };
    let habits = state.join("behaviour");
    let who = session::stem(hook::name(event.client), &files.tree.to_string_lossy());
    // What is usual is no ground for an objection: where it cannot be read, nothing is unlike it.
    let habits = session::Remembered::open(&habits, &who).ok();
    let mut baseline: Baseline =
        habits.as_ref().and_then(|file| file.read().ok()?).unwrap_or_default();
    let mut unlike = |actions: &[Action], session: &mut Session| {
        baseline.note(actions, (&stem[..16], session), &ground, files.now)
    };
    let mut decided = decide::decide(&event, &ground, &rights, &mut kept.session, &mut unlike);
    if event.moment == Moment::BeforeAction {
        let _nothing_is_lost_but_a_count = habits.map(|file| file.save(&baseline));
    }
    decided.micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let troubles = [
        kept.trouble.clone(),
        kept.save().err().map(|err| format!("this session cannot be remembered: {err}")),
        record(&variables, root.as_deref(), &state, &event, &stem, &decided, files.now).err(),
    ];
    let mut verdict = decided.verdict;
    for trouble in troubles.into_iter().flatten() {
        verdict.add(Reason {
            effect: policy.on_error().effect(),
            policy: "internal".to_owned(),
            rule: None,
            text: format!("{trouble}."),
        });
    }
    let fallback = match policy.ask_fallback() {
        AskFallback::Neutral => Effect::Neutral,
        AskFallback::Deny => Effect::Deny,
    };
    Ok(hook::answer(&event, &asked(verdict, call.unattended, fallback), fallback))
}

/// Where nobody is there, a question is what `ask_fallback` says.
fn asked(mut verdict: Verdict, nobody: bool, fallback: Effect) -> Verdict {
    if nobody {
        for reason in verdict.reasons.iter_mut().filter(|reason| reason.effect == Effect::Ask) {
            reason.effect = fallback;
        }
        verdict.effect =
            verdict.reasons.iter().map(|reason| reason.effect).max().unwrap_or_default();
    }
    verdict
}

fn unattended(effect: Effect) -> Effect {
    if effect == Effect::Ask { Effect::Deny } else { effect }
}

/// The session's directory; that of this process where the client does not tell it.
fn directory(event: &HookEvent) -> PathBuf {
    let told = PathBuf::from(&event.cwd);
    let here = || std::env::current_dir().unwrap_or_default();
    let cwd = if told.is_absolute() { told } else { here().join(told) };
    cwd.canonicalize().unwrap_or(cwd)
}

impl Files {
    fn read(variables: &Variables, tree: &Path, on_error: &dyn Fn(Effect)) -> Result<Self, String> {
        let now = clock::now(variables.text(TL_NOW).as_deref()).map_err(|err| err.to_string())?;
        let mut files = GuardFiles::of_tree(variables, tree.to_owned(), None);
        // Files that were looked up are compared with it.
        let home = files.host.home.as_deref().and_then(|home| home.canonicalize().ok());
        files.host.home = home.or(files.host.home);
        let places = files.places();
        let policies = match Policies::read(&places) {
            Ok(policies) => policies,
            Err(err) => {
                on_error(without_repository(&places));
                return Err(err.line());
            }
        };
        on_error(policies.policy.on_error().effect());
        let mut locks = Vec::new();
        for (whose, root) in [
            (guard_files::Whose::Repository, Root::Repository),
            (guard_files::Whose::User, Root::Home),
        ] {
            let Some(path) = files.lock(whose) else { continue };
            let Some(text) = guard_files::read(&path).map_err(|err| err.line())? else { continue };
            let lock = file::read(&text).map_err(|err| format!("`{}`: {err}", path.display()))?;
            locks.push(Held { root, lock });
        }
        let hosts = hosts(&places)?;
        let allow = files.allowed(guard_files::Whose::User).map_err(|err| err.line())?;
        Ok(Self { files, tree: tree.to_owned(), policies, locks, allow, hosts, now })
    }
}

/// `[hosts].allow` of the files that can loosen.
fn hosts(places: &Places) -> Result<Vec<String>, String> {
    let user = places.user.as_ref().map(|directory| directory.join("guard.toml"));
    let mut hosts = Vec::new();
    for path in [places.managed.clone(), user].into_iter().flatten() {
        let Some(text) = guard_files::read(&path).map_err(|err| err.line())? else { continue };
        let file = PolicyFile::read(&text).map_err(|err| err.to_string())?;
        hosts.extend(file.hosts.allow.iter().map(|pattern| pattern.get_ref().clone()));
    }
    Ok(hosts)
}

/// Whether a host is one of a pattern's: itself, or below `*.`.
fn is_host_of(pattern: &str, host: &str) -> bool {
    let Some(host) = tl_policy::host::canonical(host) else { return false };
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            host.strip_suffix(&parent.to_ascii_lowercase()).is_some_and(|sub| sub.ends_with('.'))
        }
        None => tl_policy::host::canonical(pattern).is_some_and(|pattern| pattern == host),
    }
}

/// `on_error` of the files that can be read, those of whoever has more say.
fn without_repository(places: &Places) -> Effect {
    let person = Places { repository: None, ..places.clone() };
    let administrator = Places { user: None, ..person.clone() };
    [person, administrator]
        .iter()
        .find_map(|places| Policies::read(places).ok())
        .map_or(Effect::Ask, |policies| policies.policy.on_error().effect().max(Effect::Ask))
}

/// A question in the words of the policy.
fn request(question: &Question<'_>, event: &HookEvent, call: &Call, now: Timestamp) -> Request {
    let of_place = |verb, place: &Place| {
        let mut request = Request::new(verb, folded(&place.real.shown));
        request.below = place.real.below.as_deref().map(folded);
        request
    };
    let mut request = match &question.about {
        About::Read(place) => of_place(Verb::Read, place),
        About::Write(place) => of_place(Verb::Write, place),
        About::Settings(place) => of_place(Verb::ChangeSettings, place),
        About::Run { line, words } => {
            Request { words: words.clone(), ..Request::new(Verb::Run, *line) }
        }
        About::Fetch(url) => Request::new(Verb::Fetch, *url),
        About::CallTool { server, tool, origin } => Request {
            server: (*server).to_owned(),
            origin: origin.clone(),
            ..Request::new(Verb::CallTool, *tool)
        },
        About::Install(package) => Request::new(Verb::Install, package.clone()),
        About::Prompt => Request::new(Verb::Prompt, ""),
    };
    hook::name(event.client).clone_into(&mut request.client);
    request.agent.clone_from(&request.client);
    request.tainted = question.tainted;
    request.interactive = !call.unattended;
    request.marks.clone_from(&question.marks);
    request.today = now.day();
    request
}

/// As policies compare names of files.
fn folded(path: &str) -> String {
    if IGNORES_CASE { path.to_lowercase() } else { path.to_owned() }
}

/// Where this program remembers things of the user's machine.
fn state(variables: &Variables) -> Option<PathBuf> {
    let named =
        variables.text("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home =
        || variables.text("HOME").or_else(|| variables.text("USERPROFILE")).map(PathBuf::from);
    let base = named.or_else(|| home().map(|home| home.join(".local/state")))?;
    Some(base.join("throughline").join("guard"))
}

/// Takes what hooks have left into a ledger: from the inbox beside it, and from the user's own for this
/// work tree. A ledger that cannot be written is read as it is.
pub(crate) async fn take(
    ui: &mut Ui,
    globals: &Globals,
    here: Option<&Repository>,
    ledger: &Ledger,
) -> Result<(), CommandError> {
    let root = here.and_then(Repository::work_dir).and_then(|root| root.canonicalize().ok());
    let beside = ledger.path().map(tl_ledger::inbox::beside);
    let own = state(&globals.variables).map(|state| own_inbox(&state, root.as_deref()));
    for inbox in [beside, own].into_iter().flatten() {
        match ledger.take_inbox(&inbox, &[kind::AGENT_DECIDED]).await {
            Ok(taken) if taken.left_out + taken.unreadable > 0 => ui.warn(format!(
                "`{}`: {} lines and {} files are not of a hook and were left out",
                inbox.display(),
                taken.left_out,
                taken.unreadable
            )),
            Ok(_) => {}
            Err(AppendError::Store { source, .. }) => {
                ui.note(format!("what hooks have left is not taken in: {source}"));
            }
            Err(err) => return Err(CommandError::environment(err)),
        }
    }
    Ok(())
}

fn own_inbox(state: &Path, root: Option<&Path>) -> PathBuf {
    let name = root.map(|root| root.to_string_lossy().into_owned()).unwrap_or_default();
    state.join("inbox").join(stem("", &name))
}

/// Writes the decision down.
fn record(
    variables: &Variables,
    root: Option<&Path>,
    state: &Path,
    event: &HookEvent,
    stem: &str,
    decided: &AgentDecided,
    now: Timestamp,
) -> Result<(), String> {
    if event.moment == Moment::Other {
        return Ok(());
    }
    let call = event.call.as_deref().map(|call| call.chars().take(100).collect::<String>());
    // Two hooks of one call are one decision; without a call each is its own.
    let key = match call {
        Some(call) => {
            format!("agent/{}/{call}/{:?}/{}", &stem[..16], event.moment, &decided.arguments[..16])
        }
        None => format!(
            "agent/{}/{}/{}/{}",
            &stem[..16],
            event.event,
            now.as_millis(),
            std::process::id()
        ),
    };
    let subject = format!("session:{}", &stem[..16]);
    let made = Event::new(kind::AGENT_DECIDED, now, "throughline", &key, &subject).with(decided);
    keep(variables, root, state, stem, &made)
}

/// Into the inbox beside the ledger, or into the user's own where that cannot be written.
fn keep(
    variables: &Variables,
    root: Option<&Path>,
    state: &Path,
    stem: &str,
    event: &Event,
) -> Result<(), String> {
    let own = own_inbox(state, root);
    let beside = match variables.text(TL_LEDGER).as_deref() {
        Some("none") => return Ok(()),
        Some(url) if url.contains("://") => None,
        Some(path) => Some(tl_ledger::inbox::beside(Path::new(path))),
        None => root.and_then(beside_ledger),
    };
    if beside.is_some_and(|inbox| tl_ledger::inbox::put(&inbox, stem, event).is_ok()) {
        return Ok(());
    }
    tl_ledger::inbox::put(&own, stem, event)
        .map_err(|err| format!("this decision cannot be written down: {err}"))
}

/// The inbox of a work tree that has a directory for this program; hidden from git like the ledger.
fn beside_ledger(root: &Path) -> Option<PathBuf> {
    let directory = root.join(".throughline");
    if !directory.is_dir() || directory.is_symlink() {
        return None;
    }
    let ledger = tl_ledger::directory::prepare_directory(&directory).ok()?;
    Some(tl_ledger::inbox::beside(&ledger))
}

/// Writes down that nothing could be decided, as far as that is possible.
fn record_broken(call: &Call, why: &str) {
    let variables = Variables::read();
    let Ok(now) = clock::now(variables.text(TL_NOW).as_deref()) else { return };
    let Some(state) = state(&variables) else { return };
    let mut verdict = Verdict::default();
    verdict.add(Reason {
        effect: Effect::Ask,
        policy: "internal".to_owned(),
        rule: None,
        text: why.chars().take(500).collect(),
    });
    let decided = AgentDecided {
        client: hook::name(call.client).to_owned(),
        event: call.event.clone().unwrap_or_default(),
        verdict,
        ..AgentDecided::default()
    };
    let stem = stem(&decided.client, "");
    let key = format!("agent/broken/{}/{}", now.as_millis(), std::process::id());
    let event =
        Event::new(kind::AGENT_DECIDED, now, "throughline", &key, "session:unknown").with(&decided);
    let root = std::env::current_dir().ok().and_then(|cwd| work_tree(&cwd));
    let _answered_all_the_same = keep(&variables, root.as_deref(), &state, &stem, &event);
}

#[cfg(test)]
mod tests;
