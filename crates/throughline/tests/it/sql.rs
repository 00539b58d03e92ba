//! `throughline sql`.

use crate::{env, env_with_empty_repository};

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
    let shown = env().run(&["sql", "--ledger", "l.db", "select count(*) from ledger.events"]);
    assert_eq!(shown, "count(*)\n0\n");
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
