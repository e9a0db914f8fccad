//! `kustodian drafts`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::draft::{Address, DraftChannel, DraftInput, DraftStatus, Recipients};
use kustomer_api::{Field, Timestamp};

use super::{Attributes, Filters, Listed, Records, segment};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Drafts.
#[derive(Debug)]
pub(crate) enum Drafts {}

impl Records for Drafts {
    const KIND: Kind = Kind::Draft;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("CHANNEL", "/attributes/channel"),
        ("STATUS", "/attributes/status"),
        ("SEND AT", "/attributes/sendAt"),
        ("SUBJECT", "/attributes/subject"),
        ("CUSTOMER", "/relationships/customer/data/id"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = DraftArguments;
    type Filters = DraftFilters;
}

/// What to create a draft with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct DraftArguments {
    /// The channel, such as email, chat or note. An update names it, too.
    #[arg(long)]
    channel: Option<String>,
    /// The id of the customer.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// The id of the conversation that it is sent in.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// The recipient: an e-mail address, repeatable; or the number or name of another channel.
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// The subject.
    #[arg(long)]
    subject: Option<String>,
    /// The text.
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
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
        conflicts_with_all = ["channel", "customer", "conversation", "to", "subject", "body", "send_at", "send"]
    )]
    json: Option<String>,
}

impl Attributes for DraftArguments {
    const ONLY_NEW: &'static [&'static str] = &["customer"];

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let channel: Option<DraftChannel> = self.channel.map(|channel| channel.as_str().into());
        let to = match &channel {
            _ if self.to.is_empty() => None,
            Some(DraftChannel::Email) => Some(Recipients::Addresses(self.to.into_iter().map(Address::of).collect())),
            _ => Some(Recipients::Name(self.to.join(", "))),
        };
        let input = DraftInput {
            channel,
            customer: self.customer,
            conversation: self.conversation,
            to,
            subject: self.subject,
            body: self.body,
            send_at: self.send_at.map_or(Field::Absent, Field::Value),
            status: self.send.then_some(DraftStatus::Sent),
            ..DraftInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which drafts to list.
#[derive(Debug, Args)]
pub(crate) struct DraftFilters {
    /// Those to the customer with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    customer: Option<String>,
}

impl Filters for DraftFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::at(self.customer.map_or(path.to_owned(), |id| format!("/customers/{id}/drafts")))
    }
}
