//! Messages. They are not kept yet: a customer's list of them is empty.

use serde_json::Value;

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Page, Resource};
use crate::operation::contract;
use crate::query::PageQuery;
use crate::schema::{Object, Property, Schema};

/// A message; its attributes are not typed yet.
pub type Message = Resource<Value>;

static ANY: Schema = Schema::any();

/// A message as answered.
pub static MESSAGE: Schema = Schema::object(&Object {
    name: "Message",
    open: true,
    properties: &[
        Property::required("type", Schema::text()),
        Property::required("id", Schema::text()),
        Property::required("attributes", Schema::map(&ANY)),
        Property::optional("relationships", crate::schema::RELATIONSHIPS),
        Property::required("links", crate::schema::SELF_LINK),
    ],
});

endpoint! {
    /// `getMessagesByCustomer`.
    GetMessagesByCustomer = &contract::GET_MESSAGES_BY_CUSTOMER, "Lists a customer's messages.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Message>: Answer::Uncounted(&MESSAGE)
}
