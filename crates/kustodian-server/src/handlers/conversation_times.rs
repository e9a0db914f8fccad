//! Conversation times: written with what users do in conversations, and read here.

use kustodian_core::conversation;
use kustodian_core::kind::Kind;
use kustodian_core::message::CONVERSATION;
use kustodian_core::refusal::Refusal;
use kustomer_api::conversation_time::{
    GetConversationTimeById, GetConversationTimeByIds, GetConversationTimes, GetConversationTimesByConversationId,
};
use kustomer_api::query::Include;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::family;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;

pub(crate) async fn get_conversation_times(call: Call<GetConversationTimes>) -> Result<Answer, Refusal> {
    plain::list_by_id(&call, Kind::ConversationTime, call.query).await
}

pub(crate) async fn get_conversation_times_by_conversation_id(
    call: Call<GetConversationTimesByConversationId>,
) -> Result<Answer, Refusal> {
    let stored = family::find(&call, Kind::Conversation, call.path).await.map_err(unavailable)?;
    conversation::alive(stored.as_ref())?;
    let which = Which {
        of: vec![(CONVERSATION, call.path.to_string())],
        path: Some(format!("{}/times", Kind::Conversation.path_of(call.path))),
        ..Which::default()
    };
    plain::list_narrowed(&call, Kind::ConversationTime, which, Numbered::of(call.query), &Vec::new()).await
}

pub(crate) async fn get_conversation_time_by_ids(call: Call<GetConversationTimeByIds>) -> Result<Answer, Refusal> {
    plain::list_named(&call, Kind::ConversationTime, call.query, Include::default()).await
}

pub(crate) async fn get_conversation_time_by_id(call: Call<GetConversationTimeById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::ConversationTime, call.path, call.query).await
}
