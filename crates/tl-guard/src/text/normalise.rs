//! Text as a model understands it: hidden characters taken out, look-alikes and escapes made plain.
//!
//! In: text as written. Out: the normalised text and the way back to each byte. Start at
//! [`normalise`]. Lines of plain ASCII, nineteen of twenty, are copied as they are.
//! **Invariants** (properties in the tests): normalising twice is the same as once, unless escapes
//! are nested deeper than [`PASSES`]; the output is at most four times the input; the map never goes
//! backwards.

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _, char::canonical_combining_class, is_nfkc_quick,
};

use crate::text::{
    hidden::{is_stripped, terminal_sequence},
    script::{self, Script},
    unit::OffsetMap,
};

/// An escape that an escape makes is undone too, this often.
pub const PASSES: usize = 8;

/// A longer run of white space becomes one: indentation stays, padding goes.
const WHITE: usize = 32;

/// Longest output of one input byte.
const GROWTH: usize = 4;

/// Normalises. `None`: the text is plain already.
pub fn normalise(raw: &str) -> Option<(String, OffsetMap)> {
    let bytes = raw.as_bytes();
    let plain = is_plain(bytes);
    let padded = long_white(bytes, 0).is_some();
    if plain && !padded {
        return None;
    }
    let (text, map) = if plain { (raw.to_owned(), OffsetMap::default()) } else { lines(raw) };
    // What was taken out may have parted white space.
    Some(if padded || long_white(text.as_bytes(), 0).is_some() {
        squeeze(&text, &map)
    } else {
        (text, map)
    })
}

/// Each line by itself: most are plain, and no line acts on another one.
fn lines(raw: &str) -> (String, OffsetMap) {
    let mut text = String::with_capacity(raw.len());
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let (mut start, mut plain_from) = (0, 0);
    // Where the next byte of the text comes from, if nothing changes.
    let mut next = 0;
    for line in raw.split_inclusive('\n') {
        let end = start + line.len();
        let change = change(line);
        if change != Change::Nothing {
            text.push_str(&raw[plain_from..start]);
            next += start - plain_from;
            let mut put = |piece: &str, at: &mut dyn Iterator<Item = usize>| {
                for (i, from) in at.enumerate() {
                    if from != next {
                        runs.push((offset(text.len() + i), offset(from)));
                        next = from;
                    }
                    next += 1;
                }
                text.push_str(piece);
            };
            if change == Change::Marks {
                for (i, c) in line.char_indices() {
                    let to = punctuation(c);
                    let from = start + i;
                    put(to.encode_utf8(&mut [0; 4]), &mut (from..from + to.len_utf8()));
                }
            } else {
                let made = undone(line);
                put(&made.text, &mut made.at.iter().map(|at| start + *at as usize));
            }
            plain_from = end;
            if next != end {
                runs.push((offset(text.len()), offset(end)));
                next = end;
            }
        }
        start = end;
    }
    text.push_str(&raw[plain_from..]);
    (text, OffsetMap(runs))
}

/// How much of a line has to be changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    /// Dashes and quotes.
    Marks,
    /// Whatever there is.
    All,
}

/// What has to be done to a line: of those that are not plain, most have a dash or an emoji.
fn change(line: &str) -> Change {
    if is_plain(line.as_bytes()) {
        return Change::Nothing;
    }
    let mut change = Change::Nothing;
    for (at, c) in line.char_indices() {
        match c as u32 {
            0x20..=0x7e | 0x09 | 0x0a | 0x0d => {
                if escape(&line.as_bytes()[at..]).is_some() {
                    return Change::All;
                }
            }
            0x2010 | 0x2012..=0x2015 | 0x2018..=0x201f | 0x2032 | 0x2212 => change = Change::Marks,
            // Bullets, arrows, frames, emoji and Han: they are what they are.
            0x2020..=0x2022
            | 0x2190..=0x21ff
            | 0x2500..=0x25ff
            | 0x2600..=0x26ff
            | 0x2700..=0x27bf
            | 0x4e00..=0x9fff
            | 0x1f300..=0x1f64f
            | 0x1f680..=0x1f6ff
            | 0x1f900..=0x1f9ff => {}
            _ => return Change::All,
        }
    }
    change
}

/// A line with all undone, also what an undone escape has made.
fn undone(line: &str) -> Made {
    let mut made = pass(line);
    for _ in 1..PASSES {
        if is_plain(made.text.as_bytes()) {
            break;
        }
        let mut again = pass(&made.text);
        if again.text == made.text {
            break;
        }
        for at in &mut again.at {
            *at = made.at.get(*at as usize).copied().unwrap_or_default();
        }
        made = again;
    }
    made
}

/// Text with the byte of the input for each of its bytes.
#[derive(Default)]
struct Made {
    text: String,
    at: Vec<u32>,
}

impl Made {
    /// `from..from + length` of the input became `text`.
    fn push(&mut self, text: &str, from: usize, length: usize) {
        self.text.push_str(text);
        let last = length.saturating_sub(1);
        self.at.extend((0..text.len()).map(|i| offset(from + i.min(last))));
    }

    fn push_char(&mut self, c: char, from: usize, length: usize) {
        self.push(c.encode_utf8(&mut [0; 4]), from, length);
    }

    /// Characters with their input byte.
    fn chars(&self) -> impl Iterator<Item = (u32, char)> {
        self.text.char_indices().map(|(i, c)| (self.at[i], c))
    }
}

/// Units are smaller than 4 GiB: files are read up to [`crate::limits::WHOLE_FILE`].
fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// Whether nothing but white space would change, without looking closer than at single bytes.
fn is_plain(bytes: &[u8]) -> bool {
    let chunk = |(at, chunk): (usize, &[u8])| {
        // Without a branch, so that many bytes are compared at once.
        chunk.iter().fold(true, |all, byte| all & stands_for_itself(*byte))
            || chunk.iter().enumerate().all(|(i, byte)| {
                stands_for_itself(*byte)
                    || (matches!(byte, b'&' | b'%' | b'\\')
                        && escape(&bytes[at * CHUNK + i..]).is_none())
            })
    };
    bytes.chunks(CHUNK).enumerate().all(chunk)
}

/// Bytes that are compared at once.
const CHUNK: usize = 64;

/// Whether a byte is plain whatever is around it.
const fn stands_for_itself(byte: u8) -> bool {
    let shown = byte >= 0x20 && byte < 0x7f && byte != b'&' && byte != b'%' && byte != b'\\';
    shown | (byte == b'\n') | (byte == b'\t') | (byte == b'\r')
}

/// The next run of white space that is too long, from a byte on.
pub(crate) fn long_white(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    // A run that long covers one of every so many bytes: the others need not be looked at.
    let mut at = from + WHITE;
    while at < bytes.len() {
        if is_white(bytes[at]) {
            let before = bytes[from..at].iter().rev().take_while(|b| is_white(**b)).count();
            let behind = bytes[at..].iter().take_while(|b| is_white(**b)).count();
            if before + behind > WHITE {
                return Some((at - before, at + behind));
            }
            at += behind;
        }
        at += WHITE;
    }
    None
}

const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// One line, all steps once.
fn pass(line: &str) -> Made {
    let folded = fold(compose(strip(line)));
    let last = line.len().saturating_sub(1);
    let mut made = Made::default();
    for (i, c) in unescape(&folded).chars() {
        made.text.push(c);
        made.at.extend(std::iter::repeat_n(offset((i as usize).min(last)), c.len_utf8()));
    }
    made
}

/// Takes out what shows nothing.
fn strip(line: &str) -> Made {
    let mut made = Made::default();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let length = c.len_utf8();
        if let Some(sequence) = terminal_sequence(&line[at..]) {
            at += sequence;
            continue;
        }
        if !is_stripped(c) {
            made.push(&line[at..at + length], at, length);
        }
        at += length;
    }
    made
}

/// NFKC, in stretches that cannot act on each other, so that the map stays fine.
fn compose(made: Made) -> Made {
    if is_nfkc_quick(made.text.chars()) == IsNormalized::Yes {
        return made;
    }
    let mut out = Made::default();
    let mut start = 0;
    let text = &made.text;
    let mut ends: Vec<usize> =
        text.char_indices().skip(1).filter(|(_, c)| stands_alone(*c)).map(|(i, _)| i).collect();
    ends.push(text.len());
    for end in ends {
        let part = &text[start..end];
        let composed: String = part.nfkc().collect();
        let (from, last) = (made.at[start] as usize, made.at[end - 1] as usize);
        if composed == part || composed.len() > GROWTH * part.len() {
            out.text.push_str(part);
            out.at.extend_from_slice(&made.at[start..end]);
        } else {
            out.push(&composed, from, last + 1 - from);
        }
        start = end;
    }
    out
}

/// Whether composing may stop before a character.
fn stands_alone(c: char) -> bool {
    c.is_ascii()
        || (canonical_combining_class(c) == 0
            && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes)
}

/// Letters that look like ASCII ones, in words that mix scripts; dashes and quotes everywhere.
fn fold(made: Made) -> Made {
    let mut out = Made::default();
    let mut at = 0;
    let text = &made.text;
    while at < text.len() {
        let word = word(&text[at..]);
        let end = at + word.max(1);
        if word == 0 {
            let Some(c) = text[at..].chars().next() else { break };
            let (from, length) = (made.at[at] as usize, c.len_utf8());
            out.push_char(punctuation(c), from, length);
            at += length;
            continue;
        }
        let foreign = mixes(&text[at..end]);
        for (i, c) in text[at..end].char_indices() {
            let to = if foreign { script::ascii(c).unwrap_or(c) } else { c };
            out.push_char(to, made.at[at + i] as usize, c.len_utf8());
        }
        at = end;
    }
    out
}

/// Length of the word at the start.
fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Whether a word has Latin letters and some that look like them.
pub(crate) fn mixes(word: &str) -> bool {
    let (mut latin, mut alike) = (false, false);
    for c in word.chars() {
        match script::script(c) {
            Script::Latin => latin = true,
            Script::Alike(_) => alike = true,
            Script::Other | Script::Common => {}
        }
    }
    latin && alike
}

const fn punctuation(c: char) -> char {
    match c as u32 {
        0x2010..=0x2015 | 0x2212 => '-',
        0x2018..=0x201b | 0x2032 => '\'',
        0x201c..=0x201f | 0x2033 => '"',
        _ => c,
    }
}

/// Escapes that make a letter, a space or a bracket.
fn unescape(made: &Made) -> Made {
    let mut out = Made::default();
    let bytes = made.text.as_bytes();
    let mut at = 0;
    while let Some(c) = made.text[at..].chars().next() {
        let from = made.at[at] as usize;
        if let Some((made_of, length)) = escape(&bytes[at..]) {
            out.push_char(made_of, from, 1);
            at += length;
        } else {
            out.push_char(c, from, c.len_utf8());
            at += c.len_utf8();
        }
    }
    out
}

/// `&#105;`, `&lt;`, `%69`, `\x69`, `\u0069`, `\u{69}` at the start: what it makes, and its length.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let (number, length) = match bytes {
        [b'&', b'#', rest @ ..] => {
            let hexadecimal = matches!(rest.first(), Some(b'x' | b'X'));
            let from = usize::from(hexadecimal);
            let digits = digits(&rest[from..], if hexadecimal { 16 } else { 10 }, 7);
            let end = from + digits;
            if digits == 0 || rest.get(end) != Some(&b';') {
                return None;
            }
            (parse(&rest[from..end], if hexadecimal { 16 } else { 10 })?, end + 3)
        }
        [b'&', rest @ ..] => {
            return NAMED.iter().find_map(|(name, c)| {
                rest.starts_with(name.as_bytes()).then_some((*c, name.len() + 1))
            });
        }
        [b'%', a, b, ..] | [b'\\', b'x', a, b, ..] => {
            let length = if bytes[0] == b'%' { 3 } else { 4 };
            (parse(&[*a, *b], 16)?, length)
        }
        [b'\\', b'u', b'{', rest @ ..] => {
            let digits = digits(rest, 16, 6);
            if digits == 0 || rest.get(digits) != Some(&b'}') {
                return None;
            }
            (parse(&rest[..digits], 16)?, digits + 4)
        }
        [b'\\', b'u', a, b, c, d, ..] => (parse(&[*a, *b, *c, *d], 16)?, 6),
        _ => return None,
    };
    let c = char::from_u32(number)?;
    let wanted = c.is_alphabetic() || matches!(c, ' ' | '<' | '>' | '"' | '\'' | '\u{a0}');
    wanted.then_some((if c == '\u{a0}' { ' ' } else { c }, length))
}

const NAMED: &[(&str, char)] =
    &[("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\''), ("nbsp;", ' ')];

fn digits(bytes: &[u8], radix: u32, most: usize) -> usize {
    bytes.iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count()
}

fn parse(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, b| Some(n * radix + char::from(*b).to_digit(radix)?))
}

/// Long runs of white space become one character: a line break if there was one.
fn squeeze(text: &str, map: &OffsetMap) -> (String, OffsetMap) {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let (mut from, mut seen) = (0, 0);
    loop {
        let found = long_white(bytes, from);
        let (start, end) = found.unwrap_or((bytes.len(), bytes.len()));
        // The piece in front stays, with the entries of the map that fall into it.
        let here = out.len();
        if from > 0 {
            runs.push((offset(here), offset(map.raw(from))));
        }
        while let Some((at, to)) = map.0.get(seen).filter(|(at, _)| (*at as usize) < end) {
            seen += 1;
            if (from..start).contains(&(*at as usize)) && !(from > 0 && *at as usize == from) {
                runs.push((offset(here + *at as usize - from), *to));
            }
        }
        out.push_str(&text[from..start]);
        if found.is_none() {
            break;
        }
        runs.push((offset(out.len()), offset(map.raw(start))));
        out.push(if bytes[start..end].contains(&b'\n') { '\n' } else { ' ' });
        from = end;
    }
    let end = (offset(out.len()), offset(map.raw(text.len())));
    if runs.last().is_none_or(|(at, to)| end.0 - at != end.1.saturating_sub(*to)) {
        runs.push(end);
    }
    (out, OffsetMap(runs))
}

#[cfg(test)]
mod tests;
