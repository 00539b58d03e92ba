//! The formats, and how one is recognised.

use std::fmt;
use std::str::FromStr;

use tl_core::record::System;

/// A format of a file or pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON whose records are recognised one by one.
    Json,
    /// Our own events: the neutral form, or as `throughline events` writes them.
    Events,
    /// Our own events, a row each.
    EventsCsv,
    /// CDEvents, alone or in CloudEvents.
    CdEvents,
    /// What a system sends to a webhook.
    Webhook(System),
    /// What a system's API returns.
    Export(System),
    /// Metrics and logs of Claude Code as OTLP-JSON.
    ClaudeCode,
    /// Usage reports of GitHub Copilot.
    Copilot,
    /// Test reports.
    Junit,
    /// Answers to a survey, a row each.
    SurveyCsv,
    /// Incidents, a row each.
    IncidentsCsv,
    /// Issues exported from Jira's search, a row each.
    JiraCsv,
    /// A table that is recognised by its header.
    Csv,
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a format; there is json, csv, events, events-csv, cdevents, claude-code, \
     copilot, junit, survey-csv, incidents-csv, jira-csv, and each system's name (its API's \
     objects) or name with `-webhook`"
)]
pub struct UnknownFormat {
    /// What was given.
    pub name: String,
}

/// Formats that are named by a word of their own.
const NAMED: [(&str, Format); 11] = [
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("events", Format::Events),
    ("events-csv", Format::EventsCsv),
    ("cdevents", Format::CdEvents),
    ("claude-code", Format::ClaudeCode),
    ("copilot", Format::Copilot),
    ("junit", Format::Junit),
    ("survey-csv", Format::SurveyCsv),
    ("incidents-csv", Format::IncidentsCsv),
    ("jira-csv", Format::JiraCsv),
];

impl Format {
    /// Whether it is CSV.
    pub(super) const fn is_table(self) -> bool {
        matches!(
            self,
            Self::EventsCsv | Self::SurveyCsv | Self::IncidentsCsv | Self::JiraCsv | Self::Csv
        )
    }

    /// Whether our own events may stand in it.
    pub(super) const fn may_be_neutral(self) -> bool {
        matches!(self, Self::Json | Self::Events)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(system) => write!(f, "{system}-webhook"),
            Self::Export(system) => write!(f, "{system}"),
            other => match NAMED.iter().find(|(_, format)| format == other) {
                Some((name, _)) => f.write_str(name),
                None => f.write_str("json"),
            },
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some((_, format)) = NAMED.iter().find(|(named, _)| *named == name) {
            return Ok(*format);
        }
        let system = |name: &str| name.parse::<System>().ok();
        let webhook = name.strip_suffix("-webhook").and_then(system).map(Self::Webhook);
        let export = || system(name).map(Self::Export);
        webhook.or_else(export).ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// What an input is that has no format, and what to do about it; both empty where it is.
pub(super) type Strange = (&'static str, &'static str);

/// The format of an input by its first bytes and, where they leave it open, its name. What is
/// none is an error in words.
pub(super) fn recognise(name: &str, head: &[u8]) -> Result<Format, Strange> {
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\x1E").unwrap_or(text);
    match text {
        [] => Err(("", "")),
        [b'{' | b'[', ..] => Ok(Format::Json),
        [b'<', ..] => Ok(Format::Junit),
        [0x1F, 0x8B, ..] => Err(("the input is compressed", "unpack it with `gunzip` first")),
        [b'P', b'K', 3, 4, ..] => Err(("the input is an archive", "unpack it first")),
        _ => {
            let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            // NDJSON may begin with a broken line.
            let ends = |end: &str| name.to_ascii_lowercase().ends_with(end);
            if ends(".json") || ends(".ndjson") || ends(".jsonl") {
                return Ok(Format::Json);
            }
            let table = header.iter().any(|byte| b",;\t".contains(byte)) || ends(".csv");
            let plain = header.iter().all(|byte| *byte >= b' ' || b"\t\r".contains(byte));
            if table && plain {
                return Ok(Format::Csv);
            }
            let next = text.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
            if next.starts_with(b"{") {
                return Ok(Format::Json);
            }
            let what = "the input begins like none of the formats that are known";
            Err((what, "name the format with `--format`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        let systems = System::ALL.into_iter();
        let all = systems.flat_map(|system| [Format::Webhook(system), Format::Export(system)]);
        for format in all.chain(NAMED.into_iter().map(|(_, format)| format)) {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("webhook".parse::<Format>().is_err());
    }
}
