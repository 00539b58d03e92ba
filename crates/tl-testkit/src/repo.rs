//! Scripted git repositories, one line a step.
//!
//! In: steps. Out: a repository in a temporary directory. Start at [`TestRepo::new`].
//! **Invariant:** the same steps give the same object ids on every machine: names and dates are
//! given, and no configuration but the repository's own is read. Needs the `git` program.
//!
//! A step that fails panics with what `git` said: the test is wrong, not the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tl_exec::process::{self, Options};

/// A repository that a test scripts; it is deleted when it is dropped.
///
/// A person is `ana` (then `ana <ana@example.com>`) or `Name <address>`. A date is anything that
/// git reads, such as `2026-03-01T12:00:00+01:00` or `@1767225600 +0000`.
#[derive(Debug)]
pub struct TestRepo {
    home: TempDir,
    path: PathBuf,
}

impl TestRepo {
    /// An empty repository with a work tree, on the branch `main`.
    pub fn new() -> Self {
        Self::with_init(&[])
    }

    /// An empty repository without a work tree.
    pub fn bare() -> Self {
        Self::with_init(&["--bare"])
    }

    /// An empty repository, by `git init` with more arguments.
    pub fn with_init(args: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let path = home.path().join("repo");
        fs::create_dir(&path).expect("a new directory is writable");
        let repo = Self { home, path };
        repo.git(&[&["init", "--quiet", "--initial-branch=main"], args].concat());
        repo
    }

    /// A clone of this repository beside it, by `git clone` with more arguments such as
    /// `--depth=1` or `--bare`. It lives as long as this one.
    pub fn clone_to(&self, name: &str, args: &[&str]) -> PathBuf {
        let to = self.home.path().join(name);
        let from = format!("file://{}", self.path.display());
        self.git(&[&["clone", "--quiet"], args, &[&from, &to.display().to_string()]].concat());
        to
    }

    /// The work tree, or the bare repository.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A directory for this test alone, which holds the repository.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes files (path, content), adds them, and commits all that changed. Returns the id.
    pub fn commit(&self, who: &str, when: &str, files: &[(&str, &str)], message: &str) -> String {
        for (path, content) in files {
            self.write(path, content.as_bytes());
        }
        self.git(&["add", "--all"]);
        self.commit_staged(who, when, message)
    }

    /// Commits what is staged, be it nothing. Returns the id.
    pub fn commit_staged(&self, who: &str, when: &str, message: &str) -> String {
        let args = ["commit", "--quiet", "--allow-empty", "--allow-empty-message", "--file=-"];
        self.run(&args, &identity(who, when), message.as_bytes());
        self.head()
    }

    /// Writes a file in the work tree without committing it.
    pub fn write(&self, path: &str, content: &[u8]) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory"))
            .and_then(|()| fs::write(&path, content))
            .expect("a temporary directory is writable");
    }

    /// Makes a branch at the current commit and checks it out.
    pub fn branch(&self, name: &str) {
        self.git(&["checkout", "--quiet", "-b", name]);
    }

    /// Checks out a branch, tag or commit.
    pub fn checkout(&self, name: &str) {
        self.git(&["checkout", "--quiet", name]);
    }

    /// Merges a branch into the current one, always with a merge commit. Returns its id.
    pub fn merge(&self, who: &str, when: &str, branch: &str, message: &str) -> String {
        let args = ["merge", "--quiet", "--no-ff", "-m", message, branch];
        self.run(&args, &identity(who, when), b"");
        self.head()
    }

    /// Picks a commit onto the current branch with git's `(cherry picked from ...)` line.
    pub fn cherry_pick(&self, who: &str, when: &str, commit: &str) -> String {
        self.run(&["cherry-pick", "-x", commit], &identity(who, when), b"");
        self.head()
    }

    /// Reverts a commit with git's own message.
    pub fn revert(&self, who: &str, when: &str, commit: &str) -> String {
        self.run(&["revert", "--no-edit", commit], &identity(who, when), b"");
        self.head()
    }

    /// Tags the current commit, without an object of its own.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", name]);
    }

    /// Tags `target` (a commit, a tag, a blob, ...) with an object of its own.
    pub fn annotated_tag(&self, who: &str, when: &str, name: &str, target: &str) {
        self.run(&["tag", "--annotate", "-m", name, name, target], &identity(who, when), b"");
    }

    /// Sets the head of pull request `number`, as GitHub names it.
    pub fn request_head(&self, number: u32, commit: &str) {
        self.git(&["update-ref", &format!("refs/pull/{number}/head"), commit]);
    }

    /// Sets any reference.
    pub fn reference(&self, name: &str, target: &str) {
        self.git(&["update-ref", name, target]);
    }

    /// Attaches a note in `refs/notes/<reference>` to a commit.
    pub fn note(&self, reference: &str, commit: &str, text: &str) {
        let args = ["notes", "--ref", reference, "add", "--force", "--file=-", commit];
        self.run(&args, &identity("ana", "2026-01-01T00:00:00Z"), text.as_bytes());
    }

    /// Writes an object of any content, however wrong, and returns its id.
    pub fn raw_object(&self, kind: &str, content: &[u8]) -> String {
        let args = ["hash-object", "--literally", "-w", "--stdin", "-t", kind];
        self.run(&args, &[], content)
    }

    /// The id of the current commit.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git` and returns what it printed, without the last line feed.
    pub fn git(&self, args: &[&str]) -> String {
        self.run(args, &[], b"")
    }

    /// The same with standard input.
    pub fn git_with_input(&self, args: &[&str], input: &[u8]) -> String {
        self.run(args, &[], input)
    }

    fn run(&self, args: &[&str], identity: &[(String, String)], stdin: &[u8]) -> String {
        let fixed = [
            ("HOME", "/nonexistent"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("LC_ALL", "C"),
            ("TZ", "UTC"),
        ];
        let mut env: Vec<(String, String)> =
            fixed.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        env.extend_from_slice(identity);
        let options = Options {
            dir: Some(self.path.clone()),
            env,
            stdin: stdin.to_vec(),
            timeout: Duration::from_secs(120),
            ..Options::default()
        };
        let args =
            [&["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"], args].concat();
        let output = process::run("git", &args, &options).expect("`git` can be run");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`git {}` failed: {error}", args.join(" "));
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }
}

impl Default for TestRepo {
    fn default() -> Self {
        Self::new()
    }
}

/// Variables that make `who` the author and committer at `when`.
fn identity(who: &str, when: &str) -> Vec<(String, String)> {
    let (name, email) = match who.split_once('<') {
        Some((name, email)) => (name.trim().to_owned(), email.trim_end_matches('>').to_owned()),
        None => (who.to_owned(), format!("{who}@example.com")),
    };
    ["AUTHOR", "COMMITTER"]
        .iter()
        .flat_map(|role| {
            [("NAME", name.as_str()), ("EMAIL", email.as_str()), ("DATE", when)]
                .map(|(what, value)| (format!("GIT_{role}_{what}"), value.to_owned()))
        })
        .collect()
}
