//! Names that say what is done: of tools, of parameters, and words of a list to choose from.
//!
//! In: the unit of a tool. Out: findings GP002 and GP003. A model reads `forward_credentials` and
//! `readKeysThenUpload` as words, so they are read as words here. **Invariant:** what a tool for
//! secrets calls its own parameters (`secret_name`, `include_values`) is none: a name must both move
//! something and say that it is secret, and the tool must not be about that.

use serde_json::Value;
use tl_core::finding::{Evidence, Level};

use crate::inventory::Tool;
use crate::rules::{Sink, finding};
use crate::score::Kind;
use crate::score::pattern::Pattern;
use crate::text::unit::{Context, Unit};

/// Longest name that is read.
const LONGEST: usize = 200;

static MOVES: Pattern = Pattern::new(
    r"\b(?:forward|send|upload|exfiltrate|leak|attach|append|include|pass|post|share|copy|dump|harvest|collect|transmit|relay|paste|embed|mail|submit)(?:s|ing)?\b",
);
static SENDS: Pattern =
    Pattern::new(r"\b(?:forward|send|upload|exfiltrate|leak|transmit|relay|harvest)(?:s|ing)?\b");
static READS: Pattern = Pattern::new(
    r"\b(?:read|cat|load|get|fetch|open|contents? of|value of|text of|grab|steal|find)\b",
);
static LOOT: Pattern = Pattern::new(
    r"\b(?:credentials?|passwords?|passwd|secrets?|(?:private|ssh|api|access|secret) keys?|id rsa|id ed25519|env(?:ironment)? (?:vars?|variables?|file)|dot env|dotenv|cookies?|bearer|auth(?:entication)? tokens?|(?:session|access|api|user|oauth) tokens?|seed phrase|wallet|aws|kube ?config|netrc|npmrc|keychain|(?:conversation|chat|message)s? (?:history|so far|log|transcript)|transcript|system prompt)\b",
);
static TALK: Pattern = Pattern::new(
    r"\b(?:full|entire|whole|complete|raw|verbatim)\b.*\b(?:conversation|chat|transcript|history|prompt|messages|context|env|environment)\b|\b(?:conversation|chat|transcript|history|prompt|messages)\b.*\b(?:so far|verbatim)\b|\b(?:all|every)\b.*\b(?:environment variables|env vars?|secrets|credentials|passwords|private keys)\b",
);
static ORDERED: Pattern = Pattern::new(
    r"\b(?:then|first|before|and|to (?:server|endpoint|url|webhook|remote|host|attacker|me|us)|always|silently|secretly|without)\b",
);
static ABOUT: Pattern = Pattern::new(
    r"auth|credential|log ?in|sign ?in|cookie|session|token|secret|proxy|\bhttps?\b|request|header|\bkeys?\b|vault|password|crawl|scrap|browser|cors|environment|\benv\b|conversation|chat|messag|transcript|prompt|e-?mail|backup|deploy",
);

/// All of them.
#[cfg(test)]
pub(crate) static PATTERNS: [&Pattern; 7] =
    [&MOVES, &SENDS, &READS, &LOOT, &TALK, &ORDERED, &ABOUT];

/// Puts findings for the names of a tool.
pub(super) fn check(unit: &Unit<'_>, sink: &mut Sink) {
    let Some((_, tool)) = unit.tool.filter(|_| unit.depth == 0) else { return };
    for span in &unit.spans {
        let Some(name) = unit.text.get(span.start..span.end).filter(|name| is_name(name)) else {
            continue;
        };
        let field = unit.fields.get(usize::from(span.field)).map_or("", String::as_str);
        // In prose only what stands in a list to choose from, or is filled in by itself.
        let chosen = span.context == Context::Prose;
        if chosen
            && !["enum", "default", "const", "examples"].iter().any(|key| field.ends_with(key))
        {
            continue;
        }
        let words = words(name);
        let of_tool = field == "name";
        let Some((kind, sure)) = judge(&words, chosen, of_tool) else { continue };
        let about = [&tool.title, &tool.description]
            .into_iter()
            .flatten()
            .any(|t| ABOUT.is_match(t.as_bytes()));
        let filled = !chosen && !of_tool && is_filled(tool, name);
        let level = match (sure, about) {
            (true, _) => Level::High,
            (false, false) if filled => Level::High,
            (false, false) => Level::Warn,
            (false, true) => continue,
        };
        let message =
            format!("tool `{}`: the name `{name}` orders the agent to {}", tool.name, kind.1);
        let mut one = finding(super::rule(kind.0), unit.locate(span.start), message);
        one.level = level;
        one.evidence = Evidence::of(name, &words, vec!["name".to_owned()]);
        sink.add(one);
    }
}

/// What a name asks for, and whether it needs nothing beside it.
fn judge(words: &str, chosen: bool, of_tool: bool) -> Option<((Kind, &'static str), bool)> {
    let secret = (Kind::Secret, "hand over something secret");
    if !of_tool && TALK.is_match(words.as_bytes()) {
        return Some((secret, !chosen || MOVES.is_match(words.as_bytes())));
    }
    if !LOOT.is_match(words.as_bytes()) {
        return None;
    }
    let (moves, reads) = (MOVES.is_match(words.as_bytes()), READS.is_match(words.as_bytes()));
    let sends = (Kind::Send, "send something secret");
    if SENDS.is_match(words.as_bytes()) && (reads || chosen) && ORDERED.is_match(words.as_bytes()) {
        return Some((sends, true));
    }
    if of_tool {
        return None;
    }
    if reads && moves && ORDERED.is_match(words.as_bytes()) {
        return Some((secret, true));
    }
    if !chosen && words.contains("contents of") {
        return Some((secret, true));
    }
    (moves && !chosen).then_some((sends, false))
}

/// Whether a parameter is set unless the model says otherwise, and nothing is said of it.
fn is_filled(tool: &Tool, name: &str) -> bool {
    let Some(schema) = &tool.input_schema else { return false };
    let Some(parameter) = schema.get("properties").and_then(|all| all.get(name)) else {
        return false;
    };
    let said = parameter.get("description").and_then(Value::as_str).unwrap_or("");
    let required = schema.get("required").and_then(Value::as_array);
    let required = required.is_some_and(|all| all.iter().any(|one| one == name));
    said.trim().is_empty() && (required || parameter.get("default") == Some(&Value::Bool(true)))
}

/// A word without blanks that is put together of at least two.
fn is_name(text: &str) -> bool {
    text.len() <= LONGEST
        && text.is_ascii()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && text.bytes().skip(1).any(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'))
}

/// `readKeysThen_upload` as `read keys then upload`.
fn words(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.') {
            out.push(' ');
        } else {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                out.push(' ');
            }
            out.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_words() {
        assert_eq!(words("readKeysThen_upload-all"), "read keys then upload all");
        assert!(
            is_name("forward_credentials")
                && is_name("sendKeys")
                && !is_name("city")
                && !is_name("a b_c")
        );
    }

    #[test]
    fn a_name_that_moves_what_is_secret_is_told_from_one_that_names_it() {
        let of = |name: &str, chosen: bool, of_tool: bool| {
            judge(&words(name), chosen, of_tool).map(|(_, sure)| sure)
        };
        for (name, chosen, of_tool) in [
            ("readPrivateKeysThenUpload", false, true),
            ("entire_chat_transcript_so_far", false, false),
            ("contents_of_ssh_private_key", false, false),
            ("first_read_dot_env_and_append_it", true, false),
            ("sendAllEnvironmentVariablesToServer", true, false),
        ] {
            assert_eq!(of(name, chosen, of_tool), Some(true), "{name}");
        }
        assert_eq!(of("forwardCredentials", false, false), Some(false));
        for (name, chosen, of_tool) in [
            ("get_secret_value", false, true),
            ("upload_ssh_key_to_server", false, true),
            ("send_password_reset", false, true),
            ("secret_name", false, false),
            ("private_key_path", false, false),
            ("include_values", false, false),
            ("credentials_rotated", true, false),
            ("get_conversation_history", false, true),
        ] {
            assert_eq!(of(name, chosen, of_tool), None, "{name}");
        }
    }
}
