#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! A server ([`Endpoint`] on its side routes, checks roles and documents) and a client (the same [`Endpoint`]) are built on these
//! declarations alone. Nothing is asynchronous.

pub mod attachment;
mod attribute;
pub mod audit;
pub mod auth;
pub mod brand;
pub mod bulk;
pub mod canonical;
pub mod company;
pub mod conversation;
pub mod conversation_time;
pub mod custom;
pub mod customer;
pub mod customer_merge;
pub mod delivery;
pub mod draft;
pub mod endpoint;
pub mod envelope;
pub mod error;
pub mod event;
mod field;
pub mod format;
pub mod forward;
pub mod header;
pub mod history;
mod id;
pub mod inbound_webhook;
pub mod klass;
pub mod kobject;
mod macros;
pub mod media;
pub mod message;
pub mod metadata;
pub mod moment;
pub mod note;
pub mod operation;
pub mod org;
pub mod outbound_account;
pub mod outbound_webhook;
pub mod query;
mod resource;
pub mod restore;
pub mod role;
pub mod role_group;
pub mod routing_queue;
pub mod satisfaction;
pub mod saved_search;
pub mod schedule;
pub mod schema;
pub mod search;
pub mod shortcut;
pub mod sla;
pub mod spam_sender;
mod system;
pub mod tag;
pub mod team;
mod timestamp;
pub mod tracking;
pub mod upload;
pub mod user;
pub mod validation;

pub use endpoint::Endpoint;
pub use field::Field;
pub use id::{Id, InvalidObjectId, ObjectId};
pub use operation::Operation;
pub use system::{System, SystemAttributes};
pub use timestamp::{InvalidTimestamp, Timestamp};
