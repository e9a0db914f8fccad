//! Search on SQLite: the wide table by its indexes, the inverted index by FTS5, and which of them leads is decided here.

mod access;
mod agreement;
mod backlog;
mod candidate;
mod compare;
mod compare_entries;
mod count;
mod difference;
mod entries;
mod entry_words;
mod pages;
mod reindex;
mod stream;
mod time;
mod walk;
mod walks;
mod words;
mod write;

pub(super) use self::agreement::{Agreement, Place, compare_some, prepare};
pub(super) use self::backlog::{Backlog, Made, finish, is_behind, mark, nothing_waits};
pub(super) use self::difference::Difference;
pub(super) use self::entries::{Offer, index, index_some, want_entries, want_terms_of};
pub(super) use self::pages::search;
pub(super) use self::reindex::reindex;
pub(super) use self::time::watch;
pub(super) use self::walk::step;
pub(super) use self::walks::{Walk, keep, touch};
pub(super) use self::words::merge;
pub(super) use self::write::{FoundBy, Writing, former_terms};
