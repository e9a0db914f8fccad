//! `kustodian org`: orgs, straight in the database.

use kustodian_core::chance::{Clock, Ids};
use kustodian_core::directory::{DirectoryError, Org};
use serde_json::{Value, json};

use crate::arguments::OrgCommand;
use crate::database::{Registry, with_existing_registry, with_registry};
use crate::failure::Failure;
use crate::output::{Output, print, print_json, print_table};

/// Does what an `org` command asks for.
pub(crate) async fn run(command: OrgCommand) -> Result<(), Failure> {
    match command {
        OrgCommand::Create { database, name, output } => {
            let org = with_registry(&database.database, async |registry| registry.create_org(&name).await).await?;
            match output.output {
                Output::Json => print_json(&as_json(&org)),
                Output::Table => print(&format!("made the org {} ({})", org.name, org.id)),
            }
        }
        OrgCommand::List { database, output } => {
            let list = async |registry: &Registry| Ok(registry.directory.list_orgs().await?);
            let orgs = with_existing_registry(&database.database, list).await?;
            match output.output {
                Output::Json => print_json(&orgs.iter().map(as_json).collect::<Vec<_>>()),
                Output::Table => {
                    let row = |org: &Org| vec![org.id.to_string(), org.name.clone(), org.created_at.to_string()];
                    print_table(&["ID", "NAME", "CREATED"], orgs.iter().map(row))
                }
            }
        }
    }
}

fn as_json(org: &Org) -> Value {
    json!({ "id": org.id, "name": org.name, "createdAt": org.created_at })
}

/// The longest name of an org: that of a label of a host name, which it is at Kustomer.
const MAX_NAME: usize = 63;

/// Whether an org may have this name.
///
/// # Errors
/// When it may not; the failure says which names are legal.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let legal = (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-');
    if legal {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{name:?} cannot name an org: use 1 to {MAX_NAME} letters, digits and hyphens, such as acme"
    )))
}

impl Registry {
    /// Makes an org.
    ///
    /// # Errors
    /// When the name cannot be an org's or is taken, or the database cannot answer.
    pub(crate) async fn create_org(&self, name: &str) -> Result<Org, Failure> {
        check_name(name)?;
        match self.directory.create_org(self.ids.next(), name, self.clock.now()).await {
            Ok(org) => Ok(org),
            Err(DirectoryError::Exists) => {
                let title = "whatever its capitals, as hosts do not distinguish them: choose another name";
                Err(Failure::new(format!("there is an org named {name} already, {title}")))
            }
            Err(error) => Err(error.into()),
        }
    }
}
