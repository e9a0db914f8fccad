//! `kustodian conversations`.

use clap::{Args, Subcommand};
use kustodian_core::kind::Kind;
use kustomer_api::conversation::{ConversationInput, ConversationStatus, Snooze};
use kustomer_api::{Field, Timestamp};
use kustomer_client::{Client, Method};
use serde_json::json;

use super::{Attributes, Filters, ListArguments, Listed, Place, Records, RecordsCommand, segment};
use crate::arguments::OutputArguments;
use crate::customers::attributes::custom;
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Conversations.
#[derive(Debug)]
pub(crate) enum Conversations {}

impl Records for Conversations {
    const KIND: Kind = Kind::Conversation;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("STATUS", "/attributes/status"),
        ("PRIORITY", "/attributes/priority"),
        ("MESSAGES", "/attributes/messageCount"),
        ("CUSTOMER", "/relationships/customer/data/id"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = ConversationArguments;
    type Filters = ConversationFilters;
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process, and clap boxes no subcommands")]
pub(crate) enum ConversationsCommand {
    #[command(flatten)]
    Records(RecordsCommand<Conversations>),
    /// Marks one as done: a message from the customer opens it again.
    Done(StatusArguments),
    /// Opens one again.
    Open(StatusArguments),
    /// Puts one aside until a moment, or until the customer writes.
    Snooze {
        #[command(flatten)]
        which: StatusArguments,
        /// When it opens again, such as 2026-01-31 or 2026-01-31T12:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = crate::audit::moment)]
        until: Timestamp,
    },
    /// Lists the times that users spent on one, oldest first.
    Times {
        /// Its id.
        #[arg(value_parser = segment)]
        id: String,
        #[command(flatten)]
        list: ListArguments,
    },
}

/// What tables of conversation times show.
const TIMES: &[(&str, &str)] = &[
    ("ID", "/id"),
    ("AT", "/attributes/handleAt"),
    ("MILLISECONDS", "/attributes/handleTime"),
    ("MESSAGE", "/attributes/messageAt"),
    ("NOTE", "/attributes/noteAt"),
    ("DONE", "/attributes/resolved"),
    ("BY", "/relationships/createdBy/data/id"),
];

/// Which conversation gets another status.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Its id.
    #[arg(value_parser = segment)]
    id: String,
    #[command(flatten)]
    output: OutputArguments,
}

/// Runs a command.
pub(crate) async fn run(client: &Client, place: Place<'_>, command: ConversationsCommand) -> Result<(), Failure> {
    let (which, change) = match command {
        ConversationsCommand::Records(command) => return super::run(client, place, command).await,
        ConversationsCommand::Times { id, list } => {
            return list.print(client, Listed::at(format!("{}/{id}/times", place.path)), TIMES).await;
        }
        ConversationsCommand::Done(which) => (which, ConversationInput::default().status(ConversationStatus::Done)),
        ConversationsCommand::Open(which) => (which, ConversationInput::default().status(ConversationStatus::Open)),
        ConversationsCommand::Snooze { which, until } => {
            (which, ConversationInput::default().snooze(Snooze::until(until)))
        }
    };
    let body = serde_json::to_string(&change).map_err(|error| Failure::new(error.to_string()))?;
    let call = client.request(Method::PATCH, &format!("{}/{}", place.path, which.id)).json(body);
    super::show(client, call.exchange().await, which.output.output).await
}

/// What to create a conversation with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct ConversationArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// The external id, unique among conversations.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The id of its customer. An update that moves it to another customer gives nothing else.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// open or done; an update also takes snoozed.
    #[arg(long)]
    status: Option<String>,
    /// 1 to 5.
    #[arg(long, value_name = "N")]
    priority: Option<u64>,
    /// The channel to answer through.
    #[arg(long, value_name = "CHANNEL")]
    reply_channel: Option<String>,
    /// The id of a user that it is assigned to; repeatable.
    #[arg(long = "assigned-user", value_name = "ID")]
    assigned_users: Vec<String>,
    /// The id of a team that it is assigned to; repeatable.
    #[arg(long = "assigned-team", value_name = "ID")]
    assigned_teams: Vec<String>,
    /// A tag's name or id; repeatable.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A custom attribute such as reasonStr=late or weightNum=7.5; repeatable. The key's suffix fixes the type; null clears.
    #[arg(long, value_name = "KEY=VALUE")]
    custom: Vec<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with_all = [
            "name", "external_id", "customer", "status", "priority", "reply_channel", "assigned_users", "assigned_teams",
            "tags", "custom",
        ]
    )]
    json: Option<String>,
}

impl Attributes for ConversationArguments {
    fn check_new(&self) -> Result<(), Failure> {
        if self.status.as_deref() == Some(ConversationStatus::Snoozed.as_str()) {
            let why =
                "a new conversation is open or done: create it, then `kustodian conversations snooze ID --until TIME`";
            return Err(Failure::new(why));
        }
        Ok(())
    }

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let field = |text: Option<String>| text.map_or(Field::Absent, Field::Value);
        let some = |items: Vec<String>| Some(items).filter(|items| !items.is_empty());
        let input = ConversationInput {
            name: field(self.name),
            external_id: field(self.external_id),
            customer: self.customer,
            status: self.status.map(|status| status.as_str().into()),
            priority: self.priority,
            reply_channel: field(self.reply_channel),
            assigned_users: some(self.assigned_users),
            assigned_teams: some(self.assigned_teams),
            tags: some(self.tags),
            custom: if self.custom.is_empty() { None } else { Some(custom(&self.custom)?) },
            ..ConversationInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which conversations to list.
#[derive(Debug, Args)]
pub(crate) struct ConversationFilters {
    /// Those of the customer with this id.
    #[arg(long, value_name = "ID", value_parser = segment)]
    customer: Option<String>,
    /// Those with this status: open, snoozed or done.
    #[arg(long)]
    status: Option<String>,
    /// Those that are assigned to the user with this id.
    #[arg(long, value_name = "ID")]
    assigned_user: Option<String>,
    /// Those that were changed since this moment, in the order of their changes.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::moment)]
    since: Option<Timestamp>,
}

impl Filters for ConversationFilters {
    fn listed(self, path: &str) -> Listed {
        let Self { customer, status, assigned_user, since } = self;
        let criteria: Vec<_> = [
            status.map(|status| json!({ "conversation_status": { "equals": status } })),
            assigned_user.map(|id| json!({ "conversation_assigned_users": { "equals": id } })),
            since.map(|moment| json!({ "conversation_updated_at": { "gte": moment.to_string() } })),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !criteria.is_empty() {
            let of = customer.map(|id| json!({ "conversation_customer_id": { "equals": id } }));
            return Listed::found(Kind::Conversation, criteria.into_iter().chain(of).collect());
        }
        Listed::at(customer.map_or(path.to_owned(), |id| format!("/customers/{id}/conversations")))
    }
}
