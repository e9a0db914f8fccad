//! Which certificates of servers are trusted: those that the system trusts or a named authority has signed, and exactly those
//! that were named themselves.
//!
//! `openssl req -x509` makes a self-signed certificate that may sign others. WebPKI accepts it as an authority and refuses it
//! as a server's own (`CaUsedAsEndEntity`), where OpenSSL and curl accept it. Whoever names such a certificate means it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
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

/// TLS that trusts these certificates beside those of the system.
///
/// # Errors
/// When one of them is no certificate.
pub(crate) fn trusting(named: Vec<CertificateDer<'static>>) -> Result<ClientConfig, InvalidRequest> {
    let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let usual = Verifier::new_with_extra_roots(named.iter().cloned(), Arc::clone(&provider))
        .map_err(|_| InvalidRequest::RootCertificates)?;
    let verifier = Arc::new(Named { usual, named });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| InvalidRequest::Setup { reason: error.to_string() })?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
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
