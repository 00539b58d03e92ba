//! One action with everything that its rules ask: programs, files, the session.

use std::path::PathBuf;

use super::touch::{self, Touch};
use crate::hook::Action;
use crate::hook::paths::Ground;
use crate::hook::session::Session;
use crate::shell;

/// An action that is about to be done.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) session: &'a Session,
    pub(crate) action: &'a Action,
    /// Programs that a command line starts, in its order.
    pub(crate) steps: Vec<Step>,
    /// What of a command line could not be read.
    pub(crate) unread: Vec<&'static str>,
    /// Files that are read, written or taken away.
    pub(crate) touches: Vec<Touch>,
}

/// A program that a command line starts.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its words.
    pub(crate) command: shell::Command,
    /// Its name, see [`shell::Command::program`].
    pub(crate) program: String,
    /// Where it runs.
    pub(crate) cwd: PathBuf,
}

impl Step {
    /// The text of an argument; empty where there are not so many.
    pub(crate) fn argument(&self, n: usize) -> &str {
        self.command.arguments().get(n).map_or("", |word| word.text.as_str())
    }

    /// The command line, for people, at most 120 characters.
    pub(crate) fn shown(&self) -> String {
        let text = self.command.texts().join(" ");
        if text.chars().count() <= 120 {
            return text;
        }
        text.chars().take(119).chain(['…']).collect()
    }
}

/// Files that one action touches at most; each is looked up.
const TOUCHES: usize = 2_000;

impl<'a> Scene<'a> {
    /// Reads the action.
    pub(crate) fn new(ground: &'a Ground<'a>, session: &'a Session, action: &'a Action) -> Self {
        let (steps, unread) = (Vec::new(), Vec::new());
        let mut scene = Self { ground, session, action, steps, unread, touches: Vec::new() };
        match action {
            Action::Run { command, cwd } => scene.run(command, cwd),
            Action::Read { path } => scene.touches.push(touch::read(ground, path, &ground.cwd)),
            Action::Write { path, .. } => {
                scene.touches.push(touch::write(ground, path, &ground.cwd))
            }
            Action::Delete { path } => scene.touches.push(touch::delete(ground, path, &ground.cwd)),
            _ => {}
        }
        scene
    }

    fn run(&mut self, line: &str, cwd: &str) {
        let script = shell::read(line);
        let mut cwd = if cwd.is_empty() {
            self.ground.cwd.clone()
        } else {
            self.directory(&self.ground.cwd, cwd)
        };
        self.unread = script.unread;
        for command in script.commands {
            let program = command.program();
            if self.touches.len() < TOUCHES {
                touch::of_command(self.ground, &command, &program, &cwd, &mut self.touches);
            } else if !self.unread.contains(&"more files than are looked at") {
                self.unread.push("more files than are looked at");
            }
            let next = matches!(program.as_str(), "cd" | "pushd" | "chdir")
                .then(|| command.operands().next().filter(|word| !word.unknown))
                .flatten()
                .map(|word| self.directory(&cwd, &word.text));
            self.steps.push(Step { command, program, cwd: cwd.clone() });
            cwd = next.unwrap_or(cwd);
        }
    }

    fn directory(&self, cwd: &std::path::Path, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), &self.ground.host.home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => crate::hook::paths::lexical(&cwd.join(path)),
        }
    }
}
