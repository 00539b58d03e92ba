//! Ways to hide a text from a scanner and not from a model.
//!
//! In: text. Out: the same text, hidden. The recall after each is compared with the recall before.

use tl_guard::inventory::Tool;
use tl_guard::parse::{office, zip};

/// A way to hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hiding {
    ZeroWidth,
    Homoglyph,
    FullWidth,
    Base64,
    Hex,
    SplitFields,
    Newlines,
    Office,
}

/// All ways, with their names.
pub(super) const ALL: &[(Hiding, &str)] = &[
    (Hiding::ZeroWidth, "zero-width space every 5th letter"),
    (Hiding::Homoglyph, "Cyrillic letters"),
    (Hiding::FullWidth, "full-width letters"),
    (Hiding::Base64, "base64"),
    (Hiding::Hex, "hexadecimal"),
    (Hiding::SplitFields, "split over three parameters"),
    (Hiding::Newlines, "100,000 newlines before"),
    (Hiding::Office, "office document, cut into runs"),
];

/// The same text, hidden; splitting is for tools only and leaves a text as it is.
pub(super) fn text(hiding: Hiding, text: &str) -> String {
    match hiding {
        Hiding::ZeroWidth => zero_width(text),
        Hiding::Homoglyph => text
            .chars()
            .map(|c| match c {
                'a' => '\u{430}',
                'e' => '\u{435}',
                'o' => '\u{43e}',
                'c' => '\u{441}',
                'p' => '\u{440}',
                other => other,
            })
            .collect(),
        Hiding::FullWidth => text.chars().map(full_width).collect(),
        Hiding::Hex => {
            let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("Details: {digits}")
        }
        Hiding::Base64 => format!("Details: {}", base64(text.as_bytes())),
        Hiding::SplitFields => text.to_owned(),
        Hiding::Newlines => format!("{}{text}", "\n".repeat(100_000)),
        Hiding::Office => unpacked(&packed(text)),
    }
}

/// The same tool, its description hidden.
pub(super) fn tool(hiding: Hiding, tool: &Tool) -> Tool {
    let said = tool.description.clone().unwrap_or_default();
    let mut out = tool.clone();
    if hiding != Hiding::SplitFields {
        out.description = Some(text(hiding, &said));
        return out;
    }
    let words: Vec<&str> = said.split(' ').collect();
    let third = words.len().div_ceil(3).max(1);
    let parts: Vec<String> = words.chunks(third).map(|part| part.join(" ")).collect();
    out.description = None;
    let properties: serde_json::Map<String, serde_json::Value> = parts
        .into_iter()
        .enumerate()
        .map(|(i, part)| {
            (format!("p{i}"), serde_json::json!({ "type": "string", "description": part }))
        })
        .collect();
    out.input_schema = Some(serde_json::json!({ "type": "object", "properties": properties }));
    out
}

fn zero_width(text: &str) -> String {
    let mut letters = 0;
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if c.is_alphabetic() {
            letters += 1;
            if letters % 5 == 0 {
                out.push('\u{200b}');
            }
        }
    }
    out
}

fn full_width(c: char) -> char {
    let wide = |c: char| char::from_u32(u32::from(c) - u32::from('!') + 0xff01);
    if c.is_ascii_alphanumeric() { wide(c).unwrap_or(c) } else { c }
}

/// A document of a word processor that says this: an archive whose one part holds each paragraph in
/// runs of seven characters.
fn packed(text: &str) -> Vec<u8> {
    let escaped = |run: &[char]| {
        let run: String = run.iter().collect();
        run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    let mut part = "<w:document xmlns:w=\"w\"><w:body>".to_owned();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        part.push_str("<w:p>");
        for run in characters.chunks(7) {
            let run = format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(run));
            part.push_str(&run);
        }
        part.push_str("</w:p>");
    }
    part.push_str("</w:body></w:document>");
    archive(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", part.as_bytes())])
}

/// What the scanner reads there.
fn unpacked(bytes: &[u8]) -> String {
    let mut out = String::new();
    let left = zip::read(bytes, &mut |_, part| out.push_str(&office::text(&part)));
    assert_eq!(left, [], "an archive of our own is whole");
    out
}

/// An archive of members that are stored as they are.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let four = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        // All but the length of the name, the size and the place may be zero for a reader of stored
        // members.
        let (mut local, mut central) = ([0; 30], [0; 46]);
        local[..4].copy_from_slice(b"PK\x03\x04");
        central[..4].copy_from_slice(b"PK\x01\x02");
        local[26..28].copy_from_slice(&four(name.len())[..2]);
        central[28..30].copy_from_slice(&four(name.len())[..2]);
        central[20..24].copy_from_slice(&four(bytes.len()));
        central[24..28].copy_from_slice(&four(bytes.len()));
        central[42..46].copy_from_slice(&four(out.len()));
        for part in [&local[..], name.as_bytes(), bytes] {
            out.extend_from_slice(part);
        }
        for part in [&central[..], name.as_bytes()] {
            directory.extend_from_slice(part);
        }
    }
    let mut end = [0; 22];
    end[..4].copy_from_slice(b"PK\x05\x06");
    end[12..16].copy_from_slice(&four(directory.len()));
    end[16..20].copy_from_slice(&four(out.len()));
    out.extend(directory);
    out.extend(end);
    out
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
