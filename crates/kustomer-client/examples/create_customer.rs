//! Creates a customer and reads it again by its e-mail address.
//!
//! ```sh
//! KUSTODIAN_URL=… KUSTODIAN_TOKEN=… cargo run -p kustomer-client --example create_customer
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use kustomer_client::custom::{CustomAttributes, Key, Num, Str};
use kustomer_client::customer::CustomerInput;
use kustomer_client::{Client, Error};

const TIER: Key<Str> = Key::new("loyaltyTierStr");
const SCORE: Key<Num> = Key::new("scoreNum");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in run(&Client::from_env()?).await? {
        println!("{line}");
    }
    Ok(())
}

/// Creates her, unless she is there, and finds her; what became of it, in lines.
pub(crate) async fn run(client: &Client) -> Result<[String; 2], Box<dyn std::error::Error>> {
    let mut custom = CustomAttributes::new();
    custom.put(TIER, "gold")?.put(SCORE, 12.5)?;
    let input =
        CustomerInput::new().name("Ada Lovelace").email("ada@acme.example").phone("+18005551212").custom(custom);

    let created = match client.customers().create(&input).await {
        Ok(created) => format!("created {}", created.data.id),
        Err(Error::Api(refused)) if refused.status == 409 => format!("there already: {refused}"),
        Err(other) => return Err(other.into()),
    };
    let found = client.customers().get_by_email("ADA@acme.example").await?.data;
    let tier = found.attributes.custom.value().and_then(|custom| custom.get(TIER));
    Ok([created, format!("{} has the tier {}", found.id, tier.unwrap_or("none"))])
}
