//! `throughline sql`.

use crate::env_with_empty_repository;
use crate::fixture::{delivery_env, small};

#[test]
fn rows_come_as_lines_of_tab_separated_values() {
    let env = env_with_empty_repository();
    let query = "select 1 as n, 'a' || char(9) || 'b' as text union all select 2, null";
    insta::assert_snapshot!(env.run(&["sql", query]).replace('\t', "<TAB>"), @r"
    n<TAB>text
    1<TAB>a\tb
    2<TAB>
    ");
}

#[test]
fn json_is_one_document_that_names_its_schema() {
    let env = env_with_empty_repository();
    let query = "select count(*) as events from ledger.events";
    insta::assert_snapshot!(env.run(&["sql", "--json", query]), @r#"
    {
      "schema": "sql/v1",
      "columns": [
        "events"
      ],
      "rows": [
        [
          0
        ]
      ],
      "truncated": false
    }
    "#);
}

#[test]
fn what_was_left_out_is_said() {
    let env = env_with_empty_repository();
    let query = "values (1), (2), (3)";
    insta::assert_snapshot!(env.run(&["sql", "--limit", "2", query]), @r"
    column1
    1
    2
    ------- stderr -------
    warning: only the first 2 rows are shown; `--limit` shows more
    ");
}

#[test]
fn a_bad_query_is_a_usage_error() {
    let env = env_with_empty_repository();
    insta::assert_snapshot!(env.run(&["sql", "select * from jorneys"]), @r"
    ------- stderr -------
    error: SQLite says: no such table: jorneys
    hint: `select name, sql from sqlite_schema` lists the tables with their columns
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(&["sql", "delete from events"]), @r"
    ------- stderr -------
    error: `delete from events` is not allowed: only `select`, `with`, `values`, `explain` and `pragma table_info` are
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(&["sql", "select 1; select 2"]), @r"
    ------- stderr -------
    error: expected one SQL statement, got 2
    hint: put the whole statement in quotes, as one argument
    [exit status: 2]
    ");
}

#[test]
fn a_named_ledger_can_be_asked_outside_of_a_repository() {
    let env = delivery_env();
    env.run(&["map", "--ledger", "../home/l.db"]);
    let query = ["sql", "--ledger", "l.db", "select count(*) from ledger.events"];
    assert_eq!(env.run_in(&env.home(), &query), "count(*)\n1\n");
    let missing = env.run_in(&env.home(), &["sql", "--ledger", "m.db", "select 1"]);
    assert!(missing.contains("error: `.` is not in a git repository"), "{missing}");
    assert!(!env.home().join("m.db").exists());
}

#[test]
fn a_ledger_that_was_named_and_cannot_be_made_is_an_error() {
    let env = env_with_empty_repository();
    env.write("file", "");
    insta::assert_snapshot!(env.run(&["sql", "--ledger", "file/l.db", "select 1"]), @r"
    ------- stderr -------
    error: failed to create the ledger's directory `$REPO/file`
    caused by: File exists (os error 17)
    hint: name a ledger in a directory that you may write with `--ledger PATH`, or keep nothing with `--ledger none`
    [exit status: 3]
    ");
}

#[test]
fn a_place_that_cannot_be_written_is_a_note_and_the_answer_comes_all_the_same() {
    let env = env_with_empty_repository();
    env.write(".throughline", "a file where the directory would be");
    insta::assert_snapshot!(env.run(&["sql", "select 1"]), @r"
    1
    1
    ------- stderr -------
    note: nothing is kept for the next run: `$REPO/.throughline` cannot be made (File exists (os error 17))
    ");
}

#[test]
fn a_damaged_ledger_is_an_error_with_what_to_do() {
    let env = env_with_empty_repository();
    env.write(
        ".throughline/ledger.db",
        "this is no database, however long it may be read".repeat(40),
    );
    insta::assert_snapshot!(env.run(&["sql", "select 1"]), @r"
    ------- stderr -------
    error: failed to open ledger `$REPO/.throughline/ledger.db`
    caused by: the file is damaged
    caused by: error returned from database: (code: 26) file is not a database
    hint: move the file away: what was read from git is read again, recorded events are not
    [exit status: 3]
    ");
}

#[test]
fn journeys_changes_and_releases_can_be_joined() {
    let env = delivery_env();
    insta::assert_snapshot!(env.run(&["sql", "select change, merged, release, coding_ms + review_wait_ms + release_wait_ms = total_ms as adds_up from journeys where coding_ms > 0 order by merged limit 3"]).replace('\t', " | "), @r"
    change | merged | release | adds_up
    #1 | 2025-11-05T01:00:00Z | v1.1.0 | 1
    #2 | 2025-11-09T02:00:00Z | v1.1.0 | 1
    #3 | 2025-11-13T03:00:00Z | v1.1.0 | 1
    ");
    insta::assert_snapshot!(env.run(&["sql", "select shape, cohort, count(*) as n, sum(failed) as failed from changes group by shape, cohort order by shape, cohort"]).replace('\t', " | "), @r"
    shape | cohort | n | failed
    direct | no evidence | 2 | 0
    merge | no evidence | 3 | 0
    rebase | no evidence | 3 | 0
    squash | AI-assisted | 3 | 1
    squash | bot | 1 | 0
    squash | no evidence | 4 | 0
    ");
    insta::assert_snapshot!(env.run(&["sql", "select tag, r.released, r.changes, count(j.change) as shipped from releases r left join journeys j on j.release = r.tag group by tag order by r.released"]).replace('\t', " | "), @r"
    tag | released | changes | shipped
    v1.0.0 | 2025-10-31T09:00:00Z | 0 | 0
    v1.1.0 | 2025-11-17T04:00:00Z | 4 | 4
    v1.2.0 | 2025-12-03T08:00:00Z | 4 | 4
    v1.3.0 | 2025-12-19T12:00:00Z | 4 | 4
    v1.4.0 | 2026-01-10T10:00:00Z | 2 | 2
    ");
}

#[test]
fn several_repositories_share_the_tables() {
    let env = delivery_env();
    let clone = format!("git clone -q --bare {} ../home/other", small().path().display());
    assert_eq!(env.shell(&clone), "");
    let query = "select repository, count(*) as n from changes group by repository order by n";
    let shown = env.run(&["sql", query, ".", "../home/other"]);
    assert_eq!(shown, "repository\tn\nother\t3\nrepo\t16\n");
}

#[test]
fn nothing_is_written_whatever_the_statement() {
    let env = delivery_env();
    env.run(&["map"]);
    for statement in [
        "drop table changes",
        "insert into releases (tag) values ('v9')",
        "update ledger.events set kind = 'x'",
        "delete from ledger.events",
        "attach 'other.db' as other",
        "pragma ledger.user_version = 9",
        "vacuum into 'copy.db'",
        "with a as (select 1) delete from changes",
        "select writefile('made', 'x')",
        "select load_extension('x')",
    ] {
        let shown = env.run(&["sql", statement]);
        assert!(shown.ends_with("[exit status: 2]\n"), "`{statement}`: {shown}");
    }
    let shown = env.run(&["sql", "select (select count(*) from ledger.events) as events, (select count(*) from changes) as changes"]);
    assert_eq!(shown, "events\tchanges\n1\t16\n");
    assert!(!env.repo().join("other.db").exists() && !env.repo().join("copy.db").exists());
}

#[cfg(not(feature = "query"))]
#[test]
fn without_the_engine_its_flag_says_how_to_get_it() {
    let env = env_with_empty_repository();
    insta::assert_snapshot!(env.run(&["sql", "--engine", "datafusion", "select 1"]), @r"
    ------- stderr -------
    error: this program was built without the query engine
    hint: `cargo build --release --features query` builds one with it
    [exit status: 2]
    ");
}

#[test]
fn a_cluster_goes_with_the_engine_and_with_a_network() {
    let env = env_with_empty_repository();
    let cluster = ["--cluster", "df://127.0.0.1:1", "select 1"];
    insta::assert_snapshot!(env.run(&[&["sql"], &cluster[..]].concat()), @r"
    ------- stderr -------
    error: SQLite has no cluster
    hint: `--cluster` goes with `--engine datafusion`
    [exit status: 2]
    ");
    let args = [&["sql", "--offline", "--engine", "datafusion"], &cluster[..]].concat();
    insta::assert_snapshot!(env.run(&args), @r"
    ------- stderr -------
    error: a cluster cannot be asked with `--offline`
    [exit status: 2]
    ");
}

#[cfg(feature = "query")]
mod engine {
    use tl_testkit::env::TestEnv;

    use crate::env_with_empty_repository;

    const FIRST: &str = r#"<testsuite name="orders" tests="2" failures="1">
      <testcase classname="acme.Orders" name="adds" time="0.5"/>
      <testcase classname="acme.Orders" name="retries" time="1.5">
        <failure type="AssertionError" message="expected 3 answers but was 2"/>
      </testcase>
    </testsuite>"#;

    const SECOND: &str = r#"<testsuite name="orders" tests="2">
      <testcase classname="acme.Orders" name="adds" time="0.5"/>
      <testcase classname="acme.Orders" name="retries" time="1.5"/>
    </testsuite>"#;

    /// A repository whose tests ran on two commits.
    fn recorded() -> TestEnv {
        let env = env_with_empty_repository();
        for (name, report, digit) in [("first.xml", FIRST, "1"), ("second.xml", SECOND, "2")] {
            env.write(name, report);
            let shown = env.run(&["test", "record", name, "--commit", &digit.repeat(40)]);
            assert!(shown.contains("2 results of 2 tests are recorded"), "{shown}");
        }
        env
    }

    fn ask(env: &TestEnv, query: &str) -> String {
        env.run(&["sql", "--engine", "datafusion", query]).replace('\t', " ")
    }

    #[test]
    fn results_of_tests_are_asked_with_their_names_and_reasons() {
        let env = recorded();
        let query = "select t.name, left(c.sha, 3) as sha, r.status, r.ms, s.template from results r \
                     join tests t on t.id = r.test join commits c on c.id = r.commit \
                     left join signatures s on s.id = r.signature order by c.id, t.name";
        insta::assert_snapshot!(ask(&env, query), @r"
        name sha status ms template
        adds 111 0 500 
        retries 111 2 1500 AssertionError: expected # answers but was #
        adds 222 0 500 
        retries 222 0 1500 
        ");
        let state = "select t.name, s.class, s.runs, s.red, s.flips from test_state s \
                     join tests t on t.id = s.test order by t.name";
        insta::assert_snapshot!(ask(&env, state), @r"
        name class runs red flips
        adds new 2 0 0
        retries new 2 1 1
        ");
        let events = "select kind, count(*) as n from events group by kind";
        insta::assert_snapshot!(ask(&env, events), @r"
        kind n
        tests.recorded 2
        ");
    }

    #[test]
    fn an_answer_of_the_engine_is_the_document_that_sqlite_gives() {
        let env = recorded();
        let query = "select count(*) as rows, sum(ms) / 1000.0 as s, true as yes, null as none from results";
        let shown = env.run(&["sql", "--engine", "datafusion", "--json", query]);
        insta::assert_snapshot!(shown, @r#"
        {
          "schema": "sql/v1",
          "columns": [
            "rows",
            "s",
            "yes",
            "none"
          ],
          "rows": [
            [
              4,
              4.0,
              1,
              null
            ]
          ],
          "truncated": false
        }
        "#);
    }

    #[test]
    fn what_the_engine_refuses_is_a_usage_error() {
        let env = recorded();
        for query in ["drop table results", "copy (select 1) to 'out.csv'", "select * from jorneys"]
        {
            let shown = ask(&env, query);
            assert!(shown.contains("error: DataFusion says: "), "{shown}");
            assert!(shown.contains("[exit status: 2]"), "{shown}");
        }
        assert!(!env.repo().join("out.csv").exists());
        let nothing = ask(&env_with_empty_repository(), "select 1");
        assert!(nothing.contains("there is no history of tests here yet"), "{nothing}");
    }

    #[test]
    fn a_cluster_that_is_not_there_is_an_error_and_leaves_nothing_behind() {
        let env = recorded();
        let args = ["sql", "--engine", "datafusion", "--cluster", "df://127.0.0.1:1"];
        let shown = env.run(&[&args[..], &["select count(*) from tests"]].concat());
        assert!(shown.contains("error: the cluster says: "), "{shown}");
        assert!(shown.contains("[exit status: 3]"), "{shown}");
        let queries = env.repo().join(".throughline/lake/queries");
        assert_eq!(queries.read_dir().map_or(0, Iterator::count), 0);
    }
}
