//! A lake in a bucket of an S3-compatible server.
//!
//! In: an address such as `s3://bucket/prefix`, and the variables `AWS_*` that the caller has read.
//! Out: objects. Start at [`Objects::open`]. A server has no rename and needs none: an object is there
//! whole or not at all. **Invariants:** keys and endpoints come from the variables and from nowhere
//! else, no file and no service of a cloud is asked for them; and no message shows them.
//!
//! Calls wait for their answer. Requests run on a thread of their own, so that they may be made from
//! within another runtime.

use std::fmt;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, RetryConfig};
use tl_core::time::Timestamp;
use tokio::runtime::Runtime;

use crate::place::{Found, PlaceError, check};

/// Objects below a prefix of a bucket.
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// What keys begin with; empty, or ends with `/`.
    prefix: String,
    /// The address, for messages.
    shown: String,
    work: mpsc::Sender<Work>,
}

/// Something to be done with the runtime.
type Work = Box<dyn FnOnce(&Runtime) + Send>;

/// What is in the place of an object.
pub(crate) enum Got {
    /// The object.
    Whole(Bytes),
    /// One of another size, which was not loaded.
    OtherSize(u64),
    /// None.
    Nothing,
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Not an address of the form `s3://BUCKET/PREFIX`.
    #[error("`{url}` is not an address such as `s3://bucket/prefix`")]
    Address {
        /// The address.
        url: String,
    },
    /// No key to sign requests with.
    #[error(
        "the lake in `{url}` needs the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
         AWS_SKIP_SIGNATURE=true for a server that asks for none"
    )]
    NoKey {
        /// The address.
        url: String,
    },
    /// A variable has a value that cannot be used.
    #[error("the lake in `{url}` cannot be opened with these variables AWS_*")]
    Variables {
        /// The address.
        url: String,
        /// Why.
        source: object_store::Error,
    },
    /// No thread for requests.
    #[error("failed to start the thread for requests to `{url}`")]
    Thread {
        /// The address.
        url: String,
        /// Why.
        source: io::Error,
    },
}

impl Objects {
    /// Opens `s3://bucket/prefix`; asks nothing yet. `variables`: names and values; of them those that
    /// begin with `AWS_` are looked at: the two of the key, and `AWS_SESSION_TOKEN`, `AWS_REGION`,
    /// `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP` and the like.
    ///
    /// # Errors
    /// Another address; no key; a variable that cannot be used.
    pub fn open(
        url: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BucketError> {
        let address = || BucketError::Address { url: url.to_owned() };
        let rest = url.strip_prefix("s3://").ok_or_else(address)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let allowed = |name: &str| {
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._%".contains(&byte))
        };
        let prefix = prefix.trim_end_matches('/');
        let parts = || prefix.split('/').filter(|_| !prefix.is_empty());
        let good_part = |part: &str| !part.is_empty() && !part.starts_with('.') && allowed(part);
        if bucket.is_empty() || !allowed(bucket) || !parts().all(good_part) {
            return Err(address());
        }
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
        let (mut keys, mut unsigned) = (0, false);
        for (name, value) in variables {
            if !name.starts_with("AWS_") || value.is_empty() {
                continue;
            }
            keys += u8::from(name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY");
            unsigned |= name == "AWS_SKIP_SIGNATURE" && value.eq_ignore_ascii_case("true");
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        // Without them requests for keys would go to addresses of clouds.
        if keys < 2 && !unsigned {
            return Err(BucketError::NoKey { url: url.to_owned() });
        }
        let retry = RetryConfig {
            max_retries: 4,
            retry_timeout: Duration::from_secs(60),
            ..RetryConfig::default()
        };
        let store = builder
            .with_bucket_name(bucket)
            .with_retry(retry)
            .build()
            .map_err(|source| BucketError::Variables { url: url.to_owned(), source })?;
        Self::over(Arc::new(store), prefix, url)
    }

    /// The same over any store.
    pub(crate) fn over(
        store: Arc<dyn ObjectStore>,
        prefix: &str,
        url: &str,
    ) -> Result<Self, BucketError> {
        let failed = |source| BucketError::Thread { url: url.to_owned(), source };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (work, todo) = mpsc::channel::<Work>();
        // Ends when the sender is dropped.
        let requests = move || todo.into_iter().for_each(|work| work(&runtime));
        thread::Builder::new().name("lake".to_owned()).spawn(requests).map_err(failed)?;
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { store, prefix, shown: url.to_owned(), work })
    }

    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), PlaceError> {
        let key = self.key(path);
        self.run("write", path, async move |store| store.put(&key, bytes.into()).await.map(|_| ()))
    }

    /// An object, if it has `size` bytes.
    pub(crate) fn get(&self, path: &str, size: u64) -> Result<Got, PlaceError> {
        let key = self.key(path);
        self.run("read", path, async move |store| {
            let found = match store.get(&key).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(Got::Nothing),
                found => found?,
            };
            if found.meta.size != size {
                return Ok(Got::OtherSize(found.meta.size));
            }
            found.bytes().await.map(Got::Whole)
        })
    }

    pub(crate) fn delete(&self, path: &str) -> Result<(), PlaceError> {
        let key = self.key(path);
        self.run("delete", path, async move |store| match store.delete(&key).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            done => done,
        })
    }

    pub(crate) fn list(&self) -> Result<Vec<Found>, PlaceError> {
        let below = self.key("results");
        let prefix = self.prefix.clone();
        self.run("list", "results", async move |store| {
            let mut found = Vec::new();
            let mut objects = store.list(Some(&below));
            while let Some(object) = objects.try_next().await? {
                let path = object.location.as_ref().strip_prefix(prefix.as_str());
                let Some(path) = path.filter(|path| check(path).is_ok()) else { continue };
                let modified = Timestamp::from_millis(object.last_modified.timestamp_millis());
                found.push(Found {
                    path: path.to_owned(),
                    bytes: object.size,
                    modified,
                    torn: false,
                });
            }
            Ok(found)
        })
    }

    fn key(&self, path: &str) -> Path {
        let key = format!("{}{path}", self.prefix);
        // As it is: `from` would write `%` in another way.
        Path::parse(&key).unwrap_or_else(|_| Path::from(key))
    }

    /// Runs a request on the thread and waits for its end.
    fn run<T: Send + 'static, F>(
        &self,
        what: &'static str,
        path: &str,
        request: impl FnOnce(Arc<dyn ObjectStore>) -> F + Send + 'static,
    ) -> Result<T, PlaceError>
    where
        F: Future<Output = Result<T, object_store::Error>>,
    {
        let (answer, answered) = mpsc::channel();
        let store = Arc::clone(&self.store);
        let work: Work = Box::new(move |runtime| {
            // Nobody waits any more: nobody wants to know.
            let _nobody = answer.send(runtime.block_on(request(store)));
        });
        let gone = || io::Error::other("the thread for requests has ended");
        let done = match self.work.send(work) {
            Ok(()) => answered.recv().map_err(|_| gone()),
            Err(_) => Err(gone()),
        };
        let done = done.and_then(|done| done.map_err(io::Error::other));
        done.map_err(|source| PlaceError::Io {
            what,
            path: format!("{}/{path}", self.shown.trim_end_matches('/')),
            source,
        })
    }
}

impl fmt::Debug for Objects {
    /// Without the store, which knows the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.shown).finish()
    }
}

#[cfg(test)]
mod tests;
