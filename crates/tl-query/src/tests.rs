//! What a person gets who asks: rows, refusals, limits; and the same from a cluster.

#[cfg(feature = "cluster")]
mod cluster;
mod lakes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use tl_core::event::Event;
use tl_core::time::Timestamp;
use tl_lake::rows::Row;

use crate::answer::{Answer, AskError, Cell, Limits, ask, named_tables};
use crate::session::{Lake, SessionError, config, session, with_config};
use crate::tables::{
    CommitRow, NAMES, RunRow, SignatureRow, StateRow, Tables, TestRow, VariantRow,
};
use lakes::{Generated, lake_of, scanned};

pub(super) const MEMORY: usize = 256 << 20;
pub(super) const LIMITS: Limits = Limits { rows: 100_000, time: Duration::from_secs(60) };

/// A row of each table, and two of the tests.
pub(super) fn tables() -> Tables {
    let at = Timestamp::from_seconds(1_790_000_000);
    let test = |id: u32, name: &str| TestRow {
        id,
        key: format!("{id:024x}"),
        title: format!("suite > {name}"),
        class: "suite".to_owned(),
        name: name.to_owned(),
        file: String::new(),
    };
    let mut event = Event::new("tests.recorded", at, "throughline", "run/1", "tests:@c0ffee");
    event.data = serde_json::json!({ "cases": 2 });
    Tables {
        tests: vec![test(0, "adds"), test(1, "divides")],
        commits: vec![CommitRow { id: 0, sha: "c0ffee".to_owned(), first_run: at }],
        variants: vec![VariantRow { id: 0, variant: String::new() }],
        runs: vec![RunRow {
            id: 0,
            commit: 0,
            variant: 0,
            at,
            attempt: 1,
            job: "unit".to_owned(),
            shard: String::new(),
            build: "7".to_owned(),
            change: "acme/api#12".to_owned(),
            author: "ana".to_owned(),
            complete: true,
            selected: false,
            cases: 2,
            red: 1,
            ms: 30,
        }],
        signatures: vec![SignatureRow {
            id: 1,
            signature: "00000000000000ab".to_owned(),
            infra: String::new(),
            template: "expected # but was #".to_owned(),
        }],
        test_state: vec![StateRow {
            test: 1,
            variant: 0,
            class: "flaky".to_owned(),
            first: at,
            last: at,
            runs: 5,
            red: 2,
            flips: 3,
            clean: 0,
            divergent: 1,
            infra: 0,
            lately: Some(0.25),
        }],
        events: vec![event],
    }
}

/// All tables: each is read by one test or another.
pub(super) fn named() -> BTreeSet<String> {
    NAMES.map(str::to_owned).into()
}

fn empty_lake() -> Lake {
    Lake { root: PathBuf::from("/"), segments: Vec::new() }
}

fn run<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime starts");
    runtime.block_on(future)
}

fn without_lake() -> SessionContext {
    session(&empty_lake(), &tables(), &named(), MEMORY).expect("tables of a lake without segments")
}

fn asked(statement: &str) -> Result<Answer, AskError> {
    run(ask(&without_lake(), statement, LIMITS))
}

/// Rows as text, one a line, values apart by a blank.
pub(super) fn text(answer: &Answer) -> String {
    let word = |cell: &Cell| match cell {
        Cell::Null => "null".to_owned(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => format!("{number:.4}"),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => format!("{bytes:?}"),
    };
    let line = |row: &Vec<Cell>| row.iter().map(word).collect::<Vec<_>>().join(" ");
    answer.rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_table_can_be_asked_and_joined() {
    for name in NAMES {
        let answer = asked(&format!("select count(*) from {name}")).expect("a table");
        let rows = if name == "tests" {
            "2"
        } else if name == "results" {
            "0"
        } else {
            "1"
        };
        assert_eq!(text(&answer), rows, "{name}");
    }
    let joined = asked(
        "select t.title, s.class, s.lately, s.last from test_state s join tests t on t.id = s.test",
    );
    assert_eq!(text(&joined.expect("a join")), "suite > divides flaky 0.2500 2026-09-21T14:13:20Z");
    let event = asked("select kind, subject, actor, data from events").expect("an event");
    assert_eq!(text(&event), "tests.recorded tests:@c0ffee null {\"cases\":2}");
    assert_eq!(asked("show tables").expect("a list").rows.len(), 8 + 7);
}

#[test]
fn executions_without_instant_or_status_and_skipped_ones_count_nothing() {
    let answer = asked(
        "select flip_stats(column1, column2) as all, \
         flip_stats(column1, column2) filter (where column1 < 5) as some \
         from (values (1, 0), (2, null), (3, 1), (4, 2), (null, 0), (6, 0), (7, 4))",
    );
    assert_eq!(
        text(&answer.expect("an aggregate")),
        "{runs: 4, red: 2, flips: 3, rate: 1.0, exact: true} \
         {runs: 2, red: 1, flips: 1, rate: 1.0, exact: true}"
    );
    let none = asked("select flip_stats(id, 1) is null from tests").expect("only skipped ones");
    assert_eq!(text(&none), "true");
}

#[test]
fn values_of_each_type_are_told_apart_from_nothing() {
    let answer = asked(
        "select null, column1, column2, column3, column4, arrow_cast('x', 'Dictionary(Int32, Utf8)') \
         from (values (1, 0.5, true, 'a'), (null, null, null, null))",
    );
    assert_eq!(
        text(&answer.expect("two rows")),
        "null 1 0.5000 true a x\nnull null null null null x"
    );
}

#[test]
fn parts_of_the_answer_are_columns() {
    let answer = asked(
        "select f['flips'], f['rate'] from \
         (select flip_stats(column1, column2) as f from (values (1, 0), (2, 3), (3, 3)))",
    );
    assert_eq!(text(&answer.expect("fields")), "1 0.5000");
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    for call in [
        "flip_stats(id)",
        "flip_stats(name, id)",
        "flip_stats(id, 0.5)",
        "flip_stats(distinct id, 0)",
    ] {
        let refused = asked(&format!("select {call} from tests"));
        assert!(matches!(refused, Err(AskError::Refused { .. })), "{call}: {refused:?}");
    }
}

#[test]
fn nothing_that_writes_sets_or_defines_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("out.parquet");
    let target = target.display();
    let statements = [
        "create table t as select 1".to_owned(),
        "create view v as select 1".to_owned(),
        format!("create external table t stored as parquet location '{target}'"),
        "drop table tests".to_owned(),
        "insert into tests select * from tests".to_owned(),
        "delete from tests".to_owned(),
        "update tests set name = 'x'".to_owned(),
        format!("copy (select 1) to '{target}'"),
        format!("explain analyze copy (select 1) to '{target}'"),
        "explain analyze insert into tests select * from tests".to_owned(),
        "set datafusion.execution.batch_size = 1".to_owned(),
        "prepare p as select 1".to_owned(),
        "begin".to_owned(),
    ];
    let session = without_lake();
    for statement in &statements {
        let refused = run(ask(&session, statement, LIMITS));
        assert!(matches!(refused, Err(AskError::Refused { .. })), "{statement}: {refused:?}");
    }
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 0);
    assert_eq!(text(&run(ask(&session, "select count(*) from tests", LIMITS)).expect("rows")), "2");
}

#[test]
fn files_that_no_table_is_made_of_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret.csv");
    std::fs::write(&file, "a\n1\n").expect("a file");
    let path = file.display();
    for statement in [
        format!("select * from '{path}'"),
        format!("select * from read_csv('{path}')"),
        format!("select * from parquet_metadata('{path}')"),
    ] {
        let refused = asked(&statement);
        assert!(matches!(refused, Err(AskError::Refused { .. })), "{statement}: {refused:?}");
    }
}

#[test]
fn one_statement_is_asked_at_a_time() {
    for (statements, count) in
        [("", 0), ("select 1; select 2", 2), ("select 1; drop table tests", 2)]
    {
        let refused = asked(statements);
        assert!(matches!(refused, Err(AskError::Statements { count: found }) if found == count));
    }
    assert_eq!(text(&asked("select ';' as a;").expect("one statement")), ";");
}

#[test]
fn a_query_ends_at_its_limits() {
    let session = without_lake();
    let long = "select count(*) from generate_series(1, 4000000000) a where a.value % 7 = 3";
    let time = Duration::from_millis(200);
    let slow = run(ask(&session, long, Limits { time, ..LIMITS }));
    assert!(matches!(slow, Err(AskError::TooSlow { .. })), "{slow:?}");
    let large = "select array_agg(a.value) from generate_series(1, 50000000) a";
    let small =
        super::session::session(&empty_lake(), &tables(), &named(), 1 << 20).expect("a session");
    let large = run(ask(&small, large, LIMITS));
    assert!(matches!(large, Err(AskError::Memory(_))), "{large:?}");
    let many = "select * from generate_series(1, 100000)";
    let many = run(ask(&session, many, Limits { rows: 10, ..LIMITS })).expect("rows");
    assert_eq!((many.rows.len(), many.truncated), (10, true));
    let all =
        run(ask(&session, "select * from tests", Limits { rows: 2, ..LIMITS })).expect("rows");
    assert_eq!((all.rows.len(), all.truncated), (2, false));
}

#[test]
fn tables_that_a_statement_names_are_known_before_it_is_asked() {
    let named = named_tables(
        "with t as (select * from results) select * from t join TESTS on id = test where exists \
         (select 1 from runs)",
    );
    let named: Vec<String> = named.expect("a statement").into_iter().collect();
    assert_eq!(named, ["results", "runs", "tests"]);
    assert!(named_tables("select (").is_err());
}

#[test]
fn a_segment_that_is_not_as_the_ledger_says_is_an_error_and_not_fewer_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [Row { test: 1, at: 5, status: 2, ..Row::default() }];
    let mut lake = lake_of(folder.path(), &[(0, rows.to_vec())]);
    assert!(session(&lake, &tables(), &named(), MEMORY).is_ok());
    let (path, sound) = (folder.path().join(&lake.segments[0].path), lake.segments.clone());
    lake.segments[0].bytes += 1;
    let of_other_size = session(&lake, &tables(), &named(), MEMORY);
    assert!(matches!(of_other_size, Err(SessionError::Segment(_))));
    assert!(session(&lake, &tables(), &BTreeSet::new(), MEMORY).is_ok(), "nobody reads it");
    lake.segments = sound;
    let mut bytes = std::fs::read(&path).expect("the file");
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).expect("one bit differs");
    assert!(matches!(session(&lake, &tables(), &named(), MEMORY), Err(SessionError::Segment(_))));
    std::fs::remove_file(&path).expect("the file is gone");
    assert!(matches!(session(&lake, &tables(), &named(), MEMORY), Err(SessionError::Segment(_))));
}

#[test]
fn a_lake_may_lie_in_a_folder_with_signs_of_patterns_in_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("a [b] *? %41 #x");
    let rows = [Row { test: 1, at: 5, status: 2, ..Row::default() }];
    let lake = lake_of(&odd, &[(0, rows.to_vec())]);
    let session = session(&lake, &tables(), &named(), MEMORY).expect("a session");
    let answer = run(ask(&session, "select test, at, status from results", LIMITS));
    assert_eq!(text(&answer.expect("rows")), "1 1970-01-01T00:00:00.005Z 2");
}

/// The queries of `docs/test-sql.md`.
const MANUAL: &str = include_str!("../../../docs/test-sql.md");

#[test]
fn the_queries_of_the_manual_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |run: u32, status: u8, attempt: u8| Row {
        test: 1,
        at: i64::from(run) * 86_400_000,
        status,
        attempt,
        ms: 60_000 * (1 + run / 30),
        signature: u32::from(status == 2),
        ..Row::default()
    };
    let rows: Vec<Row> = (0..60)
        .flat_map(|run| {
            if run % 7 == 3 { vec![row(run, 2, 1), row(run, 0, 2)] } else { vec![row(run, 0, 1)] }
        })
        .collect();
    let lake = lake_of(folder.path(), &[(1, rows)]);
    let session = session(&lake, &tables(), &named(), MEMORY).expect("a session");
    let queries = MANUAL.split("```sql\n").skip(1).map(|rest| rest.split("```").next());
    let answers: Vec<String> = queries
        .flatten()
        .map(|query| {
            text(
                &run(ask(&session, query, LIMITS)).unwrap_or_else(|err| panic!("{query}: {err:?}")),
            )
        })
        .collect();
    assert_eq!(
        answers,
        [
            "suite > divides 69 18 0.2650",
            "expected # but was # 9 1 1970-01-04T00:00:00Z",
            "unit 14.0000",
            "suite > divides 60000.0000 120000.0000",
        ]
    );
}

pub(super) const FLIPS: &str = "select test, variant, f['runs'], f['red'], f['flips'], f['exact'] \
     from (select test, variant, flip_stats(at, status) as f from results group by test, variant) \
     where f is not null order by test, variant";

#[test]
fn rows_whose_flips_are_a_guess_are_counted() {
    // Two files of one test whose instants lie between one another, which the lake never has.
    let row = |at: i64, status: u8| Row { test: 1, at, status, ..Row::default() };
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<(u8, Vec<Row>)> =
        (0..8).map(|file| (0, vec![row(file, 2), row(100 - file, 0)])).collect();
    let lake = lake_of(folder.path(), &files);
    let session = session(&lake, &tables(), &named(), MEMORY).expect("a session");
    let answer = run(ask(&session, "select flip_stats(at, status) from results", LIMITS));
    let answer = answer.expect("an answer");
    assert_eq!((answer.rows.len(), answer.guessed), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// On any lake as it is written, SQL says what one pass over the rows says, exactly.
    #[test]
    fn flips_by_sql_are_those_of_a_direct_scan(
        generated in Generated::any(),
        stretches in 1_usize..9,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = lake_of(folder.path(), &generated.files);
        let config = config().with_target_partitions(stretches);
        let session = with_config(config, &lake, &Tables::default(), &named(), MEMORY).expect("a session");
        let answer = run(ask(&session, FLIPS, LIMITS)).expect("an answer");
        prop_assert_eq!(text(&answer), scanned(&lake));
        prop_assert!(answer.rows.iter().all(|row| row[5] == Cell::Flag(true)));
    }
}
