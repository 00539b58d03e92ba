//! What the rules of the family say of themselves, in the order of `Kind`.

use tl_core::finding::Level;
use tl_rules::doc::RuleDoc;

use crate::rules::{Check, Rule, doc};

const TAXONOMY: &[&str] = &["owasp-mcp:MCP01", "cosai:MCP-T5", "cwe:CWE-798"];
const REPLACE: &str = "Revoke it at the provider, keep the new one in a variable or a secret store, and take it out of git's history.";

const fn key(
    id: &'static str,
    name: &'static str,
    level: Level,
    summary: &'static str,
    why: &'static str,
) -> RuleDoc {
    doc(id, name, level, TAXONOMY, [summary, why, REPLACE])
}

const HIGH: Level = Level::High;
const WARN: Level = Level::Warn;

pub(super) static DOCS: [RuleDoc; 32] = [
    key(
        "GS001",
        "github-token",
        HIGH,
        "A token of GitHub stands in a file.",
        "Whoever reads the file has its owner's repositories. The checksum in it is verified.",
    ),
    key(
        "GS002",
        "npm-token",
        HIGH,
        "A token of npm stands in a file.",
        "Whoever reads the file may publish packages in its owner's name. The checksum in it is verified.",
    ),
    key(
        "GS003",
        "aws-key",
        HIGH,
        "A key of Amazon Web Services stands in a file.",
        "Keys of a cloud are tried by machines within minutes of being published.",
    ),
    key(
        "GS004",
        "google-key",
        HIGH,
        "A key of Google stands in a file.",
        "Whoever reads the file uses the services behind it, at its owner's cost.",
    ),
    key(
        "GS005",
        "azure-key",
        HIGH,
        "A key of Azure stands in a file.",
        "Whoever reads the file reads and changes what is stored behind it.",
    ),
    key(
        "GS006",
        "slack-token",
        HIGH,
        "A token or webhook of Slack stands in a file.",
        "Whoever reads the file reads or writes messages in its owner's name.",
    ),
    key(
        "GS007",
        "stripe-key",
        HIGH,
        "A key of Stripe stands in a file.",
        "Whoever reads the file moves money, or with a test key learns how.",
    ),
    key(
        "GS008",
        "openai-key",
        HIGH,
        "A key of OpenAI stands in a file.",
        "Whoever reads the file spends its owner's credit, and may read what was sent.",
    ),
    key(
        "GS009",
        "anthropic-key",
        HIGH,
        "A key of Anthropic stands in a file.",
        "Whoever reads the file spends its owner's credit, or acts in their organisation.",
    ),
    key(
        "GS010",
        "gitlab-token",
        HIGH,
        "A token of GitLab stands in a file.",
        "Whoever reads the file has the projects or runners that it is for.",
    ),
    key(
        "GS011",
        "huggingface-token",
        HIGH,
        "A token of Hugging Face stands in a file.",
        "Whoever reads the file reads private models, and may replace public ones.",
    ),
    key(
        "GS012",
        "pypi-token",
        HIGH,
        "A token of the Python package index stands in a file.",
        "Whoever reads the file may publish packages in its owner's name.",
    ),
    key(
        "GS013",
        "digitalocean-token",
        HIGH,
        "A token of DigitalOcean stands in a file.",
        "Whoever reads the file has the machines of the account.",
    ),
    key(
        "GS014",
        "databricks-token",
        HIGH,
        "A token of Databricks stands in a file.",
        "Whoever reads the file has the data of the workspace.",
    ),
    key(
        "GS015",
        "shopify-token",
        HIGH,
        "A token of Shopify stands in a file.",
        "Whoever reads the file has the shop's customers and orders.",
    ),
    key(
        "GS016",
        "mail-key",
        HIGH,
        "A key of a mail service stands in a file.",
        "Whoever reads the file sends mail in its owner's name.",
    ),
    key(
        "GS017",
        "twilio-key",
        HIGH,
        "A key of Twilio stands in a file.",
        "Whoever reads the file sends messages and calls at its owner's cost.",
    ),
    key(
        "GS018",
        "telegram-token",
        HIGH,
        "A token of a Telegram bot stands in a file.",
        "Whoever reads the file is the bot, and reads what people wrote to it.",
    ),
    key(
        "GS019",
        "discord-webhook",
        HIGH,
        "A webhook of Discord stands in a file.",
        "Whoever reads the file writes into the channel; scripts that steal data use such addresses too.",
    ),
    key(
        "GS020",
        "private-key",
        HIGH,
        "A private key stands in a file.",
        "Whoever reads the file is, for all who trust the public half, its owner.",
    ),
    key(
        "GS021",
        "password-in-address",
        HIGH,
        "An address has a user's password in it.",
        "Addresses are logged, shown in errors and handed on whole.",
    ),
    key(
        "GS022",
        "signed-token",
        WARN,
        "A signed token (JWT) stands in a file.",
        "Until it expires, whoever reads the file is the one it was issued to.",
    ),
    key(
        "GS023",
        "password-file",
        HIGH,
        "A file of passwords lies in the tree.",
        "Such files belong into a home, readable by one person; an agent that works here reads this one.",
    ),
    key(
        "GS024",
        "docker-login",
        HIGH,
        "A login of a container registry stands in a file.",
        "It is a user and a password in base64; whoever reads the file may replace images.",
    ),
    key(
        "GS025",
        "registry-login",
        HIGH,
        "A login of a package registry stands in a file.",
        "Whoever reads the file may read private packages or publish in its owner's name.",
    ),
    key(
        "GS026",
        "password-hash",
        WARN,
        "The hash of a password stands in a file.",
        "Hashes are guessed offline, as fast as the attacker's machines go.",
    ),
    key(
        "GS027",
        "saved-login",
        HIGH,
        "A program's saved login lies in the tree.",
        "Clients of servers and databases store passwords so that they can be read back.",
    ),
    key(
        "GS028",
        "framework-key",
        HIGH,
        "The key with which a web framework signs stands in a file.",
        "Whoever reads the file makes sessions of any user.",
    ),
    key(
        "GS029",
        "model-key",
        HIGH,
        "A key of a service for models stands in a file.",
        "Whoever reads the file spends its owner's credit, and may read what was sent.",
    ),
    key(
        "GS030",
        "hosting-token",
        HIGH,
        "A token of a hosting or secret service stands in a file.",
        "Whoever reads the file has what runs or is kept there.",
    ),
    key(
        "GS031",
        "tool-token",
        HIGH,
        "A token of a development tool stands in a file.",
        "Whoever reads the file reads tickets, builds or errors, and may publish in its owner's name.",
    ),
    key(
        "GS090",
        "assigned-secret",
        WARN,
        "A literal is assigned to the name of a secret.",
        "Code and configuration are shared, and everybody who reads them then has the secret.",
    ),
];

/// All rules; the first one carries the check.
pub(super) const fn rules(first: Check) -> [Rule; 32] {
    let mut rules = [const { Rule { doc: &DOCS[0], check: Check::Elsewhere } }; 32];
    let mut at = 1;
    while at < rules.len() {
        rules[at] = Rule { doc: &DOCS[at], check: Check::Elsewhere };
        at += 1;
    }
    rules[0] = Rule { doc: &DOCS[0], check: first };
    rules
}
