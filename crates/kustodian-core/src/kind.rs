//! The kinds of records, each declared once. All code over all kinds, in any crate, derives from here.

use kustomer_api::ObjectId;
use kustomer_api::attachment::AttachmentAttributes;
use kustomer_api::brand::BrandAttributes;
use kustomer_api::bulk::BulkAttributes;
use kustomer_api::company::CompanyAttributes;
use kustomer_api::conversation::ConversationAttributes;
use kustomer_api::conversation_time::ConversationTimeAttributes;
use kustomer_api::customer::CustomerAttributes;
use kustomer_api::customer_merge::CustomerMergeAttributes;
use kustomer_api::delivery::DeliveryAttributes;
use kustomer_api::draft::DraftAttributes;
use kustomer_api::forward::ForwardAttributes;
use kustomer_api::inbound_webhook::InboundWebhookAttributes;
use kustomer_api::klass::KlassAttributes;
use kustomer_api::kobject::KObjectAttributes;
use kustomer_api::media::MediaAttributes;
use kustomer_api::message::MessageAttributes;
use kustomer_api::metadata::MetadataAttributes;
use kustomer_api::note::NoteAttributes;
use kustomer_api::operation::{Operation, contract, own};
use kustomer_api::outbound_webhook::OutboundWebhookAttributes;
use kustomer_api::role_group::RoleGroupAttributes;
use kustomer_api::routing_queue::RoutingQueueAttributes;
use kustomer_api::satisfaction::SatisfactionAttributes;
use kustomer_api::saved_search::SavedSearchAttributes;
use kustomer_api::schedule::ScheduleAttributes;
use kustomer_api::shortcut::ShortcutAttributes;
use kustomer_api::sla::SlaAttributes;
use kustomer_api::spam_sender::SpamSenderAttributes;
use kustomer_api::tag::TagAttributes;
use kustomer_api::team::TeamAttributes;
use kustomer_api::user::UserAttributes;
use serde_json::Value;

use crate::change::{ChangeSet, Columns, EventSeed, Name};
use crate::claim::Claim;
use crate::customer::Context;
use crate::file::Received;
use crate::record;
use crate::refusal::Refusal;
use crate::search::{self, SearchRow};
use crate::store::{Loaded, OrgKey, Stored};
use crate::timer::Elapsed;
use crate::{attachment, company, conversation, customer, file, klass, kobject, message, metadata, team};

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
    /// Its type.
    pub holds: Holds,
}

/// The type of a column.
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

/// The functions of a kind's attributes, so that code over all kinds needs no type.
#[derive(Debug)]
struct Functions {
    render: fn(Value) -> Result<String, Refusal>,
    claims: fn(OrgKey, ObjectId, &str) -> Result<Vec<Claim>, Refusal>,
    columns: fn(&str) -> Result<Columns, Refusal>,
    is_shown_as: fn(ObjectId, &str) -> bool,
    search_row: fn(&str) -> Result<Option<SearchRow>, Refusal>,
    delete_owned: fn(&Context<'_>, &Stored, EventSeed) -> Result<Option<ChangeSet>, Refusal>,
    follow: Follow,
    erase: fn(&Context<'_>, &Stored, EventSeed) -> Result<Option<ChangeSet>, Refusal>,
    timed_with: fn(&str) -> Result<Vec<Name>, Refusal>,
    elapse: fn(&Elapsed<'_>, &Loaded, &Stored) -> Result<ChangeSet, Refusal>,
    receive: fn(&Context<'_>, Option<&Stored>, EventSeed, Received) -> Result<ChangeSet, Refusal>,
}

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

kinds! {
    /// A user; the one behind an API key included.
    User: UserAttributes {
        name: "user",
        table: "users",
        path: "/v1/users",
        read_operation: &contract::GET_USER_BY_ID,
        restored_by: Some(&contract::UPDATE_USER_BY_ID),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: true,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A tag.
    Tag: TagAttributes {
        name: "tag",
        table: "tags",
        path: "/v1/tags",
        read_operation: &own::GET_TAG_BY_ID,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A team of users.
    Team: TeamAttributes {
        name: "team",
        table: "teams",
        path: "/v1/teams",
        read_operation: &contract::GET_TEAM_BY_ID,
        restored_by: Some(&contract::UPDATE_TEAM_ATTRIBUTES),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[Column { name: team::GRANTING, holds: Holds::Text }],
        lists: &[&[team::GRANTING]],
    }

    /// Roles under a name.
    RoleGroup: RoleGroupAttributes {
        name: "role_group",
        table: "role_groups",
        path: "/v1/role-groups",
        read_operation: &contract::GET_ROLE_GROUP_BY_ID,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: true,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A text that users insert into messages.
    Shortcut: ShortcutAttributes {
        name: "shortcut",
        table: "shortcuts",
        path: "/v1/shortcuts",
        read_operation: &own::GET_SHORTCUT_BY_ID,
        restored_by: Some(&own::UPDATE_SHORTCUT),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A customer.
    Customer: CustomerAttributes {
        name: "customer",
        table: "customers",
        path: "/v1/customers",
        read_operation: &contract::GET_CUSTOMER_BY_ID,
        restored_by: Some(&own::RESTORE_CUSTOMER),
        placement: Placement::ById,
        is_listed_by_time: true,
        is_few: false,
        is_searched: true,
        columns: &[],
        lists: &[],
    }

    /// A merge of a customer into another one.
    CustomerMerge: CustomerMergeAttributes {
        name: "customer_merge",
        table: "customer_merges",
        path: "/v1/customers/merges",
        read_operation: &contract::GET_CUSTOMER_MERGE,
        restored_by: None,
        placement: Placement::ById,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[
            Column { name: customer::SOURCE, holds: Holds::Parent(Kind::Customer) },
            Column { name: customer::TARGET, holds: Holds::Parent(Kind::Customer) },
        ],
        lists: &[&[customer::SOURCE], &[customer::TARGET]],
    }

    /// A company.
    Company: CompanyAttributes {
        name: "company",
        table: "companies",
        path: "/v1/companies",
        read_operation: &contract::GET_COMPANY_BY_ID,
        restored_by: Some(&contract::UPDATE_COMPANY_ATTRIBUTES),
        placement: Placement::ById,
        is_listed_by_time: false,
        is_few: false,
        is_searched: true,
        columns: &[Column { name: company::NAME, holds: Holds::Text }],
        lists: &[&[company::NAME]],
    }

    /// A type of custom objects.
    Klass: KlassAttributes {
        name: "klass",
        table: "klasses",
        path: "/v1/klasses",
        read_operation: &contract::GET_KLASS,
        restored_by: Some(&own::RESTORE_KLASS),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[Column { name: klass::STATUS, holds: Holds::Text }],
        lists: &[&[klass::STATUS]],
    }

    /// A custom object, of a klass.
    KObject: KObjectAttributes {
        name: "kobject",
        table: "kobjects",
        path: "/v1/klasses/{name}",
        read_operation: &contract::GET_KOBJECT,
        restored_by: Some(&own::RESTORE_KOBJECT),
        placement: Placement::ByHome,
        is_listed_by_time: true,
        is_few: false,
        is_searched: true,
        columns: &[
            Column { name: kobject::KLASS, holds: Holds::Text },
            Column { name: kobject::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: kobject::COMPANY, holds: Holds::Parent(Kind::Company) },
        ],
        lists: &[&[kobject::KLASS], &[kobject::CUSTOMER, kobject::KLASS], &[kobject::COMPANY, kobject::KLASS]],
    }

    /// What a customer and the users of the org write to each other. It may move to another customer, so the customer is
    /// no home; erasing the customer erases what its column `customer` names.
    Conversation: ConversationAttributes {
        name: "conversation",
        table: "conversations",
        path: "/v1/conversations",
        read_operation: &contract::GET_CONVERSATION,
        restored_by: Some(&contract::UPDATE_CONVERSATION),
        placement: Placement::ById,
        is_listed_by_time: true,
        is_few: false,
        is_searched: true,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Owner(Kind::Customer) },
            Column { name: DUE_AT, holds: Holds::Due },
        ],
        lists: &[&[conversation::CUSTOMER]],
    }

    /// A message of a conversation, which is its home.
    Message: MessageAttributes {
        name: "message",
        table: "messages",
        path: "/v1/messages",
        read_operation: &contract::GET_MESSAGE,
        restored_by: None,
        placement: Placement::ByHome,
        is_listed_by_time: true,
        is_few: false,
        is_searched: true,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
        ],
        lists: &[&[conversation::CUSTOMER], &[message::CONVERSATION]],
    }

    /// A note about a conversation, which is its home; or about a customer, or about neither.
    Note: NoteAttributes {
        name: "note",
        table: "notes",
        path: "/v1/notes",
        read_operation: &contract::GET_NOTE_BY_ID,
        restored_by: Some(&contract::UPDATE_NOTE_BY_ID),
        placement: Placement::ByHome,
        is_listed_by_time: true,
        is_few: false,
        is_searched: true,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
        ],
        lists: &[&[conversation::CUSTOMER], &[message::CONVERSATION]],
    }

    /// An action of a user in a conversation, which is its home, and its duration.
    ConversationTime: ConversationTimeAttributes {
        name: "conversation_time",
        table: "conversation_times",
        path: "/v1/conversations/times",
        read_operation: &own::GET_CONVERSATION_TIME_BY_ID,
        restored_by: None,
        placement: Placement::ByHome,
        is_listed_by_time: false,
        is_few: false,
        is_searched: true,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
        ],
        lists: &[&[message::CONVERSATION]],
    }

    /// A message or a note before it is sent; the customer is its home.
    Draft: DraftAttributes {
        name: "draft",
        table: "drafts",
        path: "/v1/drafts",
        read_operation: &own::GET_DRAFT_BY_ID,
        restored_by: None,
        placement: Placement::ByHome,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
            Column { name: DUE_AT, holds: Holds::Due },
        ],
        lists: &[&[conversation::CUSTOMER], &[message::CONVERSATION]],
    }

    /// What leaves for a customer, who is its home; or of a forward, whose conversation is: an entry of the outbox.
    Delivery: DeliveryAttributes {
        name: "delivery",
        table: "deliveries",
        path: "/v1/outbox",
        read_operation: &own::GET_DELIVERY,
        restored_by: None,
        placement: Placement::ByHome,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
            Column { name: DUE_AT, holds: Holds::Due },
        ],
        lists: &[&[conversation::CUSTOMER], &[message::CONVERSATION]],
    }

    /// A bulk job that is complete.
    Bulk: BulkAttributes {
        name: "bulk",
        table: "bulk_jobs",
        path: "/v1/bulk",
        read_operation: &own::GET_BULK_JOB,
        restored_by: None,
        placement: Placement::ById,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[Column { name: DUE_AT, holds: Holds::Due }],
        lists: &[],
    }

    /// A file of a message, a note, a draft or a forward. It is created before its owner, so it is its own home;
    /// erasing the conversation, or the customer where there is none, erases what these columns name.
    Attachment: AttachmentAttributes {
        name: "attachment",
        table: "attachments",
        path: "/v1/attachments",
        read_operation: &contract::GET_ATTACHMENTS_BY_ID,
        restored_by: None,
        placement: Placement::ById,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[
            Column { name: attachment::OWNER, holds: Holds::Text },
            Column { name: attachment::CONVERSATION, holds: Holds::Owner(Kind::Conversation) },
            Column { name: attachment::CUSTOMER, holds: Holds::Owner(Kind::Customer) },
            Column { name: file::SHA256, holds: Holds::Text },
        ],
        lists: &[&[attachment::OWNER], &[attachment::CONVERSATION], &[attachment::CUSTOMER], &[file::SHA256]],
    }

    /// A conversation that is sent to somebody else; the conversation is its home.
    Forward: ForwardAttributes {
        name: "forward",
        table: "forwards",
        path: "/v1/forwards",
        read_operation: &contract::GETA_DRAFT_FORWARD_BY_ID,
        restored_by: None,
        placement: Placement::ByHome,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[
            Column { name: conversation::CUSTOMER, holds: Holds::Parent(Kind::Customer) },
            Column { name: message::CONVERSATION, holds: Holds::Parent(Kind::Conversation) },
            Column { name: DUE_AT, holds: Holds::Due },
        ],
        lists: &[&[conversation::CUSTOMER], &[message::CONVERSATION]],
    }

    /// A file of the org itself.
    Media: MediaAttributes {
        name: "media",
        table: "media",
        path: "/v1/media",
        read_operation: &contract::GET_MEDIABY_ID,
        restored_by: None,
        placement: Placement::ById,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[Column { name: file::SHA256, holds: Holds::Text }],
        lists: &[&[file::SHA256]],
    }

    /// The org's descriptions of the custom attributes of a kind of record. Documents show its name as its id.
    Metadata: MetadataAttributes {
        name: "metadata",
        table: "metadata",
        path: "/v1/metadata",
        read_operation: &contract::GET_CUSTOM_ATTRIBUTE_METADATA,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[Column { name: metadata::MASKED, holds: Holds::Text }],
        lists: &[&[metadata::MASKED]],
    }

    /// Where events are sent as they happen.
    OutboundWebhook: OutboundWebhookAttributes {
        name: "outbound_webhook",
        table: "outbound_webhooks",
        path: "/v1/outbound-webhooks",
        read_operation: &own::GET_OUTBOUND_WEBHOOK,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A secret address that other systems post to.
    InboundWebhook: InboundWebhookAttributes {
        name: "inbound_webhook",
        table: "inbound_webhooks",
        path: "/v1/inbound-webhooks",
        read_operation: &own::GET_INBOUND_WEBHOOK,
        restored_by: Some(&own::UPDATE_INBOUND_WEBHOOK),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A name under which the org writes to its customers.
    Brand: BrandAttributes {
        name: "brand",
        table: "brands",
        path: "/v1/brands",
        read_operation: &contract::GET_BRAND_BY_ID,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// The hours in which the org works.
    Schedule: ScheduleAttributes {
        name: "schedule",
        table: "schedules",
        path: "/v1/schedules",
        read_operation: &contract::GET_SCHEDULE_BY_ID,
        restored_by: Some(&contract::UPDATE_SCHEDULE_BY_ID),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A sender whose messages are always spam, or never.
    SpamSender: SpamSenderAttributes {
        name: "spam_sender",
        table: "spam_senders",
        path: "/v1/spam/senders",
        read_operation: &own::GET_SPAM_SENDER_BY_ID,
        restored_by: None,
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// Settings of a satisfaction survey.
    Satisfaction: SatisfactionAttributes {
        name: "satisfaction",
        table: "satisfaction",
        path: "/v1/satisfaction",
        read_operation: &own::GET_SATISFACTION_BY_ID,
        restored_by: Some(&own::UPDATE_SATISFACTION),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// How soon customers are answered, with all its versions.
    Sla: SlaAttributes {
        name: "sla",
        table: "slas",
        path: "/v1/slas",
        read_operation: &contract::GET_SLA_BY_ID,
        restored_by: Some(&own::UPDATE_SLA),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// Where conversations wait for users.
    RoutingQueue: RoutingQueueAttributes {
        name: "queue",
        table: "routing_queues",
        path: "/v1/routing/queues",
        read_operation: &own::GET_ROUTING_QUEUE_BY_ID,
        restored_by: Some(&own::UPDATE_ROUTING_QUEUE),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
    }

    /// A search under a name.
    SavedSearch: SavedSearchAttributes {
        name: "search",
        table: "saved_searches",
        path: "/v1/customers/searches",
        read_operation: &own::GET_SAVED_SEARCH_BY_ID,
        restored_by: Some(&own::UPDATE_SAVED_SEARCH),
        placement: Placement::Everywhere,
        is_listed_by_time: false,
        is_few: false,
        is_searched: false,
        columns: &[],
        lists: &[],
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

    /// The kind of the records that a search for this context finds.
    pub fn searched_as(context: search::Context) -> Option<Self> {
        Self::named(context.as_str()).filter(|kind| kind.spec().is_searched)
    }

    /// The context of a search for its records, if they are searched.
    pub fn search_context(self) -> Option<search::Context> {
        search::Context::named(self.as_str()).filter(|_| self.spec().is_searched)
    }

    /// Whether its records are in the index that all searched kinds share but customers, who have one of their own.
    pub fn is_in_entries(self) -> bool {
        self.spec().is_searched && self != Self::Customer
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

    /// The values of a record's columns, read from its document.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn columns_of(self, document: &str) -> Result<Columns, Refusal> {
        (self.spec().record.columns)(document)
    }

    /// Whether the document of the record with this id shows it as `shown`.
    pub fn is_shown_as(self, id: ObjectId, shown: &str) -> bool {
        (self.spec().record.is_shown_as)(id, shown)
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

impl Kind {
    /// Erases a record with its home, a deleted one too. `None` when it was erased before, or its kind has no homes.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn erase(self, context: &Context<'_>, stored: &Stored, seed: EventSeed) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.erase)(context, stored, seed)
    }

    /// Deletes a record that is about to be erased with its owner. `None` when it is deleted, or its kind has no owners.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn delete_owned(
        self,
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
    ) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.delete_owned)(context, stored, seed)
    }

    /// Ties a record of a conversation to the customer that the conversation has moved to. `None` when it is tied already,
    /// or its kind has no such ties.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn follow(
        self,
        context: &Context<'_>,
        stored: &Stored,
        seed: EventSeed,
        customer: ObjectId,
    ) -> Result<Option<ChangeSet>, Refusal> {
        (self.spec().record.follow)(context, stored, seed, customer)
    }

    /// The kinds whose records a record of this kind owns, each with the column that names it.
    pub fn owned(self) -> impl Iterator<Item = (Self, &'static str)> {
        let owns = move |kind: Self| {
            let column = kind.spec().columns.iter().find(|column| column.holds == Holds::Owner(self))?;
            Some((kind, column.name))
        };
        Self::ALL.into_iter().filter_map(owns)
    }

    /// The records that the decision about an elapsed timer reads or changes, beside the record itself.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn timed_with(self, document: &str) -> Result<Vec<Name>, Refusal> {
        (self.spec().record.timed_with)(document)
    }

    /// The effect of an elapsed timer of a record. Nothing when it has not elapsed: another server was first, or somebody
    /// has changed the record meanwhile.
    ///
    /// # Errors
    /// The refusals of the kind's rules; 500 when a document does not fit this version.
    pub fn elapse(self, elapsed: &Elapsed<'_>, loaded: &Loaded, id: ObjectId) -> Result<ChangeSet, Refusal> {
        let Some(stored) = loaded.get((self, id)).filter(|stored| !stored.deleted) else {
            return Ok(ChangeSet::default());
        };
        // What belongs to a customer that was merged follows it first.
        for (kind, id) in self.timed_with(&stored.document)? {
            let customer = loaded.get((kind, id)).filter(|_| kind == Self::Customer);
            if customer.map(customer::merged_into).transpose()?.flatten().is_some() {
                return Ok(ChangeSet::default());
            }
        }
        let columns = self.columns_of(&stored.document)?;
        if columns.get(DUE_AT).is_none_or(|due| *due > *elapsed.now.to_string()) {
            return Ok(ChangeSet::default());
        }
        (self.spec().record.elapse)(elapsed, loaded, stored)
    }

    /// The kinds whose records have timers.
    pub fn timed() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.spec().is_timed())
    }

    /// Notes that the bytes of a record's file are there.
    ///
    /// # Errors
    /// 404 when the record is not there, or has no file; 409 when its bytes are there already or were removed for ever; 400
    /// when they are more or less than it says.
    pub fn receive(
        self,
        context: &Context<'_>,
        stored: Option<&Stored>,
        event: EventSeed,
        received: Received,
    ) -> Result<ChangeSet, Refusal> {
        (self.spec().record.receive)(context, stored, event, received)
    }

    /// The kinds whose records have homes.
    pub fn with_homes() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.spec().has_home())
    }

    /// The kinds whose records have a file.
    pub fn with_files() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.has_file())
    }

    /// Whether its records have a file.
    pub fn has_file(self) -> bool {
        self.spec().columns.iter().any(|column| column.name == file::SHA256)
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
    fn lists_are_narrowed_by_columns_that_are_declared() {
        for Spec { name, columns, lists, .. } in Kind::ALL.map(Kind::spec) {
            let is_declared = |named: &&str| columns.iter().any(|column| column.name == *named);
            assert!(lists.iter().all(|list| !list.is_empty() && list.iter().all(is_declared)), "{name}");
        }
    }

    #[test]
    fn what_says_when_a_timer_elapses_has_one_name() {
        for column in Kind::ALL.into_iter().flat_map(|kind| kind.spec().columns) {
            assert_eq!(column.holds == Holds::Due, column.name == DUE_AT, "{}", column.name);
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
