//! There was no whole answer.

use std::fmt;
use std::time::Duration;

use super::{FailedCall, InvalidRequest};
#[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
use crate::trust::is_of_authority;

/// There was no whole answer.
///
/// Unless the [`fault`](Self::fault) is [`Invalid`](TransportFault::Invalid) or [`Connect`](TransportFault::Connect), the server may
/// have carried the request out.
///
/// ```no_run
/// use kustomer_client::{Client, TransportFault};
///
/// # async fn example(client: Client) {
/// if let Err(error) = client.users().current().exchange().await {
///     match &error.fault {
///         TransportFault::Timeout { address, timeout } => println!("{address} took longer than {timeout:?}"),
///         _ => println!("{error}"),
///     }
/// }
/// # }
/// ```
#[non_exhaustive]
pub struct TransportError {
    /// None when nothing was sent.
    call: Option<Box<FailedCall>>,
    /// Why.
    pub fault: TransportFault,
}

/// Why there was no whole answer.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TransportFault {
    /// The request cannot be sent; nothing was.
    #[error(transparent)]
    Invalid(InvalidRequest),
    /// No connection came about.
    #[error("cannot connect to {address}: {}; is the server running there?", cause(.source.as_ref()))]
    Connect {
        /// Scheme, host and port.
        address: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No connection came about through the proxy that the environment names.
    #[error(
        "cannot connect to {address} through the proxy {proxy}, which the environment names (http_proxy, https_proxy or \
         all_proxy): {}; add the host to no_proxy to go without it",
        cause(.source.as_ref())
    )]
    Proxy {
        /// Scheme, host and port of the server.
        address: String,
        /// Scheme, host and port of the proxy.
        proxy: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server has a certificate that nobody trusted has signed, or that is not for this host.
    #[error(
        "the certificate of {address} is not trusted: {reason}; add the authority that signed it, or the certificate itself when \
         it is self-signed, to the root certificates"
    )]
    Untrusted {
        /// Scheme, host and port.
        address: String,
        /// The fault of the certificate.
        reason: String,
    },
    /// The URL begins with `https://`, but the server answers without TLS.
    #[error("{address} does not speak TLS: its URL probably begins with http://")]
    NotEncrypted {
        /// Scheme, host and port.
        address: String,
    },
    /// The answer was not there in time.
    #[error("no answer from {address} within {timeout:?}; a longer timeout may help")]
    Timeout {
        /// Scheme, host and port.
        address: String,
        /// How long the call waited.
        timeout: Duration,
    },
    /// A layer of this client refused the attempt, or failed: see [`ClientBuilder::layer`](crate::ClientBuilder#method.layer).
    #[error("a layer of the client ended the exchange with {address}: {}", cause(.source.as_ref()))]
    Layer {
        /// Scheme, host and port.
        address: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The connection broke, or what came over it was not HTTP.
    #[error("the exchange with {address} broke off: {}{}", cause(.source.as_ref()), hint(.address, *.answered))]
    Broken {
        /// Scheme, host and port.
        address: String,
        /// Whether the head of an answer had arrived.
        answered: bool,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TransportFault {
    /// Whether the same call may succeed later.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Proxy { .. } | Self::Timeout { .. } | Self::Broken { .. })
    }
}

/// The innermost cause: the outer ones only say that there was an error.
fn cause(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// A server with TLS closes a connection without it, or sends an answer that is not HTTP.
fn hint(address: &str, answered: bool) -> &'static str {
    let may_be_encrypted = !answered && address.starts_with("http://");
    if may_be_encrypted { "; if the server speaks TLS, its URL begins with https://" } else { "" }
}

/// The fault of a certificate, for people.
#[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
fn distrust(reason: &rustls::CertificateError) -> String {
    match reason {
        rustls::CertificateError::UnknownIssuer => "no trusted authority has signed it".to_owned(),
        rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        rustls::CertificateError::NotValidForName | rustls::CertificateError::NotValidForNameContext { .. } => {
            format!("it is for another host ({reason})")
        }
        other if is_of_authority(other) => {
            "it may sign other certificates (CA:TRUE), which a server's own must not; make it with openssl req -x509 -addext \
             basicConstraints=critical,CA:FALSE, or name it"
                .to_owned()
        }
        // What rustls has no name for it prints for programmers.
        rustls::CertificateError::Other(other) => other.0.to_string(),
        other => other.to_string(),
    }
}

impl TransportError {
    /// Why nothing was received from `address`.
    pub(crate) fn sending(error: reqwest::Error, address: String, proxy: Option<String>, timeout: Duration) -> Self {
        #[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
        if let Some(tls) = tls_error(&error) {
            match tls {
                rustls::Error::InvalidCertificate(reason) => {
                    return TransportFault::Untrusted { address, reason: distrust(reason) }.into();
                }
                rustls::Error::InvalidMessage(_) => return TransportFault::NotEncrypted { address }.into(),
                _ => {}
            }
        }
        // A browser does not say whether it was connected.
        #[cfg(not(target_arch = "wasm32"))]
        let is_unconnected = error.is_connect();
        #[cfg(target_arch = "wasm32")]
        let is_unconnected = false;
        match proxy {
            Some(proxy) if is_unconnected => {
                TransportFault::Proxy { address, proxy, source: Box::new(error.without_url()) }.into()
            }
            None if is_unconnected => TransportFault::Connect { address, source: Box::new(error.without_url()) }.into(),
            _ => Self::receiving(error, address, false, timeout),
        }
    }

    /// Why not everything was received from `address`.
    pub(crate) fn receiving(error: reqwest::Error, address: String, answered: bool, timeout: Duration) -> Self {
        if error.is_timeout() {
            Self::late(address, timeout)
        } else {
            TransportFault::Broken { address, answered, source: Box::new(error.without_url()) }.into()
        }
    }

    /// Nothing was received in time.
    pub(crate) fn late(address: String, timeout: Duration) -> Self {
        TransportFault::Timeout { address, timeout }.into()
    }

    /// The call that failed; `None` when nothing was sent.
    pub fn call(&self) -> Option<&FailedCall> {
        self.call.as_deref()
    }

    /// The same as the end of this call.
    pub(crate) fn of_call(self, failed: FailedCall) -> Self {
        let call = match self.fault {
            TransportFault::Invalid(_) => None,
            _ => Some(Box::new(failed)),
        };
        Self { call, ..self }
    }
}

impl From<TransportFault> for TransportError {
    fn from(fault: TransportFault) -> Self {
        Self { call: None, fault }
    }
}

impl From<InvalidRequest> for TransportError {
    fn from(invalid: InvalidRequest) -> Self {
        TransportFault::Invalid(invalid).into()
    }
}

/// The error of TLS among the causes of one: inside of an I/O error, which does not give it as its source.
#[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.fault)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(call) = &self.call else { return fmt::Display::fmt(&self.fault, formatter) };
        write!(formatter, "{call}: {}", self.fault)?;
        if self.fault.may_pass() { formatter.write_str(&call.often()) } else { Ok(()) }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            TransportFault::Invalid(invalid) => fmt::Debug::fmt(invalid, formatter),
            _ => fmt::Display::fmt(self, formatter),
        }
    }
}

impl fmt::Debug for TransportFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => fmt::Debug::fmt(invalid, formatter),
            other => fmt::Display::fmt(other, formatter),
        }
    }
}
