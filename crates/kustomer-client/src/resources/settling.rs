//! Creates a customer once, also when several clients ask for it.

use kustomer_api::customer::{Customer, CustomerInput, Email};

use super::Customers;
use crate::error::Error;

/// A customer who was there or was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settled {
    /// The customer.
    pub customer: Customer,
    /// Whether this call has made the customer.
    pub was_created: bool,
}

/// How often somebody else may be first, or remove the record, before the error is returned.
const TRIES: u32 = 3;

impl Customers<'_> {
    /// Changes the customer with this external id, or makes one with it. One request finds, a second writes; where several
    /// do this at the same time one makes the customer, and the others change it.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().name("Ada Lovelace");
    /// let settled = client.customers().upsert_by_external_id("shop-17", &ada).await?;
    /// println!("{} was {}", settled.customer.id, if settled.was_created { "made" } else { "changed" });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a request fails, or is refused for another reason than that somebody was quicker: another customer has the
    /// e-mail address of `input`.
    pub async fn upsert_by_external_id(&self, external_id: &str, input: &CustomerInput) -> Result<Settled, Error> {
        let named = input.clone().external_id(external_id);
        let mut tries = 1;
        loop {
            let outcome = match self.get_by_external_id(external_id).await {
                Ok(found) => self.update(found.data.id, input).await.map(|changed| (changed.data, false)),
                Err(missing) if missing.is_not_found() => self.create(&named).await.map(|made| (made.data, true)),
                Err(error) => Err(error),
            };
            match outcome {
                Ok((customer, was_created)) => return Ok(Settled { customer, was_created }),
                Err(error) if tries < TRIES && may_have_changed(&error) => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The customer with this e-mail address; made out of `input`, to which the address is added, when there is none. One
    /// request when there is one, else two; of several who do this at the same time one makes the customer, and all get it.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::customer::CustomerInput;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let ada = CustomerInput::new().name("Ada Lovelace");
    /// let settled = client.customers().find_or_create_by_email("ada@acme.example", &ada).await?;
    /// println!("{}", settled.customer.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a request fails, or is refused for another reason than that somebody was quicker.
    pub async fn find_or_create_by_email(&self, email: &str, input: &CustomerInput) -> Result<Settled, Error> {
        let mut named = input.clone();
        let emails = named.emails.get_or_insert_default();
        if !emails.iter().any(|given| given.email.eq_ignore_ascii_case(email)) {
            emails.push(Email::new(email));
        }
        let mut tries = 1;
        loop {
            match self.get_by_email(email).await {
                Ok(found) => return Ok(Settled { customer: found.data, was_created: false }),
                Err(missing) if missing.is_not_found() => {}
                Err(error) => return Err(error),
            }
            match self.create(&named).await {
                Ok(made) => return Ok(Settled { customer: made.data, was_created: true }),
                Err(error) if tries < TRIES && may_have_changed(&error) => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether somebody else may have made or removed it meanwhile.
fn may_have_changed(error: &Error) -> bool {
    error.is_not_found() || error.status() == Some(409)
}
