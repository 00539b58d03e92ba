//! Secrets that are known by their form: private keys, addresses with a password, hashes of
//! passwords, logins of registries, files that are one secret.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::value::{is_placeholder, is_reference};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Characters of the body of a private key, at least: one of Ed25519 in PKCS#8.
const SHORTEST_KEY: usize = 64;

/// A private key whose frame begins at `at`; the range is the frame's first line. The second value
/// says whether a passphrase protects it.
pub(super) fn private_key(text: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let head = text.get(at..)?.strip_prefix("-----BEGIN ")?;
    let end = head.find("-----").filter(|end| *end < 40)?;
    let label = &head[..end];
    if !label.ends_with("PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    // "EXAMPLE PRIVATE KEY" is no frame that a program reads.
    if ["EXAMPLE", "SAMPLE", "DUMMY", "FAKE", "PLACEHOLDER"].iter().any(|word| label.contains(word))
    {
        return None;
    }
    let behind = &head[end + 5..];
    let mut cut = behind.len().min(600);
    while !behind.is_char_boundary(cut) {
        cut -= 1;
    }
    let body = &behind[..cut];
    // A key in a JSON string has `\n` for each line end. Documents show frames without a key.
    let flat = body.replace("\\n", "\n").replace("\\r", "");
    let locked = label.contains("ENCRYPTED") || flat.contains("Proc-Type: 4,ENCRYPTED");
    let is_body = |line: &str| {
        let line = line
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '+' | ',' | '#'));
        line.len() >= 24
            && line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
            && !super::value::is_made_up(line.get(..64.min(line.len())).unwrap_or(line))
    };
    let whole = flat.contains("-----END");
    let lines = flat.lines().take_while(|line| !line.contains("-----END"));
    let body: Vec<&str> = lines.filter(|line| is_body(line)).collect();
    // The shortest key of all has 64 of these characters.
    let short = whole && body.iter().map(|line| line.trim().len()).sum::<usize>() < SHORTEST_KEY;
    (!body.is_empty() && !short).then(|| (at..at + 11 + end + 5, locked))
}

/// A key of PuTTY, whose second half begins at `at`.
pub(super) fn putty_key(text: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let line = text[at..].lines().next()?;
    line.strip_prefix("Private-Lines: ")?.trim().parse::<u32>().ok()?;
    // Kind, comment and the public half: two screens at most.
    let mut from = at.saturating_sub(8 << 10);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let head = &text[from..at];
    head.contains("PuTTY-User-Key-File-")
        .then(|| (at..at + line.len(), !head.contains("Encryption: none")))
}

/// Password of an address `scheme://user:password@host`, whose `://` stands at `at`.
pub(super) fn password_of_address(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let scheme = bytes[..at].iter().rev().take(24);
    let scheme =
        scheme.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'));
    if scheme.count() < 2 {
        return None;
    }
    let start = at + 3;
    let stop = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(
                b,
                b'"' | b'\'' | b'`' | b'<' | b'>' | b'/' | b'?' | b',' | b'|' | b')' | b']' | b'}'
            )
    };
    let end = start + bytes[start..].iter().take(512).take_while(|b| !stop(b)).count();
    let authority = text.get(start..end)?;
    let (login, host) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let range = start + user.len() + 1..start + login.len();
    is_login(user, password, host).then_some(range)
}

/// Whether the parts of an address are a login of somebody, and not of a tutorial or a container
/// that only this machine reaches.
fn is_login(user: &str, password: &str, host: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    let common = [
        "password",
        "pass",
        "passwd",
        "pwd",
        "pw",
        "secret",
        "postgres",
        "root",
        "admin",
        "test",
        "user",
        "token",
        "mysql",
        "guest",
        "mypassword",
        "hunter2",
        "foo",
        "bar",
        "p",
        "1234",
        "123456",
        "mysecretpassword",
        "dbpassword",
        "db_password",
        "user_password",
        "apikey",
        "key",
    ];
    let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or("");
    let nowhere = matches!(last, "example" | "invalid" | "test" | "localhost" | "local")
        || ["example.com", "example.org", "example.net"].iter().any(|e| name.ends_with(e));
    let template = ['{', '}', '$', '<', '>', '%', '*', '(', '\\'];
    let encoded = password.contains('%') && !password.contains("%s") && !password.contains("%(");
    !user.contains(template)
        && !password.chars().any(|c| template.contains(&c) && !(c == '%' && encoded))
        && password.len() >= 3
        && !is_placeholder(password)
        && !is_reference(password)
        && !common.contains(&lower.as_str())
        && lower != user.to_ascii_lowercase()
        && !nowhere
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && (name.contains('.') || password.bytes().any(|b| b.is_ascii_digit()))
        && !matches!(name.as_str(), "127.0.0.1" | "0.0.0.0" | "localhost" | "host" | "hostname")
}

/// A hashed password of crypt(3), bcrypt or Argon2 at `at`.
pub(super) fn password_hash(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let length = |rest: &str, set: fn(u8) -> bool| rest.bytes().take_while(|b| set(*b)).count();
    let crypt = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/');
    if let Some(tail) = ["$2a$", "$2b$", "$2y$", "$2x$"].iter().find_map(|p| rest.strip_prefix(p)) {
        let cost = tail.get(..3)?;
        let body = tail.get(3..)?;
        let good = cost.ends_with('$') && cost[..2].bytes().all(|b| b.is_ascii_digit());
        return (good && length(body, crypt) == 53).then(|| at..at + 60);
    }
    let (prefix, least) =
        [("$6$", 86), ("$5$", 43), ("$1$", 22), ("$apr1$", 22), ("$y$", 43), ("$argon2", 30)]
            .into_iter()
            .find(|(prefix, _)| rest.starts_with(prefix))?;
    let all =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'$' | b'=' | b',' | b'+');
    let whole = length(rest, all);
    let last = rest[..whole].rsplit('$').next()?;
    let parts = rest[prefix.len()..whole].split('$').filter(|part| !part.is_empty()).count();
    (last.len() >= least && parts >= 2).then(|| at..at + whole)
}

/// `"auth": "..."` of Docker at the value's range: base64 of `user:password`.
pub(super) fn is_login_in_base64(value: &str) -> bool {
    let Ok(bytes) = LENIENT.decode(value.trim()) else { return false };
    let Ok(text) = String::from_utf8(bytes) else { return false };
    text.trim_end().split_once(':').is_some_and(|(user, password)| {
        user.len() >= 2
            && password.len() >= 3
            && user.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(c))
            && password.chars().all(|c| c.is_ascii_graphic())
            && !is_placeholder(password)
    })
}

/// Values of files that have their own form: `.pgpass`, `.git-credentials`, `master.key`,
/// `.vault-token`.
pub(super) fn of_file(path: &str, text: &str) -> Vec<Range<usize>> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let value = match name.as_str() {
            ".pgpass" | "pgpass.conf" if !bare.starts_with('#') => {
                // A colon or backslash inside a field is escaped.
                let mut colons =
                    bare.match_indices(':').filter(|(i, _)| !bare[..*i].ends_with('\\'));
                colons.nth(3).map(|(i, _)| i + 1..bare.len())
            }
            ".git-credentials" => bare.find("://").and_then(|i| {
                let login = i + 3;
                let end = login + bare[login..].rfind('@')?;
                let colon = login + bare[login..end].find(':')?;
                Some(colon + 1..end)
            }),
            ".vault-token" => Some(0..bare.len()),
            name if name == "master.key"
                || path.contains("config/credentials/") && name.ends_with(".key") =>
            {
                let hex = bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit());
                hex.then_some(0..bare.len())
            }
            _ => None,
        };
        let value = value.filter(|value| value.len() >= 3 && !is_reference(&bare[value.clone()]));
        found.extend(value.map(|value| start + value.start..start + value.end));
        start += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<&str> {
        password_of_address(text, text.find("://")?).map(|range| &text[range])
    }

    #[test]
    fn passwords_of_addresses_are_found_but_not_those_of_tutorials() {
        assert_eq!(address("postgres://app:hun:ter22@db.acme.io:5432/x"), Some("hun:ter22"));
        assert_eq!(address("(mongodb+srv://app:hunter22@c0.acme.net)"), Some("hunter22"));
        assert_eq!(address("redis://:q7Rk29xLmPz@cache.acme.io"), Some("q7Rk29xLmPz"));
        for tutorial in [
            "postgres://user:password@db.acme.io",
            "https://u:${TOKEN}@git.acme.io",
            "http://a:b@c",
            "postgres://postgres:postgres@localhost",
            "https://user:hunter22@example.com",
            "https://x.example/a:b@c",
            "https://{user}:{password}@acme.io",
            "see ://a:hunter22@acme.io",
        ] {
            assert_eq!(address(tutorial), None, "{tutorial}");
        }
    }

    #[test]
    fn forms_of_any_bytes_do_not_panic() {
        for text in ["$2y$", "$2y$1é", "$6$é", "-----BEGIN é", "://é:é@é", "$argon2"] {
            for at in text.char_indices().map(|(i, _)| i) {
                password_hash(text, at);
                private_key(text, at);
            }
        }
        assert_eq!(address("é://é:é@é"), None);
    }

    #[test]
    fn a_login_in_base64_is_one_of_a_user_and_a_password() {
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        assert!(is_login_in_base64(&encode("ana:hunter22")));
        assert!(!is_login_in_base64(&encode("no colon")) && !is_login_in_base64("basic"));
    }
}
