//! `cargo xtask oracle`: what others computed from the same data, compared with what we do.
//!
//! In: `devlake PATH [--columns]`, or `zookeeper REPOSITORY DATA`. Out: a text on stdout; exit
//! code 1 where anything differs. Start at [`tl_bench::oracle`].

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use tl_bench::oracle::{devlake, zookeeper};

/// How the program is called.
const USAGE: &str = "usage: oracle devlake PATH [--columns] | oracle zookeeper REPOSITORY DATA";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            let mut text = err.to_string();
            let mut source = err.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            // Nowhere is left to report that stderr is closed.
            writeln!(io::stderr(), "error: {text}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Asks the oracle that is named; whether everything is equal.
fn run() -> Result<bool, Box<dyn Error>> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap_or_default()).collect();
    let (text, holds) = match words.as_slice() {
        ["devlake", _, rest @ ..] => {
            let verdict = devlake::run(Path::new(&args[1]), rest.contains(&"--columns"))?;
            let holds = verdict.rows() > 0 && verdict.equal() == verdict.rows();
            (verdict.to_string(), holds)
        }
        ["zookeeper", _, _] => {
            let verdict = zookeeper::run(Path::new(&args[1]), Path::new(&args[2]))?;
            (verdict.to_string(), verdict.holds())
        }
        _ => return Err(USAGE.into()),
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(holds)
}
