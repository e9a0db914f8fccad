//! The names of a kind's attributes in files. All names follow from the attributes that the API declares.

use std::collections::HashMap;

use kustodian_core::imported::kept;
use kustodian_core::kind::Kind as RecordKind;
use kustomer_api::schema::{DATE_TIME, Kind, Property, Schema};

use super::cell::identifying;
use super::headers::bare;
use super::kinds::{Imported, properties};
use super::reject::ADDED;

/// The attribute of a column.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// An attribute.
    Attribute(&'static Property),
    /// A member of an item of a list.
    Item(ItemTarget),
    /// The first or the last part of a person's name.
    NamePart {
        /// Whether it is the first one.
        is_first: bool,
    },
    /// A custom attribute.
    Custom {
        /// Its key.
        key: String,
        /// Whether its suffix was found out by the values.
        is_inferred: bool,
    },
    /// Nothing, for this reason.
    LeftOut(String),
}

/// A member of an item of a list, such as the address of a first e-mail.
#[derive(Debug, Clone)]
pub(crate) struct ItemTarget {
    /// The list.
    pub(crate) list: &'static Property,
    /// The member.
    pub(crate) member: &'static Property,
    /// The `type` of the item, where the column says it.
    pub(crate) of_type: Option<&'static str>,
    /// Which item, where the column says it: columns of the same item have the same.
    pub(crate) number: String,
}

/// What people call the parts of a name.
const FIRST_NAMES: [&str; 3] = ["firstname", "givenname", "forename"];
const LAST_NAMES: [&str; 3] = ["lastname", "familyname", "surname"];

/// Other words of people and spreadsheets, and the names of the API for the same.
const SYNONYMS: [(&str, &str); 10] = [
    ("mobile", "mobile phone"),
    ("cell phone", "mobile phone"),
    ("telephone", "phone"),
    ("tel", "phone"),
    ("zip", "zip code"),
    ("postal code", "zip code"),
    ("postcode", "zip code"),
    ("street", "location address"),
    ("city", "city name"),
    ("website", "url"),
];

/// What people write behind the name of a value.
const FILLERS: [&str; 3] = ["", "address", "number"];

/// The attributes of a kind by all their names.
pub(crate) struct Names {
    targets: HashMap<String, Target>,
    pub(crate) has_custom: bool,
}

/// Why a column is left out that exported records keep for an administrator.
fn unless(reason: &str) -> String {
    format!("{reason}; exported records keep theirs with the role org.admin")
}

impl Names {
    /// The names of a kind's attributes.
    pub(crate) fn of(kind: Imported) -> Self {
        let mut names = Self { targets: HashMap::new(), has_custom: false };
        for name in ADDED {
            names.add(name, Target::LeftOut("an earlier import added it".to_owned()));
        }
        let attributes: Vec<_> = kind.attributes().collect();
        for property in &attributes {
            match property.name {
                "custom" => names.has_custom = true,
                "rev" => names.add("rev", Target::LeftOut("the server counts it".to_owned())),
                name => names.add(name, Target::Attribute(property)),
            }
        }
        for property in kind.later() {
            names.add(property.name, Target::Attribute(property));
        }
        if attributes.iter().any(|property| property.name == "custom") {
            names.add("custom", Target::Custom { key: String::new(), is_inferred: false });
        }
        let has_parts = kind.read_only().iter().any(|attribute| attribute.name == "firstName");
        for (parts, is_first) in [(FIRST_NAMES, true), (LAST_NAMES, false)] {
            if has_parts {
                parts.into_iter().for_each(|part| names.add(part, Target::NamePart { is_first }));
            }
        }
        if kind == Imported::Kobjects {
            names.add(RecordKind::Klass.spec().name, Target::LeftOut("--klass names it".to_owned()));
        }
        for attribute in kind.read_only() {
            let is_kept = kept(kind.kind()).any(|name| name == attribute.name);
            names.add(
                attribute.name,
                Target::LeftOut(if is_kept { unless(attribute.advice) } else { attribute.advice.to_owned() }),
            );
        }
        if !attributes.iter().any(|property| property.name == "id") {
            names.add("id", Target::LeftOut(unless("the server gives the id")));
        }
        // Names that say more than needed, after all that say it exactly.
        attributes.iter().for_each(|property| names.add_longer(property));
        names.add_members(&attributes);
        for (word, name) in SYNONYMS {
            if let Some(target) = names.find(name) {
                names.add(word, target);
            }
        }
        names
    }

    /// The attribute of a column by its name; `None` when no attribute has that name.
    pub(crate) fn find(&self, name: &str) -> Option<Target> {
        let name = bare(name);
        if let Some(target) = self.targets.get(&name) {
            return Some(target.clone());
        }
        // `email2` is another item of the list that `email` is one of.
        let without = name.trim_end_matches(|character: char| character.is_ascii_digit());
        let number = &name[without.len()..];
        match self.targets.get(without).filter(|_| !number.is_empty()) {
            Some(Target::Item(target)) => {
                Some(Target::Item(ItemTarget { number: number.to_owned(), ..target.clone() }))
            }
            _ => None,
        }
    }

    fn add(&mut self, name: &str, target: Target) {
        self.targets.entry(bare(name)).or_insert(target);
    }

    fn add_longer(&mut self, property: &'static Property) {
        let name = property.name;
        match property.schema.kind {
            Kind::Text(text) if text.format.is_some_and(|format| format.name == DATE_TIME.name) => {
                if let Some(stem) = name.strip_suffix("At") {
                    for end in ["", "on", "date"] {
                        self.add(&format!("{stem}{end}"), Target::Attribute(property));
                    }
                }
            }
            // `customerId` is the customer.
            Kind::Text(_) if RecordKind::ALL.iter().any(|kind| kind.spec().name == name) => {
                self.add(&format!("{name}Id"), Target::Attribute(property));
            }
            Kind::List { items, .. } if properties(items).is_empty() => {
                self.add(singular(name), Target::Attribute(property));
            }
            Kind::List { items, .. } => self.add_items(property, items),
            _ => {}
        }
    }

    fn add_items(&mut self, list: &'static Property, items: &'static Schema) {
        let one = singular(list.name);
        let of = |member, of_type| Target::Item(ItemTarget { list, member, of_type, number: String::new() });
        if let Some(member) = identifying(items) {
            let types = properties(items).iter().find(|property| property.name == "type");
            let types = match types.map(|property| property.schema.kind) {
                Some(Kind::Text(text)) => text.one_of,
                _ => &[],
            };
            for filler in FILLERS {
                self.add(&format!("{one}{filler}"), of(member, None));
                for of_type in types {
                    self.add(&format!("{of_type}{one}{filler}"), of(member, Some(of_type)));
                }
            }
        }
        for member in properties(items) {
            self.add(&format!("{one}{}", member.name), of(member, None));
            self.add(&format!("{}{}", list.name, member.name), of(member, None));
        }
    }

    /// Members of items that are called so in one list alone: `cityName` is that of a location.
    fn add_members(&mut self, attributes: &[&'static Property]) {
        let mut members: HashMap<String, Vec<Target>> = HashMap::new();
        for list in attributes {
            let Kind::List { items, .. } = list.schema.kind else { continue };
            for member in properties(items) {
                let target = Target::Item(ItemTarget { list, member, of_type: None, number: String::new() });
                members.entry(bare(member.name)).or_default().push(target);
            }
        }
        for (name, mut targets) in members {
            if let (Some(target), true) = (targets.pop(), targets.is_empty()) {
                self.targets.entry(name).or_insert(target);
            }
        }
    }
}

fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Imported, name: &str) -> String {
        match Names::of(kind).find(name) {
            Some(Target::Attribute(property)) => property.name.to_owned(),
            Some(Target::Item(ItemTarget { list, member, of_type, number })) => {
                format!("{}.{} {} {number}", list.name, member.name, of_type.unwrap_or_default()).trim().to_owned()
            }
            Some(Target::NamePart { is_first }) => format!("name {is_first}"),
            Some(Target::Custom { key, .. }) => format!("custom.{key}"),
            Some(Target::LeftOut(reason)) => format!("({reason})"),
            None => "?".to_owned(),
        }
    }

    #[test]
    fn attributes_are_found_by_what_people_call_them() {
        for (name, attribute) in [
            ("E-mail", "emails.email"),
            ("Email address", "emails.email"),
            ("work_email", "emails.email work"),
            ("email 2", "emails.email  2"),
            ("emails", "emails"),
            ("Mobile phone number", "phones.phone mobile"),
            ("shared-email", "sharedEmails.email"),
            ("First name", "name true"),
            ("Surname", "name false"),
            ("external_id", "externalId"),
            ("tag", "tags"),
            ("Birthday", "birthdayAt"),
            ("created", "createdAt"),
            ("company id", "company"),
            ("city name", "locations.cityName"),
            ("Location address2", "locations.address2"),
            ("address2", "locations.address2"),
            ("Mobile", "phones.phone mobile"),
            ("Telephone", "phones.phone"),
            ("Postal Code", "locations.zipCode"),
            ("Street", "locations.address"),
            ("website", "urls.url"),
            ("tier", "?"),
            ("id", "(the server gives the id; exported records keep theirs with the role org.admin)"),
            ("rev", "(the server counts it)"),
            (
                "updatedAt",
                "(the server sets it with every change; exported records keep theirs with the role org.admin)",
            ),
        ] {
            assert_eq!(found(Imported::Customers, name), attribute, "{name}");
        }
        assert_eq!(found(Imported::Companies, "domain"), "domains.domain");
        assert_eq!(found(Imported::Companies, "First name"), "?");
        assert_eq!(found(Imported::Messages, "Conversation ID"), "conversation");
        assert_eq!(found(Imported::Messages, "sent on"), "sentAt");
        assert_eq!(found(Imported::Notes, "id"), "id");
        assert_eq!(found(Imported::Kobjects, "Title"), "title");
    }

    #[test]
    fn every_attribute_that_is_answered_has_a_place_when_it_is_read_back() {
        for kind in <Imported as clap::ValueEnum>::value_variants() {
            let names = Names::of(*kind);
            let declared = kind.attributes().map(|property| property.name);
            for name in declared.chain(kind.read_only().iter().map(|attribute| attribute.name)) {
                assert!(names.find(name).is_some(), "{kind:?} {name}");
            }
        }
    }
}
