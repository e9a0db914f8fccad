//! The kinds of records, each declared once. All code over all kinds, in any crate, derives from here.

mod methods;
mod spec;

use kustomer_api::attachment::AttachmentAttributes;
use kustomer_api::auth::AuthSettingsAttributes;
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
use kustomer_api::operation::{contract, own};
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

pub use self::spec::{Column, DUE_AT, EventNames, Holds, Placement, Spec, empties_the_past};
use self::spec::{Functions, kinds};
use crate::{attachment, company, conversation, customer, file, klass, kobject, message, metadata, record, team};

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

    /// How people of the org sign in: one record for each org.
    AuthSettings: AuthSettingsAttributes {
        name: "auth_settings",
        table: "auth_settings",
        path: "/v1/auth/settings",
        read_operation: &contract::GET_AUTH_SETTINGS,
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
        is_listed_by_time: false,
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
        is_listed_by_time: false,
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
    fn an_audit_log_is_narrowed_to_every_kind() {
        for kind in Kind::ALL {
            assert!(kustomer_api::audit::OBJECT_TYPES.contains(&kind.as_str()), "{}", kind.as_str());
        }
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
            let is_under =
                if kind.spec().is_single() { read == *path } else { read.starts_with(&format!("{path}/{{")) };
            assert!(is_under, "{read} is not under {path}");
        }
    }
}
