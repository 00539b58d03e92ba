//! Line-level evidence (E1): notes and traces that say which lines an AI tool wrote.
//!
//! In: `refs/notes/ai`, and Agent Trace records in `.agent-trace/`, committed or in the work tree.
//! Out: attributions added to the commits that they name. **Invariant:** a record that cannot be
//! read is counted and left out; a commit that nothing names keeps what its message says.

use std::fs::File;
use std::io::Read as _;

use tl_core::attribution::{Attribution, ToolSet};
use tl_core::history::Gap;
use tl_core::id::CommitId;
use tl_exec::git::{References, Repository};

use crate::cache::{NoteChunk, decode, encode};
use crate::history::{Collected, Index, Known};
use crate::{agent_trace, ai_notes, gaps};

/// The reference that holds line-level notes of AI authorship.
const AI_NOTES: &str = "refs/notes/ai";

/// Adds what the notes of `refs/notes/ai` say.
pub(crate) fn notes(
    repository: &Repository,
    refs: &References,
    known: &Known,
    index: &Index,
    collected: &mut Collected,
    gaps: &mut Vec<Gap>,
) {
    let Some(reference) = refs.notes.iter().find(|note| note.name == AI_NOTES) else { return };
    let known = known.notes.iter().find(|(tip, _)| *tip == reference.commit);
    let chunk = known.and_then(|(_, bytes)| decode::<NoteChunk>(bytes)).unwrap_or_else(|| {
        let mut chunk = NoteChunk::default();
        let visited =
            repository.notes(AI_NOTES, &mut |commit, bytes| match ai_notes::parse(bytes) {
                Ok(note) => chunk.rows.push((
                    commit,
                    Attribution {
                        tools: note.tools,
                        noted: note.says_ai,
                        has_note: true,
                        ..Attribution::default()
                    },
                )),
                Err(_) => chunk.unreadable += 1,
            });
        match visited {
            Ok(notes) => chunk.unreadable += notes.unreadable as u64,
            Err(err) => gaps.push(gaps::notes_unreadable(&err.to_string())),
        }
        collected.fresh.notes.push((reference.commit.as_bytes().to_vec(), encode(&chunk)));
        chunk
    });
    if chunk.unreadable > 0 {
        gaps.push(gaps::some_notes_unreadable(chunk.unreadable));
    }
    for (commit, attribution) in chunk.rows {
        if let Some(ix) = index.get(&commit) {
            let own = &mut collected.history.commits[ix.row()].attribution;
            *own = own.merged(attribution);
        }
    }
}

/// Directory of Agent Trace records: one JSON document a file, or one a line.
const TRACES: &str = ".agent-trace";

/// Most bytes that are read of the traces in the work tree.
const TRACES_LIMIT: u64 = 64 << 20;

/// Adds what Agent Trace records say of the commits that they name.
pub(crate) fn traces(
    repository: &Repository,
    index: &Index,
    collected: &mut Collected,
    gaps: &mut Vec<Gap>,
) {
    let mut unreadable = 0;
    for text in trace_files(repository) {
        for record in records(&text) {
            let Ok(trace) = agent_trace::parse(record) else {
                unreadable += 1;
                continue;
            };
            let commit = trace.revision.and_then(|revision| revision.parse::<CommitId>().ok());
            let Some(ix) = commit.and_then(|commit| index.get(&commit)) else { continue };
            let own = &mut collected.history.commits[ix.row()].attribution;
            *own = own.merged(evidence(trace.tools, trace.ai_ranges + trace.mixed_ranges > 0));
        }
    }
    if unreadable > 0 {
        gaps.push(gaps::some_traces_unreadable(unreadable));
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
