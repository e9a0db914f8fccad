//! Related records that are answered beside those asked for (`?include=`).

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;
use kustodian_core::{permission, resource};
use kustomer_api::query::Include;
use kustomer_api::{Endpoint, ObjectId};
use serde::Deserialize;

use crate::answer::Answer;
use crate::app::App;
use crate::call::Call;
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

/// What is to be answered beside the documents of an answer: each record once, in the order in which they are first named.
pub(crate) struct Gathering {
    app: Arc<App>,
    org: OrgKey,
    /// Whether the caller may read companies: else nothing is learnt of them.
    is_readable: bool,
    ids: Vec<ObjectId>,
}

impl Gathering {
    /// `None` when nothing was asked for.
    pub(crate) fn of<E: Endpoint>(call: &Call<E>, include: Include) -> Option<Self> {
        let is_readable = permission::may_read(call.caller(), Kind::Company);
        include.company.then(|| Self { app: Arc::clone(call.app()), org: call.org(), is_readable, ids: Vec::new() })
    }

    /// Takes up what one of the documents names.
    ///
    /// # Errors
    /// 500 when it is not what this version stores.
    pub(crate) fn add(&mut self, document: &str) -> Result<(), Refusal> {
        if self.is_readable {
            self.ids.extend(company_of(document)?.filter(|id| !self.ids.contains(id)));
        }
        Ok(())
    }

    /// What was taken up.
    pub(crate) fn into_parts(self) -> Parts {
        parts::of_ids(&self.app, self.org, Kind::Company, self.ids, true, |company| !company.deleted)
    }
}

fn company_of(document: &str) -> Result<Option<ObjectId>, Refusal> {
    #[derive(Deserialize)]
    struct Record {
        relationships: Related,
    }
    let record: Record = resource::read(document)?;
    Ok(record.relationships.company.and_then(|company| company.data?.id))
}

/// The answer of one record with what was asked for beside it. Its tag is that of the whole then, as the company may
/// change alone.
pub(crate) async fn beside<E: Endpoint>(call: &Call<E>, include: Include, answer: Answer) -> Result<Answer, Refusal> {
    let Answer::Document { document, status } = answer else { return Ok(answer) };
    let Some(mut gathering) = Gathering::of(call, include) else { return Ok(Answer::Document { document, status }) };
    gathering.add(&document)?;
    let included = gathering.into_parts().try_concat().await?;
    Ok(Answer::Json(format!("{{\"data\":{document},\"included\":[{}]}}", included.join(","))))
}
