//! The customers that are searched: by the rules of the server, with different searchable values.

use std::ops::Range;

use anyhow::{Result, anyhow};
use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::{self, Context, Write};
use kustodian_core::directory::Org;
use kustomer_api::{ObjectId, Timestamp};

use crate::sqlite::scatter;

/// 2026-01-01.
pub(super) const NOW: i64 = 1_767_225_600_000;

/// Makes the customers with these numbers.
pub(super) fn set(org: &Org, numbers: Range<u32>) -> Result<ChangeSet> {
    let mut all = ChangeSet::default();
    for number in numbers {
        let number = u64::from(number);
        let now = Timestamp::from_millis(NOW + i64::try_from(number)? * 50);
        let context =
            Context { org, actor: id(1), now, client: "bench", request_id: "bench", slas: None, import: None };
        let event = EventSeed { id: id(number << 1 | 1 << 40), salt: Salt([7; 16]) };
        let write = Write { input: serde_json::from_str(&body(number))?, ..Write::default() };
        let set = customer::create(&context, id(number), event, write).map_err(|refusal| anyhow!("{refusal}"))?;
        all.puts.extend(set.puts);
        all.claims.extend(set.claims);
        all.events.extend(set.events);
    }
    Ok(all)
}

/// The id of a customer, or of what else has a number.
pub(super) fn id(number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// A number below `end` that belongs to a customer's attribute.
pub(super) fn pick(number: u64, attribute: u64, end: u64) -> u64 {
    scatter(number * 64 + attribute) % end
}

const SYLLABLES: [&str; 20] = [
    "an", "bel", "cor", "dan", "el", "fer", "gus", "har", "il", "jo", "kar", "len", "mar", "nor", "ol", "pet", "quin",
    "ros", "sam", "tor",
];

/// One of 400 first names or 8,000 last names.
pub(super) fn name(which: u64, parts: u32) -> String {
    (0..parts).map(|part| SYLLABLES[usize::try_from(which / 20_u64.pow(part) % 20).unwrap_or_default()]).collect()
}

/// One of the domains of addresses.
pub(super) fn domain(number: u64) -> String {
    format!("{}{}.example", name(number, 2), number / 400)
}

fn body(number: u64) -> String {
    let (first, last) = (name(pick(number, 1, 400), 2), name(pick(number, 2, 8_000), 3));
    let domain = domain(pick(number, 3, 2_000));
    let day = |attribute: u64| {
        let millis = NOW - i64::try_from(pick(number, attribute, 94_608_000_000)).unwrap_or_default();
        Timestamp::from_millis(millis).to_string()
    };
    let gender = ["m", "f"][usize::try_from(pick(number, 4, 2)).unwrap_or_default()];
    let tier = ["bronze", "bronze", "bronze", "silver", "silver", "gold"]
        [usize::try_from(pick(number, 5, 6)).unwrap_or_default()];
    format!(
        r#"{{"name":"{first} {last}","externalId":"crm-{number:09}","emails":[{{"type":"work","email":"{first}.{last}.{number}@{domain}"}}],
"phones":[{{"type":"mobile","phone":"+{}"}}],"createdAt":"{}","signedUpAt":"{}","gender":"{gender}","locale":"en_US",
"locations":[{{"type":"home","address":"{} {last} Street","zipCode":"{:05}","countryCode":"US"}}],
"custom":{{"loyaltyTierStr":"{tier}","scoreNum":{},"orderCountNum":{},"lastOrderAt":"{}","newsletterBool":{},
"shopStr":"{}","notesTxt":"Prefers {} and {}, asked about {} in spring and sent {} back"}}}}"#,
        10_000_000_000 + number,
        day(6),
        day(7),
        pick(number, 8, 300),
        pick(number, 9, 100_000),
        pick(number, 10, 100_000),
        pick(number, 11, 50),
        day(12),
        pick(number, 13, 4) == 0,
        name(pick(number, 14, 300), 2),
        name(pick(number, 15, 8_000), 3),
        name(pick(number, 16, 8_000), 3),
        name(pick(number, 17, 400), 2),
        name(pick(number, 18, 400), 2),
    )
}

/// The address of a customer.
pub(super) fn email(number: u64) -> String {
    let number = number * 911;
    let (first, last) = (name(pick(number, 1, 400), 2), name(pick(number, 2, 8_000), 3));
    format!("{first}.{last}.{number}@{}", domain(pick(number, 3, 2_000)))
}
