//! Queues: where conversations wait for users.

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;

resource! {
    /// A queue.
    RoutingQueue = "queue";

    /// The attributes of a queue.
    answer RoutingQueueAttributes = ROUTING_QUEUE;

    /// The attributes to create a queue with, or to change. Absent ones stay as they are.
    input RoutingQueueInput { create: ROUTING_QUEUE_INPUT, update: ROUTING_QUEUE_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// The name to show, at most 256 characters.
        display_name: String | null = optional(Schema::text_of(0, 256));
        /// A description, at most 1,024 characters.
        description: String | null = optional(Schema::text_of(0, 1_024));
    }

    system { deleted: on_update, rev: on_update, }
}

impl RoutingQueueInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

endpoint! {
    /// `getRoutingQueues`, which Kustomer serves without documenting it.
    GetRoutingQueues = &own::GET_ROUTING_QUEUES, "Lists the org's queues.";
    path: (), query: ListRecords, body: (), answer: Page<RoutingQueue>: Answer::Uncounted(&ROUTING_QUEUE)
}

endpoint! {
    /// `getRoutingQueueById`, which Kustomer serves without documenting it.
    GetRoutingQueueById = &own::GET_ROUTING_QUEUE_BY_ID, "Reads a queue by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<RoutingQueue>: Answer::One(&ROUTING_QUEUE)
}

endpoint! {
    /// `createRoutingQueue`, which Kustomer does not document.
    CreateRoutingQueue = &own::CREATE_ROUTING_QUEUE, "Makes a queue.";
    path: (), query: (), body: RoutingQueueInput: &ROUTING_QUEUE_INPUT, example: r#"{"name":"Returns"}"#,
    answer: Document<RoutingQueue>: Answer::One(&ROUTING_QUEUE)
}

endpoint! {
    /// `updateRoutingQueue`, which Kustomer does not document.
    UpdateRoutingQueue = &own::UPDATE_ROUTING_QUEUE,
        "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: RoutingQueueInput: &ROUTING_QUEUE_CHANGES,
    example: r#"{"displayName":"Returns and refunds"}"#,
    answer: Document<RoutingQueue>: Answer::One(&ROUTING_QUEUE)
}

endpoint! {
    /// `deleteRoutingQueue`, which Kustomer does not document.
    DeleteRoutingQueue = &own::DELETE_ROUTING_QUEUE, "Deletes a queue; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(
    GetRoutingQueueHistory = &own::GET_ROUTING_QUEUE_HISTORY,
    "Lists what happened to a queue, deleted ones included, newest first."
);
