//! The operations by resource. Each is one line on the one path, [`Client::call`](crate::Client::call).

// A module has the feature of its group below. If they differ, one of the two does not compile alone.
#[cfg(feature = "attachments")]
mod attachments;
#[cfg(feature = "events")]
mod audit_logs;
#[cfg(feature = "users")]
mod auth;
#[cfg(feature = "settings")]
mod brands;
#[cfg(feature = "bulk")]
mod bulk;
#[cfg(feature = "companies")]
mod companies;
#[cfg(feature = "conversations")]
mod conversation_times;
#[cfg(feature = "conversations")]
mod conversations;
#[cfg(feature = "customers")]
mod customer_merges;
#[cfg(feature = "customers")]
mod customers;
#[cfg(feature = "messages")]
mod drafts;
#[cfg(feature = "events")]
mod events;
#[cfg(feature = "messages")]
mod forwards;
#[cfg(feature = "webhooks")]
mod inbound_webhooks;
#[cfg(feature = "kobjects")]
mod klasses;
#[cfg(feature = "kobjects")]
mod kobjects;
#[cfg(feature = "attachments")]
mod media;
#[cfg(feature = "messages")]
mod messages;
#[cfg(feature = "kobjects")]
mod metadata;
#[cfg(feature = "conversations")]
mod notes;
#[cfg(feature = "settings")]
mod orgs;
#[cfg(feature = "settings")]
mod outbound_accounts;
#[cfg(feature = "webhooks")]
mod outbound_webhooks;
#[cfg(feature = "settings")]
mod outbox;
#[cfg(feature = "users")]
mod role_groups;
#[cfg(feature = "settings")]
mod routing_queues;
#[cfg(feature = "settings")]
mod satisfaction;
#[cfg(feature = "settings")]
mod saved_searches;
#[cfg(feature = "settings")]
mod schedules;
#[cfg(feature = "customers")]
mod search;
#[cfg(feature = "customers")]
mod settling;
#[cfg(feature = "settings")]
mod shortcuts;
#[cfg(feature = "settings")]
mod slas;
#[cfg(feature = "settings")]
mod spam_senders;
#[cfg(feature = "settings")]
mod tags;
#[cfg(feature = "users")]
mod teams;
#[cfg(feature = "tracking")]
mod tracking;
#[cfg(feature = "users")]
mod users;

#[cfg(feature = "kobjects")]
pub use kobjects::KObjects;
#[cfg(feature = "customers")]
pub use settling::Settled;

/// Declares a group of operations: a borrowed client and nothing else.
macro_rules! group {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            pub(crate) client: &'a crate::Client,
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

/// Declares every group: its feature, the method of [`Client`](crate::Client) that gives it (named as its module), its type, and
/// the lists of its methods. Below `also` are further lists, with their feature and module.
macro_rules! groups {
    (
        $( $(#[$doc:meta])* $feature:literal: $module:ident() -> $group:ident [$($list:ident),+]; )+
        also { $( $other:literal: $place:ident [$($more:ident),+]; )+ }
    ) => {
        $(
            #[cfg(feature = $feature)]
            pub use $module::$group;

            #[cfg(feature = $feature)]
            impl crate::Client {
                $(#[$doc])*
                pub fn $module(&self) -> $group<'_> {
                    $group { client: self }
                }
            }
        )+

        /// Every method that calls an operation.
        #[doc(hidden)]
        pub fn methods() -> impl Iterator<Item = &'static Method> {
            let lists: &[&[&[Method]]] = &[
                $( #[cfg(feature = $feature)] &[$($module::$list),+], )+
                $( #[cfg(feature = $other)] &[$($place::$more),+], )+
            ];
            lists.iter().copied().flatten().copied().flatten()
        }
    };
}

groups! {
    /// The operations on attachments.
    "attachments": attachments() -> Attachments [ATTACHMENTS_PAST, ATTACHMENTS];
    /// The operations on audit logs.
    "events": audit_logs() -> AuditLogs [AUDIT_LOGS];
    /// The operations on credentials and roles.
    "users": auth() -> Auth [AUTH];
    /// The operations on brands.
    "settings": brands() -> Brands [BRANDS_PAST, BRANDS];
    /// The operations on bulk jobs.
    "bulk": bulk() -> BulkJobs [BULK_PAST, BULK];
    /// The operations on companies.
    "companies": companies() -> Companies [COMPANIES_PAST, COMPANIES_BULK, COMPANIES];
    /// The operations on conversation times.
    "conversations": conversation_times() -> ConversationTimes [CONVERSATION_TIMES_PAST, CONVERSATION_TIMES];
    /// The operations on conversations.
    "conversations": conversations() -> Conversations [CONVERSATIONS_PAST, CONVERSATIONS_BULK, CONVERSATIONS];
    /// The operations on merges of customers.
    "customers": customer_merges() -> CustomerMerges [CUSTOMER_MERGES_PAST, CUSTOMER_MERGES];
    /// The operations on customers.
    "customers": customers() -> Customers [CUSTOMERS_PAST, CUSTOMERS_BULK, CUSTOMERS];
    /// The operations on drafts.
    "messages": drafts() -> Drafts [DRAFTS_PAST, DRAFTS];
    /// The feed of events.
    "events": events() -> Events [EVENTS];
    /// The operations on forwards.
    "messages": forwards() -> Forwards [FORWARDS_PAST, FORWARDS];
    /// The operations on inbound webhooks, addresses that other systems post to.
    "webhooks": inbound_webhooks() -> InboundWebhooks [INBOUND_WEBHOOKS_PAST, INBOUND_WEBHOOKS];
    /// The operations on klasses, the types of custom objects.
    "kobjects": klasses() -> Klasses [KLASSES_PAST, KLASSES];
    /// The operations on media.
    "attachments": media() -> Media [MEDIA_PAST, MEDIA];
    /// The operations on messages.
    "messages": messages() -> Messages [MESSAGES_PAST, MESSAGES_BULK, MESSAGES];
    /// The operations on metadata, which describes custom attributes.
    "kobjects": metadata() -> Metadata [METADATA_PAST, METADATA];
    /// The operations on notes.
    "conversations": notes() -> Notes [NOTES_PAST, NOTES_BULK, NOTES];
    /// The operations on orgs.
    "settings": orgs() -> Orgs [ORGS];
    /// The operations on accounts that messages are sent from.
    "settings": outbound_accounts() -> OutboundAccounts [OUTBOUND_ACCOUNTS];
    /// The operations on outbound webhooks, which events are sent to.
    "webhooks": outbound_webhooks() -> OutboundWebhooks [OUTBOUND_WEBHOOKS_PAST, OUTBOUND_WEBHOOKS];
    /// The operations on the outbox.
    "settings": outbox() -> Outbox [OUTBOX_PAST, OUTBOX];
    /// The operations on role groups.
    "users": role_groups() -> RoleGroups [ROLE_GROUPS_PAST, ROLE_GROUPS];
    /// The operations on queues, where conversations wait for users.
    "settings": routing_queues() -> RoutingQueues [ROUTING_QUEUES_PAST, ROUTING_QUEUES];
    /// The operations on settings of satisfaction surveys.
    "settings": satisfaction() -> Satisfaction [SATISFACTION_PAST, SATISFACTION];
    /// The operations on saved searches.
    "settings": saved_searches() -> SavedSearches [SAVED_SEARCHES_PAST, SAVED_SEARCHES];
    /// The operations on schedules, the hours in which an org works.
    "settings": schedules() -> Schedules [SCHEDULES_PAST, SCHEDULES];
    /// The operations on shortcuts.
    "settings": shortcuts() -> Shortcuts [SHORTCUTS_PAST, SHORTCUTS];
    /// The operations on SLAs.
    "settings": slas() -> Slas [SLAS_PAST, SLAS];
    /// The operations on senders whose messages are always spam, or never.
    "settings": spam_senders() -> SpamSenders [SPAM_SENDERS_PAST, SPAM_SENDERS];
    /// The operations on tags.
    "settings": tags() -> Tags [TAGS_PAST, TAGS];
    /// The operations on teams.
    "users": teams() -> Teams [TEAMS_PAST, TEAMS];
    /// What visitors of sites and apps do.
    "tracking": tracking() -> Tracking [TRACKING];
    /// The operations on users.
    "users": users() -> Users [USERS_PAST, USERS];

    also {
        "kobjects": kobjects [KOBJECTS_PAST, KOBJECTS_BULK, KOBJECTS];
        "customers": search [SEARCH];
    }
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
                    let state = kustomer_api::history::StateQuery::default().rev(rev);
                    self.client.at(within(self).into_iter().chain([id.into().into()]), &state.into(), &())
                }

                /// Reads the record as it was at a moment. Kustodian has this; Kustomer does not.
                pub fn as_of(
                    &self,
                    id: impl Into<kustomer_api::Id<$record>>,
                    moment: impl Into<kustomer_api::Timestamp>,
                ) -> Call<$get> {
                    let within: fn(&Self) -> Option<String> = $within;
                    let state = kustomer_api::history::StateQuery::default().as_of(moment);
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

#[cfg(feature = "bulk")]
pub(crate) use bulk::bulk;
pub(crate) use {group, line, operations, past};
