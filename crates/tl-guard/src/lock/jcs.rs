//! JSON in one form only: RFC 8785, so that a digest does not depend on who wrote the JSON.
//!
//! In: a JSON value. Out: its canonical text. Start at [`canonical`]. **Invariant:** two values
//! have the same text exactly when they are the same, whatever the order of their keys.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// Whole numbers up to here are exact as the RFC's numbers, which are doubles.
const EXACT: u64 = 1 << 53;

/// The canonical text of a value.
///
/// Keys are sorted by UTF-16 code units, numbers written as ECMAScript writes them. A whole number
/// beyond 2^53 is none of the RFC's numbers: it is written as the text `"\u0000num:<digits>"`,
/// which no document contains, so that two of them never have one digest.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => self::number(number, text),
        Value::String(string) => self::string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => object(members, text),
    }
}

fn object(members: &Map<String, Value>, text: &mut String) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    text.push('{');
    for (position, (key, value)) in sorted.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        string(key, text);
        text.push(':');
        write(value, text);
    }
    text.push('}');
}

fn string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            c if c < ' ' => {
                let _infallible = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

fn number(number: &Number, text: &mut String) {
    let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    if whole.is_some_and(|whole| whole > EXACT) {
        string(&format!("\u{0}num:{number}"), text);
    } else if whole.is_some() {
        let _infallible = write!(text, "{number}");
    } else if let Some(float) = number.as_f64() {
        text.push_str(&ecmascript(float));
    } else {
        string(&format!("\u{0}num:{number}"), text);
    }
}

/// A finite double as ECMAScript's `Number::toString` writes it: the shortest digits that read back
/// as the same double, with an exponent from 1e21 on and below 1e-6.
fn ecmascript(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = even_of_two(digits, float.abs());
    let sign = if float < 0.0 { "-" } else { "" };
    // The decimal point stands behind so many of the digits.
    let point = exponent + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |many: i32| "0".repeat(usize::try_from(many).unwrap_or(0));
    if count <= point && point <= 21 {
        format!("{sign}{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!(
            "{sign}{first}{dot}{rest}e{}{}",
            if exponent < 0 { '-' } else { '+' },
            exponent.abs()
        )
    }
}

/// Where two texts of that length are equally near to the double, ECMAScript takes the one whose
/// last digit is even, and Rust the larger.
fn even_of_two(digits: String, float: f64) -> String {
    let lower = match digits.split_at(digits.len() - 1) {
        (front, last @ ("1" | "3" | "5" | "7" | "9")) => {
            format!("{front}{}", char::from(last.as_bytes()[0] - 1))
        }
        _ => return digits,
    };
    // No double has more than 767 digits.
    let exact = format!("{float:.767e}").replace('.', "");
    let rest = exact.strip_prefix(lower.as_str()).and_then(|rest| rest.strip_prefix('5'));
    let is_between = rest.is_some_and(|rest| rest.trim_start_matches('0').starts_with('e'));
    if is_between { lower } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The table of the RFC's appendix B, without what is no number.
    const NUMBERS: &[(u64, &str)] = &[
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];

    #[test]
    fn numbers_read_as_the_rfc_says() {
        for (bits, text) in NUMBERS {
            assert_eq!(ecmascript(f64::from_bits(*bits)), *text, "{bits:x}");
        }
        assert_eq!(
            canonical(&json!([
                1,
                -1,
                1.0,
                1e30,
                4.50,
                2e-3,
                0.000_000_000_000_000_000_000_000_001
            ])),
            "[1,-1,1,1e+30,4.5,0.002,1e-27]"
        );
    }

    #[test]
    fn keys_are_sorted_by_utf_16_and_not_by_code_point() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis",
        });
        let text = canonical(&value);
        let places: Vec<usize> = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
            .iter()
            .map(|word| text.find(word).unwrap())
            .collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\"/\u{7f}\u{202e}");
        assert_eq!(canonical(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\u{7f}\u{202e}\"");
    }

    #[test]
    fn numbers_too_large_to_be_exact_are_not_the_same() {
        let (one, other) = (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_994_u64));
        assert_ne!(canonical(&one), canonical(&other));
        assert_ne!(canonical(&json!(i64::MIN)), canonical(&json!(i64::MIN + 1)));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53)..(1 << 53)).prop_map(Value::from),
            // Only numbers that every reader reads the same.
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_back_has_the_same_text(value in any_value()) {
            let text = canonical(&value);
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical(&read), text);
        }
    }
}
