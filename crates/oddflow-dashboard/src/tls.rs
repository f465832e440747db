//! TLS of the listener: a certificate with its key, as PEM files.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::listen::ListenError;
use crate::secret;

/// A certificate and its key, as they were read.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// A hash of both files.
    digest: String,
}

impl Tls {
    /// Of a file with the certificate and those that lead to an authority, and one with the key, both as PEM. TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// [`ListenError::Tls`] where they can't be read, or don't belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, ListenError> {
        let wrong = |file: &Path, what: String| ListenError::Tls { file: file.display().to_string(), what };
        let read = |file: &Path| std::fs::read(file).map_err(|error| wrong(file, error.to_string()));
        let (certificates, keys) = (read(certificate)?, read(key)?);
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(certificate, "there is no certificate in PEM form in it".into()));
        }
        let private = PrivateKeyDer::from_pem_slice(&keys).map_err(|error| wrong(key, error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| wrong(key, error.to_string()))?;
        let digest = secret::digest(&[&certificates, &keys]);
        Ok(Self { config: Arc::new(config), digest })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

/// The same files.
impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Tls {}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is nobody's to read.
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
