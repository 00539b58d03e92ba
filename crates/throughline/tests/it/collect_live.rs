//! `throughline collect` from systems: a GitHub on loopback, and whom a token may be sent to.
//!
//! A retry waits one second in earnest: [`down`] asks for no wait, so that no test has to.

use serde_json::{Value, json};
use tl_testkit::env::TestEnv;
use tl_testkit::server::{Asked, Reply, Server};

use crate::{env, env_with_empty_repository};

/// Token that tests send, and that nothing may show or keep.
const TOKEN: &str = "s3cr3t-t0ken-of-ana";

const HEAD: &str = "3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9";

/// How many issues the forge has: more than one page of thirty.
const ISSUES: u32 = 40;

fn at(minute: u32) -> String {
    format!("2026-02-02T{:02}:{:02}:00Z", 9 + minute / 60, minute % 60)
}

/// Forty issues, changed a minute after one another.
fn issues(asked: &Asked) -> Reply {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(30));
    let since = asked.parameter("since").unwrap_or_default();
    // Both are written the same way, so that instants compare as texts.
    let since = since.replace(".000Z", "Z");
    let issue = |number: u32| {
        json!({"number": number, "title": "Doors", "state": "open", "labels": [], "comments": 0,
            "user": {"login": "ana", "type": "User"}, "created_at": at(number),
            "updated_at": at(number), "html_url": format!("https://x.example/{number}")})
    };
    let changed = (1..=ISSUES).filter(|number| at(*number) >= since).map(issue);
    Reply::ok(Value::from_iter(changed.skip((page - 1) * size).take(size)))
}

/// A commit of the default branch, with a check of another system.
fn commits(asked: &Asked) -> Reply {
    let check = json!({"__typename": "CheckRun", "databaseId": 10, "name": "build",
        "status": "COMPLETED", "conclusion": "SUCCESS", "startedAt": at(2), "completedAt": at(8),
        "checkSuite": {"app": {"slug": "elsewhere-ci"}}});
    let commit = json!({"at": at(1), "oid": HEAD, "statusCheckRollup": {"contexts": {
        "pageInfo": {"hasNextPage": false}, "nodes": [check]}}});
    let list = json!({"pageInfo": {"hasNextPage": false}, "nodes": [commit]});
    let is_mainline = asked.body.contains("defaultBranchRef");
    let branch = if is_mainline { json!({"target": {"list": list}}) } else { Value::Null };
    Reply::ok(json!({"data": {"repository": {"defaultBranchRef": branch}}}))
}

/// A GitHub with issues, a run, a deployment, a release, a check.
fn github(asked: &Asked) -> Reply {
    let path = asked.path().trim_start_matches("/api/v3/repos/acme/api/");
    match path {
        "/api/graphql" => commits(asked),
        "issues" => issues(asked),
        "actions/runs" => Reply::ok(json!({"total_count": 1, "workflow_runs": [{
            "id": 5, "name": "test", "run_attempt": 1, "status": "completed", "event": "push",
            "conclusion": "success", "head_sha": HEAD, "head_branch": "main",
            "created_at": at(1), "run_started_at": at(1), "updated_at": at(9)}]})),
        "actions/runs/5/jobs" => Reply::ok(json!({"total_count": 1, "jobs": [{
            "id": 6, "run_id": 5, "name": "unit", "status": "completed", "conclusion": "success",
            "head_sha": HEAD, "run_attempt": 1, "workflow_name": "test",
            "created_at": at(1), "started_at": at(2), "completed_at": at(9)}]})),
        "deployments" => Reply::ok(json!([{
            "id": 7, "sha": HEAD, "ref": "main", "task": "deploy", "environment": "production",
            "creator": {"login": "bo", "type": "User"}, "created_at": at(20), "updated_at": at(25)}])),
        "deployments/7/statuses" => Reply::ok(json!([{
            "id": 8, "state": "success", "environment": "production", "created_at": at(25),
            "updated_at": at(25), "creator": {"login": "bo", "type": "User"}}])),
        "releases" => Reply::ok(json!([{
            "id": 9, "tag_name": "v1.0.0", "draft": false, "prerelease": false, "name": "1.0.0",
            "target_commitish": "main", "author": {"login": "bo", "type": "User"},
            "created_at": at(30), "published_at": at(30)}])),
        _ => Reply::ok("[]"),
    }
}

/// A status that the client tries again at once.
fn down() -> Reply {
    Reply::status(500, &["retry-after: 0"], "{}")
}

/// Configuration of one source, with further lines.
fn source(server: &Server, lines: &str) -> String {
    let url = server.url("/api/v3");
    format!(
        "[collect.sources.forge]\nsystem = \"github\"\nurl = \"{url}\"\n\
         repositories = [\"acme/api\"]\n{lines}\n"
    )
}

/// An environment whose own file, named by `--config`, collects from `server` with a token.
fn env_for(server: &Server) -> TestEnv {
    let env = env().var("FORGE_TOKEN", TOKEN);
    env.write("mine.toml", source(server, "token_env = \"FORGE_TOKEN\""));
    env
}

/// Collects with that file; what the user sees, without the address of the server.
fn collect(env: &TestEnv, server: &Server, args: &[&str]) -> String {
    let command = ["collect", "--config", "mine.toml", "--ledger", "l.db"];
    let shown = env.run(&[&command, args].concat());
    assert!(!shown.contains(TOKEN), "the token is shown");
    shown.replace(&server.host(), "HOST")
}

/// Whether any file below the directory of the test holds the token.
fn is_kept_anywhere(env: &TestEnv) -> bool {
    let shown = env.shell(&format!("grep -rl {TOKEN} .. ; true"));
    !shown.is_empty()
}

fn count(env: &TestEnv, condition: &str) -> String {
    let query = format!("select count(*) from ledger.events where {condition}");
    let shown = env.run(&["sql", "--ledger", "l.db", &query]);
    shown.lines().nth(1).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn all_of_a_forge_is_collected_with_the_token_in_the_header_alone() {
    let server = Server::start(github);
    let env = env_for(&server);
    insta::assert_snapshot!(collect(&env, &server, &[]), @r"
    from	new	known	left out	what
    forge acme/api/issues	80	0	0	40 ticket.opened, 40 ticket.updated
    forge acme/api/pulls	0	0	0	
    forge acme/api/runs	6	0	0	2 ci.finished, 2 ci.queued, 2 ci.started
    forge acme/api/deployments	2	0	0	1 deploy.finished, 1 deploy.queued
    forge acme/api/releases	1	0	0	1 release.published
    forge acme/api/checks	2	0	0	1 ci.finished, 1 ci.started
    forge acme/api/pull-checks	0	0	0	
    ");
    for asked in server.asked() {
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(asked.header("authorization"), Some(bearer.as_str()));
        assert!(!asked.target.contains(TOKEN) && !asked.body.contains(TOKEN));
    }
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string());
    assert_eq!(count(&env, "kind = 'deploy.finished'"), "1");
    collect(&env, &server, &["-vvv"]);
    collect(&env, &server, &["--json"]);
    assert!(!is_kept_anywhere(&env));
}

#[test]
fn the_second_collection_asks_only_for_what_changed_since() {
    let server = Server::start(github);
    let env = env_for(&server);
    collect(&env, &server, &[]);
    server.forget();
    let shown = collect(&env, &server, &["--json"]);
    let document: Value = serde_json::from_str(&shown).unwrap_or_else(|_| panic!("{shown}"));
    for input in document["inputs"].as_array().unwrap() {
        assert_eq!(input["new"], 0, "{input}");
    }
    let asked = server.asked();
    let issues = asked.iter().find(|asked| asked.path().ends_with("/issues")).unwrap();
    let since = issues.parameter("since").unwrap();
    assert!(since.starts_with("2026-02-02T09:3"), "a minute before the last issue: {since}");
    let timelines = asked.iter().filter(|asked| asked.path().ends_with("/timeline")).count();
    assert!(timelines <= 2, "what belongs to an unchanged issue is not asked for: {timelines}");
}

#[test]
fn a_collection_that_is_stopped_goes_on_where_it_was() {
    let whole = Server::start(github);
    let expected = env_for(&whole);
    collect(&expected, &whole, &[]);

    // The forge goes down in the middle of the second page of issues.
    let server = Server::start(|asked| match asked.parameter("since") {
        Some(since) if since.starts_with("2026-02-02T09:") => down(),
        _ => github(asked),
    });
    let env = env_for(&server);
    let shown = collect(&env, &server, &["forge"]);
    assert!(shown.contains("fails at `/api/v3/repos/acme/api/issues` with status 500"), "{shown}");
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
    assert_eq!(count(&env, "kind = 'ticket.opened'"), "30", "the first page is kept");
    drop(server);

    let server = Server::start(github);
    env.write("mine.toml", source(&server, "token_env = \"FORGE_TOKEN\""));
    let shown = collect(&env, &server, &[]);
    assert!(!shown.contains("exit status"), "{shown}");
    let first = server.asked().remove(0);
    assert!(first.parameter("since").unwrap().starts_with("2026-02-02T09:3"), "{first:?}");
    let all = "select event from ledger.events order by source, key";
    let events = |env: &TestEnv| env.run(&["sql", "--ledger", "l.db", all]);
    assert!(events(&env).lines().count() > 80, "{}", events(&env));
    assert_eq!(events(&env), events(&expected));
}

#[test]
fn an_answer_that_breaks_off_stops_the_stream_and_not_the_others() {
    let server = Server::start(|asked| match asked.path() {
        path if path.ends_with("/issues") => Reply::status(200, &[], "[{\"number\": 1, "),
        _ => github(asked),
    });
    let env = env_for(&server);
    let shown = env.shell(
        "timeout 1 \"$THROUGHLINE\" collect --config mine.toml --ledger l.db > /dev/null 2>&1; true",
    );
    assert_eq!(shown, "");
    // It was killed while it waited to try again; nothing is broken, and nothing is half there.
    let fine = Server::start(github);
    env.write("mine.toml", source(&fine, "token_env = \"FORGE_TOKEN\""));
    let shown = collect(&env, &fine, &[]);
    assert!(!shown.contains("exit status"), "{shown}");
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string());
}

#[test]
fn a_forge_that_asks_to_wait_is_waited_for_and_it_says_so() {
    let server = Server::start(|asked| match asked.before {
        0 => Reply::status(429, &["retry-after: 1"], "{}"),
        _ => github(asked),
    });
    let env = env_for(&server);
    let shown = collect(&env, &server, &[]);
    let (_, said) = shown.split_once("------- stderr -------\n").unwrap();
    insta::assert_snapshot!(said, @r"
    waiting 1 s for github's rate limit
    ");
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string());
}

#[test]
fn a_token_without_a_scope_is_told_which() {
    let server = Server::start(|asked| match asked.path() {
        path if path.ends_with("/actions/runs") => Reply::status(
            403,
            &["x-oauth-scopes: gist", "x-accepted-oauth-scopes: repo"],
            format!("{{\"message\": \"your token {TOKEN} may not\"}}"),
        ),
        _ => github(asked),
    });
    let env = env_for(&server);
    let shown = collect(&env, &server, &[]);
    let (_, said) = shown.split_once("------- stderr -------\n").unwrap();
    insta::assert_snapshot!(said, @r"
    error: forge acme/api/runs: github refuses `/api/v3/repos/acme/api/actions/runs` with status 403: the token lacks scope `repo`, it has `gist` (it says: your token *** may not)
    hint: give the token `repo`, or leave this out of the source
    [exit status: 3]
    ");
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string(), "the rest goes in");
    assert_eq!(count(&env, "kind = 'deploy.finished'"), "1");
}

#[test]
fn a_source_that_is_down_does_not_stop_the_others() {
    let server = Server::start(github);
    let dead = Server::start(|_| down());
    let env = env_for(&server);
    let mine = source(&server, "token_env = \"FORGE_TOKEN\"");
    let first = source(&dead, "").replace("sources.forge", "sources.a-dead-one");
    let last = source(&server, "token_env = \"NOT_SET\"").replace("sources.forge", "sources.z");
    env.write("mine.toml", format!("{first}{mine}{last}"));
    let shown = collect(&env, &server, &["-q"]);
    let (_, said) = shown.split_once("------- stderr -------\n").unwrap();
    assert!(
        said.contains("error: a-dead-one acme/api/issues: github fails at ")
            && said.contains("warning: z: the variable `NOT_SET` is not set; set it to a token"),
        "{said}"
    );
    assert!(said.ends_with("[exit status: 3]\n"), "{said}");
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string());
}

#[test]
fn nothing_is_asked_for_offline_or_by_a_dry_run() {
    let server = Server::start(github);
    let env = env_for(&server);
    insta::assert_snapshot!(collect(&env, &server, &["--offline"]), @r"
    ------- stderr -------
    error: sources cannot be collected from with `--offline`
    hint: collect from files with `--from FILE`
    [exit status: 2]
    ");
    insta::assert_snapshot!(collect(&env, &server, &["--dry-run"]), @r"
    from	new	known	left out	what
    forge acme/api	0	0	0	github at HOST: would begin at 2025-03-01
    ");
    insta::assert_snapshot!(collect(&env, &server, &["--dry-run", "--offline", "forge"]), @r"
    from	new	known	left out	what
    forge acme/api	0	0	0	github at HOST: would begin at 2025-03-01
    ");
    assert!(!env.repo().join("l.db").exists());
    assert_eq!(server.targets(), [""; 0]);
    insta::assert_snapshot!(collect(&env, &server, &["frog"]), @r"
    ------- stderr -------
    error: there is no source `frog`; there is forge
    [exit status: 2]
    ");
}

#[test]
fn a_token_that_is_not_there_is_asked_for_by_its_name() {
    let server = Server::start(github);
    let env = env();
    env.write("mine.toml", source(&server, "token_env = \"FORGE_TOKEN\""));
    insta::assert_snapshot!(collect(&env, &server, &[]), @r"
    from	new	known	left out	what
    ------- stderr -------
    error: forge: the variable `FORGE_TOKEN` is not set
    hint: set it to a token that may read what `forge` collects
    [exit status: 3]
    ");
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn a_command_of_your_own_file_gives_the_token() {
    let server = Server::start(github);
    let env = env();
    env.write(
        "mine.toml",
        source(&server, "token_command = [\"sh\", \"-c\", \"echo t-of-a-command\"]"),
    );
    let shown = collect(&env, &server, &[]);
    assert!(!shown.contains("exit status"), "{shown}");
    let header = server.asked()[0].header("authorization").map(str::to_owned);
    assert_eq!(header.as_deref(), Some("Bearer t-of-a-command"));

    server.forget();
    env.write(
        "mine.toml",
        source(&server, &format!("token_command = [\"sh\", \"-c\", \"echo {TOKEN}; exit 1\"]")),
    );
    let shown = collect(&env, &server, &[]);
    let (_, said) = shown.split_once("------- stderr -------\n").unwrap();
    insta::assert_snapshot!(said, @r"
    error: forge: `sh` gave no token (exit status: 1)
    hint: run the command by hand; it must print the token and nothing else
    [exit status: 3]
    ");
    assert_eq!(server.targets(), [""; 0]);
}

/// The private key of an App: one that was made for tests.
const KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../tl-forge/src/client/app/key-for-tests.pem");

#[test]
fn a_github_app_collects_with_the_token_of_its_installation() {
    let server = Server::start(|asked| match asked.path() {
        "/api/v3/repos/acme/api/installation" => Reply::ok(json!({"id": 41})),
        "/api/v3/app/installations/41/access_tokens" => {
            Reply::ok(json!({"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"}))
        }
        _ => github(asked),
    });
    let key = std::fs::read_to_string(KEY).unwrap();
    let secret = key.lines().nth(3).unwrap().to_owned();
    // No variable of ours, though one is called so.
    let env = env().var("TL_APP_KEY", &key).var("APP_KEY", "not a key");
    for gives in
        ["token_env = \"TL_APP_KEY\"".to_owned(), format!("token_command = [\"cat\", '{KEY}']")]
    {
        env.write("mine.toml", source(&server, &format!("app_id = \"7\"\n{gives}")));
        server.forget();
        let shown = collect(&env, &server, &["--json", "-vvv"]);
        assert!(!shown.contains("exit status"), "{shown}");
        assert!(!shown.contains(&secret), "{shown}");
        let is_unknown = shown.contains("unknown variable `TL_APP_KEY`");
        assert_eq!(is_unknown, !gives.contains("TL_APP_KEY"), "{shown}");
        let asked = server.asked();
        let bearer = format!("Bearer {TOKEN}");
        let count = |path: &str| asked.iter().filter(|it| it.path().contains(path)).count();
        assert_eq!((count("/installation"), count("/access_tokens")), (2, 1));
        let rest = asked.iter().filter(|asked| !asked.path().contains("/installation"));
        assert!(rest.clone().all(|it| it.header("authorization") == Some(bearer.as_str())));
        assert!(rest.count() >= 7);
    }
    assert_eq!(count(&env, "kind = 'ticket.opened'"), ISSUES.to_string());
    assert!(!is_kept_anywhere(&env));

    server.forget();
    env.write("mine.toml", source(&server, "app_id = \"7\"\ntoken_env = \"APP_KEY\""));
    let shown = collect(&env, &server, &[]);
    let (_, said) = shown.split_once("------- stderr -------\n").unwrap();
    insta::assert_snapshot!(said, @r"
    warning: unknown variable `TL_APP_KEY` (ignored)
    error: forge: the private key of the App cannot be used: it is no RSA key in PEM
    hint: give all lines of the file that GitHub gave, from `-----BEGIN` to the end
    [exit status: 3]
    ");
    assert_eq!(server.targets(), [""; 0]);
}

/// A repository whose own `.throughline.toml` says `text`, with a token in the environment.
fn repository(text: &str) -> TestEnv {
    let env = env_with_empty_repository().var("FORGE_TOKEN", TOKEN);
    env.write(".throughline.toml", text);
    env
}

/// What must not happen whatever a repository's own file says.
fn refused(server: &Server, env: &TestEnv) -> String {
    let shown = env.run(&["collect"]);
    assert_eq!(server.targets(), [""; 0], "no request is made: {shown}");
    assert!(!env.repo().join("ran").exists(), "no command is run: {shown}");
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(shown.contains("error: ") && shown.contains("hint: "), "{shown}");
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
    let (_, said) = shown.split_once("------- stderr -------\n").expect("it is refused");
    said.replace(&server.host(), "HOST")
}

#[test]
fn a_repository_cannot_have_a_token_sent_to_its_own_host() {
    let server = Server::start(github);
    let token = source(&server, "token_env = \"FORGE_TOKEN\"");
    insta::assert_snapshot!(refused(&server, &repository(&token)), @r#"
    error: forge: the repository's own configuration would send a token to `HOST`
    hint: if that is right, name it in your own file: `[collect] trusted_hosts = ["HOST"]`
    [exit status: 3]
    "#);
    // Nor by trusting that host itself, in any of the ways to write it.
    let host = server.host();
    for trust in [
        format!("[collect]\ntrusted_hosts = [\"{host}\"]\n{token}"),
        format!("collect.trusted_hosts = [\"{host}\", \"api.github.com\"]\n{token}"),
        format!(
            "[collect]\ntrusted_hosts = [\"{host}\"]\n{}",
            token.replace("http://", "http://api.github.com@")
        ),
        token.replace("http://", "http://api.github.com@"),
        token.replace("http://", "http://api.github.com:x@"),
        token.replace("http://", "HTTP://"),
        token.replace("sources.forge", "sources.\"my.forge\""),
        format!(
            "collect.sources = {{ f = {{ system = \"github\", url = \"{}\", \
             scopes = [\"acme/api\"], token_env = \"FORGE_TOKEN\" }} }}",
            server.url("/api/v3")
        ),
    ] {
        let said = refused(&server, &repository(&trust));
        assert!(said.contains("would send a token to `HOST"), "{trust}\n{said}");
    }
}

/// Two readers of such an address see two hosts in it: one that is public, and one that is asked.
#[test]
fn an_address_with_a_public_host_in_it_is_not_on_that_host() {
    let server = Server::start(github);
    let host = server.host();
    for url in [
        format!("http:/{host}/x://gitlab.com/"),
        format!(r"http:\\{host}\x://gitlab.com/"),
        format!("http:{host}/x://gitlab.com"),
        format!("http://{host}/gitlab.com/"),
        format!("http://gitlab.com@{host}/"),
        "http://gitlab.com".to_owned(),
    ] {
        let said = refused(
            &server,
            &repository(&format!(
                "[collect.sources.forge]\nsystem = \"gitlab\"\nurl = '{url}'\n\
                 projects = [\"acme/api\"]\ntoken_env = \"FORGE_TOKEN\"\n"
            )),
        );
        assert!(said.contains("would send a token to"), "{url}: {said}");
    }
}

#[test]
fn a_repository_cannot_have_a_command_run() {
    let server = Server::start(github);
    let command = "token_command = [\"sh\", \"-c\", \"touch ran; echo x\"]";
    let mine = source(&server, command);
    refused(&server, &repository(&mine));
    // Not even for the public host, whose token it may use.
    let public = mine.lines().filter(|line| !line.starts_with("url")).collect::<Vec<_>>();
    insta::assert_snapshot!(refused(&server, &repository(&public.join("\n"))), @r"
    error: forge: `collect.sources.forge.token_command` is in the repository's own configuration
    hint: no repository may have a command run: move it to your own file, or use `token_env`
    [exit status: 3]
    ");
    let keys = "[collect.sources.dora]\nsystem = \"datadog\"\ntoken_env = \"FORGE_TOKEN\"\n\
                application_key_command = [\"sh\", \"-c\", \"touch ran; echo x\"]\n";
    insta::assert_snapshot!(refused(&server, &repository(keys)), @r"
    error: dora: `collect.sources.dora.application_key_command` is in the repository's own configuration
    hint: no repository may have a command run: move it to your own file, or use `application_key_env`
    [exit status: 3]
    ");
    // Nor below a source that the user's own file made, for a host that it trusts.
    let env = repository(
        "[collect.sources.forge]\ntoken_command = [\"sh\", \"-c\", \"touch ran; echo x\"]\n",
    );
    let path = "../home/.config/throughline/config.toml";
    env.write(path, source(&server, "token_env = \"FORGE_TOKEN\""));
    refused(&server, &env);
}

#[test]
fn a_repository_cannot_turn_a_source_of_the_users_own_file_elsewhere() {
    let server = Server::start(github);
    let mine = "[collect.sources.forge]\nsystem = \"github\"\nrepositories = [\"acme/api\"]\n\
                token_env = \"FORGE_TOKEN\"\n";
    let theirs = format!("[collect.sources.forge]\nurl = \"{}\"\n", server.url("/api/v3"));
    let env = repository(&theirs);
    env.write("../home/.config/throughline/config.toml", mine);
    let said = refused(&server, &env);
    assert!(said.contains("would send a token to `HOST`"), "{said}");
}

#[test]
fn a_host_that_the_users_own_file_trusts_gets_the_token() {
    let server = Server::start(github);
    let env = repository(&source(&server, "token_env = \"FORGE_TOKEN\""));
    let trust = format!("[collect]\ntrusted_hosts = [\"{}\"]\n", server.host());
    env.write("../home/.config/throughline/config.toml", &trust);
    let shown = env.run(&["collect"]);
    assert!(!shown.contains("exit status"), "{shown}");
    assert!(server.asked().iter().all(|asked| asked.header("authorization").is_some()));
    assert!(!is_kept_anywhere(&env));
}

#[test]
fn a_repository_may_have_public_things_collected_without_a_token() {
    let server = Server::start(github);
    let env = repository(&source(&server, ""));
    let shown = env.run(&["collect"]);
    assert!(!shown.contains("exit status"), "{shown}");
    assert!(server.asked().iter().all(|asked| asked.header("authorization").is_none()));
}

#[test]
fn a_redirect_does_not_take_the_token_to_another_host() {
    let thief = Server::start(github);
    let target = format!("location: {}", thief.url("/api/v3/repos/acme/api/issues"));
    let server = Server::start(move |_| Reply::status(302, &[&target], ""));
    let env = env_for(&server);
    let shown = collect(&env, &server, &[]);
    assert!(shown.contains("not followed") && shown.ends_with("[exit status: 3]\n"), "{shown}");
    assert_eq!(thief.targets(), [""; 0]);
}
