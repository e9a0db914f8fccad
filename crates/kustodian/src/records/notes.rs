//! `kustodian notes`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::Field;
use kustomer_api::note::NoteInput;

use super::{Attributes, Filters, Listed, Records, segment};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Notes.
#[derive(Debug)]
pub(crate) enum Notes {}

impl Records for Notes {
    const KIND: Kind = Kind::Note;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("BODY", "/attributes/body"),
        ("CONVERSATION", "/relationships/conversation/data/id"),
        ("BY", "/relationships/createdBy/data/id"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = NoteArguments;
    type Filters = NoteFilters;
}

/// What to create a note with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct NoteArguments {
    /// The text.
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// The id of the conversation that it is about.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// The id of the customer that it is about, without a conversation.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// The external id, unique among notes.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["body", "conversation", "customer", "external_id"])]
    json: Option<String>,
}

impl Attributes for NoteArguments {
    const ONLY_NEW: &'static [&'static str] = &["customer"];

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let input = NoteInput {
            body: self.body,
            conversation: self.conversation,
            customer: self.customer,
            external_id: self.external_id.map_or(Field::Absent, Field::Value),
            ..NoteInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which notes to list.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct NoteFilters {
    /// Those about the conversation with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    conversation: Option<String>,
    /// Those about the customer with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    customer: Option<String>,
}

impl Filters for NoteFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::under(path, self.conversation, self.customer)
    }
}
