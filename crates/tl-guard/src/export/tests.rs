use serde_json::{Value, json};

use super::{CLIENTS, Export, Otherwise, Patterns, Wanted, export};
use crate::inventory::Client;
use crate::lock::{Approval, Lock, LockedServer};

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

fn wanted() -> Wanted {
    Wanted {
        read: Patterns { deny: texts(&["~/.ssh/**", "/etc/shadow"]), ..Patterns::default() },
        write: Patterns { ask: texts(&["**/AGENTS.md"]), ..Patterns::default() },
        commands: Patterns {
            deny: texts(&["git push --force *", "terraform * destroy"]),
            ..Patterns::default()
        },
        hosts: Patterns {
            deny: texts(&["*.ngrok-free.app"]),
            otherwise: Otherwise::Ask,
            ..Patterns::default()
        },
        servers: Patterns { deny: texts(&["bad", "docker:*"]), ..Patterns::default() },
        tools: Patterns { deny: texts(&["mail/delete_all", "mail/send_*"]), ..Patterns::default() },
        other: texts(&["mode"]),
        program: "throughline".to_owned(),
    }
}

fn lock(servers: &[(&str, &str, &[&str])]) -> Lock {
    let server = |(name, transport, launch): &(&str, &str, &[&str])| LockedServer {
        name: (*name).to_owned(),
        transport: (*transport).to_owned(),
        launch: texts(launch),
        package: None,
        version: None,
        env: Vec::new(),
        instructions: None,
        sum: String::new(),
        approved: Approval::default(),
        tool: Vec::new(),
    };
    Lock { server: servers.iter().map(server).collect(), ..Lock::empty() }
}

fn of(client: Client, lock: &Lock) -> Export {
    export(client, &wanted(), lock).unwrap()
}

fn has(export: &Export, told: &str) -> bool {
    export.left_out.iter().any(|one| one.contains(told))
}

#[test]
fn claude_code_gets_rules_servers_and_the_hook() {
    let lock = lock(&[
        ("mail", "stdio", &["npx", "-y", "@acme/mail@1.2.3"]),
        ("far", "http", &["https://far.example/mcp?token=${token}", "header=X-Key"]),
    ]);
    let made = of(Client::ClaudeCode, &lock);
    let settings: Value = serde_json::from_str(&made.text).unwrap();
    assert_eq!(settings["permissions"]["disableBypassPermissionsMode"], "disable");
    let deny = &settings["permissions"]["deny"];
    assert_eq!(
        *deny,
        json!([
            "Read(~/.ssh/**)",
            "Read(//etc/shadow)",
            "Bash(git push --force *)",
            "Bash(git push --force)",
            "Bash(terraform * destroy)",
            "WebFetch(domain:*.ngrok-free.app)",
            "mcp__mail__delete_all",
        ])
    );
    assert_eq!(settings["permissions"]["ask"], json!(["Edit(**/AGENTS.md)"]));
    assert_eq!(
        settings["allowedMcpServers"],
        json!([{"serverCommand": ["npx", "-y", "@acme/mail@1.2.3"]}, {"serverUrl": "https://far.example/mcp"}, {"serverUrl": "https://far.example/mcp?*"}])
    );
    assert_eq!(settings["deniedMcpServers"], json!([{"serverName": "bad"}]));
    assert_eq!(settings["allowManagedMcpServersOnly"], true);
    let hook = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(hook.contains("throughline") && hook.contains("hook claude-code"), "{hook}");
    for told in ["docker:*", "mail/send_*", "hosts.default", "curl", "`mode`"] {
        assert!(has(&made, told), "{told}: {:?}", made.left_out);
    }
}

/// A pattern `https://far.example*` would let `https://far.example.evil.example` in.
#[test]
fn an_address_is_that_of_one_host() {
    let lock = lock(&[
        ("far", "http", &["https://far.example"]),
        ("any", "http", &["https://*.far.example/mcp"]),
        ("key", "http", &["https://far.example/${sha256:0123456789abcdef}/mcp"]),
    ]);
    let made = of(Client::ClaudeCode, &lock);
    let settings: Value = serde_json::from_str(&made.text).unwrap();
    assert_eq!(settings["allowedMcpServers"], json!([{"serverUrl": "https://far.example"}]));
    assert!(has(&made, "`any`") && has(&made, "`key`"), "{:?}", made.left_out);
    let made = of(Client::Codex, &lock);
    assert!(!made.text.contains("sha256:") && has(&made, "`key`"), "{}", made.text);
}

#[test]
fn a_server_with_a_secret_in_its_command_is_known_by_its_name() {
    let lock = lock(&[
        ("mail", "stdio", &["npx", "mail@1.0.0"]),
        ("key", "stdio", &["npx", "key@1.0.0", "--token", "${token}"]),
    ]);
    let made = of(Client::ClaudeCode, &lock);
    let settings: Value = serde_json::from_str(&made.text).unwrap();
    assert_eq!(
        settings["allowedMcpServers"],
        json!([{"serverName": "mail"}, {"serverName": "key"}])
    );
    assert!(has(&made, "only their names are compared"));
}

#[test]
fn nothing_is_closed_that_nobody_closed() {
    let made = of(Client::ClaudeCode, &Lock::empty());
    let settings: Value = serde_json::from_str(&made.text).unwrap();
    assert!(settings.get("allowedMcpServers").is_none());
    assert!(!of(Client::Codex, &Lock::empty()).text.contains("mcp_servers"));
    let closed = Wanted {
        servers: Patterns { otherwise: Otherwise::Deny, ..Patterns::default() },
        ..wanted()
    };
    let made = export(Client::Codex, &closed, &Lock::empty()).unwrap();
    assert!(made.text.contains("\n[mcp_servers]\n"), "{}", made.text);
    let made = export(Client::Gemini, &closed, &Lock::empty()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&made.text).unwrap()["mcp"]["allowed"], json!([]));
}

#[test]
fn codex_gets_requirements_that_are_toml() {
    let lock = lock(&[
        ("mail.x", "stdio", &["npx", "-y", "@acme/mail@1.2.3"]),
        ("far", "http", &["https://far.example/mcp"]),
    ]);
    let made = of(Client::Codex, &lock);
    let read: toml::Table = toml::from_str(&made.text).unwrap();
    assert_eq!(read["mcp_servers"]["mail.x"]["identity"]["command"].as_str(), Some("npx"));
    assert_eq!(
        read["mcp_servers"]["far"]["identity"]["url"].as_str(),
        Some("https://far.example/mcp")
    );
    let rule = &read["rules"]["prefix_rules"][0];
    assert_eq!(rule["pattern"][2]["token"].as_str(), Some("--force"));
    assert_eq!(rule["decision"].as_str(), Some("forbidden"));
    assert_eq!(read["permissions"]["filesystem"]["deny_read"][0].as_str(), Some("~/.ssh/**"));
    assert_eq!(read["hooks"]["PreToolUse"][0]["hooks"][0]["type"].as_str(), Some("command"));
    for told in [
        "terraform * destroy",
        "arguments of the server `mail.x`",
        "paths.ask_write",
        "mail/send_*",
        "servers.deny",
    ] {
        assert!(has(&made, told), "{told}: {:?}", made.left_out);
    }
}

#[test]
fn every_client_of_the_list_has_an_export_with_our_hook_and_the_same_twice() {
    let lock = lock(&[("mail", "stdio", &["npx", "-y", "@acme/mail@1.2.3"])]);
    for (name, client) in CLIENTS {
        let made = of(*client, &lock);
        assert_eq!(made, of(*client, &lock));
        assert!(
            made.text.contains(&format!("hook {name}")) && made.text.contains("throughline"),
            "{}",
            made.text
        );
        assert!(!made.left_out.is_empty() && made.text.ends_with('\n'));
        if *client != Client::Codex {
            serde_json::from_str::<Value>(&made.text).unwrap();
        }
    }
    assert_eq!(export(Client::Zed, &wanted(), &lock), None);
}
