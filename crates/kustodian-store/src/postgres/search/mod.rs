//! Search on PostgreSQL: the wide table by its indexes, the inverted index by GIN over a `tsvector` of our own tokens.
//! Which index leads is left to PostgreSQL's planner, which has statistics; whether to read along the order asked for or
//! to sort what matches is decided here, as its guesses at that go wrong by orders of magnitude.

mod absent;
mod compare;
mod compare_entries;
mod condition;
mod entries;
mod finding;
mod listed;
mod page;
mod phases;
mod reindex;
mod retire;
mod row;
mod session;
mod shares;
mod slots;
mod walk;
mod walks;

pub(super) use self::entries::{
    Written, are_entries_wanted, change_entries, index, index_documents, index_some, want_entries, want_terms_of,
};
pub(super) use self::finding::Means;
pub(super) use self::page::search;
pub(super) use self::reindex::{Reindexing, reindex};
pub(super) use self::retire::{forget, retire};
pub(super) use self::row::{assigned, assignments, create_all, create_one, json_row, write_row};
pub(super) use self::session::Trouble;
pub(super) use self::shares::KnownShares;
pub(super) use self::slots::{BELIEVED, Slotting};
pub(super) use self::walk::step;
pub(super) use self::walks::{keep, touch};
