//! How a server is reached: names, certificate, sign-in.
//!
//! In: flags. Out: a [`Door`] and TLS. Start at [`DoorArgs::read`]. **Invariant:** what other machines can
//! reach has a sign-in, and is reached by TLS, here or at a proxy that was named on purpose.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tl_ledger::Ledger;
use tl_policy::access::{Access, Role};
use tl_server::access::oidc::{self, Oidc};
use tl_server::access::{Door, keys};
use tl_server::tls::{self, Tls};
use url::Url;

use crate::config::env::Variables;
use crate::context::Context;
use crate::error::CommandError;

/// How it is reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For other machines than this one")]
pub(crate) struct DoorArgs {
    /// Certificate chain to serve HTTPS with, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy that speaks TLS stands before it, and names the client in `X-Forwarded-For`
    #[arg(long, conflicts_with = "tls_cert")]
    behind_proxy: bool,
    /// Address by which browsers reach it, such as `https://throughline.example.com`; it answers to no
    /// other name then
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// Ask for a sign-in on this machine too
    #[arg(long)]
    sign_in: bool,
    /// A team's own Cedar policies of who may do what, over the roles
    #[arg(long, value_name = "FILE")]
    access_policy: Option<PathBuf>,
}

/// Names of this machine to itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl DoorArgs {
    /// What the flags say together; tokens are looked for in the ledger.
    pub(super) async fn read(
        &self,
        cx: &Context,
        variables: &Variables,
        listen: SocketAddr,
        ledger: &Ledger,
    ) -> Result<(Door, Option<Tls>), CommandError> {
        let is_local = listen.ip().is_loopback();
        let tls = self.tls()?;
        if !is_local && tls.is_none() && !self.behind_proxy {
            return Err(CommandError::usage(format!(
                "`--listen {listen}` is open to the network, and what is said there would not be encrypted"
            ))
            .hint("give it a certificate with `--tls-cert` and `--tls-key`")
            .hint("or `--behind-proxy`, where a proxy that speaks TLS stands before it"));
        }
        let oidc = self.oidc(cx, variables)?;
        let is_closed = !is_local || self.behind_proxy || self.sign_in || oidc.is_some();
        if is_closed
            && oidc.is_none()
            && keys::tokens(ledger).await.map_err(CommandError::environment)?.is_empty()
        {
            return Err(CommandError::usage("nobody could sign in: there is no token").hint(
                "`throughline token create NAME --role admin` makes the first, in the same ledger",
            ));
        }
        let mut hosts = Vec::new();
        if let Some(public) = &self.public_url {
            hosts.extend(public.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()));
        }
        if is_local || self.public_url.is_some() {
            hosts.extend(HERE.map(str::to_owned));
            hosts.push(listen.ip().to_string());
        }
        let public_is_secure = self.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        let is_secure = tls.is_some() || public_is_secure || (self.behind_proxy && !is_local);
        let door = Door {
            is_closed,
            behind_proxy: self.behind_proxy,
            is_secure,
            hosts,
            access: self.access()?,
            oidc,
        };
        Ok((door, tls))
    }

    fn tls(&self) -> Result<Option<Tls>, CommandError> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let tls = tls::configuration(&read(certificate)?, &read(key)?);
        Ok(Some(tls.map_err(CommandError::usage)?))
    }

    /// The provider of the configuration. A repository's own file names none: whoever can write there
    /// would say who comes in.
    fn oidc(&self, cx: &Context, variables: &Variables) -> Result<Option<Oidc>, CommandError> {
        let config = &cx.config().serve.oidc;
        if config.issuer.is_empty() {
            return Ok(None);
        }
        if cx.is_of_repository("serve.oidc") {
            return Err(CommandError::usage("`serve.oidc` is in the repository's own file")
                .hint("name the provider in your own configuration, or in a file for `--config`"));
        }
        let Some(public) = &self.public_url else {
            return Err(CommandError::usage(
                "the provider has to know where browsers come back to",
            )
            .hint("name the server's address with `--public-url`"));
        };
        let back = public.join("/sign-in/oidc/back").map_err(CommandError::usage)?;
        let secret = match config.secret_env.as_str() {
            "" => None,
            name => Some(variables.secret(name).ok_or_else(|| {
                CommandError::usage(format!("the variable `{name}` is not set"))
                    .hint("it holds the secret of `serve.oidc`")
            })?),
        };
        let people = [
            (Role::Viewer, &config.viewers),
            (Role::Member, &config.members),
            (Role::Approver, &config.approvers),
            (Role::Admin, &config.admins),
        ];
        let settings = oidc::Settings {
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            client_secret: secret.map(|secret| secret.trim().to_owned().into()),
            back: back.to_string(),
            label: config.label.clone(),
            people: people.map(|(role, people)| (role, people.clone())).into(),
        };
        Ok(Some(Oidc::new(settings).map_err(CommandError::usage)?))
    }

    fn access(&self) -> Result<Access, CommandError> {
        let Some(path) = &self.access_policy else {
            return Access::new(None).map_err(CommandError::bug);
        };
        let text = String::from_utf8(read(path)?).map_err(CommandError::usage)?;
        Access::new(Some((&path.display().to_string(), &text))).map_err(CommandError::usage)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path)
        .map_err(|source| CommandError::usage(ReadError { path: path.to_owned(), source }))
}

/// A file that a flag names cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read `{path}`")]
struct ReadError {
    path: PathBuf,
    source: std::io::Error,
}
