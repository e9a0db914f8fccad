//! The search language: legal bodies, refused ones, and the records that they find.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "search/aggregations.rs"]
mod aggregations;
#[path = "search/blanks.rs"]
mod blanks;
#[path = "search/contexts.rs"]
mod contexts;
#[path = "search/dates.rs"]
mod dates;
#[path = "search/meaning.rs"]
mod meaning;
#[path = "search/order.rs"]
mod order;
#[path = "search/properties.rs"]
mod properties;
#[path = "search/refusals.rs"]
mod refusals;

use kustodian_core::search::{self, Query, SearchRow, Settings};
use serde_json::{Value, json};

const ADA: &str = "5c7d1a1f9a1b2c0010a1b2c3";

fn settings() -> Settings<'static> {
    Settings { now: Some("2026-06-15T12:00:00Z".parse().unwrap()), ..Settings::default() }
}

fn query(body: &Value) -> Query {
    search::parse(body.to_string().as_bytes(), &settings()).unwrap_or_else(|refusal| panic!("{body}: {refusal:?}"))
}

fn row(attributes: Value) -> SearchRow {
    SearchRow::read(&json!({ "type": "customer", "id": ADA, "attributes": attributes }).to_string()).unwrap()
}

/// Whether a criterion finds the record.
fn finds(row: &SearchRow, criterion: Value) -> bool {
    query(&json!({ "and": criterion })).finds(row)
}
