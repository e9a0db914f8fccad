//! TLS for those who put no proxy in front.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsAcceptor;

/// A certificate with its key, ready to accept connections. Clones share it: [`Tls::replace`] acts on all.
#[derive(Clone)]
pub struct Tls {
    acceptor: Arc<RwLock<TlsAcceptor>>,
}

/// Why a certificate or a key does not do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates cannot be read.
    #[error("the certificate is not PEM with one CERTIFICATE or more, the server's own first: {0}")]
    Certificate(String),
    /// The key cannot be read.
    #[error("the key is not PEM with one unencrypted PRIVATE KEY: {0}")]
    Key(String),
    /// They do not go together.
    #[error("certificate and key do not go together: {0}")]
    Pair(String),
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its unencrypted private key, both PEM. TLS 1.2 and
    /// 1.3 are spoken.
    ///
    /// # Errors
    /// When one cannot be read, or they do not go together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| TlsError::Certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(TlsError::Certificate("it holds none".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key(error.to_string()))?;
        // Named, because a client in the same program may bring another one.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Pair(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| TlsError::Pair(error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: Arc::new(RwLock::new(TlsAcceptor::from(Arc::new(config)))) })
    }

    /// Uses the certificate and key of `other` for connections from now on; those that are open keep theirs.
    pub fn replace(&self, other: &Self) {
        let other = other.acceptor();
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = other;
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// TLS towards other servers, which trusts what the system trusts.
///
/// # Errors
/// When the system names nothing to trust.
pub fn outgoing() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_platform_verifier()?.with_no_client_auth())
}
