//! Line notes of git-ai: which lines of a commit an AI tool wrote (`refs/notes/ai`, level E1).
//!
//! In: the text of one note in the format `authorship/3.0.0` or an older one. Out: an
//! [`AiNote`]. Start at [`parse`]. **Invariant:** pure; a note that cannot be read is an error
//! that says where, never "no AI". The prompts and transcripts in a note are not kept.
//!
//! A note is a list of paths, each with indented lines `KEY RANGES`; then `---`; then JSON that
//! says who the keys are. A key `h_...` (`human` in old notes) is a person; any other one (`s_...::t_...` for a
//! session, 16 digits for a prompt) is a tool.

mod format;
#[cfg(test)]
mod tests;

use bstr::ByteSlice as _;
use tl_core::attribution::ToolSet;

use crate::attribution::tool_named;

/// Largest note that is read, in bytes.
pub const NOTE_LIMIT: usize = 4 << 20;

/// What one note says about a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AiNote {
    /// Lines that the note gives to AI tools; a line that is given twice counts once.
    pub ai_lines: u64,
    /// Lines that the note gives to named people.
    pub human_lines: u64,
    /// Tools that wrote those lines.
    pub tools: ToolSet,
    /// Whether AI tools wrote lines of the commit. Prompts of which no line is left do not count.
    pub says_ai: bool,
}

/// Why a note cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`NOTE_LIMIT`].
    #[error("line note has {size} bytes, more than {NOTE_LIMIT}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// No line `---` between the lists of lines and the JSON.
    #[error("line note has no `---` line")]
    NoDivider,
    /// A line of the first part that is not `KEY RANGES`.
    #[error("line {line} of the line note is not a key with line ranges: `{text}`")]
    Entry {
        /// Number of the line, from 1.
        line: usize,
        /// Its beginning, lossy.
        text: String,
    },
    /// The second part is not the JSON that it should be.
    #[error("failed to read the JSON behind `---` in a line note")]
    Json(#[source] serde_json::Error),
    /// Another format, or a newer one.
    #[error("line note has the format `{version}`, not `authorship/3` or an older one")]
    Version {
        /// What the note says.
        version: String,
    },
}

/// Reads a note of `refs/notes/ai`.
pub fn parse(note: &[u8]) -> Result<AiNote, NoteError> {
    if note.len() > NOTE_LIMIT {
        return Err(NoteError::TooLarge { size: note.len() });
    }
    let (lists, json) = divide(note).ok_or(NoteError::NoDivider)?;
    let metadata: format::Metadata = serde_json::from_slice(json).map_err(NoteError::Json)?;
    if !metadata.is_readable() {
        let version = metadata.schema_version.chars().take(80).collect();
        return Err(NoteError::Version { version });
    }
    let mut read = AiNote::default();
    let mut file = FileLines::default();
    for (number, line) in lists.lines().enumerate() {
        match line.first() {
            None => {}
            Some(b' ' | b'\t') => {
                let entry = entry(line.trim_ascii(), &mut file).ok_or_else(|| {
                    let text = line.trim_ascii().to_str_lossy().chars().take(80).collect();
                    NoteError::Entry { line: number + 1, text }
                })?;
                if let Some(tool) = metadata.tool(entry) {
                    read.tools.insert(tool_named(tool));
                }
            }
            Some(_) => file.finish(&mut read),
        }
    }
    file.finish(&mut read);
    read.says_ai = read.ai_lines > 0;
    Ok(read)
}

/// The lists of lines, and the JSON.
fn divide(note: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut start = 0;
    for line in note.lines_with_terminator() {
        let end = start + line.len();
        if line.trim_end() == b"---" {
            return Some((&note[..start], &note[end..]));
        }
        start = end;
    }
    None
}

/// Line ranges of one file, first and last line of each.
#[derive(Default)]
struct FileLines {
    ai: Vec<(u64, u64)>,
    human: Vec<(u64, u64)>,
}

impl FileLines {
    /// Adds the lines of this file to the note, and begins the next file.
    fn finish(&mut self, note: &mut AiNote) {
        note.ai_lines = note.ai_lines.saturating_add(distinct(&mut self.ai));
        note.human_lines = note.human_lines.saturating_add(distinct(&mut self.human));
        *self = Self::default();
    }
}

/// Number of distinct lines in ranges that may overlap.
fn distinct(ranges: &mut [(u64, u64)]) -> u64 {
    ranges.sort_unstable();
    let (mut lines, mut seen) = (0u64, 0);
    for (first, last) in ranges.iter().copied() {
        let first = first.max(seen + 1);
        if first <= last {
            lines += last - first + 1;
            seen = last;
        }
    }
    lines
}

/// Reads `KEY 1-10,15` and returns the key.
fn entry<'a>(line: &'a [u8], file: &mut FileLines) -> Option<&'a str> {
    let (key, ranges) = line.to_str().ok()?.split_once(' ')?;
    let lines = if format::is_person(key) { &mut file.human } else { &mut file.ai };
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bound = |text: &str| text.trim().parse::<u32>().ok().filter(|line| *line > 0);
        let (first, last) = (bound(first)?, bound(last)?);
        if first > last {
            return None;
        }
        lines.push((u64::from(first), u64::from(last)));
    }
    Some(key)
}
