//! The words of an attack, and how they stand together.
//!
//! In: bytes of a sentence. Out: what was found in it. All patterns are ASCII, without regard to
//! case; one automaton over stems says which of them can match a sentence at all, so that honest
//! text runs almost none. Gaps are bounded and never leave a sentence.

mod stems;

use std::ops::Range;
use std::sync::LazyLock;

use super::Kind;
use super::chain::{Chain, Gap};
use super::orders;
use super::pattern::Pattern;
use crate::text::unit::Role;
use crate::words::Words;

/// Classes of words, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask(u128);

impl Mask {
    /// No class.
    pub(super) const NONE: Self = Self(0);
    const RUN: Self = Self(1);
    const COMMAND: Self = Self(1 << 1);
    const INLINE: Self = Self(1 << 2);
    const READ: Self = Self(1 << 3);
    const SECRET: Self = Self(1 << 4);
    const SEND: Self = Self(1 << 5);
    const SINK: Self = Self(1 << 6);
    const ANSWER: Self = Self(1 << 7);
    const SET: Self = Self(1 << 8);
    const REGARDLESS: Self = Self(1 << 9);
    const VALUE: Self = Self(1 << 17);
    const IGNORE: Self = Self(1 << 10);
    const ORDERS: Self = Self(1 << 11);
    const DISABLE: Self = Self(1 << 12);
    const SAFEGUARD: Self = Self(1 << 13);
    const ROLE: Self = Self(1 << 14);
    const REPEAT: Self = Self(1 << 15);
    const FOREVER: Self = Self(1 << 16);
    const TASK: Self = Self(1 << 18);
    const GIVEN: Self = Self(1 << 19);
    /// What a shell, a machine or an agent starts with.
    const STARTED: Self = Self(1 << 92);
    const WIPE: Self = Self(1 << 93);
    /// What has to be, or comes next.
    const DUTY: Self = Self(1 << 94);
    /// What an agent holds.
    const HELD: Self = Self(1 << 95);
    /// Tags that look like the system's own.
    const TAGGED: Self = Self(1 << 96);
    /// In whose name something claims to speak.
    const OFFICE: Self = Self(1 << 97);

    /// The classes of these bits.
    pub(super) const fn of(bits: u128) -> Self {
        Self(bits)
    }

    /// Both together.
    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all classes of `other` are here.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Words of up to `$n` between two that belong together.
macro_rules! gap {
    ($n:literal) => {
        concat!(r"(?:[^\w\n]+\w+){0,", $n, r"}?[^\w\n]+")
    };
}

/// What is secret: paths, nouns, schemes.
macro_rules! secret {
    () => {
        r"(?:~?/?\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)|(?:^|[^\w])\.env\b|\.aws/credentials|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.kube/config|\.docker/config|\.gnupg|\.bash_history|/etc/(?:passwd|shadow|ssh)|/proc/self/environ|\bmcp\.json|claude_desktop_config|\bkeychain|\bwallet\.dat|\b(?:api|access|private|secret|master|ssh|encryption|signing|auth) ?(?:keys?|passwords?|tokens?)\b|\bcredentials?\b|\bpasswords?\b|\bsecrets?\b|\bbearer\b|\bauthorization header|\b(?:session|auth) (?:token|cookie)s?|\b(?:conversation|chat|message) history|\benvironment variables?|\benv vars?\b|\bconfidential\b|\b[a-z]+://(?:confidential|secrets?|admin|internal|private)\b)"
    };
}

/// Those of them that are paths.
const SECRET_PATH: &str = r"\.ssh\b|id_(?:rsa|ed25519|ecdsa)|\.env\b|\.aws/|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.kube/config|\.docker/config|\.gnupg|/etc/(?:passwd|shadow)|mcp\.json|desktop_config|wallet\.dat|\.bash_history|/proc/self/environ";

/// Where things go that leave.
macro_rules! sink {
    () => {
        r#"(?:https?://[^\s)"']+|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|[\w.+-]+@[\w-]+\.[a-z.]+|\bwebhook|\bpastebin|\bngrok|\btelegram\b|\bdiscord\b|\brequestbin|\b(?:our|external|remote|analytics|collection|monitoring|logging|backup) (?:\w+ )?(?:server|endpoint)|['"`]?\b(?:note|sidenote|side_note|memo|feedback|debug|metadata|context|notes)\b['"`]? (?:parameter|field|argument|property|input))"#
    };
}

macro_rules! data {
    () => {
        r"\b(?:conversation|context|contents?|files?|data|results?|responses?|messages?|keys?|credentials?|tokens?|passwords?|secrets?|history|everything|the full|(?:its|their|whose) (?:output|value)s?)\b"
    };
}

/// A kind of action, and the ways to say it.
pub(super) struct Action {
    pub(super) kind: Kind,
    /// Classes that a sentence must have. What is found has a word of each, so that they only spare a
    /// search; a test holds that.
    needs: Mask,
    /// What a sentence must have as well.
    besides: Option<Besides>,
    /// In a document it is ordinary, and counts one less.
    pub(super) weak: bool,
    /// No honest text asks for it: it counts two more, and needs no second sign.
    pub(super) grave: bool,
    place: Place,
    way: Way,
}

/// A class that a sentence must have in some place, since the pattern alone says too little.
struct Besides {
    class: Mask,
    /// A sentence that the pattern finds, without a word of the class: nothing is asked for in it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the reason, as a test reads it"))]
    honest: &'static str,
}

/// Where it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// What is read as one: descriptions of tools, decoded text.
    Whole,
    /// What a tool answered: nobody there has anything to say about the agent's task or answer.
    Answer,
}

/// How it is searched for.
enum Way {
    One(Pattern),
    Chain(Chain),
}

impl Action {
    /// The classes without which a sentence is not searched for it.
    pub(super) fn classes(&self) -> Mask {
        self.besides.as_ref().map_or(self.needs, |besides| self.needs.with(besides.class))
    }

    /// Where a sentence asks for it.
    pub(super) fn find(&self, sentence: &[u8], joined: bool, answer: bool) -> Option<Range<usize>> {
        if self.place == Place::Whole && !joined || self.place == Place::Answer && !answer {
            return None;
        }
        match &self.way {
            Way::One(pattern) => pattern.find(sentence),
            Way::Chain(chain) => chain.find(sentence),
        }
    }
}

/// All patterns; what is needed of them is made when a text is first searched for it.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

/// The words.
pub(super) struct Lexicon {
    stems: Words,
    actions: Vec<Action>,
    /// Any of the next four but those of other languages, which few texts may have.
    conceal_any: Pattern,
    conceal: Pattern,
    conceal_more: Pattern,
    conceal_abroad: Pattern,
    conceal_turns: Pattern,
    instructs: Pattern,
    tag: Pattern,
    tag_machine: Pattern,
    tag_answer: Pattern,
    tag_filled: Pattern,
    tag_label: Pattern,
    option: Pattern,
    feature: Pattern,
    oblige: Pattern,
    address: Pattern,
    authority: Pattern,
    claim: Pattern,
    trigger: Pattern,
    sequence: Pattern,
    secret_path: Pattern,
    regardless: Pattern,
    inline: Pattern,
    until_secret: Pattern,
    code_follows: Pattern,
    reaching_out: Pattern,
    teaching: Words,
}

impl Lexicon {
    fn new() -> Self {
        let words: Vec<(&str, u128)> = stems::STEMS
            .iter()
            .chain(orders::STEMS)
            .flat_map(|(class, stems)| stems.iter().map(|stem| (*stem, class.0)))
            .collect();
        Self {
            stems: Words::new(&words),
            actions: actions(),
            conceal_any: Pattern::any(&[CONCEAL, CONCEAL_TOOL, orders::CONCEAL_TURNS]),
            conceal: Pattern::new(CONCEAL),
            conceal_more: Pattern::new(CONCEAL_TOOL),
            conceal_abroad: Pattern::new(orders::CONCEAL),
            conceal_turns: Pattern::new(orders::CONCEAL_TURNS),
            instructs: Pattern::new(INSTRUCTS),
            tag: Pattern::new(TAG),
            tag_machine: Pattern::new(TAG_MACHINE),
            tag_answer: Pattern::new(TAG_ANSWER),
            tag_filled: Pattern::new(
                r"<(?P<n>hidden|secret|system|admin|override|internal)\b[^>]*>(?:\W*\w+){5}",
            ),
            tag_label: Pattern::new(
                r"\[(?:hidden|system|secret|admin|metadata|role|configuration|developer|assistant|internal|security|priority)[ _-](?:directive|instruction|override)s?\](?:\W*\w+){3}",
            ),
            option: Pattern::new(r"(?:^|\s)--?[a-z][\w-]*[ =]$"),
            feature: Pattern::new(
                r"^[ -](?:scann(?:ing|er)s?|protection|detection|detectors?|management|managers?|rotation|sharing|alerts?|leaks?|leakage|sprawl|hygiene)\b",
            ),
            oblige: Pattern::new(
                r"\b(?:must|have to|has to|need to|needs to|required|always|never|ensure|make sure|be sure|first|before (?:using|calling|doing|providing|invoking|answering|you))\b",
            ),
            address: Pattern::new(
                r"\b(?:you|your (?:response|answer|output|context)|the (?:assistant|agent|model|ai|llm)|claude|copilot|gpt)\b",
            ),
            authority: Pattern::new(
                r"\b(?:critical|important|urgent|mandatory|system|security|compliance|audit|legal|admin) (?:notice|update|requirement|protocol|policy|override|instructions?|message|directive)\b",
            ),
            claim: Pattern::new(
                r"(?:^|\n|[.!] )[^\w\n]*(?:critical|important|urgent|mandatory|system|security|compliance|legal|admin) (?:notice|update|override|instructions?|message|directive)s?\b[^\w\n]{0,3}:",
            ),
            trigger: Pattern::new(
                r"\b(?:if|when)\b[^.\n]{0,40}\b(?:query|message|input|expression|user|username)\b[^.\n]{0,30}(?:\b(?:contains|says|mentions|includes|asks)|\bis ')|\bexact phrase|\bspecial command|\bmagic (?:word|string)",
            ),
            sequence: Pattern::new(SEQUENCE),
            secret_path: Pattern::new(SECRET_PATH),
            regardless: Pattern::new(
                r"\bregardless of|\bno matter what|\beven if the user|\binstead of what|\bwhatever the user|\brather than the (?:one|value)",
            ),
            until_secret: Pattern::new(r"\buntil\b.{0,60}?\b(?:key|secret|token|password)s?\b"),
            code_follows: Pattern::new(r"\b(?:following|subsequent|below|next) code\b"),
            reaching_out: Pattern::new(
                r"\b(?:requests|urllib\w*|httpx|http\.client|socket|smtplib|\w*ftplib|subprocess|paramiko|wget|pycurl|curl|child_process|invoke-webrequest)\b|\bos\.system|\brm -rf|\bfetch\(",
            ),
            inline: Pattern::new(
                r"\|\s*(?:sudo )?(?:ba|z|da)?sh\b|/dev/tcp/|\b(?:ba)?sh -c\b|\bpython3? -c\b|authorized_keys|\.(?:bash|zsh)rc|\brm -rf|\bchmod \+x|base64 (?:-d|--decode)",
            ),
            teaching: Words::new(&[
                ("attack", 1),
                ("malicious", 1 << 1),
                ("vulnerab", 1 << 2),
                ("inject", 1 << 3),
                ("exploit", 1 << 4),
                ("detect", 1 << 5),
                ("prevent", 1 << 6),
                ("example of", 1 << 7),
                ("anti-pattern", 1 << 8),
                ("phishing", 1 << 9),
                ("threat", 1 << 10),
            ]),
        }
    }

    /// The stems.
    pub(super) fn stems(&self) -> &Words {
        &self.stems
    }

    /// What can be asked for.
    pub(super) fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Where a text says that a person shall not know. `joined` allows words that a document uses
    /// in every second section ("do not display").
    pub(super) fn conceals(&self, text: &[u8], joined: bool) -> Option<Range<usize>> {
        // Those of other languages have a letter that is not ASCII, or a word that English lacks.
        let mut concealing = self.conceal.find_all(text);
        let found = concealing.find(|found| !self.instructs.is_match(&text[found.end..]));
        // "It must not be reported as an absence" says what to say.
        let said_as = |found: &Range<usize>| text[found.end..].starts_with(b" as ");
        let found = found.or_else(|| self.conceal_turns.find_all(text).find(|one| !said_as(one)));
        let found = found.or_else(|| self.conceal_abroad.find_all(text).find(|one| !said_as(one)));
        if joined { found.or_else(|| self.conceal_more.find(text)) } else { found }
    }

    /// Whether a sentence of a text, that has words of the classes `seen`, may conceal something: most
    /// texts are asked once.
    ///
    /// What is in a sentence is in the text, since these patterns look at nothing outside of what they
    /// find but the ends of words, and a sentence does not end within one.
    pub(super) fn may_conceal(&self, text: &[u8], seen: Mask) -> bool {
        let abroad = seen.has(orders::HUSH_ABROAD) || !text.is_ascii();
        self.conceal_any.is_match(text) || abroad && self.conceal_abroad.is_match(text)
    }

    /// Tags that look like the system's own.
    pub(super) fn tags<'a>(
        &'a self,
        text: &'a [u8],
        role: Role,
    ) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let tag = match role {
            Role::ToolList => &self.tag_machine,
            Role::ToolResult => &self.tag_answer,
            _ => &self.tag,
        };
        tag.find_all(text).filter(|tag| !is_part(text, tag))
    }

    /// A tag without any action, and whether it is a grave one: hidden, with a sentence in it. The text
    /// has words of the classes `seen`.
    pub(super) fn tag_alone(
        &self,
        text: &[u8],
        role: Role,
        seen: Mask,
    ) -> Option<(Range<usize>, bool)> {
        if role == Role::ToolResult {
            return self.tag_answer.find(text).map(|found| (found, false));
        }
        if !seen.has(Mask::TAGGED) {
            return None;
        }
        // The value of an option is written so too: `--client-secret <secret> --scopes <scopes>`.
        let mut filled = self.tag_filled.find_all(text);
        let grave = filled.find(|found| {
            let before = found.start.saturating_sub(OPTION)..found.start;
            let close = text[found.clone()].iter().position(|byte| *byte == b'>');
            let tag = found.start..close.map_or(found.end, |at| found.start + at + 1);
            !self.option.is_match(&text[before]) && !is_part(text, &tag)
        });
        if let Some(found) = grave.or_else(|| self.tag_label.find(text)) {
            return Some((found, true));
        }
        self.tag.find_all(text).find(|found| !is_part(text, found)).map(|found| (found, false))
    }

    /// Whether `found` ends with a word for secrets that only says what something is about.
    pub(super) fn names_a_feature(&self, found: &[u8], behind: &[u8]) -> bool {
        let last = found.to_ascii_lowercase();
        (last.ends_with(b"secret") || last.ends_with(b"secrets") || last.ends_with(b"credential"))
            && self.feature.is_match(behind)
    }

    pub(super) fn obliges(&self, text: &[u8]) -> bool {
        self.oblige.is_match(text)
    }

    #[cfg(test)]
    pub(super) fn patterns(&self) -> Vec<&Pattern> {
        let ways = self.actions.iter().flat_map(|action| match &action.way {
            Way::One(pattern) => vec![pattern],
            Way::Chain(chain) => std::iter::once(&chain.first)
                .chain(chain.rest.iter().map(|(_, part)| part))
                .collect(),
        });
        let others = [
            &self.conceal_any,
            &self.conceal,
            &self.conceal_more,
            &self.conceal_abroad,
            &self.conceal_turns,
            &self.instructs,
            &self.tag,
            &self.tag_machine,
            &self.tag_answer,
            &self.tag_filled,
            &self.tag_label,
            &self.option,
            &self.feature,
            &self.oblige,
            &self.address,
            &self.authority,
            &self.claim,
            &self.trigger,
            &self.sequence,
            &self.secret_path,
            &self.regardless,
            &self.inline,
            &self.until_secret,
            &self.code_follows,
            &self.reaching_out,
        ];
        ways.chain(others).collect()
    }

    pub(super) fn addresses(&self, text: &[u8]) -> bool {
        self.address.is_match(text)
    }

    /// Whether a text obliges, or speaks to whoever reads it.
    pub(super) fn orders(&self, text: &[u8]) -> bool {
        self.obliges(text) || self.addresses(text) || self.sequences(text)
    }

    pub(super) fn authority(&self, text: &[u8]) -> bool {
        self.authority.is_match(text)
    }

    /// Where a text, that has words of the classes `seen`, claims to speak in somebody's name.
    pub(super) fn claims_authority(&self, text: &[u8], seen: Mask) -> Option<Range<usize>> {
        if seen.has(Mask::OFFICE) { self.claim.find(text) } else { None }
    }

    pub(super) fn trigger(&self, text: &[u8]) -> bool {
        self.trigger.is_match(text)
    }

    /// Whether a description makes itself a condition of other calls.
    pub(super) fn sequences(&self, text: &[u8]) -> bool {
        self.sequence.is_match(text)
    }

    /// Whether the person's own words are set aside.
    pub(super) fn regardless(&self, text: &[u8]) -> bool {
        self.regardless.is_match(text)
    }

    /// Whether something goes on until a secret comes out.
    pub(super) fn until_secret(&self, text: &[u8]) -> bool {
        self.until_secret.is_match(text)
    }

    /// Whether a sentence speaks of code to be put in, and there is some in the text that reaches
    /// out: to the network, to a shell.
    pub(super) fn adds_code(&self, sentence: &[u8], text: &[u8]) -> bool {
        self.code_follows.is_match(sentence) && self.reaching_out.is_match(text)
    }

    /// Whether a command stands there itself, to be run as it is.
    pub(super) fn inline(&self, text: &[u8]) -> bool {
        self.inline.is_match(text)
    }

    /// Whether what was found names a file of secrets.
    pub(super) fn names_secret_file(&self, text: &[u8]) -> bool {
        self.secret_path.is_match(text)
    }

    /// Whether a section teaches about attacks: three different words of that trade.
    pub(super) fn about_security(&self, text: &[u8]) -> bool {
        self.teaching.seen(text, u128::MAX).count_ones() >= 3
    }
}

/// Ways to say that a person shall not know.
const CONCEAL: &str = r"\b(?:do not|don't|never|without|avoid|no need to|must not|mustn't|should not|shouldn't|not)(?: [\w']+){0,3}? (?:mention(?:ing)?|tell(?:ing)?|inform(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|notify(?:ing)?|alert(?:ing)?)(?:[ '`]+[\w']+){0,4}?[ '`]+(?:users?|human|anyone|anybody|this|them|that|it|you|you're|operator|fact|they)\b|\bsilently (?:\w+ )?(?:run|send|read|execut\w+|upload|include|copy|forward|append|call|collect)\b|\bkeep (?:this|it|behaviou?r|these)(?: \w+)? (?:hidden|secret|confidential|between)\b|\bpresent (?:it|this|them|the information) as (?:if|part)\b|\blook like normal|\bmake it look|\bnot visible to the user|\bhidden from the user|\bwithout the user(?:'s)? (?:knowing|noticing|knowledge|awareness)|\b(?:user|human|they) (?:(?:must|should|need)(?: not|n't) (?:know|see|notice|be (?:told|aware|informed))|(?:does|do)(?: not|n't) (?:know|notice|be (?:told|aware|informed)))|\b(?:so|so that|ensure|sure|sure that|ensure that) (?:the |a )?(?:user|human|they) (?:does|do)(?: not|n't) see\b|\b(?:tell|explain to|assure) the (?:user|human) (?:that )?(?:this|it) is (?:necessary for|routine|harmless|normal)\b";

/// What follows where a person is not to be told to do something: "never tell the user to run it" hides
/// nothing from them.
const INSTRUCTS: &str = r"^ (?:(?:which|what)(?: \w+){0,2} )?to (?:open|run|go|use|edit|install|restart|try|check|copy|paste|click|do|create|add|write|set|type|execute|start|configure|download|manually|search|look|visit|wait|figure|fix)\b";

/// More of them, where a whole description is read at once.
const CONCEAL_TOOL: &str = r"\b(?:do not|don't|never|must not|no need to) (?:show|display|explain|say|report|log)(?: [\w']+){0,4}? (?:to |from )?(?:the )?(?:users?|human|anyone|operator)\b";

/// Whether a tag stands for a part of an address or a token, `one:<secret>@host` or `pat.<secret>`, or alone in
/// quotation marks, and nothing is closed behind it.
fn is_part(text: &[u8], tag: &Range<usize>) -> bool {
    let name = text[tag.clone()].strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
    let Some(name) = name.filter(|name| name.iter().all(u8::is_ascii_alphabetic)) else {
        return false;
    };
    let behind = &text[tag.end..];
    let before = text[..tag.start].last().copied().unwrap_or(b' ');
    let next = behind.first().copied().unwrap_or(b' ');
    let quoted = matches!(before, b'\'' | b'"' | b'`') && before == next;
    let joined = matches!(before, b'.' | b':' | b'/' | b'@' | b'=' | b'-' | b'_')
        && matches!(next, b'@' | b'/' | b':' | b'.' | b',' | b')' | b' ' | b'`' | b'&');
    let closes = |at: usize| {
        behind[at + 2..].get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    // "Adds numbers:<secret> read ..." has a word before the colon and a sentence behind it.
    let joined = joined && (next != b' ' || before == b'.');
    (quoted || joined) && !memchr::memmem::find_iter(behind, b"</").any(closes)
}

/// Longest name of an option, in bytes.
const OPTION: usize = 60;

/// To be first, or to be called with everything else.
const SEQUENCE: &str = r"\b(?:before|prior to|after|whenever|each time|every time|when)(?: \w+){0,4}? (?:any|every|each|all|other|another)(?: \w+){0,2}? (?:tools?|functions?|operations?|actions?|requests?|calls?|steps?|commands?|queries|query)\b|\bbefore (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|execut(?:e|ing)|run(?:ning)?) (?:this|the|any)\b|\bthis tool (?:will not|won't|does not|cannot|can't) work (?:unless|until|without)|\botherwise[, ]+(?:the|this) (?:tool|\w+) (?:will|would) (?:fail|not work|be denied|be blocked)";

/// Tags that no honest page needs.
const TAG: &str = r"<(?:important|hidden|system|secret|instructions?|admin|assistant|override|internal)\s*>|\[INST\]|<<SYS>>|<\|im_start\|>|\bBEGIN (?:SYSTEM|ADMIN)\b";

/// And those that only a prompt has.
const TAG_MACHINE: &str = r"<(?:important|hidden|system|secret|(?:[a-z]+_)?instructions?|admin|assistant|(?:[a-z]+_)?override|internal|user|tool_?result|context)\s*>|\[INST\]|<<SYS>>|<\|im_start\|>|### (?:system|instruction)s?\b|\bBEGIN (?:SYSTEM|ADMIN)\b|<\w*(?:TO|FOR)_(?:THE_)?(?:ASSISTANT|AGENT|MODEL|LLM|AI)\s*>|\b(?:instructions?|notes?|messages?) (?:for|to) (?:the )?(?:calling |reading |using )?(?:model|assistant|agent|llm|ai)\b ?:";

/// And those that no answer needs: headings and brackets in the name of the system.
const TAG_ANSWER: &str = r"<(?:important|hidden|system|secret|admin|assistant|override)\s*>|\[INST\]|<<SYS>>|<\|im_start\|>|\bBEGIN (?:SYSTEM|ADMIN)\b|#{2,} ?[(\[]?(?:system|assistant|developer|admin)[ _-](?:message|prompt|instruction|note|override|notice)s?\b|[(\[](?:system|admin|developer)[ _-](?:message|prompt|instruction|note|override|notice)s?[)\]]";

/// A way to say it anywhere.
pub(super) fn action(kind: Kind, needs: Mask, weak: bool, pattern: &'static str) -> Action {
    let way = Way::One(Pattern::new(pattern));
    Action { kind, needs, besides: None, weak, grave: false, place: Place::Anywhere, way }
}

/// What no honest text asks for.
pub(super) fn grave(action: Action) -> Action {
    Action { grave: true, ..action }
}

/// The same beside a word of a class alone. Without one the pattern finds what is `honest`.
pub(super) fn beside(class: Mask, honest: &'static str, action: Action) -> Action {
    Action { besides: Some(Besides { class, honest }), ..action }
}

/// A way that counts only in what is read as one.
pub(super) fn whole(kind: Kind, needs: Mask, pattern: &'static str) -> Action {
    Action { place: Place::Whole, ..action(kind, needs, false, pattern) }
}

/// The same, for a way that is there already.
pub(super) fn only_whole(action: Action) -> Action {
    Action { place: Place::Whole, ..action }
}

/// A way that counts only in what a tool answered.
fn answer(kind: Kind, needs: Mask, pattern: &'static str) -> Action {
    Action { place: Place::Answer, ..action(kind, needs, false, pattern) }
}

/// Parts that follow each other, anywhere.
pub(super) fn chain(
    kind: Kind,
    needs: Mask,
    weak: bool,
    first: &'static str,
    rest: &[(Gap, &'static str)],
) -> Action {
    let rest = rest.iter().map(|(gap, part)| (*gap, Pattern::new(part))).collect();
    let way = Way::Chain(Chain { first: Pattern::new(first), rest });
    Action { kind, needs, besides: None, weak, grave: false, place: Place::Anywhere, way }
}

fn actions() -> Vec<Action> {
    let mut all = harm();
    all.extend(steering());
    all.extend(answers());
    all.extend(orders::actions());
    all
}

/// To run, to read what is secret, to send.
fn harm() -> Vec<Action> {
    vec![
        whole(
            Kind::Execute,
            Mask::STARTED,
            r"\b(?:append|add|write|insert|put|place|inject|echo|save)\b[^!?\n]{0,100}?(?:authorized_keys|\.bashrc|\.zshrc|\.bash_profile|\.profile\b|/etc/\w|\bclaude\.md|\bagents\.md|\.cursorrules|\bcrontab)",
        ),
        whole(
            Kind::Execute,
            Mask::WIPE.with(Mask::DUTY),
            r"\b(?:must|always|first|should|need to|have to|silently|then|immediately)\b(?: \w+){0,3}? (?:delete|remove|wipe|erase|destroy|drop)\b",
        ),
        action(
            Kind::Execute,
            Mask::INLINE,
            false,
            r"(?:\bcurl|\bwget|\biwr)\b.{0,200}?\|\s*(?:sudo )?(?:ba|z|da)?sh\b|\b(?:ba|z)?sh -c\b|\bbash -i\b|\bpython3? -c\b|\bnc(?:at)? -e|/dev/tcp/|\bbase64 (?:-d|--decode)|\biex\b|\bchmod \+x|\brm -rf|\bos\.system\(|\bcrontab -|>> ?[`'\x22]?~?/?\S{0,20}\.(?:zshrc|bashrc|bash_profile|profile)\b|\bcore\.hookspath\b",
        ),
        chain(
            Kind::Execute,
            Mask::RUN.with(Mask::COMMAND),
            true,
            r"\b(?:run|execut(?:e|ing)|invok(?:e|ing)|launch|eval|spawn|pipe|paste|running)\b",
            &[(
                Gap::Words(6),
                r"\b(?:command|script|shell|terminal|bash|powershell|code|binary|payload)s?\b",
            )],
        ),
        chain(
            Kind::Execute,
            Mask::RUN.with(orders::REPLY),
            false,
            r"\b(?:run|execute|launch)\b",
            &[
                (Gap::Bytes(60, b"!?\n"), r"\b[\w-]+\.(?:sh|py|ps1|bat|cmd|js|mjs|rb)\b"),
                (
                    Gap::Bytes(40, b"!?\n"),
                    r"\bbefore (?:you )?(?:repl(?:y|ying)|answer(?:ing)?|respond(?:ing)?) (?:to )?(?:the |any |every |each |a )?(?:users?|person|human|quer|question|message|request|prompt)",
                ),
            ],
        ),
        chain(
            Kind::Secret,
            Mask::READ.with(Mask::SECRET),
            false,
            r"\b(?:read(?:ing)?|access(?:ing)?|open|cat|load|get|fetch|retriev(?:e|ing)|collect(?:ing)?|extract(?:ing)?|includ(?:e|ing)|provid(?:e|ing)|copy|pass|harvest|reveal|print|echo|dump|leak|grab|obtain|gather|disclose|contents of)\b",
            &[(Gap::Bytes(90, b"\n"), secret!())],
        ),
        action(
            Kind::Secret,
            Mask::READ.with(Mask::SECRET),
            false,
            r"\b(?:reveal|print|repeat|output|echo|extract|leak|disclose)\b.{0,40}?\bsystem prompt",
        ),
        grave(action(
            Kind::Secret,
            Mask::READ.with(Mask::SECRET),
            false,
            r"\b(?:echo|repeat|recit)(?:e|ing)?(?: back)? (?:any|all|every|the user's|their)(?: \w+){0,2}? (?:credential|password|api key|secret|token)s?\b",
        )),
        chain(
            Kind::Send,
            Mask::SEND.with(Mask::SINK),
            false,
            r"\b(?:send|post|upload|forward|transmit|e-?mail|bcc|cc|submit|append|encode|put|report|leak|share|copy|exfiltrate|relay|pass|sending|posting|uploading|forwarding)\b",
            &[(Gap::Bytes(80, b"!?\n"), data!()), (Gap::Bytes(100, b"!?\n"), sink!())],
        ),
        action(
            Kind::Send,
            Mask::READ.with(Mask::SECRET).with(Mask::ANSWER),
            false,
            r"\b(?:echo|include|reveal|print|repeat|output)\b.{0,60}?(?:\bauthorization\b|\btoken|\bapi key|\bcredential|\bpassword|\bsecret|\bsystem prompt|\benvironment variable|\b(?:chat|conversation) history).{0,60}?\b(?:your|the) (?:next )?(?:response|output|answer|reply)\b",
        ),
        action(
            Kind::Send,
            Mask::SINK.with(orders::LINK),
            false,
            r"!?\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}\?[^)\s]{0,120}=[^)\s]{0,40}(?:\{|\$|%7b|<|\[)[^)\n]{0,80}\)",
        ),
        whole(
            Kind::Send,
            Mask::SEND.with(Mask::HELD),
            r#"\b(?:include|pass|add|put|append|send)\s+(?:its|their|the|all|whole|full|\s)*(?:contents?|conversation|history|messages|prompt|context)\s+(?:as|in|into|via|through)\s+(?:the |a )?['"`]\w+['"`]"#,
        ),
        whole(
            Kind::Send,
            Mask::SEND.with(Mask::SINK),
            r"\b(?:bcc|cc|copy|forward|send)\b[^.!?\n]{0,40}?[\w.+-]+@[\w-]+\.[a-z]",
        ),
        whole(
            Kind::Send,
            Mask::SINK,
            r#"\b(?:include|pass|add|put|append|provide|send)\b(?: \w+){0,3}? (?:in|as|to|into|via|through) (?:the |a |an )?['"`]?(?:note|sidenote|side_note|memo|feedback|debug|metadata|context|notes)['"`]? (?:parameter|field|argument|property|input)"#,
        ),
    ]
}

/// To do otherwise than the person, the operator or a safeguard says.
fn steering() -> Vec<Action> {
    vec![
        chain(
            Kind::Parameter,
            Mask::SET.with(Mask::REGARDLESS),
            false,
            r"\b(?:set|change|replace|use|redirect|override|add|insert|modify|substitute|swap)\b",
            &[
                (
                    Gap::Bytes(60, b"\n"),
                    r"\b(?:recipient|bcc|address|amount|account|url|host|branch|repo|path|price|parameter|argument|value)\b",
                ),
                (
                    Gap::Bytes(80, b"\n"),
                    r"\b(?:regardless|no matter|even if|instead of what|without asking|whatever the user|rather than the)",
                ),
            ],
        ),
        whole(
            Kind::Parameter,
            Mask::SET.with(Mask::VALUE),
            r"\b(?:recipient|bcc|(?:to|e-?mail|wallet|destination)[ -]?address|amount|account(?: number)?|host|branch|price|phone(?: number)?|destination|body|message(?: content)?|content)s?\b[^.!?\n]{0,60}?\b(?:must|should|shall|has to|have to|needs? to|will|is to|are to|always)\b(?: \w+){0,2}? (?:be )?(?:set|changed|replaced|modified|redirected|substituted|rewritten|swapped|increased|multiplied)\b",
        ),
        whole(
            Kind::Parameter,
            Mask::SET.with(Mask::VALUE),
            r"\b(?:must|always|should|have to|need to|shall|first|silently)\b(?: \w+){0,2}? (?:set|change|replace|modify|redirect|substitute|rewrite|swap|increase|multiply)\b[^.!?\n]{0,40}?\b(?:recipient|bcc|address|amount|account|host|branch|price|phone|destination|body|message|content)s?\b[^.!?\n]{0,60}?\b(?:to|with|by)\b",
        ),
        action(
            Kind::Override,
            Mask::IGNORE.with(Mask::ORDERS),
            false,
            r"\b(?:ignore|disregard|forget|override|bypass|discard)(?: (?:all|any|every|the|of|each))* (?:previous|prior|above|earlier|preceding|your|system|safety|original|existing)(?: \w+)? (?:(?:instruction|i[a-z]{1,4}(?:tr?u|ru)c?tio|guideline|directive|restriction)n?s?|content policy|system prompt)\b",
        ),
        whole(
            Kind::Override,
            Mask::IGNORE.with(Mask::ORDERS),
            concat!(
                r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|discard)\b",
                gap!("4"),
                r"(?:(?:instruction|guideline|directive|restriction)s?|content policy|system prompt)\b"
            ),
        ),
        action(
            Kind::Override,
            Mask::IGNORE.with(Mask::ORDERS),
            false,
            r"\b(?:ignore|disregard|forget|override|bypass)(?: (?:all|any|your|the|of|my|every|these))* (?:previous|prior|above|earlier|preceding|other)(?: \w+)? (?:rules?|prompts?|polic(?:y|ies)|constraints?|context|messages?)\b",
        ),
        action(
            Kind::Override,
            Mask::ROLE,
            true,
            r"\byou are now (?:an? )?(?:unrestricted|free|dan\b|in |jailbroken|no longer|root|admin)|\bact as (?:an )?unrestricted|\b(?:unrestricted |enter )developer mode|\bdeveloper mode (?:enabled|activated|on)\b|\bsystem override\b|\bdo anything now\b|\bno restrictions (?:apply|on what)",
        ),
        action(
            Kind::Guard,
            Mask::DISABLE.with(Mask::SAFEGUARD),
            false,
            r"\b(?:disable|skip|bypass|turn off|switch off|ignore|deactivate)(?: (?:the|all|any|every|this|its|their|your|user|security|normal|usual))* (?:verification|confirmations?|approvals?|permission (?:prompts?|checks?)|safety(?: (?:checks?|filters?|mechanisms?))?|sandbox|guardrails?|safeguards?|content filters?)\b",
        ),
        whole(
            Kind::Guard,
            Mask::SAFEGUARD,
            r"\b(?:do not|don't|never|no need to|without)(?: \w+)? (?:ask(?:ing)?|wait(?:ing)?|prompt(?:ing)?|request(?:ing)?)(?: \w+){0,4}? (?:approval|confirmation|permission|verification)",
        ),
        action(
            Kind::Runaway,
            Mask::REPEAT.with(Mask::FOREVER),
            false,
            r"\b(?:retry|repeat|call|loop|continue|keep (?:trying|calling|retrying|running))\b.{0,50}?\b(?:indefinitely|forever|never stop|endlessly)",
        ),
    ]
}

/// To leave the person's task, or to answer otherwise than the person wants.
fn answers() -> Vec<Action> {
    vec![
        answer(
            Kind::Override,
            Mask::IGNORE.with(Mask::TASK),
            r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|abandon|set aside|put aside|discard)\b(?: \w+){0,3}? (?:your (?:\w+ )?|the (?:user's|original|initial|previous|current) )(?:task|goal|objective|request|question|assignment|query|mission)s?\b",
        ),
        answer(
            Kind::Override,
            Mask::TASK.with(Mask::GIVEN),
            r"\b(?:task|request|question|job|assignment)s? (?:that |which )?(?:i|we|the user|your user) (?:have |had )?(?:gave|given|assigned|asked|set|sent|told) (?:to )?you\b",
        ),
        answer(
            Kind::Override,
            Mask::GIVEN,
            r"\b(?:message|note|instruction|request|order|directive)s? (?:is |are )?from (?:me|(?:the |your )?(?:user|owner|developer|creator|admin\w*|operator|system))\b[^.!?\n]{0,40}?\b(?:to|for) (?:you\b|the (?:ai|assistant|model|agent|llm)\b)",
        ),
        answer(
            Kind::Override,
            Mask::ROLE,
            r"\byour (?:new|real|actual|true) (?:task|goal|objective|instructions?|mission|role|purpose) (?:is|are)\b|\bnew (?:instruction|task|objective|directive|order)s? (?:from (?:the |your )?(?:user|admin\w*|system|developer|owner|operator)|for (?:you\b|the (?:ai|agent|assistant|model)))",
        ),
        answer(
            Kind::Execute,
            Mask::COMMAND,
            r"\b(?:following|subsequent|below|next) code\b[^!?\n]{0,160}?\byour (?:\w+ ){0,2}?(?:code|codebase|implementation|solution|program|script|project|algorithm|response|answer)\b|\byour (?:\w+ ){0,2}?(?:code|codebase|implementation|solution|program|script|project|algorithm|response|answer)\b[^!?\n]{0,120}?\b(?:following|subsequent|below|next) code\b",
        ),
        answer(
            Kind::Parameter,
            Mask::ANSWER,
            r"(?:^|[.!?:\n] ?)\W*(?:please )?(?:use|replace|render|misspell|scramble|jumble|group|modify|integrate|add|insert|incorporate|rearrange|shuffle|reverse|encode|encrypt|convert|substitute|translate|append|prepend|begin|start|end|weave|embed|introduce|remove|swap|capitali[sz]e|anagram|provide|include)\b[^!?\n]{0,100}?\b(?:in|to|of|into|from|within|throughout|with|as|letters of|for) your (?:entire |whole |full |final |next |own |every )?(?:response|answer|reply|message|output)s?\b|(?:^|[.!?:\n] ?)\W*(?:in|at the (?:end|start|beginning) of|throughout|within) your (?:\w+ )?(?:response|answer|reply|output|message), (?:\w+ )?[a-z]+|\b(?:provide|render|give|write|present|deliver|express|modify) your (?:response|answer|reply|message|output)s? (?:in|using|with|as|to|by|without)\b",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::string::string_regex;
    use proptest::test_runner::TestRunner;
    use regex::{Captures, Regex};
    use regex_automata::util::syntax;

    use super::*;

    /// Texts that a pattern may find: where it takes any letter these are plain ones, and nothing is
    /// asked of what stands beside.
    fn made_of(pattern: &Pattern) -> BoxedStrategy<String> {
        let negated = Regex::new(r"\[\^(?:\\.|[^\]\\])*\]").unwrap();
        let plain = negated.replace_all(pattern.source(), |found: &Captures<'_>| {
            if found[0].contains(r"\s") { "[a-z]" } else { "[a-z ]" }
        });
        let plain = plain.replace(r"\s", " ").replace(r"\S", "[a-z]");
        let plain = plain.replace(r"\w", "[a-z]").replace(r"\d", "[0-9]");
        let beside = Regex::new(r"\\[bB]|(\\.)|[\^$]").unwrap();
        string_regex(&beside.replace_all(&plain, "$1")).unwrap().boxed()
    }

    fn seen(text: &str) -> Mask {
        Mask::of(LEXICON.stems.seen(text.as_bytes(), u128::MAX))
    }

    #[test]
    fn every_class_of_words_has_a_bit_of_its_own() {
        let mut bits: Vec<u128> =
            stems::STEMS.iter().chain(orders::STEMS).map(|(class, _)| class.0).collect();
        let all = bits.len();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), all);
    }

    #[test]
    fn tags_and_claims_have_a_word_of_the_class_that_spares_a_search() {
        let mut runner = TestRunner::deterministic();
        for (pattern, class) in [
            (&LEXICON.tag, Mask::TAGGED),
            (&LEXICON.tag_filled, Mask::TAGGED),
            (&LEXICON.tag_label, Mask::TAGGED),
            (&LEXICON.claim, Mask::OFFICE),
            (&LEXICON.conceal_abroad, orders::HUSH_ABROAD),
        ] {
            let made = made_of(pattern);
            let texts = (0..512).map(|_| made.new_tree(&mut runner).unwrap().current());
            let found: Vec<String> =
                texts.filter(|text| pattern.is_match(text.as_bytes())).collect();
            assert!(found.len() >= 8, "{} of {}", found.len(), pattern.source());
            for text in found {
                // Nobody looks for words of other languages where a letter is one of theirs.
                let is_foreign = class == orders::HUSH_ABROAD && !text.is_ascii();
                assert!(is_foreign || seen(&text).has(class), "{text}");
            }
        }
    }

    /// Texts that an action finds, none where nobody made one in a thousand attempts.
    fn found_by(action: &Action, runner: &mut TestRunner) -> Vec<String> {
        let parts: Vec<_> = match &action.way {
            Way::One(pattern) => vec![made_of(pattern)],
            Way::Chain(chain) => std::iter::once(&chain.first)
                .chain(chain.rest.iter().map(|(_, part)| part))
                .map(made_of)
                .collect(),
        };
        let mut found = Vec::new();
        for _ in 0..1_024 {
            let made = parts.iter().map(|part| part.new_tree(runner).unwrap().current());
            let mut text = made.collect::<Vec<String>>().join(" ");
            if let Some(range) = action.find(text.as_bytes(), true, true) {
                text.truncate(range.end);
                found.push(text.split_off(range.start));
            }
            if found.len() >= 128 {
                break;
            }
        }
        found
    }

    #[test]
    fn what_an_action_finds_has_a_word_of_each_class_that_spares_a_search() {
        let mut runner = TestRunner::deterministic();
        let mut without = BTreeSet::new();
        for action in &LEXICON.actions {
            let found = found_by(action, &mut runner);
            assert!(found.len() >= 4, "{} made of {:?}", found.len(), action.kind);
            for text in found {
                let words = LEXICON.stems.seen(text.as_bytes(), u128::MAX);
                if !Mask::of(words).has(action.needs) {
                    without.insert((action.needs.0 & !words, text));
                }
            }
        }
        assert!(without.is_empty(), "{}: {without:#?}", without.len());
    }

    #[test]
    fn what_has_to_stand_beside_a_pattern_is_not_there_in_honest_text() {
        let mut conditions = 0;
        for action in &LEXICON.actions {
            let Some(besides) = &action.besides else { continue };
            conditions += 1;
            let text = besides.honest.as_bytes();
            assert!(action.find(text, true, true).is_some(), "{}", besides.honest);
            let words = Mask::of(LEXICON.stems.seen(text, u128::MAX));
            assert!(words.has(action.needs) && !words.has(besides.class), "{}", besides.honest);
        }
        assert!(conditions > 0);
    }

    #[test]
    fn what_conceals_within_a_sentence_is_found_in_its_text_too() {
        let parts = [&LEXICON.conceal, &LEXICON.conceal_more, &LEXICON.conceal_turns];
        let syntax = syntax::Config::new().case_insensitive(true).unicode(false).utf8(false);
        for part in parts.into_iter().chain([&LEXICON.conceal_abroad]).map(Pattern::source) {
            let parsed = syntax::parse_with(part, &syntax).unwrap();
            let beyond = parsed.properties().look_set().contains_anchor();
            assert!(!beyond && !part.contains(r"\B"), "{part}");
        }
        assert!(parts.iter().all(|part| LEXICON.conceal_any.source().contains(part.source())));
        let may = |text: &str| LEXICON.may_conceal(text.as_bytes(), seen(text));
        assert!(may("It adds. Do not tell the user. It ends."));
        assert!(may("It adds. No menciones esto. It ends."));
        assert!(!may("It adds two numbers."));
    }
}
