//! A synthetic organisation as a file: `organisation --changes 1000000 > events.ndjson`.
//!
//! In: seed, size and the part of its life that is wanted. Out: events as neutral NDJSON on
//! stdout, oldest first; on stderr how many. Memory does not grow with their number.

use std::error::Error;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use tl_core::time::Timestamp;
use tl_server::organisation::Organisation;
use tl_server::organisation::ndjson::write_event;

const USAGE: &str = "usage: organisation [--seed N] [--changes N] [--events-per-change N] \
                     [--until DATE] [--since DATE]";

fn main() -> ExitCode {
    match arguments().and_then(|organisation| write(&organisation)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            // Nowhere is left to report that stderr is closed.
            writeln!(io::stderr(), "error: {err}").ok();
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Organisation, Box<dyn Error>> {
    let mut organisation = Organisation {
        seed: 1,
        changes: 10_000,
        events_per_change: 20.0,
        until: Timestamp::parse("2026-11-01")?,
        since: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--seed" => organisation.seed = value.parse()?,
            "--changes" => organisation.changes = value.parse()?,
            "--events-per-change" => organisation.events_per_change = value.parse()?,
            "--until" => organisation.until = Timestamp::parse(&value)?,
            "--since" => organisation.since = Some(Timestamp::parse(&value)?),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(organisation)
}

fn write(organisation: &Organisation) -> Result<(), Box<dyn Error>> {
    let mut stdout = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let (mut count, mut failed) = (0_u64, None);
    organisation.generate(|event| {
        count += 1;
        failed = write_event(&mut stdout, &event).err();
        failed.is_none()
    });
    let written = failed.map_or_else(|| stdout.flush(), Err);
    match written {
        // Whoever read has read enough.
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        written => written?,
    }
    writeln!(io::stderr(), "{count} events")?;
    Ok(())
}
