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
