//! The operations of the API as data: the 166 of the contract, those Kustomer has beyond it, and the few of our own.
//!
//! The contract's rows are generated out of `contract/operations.json` and `contract/corrections.json` by
//! `cargo xtask contract`; the others are declared in [`beyond`] and [`own`].

pub mod beyond;
pub mod contract;
pub mod own;

pub use contract::OPERATIONS;

use http::Method;

/// An operation, without its types.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Operation {
    /// The upstream name, camelCase, unique.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below `/v1`, parameters in braces. A parameter may be behind a literal in its segment
    /// (`/customers/email={email}`).
    pub path: &'static str,
    /// The status of success.
    pub success: u16,
    /// The roles of which any one suffices, legacy ones first; empty when every valid credential will do.
    pub roles: &'static [&'static str],
    /// Roles of which any one is needed besides, because the answer is about two things; empty when `roles` suffices.
    pub also: &'static [&'static str],
    /// The first segment of the path; groups operations in documents.
    pub tag: &'static str,
    /// Whether it needs no credential (`/p/…`).
    pub public: bool,
    /// Whether upstream calls it deprecated.
    pub deprecated: bool,
}

impl Operation {
    /// Whether it changes nothing, although its method may: a search has too much to say for a query string.
    pub fn is_read(&self) -> bool {
        self.method.is_safe() || READS.contains(&self.name)
    }

    /// The operation with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        all().find(|operation| operation.name == name)
    }
}

/// The operations that read with another method than GET.
const READS: [&str; 3] = ["customerSearch", "customerArchiveSearch", "executeSavedSearch"];

/// Every operation: the contract's, those beyond it, then our own.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(beyond::OPERATIONS).chain(own::OPERATIONS).copied()
}
