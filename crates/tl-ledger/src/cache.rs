//! The cache: derived data that is cheaper to keep than to derive again, such as what was read
//! from git by sha.
//!
//! In and out: opaque values under a scope and a key. Start at [`Ledger::cache_read`].
//! **Invariant:** dropping a scope, or all of them, loses nothing but time.

use crate::backend::{Arg, Connection, Row};
use crate::store::StoreError;
use crate::{Ledger, Place};

/// One cached value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// Its key, unique in the scope.
    pub key: Vec<u8>,
    /// The value, up to 1 GB.
    pub value: Vec<u8>,
}

/// Why the cache could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("failed to use cache `{scope}` of ledger `{place}`")]
pub struct CacheError {
    /// The ledger.
    pub place: Place,
    /// The part of the cache.
    pub scope: String,
    /// Why.
    pub source: StoreError,
}

impl Ledger {
    /// All entries of a scope, in the order of their keys.
    pub async fn cache_read(&self, scope: &str) -> Result<Vec<CacheEntry>, CacheError> {
        let mut entries = Vec::new();
        let keep = |row: Row<'_>| {
            let (key, value) = (row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec());
            entries.push(CacheEntry { key, value });
            Ok(true)
        };
        let mut session = self.session().await;
        let sql = "SELECT key, value FROM cache WHERE scope = $1 ORDER BY key";
        let read = session.connection.fetch(sql, &[Arg::Text(scope)], keep).await;
        read.map_err(|err| self.uncached(scope, err))?;
        Ok(entries)
    }

    /// Writes entries over those with the same keys, in one transaction. With `replace`, all
    /// other entries of the scope go.
    pub async fn cache_write(
        &self,
        scope: &str,
        entries: Vec<CacheEntry>,
        replace: bool,
    ) -> Result<(), CacheError> {
        let failed = |err| self.uncached(scope, err);
        let mut session = self.session().await;
        session.begin().await.map_err(failed)?;
        let done = write(&mut session.connection, scope, &entries, replace).await;
        session.finish(done).await.map_err(failed)
    }

    /// Removes all entries of a scope.
    pub async fn cache_drop(&self, scope: &str) -> Result<(), CacheError> {
        self.cache_write(scope, Vec::new(), true).await
    }

    fn uncached(&self, scope: &str, err: sqlx::Error) -> CacheError {
        CacheError { place: self.place.clone(), scope: scope.to_owned(), source: err.into() }
    }
}

async fn write(
    connection: &mut Connection,
    scope: &str,
    entries: &[CacheEntry],
    replace: bool,
) -> Result<(), sqlx::Error> {
    if replace {
        let sql = "DELETE FROM cache WHERE scope = $1";
        connection.execute(sql, &[Arg::Text(scope)]).await?;
    }
    for CacheEntry { key, value } in entries {
        let sql = "INSERT INTO cache (scope, key, value) VALUES ($1, $2, $3)
                   ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value";
        let args = [Arg::Text(scope), Arg::Bytes(key), Arg::Bytes(value)];
        connection.execute(sql, &args).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
