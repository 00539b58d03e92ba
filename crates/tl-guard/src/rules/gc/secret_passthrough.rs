//! A server is given secrets that are not its own.

use std::collections::BTreeSet;

use serde_json::Value;
use tl_core::finding::{Evidence, Level};
use tl_rules::doc::RuleDoc;

use crate::inventory::package::program_name;
use crate::inventory::{Launch, Server};
use crate::rules::gc::{command_line, enabled, is_secret_name};
use crate::rules::{Check, Cx, Rule, Sink, doc, finding};

pub(super) const RULE: Rule = Rule { doc: &DOC, check: Check::Inventory(check) };

static DOC: RuleDoc = doc(
    "GC013",
    "secret-passthrough",
    Level::Warn,
    &["owasp-mcp:MCP01", "owasp-mcp:MCP10", "cosai:MCP-T5"],
    [
        "A server is given the whole environment, or keys of several services that are not its own.",
        "Whoever publishes the server, or gets to its process, has every key that it was given.",
        "Name the variables that it needs, and give it only those of its own service.",
    ],
);

/// Keys of that many other services are more than a server needs by the look of it.
const MANY: usize = 3;

/// How clients say that a server gets all variables.
const INHERIT: &[&str] =
    &["inheritEnv", "inherit_env", "passEnv", "pass_env", "env_vars", "envVars"];

/// Services whose keys have names that everybody knows: how the name of the variable begins, and
/// words of which a server of the service has one.
const SERVICES: &[(&str, &[&str])] = &[
    ("ANTHROPIC_", &["anthropic", "claude"]),
    ("ATLASSIAN_", &["atlassian", "jira", "confluence"]),
    ("AWS_", &["aws", "amazon", "bedrock", "s3"]),
    ("AZURE_", &["azure", "microsoft"]),
    ("BITBUCKET_", &["bitbucket", "atlassian"]),
    ("CLOUDFLARE_", &["cloudflare"]),
    ("CONFLUENCE_", &["confluence", "atlassian"]),
    ("DATADOG_", &["datadog"]),
    ("DIGITALOCEAN_", &["digitalocean"]),
    ("DISCORD_", &["discord"]),
    ("FIGMA_", &["figma"]),
    ("GEMINI_", &["gemini", "google"]),
    ("GH_", &["github", "gh"]),
    ("GITHUB_", &["github", "gh"]),
    ("GITLAB_", &["gitlab"]),
    ("GOOGLE_", &["google", "gemini", "gcp", "gmail", "gdrive", "vertex"]),
    ("GROQ_", &["groq"]),
    ("HF_", &["huggingface", "hf"]),
    ("HUGGINGFACE_", &["huggingface", "hf"]),
    ("JIRA_", &["jira", "atlassian"]),
    ("LINEAR_", &["linear"]),
    ("MISTRAL_", &["mistral"]),
    ("NOTION_", &["notion"]),
    ("NPM_", &["npm"]),
    ("OPENAI_", &["openai", "gpt"]),
    ("OPENROUTER_", &["openrouter"]),
    ("SENTRY_", &["sentry"]),
    ("SHOPIFY_", &["shopify"]),
    ("SLACK_", &["slack"]),
    ("STRIPE_", &["stripe"]),
    ("SUPABASE_", &["supabase"]),
    ("TELEGRAM_", &["telegram"]),
    ("TWILIO_", &["twilio"]),
    ("VERCEL_", &["vercel"]),
];

fn check(cx: &Cx<'_>, sink: &mut Sink) {
    for server in enabled(cx) {
        let (message, seen) = if let Some(how) = inherits(server) {
            (format!("server `{}` is given the whole environment by `{how}`", server.name), how)
        } else {
            let foreign = foreign(server);
            let services: BTreeSet<&str> = foreign.iter().map(|(service, _)| *service).collect();
            if services.len() < MANY {
                continue;
            }
            let names: Vec<&str> = foreign.iter().map(|(_, name)| *name).collect();
            let message =
                format!("server `{}` is given keys of {} services", server.name, services.len());
            (message, names.join(" "))
        };
        let mut found = finding(&DOC, server.at.clone(), message);
        found.evidence = Evidence::of(&seen, "", Vec::new());
        sink.add(found);
    }
}

/// What hands all variables on.
fn inherits(server: &Server) -> Option<String> {
    let all = |value: &Value| match value {
        Value::Bool(all) => *all,
        Value::String(text) => matches!(text.as_str(), "*" | "all"),
        Value::Array(items) => items.iter().any(|item| item == "*"),
        _ => false,
    };
    let key = INHERIT.iter().find(|key| server.rest.get(**key).is_some_and(all));
    if let Some(key) = key {
        return Some((*key).to_owned());
    }
    let Launch::Stdio { command, args, .. } = &server.launch else { return None };
    let container = matches!(program_name(command).as_str(), "podman" | "nerdctl");
    let flag = args
        .iter()
        .find(|arg| container && matches!(arg.as_str(), "--env-host" | "--env-host=true"));
    flag.cloned()
}

/// Secrets of services that neither the server's name nor what starts it speaks of.
fn foreign(server: &Server) -> Vec<(&'static str, &str)> {
    let about = format!("{} {}", server.name, command_line(server)).to_ascii_lowercase();
    let words: BTreeSet<&str> = about.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let mut found = Vec::new();
    for name in server.env.keys().filter(|name| is_secret_name(name)) {
        let service = SERVICES.iter().find(|(start, _)| name.starts_with(start));
        if let Some((_, own)) = service
            && !own.iter().any(|word| words.contains(word))
        {
            // The first of its words: two variables of one service count once.
            found.push((own[0], name.as_str()));
        }
    }
    found
}
