//! `cargo xtask bench test`: takes measures of Test and prints them.
//!
//! In: `--data DIR [--only NAME,..] [--peers] [--json]`, or `--list`. Out: a line for each figure, or one JSON
//! document. Ends with 1 where a promise was not kept, 2 where nothing could be measured.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, error::Error};

use tl_bench::test::{MEASURES, Options};

/// The program's own: what is measured here is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let value = |flag: &str| arguments.iter().skip_while(|argument| *argument != flag).nth(1);
    let mut out = io::stdout().lock();
    if has("--list") {
        for measure in MEASURES {
            writeln!(out, "{}", measure.name)?;
        }
        return Ok(true);
    }
    let data = PathBuf::from(value("--data").ok_or("where is the data? Give `--data DIR`")?);
    let options = Options { data, peers: has("--peers") };
    let only: Option<Vec<&str>> = value("--only").map(|names| names.split(',').collect());
    if let Some(unknown) =
        only.iter().flatten().find(|name| MEASURES.iter().all(|measure| measure.name != **name))
    {
        return Err(format!("there is no measure `{unknown}`").into());
    }
    let mut kept = true;
    let mut all = Vec::new();
    for measure in MEASURES {
        if only.as_ref().is_some_and(|only| !only.contains(&measure.name)) {
            continue;
        }
        let figures = (measure.run)(&options)?;
        kept &= figures.iter().all(|figure| figure.kept() != Some(false));
        if !has("--json") {
            for figure in &figures {
                writeln!(out, "{:10} {figure}", measure.name)?;
            }
        }
        all.push(serde_json::json!({ "measure": measure.name, "figures": figures }));
    }
    if has("--json") {
        let document = serde_json::json!({ "schema": "bench-test/v1", "measures": all });
        writeln!(out, "{document:#}")?;
    }
    Ok(kept)
}
