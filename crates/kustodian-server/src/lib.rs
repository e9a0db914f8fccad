//! The HTTP side of Kustodian. Routes, role checks and the OpenAPI document come out of the declarations in
//! `kustomer-api`; rules are asked in `kustodian-core`; records are reached through its ports. No SQL is known here.

mod access_log;
mod admission;
mod alone;
mod answer;
mod app;
mod arguments;
mod arriving;
mod authentication;
mod built;
mod bulk;
mod call;
mod chance;
mod compression;
mod connection;
mod cors;
mod creations;
mod described;
mod docs_page;
mod enclosed;
mod envelopes;
mod feed_watch;
mod files;
mod following;
mod framing;
mod gate;
mod grants;
mod guide;
mod handlers;
mod head;
mod http2;
mod idempotency;
mod letters;
mod long;
mod mail;
mod metrics;
mod moved;
pub mod openapi;
mod openapi_page;
mod outbound;
mod paging;
mod parts;
mod password_page;
mod passwords;
mod past;
mod pipeline;
mod places;
mod posts;
mod presence;
mod rehearsal;
mod routes;
mod scrub;
mod settings;
mod sign_in;
mod silence;
mod slas;
mod spam;
mod stopping;
mod timers;
mod tls;
mod tracking;
mod unread;
mod unread_body;
mod unreadable;
mod vault;
mod webhooks;
mod whitelists;
mod wire;

pub use access_log::TARGET as ACCESS_LOG;
pub use app::Services;
pub use chance::{NoRandomness, SystemClock, SystemIds};
pub use connection::Server;
pub use cors::{CorsOrigin, NotAnOrigin};
pub use gate::{Gate, Passage, Then};
pub use mail::{Mailer, NotAMailServer};
pub use outbound::{NotAnAccount, OutboundAccount};
pub use settings::{AbsentTypes, BulkMode, Settings};
pub use tls::{Tls, TlsError, outgoing as outgoing_tls};

/// The declaration of every operation that is served.
pub fn declarations() -> Vec<kustomer_api::endpoint::Declaration> {
    handlers::served().into_iter().map(|served| served.declaration).collect()
}
