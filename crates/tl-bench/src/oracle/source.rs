//! Tables of DevLake's tests: CSV files with rows of its own shape, or with a system's raw JSON.
//!
//! In: the directory of the plugins. Out: [`Expected`] rows, and the records in raw tables as
//! events and what they fold to. Start at [`Tables`]. **Invariant:** a raw row that our conversion
//! refuses is an error, not a row less.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tl_collect::system::{Malformed, convert};
use tl_core::delivery::Delivery;
use tl_core::event::Event;
use tl_core::record::{Record, System};
use tl_core::time::Timestamp;
use tl_map::fold;

/// Why an oracle cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// A table is missing or is no CSV.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A directory or file is missing.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A raw row is no JSON.
    #[error("`{file}`, row {row}: the column `{column}` is no JSON")]
    Json {
        /// The table.
        file: String,
        /// Row, 1 for the first one behind the header.
        row: usize,
        /// Its column.
        column: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// Our conversion refuses a raw row.
    #[error("`{file}`, row {row}: not converted")]
    Refused {
        /// The table.
        file: String,
        /// Row, 1 for the first one behind the header.
        row: usize,
        /// Why.
        source: Malformed,
    },
    /// A case could not be run.
    #[error("case `{case}`")]
    Case {
        /// Its name.
        case: &'static str,
        /// Why.
        source: Box<Self>,
    },
    /// A date that is none.
    #[error("`{text}` is no instant")]
    Instant {
        /// What was found.
        text: String,
    },
    /// A column that nothing is said about, or that our rows lack.
    #[error("case `{case}`: nothing is said about the column `{column}`")]
    Column {
        /// The case.
        case: &'static str,
        /// The column.
        column: String,
    },
    /// What names something is not where it should be.
    #[error("`{file}`: {problem}")]
    Data {
        /// The table.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The repository cannot be read.
    #[error("cannot read the repository")]
    Git(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One row of a table.
#[derive(Debug, Clone, Default)]
pub struct Expected(BTreeMap<String, String>);

impl Expected {
    /// A value; empty where it is NULL or the column is absent.
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// Puts a value into a column.
    pub fn set(&mut self, column: &str, value: &str) {
        self.0.insert(column.to_owned(), value.to_owned());
    }

    /// The end of a name such as `github:GithubIssue:1:346842831`.
    pub fn last(&self, column: &str) -> &str {
        self.get(column).rsplit(':').next().unwrap_or_default()
    }

    /// Its columns, without those in which DevLake keeps its own books.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let own = |name: &&str| !name.starts_with("_raw_data") && !name.is_empty();
        self.0.keys().map(String::as_str).filter(own)
    }
}

/// One row of a raw table.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Row, 1 for the first one behind the header.
    pub row: usize,
    /// What the API said.
    pub data: Value,
    /// What it was asked about.
    pub input: Value,
}

/// The directory with the plugins' tables.
#[derive(Debug)]
pub struct Tables {
    plugins: PathBuf,
}

impl Tables {
    /// The tables below a copy of DevLake.
    pub fn new(devlake: &Path) -> Self {
        Self { plugins: devlake.join("backend/plugins") }
    }

    /// Reads a table.
    pub fn read(&self, file: &str) -> Result<Vec<Expected>, OracleError> {
        read_csv(&self.plugins.join(file))
    }

    /// Reads the rows of a raw table that belong to one connection.
    pub fn raw(&self, file: &str, connection: u64) -> Result<Vec<Raw>, OracleError> {
        let mut rows = Vec::new();
        for (at, row) in self.read(file)?.iter().enumerate() {
            let json = |column| {
                let text = if row.get(column).is_empty() { "null" } else { row.get(column) };
                serde_json::from_str::<Value>(text).map_err(|source| OracleError::Json {
                    file: file.to_owned(),
                    row: at + 1,
                    column,
                    source,
                })
            };
            // One row has `"ConnectionId":,` on purpose: it is of no connection.
            let own = json("params").is_ok_and(|params| params["ConnectionId"] == connection);
            if own {
                rows.push(Raw { row: at + 1, data: json("data")?, input: json("input")? });
            }
        }
        Ok(rows)
    }

    /// The events of the raw rows of one connection, by our own conversion.
    pub fn events(
        &self,
        file: &str,
        connection: u64,
        system: System,
        what: &str,
        scope: &str,
        parent: impl Fn(&Raw) -> String,
    ) -> Result<Vec<Event>, OracleError> {
        let mut events = Vec::new();
        for raw in self.raw(file, connection)? {
            let parent = parent(&raw);
            let record = Record {
                system,
                what: what.to_owned(),
                scope: scope.to_owned(),
                parent,
                body: raw.data,
            };
            events.extend(convert(&record).map_err(|source| OracleError::Refused {
                file: file.to_owned(),
                row: raw.row,
                source,
            })?);
        }
        Ok(events)
    }
}

/// What events fold to.
pub(super) fn folded(events: &[Event]) -> Delivery {
    fold::all(events)
}

/// Reads a CSV file with a header.
pub(super) fn read_csv(path: &Path) -> Result<Vec<Expected>, OracleError> {
    let wrong = |source| OracleError::Read { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(wrong)?;
    let header: Vec<String> = reader
        .headers()
        .map_err(wrong)?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let named = header.iter().cloned().zip(record.iter().map(str::to_owned));
        rows.push(Expected(named.collect()));
    }
    Ok(rows)
}

/// An instant as DevLake's tables write it: RFC 3339, or `2023-4-10 6:51:47` in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, OracleError> {
    let wrong = || OracleError::Instant { text: text.to_owned() };
    if text.contains('T') {
        return Timestamp::parse(text).map_err(|_| wrong());
    }
    let (date, time) = text.split_once(' ').ok_or_else(wrong)?;
    let padded = |text: &str, by: char| {
        let part = |part: &str| format!("{part:0>2}");
        text.split(by).map(part).collect::<Vec<_>>().join(&by.to_string())
    };
    let (time, fraction) = time.split_once('.').map_or((time, ""), |(time, part)| (time, part));
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let full = format!("{}T{}{fraction}Z", padded(date, '-'), padded(time, ':'));
    Timestamp::parse(&full).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_without_padding_are_utc() {
        let at = instant("2023-4-10 6:51:47").unwrap();
        assert_eq!(at, instant("2023-04-10T06:51:47.000+00:00").unwrap());
        assert_eq!(instant("2022-09-07 23:07:13.5").unwrap().to_string(), "2022-09-07T23:07:13Z");
        assert!(instant("yesterday").is_err());
    }
}
