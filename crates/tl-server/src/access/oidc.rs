//! Sign-in by a provider of OpenID Connect: authorization code with PKCE.
//!
//! In: [`Settings`]. Out: where to send a browser, and who came back. Start at `Oidc::leave` and
//! `Oidc::arrive`. **Invariants:** what the provider says is believed only where its signature, issuer,
//! audience, time and nonce are right; an address of mail counts only where the provider has verified it;
//! whom no pattern of the configuration names has no role, and does not come in.

use std::pin::Pin;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use tl_core::time::{Millis, Timestamp};
use tl_forge::plain::{Plain, PlainError};
use tl_policy::access::{Role, Who};
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant};

/// How long what the provider says of itself is believed; keys change.
const BELIEVED: Duration = Duration::from_secs(600);

/// How long a browser may be away.
pub(crate) const AWAY: Millis = Millis::new(10 * 60_000);

/// A provider, and whom it vouches for.
#[derive(Debug)]
pub struct Settings {
    /// Its address, as it calls itself.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// Our secret, where it gave us one.
    pub client_secret: Option<Secret>,
    /// Where it sends browsers back to: `/sign-in/oidc/back` of the public address.
    pub back: String,
    /// Name of the provider, for people.
    pub label: String,
    /// Who has which role: addresses of mail, or `*@domain`; the strongest that fits counts.
    pub people: Vec<(Role, Vec<String>)>,
}

/// A secret; it never shows itself.
#[derive(Clone)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// See the module.
#[derive(Debug)]
pub struct Oidc {
    settings: Settings,
    http: Http,
    provider: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

/// Our client, as the library asks for one.
#[derive(Debug)]
struct Http(Plain);

impl<'a> AsyncHttpClient<'a> for Http {
    type Error = PlainError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, PlainError>> + Send + 'a>>;

    fn call(&'a self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

/// What a browser carries to the provider and back, signed by us.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Away {
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go in the end.
    pub(crate) to: String,
    until: Timestamp,
}

/// Why somebody did not come in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be reached, or what it says of itself is wrong.
    #[error("the provider cannot be asked: {0}")]
    Provider(String),
    /// What came back does not belong to what was begun here, or came too late.
    #[error("the sign-in was not begun here, or too long ago")]
    State,
    /// The provider refused, or what it said cannot be trusted.
    #[error("the provider's answer is not accepted: {0}")]
    Answer(String),
    /// Nobody whom the configuration names.
    #[error("{0} has no role here")]
    NoRole(String),
}

impl Oidc {
    /// A provider; it is not asked yet.
    ///
    /// # Errors
    /// Its address is none.
    pub fn new(settings: Settings) -> Result<Self, OidcError> {
        let plain = Plain::new(&settings.issuer, None);
        let http = Http(plain.map_err(|err| OidcError::Provider(err.to_string()))?);
        Ok(Self { settings, http, provider: Mutex::default() })
    }

    /// Name of the provider, for people.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Where a browser goes to sign in, and what it carries.
    pub(crate) async fn leave(
        &self,
        to: &str,
        now: Timestamp,
    ) -> Result<(String, Away), OidcError> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let away = Away {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            to: to.to_owned(),
            until: now + AWAY,
        };
        Ok((url.to_string(), away))
    }

    /// Who came back with this code.
    pub(crate) async fn arrive(
        &self,
        away: &Away,
        state: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Who, OidcError> {
        if state != away.state || now >= away.until {
            return Err(OidcError::State);
        }
        let answer = |err: &dyn std::error::Error| OidcError::Answer(err.to_string());
        let client = self.client().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|err| answer(&err))?
            .set_pkce_verifier(PkceCodeVerifier::new(away.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|err| answer(&err))?;
        let id = tokens.id_token().ok_or_else(|| OidcError::Answer("no ID token".to_owned()))?;
        let verifier = client.id_token_verifier();
        let claims =
            id.claims(&verifier, &Nonce::new(away.nonce.clone())).map_err(|err| answer(&err))?;
        if let Some(expected) = claims.access_token_hash() {
            let key = id.signing_key(&verifier).map_err(|err| answer(&err))?;
            let algorithm = id.signing_alg().map_err(|err| answer(&err))?;
            let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if found.map_err(|err| answer(&err))? != *expected {
                return Err(OidcError::Answer("another access token".to_owned()));
            }
        }
        self.who(claims)
    }

    fn who(&self, claims: &CoreIdTokenClaims) -> Result<Who, OidcError> {
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        let email = email.map(|email| email.to_lowercase());
        let email = email.ok_or_else(|| {
            OidcError::Answer("it vouches for no verified address of mail".to_owned())
        })?;
        let role = self
            .settings
            .people
            .iter()
            .filter(|(_, people)| people.iter().any(|pattern| is_meant(pattern, &email)))
            .map(|(role, _)| *role)
            .max();
        match role {
            Some(role) => Ok(Who { name: email, role, scope: None }),
            None => Err(OidcError::NoRole(email)),
        }
    }

    /// A client of the provider as it describes itself.
    async fn client(&self) -> Result<Client, OidcError> {
        let wrong = |err: &dyn std::error::Error| OidcError::Provider(err.to_string());
        let mut known = self.provider.lock().await;
        let metadata = match &*known {
            Some((at, metadata)) if at.elapsed() < BELIEVED => metadata.clone(),
            _ => {
                let issuer = IssuerUrl::new(self.settings.issuer.clone());
                let issuer = issuer.map_err(|err| wrong(&err))?;
                let found = CoreProviderMetadata::discover_async(issuer, &self.http).await;
                let found = found.map_err(|err| wrong(&err))?;
                *known = Some((Instant::now(), found.clone()));
                found
            }
        };
        let back = RedirectUrl::new(self.settings.back.clone()).map_err(|err| wrong(&err))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|Secret(secret)| ClientSecret::new(secret.clone()));
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(back))
    }
}

/// A client whose addresses are those that the provider told.
type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// Whether a pattern is this address, or its domain.
fn is_meant(pattern: &str, email: &str) -> bool {
    match pattern.strip_prefix("*@") {
        Some(domain) => {
            email.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
        }
        None => pattern.eq_ignore_ascii_case(email),
    }
}
