//! The program as a user runs it: its own home, its own clock, nothing else from outside.
//!
//! In: the path of the real binary and what to type. Out: one text with both streams and the
//! exit status, the same on every machine. Start at [`TestEnv::new`], then [`TestEnv::run`].
//! **Invariant:** no variable, configuration file or repository of the machine reaches the
//! program; paths of the temporary directory read `$REPO` and `$HOME`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tl_exec::process;

/// The instant that is now for the program.
pub const NOW: &str = "2026-03-01T12:00:00Z";

/// A temporary home and work directory, and the program to run there.
pub struct TestEnv {
    program: String,
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl TestEnv {
    /// An empty home (`$HOME`) and an empty directory (`$REPO`) to run `program` in; the caller
    /// passes `env!("CARGO_BIN_EXE_throughline")`.
    pub fn new(program: &str) -> Self {
        let directory = TempDir::new().expect("a test may write to the temporary directory");
        let env = Self { program: program.to_owned(), directory, variables: Vec::new() };
        for made in [env.repo(), env.home()] {
            fs::create_dir(made).expect("the directory is new and empty");
        }
        env
    }

    /// Sets a variable for the program.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The directory in which the program runs.
    pub fn repo(&self) -> PathBuf {
        self.root().join("repo")
    }

    /// The user's home directory.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Fills [`TestEnv::repo`] with a copy of a directory, such as a repository that several tests
    /// share. Links are copied as links.
    #[must_use]
    pub fn with_copy_of(self, directory: &Path) -> Self {
        copy(directory, &self.repo()).expect("a test may write to its own directory");
        self
    }

    /// Writes a file below [`TestEnv::repo`], with the directories that it needs.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.repo().join(path);
        let parent = path.parent().expect("a file in the repository has a directory");
        fs::create_dir_all(parent).expect("a test may write to its own directory");
        fs::write(path, text).expect("a test may write to its own directory");
    }

    /// Runs the program in [`TestEnv::repo`]; see [`TestEnv::run_in`].
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        self.run_in(&self.repo(), args)
    }

    /// Runs the program and returns what the user sees: stdout, a line `------- stderr -------`
    /// and stderr if there is any, and the exit status unless it is 0.
    pub fn run_in<A: AsRef<OsStr>>(&self, dir: &Path, args: &[A]) -> String {
        self.shown(&self.program, dir, args)
    }

    /// Runs a line of `sh`, in which `"$THROUGHLINE"` is the program, for pipes and redirections.
    pub fn shell(&self, line: &str) -> String {
        self.shown("sh", &self.repo(), &["-c", line])
    }

    fn shown<A: AsRef<OsStr>>(&self, program: &str, dir: &Path, args: &[A]) -> String {
        let options = process::Options {
            dir: Some(dir.to_owned()),
            env: self.environment(),
            ..process::Options::default()
        };
        let output = process::run(program, args, &options).expect("the program starts and ends");
        let mut text = self.redacted(&output.stdout);
        if !output.stderr.is_empty() {
            text.push_str("------- stderr -------\n");
            text.push_str(&self.redacted(&output.stderr));
        }
        match output.status.code() {
            Some(0) => text,
            Some(code) => text + &format!("[exit status: {code}]\n"),
            None => text + &format!("[{}]\n", output.status),
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let home = self.home().display().to_string();
        let fixed = [
            ("HOME", home.as_str()),
            ("TZ", "UTC"),
            ("COLUMNS", "100"),
            ("NO_COLOR", "1"),
            ("TL_NOW", NOW),
            ("THROUGHLINE", &self.program),
        ];
        let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        fixed.into_iter().chain(self.variables.iter().cloned()).collect()
    }

    /// Resolved, because the program shows resolved paths and the temporary directory may be a
    /// symbolic link.
    fn root(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("the directory exists as long as we do")
    }

    fn redacted(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.replace(&self.repo().display().to_string(), "$REPO")
            .replace(&self.home().display().to_string(), "$HOME")
            .replace(&self.root().display().to_string(), "$TMP")
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let (entry, kind) = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind)))?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
