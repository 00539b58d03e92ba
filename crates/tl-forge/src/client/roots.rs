//! Certificates to trust: a file of the user's, or the bundle of the operating system.
//!
//! In: a path, or none. Out: the configuration of TLS, by `rustls` with `ring`.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::ConnectError;

/// Where systems keep their bundle; the first that is there is read.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl@3/cert.pem",
];

/// The configuration of TLS.
pub(super) fn tls(file: Option<&Path>) -> Result<ClientConfig, ConnectError> {
    let bundle = BUNDLES.iter().map(Path::new).find(|path| path.exists());
    let path = file.or(bundle).ok_or(ConnectError::NoCertificates)?;
    let wrong = |source| ConnectError::Certificates { path: path.to_owned(), source };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(wrong)? {
        // Bundles hold certificates that are too old for our library; the others still count.
        roots.add_parsable_certificates([certificate.map_err(wrong)?]);
    }
    if roots.is_empty() {
        return Err(ConnectError::NoCertificates);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(ConnectError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
