//! Whether a value is a secret, or stands for one: placeholders, references, words.

/// Words of values that stand for a secret. The list of every rule about secrets.
const PLACEHOLDERS: &[&str] = &[
    "your",
    "xxx",
    "changeme",
    "change_me",
    "change-me",
    "example",
    "placeholder",
    "replace",
    "insert",
    "dummy",
    "todo",
    "...",
    "***",
    "-here",
    "_here",
    "secret_key",
    "api_key",
    "api-key",
    "token_here",
    "redacted",
    "notasecret",
    "not-a-secret",
    "fake",
];

/// Whether a value stands for a secret that somebody is to fill in.
pub(in crate::rules) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Whether a value says where the secret is: a variable, a store, a file.
pub(in crate::rules) fn is_reference(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.contains("${")
        || value.starts_with(['$', '<', '%', '{', '/', '~', '.'])
        || ["env:", "op://", "file:", "input:", "vault:", "keychain:", "http://", "https://"]
            .iter()
            .any(|p| lower.starts_with(p))
}

/// Whether a key was typed by hand: an alphabet, a count, one character again and again.
pub(in crate::rules) fn is_made_up(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let words = ["example", "xxxx", "placeholder", "redacted", "dummy", "changeme", "your"];
    if words.iter().any(|word| lower.contains(word)) {
        return true;
    }
    let bytes = lower.as_bytes();
    longest(bytes, |a, b| a == b) >= 6
        || longest(bytes, |a, b| b == a.wrapping_add(1)) >= 8
        || (bytes.len() >= 20 && entropy(key) < 2.7)
}

/// Whether a key counts up, `A1B2C3...`: nobody was given such a one, but somebody may use it.
pub(super) fn counts_up(key: &str) -> bool {
    let letters = key.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_lowercase());
    longest(&letters.collect::<Vec<u8>>(), |a, b| b == a.wrapping_add(1)) >= 8
}

/// Length of the longest run in which each pair of neighbours has a property.
fn longest(bytes: &[u8], pair: fn(u8, u8) -> bool) -> usize {
    let (mut most, mut run) = (0, 1);
    for two in bytes.windows(2) {
        run = if pair(two[0], two[1]) { run + 1 } else { 1 };
        most = most.max(run);
    }
    most
}

/// Shannon's entropy in bits a character.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len().max(1) as f64;
    counts.iter().filter(|count| **count > 0).fold(0.0, |sum, count| {
        let share = f64::from(*count) / total;
        share.mul_add(-share.log2(), sum)
    })
}

/// Whether what is assigned to the name of a password or key is a secret by itself, where the file
/// may also hold words, types and labels.
pub(super) fn is_likely(value: &str, password: bool) -> bool {
    let least = if password { 6 } else { 8 };
    let length = value.len();
    if !(least..=512).contains(&length) || is_placeholder(value) || is_reference(value) {
        return false;
    }
    let template = ["{{", "$(", "<%", "%(", "%s", "%d", "{}", "${", "#{", "=>", "://", "()", "\\"];
    if value.contains(char::is_whitespace) || template.iter().any(|part| value.contains(part)) {
        return false;
    }
    let has = |test: fn(&u8) -> bool| value.bytes().any(|b| test(&b));
    let (digit, letter) = (has(u8::is_ascii_digit), has(u8::is_ascii_alphabetic));
    let lower = value.to_ascii_lowercase();
    // Digests, names of resources, and keys that providers mean to be seen by everybody.
    // Digests, names of resources, and keys that providers mean everybody to see.
    let digest = ["sha256-", "sha384-", "sha512-", "sha1-", "sha256:", "md5:", "v1.", "arn:aws"];
    let public = ["phc_", "pk_live_", "pk_test_", "sb_publishable_"];
    let known = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
    if !(digit && letter) || known(&digest) || known(&public) {
        return false;
    }
    // `process.env.TOKEN_1`, `a.b[0]`, `ssh2/lib/key1.js`: names of things, not things.
    let named = value.split(['.', '[', '/']).count() > 1
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._[]/-()".contains(&b));
    let constant = value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && value.contains('_');
    let words = value.split(['-', '_']).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let wordy = words.len() >= 2
        && words.iter().all(|part| {
            part.bytes().all(|b| b.is_ascii_lowercase())
                || part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= 4
                || part.len() <= 3
        });
    if named || constant || wordy || is_made_up(value) {
        return false;
    }
    length < 16 || entropy(value) >= 3.0
}

/// Whether what is assigned to such a name is a secret, in a file that is there to hold them: any
/// value is, that is no reference and no switch.
pub(super) fn is_given(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let nothing = [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "yes",
        "no",
        "on",
        "off",
        "string",
        "undefined",
        "prompt",
        "ask",
        "default",
        "file",
    ];
    let stands_for =
        ["your", "xxx", "changeme", "placeholder", "replace", "redacted", "***", "..."];
    !is_of_test(&lower)
        && value.len() >= 4
        && value.len() <= 2048
        && !is_reference(value)
        && !nothing.contains(&lower.as_str())
        && !stands_for.iter().any(|word| lower.contains(word))
        && value.bytes().any(|b| b.is_ascii_alphanumeric())
}

/// Whether a value is put together of words that say it is for tests: `test-key`, `dummy_token`.
fn is_of_test(lower: &str) -> bool {
    let parts: Vec<&str> = lower.split(['-', '_', '.']).collect();
    let test = ["test", "testing", "dummy", "fake", "mock", "sample", "example", "demo"];
    let thing = ["key", "token", "secret", "api", "access", "auth", "id", "client", "value"];
    let known = |part: &&str| test.contains(part) || thing.contains(part);
    parts.len() > 1 && parts.iter().all(known) && parts.iter().any(|part| test.contains(part))
}

/// What is shown of a secret: its first four characters where that leaves enough, and its length.
pub(super) fn masked(secret: &str) -> String {
    let count = secret.chars().count();
    let shown: String = if count >= 16 { secret.chars().take(4).collect() } else { String::new() };
    format!("{shown}… ({count} characters)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_references_words_and_types_are_no_secrets() {
        for value in [
            "your-token-1",
            "${TOKEN1}",
            "$TOKEN1",
            "<token1>",
            "xxxxxxxx1",
            "example1234",
            "password",
            "string",
            "GITHUB_TOKEN_2",
            "access-token-2",
            "process.env.TOKEN1",
            "a1/b2/c3.js",
            "Passwort vergessen 1",
            "abcdefghijk1",
            "aaaaaaaa1111",
            "sha256-AbC1deF2",
            "{{ token1 }}",
        ] {
            assert!(!is_likely(value, true), "{value}");
        }
        for value in
            ["hunter22", "Pass!12345", "q7Rk29xLmPz04vTn", "7f9cc25de23d1a255720b0ae4551f404"]
        {
            assert!(is_likely(value, true), "{value}");
        }
    }

    #[test]
    fn what_says_that_it_is_for_tests_is_no_secret_in_a_file_of_secrets() {
        for value in ["test-key", "dummy_api_token", "fake.secret"] {
            assert!(!is_given(value), "{value}");
        }
        for value in ["test", "hunter22", "test-hunter22", "api-key-9"] {
            assert!(is_given(value), "{value}");
        }
    }

    #[test]
    fn a_key_that_counts_up_is_told_from_one_that_was_given() {
        assert!(counts_up("A1B2C3D4E5F6G7H8I9"));
        assert!(!counts_up("q7Rk29xLmPz04vTnAbCd"));
    }

    #[test]
    fn little_is_shown_of_a_secret() {
        assert_eq!(masked("hunter22"), "… (8 characters)");
        assert_eq!(masked("q7Rk29xLmPz04vTn"), "q7Rk… (16 characters)");
    }
}
