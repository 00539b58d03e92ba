use super::*;
use tl_testkit::postgres::database;

use crate::fixtures::{event, events, on_both, run};
use crate::scratch::{Column, ColumnType, Scratch};

const LIMITS: Limits = Limits { rows: 100, time: Duration::from_secs(30) };

const COLUMNS: [Column; 3] = [
    Column { name: "name", kind: ColumnType::Text },
    Column { name: "order", kind: ColumnType::Integer },
    Column { name: "share", kind: ColumnType::Real },
];

fn row(n: i64) -> Vec<SqlValue> {
    let share = if n % 2 == 0 { SqlValue::Null } else { SqlValue::Real(n as f64 / 4.0) };
    vec![SqlValue::Text(format!("j{n}")), SqlValue::Integer(n), share]
}

async fn scratch() -> Scratch {
    let mut scratch = Scratch::open(None).await.unwrap();
    scratch.load("journeys", &COLUMNS, (0..5000).map(row)).await.unwrap();
    scratch
}

#[tokio::test]
async fn loaded_rows_come_back_with_their_types() {
    let mut scratch = scratch().await;
    let sql = r#"SELECT *, x'00ff' FROM journeys WHERE "order" IN (1, 4998) ORDER BY "order""#;
    let rows = scratch.sql(sql, LIMITS).await.unwrap();
    assert_eq!(rows.columns, ["name", "order", "share", "x'00ff'"]);
    let blob = SqlValue::Blob(vec![0, 255]);
    let expected = [1, 4998].map(|n| [row(n), vec![blob.clone()]].concat());
    assert_eq!(rows.rows, expected);
    let counted = scratch.sql("SELECT count(*) FROM journeys", LIMITS).await.unwrap();
    assert_eq!(counted.rows, [[SqlValue::Integer(5000)]]);
}

#[tokio::test]
async fn an_empty_answer_still_names_its_columns() {
    let mut scratch = scratch().await;
    let rows = scratch.sql("select name from journeys where 0;", LIMITS).await.unwrap();
    assert_eq!(
        (rows.columns, rows.rows.len(), rows.truncated),
        (vec!["name".to_owned()], 0, false)
    );
}

#[tokio::test]
async fn more_rows_than_the_limit_are_cut_and_said() {
    let mut scratch = scratch().await;
    let limits = Limits { rows: 3, ..LIMITS };
    let cut = scratch.sql("SELECT name FROM journeys", limits).await.unwrap();
    assert_eq!((cut.rows.len(), cut.truncated), (3, true));
    let whole = scratch.sql("SELECT name FROM journeys LIMIT 3", limits).await.unwrap();
    assert_eq!((whole.rows.len(), whole.truncated), (3, false));
}

#[tokio::test]
async fn a_query_that_never_ends_is_stopped_and_the_next_one_runs() {
    let mut scratch = scratch().await;
    let limits = Limits { rows: 10, time: Duration::from_millis(100) };
    let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)
                   SELECT count(*) FROM n";
    let err = scratch.sql(endless, limits).await.unwrap_err();
    assert!(matches!(err, SqlError::TooSlow { .. }), "{err:?}");
    assert_eq!(scratch.sql("VALUES (1)", LIMITS).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn sqlites_own_message_is_told() {
    let mut scratch = scratch().await;
    let err = scratch.sql("SELECT nam FROM journeys", LIMITS).await.unwrap_err();
    assert_eq!(err.to_string(), "SQLite says: no such column: nam");
    let err = scratch.sql("SELEC 1", LIMITS).await.unwrap_err();
    assert!(matches!(err, SqlError::NotARead { .. }), "{err:?}");
}

#[tokio::test]
async fn nothing_that_writes_gets_through() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("100% #1?.db");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 3)).await.unwrap();
    let mut scratch = Scratch::open(Some(&path)).await.unwrap();
    scratch.load("journeys", &COLUMNS, (0..3).map(row)).await.unwrap();
    for sql in [
        "DELETE FROM journeys",
        "SELECT 1; DELETE FROM journeys",
        "SELECT ';' /* ; */ -- ;\n; DROP TABLE journeys",
        "WITH x AS (SELECT 1) DELETE FROM journeys",
        "WITH x AS (SELECT 1) INSERT INTO ledger.cache SELECT 'a', x'00', x'00'",
        "PRAGMA query_only = OFF",
        "PRAGMA ledger.user_version = 7",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "SELECT load_extension('x')",
        "SELECT 1\0; DROP TABLE journeys",
        "",
        "-- nothing",
    ] {
        assert!(scratch.sql(sql, LIMITS).await.is_err(), "{sql}");
        assert!(ledger.sql(sql, LIMITS).await.is_err(), "{sql}");
    }
    let left = scratch
        .sql("SELECT (SELECT count(*) FROM journeys), (SELECT count(*) FROM ledger.events)", LIMITS)
        .await
        .unwrap();
    assert_eq!(left.rows, [[SqlValue::Integer(3), SqlValue::Integer(3)]]);
    ledger.append(&[event("gitlab", 1)]).await.unwrap();
}

#[tokio::test]
async fn the_ledger_is_read_also_when_nobody_has_it_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    assert!(Scratch::open(Some(&path)).await.is_ok(), "a missing ledger is left out");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 3)).await.unwrap();
    ledger.close().await.unwrap();
    let mut scratch = Scratch::open(Some(&path)).await.unwrap();
    for (sql, rows) in [
        ("SELECT event ->> 'data' FROM ledger.events", 3),
        ("PRAGMA ledger.table_info(events)", 6),
        ("EXPLAIN QUERY PLAN SELECT * FROM ledger.events", 1),
    ] {
        assert_eq!(scratch.sql(sql, LIMITS).await.unwrap().rows.len(), rows, "{sql}");
    }
}

#[tokio::test]
async fn a_ledger_in_memory_answers_and_can_still_be_written() {
    let ledger = Ledger::in_memory().await.unwrap();
    ledger.append(&events("github", 3)).await.unwrap();
    assert_eq!(ledger.sql("SELECT * FROM events", LIMITS).await.unwrap().rows.len(), 3);
    assert!(ledger.sql("WITH x AS (SELECT 1) DELETE FROM cache", LIMITS).await.is_err());
    assert_eq!(ledger.append(&events("gitlab", 3)).await.unwrap().new, 3);
}

#[test]
fn both_databases_answer_alike() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append(&events("github", 5)).await.unwrap();
        let sql = "SELECT count(*), max(position) * 0.5 AS half, min(kind), NULL AS missing,
                          sum(position) AS sum, avg(position) / -8 AS mean
                   FROM events WHERE source = 'github'";
        let rows = ledger.sql(sql, LIMITS).await.unwrap();
        assert_eq!(rows.columns[1..], ["half", rows.columns[2].as_str(), "missing", "sum", "mean"]);
        let row = &rows.rows[0];
        let text = SqlValue::Text("change.merged".to_owned());
        assert_eq!(row[..4], [SqlValue::Integer(5), SqlValue::Real(2.5), text, SqlValue::Null]);
        // The sum of integers may outgrow them, and PostgreSQL counts with that.
        assert!(matches!(row[4], SqlValue::Integer(15) | SqlValue::Real(15.0)), "{row:?}");
        assert_eq!(row[5], SqlValue::Real(-0.375));
        let cut = ledger.sql("SELECT 1 FROM events", Limits { rows: 4, ..LIMITS }).await.unwrap();
        assert!(cut.truncated && cut.rows.len() == 4);
        let err = ledger.sql("SELECT nam FROM events", LIMITS).await.unwrap_err();
        assert!(err.to_string().contains(" says: "), "{err}");
    });
}

#[test]
fn nothing_that_writes_gets_through_to_a_server() {
    let Some(database) = database() else { return };
    run(async {
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        ledger.append(&events("github", 3)).await.unwrap();
        for sql in [
            "DELETE FROM projections",
            "SELECT 1; DELETE FROM projections",
            // A quote that our look at the text takes for an end: two statements for a server.
            r"SELECT E'\''; COMMIT; CREATE TABLE hole (n INTEGER); --'",
            "SELECT $$'$$; CREATE TABLE hole (n INTEGER); --'",
            "WITH x AS (INSERT INTO cursors VALUES ('a', 'b', 'c', 1) RETURNING 1) SELECT * FROM x",
            "SELECT set_config('transaction_read_only', 'off', true)",
            "SELECT * INTO hole FROM events",
            "EXPLAIN ANALYZE INSERT INTO cursors VALUES ('a', 'b', 'c', 1)",
            "SELECT nextval('row_projections_id_seq')",
        ] {
            assert!(ledger.sql(sql, LIMITS).await.is_err(), "{sql}");
        }
        let sql = "SELECT (SELECT count(*) FROM cursors), (SELECT count(*) FROM pg_tables
                   WHERE tablename = 'hole')";
        let left = ledger.sql(sql, LIMITS).await.unwrap();
        assert_eq!(left.rows, [[SqlValue::Integer(0), SqlValue::Integer(0)]]);
    });
}

#[test]
fn a_query_that_never_ends_is_stopped_on_a_server_too() {
    let Some(database) = database() else { return };
    run(async {
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        let limits = Limits { rows: 1, time: Duration::from_millis(50) };
        let err = ledger.sql("SELECT pg_sleep(60)::text", limits).await.unwrap_err();
        assert!(matches!(err, SqlError::TooSlow { .. }), "{err:?}");
        let err = ledger.sql("SELECT now()", LIMITS).await.unwrap_err();
        assert!(err.to_string().contains("`now::text`"), "{err}");
    });
}
