//! The short form of a search that people type: `tier=gold and score>=100 sort:-updated_at` (`docs/search.md`).
//!
//! | written | means |
//! |---|---|
//! | `name=ada`, `name!=ada` | equals, not_equals; of long texts contains, not_contains |
//! | `score>100` `>=` `<` `<=` | gt, gte, lt, lte; also of days, as `created_at>=2026-01-31` |
//! | `email~@acme.example`, `!~` | contains, not_contains |
//! | `name^=ad` | starts_with |
//! | `status in (open, done)`, `status not in (done)` | in, not_in |
//! | `has email`, `no email` | set, not_set |
//! | `ada`, `"Ada Lovelace"` | any text contains it |
//! | `a and b`, `a b`, `a or b`, `not a`, `(a or b) c` | all, all, any, none; `or` binds loosest, `not` tightest |
//! | `sort:-updated_at,name` | sorted by these, with a minus greatest first |

mod lexer;
mod name;
mod parser;

use std::str::FromStr;

use super::body::Search;

/// The longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The fault of the short form of a search, and its column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct SyntaxError {
    /// The character it is wrong at, from 1.
    pub column: usize,
    /// The fault.
    pub message: String,
}

/// Reads the short form of a search for customers.
///
/// A name is that of an attribute without `customer_` (or with it; `updatedAt` is `updated_at`), else that of a custom
/// attribute: with its suffix, or without it when `custom`, the keys known to be in use, has one such key.
///
/// ```
/// use kustomer_api::search::text;
///
/// let search = text::parse("tier=gold and score>=100 sort:-updated_at", &["tierStr", "scoreNum"])?;
/// assert_eq!(
///     serde_json::Value::Object(search.into_json()),
///     serde_json::json!({
///         "queryContext": "customer",
///         "and": [{ "customer_custom_tierStr": { "equals": "gold" } }, { "customer_custom_scoreNum": { "gte": 100 } }],
///         "sort": [{ "customer_updated_at": "desc" }],
///     })
/// );
///
/// let error = text::parse("emial=ada@acme.example", &[]).unwrap_err();
/// assert_eq!(error.to_string(), "column 1: there is no attribute emial; did you mean email?");
/// # Ok::<(), text::SyntaxError>(())
/// ```
///
/// # Errors
/// At the first place that cannot be read.
pub fn parse(text: &str, custom: &[&str]) -> Result<Search, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(fail(1, format!("the search is longer than {MAX_LENGTH} bytes")));
    }
    parser::parse(lexer::cut(text)?, text.chars().count() + 1, custom)
}

/// Reads the short form of a search. A name that no attribute has is that of a custom one: with its suffix, or with the one
/// that its value asks for, of a number `Num`, of `true` and `false` `Bool`, of a day or a moment `At`, else `Str`. What
/// looks like a slip of the pen is an error.
///
/// ```
/// use kustomer_api::search::Search;
///
/// let search: Search = "tier=gold and score>=100".parse()?;
/// assert_eq!(
///     serde_json::Value::Object(search.into_json())["and"],
///     serde_json::json!([{ "customer_custom_tierStr": { "equals": "gold" } }, { "customer_custom_scoreNum": { "gte": 100 } }])
/// );
/// assert!("emial=ada@acme.example".parse::<Search>().is_err());
/// # Ok::<(), kustomer_api::search::text::SyntaxError>(())
/// ```
impl FromStr for Search {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        if text.len() > MAX_LENGTH {
            return Err(fail(1, format!("the search is longer than {MAX_LENGTH} bytes")));
        }
        let lexemes = lexer::cut(text)?;
        let keys = name::guessed(&lexemes);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        parser::parse(lexemes, text.chars().count() + 1, &keys)
    }
}

fn fail(column: usize, message: impl Into<String>) -> SyntaxError {
    SyntaxError { column, message: message.into() }
}
