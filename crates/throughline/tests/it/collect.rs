//! `throughline collect --from`: files and pipes, good ones and bad ones.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tl_testkit::env::TestEnv;

use crate::env;

/// A ticket, its request and its deployment, with one event a line.
pub(crate) const STORY: &str = r##"
{"v":1,"id":"ABC-1/opened","type":"ticket.opened","at":"2026-02-02T09:00:00Z","source":"tracker","subject":{"kind":"ticket","key":"ABC-1"},"actor":"ana"}
{"v":1,"id":"ABC-1/doing","type":"ticket.status","at":"2026-02-03T09:00:00Z","source":"tracker","subject":{"kind":"ticket","key":"ABC-1"},"actor":"bo","data":{"from":"Open","to":"Doing","from_category":"todo","to_category":"doing"}}
{"v":1,"id":"12/opened","type":"change.opened","at":"2026-02-04T11:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#12"},"actor":"bo","refs":{"repository":"acme/api"},"data":{"number":12,"author":"bo","author_class":"human"}}
{"v":1,"id":"12/state","type":"change.updated","at":"2026-02-04T11:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#12"},"refs":{"repository":"acme/api"},"data":{"number":12,"title":"ABC-1: faster doors","branch":"abc-1","base":"main","author":"bo","author_class":"human","mentions":[{"form":"title","ticket":"ABC-1"}]}}
{"v":1,"id":"12/commit","type":"change.commit","at":"2026-02-03T10:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#12"},"actor":"bo","refs":{"commit":"3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9"},"data":{"title":"Open doors faster","email":"bo@example.com"}}
{"v":1,"id":"12/review","type":"change.approved","at":"2026-02-05T09:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#12"},"actor":"ana"}
{"v":1,"id":"12/merged","type":"change.merged","at":"2026-02-05T15:00:00Z","source":"forge","subject":{"kind":"change","key":"acme/api#12"},"actor":"bo","refs":{"commit":"c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1","repository":"acme/api"},"data":{"base":"main"}}
{"v":1,"id":"d1","type":"deploy.finished","at":"2026-02-06T12:00:00+01:00","source":"deployer","subject":{"kind":"deployment","key":"deployer/1"},"refs":{"service":"api","env":"production","sha":"c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1","repository":"acme/api"},"data":{"outcome":"success"}}
"##;

/// Real payloads, beside the checkout.
fn data(path: &str) -> PathBuf {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    shared.canonicalize().expect("the real data is beside the checkout").join(path)
}

fn json_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).expect("the real data is beside the checkout");
    for entry in entries {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// Collects into `l.db`; the document, and whether the exit status was 0.
fn collect(env: &TestEnv, args: &[&str]) -> (Value, bool) {
    let shown = env.run(&[&["collect", "--ledger", "l.db", "--json"], args].concat());
    let (text, rest) = shown.split_at(shown.rfind("\n}\n").expect("it is a document") + 3);
    let document: Value = serde_json::from_str(text).expect("it is JSON");
    assert_eq!(document["schema"], "collect/v1");
    assert!(rest.is_empty() || rest == "[exit status: 1]\n", "{rest}");
    (document, rest.is_empty())
}

/// The sum of a number over all inputs.
fn sum(document: &Value, field: &str) -> u64 {
    let inputs = document["inputs"].as_array().expect("there are inputs");
    inputs.iter().map(|input| input[field].as_u64().expect("it is a count")).sum()
}

fn from(paths: &[PathBuf]) -> Vec<&str> {
    paths.iter().flat_map(|path| ["--from", path.to_str().expect("the path is UTF-8")]).collect()
}

/// Every event of the ledger, in an order of its own.
fn events(env: &TestEnv) -> String {
    let query = "select event from ledger.events order by source, key";
    let shown = env.run(&["sql", "--ledger", "l.db", query]);
    assert!(shown.starts_with("event\n"), "{shown}");
    shown
}

#[test]
fn a_file_a_pipe_and_a_table_of_the_same_events_are_the_same_events() {
    let env = env();
    env.write("story.ndjson", STORY);
    insta::assert_snapshot!(env.run(&["collect", "--ledger", "l.db", "--from", "story.ndjson"]), @r"
    from	new	known	left out	what
    story.ndjson	8	0	0	1 change.commit, 1 change.merged, 1 change.opened, 1 change.review, 4 more kinds
    ");
    let piped = env.shell("\"$THROUGHLINE\" collect --ledger l.db --from - < story.ndjson");
    assert!(piped.contains("standard input\t0\t8\t0\t"), "{piped}");
    env.write(
        "deploys.csv",
        "v;id;type;at;source;subject.kind;subject.key;service;env;sha;repository;data\n\
         1;d1;deploy.finished;2026-02-06T11:00:00Z;deployer;deployment;deployer/1;api;production;\
         c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1;acme/api;\"{\"\"outcome\"\":\"\"success\"\"}\"\n\
         1;d2;deploy.finished;2026-02-07T11:00:00Z;deployer;deployment;deployer/2;api;production;\
         c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1;acme/api;\n",
    );
    let (table, whole) = collect(&env, &["--from", "deploys.csv"]);
    assert!(whole, "{table}");
    assert_eq!((sum(&table, "new"), sum(&table, "known")), (1, 1), "{table}");
}

#[test]
fn every_conformance_event_of_cdevents_is_read() {
    let env = env();
    let mut paths = Vec::new();
    json_files(&data("cdevents/conformance"), &mut paths);
    paths.retain(|path| path.parent().is_some_and(|parent| parent.ends_with("conformance")));
    assert_eq!(paths.len(), 48);
    let (document, whole) = collect(&env, &from(&paths));
    assert!(whole && sum(&document, "left_out") == 0, "{document}");
    assert_eq!(sum(&document, "new"), 48, "{document}");
    let (again, _) = collect(&env, &from(&paths));
    assert_eq!((sum(&again, "new"), sum(&again, "known")), (0, 48));
}

/// Some of the payloads are the same object edited by hand: they contradict one another.
#[test]
fn every_real_webhook_of_github_is_read_and_a_replay_changes_nothing() {
    let env = env();
    let mut paths = Vec::new();
    json_files(&data("octokit-webhooks/payload-examples"), &mut paths);
    assert!(paths.len() >= 120, "{}", paths.len());
    let (document, _) = collect(&env, &from(&paths));
    assert_eq!(sum(&document, "left_out"), 0, "{document}");
    assert!(sum(&document, "new") >= 50, "{document}");
    let first = events(&env);
    let (again, _) = collect(&env, &from(&paths));
    assert_eq!(sum(&again, "new"), 0, "{again}");
    assert_eq!(sum(&again, "conflicting"), sum(&document, "conflicting"));
    assert_eq!(events(&env), first);
}

#[test]
fn bodies_for_devlake_and_datadog_are_read_unchanged() {
    let env = env();
    env.write(
        "devlake.json",
        r#"{"id":"77","startedDate":"2026-02-06T10:00:00Z","finishedDate":"2026-02-06T10:05:00Z","result":"SUCCESS","environment":"PRODUCTION","deploymentCommits":[{"repoUrl":"https://github.com/acme/api","commitSha":"c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1","refName":"main","startedDate":"2026-02-06T10:00:00Z","finishedDate":"2026-02-06T10:05:00Z"}]}"#,
    );
    env.write(
        "datadog.json",
        r#"{"data":{"attributes":{"service":"api","env":"production","started_at":1770372000000000000,"finished_at":1770372300000000000,"git":{"repository_url":"https://github.com/acme/api","commit_sha":"c93f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1c9aa3f1"},"version":"1.4.0"}}}"#,
    );
    let (document, whole) = collect(&env, &["--from", "devlake.json", "--from", "datadog.json"]);
    assert!(whole, "{document}");
    let query = "select source, kind, at from ledger.events \
                 where kind = 'deploy.finished' order by source";
    let shown = env.run(&["sql", "--ledger", "l.db", query]).replace('\t', " | ");
    insta::assert_snapshot!(shown, @r"
    source | kind | at
    datadog | deploy.finished | 1770372300000
    devlake | deploy.finished | 1770372300000
    ");
}

#[test]
fn the_order_of_arrival_does_not_change_the_map() {
    let lines: Vec<&str> = STORY.trim().lines().collect();
    let report = |lines: &[&str]| {
        let env = env();
        // Each line is a collection of its own: what is folded so far is folded further.
        for line in lines {
            env.write("line.ndjson", line);
            assert!(collect(&env, &["--from", "line.ndjson"]).1);
        }
        let report = env.run(&["map", "--collected", "--json", "--ledger", "l.db"]);
        assert!(report.starts_with("{\n"), "{report}");
        (events(&env), report)
    };
    let expected = report(&lines);
    let document: Value = serde_json::from_str(&expected.1).unwrap();
    assert_eq!(document["value_stream"]["changes"], 1, "{document}");
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    assert_eq!(report(&reversed), expected);
    let mixed: Vec<&str> = [5, 2, 7, 0, 6, 1, 4, 3].map(|at| lines[at]).to_vec();
    assert_eq!(report(&mixed), expected);
}

#[test]
fn each_bad_record_is_named_with_its_line_and_the_rest_goes_in() {
    let env = env();
    let ticket = |id: &str, at: &str| {
        format!(
            r#"{{"v":1,"id":"{id}","type":"ticket.opened","at":"{at}","source":"tracker","subject":{{"kind":"ticket","key":"ABC-{id}"}}}}"#
        )
    };
    let lines = [
        ticket("1", "2026-02-02T09:00:00Z"),
        ticket("2", "2026-02-02T09:00:00"),
        ticket("3", "2026-02-02T09:00:00Z").replace("ticket.opened", "moon.landed"),
        ticket("1", "2026-02-05T09:00:00Z"),
        ticket("5", "2026-03-01T13:00:00Z"),
        ticket("6", "2026-02-02T09:00:00Z").replace(
            "}}",
            r#"},"data":{"started_at":"2026-02-03T10:00:00Z","finished_at":"2026-02-03T09:00:00Z"}}"#,
        ),
        ticket("7", "2026-02-02T09:00")[..60].to_owned(),
    ];
    env.write("bad.ndjson", lines.join("\n"));
    insta::assert_snapshot!(env.run(&["collect", "--ledger", "l.db", "--from", "bad.ndjson"]), @r"
    from	new	known	left out	what
    bad.ndjson	4	0	3	4 ticket.opened, 1 moon.landed
    ------- stderr -------
    warning: bad.ndjson, line 2: left out: the date `2026-02-02T09:00:00` has no zone; write its offset, such as `+01:00`, or name it with `--assume-offset`
    warning: bad.ndjson, line 3: `moon.landed` is no kind of event that is measured; it is stored; see `docs/collect-files.md` for the kinds
    warning: bad.ndjson, line 5: the clock of `tracker` is ahead by 60 min; set its clock; later events of this source are not reported
    warning: bad.ndjson, line 6: `finished_at` is 60 min before `started_at`; mend the instants in `data`; the span counts as none
    warning: bad.ndjson, line 7: left out: the input ends in the middle of a record; export it again: it was cut off
    warning: bad.ndjson, line 4: left out: `1` of `tracker` is in the ledger with other content, which stays; give what was corrected a key of its own
    [exit status: 1]
    ");
    assert_eq!(events(&env).lines().count(), 1 + 4);
}

#[test]
fn other_encodings_and_endless_lines_do_not_hide_what_comes_after_them() {
    let env = env();
    let good = STORY.trim();
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(good.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    env.write("wide.ndjson", wide);
    let (document, whole) = collect(&env, &["--from", "wide.ndjson"]);
    assert!(whole && sum(&document, "new") == 8, "UTF-16 is decoded: {document}");

    let latin = [b"{\"title\": \"T\xfcr\"}\n", good.as_bytes()].concat();
    env.write("latin.ndjson", latin);
    let long = format!("{{\"v\":1,\"id\":\"{}\"}}\n{good}", "x".repeat(17 << 20));
    env.write("long.ndjson", long);
    let args = ["--from", "latin.ndjson", "--from", "long.ndjson"];
    let (document, whole) = collect(&env, &args);
    assert!(!whole);
    for (input, what) in [(0, "the text is not UTF-8"), (1, "a record over the limit of 16 MiB")] {
        let input = &document["inputs"][input];
        assert_eq!((&input["known"], &input["left_out"]), (&8.into(), &1.into()), "{input}");
        assert_eq!(input["problems"][0]["what"], what);
        assert!(input["problems"][0]["place"].as_str().unwrap().ends_with(", line 1"));
    }
}

#[test]
fn a_dry_run_reads_and_keeps_nothing() {
    let env = env();
    env.write("story.ndjson", STORY);
    let (document, _) = collect(&env, &["--dry-run", "--from", "story.ndjson"]);
    assert_eq!(sum(&document, "new"), 8);
    assert!(!env.repo().join("l.db").exists());
    // Nor does it ask for a ledger to keep it in.
    let shown = env.run(&["collect", "--dry-run", "--from", "story.ndjson"]);
    assert!(shown.contains("story.ndjson\t8\t"), "{shown}");
    assert!(!shown.contains("exit status"), "{shown}");
}

#[test]
fn what_cannot_be_read_at_all_is_an_error_and_not_an_answer() {
    let env = env();
    env.write("story.ndjson", STORY);
    insta::assert_snapshot!(env.run(&["collect", "--ledger", "l.db", "--from", "missing"]), @r"
    ------- stderr -------
    error: failed to read `missing`
    caused by: No such file or directory (os error 2)
    [exit status: 3]
    ");
    let shown = env.run(&["collect", "--from", "story.ndjson", "--format", "yaml"]);
    assert!(shown.contains("`yaml` is not a format; there is json, csv, events,"), "{shown}");
    assert!(shown.ends_with("[exit status: 2]\n"), "{shown}");
    insta::assert_snapshot!(env.run(&["collect", "--from", "story.ndjson"]), @r"
    ------- stderr -------
    error: there is no repository here whose ledger could be used
    hint: name a ledger with `--ledger PATH`
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(&["collect", "--ledger", "none", "--from", "story.ndjson"]), @r"
    ------- stderr -------
    error: there is no ledger to collect into with `--ledger none`
    hint: `--dry-run` reads without keeping anything
    [exit status: 2]
    ");
    let shown = env.run(&["collect", "forge", "--from", "story.ndjson"]);
    assert!(shown.ends_with("[exit status: 2]\n"), "{shown}");
}
