//! What every engine knows of search: the columns of the wide table beside the customers, the slots of custom attributes,
//! and the compiler that makes conditions on both out of a search.
//!
//! `customer_search` has a row for each customer that can be found: a column for each attribute with a single value, one
//! for the addresses and numbers of each attribute whose parts are searched, and [`SLOTS`] columns for custom attributes,
//! which each org gives to those it uses first. Words, parts and the values of attributes that have several are in an
//! inverted index of the engine's own kind.

mod column;
mod compile;
pub(crate) mod entries;
mod lost;
mod ordered;
mod page;
mod slot;
mod terms;

pub(crate) use self::column::{COLUMNS, Cell, Column, Holds, Index, PARTS, cells, column_of};
pub(crate) use self::compile::{Bind, Compiled, Counted, Dialect, compile, compile_side, needs_of_texts, value_of};
pub(crate) use self::lost::{may_ask_lost, of_lost, with_lost};
pub(crate) use self::ordered::ordered;
pub(crate) use self::page::{Candidate, order};
pub(crate) use self::slot::{LOST, SLOTS, Slots, custom_cells, custom_keys, slot_cells};
pub(crate) use self::terms::{
    Grams, Known, MAX_NEEDS, Match, Syntax, expression, loose_terms, term_difference, terms, write_text,
};
