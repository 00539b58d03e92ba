//! `cargo xtask bench guard`: prints the measures of a folder of corpora.
//!
//! In: `CORPUS [--json] [--only NAME,..] [--peers]`. Out: a line for each measure, or one JSON document. Ends
//! with 1 where a promise was not kept, 2 where nothing could be measured.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::{env, error::Error};

use tl_bench::guard::{Line, measure, peers};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nowhere is left to report that stderr is closed.
            writeln!(io::stderr(), "error: {error}").ok();
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let corpus = arguments.first().ok_or("which corpora? Give their folder")?;
    let json = arguments.iter().any(|argument| argument == "--json");
    let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1);
    let only: Vec<String> =
        only.map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let mut lines = measure(Path::new(corpus), &only)?;
    if arguments.iter().any(|argument| argument == "--peers") {
        lines.extend(peers(Path::new(corpus))?);
    }
    let mut out = io::stdout().lock();
    if json {
        let document = serde_json::json!({ "schema": "bench-guard/v1", "measures": lines });
        writeln!(out, "{document:#}")?;
    } else {
        lines.iter().try_for_each(|line| print(&mut out, line))?;
    }
    Ok(lines.iter().all(|line| line.kept != Some(false)))
}

fn print(out: &mut impl io::Write, line: &Line) -> io::Result<()> {
    writeln!(out, "{line}")?;
    line.wrong.iter().try_for_each(|wrong| writeln!(out, "{:15}wrong: {wrong}", ""))
}
