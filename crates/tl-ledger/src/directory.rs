//! The directory `.throughline` in a repository, and how the ledger stays out of git there.
//!
//! In: the directory's path. Out: the directory. **Invariant:** no file that exists is touched,
//! and nothing else in the directory is hidden from git: policies live there too.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Name of the ledger's file in the directory.
pub const FILE_NAME: &str = "ledger.db";

/// What git must not see: this list, the ledger, and the two files that SQLite keeps beside it.
const IGNORED: &str = "\
# Written by Throughline: the ledger is kept out of git.
/.gitignore
/ledger.db*
";

/// Why the directory could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("failed to prepare the ledger's directory `{path}`")]
pub struct DirectoryError {
    /// What could not be made.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Makes the directory `dir` (such as `.throughline`) where it is missing; inside a git work tree
/// also a `.gitignore` of its own in it, unless there is one. Returns the path of the ledger.
pub fn prepare_directory(dir: &Path) -> Result<PathBuf, DirectoryError> {
    let failed = |path: &Path, source| DirectoryError { path: path.to_owned(), source };
    let dir = std::path::absolute(dir).map_err(|err| failed(dir, err))?;
    std::fs::create_dir_all(&dir).map_err(|err| failed(&dir, err))?;
    if dir.ancestors().any(|above| above.join(".git").exists()) {
        let path = dir.join(".gitignore");
        match std::fs::File::create_new(&path) {
            Ok(mut file) => file.write_all(IGNORED.as_bytes()).map_err(|err| failed(&path, err))?,
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => (),
            Err(err) => return Err(failed(&path, err)),
        }
    }
    Ok(dir.join(FILE_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_sees_neither_the_ledger_nor_the_list_that_hides_it() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join(".git")).unwrap();
        std::fs::write(tree.path().join(".gitignore"), "target\n").unwrap();
        let dir = tree.path().join(".throughline");
        assert_eq!(prepare_directory(&dir).unwrap(), dir.join("ledger.db"));
        assert_eq!(std::fs::read_to_string(dir.join(".gitignore")).unwrap(), IGNORED);
        let users = std::fs::read_to_string(tree.path().join(".gitignore")).unwrap();
        assert_eq!(users, "target\n");
    }

    #[test]
    fn a_list_that_is_there_is_kept() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join(".git")).unwrap();
        let dir = tree.path().join(".throughline");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join(".gitignore"), "mine\n").unwrap();
        prepare_directory(&dir).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join(".gitignore")).unwrap(), "mine\n");
    }

    #[test]
    fn outside_a_work_tree_nothing_is_hidden() {
        let tree = tempfile::tempdir().unwrap();
        let dir = tree.path().join("ledgers");
        prepare_directory(&dir).unwrap();
        assert!(!dir.join(".gitignore").exists());
    }
}
