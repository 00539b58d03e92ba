//! Letters: which script they are of, and which look like an ASCII letter of another.
//!
//! The table holds single letters that look the same in common fonts, chosen by hand from the
//! charts of Unicode 16; it is not the whole of the confusables of UTS 39.

/// Scripts that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    /// Has letters that look like Latin ones.
    Alike(Family),
    /// Han, Kana, Hangul, Arabic, ...: nobody takes them for Latin.
    Other,
    /// Digits, `_`, marks: of every script.
    Common,
}

/// Scripts with letters that look like Latin ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
    Coptic,
    Lisu,
}

/// Script of a character of a word.
pub(crate) fn script(c: char) -> Script {
    if c.is_ascii_alphabetic() {
        return Script::Latin;
    }
    match c as u32 {
        0..=0x7f | 0x300..=0x36f => Script::Common,
        0xb5 => Script::Alike(Family::Greek),
        0xc0..=0x24f | 0x250..=0x2af | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xa722..=0xa7ff => {
            Script::Latin
        }
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Alike(Family::Greek),
        0x400..=0x52f | 0x1c80..=0x1c8f | 0xa640..=0xa69f => Script::Alike(Family::Cyrillic),
        0x530..=0x58f => Script::Alike(Family::Armenian),
        0x13a0..=0x13ff | 0xab70..=0xabbf => Script::Alike(Family::Cherokee),
        0x2c80..=0x2cff => Script::Alike(Family::Coptic),
        0xa4d0..=0xa4ff => Script::Alike(Family::Lisu),
        _ if c.is_alphabetic() => Script::Other,
        _ => Script::Common,
    }
}

/// The ASCII letter that a letter of another script looks like.
pub(crate) fn ascii(c: char) -> Option<char> {
    let at = ALIKE.binary_search_by_key(&c, |(from, _)| *from).ok()?;
    ALIKE.get(at).map(|(_, to)| *to)
}

/// Whether ZWJ and ZWNJ are letters' business there: Arabic, Syriac, Indic, Khmer, Mongolian, ...
pub(crate) const fn joins(c: char) -> bool {
    matches!(c as u32, 0x590..=0x8ff | 0x900..=0x109f | 0x1700..=0x18af | 0x1900..=0x1aaf | 0x1b00..=0x1c4f
        | 0xa800..=0xa8ff | 0xa980..=0xaadf | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x11000..=0x11fff)
}

/// Whether words are not parted by spaces there: Thai, Lao, Khmer, Myanmar, Han, Kana.
pub(crate) const fn unspaced(c: char) -> bool {
    matches!(c as u32, 0xe00..=0xeff | 0xf00..=0x109f | 0x1780..=0x17ff | 0x1950..=0x19df
        | 0x2e80..=0x312f | 0x3190..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

/// Han ideographs: variation selectors choose among their forms.
pub(crate) const fn han(c: char) -> bool {
    matches!(c as u32, 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Whether VS1 to VS14 mean something behind it: Myanmar, Mongolian, Phags-pa, arrows, mathematics.
pub(crate) const fn varies(c: char) -> bool {
    han(c)
        || matches!(c as u32, 0x1000..=0x109f | 0x1800..=0x18af | 0x2190..=0x22ff | 0x2300..=0x23ff
            | 0x25a0..=0x27bf | 0x2900..=0x2aff | 0x3001..=0x3002 | 0xa840..=0xa87f | 0xff01..=0xff1f
            | 0xaa60..=0xaa7f | 0x10ac0..=0x10aff | 0x11800..=0x11bff | 0x13000..=0x1345f)
}

/// Whether VS15 and VS16 mean something behind it: characters that are emoji or become one.
pub(crate) const fn emoji_base(c: char) -> bool {
    matches!(c as u32, 0x23 | 0x2a | 0x30..=0x39 | 0xa9 | 0xae | 0x203c | 0x2049 | 0x2100..=0x214f
        | 0x2190..=0x21ff | 0x2300..=0x23ff | 0x2460..=0x24ff | 0x25a0..=0x27bf | 0x2900..=0x297f
        | 0x2b00..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0x1f000..=0x1faff)
}

/// Whether it is an emoji by itself, or a part of one.
pub(crate) const fn emoji(c: char) -> bool {
    matches!(c as u32, 0x2190..=0x21ff | 0x2300..=0x23ff | 0x25a0..=0x27bf | 0x2b00..=0x2bff
        | 0x1f000..=0x1faff | 0xfe0f | 0x20e3)
}

/// Letters that run from right to left.
pub(crate) const fn right_to_left(c: char) -> bool {
    matches!(c as u32, 0x5d0..=0x5ea | 0x620..=0x64a | 0x66e..=0x6d3 | 0x700..=0x74f | 0x750..=0x77f
        | 0x780..=0x7b1 | 0x7c0..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff
        | 0x1e800..=0x1eeff)
}

/// Sorted by the foreign letter.
const ALIKE: &[(char, char)] = &[
    ('\u{391}', 'A'),
    ('\u{392}', 'B'),
    ('\u{395}', 'E'),
    ('\u{396}', 'Z'),
    ('\u{397}', 'H'),
    ('\u{399}', 'I'),
    ('\u{39a}', 'K'),
    ('\u{39c}', 'M'),
    ('\u{39d}', 'N'),
    ('\u{39f}', 'O'),
    ('\u{3a1}', 'P'),
    ('\u{3a4}', 'T'),
    ('\u{3a5}', 'Y'),
    ('\u{3a7}', 'X'),
    ('\u{3ac}', 'a'),
    ('\u{3af}', 'i'),
    ('\u{3b1}', 'a'),
    ('\u{3b3}', 'y'),
    ('\u{3b5}', 'e'),
    ('\u{3b7}', 'n'),
    ('\u{3b9}', 'i'),
    ('\u{3ba}', 'k'),
    ('\u{3bd}', 'v'),
    ('\u{3bf}', 'o'),
    ('\u{3c1}', 'p'),
    ('\u{3c4}', 't'),
    ('\u{3c5}', 'u'),
    ('\u{3c7}', 'x'),
    ('\u{3c9}', 'w'),
    ('\u{3cc}', 'o'),
    ('\u{3f1}', 'p'),
    ('\u{3f2}', 'c'),
    ('\u{3f3}', 'j'),
    ('\u{3f9}', 'C'),
    ('\u{401}', 'E'),
    ('\u{405}', 'S'),
    ('\u{406}', 'I'),
    ('\u{407}', 'I'),
    ('\u{408}', 'J'),
    ('\u{410}', 'A'),
    ('\u{412}', 'B'),
    ('\u{415}', 'E'),
    ('\u{417}', '3'),
    ('\u{41a}', 'K'),
    ('\u{41c}', 'M'),
    ('\u{41d}', 'H'),
    ('\u{41e}', 'O'),
    ('\u{420}', 'P'),
    ('\u{421}', 'C'),
    ('\u{422}', 'T'),
    ('\u{423}', 'Y'),
    ('\u{425}', 'X'),
    ('\u{430}', 'a'),
    ('\u{431}', '6'),
    ('\u{432}', 'b'),
    ('\u{433}', 'r'),
    ('\u{435}', 'e'),
    ('\u{437}', '3'),
    ('\u{438}', 'u'),
    ('\u{43a}', 'k'),
    ('\u{43c}', 'm'),
    ('\u{43d}', 'h'),
    ('\u{43e}', 'o'),
    ('\u{43f}', 'n'),
    ('\u{440}', 'p'),
    ('\u{441}', 'c'),
    ('\u{442}', 't'),
    ('\u{443}', 'y'),
    ('\u{445}', 'x'),
    ('\u{44c}', 'b'),
    ('\u{451}', 'e'),
    ('\u{455}', 's'),
    ('\u{456}', 'i'),
    ('\u{457}', 'i'),
    ('\u{458}', 'j'),
    ('\u{474}', 'V'),
    ('\u{475}', 'v'),
    ('\u{4ae}', 'Y'),
    ('\u{4af}', 'y'),
    ('\u{4ba}', 'H'),
    ('\u{4bb}', 'h'),
    ('\u{4c0}', 'I'),
    ('\u{4cf}', 'l'),
    ('\u{500}', 'd'),
    ('\u{501}', 'd'),
    ('\u{50c}', 'G'),
    ('\u{50d}', 'g'),
    ('\u{51a}', 'Q'),
    ('\u{51b}', 'q'),
    ('\u{51c}', 'W'),
    ('\u{51d}', 'w'),
    ('\u{53c}', 'L'),
    ('\u{54d}', 'U'),
    ('\u{54f}', 'S'),
    ('\u{555}', 'O'),
    ('\u{566}', 'q'),
    ('\u{570}', 'h'),
    ('\u{578}', 'n'),
    ('\u{57d}', 'u'),
    ('\u{581}', 'g'),
    ('\u{585}', 'o'),
    ('\u{13a0}', 'D'),
    ('\u{13a1}', 'R'),
    ('\u{13a2}', 'T'),
    ('\u{13aa}', 'A'),
    ('\u{13ab}', 'J'),
    ('\u{13ac}', 'E'),
    ('\u{13b3}', 'W'),
    ('\u{13b7}', 'M'),
    ('\u{13bb}', 'H'),
    ('\u{13c0}', 'G'),
    ('\u{13c3}', 'Z'),
    ('\u{13c6}', 'I'),
    ('\u{13d4}', 'W'),
    ('\u{13d9}', 'V'),
    ('\u{13da}', 'S'),
    ('\u{13de}', 'L'),
    ('\u{13df}', 'C'),
    ('\u{13e2}', 'P'),
    ('\u{13e6}', 'K'),
    ('\u{13e7}', 'd'),
    ('\u{13f4}', 'B'),
    ('\u{2c80}', 'A'),
    ('\u{2c82}', 'B'),
    ('\u{2c88}', 'E'),
    ('\u{2c8e}', 'H'),
    ('\u{2c92}', 'I'),
    ('\u{2c94}', 'K'),
    ('\u{2c98}', 'M'),
    ('\u{2c9a}', 'N'),
    ('\u{2c9e}', 'O'),
    ('\u{2c9f}', 'o'),
    ('\u{2ca2}', 'P'),
    ('\u{2ca3}', 'p'),
    ('\u{2ca4}', 'C'),
    ('\u{2ca5}', 'c'),
    ('\u{2ca6}', 'T'),
    ('\u{2cac}', 'X'),
    ('\u{a4d0}', 'B'),
    ('\u{a4d1}', 'P'),
    ('\u{a4d3}', 'D'),
    ('\u{a4d4}', 'T'),
    ('\u{a4d6}', 'G'),
    ('\u{a4d7}', 'K'),
    ('\u{a4d9}', 'J'),
    ('\u{a4da}', 'C'),
    ('\u{a4dc}', 'Z'),
    ('\u{a4dd}', 'F'),
    ('\u{a4df}', 'M'),
    ('\u{a4e0}', 'N'),
    ('\u{a4e1}', 'L'),
    ('\u{a4e2}', 'S'),
    ('\u{a4e3}', 'R'),
    ('\u{a4e6}', 'V'),
    ('\u{a4e7}', 'H'),
    ('\u{a4ea}', 'W'),
    ('\u{a4eb}', 'X'),
    ('\u{a4ec}', 'Y'),
    ('\u{a4ee}', 'A'),
    ('\u{a4f0}', 'E'),
    ('\u{a4f2}', 'I'),
    ('\u{a4f3}', 'O'),
    ('\u{a4f4}', 'U'),
];
