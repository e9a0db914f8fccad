//! What visitors of sites and apps do.

use kustomer_api::tracking::{
    CreateTrackingEvent, CreateTrackingIdentity, CreateTrackingIdentityEvent, IdentityEventInput, IdentityInput,
    TrackingEventInput,
};

use super::{group, operations};
use crate::call::Call;

group! {
    /// The operations that track visitors. They need only the role `org.tracking`. To read the events of a customer, use
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
        /// Records an event of a visitor.
        pub fn event(&self, input: &TrackingEventInput) -> Call<CreateTrackingEvent> {
            self.client.call((), &(), input)
        }

        /// Says who a visitor is: finds or makes the customer, and ties the visitor to it.
        pub fn identity(&self, input: &IdentityInput) -> Call<CreateTrackingIdentity> {
            self.client.call((), &(), input)
        }

        /// Identifies a visitor, and records an event.
        pub fn identity_event(&self, input: &IdentityEventInput) -> Call<CreateTrackingIdentityEvent> {
            self.client.call((), &(), input)
        }
    }
}
