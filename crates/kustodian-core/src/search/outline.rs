//! Checks of a body before it is read.

use kustomer_api::search::{ARCHIVE_SEARCH, SEARCH};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::naming::{KlassName, is_absent};
use super::parse::Dialect;
use crate::input;
use crate::refusal::Refusal;

/// Whether a body searches for a type of the contract whose records this server does not hold, or for kobjects of a klass
/// that there is not. `klasses` are those of the words in the body that may name one ([`super::klass_words`]).
///
/// # Errors
/// 400 when the body is no search at all.
pub fn is_of_absent_type(body: &[u8], dialect: Dialect, klasses: &[KlassName]) -> Result<bool, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outline {
        #[serde(default)]
        query_context: Option<String>,
    }
    let schema = match dialect {
        Dialect::Plain => &SEARCH,
        Dialect::Archive => &ARCHIVE_SEARCH,
    };
    // Most bodies need not be read twice; a key written with escapes is refused with the types of the schema later.
    if !body.windows(CONTEXT.len()).any(|part| part == CONTEXT) {
        return Ok(false);
    }
    let outline: Outline = input::read(schema, body)?;
    Ok(outline.query_context.is_some_and(|name| is_absent(&name, klasses)))
}

/// The key that names the type.
const CONTEXT: &[u8] = b"queryContext";

/// Distinguishes bodies, so that a walk over one search is not continued with another: 32 hexadecimal characters.
pub fn fingerprint(dialect: Dialect, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(match dialect {
        Dialect::Plain => "plain\n",
        Dialect::Archive => "archive\n",
    });
    hash.update(body.trim_ascii());
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
