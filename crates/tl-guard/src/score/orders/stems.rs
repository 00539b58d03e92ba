//! The words that [`super`]'s patterns need, by class.
//!
//! A sentence is searched for a pattern only where it has a word of each of its classes.

mod foreign;

use crate::score::lexicon::Mask;

/// Verbs that end the life of something.
pub(super) const DESTROY: Mask = Mask::of(1 << 20);
/// What is worth destroying.
pub(super) const PRIZE: Mask = Mask::of(1 << 21);
/// Where everything is that a person has.
pub(super) const HOME: Mask = Mask::of(1 << 82);
/// What a machine was before anybody used it.
pub(super) const FACTORY: Mask = Mask::of(1 << 83);
/// To put something into what is written.
pub(super) const PLANT: Mask = Mask::of(1 << 22);
/// What is planted.
pub(super) const SEED: Mask = Mask::of(1 << 23);
/// Settings that let an agent act unasked.
pub(super) const SETTING: Mask = Mask::of(1 << 24);
/// Archives, paste sites, terminals.
pub(super) const LURE: Mask = Mask::of(1 << 25);
/// Files and things of which a thief takes stock.
pub(super) const LOOT: Mask = Mask::of(1 << 26);
/// To look for.
pub(super) const SEEK: Mask = Mask::of(1 << 27);
/// The conversation and what is in front of it.
pub(super) const TALK: Mask = Mask::of(1 << 28);
/// Addresses, numbers and hosts to which something is changed.
pub(super) const TARGET: Mask = Mask::of(1 << 29);
/// Places where packages come from.
pub(super) const INDEX: Mask = Mask::of(1 << 30);
/// A tool that speaks of itself and of others.
pub(super) const PREFER: Mask = Mask::of(1 << 31);
/// Orders in other languages.
pub(super) const ABROAD: Mask = Mask::of(1 << 32);
/// What a safe program does, and is told not to do.
pub(super) const WEAKEN: Mask = Mask::of(1 << 33);
/// Images that carry data away.
pub(super) const IMAGE: Mask = Mask::of(1 << 34);
/// Data on its way out of a file of secrets.
pub(super) const OUT: Mask = Mask::of(1 << 35);

/// A parameter that is named after what it shall hold.
pub(super) const LOOT_NAME: Mask = Mask::of(1 << 36);

/// To go on and on.
pub(super) const GO_ON: Mask = Mask::of(1 << 37);
/// Settings and lists of servers, as files.
pub(super) const CONFIG_FILE: Mask = Mask::of(1 << 38);
/// What a check shall say, and what goes round one.
pub(super) const VERDICT: Mask = Mask::of(1 << 39);
/// Programs of a cloud's command line that end something.
pub(super) const CLOUD: Mask = Mask::of(1 << 40);
/// To take a whole repository or archive elsewhere.
pub(super) const CARRY: Mask = Mask::of(1 << 41);
/// Where a repository is pushed to.
pub(super) const REMOTE: Mask = Mask::of(1 << 99);
/// Orders that are fetched.
pub(super) const FETCHED: Mask = Mask::of(1 << 42);
/// Variables of the environment that hold a secret.
pub(super) const VARIABLE: Mask = Mask::of(1 << 43);
/// Parameters that are named after what is in front of the model.
pub(super) const TALK_NAME: Mask = Mask::of(1 << 44);
/// Rights that are not told of.
pub(super) const WAY_IN: Mask = Mask::of(1 << 45);

/// What keeps a change from being looked at, or looks at it.
pub(super) const REVIEW: Mask = Mask::of(1 << 46);
/// Not to do something.
pub(super) const HUSH: Mask = Mask::of(1 << 47);
/// What a database holds.
pub(super) const TABLE: Mask = Mask::of(1 << 48);
/// Where others read what is written.
pub(super) const OUTLET: Mask = Mask::of(1 << 49);
/// Repositories and channels that are not for all.
pub(super) const PRIVATE: Mask = Mask::of(1 << 50);
/// What a browser keeps.
pub(super) const BROWSER: Mask = Mask::of(1 << 51);
/// Where a machine of a cloud gets its keys.
pub(super) const METADATA: Mask = Mask::of(1 << 52);
/// Names that are looked up.
pub(super) const DIG: Mask = Mask::of(1 << 53);
/// To lock files away.
pub(super) const LOCKED: Mask = Mask::of(1 << 54);
/// Programs that use up a machine.
pub(super) const MINER: Mask = Mask::of(1 << 55);
/// To do whatever somebody says.
pub(super) const FOLLOW: Mask = Mask::of(1 << 56);
/// What is planted, in other languages.
pub(super) const FOREIGN_PLANT: Mask = Mask::of(1 << 57);
/// Accounts that somebody may forget.
pub(super) const SEED_ACCOUNT: Mask = Mask::of(1 << 58);
/// Conditions under which somebody is let in.
pub(super) const GUEST: Mask = Mask::of(1 << 59);

/// Addresses, numbers and accounts of somebody.
pub(super) const CONTACT: Mask = Mask::of(1 << 60);
/// What descriptions of tools do not speak of.
pub(super) const ODD: Mask = Mask::of(1 << 61);
/// To leave what binds an agent.
pub(super) const UNBOUND: Mask = Mask::of(1 << 84);
/// Without exception.
pub(super) const EACH: Mask = Mask::of(1 << 62);
/// Programs that carry something off, or fetch it.
pub(super) const CARRIER: Mask = Mask::of(1 << 63);
/// Where money goes.
pub(super) const MONEY: Mask = Mask::of(1 << 91);
/// To write something out.
pub(super) const ECHO: Mask = Mask::of(1 << 98);
/// Commands within an argument.
pub(super) const SUBSHELL: Mask = Mask::of(1 << 85);
/// So and so often.
pub(super) const TIMES: Mask = Mask::of(1 << 86);
/// Checks that do not pass.
pub(super) const FAILED: Mask = Mask::of(1 << 87);
/// What a review is for.
pub(super) const RISK: Mask = Mask::of(1 << 88);
/// Programs that are run, in orders of other languages.
pub(super) const PROGRAM: Mask = Mask::of(1 << 89);

/// Addresses.
pub(super) const HTTP: Mask = Mask::of(1 << 64);
/// Links and images of Markdown that lead to another host.
pub(in crate::score) const LINK: Mask = Mask::of(1 << 65);
/// What comes before an answer to the person.
pub(in crate::score) const REPLY: Mask = Mask::of(1 << 100);
/// Words that switch a pipeline off.
pub(super) const UNCHECKED: Mask = Mask::of(1 << 66);
/// To do what a text says.
pub(super) const OBEY: Mask = Mask::of(1 << 67);
/// Ways to build a query, keep a password or trust a connection that are not safe.
pub(super) const UNSAFE: Mask = Mask::of(1 << 68);
/// What an agent remembers.
pub(super) const MEMORY: Mask = Mask::of(1 << 69);
/// What counts as allowed.
pub(super) const TRUSTED: Mask = Mask::of(1 << 70);
/// To approve.
pub(super) const APPROVE: Mask = Mask::of(1 << 71);
/// One's own changes, and rights of who runs a repository.
pub(super) const ADMIN: Mask = Mask::of(1 << 72);
/// Without anybody else.
pub(super) const ALONE: Mask = Mask::of(1 << 73);
/// To take a check away.
pub(super) const CUT: Mask = Mask::of(1 << 74);
/// Lists of what is not looked at.
pub(super) const WAIVE: Mask = Mask::of(1 << 75);
/// Every time.
pub(super) const ALWAYS: Mask = Mask::of(1 << 76);
/// What is no danger.
pub(super) const HARMLESS: Mask = Mask::of(1 << 77);
/// What protects a branch.
pub(super) const LIFT: Mask = Mask::of(1 << 78);
/// A list that follows.
pub(in crate::score) const ANNOUNCE: Mask = Mask::of(1 << 79);
/// Where everybody reads.
pub(super) const PUBLIC: Mask = Mask::of(1 << 80);

/// Everything that passes through other tools.
pub(super) const TRAFFIC: Mask = Mask::of(1 << 81);

/// The conversation, in English and in other languages.
pub(super) const TALK_ABROAD: Mask = Mask::of(1 << 90);
/// That somebody shall not know, in other languages and the letters of English.
pub(in crate::score) const HUSH_ABROAD: Mask = Mask::of(1 << 101);

/// Class and stems, as in the lexicon.
pub(in crate::score) const STEMS: &[(Mask, &[&str])] = &[
    (HTTP, &["http"]),
    (LINK, &["](http"]),
    (
        REPLY,
        &[
            "before repl",
            "before answer",
            "before respond",
            "before you repl",
            "before you answer",
            "before you respond",
        ],
    ),
    (UNCHECKED, &["skip ci", "ci skip", "no ci", "skip actions"]),
    (
        OBEY,
        &[
            "act on",
            "follow it",
            "follow what",
            "follow the ins",
            "obey",
            "do what",
            "act accord",
            "carry out",
            "treat it",
            "treat what",
        ],
    ),
    (
        UNSAFE,
        &[
            "joining",
            "concatenat",
            "string format",
            "string interpol",
            "f-string",
            "md5",
            "sha1",
            "sha-1",
            "plain text",
            "plaintext",
            "clear text",
            "cleartext",
            "base64",
            "==",
            "certificate",
            "tls",
            "ssl",
        ],
    ),
    (MEMORY, &["~/.", "memory of"]),
    (TRUSTED, &["authoriz", "authoris", "approved", "trusted", "binding"]),
    (APPROVE, &["approv"]),
    (ADMIN, &["own pull", "own merge", "own change", "own work", "own pr", "admin"]),
    (ALONE, &["yourself", "without"]),
    (CUT, &["delet", "remov", "disabl", "comment out", "neutrali"]),
    (WAIVE, &["ignore", "allow", "suppress", "exclu", "white"]),
    (ALWAYS, &["always "]),
    (
        HARMLESS,
        &[
            "intended",
            "by design",
            "false positive",
            "harmless",
            "nonissue",
            "non-issue",
            "informational",
            "acceptable",
        ],
    ),
    (
        LIFT,
        &[
            "branch protection",
            "required ",
            "code owners",
            "codeowners",
            "protected branch",
            "secret scanning",
            "push protection",
            "code scanning",
        ],
    ),
    (ANNOUNCE, &["the following", "these", "each of", "below", "listed"]),
    (PUBLIC, &["public", "anonymous"]),
    (TRAFFIC, &["all tool", "all function", "all the tool", "all the function", "all of the"]),
    (
        DESTROY,
        &[
            "delet", "wip", "eras", "destroy", "terminat", "purg", "format", "clean", "remov",
            "truncat",
        ],
    ),
    (
        PRIZE,
        &[
            "home dir",
            "file-system",
            "file system",
            "filesystem",
            "cloud ",
            "hard d",
            "root dir",
            "user's ",
            "users ",
            "repositories",
            "databases",
            "backup",
            "everything ",
        ],
    ),
    (HOME, &["$home", "~", " /", "`/", "\"/", "'/", "the home", "the user"]),
    (FACTORY, &["factory", "pristine", "terminate-instances", "s3 rm", "s3 rb", "delete-user"]),
    (
        UNBOUND,
        &[
            "aside",
            "treated as",
            "regarded as",
            "considered as",
            "seen as",
            "viewed as",
            "not apply",
            "n't apply",
            "longer apply",
            "to apply",
            "content restriction",
            "content filter",
            "content limit",
            "content guard",
            "content guide",
            "content safeguard",
            "ethical ",
            "moral ",
            "safety restriction",
            "safety filter",
            "safety limit",
            "safety guard",
            "safety guide",
            "safety safeguard",
        ],
    ),
    (PLANT, &["add", "insert", "inject", "includ", "append", "embed", "put", "plant", "import"]),
    (
        SEED,
        &[
            "<script",
            "script tag",
            "iframe",
            "tracking pixel",
            "beacon",
            "backdoor",
            "back door",
            "hidden",
            "web shell",
            "webshell",
            "hardcoded",
            "hard-coded",
            "master password",
            "telemetry",
        ],
    ),
    (
        SETTING,
        &[
            "hookspath",
            "autoapprov",
            "auto_approv",
            "auto-approv",
            "alwaysallow",
            "always_allow",
            "bypasspermissions",
            "skip-permissions",
            "skippermissions",
            "--yolo",
            "yolo mode",
            "approval_policy",
            "approval-policy",
            "always-allow",
            "defaultmode",
            "enableallprojectmcpservers",
            "full-auto",
            "danger-full-access",
            "--trust-all",
            "--allow-all",
            "--dangerously",
            "autoaccept",
        ],
    ),
    (
        LURE,
        &[
            ".zip",
            ".7z",
            ".rar",
            "archive",
            "pastebin",
            "glot.io",
            "paste.",
            "cmd",
            "rentry",
            "hastebin",
            "dpaste",
            "snippet",
            "terminal",
            "powershell",
            "command prompt",
            ".exe",
            ".dmg",
            ".pkg",
            ".msi",
        ],
    ),
    (
        LOOT,
        &[
            ".config/",
            "~/.config",
            "hosts.yml",
            "login data",
            ".claude/",
            "~/.claude",
            "~/.cursor",
            "git-cred",
            ".pypirc",
            "local state",
            ".kube",
            ".netrc",
            ".docker",
            ".gnupg",
            "/etc/",
            ".env",
            "id_rsa",
            "id_ed25519",
            "id_ecdsa",
            "keystore",
            "wallet",
            "metamask",
            "*.key",
            "*.pem",
            ".ssh",
            ".aws",
            "credential",
            "seed phrase",
            "cookies",
            "keychain",
            ".npmrc",
            "mcp.json",
            "desktop_config",
        ],
    ),
    (
        SEEK,
        &["search", "locat", "find", "list", "scan", "enumerat", "inventor", "look for", "glob"],
    ),
    (
        TALK,
        &[
            "system prompt",
            "conversation",
            "previous message",
            "prior message",
            "earlier message",
            "chat history",
            "chat so far",
            "transcript",
            "reasoning",
            "message history",
            "past message",
            "preceding message",
            "previous turn",
            "prior turn",
            "earlier turn",
            "past turn",
            "preceding turn",
        ],
    ),
    (
        TARGET,
        &[
            "recipient",
            "bcc",
            " cc",
            "account",
            "iban",
            "wallet",
            "phone",
            "address",
            "beneficiary",
            "destination",
        ],
    ),
    (INDEX, &["index-url", "--registry", "git+http", "http://"]),
    (
        PREFER,
        &[
            "always choose",
            "always use",
            "always pick",
            "always prefer",
            "always select",
            "always call",
            "every other",
            "all other",
            "this tool",
            "this server",
            "other tool",
            "other server",
            "any other",
            "prioriti",
            "highest priority",
            "highest-priority",
        ],
    ),
    (ABROAD, foreign::ORDERS),
    (
        WEAKEN,
        &[
            "verify=false",
            "rejectunauthorized",
            "certificate",
            "tls ",
            "ssl ",
            "cert ",
            "saniti",
            "input validation",
            "authentication check",
            "authorization check",
            "csrf",
            "parameterized",
            "security check",
            "security review",
            "rate limit",
        ],
    ),
    (IMAGE, &["!["]),
    (LOOT_NAME, &["_of_"]),
    (
        OUT,
        &[
            "post", "send", "upload", "append", "includ", "add", "put", "paste", "commit",
            "attach", "curl", "embed", "forward", "share", "write", "push", "publish",
        ],
    ),
    (
        GO_ON,
        &[
            "without limit",
            "without any limit",
            "without end",
            "without any end",
            "never stop",
            "not stop",
            "begin anew",
            "start over",
            "ignored",
            "disregarded",
        ],
    ),
    (
        CONFIG_FILE,
        &[
            "mcp.json",
            "settings.json",
            "hooks.json",
            "config.toml",
            "mcp_config",
            "mcpservers",
            "settings.local",
        ],
    ),
    (VERDICT, &["report zero", "state that the", "approve your own", "no-verify"]),
    (CLOUD, &["aws ", "gcloud", "kubectl", "terraform"]),
    (CARRY, &["branches", "remote", "repository", "bundle", "archive", "gist"]),
    (REMOTE, &["remote"]),
    (FETCHED, &["guidance", "instruction", "directive", "orders", "prompt"]),
    (
        VARIABLE,
        &[
            "_key",
            "_token",
            "_secret",
            "_password",
            "$key",
            "$token",
            "$secret",
            "$password",
            "${key",
            "${token",
            "${secret",
            "${password",
            "apikey",
        ],
    ),
    (
        TALK_NAME,
        &[
            "conversation_history",
            "chat_history",
            "system_prompt",
            "message_history",
            "previous_messages",
            "available_tools",
            "_verbatim",
            "entire_",
            "whole_",
            "verbatim_",
        ],
    ),
    (WAY_IN, &["admin"]),
    (REVIEW, &["review", "no human", "finding", "alert", "vulnerab", "merge"]),
    (FAILED, &["fail", "is red", "turns red", "complain", "block", "break"]),
    (
        RISK,
        &[
            "vulnerab",
            "securit",
            "secret",
            "credential",
            "backdoor",
            "back door",
            "hardcoded",
            "hard-coded",
            "injection",
            "anything",
            "this file",
            "this change",
            "this pull",
            "this commit",
        ],
    ),
    (HUSH, &["do not", "don't", "never", "no need", "without"]),
    (TABLE, &["table", " row", "record", "database"]),
    (
        OUTLET,
        &[
            "ticket",
            "comment",
            "reply",
            "replies",
            "message",
            "issue",
            "thread",
            "readme",
            "pull request",
            "note",
            "channel",
            "chat",
            "gist",
            "wiki",
            "page",
            "public",
            "description",
        ],
    ),
    (PRIVATE, &["private "]),
    (
        BROWSER,
        &[
            "login data",
            "local state",
            "saved password",
            "saved login",
            "saved card",
            "key4.db",
            "logins.json",
            "cookie",
        ],
    ),
    (METADATA, &["169.254.169.254", "metadata.google"]),
    (
        DIG,
        &["subdomain", "sub-domain", "dns", "label", "nslookup", "dig ", "hostname", "host name"],
    ),
    (LOCKED, &["encrypt"]),
    (MINER, &["xmrig", "cpuminer", "stratum+", "cryptominer", "crypto miner"]),
    (
        FOLLOW,
        &[
            "do what",
            "follow what",
            "obey what",
            "out what",
            "perform what",
            "whatever",
            "anything",
            "everything",
            "any command",
            "any instruction",
            "any request",
            "execute what",
            "run what",
            "exactly what",
        ],
    ),
    (FOREIGN_PLANT, foreign::PLANTED),
    (
        SEED_ACCOUNT,
        &[
            "support ",
            "maintenance ",
            "fallback ",
            "emergency ",
            "backup ",
            "debug ",
            "hidden ",
            "second ",
            "shadow ",
            "rescue ",
            "recovery ",
        ],
    ),
    (
        GUEST,
        &[
            "universal ",
            " is `",
            " is '",
            " is \"",
            " is`",
            " is'",
            " is\"",
            "equals",
            "matches",
            "contains",
            "starts with",
            "==",
        ],
    ),
    (CONTACT, &["://", "@", "0x", "+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9", "iban"]),
    (
        ODD,
        &[
            "you were",
            "you had been",
            "it was given",
            "instructions before",
            "shell's",
            "you have been",
            "you got",
            "you received",
            "what the user",
            "what the person",
            "what the human",
            "clipboard",
            "editor tabs",
            "open tabs",
            "start-up",
            "startup",
            "shell profile",
            "shell rc",
            "login script",
            "crontab",
            "cron job",
            "launchagent",
            "launch agent",
            "autostart",
            "systemd unit",
            " off",
            "disable",
            "bypass",
            "uninstall",
            "deactivate",
            " times",
            "without asking",
            "without a ",
            "without questions",
            "without telling",
            "trash",
            "recycle",
            "![",
        ],
    ),
    (
        MONEY,
        &[
            "iban",
            "account",
            "pay",
            "transfer",
            "beneficiar",
            "recipient",
            "bank",
            "refund",
            "invoice",
        ],
    ),
    (ECHO, &["print", "dump", "echo"]),
    (EACH, &["every ", "each ", "all ", "any "]),
    (CARRIER, &["curl", "wget", "iwr", "|nc", " nc"]),
    (SUBSHELL, &["$("]),
    (TIMES, &[" times", "before every", "after each", "after every"]),
    (TALK_ABROAD, foreign::TALK),
    (HUSH_ABROAD, foreign::HUSH),
    (
        PROGRAM,
        &["cat ", "curl ", "wget ", "sh ", "python", "npx ", "powershell ", "nc ", "chmod ", "rm "],
    ),
];
