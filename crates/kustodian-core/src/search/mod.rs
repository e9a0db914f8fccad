//! Search: the language read into a typed tree, and its meaning, without storage (`docs/search.md`).
//!
//! [`parse`] reads a body into a [`Query`]. [`SearchRow`] is what a record offers to a search. [`matches()`] and
//! [`compare`] define the meaning: whatever an engine's index answers must be what they answer over all records.
//! [`plan`] says which tokens of an index can hold the matches of a criterion; where the plan is not exact,
//! the engine checks the candidates with [`matches()`].
//!
//! ```
//! use kustodian_core::search::{self, Dialect, SearchRow, Settings};
//!
//! let settings = Settings { dialect: Dialect::Plain, ..Settings::default() };
//! let query = search::parse(br#"{"and":{"customer_email":{"contains":"@acme.example"}}}"#, &settings)?;
//! let ada = SearchRow::read(
//!     r#"{"type":"customer","id":"5c7d1a1f9a1b2c0010a1b2c3","attributes":{"emails":[{"email":"ada@acme.example"}]}}"#,
//! )?;
//! assert!(search::matches(&query.root, &ada));
//! # Ok::<(), kustodian_core::refusal::Refusal>(())
//! ```

mod aggregate;
mod fault;
mod matching;
mod moment;
mod naming;
mod operand;
mod order;
mod ordered;
mod outline;
mod parse;
mod plan;
mod query;
mod row;
mod token;
mod words;

pub use aggregate::{Counter, count_ranges, count_terms};
pub use kustomer_api::search::{Context, Manner};
pub use matching::{Nobody, Related, holds, matches, matches_among};
pub use moment::Interval;
pub use naming::{KlassName, klass_words};
pub use order::{compare, compare_values};
pub use ordered::{ordered_moment, ordered_number};
pub use outline::{fingerprint, is_of_absent_type};
pub use parse::{Dialect, Settings, parse};
pub use plan::{Lookup, Needs, Plan, plan, plan_of_lost};
pub use query::{Aggregation, Criterion, CustomAttribute, Node, Query, Range, Ranges, Sort, Subject, Test};
pub use row::{SearchRow, Source, Text, Value, are_tied, deleted_attribute, id_attribute, parent_attribute};
pub use token::{Scope, Token, TokenKind};
pub use words::{GRAM, Word, digits, fold, grams, words};
