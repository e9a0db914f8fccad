//! How a command ends when it cannot do what it should: with one line.

use std::process::ExitCode;

use kustodian_core::directory::DirectoryError;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::StoreError;
use kustodian_store::OpenError;
use kustomer_client::{Error, Method, TransportError, TransportFault};

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// One line for standard error that says what, where, and what to do.
    #[error("{0}")]
    Message(String),
    /// The same, where a server has answered 4xx: it has done nothing of the request.
    #[error("{0}")]
    Refused(String),
    /// Some of the work was done, and some was not.
    #[error("{0}")]
    Partial(String),
    /// The reader of the output has gone, as `head` does; nothing to complain about.
    #[error("the output is closed")]
    OutputClosed,
}

/// How a command exits that did a part of its work.
const PARTIAL: u8 = 3;

impl Failure {
    /// How the command exits.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Message(_) | Self::Refused(_) => ExitCode::FAILURE,
            Self::Partial(_) => ExitCode::from(PARTIAL),
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }

    /// The failure of a request, with its path: for calls of any path, whose errors name the method alone.
    pub(crate) fn of_call(method: &Method, path: &str, error: kustomer_client::Error) -> Self {
        let named = |message: String| match message.strip_prefix(method.as_str()) {
            Some(rest) if rest.starts_with(':') => format!("{method} {path}{rest}"),
            _ => message,
        };
        match Self::from(error) {
            Self::Message(message) => Self::Message(named(message)),
            Self::Refused(message) => Self::Refused(named(message)),
            other => other,
        }
    }

    /// A failure in one line; line breaks become blanks.
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        Self::Message(one_line(message.as_ref()))
    }
}

impl From<kustomer_client::Error> for Failure {
    fn from(error: kustomer_client::Error) -> Self {
        match error {
            Error::Transport(TransportError { fault: TransportFault::Untrusted { address, reason }, .. }) => {
                Self::new(format!(
                    "the certificate of {address} is not trusted: {reason}; --cacert FILE trusts the authority that \
                     signed it, or the certificate itself when it is self-signed"
                ))
            }
            Error::Api(error) if (400..500).contains(&error.status) => Self::Refused(one_line(&error.to_string())),
            other => Self::new(other.to_string()),
        }
    }
}

/// The first cause of an error, such as "connection refused": those above it say only that nothing was sent.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

fn one_line(message: &str) -> String {
    message.split(['\r', '\n']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

macro_rules! told_as_it_is {
    ($($error:ty),+) => { $(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error.to_string())
            }
        }
    )+ };
}
told_as_it_is!(
    OpenError,
    StoreError,
    DirectoryError,
    Refusal,
    kustodian_server::NoRandomness,
    kustomer_client::InvalidRequest,
    kustomer_client::custom::CustomError
);
