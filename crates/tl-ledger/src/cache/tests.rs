use super::*;
use crate::fixtures::on_both;

fn entry(key: &[u8], value: &[u8]) -> CacheEntry {
    CacheEntry { key: key.to_vec(), value: value.to_vec() }
}

#[test]
fn values_are_overwritten_replaced_and_dropped_by_scope() {
    on_both(async |home| {
        let ledger = home.open().await;
        let large = vec![7; 3_000_000];
        ledger
            .cache_write("a", vec![entry(b"2", b"old"), entry(b"1", &large)], false)
            .await
            .unwrap();
        ledger.cache_write("b", vec![entry(b"1", b"other")], false).await.unwrap();
        ledger.cache_write("a", vec![entry(b"2", b"new")], false).await.unwrap();
        let read = ledger.cache_read("a").await.unwrap();
        assert_eq!(read, [entry(b"1", &large), entry(b"2", b"new")]);

        ledger.cache_write("a", vec![entry(b"3", b"")], true).await.unwrap();
        assert_eq!(ledger.cache_read("a").await.unwrap(), [entry(b"3", b"")]);
        ledger.cache_drop("a").await.unwrap();
        assert_eq!(ledger.cache_read("a").await.unwrap(), []);
        assert_eq!(ledger.cache_read("b").await.unwrap(), [entry(b"1", b"other")]);
    });
}
