//! Attachments: files that belong to messages, notes, drafts and forwards.

mod endpoints;

pub use self::endpoints::*;
use crate::Timestamp;
use crate::resource::resource;
use crate::schema::Schema;
use crate::upload::{LENGTH, NAME};

resource! {
    /// An attachment. `links.related` leads to its bytes, for a while.
    Attachment = "attachment";

    /// The attributes of an attachment.
    answer AttachmentAttributes = ATTACHMENT;

    /// The attributes to create an attachment with, or to change. Absent ones stay as they are.
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
