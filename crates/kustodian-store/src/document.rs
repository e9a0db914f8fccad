//! What every engine knows of documents.

/// The form of the documents written by this version.
pub(crate) const DOCUMENT_FORMAT: i64 = 1;
