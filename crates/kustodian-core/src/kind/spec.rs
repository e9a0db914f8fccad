//! The declaration of a kind, and the macro that declares all of them.

use kustomer_api::ObjectId;
use kustomer_api::operation::Operation;
use serde_json::Value;

use super::Kind;
use crate::change::{ChangeSet, Columns, EventSeed, Name};
use crate::claim::Claim;
use crate::customer::Context;
use crate::file::Received;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::Elapsed;

/// The declaration of a kind.
#[derive(Debug)]
pub struct Spec {
    /// The API's word for it: the `type` of its records, and the middle of its events' names.
    pub name: &'static str,
    /// The name of its table, on every engine.
    pub table: &'static str,
    /// The path of its list.
    pub path: &'static str,
    /// The names of its events.
    pub events: EventNames,
    /// The operation that reads one record. Its roles are the roles that may read the kind, wherever a record is shown:
    /// in the feed, in the audit log, as a former state.
    pub read_operation: &'static Operation,
    /// The operation that restores a deleted record, by itself or by `deleted` in its body; `None` when none does.
    pub restored_by: Option<&'static Operation>,
    /// Where its rows are when a database is spread over several machines.
    pub placement: Placement,
    /// Whether lists are ordered and filtered by the moments of creation and change, which takes an index of each.
    pub is_listed_by_time: bool,
    /// Whether an org has so few of them that every pass of a copy carries them all.
    pub is_few: bool,
    /// Whether its records are indexed for search.
    pub is_searched: bool,
    /// The columns of its table that lists are narrowed by.
    pub columns: &'static [Column],
    /// The narrowed lists: which columns each is narrowed by. Each has an index, and there are no others.
    pub lists: &'static [&'static [&'static str]],
    pub(super) record: Functions,
}

/// The names of a kind's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventNames {
    /// Such as `kustomer.customer.create`.
    pub create: &'static str,
    /// Such as `kustomer.customer.update`.
    pub update: &'static str,
    /// Such as `kustomer.customer.delete`.
    pub delete: &'static str,
    /// Such as `kustomer.customer.restore`.
    pub restore: &'static str,
    /// Such as `kustomer.customer.erase`.
    pub erase: &'static str,
    /// Such as `kustomer.message.redact`.
    pub redact: &'static str,
}

/// Whether an event with this name emptied the payloads of all events of its record before it.
///
/// ```
/// use kustodian_core::kind::empties_the_past;
///
/// assert!(empties_the_past("kustomer.customer.erase") && empties_the_past("kustomer.message.redact"));
/// assert!(!empties_the_past("kustomer.customer.update"));
/// ```
pub fn empties_the_past(event: &str) -> bool {
    Kind::ALL.into_iter().map(|kind| kind.spec().events).any(|events| event == events.erase || event == events.redact)
}

/// Where the rows of a kind are when a database is spread over several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// On one machine each, by the id: kinds of which there are many.
    ById,
    /// Beside the record that is its home: kinds that belong to others.
    ByHome,
    /// On every machine: kinds of which an org has few, and which others refer to.
    Everywhere,
}

/// A column of a kind's table that is worked out of the document, so that lists can be narrowed by it. It may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// The id of a record of this kind, which the record belongs to.
    Parent(Kind),
    /// The id of a record of this kind, which the record belongs to and is erased with, although it may move to another:
    /// its list holds deleted records, too.
    Owner(Kind),
    /// A text of at most 1,024 bytes, as it is compared.
    Text,
    /// When the timer of the record elapses, as the API writes it; empty while it does not run. The column is
    /// [`DUE_AT`].
    Due,
}

/// The column that holds when the timer of a record elapses.
pub const DUE_AT: &str = "due_at";

impl Spec {
    /// Whether an org has one record of it, which is read at the path of the kind itself.
    pub fn is_single(&self) -> bool {
        !self.read_operation.path.contains('{')
    }

    /// Whether its table has the column `home`.
    pub fn has_home(&self) -> bool {
        self.placement == Placement::ByHome
    }

    /// Whether a narrowed list holds deleted records, too: that of an owner.
    pub fn lists_deleted(&self, list: &[&str]) -> bool {
        let is_owner = |column: &Column| list == [column.name] && matches!(column.holds, Holds::Owner(_));
        self.columns.iter().any(is_owner)
    }

    /// Whether its deleted records are listed in every order that the others are, which takes an index of each. Those that
    /// have a home are not listed by themselves once they are deleted.
    pub fn is_listed_when_deleted(&self) -> bool {
        self.is_listed_by_time && !self.has_home()
    }

    /// The name of the index of deleted records in the order of a column.
    pub fn index_of_deleted(&self, column: &str) -> String {
        format!("{}_deleted_by_{column}", self.table)
    }

    /// Whether its records have timers: its table has the column [`DUE_AT`] and an index of it.
    pub fn is_timed(&self) -> bool {
        self.columns.iter().any(|column| column.holds == Holds::Due)
    }

    /// The name of the index of a narrowed list.
    pub fn index_of(&self, list: &[&str]) -> String {
        format!("{}_by_{}", self.table, list.join("_"))
    }
}

/// Ties a record to another customer.
type Follow = fn(&Context<'_>, &Stored, EventSeed, ObjectId) -> Result<Option<ChangeSet>, Refusal>;

/// What the type of a kind's attributes does, as functions, so that code over all kinds needs no type.
#[derive(Debug)]
pub(super) struct Functions {
    pub(super) render: fn(Value) -> Result<String, Refusal>,
    pub(super) claims: fn(OrgKey, ObjectId, &str) -> Result<Vec<Claim>, Refusal>,
    pub(super) columns: fn(&str) -> Result<Columns, Refusal>,
    pub(super) is_shown_as: fn(ObjectId, &str) -> bool,
    pub(super) search_row: fn(&str) -> Result<Option<SearchRow>, Refusal>,
    pub(super) delete_owned: fn(&Context<'_>, &Stored, EventSeed) -> Result<Option<ChangeSet>, Refusal>,
    pub(super) follow: Follow,
    pub(super) erase: fn(&Context<'_>, &Stored, EventSeed) -> Result<Option<ChangeSet>, Refusal>,
    pub(super) timed_with: fn(&str) -> Result<Vec<Name>, Refusal>,
    pub(super) elapse: fn(&Elapsed<'_>, &Loaded, &Stored) -> Result<ChangeSet, Refusal>,
    pub(super) receive: fn(&Context<'_>, Option<&Stored>, EventSeed, Received) -> Result<ChangeSet, Refusal>,
}
/// Declares the kinds of records.
macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident: $attributes:ty {
            name: $name:literal,
            table: $table:literal,
            path: $path:literal,
            read_operation: $read:expr,
            restored_by: $restore:expr,
            placement: $placement:expr,
            is_listed_by_time: $by_time:literal,
            is_few: $is_few:literal,
            is_searched: $is_searched:literal,
            columns: $columns:expr,
            lists: $lists:expr $(,)?
        }
    )+) => {
        /// The kinds of records. Each has a table of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the declarations.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            /// Its declaration.
            pub const fn spec(self) -> &'static Spec {
                match self {
                    $(Self::$kind => {
                        static SPEC: Spec = Spec {
                            name: $name,
                            table: $table,
                            path: $path,
                            events: EventNames {
                                create: concat!("kustomer.", $name, ".create"),
                                update: concat!("kustomer.", $name, ".update"),
                                delete: concat!("kustomer.", $name, ".delete"),
                                restore: concat!("kustomer.", $name, ".restore"),
                                erase: concat!("kustomer.", $name, ".erase"),
                                redact: concat!("kustomer.", $name, ".redact"),
                            },
                            read_operation: $read,
                            restored_by: $restore,
                            placement: $placement,
                            is_listed_by_time: $by_time,
                            is_few: $is_few,
                            is_searched: $is_searched,
                            columns: $columns,
                            lists: $lists,
                            record: Functions {
                                render: record::render::<$attributes>,
                                claims: record::claims_of::<$attributes>,
                                columns: record::columns_of::<$attributes>,
                                is_shown_as: <$attributes as record::Record>::is_shown_as,
                                search_row: record::search_row_of::<$attributes>,
                                delete_owned: <$attributes as record::Record>::delete_owned,
                                follow: <$attributes as record::Record>::follow,
                                erase: <$attributes as record::Record>::erase,
                                timed_with: record::timed_with_of::<$attributes>,
                                elapse: <$attributes as record::Record>::elapse,
                                receive: <$attributes as record::Record>::receive,
                            },
                        };
                        &SPEC
                    })+
                }
            }
        }

        $(impl record::OfKind for $attributes {
            const KIND: Kind = Kind::$kind;
        })+
    };
}

pub(super) use kinds;
