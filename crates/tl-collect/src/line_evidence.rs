//! Line-level evidence (E1): notes and traces that say which lines an AI tool wrote.
//!
//! In: `refs/notes/ai`, and Agent Trace records in `.agent-trace/`, committed or in the work tree.
//! Out: [`LineEvidence`]. Start at [`read`]. **Invariant:** a record that cannot be
//! read is counted and left out; nothing here overrides what a commit's message says.

use std::fs::File;
use std::io::Read as _;

use tl_core::attribution::{Attribution, ToolSet};
use tl_core::history::Gap;
use tl_core::id::CommitId;
use tl_exec::git::{References, Repository};

use crate::cache::{NoteChunk, decode, encode};
use crate::{agent_trace, ai_notes, gaps};

/// The reference that holds line-level notes of AI authorship.
const AI_NOTES: &str = "refs/notes/ai";

/// What lines say, and what reading them came to.
#[derive(Debug, Default)]
pub(crate) struct LineEvidence {
    /// What to add to the attribution of which commits, known here or not.
    pub(crate) rows: Vec<(CommitId, Attribution)>,
    /// What is new for the cache: the object that the notes reference names, and the chunk.
    pub(crate) fresh: Option<(Vec<u8>, Vec<u8>)>,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
}

/// Reads notes and traces; `known` are the chunks of notes that earlier runs derived.
pub(crate) fn read(
    repository: &Repository,
    refs: &References,
    known: &[(CommitId, Vec<u8>)],
) -> LineEvidence {
    let mut found = LineEvidence::default();
    if let Some(reference) = refs.notes.iter().find(|note| note.name == AI_NOTES) {
        let known = known.iter().find(|(tip, _)| *tip == reference.commit);
        let chunk = known.and_then(|(_, bytes)| decode::<NoteChunk>(bytes)).unwrap_or_else(|| {
            let chunk = notes(repository, &mut found.gaps);
            found.fresh = Some((reference.commit.as_bytes().to_vec(), encode(&chunk)));
            chunk
        });
        if chunk.unreadable > 0 {
            found.gaps.push(gaps::some_notes_unreadable(chunk.unreadable));
        }
        found.rows = chunk.rows;
    }
    traces(repository, &mut found);
    found
}

/// Reads the notes of `refs/notes/ai`.
fn notes(repository: &Repository, gaps: &mut Vec<Gap>) -> NoteChunk {
    let mut chunk = NoteChunk::default();
    let visited = repository.notes(AI_NOTES, &mut |commit, bytes| match ai_notes::parse(bytes) {
        Ok(note) => chunk.rows.push((commit, evidence(note.tools, note.says_ai))),
        Err(_) => chunk.unreadable += 1,
    });
    match visited {
        Ok(notes) => chunk.unreadable += notes.unreadable as u64,
        Err(err) => gaps.push(gaps::notes_unreadable(&err.to_string())),
    }
    chunk
}

/// Directory of Agent Trace records: one JSON document a file, or one a line.
const TRACES: &str = ".agent-trace";

/// Most bytes that are read of the traces in the work tree.
const TRACES_LIMIT: u64 = 64 << 20;

/// Reads Agent Trace records.
fn traces(repository: &Repository, found: &mut LineEvidence) {
    let mut unreadable = 0;
    for text in trace_files(repository) {
        for record in records(&text) {
            let Ok(trace) = agent_trace::parse(record) else {
                unreadable += 1;
                continue;
            };
            if let Some(commit) = trace.revision.and_then(|revision| revision.parse().ok()) {
                let says_ai = trace.ai_ranges + trace.mixed_ranges > 0;
                found.rows.push((commit, evidence(trace.tools, says_ai)));
            }
        }
    }
    if unreadable > 0 {
        found.gaps.push(gaps::some_traces_unreadable(unreadable));
    }
}

fn evidence(tools: ToolSet, says_ai: bool) -> Attribution {
    Attribution { tools, noted: says_ai, has_note: true, ..Attribution::default() }
}

/// The committed trace files, and those of the work tree, which are often kept out of git.
fn trace_files(repository: &Repository) -> Vec<Vec<u8>> {
    let committed = repository.files_at_head(TRACES).unwrap_or_default();
    let mut files: Vec<Vec<u8>> = committed
        .iter()
        .filter(|path| path.ends_with(".json") || path.ends_with(".jsonl"))
        .filter_map(|path| repository.blob_at_head(path).ok().flatten())
        .collect();
    if let Some(root) = repository.work_dir() {
        let mut text = Vec::new();
        let path = root.join(TRACES).join("traces.jsonl");
        let file = File::open(path).map(|file| file.take(TRACES_LIMIT));
        if file.and_then(|mut file| file.read_to_end(&mut text)).is_ok() {
            files.push(text);
        }
    }
    files
}

/// The records of a file: each line if the first line is a whole document, else the whole file.
fn records(text: &[u8]) -> Vec<&[u8]> {
    let lines: Vec<&[u8]> =
        text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    match lines.first() {
        Some(first) if first.trim_ascii_end().ends_with(b"}") => lines,
        Some(_) => vec![text],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_one_document_or_one_a_line() {
        assert_eq!(records(b"{\"a\":1}\n\n{\"b\":2}\n").len(), 2);
        assert_eq!(records(b"{\n  \"a\": 1\n}\n"), [b"{\n  \"a\": 1\n}\n"]);
        assert!(records(b"\n").is_empty());
    }
}
