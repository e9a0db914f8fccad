//! `kustodian messages`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::message::MessageInput;
use kustomer_api::{Field, Timestamp};

use super::{Attributes, Filters, Listed, Records, segment};
use crate::customers::attributes::custom;
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Messages.
#[derive(Debug)]
pub(crate) enum Messages {}

impl Records for Messages {
    const KIND: Kind = Kind::Message;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("DIRECTION", "/attributes/direction"),
        ("CHANNEL", "/attributes/channel"),
        ("PREVIEW", "/attributes/preview"),
        ("CONVERSATION", "/relationships/conversation/data/id"),
        ("SENT", "/attributes/sentAt"),
    ];
    type Attributes = MessageArguments;
    type Filters = MessageFilters;
}

/// What to create a message with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct MessageArguments {
    /// The id of its conversation.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// The id of its customer; without a conversation, a new one is opened.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// The channel, such as email, chat or sms.
    #[arg(long)]
    channel: Option<String>,
    /// The app that carried it, such as postmark.
    #[arg(long)]
    app: Option<String>,
    /// in from the customer, out to the customer.
    #[arg(long)]
    direction: Option<String>,
    /// The subject.
    #[arg(long)]
    subject: Option<String>,
    /// The text or its beginning.
    #[arg(long, value_name = "TEXT")]
    preview: Option<String>,
    /// The external id, unique among messages.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// When it was sent.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::moment)]
    sent_at: Option<Timestamp>,
    /// A custom attribute such as reasonStr=late or weightNum=7.5; repeatable. The key's suffix fixes the type; null clears.
    #[arg(long, value_name = "KEY=VALUE")]
    custom: Vec<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with_all = [
            "conversation", "customer", "channel", "app", "direction", "subject", "preview", "external_id", "sent_at",
            "custom",
        ]
    )]
    json: Option<String>,
}

impl Attributes for MessageArguments {
    const ONLY_NEW: &'static [&'static str] = &["customer", "channel", "app", "direction"];

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let field = |text: Option<String>| text.map_or(Field::Absent, Field::Value);
        let input = MessageInput {
            conversation: self.conversation,
            customer: self.customer,
            channel: self.channel.map(|channel| channel.as_str().into()),
            app: self.app,
            direction: self.direction.map(|direction| direction.as_str().into()),
            subject: field(self.subject),
            preview: field(self.preview),
            external_id: field(self.external_id),
            sent_at: self.sent_at.map_or(Field::Absent, Field::Value),
            custom: if self.custom.is_empty() { None } else { Some(custom(&self.custom)?) },
            ..MessageInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which messages to list.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct MessageFilters {
    /// Those of the conversation with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    conversation: Option<String>,
    /// Those of the customer with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    customer: Option<String>,
}

impl Filters for MessageFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::under(path, self.conversation, self.customer)
    }
}
