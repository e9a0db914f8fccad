//! Bulk jobs: up to [`MAX_ITEMS`] creates, updates or deletions in one request (`docs/contract/behaviour.md` §11).

mod endpoints;
mod items;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::endpoints::*;
pub use self::items::{BulkItem, BulkItems};
use crate::Timestamp;
use crate::attribute::{AttributeValue, answered_object};
use crate::macros::open_enum;
use crate::resource::resource;
use crate::schema::{Object, Property, Schema, properties_of, resource_schema};

/// How many items a job has at most.
pub const MAX_ITEMS: usize = 100;

/// How many characters the reference of an item has at most.
pub const MAX_CLIENT_REF: usize = 255;

/// The member of an item that its outcome is reported with.
pub const CLIENT_REF: &str = "_clientRef";

resource! {
    /// A bulk job.
    Bulk = "bulk";

    /// The attributes of a bulk job.
    answer BulkAttributes = BULK;

    attributes {
        /// The ids of the records that were written.
        ids: Vec<String>;
        /// The operation, such as `api.sobjects.customers.bulk-create`.
        context: String;
        /// Where the job is.
        status: BulkStatus;
        /// True.
        v2: bool;
        /// The request.
        payload: BulkPayload;
        /// How many batches there are, and how many of them are complete.
        batches: BulkBatches;
        /// How many items were done.
        success_count: u64;
        /// How many items failed.
        failure_count: u64;
        /// What became of each item, in the order of the request. Kustodian answers it with the job; Kustomer only with its
        /// batches.
        results: Vec<BulkResult>;
        /// Whether every item is done or has failed.
        completed: bool;
        /// When the job is forgotten.
        expires_at: Timestamp;
        /// When the job was forgotten.
        erased_at: Timestamp;
    }

    system;
}

open_enum! {
    /// Where a job is.
    BulkStatus {
        /// It waits for a server.
        Queued = "queued",
        /// A server works on it.
        Running = "running",
        /// Every item is done or has failed.
        Complete = "complete",
    }
}

answered_object! {
    /// The request of a job.
    BulkPayload {
        /// The request.
        api: BulkRequest,
    }
}

answered_object! {
    /// The request that made a job.
    BulkRequest {
        /// The input, with the answer to the request and while the job is not complete; an empty list afterwards.
        data: Value,
        /// The path.
        path: String,
        /// Who sent it.
        user: BulkUser,
        /// The id of the request.
        request_id: String,
        /// `sobjects`.
        service: String,
        /// The method.
        method: String,
    }
}

answered_object! {
    /// Who made a job.
    BulkUser {
        /// The id of the user.
        id: String,
        /// `machine`.
        user_type: String,
        /// The roles that the job is done with.
        roles: Vec<String>,
        /// The name of the org.
        org_name: String,
        /// The id of the API key.
        subject: String,
        /// The id of the org.
        org: String,
    }
}

answered_object! {
    /// The batches of a job.
    BulkBatches {
        /// How many are complete.
        complete: u64,
        /// How many there are.
        total: u64,
    }
}

open_enum! {
    /// What became of an item.
    BulkResultStatus {
        /// The record was created.
        Created = "created",
        /// The record was updated.
        Updated = "updated",
        /// The record was deleted.
        Deleted = "deleted",
        /// Nothing was done.
        Error = "error",
    }
}

/// What became of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct BulkResult {
    /// The reference that the item was sent with.
    #[serde(rename = "_clientRef", default, skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<String>,
    /// The id of the record; absent when none was created.
    #[serde(rename = "objectId", default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<BulkResultStatus>,
    /// Why nothing was done, in one sentence; `duplicate detected` when another record holds a value of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same as the errors that the operation on the record alone answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl BulkResult {
    /// The result of an item that failed for this reason.
    pub fn failed(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }
}

impl AttributeValue for BulkResult {
    const ANSWER: Schema = Schema::object(&Object {
        name: "BulkResult",
        open: true,
        properties: &[
            Property::optional(CLIENT_REF, Schema::text()),
            Property::optional("objectId", Schema::text()),
            Property::optional("status", BulkResultStatus::ANSWER),
            Property::optional("error", Schema::text()),
            Property::optional("errors", <Vec<Value> as AttributeValue>::ANSWER),
        ],
    });
}

/// The `type` of a batch.
pub const BATCH_TYPE: &str = "bulk_batch";

/// A batch of a job. Kustodian does a job in one batch, which has the job's id.
pub type BulkBatch = crate::envelope::Resource<BulkBatchAttributes>;

answered_object! {
    /// The attributes of a batch.
    BulkBatchAttributes {
        /// Where it is.
        status: BulkStatus,
        /// The ids of the records that were written.
        object_ids: Vec<String>,
        /// How many items were done.
        success_count: u64,
        /// How many items failed.
        failure_count: u64,
        /// When it was complete.
        completed_at: Timestamp,
        /// The errors of the items that failed, in one sentence each.
        errors: Vec<String>,
        /// What became of each item; absent unless the items were sent with `_clientRef`.
        results: Vec<BulkResult>,
    }
}

/// A batch as answered.
pub static BULK_BATCH: Schema =
    resource_schema!("BulkBatch", "BulkBatchAttributes", properties_of(&BulkBatchAttributes::ANSWER));
