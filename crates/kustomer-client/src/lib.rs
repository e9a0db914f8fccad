// docs.rs says of each item which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// One group of operations leaves some of what all of them share unused.
#![cfg_attr(
    not(feature = "resources"),
    allow(dead_code, unused_imports, unused_macros, reason = "the build with all groups finds what none uses")
)]
#![doc = include_str!("../README.md")]
//!
//! # Two ways to receive an answer
//!
//! Every operation is a [`Call`]. Awaiting it (or [`Call::send`]) returns the data or an [`Error`]. [`Call::exchange`]
//! gives the whole [`Exchange`]: the request, status, headers and undecoded body of the answer, and `data` or `error`;
//! it does not fail because of the answer's status.
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
//!
//! A struct can have them as its fields, and is read and written whole:
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! use kustomer_client::custom::{CustomError, CustomReadError, CustomStruct as _};
//! use kustomer_client::customer::{Customer, CustomerInput};
//! use kustomer_client::{CustomAttributes, Timestamp};
//!
//! #[derive(CustomAttributes)]
//! struct Loyalty {
//!     tier: String,             // tierStr
//!     points: Option<i64>,      // pointsNum
//!     member_since: Timestamp,  // memberSinceAt
//! }
//!
//! fn promoted(customer: &Customer) -> Result<Loyalty, CustomReadError> {
//!     let loyalty: Loyalty = customer.attributes.custom.read()?;
//!     Ok(Loyalty { tier: "gold".to_owned(), ..loyalty })
//! }
//!
//! fn change(loyalty: &Loyalty) -> Result<CustomerInput, CustomError> {
//!     Ok(CustomerInput::new().custom(loyalty.to_custom()?))
//! }
//! # }
//! ```

mod ahead;
mod attempt;
#[cfg(feature = "bulk")]
mod bulked;
mod call;
mod client;
mod conduct;
mod error;
mod events;
mod exchange;
#[cfg(feature = "tower")]
mod layers;
mod lines;
mod observe;
mod pace;
mod pages;
mod path;
mod proxy;
mod raw;
pub mod resources;
mod retry;
mod stream;
mod target;
mod timer;
#[cfg(all(feature = "attachments", not(target_arch = "wasm32")))]
mod transfer;
#[cfg(all(feature = "__rustls", not(target_arch = "wasm32")))]
mod trust;
pub mod webhook;
mod window;

#[cfg(all(feature = "blocking", not(target_arch = "wasm32")))]
mod blocking;

#[cfg(feature = "bulk")]
pub use bulked::BulkOutcome;
pub use call::{Call, Sending};
pub use client::{Client, ClientBuilder};
pub use error::{ApiError, DecodeError, Error, FailedCall, InvalidRequest, TransportError, TransportFault};
pub use events::EventStream;
pub use exchange::{Exchange, ReceivedResponse, SentRequest};
pub use http::Method;
pub use kustomer_api::error::ErrorCode;
pub use kustomer_api::{
    self as api, Field, Id, ObjectId, Timestamp, attachment, audit, auth, brand, bulk, company, conversation,
    conversation_time, custom, customer, customer_merge, delivery, draft, endpoint::Endpoint, envelope, event, forward,
    history, inbound_webhook, klass, kobject, media, message, metadata, note, org, outbound_account, outbound_webhook,
    query, role_group, routing_queue, satisfaction, saved_search, schedule, search, shortcut, sla, spam_sender, tag,
    team, tracking, upload, user,
};
#[cfg(feature = "derive")]
pub use kustomer_derive::CustomAttributes;
#[cfg(feature = "tower")]
pub use layers::Transport;
pub use observe::{Attempt, Observer};
pub use pace::Pacing;
pub use pages::Walk;
pub use raw::RawCall;
pub use reqwest;
pub use retry::Retry;
pub use stream::{Items, Pages};
