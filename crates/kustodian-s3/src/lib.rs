//! The bytes of files in S3-compatible storage, an engine behind the port [`Files`](kustodian_core::files::Files).
//!
//! ```text
//! PREFIX/<id of an org>/<checksum>/<32 characters>   the bytes, under their checksum and a name of their upload
//! PREFIX/incoming/<32 characters>                    the same upload, until the record that names the bytes is committed
//! ```
//!
//! Object storage has neither locks nor names that are given to bytes later. So bytes are sent under `incoming`, in parts, and
//! copied to their checksum within the storage once it is known. Each upload has an object of its own, also when the same
//! bytes are there already. That is how nobody removes bytes that a record is about to name:
//!
//! 1. An upload copies its object to the checksum, commits its record, and deletes its object under `incoming`.
//! 2. A removal lists the objects of the checksum, leaves out those that are under `incoming`, asks whether a record names the
//!    checksum, and deletes the objects that are left.
//!
//! An object that is listed and not under `incoming` belongs to a record that was committed before the question. Objects that
//! are written after the list are not deleted. This needs no clock, and no server waits for another. It needs lists that have
//! every object that was written before, as those of S3 have.

mod bucket;
mod connect;
mod incoming;

pub use self::bucket::{Bucket, Fault};
pub use self::connect::{Access, Unusable};
