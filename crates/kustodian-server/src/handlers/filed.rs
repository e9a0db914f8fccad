//! The common parts of handlers of records with files: lists with links, and updates that remove bytes.

use futures_util::StreamExt as _;
use kustodian_core::change::ChangeSet;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, Start, Stored};
use kustomer_api::query::PageQuery;
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::files::{Linker, Removal};
use crate::handlers::plain;
use crate::paging::Numbered;
use crate::parts::{self, Parts};

/// A page of the records of a kind, by id, with the links to their files.
pub(crate) async fn list<E>(call: Call<E>, kind: Kind) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = (), Query = PageQuery>,
{
    list_of(&call, kind, Vec::new(), kind.spec().path).await
}

/// A page of some of them: those of one of the narrowed lists that the kind declares, under the path that the links name.
pub(crate) async fn list_of<E>(
    call: &Call<E>,
    kind: Kind,
    of: Vec<(&'static str, String)>,
    path: &str,
) -> Result<Answer, Refusal>
where
    E: Endpoint<Query = PageQuery>,
{
    let page = Numbered::of(call.query);
    let query =
        ListQuery { of, start: Start::Offset(page.offset()), ..ListQuery::of(kind, page.size + 1, parts::HELD) };
    let (records, _) = parts::of_list(call.app(), call.org(), query).await?;
    let around = page.around_uncounted(path, &Vec::new());
    parts::page(call.app(), linked(call, kind, records), page.size as usize, around, None).await
}

/// The records whose ids are in the path, joined by commas.
pub(crate) async fn list_named<E>(call: Call<E>, kind: Kind) -> Result<Answer, Refusal>
where
    E: Endpoint<Path = String, Query = PageQuery>,
{
    let ids = plain::named_ids(&call.path)?;
    let page = Numbered::of(call.query);
    let around = page.around_uncounted(&plain::path_of_ids(kind, &ids), &Vec::new());
    let records = parts::of_ids(call.app(), call.org(), kind, ids, false, |stored| !stored.deleted);
    let records = linked(&call, kind, parts::passing_over(records, page.offset()));
    parts::page(call.app(), records, page.size as usize, around, None).await
}

/// The same documents with the links to their files.
pub(crate) fn linked<E: Endpoint>(call: &Call<E>, kind: Kind, records: Parts) -> Parts {
    linked_by(call.linker(), kind, records)
}

/// The same by a linker at hand.
pub(crate) fn linked_by(linker: Linker, kind: Kind, records: Parts) -> Parts {
    let link = move |documents: Vec<String>| -> Result<Vec<String>, Refusal> {
        documents.into_iter().map(|document| linker.document(kind, document)).collect()
    };
    records.map(move |documents| documents.and_then(&link)).boxed()
}

/// Updates a record with a file; with `lets_go` the change may let go of its bytes, which are removed then.
pub(crate) async fn update<E, F>(
    call: &Call<E>,
    kind: Kind,
    id: ObjectId,
    lets_go: bool,
    decide: F,
) -> Result<Answer, Refusal>
where
    E: Endpoint,
    F: FnOnce(Option<Stored>) -> Result<ChangeSet, Refusal> + Clone + Send + 'static,
{
    if !lets_go || call.is_rehearsal() {
        return plain::update(call, kind, id, decide).await;
    }
    let stored = call.store().find(call.org(), kind, id).await.map_err(unavailable)?;
    let removal = Removal::prepare(call.app(), &call.act().org, kind, stored.as_slice()).await?;
    let found = removal.clone();
    let noting = move |stored: Option<Stored>| {
        found.find(stored.as_ref());
        decide(stored)
    };
    let updated = plain::update(call, kind, id, noting).await;
    removal.finish(call.app()).await;
    updated
}
