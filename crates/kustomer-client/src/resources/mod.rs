//! The operations by resource. Each is one line on the one path, [`Client::call`](crate::Client::call).

mod attachments;
mod audit_logs;
mod auth;
mod brands;
mod bulk;
mod companies;
mod conversation_times;
mod conversations;
mod customer_merges;
mod customers;
mod drafts;
mod events;
mod forwards;
mod inbound_webhooks;
mod klasses;
mod kobjects;
mod media;
mod messages;
mod metadata;
mod notes;
mod orgs;
mod outbound_accounts;
mod outbound_webhooks;
mod outbox;
mod role_groups;
mod routing_queues;
mod satisfaction;
mod saved_searches;
mod schedules;
mod search;
mod settling;
mod shortcuts;
mod slas;
mod spam_senders;
mod tags;
mod teams;
mod tracking;
mod users;

pub use attachments::Attachments;
pub use audit_logs::AuditLogs;
pub use auth::Auth;
pub use brands::Brands;
pub use bulk::BulkJobs;
pub use companies::Companies;
pub use conversation_times::ConversationTimes;
pub use conversations::Conversations;
pub use customer_merges::CustomerMerges;
pub use customers::Customers;
pub use drafts::Drafts;
pub use events::Events;
pub use forwards::Forwards;
pub use inbound_webhooks::InboundWebhooks;
pub use klasses::Klasses;
pub use kobjects::KObjects;
pub use media::Media;
pub use messages::Messages;
pub use metadata::Metadata;
pub use notes::Notes;
pub use orgs::Orgs;
pub use outbound_accounts::OutboundAccounts;
pub use outbound_webhooks::OutboundWebhooks;
pub use outbox::Outbox;
pub use role_groups::RoleGroups;
pub use routing_queues::RoutingQueues;
pub use satisfaction::Satisfaction;
pub use saved_searches::SavedSearches;
pub use schedules::Schedules;
pub use settling::Settled;
pub use shortcuts::Shortcuts;
pub use slas::Slas;
pub use spam_senders::SpamSenders;
pub use tags::Tags;
pub use teams::Teams;
pub use tracking::Tracking;
pub use users::Users;

/// Declares a group of operations: a borrowed client and nothing else.
macro_rules! group {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            pub(crate) client: &'a crate::Client,
        }

        impl<'a> $name<'a> {
            pub(crate) fn new(client: &'a crate::Client) -> Self {
                Self { client }
            }
        }
    };
}

/// A method of a group, and the operation that it calls.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Method {
    /// The group's type, such as `Customers`.
    pub group: &'static str,
    /// The method's name, such as `create`.
    pub verb: &'static str,
    /// The operation.
    pub operation: &'static kustomer_api::Operation,
    /// What its documentation says of the operation.
    pub line: &'static str,
}

/// Every method that calls an operation.
#[doc(hidden)]
pub fn methods() -> impl Iterator<Item = &'static Method> {
    let groups: &[&[Method]] = &[
        attachments::ATTACHMENTS_PAST,
        attachments::ATTACHMENTS,
        audit_logs::AUDIT_LOGS,
        auth::AUTH,
        brands::BRANDS_PAST,
        brands::BRANDS,
        bulk::BULK_PAST,
        bulk::BULK,
        companies::COMPANIES_PAST,
        companies::COMPANIES_BULK,
        companies::COMPANIES,
        conversation_times::CONVERSATION_TIMES_PAST,
        conversation_times::CONVERSATION_TIMES,
        conversations::CONVERSATIONS_PAST,
        conversations::CONVERSATIONS_BULK,
        conversations::CONVERSATIONS,
        customer_merges::CUSTOMER_MERGES_PAST,
        customer_merges::CUSTOMER_MERGES,
        customers::CUSTOMERS_PAST,
        customers::CUSTOMERS_BULK,
        customers::CUSTOMERS,
        drafts::DRAFTS_PAST,
        drafts::DRAFTS,
        events::EVENTS,
        forwards::FORWARDS_PAST,
        forwards::FORWARDS,
        inbound_webhooks::INBOUND_WEBHOOKS_PAST,
        inbound_webhooks::INBOUND_WEBHOOKS,
        klasses::KLASSES_PAST,
        klasses::KLASSES,
        kobjects::KOBJECTS_PAST,
        kobjects::KOBJECTS_BULK,
        kobjects::KOBJECTS,
        media::MEDIA_PAST,
        media::MEDIA,
        messages::MESSAGES_PAST,
        messages::MESSAGES_BULK,
        messages::MESSAGES,
        metadata::METADATA_PAST,
        metadata::METADATA,
        notes::NOTES_PAST,
        notes::NOTES_BULK,
        notes::NOTES,
        orgs::ORGS,
        outbound_accounts::OUTBOUND_ACCOUNTS,
        outbound_webhooks::OUTBOUND_WEBHOOKS_PAST,
        outbound_webhooks::OUTBOUND_WEBHOOKS,
        outbox::OUTBOX_PAST,
        outbox::OUTBOX,
        role_groups::ROLE_GROUPS_PAST,
        role_groups::ROLE_GROUPS,
        routing_queues::ROUTING_QUEUES_PAST,
        routing_queues::ROUTING_QUEUES,
        satisfaction::SATISFACTION_PAST,
        satisfaction::SATISFACTION,
        saved_searches::SAVED_SEARCHES_PAST,
        saved_searches::SAVED_SEARCHES,
        schedules::SCHEDULES_PAST,
        schedules::SCHEDULES,
        search::SEARCH,
        shortcuts::SHORTCUTS_PAST,
        shortcuts::SHORTCUTS,
        slas::SLAS_PAST,
        slas::SLAS,
        spam_senders::SPAM_SENDERS_PAST,
        spam_senders::SPAM_SENDERS,
        tags::TAGS_PAST,
        tags::TAGS,
        teams::TEAMS_PAST,
        teams::TEAMS,
        tracking::TRACKING,
        users::USERS_PAST,
        users::USERS,
    ];
    groups.iter().copied().flatten()
}

/// The operation of an endpoint, as the documentation of a method names it. An operation that answers several types has
/// several endpoints.
macro_rules! line {
    (CustomerSearchIds) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (CompanySearch) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (ConversationSearch) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (KObjectSearch) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (MessageSearch) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (NoteSearch) => {
        $crate::lines::declared!(CustomerSearch)
    };
    (PreviewCustomerMerge) => {
        $crate::lines::declared!(CreateCustomerMerge)
    };
    (GetBulkBatches) => {
        $crate::lines::declared!(GetBulkJobBatches)
    };
    ($endpoint:ident) => {
        $crate::lines::declared!($endpoint)
    };
}

/// Declares methods, each of which calls one operation. Method, path and roles of the operation are written under the
/// documentation of each.
macro_rules! operations {
    ($list:ident: impl $group:ident { $(
        $(#[$doc:meta])*
        pub fn $verb:ident(&$self:ident $(, $argument:ident: $type:ty)* $(,)?) -> Call<$endpoint:ident> $body:block
    )+ }) => {
        impl $group<'_> { $(
            $(#[$doc])*
            #[doc = ""]
            #[doc = $crate::resources::line!($endpoint)]
            pub fn $verb(&$self $(, $argument: $type)*) -> Call<$endpoint> $body
        )+ }

        pub(crate) const $list: &[$crate::resources::Method] = &[$(
            $crate::resources::Method {
                group: stringify!($group),
                verb: stringify!($verb),
                operation: <$endpoint as kustomer_api::Endpoint>::OPERATION,
                line: $crate::resources::line!($endpoint),
            },
        )+];
    };
}

/// Gives a group the reads of former states and of the history. `within` writes the part before the id in the
/// path.
macro_rules! past {
    ($list:ident: $group:ident of $record:ty: $get:ident, $history:ident) => {
        past! { $list: $group of $record: $get, $history; within: |_: &Self| None }
    };
    ($list:ident: $group:ident of $record:ty: $get:ident, $history:ident; within: $within:expr) => {
        $crate::resources::operations! {
            $list: impl $group {
                /// Reads the record as it was at a revision, from 1. Kustodian has this; Kustomer does not.
                pub fn at_rev(&self, id: impl Into<kustomer_api::Id<$record>>, rev: u64) -> Call<$get> {
                    let within: fn(&Self) -> Option<String> = $within;
                    let state = kustomer_api::history::StateQuery { rev: Some(rev), as_of: None };
                    self.client.at(within(self).into_iter().chain([id.into().into()]), &state.into(), &())
                }

                /// Reads the record as it was at a moment. Kustodian has this; Kustomer does not.
                pub fn as_of(
                    &self,
                    id: impl Into<kustomer_api::Id<$record>>,
                    moment: impl Into<kustomer_api::Timestamp>,
                ) -> Call<$get> {
                    let within: fn(&Self) -> Option<String> = $within;
                    let state = kustomer_api::history::StateQuery { rev: None, as_of: Some(moment.into()) };
                    self.client.at(within(self).into_iter().chain([id.into().into()]), &state.into(), &())
                }

                /// Lists one page of what happened to the record, newest first;
                /// [`walk`](crate::Call::walk) reads all. Kustodian has this; Kustomer does not.
                pub fn history(
                    &self,
                    id: impl Into<kustomer_api::Id<$record>>,
                    query: &kustomer_api::query::PageQuery,
                ) -> Call<$history> {
                    let within: fn(&Self) -> Option<String> = $within;
                    self.client.at(within(self).into_iter().chain([id.into().into()]), query, &())
                }
            }
        }
    };
}

/// Ids as one value of a path.
fn joined<T>(ids: impl IntoIterator<Item = impl Into<kustomer_api::Id<T>>>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.into().into()).collect();
    ids.join(",")
}

pub(crate) use bulk::bulk;
pub(crate) use {group, line, operations, past};
