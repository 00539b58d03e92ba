//! Single requests as they are, for libraries that speak a protocol of their own over HTTP.
//!
//! In: a whole request. Out: the whole answer. Start at [`Plain::new`]. **Invariant:** redirects stay on
//! the host, an answer has a bound in time and size, and nothing of ours is added but the name of the
//! program.

use std::path::Path;

use http::{Request, Response};

use crate::client::{ConnectError, quiet};

/// Largest answer, in bytes.
const LIMIT: usize = 1 << 20;

/// A client of one provider.
#[derive(Debug, Clone)]
pub struct Plain {
    http: reqwest::Client,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// It could not be sent, or did not answer in time.
    #[error("no answer")]
    Send(#[from] reqwest::Error),
    /// What came back is no answer of HTTP.
    #[error("no answer of HTTP")]
    Answer(#[from] http::Error),
    /// The answer is too large.
    #[error("the answer has more than {LIMIT} bytes")]
    TooLarge,
}

impl Plain {
    /// A client for the provider at this address; it opens no connection yet. `certificates`: a PEM file
    /// of authorities to trust in place of the system's.
    ///
    /// # Errors
    /// The address is none, or no certificate can be trusted.
    pub fn new(base: &str, certificates: Option<&Path>) -> Result<Self, ConnectError> {
        Ok(Self { http: quiet(base, certificates)?.0 })
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// See [`PlainError`].
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, PlainError> {
        let mut answer = self.http.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LIMIT {
                return Err(PlainError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }
}
