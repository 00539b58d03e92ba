use std::fs;

use super::*;
use tl_testkit::postgres::database;

use crate::fixtures::{events, on_both, run};

/// What a user sees: the message, its causes, and what to do.
fn told(err: &OpenError) -> String {
    let mut text = err.to_string();
    let mut source = std::error::Error::source(err);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    format!("{text}; hint: {}", err.mend().unwrap_or("none"))
}

async fn refused(path: &Path) -> OpenError {
    Ledger::open(path).await.expect_err("this file is no ledger")
}

#[tokio::test]
async fn a_ledger_keeps_its_events_over_closing_and_dropping() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/er/ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 3)).await.unwrap();
    ledger.close().await.unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "only the file is left");

    let ledger = Ledger::open(&path).await.unwrap();
    assert_eq!(ledger.path(), Some(path.as_path()));
    ledger.append(&events("gitlab", 2)).await.unwrap();
    drop(ledger);
    let ledger = Ledger::open(&path).await.unwrap();
    assert_eq!(ledger.end().await.unwrap().0, 5);
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn who_reads_beside_sees_what_was_acknowledged_and_memory_has_room_for_one() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    ledger.append(&events("github", 3)).await.unwrap();
    let beside = ledger.beside().await.unwrap().unwrap();
    ledger.append(&events("gitlab", 2)).await.unwrap();
    assert_eq!(beside.end().await.unwrap().0, 5);
    beside.close().await.unwrap();
    ledger.check().await.unwrap();
    ledger.close().await.unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "only the file is left");
    assert!(Ledger::in_memory().await.unwrap().beside().await.unwrap().is_none());
}

#[test]
fn a_ledger_opened_again_goes_on_where_it_was() {
    on_both(async |home| {
        for round in 1..4 {
            let ledger = home.open().await;
            ledger.append(&events(&format!("round-{round}"), 2)).await.unwrap();
            assert_eq!(ledger.end().await.unwrap().0, 2 * round);
            ledger.check().await.unwrap();
            ledger.close().await.unwrap();
        }
    });
}

/// A ledger as an older program left it; schema 2 kept the whole event as its document.
async fn make_old(path: &Path, version: usize, history: &[tl_core::event::Event]) {
    let mut old = options(path).create_if_missing(true).connect().await.unwrap();
    for step in &sqlite::MIGRATIONS[..version] {
        sqlx::raw_sql(*step).execute(&mut old).await.unwrap();
    }
    let mark = format!("PRAGMA application_id = 0x7468726c; PRAGMA user_version = {version}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut old).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut old).await.unwrap();
    for event in history {
        sqlx::query("INSERT INTO events (source, key, kind, at, event) VALUES (?, ?, ?, ?, ?)")
            .bind(&event.source)
            .bind(&event.key)
            .bind(&event.kind)
            .bind(event.at.as_millis())
            .bind(serde_json::to_string(event).unwrap())
            .execute(&mut old)
            .await
            .unwrap();
    }
    sqlx::raw_sql("COMMIT").execute(&mut old).await.unwrap();
    old.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_an_older_schema_keeps_its_events_and_takes_new_ones() {
    for version in [2, 3, 4, 5] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        make_old(&path, version, &events("github", 3)).await;
        let ledger = Ledger::open(&path).await.unwrap();
        let appended = ledger.append(&events("github", 5)).await.unwrap();
        assert_eq!((appended.new, appended.known, appended.conflicting), (2, 3, Vec::new()));
        let read = ledger.read(crate::Position::START, "", 10).await.unwrap();
        let read: Vec<_> = read.into_iter().map(|recorded| recorded.event).collect();
        assert_eq!(read, events("github", 5));
        for sql in ["UPDATE events SET kind = 'x.y'", "DELETE FROM events"] {
            assert!(ledger.session().await.connection.execute(sql, &[]).await.is_err(), "{sql}");
        }
        ledger.check().await.unwrap();
    }
}

/// More events than are read at once.
#[tokio::test]
async fn the_names_of_a_large_older_ledger_are_read_by_the_first_who_appends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    make_old(&path, 3, &events("github", 5200)).await;
    let ledger = Ledger::open(&path).await.unwrap();
    let appended = ledger.append(&events("github", 5201)).await.unwrap();
    assert_eq!((appended.new, appended.known), (1, 5200));
    ledger.close().await.unwrap();
    let ledger = Ledger::open(&path).await.unwrap();
    assert_eq!(ledger.append(&events("github", 5201)).await.unwrap().known, 5201);
    ledger.check().await.unwrap();
}

#[tokio::test]
async fn acknowledged_means_synced() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
    let mut session = ledger.session().await;
    let sql = "SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous";
    let get = |row: Row<'_>| Ok((row.text(0)?.to_owned(), row.integer(1)?));
    let (journal, synchronous) = session.connection.first(sql, &[], get).await.unwrap().unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2), "2 is FULL");
}

#[tokio::test]
async fn a_directory_is_not_a_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let err = refused(directory.path()).await;
    assert!(matches!(err, OpenError::IsDirectory { .. }), "{}", told(&err));
}

#[tokio::test]
async fn a_file_in_the_place_of_the_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let err = refused(&file.join("ledger.db")).await;
    let OpenError::Directory { path, .. } = &err else { panic!("{}", told(&err)) };
    assert_eq!(path, &file);
}

#[tokio::test]
async fn a_text_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let text = "these are notes, and not a database. ".repeat(40);
    fs::write(&path, &text).unwrap();
    let err = refused(&path).await;
    let told = told(&err);
    assert!(told.contains(&path.display().to_string()), "{told}");
    assert!(told.contains("file is not a database"), "{told}");
    assert!(told.contains("move the file away"), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let mut other = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    sqlx::query("CREATE TABLE songs (name TEXT)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let err = refused(&path).await;
    assert!(matches!(err, OpenError::Foreign { .. }), "{}", told(&err));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_ledger_of_a_newer_program_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.session().await.connection.run("PRAGMA user_version = 99").await.unwrap();
    ledger.close().await.unwrap();
    let err = refused(&path).await;
    let told = told(&err);
    let known = format!("has version 99; this program reads up to version {SCHEMA_VERSION}");
    assert!(told.contains(&known), "{told}");
    assert!(told.contains("update `throughline`"), "{told}");
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 2000)).await.unwrap();
    ledger.close().await.unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let err = refused(&path).await;
    assert!(
        matches!(err, OpenError::Store { source: StoreError::Corrupted(_), .. }),
        "{}",
        told(&err)
    );
}

#[tokio::test]
async fn damage_inside_the_file_is_found_by_the_check() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    let ledger = Ledger::open(&path).await.unwrap();
    ledger.append(&events("github", 2000)).await.unwrap();
    ledger.close().await.unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 16_384 * 16_384;
    bytes[middle..middle + 16_384].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let ledger = Ledger::open(&path).await.unwrap();
    let err = ledger.check().await.unwrap_err();
    assert!(matches!(err, CheckError::Damaged { .. }), "{err:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_may_not_be_written_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let locked = directory.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        return; // The superuser may write everywhere.
    }
    let err = refused(&locked.join("ledger.db")).await;
    let told = told(&err);
    assert!(told.contains("--ledger none"), "{told}");
}

/// The URL of a database, with a password that no message may show.
fn with_password(url: &str) -> String {
    url.replace("tester@", "tester:hunter2@")
}

#[test]
fn a_server_syncs_what_is_acknowledged_although_its_database_is_set_not_to() {
    let Some(database) = database() else { return };
    run(async {
        let setting = "synchronous_commit";
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        let lax = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit TO off',
                   current_database()); END $$";
        ledger.session().await.connection.run(lax).await.unwrap();
        ledger.close().await.unwrap();
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        let sql = "SELECT current_setting($1)";
        let get = |row: Row<'_>| Ok(row.text(0)?.to_owned());
        let args = [crate::backend::Arg::Text(setting)];
        let set = ledger.session().await.connection.first(sql, &args, get).await.unwrap();
        assert_eq!(set.as_deref(), Some("on"));
    });
}

#[test]
fn a_password_is_never_shown() {
    let Some(database) = database() else { return };
    run(async {
        let ledger = Ledger::open_url(&with_password(database.url())).await.unwrap();
        let name = database.url().split('?').next().unwrap().rsplit('/').next().unwrap();
        let place = ledger.place().to_string();
        assert!(place.starts_with("postgres://tester@"), "{place}");
        assert!(place.ends_with(&format!("/{name}")), "{place}");
        assert!(!format!("{ledger:?}").contains("hunter2"), "{ledger:?}");
    });
    let closed = "postgres://tester:hunter2@127.0.0.1:1/delivery?application_name=hunter2";
    let wrong = "postgres://tester:hunter2@127.0.0.1:port/delivery";
    for url in [closed, wrong, "hunter2"] {
        let err = run(Ledger::open_url(url)).unwrap_err();
        let told = format!("{} {err:?}", told(&err));
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn what_is_wrong_with_a_server_is_said() {
    let err = run(Ledger::open_url("postgres://tester@127.0.0.1:1/delivery")).unwrap_err();
    let told_closed = told(&err);
    assert!(told_closed.contains("`postgres://tester@127.0.0.1:1/delivery`"), "{told_closed}");
    assert!(told_closed.contains("cannot be reached"), "{told_closed}");
    let told_wrong = told(&run(Ledger::open_url("mysql://db.example/delivery")).unwrap_err());
    assert!(told_wrong.contains("postgres://USER@HOST/DATABASE"), "{told_wrong}");
    let Some(database) = database() else { return };
    let missing = database.url().replace("throughline_test_", "nothing_");
    let told_missing = told(&run(Ledger::open_url(&missing)).unwrap_err());
    assert!(told_missing.contains("refuses: "), "{told_missing}");
    assert!(told_missing.contains("does not exist"), "{told_missing}");
}

#[test]
fn another_programs_schema_and_a_newer_ledger_are_refused_and_left_alone() {
    let Some(database) = database() else { return };
    run(async {
        let ledger = Ledger::open_url(database.url()).await.unwrap();
        ledger.session().await.connection.run("UPDATE ledger SET version = 99").await.unwrap();
        let err = Ledger::open_url(database.url()).await.unwrap_err();
        let known = postgres::SCHEMA_VERSION;
        let wanted = format!("has version 99; this program reads up to version {known}");
        assert!(told(&err).contains(&wanted), "{}", told(&err));
        ledger.session().await.connection.run("ALTER TABLE ledger RENAME TO songs").await.unwrap();
        let err = Ledger::open_url(database.url()).await.unwrap_err();
        assert!(matches!(err, OpenError::Foreign { place: Place::Server(_) }), "{}", told(&err));
    });
}

#[test]
fn a_ledger_of_an_older_schema_on_a_server_keeps_its_events_and_takes_new_ones() {
    for version in 1..postgres::MIGRATIONS.len() {
        let Some(database) = database() else { return };
        run(async {
            let server = Server::parse(database.url()).unwrap();
            let mut old = server.connect().await.unwrap();
            let made = "CREATE SCHEMA throughline; CREATE TABLE ledger (version BIGINT NOT NULL)";
            sqlx::raw_sql(made).execute(&mut old).await.unwrap();
            for (step, number) in postgres::MIGRATIONS.iter().zip(1_i64..).take(version) {
                sqlx::raw_sql(*step).execute(&mut old).await.unwrap();
                let mark = sqlx::query("INSERT INTO ledger (version) VALUES ($1)").bind(number);
                mark.execute(&mut old).await.unwrap();
            }
            let history = events("github", 3);
            let written = crate::document::write_all(&history).unwrap();
            postgres::insert_events(&mut old, &history, written).await.unwrap();
            old.close().await.unwrap();
            let ledger = Ledger::open_url(database.url()).await.unwrap();
            let appended = ledger.append(&events("github", 5)).await.unwrap();
            assert_eq!((appended.new, appended.known), (2, 3), "from version {version}");
            assert!(!ledger.has_waiting().await.unwrap());
            ledger.check().await.unwrap();
        });
    }
}
