//! Metadata. Paths name it by the kind of record, or by `kobject.` and the name of a klass; links in the feed name it by
//! its id.

use kustodian_core::kind::Kind;
use kustodian_core::klass::KnownKlass;
use kustodian_core::metadata::{self, DESCRIBED, Target};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::store::Stored;
use kustomer_api::history::StateQuery;
use kustomer_api::metadata::{
    GetCustomAttributeMetadata, GetMetadata, GetMetadataHistory, Metadata, OF_KLASS, UpdateCustomAttributeMetadata,
};
use kustomer_api::{Endpoint, ObjectId};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{history, klasses, plain};

pub(crate) async fn get_metadata(call: Call<GetMetadata>) -> Result<Answer, Refusal> {
    plain::list(&call, Kind::Metadata).await
}

pub(crate) async fn get_custom_attribute_metadata(call: Call<GetCustomAttributeMetadata>) -> Result<Answer, Refusal> {
    let name = find_name(&call, &call.path).await?;
    let id = metadata::id_of(&name);
    if call.query != StateQuery::default() {
        return match find(&call, id).await? {
            Some(_) => history::get_former(&call, Kind::Metadata, id, call.query).await,
            None => Err(history::former_of_unwritten(&call, Kind::Metadata, call.query)),
        };
    }
    answer(&call, &name, id).await
}

/// The metadata as it is, written or not.
async fn answer<E: Endpoint>(call: &Call<E>, name: &str, id: ObjectId) -> Result<Answer, Refusal> {
    Ok(Answer::ok(match find(call, id).await? {
        Some(stored) => stored.document,
        None => metadata::unwritten(&call.caller().org, name)?,
    }))
}

pub(crate) async fn get_metadata_history(call: Call<GetMetadataHistory>) -> Result<Answer, Refusal> {
    let name = find_name(&call, &call.path).await?;
    let id = metadata::id_of(&name);
    match find(&call, id).await? {
        Some(_) => history::list_of(&call, Kind::Metadata, id).await,
        None => Ok(history::list_of_unwritten(&call, &format!("{}/{name}", Kind::Metadata.spec().path))),
    }
}

async fn find<E: Endpoint>(call: &Call<E>, id: ObjectId) -> Result<Option<Stored>, Refusal> {
    call.store().find(call.org(), Kind::Metadata, id).await.map_err(unavailable)
}

pub(crate) async fn update_custom_attribute_metadata(
    call: Call<UpdateCustomAttributeMetadata>,
) -> Result<Answer, Refusal> {
    let (act, event, mut input) = (call.act(), call.next_event(), call.input()?);
    let name = find_name(&call, &call.path).await?;
    let id = metadata::id_of(&name);
    for target in metadata::klasses_in(&mut input) {
        if let Some(Target::KObject(klass)) = Target::named(target) {
            let found = find_klass(&call, &klass).await?.ok_or_else(|| metadata::unknown_klass(target))?;
            *target = metadata::name_of_klass(&found);
        }
    }
    let if_match = call.header(http::header::IF_MATCH).map(ToOwned::to_owned);
    let decide = move |stored: Option<Stored>| {
        metadata::put(&act.context(), &name, stored.as_ref(), event, input, if_match.as_deref())
    };
    let updated = plain::update(&call, Kind::Metadata, id, decide).await;
    call.app().described.forget(call.org(), id);
    updated
}

/// The name of the metadata that a path names.
///
/// # Errors
/// 404 when there are no such records.
async fn find_name<E: Endpoint>(call: &Call<E>, named: &str) -> Result<String, Refusal> {
    let missing = || {
        let of_kinds: Vec<&str> = DESCRIBED.iter().map(|kind| kind.as_str()).collect();
        let detail = format!("there is metadata of {} and kobject.<klass>", of_kinds.join(", "));
        Refusal::not_found("resource").with_detail(detail)
    };
    if DESCRIBED.iter().any(|kind| kind.as_str() == named) {
        return Ok(named.to_owned());
    }
    if let Some(klass) = named.strip_prefix(OF_KLASS) {
        let klass = find_klass(call, klass).await?;
        return klass.map(|klass| metadata::name_of_klass(&klass)).ok_or_else(missing);
    }
    let Ok(id) = named.parse() else { return Err(missing()) };
    let stored = call.store().find(call.org(), Kind::Metadata, id).await.map_err(unavailable)?.ok_or_else(missing)?;
    resource::read::<Metadata>(&stored.document).map(|metadata| metadata.id.into())
}

/// The name of a klass, as it is written, by any of its names.
async fn find_klass<E: Endpoint>(call: &Call<E>, named: &str) -> Result<Option<String>, Refusal> {
    match klasses::find(call, named, "resource").await {
        Ok(stored) => Ok(Some(KnownKlass::of(&stored)?.name)),
        Err(refusal) if refusal.status == 404 => Ok(None),
        Err(refusal) => Err(refusal),
    }
}
