//! Reads of bulk jobs. Kustomer serves two of them without documenting them among its operations
//! (`docs/contract/behaviour.md` §11).

use http::Method;

use super::super::Operation;

/// The roles that let one see bulk jobs.
const BULK_READ: &[&str] = &["org.user.bulk.read", "org.permission.bulk.read"];

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident = $operation:literal, $path:literal) => {
        $(#[$doc])*
        pub static $name: Operation = Operation {
            name: $operation,
            method: Method::GET,
            path: $path,
            success: 200,
            roles: BULK_READ,
            also: &[],
            tag: "bulk",
            public: false,
            deprecated: false,
        };
    };
}

operation! {
    /// Lists the org's bulk jobs.
    GET_BULK_JOBS = "getBulkJobs", "/bulk"
}

operation! {
    /// One bulk job.
    GET_BULK_JOB = "getBulkJob", "/bulk/{id}"
}

operation! {
    /// The batches of a bulk job.
    GET_BULK_BATCHES = "getBulkJobBatches", "/bulk/{id}/batches"
}
