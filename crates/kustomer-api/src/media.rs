//! Media: files of the org itself, such as pictures in its articles.

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
    /// A file of the org. `links.related` leads to its bytes, for a while.
    Media = "media";

    /// What media hold.
    answer MediaAttributes = MEDIA;

    /// The attributes to create media with, or to change. Absent ones stay as they are.
    input MediaInput { create: MEDIA_INPUT, update: MEDIA_CHANGES }

    attributes {
        /// The name of the file, 1 to 256 characters; not that of a program
        /// ([`BLOCKED_EXTENSIONS`](crate::upload::BLOCKED_EXTENSIONS)).
        name: String = required(NAME);
        /// The media type of the file, such as `image/png`, at most 256 characters.
        content_type: String = required_on_create(NAME);
        /// The size of the file in bytes.
        content_length: u64 = required_on_create(LENGTH);
        /// Whether the bytes are there.
        uploaded: bool, read_only("the upload of the bytes sets it");
        /// Whether the bytes were removed for ever.
        redacted: bool = on_update(Schema::boolean(), "media that are created are not redacted: send it in an update");
        /// When the bytes were removed.
        redacted_at: Timestamp, read_only("the server sets it when `redacted` is sent");
        /// The SHA-256 of the bytes that are there, as 64 hexadecimal characters.
        sha256: String, read_only("it is computed from the bytes");
        /// Its purpose: `kb`.
        context: String, read_only("it is kb");
    }

    system { rev: on_update, }
}

/// What media are for, as they are answered: the knowledge base, whose roles they have.
pub const CONTEXT: &str = "kb";

/// What takes the bytes of media, as it is answered: the form is that of S3.
pub const PROVIDER: &str = "s3";

impl MediaInput {
    /// A file with a name, a media type and a size in bytes.
    #[must_use]
    pub fn of(name: impl Into<String>, content_type: impl Into<String>, content_length: u64) -> Self {
        Self::default().name(name).content_type(content_type).content_length(content_length)
    }
}

endpoint! {
    /// `getMedia`, which Kustomer does not have.
    GetMedia = &own::GET_MEDIA, "Lists the org's media.";
    path: (), query: PageQuery, body: (), answer: Page<Media>: Answer::Uncounted(&MEDIA)
}

endpoint! {
    /// `createMedia`.
    CreateMedia = &contract::CREATE_MEDIA, "Makes media, and answers where to send the bytes.";
    path: (), query: (), body: MediaInput: &MEDIA_INPUT,
    example: r#"{"name":"logo.png","contentType":"image/png","contentLength":1815}"#,
    answer: Uploadable<Media>: Answer::WithUpload(&MEDIA)
}

endpoint! {
    /// `getMediabyId`.
    GetMediabyId = &contract::GET_MEDIABY_ID, "Reads media by their id, as they are or as they were.";
    path: ObjectId, query: StateQuery, body: (), answer: Uploadable<Media>: Answer::WithUpload(&MEDIA)
}

endpoint! {
    /// `getMultipleMediaByIds`: `getMediabyId` takes several.
    GetMultipleMediaByIds = &own::GET_MULTIPLE_MEDIA_BY_IDS, "Reads several media by ids joined by commas.";
    path: String, query: PageQuery, body: (), answer: Page<Media>: Answer::Uncounted(&MEDIA)
}

endpoint! {
    /// `updateMedia`.
    UpdateMedia = &contract::UPDATE_MEDIA, "Changes the attributes sent and keeps the others; `redacted` removes the bytes for ever.";
    path: ObjectId, query: (), body: MediaInput: &MEDIA_CHANGES,
    example: r#"{"name":"logo-2.png"}"#,
    answer: Uploadable<Media>: Answer::WithUpload(&MEDIA)
}

history!(GetMediaHistory = &own::GET_MEDIA_HISTORY, "Lists what happened to media, newest first.");
