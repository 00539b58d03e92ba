//! The weight of a checkout: no large file, no quiet growth of the dependency tree.
//!
//! In: sizes, and numbers of packages. Out: complaints.

use crate::tidy::workspace::File;

/// Largest file in bytes. Real data for benchmarks is fetched, not committed.
const SIZE_LIMIT: u64 = 500_000;

/// Packages that a build of the workspace as it stands may resolve to: what they were when the
/// server came (599; `docs/design/0017-server.md`), and a few more.
/// Raise it in the change that says in `docs/design/` why the new ones are worth compiling.
const DEFAULT_BUDGET: usize = 604;

/// Packages that `Cargo.lock` may have, those of optional features with them (736 when the server
/// came: `docs/design/0017-server.md`).
const LOCK_BUDGET: usize = 745;

/// Complains of large files and of too many packages: `resolved` by default, and in the lock file.
pub(crate) fn check(files: &[File], resolved: usize) -> Vec<String> {
    let too_large = files.iter().filter(|file| file.size > SIZE_LIMIT);
    let mut complaints: Vec<String> = too_large
        .map(|file| format!("{}: {} bytes, over {SIZE_LIMIT}", file.path, file.size))
        .collect();
    if resolved > DEFAULT_BUDGET {
        complaints.push(format!(
            "{resolved} packages without optional features, over the budget of {DEFAULT_BUDGET} \
             (tidy/files.rs)"
        ));
    }
    let lock = files.iter().find(|file| file.path == "Cargo.lock");
    let locked = lock.map_or(0, |lock| lock.text.matches("[[package]]").count());
    if locked > LOCK_BUDGET {
        complaints.push(format!(
            "Cargo.lock: {locked} packages, over the budget of {LOCK_BUDGET} (tidy/files.rs)"
        ));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::file;

    #[test]
    fn a_large_file_and_a_grown_lock_are_found() {
        let mut large = file("data/a.bin", "");
        large.size = SIZE_LIMIT + 1;
        let lock = file("Cargo.lock", &"[[package]]\n".repeat(LOCK_BUDGET + 1));
        assert_eq!(check(&[large, lock], DEFAULT_BUDGET + 1).len(), 3);
        let lock = file("Cargo.lock", &"[[package]]\n".repeat(LOCK_BUDGET));
        assert_eq!(check(&[file("a.rs", "//! x"), lock], DEFAULT_BUDGET), Vec::<String>::new());
    }
}
