//! Sentences of a unit.
//!
//! In: normalised text. Out: byte ranges, each with the lexicon's classes that occur in it. A full
//! stop inside a path, an address or a number ends no sentence: white space must follow.

use std::ops::Range;

use super::lexicon::Mask;
use crate::text::unit::Unit;
use crate::words::Words;

/// Part of a text that is searched as one.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) range: Range<usize>,
    /// Classes of words in it.
    pub(super) mask: Mask,
}

/// Longest sentence, in bytes: longer ones are cut at a blank, so that no gap costs much.
const LONGEST: usize = 1_200;

/// Cuts `text` at `.`, `!`, `?`, `;` before white space and at line ends, also those that stand in a
/// string as `\n`. Where `flowing`, a line end counts only before an empty line, a list item or a tag:
/// descriptions are wrapped by hand.
///
/// `stems` are the words whose bits are the classes.
pub(super) fn split(text: &[u8], flowing: bool, stems: &Words) -> Vec<Sentence> {
    let mut out = Vec::new();
    let (mut start, mut mask, mut blank) = (0, 0, true);
    let mut state = stems.start();
    for (at, byte) in text.iter().enumerate() {
        state = stems.next(state, *byte);
        mask |= stems.ended(state);
        let ends = match byte {
            b' ' => at - start > LONGEST,
            b'\n' => !flowing || breaks(&text[at + 1..]),
            b'n' if at > 0 && text[at - 1] == b'\\' => {
                is_line_end(text, at) && breaks(&text[at + 1..])
            }
            b'.' | b'!' | b'?' | b';' => {
                blank = false;
                text.get(at + 1).is_none_or(u8::is_ascii_whitespace)
            }
            byte => {
                blank &= byte.is_ascii_whitespace();
                false
            }
        };
        if ends {
            if !blank {
                out.push(Sentence { range: start..at + 1, mask: Mask::of(mask) });
            }
            (start, mask, blank) = (at + 1, 0, true);
        }
    }
    if !blank {
        out.push(Sentence { range: start..text.len(), mask: Mask::of(mask) });
    }
    out
}

/// Whether the `n` behind a backslash ends a line: no further backslash stands before them.
fn is_line_end(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|b| **b == b'\\').count() == 1
}

/// Whether a line that begins so is not the rest of the one before.
fn breaks(line: &[u8]) -> bool {
    let first = line.iter().position(|b| *b != b' ' && *b != b'\t').map(|i| line[i]);
    first.is_none_or(|b| {
        matches!(b, b'\n' | b'\r' | b'\\' | b'-' | b'*' | b'<' | b'#' | b'0'..=b'9')
    })
}

/// The text of a unit with blanks in place of what joins its fields; the bytes keep their places.
/// Nothing where no two fields have words.
pub(super) fn without_joints(unit: &Unit<'_>) -> Option<Vec<u8>> {
    let mut text = unit.text.as_bytes().to_vec();
    let mut joints = 0;
    for pair in unit.spans.windows(2) {
        if pair[0].field == pair[1].field || pair[1].start <= pair[0].end {
            continue;
        }
        for byte in text.get_mut(pair[0].end..pair[1].start)? {
            if matches!(byte, b'.' | b'\n') {
                *byte = b' ';
                joints += 1;
            }
        }
    }
    (joints > 0).then_some(text)
}
