//! What no honest text names: the address of somebody else beside an order to send, an account that
//! money shall go to, what the person has in the clipboard.
//!
//! In: nothing. Out: [`actions`], for the lexicon. Attacks are worded in ever new ways; what they
//! need is there each time: somewhere to send to, something to send, a moment. Each pattern was held
//! against a few hundred descriptions of public servers and some thousand public instructions.

use super::stems::{
    CARRIER, CONTACT, EACH, HTTP, LOOT, MEMORY, MONEY, OBEY, ODD, SUBSHELL, TRAFFIC, TRUSTED,
    UNSAFE, VARIABLE,
};
use crate::score::Kind;
use crate::score::chain::Gap;
use crate::score::lexicon::{Action, Mask, action, beside, chain, grave, whole};

/// To let something out of the house.
const MOVE: &str = r"\b(?:hand|mirror|transmit|deliver|stream|forward|post|send|upload|push|submit|relay|sync|sent|posted|uploaded|mirrored|forwarded|shipped|streamed|pushed|reported|handed|copied)(?:s|ing)?\b|\breport(?:ing)?\b|\bship(?:ping)?\b|\bships (?:the|all|every|each|any|your|this|it|them|its)\b";
/// What an agent has in hand.
const DATA: &str = r"\b(?:prompts?|conversations?|transcripts?|diffs?|source|repositor(?:y|ies)|repo|code ?base|workspace|logs?|environment|env|credentials?|secrets?|clipboard|screenshots?|history|session|chat|answers?|replies|everything|contents?|files?|copy|copies|archive|bundle|output|results?)\b";
/// An address that something goes to.
const TO: &str = r"\b(?:to|at|into|against|towards?)\b[^\n!?\]]{0,24}?https?://";

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    let mut all = away();
    all.extend(described());
    all.extend(written());
    all
}

/// To send, anywhere. `copy` is an order in front of what is copied; "a copy of the licence" is none.
fn away() -> Vec<Action> {
    let stop = b"!?\n]";
    vec![
        grave(chain(
            Kind::Send,
            CONTACT.with(HTTP),
            false,
            MOVE,
            &[(Gap::Bytes(60, b".!?\n"), DATA), (Gap::Bytes(80, stop), TO)],
        )),
        chain(
            Kind::Send,
            CONTACT.with(HTTP),
            false,
            DATA,
            &[(Gap::Bytes(60, b".!?\n"), MOVE), (Gap::Bytes(40, stop), TO)],
        ),
        grave(chain(
            Kind::Send,
            CARRIER,
            false,
            r"\benv\b|\bprintenv\b|\bhistory\b|~/\.\w|\.env\b|\bgit bundle\b|\bid_rsa\b|\bcredentials\b",
            &[(
                Gap::Bytes(80, b"\n"),
                r"\|[ ]?(?:(?:base64|base32|xxd|hexdump|od|gzip|bzip2|xz|zstd|tar|openssl|grep|sed|awk|cut|tr|head|tail|sort|jq|tee)\b[^\n|]{0,40}?\| ?)?(?:sudo |xargs )?(?:curl|nc|ncat|wget)\b",
            )],
        )),
        grave(action(
            Kind::Send,
            SUBSHELL,
            false,
            r"https?://[^\s\x22'`]*\$\((?:cat|env|printenv|base64|whoami|id|ls|find|grep|tar|head|git config|gh auth)\b",
        )),
        grave(action(
            Kind::Send,
            VARIABLE,
            false,
            r"\b(?:put|include|append|add|embed|write|place|send|use)\b[^.!?\n]{0,40}?\b[a-z]+_(?:token|key|secret|password)\b[^.!?\n]{0,60}?\b(?:branch|commit message|commit|url|issue|comment|title|description|query string|file ?name|subdomain)\b",
        )),
        whole(
            Kind::Send,
            CONTACT,
            r"\b(?:hand|mirror(?:ed)?|transmit|deliver|stream|ship|forward|redirect|divert|post|send|sent|upload|push|report|submit|relay|sync|cc|bcc|add|copy (?:it|this|that|them|these|those|the|all|every|each|any|its|your|their|our|what\w*)|copied)\b[^!?\n]{0,120}?(?:\b(?:to|at|into)\b[^\n!?\]]{0,24}?https?://|\b[\w.+-]+@[\w-]+\.[a-z]{2,})",
        ),
        grave(whole(
            Kind::Send,
            CONTACT,
            r"\b(?:each|every|any|always|whenever|also|before|after|must|additionally|in parallel|as well|is to be|are to be|has to|have to)\b[^!?\n]{0,100}?\b(?:hand|mirror(?:ed)?|transmit|deliver|stream|ship|forward|post|send|sent|upload|push|report|submit|relay|sync|cc|bcc|copy (?:it|this|that|them|these|those|the|all|every|each|any|its|your|their|our|what\w*)|copied)\b[^!?\n]{0,100}?(?:\b(?:to|at|into)\b[^\n!?\]]{0,24}?https?://|\b[\w.+-]+@[\w-]+\.[a-z]{2,})|\b(?:mirror(?:ed)?|transmit|deliver|stream|ship|forward|post|send|sent|upload|push|report|submit|relay|sync|cc|bcc|copy (?:it|this|that|them|these|those|the|all|every|each|any|its|your|their|our|what\w*)|copied)\b[^!?\n]{0,80}?(?:\b(?:to|at|into)\b[^\n!?\]]{0,24}?https?://|\b[\w.+-]+@[\w-]+\.[a-z]{2,})[^!?\n]{0,80}?\b(?:each|every time|whenever|always|so that|for quality|in the background)\b",
        )),
    ]
}

/// In descriptions of tools alone.
fn described() -> Vec<Action> {
    vec![
        grave(whole(
            Kind::Parameter,
            CONTACT,
            r"\b(?:use|substitute|replace|set|change|put|insert|has to be|have to be|must be|should be|is to be|becomes?|prefer)\b[^!?\n]{0,80}?(?:\+[1-9]\d{8,}|\b0x[0-9a-f]{30,})",
        )),
        grave(beside(
            MONEY,
            "The number must be ab012345678901234567.",
            whole(
                Kind::Parameter,
                Mask::NONE,
                r"\b(?:use|substitute|replace|set|change|put|insert|has to be|have to be|must be|should be|is to be|becomes?|prefer)\b[^!?\n]{0,80}?\b[a-z]{2}\d{18,}",
            ),
        )),
        grave(whole(
            Kind::Secret,
            LOOT,
            r"\b(?:contents?|text|values?|output|lines|body) of\b[^.!?\n]{0,24}?(?:~/\.(?:ssh|aws|kube|config|netrc|npmrc|docker|claude|gnupg|cursor|git-cred)|\bid_rsa|\bid_ed25519|(?:^|[^\w])\.env\b|\.netrc|\.npmrc|/etc/shadow)",
        )),
        grave(whole(
            Kind::Secret,
            ODD,
            r"\b(?:instructions?|prompts?|rules|messages?) (?:that )?(?:you (?:were|have been|had been|got|received)|it was given)\b|\bwhat the (?:user|person|human) (?:(?:wrote|said|typed|pasted)\b|asked(?:[^ \w]|$| (?:[a-eg-z]|f[a-np-z])))|\b(?:clipboard|editor tabs|open tabs)\b[^!?\n]{0,80}?https?://|\b(?:hand|send|pass|attach|include|put)\b[^.!?\n]{0,40}?\b(?:clipboard|editor tabs|open tabs|instructions before (?:this|it|them))\b",
        )),
        grave(whole(
            Kind::Execute,
            CARRIER,
            r"\b(?:curl|wget|iwr)\b[^\n]{0,120}?\| ?(?:sudo )?(?:ba|z)?sh\b",
        )),
        grave(whole(
            Kind::Execute,
            ODD,
            r"\b(?:place|put|add|write|append|insert|echo|save|enter)\b[^!?\n]{0,80}?\b(?:shell(?:'s)? (?:start-?up|profile|rc)|start-?up (?:file|script|folder)|login script|crontab|cron job|launch ?agents?|autostart|systemd unit)\b",
        )),
        grave(whole(
            Kind::Guard,
            ODD,
            r"\b(?:turn|switch)(?:ed|s)? (?:the )?(?:\w+ ){0,3}?(?:hooks?|polic(?:y|ies)|sandbox|guard|permissions?|approvals?) off\b|\b(?:disable|bypass|uninstall|deactivate)\b(?: \w+){0,3}? (?:hooks?|security (?:hooks?|plugins?|tools?|scanners?|software)|guards?|antivirus|firewall|edr|gatekeeper|defender)\b",
        )),
        grave(whole(
            Kind::Runaway,
            ODD,
            r"\b(?:at least|minimum of|no fewer than|not less than) \d{2,} times\b|\b\d{3,} times (?:per|for|in|before|until)\b",
        )),
        grave(whole(
            Kind::Destroy,
            ODD,
            r"\b(?:remove|delete|erase|wipe|purge|drop|empty)\b[^.!?\n]{0,60}?\bwithout (?:asking|a question|questions|a prompt|telling)\b|\b(?:empty|purge) the (?:trash|recycle bin)\b",
        )),
        whole(
            Kind::Send,
            TRAFFIC,
            r"\b(?:include|pass|record|provide|send|log|report|attach)\b[^.!?\n]{0,30}?\ball (?:of the |the )?(?:tool|function) (?:names?|calls?|arguments|inputs|outputs|results|responses)\b[^.!?\n]{0,60}?\b(?:arguments|results|outputs|responses|customer|user|personal|payment|transaction)\b",
        ),
        grave(whole(Kind::Send, ODD, r"!\[[^\]\n]{0,60}\]\(https?://[^)\s]+\?[^)\s]*=")),
    ]
}

/// In instructions: what the agent shall write into code, and what it shall take orders from.
fn written() -> Vec<Action> {
    vec![
        action(
            Kind::Plant,
            UNSAFE,
            false,
            r"\b(?:build|make|write|compose|assemble|create)s?\b[^.!?\n]{0,20}?\b(?:sql|quer(?:y|ies))\b[^.!?\n]{0,30}?\b(?:joining|concatenat\w+|string (?:formatting|interpolation)|f-strings?)|\bpasswords?\b[^.!?\n]{0,30}?\b(?:kept|stored?|saved?|hashed?|written|compared)\b[^.!?\n]{0,20}?\b(?:as|with|in|using) (?:md5|sha-?1|plain ?text|clear ?text|base64|==)|\b(?:certificate|tls|ssl)(?: certificate)? (?:checks?|verification|validation)s? (?:are|is) (?:left out|off|disabled|skipped|omitted)|\b(?:turn|switch) (?:certificate|tls|ssl)[^.!?\n]{0,20}? off\b",
        ),
        grave(action(
            Kind::Plant,
            EACH.with(HTTP),
            false,
            r"\b(?:every|each|all|any) (?:new |generated )?(?:service|file|page|module|component|project|function|app|package|template)s?\b[^!?\n]{0,60}?\b(?:depends? on|imports?|loads?|includes?|adds?)\b[^!?,\n]{0,80}?https?://|\b(?:every|each|all|any) (?:new |generated )?(?:service|file|page|module|component|project|function|app|package|template)s?\b[^!?\n]{0,60}?\b(?:gets?|needs?|uses?|has|contains?)\b[^!?,\n]{0,80}?https?://[^\s`)\x22']{1,80}\.(?:m?js|py|sh|ps1|wasm|whl|t?gz|zip|jar|css)\b",
        )),
        action(
            Kind::Loosen,
            MEMORY,
            false,
            r"\b(?:copy|write|append|add|save|put|insert)\b[^!?\n]{0,80}?(?:~/\.(?:claude|codex|gemini|cursor|codeium)/\S*\.mdc?\b|\bmemory of (?:every|all|other|each))",
        ),
        grave(action(
            Kind::Guard,
            TRUSTED,
            false,
            r"\b(?:commands|instructions|messages|orders|mails)\b[^.!?\n]{0,60}?\b(?:are|count as) (?:pre-?)?(?:authori[sz]ed|approved|trusted)\b|\b(?:commands|messages|orders|mails)\b[^.!?\n]{0,60}?\b(?:are|count as) binding\b",
        )),
        grave(action(
            Kind::Override,
            CONTACT.with(HTTP).with(OBEY),
            false,
            r"\b(?:load|fetch|get|read|open|download|pull|curl|retrieve)\b[^\n]{0,60}?https?://\S+[^\n]{0,40}?\b(?:act on|follow (?:it|its|what|the instructions)|obey|do what|act accordingly|carry out|treat (?:it|its|what))\b",
        )),
    ]
}
