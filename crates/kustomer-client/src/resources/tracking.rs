//! What visitors of sites and apps do.

use kustomer_api::tracking::{
    CreateTrackingEvent, CreateTrackingIdentity, CreateTrackingIdentityEvent, IdentityEventInput, IdentityInput,
    TrackingEventInput,
};

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations on what visitors do. They ask for the role `org.tracking` alone. What was tracked of a customer is read by
    /// [`Customers::sessions`](super::Customers::sessions) and [`Customers::events`](super::Customers::events).
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::tracking::{IdentityInput, TrackingEventInput};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let visitor = "visitor-1";
    /// let did = TrackingEventInput::named("Plan-Chosen").tracking_id(visitor);
    /// client.tracking().event(&did).await?;
    /// let who = IdentityInput::default().tracking_id(visitor).email("ada@acme.example");
    /// let identity = client.tracking().identity(&who).await?.data;
    /// println!("{:?}", identity.relationships["customer"].id());
    /// # Ok(())
    /// # }
    /// ```
    Tracking
}

operations! {
    TRACKING: impl Tracking {
        /// Records what a visitor did.
        pub fn event(&self, input: &TrackingEventInput) -> Call<CreateTrackingEvent> {
            self.client.call((), &(), input)
        }

        /// Says who a visitor is: finds or makes the customer, and ties the visitor to it.
        pub fn identity(&self, input: &IdentityInput) -> Call<CreateTrackingIdentity> {
            self.client.call((), &(), input)
        }

        /// Says who a visitor is, and records what it did.
        pub fn identity_event(&self, input: &IdentityEventInput) -> Call<CreateTrackingIdentityEvent> {
            self.client.call((), &(), input)
        }
    }
}
