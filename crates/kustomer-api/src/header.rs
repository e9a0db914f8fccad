//! Headers of our own.

/// On every answer of a server that does a write once however often it is sent with the same `Idempotency-Key`: for how many
/// seconds it remembers a key. Kustomer itself has no such header.
pub const IDEMPOTENCY_LIFETIME: &str = "x-kustodian-idempotency";
