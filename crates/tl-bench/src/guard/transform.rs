//! Ways to hide a text from a scanner and not from a model.
//!
//! In: text. Out: the same text, hidden. The recall after each is compared with the recall before.

use tl_guard::inventory::Tool;

/// A way to hide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hiding {
    ZeroWidth,
    Homoglyph,
    Base64,
    SplitFields,
    Newlines,
}

/// All ways, with their names.
pub(super) const ALL: &[(Hiding, &str)] = &[
    (Hiding::ZeroWidth, "zero-width space every 5th letter"),
    (Hiding::Homoglyph, "Cyrillic letters"),
    (Hiding::Base64, "base64"),
    (Hiding::SplitFields, "split over three parameters"),
    (Hiding::Newlines, "100,000 newlines before"),
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
        Hiding::Base64 => format!("Details: {}", base64(text.as_bytes())),
        Hiding::SplitFields => text.to_owned(),
        Hiding::Newlines => format!("{}{text}", "\n".repeat(100_000)),
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
