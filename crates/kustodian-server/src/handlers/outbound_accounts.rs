//! Accounts that messages are sent from.

use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustomer_api::Field;
use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::outbound_account::{GetOutboundAccounts, OutboundAccount, OutboundAccountAttributes, TYPE};
use serde_json::Map;

use crate::answer::Answer;
use crate::call::Call;
use crate::outbound::OutboundAccount as Account;
use crate::paging::Numbered;

const PATH: &str = "/v1/outboundAccounts";

pub(crate) async fn get_outbound_accounts(call: Call<GetOutboundAccounts>) -> Result<Answer, Refusal> {
    let page = Numbered::of(call.query);
    let (accounts, has_next) = page.of_all(&call.app().settings.outbound_accounts);
    let documents: Result<Vec<String>, Refusal> = accounts.iter().map(document).collect();
    Ok(Answer::Json(page.uncounted(PATH, documents?, has_next)))
}

fn document(account: &Account) -> Result<String, Refusal> {
    let Account { name, address } = account;
    resource::render(&OutboundAccount {
        kind: TYPE.to_owned(),
        id: address.clone().into(),
        attributes: OutboundAccountAttributes {
            channel: "email".into(),
            name: Field::Value(name.clone()),
            account: Field::Value(address.clone()),
            extra: Map::new(),
        },
        relationships: Relationships::new(),
        links: Some(SelfLink::new(PATH.to_owned())),
        extra: Map::new(),
    })
}
