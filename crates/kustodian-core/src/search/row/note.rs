//! The searchable values of a note.

use kustomer_api::ObjectId;
use kustomer_api::note::Note;
use kustomer_api::search::{Attribute, Context};

use super::{SearchRow, Value, several};
use crate::kind::Kind;

impl SearchRow {
    /// The searchable values of a note. `id` is the note's own, parsed.
    pub fn of_note(id: ObjectId, note: &Note) -> Self {
        let of = &note.attributes;
        let mut row = Self::new(Context::Note, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::NoteId, Value::Text(id.to_string()));
        row.put(Attribute::NoteDeleted, Value::Boolean(row.deleted));
        if let Some(body) = of.body.value() {
            row.words(Attribute::NoteBody, body);
        }
        if let Some(external_id) = of.external_id.value() {
            row.part(Attribute::NoteExternalId, external_id);
        }
        row.language(Attribute::NoteLang, &of.lang);
        for mentioned in several(&note.relationships, "userMentions") {
            let attribute = match Kind::named(&mentioned.kind) {
                Some(Kind::User) => Attribute::NoteUserMentions,
                Some(Kind::Team) => Attribute::NoteTeamMentions,
                _ => continue,
            };
            row.exact(attribute, mentioned.id.value().map(String::as_str).unwrap_or_default());
        }
        let attachments = several(&note.relationships, "attachments").len();
        row.count(Attribute::NoteAttachmentCount, Some(attachments as u64));
        let named = [
            (Attribute::NoteCustomerId, "customer"),
            (Attribute::NoteConversationId, "conversation"),
            (Attribute::NoteCreatedBy, "createdBy"),
            (Attribute::NoteModifiedBy, "modifiedBy"),
        ];
        row.relationships(&note.relationships, &named);
        row.moments(&[
            (Attribute::NoteCreatedAt, &of.created_at),
            (Attribute::NoteUpdatedAt, &of.updated_at),
            (Attribute::NoteModifiedAt, &of.modified_at),
            (Attribute::NoteImportedAt, &of.imported_at),
        ]);
        row.put(Attribute::NoteImported, Value::Boolean(of.imported_at.value().is_some()));
        row
    }
}
