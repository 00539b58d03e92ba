//! The weight of a checkout: no large file, no quiet growth of the dependency tree.
//!
//! In: sizes, and the number of locked packages. Out: complaints.

use crate::tidy::workspace::File;

/// Largest file in bytes. Real data for benchmarks is fetched, not committed.
const SIZE_LIMIT: u64 = 500_000;

/// Packages that `Cargo.lock` may have: what it had when this was raised for Cedar (498;
/// `docs/design/0013-cedar.md`), and a few more.
/// Raise it in the change that says in `docs/design/` why the new ones are worth compiling.
const LOCK_BUDGET: usize = 500;

/// Complains of large files and of too many packages.
pub(crate) fn check(files: &[File], locked: usize) -> Vec<String> {
    let too_large = files.iter().filter(|file| file.size > SIZE_LIMIT);
    let mut complaints: Vec<String> = too_large
        .map(|file| format!("{}: {} bytes, over {SIZE_LIMIT}", file.path, file.size))
        .collect();
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
        assert_eq!(check(&[large], LOCK_BUDGET + 1).len(), 2);
        assert_eq!(check(&[file("a.rs", "//! x")], LOCK_BUDGET), Vec::<String>::new());
    }
}
