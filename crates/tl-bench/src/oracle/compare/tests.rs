use std::fs;

use super::*;

const TABLE: &str = "id,at,minutes,note\n1,2023-4-10 6:51:47,5,x\n2,,,y\n";

const CASE: Case = Case {
    name: "test",
    expected: "table.csv",
    only: None,
    key: |row| row.get("id").to_owned(),
    columns: &[Column::time("at"), Column::number("minutes")],
    left_out: &[("id", "names the row"), ("note", "for people")],
    compat: &[],
    ours: |_| Ok(vec![row("1", Some(1_681_109_507_000), "5"), row("2", None, "")]),
};

fn row(key: &str, at: Option<i64>, minutes: &str) -> Row {
    let at = Cell::time(at.map(Timestamp::from_millis));
    Row::new(key, [("at", at), ("minutes", Cell::text(minutes))])
}

fn account(case: &Case) -> Result<Account, OracleError> {
    let directory = tempfile::tempdir().unwrap();
    let plugins = directory.path().join("backend/plugins");
    fs::create_dir_all(&plugins).unwrap();
    fs::write(plugins.join("table.csv"), TABLE).unwrap();
    case.run(&Tables::new(directory.path()))
}

#[test]
fn equal_rows_are_equal_however_dates_are_written() {
    let account = account(&CASE).unwrap();
    assert_eq!(account, Account { rows: 2, equal: 2, differences: Vec::new() });
}

#[test]
fn one_wrong_value_makes_its_row_wrong() {
    let wrong = Case {
        ours: |_| Ok(vec![row("1", Some(1_681_109_508_000), "5"), row("2", None, "0")]),
        ..CASE
    };
    let account = account(&wrong).unwrap();
    assert_eq!((account.rows, account.equal), (2, 0));
    let columns: Vec<&str> = account.differences.iter().map(|one| one.column).collect();
    assert_eq!(columns, ["at", "minutes"]);
}

#[test]
fn a_row_that_one_side_lacks_is_a_difference() {
    let other = Case {
        ours: |_| Ok(vec![row("1", Some(1_681_109_507_000), "5"), row("3", None, "")]),
        ..CASE
    };
    let account = account(&other).unwrap();
    assert_eq!((account.rows, account.equal, account.differences.len()), (3, 1, 2));
}

#[test]
fn a_row_that_comes_twice_is_one_too_many() {
    let twice = Case {
        ours: |_| {
            Ok(vec![row("1", Some(1_681_109_507_000), "5"), row("2", None, ""), row("2", None, "")])
        },
        ..CASE
    };
    let account = account(&twice).unwrap();
    assert_eq!((account.rows, account.equal), (3, 2));
}

#[test]
fn no_column_is_passed_over_in_silence() {
    let silent = Case { left_out: &[("id", "names the row")], ..CASE };
    let problem = account(&silent).unwrap_err();
    assert_eq!(problem.to_string(), "case `test`: nothing is said about the column `note`");
}
