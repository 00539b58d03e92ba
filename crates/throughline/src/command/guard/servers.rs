//! `--start-servers`: what servers say of themselves when they are asked, in a sandbox.
//!
//! In: the servers that are configured. Out: the same with their tools, and findings about those
//! that did not answer. Start at [`ask`]. **Invariant:** a server is started in the sandbox of
//! `tl_exec` or not at all, and gets no variable of its configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

use tl_core::finding::{Finding, Root};
use tl_exec::dialogue::{self, DialogueError, Limits};
use tl_exec::sandbox::{self, Spec};
use tl_guard::discover::{self, Ask};
use tl_guard::inventory::Server;
use tl_guard::probe::{self, Answer, Probe};
use tl_guard::start::{self, Around, Refusal};

use crate::config::env::Variables;
use crate::error::CommandError;
use crate::guard_files::GuardFiles;
use crate::ui::Ui;

/// What is looked at beside files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct LiveArgs {
    /// Start the configured servers in a sandbox without network, and ask them for their tools
    #[arg(long)]
    pub(super) start_servers: bool,
    /// Leave out what listens on this machine
    #[arg(long)]
    pub(super) no_listeners: bool,
}

/// Servers that are asked at the same time.
const AT_ONCE: usize = 4;

/// What came of asking.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Servers as they are configured, with what they answered.
    pub(super) servers: Vec<Server>,
    /// What was not learnt.
    pub(super) findings: Vec<Finding>,
    /// How many were to answer, and how many of them did not.
    counts: (usize, usize),
}

impl Asked {
    /// Why there is no answer at all, where one was to be had.
    pub(super) fn unanswered(&self) -> Option<String> {
        match self.counts {
            (1, 1) => Some("the one server that was started did not answer".to_owned()),
            (all, silent) if all > 0 && all == silent => {
                Some(format!("none of the {all} servers that were started answered"))
            }
            _ => None,
        }
    }
}

/// Starts every server that is configured and switched on, and asks it what it offers.
pub(super) fn ask(
    ui: &mut Ui,
    variables: &Variables,
    files: &GuardFiles,
) -> Result<Asked, CommandError> {
    sandbox::check().map_err(|err| {
        CommandError::environment(err).hint(
            "leave `--start-servers` out and give lists of tools with `--tools`, or run this where there is a sandbox",
        )
    })?;
    let own = std::env::current_exe().map_err(CommandError::environment)?;
    let host = &files.host;
    let whole = Ask {
        home: host.home.is_some(),
        repositories: true,
        all: false,
        listeners: false,
        contents: false,
        file: files.file.as_deref(),
    };
    let found = discover::discover(host, whole, &mut |_| ()).inventory.servers;
    let servers: Vec<Server> = found.into_iter().filter(|server| !server.disabled).collect();
    let path = variables.text("PATH").unwrap_or_default();
    let machine = Machine {
        own: &own,
        home: host.home.as_deref(),
        tree: host.repositories.first().map(PathBuf::as_path),
        directories: std::env::split_paths(&path).collect(),
        path: path.clone(),
    };
    let answers = machine.ask_all(&servers);
    let mut asked = Asked::default();
    let mut elsewhere = 0;
    for (mut server, outcome) in servers.into_iter().zip(answers) {
        let Some((answer, failed)) = outcome else {
            elsewhere += 1;
            continue;
        };
        asked.counts.0 += 1;
        asked.counts.1 += usize::from(failed.is_some() && answer.tools.is_empty());
        asked.findings.extend(answer.findings(&server));
        asked.findings.extend(failed.map(|(why, said)| probe::unasked(&server, &why, &said)));
        server.tools = answer.tools;
        server.instructions = answer.instructions;
        asked.servers.push(server);
    }
    if elsewhere > 0 {
        let they = if elsewhere == 1 { "1 server is" } else { &format!("{elsewhere} servers are") };
        ui.note(format!("{they} reached by network and not asked"));
    }
    Ok(asked)
}

/// Why a server was not asked or did not answer: our words, and its own.
type Failed = (String, String);
/// What a server answered; `None` for one that is no program.
type Outcome = Option<(Answer, Option<Failed>)>;

/// Where servers are started.
struct Machine<'a> {
    own: &'a Path,
    home: Option<&'a Path>,
    tree: Option<&'a Path>,
    directories: Vec<PathBuf>,
    path: String,
}

impl Machine<'_> {
    /// An outcome for each; what several clients start alike is started once.
    fn ask_all(&self, servers: &[Server]) -> Vec<Outcome> {
        let keys: Vec<String> = servers.iter().map(start_key).collect();
        let mut first: BTreeMap<&str, &Server> = BTreeMap::new();
        for (key, server) in keys.iter().zip(servers) {
            first.entry(key).or_insert(server);
        }
        let different: Vec<(&str, &Server)> = first.into_iter().collect();
        let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
        for some in different.chunks(AT_ONCE) {
            let answered = thread::scope(|scope| {
                let asking: Vec<_> =
                    some.iter().map(|(_, server)| scope.spawn(|| self.ask_one(server))).collect();
                asking.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
            });
            for ((key, _), outcome) in some.iter().zip(answered) {
                // A panic over there is one here.
                outcomes
                    .insert(key, outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
        }
        keys.iter().map(|key| outcomes.get(key.as_str()).cloned().flatten()).collect()
    }

    fn ask_one(&self, server: &Server) -> Outcome {
        // Only what a repository configures runs in it.
        let tree = self.tree.filter(|_| server.at.root == Root::Repository);
        let around = Around { home: self.home, tree, path: &self.directories };
        let start = match start::start(server, &around) {
            Ok(start) => start,
            Err(Refusal::NoProgram) => return None,
            Err(refusal) => {
                return Some((Answer::default(), Some((refusal.to_string(), String::new()))));
            }
        };
        let spec = Spec {
            program: start.program,
            args: start.args.into_iter().map(Into::into).collect(),
            dir: start.dir,
            read: start.read,
            path: self.path.clone().into(),
        };
        let (mut probe, opening) = Probe::new();
        let result = sandbox::run_dialogue(
            self.own,
            &spec,
            &Limits::default(),
            opening.into_bytes(),
            &mut |line| match probe.line(line) {
                probe::Next::Send(lines) => dialogue::Next::Send(lines.into_bytes()),
                probe::Next::Done => dialogue::Next::Done,
            },
        );
        Some((probe.finish(), result.err().map(|err| failed(server, &err))))
    }
}

/// Equal for servers that are started alike.
fn start_key(server: &Server) -> String {
    let in_tree = server.at.root == Root::Repository;
    format!("{in_tree} {:?}", server.launch)
}

fn failed(server: &Server, err: &DialogueError) -> Failed {
    let mut why = err.to_string();
    if let Some(cause) = std::error::Error::source(err) {
        why = format!("{why}: {cause}");
    }
    let names: Vec<String> = server.env.keys().map(|name| format!("`{name}`")).collect();
    if matches!(err, DialogueError::Ended { .. }) && !names.is_empty() {
        why = format!("{why}; it was not given {}", names.join(", "));
    }
    (why, err.said().to_owned())
}
