//! Whether a post is about a person. A sender may write anything, and names no customer: so a post is taken for one about
//! a person if it holds an address, a number or an id of theirs.

use std::collections::BTreeSet;

use kustomer_api::ObjectId;
use serde_json::Value;

use crate::contact::{digits, fold};
use crate::identities::Identities;

/// The fewest characters of an id or a name of a person: shorter ones are met by chance.
const LENGTH: usize = 4;

/// The fewest digits of a number that is looked for within a text.
const DIGITS: usize = 7;

/// What posts about a person hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// E-mail addresses, which may stand anywhere in a text.
    emails: BTreeSet<String>,
    /// The digits of numbers, written in whatever form anywhere in a text.
    numbers: BTreeSet<String>,
    /// Ids and names, which are a whole value.
    values: BTreeSet<String>,
}

impl Person {
    /// A customer, with all identities that it has or had.
    pub fn of(customer: ObjectId, identities: &Identities) -> Self {
        let mut person = Self { values: BTreeSet::from([customer.to_string()]), ..Self::default() };
        for identity in identities.iter() {
            let folded = fold(identity);
            let is_number = folded.trim_start_matches("whatsapp:").chars().all(is_of_number);
            let number = digits(identity);
            if folded.contains('@') {
                person.emails.insert(folded);
            } else if is_number && number.len() >= DIGITS {
                person.numbers.insert(number);
            } else if folded.chars().count() >= LENGTH {
                person.values.insert(folded);
            }
        }
        person
    }

    /// Whether something that was posted holds any of it, in a value or in a name of one.
    pub fn is_in(&self, posted: &Value) -> bool {
        match posted {
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => self.is_in_text(&number.to_string()),
            Value::String(text) => self.is_in_text(text),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::Object(members) => members.iter().any(|(name, value)| self.is_in_text(name) || self.is_in(value)),
        }
    }

    fn is_in_text(&self, text: &str) -> bool {
        let folded = fold(text);
        self.values.contains(folded.trim())
            || self.emails.iter().any(|email| holds_address(&folded, email))
            || !self.numbers.is_empty()
                && folded
                    .split(|character| !is_of_number(character))
                    .map(digits)
                    .any(|run| self.numbers.iter().any(|number| run.contains(number.as_str())))
    }
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, ' ' | '-' | '.' | '/' | '(' | ')' | '+')
}

/// Whether an address is in a text, and not a part of a longer one.
fn holds_address(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let mut behind = text.get(at + address.len()..).unwrap_or_default().chars();
        let is_name = |character: char| character.is_alphanumeric() || matches!(character, '.' | '_' | '%' | '+' | '-');
        let continues = match behind.next() {
            Some('.') => behind.next().is_some_and(char::is_alphanumeric),
            Some(character) => character.is_alphanumeric() || character == '-',
            None => false,
        };
        !before.is_some_and(is_name) && !continues
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_post_is_about_a_person_when_it_holds_an_address_a_number_or_an_id() {
        let mut identities = Identities::default();
        let customer = json!({ "attributes": { "externalId": "shop-77", "username": "ada",
            "emails": [{ "email": "Ada@Acme.example" }], "phones": [{ "phone": "+1 (415) 555-0100" }],
            "whatsapps": [{ "phone": "whatsapp:+4915112345678" }], "externalIds": [{ "externalId": "7" }] } });
        identities.add_customer(&customer.to_string()).unwrap();
        let person = Person::of(ObjectId::from_bytes([7; 12]), &identities);
        for about in [
            json!({ "order": { "buyer": "ADA@acme.example" } }),
            json!(["From: Ada <ada@acme.example>, today"]),
            json!("write to ada@acme.example."),
            json!({ "ada@acme.example": true }),
            json!({ "tel": 14_155_550_100_u64 }),
            json!("call 1-415-555.0100!"),
            json!({ "wa": "4915112345678" }),
            json!({ "id": " SHOP-77 " }),
            json!({ "customer": "070707070707070707070707" }),
        ] {
            assert!(person.is_in(&about), "{about}");
        }
        for other in [
            json!(null),
            json!({ "order": 7, "ok": true }),
            json!("lada@acme.example"),
            json!("ada@acme.example.org"),
            json!("ada@acme.example-shop.org"),
            json!("4155550100"),
            json!("shop-778"),
            json!("ada"),
            json!("7"),
        ] {
            assert!(!person.is_in(&other), "{other}");
        }
    }
}
