//! Removes bytes that no record names any more. That they are to be removed is noted before their record lets go of them, so
//! that a server that is killed in between leaves nothing.

use std::sync::{Arc, Mutex, PoisonError};

use kustodian_core::directory::Org;
use kustodian_core::file::{self, File};
use kustodian_core::files::{FileName, Locked, Sha256Sum};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, Note, OrgKey, Store, StoreError, Stored};
use kustomer_api::ObjectId;

use crate::answer::unavailable;
use crate::app::App;

/// The prefix of the names of the notes.
pub(super) const PREFIX: &str = "file-to-remove/";

/// The bytes that a change lets go of.
#[derive(Clone)]
pub(crate) struct Removal {
    org: Arc<Org>,
    notes: Vec<(Sha256Sum, Note)>,
    /// The records that the change found when it was decided.
    found: Arc<Mutex<Vec<Sha256Sum>>>,
}

impl Removal {
    /// Notes that the bytes of these records are about to be let go of; nothing for a kind without files.
    ///
    /// # Errors
    /// When the database cannot answer: then nothing may be let go of.
    pub(crate) async fn prepare(app: &App, org: &Arc<Org>, kind: Kind, records: &[Stored]) -> Result<Self, Refusal> {
        let mut notes = Vec::new();
        let with_files = records.iter().filter(|_| kind.has_file());
        for stored in with_files {
            let Some(sum) = File::of(&stored.document)?.sum else { continue };
            let note = Note { name: name_of(org.id, sum), value: Vec::new() };
            app.services.store.keep_note(note.clone()).await.map_err(unavailable)?;
            notes.push((sum, note));
        }
        Ok(Self { org: Arc::clone(org), notes, found: Arc::default() })
    }

    /// Takes note of the bytes that a record has when it is decided that it lets go of them.
    pub(crate) fn find(&self, stored: Option<&Stored>) {
        if let Some(sum) = stored.and_then(|stored| File::of(&stored.document).ok()?.sum) {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(sum);
        }
    }

    /// Removes the bytes that no record names any more. What fails is done later, by the sweep.
    pub(crate) async fn finish(self, app: &App) {
        let found = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        let is_noted = |sum: &Sha256Sum| self.notes.iter().any(|(noted, _)| noted == sum);
        for sum in found.iter().filter(|sum| !is_noted(sum)) {
            remove(app, &self.org, *sum).await;
        }
        for (sum, note) in &self.notes {
            if remove(app, &self.org, *sum).await {
                forget(app, note).await;
            }
        }
    }
}

/// The name of a note of bytes to remove.
fn name_of(org: ObjectId, sum: Sha256Sum) -> String {
    format!("{PREFIX}{org}/{sum}")
}

/// The bytes that a note is about.
pub(super) fn named_by(note: &Note) -> Option<FileName> {
    let (org, sum) = note.name.strip_prefix(PREFIX)?.split_once('/')?;
    Some(FileName { org: org.parse().ok()?, sum: sum.parse().ok()? })
}

pub(super) async fn forget(app: &App, note: &Note) {
    if let Err(error) = app.services.store.replace_note(note, None).await {
        tracing::debug!(%error, "a note of bytes to remove is left; the next sweep finds nothing to do for it");
    }
}

/// Removes bytes unless a record names them; whether nothing is left to do.
pub(super) async fn remove(app: &App, org: &Org, sum: Sha256Sum) -> bool {
    match app.files.files.lock(FileName { org: org.id, sum }).await {
        Ok(lock) => remove_unnamed(app, org, sum, &*lock).await,
        Err(error) => {
            tracing::warn!(%error, "bytes that no record names could not be removed: it is tried again");
            false
        }
    }
}

/// The same for bytes that are locked.
pub(super) async fn remove_unnamed(app: &App, org: &Org, sum: Sha256Sum, lock: &dyn Locked) -> bool {
    match is_named(&*app.services.store, org.key, sum).await {
        Ok(true) => true,
        Ok(false) => match lock.remove().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "bytes that no record names could not be removed: it is tried again");
                false
            }
        },
        Err(error) => {
            tracing::debug!(%error, "nobody knows now whether a record names bytes: they stay until the next sweep");
            false
        }
    }
}

/// Whether a record names bytes. A record that is deleted names none.
async fn is_named(store: &dyn Store, org: OrgKey, sum: Sha256Sum) -> Result<bool, StoreError> {
    for kind in Kind::with_files() {
        let query = ListQuery::of(kind, 1, 1).narrowed(file::SHA256, sum);
        if !store.list(org, query).await?.records.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
