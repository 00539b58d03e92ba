//! lcov's tracefiles.
//!
//! In: lines such as `DA:7,3`. Out: a [`Covered`](super::Covered) for each `SF:` up to its `end_of_record`; that of
//! one test where `TN:` names one. Start at [`Lcov`]. Source: geninfo(1), lcov 1.16 and 2.3.

use super::builder::{Builder, is_hit};
use crate::read::Gap;
use crate::read::lines::Line;
use crate::read::sink::Sink;

/// Reads a tracefile.
#[derive(Debug, Default)]
pub(super) struct Lcov {
    test: String,
    /// The file that is open.
    file: Option<String>,
    lines: Builder,
    /// The last line is none of lcov's: it may have been cut.
    odd: bool,
}

impl Line for Lcov {
    fn line(&mut self, line: &str, sink: &mut Sink) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if std::mem::take(&mut self.odd) {
            sink.note("there are lines in the report that lcov does not write");
        }
        if line == "end_of_record" {
            return self.close(sink);
        }
        let Some((kind, rest)) = line.split_once(':') else {
            self.odd = true;
            return;
        };
        match kind {
            "TN" => rest.trim().clone_into(&mut self.test),
            "SF" => {
                // Some tools leave the end of a record out.
                self.close(sink);
                self.file = Some(rest.trim().to_owned());
            }
            "DA" => self.data(rest, sink),
            "BRDA" => self.branch(rest),
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        if self.file.is_some() || self.odd {
            self.close(sink);
            let mend = "let the tool finish: it may have been killed, or the disk be full";
            sink.gap(Gap::Truncated, "the report breaks off", mend);
        }
    }
}

impl Lcov {
    fn close(&mut self, sink: &mut Sink) {
        let Some(file) = self.file.take() else { return };
        let mut covered = self.lines.finish(&file, sink);
        covered.test = (!self.test.is_empty()).then(|| self.test.clone());
        sink.covered(covered);
    }

    /// `line,count[,checksum]`
    fn data(&mut self, rest: &str, sink: &mut Sink) {
        let mut parts = rest.split(',');
        let line = parts.next().and_then(|line| line.trim().parse().ok());
        match (line, parts.next()) {
            (Some(line), Some(count)) => self.lines.line(line, is_hit(count)),
            _ => sink.note(format!("`DA:{rest}` is no line of a file and its count")),
        }
    }

    /// `line,[e]block,branch,taken`, where `-` stands for a line that was never reached.
    fn branch(&mut self, rest: &str) {
        let line = rest.split(',').next().and_then(|line| line.trim().parse().ok());
        if let (Some(line), Some((_, taken))) = (line, rest.rsplit_once(',')) {
            self.lines.branches(line, u32::from(is_hit(taken)), 1);
        }
    }
}
