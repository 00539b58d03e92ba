//! `throughline collect` on what strangers wrote: nothing acts on a terminal, no secret is shown,
//! and absurd values stay values.

use serde_json::{Value, json};
use tl_testkit::env::TestEnv;

use crate::{env, env_with_empty_repository};

/// What must never be shown.
const SECRET: &str = "s3cr3t-of-ana";

/// A secret without any characters that names lack, as keys of Datadog are.
const SHORT: &str = "0123456789abcdef0123456789abcdef";

const OWN_FILE: &str = "../home/.config/throughline/config.toml";

/// Escapes, C1 controls, a delete, a turned direction.
const CONTROLS: &str = "\u{1b}]0;x\u{7}\u{9b}2J\u{7f}\u{202e}";

fn acts(shown: &str) -> bool {
    shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{7f}', '\u{202e}'])
}

fn event(id: &str, kind: &str, at: impl Into<Value>, subject: Value, data: Value) -> Value {
    json!({"v": 1, "id": id, "type": kind, "at": at.into(), "source": "tr", "subject": subject,
        "actor": "ana", "refs": {"repository": "acme/api"}, "data": data})
}

fn write(env: &TestEnv, name: &str, events: impl IntoIterator<Item = Value>) {
    let lines: Vec<String> = events.into_iter().map(|event| event.to_string()).collect();
    env.write(name, lines.join("\n"));
}

#[test]
fn nothing_that_was_collected_acts_on_a_terminal() {
    let env = env_with_empty_repository();
    let named = json!({"kind": "ticket", "key": format!("ABC-1{CONTROLS}")});
    let told = json!({"title": CONTROLS, "status": CONTROLS});
    let mut odd =
        event(&format!("1{CONTROLS}"), "ticket.opened", "2026-02-02T09:00:00Z", named, told);
    odd["source"] = json!(format!("tr{CONTROLS}"));
    let mut wrong_kind = odd.clone();
    wrong_kind["type"] = json!(format!("ticket.{CONTROLS}"));
    let mut wrong_date = odd.clone();
    wrong_date["at"] = json!(CONTROLS);
    let mut changed = odd.clone();
    changed["actor"] = json!("bo");
    write(&env, "e.ndjson", [odd, wrong_kind, wrong_date, changed]);
    for command in [
        "collect --from e.ndjson",
        "collect --from e.ndjson --json",
        "events",
        "events --format cdevents",
        "map",
        "map --json",
        "doctor",
        "doctor --json",
    ] {
        let shown = env.run(&command.split(' ').collect::<Vec<_>>());
        assert!(!acts(&shown), "{command}: {shown:?}");
        assert!(!shown.contains("status: 70"), "{command}: {shown}");
    }
    let all = env.run(&["sql", "select source, key, event from ledger.events"]);
    assert!(!acts(&all), "{all:?}");
}

#[test]
fn events_with_controls_are_read_back_as_the_same() {
    let env = env();
    let subject = json!({"kind": "ticket", "key": "ABC-1"});
    let title = json!({ "title": CONTROLS });
    write(&env, "e.ndjson", [event("1", "ticket.opened", "2026-02-02T09:00:00Z", subject, title)]);
    env.run(&["collect", "--ledger", "l.db", "--from", "e.ndjson"]);
    let shown = env.run(&["events", "--ledger", "l.db"]);
    let read: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read["data"]["title"], CONTROLS);
    env.write("again.ndjson", &shown);
    let again = env.run(&["collect", "--ledger", "l.db", "--from", "again.ndjson"]);
    assert!(again.contains("again.ndjson\t0\t1\t0\t"), "{again}");
}

#[test]
fn absurd_instants_and_sizes_do_no_harm_to_what_is_read_from_them() {
    let env = env_with_empty_repository();
    let edges = [
        (json!("0001-01-01T00:00:00Z"), json!("9999-12-01T00:00:00Z")),
        (json!(i64::MAX), json!(i64::MIN)),
        (json!(i64::MIN), json!(i64::MAX)),
        (json!("2026-02-02T09:00:00Z"), json!(i64::MAX)),
    ];
    let mut events = Vec::new();
    for (number, (from, to)) in edges.into_iter().enumerate() {
        let thing = |kind: &str| json!({"kind": kind, "key": format!("{kind}/{number}")});
        let at = |what: &str| format!("{number}/{what}");
        let change = json!({"kind": "change", "key": format!("acme/api#{number}")});
        let sha = "c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1";
        let mut merged = event(&at("m"), "change.merged", to.clone(), change.clone(), json!({}));
        merged["refs"]["commit"] = json!(sha);
        let mut deployed = event(
            &at("d"),
            "deploy.finished",
            to.clone(),
            thing("deployment"),
            json!({"outcome": "success"}),
        );
        deployed["refs"] = json!({"service": "api", "env": "production", "sha": sha});
        events.extend([
            event(&at("o"), "ticket.opened", from.clone(), thing("ticket"), json!({})),
            event(
                &at("s"),
                "ticket.status",
                to.clone(),
                thing("ticket"),
                json!({"from": "Open", "to": "Done", "to_category": "done"}),
            ),
            event(
                &at("c"),
                "change.opened",
                from.clone(),
                change,
                json!({"number": number, "title": "ABC-1"}),
            ),
            merged,
            deployed,
            event(&at("i"), "incident.opened", from, thing("incident"), json!({})),
            event(&at("r"), "incident.resolved", to, thing("incident"), json!({})),
        ]);
    }
    let thing = json!({"kind": "ticket", "key": "large"});
    let when = "2026-02-02T09:00:00Z";
    let kept =
        event("kept", "ticket.opened", when, thing.clone(), json!({"title": "x".repeat(900_000)}));
    let large = event("large", "ticket.opened", when, thing, json!({"title": "x".repeat(1 << 20)}));
    events.extend([kept, large]);
    write(&env, "e.ndjson", events);
    let shown = env.run(&["collect", "--from", "e.ndjson"]);
    assert!(shown.contains("e.ndjson\t29\t0\t1\t"), "{shown}");
    assert!(shown.contains("line 30: left out: `large` is larger than"), "{shown}");
    for command in ["map", "map --json", "events", "events --format cdevents", "doctor"] {
        let shown = env.run(&command.split(' ').collect::<Vec<_>>());
        assert!(!shown.contains("exit status: 70"), "{command}: {shown}");
    }
}

#[test]
fn more_problems_than_are_listed_are_counted() {
    let env = env();
    env.write("e.ndjson", "{\"v\":1}\n".repeat(3_000));
    let shown =
        env.run(&["collect", "--ledger", "l.db", "--from", "e.ndjson", "--format", "events"]);
    assert!(shown.contains("and 2,980 more; `--json` lists the first 1,000"), "{shown}");
    assert!(shown.contains("e.ndjson\t0\t0\t3,000\t"), "{shown}");
}

#[test]
fn no_secret_of_the_configuration_is_shown() {
    let source = |lines: &str| {
        let system = match lines {
            lines if lines.contains("app_id") => "github",
            lines if lines.contains("application_key") => "datadog",
            _ => "jira",
        };
        format!("[collect.sources.forge]\nsystem = \"{system}\"\nscopes = [\"ABC\"]\n{lines}\n")
    };
    let keys = "url = \"https://127.0.0.1:1/\"\ntoken_env = \"FORGE_TOKEN\"\n";
    for lines in [
        format!("{keys}app_id = \"{SECRET}\""),
        format!("{keys}application_key_env = \"{SECRET}\""),
        format!("{keys}application_key_env = \"{SHORT}\""),
        format!("url = \"https://127.0.0.1:1/\"\ntoken_env = \"{SHORT}\""),
        format!("{keys}application_key_env = [\"{SECRET}\"]"),
        format!("{keys}application_key_command = [\"false\", \"{SECRET}\"]"),
        format!("{keys}application_key_command = \"echo {SECRET}\""),
        format!("url = \"https://ana:{SECRET}@127.0.0.1:1/\"\ntoken_env = \"FORGE_TOKEN\""),
        format!("url = \"https:ana:{SECRET}@127.0.0.1:1/\"\ntoken_env = \"FORGE_TOKEN\""),
        format!("url = \"https://127.0.0.1:1/?token={SECRET}\"\ntoken_env = \"FORGE_TOKEN\""),
        format!("url = \"https://127.0.0.1:1/\"\ntoken_env = \"{SECRET}\""),
        format!("url = \"https://127.0.0.1:1/\"\ntoken_command = [\"false\", \"{SECRET}\"]"),
        format!("url = \"https://127.0.0.1:1/\"\ntoken_command = [\"no-such\", \"{SECRET}\"]"),
        format!("url = \"https://127.0.0.1:1/\"\ntoken_command = \"echo {SECRET}\""),
        format!(
            "url = \"https://127.0.0.1:1/\"\ntoken_command = [\"echo\", \"{SECRET}\\n{SECRET}\"]"
        ),
    ] {
        let env = env_with_empty_repository().var("FORGE_TOKEN", "of-ana\n");
        env.write(OWN_FILE, source(&lines));
        for command in
            ["config show", "config show --json", "collect -vvv", "collect --dry-run", "doctor"]
        {
            let shown = env.run(&command.split(' ').collect::<Vec<_>>());
            assert!(!shown.contains(SECRET), "{command} with {lines}: {shown}");
            assert!(!shown.contains(SHORT), "{command} with {lines}: {shown}");
            assert!(!shown.contains("status: 70"), "{command} with {lines}: {shown}");
        }
    }
}

#[test]
fn the_password_of_a_database_is_not_shown() {
    let env = env_with_empty_repository();
    env.write("e.ndjson", "{}\n");
    for url in [
        format!("postgres://ana:{SECRET}@127.0.0.1:1/ledger"),
        format!("postgres://ana:{SECRET}@127.0.0.1:x/ledger"),
        format!("postgres://127.0.0.1:1/ledger?password={SECRET}"),
    ] {
        for command in ["collect -vvv --from e.ndjson", "events", "doctor", "map"] {
            let mut args = vec!["--ledger", &url];
            args.extend(command.split(' '));
            let shown = env.run(&args);
            assert!(!shown.contains(SECRET), "{command} with {url}: {shown}");
        }
    }
}

/// What `collect` says to a source of the user's own file with these lines, and one of the
/// repository with those.
fn refused(own: &str, repository: &str) -> String {
    let env = env_with_empty_repository().var("FORGE_TOKEN", SECRET);
    env.write(OWN_FILE, own);
    env.write(".throughline.toml", repository);
    let shown = env.run(&["collect"]);
    assert!(!shown.contains(SECRET), "{shown}");
    shown
}

#[test]
fn a_token_that_was_meant_for_one_host_goes_to_no_other() {
    let forge = "[collect.sources.forge]\n";
    let own = format!(
        "{forge}system = \"gitlab\"\nurl = \"https://127.0.0.1:1\"\nscopes = [\"acme/api\"]\n\
         token_env = \"FORGE_TOKEN\"\n"
    );
    // Not even to the public host of a system: it is not who gave this token.
    for repository in ["url = \"https://gitlab.com\"", "system = \"github\""] {
        let said = refused(&own, &format!("{forge}{repository}\n"));
        assert!(said.contains("would send a token to"), "{repository}: {said}");
    }
    // The user's own list counts, whatever list the repository has.
    let listed = format!("[collect]\ntrusted_hosts = [\"127.0.0.1:2\"]\n{own}");
    let moved = format!(
        "[collect]\ntrusted_hosts = [\"gitlab.com\"]\n{forge}url = \"https://127.0.0.1:2\"\n"
    );
    let said = refused(&listed, &moved.replace("127.0.0.1:2", "gitlab.com"));
    assert!(said.contains("would send a token to `gitlab.com`"), "{said}");
}

#[test]
fn a_token_does_not_travel_in_clear_text() {
    let own = "[collect.sources.forge]\nsystem = \"gitlab\"\nurl = \"http://git.invalid\"\n\
               scopes = [\"acme/api\"]\ntoken_env = \"FORGE_TOKEN\"\n";
    let said = refused(own, "");
    assert!(said.contains("a token would go to `git.invalid` for everybody"), "{said}");
    assert!(said.contains("exit status: 3"), "{said}");
}

#[test]
fn a_command_is_not_looked_for_in_the_repository() {
    let env = env_with_empty_repository();
    env.write(
        OWN_FILE,
        "[collect.sources.forge]\nsystem = \"gitlab\"\nscopes = [\"acme/api\"]\n\
         token_command = [\"./token\"]\n",
    );
    env.write("token", "#!/bin/sh\ntouch ran\n");
    env.shell("chmod +x token");
    let said = env.run(&["collect"]);
    assert!(said.contains("`./token` would be another program in every repository"), "{said}");
    assert!(!env.repo().join("ran").exists());
}

#[test]
fn what_is_no_ordinary_file_is_refused_or_read_to_its_end() {
    let env = env();
    env.write("d/x", "");
    env.shell("mkfifo p");
    let line = json!({"v": 1, "id": "1", "type": "ticket.opened", "at": "2026-02-02T09:00:00Z",
        "source": "tr", "subject": {"kind": "ticket", "key": "ABC-1"}});
    env.write("e.ndjson", line.to_string());
    let said =
        |from: &str| env.shell(&format!("\"$THROUGHLINE\" collect --ledger l.db --from {from}"));
    assert!(said("d").contains("exit status: 3"), "{}", said("d"));
    assert!(said("/dev/zero").contains("left out"), "{}", said("/dev/zero"));
    assert!(said("- <&-").contains("\t0\t0\t"), "{}", said("- <&-"));
    let piped = said("p & cat e.ndjson > p; wait");
    assert!(piped.contains("p\t1\t0\t0\t"), "{piped}");
}

#[test]
fn two_collections_into_one_ledger_at_once_both_end_well() {
    let env = env();
    for file in ["a", "b"] {
        let subject = json!({"kind": "ticket", "key": "ABC-1"});
        write(
            &env,
            file,
            (0..3_000).map(|number| {
                event(
                    &format!("{file}{number}"),
                    "ticket.opened",
                    "2026-02-02T09:00:00Z",
                    subject.clone(),
                    json!({}),
                )
            }),
        );
    }
    let one = |file: &str| {
        format!("\"$THROUGHLINE\" collect --ledger l.db --from {file} >{file}.out 2>&1")
    };
    env.shell(&format!("{} & {}; wait", one("a"), one("b")));
    for file in ["a", "b"] {
        let said = std::fs::read_to_string(env.repo().join(format!("{file}.out"))).unwrap();
        assert!(said.contains(&format!("{file}\t3,000\t0\t0\t")), "{said}");
    }
}
