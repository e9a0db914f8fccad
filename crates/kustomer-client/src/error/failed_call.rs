//! The call that an error is about.

use std::fmt;

use http::Method;
use kustomer_api::Endpoint;

/// The call that an error is about, without personal data: neither values of path and query, nor body and headers. Its
/// `Display` is method and route: `GET /customers/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCall {
    /// The operation's upstream name: `getCustomerById`. Empty where bytes of an attachment were sent or read.
    pub operation: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path below `/v1` as it is declared, without values: `/customers/{id}`. Empty for a call of any path, and for bytes of
    /// an attachment.
    pub route: &'static str,
    /// How many times it was sent; more than 1 after retries.
    pub attempts: u32,
}

impl FailedCall {
    /// A call of a declared operation.
    pub(crate) fn of<E: Endpoint>(attempts: u32) -> Self {
        let operation = E::OPERATION;
        Self { operation: operation.name, method: operation.method.clone(), route: operation.path, attempts }
    }

    /// A call of a link that the server gave, sent once.
    pub(crate) fn of_link(method: Method) -> Self {
        Self { method, attempts: 1, ..Self::default() }
    }

    /// How many times it was sent, unless that is once.
    pub(super) fn often(&self) -> String {
        if self.attempts > 1 { format!("; {} attempts", self.attempts) } else { String::new() }
    }
}

impl fmt::Display for FailedCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.method)?;
        if self.route.is_empty() { Ok(()) } else { write!(formatter, " {}", self.route) }
    }
}
