//! The operations on messages.

use super::{MESSAGE, MESSAGE_CHANGES, MESSAGE_INPUT, Message, MessageInput};
use crate::ObjectId;
use crate::customer::ReplaceQuery;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListByIdWithAttachments, ListWithAttachments};

endpoint! {
    /// `getMessages`.
    GetMessages = &contract::GET_MESSAGES, "Lists messages.";
    path: (), query: ListByIdWithAttachments, body: (), answer: Page<Message>: Answer::Uncounted(&MESSAGE)
}

endpoint! {
    /// `createMessage`.
    CreateMessage = &contract::CREATE_MESSAGE,
    "Creates a message in the conversation that the body names, or in a new one of the customer that it names.";
    path: (), query: (), body: MessageInput: &MESSAGE_INPUT,
    example: r#"{"customer":"5c7d1a1f9a1b2c0010a1b2c3","channel":"email","app":"postmark","direction":"in","subject":"Where is it?","preview":"Where is my order?"}"#,
    answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `createMessageFromConversation`.
    CreateMessageFromConversation = &contract::CREATE_MESSAGE_FROM_CONVERSATION, "Creates a message in a conversation.";
    path: ObjectId, query: (), body: MessageInput: &MESSAGE_INPUT,
    example: r#"{"channel":"email","app":"postmark","direction":"out","preview":"It is on its way.","externalId":"mail-1815"}"#,
    answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `createMessageByCustomer`.
    CreateMessageByCustomer = &contract::CREATE_MESSAGE_BY_CUSTOMER,
    "Creates a message of a customer, in a new conversation unless the body names one.";
    path: ObjectId, query: (), body: MessageInput: &MESSAGE_INPUT,
    example: r#"{"channel":"chat","app":"web","direction":"in","preview":"Hello?"}"#,
    answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `getMessagesByConversation`.
    GetMessagesByConversation = &contract::GET_MESSAGES_BY_CONVERSATION, "Lists the messages of a conversation.";
    path: ObjectId, query: ListWithAttachments, body: (), answer: Page<Message>: Answer::Uncounted(&MESSAGE)
}

endpoint! {
    /// `getMessagesByCustomer`.
    GetMessagesByCustomer = &contract::GET_MESSAGES_BY_CUSTOMER, "Lists a customer's messages.";
    path: ObjectId, query: ListWithAttachments, body: (), answer: Page<Message>: Answer::Uncounted(&MESSAGE)
}

endpoint! {
    /// `getMessage`.
    GetMessage = &contract::GET_MESSAGE, "Reads a message by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `getMessageByExternalId`.
    GetMessageByExternalId = &contract::GET_MESSAGE_BY_EXTERNAL_ID, "Reads a message by its external id.";
    path: String = "mail-1815", query: (), body: (), answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `updateMessageAttributes`.
    UpdateMessageAttributes = &contract::UPDATE_MESSAGE_ATTRIBUTES, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: MessageInput: &MESSAGE_CHANGES,
    example: r#"{"status":"received","custom":{"scoreNum":2}}"#,
    answer: Document<Message>: Answer::One(&MESSAGE)
}

endpoint! {
    /// `updateMessage`.
    UpdateMessage = &contract::UPDATE_MESSAGE,
    "Changes the attributes sent and keeps the others; with `replace=true` drops the others.";
    path: ObjectId, query: ReplaceQuery, body: MessageInput: &MESSAGE_CHANGES, example: r#"{"spam":false}"#,
    answer: Document<Message>: Answer::One(&MESSAGE)
}

history!(GetMessageHistory = &own::GET_MESSAGE_HISTORY, "Lists what happened to a message, newest first.");
