//! `throughline guard policy test`: what is decided of a request, or of a file of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tl_core::time::Timestamp;
use tl_core::verdict::{Effect, Verdict};
use tl_guard::shell;
use tl_policy::engine::Engine;
use tl_policy::error::PolicyError;
use tl_policy::request::{Request, Verb};

use super::OfArgs;
use crate::context::{Context, Globals};
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files;
use crate::guard_files::policy::{IGNORES_CASE, Places, Policies, written};
use crate::ui::{Ui, visible};

/// Cases beside the policies, in the directory of guard's files.
const CASES: &str = ".throughline/policy/tests.toml";

/// Say what policy decides: of one request, or of a file of cases
///
/// Without a verb, the cases of `.throughline/policy/tests.toml`. A case that is decided otherwise
/// than it expects is exit code 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: throughline guard policy test write .github/workflows/ci.yml --expect deny"
)]
pub(super) struct TestArgs {
    #[command(flatten)]
    of: OfArgs,
    /// What is about to be done: read, write, run, fetch, call-tool, install, change-settings or
    /// prompt
    #[arg(value_name = "VERB", value_parser = verb)]
    verb: Option<Verb>,
    /// To what: a path, a command line, a host or URL, SERVER/TOOL, `npm:NAME`
    ///
    /// A command may also be words behind `--`.
    #[arg(value_name = "RESOURCE")]
    resource: Vec<String>,
    /// File of cases; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "verb")]
    cases: Vec<PathBuf>,
    /// What has to be decided
    #[arg(long, value_name = "EFFECT", requires = "verb")]
    expect: Option<Expected>,
    /// Agent that asks
    #[arg(long, value_name = "NAME", default_value = "", requires = "verb")]
    agent: String,
    /// Client that runs it, such as `claude-code`
    #[arg(long, value_name = "NAME", default_value = "", requires = "verb")]
    client: String,
    /// Role that it was given
    #[arg(long, value_name = "NAME", default_value = "", requires = "verb")]
    role: String,
    /// What the server is, such as `npm:@acme/server` or its address
    #[arg(long, value_name = "ORIGIN", default_value = "", requires = "verb")]
    origin: String,
    /// What is known of the resource, such as `unapproved`; may be repeated
    #[arg(long = "mark", value_name = "MARK", requires = "verb")]
    marks: Vec<String>,
    /// The session has read what nobody vouches for
    #[arg(long, requires = "verb")]
    tainted: bool,
    /// Day on which it is asked (default: today)
    #[arg(long, value_name = "DAY", requires = "verb")]
    on: Option<String>,
    /// Print JSON (`guard-policy-test/v1`)
    #[arg(long)]
    pub(super) json: bool,
}

/// A verdict that is expected.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Expected {
    /// No objection
    Neutral,
    /// Written down
    Note,
    /// A person is asked
    Ask,
    /// Denied
    Deny,
}

impl From<Expected> for Effect {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Neutral => Self::Neutral,
            Expected::Note => Self::Note,
            Expected::Ask => Self::Ask,
            Expected::Deny => Self::Deny,
        }
    }
}

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// One request, in the words of the command line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is tried, for people.
    #[serde(default)]
    name: String,
    verb: Verb,
    #[serde(default)]
    resource: String,
    expect: Option<Effect>,
    /// A policy that has to be among those that object.
    policy: Option<String>,
    #[serde(default)]
    agent: String,
    #[serde(default)]
    client: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    marks: Vec<String>,
    #[serde(default)]
    tainted: bool,
    on: Option<String>,
}

/// What became of a case.
#[derive(Debug, Serialize)]
struct Tried {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<Effect>,
    ok: bool,
    verdict: Verdict,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    cases: &'a [Tried],
}

fn verb(text: &str) -> Result<Verb, String> {
    let known = Verb::ALL.map(Verb::word);
    Verb::ALL
        .into_iter()
        .find(|verb| verb.word() == text)
        .ok_or_else(|| format!("known are {}", known.join(", ")))
}

pub(super) fn cmd_test(ui: &mut Ui, globals: &Globals, args: &TestArgs) -> CmdResult {
    let cx = Context::load(ui, globals, None)?;
    let (places, Policies { engine, .. }) = super::read(ui, globals, &args.of)?;
    let (cases, one) = match args.verb {
        Some(verb) => (vec![typed(args, verb)?], true),
        None => (all_cases(&places, &args.cases)?, false),
    };
    let mut tried = Vec::new();
    for case in cases {
        tried.push(decided(&engine, &places, case, cx.now)?);
    }
    let failed = tried.iter().filter(|case| !case.ok).count();
    if args.json {
        ui.print_json(&Document { schema: "guard-policy-test/v1", cases: &tried })?;
    } else {
        let mut text = String::new();
        for case in &tried {
            shown(case, one, &mut text);
        }
        if !one {
            let _infallible = writeln!(text, "{} passed, {failed} failed", tried.len() - failed);
        }
        ui.print(&text)?;
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::No })
}

/// The request of the command line.
fn typed(args: &TestArgs, verb: Verb) -> Result<Case, CommandError> {
    if verb != Verb::Run && args.resource.len() > 1 {
        let what = format!("`{}` has one resource, not {}", verb.word(), args.resource.len());
        return Err(CommandError::usage(what).hint("put quotes around it"));
    }
    // Several words are those of one command, whatever is in them.
    let resource = match args.resource.as_slice() {
        [one] => one.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    };
    Ok(Case {
        name: format!("{} {resource}", verb.word()),
        verb,
        resource,
        expect: args.expect.map(Effect::from),
        policy: None,
        agent: args.agent.clone(),
        client: args.client.clone(),
        role: args.role.clone(),
        origin: args.origin.clone(),
        marks: args.marks.clone(),
        tainted: args.tainted,
        on: args.on.clone(),
    })
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn all_cases(places: &Places, named: &[PathBuf]) -> Result<Vec<Case>, CommandError> {
    let own = places.repository.as_ref().map(|root| root.join(CASES));
    let paths = if named.is_empty() { own.as_slice() } else { named };
    let mut cases = Vec::new();
    for path in paths {
        let Some(text) = guard_files::read(path)? else {
            return Err(CommandError::usage(format!("there is no file `{}`", path.display()))
                .hint("name a request (`guard policy test write README.md`), or a file of cases with `--cases`"));
        };
        let read: Cases = toml::from_str(&text).map_err(|err| {
            let err = PolicyError::in_toml(&text, &err);
            CommandError::usage(format!("`{}` cannot be read: {err}", path.display()))
                .hint("what a case is made of is in docs/guard-policy.md")
        })?;
        for (n, mut case) in read.case.into_iter().enumerate() {
            if case.expect.is_none() {
                let what = format!("case {} of `{}` expects nothing", n + 1, path.display());
                return Err(CommandError::usage(what)
                    .hint("add `expect = \"deny\"`, `\"ask\"`, `\"note\"` or `\"neutral\"`"));
            }
            if case.name.is_empty() {
                case.name = format!("{} {}", case.verb.word(), case.resource);
            }
            cases.push(case);
        }
    }
    Ok(cases)
}

fn decided(
    engine: &Engine,
    places: &Places,
    case: Case,
    now: Timestamp,
) -> Result<Tried, CommandError> {
    let mut verdict = Verdict::default();
    for request in requests(places, &case, now)? {
        for reason in engine.decide(&request).reasons {
            if !verdict.reasons.contains(&reason) {
                verdict.add(reason);
            }
        }
    }
    let named = case.policy.as_ref().is_none_or(|policy| {
        verdict.reasons.iter().any(|reason| {
            let without_file = reason.policy.split_once(':').map(|(_, name)| name);
            [Some(reason.policy.as_str()), without_file].into_iter().flatten().any(|name| {
                name.strip_prefix(policy.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
            })
        })
    });
    let ok = named && case.expect.is_none_or(|expected| expected == verdict.effect);
    Ok(Tried { name: case.name, expect: case.expect, ok, verdict })
}

/// What the hook would ask about: each program of a command line, and all else as one.
fn requests(places: &Places, case: &Case, now: Timestamp) -> Result<Vec<Request>, CommandError> {
    let today = match &case.on {
        None => now.day(),
        Some(day) => Timestamp::parse(&format!("{day}T00:00:00Z"))
            .map_err(|_| CommandError::usage(format!("`{day}` is no day such as 2027-01-31")))?
            .day(),
    };
    let request = Request {
        agent: case.agent.clone(),
        client: case.client.clone(),
        role: case.role.clone(),
        origin: case.origin.clone(),
        marks: case.marks.clone(),
        tainted: case.tainted,
        interactive: true,
        today,
        ..Request::new(case.verb, case.resource.clone())
    };
    Ok(match case.verb {
        Verb::Read | Verb::Write | Verb::ChangeSettings => {
            let (resource, below) = place(places, &case.resource);
            vec![Request { resource, below, ..request }]
        }
        Verb::Run => {
            let script = shell::read(&case.resource);
            let each = script
                .commands
                .iter()
                .map(|command| Request { words: command.texts(), ..request.clone() });
            each.collect()
        }
        Verb::CallTool => {
            let Some((server, tool)) = case.resource.split_once('/') else {
                let what = format!("`{}` is no tool of a server", case.resource);
                return Err(CommandError::usage(what).hint("a tool is named SERVER/TOOL"));
            };
            let (server, resource) = (server.to_owned(), tool.to_owned());
            vec![Request { server, resource, ..request }]
        }
        Verb::Fetch | Verb::Install | Verb::Prompt => vec![request],
    })
}

/// A path as the hook would name it, and the same below the repository's root. What is relative is
/// meant from that root.
fn place(places: &Places, path: &str) -> (String, Option<String>) {
    let root = places.repository.as_deref().map(|root| written(root, places.home.as_deref()));
    let root = root.unwrap_or_default();
    let path = if IGNORES_CASE { path.to_lowercase() } else { path.to_owned() };
    let absolute = path.starts_with('/') || path == "~" || path.starts_with("~/");
    let whole = match (absolute, Path::new(&path).is_absolute()) {
        (_, true) => written(Path::new(&path), places.home.as_deref()),
        (true, false) => path,
        (false, false) => format!("{root}/{path}"),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in whole.split('/') {
        match name {
            "." => {}
            "" if !names.is_empty() => {}
            ".." if names.len() > 1 => drop(names.pop()),
            ".." => {}
            name => names.push(name),
        }
    }
    let whole = names.join("/");
    let below = whole.strip_prefix(&root).and_then(|rest| match rest {
        "" => Some(String::new()),
        rest => rest.strip_prefix('/').map(str::to_owned),
    });
    (whole, below)
}

fn shown(case: &Tried, one: bool, text: &mut String) {
    let word = |effect: Effect| format!("{effect:?}").to_lowercase();
    let found = word(case.verdict.effect);
    let _infallible = match (one, case.ok, case.expect) {
        (true, true, _) | (true, false, None) => writeln!(text, "{found}"),
        (true, false, Some(expected)) => writeln!(text, "{found}, expected {}", word(expected)),
        (false, true, _) => writeln!(text, "ok    {}", visible(&case.name)),
        (false, false, expected) => {
            let expected = expected.map(word).unwrap_or_default();
            let name = visible(&case.name);
            let other = if expected == found { ", but of another policy" } else { "" };
            writeln!(text, "FAIL  {name}: {found}, expected {expected}{other}")
        }
    };
    if one || !case.ok {
        for reason in &case.verdict.reasons {
            let _infallible = writeln!(
                text,
                "      {} {}: {}",
                word(reason.effect),
                visible(&reason.policy),
                visible(&reason.text)
            );
        }
    }
}
