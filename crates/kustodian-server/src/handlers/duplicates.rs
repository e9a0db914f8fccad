//! Customers who may be the same person, by look-ups of claims and searches that an index answers.

use std::collections::BTreeMap;
use std::time::Duration;

use kustodian_core::claim::{ClaimKey, ClaimKind};
use kustodian_core::customer::Lookup;
use kustodian_core::duplicates::{self, Look};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustodian_core::search::{self, Dialect, Settings};
use kustodian_core::search_store::{Chosen, Count, Records, SearchQuery};
use kustodian_core::store::Stored;
use kustomer_api::ObjectId;
use kustomer_api::customer::Customer;
use kustomer_api::customer_merge::{CustomerDuplicate, GetCustomerDuplicates};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::described;
use crate::handlers::plain;
use crate::handlers::search::refused;
use crate::paging::Numbered;
use crate::parts;

/// How many candidates one search gives: who shares a value with more is not one person twice.
const MAX_FOUND: u32 = 50;

/// How long one search may take.
const TIME: Duration = Duration::from_secs(1);

pub(crate) async fn get_customer_duplicates(call: Call<GetCustomerDuplicates>) -> Result<Answer, Refusal> {
    described::authorize_look_up(&call, Kind::Customer.as_str(), &duplicates::COMPARED).await?;
    let id = call.path;
    let stored = call.store().find(call.org(), Kind::Customer, id).await.map_err(unavailable)?;
    let Some(stored) = stored.as_ref().filter(|stored| !stored.deleted) else {
        return Err(plain::not_there(&call, Kind::Customer, stored.as_ref()));
    };
    let customer: Customer = resource::read(&stored.document)?;
    let mut found: BTreeMap<ObjectId, Stored> = BTreeMap::new();
    for candidate in candidates(&call, &customer).await? {
        if candidate.id != id && !candidate.deleted {
            found.insert(candidate.id, candidate);
        }
    }
    let mut all: Vec<CustomerDuplicate> = Vec::new();
    for (other, stored) in found {
        all.extend(duplicates::compare(&customer, other, &resource::read(&stored.document)?));
    }
    // Of equal candidates the older one is first.
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.attributes.score));
    let page = Numbered::of(call.query);
    let (shown, has_next) = page.of_all(&all);
    let documents = shown.iter().map(resource::render).collect::<Result<Vec<_>, _>>()?;
    let path = format!("{}/duplicates", Kind::Customer.path_of(id));
    Ok(Answer::Json(page.uncounted(&path, documents, has_next)))
}

async fn candidates(call: &Call<GetCustomerDuplicates>, customer: &Customer) -> Result<Vec<Stored>, Refusal> {
    let mut found = Vec::new();
    // The same number may be the phone number of one and the WhatsApp number of another.
    for number in duplicates::numbers(&customer.attributes) {
        let keys = [Lookup::Phone.key(call.org(), &number), ClaimKey::new(call.org(), ClaimKind::Whatsapp, &number)];
        for key in keys {
            found.extend(call.store().find_by_claim(call.org(), Kind::Customer, key).await.map_err(unavailable)?);
        }
    }
    let mut is_full = false;
    for Look { body, is_wider } in duplicates::searches(customer) {
        if is_wider && is_full {
            continue;
        }
        let settings = Settings { dialect: Dialect::Plain, now: None, klasses: &[] };
        let query = SearchQuery {
            query: search::parse(body.to_string().as_bytes(), &settings)?,
            offset: 0,
            limit: MAX_FOUND,
            chosen: Chosen::Any,
            bytes: parts::HELD,
            ids_only: false,
            total: Count::None,
            time: TIME,
            key: call.caller().token.id,
        };
        let records = call.store().search(call.org(), query).await.map_err(refused)?.records;
        is_full = records.len() >= MAX_FOUND as usize;
        if let Records::Whole(records) = records {
            found.extend(records);
        }
    }
    Ok(found)
}
