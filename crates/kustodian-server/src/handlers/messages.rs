//! Messages are not kept yet: every customer's list of them is empty, so that its link can be followed.

use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustomer_api::message::GetMessagesByCustomer;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::Numbered;

pub(crate) async fn get_messages_by_customer(call: Call<GetMessagesByCustomer>) -> Result<Answer, Refusal> {
    let stored = call.store().find(call.org(), Kind::Customer, call.path).await.map_err(unavailable)?;
    if stored.as_ref().is_none_or(|stored| stored.deleted) {
        return Err(missing::missing(Kind::Customer, stored.as_ref()));
    }
    let path = format!("/v1/customers/{}/messages", call.path);
    Ok(Answer::Json(Numbered::of(call.query).uncounted(&path, Vec::new(), false)))
}
