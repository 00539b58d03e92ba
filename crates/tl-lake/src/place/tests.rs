use std::fs;

use proptest::prelude::*;

use super::*;
use crate::fixtures::lake;

const PATH: &str = "results/L0/7-0123abcd.parquet";

fn root(place: &Place) -> &std::path::Path {
    match place {
        Place::Directory(root) => root,
        #[cfg(feature = "s3")]
        Place::Objects(_) => unreachable!(),
    }
}

#[test]
fn a_file_is_put_listed_written_over_and_deleted() {
    let (_directory, place) = lake();
    assert_eq!(place.list().unwrap(), []);
    place.put(PATH, b"one".to_vec()).unwrap();
    place.put("results/L1/10-0123abcd.parquet", b"two".to_vec()).unwrap();
    place.put(PATH, b"other".to_vec()).unwrap();
    let found = place.list().unwrap();
    let sizes: Vec<(&str, u64)> = found.iter().map(|one| (one.path.as_str(), one.bytes)).collect();
    assert_eq!(sizes, [(PATH, 5), ("results/L1/10-0123abcd.parquet", 3)]);
    assert!(found.iter().all(|one| !one.torn && one.modified.as_millis() > 1_700_000_000_000));
    assert_eq!(fs::read(root(&place).join(PATH)).unwrap(), b"other");
    place.delete(PATH).unwrap();
    place.delete(PATH).unwrap();
    assert_eq!(place.list().unwrap().len(), 1);
}

#[test]
fn only_names_that_we_give_are_written_listed_and_deleted() {
    let (_directory, place) = lake();
    let wrong = [
        "",
        "/etc/passwd",
        "results/L0/../../x.parquet",
        "results/L0/..-0123abcd.parquet",
        "results/L0/7-0123abcd.parquet/",
        "results/L0/7-0123abcg.parquet",
        "results/L0/7-0123abcd",
        "results/L/7-0123abcd.parquet",
        "results/L0/-0123abcd.parquet",
        "results\\L0\\7-0123abcd.parquet",
        "other/L0/7-0123abcd.parquet",
    ];
    for path in wrong {
        assert!(matches!(place.put(path, vec![1]), Err(PlaceError::Path { .. })), "{path}");
        assert!(matches!(place.delete(path), Err(PlaceError::Path { .. })), "{path}");
    }
    assert!(!root(&place).exists());
    place.put(PATH, vec![1]).unwrap();
    let others = ["results/L0/notes.txt", "results/L0/7-0123abcd.parquet.bak", "results/x", "mine"];
    for other in others {
        fs::write(root(&place).join(other), "x").unwrap();
    }
    assert_eq!(place.list().unwrap().len(), 1);
}

#[test]
fn what_a_killed_process_left_is_listed_as_torn_and_can_be_deleted() {
    let (_directory, place) = lake();
    place.put(PATH, vec![1]).unwrap();
    let torn = format!("{PATH}.4242.tmp");
    fs::write(root(&place).join(&torn), "half").unwrap();
    let found = place.list().unwrap();
    let torn_of = |found: &[Found]| found.iter().filter(|one| one.torn).count();
    assert_eq!((found.len(), torn_of(&found)), (2, 1));
    place.delete(&torn).unwrap();
    assert_eq!(torn_of(&place.list().unwrap()), 0);
}

/// A repository may bring `.throughline/lake` as a link to somewhere else.
#[cfg(unix)]
#[test]
fn links_below_the_root_are_not_followed() {
    let (directory, place) = lake();
    let elsewhere = directory.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("L0")).unwrap();
    fs::write(elsewhere.join("L0/7-0123abcd.parquet"), "mine").unwrap();
    fs::create_dir_all(root(&place)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, root(&place).join("results")).unwrap();
    assert!(matches!(place.put(PATH, vec![1]), Err(PlaceError::Link { .. })));
    assert!(matches!(place.list(), Err(PlaceError::Link { .. })));
    assert!(matches!(place.delete(PATH), Err(PlaceError::Link { .. })));
    assert_eq!(fs::read(elsewhere.join("L0/7-0123abcd.parquet")).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn a_full_or_closed_directory_is_an_error_that_names_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_directory, place) = lake();
    place.put(PATH, vec![1]).unwrap();
    let level = root(&place).join("results/L0");
    fs::write(level.join("8-0123abcd.parquet"), "").unwrap();
    fs::remove_file(level.join("8-0123abcd.parquet")).unwrap();
    fs::create_dir(level.join("8-0123abcd.parquet")).unwrap();
    let err = place.put("results/L0/8-0123abcd.parquet", vec![1]).unwrap_err();
    assert!(err.to_string().contains("8-0123abcd.parquet"), "{err}");
    // Nothing is left behind.
    assert_eq!(place.list().unwrap().len(), 1);
    fs::set_permissions(&level, fs::Permissions::from_mode(0o700)).unwrap();
}

proptest! {
    /// Whatever a manifest says, nothing outside of the lake is named.
    #[test]
    fn a_path_that_is_accepted_stays_below_the_root(path in "(results|[a-z./\\\\]{0,9})/L?[0-9.]{0,4}/[0-9./-]{0,9}[0-9a-f.]{0,9}(.parquet)?") {
        if check(&path).is_ok() {
            let parts: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(parts.len(), 3);
            prop_assert!(parts.iter().all(|part| !part.is_empty() && !part.starts_with('.')));
            prop_assert!(!path.contains('\\') && !path.contains(".."));
        }
    }
}

/// `directory`
const TASK: &str = "TL_LAKE_TEST_PUT";

/// Puts files for ever, and says so after each.
#[test]
fn child() {
    #[expect(clippy::disallowed_methods, reason = "the test talks to itself")]
    let Ok(root) = std::env::var(TASK) else { return };
    let place = Place::Directory(root.into());
    for number in 0..100_000_u64 {
        let path = format!("results/L0/{number}-0123abcd.parquet");
        place.put(&path, contents(number)).unwrap();
        println!("\nput {path}");
    }
}

/// What the child puts: long enough to be killed within.
fn contents(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(100_000)
}

#[test]
fn a_killed_process_leaves_whole_files_and_what_is_known_as_torn() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let (_directory, place) = lake();
    let mut said = 0;
    for round in 0..10 {
        #[expect(clippy::disallowed_methods, reason = "killing a child that writes is the test")]
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["place::tests::child", "--exact", "--nocapture"])
            .env(TASK, root(&place))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut output = String::new();
        while output.matches("\nput ").count() < round % 4 + 1 {
            assert_ne!(stdout.read_line(&mut output).unwrap(), 0, "the child ended: {output}");
        }
        child.kill().unwrap();
        stdout.read_to_string(&mut output).unwrap();
        child.wait().unwrap();
        let paths = output.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        for path in paths.filter_map(|line| line.strip_prefix("put ")?.strip_suffix('\n')) {
            said += 1;
            assert!(root(&place).join(path).is_file(), "{path} was acknowledged");
        }
    }
    assert!(said >= 10);
    for found in place.list().unwrap() {
        if found.torn {
            place.delete(&found.path).unwrap();
            continue;
        }
        let name = found.path.strip_prefix("results/L0/").unwrap();
        let number = name.split_once('-').unwrap().0.parse().unwrap();
        assert_eq!(fs::read(root(&place).join(&found.path)).unwrap(), contents(number), "{name}");
    }
    assert!(place.list().unwrap().iter().all(|found| !found.torn));
}
