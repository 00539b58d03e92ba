//! One connection to one system: every request goes through here, with the same patience.
//!
//! In: a [`Request`]. Out: an [`Answer`]: a JSON value with what the headers say about paging.
//! Start at [`Client::send`]; `limit` decides what an answer's status and headers mean, `refused`
//! what a refusal lacks, `auth` and `app` show who we are. **Invariants:** the token is sent to the host of the base address only:
//! redirects and next pages that lead elsewhere are errors. Addresses in errors have no query.
//! No body is larger than the limit, and no wait is silent or longer than the limit.

mod app;
mod auth;
mod error;
mod limit;
mod refused;
mod request;
mod roots;

use std::fmt;
use std::hash::BuildHasher as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::redirect;
use reqwest::{Response, Url};
use serde_json::Value;
use tl_core::record::System;
use tl_core::time::{Millis, Timestamp};

use crate::clock::{Clock, Pause, PauseReason};
pub use app::App;
use app::Installation;
pub use auth::Auth;
use auth::{Identity, Sender};
pub use error::{ConnectError, RequestError};
use limit::Verdict;
use request::Method;
pub use request::{Answer, Request};

/// What one connection is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest time for one answer, from the request to the end of its body.
    pub timeout: Millis,
    /// Largest body, bytes.
    pub body: usize,
    /// Attempts at one request that fails in a way that may pass.
    pub attempts: u32,
    /// Longest wait that a system may ask for; beyond it, the request fails.
    pub wait: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        let minute = 60_000;
        Self {
            timeout: Millis::new(minute),
            body: 64 << 20,
            attempts: 5,
            wait: Millis::new(65 * minute),
        }
    }
}

/// How to reach a system.
pub struct Connection {
    /// Which system, for messages.
    pub system: System,
    /// Address of its API, such as `https://gitlab.example/api/v4`.
    pub base: String,
    /// Who we are.
    pub auth: Auth,
    /// A PEM file with the certificates to trust instead of those of the operating system.
    pub certificates: Option<PathBuf>,
    /// The program's clock.
    pub clock: Arc<dyn Clock>,
    /// What it is allowed.
    pub limits: Limits,
}

/// A connection that requests are sent over, one after the other.
pub struct Client {
    http: reqwest::Client,
    system: System,
    base: Url,
    sender: Sender,
    /// Whose token is sent in place of that of `sender`, where we are a GitHub App.
    installation: Option<Installation>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    headers: HeaderMap,
    /// Until when each quota is used up: that of GraphQL, and that of everything else.
    used_up: Mutex<[Option<Timestamp>; 2]>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.system, self.base)
    }
}

/// How one attempt ended when it did not end well.
enum Trouble {
    /// It will not be better another time.
    Final(Box<RequestError>),
    /// It may: what to say when it never is, and how long the system wants us to wait.
    Passing(Box<RequestError>, String, Option<Millis>),
    /// The system wants fewer requests.
    Limited(Millis, PauseReason),
}

impl Client {
    /// Makes a client. Opens no connection yet.
    pub fn new(connection: Connection) -> Result<Self, ConnectError> {
        let Connection { system, base, auth, certificates, clock, limits } = connection;
        let base = base_address(&base)?;
        let tls = match base.scheme() {
            "https" => roots::tls(certificates.as_deref())?,
            _ => roots::none()?,
        };
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
            .timeout(duration(limits.timeout))
            .connect_timeout(Duration::from_secs(20))
            .redirect(redirect::Policy::custom(same_origin))
            .use_preconfigured_tls(tls);
        if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ConnectError::Client)?;
        let sender = Sender::of(&auth)?;
        let installation = match &auth {
            Auth::App(app) => Some(Installation::new(app)?),
            _ => None,
        };
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let used_up = Mutex::default();
        Ok(Self { http, system, base, sender, installation, clock, limits, headers, used_up })
    }

    /// The same client with a header on every request, such as a version of the API.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Which system it talks to.
    pub const fn system(&self) -> System {
        self.system
    }

    /// Whether it sends a token.
    pub fn has_token(&self) -> bool {
        self.installation.is_some() || self.sender.identity == Identity::Token
    }

    /// The same client for the installation of the App that may read a repository, with quotas of
    /// its own; `None` where there is no App, or its installation is named.
    pub(crate) fn of_installation(&self, repository: &str) -> Option<Self> {
        let installation = Some(self.installation.as_ref()?.at(repository)?);
        let (http, system, base) = (self.http.clone(), self.system, self.base.clone());
        let (sender, headers) = (self.sender.clone(), self.headers.clone());
        let (clock, limits, used_up) = (Arc::clone(&self.clock), self.limits, Mutex::default());
        Some(Self { http, system, base, sender, installation, clock, limits, headers, used_up })
    }

    /// A path beside the base address where that ends in a directory, and below it elsewhere:
    /// `/api/graphql` for `/api/v3/`, `/graphql` for `/`.
    pub(crate) fn beside(&self, directory: &str, path: &str) -> String {
        let base = self.base.path().trim_end_matches('/');
        match base.strip_suffix(directory) {
            Some(above) if above.ends_with('/') => format!("{above}{path}"),
            _ => format!("{base}/{path}"),
        }
    }

    /// What a system says, without our secrets, as one line of bounded length.
    pub(crate) fn said(&self, text: &str) -> String {
        let text = self.sender.clean(text);
        let text = self.installation.as_ref().map_or(text.clone(), |it| it.clean(&text));
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sends a request, waiting for limits and repeating it after failures that may pass.
    pub async fn send(&self, request: &Request) -> Result<Answer, RequestError> {
        let Some(installation) = &self.installation else {
            return self.send_as(request, &self.sender).await;
        };
        let sender = self.installed(installation).await?;
        match self.send_as(request, &sender).await {
            // It expired while we waited, or was revoked.
            Err(err) if err.status() == Some(401) => {
                installation.forget();
                let sender = self.installed(installation).await?;
                self.send_as(request, &sender).await
            }
            answer => answer,
        }
    }

    async fn send_as(&self, request: &Request, sender: &Sender) -> Result<Answer, RequestError> {
        let url = self.address(request, sender)?;
        let mut attempt = 1;
        let mut limited = 0;
        loop {
            self.wait_for_quota(&url).await?;
            let trouble = match self.once(&url, request, sender).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Final(err) => return Err(*err),
                Trouble::Limited(length, reason) => {
                    limited += 1;
                    // A system that says so again and again will not be outwaited.
                    if limited > 8 {
                        return Err(self.too_long(&url, length));
                    }
                    // Where the figure is a guess, repeats show that it was too small.
                    let length = match reason {
                        PauseReason::TooFast if limited > 1 => {
                            let doubled = length.get().saturating_mul(1 << (limited - 1));
                            self.jittered(Millis::new(doubled))
                        }
                        _ => length,
                    };
                    self.pause(&url, length, reason).await?;
                }
                Trouble::Passing(err, failure, asked) => {
                    if attempt >= self.limits.attempts || request.method == Method::Create {
                        return Err(*err);
                    }
                    let backoff = Millis::new(1000 << (attempt - 1).min(6));
                    let length = asked.unwrap_or_else(|| self.jittered(backoff));
                    attempt += 1;
                    let reason = PauseReason::Retry { failure, attempt };
                    self.pause(&url, length, reason).await?;
                }
            }
        }
    }

    /// Sends a request for something that may be gone since it was listed: `None` where it is.
    /// A token that may not see it is an error all the same, where the system says so.
    pub async fn find(&self, request: &Request) -> Result<Option<Value>, RequestError> {
        match self.send(request).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(RequestError::Refused { status: 404 | 410, refusal, .. })
                if refusal.missing.is_none() =>
            {
                Ok(None)
            }
            Err(err) => Err(err),
        }
    }

    /// Sends a request and those for all pages after it, and returns the items of all, in order.
    /// `field` names the list in an answer that is no list itself; empty where it is one.
    ///
    /// For lists that belong to one object, such as the commits of a request. Where a later page
    /// is refused because its cursor expired, the list is read once more from its beginning.
    pub async fn all(&self, request: &Request, field: &str) -> Result<Vec<Value>, RequestError> {
        match self.follow(request, field).await {
            Err((err, page)) if page > 1 && err.is_expired_cursor() => {
                self.follow(request, field).await.map_err(|(err, _)| err)
            }
            all => all.map_err(|(err, _)| err),
        }
    }

    async fn follow(
        &self,
        request: &Request,
        field: &str,
    ) -> Result<Vec<Value>, (RequestError, u32)> {
        const MOST_PAGES: u32 = 500;
        let mut items = Vec::new();
        let mut request = request.clone();
        for page in 1..=MOST_PAGES {
            let mut answer = self.send(&request).await.map_err(|err| (err, page))?;
            items.append(&mut answer.take_items(field));
            match answer.next {
                Some(next) => request = request.at(next),
                None => return Ok(items),
            }
        }
        let path = request.shown_path();
        Err((RequestError::Endless { system: self.system, path, pages: MOST_PAGES }, 1))
    }

    async fn once(&self, url: &Url, request: &Request, sender: &Sender) -> Result<Answer, Trouble> {
        let mut http = match request.method {
            Method::Get => self.http.get(url.clone()),
            Method::Post | Method::Create => self.http.post(url.clone()),
            Method::Patch => self.http.patch(url.clone()),
        };
        if let Some(body) = &request.body {
            let json = HeaderValue::from_static("application/json");
            http = http.header(reqwest::header::CONTENT_TYPE, json).body(body.to_string());
        }
        let mut headers = self.headers.clone();
        headers.extend(sender.headers.clone());
        let etag = request.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok());
        etag.and_then(|etag| headers.insert(IF_NONE_MATCH, etag));
        let response = http.headers(headers).send().await.map_err(|err| self.unsent(url, err))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = self.read(url, response).await?;
        self.judge(url, sender, (status, headers), &text)
    }

    fn judge(
        &self,
        url: &Url,
        sender: &Sender,
        (status, headers): (u16, HeaderMap),
        text: &[u8],
    ) -> Result<Answer, Trouble> {
        let path = url.path().to_owned();
        let system = self.system;
        match limit::judge(status, &headers, text, self.clock.now()) {
            Verdict::Fine { used_up } => {
                self.lock()[quota(url)] = used_up;
            }
            Verdict::Limited { wait, reason } => return Err(Trouble::Limited(wait, reason)),
            Verdict::Passing { wait } => {
                let err = RequestError::Failing { system, path, status };
                return Err(Trouble::Passing(Box::new(err), format!("status {status}"), wait));
            }
            Verdict::Elsewhere { host } => {
                let host = sender.clean(&host);
                return Err(Trouble::Final(Box::new(RequestError::Elsewhere {
                    system,
                    path,
                    host,
                })));
            }
            Verdict::Refused => {
                let refusal = refused::read(sender, status, &headers, text);
                return Err(Trouble::Final(Box::new(RequestError::Refused {
                    system,
                    path,
                    status,
                    refusal,
                })));
            }
        }
        let body = match (status, text) {
            (304, _) | (_, b"") => Value::Null,
            _ => serde_json::from_slice(text).map_err(|source| {
                let err = RequestError::Json { system, path, source };
                Trouble::Passing(Box::new(err), "an answer that is no JSON".to_owned(), None)
            })?,
        };
        Ok(Answer::new(status, &headers, body))
    }

    /// Reads a body to its end or to the limit.
    async fn read(&self, url: &Url, mut response: Response) -> Result<Vec<u8>, Trouble> {
        let limit = self.limits.body;
        let mut text = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if text.len() + chunk.len() <= limit => {
                    text.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let path = url.path().to_owned();
                    let system = self.system;
                    return Err(Trouble::Final(Box::new(RequestError::TooLarge {
                        system,
                        path,
                        limit,
                    })));
                }
                Ok(None) => return Ok(text),
                Err(err) => {
                    let path = url.path().to_owned();
                    let source = err.without_url();
                    let err = RequestError::Cut { system: self.system, path, source };
                    return Err(Trouble::Passing(
                        Box::new(err),
                        "an answer without its end".to_owned(),
                        None,
                    ));
                }
            }
        }
    }

    fn unsent(&self, url: &Url, err: reqwest::Error) -> Trouble {
        let host = url.host_str().unwrap_or_default().to_owned();
        let failure = match &err {
            err if err.is_timeout() => "no answer in time",
            err if err.is_connect() => "no connection",
            _ => "the connection broke",
        };
        let source = err.without_url();
        let err = RequestError::Unsent { system: self.system, host, source };
        Trouble::Passing(Box::new(err), failure.to_owned(), None)
    }

    async fn wait_for_quota(&self, url: &Url) -> Result<(), RequestError> {
        let until = self.lock()[quota(url)].take();
        let Some(until) = until else { return Ok(()) };
        let length = until - self.clock.now();
        if length.get() <= 0 {
            return Ok(());
        }
        self.pause(url, length, PauseReason::RateLimit).await
    }

    async fn pause(
        &self,
        url: &Url,
        length: Millis,
        reason: PauseReason,
    ) -> Result<(), RequestError> {
        if length > self.limits.wait {
            return Err(self.too_long(url, length));
        }
        self.clock.wait(&Pause { length, system: self.system, reason }).await;
        Ok(())
    }

    fn too_long(&self, url: &Url, length: Millis) -> RequestError {
        let seconds = length.get().max(0).unsigned_abs().div_ceil(1000);
        RequestError::LimitedTooLong { system: self.system, path: url.path().to_owned(), seconds }
    }

    /// A length with up to half of it added, so that many clients do not come back at once.
    fn jittered(&self, length: Millis) -> Millis {
        let random = std::hash::RandomState::new().hash_one(length.get()) % 1000;
        let half = length.get() / 2;
        Millis::new(length.get() + half * i64::try_from(random).unwrap_or(0) / 1000)
    }

    /// The address of a request: of a path below the base, or of a next page on the same host.
    fn address(&self, request: &Request, sender: &Sender) -> Result<Url, RequestError> {
        let wrong = |_| RequestError::Address { system: self.system, path: request.shown_path() };
        let mut url = self.base.join(&request.path).map_err(wrong)?;
        if url.origin() != self.base.origin() {
            let host = sender.clean(url.host_str().unwrap_or_default());
            let path = url.path().to_owned();
            return Err(RequestError::Elsewhere { system: self.system, path, host });
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [Option<Timestamp>; 2]> {
        self.used_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client that sends nothing of ours, for a system that wants no token: redirects stay on the host,
/// and an answer is not waited for longer than half a minute. Also its base address.
pub(crate) fn quiet(
    base: &str,
    certificates: Option<&std::path::Path>,
) -> Result<(reqwest::Client, Url), ConnectError> {
    let base = base_address(base)?;
    let tls = match base.scheme() {
        "https" => roots::tls(certificates)?,
        _ => roots::none()?,
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
        .timeout(Duration::from_secs(30))
        .connect_timeout(Duration::from_secs(10))
        .redirect(redirect::Policy::custom(same_origin))
        .use_preconfigured_tls(tls);
    if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        builder = builder.no_proxy();
    }
    Ok((builder.build().map_err(ConnectError::Client)?, base))
}

/// Which of the quotas a request counts against.
fn quota(url: &Url) -> usize {
    usize::from(url.path().ends_with("/graphql"))
}

fn duration(length: Millis) -> Duration {
    Duration::from_millis(length.get().max(0).unsigned_abs())
}

/// Follows redirects on the same host only; the answer that leads elsewhere is handed back.
fn same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let same =
        attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= 5 { attempt.follow() } else { attempt.stop() }
}

fn base_address(text: &str) -> Result<Url, ConnectError> {
    let wrong = |why| ConnectError::Address { why };
    let mut url = Url::parse(text).map_err(|_| wrong("it is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it does not begin with `https://` and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("it has a password or a query in it"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
