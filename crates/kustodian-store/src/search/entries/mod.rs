//! The index of every searched kind but customers, the same on both engines.
//!
//! `search_records` has a row for each record that can be found: its kind, whether it is deleted, and which customer,
//! company and conversation it belongs to. `search_terms` has a row for each value of a record: a code of the attribute, `=`
//! and the value in a form that orders as the values do; `#` in the place of `=` says that it is a number or a moment. The index
//! on (kind, term, record) leads from a term to its records and gives the order by an attribute, that on (kind, record, term)
//! leads from a record to its terms; on SQLite it holds of messages, notes and times only those with `#`, and criteria that would
//! take others are checked against the documents. What a column of `search_records` has is no term. `&` and two terms are
//! a term of both (`pairs.rs`). Words of any text, and
//! parts of addresses and ids, are in an index of the engine's own: a message has far more of them than values. All of it is
//! written in the transaction of the record.
//!
//! What terms cannot settle (words of one attribute, text that was cut) is checked against the documents, by the
//! definition in `kustodian_core::search`.

mod access;
mod along;
mod candidates;
mod condition;
mod count;
mod finding;
mod lead;
mod page;
mod pairs;
pub(crate) mod progress;
mod reader;
mod related;
mod term;
mod walk;
mod word;

pub(crate) use self::condition::{Form, Place, Row, WordsForm, of_rows};
pub(crate) use self::page::search;
pub(crate) use self::reader::{Found, Halt, Reader, Sql};
pub(crate) use self::related::{around, resolve};
pub(crate) use self::term::{Difference, Entries, differing};
pub(crate) use self::walk::{Kept, Step, step};
pub(crate) use self::word::{CODE_BITS, code, digest, letter};
