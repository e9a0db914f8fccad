//! The customer that is created: about 1.5 kB, four identities, ten custom attributes.

use std::ops::Range;

/// Numbers for customers, each given once: identities are unique in an org.
#[derive(Default)]
pub(crate) struct Numbers {
    next: u64,
}

impl Numbers {
    /// The next `count` numbers.
    pub(crate) fn take(&mut self, count: u64) -> Range<u64> {
        let first = self.next;
        self.next += count;
        first..self.next
    }
}

/// The first e-mail address of the customer with this number.
pub(crate) fn email(number: u64) -> String {
    format!("customer-{number}@example.com")
}

/// The external id of the customer with this number.
pub(crate) fn external_id(number: u64) -> String {
    format!("crm-{number:012}")
}

/// The body that creates the customer with this number.
pub(crate) fn json(number: u64) -> String {
    let email = email(number);
    let phone = 10_000_000_000 + number;
    format!(
        r#"{{"name":"Ada Customer {number}","company":null,"externalId":"crm-{number:012}","username":"ada{number}",
"emails":[{{"type":"home","email":"{email}"}},{{"type":"work","email":"work-{email}","verified":true}}],
"phones":[{{"type":"mobile","phone":"+{phone}"}}],
{}"#,
        unclaimed(number)
    )
}

/// The body that creates a message of 500 characters. Every other one is from the customer.
pub(crate) fn message_json(number: u64) -> String {
    let direction = if number.is_multiple_of(2) { "in" } else { "out" };
    let text = format!("Message {number}. {NOTES}");
    let text: String = text.chars().take(500).collect();
    format!(
        r#"{{"channel":"email","app":"postmark","direction":"{direction}","externalId":"mail-{number}","preview":"{text}"}}"#
    )
}

/// The same customer for a peer whose unique values are in columns of their own.
pub(crate) fn flat_json(number: u64) -> String {
    let (email, external_id) = (email(number), external_id(number));
    let phone = 10_000_000_000 + number;
    format!(
        r#"{{"name":"Ada Customer {number}","company":null,"externalId":"{external_id}","username":"ada{number}",
"email":"{email}","workEmail":"work-{email}","phone":"+{phone}",
{}"#,
        unclaimed(number)
    )
}

/// The end of both: the values that others may have, too.
fn unclaimed(number: u64) -> String {
    format!(
        r#""urls":[{{"url":"https://example.com/people/{number}","type":"website"}}],
"locations":[{{"type":"home","address":"1 Main Street, Springfield","zipCode":"12345","countryCode":"US"}}],
"locale":"en_US","timeZone":"America/New_York","gender":"f","signedUpAt":"2026-01-02T03:04:05.678Z","tags":[],
"custom":{{"orderCountNum":{number},"lifetimeValueNum":1234.56,"firstOrderAt":"2025-11-12T13:14:15.000Z",
"lastOrderAt":"2026-02-03T04:05:06.000Z","loyaltyTierStr":"gold","favouriteShopStr":"Main Street",
"notesTxt":"{NOTES}","newsletterBool":true,"blockedBool":false,"profileUrl":"https://example.com/profiles/{number}"}}}}"#
    )
}

const NOTES: &str = "Likes to be called in the afternoon and answers e-mail within a day. Bought the large set twice and \
returned the small one because of its colour; was given a voucher for it. Has asked to be told when the blue one is \
back, and to have parcels left with the neighbour on the second floor. Speaks English and some Spanish. Prefers short \
answers with a link over long ones without. Reported a scratched lid in spring, replaced at once. Parcels go to the \
side door before noon and to the shop round the corner after it; the bell at the front has been out of order for a \
long while. Was a guest at the opening, and would come again.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_of_about_a_kilobyte_and_a_half() {
        let body = json(1_000_000);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["custom"].as_object().unwrap().len(), 10);
        assert!((1_400..1_700).contains(&body.len()), "{}", body.len());
    }
}
