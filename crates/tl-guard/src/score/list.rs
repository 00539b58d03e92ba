//! Files that stand in a list below the sentence that speaks of them.
//!
//! In: the sentences of a text, and one that may announce a list. Out: the item that names a file of secrets.
//! Start at [`item`]. An order to read "the following files" says nothing by itself, and a path in a list
//! says nothing either.

use std::ops::Range;

use super::lexicon::Lexicon;
use super::orders::ANNOUNCE;
use super::pattern::Pattern;
use super::sentence::Sentence;

/// Sentences between the announcement and its list.
const BETWEEN: usize = 3;
/// Items that are looked at.
const ITEMS: usize = 20;

/// Reads what is announced.
static ANNOUNCED: Pattern = Pattern::new(
    r"\b(?:read|reading|open|load|collect|gather|record|copy|cat|extract|fetch|retrieve|access|harvest|dump|obtain|contents? of)\b[^.!?\n]{0,80}?\b(?:the following|these|each of|below|listed)\b",
);

/// The item of the list below a sentence that names a file of secrets, where the sentence orders to read
/// what is in the list; and where in the sentence it does.
pub(super) fn item(
    lexicon: &Lexicon,
    text: &[u8],
    sentences: &[Sentence],
    index: usize,
) -> Option<(Range<usize>, Range<usize>)> {
    if !sentences[index].mask.has(ANNOUNCE) {
        return None;
    }
    let behind = &sentences[index + 1..];
    let is_item = |sentence: &Sentence| begins_item(&text[sentence.range.clone()]);
    let first = behind.iter().take(BETWEEN + 1).position(is_item)?;
    let ordered = ANNOUNCED.find(&text[sentences[index].range.clone()])?;
    let mut items = behind[first..].iter().take(ITEMS).take_while(|one| is_item(one));
    let named = items.find(|one| lexicon.names_secret_file(&text[one.range.clone()]))?;
    Some((ordered, named.range.clone()))
}

/// `- `, `* `, `1. ` after blanks.
fn begins_item(sentence: &[u8]) -> bool {
    let body = sentence.trim_ascii_start();
    let digits = body.iter().take_while(|b| b.is_ascii_digit()).count();
    match &body[digits..] {
        [b'.' | b')', b' ', ..] => digits > 0,
        [b'-' | b'*' | b'+', b' ', ..] => digits == 0,
        _ => false,
    }
}
