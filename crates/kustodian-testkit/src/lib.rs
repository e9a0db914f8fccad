//! A whole Kustodian inside a test.
//!
//! ```
//! use std::time::Duration;
//! use kustodian_testkit::{Fault, Sandbox};
//! use kustomer_client::customer::CustomerInput;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start().await?;
//! sandbox.faults().add(Fault::status(429).retry_after(Duration::ZERO));
//! let ada = sandbox.client().customers().create(&CustomerInput::new().name("Ada")).await?;
//! assert_eq!(ada.data.attributes.name.value().map(String::as_str), Some("Ada"));
//! # Ok(())
//! # }
//! ```
//!
//! A [`Sandbox`] is the server of the binary: the same routes, rules and database, on a free port of this machine. It has a
//! thread, a database and a port of its own, so that any number of tests have one each, side by side. When it is dropped
//! all of that is gone.

mod clock;
mod fault;
mod inbox;
mod running;
mod sandbox;
mod seed;

/// The programs of the page on testing work as printed.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
struct Testing;

/// So does the one on moving from the TypeScript client.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/moving-from-typescript.md")]
struct Moving;

/// So does what the page on the client shows.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust-client.md")]
struct RustClient;

/// So do the few lines of Rust on pages about the server.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/attachments.md")]
#[doc = include_str!("../../../docs/history.md")]
#[doc = include_str!("../../../docs/search.md")]
struct Server;

pub use clock::{FixedIds, TestClock};
pub use fault::{Fault, Faults};
pub use inbox::{Delivered, Inbox, InboxError};
pub use kustodian_server::{BulkMode, Settings};
pub use kustomer_client;
pub use sandbox::{Sandbox, SandboxBuilder, StartError};
pub use seed::{Seed, SeedError, Seeded};
