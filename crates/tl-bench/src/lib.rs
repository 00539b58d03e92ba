//! What the measuring programs of `cargo xtask bench` share: reading a repository, and ending.
//!
//! In: the path given on the command line. Out: its [`History`]. The benchmarks are in `benches/`,
//! the programs that print a table of one repository in `src/bin/`.

pub mod guard;
pub mod oracle;

pub mod test;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::{env, io};

use tl_collect::history::{Diffs, Known, Wanted, collect};
use tl_core::history::History;
use tl_exec::git::Repository;

/// Reads the repository that the first argument names and prints what `table` says of it.
///
/// Fails, with the reason on stderr, without an argument or where the repository cannot be read.
pub fn print(table: impl FnOnce(&History) -> String) -> ExitCode {
    let printed = history().and_then(|history| Ok(writeln!(io::stdout(), "{}", table(&history))?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            // Nowhere is left to report that stderr is closed.
            writeln!(io::stderr(), "error: {err}").ok();
            ExitCode::FAILURE
        }
    }
}

fn history() -> Result<History, Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("which repository? Give its path")?;
    let repository = Repository::open(Path::new(&path))?;
    let wanted = Wanted { branch: None, diffs: Diffs::Never, patch_ids: false };
    Ok(collect(&repository, &Known::default(), &wanted, &mut |_| ())?.history)
}
