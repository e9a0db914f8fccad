//! `kustodian user`: links by which people set their passwords, straight out of the database.

use clap::Args;
use kustodian_core::chance::{Clock as _, Ids as _};
use kustodian_core::kind::Kind;
use kustodian_core::password_link::{self, Purpose};
use kustodian_core::{resource, user};
use kustomer_api::user::User;

use crate::arguments::{DatabaseArguments, OrgArguments, PublicUrlArguments, UserCommand};
use crate::database::{Registry, with_existing_registry};
use crate::failure::Failure;
use crate::output::{note, print};

/// Whose link, and where it leads.
#[derive(Debug, Args)]
pub(crate) struct PasswordLink {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    org: OrgArguments,
    #[command(flatten)]
    public_url: PublicUrlArguments,
    /// The address that the person signs in with.
    email: String,
}

/// Where a server listens unless it is started with another address.
const USUAL_ADDRESS: &str = "http://127.0.0.1:8080";

/// Runs a `user` command.
pub(crate) async fn run(command: UserCommand) -> Result<(), Failure> {
    let (wanted, purpose) = match command {
        UserCommand::InviteLink(wanted) => (wanted, Purpose::Invitation),
        UserCommand::PasswordLink(wanted) => (wanted, Purpose::Reset),
    };
    let PasswordLink { database, org, public_url, email } = wanted;
    let org = org.org;
    let is_guess = public_url.public_url.is_none();
    let base = public_url.public_url.unwrap_or_else(|| USUAL_ADDRESS.to_owned());
    let make = async |registry: &Registry| make(registry, &org, &email, purpose).await;
    let path = with_existing_registry(&database.database, make).await?;
    print(&format!("{}{path}", base.trim_end_matches('/')))?;
    if is_guess {
        note(
            "the link begins with the usual address of a server: give its own with --public-url, or replace it in the link",
        );
    }
    Ok(())
}

async fn make(registry: &Registry, org: &str, email: &str, purpose: Purpose) -> Result<String, Failure> {
    let org = registry.org(org).await?;
    let key = user::email_key(org.key, email);
    let nobody =
        || Failure::new(format!("no active user of the org {} signs in with {email}: see GET /v1/users", org.name));
    let stored = registry.store.find_by_claim(org.key, Kind::User, key).await?.ok_or_else(nobody)?;
    let person: User = resource::read(&stored.document)?;
    if user::is_machine(&person.attributes) {
        return Err(nobody());
    }
    if purpose == Purpose::Invitation && !user::is_pending(&person.attributes) {
        return Err(Failure::new(format!("{email} has set a password before: use kustodian user password-link")));
    }
    let made = password_link::make(registry.ids.secret(), &org, stored.id, purpose, registry.clock.now());
    let made = made.ok_or_else(|| Failure::new("the link could not be made"))?;
    registry.store.keep_note(made.note).await?;
    Ok(made.path)
}
