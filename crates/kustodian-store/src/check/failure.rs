//! Why a database could not be checked.

use std::path::PathBuf;

use crate::copy::CopyError;
use crate::failure::OpenError;
use crate::verify::VerifyError;

/// Why a database could not be checked. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is gone when closed.
    #[error("a temporary database cannot be checked: name a file or a postgres:// URL")]
    Temporary,
    /// The file is not there.
    #[error("there is no database {} to check: name another", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// It has an older schema.
    #[error("the database lacks migrations: check it with the version it is served by, or run kustodian migrate")]
    Outdated,
    /// It failed.
    #[error("{what} failed: {reason}; check again")]
    Failed {
        /// Which part.
        what: String,
        /// The error.
        reason: String,
    },
}

impl From<CopyError> for CheckError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Open(error) => Self::Open(error),
            CopyError::Outdated => Self::Outdated,
            CopyError::Failed { what, reason } => Self::Failed { what: what.to_owned(), reason },
            other => Self::Failed { what: "reading".to_owned(), reason: other.to_string() },
        }
    }
}

impl From<VerifyError> for CheckError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Open(error) => Self::Open(error),
            VerifyError::Temporary => Self::Temporary,
            VerifyError::Missing { path } => Self::NoDatabase { path },
            VerifyError::Read(error) => error.into(),
        }
    }
}
