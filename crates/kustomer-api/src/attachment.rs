//! Attachments: files that belong to messages, notes, drafts and forwards.

use crate::endpoint::{Answer, endpoint};
use crate::envelope::Page;
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::PageQuery;
use crate::resource::resource;
use crate::schema::Schema;
use crate::upload::{LENGTH, NAME, Uploadable};
use crate::{ObjectId, Timestamp};

resource! {
    /// An attachment. `links.related` leads to its bytes, for a while.
    Attachment = "attachment";

    /// What an attachment holds.
    answer AttachmentAttributes = ATTACHMENT;

    /// What to create an attachment with, or what to change on one. What is absent stays as it is.
    input AttachmentInput { create: ATTACHMENT_INPUT, update: ATTACHMENT_CHANGES }

    attributes {
        /// The name of the file, 1 to 256 characters; not that of a program
        /// ([`BLOCKED_EXTENSIONS`](crate::upload::BLOCKED_EXTENSIONS)).
        name: String = required(NAME);
        /// The media type of the file, such as `image/png`, at most 256 characters.
        content_type: String = required(NAME);
        /// The size of the file in bytes.
        content_length: u64 = required(LENGTH);
        /// Whether the bytes are there.
        uploaded: bool, read_only("the upload of the bytes sets it");
        /// Whether the bytes were removed for ever.
        redacted: bool = on_update(Schema::boolean(), "an attachment that is created is not redacted: send it in an update");
        /// When the bytes were removed.
        redacted_at: Timestamp, read_only("the server sets it when `redacted` is sent");
        /// The SHA-256 of the bytes that are there, as 64 hexadecimal characters.
        sha256: String, read_only("it is computed from the bytes");
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
    }

    system { rev: on_update, }
}

impl AttachmentInput {
    /// A file with a name, a media type and a size in bytes.
    #[must_use]
    pub fn of(name: impl Into<String>, content_type: impl Into<String>, content_length: u64) -> Self {
        Self::default().name(name).content_type(content_type).content_length(content_length)
    }
}

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
