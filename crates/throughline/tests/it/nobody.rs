//! Running the program as a user who owns nothing: root may read and write whatever the modes say.
//!
//! In: lines of `sh` and arguments. Out: what that user sees. Start at [`Nobody::new`].
//! **Invariant:** where there is no way to become that user, the test says so and passes; under
//! `TL_REQUIRE_ALL=1` it fails instead.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tl_testkit::env::TestEnv;

/// Someone without any permission of their own.
pub(crate) struct Nobody {
    /// What to put before the program.
    become_nobody: &'static str,
}

impl Nobody {
    /// Finds a way to become nobody; `None` where there is none.
    pub(crate) fn new() -> Option<Self> {
        let way = "setpriv --reuid=65534 --regid=65534 --clear-groups";
        let line = format!("if [ $(id -u) != 0 ]; then echo user; else {way} echo root; fi");
        match crate::env().shell(&line).as_str() {
            "user\n" => Some(Self { become_nobody: "" }),
            "root\n" => Some(Self { become_nobody: way }),
            #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
            said => {
                let required = std::env::var_os("TL_REQUIRE_ALL").is_some_and(|set| set == "1");
                assert!(!required, "root cannot become nobody: {said}");
                eprintln!("skipped: root cannot become nobody: {said}");
                None
            }
        }
    }

    /// An environment whose directories, and a copy of the program in them, are open to all.
    pub(crate) fn env(&self) -> TestEnv {
        let env = crate::env();
        let root = env.repo().parent().expect("the directory has one above").to_owned();
        for open in [&root, &env.repo()] {
            fs::set_permissions(open, fs::Permissions::from_mode(0o755))
                .expect("a test owns its directories");
        }
        fs::copy(env!("CARGO_BIN_EXE_throughline"), root.join("throughline"))
            .expect("a test may write to its own directory");
        env
    }

    /// Runs a line of `sh` as its owner, then the program as nobody.
    pub(crate) fn run(&self, env: &TestEnv, line: &str, args: &str) -> String {
        env.shell(&format!("{line}\n{} ../throughline {args}", self.become_nobody))
    }
}
