//! To carry off what is stored: rows, private repositories, what a browser keeps, keys of a machine.
//!
//! In: nothing. Out: [`actions`], for the lexicon. A tool for databases says that it reads tables, and
//! one for tickets that it writes comments; an attack says both, of one table, in one sentence.

use super::stems::{BROWSER, DIG, ECHO, FOLLOW, LOCKED, METADATA, MINER, OUTLET, PRIVATE, TABLE};
use crate::score::Kind;
use crate::score::chain::Gap;
use crate::score::lexicon::{Action, action, chain, grave};

/// To read a lot.
const TAKE: &str = r"\b(?:read|select|query|dump|export|fetch|load|list|collect|get|look (?:up|through|into|at)|go through|search|copy|retrieve|gather|extract|pull|walk)s?\b";
/// To put it somewhere.
const PUT: &str = r"\b(?:insert|post|put|write|add|reply|append|attach|paste|send|include|comment|publish|push|commit|mention|describe|update|drop)s?\b";
/// Where others read it.
const PLACE: &str = r"\b(?:tickets?|comments?|repl(?:y|ies)|messages?|issues?|threads?|readme|pull requests?|notes?|channels?|chat|gist|wiki|page|public)\b";

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    let mut all = stored();
    all.extend(machine());
    all
}

/// Out of databases and repositories.
fn stored() -> Vec<Action> {
    let stop = b".!?\n";
    vec![
        grave(chain(
            Kind::Send,
            TABLE.with(OUTLET),
            false,
            TAKE,
            &[
                (
                    Gap::Bytes(50, stop),
                    r"\btables? [`'\x22]?\w*(?:token|secret|key|credential|password|user|customer|private|payment|session|account|integration|salar)\w*|\b\w*(?:token|secret|key|credential|password|user|customer|private|payment|session|account|integration|salar)\w*[`'\x22]?(?: and [`'\x22]?\w+[`'\x22]?)? tables?\b",
                ),
                (Gap::Bytes(100, stop), PUT),
                (Gap::Bytes(60, stop), PLACE),
            ],
        )),
        chain(
            Kind::Send,
            TABLE.with(OUTLET),
            false,
            TAKE,
            &[
                (
                    Gap::Bytes(50, stop),
                    r"\b(?:all|every)(?: the)? (?:rows?|records?|tables?)\b|\b(?:entire|whole|full) (?:table|database)\b",
                ),
                (Gap::Bytes(100, stop), PUT),
                (Gap::Bytes(60, stop), PLACE),
            ],
        ),
        grave(chain(
            Kind::Send,
            PRIVATE.with(OUTLET),
            false,
            TAKE,
            &[
                (
                    Gap::Bytes(50, stop),
                    r"\bprivate (?:\w+ )?(?:repositor(?:y|ies)|repos?|channels?|projects?|documents?|messages)\b",
                ),
                (Gap::Bytes(120, stop), PUT),
                (
                    Gap::Bytes(70, stop),
                    r"\b(?:public|readme|issues?|pull request|comments?|gist)\b",
                ),
            ],
        )),
        grave(chain(
            Kind::Send,
            ECHO.with(OUTLET),
            false,
            r"\b(?:print|dump|echo|printing|dumping|echoing)s?\b",
            &[
                (
                    Gap::Bytes(30, stop),
                    r"\b(?:environment variables?|env vars?|the environment|secrets|process\.env|printenv)\b",
                ),
                (
                    Gap::Bytes(50, stop),
                    r"\b(?:in|into|to|on|as) (?:the |an? |this )?(?:issue|comment|pull request|ticket|gist|description|reply)\b",
                ),
            ],
        )),
        grave(chain(
            Kind::Secret,
            BROWSER,
            false,
            r"\b(?:locate|find|copy|read|open|zip|collect|base64|upload|grab|export|attach|decrypt|take)\b",
            &[
                (
                    Gap::Bytes(50, stop),
                    r"\b(?:chrome|chromium|firefox|brave|edge|safari|browser)\b",
                ),
                (
                    Gap::Bytes(30, stop),
                    r"\b(?:login data|local state|saved (?:passwords|logins|cards)|key4\.db|logins\.json|cookies?\W{0,3} (?:sqlite|database|db|files?|store))",
                ),
            ],
        )),
    ]
}

/// Out of the machine, and onto it.
fn machine() -> Vec<Action> {
    let stop = b"!?\n";
    vec![
        grave(action(
            Kind::Secret,
            METADATA,
            false,
            r"\b(?:get|fetch|read|curl|request|query|call|open|load|visit)\b[^!?\n]{0,60}?(?:169\.254\.169\.254|metadata\.google\.internal)",
        )),
        grave(chain(
            Kind::Send,
            DIG,
            false,
            r"\b(?:encode|base32|base64|hex|chunk|split|embed)\w*\b|\b(?:append|prefix|prepend|place|put)\w*\b[^!?\n]{0,40}?\b(?:data|contents?|outputs?|results?|values?|secrets?|keys?|tokens?|bytes|files?|chunks?|it|them|each|conversation|history|credentials?|passwords?|env\w*|variables?|names?|answers?|text)\b",
            &[
                (
                    Gap::Bytes(80, stop),
                    r"\b(?:sub-?domains?|dns|labels?|nslookup|dig|host ?names?)\b",
                ),
                (
                    Gap::Bytes(60, stop),
                    r"\.[a-z0-9-]+\.(?:com|net|org|io|dev|xyz|example|site|me|co)\b|\b(?:nslookup|dig|resolve it|resolve them)\b",
                ),
            ],
        )),
        grave(chain(
            Kind::Destroy,
            LOCKED,
            false,
            r"\bencrypt(?:s|ing)?\b",
            &[
                (Gap::Bytes(60, stop), r"\b(?:all|every|user'?s?|home|documents?|files)\b"),
                (
                    Gap::Bytes(140, stop),
                    r"\b(?:delete|remove|shred|overwrite|wipe)\b[^.!?\n]{0,20}?\b(?:originals?|plain|source|unencrypted)|\bransom|\b(?:note|readme)\b[^!?\n]{0,40}?\b(?:pay|bitcoin|wallet|decrypt)",
                ),
            ],
        )),
        grave(action(
            Kind::Execute,
            MINER,
            false,
            r"\b(?:start|run|launch|download|install|fetch|use)\b[^!?\n]{0,80}?(?:\bxmrig|\bcpuminer|\bstratum\+(?:tcp|ssl)|\bcrypto ?miner)",
        )),
        action(
            Kind::Override,
            FOLLOW,
            false,
            r"\b(?:do|follow|run|execute|obey|carry out|perform)(?: exactly)? (?:what(?:ever)?|anything|everything|any (?:command|instruction|request)s?)\b[^.!?\n]{0,24}?\b(?:issue|comment|e-?mail|ticket|web ?page|author|sender|reporter|poster|visitor)(?:'s)?\b[^.!?\n]{0,16}?\b(?:says?|asks?|requests?|wants?|tells?|contains?|demands?|instructs?)\b",
        ),
    ]
}
