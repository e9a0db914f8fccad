//! Media: made before their bytes, which come over a link of their own.

use kustodian_core::kind::Kind;
use kustodian_core::media;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustomer_api::media::{CreateMedia, GetMediabyId, UpdateMedia};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::{filed, plain};

pub(crate) async fn create_media(call: Call<CreateMedia>) -> Result<Answer, Refusal> {
    let (id, event, max) = (call.next_id(), call.next_event(), call.app().settings.max_file);
    let changes = media::create(&call.act().context(), id, event, call.input()?, max)?;
    plain::create(&call, changes).await
}

pub(crate) async fn get_mediaby_id(call: Call<GetMediabyId>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Media, call.path, call.query).await
}

pub(crate) async fn update_media(call: Call<UpdateMedia>) -> Result<Answer, Refusal> {
    let (input, act, event, id) = (call.input()?, call.act(), call.next_event(), call.path);
    let lets_go = input.redacted.unwrap_or_default();
    let decide = move |stored: Option<Stored>| media::update(&act.context(), stored.as_ref(), event, input);
    filed::update(&call, Kind::Media, id, lets_go, decide).await
}
