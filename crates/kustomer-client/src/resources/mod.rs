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

/// Gives a group the reads of what a record was and of what happened to it. `id` says what names a record, and how the
/// path is written with it.
macro_rules! past {
    ($group:ident: $get:ident, $history:ident) => {
        past! { $group: $get, $history; id: kustomer_api::ObjectId => |_, id| id }
    };
    ($group:ident: $get:ident, $history:ident; id: $id:ty => $path:expr) => {
        impl $group<'_> {
            /// Reads the record as it was at a revision, from 1. Kustodian has this; Kustomer does not.
            pub fn at_rev(&self, id: $id, rev: u64) -> crate::call::Call<$get> {
                let path: fn(&Self, $id) -> _ = $path;
                let state = kustomer_api::history::StateQuery { rev: Some(rev), as_of: None };
                self.client.call(path(self, id), &state.into(), &())
            }

            /// Reads the record as it was at a moment. Kustodian has this; Kustomer does not.
            pub fn as_of(&self, id: $id, moment: kustomer_api::Timestamp) -> crate::call::Call<$get> {
                let path: fn(&Self, $id) -> _ = $path;
                let state = kustomer_api::history::StateQuery { rev: None, as_of: Some(moment) };
                self.client.call(path(self, id), &state.into(), &())
            }

            /// Lists one page of what happened to the record, newest first;
            /// [`walk`](crate::Call::walk) goes over all. Kustodian has this; Kustomer does not.
            pub fn history(&self, id: $id, query: &kustomer_api::query::PageQuery) -> crate::call::Call<$history> {
                let path: fn(&Self, $id) -> _ = $path;
                self.client.call(path(self, id), query, &())
            }
        }
    };
}

pub(crate) use bulk::bulk;
pub(crate) use {group, past};
