#![doc = include_str!("../README.md")]
//!
//! # Two ways to receive an answer
//!
//! Every operation is a [`Call`]. Awaiting it (or [`Call::send`]) gives what was asked for or an [`Error`].
//! [`Call::exchange`] gives the whole [`Exchange`]: the request, status, headers and undecoded body of the answer, and
//! `data` or `error`; it does not fail because of the answer's status.
//!
//! # Mistakes found before anything is sent
//!
//! The suffix of a custom attribute's key fixes the type of its value. [`custom::CustomAttributes::set`] refuses what
//! does not fit, and a [`custom::Key`] does so when the program is compiled:
//!
//! ```
//! use kustomer_client::custom::{CustomAttributes, Key, Num};
//!
//! const SCORE: Key<Num> = Key::new("scoreNum");
//!
//! let mut custom = CustomAttributes::new();
//! custom.put(SCORE, 12.5)?;
//! custom.set("loyaltyTierStr", "gold")?;
//! let refused = custom.set("scoreNum", "twelve").unwrap_err();
//! assert_eq!(refused.to_string(), r#"the key "scoreNum" ends in Num, which takes a number or null"#);
//! # Ok::<(), kustomer_client::custom::CustomError>(())
//! ```

mod call;
mod client;
mod error;
mod events;
mod exchange;
mod lines;
mod pages;
mod path;
mod proxy;
mod raw;
pub mod resources;
mod retry;
mod target;
#[cfg(feature = "__rustls")]
mod trust;

#[cfg(feature = "blocking")]
mod blocking;

pub use call::{Call, Sending};
pub use client::{Client, ClientBuilder};
pub use error::{ApiError, DecodeError, Error, InvalidRequest, TransportError};
pub use events::EventStream;
pub use exchange::{Exchange, ReceivedResponse, SentRequest};
pub use http::Method;
pub use kustomer_api::error::ErrorCode;
pub use kustomer_api::{
    self as api, Field, Id, ObjectId, Timestamp, attachment, audit, auth, brand, bulk, company, conversation,
    conversation_time, custom, customer, customer_merge, delivery, draft, endpoint::Endpoint, envelope, event, forward,
    history, klass, kobject, media, message, metadata, note, org, outbound_account, outbound_webhook, query,
    role_group, routing_queue, satisfaction, saved_search, schedule, search, shortcut, sla, spam_sender, tag, team,
    tracking, upload, user,
};
pub use pages::Walk;
pub use raw::RawCall;
pub use reqwest;
pub use retry::Retry;
