//! The same JUnit report, masked cases skipped: for tools that read the report after the gate.
//!
//! In: the report twice, and what is said of each masked test. Out: its bytes, with
//! `<skipped message="...">` before each result of a masked case, which stays as an attempt that
//! did not count (`flakyFailure`), and with the counts of the suites around it. Start at
//! [`rewrite`]. **Invariant:** every other byte is as it was.

use std::io::{self, BufRead, Seek, Write};

use tl_core::test::TestKey;

use crate::read::junit::edits::{Edit, edits};

/// Writes the report anew: cases for which `masked` has a reason are skipped. The report is read
/// twice, because a suite's counts stand before its cases. How many cases were masked.
///
/// What is not JUnit XML in UTF-8, or has a document type, is copied as it is.
pub fn rewrite(
    mut input: impl BufRead + Seek,
    masked: &dyn Fn(&TestKey) -> Option<String>,
    out: &mut impl Write,
) -> io::Result<u64> {
    let begin = input.stream_position()?;
    let (edits, count) = edits(&mut input, masked)?;
    input.seek(io::SeekFrom::Start(begin))?;
    apply(input, &edits, out)?;
    Ok(count)
}

/// Copies what stands between the edits, which are in order and apart.
fn apply(mut input: impl BufRead, edits: &[Edit], out: &mut impl Write) -> io::Result<()> {
    let mut at = 0;
    for edit in edits {
        let mut before = io::Read::take(&mut input, edit.at.saturating_sub(at));
        io::copy(&mut before, out)?;
        out.write_all(edit.with.as_bytes())?;
        let mut gone = io::Read::take(&mut input, edit.len);
        io::copy(&mut gone, &mut io::sink())?;
        at = edit.at + edit.len;
    }
    io::copy(&mut input, out)?;
    Ok(())
}

#[cfg(test)]
mod tests;
