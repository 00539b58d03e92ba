//! What a process group takes of the machine, read from `/proc`; nothing where there is none.
//!
//! In: the group's number, its directory. Out: [`Usage`], bytes of files. No limit of the kernel
//! does this: `RLIMIT_NPROC` counts all processes of a person and none of root's, and `RLIMIT_AS`
//! counts memory that is only reserved, of which a JavaScript engine reserves gigabytes.

use std::fs;
use std::path::Path;

/// Sums over a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Its processes.
    pub(super) processes: usize,
    /// Bytes in memory; pages that are shared count for each.
    pub(super) memory: u64,
}

/// Entries that are counted below a directory: a tree with more counts as full.
const MOST_ENTRIES: usize = 4_000;

/// What the processes of a group take now.
pub(super) fn group(group: u32) -> Usage {
    let mut usage = Usage::default();
    let Ok(processes) = fs::read_dir("/proc") else { return usage };
    for process in processes.flatten() {
        let name = process.file_name();
        if !name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        // One that ended meanwhile takes nothing.
        let Ok(stat) = fs::read_to_string(process.path().join("stat")) else { continue };
        if let Some((its_group, pages)) = group_and_pages(&stat)
            && its_group == group
        {
            usage.processes += 1;
            usage.memory = usage.memory.saturating_add(pages.saturating_mul(page_size()));
        }
    }
    usage
}

/// Fields 5 and 24 of `/proc/PID/stat`. The second field is a name in parentheses, which may hold
/// blanks and parentheses.
fn group_and_pages(stat: &str) -> Option<(u32, u64)> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let group = fields.nth(2)?.parse().ok()?;
    Some((group, fields.nth(18)?.parse().ok()?))
}

#[cfg(target_os = "linux")]
fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(target_os = "linux"))]
const fn page_size() -> u64 {
    4096
}

/// Bytes of all files below a directory, without following links.
pub(super) fn written(directory: &Path) -> u64 {
    let (mut bytes, mut entries) = (0_u64, 0);
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        let Ok(found) = fs::read_dir(directory) else { continue };
        for entry in found.flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                return u64::MAX;
            }
            // `DirEntry::metadata` does not follow links.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                left.push(entry.path());
            } else {
                bytes = bytes.saturating_add(metadata.len());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_does_not_move_its_fields() {
        let fields =
            "1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 100 2048 7 18446744073709551615";
        for name in ["sh", "a b", "x) S 9 9 9", ")"] {
            assert_eq!(group_and_pages(&format!("7 ({name}) S {fields}")), Some((42, 7)), "{name}");
        }
        assert_eq!(group_and_pages("7 (sh) S 1"), None);
        assert_eq!(group_and_pages(""), None);
    }

    #[test]
    fn files_are_summed_and_too_many_are_a_full_directory() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("a")).unwrap();
        fs::write(directory.path().join("a/b"), [0; 10]).unwrap();
        fs::write(directory.path().join("c"), [0; 5]).unwrap();
        assert_eq!(written(directory.path()), 15);
        for index in 0..MOST_ENTRIES {
            fs::write(directory.path().join(index.to_string()), "").unwrap();
        }
        assert_eq!(written(directory.path()), u64::MAX);
    }
}
