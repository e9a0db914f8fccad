//! Notes: what users write about a conversation for each other (`docs/contract/behaviour.md` §12.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conversation::ID;
use crate::customer::ReplaceQuery;
use crate::customer::request_schema::LANGUAGE;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListById, PageQuery};
use crate::resource::resource;
use crate::schema::{Object, Property, Schema};
use crate::{ObjectId, Timestamp};

resource! {
    /// A note.
    Note = "note";

    /// The attributes of a note.
    answer NoteAttributes = NOTE;

    /// The attributes to create a note with, or to change. Absent ones stay as they are.
    input NoteInput { create: NOTE_INPUT, update: NOTE_CHANGES }

    attributes {
        /// The text, 1 to 10,240 characters.
        body: String = required(Schema::text_of(1, 10_240));
        /// The id in another system, 1 to 256 characters; unique among notes.
        external_id: String | null = optional(Schema::text_of(1, 256));
        /// A language such as `en_us`, at most 100 characters.
        lang: String | null = optional(LANGUAGE);
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
    }

    sent {
        /// The id that the note gets.
        id: String = on_create(ID);
        /// The id of the conversation.
        conversation: String = optional(ID);
        /// The id of the customer, of a note without a conversation.
        customer: String = on_create(ID);
        /// The users and teams that it mentions, at most 20; answered as the relationship `userMentions`.
        user_mentions: Vec<Mention> = optional(Schema::list_of(20, &MENTION));
        /// Attachments: their ids, or objects with `_id`.
        attachments: Vec<Value> = optional(Schema::list_of(100, &ATTACHMENT));
        /// The id of the user who wrote it. Counts with the role `org.admin`, and is replaced otherwise.
        created_by: String = optional(ID);
        /// The id of the user who last changed it. Counts with the role `org.admin`, and is replaced otherwise.
        modified_by: String | null = optional(ID.or_blank());
    }

    system { deleted: on_update, created_at: optional, imported_at: on_create, modified_at: optional, rev: on_update, }
}

static ATTACHMENT: Schema = Schema::any().of_bytes(4096).about("An id, or an object with `_id`.");

impl NoteInput {
    /// With a text.
    #[must_use]
    pub fn of(body: impl Into<String>) -> Self {
        Self::default().body(body)
    }
}

/// A user or a team that a note mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Mention {
    /// The id of a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The id of a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

static MENTION: Schema = Schema::object(&Object {
    name: "NoteMention",
    open: false,
    properties: &[Property::optional("user", ID), Property::optional("team", ID)],
});

crate::attribute::attribute_values! {
    Mention: Schema::any();
}

crate::macros::builders! {
    Mention { user: String, team: String }
}

endpoint! {
    /// `getNotesForOrg`.
    GetNotesForOrg = &contract::GET_NOTES_FOR_ORG, "Lists notes.";
    path: (), query: ListById, body: (), answer: Page<Note>: Answer::Uncounted(&NOTE)
}

endpoint! {
    /// `createNote`.
    CreateNote = &contract::CREATE_NOTE, "Creates a note about a conversation or a customer, or about neither.";
    path: (), query: (), body: NoteInput: &NOTE_INPUT, example: r#"{"body":"The depot is closed on Monday."}"#,
    answer: Document<Note>: Answer::One(&NOTE)
}

endpoint! {
    /// `createNoteWithinConversation`.
    CreateNoteWithinConversation = &contract::CREATE_NOTE_WITHIN_CONVERSATION, "Creates a note about a conversation.";
    path: ObjectId, query: (), body: NoteInput: &NOTE_INPUT, example: r#"{"body":"She called again."}"#,
    answer: Document<Note>: Answer::One(&NOTE)
}

endpoint! {
    /// `getNotesByConversation`.
    GetNotesByConversation = &contract::GET_NOTES_BY_CONVERSATION, "Lists the notes about a conversation.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Note>: Answer::Uncounted(&NOTE)
}

endpoint! {
    /// `getNotesByCustomer`.
    GetNotesByCustomer = &contract::GET_NOTES_BY_CUSTOMER, "Lists the notes about a customer's conversations.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Note>: Answer::Uncounted(&NOTE)
}

endpoint! {
    /// `getNoteById`.
    GetNoteById = &contract::GET_NOTE_BY_ID, "Reads a note by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Note>: Answer::One(&NOTE)
}

endpoint! {
    /// `patchNoteById`.
    PatchNoteById = &contract::PATCH_NOTE_BY_ID, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: NoteInput: &NOTE_CHANGES, example: r#"{"body":"She called twice."}"#,
    answer: Document<Note>: Answer::One(&NOTE)
}

endpoint! {
    /// `updateNoteById`.
    UpdateNoteById = &contract::UPDATE_NOTE_BY_ID,
    "Changes the attributes sent and keeps the others; with `replace=true` drops the others.";
    path: ObjectId, query: ReplaceQuery, body: NoteInput: &NOTE_CHANGES, example: r#"{"body":"She called three times."}"#,
    answer: Document<Note>: Answer::One(&NOTE)
}

endpoint! {
    /// `deleteNoteById`.
    DeleteNoteById = &contract::DELETE_NOTE_BY_ID, "Deletes a note; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(GetNoteHistory = &own::GET_NOTE_HISTORY, "Lists what happened to a note, newest first.");
