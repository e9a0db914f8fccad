//! Audit logs.

use kustomer_api::audit::{GetAuditLogs, ListAuditLogs};

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations on audit logs.
    AuditLogs
}

operations! {
    AUDIT_LOGS: impl AuditLogs {
        /// Lists one page of the entries, newest first; [`walk`](Call::walk) continues to the oldest.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::audit::ListAuditLogs;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let of_customers = ListAuditLogs::default().object_type("customer");
        /// for entry in client.audit_logs().list(&of_customers).await?.data {
        ///     println!("{:?} by {:?}", entry.attributes.event_name, entry.attributes.user_id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &ListAuditLogs) -> Call<GetAuditLogs> {
            self.client.call((), query, &())
        }
    }
}
