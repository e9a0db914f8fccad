//! The kinds that are imported, and their declarations in the API.

use clap::ValueEnum;
use kustodian_core::kind::Kind;
use kustomer_api::bulk::{
    BulkBatchUpdateCompanies, BulkBatchUpdateConversations, BulkBatchUpdateCustomers, BulkBatchUpdateKObjects,
    BulkBatchUpdateMessages, BulkBatchUpdateNotes, BulkCreateCompanies, BulkCreateConversations, BulkCreateCustomers,
    BulkCreateKObjects, BulkCreateMessages, BulkCreateNotes, CLIENT_REF,
};
use kustomer_api::metadata::METADATA_INPUT;
use kustomer_api::schema::{self, Property, ReadOnly, Schema};
use kustomer_api::{Endpoint, company, conversation, customer, kobject, message, note};

/// The kind of the records in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Imported {
    /// Customers.
    Customers,
    /// Companies.
    Companies,
    /// Kobjects of a klass.
    Kobjects,
    /// Conversations.
    Conversations,
    /// Messages. They are recorded, and nothing is sent.
    Messages,
    /// Notes.
    Notes,
    /// Descriptions of custom attributes, as `kustodian export metadata` writes it.
    Metadata,
}

impl Imported {
    /// Those whose records are sent through bulk operations.
    #[cfg(test)]
    pub(crate) fn in_bulk() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(|kind| *kind != Self::Metadata)
    }

    /// The kind of its records.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Customers => Kind::Customer,
            Self::Companies => Kind::Company,
            Self::Kobjects => Kind::KObject,
            Self::Conversations => Kind::Conversation,
            Self::Messages => Kind::Message,
            Self::Notes => Kind::Note,
            Self::Metadata => Kind::Metadata,
        }
    }

    /// What an item may hold that creates a record.
    pub(crate) fn item(self) -> &'static Schema {
        item_of(match self {
            Self::Customers => BulkCreateCustomers::BODY,
            Self::Companies => BulkCreateCompanies::BODY,
            Self::Kobjects => BulkCreateKObjects::BODY,
            Self::Conversations => BulkCreateConversations::BODY,
            Self::Messages => BulkCreateMessages::BODY,
            Self::Notes => BulkCreateNotes::BODY,
            Self::Metadata => return &METADATA_INPUT,
        })
    }

    /// What an item may hold that updates a record.
    pub(crate) fn changes(self) -> &'static Schema {
        item_of(match self {
            Self::Customers => BulkBatchUpdateCustomers::BODY,
            Self::Companies => BulkBatchUpdateCompanies::BODY,
            Self::Kobjects => BulkBatchUpdateKObjects::BODY,
            Self::Conversations => BulkBatchUpdateConversations::BODY,
            Self::Messages => BulkBatchUpdateMessages::BODY,
            Self::Notes => BulkBatchUpdateNotes::BODY,
            Self::Metadata => return &METADATA_INPUT,
        })
    }

    /// The attributes that only an update takes, such as that a task is done: a record gets them after it is created.
    pub(crate) fn later(self) -> impl Iterator<Item = &'static Property> {
        let is_created_with = move |name: &str| self.attributes().any(|property| property.name == name);
        let changes: &'static [Property] = if self == Self::Metadata { &[] } else { properties(self.changes()) };
        let offered = changes.iter().filter(|property| !NOT_CARRIED.contains(&property.name));
        offered.filter(move |property| !is_created_with(property.name))
    }

    /// The attributes that are answered and that a create does not take.
    pub(crate) fn read_only(self) -> &'static [ReadOnly] {
        match self {
            Self::Customers => customer::READ_ONLY,
            Self::Companies => company::READ_ONLY,
            Self::Kobjects => kobject::READ_ONLY,
            Self::Conversations => conversation::READ_ONLY,
            Self::Messages => message::READ_ONLY,
            Self::Notes => note::READ_ONLY,
            Self::Metadata => &[],
        }
    }

    /// The path of their list.
    pub(crate) fn path(self, klass: Option<&str>) -> String {
        match (self, klass) {
            (Self::Kobjects, Some(klass)) => format!("/klasses/{klass}"),
            _ => {
                let path = self.kind().spec().path;
                path.strip_prefix("/v1").unwrap_or(path).to_owned()
            }
        }
    }

    /// The attributes that an item may hold, without its reference.
    pub(crate) fn attributes(self) -> impl Iterator<Item = &'static Property> {
        properties(self.item()).iter().filter(|property| property.name != CLIENT_REF)
    }
}

/// What only an update takes and an import leaves out. A conversation that has ended or is locked would take none of its
/// messages, which are imported after it. The suggestions of a machine name records of the other server.
const NOT_CARRIED: [&str; 11] = [
    "id",
    CLIENT_REF,
    "rev",
    "deleted",
    "ended",
    "endedAt",
    "endedReason",
    "endedByType",
    "locked",
    "suggestedTags",
    "suggestedShortcuts",
];

/// The properties of an object; none of anything else.
pub(crate) fn properties(schema: &Schema) -> &'static [Property] {
    match schema.kind {
        schema::Kind::Object(object) => object.properties,
        _ => &[],
    }
}

/// The attributes that the items of a bulk body may have.
fn item_of(body: Option<&'static Schema>) -> &'static Schema {
    static NOTHING: Schema = Schema::any();
    match body.map(|schema| schema.kind) {
        Some(schema::Kind::List { items, .. }) => items,
        _ => &NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imported_kind_has_items_that_may_hold_attributes() {
        for kind in Imported::in_bulk() {
            assert!(kind.attributes().count() > 3, "{kind:?}");
            assert!(properties(kind.changes()).iter().any(|property| property.name == "id"), "{kind:?}");
        }
    }
}
