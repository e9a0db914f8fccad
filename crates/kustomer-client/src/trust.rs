//! Which certificates of servers are trusted: those that the system trusts or a named authority has signed, and exactly
//! those that were named themselves.
//!
//! `openssl req -x509` makes a self-signed certificate that may sign others. WebPKI accepts it as an authority and refuses
//! it as a server's own (`CaUsedAsEndEntity`), where OpenSSL and curl accept it. A program that names such a certificate
//! wants that.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::error::InvalidRequest;

/// The certificates in a PEM text, at least one.
///
/// # Errors
/// When there is none, or one that cannot be read.
pub(crate) fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidRequest> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|found| !found.is_empty()).ok_or(InvalidRequest::RootCertificates)
}

/// The cryptography: the program's own default, or the provider that the features of this crate name.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| {
        #[cfg(feature = "rustls-aws-lc-rs")]
        return Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        #[cfg(not(feature = "rustls-aws-lc-rs"))]
        return Arc::new(rustls::crypto::ring::default_provider());
    })
}

/// TLS that trusts what the system trusts and, beside that, these certificates. What the system trusts takes milliseconds to read: a
/// client that speaks plain HTTP reads it with the first certificate that it is shown all the same, if ever.
///
/// # Errors
/// When one of them is no certificate, or the system has none and the client is to speak TLS.
pub(crate) fn trusting(
    named: Vec<CertificateDer<'static>>,
    is_encrypted: bool,
) -> Result<ClientConfig, InvalidRequest> {
    let is_named = !named.is_empty();
    let known = Known { usual: OnceLock::new(), named };
    let provider = provider();
    if is_encrypted || is_named {
        let failed = |error| if is_named { InvalidRequest::RootCertificates } else { setup(error) };
        known.usual(&provider).map_err(failed)?;
    }
    with_verifier(Certificates { provider, trusted: Trusted::Known(known) })
}

/// TLS that takes any certificate.
///
/// # Errors
/// When the cryptography has no protocol in common with rustls.
pub(crate) fn accepting_any() -> Result<ClientConfig, InvalidRequest> {
    with_verifier(Certificates { provider: provider(), trusted: Trusted::Any })
}

fn with_verifier(verifier: Certificates) -> Result<ClientConfig, InvalidRequest> {
    let config = ClientConfig::builder_with_provider(Arc::clone(&verifier.provider));
    let config = config.with_safe_default_protocol_versions().map_err(setup)?;
    let mut config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    // What the server may choose from, the best first.
    #[cfg(feature = "http2")]
    config.alpn_protocols.push(b"h2".to_vec());
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

fn setup(error: Error) -> InvalidRequest {
    InvalidRequest::Setup { reason: error.to_string() }
}

/// Which certificates are taken. Whichever it is, the server has to hold its key.
#[derive(Debug)]
struct Certificates {
    provider: Arc<CryptoProvider>,
    trusted: Trusted,
}

#[derive(Debug)]
enum Trusted {
    Any,
    Known(Known),
}

/// The certificates of the system, and the named ones.
#[derive(Debug)]
struct Known {
    /// Once it is read.
    usual: OnceLock<Result<Verifier, Error>>,
    named: Vec<CertificateDer<'static>>,
}

impl Known {
    fn usual(&self, provider: &Arc<CryptoProvider>) -> Result<&Verifier, Error> {
        let read = || match self.named.as_slice() {
            [] => Verifier::new(Arc::clone(provider)),
            named => Verifier::new_with_extra_roots(named.iter().cloned(), Arc::clone(provider)),
        };
        self.usual.get_or_init(read).as_ref().map_err(Error::clone)
    }
}

impl ServerCertVerifier for Certificates {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let known = match &self.trusted {
            Trusted::Any => return Ok(ServerCertVerified::assertion()),
            Trusted::Known(known) => known,
        };
        match known.usual(&self.provider)?.verify_server_cert(own, others, name, ocsp, now) {
            // WebPKI checks the dates before it looks for an authority's mark: they are right.
            Err(error) if is_authority(&error) && known.named.iter().any(|named| named == own) => {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, own, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, own, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn is_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(reason) if is_of_authority(reason))
}

/// Whether a server's own certificate was refused because it may sign others.
pub(crate) fn is_of_authority(reason: &CertificateError) -> bool {
    let CertificateError::Other(other) = reason else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}
