//! The searchable values of a kobject.

use kustomer_api::ObjectId;
use kustomer_api::kobject::KObject;
use kustomer_api::search::{Attribute, Context, Manner};

use super::{SearchRow, Value, each};

impl SearchRow {
    /// The searchable values of a kobject of a klass. `id` is the kobject's own, parsed.
    pub fn of_kobject(id: ObjectId, klass: &str, kobject: &KObject) -> Self {
        let of = &kobject.attributes;
        let mut row = Self::new(Context::KObject, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::KObjectId, Value::Text(id.to_string()));
        row.exact(Attribute::KObjectKlass, klass);
        if let Some(title) = of.title.value() {
            row.words(Attribute::KObjectTitle, title);
        }
        if let Some(external_id) = of.external_id.value() {
            row.part(Attribute::KObjectExternalId, external_id);
        }
        if let Some(description) = of.description.value() {
            row.rest(Manner::Words, description);
        }
        each(&of.tags).for_each(|id| row.exact(Attribute::KObjectTags, id));
        let named = [(Attribute::KObjectCustomerId, "customer"), (Attribute::KObjectCompanyId, "company")];
        row.relationships(&kobject.relationships, &named);
        row.moments(&[
            (Attribute::KObjectCreatedAt, &of.created_at),
            (Attribute::KObjectUpdatedAt, &of.updated_at),
            (Attribute::KObjectImportedAt, &of.imported_at),
        ]);
        row.put(Attribute::KObjectImported, Value::Boolean(of.imported_at.value().is_some()));
        row.custom_of(&of.custom);
        row
    }
}
