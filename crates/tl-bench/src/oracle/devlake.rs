//! `cargo xtask oracle devlake`: do we get what DevLake expects of itself, row by row?
//!
//! In: the directory with a copy of DevLake's end-to-end tests (`backend/plugins/...`). Out: a
//! [`Verdict`], printed case by case. Start at [`run`]; the cases are beside this file.

use std::fmt;
use std::path::Path;

use super::compare::{Account, Case, Compat, Only};
use super::source::{OracleError, Tables};
use super::{dora, github, gitlab, issue_trace, jira};

/// Differences that are printed of one case.
const SHOWN: usize = 8;

/// How all cases came out.
#[derive(Default)]
pub struct Verdict {
    cases: Vec<(&'static Case, Account)>,
    with_columns: bool,
}

/// Every case, in the order in which it is printed.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [dora::CASES, issue_trace::CASES, github::CASES, gitlab::CASES, jira::CASES]
        .into_iter()
        .flatten()
}

/// Every definition that differs on purpose, by name.
pub fn compat() -> Vec<Compat> {
    let mut all: Vec<Compat> = cases().flat_map(|case| case.compat).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Runs every case; `with_columns` also lists what is compared and what is not, and why.
pub fn run(devlake: &Path, with_columns: bool) -> Result<Verdict, OracleError> {
    let tables = Tables::new(devlake);
    let mut verdict = Verdict { with_columns, ..Verdict::default() };
    for case in cases() {
        let account = case
            .run(&tables)
            .map_err(|source| OracleError::Case { case: case.name, source: Box::new(source) })?;
        verdict.cases.push((case, account));
    }
    Ok(verdict)
}

impl Verdict {
    /// Rows compared.
    pub fn rows(&self) -> usize {
        self.cases.iter().map(|(_, account)| account.rows).sum()
    }

    /// Rows of those that are equal.
    pub fn equal(&self) -> usize {
        self.cases.iter().map(|(_, account)| account.equal).sum()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (case, account) in &self.cases {
            let Account { rows, equal, differences } = account;
            writeln!(f, "{}: {rows} rows compared, {equal} equal", case.name)?;
            for difference in differences.iter().take(SHOWN) {
                writeln!(f, "  {difference}")?;
            }
            if differences.len() > SHOWN {
                writeln!(f, "  and {} more", differences.len() - SHOWN)?;
            }
            if self.with_columns {
                columns(f, case)?;
            }
        }
        if self.with_columns {
            writeln!(f, "differences on purpose:")?;
            for Compat { name, what } in compat() {
                writeln!(f, "  {name}: {what}")?;
            }
        }
        write!(f, "{} rows compared, {} equal", self.rows(), self.equal())
    }
}

fn columns(f: &mut fmt::Formatter<'_>, case: &Case) -> fmt::Result {
    let names: Vec<&str> = case.columns.iter().map(|column| column.name).collect();
    writeln!(f, "  compared: {}", names.join(", "))?;
    if let Some(Only { why, .. }) = &case.only {
        writeln!(f, "  not all rows: {why}")?;
    }
    for (name, why) in case.left_out {
        writeln!(f, "  not compared: {name}: {why}")?;
    }
    if !case.compat.is_empty() {
        let names: Vec<&str> = case.compat.iter().map(|one| one.name).collect();
        writeln!(f, "  differs on purpose: {}", names.join(", "))?;
    }
    Ok(())
}
