//! Whom to trust: certificate authorities of the system or of a file that is named, and the settings of TLS made of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Where systems keep the certificate authorities that they trust, in one file each: Debian, Alpine and Arch; Fedora and RHEL, newer and
/// older; openSUSE; macOS and OpenBSD; FreeBSD.
const SYSTEM_BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The certificates of `file`, or else of the system.
///
/// # Errors
/// A sentence where there are none.
pub(crate) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let file = file_of_authorities(file).ok_or_else(|| {
        let places = SYSTEM_BUNDLES.join(", ");
        format!("the system has no certificate authorities in any of these files: {places}")
    })?;
    let at = |problem: &str| format!("{}: {problem}", file.display());
    let bytes = std::fs::read(&file).map_err(|error| at(&error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|_| at("no certificates in PEM form"))?;
    if certificates.is_empty() {
        return Err(at("no certificates in PEM form"));
    }
    Ok(certificates)
}

/// `file`, or else the system's.
pub(crate) fn file_of_authorities(file: Option<&Path>) -> Option<PathBuf> {
    file.map(Path::to_owned).or_else(|| SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|file| file.is_file()))
}

/// The one implementation of cryptography that is linked.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// TLS 1.2 and 1.3 that trusts these.
///
/// # Errors
/// A sentence where none of the certificates can be used.
pub(crate) fn client(authorities: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let (used, unusable) = roots.add_parsable_certificates(authorities);
    if used == 0 {
        return Err(format!("none of {unusable} certificates can be used"));
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What went wrong with a connection, where that was TLS. `setting` is the one that names whom to trust.
pub(crate) fn describe(error: &std::io::Error, setting: &str) -> Option<String> {
    Some(describe_tls(error.get_ref()?.downcast_ref::<rustls::Error>()?, setting))
}

/// As [`describe`], of the error itself.
pub(crate) fn describe_tls(error: &rustls::Error, setting: &str) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => {
            format!("its certificate is not trusted ({problem}); name its authority in {setting}")
        }
        problem => format!("TLS: {problem}"),
    }
}
