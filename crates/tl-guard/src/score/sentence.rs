//! Sentences of a unit.
//!
//! In: normalised text. Out: byte ranges, each with the lexicon's classes that occur in it. A full
//! stop inside a path, an address or a number ends no sentence: white space must follow.

use std::ops::Range;

use super::lexicon::Mask;
use crate::text::unit::Unit;

/// Part of a text that is searched as one.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    pub(super) range: Range<usize>,
    /// Classes of words in it.
    pub(super) mask: Mask,
}

/// Longest sentence, in bytes: longer ones are cut at a blank, so that no gap costs much.
const LONGEST: usize = 1_200;

/// Cuts `text` at `.`, `!`, `?`, `;` before white space and at line ends. Where `flowing`, a line
/// end counts only before an empty line, a list item or a tag: descriptions are wrapped by hand.
///
/// `marks` are (byte, class) in order of bytes.
pub(super) fn split(text: &[u8], flowing: bool, marks: &[(usize, Mask)]) -> Vec<Sentence> {
    let mut out = Vec::new();
    let (mut start, mut next) = (0, marks.iter().peekable());
    let mut close = |end: usize, out: &mut Vec<Sentence>, from: &mut usize| {
        let mut mask = Mask::NONE;
        while let Some((_, class)) = next.next_if(|(at, _)| *at < end) {
            mask = mask.with(*class);
        }
        if text[*from..end].iter().any(|b| !b.is_ascii_whitespace()) {
            out.push(Sentence { range: *from..end, mask });
        }
        *from = end;
    };
    for (at, byte) in text.iter().enumerate() {
        let after = text.get(at + 1).copied();
        let ends = match byte {
            b'.' | b'!' | b'?' | b';' => after.is_none_or(|b| b.is_ascii_whitespace()),
            b'\n' => !flowing || breaks(&text[at + 1..]),
            b' ' => at - start > LONGEST,
            _ => false,
        };
        if ends {
            close(at + 1, &mut out, &mut start);
        }
    }
    close(text.len(), &mut out, &mut start);
    out
}

/// Whether a line that begins so is not the rest of the one before.
fn breaks(line: &[u8]) -> bool {
    let first = line.iter().position(|b| *b != b' ' && *b != b'\t').map(|i| line[i]);
    first.is_none_or(|b| matches!(b, b'\n' | b'\r' | b'-' | b'*' | b'<' | b'#' | b'0'..=b'9'))
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
