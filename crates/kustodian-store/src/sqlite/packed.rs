//! How long texts stand in the database: documents, and what events keep of them.
//!
//! A customer is three kilobytes of JSON of which half is the same in all of them. As text a page of the file holds one;
//! compressed (LZ4 with what customers have in common as its dictionary) it holds three, the log grows by a third, and
//! a cache holds three times as many. What is not the same in all stands in a block as it is, but for four letters and
//! more that happen to stand in the dictionary or before: a search through the file's bytes still finds what is personal.
//!
//! Short texts are TEXT, and so is everything that `sqlite3` wrote by hand; a BLOB is a byte that names the form, the
//! length of the text in four (little-endian), and the block.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};

/// The form written by this version.
const FORM: u8 = 1;

/// The dictionary of form 1. It belongs to what was written with it: never change a byte, make another form.
const DICTIONARY: &[u8] = include_bytes!("packed.1.dictionary");

/// Texts of fewer bytes are left as they are: little would be saved.
const SHORTEST: usize = 192;

/// How many bytes stand before the block.
const HEAD: usize = 5;

/// No block holds more than this many times its own length: what says so is damaged.
const MOST: usize = 256;

/// How a text is stored from now on; worked out away from the text, which stands with whoever made it.
#[derive(Debug)]
pub(super) enum Packed {
    /// As it is.
    Plain,
    /// Compressed.
    Block(Vec<u8>),
}

impl Packed {
    /// How this text is stored.
    pub(super) fn of(text: &str) -> Self {
        let length = match u32::try_from(text.len()) {
            Ok(length) if text.len() >= SHORTEST => length,
            _ => return Self::Plain,
        };
        let mut block = vec![0; HEAD + lz4_flex::block::get_maximum_output_size(text.len())];
        let Some((head, body)) = block.split_at_mut_checked(HEAD) else { return Self::Plain };
        head.copy_from_slice(&head_of(length));
        // It has room for the worst.
        match lz4_flex::block::compress_into_with_dict(text.as_bytes(), body, DICTIONARY) {
            Ok(written) if HEAD + written < text.len() => {
                block.truncate(HEAD + written);
                Self::Block(block)
            }
            _ => Self::Plain,
        }
    }

    /// What is bound for `text`, of which this was made.
    pub(super) fn bound<'a>(&'a self, text: &'a str) -> ToSqlOutput<'a> {
        ToSqlOutput::Borrowed(match self {
            Self::Plain => ValueRef::Text(text.as_bytes()),
            Self::Block(block) => ValueRef::Blob(block),
        })
    }

    /// The same as a value of its own.
    pub(super) fn value_of(text: String) -> Value {
        match Self::of(&text) {
            Self::Plain => Value::Text(text),
            Self::Block(block) => Value::Blob(block),
        }
    }
}

const fn head_of(length: u32) -> [u8; HEAD] {
    let [a, b, c, d] = length.to_le_bytes();
    [FORM, a, b, c, d]
}

/// A text out of its stored form.
#[derive(Debug)]
pub(super) struct Unpacked(pub(super) String);

impl FromSql for Unpacked {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => unpack(bytes).map(Self).map_err(FromSqlError::other),
            value => value.as_str().map(|text| Self(text.to_owned())),
        }
    }
}

/// The text of stored bytes; `None` when they are none of ours.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    unpack(bytes).ok()
}

/// Stored bytes that are no text of ours.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damaged {
    /// Of a form that this version does not know.
    #[error("a text of the form {0:?} is stored: it was written by a newer version, or is damaged")]
    Form(Option<u8>),
    /// A block that cannot be read.
    #[error("a stored text is damaged: {0}")]
    Block(String),
}

fn unpack(bytes: &[u8]) -> Result<String, Damaged> {
    let block = |reason: &dyn ToString| Damaged::Block(reason.to_string());
    let (length, body) = match bytes {
        [FORM, a, b, c, d, body @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), body),
        _ => return Err(Damaged::Form(bytes.first().copied())),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length / MOST > body.len() {
        return Err(block(&"it would be longer than a block can tell"));
    }
    let text = lz4_flex::block::decompress_with_dict(body, length, DICTIONARY).map_err(|error| block(&error))?;
    if text.len() != length {
        return Err(block(&"it is shorter than it was"));
    }
    String::from_utf8(text).map_err(|error| block(&error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(text: &str) -> String {
        match Packed::of(text) {
            Packed::Plain => text.to_owned(),
            Packed::Block(block) => unpack(&block).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn a_text_comes_back_as_it_was(text in "(\\PC{0,40}|\"verified\":true|[a-c]{0,20}){0,60}") {
            prop_assert_eq!(again(&text), text);
        }

        #[test]
        fn damaged_bytes_are_told_and_never_more(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in any::<bool>()) {
            let bytes = if form { [&head_of(300)[..], &bytes].concat() } else { bytes };
            drop(unpack(&bytes));
        }
    }

    #[test]
    fn what_customers_have_in_common_takes_no_room_and_what_they_have_not_stands_readable() {
        let text = std::str::from_utf8(DICTIONARY).unwrap().replace("displayName\":\"", "displayName\":\"Zyxsecret");
        let Packed::Block(block) = Packed::of(&text) else { panic!("{text} was not packed") };
        assert!(block.len() < text.len() / 10, "{} of {}", block.len(), text.len());
        // What stands behind it is in the dictionary, with its last letters before: `et","`.
        assert!(block.windows(7).any(|bytes| bytes == b"Zyxsecr"), "{}", String::from_utf8_lossy(&block));
        assert_eq!(unpack(&block).unwrap(), text);
    }

    #[test]
    fn a_short_text_stays_readable() {
        assert!(matches!(Packed::of("{\"attributes\":{}}"), Packed::Plain));
    }
}
