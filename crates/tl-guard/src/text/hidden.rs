//! What a person does not see in a text, and what a model reads there.
//!
//! In: text as written. Out: [`Hidden`] stretches in order. Only what has no honest reason: joiners
//! of Persian, Hindi and emoji, the selectors of emoji, Arabic in balanced marks are left alone.

use crate::text::{
    normalise::{long_white, mixes},
    script::{self, Script},
    unit::{Hidden, HiddenKind},
};

/// This many characters without width in a row carry data wherever they stand.
const DATA_RUN: usize = 16;
/// This many blank lines hide what follows.
const BLANK_LINES: usize = 40;
/// This many blanks before text put it out of sight.
const BLANKS: usize = 200;
/// A longer tag is not looked through.
const TAG: usize = 200;

/// Everything hidden in a text, by place.
pub fn find(text: &str) -> Vec<Hidden> {
    let mut found = Vec::new();
    if !text.is_ascii() || text.as_bytes().contains(&0x1b) {
        characters(text, &mut found);
        homoglyphs(text, &mut found);
    }
    padding(text, &mut found);
    found.sort_by_key(|h| h.start);
    found
}

/// Characters that the normaliser takes out.
pub(crate) const fn is_stripped(c: char) -> bool {
    is_zero_width(c)
        || is_tag(c)
        || is_bidi(c)
        || is_selector(c)
        || matches!(c as u32, 0x0..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f..=0x9f | 0x206a..=0x206f)
}

const fn is_tag(c: char) -> bool {
    matches!(c as u32, 0xe0001 | 0xe0020..=0xe007f)
}

const fn is_bidi(c: char) -> bool {
    matches!(c as u32, 0x200e | 0x200f | 0x61c | 0x202a..=0x202e | 0x2066..=0x2069)
}

const fn is_selector(c: char) -> bool {
    matches!(c as u32, 0xfe00..=0xfe0f | 0xe0100..=0xe01ef)
}

const fn is_zero_width(c: char) -> bool {
    matches!(
        c as u32,
        0xad | 0x34f | 0x115f | 0x1160 | 0x180e | 0x200b..=0x200d | 0x2060..=0x2064 | 0x3164 | 0xfeff | 0xffa0
    )
}

/// Length of a sequence for terminals at the start: `ESC [ ... m`, `ESC ] ... BEL`, and their
/// one-character forms.
pub(crate) fn terminal_sequence(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let kind = match chars.next()?.1 {
        '\u{1b}' => chars.next()?.1,
        '\u{9b}' => '[',
        '\u{9d}' => ']',
        _ => return None,
    };
    match kind {
        '[' => {
            let end = chars.find(|(_, c)| !matches!(c, ' '..='?'));
            Some(end.map_or(text.len(), |(i, c)| if matches!(c, '@'..='~') { i + 1 } else { i }))
        }
        ']' | 'P' | '_' => {
            // It ends with BEL or ESC \; one that never ends stops at its line.
            let end = chars.find(|(_, c)| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}' | '\n'));
            Some(end.map_or(text.len(), |(i, c)| match c {
                '\n' => i,
                '\u{1b}' if text[i + 1..].starts_with('\\') => i + 2,
                _ => i + c.len_utf8(),
            }))
        }
        _ => None,
    }
}

fn characters(text: &str, found: &mut Vec<Hidden>) {
    let mut before = None;
    let mut at = 0;
    // The next character that stays, and its place: searched for once, or a file full of marks that go
    // would be read anew at each of them.
    let (mut next, mut shown) = (0, None);
    while let Some(plain) = foreign(&text.as_bytes()[at..], Some(0x1b)) {
        if plain > 0 {
            at += plain;
            before = Some(char::from(text.as_bytes()[at - 1]));
        }
        let Some(c) = text[at..].chars().next() else { break };
        let rest = &text[at..];
        let (kind, length) = if is_tag(c) {
            (HiddenKind::Tag, run(rest, is_tag))
        } else if is_selector(c) {
            (HiddenKind::VariationSelector, run(rest, is_selector))
        } else if is_bidi(c) {
            (HiddenKind::Bidi, c.len_utf8())
        } else if is_zero_width(c) {
            (HiddenKind::ZeroWidth, run(rest, is_zero_width))
        } else if let Some(length) = terminal_sequence(rest) {
            (HiddenKind::Ansi, length)
        } else {
            before = Some(c);
            at += c.len_utf8();
            continue;
        };
        let piece = &rest[..length];
        if kind == HiddenKind::ZeroWidth && next < at + length {
            let behind = &rest[length..];
            let found = behind.char_indices().find(|(_, c)| !is_stripped(*c));
            next = at + length + found.map_or(behind.len(), |(place, _)| place);
            shown = found.map(|(_, c)| c);
        }
        let seen = match kind {
            HiddenKind::Tag => tags(piece, before),
            HiddenKind::VariationSelector => selectors(piece, before),
            HiddenKind::ZeroWidth => zero_width(piece, before, shown, at == 0),
            _ => Some(String::new()),
        };
        if let Some(decoded) = seen {
            found.push(Hidden { kind, start: at, end: at + length, decoded });
        }
        at += length;
    }
}

/// The first byte that is not ASCII, or is `also`.
fn foreign(bytes: &[u8], also: Option<u8>) -> Option<usize> {
    const CHUNK: usize = 32;
    let wanted = |byte: &u8| *byte >= 0x80 || Some(*byte) == also;
    let other = also.unwrap_or(0x80);
    // Without a branch, so that many bytes are compared at once.
    let any = |chunk: &[u8]| chunk.iter().fold(false, |any, b| any | (*b >= 0x80) | (*b == other));
    let chunk = bytes.chunks(CHUNK).position(any)?;
    let from = chunk * CHUNK;
    bytes[from..].iter().position(wanted).map(|at| from + at)
}

fn run(text: &str, is: fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// What tag characters say; `None`: the flag of a region, such as Scotland's.
fn tags(run: &str, before: Option<char>) -> Option<String> {
    let ascii = |c: char| char::from_u32((c as u32).wrapping_sub(0xe0000));
    let text: String = run.chars().filter_map(ascii).collect();
    if before == Some('\u{1f3f4}')
        && let Some(code) = text.strip_suffix('\u{7f}')
        && (3..=6).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    {
        return None;
    }
    Some(text.chars().filter(|c| !c.is_control()).collect())
}

/// What variation selectors say; `None`: they choose a form of the character before.
fn selectors(run: &str, before: Option<char>) -> Option<String> {
    let mut chars = run.chars();
    let (first, second) = (chars.next()?, chars.next());
    if second.is_none()
        && let Some(base) = before
    {
        let honest = match first as u32 {
            0xfe0e | 0xfe0f => script::emoji_base(base) || script::varies(base),
            0xfe00..=0xfe0d => script::varies(base),
            _ => script::han(base),
        };
        // A lone VS15 or VS16 holds no data: it stands where an editor put it.
        if honest || (matches!(first, '\u{fe0e}' | '\u{fe0f}') && !base.is_alphanumeric()) {
            return None;
        }
    }
    let byte = |c: char| match c as u32 {
        n @ 0xfe00..=0xfe0f => u8::try_from(n - 0xfe00).ok(),
        n => u8::try_from(n.wrapping_sub(0xe0100) + 16).ok(),
    };
    let bytes: Vec<u8> = run.chars().filter_map(byte).collect();
    Some(printable(&bytes).unwrap_or_default())
}

/// What characters without width say; `None`: a script or an emoji needs them there.
fn zero_width(run: &str, before: Option<char>, after: Option<char>, first: bool) -> Option<String> {
    let count = run.chars().count();
    if count >= DATA_RUN {
        return Some(binary(run));
    }
    if first && run.starts_with('\u{feff}') && count == 1 {
        return None;
    }
    let (before, after) = (before?, after?);
    let joiners = run.chars().all(|c| matches!(c, '\u{200c}' | '\u{200d}'));
    if joiners
        && (script::joins(before)
            || script::joins(after)
            || script::emoji(before) && (script::emoji(after) || !after.is_alphanumeric()))
    {
        return None;
    }
    if script::unspaced(before) || script::unspaced(after) {
        return None;
    }
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let within = of_word(before) && of_word(after);
    within.then(String::new)
}

/// Two symbols as bits, the most significant first, either way round.
fn binary(run: &str) -> String {
    let mut symbols: Vec<char> = run.chars().collect();
    symbols.sort_unstable();
    symbols.dedup();
    let [zero, one] = symbols[..] else {
        return String::new();
    };
    [zero, one]
        .iter()
        .find_map(|high| {
            let bits: Vec<u8> = run.chars().map(|c| u8::from(c == *high)).collect();
            let bytes: Vec<u8> =
                bits.chunks_exact(8).map(|b| b.iter().fold(0, |n, bit| n << 1 | bit)).collect();
            printable(&bytes)
        })
        .unwrap_or_default()
}

/// The bytes as text, if nine of ten characters can be read.
fn printable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let good = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).count();
    (!text.is_empty() && good * 10 >= text.chars().count() * 9).then(|| text.to_owned())
}

/// Words that mix Latin letters with ones of another script that look alike.
fn homoglyphs(text: &str, found: &mut Vec<Hidden>) {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    while let Some(next) = foreign(&text.as_bytes()[at..], None) {
        let foreign = at + next;
        let before = text[at..foreign].bytes().rev();
        let head = before.take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let start = behind_escape(text.as_bytes(), foreign - head, foreign);
        let end = text[foreign..].find(|c| !inside(c)).map_or(text.len(), |i| foreign + i);
        if end == foreign {
            at = foreign + text[foreign..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        at = end;
        let word = &text[start..end];
        if (mixes(word) || between_tags(text, start, end))
            && let Some(decoded) = skeleton(word)
            && !is_unit(word)
            && !is_between_ranges(text.as_bytes(), start, end)
        {
            found.push(Hidden { kind: HiddenKind::Homoglyph, start, end, decoded });
        }
    }
}

/// Where a word begins whose first letters are an escape of a literal: `\n`, `\x1b`, `\u00a0`.
fn behind_escape(bytes: &[u8], start: usize, foreign: usize) -> usize {
    let escape = match bytes.get(start) {
        _ if start == 0 || bytes[start - 1] != b'\\' => 0,
        Some(b'a' | b'b' | b'e' | b'f' | b'n' | b'r' | b't' | b'v' | b'0') => 1,
        Some(b'x') => 3,
        Some(b'u') => 5,
        _ => 0,
    };
    (start + escape).min(foreign)
}

/// Whether two letters are the end of one range and the begin of the next: `[A-Za-zА-Я]`.
fn is_between_ranges(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_dash = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(&b'-');
    let letters = std::str::from_utf8(&bytes[start..end]).map_or(0, |word| word.chars().count());
    letters == 2 && is_dash(start.checked_sub(1)) && is_dash(Some(end))
}

/// Whether letters of another script stand between tags within a word, which a page shows as one:
/// `say<b>H</b>ello`.
fn between_tags(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    if start == 0 || bytes[start - 1] != b'>' || bytes.get(end) != Some(&b'<') {
        return false;
    }
    let alike = text[start..end].chars().all(|c| matches!(script::script(c), Script::Alike(_)));
    let open = bytes[..start].iter().rev().take(TAG).position(|b| *b == b'<');
    let close = bytes[end..].iter().take(TAG).position(|b| *b == b'>');
    let (Some(open), Some(close)) = (open, close) else { return false };
    let before = (start - open - 1).checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(end + close + 1);
    alike
        && before.is_some_and(u8::is_ascii_alphabetic)
        && after.is_some_and(u8::is_ascii_alphabetic)
}

/// The word in ASCII, if all its foreign letters look like ASCII ones.
pub(crate) fn skeleton(word: &str) -> Option<String> {
    word.chars().map(|c| if c.is_ascii() { Some(c) } else { script::ascii(c) }).collect()
}

/// Units, formulas and names of science, with one Greek letter: short, or beside a capital or a digit.
fn is_unit(word: &str) -> bool {
    let foreign: Vec<Script> =
        word.chars().map(script::script).filter(|s| matches!(s, Script::Alike(_))).collect();
    matches!(foreign[..], [Script::Alike(script::Family::Greek)])
        && (word.chars().count() <= 5 || is_symbol(word))
}

/// Names of receptors and the like: a small Greek letter that a capital, a digit or nothing follows, in a
/// word that begins with a capital and has more than those.
fn is_symbol(word: &str) -> bool {
    const USED: &str = "\u{3b2}\u{3b3}\u{3b4}\u{3ba}\u{3bb}\u{3bc}\u{3c0}\u{3c3}\u{3c9}";
    let Some((before, behind)) = word.split_once(|c| USED.contains(c)) else { return false };
    let ends = behind.chars().next().is_none_or(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    ends && before.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains(plain)
}

/// Blank lines or blanks that put what follows out of sight. Not in fenced code nor in tables.
fn padding(text: &str, found: &mut Vec<Hidden>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some((at, end)) = long_white(bytes, from) {
        if end - at > BLANK_LINES && end < bytes.len() {
            let lines = bytes[at..end].iter().filter(|b| **b == b'\n').count();
            let last = bytes[at..end].iter().rposition(|b| *b == b'\n').map_or(at, |i| at + i + 1);
            let far = end - last >= BLANKS;
            if (lines > BLANK_LINES || far) && !in_table_or_fence(text, at, bytes[end]) {
                let line = text[end..].lines().next().unwrap_or_default();
                let decoded = line.chars().take(crate::limits::EVIDENCE).collect();
                found.push(Hidden { kind: HiddenKind::Padding, start: at, end, decoded });
            }
        }
        from = end;
    }
}

fn in_table_or_fence(text: &str, at: usize, next: u8) -> bool {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(before, |i| &before[i + 1..]);
    if next == b'|' || line.trim_start().starts_with('|') {
        return true;
    }
    let fences = before.lines().filter(|l| l.trim_start().starts_with("```")).count();
    fences % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::text::unit::HiddenKind::{self, *};

    fn kinds(text: &str) -> Vec<HiddenKind> {
        find(text).into_iter().map(|h| h.kind).collect()
    }

    #[test]
    fn a_text_of_marks_alone_is_read_in_time() {
        let text = "a".to_owned() + &"\u{202e}\u{200b}".repeat(200_000) + "b";
        assert_eq!(find(&text).len(), 400_000);
    }

    #[test]
    fn a_message_in_tags_selectors_or_two_symbols_is_read() {
        let tags: String =
            "run me".bytes().filter_map(|b| char::from_u32(0xe0000 + u32::from(b))).collect();
        assert_eq!(find(&format!("a{tags}"))[0].decoded, "run me");
        let selectors: String =
            "run".bytes().filter_map(|b| char::from_u32(0xe0100 + u32::from(b) - 16)).collect();
        assert_eq!(find(&format!("\u{1f600}{selectors}"))[0].decoded, "run");
        let bits: String = "hi"
            .bytes()
            .flat_map(|b| {
                (0..8).rev().map(move |i| if b >> i & 1 == 1 { '\u{200c}' } else { '\u{200b}' })
            })
            .collect();
        assert_eq!(find(&bits)[0].decoded, "hi");
    }

    #[test]
    fn what_a_script_or_an_emoji_needs_is_left_alone() {
        for honest in [
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{e01}\u{200b}\u{e02}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{2764}\u{fe0f} 1\u{fe0f}\u{20e3} \u{2139}\u{fe0f} \u{a9}\u{fe0f}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "\u{845b}\u{e0100}",
            "\u{feff}# title",
            "\\n\\n\u{412} \\x1b\u{412}\u{441}\u{435} \\u00a0\u{420}\u{430}",
            "[0-9A-Za-z\u{410}-\u{42f}\u{430}-\u{44f}]+",
            "Fc\u{3b3}RIIIa IFN\u{3b3}R1 TGF\u{3b2}1R",
            "k\u{3a9} \u{3bc}F \u{394}t 10\u{b5}s \u{394}Vcc \u{3c0}fC",
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{39a}\u{3b1}\u{3bb}\u{3b7}\u{3bc}\u{3ad}\u{3c1}\u{3b1}",
        ] {
            assert_eq!(kinds(honest), [], "{}", honest.escape_unicode());
        }
    }

    #[test]
    fn what_has_no_honest_reason_is_found() {
        assert_eq!(kinds("pass\u{200b}word"), [ZeroWidth]);
        assert_eq!(kinds("/* \u{202e} } */"), [Bidi]);
        assert_eq!(kinds("a\u{1b}[8mhidden\u{1b}[0m"), [Ansi, Ansi]);
        assert_eq!(kinds("sc\u{43e}pe"), [Homoglyph]);
        assert_eq!(kinds("S\u{3b3}STEM s\u{3b3}stem Pa\u{3b3}load"), [Homoglyph; 3]);
        assert_eq!(kinds("\\nign\u{43e}re x-\u{430}b"), [Homoglyph, Homoglyph]);
        assert_eq!(
            kinds("sc<b class='a'>\u{43e}</b>pe x<i>\u{3b1}</i>y \u{43e}<b>\u{43e}</b>"),
            [Homoglyph]
        );
        assert_eq!(kinds("a\u{fe00}"), [VariationSelector]);
        assert_eq!(kinds(&format!("a{}b", "\n".repeat(60))), [Padding]);
        assert_eq!(kinds(&format!("a{}b", " ".repeat(300))), [Padding]);
        assert_eq!(kinds(&format!("|a{}|", " ".repeat(300))), []);
    }
}
