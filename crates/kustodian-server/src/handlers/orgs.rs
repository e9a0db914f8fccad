//! The org of the credential. Any other org's id takes the path of a missing one.

use kustodian_core::refusal::Refusal;
use kustodian_core::{org, resource};
use kustomer_api::org::{GetCurrentOrg, GetOrgById};

use crate::answer::Answer;
use crate::call::Call;

pub(crate) async fn get_current_org(call: Call<GetCurrentOrg>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(resource::render(&org::show(&call.caller().org))?))
}

pub(crate) async fn get_org_by_id(call: Call<GetOrgById>) -> Result<Answer, Refusal> {
    let own = &call.caller().org;
    if own.id != call.path {
        return Err(Refusal::not_found("id"));
    }
    Ok(Answer::ok(resource::render(&org::show(own))?))
}
