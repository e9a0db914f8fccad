//! Accounts that messages are sent from.

use crate::endpoint::{Answer, endpoint};
use crate::envelope::Page;
use crate::operation::contract;
use crate::query::PageQuery;
use crate::resource::resource;

resource! {
    /// An account that messages are sent from.
    OutboundAccount = "outbound_account";

    /// The attributes of an outbound account.
    answer OutboundAccountAttributes = OUTBOUND_ACCOUNT;

    attributes {
        /// The channel, such as `email`.
        channel: String;
        /// The name to show.
        name: String;
        /// The address or number.
        account: String;
    }
}

endpoint! {
    /// `getOutboundAccounts`.
    GetOutboundAccounts = &contract::GET_OUTBOUND_ACCOUNTS,
        "Lists the accounts that messages are sent from: the `from` of e-mail, as the server is set up.";
    path: (), query: PageQuery, body: (), answer: Page<OutboundAccount>: Answer::Uncounted(&OUTBOUND_ACCOUNT)
}
