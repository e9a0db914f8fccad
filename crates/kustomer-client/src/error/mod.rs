//! Errors, in words that keep those of the server.

mod api;
mod decode;
mod failed_call;
mod invalid;
mod transport;

use std::fmt;

use kustomer_api::custom::CustomError;
use kustomer_api::error::ErrorCode;

pub use self::api::ApiError;
pub use self::decode::DecodeError;
pub use self::failed_call::FailedCall;
pub use self::invalid::InvalidRequest;
pub use self::transport::{TransportError, TransportFault};

/// Why a call failed. Its `Display` is one line for people: method, route, status, code, the server's words, parameter, attempts
/// and request id, such as `POST /customers: 409 conflict: … (emails) [request r-17]`.
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

    /// The call that failed; `None` when nothing was sent.
    pub fn call(&self) -> Option<&FailedCall> {
        match self {
            Self::Api(error) => Some(&error.call),
            Self::Decode(error) => Some(&error.call),
            Self::Transport(error) => error.call(),
            Self::Invalid(_) => None,
        }
    }

    /// The `x-request-id` of the answer: quote it to the operator of the server.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::Decode(error) => error.request_id.as_deref(),
            Self::Transport(_) | Self::Invalid(_) => None,
        }
    }

    /// Whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(error) if matches!(error.fault, TransportFault::Timeout { .. }))
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
            Self::Transport(error) => error.fault.may_pass(),
            Self::Decode(_) | Self::Invalid(_) => false,
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        match error.fault {
            TransportFault::Invalid(invalid) => Self::Invalid(invalid),
            _ => Self::Transport(error),
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
