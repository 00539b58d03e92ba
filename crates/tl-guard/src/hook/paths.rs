//! Which file a path of a client means, seen from the work tree and the home.
//!
//! In: text, the directory it is relative to. Out: a [`Place`]. Start at [`Ground::place`].
//! **Invariant:** links are followed as far as the path exists, and both the path as it was written and
//! the file behind it are judged: a link in a repository reaches nothing that its target may not.

use std::path::{Component, Path, PathBuf};

use tl_core::finding::Root;
use tl_core::time::Timestamp;

use crate::host::{Host, Os};
use crate::lock::Lock;

/// What a decision is based on, beside the event and the session.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The machine.
    pub host: &'a Host,
    /// Root of the work tree around the session's directory.
    pub root: Option<PathBuf>,
    /// Directory of the session.
    pub cwd: PathBuf,
    /// Locks that hold here: the repository's, the person's.
    pub locks: &'a [Held],
    /// The program that runs the hook.
    pub program: &'a Path,
    /// The day is of it.
    pub now: Timestamp,
}

/// A lock, and whose files it is about.
#[derive(Debug, Clone)]
pub struct Held {
    /// The work tree, or the home.
    pub root: Root,
    /// What is approved there.
    pub lock: Lock,
}

/// A file as it was written and as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `..` and `~` resolved by the text alone.
    pub written: Spot,
    /// Links followed.
    pub real: Spot,
}

/// One file, seen from the work tree and the home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Absolute, with `/`; `~` for the home.
    pub shown: String,
    /// Below the work tree; empty for its root, `None` outside of it.
    pub below: Option<String>,
}

impl Place {
    /// Whether the file is in the work tree, whatever leads there.
    pub const fn inside(&self) -> bool {
        self.real.below.is_some()
    }

    /// Both, once where they are the same.
    pub fn spots(&self) -> impl Iterator<Item = &Spot> {
        let other = Some(&self.real).filter(|real| **real != self.written);
        std::iter::once(&self.written).chain(other)
    }

    /// What is behind the path, below the work tree where it is there.
    pub fn name(&self) -> &str {
        self.real.below.as_deref().filter(|below| !below.is_empty()).unwrap_or(&self.real.shown)
    }
}

impl Ground<'_> {
    /// The file that a path means in a directory.
    pub fn place(&self, path: &str, cwd: &Path) -> Place {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let written = match (path.strip_prefix('~'), &self.host.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
                home.join(rest.trim_start_matches(['/', '\\']))
            }
            _ => cwd.join(path),
        };
        let written = lexical(&written);
        let real = real(&written);
        Place { written: self.spot(&written), real: self.spot(&real) }
    }

    fn spot(&self, path: &Path) -> Spot {
        let below = |root: &Path| path.strip_prefix(root).ok().map(slashed);
        let shown = match self.host.home.as_deref().and_then(below) {
            Some(rest) if rest.is_empty() => "~".to_owned(),
            Some(rest) => format!("~/{rest}"),
            None => slashed(path),
        };
        Spot { shown, below: self.root.as_deref().and_then(below) }
    }

    /// Whether names of files are compared without case.
    pub fn folds_case(&self) -> bool {
        self.host.os != Os::Linux
    }
}

/// The work tree around a directory: the nearest one that holds `.git`.
pub fn work_tree(cwd: &Path) -> Option<PathBuf> {
    let cwd = cwd.canonicalize().ok()?;
    cwd.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// `.` and `..` taken away by the text.
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Links followed, as far as the path exists.
fn real(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let Ok(found) = above.canonicalize() {
            let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
            // A link that leads nowhere yet is followed by whoever writes it.
            let Some(first) = rest.components().next() else { return found };
            let next = found.join(first);
            if let Ok(target) = next.read_link() {
                let rest: PathBuf = rest.components().skip(1).collect();
                return lexical(&found.join(target).join(rest));
            }
            return found.join(rest);
        }
    }
    path.to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A home with a work tree in it, both there.
    pub(crate) struct Tree {
        _dir: tempfile::TempDir,
        pub(crate) host: Host,
    }

    impl Tree {
        pub(crate) fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let home = dir.path().canonicalize().unwrap().join("home");
            std::fs::create_dir_all(home.join("code/.git")).unwrap();
            std::fs::create_dir_all(home.join(".ssh")).unwrap();
            let host = Host {
                os: Os::Linux,
                home: Some(home),
                system: "/".into(),
                variables: [].into(),
                repositories: Vec::new(),
            };
            Self { _dir: dir, host }
        }

        pub(crate) fn home(&self) -> &Path {
            self.host.home.as_deref().unwrap()
        }

        pub(crate) fn ground<'a>(&'a self, locks: &'a [Held]) -> Ground<'a> {
            let root = self.home().join("code");
            Ground {
                host: &self.host,
                cwd: root.clone(),
                root: Some(root),
                locks,
                program: Path::new("/opt/bin/throughline"),
                now: Timestamp::parse("2026-11-21").unwrap(),
            }
        }
    }

    #[test]
    fn a_path_is_seen_from_the_work_tree_and_the_home() {
        let tree = Tree::new();
        let ground = tree.ground(&[]);
        let seen = |path: &str| ground.place(path, &ground.cwd);
        assert_eq!(
            seen("src/../a").real,
            Spot { shown: "~/code/a".into(), below: Some("a".into()) }
        );
        assert_eq!(seen("~/.ssh/id").real, Spot { shown: "~/.ssh/id".into(), below: None });
        assert_eq!(seen("../../..//etc/x/./y").real.below, None);
        assert_eq!(seen("file:///etc/x").real.shown, "/etc/x");
        assert_eq!(seen(".").real.below.as_deref(), Some(""));
        assert_eq!(seen("~ana/x").real.below.as_deref(), Some("~ana/x"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_reaches_what_it_leads_to() {
        let tree = Tree::new();
        let ground = tree.ground(&[]);
        std::os::unix::fs::symlink(tree.home().join(".ssh"), tree.home().join("code/docs"))
            .unwrap();
        std::os::unix::fs::symlink(tree.home().join("nothing"), tree.home().join("code/new"))
            .unwrap();
        let place = ground.place("docs/id_rsa", &ground.cwd);
        assert_eq!(place.real.shown, "~/.ssh/id_rsa");
        assert!(!place.inside());
        assert_eq!(ground.place("new", &ground.cwd).real.shown, "~/nothing");
    }
}
