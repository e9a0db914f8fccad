//! `kustodian forwards`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::draft::{Address, DraftChannel, DraftStatus};
use kustomer_api::forward::ForwardInput;
use kustomer_api::{Field, Timestamp};
use serde_json::Value;

use super::{Attributes, Filters, Listed, Records, segment};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Forwards of conversations.
#[derive(Debug)]
pub(crate) enum Forwards {}

impl Records for Forwards {
    const KIND: Kind = Kind::Forward;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("STATUS", "/attributes/status"),
        ("SEND AT", "/attributes/sendAt"),
        ("SUBJECT", "/attributes/subject"),
        ("CONVERSATION", "/relationships/conversation/data/id"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = ForwardArguments;
    type Filters = ForwardFilters;
}

/// What to create a forward with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct ForwardArguments {
    /// The id of the conversation that is forwarded.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// An e-mail address of a receiver, repeatable.
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// The subject; that of the conversation without it.
    #[arg(long)]
    subject: Option<String>,
    /// The text above the messages of the conversation.
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// The id of an attachment beside those of the conversation, repeatable.
    #[arg(long = "attachment", value_name = "ID")]
    attachments: Vec<String>,
    /// When to send it.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::moment, conflicts_with = "send")]
    send_at: Option<Timestamp>,
    /// Sends it at once.
    #[arg(long)]
    send: bool,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with_all = ["conversation", "to", "subject", "body", "attachments", "send_at", "send"]
    )]
    json: Option<String>,
}

impl Attributes for ForwardArguments {
    const ONLY_NEW: &'static [&'static str] = &["conversation"];

    fn check_new(&self) -> Result<(), Failure> {
        if self.json.is_none() && self.conversation.is_none() {
            let why = "a forward needs the conversation that it forwards: name it with --conversation ID";
            return Err(Failure::new(why));
        }
        Ok(())
    }

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let (to, attachments) = (self.to, self.attachments);
        let input = ForwardInput {
            // A create names the channel; a forward has no other.
            channel: self.conversation.is_some().then_some(DraftChannel::Email),
            conversation: self.conversation,
            to: (!to.is_empty()).then(|| to.into_iter().map(Address::of).collect()),
            subject: self.subject,
            body: self.body,
            attachments: (!attachments.is_empty()).then(|| attachments.into_iter().map(Value::String).collect()),
            send_at: self.send_at.map_or(Field::Absent, Field::Value),
            status: self.send.then_some(DraftStatus::Sent),
            ..ForwardInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which forwards to list.
#[derive(Debug, Args)]
pub(crate) struct ForwardFilters {
    /// Those of the conversation with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    conversation: Option<String>,
}

impl Filters for ForwardFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::under(path, self.conversation, None)
    }
}
