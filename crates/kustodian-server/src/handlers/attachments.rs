//! Attachments: made before their bytes, which come over a link of their own.

use kustodian_core::attachment;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustomer_api::attachment::{CreateAttachment, GetAttachmentsById, UpsertAttachment};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::{family, filed, plain};

pub(crate) async fn create_attachment(call: Call<CreateAttachment>) -> Result<Answer, Refusal> {
    let (id, event, max) = (call.next_id(), call.next_event(), call.app().settings.max_file);
    let changes = attachment::create(&call.act().context(), id, event, call.input()?, max)?;
    plain::create(&call, changes).await
}

pub(crate) async fn get_attachments_by_id(call: Call<GetAttachmentsById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Attachment, call.path, call.query).await
}

pub(crate) async fn upsert_attachment(call: Call<UpsertAttachment>) -> Result<Answer, Refusal> {
    let (input, act, event, id) = (call.input()?, call.act(), call.next_event(), call.path);
    let max = call.app().settings.max_file;
    let lets_go = input.redacted.unwrap_or_default() || input.content_length.is_some();
    if family::find(&call, Kind::Attachment, id).await.map_err(unavailable)?.is_none() {
        family::free(&call, id).await?;
    }
    let decide =
        move |stored: Option<Stored>| attachment::upsert(&act.context(), stored.as_ref(), id, event, input, max);
    filed::update(&call, Kind::Attachment, id, lets_go, decide).await
}
