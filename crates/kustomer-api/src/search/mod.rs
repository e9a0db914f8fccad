//! The search language: its attributes, its operators and its body (`docs/search.md`, `docs/contract/behaviour.md` §9).
//!
//! [`Attribute`] is the one table of what can be searched by; the server, the client, the documents and the suggestions
//! for a mistyped name read it. A [`Search`] is built from the typed constants of [`attribute`], so that an unknown
//! name, or an operator that a type lacks, does not compile:
//!
//! ```
//! use kustomer_api::custom::{Key, Num, Str};
//! use kustomer_api::search::{Condition, Search, attribute};
//!
//! const TIER: Key<Str> = Key::new("loyaltyTierStr");
//! const SCORE: Key<Num> = Key::new("scoreNum");
//!
//! let search = Search::customers()
//!     .and(attribute::custom(TIER).equals("gold"))
//!     .and(attribute::custom(SCORE).gte(100.0))
//!     .or([attribute::EMAIL.contains("@acme.example"), attribute::NAME.contains("ada")])
//!     .not(Condition::all([attribute::GENDER.equals("m"), attribute::IMPORTED.equals(true)]))
//!     .sort(attribute::UPDATED_AT.descending());
//! assert_eq!(
//!     serde_json::to_value(&search).ok(),
//!     Some(serde_json::json!({
//!         "queryContext": "customer",
//!         "and": [
//!             { "customer_custom_loyaltyTierStr": { "equals": "gold" } },
//!             { "customer_custom_scoreNum": { "gte": 100.0 } },
//!         ],
//!         "or": [
//!             { "customer_email": { "contains": "@acme.example" } },
//!             { "customer_name": { "contains": "ada" } },
//!         ],
//!         "not": [
//!             { "and": [{ "customer_gender": { "equals": "m" } }, { "customer_imported": { "equals": true } }] },
//!         ],
//!         "sort": [{ "customer_updated_at": "desc" }],
//!     }))
//! );
//! ```
//!
//! Numbers have no words to look for:
//!
//! ```compile_fail,E0599
//! use kustomer_api::search::attribute;
//!
//! attribute::CONVERSATIONS_COUNT.contains("4");
//! ```
//!
//! Nor can a search be sorted by attributes that the contract does not sort by:
//!
//! ```compile_fail,E0599
//! use kustomer_api::search::attribute;
//!
//! attribute::EMAIL.ascending();
//! ```

mod aggregation;
pub mod attribute;
mod body;
mod class;
mod context;
mod endpoints;
mod handle;
mod schema;
mod suggestion;
pub mod text;

pub use aggregation::{Aggregated, Aggregation, Bucket, Countable, RangeBound};
pub use attribute::{Attribute, Manner};
pub use body::{Condition, Search, Sort};
pub use class::{Class, Operator};
pub use context::Context;
pub(crate) use endpoints::FOUND;
pub use endpoints::{
    CompanySearch, ConversationSearch, CustomerArchiveSearch, CustomerSearch, CustomerSearchIds, EXACT_TOTAL,
    KObjectSearch, MessageSearch, NoteSearch, SearchPage,
};
pub use handle::{
    AnyAttribute, BooleanAttribute, ExactAttribute, ListAttribute, Moment, MomentAttribute, NumberAttribute,
    Searchable, SortAttribute, Sortable, StringAttribute, TextAttribute, Unsortable,
};
pub use schema::{ARCHIVE_SEARCH, SEARCH, components};
pub use suggestion::nearest;

/// How many criteria a group may list (§9.1).
pub const MAX_GROUP: usize = 20;

/// How many keys a search may be sorted by (§9.1).
pub const MAX_SORT: usize = 5;

/// How many entries `fields` may have (§9.1).
pub const MAX_FIELDS: usize = 20;

/// How deep groups may be inside groups. Kustomer's are flat; ours nest.
pub const MAX_DEPTH: usize = 8;

/// How many criteria a search may have in all its groups together.
pub const MAX_CRITERIA: usize = 100;

/// How many values a criterion may list, as in `in`.
pub const MAX_VALUES: usize = 200;

/// How many characters (code points) a value may have.
pub const MAX_TEXT: usize = 1024;

/// How many words the value of `contains` may have.
pub const MAX_WORDS: usize = 32;

/// How many aggregations a search may ask for.
pub const MAX_AGGREGATIONS: usize = 10;

/// How many ranges an aggregation may have.
pub const MAX_RANGES: usize = 50;

/// How many values an aggregation counts at most.
pub const MAX_TERMS: usize = 500;

/// How many values an aggregation counts by default.
pub const DEFAULT_TERMS: usize = 10;

/// The prefix of the names of customers' custom attributes.
pub const CUSTOM_PREFIX: &str = "customer_custom_";
