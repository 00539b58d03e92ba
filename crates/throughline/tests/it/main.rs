//! End to end: the real binary in a home of its own, and what the user sees.
//!
//! Few of them: what can be tested below, is. **Invariant:** every file beside this one is a
//! module of it, so no test is forgotten.

mod backup;
mod collect;
mod collect_hostile;
mod collect_live;
mod config;
mod docs;
mod doctor;
mod errors;
mod fixture;
mod guard;
mod guard_fix;
mod guard_forms;
mod guard_hook;
mod guard_hostile;
mod guard_levels;
mod guard_newcomer;
mod guard_packages;
mod guard_policy;
mod guard_pull;
mod guard_servers;
mod hostile;
mod input;
mod ledger;
mod map;
mod nobody;
mod page;
mod postgres;
mod serve_browser;
mod serve_faults;
mod serving;
mod sql;
mod test_gate;
mod test_history;
mod whole_line;

use tl_testkit::env::TestEnv;

/// A home and a directory for the program of this build.
fn env() -> TestEnv {
    TestEnv::new(env!("CARGO_BIN_EXE_throughline"))
}

/// The same with a repository in which nothing was committed yet.
fn env_with_empty_repository() -> TestEnv {
    let env = env();
    env.write(".git/HEAD", "ref: refs/heads/main\n");
    env.write(".git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
    for directory in ["objects", "refs"] {
        let path = env.repo().join(".git").join(directory);
        std::fs::create_dir_all(path).expect("a test may write to its own directory");
    }
    env
}

#[test]
fn every_file_of_tests_is_a_module() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = std::fs::read_to_string(format!("{directory}/main.rs")).unwrap();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            name == "main" || main.contains(&format!("\nmod {name};")),
            "{} is not a module of main.rs",
            path.display()
        );
    }
}
