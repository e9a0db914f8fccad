//! A client or a request that cannot be.

use std::fmt;

use kustomer_api::custom::CustomError;

/// A client or a request that cannot be.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// Neither a base URL nor an org was given.
    #[error("the client needs a base_url (like http://127.0.0.1:8080) or an org")]
    NoServer,
    /// The base URL is not one.
    #[error("the base URL {url:?} cannot be used: {reason}")]
    BaseUrl {
        /// As given.
        url: String,
        /// The fault.
        reason: String,
    },
    /// The org cannot be part of a host name.
    #[error("the org {org:?} cannot be part of a host name: it takes letters, digits and hyphens")]
    Org {
        /// As given.
        org: String,
    },
    /// A variable of the environment is missing or wrong.
    #[error("{variable} cannot be used: {reason}")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// The fault, or what to do.
        reason: String,
    },
    /// The proxy is none.
    #[error("the proxy {url:?} is no URL like http://proxy.acme.example:3128")]
    Proxy {
        /// As given, without credentials.
        url: String,
    },
    /// The token cannot be in a header.
    #[error("the token cannot be in a header: it must not hold control characters or line breaks")]
    Token,
    /// A header cannot be sent.
    #[error("the header {name:?} cannot be sent: its name or value holds characters that headers do not take")]
    Header {
        /// The header's name.
        name: String,
    },
    /// A value cannot be in the path.
    #[error("the path value {value:?} of {operation} names nothing")]
    Path {
        /// The operation's upstream name.
        operation: &'static str,
        /// As given.
        value: String,
    },
    /// A path leads to another server, where the token must not go, or out of the API.
    #[error(
        "{path:?} leads to another server or out of the API: give a path such as /customers, or a link that the server answered"
    )]
    Elsewhere {
        /// As given.
        path: String,
    },
    /// A read stores nothing, so that there is nothing to validate.
    #[error("{operation} is a read: only a write can be validated without storing it")]
    ValidatedRead {
        /// The operation's upstream name.
        operation: &'static str,
    },
    /// The body cannot be written as JSON.
    #[error("the body of {operation} cannot be written as JSON: {reason}")]
    Body {
        /// The operation's upstream name.
        operation: &'static str,
        /// Why.
        reason: String,
    },
    /// A custom attribute does not fit its key.
    #[error(transparent)]
    Custom(#[from] CustomError),
    /// The bytes of an attachment can neither be sent nor read.
    #[error("there are no bytes of the attachment: {reason}")]
    NoBytes {
        /// Why.
        reason: String,
    },
    /// More records share a moment than a search may find by pages.
    #[error(
        "more records were updated at {moment} than a search gives before its last page ({reason}): search for less, such as \
         by when they were created"
    )]
    OneMoment {
        /// The moment.
        moment: kustomer_api::Timestamp,
        /// The answer of the server.
        reason: String,
    },
    /// The root certificates are none.
    #[error("the root certificates hold no certificate in PEM: -----BEGIN CERTIFICATE----- and what follows")]
    RootCertificates,
    /// The HTTP client could not be set up, such as for want of trusted certificates.
    #[error("the HTTP client cannot be set up: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
}

/// As its `Display`, without values of paths: an e-mail address is one.
impl fmt::Debug for InvalidRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { operation, .. } => write!(formatter, "the path value of {operation} names nothing"),
            Self::Elsewhere { .. } => formatter.write_str("the path leads to another server or out of the API"),
            other => fmt::Display::fmt(other, formatter),
        }
    }
}
