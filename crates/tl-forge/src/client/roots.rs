//! Certificates to trust: those in a file of the user's, or those of the operating system.
//!
//! In: a path, or none. Out: the configuration of TLS, by `rustls` with `ring`.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::ConnectError;

/// The configuration of TLS.
pub(super) fn tls(file: Option<&Path>) -> Result<ClientConfig, ConnectError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = file {
        let wrong = |source| ConnectError::Certificates { path: path.to_owned(), source };
        for certificate in CertificateDer::pem_file_iter(path).map_err(wrong)? {
            roots.add_parsable_certificates([certificate.map_err(wrong)?]);
        }
    } else {
        // Bundles hold certificates that cannot be read or are too old; the others still count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(ConnectError::NoCertificates);
    }
    with(roots)
}

/// A configuration that trusts nobody, for a client that only speaks without TLS.
pub(super) fn none() -> Result<ClientConfig, ConnectError> {
    with(RootCertStore::empty())
}

fn with(roots: RootCertStore) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(ConnectError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
