//! The searchable values of a company.

use kustomer_api::ObjectId;
use kustomer_api::company::Company;
use kustomer_api::search::{Attribute, Context, Manner};

use super::{SearchRow, Value, address, each};

impl SearchRow {
    /// The searchable values of a company. `id` is the company's own, parsed.
    pub fn of_company(id: ObjectId, company: &Company) -> Self {
        let of = &company.attributes;
        let mut row = Self::new(Context::Company, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::CompanyRecordId, Value::Text(id.to_string()));
        if let Some(name) = of.name.value() {
            row.words(Attribute::CompanyName, name);
        }
        if let Some(external_id) = of.external_id.value() {
            row.part(Attribute::CompanyExternalId, external_id);
        }
        row.language(Attribute::CompanyDefaultLang, &of.default_lang);
        each(&of.tags).for_each(|id| row.exact(Attribute::CompanyTags, id));
        row.emails_elsewhere(&of.emails);
        row.phones_elsewhere(&of.phones);
        row.phones_elsewhere(&of.whatsapps);
        row.socials_elsewhere(&of.socials);
        each(&of.urls).for_each(|item| row.rest(Manner::Words, &item.url));
        each(&of.domains).for_each(|item| row.rest(Manner::Part, &item.domain));
        each(&of.locations).flat_map(address).for_each(|part| row.rest(Manner::Words, part));
        row.moments(&[
            (Attribute::CompanyCreatedAt, &of.created_at),
            (Attribute::CompanyUpdatedAt, &of.updated_at),
            (Attribute::CompanyImportedAt, &of.imported_at),
        ]);
        row.put(Attribute::CompanyImported, Value::Boolean(of.imported_at.value().is_some()));
        row.custom_of(&of.custom);
        row
    }
}
