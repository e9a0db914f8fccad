//! The attachments of an e-mail: looked up before it is handed over, and read while there is room for them in memory.

use std::sync::Arc;

use kustodian_core::delivery::{MAX_ATTACHED, Outcome};
use kustodian_core::directory::Org;
use kustodian_core::file::File;
use kustodian_core::files::FileName;
use kustodian_core::kind::Kind;
use kustodian_core::store::StoreError;
use kustomer_api::ObjectId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::Services;

/// How many bytes of attachments are in memory at the same time, as they are kept. Written into an e-mail they take some
/// four times as much.
const MAX_HELD: u64 = 32 * 1024 * 1024;

/// Room is counted in so many bytes.
const UNIT: u64 = 1024;

/// How many bytes are read at a time.
const PIECE: usize = 1024 * 1024;

/// An attachment as it is written into an e-mail.
pub(crate) struct Enclosed {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// What an e-mail is of which an attachment was redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lacking {
    /// Refused, with the reason.
    #[default]
    IsRefused,
    /// Sent without it.
    GoesWithout,
}

/// The attachments of an e-mail that is about to be handed over.
pub(crate) struct Enclosing {
    /// The attachments, or why the e-mail cannot be sent with them.
    files: Result<Vec<(String, String, FileName, u64)>, Outcome>,
    _room: OwnedSemaphorePermit,
}

/// Room for the attachments of e-mails.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(MAX_HELD / UNIT).unwrap_or(Semaphore::MAX_PERMITS))))
    }

    /// Looks up attachments and takes room for their bytes; `None` while others have it.
    pub(crate) async fn take(
        &self,
        services: &Services,
        org: &Org,
        ids: &[String],
        lacking: Lacking,
    ) -> Result<Option<Enclosing>, StoreError> {
        let files = look_up(services, org, ids, lacking).await?;
        let total: u64 = files.iter().flatten().map(|(.., length)| *length).sum();
        let files = match total {
            total if total > MAX_ATTACHED => Err(Outcome::Refused {
                code: None,
                message: format!("the attachments have {total} bytes, and an e-mail takes {MAX_ATTACHED}"),
            }),
            _ => files,
        };
        let units = if files.is_ok() { u32::try_from(total.div_ceil(UNIT)).unwrap_or(u32::MAX) } else { 0 };
        let room = Arc::clone(&self.0).try_acquire_many_owned(units);
        Ok(room.ok().map(|room| Enclosing { files, _room: room }))
    }
}

async fn look_up(
    services: &Services,
    org: &Org,
    ids: &[String],
    lacking: Lacking,
) -> Result<Result<Vec<(String, String, FileName, u64)>, Outcome>, StoreError> {
    let refused = |message: String| Ok(Err(Outcome::Refused { code: None, message }));
    let mut files = Vec::new();
    for text in ids {
        let Ok(id) = text.parse::<ObjectId>() else { return refused(format!("{text} is no attachment")) };
        let stored = services.store.find(org.key, Kind::Attachment, id).await?.filter(|stored| !stored.deleted);
        let file = stored.map(|stored| File::of(&stored.document)).transpose();
        let Ok(Some(file)) = file else { return refused(format!("the attachment {id} is not there any more")) };
        if file.is_redacted && lacking == Lacking::GoesWithout {
            continue;
        }
        let Some(sum) = file.sum else { return refused(format!("the attachment {} has no bytes", file.name)) };
        files.push((file.name, file.content_type, FileName { org: org.id, sum }, file.content_length));
    }
    Ok(Ok(files))
}

impl Enclosing {
    /// Reads the bytes. They count as held until this is dropped.
    pub(crate) async fn read(&self, services: &Services) -> Result<Vec<Enclosed>, Outcome> {
        let mut enclosed = Vec::new();
        for (name, content_type, file, length) in self.files.as_ref().map_err(Clone::clone)? {
            let bytes = read(services, *file, *length).await.map_err(|reason| {
                tracing::error!(attachment = name, reason, "an attachment could not be read for an e-mail");
                let message = format!("the bytes of the attachment {name} could not be read");
                Outcome::NotNow { code: None, message }
            })?;
            enclosed.push(Enclosed { name: name.clone(), content_type: content_type.clone(), bytes });
        }
        Ok(enclosed)
    }
}

async fn read(services: &Services, file: FileName, length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    loop {
        let left = length.saturating_sub(bytes.len() as u64);
        let most = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
        if most == 0 {
            return Ok(bytes);
        }
        match services.files.read(file, bytes.len() as u64, most).await {
            Ok(Some(piece)) if !piece.is_empty() => bytes.extend_from_slice(&piece),
            Ok(_) => return Err(format!("it is not whole in {}", services.files.place())),
            Err(error) => return Err(error.to_string()),
        }
    }
}
