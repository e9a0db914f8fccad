//! The law of the round trip: an answer can be sent back, and changes no value.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::{self, Context, ItemIds, UpdateOptions, Write};
use kustodian_core::directory::Org;
use kustodian_core::store::{OrgKey, Stored};
use kustodian_core::{input, tag};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::customer::READ_ONLY;
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

fn seed() -> EventSeed {
    EventSeed { id: id(2), salt: Salt([2; 16]) }
}

fn write(sent: &Value, item_ids: ItemIds) -> Write {
    let mut input: kustomer_api::customer::CustomerInput =
        input::read_to_store(&CUSTOMER_INPUT, sent.to_string().as_bytes()).unwrap();
    // Tags are resolved by the shell; here they are sent as ids that exist.
    let tags = input.tags.take().map(|ids| {
        let mut resolved = tag::Resolved::default();
        ids.iter().for_each(|id| resolved.add(id.parse().unwrap()));
        resolved
    });
    Write { input, tags, item_ids, ..Write::default() }
}

fn stored(changes: &ChangeSet) -> Stored {
    let put = &changes.puts[0];
    Stored {
        id: put.id,
        rev: put.rev,
        deleted: put.deleted,
        created_at: put.created_at,
        updated_at: put.updated_at,
        document: put.document.clone(),
    }
}

fn attributes(stored: &Stored) -> Map<String, Value> {
    let mut document: Value = serde_json::from_str(&stored.document).unwrap();
    serde_json::from_value(document["attributes"].take()).unwrap()
}

fn writable(stored: &Stored) -> Map<String, Value> {
    let is_writable = |(name, _): &(String, Value)| !READ_ONLY.iter().any(|attribute| attribute.name == name);
    attributes(stored).into_iter().filter(is_writable).collect()
}

/// Without the marks that every update leaves.
fn values(stored: &Stored) -> Map<String, Value> {
    let mut attributes = attributes(stored);
    for mark in ["rev", "updatedAt", "modifiedAt", "lastActivityAt"] {
        attributes.remove(mark);
    }
    attributes
}

fn list(name: &'static str, item: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<(String, Value)> {
    let items = proptest::collection::vec(item, 0..4).prop_map(|mut items| {
        items.sort_by_key(ToString::to_string);
        items.dedup();
        Value::from(items)
    });
    items.prop_map(move |items| (name.to_owned(), items)).boxed()
}

fn one(name: &'static str, value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<(String, Value)> {
    value.prop_map(move |value| (name.to_owned(), value)).boxed()
}

fn verified(item: Value) -> impl Strategy<Value = Value> {
    prop_oneof![Just(None), Just(Some(true)), Just(Some(false))].prop_map(move |verified| {
        let mut item = item.clone();
        if let Some(verified) = verified {
            item["verified"] = json!(verified);
        }
        item
    })
}

fn attribute() -> impl Strategy<Value = (String, Value)> {
    let external_id = || "[a-dé]{1,2}".prop_map(|id| json!({ "externalId": id })).prop_flat_map(verified);
    let email = || "[A-Cé]{1,2}@acme\\.example".prop_map(|email| json!({ "email": email })).prop_flat_map(verified);
    let phone = || "\\+?1 ?[0-9]{2}".prop_map(|phone| json!({ "phone": phone })).prop_flat_map(verified);
    let social =
        || "[a-cA]{1,2}".prop_map(|name| json!({ "type": "twitter", "username": name })).prop_flat_map(verified);
    let text = || prop_oneof![Just(Value::Null), Just(json!("")), "\\PC{1,12}".prop_map(|text| json!(text))];
    let moment =
        || prop_oneof![Just(Value::Null), (0..4_000_000_000_000i64).prop_map(|at| json!(Timestamp::from_millis(at)))];
    let sentiment = prop_oneof![
        Just(json!({})),
        (-1..=1i64, -1.0..1.0).prop_map(|(polarity, confidence): (i64, f64)| {
            json!({ "polarity": polarity, "confidence": confidence })
        })
    ];
    prop_oneof![
        one("name", text()),
        one("username", text()),
        one("externalId", prop_oneof![Just(Value::Null), "[a-dé]{1,2}".prop_map(|id| json!(id))]),
        list("externalIds", external_id()),
        list("sharedExternalIds", external_id()),
        list("emails", email()),
        list("sharedEmails", email()),
        list("phones", phone()),
        list("sharedPhones", phone()),
        list("whatsapps", phone()),
        list("socials", social()),
        list("sharedSocials", social()),
        list("facebookIds", "[a-c]".prop_map(|user| json!({ "pageId": "p", "userId": user }))),
        list("instagramIds", "[a-c]".prop_map(|user| json!({ "pageId": "p", "threadId": "t", "username": user }))),
        list("urls", "[a-c]".prop_map(|host| json!({ "url": format!("https://{host}.example") }))),
        list("locations", text().prop_map(|name| json!({ "name": name }))),
        list("tags", (10..14u8).prop_map(|byte| json!(id(byte)))),
        one("sentiment", sentiment),
        one("birthdayAt", moment()),
        one("lastCustomerActivityAt", moment()),
        one("avatarUrl", prop_oneof![Just(json!("")), Just(json!("https://acme.example/a"))]),
        one("custom", "\\PC{0,8}".prop_map(|text| json!({ "aStr": text, "bNum": 12.0, "cAt": "", "dStr": null }))),
    ]
}

fn attribute_sets() -> impl Strategy<Value = Value> {
    proptest::collection::vec(attribute(), 0..8)
        .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<String, Value>>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_answer_can_be_sent_back_whole_or_one_by_one_and_changes_no_value(
        first in attribute_sets(),
        later in proptest::collection::vec(attribute_sets(), 0..4),
        omit in any::<bool>(),
    ) {
        let item_ids = if omit { ItemIds::Omit } else { ItemIds::Null };
        let org = Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let now = Timestamp::from_millis(1_700_000_000_000);
        let context = Context { org: &org, actor: id(7), now, client: "api", request_id: "r", slas: None, import: None };
        let mut state = stored(&customer::create(&context, id(1), seed(), write(&first, item_ids)).unwrap());
        let options = UpdateOptions::default();
        for sent in &later {
            // What two writes together may not hold is refused; the state stays.
            if let Ok(changes) = customer::update(&context, Some(&state), seed(), write(sent, item_ids), &options) {
                state = stored(&changes);
            }
        }
        let answered = writable(&state);
        let one_by_one = answered.iter().map(|(name, value)| json!({ name: value }));
        for sent in one_by_one.chain([Value::Object(answered.clone())]) {
            let changes = customer::update(&context, Some(&state), seed(), write(&sent, item_ids), &options).unwrap();
            prop_assert_eq!(values(&stored(&changes)), values(&state), "sent back {}", sent);
            prop_assert!(changes.claims.is_empty() && changes.frees.is_empty());
        }
    }
}
