//! The directory `.throughline` in a repository, and how ledger and lake stay out of git there.
//!
//! In: the directory's path. Out: the directory. Start at [`prepare_directory`] and [`prepare_lake`].
//! **Invariant:** no file of a user is touched, and nothing else in the directory is hidden from git:
//! policies live there too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Name of the ledger's file in the directory.
pub const FILE_NAME: &str = "ledger.db";

/// By this line a list is known as ours.
const OURS: &str = "# Written by Throughline: the ledger is kept out of git.";

/// What git must not see: this list, the ledger with the two files that SQLite keeps beside it, and
/// the lake.
const IGNORED: &str = "\
# Written by Throughline: the ledger is kept out of git.
/.gitignore
/ledger.db*
/lake/
";

/// The line of the lake, which lists of earlier versions do not have.
const LAKE_LINE: &str = "/lake/";

/// The list in the lake itself: nothing in it, and not the list either.
const IGNORED_IN_LAKE: &str = "\
# Written by Throughline: results of tests are kept out of git.
*
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
/// also a `.gitignore` of its own in it, unless there is one. One that an earlier version wrote gets
/// the lines that it lacks; one that a user wrote stays as it is. Returns the path of the ledger.
pub fn prepare_directory(dir: &Path) -> Result<PathBuf, DirectoryError> {
    let dir = std::path::absolute(dir).map_err(|err| failed(dir, err))?;
    fs::create_dir_all(&dir).map_err(|err| failed(&dir, err))?;
    if is_in_work_tree(&dir) {
        let path = dir.join(".gitignore");
        match File::create_new(&path) {
            Ok(mut file) => file.write_all(IGNORED.as_bytes()).map_err(|err| failed(&path, err))?,
            // A list that cannot be written is no reason to refuse the ledger.
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => drop(amend(&path)),
            Err(err) => return Err(failed(&path, err)),
        }
    }
    Ok(dir.join(FILE_NAME))
}

/// Makes the directory of a lake, such as `.throughline/lake`. Inside a git work tree it gets a
/// `.gitignore` of its own, so that results stay out of git also where a user keeps the list above it,
/// or where the lake is elsewhere in the tree.
///
/// # Errors
/// It cannot be made; or it is a link: a repository may bring one, to anywhere.
pub fn prepare_lake(lake: &Path) -> Result<(), DirectoryError> {
    let lake = std::path::absolute(lake).map_err(|err| failed(lake, err))?;
    if lake.is_symlink() {
        return Err(failed(&lake, io::Error::other("it is a link")));
    }
    fs::create_dir_all(&lake).map_err(|err| failed(&lake, err))?;
    if is_in_work_tree(&lake) {
        let path = lake.join(".gitignore");
        match File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(IGNORED_IN_LAKE.as_bytes()).map_err(|err| failed(&path, err))?;
            }
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => (),
            Err(err) => return Err(failed(&path, err)),
        }
    }
    Ok(())
}

fn failed(path: &Path, source: io::Error) -> DirectoryError {
    DirectoryError { path: path.to_owned(), source }
}

fn is_in_work_tree(dir: &Path) -> bool {
    dir.ancestors().any(|above| above.join(".git").exists())
}

/// Adds the lake to a list of ours that lacks it, behind what a user may have added.
fn amend(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    let list = fs::read_to_string(path)?;
    if list.lines().next() != Some(OURS) || list.lines().any(|line| line == LAKE_LINE) {
        return Ok(());
    }
    let end = if list.ends_with('\n') { "" } else { "\n" };
    let mut file = OpenOptions::new().append(true).open(path)?;
    // One call, so that two processes add two lines and do not mix them.
    file.write_all(format!("{end}{LAKE_LINE}\n").as_bytes())
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
    fn a_list_of_an_earlier_version_gets_the_lake_once_and_keeps_what_was_added() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join(".git")).unwrap();
        let dir = tree.path().join(".throughline");
        std::fs::create_dir(&dir).unwrap();
        let earlier = format!("{OURS}\n/.gitignore\n/ledger.db*\n/mine");
        std::fs::write(dir.join(".gitignore"), &earlier).unwrap();
        prepare_directory(&dir).unwrap();
        prepare_directory(&dir).unwrap();
        let list = std::fs::read_to_string(dir.join(".gitignore")).unwrap();
        assert_eq!(list, format!("{earlier}\n/lake/\n"));
        assert!(IGNORED.starts_with(OURS) && IGNORED.contains(LAKE_LINE));
    }

    #[test]
    fn the_lake_stays_out_of_git_under_a_list_of_the_user_too() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join(".git")).unwrap();
        let dir = tree.path().join(".throughline");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join(".gitignore"), "mine\n").unwrap();
        let lake = dir.join("lake");
        prepare_lake(&lake).unwrap();
        prepare_lake(&lake).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join(".gitignore")).unwrap(), "mine\n");
        assert_eq!(std::fs::read_to_string(lake.join(".gitignore")).unwrap(), IGNORED_IN_LAKE);
    }

    /// A repository may bring it: results would be written to wherever it leads.
    #[cfg(unix)]
    #[test]
    fn a_lake_that_is_a_link_is_refused() {
        let tree = tempfile::tempdir().unwrap();
        let dir = tree.path().join(".throughline");
        std::fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink(tree.path(), dir.join("lake")).unwrap();
        assert!(prepare_lake(&dir.join("lake")).unwrap_err().source.to_string().contains("link"));
    }

    #[test]
    fn outside_a_work_tree_nothing_is_hidden() {
        let tree = tempfile::tempdir().unwrap();
        let dir = tree.path().join("ledgers");
        prepare_directory(&dir).unwrap();
        assert!(!dir.join(".gitignore").exists());
        prepare_lake(&dir.join("lake")).unwrap();
        assert!(!dir.join("lake/.gitignore").exists());
    }
}
