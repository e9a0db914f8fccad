//! The operations on attachments, by themselves and under their records.

use super::{ATTACHMENT, ATTACHMENT_CHANGES, ATTACHMENT_INPUT, Attachment, AttachmentInput};
use crate::ObjectId;
use crate::endpoint::{Answer, PathArguments, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::PageQuery;
use crate::upload::Uploadable;

endpoint! {
    /// `getAttachments`, which Kustomer does not have.
    GetAttachments = &own::GET_ATTACHMENTS, "Lists the org's attachments.";
    path: (), query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `createAttachment`.
    CreateAttachment = &contract::CREATE_ATTACHMENT, "Makes an attachment, and answers where to send its bytes.";
    path: (), query: (), body: AttachmentInput: &ATTACHMENT_INPUT,
    example: r#"{"name":"receipt.pdf","contentType":"application/pdf","contentLength":18150}"#,
    answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

endpoint! {
    /// `getAttachmentsById`.
    GetAttachmentsById = &contract::GET_ATTACHMENTS_BY_ID, "Reads an attachment by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

endpoint! {
    /// `getMultipleAttachmentsByIds`: `getAttachmentsById` takes several.
    GetMultipleAttachmentsByIds = &own::GET_MULTIPLE_ATTACHMENTS_BY_IDS, "Reads several attachments by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `upsertAttachment`.
    UpsertAttachment = &contract::UPSERT_ATTACHMENT, "Changes the attributes sent and keeps the others, or makes an attachment with this id; `redacted` removes the bytes for ever.";
    path: ObjectId, query: (), body: AttachmentInput: &ATTACHMENT_CHANGES,
    example: r#"{"name":"receipt.pdf","contentType":"application/pdf","contentLength":18150}"#,
    answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

history!(GetAttachmentHistory = &own::GET_ATTACHMENT_HISTORY, "Lists what happened to an attachment, newest first.");

/// An attachment of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfRecord {
    /// The id of the message, the draft or the forward.
    pub record: ObjectId,
    /// The id of the attachment.
    pub id: ObjectId,
}

impl PathArguments for OfRecord {
    fn write(&self) -> Vec<String> {
        vec![self.record.to_string(), self.id.to_string()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [record, id] => Some(Self { record: record.parse().ok()?, id: id.parse().ok()? }),
            _ => None,
        }
    }
}

endpoint! {
    /// `getConversationAttachments`.
    GetConversationAttachments = &contract::GET_CONVERSATION_ATTACHMENTS,
    "Lists the attachments of a conversation: of its messages, notes and forwards, and those that were taken from them.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `getMessageAttachments`, which Kustomer does not have.
    GetMessageAttachments = &own::GET_MESSAGE_ATTACHMENTS, "Lists the attachments of a message.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `getNoteAttachments`, which Kustomer does not have.
    GetNoteAttachments = &own::GET_NOTE_ATTACHMENTS, "Lists the attachments of a note.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `getAttachmentByMessageAndAttachmentId`.
    GetAttachmentByMessageAndAttachmentId = &contract::GET_ATTACHMENT_BY_MESSAGE_AND_ATTACHMENT_ID,
    "Reads an attachment of a message.";
    path: OfRecord, query: (), body: (), answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

endpoint! {
    /// `getDraftAttachments`.
    GetDraftAttachments = &contract::GET_DRAFT_ATTACHMENTS,
    "Lists the attachments of a draft. Once it was sent they are those of the message.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `createDraftAttachment`.
    CreateDraftAttachment = &contract::CREATE_DRAFT_ATTACHMENT,
    "Makes an attachment of a draft that was not sent. Its bytes are the body of a PUT to `links.related`.";
    path: ObjectId, query: (), body: AttachmentInput: &ATTACHMENT_INPUT,
    example: r#"{"name":"receipt.pdf","contentType":"application/pdf","contentLength":18150}"#,
    answer: Document<Attachment>: Answer::One(&ATTACHMENT)
}

endpoint! {
    /// `getDraftAttachment`.
    GetDraftAttachment = &contract::GET_DRAFT_ATTACHMENT, "Reads an attachment of a draft.";
    path: OfRecord, query: (), body: (), answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

endpoint! {
    /// `deleteDraftAttachment`.
    DeleteDraftAttachment = &contract::DELETE_DRAFT_ATTACHMENT,
    "Deletes an attachment of a draft that was not sent, with its bytes.";
    path: OfRecord, query: (), body: (), answer: (): Answer::Empty
}
