//! The operations by resource. Each is one line on the one path, [`Client::call`](crate::Client::call).

mod audit_logs;
mod auth;
mod companies;
mod customers;
mod events;
mod klasses;
mod kobjects;
mod messages;
mod orgs;
mod search;
mod shortcuts;
mod tags;
mod teams;
mod users;

pub use audit_logs::AuditLogs;
pub use auth::Auth;
pub use companies::Companies;
pub use customers::Customers;
pub use events::Events;
pub use klasses::Klasses;
pub use kobjects::KObjects;
pub use messages::Messages;
pub use orgs::Orgs;
pub use shortcuts::Shortcuts;
pub use tags::Tags;
pub use teams::Teams;
pub use users::Users;

/// Declares a group of operations: a borrowed client and nothing else.
macro_rules! group {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            pub(super) client: &'a crate::Client,
        }

        impl<'a> $name<'a> {
            pub(crate) fn new(client: &'a crate::Client) -> Self {
                Self { client }
            }
        }
    };
}

pub(crate) use group;
