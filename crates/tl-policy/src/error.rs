//! Why a policy cannot be read.

use std::fmt;

/// A mistake in a policy's text, where it stands, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// Name of the file, where it is one of several.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// In characters, from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub text: String,
    /// The known word that is nearest to the one that is not known.
    pub nearest: Option<String>,
}

impl PolicyError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { file: None, line: None, column: None, text: text.into(), nearest: None }
    }

    /// At a byte of a text.
    pub(crate) fn at(mut self, text: &str, offset: usize) -> Self {
        self.line = Some(line_of(text, offset));
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        self.column = u32::try_from(before[start..].chars().count() + 1).ok();
        self
    }

    /// In a file that is one of several.
    pub(crate) fn of(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// What the TOML reader says of a text, with the nearest known key.
    pub fn in_toml(text: &str, err: &toml::de::Error) -> Self {
        let message = err.message().trim_end();
        let mut error = Self::new(message);
        if let Some(span) = err.span() {
            error = error.at(text, span.start);
        }
        let mut quoted = message.split('`').skip(1).step_by(2);
        if message.starts_with("unknown ")
            && let Some(unknown) = quoted.next()
        {
            error.nearest = nearest(unknown, quoted).map(str::to_owned);
        }
        error
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.text)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PolicyError {}

/// The line, from 1, of a byte.
pub(crate) fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// The candidate with the fewest edits, if they are few for its length.
fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= 2.max(candidate.chars().count() / 4))
        .min()
        .map(|(_, candidate)| candidate)
}
