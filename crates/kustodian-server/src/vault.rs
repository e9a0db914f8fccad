//! Single notes of the database, read by their names: hashed passwords, links that set one.

use kustodian_core::store::{Note, Store, StoreError};

/// The note with a name.
///
/// # Errors
/// When the database cannot answer.
pub(crate) async fn find(store: &dyn Store, name: &str) -> Result<Option<Note>, StoreError> {
    // The names before it are passed over by the index.
    let before = name.get(..name.len().saturating_sub(1)).unwrap_or_default();
    let found = store.list_notes_after(name, before, 1).await?;
    Ok(found.into_iter().find(|note| note.name == name))
}
