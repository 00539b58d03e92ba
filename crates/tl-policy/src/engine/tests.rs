use super::*;
use crate::file::PolicyFile;
use tl_core::time::Timestamp;

fn day(text: &str) -> i64 {
    Timestamp::parse(&format!("{text}T00:00:00Z")).unwrap().day()
}

fn file(text: &str) -> PolicyFile {
    PolicyFile::read(text).unwrap()
}

fn engine(text: &str) -> Engine {
    Engine::new(&Policy::from(file(text)), &[]).unwrap()
}

/// `deny user:paths.deny_read[0]; ask ...`, or `neutral`.
fn said(verdict: &Verdict) -> String {
    let reasons = verdict.reasons.iter().map(|reason| {
        format!("{} {}", format!("{:?}", reason.effect).to_lowercase(), reason.policy)
    });
    let reasons: Vec<_> = reasons.collect();
    if reasons.is_empty() { "neutral".to_owned() } else { reasons.join("; ") }
}

fn on(verb: Verb, resource: &str) -> Request {
    Request { today: day("2026-11-21"), ..Request::new(verb, resource) }
}

/// Below the repository `~/code/app`.
fn within(verb: Verb, below: &str) -> Request {
    let resource = format!("~/code/app/{below}");
    Request { below: Some(below.to_owned()), ..on(verb, &resource) }
}

fn run(line: &str) -> Request {
    Request { words: line.split(' ').map(str::to_owned).collect(), ..on(Verb::Run, line) }
}

fn call(server: &str, tool: &str, origin: &str) -> Request {
    Request { server: server.to_owned(), origin: origin.to_owned(), ..on(Verb::CallTool, tool) }
}

#[track_caller]
fn decided(engine: &Engine, request: &Request, expected: &str) {
    assert_eq!(said(&engine.decide(request)), expected, "{request:?}");
}

#[test]
fn without_a_policy_nothing_is_objected_to() {
    let engine = engine("");
    for verb in Verb::ALL {
        decided(&engine, &on(verb, "x"), "neutral");
    }
}

#[test]
fn paths_are_denied_and_asked_about_by_what_is_done_to_them() {
    let engine = engine(
        "[paths]\n\
         deny_read = [\"~/.ssh/**\", \"**/.env\", \"**/.env.*\"]\n\
         deny_write = [\".github/workflows/**\"]\n\
         ask_write = [\"**/AGENTS.md\"]\n",
    );
    let ssh = "deny user:paths.deny_read[0]";
    decided(&engine, &on(Verb::Read, "~/.ssh/id_ed25519"), ssh);
    decided(&engine, &on(Verb::Read, "~/.ssh"), ssh);
    decided(&engine, &on(Verb::Read, "~/.sshx/id"), "neutral");
    decided(&engine, &on(Verb::Write, "~/.ssh/id_ed25519"), "neutral");
    decided(&engine, &within(Verb::Read, ".env"), "deny user:paths.deny_read[1]");
    decided(&engine, &within(Verb::Read, "a/.env.local"), "deny user:paths.deny_read[2]");
    decided(&engine, &within(Verb::Read, "a/.environment"), "neutral");
    let workflow = "deny user:paths.deny_write[0]";
    decided(&engine, &within(Verb::Write, ".github/workflows/ci.yml"), workflow);
    decided(&engine, &on(Verb::Write, "~/other/.github/workflows/ci.yml"), "neutral");
    decided(&engine, &within(Verb::Write, "a/AGENTS.md"), "ask user:paths.ask_write[0]");
}

#[test]
fn a_repository_in_a_guarded_directory_is_guarded_too() {
    // A home under version control: `below` must not hide the whole path.
    let engine = engine("[paths]\ndeny_read = [\"~/.ssh/**\"]\n");
    let request =
        Request { below: Some(".ssh/id_rsa".to_owned()), ..on(Verb::Read, "~/.ssh/id_rsa") };
    decided(&engine, &request, "deny user:paths.deny_read[0]");
}

#[test]
fn writing_outside_of_the_repository_can_be_asked_about() {
    let engine =
        engine("[paths]\nallow_write = [\"./**\", \"/tmp/**\"]\ndefault_write = \"ask\"\n");
    decided(&engine, &within(Verb::Write, "src/lib.rs"), "neutral");
    decided(&engine, &on(Verb::Write, "/tmp/x"), "neutral");
    decided(&engine, &on(Verb::Write, "~/.bashrc"), "ask user:paths.default_write");
    decided(&engine, &on(Verb::Read, "~/.bashrc"), "neutral");
}

#[test]
fn commands_are_matched_by_words_and_not_by_letters() {
    let engine = engine(
        "[commands]\n\
         deny = [\"git push * --force *\", \"terraform destroy *\", \"./deploy.sh *\"]\n\
         ask = [\"npm publish\"]\n",
    );
    let force = "deny user:commands.deny[0]";
    decided(&engine, &run("git push --force"), force);
    decided(&engine, &run("git push origin --force main"), force);
    decided(&engine, &run("/usr/bin/git push --force"), force);
    decided(&engine, &run("git push --force-with-lease"), "neutral");
    decided(&engine, &run("git pushx --force"), "neutral");
    decided(&engine, &run("mygit push --force"), "neutral");
    decided(&engine, &run("terraform.exe destroy"), "deny user:commands.deny[1]");
    decided(&engine, &run("./deploy.sh prod"), "deny user:commands.deny[2]");
    decided(&engine, &run("deploy.sh prod"), "neutral");
    decided(&engine, &run("npm publish"), "ask user:commands.ask[0]");
    decided(&engine, &run("npm publish --dry-run"), "neutral");
    // One word with a blank in it is not two.
    let mut quoted = run("git push");
    quoted.words = vec!["git".to_owned(), "push --force".to_owned()];
    decided(&engine, &quoted, "neutral");
    // Nor can a word pretend to end.
    quoted.words = vec!["git".to_owned(), "x\u{1f}\u{1e}push".to_owned(), "--force".to_owned()];
    decided(&engine, &quoted, "neutral");
}

#[test]
fn hosts_are_compared_as_hosts() {
    let engine = engine(
        "[hosts]\n\
         allow = [\"*.acme.example\", \"acme.example\"]\n\
         deny = [\"*.ngrok-free.app\", \"169.254.169.254\"]\n\
         when_tainted = \"deny\"\n",
    );
    let deny = "deny user:hosts.deny[0]";
    decided(&engine, &on(Verb::Fetch, "https://x.NGROK-free.app:443/y"), deny);
    decided(&engine, &on(Verb::Fetch, "ngrok-free.app.evil.example"), "neutral");
    decided(&engine, &on(Verb::Fetch, "xngrok-free.app"), "neutral");
    decided(&engine, &on(Verb::Fetch, "http://0xa9fea9fe/latest"), "deny user:hosts.deny[1]");
    let tainted = |host: &str| Request { tainted: true, ..on(Verb::Fetch, host) };
    decided(&engine, &tainted("docs.acme.example"), "neutral");
    decided(&engine, &tainted("acme.example"), "neutral");
    decided(&engine, &tainted("acme.example.evil.example"), "deny user:hosts.when_tainted");
    decided(&engine, &tainted("https://acme.example@evil.example"), "deny user:hosts.when_tainted");
    decided(&engine, &on(Verb::Fetch, "evil.example"), "neutral");
}

#[test]
fn servers_are_known_by_name_package_or_address() {
    let engine = engine(
        "[servers]\n\
         allow = [\"github\", \"npm:@acme/*\", \"https://mcp.acme.example/*\"]\n\
         deny = [\"docker:*\"]\n",
    );
    decided(&engine, &call("github", "t", ""), "neutral");
    decided(&engine, &call("x", "t", "npm:@acme/db"), "neutral");
    decided(&engine, &call("x", "t", "https://mcp.acme.example/v1"), "neutral");
    decided(&engine, &call("x", "t", "docker:acme/x"), "deny user:servers.deny[0]");
    // A list of what is allowed asks about all else, unless the file says otherwise.
    decided(&engine, &call("x", "t", ""), "ask user:servers.default");
    let spoof = "https://mcp.acme.example.evil.example/v1";
    decided(&engine, &call("x", "t", spoof), "ask user:servers.default");
    let spoof = "https://mcp.acme.example/@evil.example";
    decided(&engine, &call("x", "t", spoof), "neutral");
    let spoof = "https://mcp.acme.example:x@evil.example/v1";
    decided(&engine, &call("x", "t", spoof), "ask user:servers.default");
}

#[test]
fn tools_and_packages_are_matched_by_their_full_names() {
    let engine = engine(
        "[tools]\ndeny = [\"github/delete_*\"]\nask = [\"*/send_*\"]\n\
         [packages]\ndeny = [\"npm:event-stream\"]\ndefault = \"ask\"\nallow = [\"npm:@acme/*\"]\n",
    );
    decided(&engine, &call("github", "delete_repo", ""), "deny user:tools.deny[0]");
    decided(&engine, &call("gitlab", "delete_repo", ""), "neutral");
    decided(&engine, &call("mail", "send_mail", ""), "ask user:tools.ask[0]");
    decided(&engine, &on(Verb::Install, "npm:event-stream"), "deny user:packages.deny[0]");
    decided(&engine, &on(Verb::Install, "npm:@acme/x"), "neutral");
    decided(&engine, &on(Verb::Install, "pypi:@acme/x"), "ask user:packages.default");
}

#[test]
fn an_agent_that_has_a_role_may_less() {
    let engine = engine(
        "[[role]]\nname = \"reviewer\"\nagents = [\"critic\", \"codex\"]\n\
         deny = [\"write\", \"run\"]\nask = [\"prompt\"]\n",
    );
    let write = within(Verb::Write, "a");
    let denied = "deny user:role.reviewer.deny[0]";
    decided(&engine, &write, "neutral");
    decided(&engine, &Request { role: "reviewer".to_owned(), ..write.clone() }, denied);
    decided(&engine, &Request { agent: "critic".to_owned(), ..write.clone() }, denied);
    let codex = |request: Request| Request { client: "codex".to_owned(), ..request };
    decided(&engine, &codex(write), denied);
    decided(&engine, &codex(within(Verb::Read, "a")), "neutral");
    decided(&engine, &codex(run("ls")), "deny user:role.reviewer.deny[1]");
    decided(&engine, &codex(on(Verb::Prompt, "")), "ask user:role.reviewer.ask[0]");
}

#[test]
fn changing_settings_is_a_question_of_its_own() {
    let engine = engine("[settings]\ndefault = \"deny\"\nask = [\"**/AGENTS.md\"]\n");
    decided(
        &engine,
        &within(Verb::ChangeSettings, ".claude/settings.json"),
        "deny user:settings.default",
    );
    decided(&engine, &within(Verb::ChangeSettings, "AGENTS.md"), "ask user:settings.ask[0]");
}

#[test]
fn an_exception_holds_for_its_path_until_its_last_day() {
    let engine = engine(
        "[paths]\ndeny_write = [\".github/workflows/**\", \"**/secret/**\"]\n\
         [[exception]]\npolicy = \"paths.deny_write\"\npath = \".github/workflows/docs.yml\"\n\
         owner = \"ana\"\nexpires = \"2027-01-31\"\nreason = \"docs are built there\"\n",
    );
    let docs = within(Verb::Write, ".github/workflows/docs.yml");
    let denied = "deny user:paths.deny_write[0]";
    decided(&engine, &docs, "neutral");
    decided(&engine, &Request { today: day("2027-01-31"), ..docs.clone() }, "neutral");
    decided(&engine, &Request { today: day("2027-02-01"), ..docs.clone() }, denied);
    // At most a year ahead: before that it does not count yet.
    decided(&engine, &Request { today: day("2026-01-30"), ..docs }, denied);
    decided(&engine, &within(Verb::Write, ".github/workflows/ci.yml"), denied);
    assert_eq!(engine.warnings(), []);
}

#[test]
fn an_exception_that_does_nothing_is_told() {
    let exception = |policy: &str, what: &str| {
        let text = format!(
            "[paths]\ndeny_read = [\"./a\"]\n[[exception]]\npolicy = \"{policy}\"\n{what}\n\
             owner = \"ana\"\nexpires = \"2027-01-31\"\nreason = \"r\"\n"
        );
        engine(&text).warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(exception("paths.deny_read[0]", "path = \"./a\""), "");
    insta::assert_snapshot!(exception("paths.deny_write", "path = \"./a\""), @"your own guard.toml, line 4: the exception does nothing: there is no policy `paths.deny_write`");
    insta::assert_snapshot!(exception("paths.deny", "path = \"./a\""), @"your own guard.toml, line 4: the exception does nothing: there is no policy `paths.deny`");
    insta::assert_snapshot!(exception("paths.deny_read", "host = \"a.example\""), @"your own guard.toml, line 4: the exception does nothing: `paths.deny_read` is about something else than it names");
}

const EXPERT: &str = r#"
@id("no-unapproved") @effect("ask") @text("nobody approved this server")
forbid (principal, action == Action::"call-tool", resource)
when { context.marks.contains("unapproved") };

forbid (principal, action == Action::"run", resource)
when { resource.program == "curl" && resource.arguments.contains("-d") };
"#;

fn with_cedar(text: &str) -> Result<Engine, PolicyError> {
    Engine::new(&Policy::default(), &[("a.cedar".to_owned(), text.to_owned())])
}

#[test]
fn experts_write_cedar() {
    let engine = with_cedar(EXPERT).unwrap();
    let marked = Request { marks: vec!["unapproved".to_owned()], ..call("x", "t", "") };
    let verdict = engine.decide(&marked);
    assert_eq!(said(&verdict), "ask a.cedar:no-unapproved");
    assert_eq!(verdict.reasons[0].text, "nobody approved this server (a.cedar, line 2)");
    decided(&engine, &call("x", "t", ""), "neutral");
    decided(&engine, &run("curl -d x"), "deny a.cedar:policy1");
}

#[test]
fn cedar_that_does_not_fit_is_refused_with_its_place() {
    let refused = |text: &str| with_cedar(text).unwrap_err().to_string();
    insta::assert_snapshot!(refused("forbid (principal, action == Action::\"read\", resource)\nwhen { resource.txt };"), @"a.cedar: line 2, column 8: for policy `policy0`, attribute `txt` on entity type `Path` not found (did you mean `text`?)");
    insta::assert_snapshot!(refused("forbid (principal, action == Action::\"run\", resource)\nwhen { resource.name like \"x\" };"), @"a.cedar: line 2, column 8: for policy `policy0`, attribute `name` on entity type `Command` not found (did you mean `text`?)");
    insta::assert_snapshot!(refused("forbid (principal,"), @"a.cedar: line 1, column 19: unexpected end of input");
    insta::assert_snapshot!(refused("forbid (principal == ?principal, action, resource);"), @"a.cedar: line 1, column 1: a template cannot be used here");
    insta::assert_snapshot!(refused("@effect(\"allow\")\nforbid (principal, action, resource);"), @r#"a.cedar: line 1: `@effect("allow")` is not deny, ask or note"#);
}

#[test]
fn a_permit_never_allows_and_is_told() {
    let engine = with_cedar("permit (principal, action, resource);").unwrap();
    decided(&engine, &run("ls"), "neutral");
    insta::assert_snapshot!(engine.warnings()[0], @"a.cedar, line 1: a `permit` has no effect: what no policy forbids is left to the client");
}

#[test]
fn what_cannot_be_evaluated_is_asked_about_and_hides_no_other_reason() {
    let overflow = "forbid (principal, action, resource)\n\
                    when { context.today + 9223372036854775807 > 0 };\n\
                    forbid (principal, action, resource) when { context.tainted };";
    let engine = with_cedar(overflow).unwrap();
    let request = Request { tainted: true, ..run("ls") };
    decided(&engine, &request, "deny a.cedar:policy1; ask internal");
    decided(&engine, &run("ls"), "ask internal");
    let on_error = |answer: &str| {
        let policy = Policy::from(file(&format!("on_error = \"{answer}\"")));
        let cedar = [("a.cedar".to_owned(), overflow.to_owned())];
        said(&Engine::new(&policy, &cedar).unwrap().decide(&run("ls")))
    };
    assert_eq!(on_error("deny"), "deny internal");
    // Somebody who goes on when a file cannot be read has not said that a policy does not count.
    assert_eq!(on_error("neutral"), "ask internal");
}

#[test]
fn functions_of_cedar_are_known() {
    let text = "forbid (principal, action == Action::\"fetch\", resource)\n\
                when { ip(\"127.0.0.1\").isLoopback() && resource.name == \"a.example\" };";
    let engine = with_cedar(text).unwrap();
    decided(&engine, &on(Verb::Fetch, "a.example"), "deny a.cedar:policy0");
    // What could fail for some requests is refused by the strict check.
    let text = text.replace("\"127.0.0.1\"", "resource.name");
    assert!(with_cedar(&text).unwrap_err().text.contains("non-literal"));
}

#[test]
fn all_objections_are_told_the_strongest_first() {
    let engine = engine(
        "[paths]\nask_write = [\"**/a\"]\ndeny_write = [\"./**\"]\ndefault_write = \"note\"",
    );
    decided(
        &engine,
        &within(Verb::Write, "a"),
        "deny user:paths.deny_write[0]; ask user:paths.ask_write[0]",
    );
    decided(&engine, &on(Verb::Write, "/x"), "note user:paths.default_write");
}
