//! TLS: a certificate and its key, from PEM.
//!
//! In: the text of two files. Out: a configuration for the server. Start at [`configuration`].

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};

/// What a server offers.
pub type Tls = Arc<ServerConfig>;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates is no PEM, or holds none.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The file of the key is no PEM, or holds none.
    #[error("the key cannot be read: {0}")]
    Key(String),
    /// They do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used")]
    Pair(#[from] rustls::Error),
}

/// What a server with this chain of certificates, the own one first, and this key offers: TLS 1.2 and
/// 1.3, HTTP/1.1.
///
/// # Errors
/// See [`TlsError`].
pub fn configuration(certificates: &[u8], key: &[u8]) -> Result<Tls, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, pem::Error>>()
        .map_err(|err| TlsError::Certificate(err.to_string()))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate("it holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|err| TlsError::Key(err.to_string()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config = builder
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
