//! Opening the database for a command, and closing it whatever the command results in.

use std::path::Path;
use std::sync::Arc;

use kustodian_core::directory::{Directory, Org};
use kustodian_core::store::Store;
use kustodian_server::{SystemClock, SystemIds};
use kustodian_store::{Options, open};

use crate::failure::Failure;

/// What commands on orgs and keys work with.
pub(crate) struct Registry {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: SystemClock,
    pub(crate) ids: SystemIds<SystemClock>,
}

/// Opens the database at `url`, does `work` with it, and closes it.
pub(crate) async fn with_registry<T>(
    url: &str,
    work: impl AsyncFnOnce(&Registry) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let ids = SystemIds::new(SystemClock)?;
    let database = open(url, Options::default()).await?;
    let registry = Registry { directory: database.directory(), store: database.store(), clock: SystemClock, ids };
    let done = work(&registry).await;
    drop(registry);
    database.close().await;
    done
}

/// [`with_registry`] for work on an existing database: a misspelt name would otherwise leave an empty database behind
/// and look like one that holds nothing.
pub(crate) async fn with_existing_registry<T>(
    url: &str,
    work: impl AsyncFnOnce(&Registry) -> Result<T, Failure>,
) -> Result<T, Failure> {
    must_exist(url)?;
    with_registry(url, work).await
}

/// Refuses the URL of a file that is not there.
pub(crate) fn must_exist(url: &str) -> Result<(), Failure> {
    kustodian_store::refuse_lone_log(url)?;
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match path {
        Some(path) if !matches!(path, "" | ":memory:") && !Path::new(path).exists() => Err(Failure::new(format!(
            "there is no database {path}: name another with --database (or KUSTODIAN_DATABASE), or make it with: \
             kustodian serve"
        ))),
        _ => Ok(()),
    }
}

impl Registry {
    /// The org with this name.
    ///
    /// # Errors
    /// When there is none; the failure says which there are.
    pub(crate) async fn org(&self, name: &str) -> Result<Org, Failure> {
        if let Some(org) = self.directory.find_org(name).await? {
            return Ok(org);
        }
        let names: Vec<String> = self.directory.list_orgs().await?.into_iter().map(|org| org.name).collect();
        let there =
            if names.is_empty() { "there is none yet".to_owned() } else { format!("there are: {}", names.join(", ")) };
        Err(Failure::new(format!("no org is named {name:?} ({there}): make it with: kustodian org create {name}")))
    }
}
