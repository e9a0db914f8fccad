//! Which customers may be the same person: what to search for, and what two customers have in common.

use std::collections::BTreeSet;

use kustomer_api::customer::{Customer, CustomerAttributes, Location};
use kustomer_api::customer_merge::{CustomerDuplicate, CustomerDuplicateAttributes, DUPLICATE_TYPE, DuplicateReason};
use kustomer_api::envelope::{Relationship, Relationships};
use kustomer_api::{Field, ObjectId};
use serde_json::{Map, Value, json};

use crate::contact::{digits, email_address, fold};
use crate::kind::Kind;

/// How many values of one list are searched for.
const MAX_VALUES: usize = 10;

/// The fewest digits of a number that says who somebody is.
const MIN_DIGITS: usize = 7;

/// How strong each reason is, of 100 at most.
const EMAIL: u64 = 90;
const PHONE: u64 = 80;
const EXTERNAL_ID: u64 = 90;
const NAME_AND_ADDRESS: u64 = 70;
const NAME_AND_COMPANY: u64 = 50;

/// The attributes that are compared: answers show them.
pub const COMPARED: [&str; 10] = [
    "emails",
    "sharedEmails",
    "externalIds",
    "sharedExternalIds",
    "phones",
    "sharedPhones",
    "whatsapps",
    "sharedWhatsapps",
    "name",
    "locations",
];

/// A search for candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Its body, which is answered from an index.
    pub body: Value,
    /// Whether it finds all that the one before it finds, and more, at a higher cost: it is not needed if that one finds as
    /// many as are looked for.
    pub is_wider: bool,
}

/// The searches that find candidates.
pub fn searches(customer: &Customer) -> Vec<Look> {
    let of = &customer.attributes;
    let equals = |names: &[&str], value: &str| -> Vec<Value> {
        names.iter().map(|name| json!({ (*name): { "equals": value } })).collect()
    };
    let mut any = Vec::new();
    for email in emails(of).iter().take(MAX_VALUES) {
        any.extend(equals(&["customer_email", "customer_shared_email"], email));
    }
    let mut bodies = vec![std::mem::take(&mut any)];
    for number in numbers(of).iter().take(MAX_VALUES) {
        any.extend(equals(&["customer_phone", "customer_shared_phone"], number));
    }
    bodies.push(std::mem::take(&mut any));
    for id in external_ids(of).iter().take(MAX_VALUES) {
        any.extend(equals(&["customer_externalId", "customer_shared_externalId"], id));
    }
    bodies.push(any);
    let look = |body: Value| Look { body, is_wider: false };
    let mut bodies: Vec<Look> =
        bodies.into_iter().filter(|any| !any.is_empty()).map(|any| look(json!({ "or": any }))).collect();
    let Some(name) = of.name.value().map(|name| name.trim()).filter(|name| !name.is_empty()) else { return bodies };
    for address in of.locations.value().into_iter().flatten().filter_map(street).take(MAX_VALUES) {
        bodies.push(look(json!({
            "and": [{ "customer_name": { "equals": name } }, { "customer_address": { "equals": address } }],
        })));
    }
    if let Some(company) = customer.relationships.get("company").and_then(Relationship::id) {
        let words: Vec<Value> =
            words(name).iter().take(MAX_VALUES).map(|word| json!({ "customer_name": { "contains": word } })).collect();
        let company = json!({ "company_id": { "equals": company } });
        bodies.push(look(json!({ "and": [company.clone(), { "customer_name": { "equals": name } }] })));
        if !words.is_empty() {
            bodies.push(Look { body: json!({ "and": [company], "or": words }), is_wider: true });
        }
    }
    bodies
}

/// What makes `other` a candidate; `None` when they have nothing in common that says who somebody is.
pub fn compare(customer: &Customer, id: ObjectId, other: &Customer) -> Option<CustomerDuplicate> {
    let (this, that) = (&customer.attributes, &other.attributes);
    let mut reasons: Vec<(u64, DuplicateReason)> = Vec::new();
    let mut because = |strength: u64, name: &str, value: &str| {
        reasons.push((strength, DuplicateReason { name: name.to_owned(), value: value.to_owned(), extra: Map::new() }));
    };
    let common = |of: fn(&CustomerAttributes) -> BTreeSet<String>| -> Vec<String> {
        of(this).intersection(&of(that)).cloned().collect()
    };
    common(emails).iter().for_each(|email| because(EMAIL, "email", email));
    common(external_ids).iter().for_each(|id| because(EXTERNAL_ID, "externalId", id));
    common(numbers).iter().for_each(|number| because(PHONE, "phone", number));
    if let (Some(name), Some(others)) = (this.name.value(), that.name.value()) {
        let at = |of: &CustomerAttributes| -> BTreeSet<String> {
            of.locations.value().into_iter().flatten().filter_map(street).map(|street| fold(street.trim())).collect()
        };
        if words(name) == words(others)
            && let Some(street) = at(this).intersection(&at(that)).next()
        {
            because(NAME_AND_ADDRESS, "nameAndAddress", &format!("{}, {street}", name.trim()));
        }
        let company = |of: &Customer| of.relationships.get("company").and_then(Relationship::id).map(str::to_owned);
        if company(customer).is_some() && company(customer) == company(other) && are_similar(name, others) {
            because(NAME_AND_COMPANY, "nameAndCompany", others.trim());
        }
    }
    if reasons.is_empty() {
        return None;
    }
    reasons.sort_by_key(|(strength, _)| std::cmp::Reverse(*strength));
    // Each further reason closes a part of the gap to 100.
    let missing = reasons.iter().fold(100, |missing, (strength, _)| missing * (100 - strength) / 100);
    let kind = Kind::Customer;
    Some(CustomerDuplicate {
        kind: DUPLICATE_TYPE.to_owned(),
        id: id.into(),
        attributes: CustomerDuplicateAttributes {
            display_name: that.display_name.value().cloned().unwrap_or_default(),
            score: (100 - missing).clamp(1, 100),
            reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
            extra: Map::new(),
        },
        relationships: Relationships::from([(
            kind.as_str().to_owned(),
            Relationship::to_one(kind.as_str(), id, kind.path_of(id)),
        )]),
        links: None,
        extra: Map::new(),
    })
}

/// The numbers of a customer by their digits, WhatsApp numbers too.
pub fn numbers(of: &CustomerAttributes) -> BTreeSet<String> {
    let lists = [&of.phones, &of.shared_phones, &of.whatsapps, &of.shared_whatsapps];
    let all = lists.into_iter().filter_map(Field::value).flatten().map(|item| digits(&item.phone));
    all.filter(|digits| digits.len() >= MIN_DIGITS).collect()
}

fn emails(of: &CustomerAttributes) -> BTreeSet<String> {
    let lists = [&of.emails, &of.shared_emails];
    lists.into_iter().filter_map(Field::value).flatten().map(|item| email_address(&item.email)).collect()
}

fn external_ids(of: &CustomerAttributes) -> BTreeSet<String> {
    let lists = [&of.external_ids, &of.shared_external_ids];
    lists.into_iter().filter_map(Field::value).flatten().map(|item| item.external_id.clone()).collect()
}

fn street(location: &Location) -> Option<&String> {
    location.address.value().filter(|address| !address.trim().is_empty())
}

/// The words of a name, case aside and in any order.
fn words(name: &str) -> BTreeSet<String> {
    let words = name.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(fold).collect()
}

/// Whether two names have the same words, or all words of the shorter one but for beginnings: `A. Lovelace`, `Ada Lovelace`.
fn are_similar(one: &str, other: &str) -> bool {
    let (mut fewer, mut more) = (words(one), words(other));
    if fewer.len() > more.len() {
        std::mem::swap(&mut fewer, &mut more);
    }
    let is_in = |word: &String| more.iter().any(|longer| longer.starts_with(word) || word.starts_with(longer));
    let is_whole = |word: &&String| more.contains(*word);
    !fewer.is_empty() && fewer.iter().all(is_in) && fewer.iter().filter(is_whole).any(|word| word.chars().count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_when_the_shorter_one_is_a_part_of_the_longer_one() {
        for (one, other, similar) in [
            ("Ada Lovelace", "ada lovelace", true),
            ("Lovelace, Ada", "Ada Lovelace", true),
            ("A. Lovelace", "Ada Lovelace", true),
            ("Ada King Lovelace", "Ada Lovelace", true),
            ("Ada Lovelace", "Grace Lovelace", false),
            ("A. L.", "Ada Lovelace", false),
            ("", "Ada", false),
        ] {
            assert_eq!(are_similar(one, other), similar, "{one}, {other}");
            assert_eq!(are_similar(other, one), similar, "{other}, {one}");
        }
    }
}
