//! Errors, in words that keep those of the server.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use kustomer_api::custom::CustomError;
use kustomer_api::error::{ErrorBody, ErrorCode, ErrorItem};

use crate::exchange::ReceivedResponse;
#[cfg(feature = "__rustls")]
use crate::trust::is_of_authority;

/// Why a call failed. Its `Display` is one line for people.
///
/// ```no_run
/// use kustomer_client::{Client, Error};
///
/// # async fn example(client: Client) -> Result<(), Error> {
/// match client.customers().get_by_email("ada@acme.example").await {
///     Ok(found) => println!("{}", found.data.id),
///     Err(Error::Api(refused)) if refused.status == 404 => println!("nobody has this address"),
///     Err(other) => return Err(other),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered, but not with success.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The server answered with success, but with a body of another type.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// There was no whole answer.
    #[error(transparent)]
    Transport(TransportError),
    /// The request cannot be sent; nothing was.
    #[error(transparent)]
    Invalid(InvalidRequest),
}

impl Error {
    /// The answer's status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode(error) => Some(error.status),
            Self::Transport(_) | Self::Invalid(_) => None,
        }
    }

    /// The error that the server answered.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(TransportError::Timeout { .. }))
    }

    /// The kind of the error that the server answered, for programs.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.api().and_then(|error| error.code.as_ref())
    }

    /// The id of the record that holds a value which has to be unique: see [`ApiError::holder`].
    pub fn holder(&self) -> Option<&str> {
        self.api().and_then(ApiError::holder)
    }

    /// Whether the server says that there is no such record.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the server says that the record holds something else meanwhile, or another record holds a value.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// Whether the server says that a limit is exceeded; [`ApiError::retry_after`] says for how long.
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(429)
    }

    /// Whether the same call may succeed later: the server was not reached, did not answer, is busy or is not there. A write that
    /// was not answered may have been done: send it again with the same
    /// [`idempotency_key`](crate::Call::idempotency_key).
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => matches!(error.status, 429 | 502 | 503 | 504),
            Self::Transport(TransportError::Connect { .. } | TransportError::Proxy { .. }) => true,
            Self::Transport(TransportError::Timeout { .. } | TransportError::Broken { .. }) => true,
            Self::Transport(_) | Self::Decode(_) | Self::Invalid(_) => false,
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Invalid(invalid) => Self::Invalid(invalid),
            other => Self::Transport(other),
        }
    }
}

impl From<InvalidRequest> for Error {
    fn from(error: InvalidRequest) -> Self {
        Self::Invalid(error)
    }
}

impl From<CustomError> for Error {
    fn from(error: CustomError) -> Self {
        Self::Invalid(InvalidRequest::Custom(error))
    }
}

/// An answer that is not a success. The members beside `errors` are those of the first entry.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// What kind, for programs: `badparam`, `notfound`, …
    pub code: Option<ErrorCode>,
    /// The fault, for people.
    pub title: Option<String>,
    /// The bare name of the attribute, parameter or header it is about.
    pub parameter: Option<String>,
    /// The JSON pointer to the offending value in the request's body.
    pub pointer: Option<String>,
    /// More about it; for invalid input the path of the schema rule that failed.
    pub detail: Option<String>,
    /// The fault, its place and what to do, in one sentence, when the server says so.
    pub message: Option<String>,
    /// The `x-request-id` of the answer: quote it to the operator of the server.
    pub request_id: Option<String>,
    /// How long to wait before trying again, when the server says so.
    pub retry_after: Option<Duration>,
    /// Every entry; empty when the body is not the API's.
    pub errors: Vec<ErrorItem>,
    /// The proxy that the answer came through (scheme, host and port), when the environment names one. A body that is
    /// not the API's is probably the proxy's.
    pub proxy: Option<String>,
    /// The answer's body as it came.
    pub body: Bytes,
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => fmt::Debug::fmt(error, formatter),
            Self::Decode(error) => fmt::Debug::fmt(error, formatter),
            Self::Transport(error) => fmt::Debug::fmt(error, formatter),
            Self::Invalid(error) => fmt::Debug::fmt(error, formatter),
        }
    }
}

/// As its `Display`, without the body of an answer that is not the API's, as that may hold anything.
impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return write!(formatter, "{}: an answer of {} bytes that is not the API's", self.status, self.body.len());
        }
        fmt::Display::fmt(self, formatter)
    }
}

/// Without the body and its fault: both may hold personal data.
impl fmt::Debug for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, status, body, .. } = self;
        write!(formatter, "the answer to {operation} ({status}, {} bytes) cannot be read", body.len())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => fmt::Debug::fmt(invalid, formatter),
            other => fmt::Display::fmt(other, formatter),
        }
    }
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

impl ApiError {
    /// The id of the record that holds a value which has to be unique in the org, when a 409 names it. The caller must be
    /// allowed to read such records. Kustomer itself names none.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().email("ada@acme.example");
    /// let id = match client.customers().create(&ada).await {
    ///     Ok(created) => created.data.id,
    ///     Err(error) if error.holder().is_some() => error.holder().unwrap_or_default().into(),
    ///     Err(error) => return Err(error),
    /// };
    /// client.customers().update(id, &ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn holder(&self) -> Option<&str> {
        let meta = &self.errors.first().filter(|_| self.status == 409)?.meta;
        let mut texts = meta.values().filter_map(|value| value.as_str());
        texts.find(|text| text.parse::<kustomer_api::ObjectId>().is_ok())
    }

    pub(crate) fn read(response: &ReceivedResponse, proxy: Option<String>) -> Self {
        let errors = serde_json::from_slice::<ErrorBody>(&response.body).map(|body| body.errors).unwrap_or_default();
        let first = errors.first().cloned().unwrap_or_default();
        let source = first.source.unwrap_or_default();
        let in_meta = || first.meta.get("pointer").and_then(|pointer| pointer.as_str()).map(str::to_owned);
        Self {
            status: response.status.as_u16(),
            code: first.code.as_deref().map(ErrorCode::from),
            title: first.title,
            parameter: source.parameter,
            pointer: source.pointer.or_else(in_meta),
            detail: first.detail,
            message: first.message,
            request_id: response.header("x-request-id").map(str::to_owned),
            retry_after: crate::retry::asked_wait(response),
            errors,
            proxy,
            body: response.body.clone(),
        }
    }
}

/// How much of a body that is not the API's is shown.
const EXCERPT: usize = 200;

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > EXCERPT {
        words = words.chars().take(EXCERPT).chain(['…']).collect();
    }
    words
}

/// The entry's words, with the name of its attribute unless the words have it already.
fn sentence(item: &ErrorItem) -> Option<String> {
    let words = item.message.as_ref().or(item.title.as_ref()).or(item.detail.as_ref())?;
    let source = item.source.as_ref();
    let place = source.and_then(|source| source.parameter.as_ref().or(source.pointer.as_ref()));
    Some(match place {
        Some(place) if !words.contains(place.as_str()) => format!("{words} ({place})"),
        _ => words.clone(),
    })
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(formatter, " {code}")?;
        }
        let sentences: Vec<String> = self.errors.iter().filter_map(sentence).collect();
        if sentences.is_empty() {
            let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
            let body = if self.body.is_empty() { "the answer is empty".to_owned() } else { excerpt(&self.body) };
            write!(formatter, " {}: {body}", reason.unwrap_or("(unknown status)"))?;
            if let Some(proxy) = &self.proxy {
                write!(formatter, "; it came through the proxy {proxy}, which the environment names")?;
            }
        } else {
            write!(formatter, ": {}", sentences.join("; ").replace(['\r', '\n'], " "))?;
        }
        if let Some(wait) = self.retry_after {
            write!(formatter, "; try again in {} s", wait.as_secs())?;
        }
        if let Some(id) = &self.request_id {
            write!(formatter, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// A success with a body of another type.
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("the answer to {operation} ({status}) cannot be read: {reason}; the body begins: {}", excerpt(body))]
#[non_exhaustive]
pub struct DecodeError {
    /// The operation's upstream name.
    pub operation: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The fault of the body, and its place.
    pub reason: String,
    /// The answer's body as it came.
    pub body: Bytes,
}

/// There was no whole answer.
///
/// Unless it is [`Invalid`](Self::Invalid) or [`Connect`](Self::Connect), the server may have carried the request out.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The request cannot be sent; nothing was.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
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
        "the certificate of {address} is not trusted: {}; add the authority that signed it, or the certificate itself \
         when it is self-signed, to the root certificates",
        .reason
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
#[cfg(feature = "__rustls")]
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
        #[cfg(feature = "__rustls")]
        if let Some(tls) = tls_error(&error) {
            match tls {
                rustls::Error::InvalidCertificate(reason) => {
                    return Self::Untrusted { address, reason: distrust(reason) };
                }
                rustls::Error::InvalidMessage(_) => return Self::NotEncrypted { address },
                _ => {}
            }
        }
        match proxy {
            Some(proxy) if error.is_connect() => Self::Proxy { address, proxy, source: Box::new(error.without_url()) },
            None if error.is_connect() => Self::Connect { address, source: Box::new(error.without_url()) },
            _ => Self::receiving(error, address, false, timeout),
        }
    }

    /// Why not everything was received from `address`.
    pub(crate) fn receiving(error: reqwest::Error, address: String, answered: bool, timeout: Duration) -> Self {
        if error.is_timeout() {
            Self::Timeout { address, timeout }
        } else {
            Self::Broken { address, answered, source: Box::new(error.without_url()) }
        }
    }
}

/// The error of TLS among the causes of one: inside of an I/O error, which does not give it as its source.
#[cfg(feature = "__rustls")]
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
