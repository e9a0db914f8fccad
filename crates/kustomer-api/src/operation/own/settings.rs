//! Operations on an org's settings that Kustomer serves without documenting them, or does not have.

use http::Method;

use super::super::{Operation, contract};
use super::EVENT_READ;

macro_rules! operation {
    (
        $(#[$doc:meta])* $name:ident = $operation:literal, $method:ident $path:literal, $success:literal, $roles:expr,
        $also:expr, $tag:expr
    ) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::$method,
            path: $path,
            success: $success,
            roles: $roles,
            also: $also,
            tag: $tag,
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// What happened to a brand.
    GET_BRAND_HISTORY = "getBrandHistory", GET "/brands/{id}/history", 200,
    contract::GET_BRAND_BY_ID.roles, EVENT_READ, contract::GET_BRAND_BY_ID.tag
}

operation! {
    /// What happened to a schedule.
    GET_SCHEDULE_HISTORY = "getScheduleHistory", GET "/schedules/{id}/history", 200,
    contract::GET_SCHEDULE_BY_ID.roles, EVENT_READ, contract::GET_SCHEDULE_BY_ID.tag
}

operation! {
    /// One sender of spam, or of none.
    GET_SPAM_SENDER_BY_ID = "getSpamSenderById", GET "/spam/senders/{id}", 200,
    contract::GET_SPAM_SENDERS.roles, &[], contract::GET_SPAM_SENDERS.tag
}

operation! {
    /// What happened to a sender of spam, or of none.
    GET_SPAM_SENDER_HISTORY = "getSpamSenderHistory", GET "/spam/senders/{id}/history", 200,
    contract::GET_SPAM_SENDERS.roles, EVENT_READ, contract::GET_SPAM_SENDERS.tag
}

/// The roles that let one change satisfaction settings, after the pattern of those that read them.
const SATISFACTION_WRITE: &[&str] = &["org.admin.satisfaction.write", "org.permission.satisfaction.update"];

operation! {
    /// Settings of one satisfaction survey.
    GET_SATISFACTION_BY_ID = "getSatisfactionById", GET "/satisfaction/{id}", 200,
    contract::GET_SATISFACTION.roles, &[], contract::GET_SATISFACTION.tag
}

operation! {
    /// Makes settings of a satisfaction survey.
    CREATE_SATISFACTION = "createSatisfaction", POST "/satisfaction", 201,
    &["org.admin.satisfaction.write", "org.permission.satisfaction.create"], &[], contract::GET_SATISFACTION.tag
}

operation! {
    /// Changes settings of a satisfaction survey; `deleted` deletes and restores them.
    UPDATE_SATISFACTION = "updateSatisfaction", PUT "/satisfaction/{id}", 200,
    SATISFACTION_WRITE, &[], contract::GET_SATISFACTION.tag
}

operation! {
    /// What happened to settings of a satisfaction survey.
    GET_SATISFACTION_HISTORY = "getSatisfactionHistory", GET "/satisfaction/{id}/history", 200,
    contract::GET_SATISFACTION.roles, EVENT_READ, contract::GET_SATISFACTION.tag
}

operation! {
    /// Lists the org's SLAs.
    GET_SLAS = "getSlas", GET "/slas", 200, contract::GET_SLA_BY_ID.roles, &[], contract::GET_SLA_BY_ID.tag
}

operation! {
    /// Makes an SLA, with its first version.
    CREATE_SLA = "createSla", POST "/slas", 201,
    &["org.admin.sla.write", "org.permission.sla.create"], &[], contract::GET_SLA_BY_ID.tag
}

operation! {
    /// Gives an SLA another version; `deleted` deletes and restores it.
    UPDATE_SLA = "updateSla", PUT "/slas/{id}", 200,
    &["org.admin.sla.write", "org.permission.sla.update"], &[], contract::GET_SLA_BY_ID.tag
}

operation! {
    /// What happened to an SLA.
    GET_SLA_HISTORY = "getSlaHistory", GET "/slas/{id}/history", 200,
    contract::GET_SLA_BY_ID.roles, EVENT_READ, contract::GET_SLA_BY_ID.tag
}

/// The group of queues in documents.
const ROUTING: &str = "routing";

/// The roles that let one read queues, after the pattern of teams.
const QUEUE_READ: &[&str] = &["org.user.queue.read", "org.permission.queue.read"];

operation! {
    /// Lists the org's queues.
    GET_ROUTING_QUEUES = "getRoutingQueues", GET "/routing/queues", 200, QUEUE_READ, &[], ROUTING
}

operation! {
    /// One queue.
    GET_ROUTING_QUEUE_BY_ID = "getRoutingQueueById", GET "/routing/queues/{id}", 200, QUEUE_READ, &[], ROUTING
}

operation! {
    /// Makes a queue.
    CREATE_ROUTING_QUEUE = "createRoutingQueue", POST "/routing/queues", 201,
    &["org.admin.queue.write", "org.permission.queue.create"], &[], ROUTING
}

operation! {
    /// Changes a queue; `deleted` deletes and restores it.
    UPDATE_ROUTING_QUEUE = "updateRoutingQueue", PUT "/routing/queues/{id}", 200,
    &["org.admin.queue.write", "org.permission.queue.update"], &[], ROUTING
}

operation! {
    /// Deletes a queue.
    DELETE_ROUTING_QUEUE = "deleteRoutingQueue", DELETE "/routing/queues/{id}", 204,
    &["org.admin.queue.write", "org.permission.queue.delete"], &[], ROUTING
}

operation! {
    /// What happened to a queue.
    GET_ROUTING_QUEUE_HISTORY = "getRoutingQueueHistory", GET "/routing/queues/{id}/history", 200,
    QUEUE_READ, EVENT_READ, ROUTING
}

/// The roles that let one search, which runs saved searches, too.
const SEARCH: &[&str] = contract::CUSTOMER_SEARCH.roles;

/// The group of saved searches in documents.
const SEARCHES: &str = "searches";

operation! {
    /// Lists the org's saved searches.
    GET_SAVED_SEARCHES = "getSavedSearches", GET "/customers/searches", 200, SEARCH, &[], SEARCHES
}

operation! {
    /// One saved search.
    GET_SAVED_SEARCH_BY_ID = "getSavedSearchById", GET "/customers/searches/{id}", 200, SEARCH, &[], SEARCHES
}

operation! {
    /// Saves a search.
    CREATE_SAVED_SEARCH = "createSavedSearch", POST "/customers/searches", 201,
    &["org.user.search.write", "org.permission.search.create"], &[], SEARCHES
}

operation! {
    /// Changes a saved search; `deleted` deletes and restores it.
    UPDATE_SAVED_SEARCH = "updateSavedSearch", PUT "/customers/searches/{id}", 200,
    &["org.user.search.write", "org.permission.search.update"], &[], SEARCHES
}

operation! {
    /// Deletes a saved search.
    DELETE_SAVED_SEARCH = "deleteSavedSearch", DELETE "/customers/searches/{id}", 204,
    &["org.user.search.write", "org.permission.search.delete"], &[], SEARCHES
}

operation! {
    /// Runs a saved search.
    GET_SAVED_SEARCH_EXECUTION = "getSavedSearchExecution", GET "/customers/searches/{id}/execution", 200,
    SEARCH, &[], SEARCHES
}

operation! {
    /// Runs a saved search.
    EXECUTE_SAVED_SEARCH = "executeSavedSearch", POST "/customers/searches/{id}/execution", 200,
    SEARCH, &[], SEARCHES
}

operation! {
    /// What happened to a saved search.
    GET_SAVED_SEARCH_HISTORY = "getSavedSearchHistory", GET "/customers/searches/{id}/history", 200,
    SEARCH, EVENT_READ, SEARCHES
}
