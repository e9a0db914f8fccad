//! Related records that are answered beside those asked for (`?include=`).

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;
use kustodian_core::{attachment, permission, resource};
use kustomer_api::envelope::Relationships;
use kustomer_api::query::{Include, IncludeAttachments};
use kustomer_api::{Endpoint, ObjectId};
use serde::Deserialize;

use crate::answer::Answer;
use crate::app::App;
use crate::call::Call;
use crate::files::Linker;
use crate::handlers::filed;
use crate::parts::{self, Parts};

/// The relationships that can be included, of those that [`Include`] names.
#[derive(Deserialize)]
struct Related {
    company: Option<ToOne>,
}

#[derive(Deserialize)]
struct ToOne {
    data: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<ObjectId>,
}

/// The records to include in an answer: each once, in the order in which they are first named.
pub(crate) struct Gathering {
    app: Arc<App>,
    org: OrgKey,
    of: Of,
    /// Whether the caller may read them: else nothing is learnt of them.
    is_readable: bool,
    ids: Vec<ObjectId>,
    known: HashSet<ObjectId>,
}

/// Which records are answered beside.
enum Of {
    Companies,
    /// With the links to their bytes.
    Attachments(Linker),
}

impl Gathering {
    /// `None` when nothing was asked for.
    pub(crate) fn of<E: Endpoint>(call: &Call<E>, include: Include) -> Option<Self> {
        include.company.then(|| Self::new(call, Kind::Company, Of::Companies))
    }

    /// The same of attachments.
    pub(crate) fn of_attachments<E: Endpoint>(call: &Call<E>, include: IncludeAttachments) -> Option<Self> {
        include.0.then(|| Self::new(call, Kind::Attachment, Of::Attachments(call.linker())))
    }

    fn new<E: Endpoint>(call: &Call<E>, kind: Kind, of: Of) -> Self {
        let is_readable = permission::may_read(call.caller(), kind);
        let (app, org) = (Arc::clone(call.app()), call.org());
        Self { app, org, of, is_readable, ids: Vec::new(), known: HashSet::new() }
    }

    /// Takes up what one of the documents names.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub(crate) fn add(&mut self, document: &str) -> Result<(), Refusal> {
        if !self.is_readable {
            return Ok(());
        }
        let named = match &self.of {
            Of::Companies => company_of(document)?.into_iter().collect(),
            Of::Attachments(_) => attachments_of(document)?,
        };
        self.ids.extend(named.into_iter().filter(|id| self.known.insert(*id)));
        Ok(())
    }

    /// The records that were collected.
    pub(crate) fn into_parts(self) -> Parts {
        let read = |kind: Kind| parts::of_ids(&self.app, self.org, kind, self.ids, true, |record| !record.deleted);
        match self.of {
            Of::Companies => read(Kind::Company),
            Of::Attachments(linker) => filed::linked_by(linker, Kind::Attachment, read(Kind::Attachment)),
        }
    }
}

fn attachments_of(document: &str) -> Result<Vec<ObjectId>, Refusal> {
    #[derive(Deserialize)]
    struct Record {
        relationships: Relationships,
    }
    let record: Record = resource::read(document)?;
    Ok(attachment::ids_in(&record.relationships))
}

fn company_of(document: &str) -> Result<Option<ObjectId>, Refusal> {
    #[derive(Deserialize)]
    struct Record {
        relationships: Related,
    }
    let record: Record = resource::read(document)?;
    Ok(record.relationships.company.and_then(|company| company.data?.id))
}

/// The answer of one record with what its document has of others beside it.
pub(crate) fn with(
    answer: Answer,
    included: impl FnOnce(&str) -> Result<Vec<String>, Refusal>,
) -> Result<Answer, Refusal> {
    let Answer::Document { document, .. } = answer else { return Ok(answer) };
    let included = included(&document)?;
    Ok(Answer::Json(format!("{{\"data\":{document},\"included\":[{}]}}", included.join(","))))
}

/// The answer of one record with its included records. Its tag is then that of the whole, as the company may
/// change alone.
pub(crate) async fn beside<E: Endpoint>(call: &Call<E>, include: Include, answer: Answer) -> Result<Answer, Refusal> {
    let Answer::Document { document, status } = answer else { return Ok(answer) };
    let Some(mut gathering) = Gathering::of(call, include) else { return Ok(Answer::Document { document, status }) };
    gathering.add(&document)?;
    let included = gathering.into_parts().try_concat().await?;
    Ok(Answer::Json(format!("{{\"data\":{document},\"included\":[{}]}}", included.join(","))))
}
