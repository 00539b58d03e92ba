//! How a configured server is started where there is no network, and what it must be able to read.
//!
//! In: a server's entry, the machine. Out: a [`Start`], or why there is none. Start at [`start`].
//! A launcher that fetches its package is replaced by the package where that is installed.
//! **Invariant:** nothing is executed here, and what may be read is never a home, nor a directory
//! that holds one.

mod installed;
mod reach;
mod shim;

use std::path::{Path, PathBuf};

use crate::inventory::package::{program_name, words};
use crate::inventory::{Launch, Server};

/// What is executed, and what it may read beside the system's own directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Path of the program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its working directory, where it has one that it may read.
    pub dir: Option<PathBuf>,
    /// Files and directories.
    pub read: Vec<PathBuf>,
}

/// Why a server is not started. The texts follow its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is reached by HTTP, or its entry cannot be read.
    #[error("is no program of this machine")]
    NoProgram,
    /// A launcher would fetch it.
    #[error(
        "is fetched by `{launcher}`, and cannot be asked without network: install `{package}`, or give its list with `--tools`"
    )]
    NeedsNetwork {
        /// The launcher.
        launcher: String,
        /// What it fetches.
        package: String,
    },
    /// It runs in a container, whose daemon is out of reach.
    #[error(
        "runs in a container, which cannot be started in a sandbox: give its list with `--tools`"
    )]
    Container,
    /// It stands for a version of a program that was not found.
    #[error(
        "cannot be started: `{program}` asks a version manager, and the version that is set has no such program: name the program itself (`pyenv which NAME`), or give its list with `--tools`"
    )]
    Shim {
        /// Its path.
        program: String,
    },
    /// There is no such program.
    #[error("cannot be started: there is no program `{program}`")]
    NotFound {
        /// As configured.
        program: String,
    },
}

/// The machine around a server.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The person's home.
    pub home: Option<&'a Path>,
    /// The work tree whose configuration names the server.
    pub tree: Option<&'a Path>,
    /// Directories of `PATH`.
    pub path: &'a [PathBuf],
}

/// How a server is started.
///
/// # Errors
/// It cannot be started without network or daemon, or it is not there.
pub fn start(server: &Server, around: &Around<'_>) -> Result<Start, Refusal> {
    let Launch::Stdio { command, args, cwd } = &server.launch else {
        return Err(Refusal::NoProgram);
    };
    let mut line: Vec<String> = vec![around.expanded(command)];
    if args.is_empty()
        && command.contains(char::is_whitespace)
        && around.program(&line[0]).is_none()
    {
        // Some clients take a whole command line.
        line = words(&line[0]);
    }
    line.extend(args.iter().map(|arg| around.expanded(arg)));
    if line.is_empty() {
        return Err(Refusal::NoProgram);
    }
    let command = line.remove(0);
    let (program, args) = without_launcher(&command, line, around)?;
    let base = match cwd {
        Some(cwd) => Some(around.under_tree(Path::new(&around.expanded(cwd)))),
        None => around.tree.map(Path::to_owned),
    };
    let mut read = Vec::new();
    reach::of_program(&program, around, &mut read);
    for arg in &args {
        // `--config=file` too.
        let file = arg.split_once('=').map_or(arg.as_str(), |(_, value)| value);
        let file = base.as_deref().map_or_else(|| PathBuf::from(file), |base| base.join(file));
        reach::of_argument(&file, around, &mut read);
    }
    read.sort();
    read.dedup();
    let dir = base.filter(|dir| read.iter().any(|read| dir.starts_with(read)) && dir.is_dir());
    Ok(Start { program, args, dir, read })
}

/// The program itself in place of what would fetch it.
fn without_launcher(
    command: &str,
    args: Vec<String>,
    around: &Around<'_>,
) -> Result<(PathBuf, Vec<String>), Refusal> {
    let name = program_name(command);
    if matches!(name.as_str(), "docker" | "podman" | "nerdctl") {
        return Err(Refusal::Container);
    }
    if let Some(found) = installed::of_launcher(command, &args, around) {
        return found;
    }
    let program = around.program(command);
    let program = program.ok_or_else(|| Refusal::NotFound { program: command.to_owned() })?;
    if shim::is(&program) {
        return Err(Refusal::Shim { program: program.display().to_string() });
    }
    Ok((program, args))
}

impl Around<'_> {
    /// A name of `PATH`, or a path; behind a shim the program itself, or else the next of `PATH`.
    fn program(&self, command: &str) -> Option<PathBuf> {
        let found = if command.contains('/') {
            vec![self.under_tree(Path::new(command))]
        } else {
            self.path.iter().map(|directory| directory.join(command)).collect()
        };
        let there: Vec<PathBuf> = found.into_iter().filter(|path| path.is_file()).collect();
        let itself = |path: &PathBuf| match shim::is(path) {
            true => shim::behind(path, self.tree),
            false => Some(path.clone()),
        };
        there.iter().find_map(itself).or_else(|| there.first().cloned())
    }

    fn under_tree(&self, path: &Path) -> PathBuf {
        self.tree.map_or_else(|| path.to_owned(), |tree| tree.join(path))
    }

    /// The names that clients put in place of the home and the work tree.
    fn expanded(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(home) = self.home.and_then(Path::to_str) {
            if text == "~" || text.starts_with("~/") {
                text.replace_range(..1, home);
            }
            for name in ["${userHome}", "${HOME}", "${env:HOME}"] {
                text = text.replace(name, home);
            }
            if text == "$HOME" || text.starts_with("$HOME/") {
                text.replace_range(.."$HOME".len(), home);
            }
        }
        if let Some(tree) = self.tree.and_then(Path::to_str) {
            for name in ["${workspaceFolder}", "${CLAUDE_PROJECT_DIR}", "${workspaceRoot}"] {
                text = text.replace(name, tree);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;
