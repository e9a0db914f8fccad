//! Shortcuts: texts that users insert into messages. Kustomer serves them without documenting them; the attributes are
//! those that the Singer tap for Kustomer reads.

use serde_json::{Map, Value};

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;

resource! {
    /// A shortcut.
    Shortcut = "shortcut";

    /// The attributes of a shortcut.
    answer ShortcutAttributes = SHORTCUT;

    /// The attributes to create a shortcut with, or to change. Absent ones stay as they are.
    input ShortcutInput { create: SHORTCUT_INPUT, update: SHORTCUT_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// Whether only the user who created it sees it.
        is_private: bool = optional(Schema::boolean());
        /// The text with its marks, at most [`MAX_FREE_BYTES`] of JSON.
        payload: Map<String, Value> | null = optional(FREE) => FREE;
        /// The text as it is drafted, at most [`MAX_FREE_BYTES`] of JSON.
        draft: Map<String, Value> | null = optional(FREE) => FREE;
        /// Its changes to the conversation that it is used in, at most [`MAX_FREE_BYTES`] of JSON.
        conversation: Map<String, Value> | null = optional(FREE) => FREE;
    }

    system { deleted: on_update, rev: on_update, }
}

static ANY: Schema = Schema::any();

/// The most bytes of JSON that `payload`, `draft` and `conversation` may take each; Kustomer documents no limit.
pub const MAX_FREE_BYTES: usize = 64 * 1024;

const FREE: Schema = Schema::map(&ANY).of_bytes(MAX_FREE_BYTES).about("At most 64 KiB of JSON.");

impl ShortcutInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

endpoint! {
    /// `getShortcuts`, which Kustomer serves without documenting it.
    GetShortcuts = &own::GET_SHORTCUTS, "Lists the org's shortcuts.";
    path: (), query: ListRecords, body: (), answer: Page<Shortcut>: Answer::Uncounted(&SHORTCUT)
}

endpoint! {
    /// `getShortcutById`, which Kustomer serves without documenting it.
    GetShortcutById = &own::GET_SHORTCUT_BY_ID, "Reads a shortcut by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `createShortcut`, which Kustomer serves without documenting it.
    CreateShortcut = &own::CREATE_SHORTCUT, "Makes a shortcut.";
    path: (), query: (), body: ShortcutInput: &SHORTCUT_INPUT,
    example: r#"{"name":"Greeting","payload":{"text":"Good day"}}"#, answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `updateShortcut`, which Kustomer serves without documenting it.
    UpdateShortcut = &own::UPDATE_SHORTCUT, "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: ShortcutInput: &SHORTCUT_CHANGES,
    example: r#"{"name":"Morning greeting","isPrivate":true}"#, answer: Document<Shortcut>: Answer::One(&SHORTCUT)
}

endpoint! {
    /// `deleteShortcut`, which Kustomer serves without documenting it.
    DeleteShortcut = &own::DELETE_SHORTCUT, "Deletes a shortcut; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(
    GetShortcutHistory = &own::GET_SHORTCUT_HISTORY,
    "Lists what happened to a shortcut, deleted ones included, newest first."
);
