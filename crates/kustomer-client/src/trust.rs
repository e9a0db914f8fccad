//! Which certificates of servers are trusted: those that the system trusts or a named authority has signed, and exactly
//! those that were named themselves.
//!
//! `openssl req -x509` makes a self-signed certificate that may sign others. WebPKI accepts it as an authority and refuses
//! it as a server's own (`CaUsedAsEndEntity`), where OpenSSL and curl accept it. A program that names such a certificate
//! wants that.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
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

/// TLS that trusts the certificates of the system, and also these.
///
/// # Errors
/// When one of them is no certificate, or the system has none.
pub(crate) fn trusting(named: Vec<CertificateDer<'static>>) -> Result<ClientConfig, InvalidRequest> {
    let usual = if named.is_empty() {
        Verifier::new(provider()).map_err(setup)?
    } else {
        Verifier::new_with_extra_roots(named.iter().cloned(), provider())
            .map_err(|_| InvalidRequest::RootCertificates)?
    };
    with_verifier(Arc::new(Named { usual, named }))
}

/// TLS that takes any certificate.
///
/// # Errors
/// When the cryptography has no protocol in common with rustls.
pub(crate) fn accepting_any() -> Result<ClientConfig, InvalidRequest> {
    with_verifier(Arc::new(Any(provider())))
}

/// TLS that trusts nobody, for a client that speaks none.
///
/// # Errors
/// When the cryptography has no protocol in common with rustls.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, InvalidRequest> {
    let config =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(setup)?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_verifier(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, InvalidRequest> {
    let config =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(setup)?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn setup(error: Error) -> InvalidRequest {
    InvalidRequest::Setup { reason: error.to_string() }
}

/// Takes any certificate, and still wants the server to hold its key.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, own, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, own, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[derive(Debug)]
struct Named {
    usual: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(own, others, name, ocsp, now) {
            // WebPKI checks the dates before it looks for an authority's mark: they are right.
            Err(error) if is_authority(&error) && self.named.iter().any(|named| named == own) => {
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
        self.usual.verify_tls12_signature(message, own, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, own, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
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
