use super::*;
use crate::fixtures::{events, on_both};

fn cursor(stream: &str, value: &str, at: i64) -> Cursor {
    Cursor {
        source: "github".to_owned(),
        stream: stream.to_owned(),
        value: value.to_owned(),
        at: Timestamp::from_seconds(at),
    }
}

#[test]
fn a_cursor_is_overwritten_listed_and_forgotten() {
    on_both(async |home| {
        let ledger = home.open().await;
        assert_eq!(ledger.cursor_read("github", "pulls").await.unwrap(), None);
        ledger.cursor_write(&cursor("pulls", "page 1", 1)).await.unwrap();
        ledger.cursor_write(&cursor("issues", "", 2)).await.unwrap();
        ledger.cursor_write(&cursor("pulls", "page 2", 3)).await.unwrap();
        let read = ledger.cursor_read("github", "pulls").await.unwrap();
        assert_eq!(read.as_deref(), Some("page 2"));
        assert_eq!(ledger.cursor_read("gitlab", "pulls").await.unwrap(), None);
        let all = [cursor("issues", "", 2), cursor("pulls", "page 2", 3)];
        assert_eq!(ledger.cursors().await.unwrap(), all);
        ledger.cursor_drop("github", "pulls").await.unwrap();
        assert_eq!(ledger.cursors().await.unwrap(), all[..1]);
    });
}

#[test]
fn a_page_and_its_cursor_are_stored_as_one() {
    on_both(async |home| {
        let ledger = home.open().await;
        let page = events("github", 5);
        let appended = ledger.append_with_cursor(&page, &cursor("pulls", "5", 1)).await.unwrap();
        assert_eq!(appended.new, 5);
        // A page of nothing new moves the cursor on too.
        let again = ledger.append_with_cursor(&page, &cursor("pulls", "6", 1)).await.unwrap();
        assert_eq!(again.known, 5);
        ledger.append_with_cursor(&[], &cursor("pulls", "7", 1)).await.unwrap();
        ledger.close().await.unwrap();
        let ledger = home.open().await;
        let read = ledger.cursor_read("github", "pulls").await.unwrap();
        assert_eq!(read.as_deref(), Some("7"));
    });
}

#[test]
fn where_the_cursor_cannot_be_written_the_page_is_not_there_either() {
    on_both(async |home| {
        let ledger = home.open().await;
        ledger.append_with_cursor(&events("github", 2), &cursor("pulls", "2", 1)).await.unwrap();
        ledger.session().await.connection.run("ALTER TABLE cursors RENAME TO away").await.unwrap();
        let page = events("github", 9);
        assert!(ledger.append_with_cursor(&page, &cursor("pulls", "9", 1)).await.is_err());
        ledger.session().await.connection.run("ALTER TABLE away RENAME TO cursors").await.unwrap();
        assert_eq!(ledger.end().await.unwrap().0, 2);
        let read = ledger.cursor_read("github", "pulls").await.unwrap();
        assert_eq!(read.as_deref(), Some("2"));
    });
}
