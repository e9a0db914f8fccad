//! The kinds of records, each declared once: everything that goes over all kinds, in any crate, derives from here.

use kustomer_api::ObjectId;
use kustomer_api::customer::CustomerAttributes;
use kustomer_api::operation::{Operation, contract, own};
use kustomer_api::shortcut::ShortcutAttributes;
use kustomer_api::tag::TagAttributes;
use kustomer_api::team::TeamAttributes;
use kustomer_api::user::UserAttributes;
use serde_json::Value;

use crate::change::Parents;
use crate::claim::Claim;
use crate::record;
use crate::refusal::Refusal;
use crate::search::SearchRow;
use crate::store::OrgKey;

/// What is declared of a kind.
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
    /// Where its rows are when a database is spread over several machines.
    pub placement: Placement,
    /// Whether lists are ordered and filtered by the moments of creation and change, which takes an index of each.
    pub is_listed_by_time: bool,
    /// Whether every write appends an event, so that a copy can follow the writes of a running server.
    pub has_events: bool,
    /// Whether its records are indexed for search.
    pub is_searched: bool,
    /// Whom its records belong to; `None` when they belong to their org alone.
    pub ancestry: Option<Ancestry>,
    record: Functions,
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

/// Whom the records of a kind belong to. Its table has a column for each parent, and the column `home`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ancestry {
    /// The columns that name parents, each with the parent's kind.
    pub parents: &'static [(&'static str, Kind)],
    /// The lists below parents: which columns each is of. Each has an index, and there are no others.
    pub lists: &'static [&'static [&'static str]],
}

impl Ancestry {
    /// The name of the index of a list, which follows the name of the table.
    pub fn index_of(list: &[&str]) -> String {
        format!("by_{}", list.join("_"))
    }
}

/// What the type of a kind's attributes does, as functions, so that code over all kinds needs no type.
#[derive(Debug)]
struct Functions {
    render: fn(Value) -> Result<String, Refusal>,
    claims: fn(OrgKey, ObjectId, &str) -> Result<Vec<Claim>, Refusal>,
    parents: fn(&str) -> Result<Parents, Refusal>,
    search_row: fn(&str) -> Result<Option<SearchRow>, Refusal>,
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident: $attributes:ty {
            name: $name:literal,
            table: $table:literal,
            path: $path:literal,
            read_operation: $read:expr,
            placement: $placement:expr,
            is_listed_by_time: $by_time:literal,
            has_events: $has_events:literal,
            is_searched: $is_searched:literal,
            ancestry: $ancestry:expr $(,)?
        }
    )+) => {
        /// The kinds of records. Each has a table of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the declarations: none refers to one that is declared after it.
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
                            },
                            read_operation: $read,
                            placement: $placement,
                            is_listed_by_time: $by_time,
                            has_events: $has_events,
                            is_searched: $is_searched,
                            ancestry: $ancestry,
                            record: Functions {
                                render: record::render::<$attributes>,
                                claims: record::claims_of::<$attributes>,
                                parents: record::parents_of::<$attributes>,
                                search_row: record::search_row_of::<$attributes>,
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

kinds! {
    /// A user; the one behind an API key included.
    User: UserAttributes {
        name: "user",
        table: "users",
        path: "/v1/users",
        read_operation: &contract::GET_USER_BY_ID,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        has_events: false,
        is_searched: false,
        ancestry: None,
    }

    /// A tag.
    Tag: TagAttributes {
        name: "tag",
        table: "tags",
        path: "/v1/tags",
        read_operation: &own::GET_TAG_BY_ID,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        has_events: true,
        is_searched: false,
        ancestry: None,
    }

    /// A team of users.
    Team: TeamAttributes {
        name: "team",
        table: "teams",
        path: "/v1/teams",
        read_operation: &contract::GET_TEAM_BY_ID,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        has_events: true,
        is_searched: false,
        ancestry: None,
    }

    /// A text that users insert into messages.
    Shortcut: ShortcutAttributes {
        name: "shortcut",
        table: "shortcuts",
        path: "/v1/shortcuts",
        read_operation: &own::GET_SHORTCUT_BY_ID,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        has_events: true,
        is_searched: false,
        ancestry: None,
    }

    /// A customer.
    Customer: CustomerAttributes {
        name: "customer",
        table: "customers",
        path: "/v1/customers",
        read_operation: &contract::GET_CUSTOMER_BY_ID,
        placement: Placement::ById,
        is_listed_by_time: true,
        has_events: true,
        is_searched: true,
        ancestry: None,
    }
}

impl Kind {
    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        self.spec().name
    }

    /// The kind with this word.
    ///
    /// ```
    /// use kustodian_core::kind::Kind;
    ///
    /// assert_eq!(Kind::named("customer"), Some(Kind::Customer));
    /// assert_eq!(Kind::named("customers"), None);
    /// ```
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The path of one of its records.
    pub fn path_of(self, id: ObjectId) -> String {
        format!("{}/{id}", self.spec().path)
    }

    /// A record of the kind as it is stored: its members in the order of its type.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub fn render(self, record: Value) -> Result<String, Refusal> {
        (self.spec().record.render)(record)
    }

    /// The claims of a record that is not deleted, read from its document; a deleted one holds none.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn claims_of(self, org: OrgKey, id: ObjectId, document: &str) -> Result<Vec<Claim>, Refusal> {
        (self.spec().record.claims)(org, id, document)
    }

    /// Whom a record belongs to, read from its document.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn parents_of(self, document: &str) -> Result<Parents, Refusal> {
        (self.spec().record.parents)(document)
    }

    /// The row by which search finds a record, read from its document; `None` when it was erased, or its kind is not
    /// searched.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn search_row_of(self, document: &str) -> Result<Option<SearchRow>, Refusal> {
        (self.spec().record.search_row)(document)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn kinds_share_no_name_no_table_and_no_path() {
        let distinct = |of: fn(&Spec) -> &'static str| {
            Kind::ALL.iter().map(|kind| of(kind.spec())).collect::<BTreeSet<_>>().len() == Kind::ALL.len()
        };
        assert!(distinct(|spec| spec.name));
        assert!(distinct(|spec| spec.table));
        assert!(distinct(|spec| spec.path));
    }

    #[test]
    fn lists_are_of_parents_that_are_declared() {
        for ancestry in Kind::ALL.into_iter().filter_map(|kind| kind.spec().ancestry) {
            let is_declared = |column: &&str| ancestry.parents.iter().any(|(parent, _)| parent == column);
            assert!(
                ancestry.lists.iter().all(|list| !list.is_empty() && list.iter().all(|column| is_declared(column)))
            );
        }
    }

    #[test]
    fn kinds_that_belong_to_others_are_placed_beside_them() {
        for Spec { name, placement, ancestry, .. } in Kind::ALL.map(Kind::spec) {
            assert_eq!(ancestry.is_some(), *placement == Placement::ByHome, "{name}");
        }
    }

    #[test]
    fn a_kind_is_read_under_its_path() {
        for kind in Kind::ALL {
            let Spec { path, read_operation, .. } = kind.spec();
            let read = format!("/v1{}", read_operation.path);
            assert!(read.starts_with(&format!("{path}/{{")), "{read} is not under {path}");
        }
    }
}
