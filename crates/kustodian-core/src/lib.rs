//! The rules of Kustodian, and the ports through which they reach the world.
//!
//! A rule is a pure function: state, command, actor and moment in; a [`change::ChangeSet`] or a [`refusal::Refusal`]
//! out. It knows no clock, no chance and no storage. The shell (the server) loads what a rule needs, asks it, commits
//! what it answers and asks again when the record has moved meanwhile.

pub mod attachment;
pub mod audit;
pub mod bulk;
pub mod chain;
pub mod chance;
pub mod change;
pub mod claim;
pub mod company;
pub mod conflict;
mod contact;
pub mod conversation;
pub mod conversation_time;
pub mod cursor;
mod custom;
pub mod customer;
pub mod delivery;
pub mod directory;
pub mod draft;
pub mod duplicates;
pub mod event;
pub mod feed;
pub mod file;
pub mod files;
pub mod following;
pub mod forward;
pub mod history;
pub mod input;
pub mod kind;
pub mod klass;
pub mod kobject;
mod lifecycle;
pub mod link;
pub mod media;
pub mod message;
pub mod metadata;
pub mod missing;
pub mod note;
mod number;
pub mod org;
pub mod outbound_webhook;
pub mod page;
pub mod permission;
pub mod rate_limit;
pub mod receipt;
mod record;
pub mod record_limit;
pub mod redaction;
pub mod refusal;
pub mod rename;
pub mod resource;
pub mod search;
pub mod search_store;
pub mod share;
pub mod shortcut;
pub mod store;
pub mod tag;
pub mod team;
pub mod timer;
pub mod token;
pub mod tracking;
pub mod unchanged;
pub mod user;
