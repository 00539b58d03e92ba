//! Why a system could not be asked. Messages hold no token and no query; the cause is the source.

use std::path::PathBuf;

use tl_core::record::System;

use super::refused::Refusal;

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be used. It is not repeated: there may be a password in it.
    #[error("the address of the API cannot be used: {why}")]
    Address {
        /// Why.
        why: &'static str,
    },
    /// The token has letters that cannot stand in a header.
    #[error("the token cannot be sent: it has a line end or another control character in it")]
    Token,
    /// The private key of the App cannot be used. Why is not told: the key may be in it.
    #[error("the private key of the App cannot be used: it is no RSA key in PEM")]
    Key,
    /// There is no bundle of certificates on this machine.
    #[error("found no certificates of authorities to trust")]
    NoCertificates,
    /// The bundle cannot be read.
    #[error("failed to read certificates `{path}`")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// TLS could not be set up.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
    /// The HTTP library could not be set up.
    #[error("failed to set up HTTP")]
    Client(#[source] reqwest::Error),
}

impl ConnectError {
    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoCertificates => {
                Some("install the system's `ca-certificates`, or name a PEM file".to_owned())
            }
            Self::Key => Some(
                "give all lines of the file that GitHub gave, from `-----BEGIN` to the end"
                    .to_owned(),
            ),
            Self::Address { .. } => {
                Some("write it like `https://git.example/api`; the token stands apart".to_owned())
            }
            _ => None,
        }
    }
}

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The request or next page has no address.
    #[error("`{path}` is no address at {system}")]
    Address {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
    },
    /// The answer leads to another host, which must not get the token.
    #[error("{system} leads from `{path}` to another address, on host `{host}`; not followed")]
    Elsewhere {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// Where it leads; empty where it does not say.
        host: String,
    },
    /// The App could not sign who it is.
    #[error("failed to sign with the private key of the App for {system}")]
    Unsigned {
        /// Who was to be asked.
        system: System,
        /// Why.
        source: rustls::Error,
    },
    /// The answer about the installation of the App lacks what it is for.
    #[error("{system} answered for the installation of the App without {missing}")]
    Installation {
        /// Who answered.
        system: System,
        /// What is not there, or not of a form that can be sent.
        missing: &'static str,
    },
    /// There was no connection, or it broke before the answer.
    #[error("failed to reach {system} at `{host}`")]
    Unsent {
        /// Who was asked.
        system: System,
        /// Where.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer ended in the middle, at every attempt.
    #[error("the answer of {system} to `{path}` has no end")]
    Cut {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is no JSON, at every attempt.
    #[error("the answer of {system} to `{path}` is no JSON")]
    Json {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The answer is over the limit.
    #[error("the answer of {system} to `{path}` is larger than {limit} bytes")]
    TooLarge {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// The limit, bytes.
        limit: usize,
    },
    /// The system failed at every attempt.
    #[error("{system} fails at `{path}` with status {status}, at every attempt")]
    Failing {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// The last status.
        status: u16,
    },
    /// The system asks for a longer wait than we are allowed.
    #[error("{system} wants us to wait {seconds} s before `{path}`, which is too long")]
    LimitedTooLong {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// How long, seconds.
        seconds: u64,
    },
    /// The list does not end.
    #[error("the list of {system} at `{path}` has more than {pages} pages")]
    Endless {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// How many were read.
        pages: u32,
    },
    /// The system refuses the request.
    #[error("{system} refuses `{path}` with status {status}: {}", refusal.what)]
    Refused {
        /// Who was asked.
        system: System,
        /// What for.
        path: String,
        /// The status.
        status: u16,
        /// What is missing, and the mend.
        refusal: Refusal,
    },
}

impl RequestError {
    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { refusal, .. } => refusal.mend.clone(),
            Self::Unsent { .. } => {
                Some("is the address right, and can this machine reach it?".to_owned())
            }
            Self::Elsewhere { host, .. } if !host.is_empty() => {
                Some(format!("if the API has moved to `{host}`, configure that address"))
            }
            Self::LimitedTooLong { .. } => {
                Some("what was collected is kept; go on later with the same command".to_owned())
            }
            Self::Json { .. } => Some("is the address that of the API?".to_owned()),
            _ => None,
        }
    }

    /// The status with which it was refused, if it was.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Failing { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether this is how systems answer a place in a list that they no longer know.
    pub const fn is_expired_cursor(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 404 | 410 | 422, .. })
    }
}
