//! The operations on conversations.

use std::borrow::Cow;

use super::{CONVERSATION, CONVERSATION_CHANGES, CONVERSATION_INPUT, Conversation, ConversationInput};
use crate::customer::ReplaceQuery;
use crate::customer::request_schema::TAG_ITEM;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{Faults, ListById, PageQuery, Parameter, QueryArguments, read_moment};
use crate::schema::{DATE_TIME, Schema};
use crate::validation::Fault;
use crate::{ObjectId, Timestamp};

/// Tags, by name or id.
pub type Tags = Vec<String>;

/// The body that adds or removes tags: an array.
pub static TAG_LIST: Schema = Schema::set_of(20, &TAG_ITEM);

endpoint! {
    /// `getConversations`.
    GetConversations = &contract::GET_CONVERSATIONS, "Lists conversations.";
    path: (), query: ListById, body: (), answer: Page<Conversation>: Answer::Uncounted(&CONVERSATION)
}

endpoint! {
    /// `createConversation`.
    CreateConversation = &contract::CREATE_CONVERSATION, "Creates a conversation of the customer that the body names.";
    path: (), query: (), body: ConversationInput: &CONVERSATION_INPUT,
    example: r#"{"customer":"5c7d1a1f9a1b2c0010a1b2c3","name":"Order 1815 is late","priority":4,"tags":["shipping"]}"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `createConversationForCustomer`.
    CreateConversationForCustomer = &contract::CREATE_CONVERSATION_FOR_CUSTOMER, "Creates a conversation of a customer.";
    path: ObjectId, query: (), body: ConversationInput: &CONVERSATION_INPUT,
    example: r#"{"name":"Order 1815 is late","direction":"in","externalId":"ticket-1815"}"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `getConversationsByCustomer`.
    GetConversationsByCustomer = &contract::GET_CONVERSATIONS_BY_CUSTOMER, "Lists the conversations of a customer.";
    path: ObjectId, query: ListOfCustomer, body: (), answer: Page<Conversation>: Answer::Uncounted(&CONVERSATION)
}

endpoint! {
    /// `getConversation`.
    GetConversation = &contract::GET_CONVERSATION, "Reads a conversation by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `getConversation` with several ids.
    GetMultipleConversationsByIds = &own::GET_MULTIPLE_CONVERSATIONS_BY_IDS,
    "Reads several conversations by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<Conversation>: Answer::Uncounted(&CONVERSATION)
}

endpoint! {
    /// `getConversationByExternalId`.
    GetConversationByExternalId = &contract::GET_CONVERSATION_BY_EXTERNAL_ID, "Reads a conversation by its external id.";
    path: String = "ticket-1815", query: (), body: (), answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `updateConversationAttributes`.
    UpdateConversationAttributes = &contract::UPDATE_CONVERSATION_ATTRIBUTES,
    "Changes the attributes sent and keeps the others; `customer` alone moves it to another customer.";
    path: ObjectId, query: (), body: ConversationInput: &CONVERSATION_CHANGES,
    example: r#"{"status":"done","custom":{"reasonStr":"answered"}}"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `updateConversation`.
    UpdateConversation = &contract::UPDATE_CONVERSATION,
    "Changes the attributes sent and keeps the others; with `replace=true` drops the others.";
    path: ObjectId, query: ReplaceQuery, body: ConversationInput: &CONVERSATION_CHANGES,
    example: r#"{"priority":5,"assignedUsers":[]}"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `deleteConversation`.
    DeleteConversation = &contract::DELETE_CONVERSATION,
    "Deletes a conversation with its messages and notes; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

endpoint! {
    /// `appendTagsToConversation`.
    AppendTagsToConversation = &contract::APPEND_TAGS_TO_CONVERSATION,
    "Adds tags to a conversation, by name or id; names that no tag has create one.";
    path: ObjectId, query: (), body: Tags: &TAG_LIST, example: r#"["vip","shipping"]"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

endpoint! {
    /// `removeTagsFromConversation`.
    RemoveTagsFromConversation = &contract::REMOVE_TAGS_FROM_CONVERSATION,
    "Removes tags from a conversation, by name or id.";
    path: ObjectId, query: (), body: Tags: &TAG_LIST, example: r#"["shipping"]"#,
    answer: Document<Conversation>: Answer::One(&CONVERSATION)
}

history!(
    GetConversationHistory = &own::GET_CONVERSATION_HISTORY,
    "Lists what happened to a conversation, newest first."
);

/// Which conversations of a customer to list. Nothing set lists all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListOfCustomer {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those that changed at this moment or later.
    pub from_date: Option<Timestamp>,
}

crate::macros::query_methods! {
    ListOfCustomer { paging: paging, from_date: text Timestamp }
}

impl QueryArguments for ListOfCustomer {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "fromDate",
            schema: Schema::format(DATE_TIME),
            about: "Lists the conversations that changed at this moment or later.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.from_date.map(|moment| (Cow::Borrowed("fromDate"), moment.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == "fromDate" {
                query.from_date = faults.take(read_moment(name, value));
            }
        }
        faults.or(query)
    }
}
