//! Hooks: what a coding agent is about to do, as its client tells it, and the answer in the form that
//! the client understands.
//!
//! In: one JSON document of a client. Out: a [`HookEvent`], a verdict about it ([`decide`]), and an
//! [`Answer`]. Start at [`parse`], then [`decide::decide`], [`answer`] and [`broken`]. One file per
//! client. **Invariant:** the answer is never "allow": a client's own question to its person is never
//! taken away; and what cannot be decided is answered with an objection, never with silence.

mod actions;
mod claude;
mod cline;
mod codex;
mod configured;
mod copilot;
mod cursor;
pub mod decide;
mod gemini;
pub mod install;
pub mod paths;
pub mod session;
mod windsurf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tl_core::verdict::{Effect, Verdict};

use crate::inventory::Client;
use crate::parse::{Limits, json};

/// Largest document of a client that is read, in bytes.
pub const LARGEST: usize = 16 << 20;

/// Clients with hooks, by the name that `throughline hook` takes.
pub const CLIENTS: &[(&str, Client)] = &[
    ("claude-code", Client::ClaudeCode),
    ("codex", Client::Codex),
    ("cursor", Client::Cursor),
    ("gemini", Client::Gemini),
    ("copilot", Client::CopilotCli),
    ("windsurf", Client::Windsurf),
    ("cline", Client::Cline),
];

/// The client of a name.
pub fn client(name: &str) -> Option<Client> {
    CLIENTS.iter().find(|(known, _)| *known == name).map(|(_, client)| *client)
}

/// Name of a client with hooks; empty of any other.
pub fn name(client: Client) -> &'static str {
    CLIENTS.iter().find(|(_, known)| *known == client).map_or("", |(name, _)| name)
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Before a tool runs: it can be kept from running.
    BeforeAction,
    /// A tool has run: its result is there.
    AfterAction,
    /// A person wrote something.
    Prompt,
    /// The client asks its person.
    Permission,
    /// Instructions were read.
    InstructionsLoaded,
    /// A session begins, or goes on.
    SessionStart,
    /// Anything else.
    Other,
}

/// What an agent is about to do, or did. Paths and commands are as the client tells them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// A file or a directory is read.
    Read {
        /// which
        path: String,
    },
    /// A file is written or changed.
    Write {
        /// which
        path: String,
        /// the new text, as far as the client tells it
        added: String,
    },
    /// A file is taken away.
    Delete {
        /// which
        path: String,
    },
    /// A command line is run.
    Run {
        /// as a shell takes it
        command: String,
        /// where; empty: the directory of the session
        cwd: String,
    },
    /// An address is read.
    Fetch {
        /// which
        url: String,
    },
    /// The web is searched.
    Search {
        /// for what
        query: String,
    },
    /// A tool of an MCP server is called.
    CallTool {
        /// Name of the server; empty where the client does not tell it.
        server: String,
        /// Name of the tool.
        tool: String,
        /// What it is called with.
        arguments: Value,
        /// Address or command of the server, where the client tells it.
        launch: String,
    },
    /// A person says something to the agent.
    Prompt {
        /// what
        text: String,
    },
    /// A tool that is none of these.
    Other {
        /// its name
        tool: String,
    },
}

/// What a client told.
#[derive(Debug, Clone, PartialEq)]
pub struct HookEvent {
    /// Which client.
    pub client: Client,
    /// What it means.
    pub moment: Moment,
    /// Name of the event, as the client writes it.
    pub event: String,
    /// Of the conversation; empty where there is none.
    pub session: String,
    /// Of the call of a tool, where the client tells it.
    pub call: Option<String>,
    /// Directory of the session; empty where there is none.
    pub cwd: String,
    /// How the client asks its person, in its words.
    pub mode: Option<String>,
    /// What is done. One call may be several: a patch of three files.
    pub actions: Vec<Action>,
    /// What a tool answered.
    pub result: Option<String>,
    /// File of instructions that was read.
    pub instructions: Option<String>,
    /// The client wrote its keys with `_` where it could do otherwise (Copilot).
    pub snake_case: bool,
}

/// What goes back to the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// One JSON document with a line break, or nothing.
    pub stdout: String,
    /// The reason, where the client takes it from there.
    pub stderr: String,
    /// Exit code.
    pub code: u8,
}

/// Why what a client wrote cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// More bytes than [`LARGEST`].
    #[error("the client's document is larger than 16 MiB")]
    TooLarge,
    /// Not UTF-8.
    #[error("the client's document is not UTF-8")]
    NotText,
    /// Not JSON.
    #[error("the client's document cannot be read: {0}")]
    Syntax(#[from] crate::parse::ParseError),
    /// A key is there twice: the client may take the other one.
    #[error("the client's document has `{0}` twice")]
    Twice(String),
    /// What is needed to decide is not there.
    #[error("the client's document has no `{0}`")]
    Missing(&'static str),
    /// An event that may be about an action, and that this program does not know.
    #[error("the event `{0}` is not known")]
    Unknown(String),
}

/// Reads what a client wrote. `event` is what the hook was installed for; what the document says wins.
///
/// # Errors
/// The document cannot be understood; answer with [`broken`].
pub fn parse(client: Client, event: Option<&str>, stdin: &[u8]) -> Result<HookEvent, HookError> {
    if stdin.len() > LARGEST {
        return Err(HookError::TooLarge);
    }
    let text = std::str::from_utf8(stdin).map_err(|_| HookError::NotText)?;
    let node = json::parse(text, Limits::default())?;
    if !node.is_map() {
        return Err(HookError::Missing("object"));
    }
    if let Some(twice) = node.duplicate() {
        return Err(HookError::Twice(twice.path));
    }
    let said = Said { root: &node.value(), event };
    match client {
        Client::ClaudeCode => claude::parse(&said),
        Client::Codex => codex::parse(&said),
        Client::Cursor => cursor::parse(&said),
        Client::Gemini => gemini::parse(&said),
        Client::CopilotCli => copilot::parse(&said),
        Client::Windsurf => windsurf::parse(&said),
        Client::Cline => cline::parse(&said),
        other => Err(HookError::Unknown(format!("{other:?}"))),
    }
}

/// A client's document, and what the hook was installed for.
struct Said<'a> {
    root: &'a Value,
    event: Option<&'a str>,
}

impl Said<'_> {
    /// The first of these keys that holds text.
    fn text(&self, keys: &[&str]) -> String {
        text(self.root, keys)
    }

    /// Name of the event.
    fn event(&self, keys: &[&str]) -> Result<String, HookError> {
        let told = self.text(keys);
        if !told.is_empty() {
            return Ok(told);
        }
        self.event.map(str::to_owned).ok_or(HookError::Missing("name of the event"))
    }

    /// An event in which nothing is done.
    fn bare(&self, client: Client, event: String, moment: Moment) -> HookEvent {
        let cwd = self.text(&["cwd"]);
        let root = ["workspace_roots", "workspaceRoots"]
            .iter()
            .find_map(|key| self.root.get(key)?.get(0)?.as_str());
        HookEvent {
            client,
            moment,
            event,
            session: self.text(&[
                "session_id",
                "sessionId",
                "conversation_id",
                "trajectory_id",
                "taskId",
            ]),
            call: Some(self.text(&["tool_use_id", "toolUseId", "execution_id"]))
                .filter(|call| !call.is_empty()),
            cwd: if cwd.is_empty() { root.unwrap_or_default().to_owned() } else { cwd },
            mode: Some(self.text(&["permission_mode", "permissionMode"]))
                .filter(|mode| !mode.is_empty()),
            actions: Vec::new(),
            result: None,
            instructions: None,
            snake_case: false,
        }
    }
}

/// Before a tool runs, all that decides what it does must be there.
fn complete(moment: Moment, tool: &str, input: &Value, found: &[Action]) -> Result<(), HookError> {
    match actions::missing(tool, input, found) {
        Some(what) if moment == Moment::BeforeAction => Err(HookError::Missing(what)),
        _ => Ok(()),
    }
}

/// The first of these keys that holds text; empty where none does.
fn text(value: &Value, keys: &[&str]) -> String {
    keys.iter().find_map(|key| value.get(key)?.as_str()).unwrap_or_default().to_owned()
}

/// All text in what a tool answered, a line each.
fn result_text(value: &Value) -> String {
    fn gather(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, out)),
            Value::Object(members) => members.values().for_each(|member| gather(member, out)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut out = String::new();
    gather(value, &mut out);
    out
}

/// What is said to a client, beside the form.
struct Objection<'a> {
    effect: Effect,
    reason: &'a str,
    /// A warning that the agent should read beside a tool's result.
    warning: &'a str,
}

/// The answer to an event. Where the client cannot ask its person, a question becomes `fallback`,
/// with the way to approve it.
pub fn answer(event: &HookEvent, verdict: &Verdict, fallback: Effect) -> Answer {
    let stops = matches!(event.moment, Moment::BeforeAction | Moment::AfterAction | Moment::Prompt);
    let mut effect = if stops { verdict.effect } else { Effect::Neutral };
    let mut reason = reasons(verdict, Effect::Ask);
    if effect == Effect::Ask && !asks(event) {
        effect = fallback;
        if fallback == Effect::Deny {
            reason += approve(verdict);
        }
    }
    let warning = if event.moment == Moment::AfterAction && effect < Effect::Ask {
        reasons(verdict, Effect::Note)
    } else {
        String::new()
    };
    let objection = Objection { effect, reason: &reason, warning: &warning };
    match event.client {
        Client::Codex => codex::answer(event, &objection),
        Client::Cursor => cursor::answer(event, &objection),
        Client::Gemini => gemini::answer(event, &objection),
        Client::CopilotCli => copilot::answer(event, &objection),
        Client::Windsurf => windsurf::answer(event, &objection),
        Client::Cline => cline::answer(&objection),
        _ => claude::answer(event, &objection),
    }
}

/// How to go on where nobody is asked.
const APPROVE: &str = " This cannot be asked here. To allow it, a person runs `throughline guard allow \
RULE --path PATTERN --user --owner NAME --until DAY --reason TEXT`, or changes `[mode]` in their own guard.toml.";

const APPROVE_POLICY: &str = " This cannot be asked here. To allow it, a person changes that policy in the guard.toml in which it stands, or adds \
an `[[exception]]` there.";
const NOT_ASKED: &str = " This cannot be asked here.";

/// What stops where something of this program's own failed.
const INTERNAL: &str = "internal";

/// How a person allows what only a question stands in the way of.
fn approve(verdict: &Verdict) -> &'static str {
    let asks = || verdict.reasons.iter().filter(|reason| reason.effect >= Effect::Ask);
    if asks().any(|reason| reason.rule.is_some()) {
        APPROVE
    } else if asks().any(|reason| reason.policy != INTERNAL) {
        APPROVE_POLICY
    } else {
        NOT_ASKED
    }
}

/// Whether the client asks its person when it is told to.
fn asks(event: &HookEvent) -> bool {
    match event.client {
        Client::ClaudeCode | Client::CopilotCli => event.moment == Moment::BeforeAction,
        Client::Cursor => {
            matches!(event.event.as_str(), "beforeShellExecution" | "beforeMCPExecution")
        }
        _ => false,
    }
}

/// The reasons of at least that effect, for people.
fn reasons(verdict: &Verdict, least: Effect) -> String {
    let mut texts: Vec<String> = Vec::new();
    for reason in verdict.reasons.iter().filter(|reason| reason.effect >= least) {
        let by = reason.rule.as_ref().map_or(reason.policy.as_str(), |rule| rule.0.as_ref());
        let text = format!("{} [{by}]", reason.text);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return String::new();
    }
    format!("Throughline: {}", texts.join(" "))
}

/// The answer where nothing could be decided: `on_error`, with the reason, in the form that fits the
/// event that the hook was installed for; where that is not known, one that stops in any.
pub fn broken(client: Client, event: Option<&str>, why: &str, on_error: Effect) -> Answer {
    let mut verdict = Verdict::default();
    verdict.add(tl_core::verdict::Reason {
        effect: on_error,
        policy: INTERNAL.to_owned(),
        rule: None,
        text: format!(
            "This could not be checked: {why}. Run `throughline guard` to see what is wrong."
        ),
    });
    let moment = event.map(|event| moment(client, event));
    if let (Some(event), Some(moment)) = (event, moment)
        && moment != Moment::Other
    {
        let said = Said { root: &Value::Null, event: Some(event) };
        let mut bare = said.bare(client, event.to_owned(), moment);
        bare.snake_case = event.starts_with(char::is_uppercase);
        return answer(&bare, &verdict, Effect::Deny);
    }
    if on_error < Effect::Ask || event.is_some_and(is_harmless) {
        return neutral(client);
    }
    let reason = reasons(&verdict, Effect::Ask);
    match client {
        // Its other exit codes are not documented to stop anything.
        Client::CopilotCli => copilot::denied(&reason),
        Client::Cline => {
            cline::answer(&Objection { effect: Effect::Deny, reason: &reason, warning: "" })
        }
        _ => Answer { stdout: String::new(), stderr: reason + "\n", code: 2 },
    }
}

/// Whether an event that this program does not know can be none before an action.
fn is_harmless(event: &str) -> bool {
    let event = event.to_ascii_lowercase();
    !event.starts_with("pre") && !event.contains("before")
}

/// The answer that changes nothing.
pub fn neutral(client: Client) -> Answer {
    let stdout = match client {
        Client::Windsurf => "",
        Client::Cline => "{\"cancel\":false}\n",
        _ => "{}\n",
    };
    Answer { stdout: stdout.to_owned(), stderr: String::new(), code: 0 }
}

/// What an event of a client means.
fn moment(client: Client, event: &str) -> Moment {
    match client {
        Client::ClaudeCode => claude::moment(event),
        Client::Codex => codex::moment(event),
        Client::Cursor => cursor::moment(event),
        Client::Gemini => gemini::moment(event),
        Client::CopilotCli => copilot::moment(event),
        Client::Windsurf => windsurf::moment(event),
        Client::Cline => cline::moment(event),
        _ => Moment::Other,
    }
}

/// The moment of an event; one that is not known and may be before an action is an error.
fn known(client: Client, event: &str) -> Result<Moment, HookError> {
    match moment(client, event) {
        Moment::Other if !is_harmless(event) => Err(HookError::Unknown(event.to_owned())),
        moment => Ok(moment),
    }
}

/// An answer of one JSON document.
fn document(value: &Value) -> Answer {
    Answer { stdout: format!("{value}\n"), stderr: String::new(), code: 0 }
}

#[cfg(test)]
mod tests;
