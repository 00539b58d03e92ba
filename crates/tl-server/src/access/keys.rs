//! Tokens, the key that sessions are signed with, and the one that people's pseudonyms are made with.
//!
//! In: what `throughline token` asks for. Out: a [`Token`], and once its secret text. Start at
//! [`create`] and `KeyStore::find`; pseudonyms are [`people_key`]. They are a pack of the ledger, changed by compare and swap together
//! with their line of the audit log, so that all servers of a ledger know them at once.
//! **Invariants:** of a token only the SHA-256 is kept, which is enough: 256 bits of chance cannot be
//! guessed from it. Secrets are compared in constant time. A token that has ended is as good as none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tl_core::event::Event;
use tl_core::fact::{ServerAudit, kind};
use tl_core::segment::Pack;
use tl_core::time::{Millis, Timestamp};
use tl_ledger::Ledger;
use tl_ledger::lake::{LakeError, Standing, Swap, SwapError};
use tl_policy::access::{Action, Role, Who};
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant};

/// The lake whose only pack this is.
const LAKE: &str = "server";
/// The pack.
const PACK: &str = "keys";
/// The pack with what pseudonyms are made with.
const PEOPLE: &str = "people";
/// Tokens at most.
const MOST: usize = 1_000;
/// How often a change is tried again because somebody else was first.
const ROUNDS: usize = 16;
/// How long what was read is believed; a revoked token may work for so long on another server.
const BELIEVED: Duration = Duration::from_secs(5);

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its public part, in the text of the token too: eight hex digits.
    pub id: String,
    /// What it is for, as whoever made it calls it.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// What it was made for; `None` for all that the role may do.
    pub scope: Option<Vec<Action>>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

/// A token as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    token: Token,
    /// Hex SHA-256 of its secret text.
    sha256: String,
}

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Keys {
    /// Form of this document.
    v: u32,
    tokens: Vec<Kept>,
    /// Hex key of sessions; made when it is first needed.
    session: String,
}

/// What pseudonyms of people are made with.
#[derive(Debug, Serialize, Deserialize)]
struct People {
    /// Form of this document.
    v: u32,
    /// Hex key.
    key: String,
}

/// Why keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] LakeError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Write(#[from] SwapError),
    /// What is kept cannot be understood.
    #[error("the tokens and keys of this ledger cannot be read")]
    Damaged(#[source] serde_json::Error),
    /// What is kept was written by a later program.
    #[error("the tokens and keys of this ledger were written by a later version of throughline")]
    Newer,
    /// There are too many.
    #[error("there are {MOST} tokens already: revoke those that nobody uses")]
    Full,
    /// No such token.
    #[error("there is no token `{0}`")]
    Unknown(String),
    /// Others changed them all the time.
    #[error("others changed the tokens all the time; try again")]
    Busy,
}

impl Token {
    /// Who acts by it.
    pub fn who(&self) -> Who {
        Who { name: format!("token {}", self.name), role: self.role, scope: self.scope.clone() }
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// What a new token is to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// What it is for; `None` for all that the role may do.
    pub scope: Option<Vec<Action>>,
    /// How long it is valid.
    pub valid: Option<Millis>,
}

/// Makes a token; gives it and its text, which is shown once and kept nowhere.
pub async fn create(
    ledger: &Ledger,
    wanted: &Wanted,
    by: &str,
    now: Timestamp,
) -> Result<(Token, String), KeyError> {
    let id = random_hex::<4>();
    let text = format!("tl_{id}_{}", URL_SAFE_NO_PAD.encode(random::<32>()));
    let token = Token {
        id,
        name: wanted.name.clone(),
        role: wanted.role,
        scope: wanted.scope.clone(),
        created: now,
        expires: wanted.valid.map(|valid| now + valid),
    };
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let detail = format!("{} ({}, {})", token.name, token.id, token.role.name());
    change(ledger, by, "token-created", &detail, now, |keys| {
        keys.tokens.retain(|kept| kept.token.is_valid(now));
        if keys.tokens.len() >= MOST {
            return Err(KeyError::Full);
        }
        keys.tokens.push(Kept { token: token.clone(), sha256: sha256.clone() });
        Ok(())
    })
    .await?;
    Ok((token, text))
}

/// Takes a token's validity away.
pub async fn revoke(ledger: &Ledger, id: &str, by: &str, now: Timestamp) -> Result<(), KeyError> {
    change(ledger, by, "token-revoked", id, now, |keys| {
        let before = keys.tokens.len();
        keys.tokens.retain(|kept| kept.token.id != id);
        if keys.tokens.len() == before { Err(KeyError::Unknown(id.to_owned())) } else { Ok(()) }
    })
    .await
}

/// Every token that was not revoked, the oldest first.
pub async fn tokens(ledger: &Ledger) -> Result<Vec<Token>, KeyError> {
    let kept = read(ledger).await?.1.tokens;
    Ok(kept.into_iter().map(|kept| kept.token).collect())
}

/// The key that pseudonyms of people are made with, in hex digits: one for a ledger, whichever server of it
/// asks and whenever; made where there is none.
pub async fn people_key(ledger: &Ledger, now: Timestamp) -> Result<String, KeyError> {
    for _ in 0..ROUNDS {
        let (Standing { generation, .. }, packs) = ledger.packs(LAKE, &[PEOPLE]).await?;
        if let Some(pack) = packs.first() {
            let kept: People = serde_json::from_slice(&pack.value).map_err(KeyError::Damaged)?;
            return if kept.v > 1 { Err(KeyError::Newer) } else { Ok(kept.key) };
        }
        let fresh = People { v: 1, key: random_hex::<32>() };
        let value = serde_json::to_vec(&fresh).map_err(KeyError::Damaged)?;
        let swap = Swap {
            lake: LAKE,
            expected: generation,
            add: &[],
            remove: &[],
            packs: &[Pack { name: PEOPLE.to_owned(), block: 0, value }],
            events: &[],
            at: now,
        };
        match ledger.swap(&swap).await {
            Ok(_) => return Ok(fresh.key),
            // Another server may have been first, or somebody made a token.
            Err(SwapError::Late { .. }) => (),
            Err(err) => return Err(err.into()),
        }
    }
    Err(KeyError::Busy)
}

async fn read(ledger: &Ledger) -> Result<(u64, Keys), KeyError> {
    let (Standing { generation, .. }, packs) = ledger.packs(LAKE, &[PACK]).await?;
    let Some(pack) = packs.first() else { return Ok((generation, Keys::default())) };
    let keys: Keys = serde_json::from_slice(&pack.value).map_err(KeyError::Damaged)?;
    if keys.v > 1 { Err(KeyError::Newer) } else { Ok((generation, keys)) }
}

async fn change(
    ledger: &Ledger,
    by: &str,
    what: &str,
    detail: &str,
    now: Timestamp,
    edit: impl Fn(&mut Keys) -> Result<(), KeyError>,
) -> Result<(), KeyError> {
    for _ in 0..ROUNDS {
        let (generation, mut keys) = read(ledger).await?;
        edit(&mut keys)?;
        keys.v = 1;
        let value = serde_json::to_vec(&keys).map_err(KeyError::Damaged)?;
        let key = format!("{}/{what}/{}", now.as_millis(), random_hex::<8>());
        let told =
            Event::new(kind::SERVER_AUDIT, now, "throughline", &key, &format!("server:{what}"))
                .by(by)
                .with(&ServerAudit {
                    what: what.to_owned(),
                    detail: detail.to_owned(),
                    role: String::new(),
                });
        let swap = Swap {
            lake: LAKE,
            expected: generation,
            add: &[],
            remove: &[],
            packs: &[Pack { name: PACK.to_owned(), block: 0, value }],
            events: std::slice::from_ref(&told),
            at: now,
        };
        match ledger.swap(&swap).await {
            Ok(_) => return Ok(()),
            Err(SwapError::Late { .. }) => (),
            Err(err) => return Err(err.into()),
        }
    }
    Err(KeyError::Busy)
}

/// The keys of a server, as it last read them.
#[derive(Debug, Default)]
pub struct KeyStore(Mutex<Option<(Instant, Keys)>>);

impl KeyStore {
    /// The token with this text, if it is valid.
    pub(crate) async fn find(&self, ledger: &Ledger, text: &str, now: Timestamp) -> Option<Token> {
        let keys = self.keys(ledger).await?;
        let digest = hex(&Sha256::digest(text.as_bytes()));
        let is_it = |kept: &&Kept| digest.as_bytes().ct_eq(kept.sha256.as_bytes()).into();
        let found = keys.tokens.iter().find(is_it).map(|kept| &kept.token);
        found.filter(|token| token.is_valid(now)).cloned()
    }

    /// The token with this id, if it is valid.
    pub(crate) async fn by_id(&self, ledger: &Ledger, id: &str, now: Timestamp) -> Option<Token> {
        let keys = self.keys(ledger).await?;
        let mut tokens = keys.tokens.iter().map(|kept| &kept.token);
        tokens.find(|token| token.id == id && token.is_valid(now)).cloned()
    }

    /// The key of sessions; made where there is none.
    pub(crate) async fn session_key(&self, ledger: &Ledger, now: Timestamp) -> Option<Vec<u8>> {
        let keys = self.keys(ledger).await?;
        if !keys.session.is_empty() {
            return Some(keys.session.into_bytes());
        }
        let fresh = random_hex::<32>();
        let made = change(ledger, "throughline", "session-key-made", "", now, |keys| {
            if keys.session.is_empty() {
                keys.session.clone_from(&fresh);
            }
            Ok(())
        });
        made.await.map_err(|err| tracing::error!(%err, "no session can be made")).ok()?;
        self.forget().await;
        // Another server may have been first.
        Some(self.keys(ledger).await?.session.into_bytes())
    }

    /// Reads again when it is asked next.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }

    async fn keys(&self, ledger: &Ledger) -> Option<Keys> {
        let mut known = self.0.lock().await;
        if let Some((at, keys)) = &*known
            && at.elapsed() < BELIEVED
        {
            return Some(keys.clone());
        }
        match read(ledger).await {
            Ok((_, keys)) => {
                *known = Some((Instant::now(), keys.clone()));
                Some(keys)
            }
            Err(err) => {
                tracing::error!(%err, "tokens cannot be read, and nobody can come in by one");
                None
            }
        }
    }
}

/// Bytes that nobody can guess.
///
/// # Panics
/// The system has no chance to give: nothing that is secret could be made then.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// The same in hex digits, two for a byte.
pub(crate) fn random_hex<const N: usize>() -> String {
    hex(&random::<N>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
