//! A value that is assigned to the name of a secret.
//!
//! In: text, and where a word of such names stands. Out: the name's end and the value's range.
//! Reads `name = value`, `"name": "value"`, `name => 'value'`, `define('NAME', 'value')`,
//! `<Name>value</Name>`, and where a file is written so, `name value`. Never over a line's end.

use std::ops::Range;

use super::manner::Manner;

/// A name and what it is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assigned {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// The name is that of a password, which people choose, not of a key, which machines make.
    pub(super) password: bool,
    pub(super) quoted: bool,
}

/// The assignment to the name around the word at `at`; also where to look on.
pub(super) fn at(text: &str, at: usize, manner: Manner) -> (Option<Assigned>, usize) {
    let bytes = text.as_bytes();
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let start = at - bytes[..at].iter().rev().take(80).take_while(|b| part(b)).count();
    let end = at + bytes[at..].iter().take(80).take_while(|b| part(b)).count();
    let Some(password) = kind(&text[start..end]) else { return (None, end) };
    let value = value_behind(text, start, end, manner);
    let found = value.map(|(value, quoted)| Assigned { name: start..end, value, password, quoted });
    (found, end)
}

/// Whether a name is that of a password (`Some(true)`) or a key (`Some(false)`).
pub(super) fn kind(name: &str) -> Option<bool> {
    let parts = parts(name);
    // Firefox encrypts both halves of a login with one key that lies beside them.
    if parts == ["encrypted", "username"] {
        return Some(true);
    }
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let tail = |part: &str| {
        number(part)
            || matches!(part, "value" | "prod" | "production" | "dev" | "live" | "base" | "v1")
    };
    let last = parts.iter().rposition(|part| !tail(part))?;
    let (before, word) = (&parts[..last], parts[last].as_str());
    let public =
        before.iter().any(|p| matches!(p.as_str(), "public" | "pub" | "no" | "is" | "has"));
    if public {
        return None;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    if matches!(word, "pass" | "pwd" | "pw" | "passcode" | "passwort")
        || ends(&["password", "passwd", "passphrase", "passwords"])
    {
        return Some(true);
    }
    let qualified = before.last().is_some_and(|before| {
        matches!(
            before.as_str(),
            "api"
                | "secret"
                | "private"
                | "access"
                | "auth"
                | "encryption"
                | "signing"
                | "master"
                | "app"
                | "client"
                | "license"
                | "session"
                | "service"
                | "admin"
                | "account"
                | "storage"
                | "subscription"
                | "deploy"
                | "consumer"
                | "jwt"
                | "hmac"
                | "webhook"
                | "in"
                | "nonce"
        )
    });
    let key = matches!(
        word,
        "token" | "secret" | "secrets" | "pat" | "credential" | "apikey" | "authtoken"
    ) || ends(&[
        "secretkey",
        "accesskey",
        "privatekey",
        "authtoken",
        "accesstoken",
        "clientsecret",
    ]) || (matches!(word, "key" | "salt") && qualified)
        || ends(&["apikey"])
        || word == "auth" && name.starts_with('_');
    key.then_some(false)
}

/// Words of a name: `secretKey`, `SECRET_KEY` and `secret-key` have the same.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        let split =
            matches!(c, '_' | '-') || (c.is_ascii_uppercase() && before.is_ascii_lowercase());
        if split && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        if let (true, Some(part)) = (c.is_ascii_alphanumeric(), parts.last_mut()) {
            part.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Range of the value behind a name, and whether it stands between quotes.
pub(super) fn value_behind(
    text: &str,
    start: usize,
    end: usize,
    manner: Manner,
) -> Option<(Range<usize>, bool)> {
    let bytes = text.as_bytes();
    let line =
        end + bytes[end..].iter().take(4096).take_while(|b| !matches!(b, b'\n' | b'\r')).count();
    let skip = |mut at: usize, what: &[u8]| {
        while at < line && what.contains(&bytes[at]) {
            at += 1;
        }
        at
    };
    if start > 0 && bytes[start - 1] == b'<' {
        let open = end + text[end..line].find('>')? + 1;
        let close = open + text[open..line].find('<')?;
        return Some((open..close, true));
    }
    let closed = bytes.get(end).copied().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let mut at = skip(end, b"\"'`");
    let bracket = bytes.get(at) == Some(&b']');
    at = skip(at + usize::from(bracket), b" \t");
    let sign = &bytes[at.min(line)..line];
    // `${NAME:+word}` of a shell asks whether it is set.
    if bytes[..start].ends_with(b"${") && matches!(sign, [b':', b'+' | b'?', ..]) {
        return None;
    }
    let length = match sign {
        [b'=', b'=' | b'~', ..] | [b'!' | b'<', b'=', ..] | [b':', b':', ..] => return None,
        [b'=', b'>', ..] | [b':', b'=', ..] | [b'?', b'=', ..] => 2,
        [b'=' | b':', ..] => 1,
        // `define('NAME', 'value')`, `setenv("NAME", "value")`.
        [b',', ..] if closed.is_some() => 1,
        _ if manner.blank && at > end => 0,
        _ => return None,
    };
    at = skip(at + length, b" \t");
    // `b"..."`, `u'...'`; a formatted string is made of other things.
    if matches!(bytes.get(at), Some(b'b' | b'u' | b'r'))
        && matches!(bytes.get(at + 1), Some(b'"' | b'\''))
    {
        at += 1;
    }
    let quote = bytes.get(at).copied().filter(|b| matches!(b, b'"' | b'\'' | b'`') && at < line);
    if let Some(quote) = quote {
        let open = at + 1;
        let mut close = open;
        while close < line && bytes[close] != quote {
            close += 1 + usize::from(bytes[close] == b'\\');
        }
        return (close < line).then_some((open..close, true));
    }
    if !manner.unquoted || closed.is_some_and(|_| length == 1 && sign.first() == Some(&b',')) {
        return None;
    }
    let until =
        |b: &u8| matches!(b, b' ' | b'\t' | b';' | b'<' | b'"' | b'\'' | b')' | b'}' | b']');
    let close = at + bytes[at.min(line)..line].iter().take_while(|b| !until(b)).count();
    let close = if close > at && bytes[close - 1] == b',' { close - 1 } else { close };
    // What goes on behind a blank is a sentence, unless it is a comment.
    let rest = text.get(close..line)?.trim_start();
    let ends = rest.is_empty()
        || rest.starts_with(['#', ';', ',', '}', '<', '&', '|'])
        || manner.blank
        || rest.starts_with("//");
    (close > at && ends).then_some((at..close, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::gs::manner;

    fn seen(path: &str, line: &str, word: &str) -> Option<String> {
        let (found, _) = at(line, line.find(word).unwrap(), manner::of(path));
        found.map(|found| line[found.value].to_owned())
    }

    #[test]
    fn assignments_of_many_languages_are_read() {
        for (path, line, word, value) in [
            ("a.py", "password = 'hunter22'", "password", "hunter22"),
            ("a.json", "  \"userPassword\": \"hunter22\",", "Password", "hunter22"),
            ("a.php", "define('DB_PASSWORD', 'hunter22');", "PASSWORD", "hunter22"),
            ("a.php", "$x['password'] = 'hunter22';", "password", "hunter22"),
            ("a.rb", ":password => \"hunter22\"", "password", "hunter22"),
            (".env", "DB_PASSWORD=hunter22 # note", "PASSWORD", "hunter22"),
            ("a.yml", "api_key: 3b6311afca5bd8aac647b3", "api_key", "3b6311afca5bd8aac647b3"),
            ("a.xml", "<Pass encoding=\"base64\">aHVudGVyMjI=</Pass>", "Pass", "aHVudGVyMjI="),
            ("a.xml", "<x user=\"u\" password=\"hunter22\"/>", "password", "hunter22"),
            (".esmtprc", "password \"hunter22\"", "password", "hunter22"),
            ("a.go", "token := \"q7Rk29xLmPz04vTn\"", "token", "q7Rk29xLmPz04vTn"),
        ] {
            assert_eq!(seen(path, line, word).as_deref(), Some(value), "{line}");
        }
    }

    #[test]
    fn comparisons_calls_types_and_other_names_are_not() {
        for (path, line, word) in [
            ("a.py", "password = get()", "password"),
            ("a.py", "if password == 'hunter22':", "password"),
            ("a.ts", "password: string;", "password"),
            ("a.json", "\"max_tokens\": \"4096\"", "token"),
            ("a.json", "\"publicKeyToken\": \"31bf3856ad364e35\"", "Token"),
            ("a.py", "token_url = 'https://x.example'", "token"),
            ("a.yml", "token: a sentence goes on", "token"),
            ("mvnw", "case \"${MVNW_PASSWORD:+has-password}\" in", "PASSWORD"),
            ("a.sh", ": \"${DB_PASSWORD:?is-not-set}\"", "PASSWORD"),
        ] {
            assert_eq!(seen(path, line, word), None, "{line}");
        }
    }
}
