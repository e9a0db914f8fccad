//! The rules of the customer, without a database: derivations, identities, revisions, and what an update keeps.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::claim::{Claim, ClaimKind};
use kustodian_core::customer::{self, Context, Lookup, OmittedCompany, UpdateOptions, Write};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Stored};
use kustodian_core::{input, resource, tag};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

const CREATED: &str = "2026-01-02T03:04:05.678Z";
const LATER: &str = "2026-01-02T04:00:00.000Z";

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

fn seed(byte: u8) -> EventSeed {
    EventSeed { id: id(byte), salt: Salt([byte; 16]) }
}

fn org() -> Org {
    Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) }
}

fn context<'a>(org: &'a Org, now: &str) -> Context<'a> {
    Context { org, actor: id(7), now: now.parse().unwrap(), client: "api", request_id: "r1", slas: None, import: None }
}

fn write(input: Value) -> Write {
    let mut input: kustomer_api::customer::CustomerInput =
        input::read(&CUSTOMER_INPUT, input.to_string().as_bytes()).unwrap();
    // Tags are resolved by the shell; here every name becomes a tag of its own.
    let tags = input.tags.take().map(|names| {
        let mut resolved = tag::Resolved::default();
        for (index, name) in names.into_iter().enumerate() {
            let index = u8::try_from(index).unwrap();
            resolved.add_new(tag::NewTag { name, id: id(100 + index), event: seed(200 + index) });
        }
        resolved
    });
    Write { input, tags, ..Write::default() }
}

fn create(input: Value) -> ChangeSet {
    customer::create(&context(&org(), CREATED), id(1), seed(2), write(input)).unwrap()
}

fn document(changes: &ChangeSet) -> Value {
    serde_json::from_str(&changes.puts[0].document).unwrap()
}

fn created(input: Value) -> Value {
    document(&create(input))["attributes"].take()
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

fn update_with(stored: &Stored, input: Value, options: &UpdateOptions) -> Result<ChangeSet, Refusal> {
    customer::update(&context(&org(), LATER), Some(stored), seed(3), write(input), options)
}

fn update(stored: &Stored, input: Value) -> ChangeSet {
    update_with(stored, input, &UpdateOptions::default()).unwrap()
}

fn replace(stored: &Stored, input: Value) -> ChangeSet {
    update_with(stored, input, &UpdateOptions { replace: true, ..UpdateOptions::default() }).unwrap()
}

fn capitalized(word: &Value) -> String {
    let word = word.as_str().unwrap();
    format!("{}{}", word[..1].to_uppercase(), &word[1..])
}

#[test]
fn an_empty_customer_has_every_derived_attribute_and_no_other() {
    let changes = create(json!({}));
    let document = document(&changes);
    let mut attributes = document["attributes"].clone();
    let color = attributes["displayColor"].take();
    let icon = attributes["displayIcon"].take();
    let shown = format!("{} {}", capitalized(&color), capitalized(&icon));
    assert_eq!(
        attributes,
        json!({
            "displayName": shown, "displayColor": null, "displayIcon": null,
            "externalIds": [], "sharedExternalIds": [], "emails": [], "sharedEmails": [], "phones": [],
            "sharedPhones": [], "whatsapps": [], "sharedWhatsapps": [], "facebookIds": [], "instagramIds": [],
            "smoochIds": [], "socials": [], "sharedSocials": [], "urls": [], "locations": [], "activeUsers": [],
            "watchers": [], "recentLocation": { "updatedAt": CREATED }, "tags": [],
            "createdAt": CREATED, "updatedAt": CREATED, "modifiedAt": CREATED, "lastActivityAt": CREATED,
            "lastConversation": { "channels": [], "tags": [] },
            "conversationCounts": { "done": 0, "open": 0, "snoozed": 0, "all": 0 }, "preview": {},
            "progressiveStatus": null, "recentItems": [],
            "satisfactionLevel": { "firstSatisfaction": { "sentByTeams": [] }, "lastSatisfaction": { "sentByTeams": [] } },
            "verified": false, "deleted": false, "roleGroupVersions": [], "accessOverride": [], "rev": 1,
        })
    );
    assert_eq!(document["links"], json!({ "self": format!("/v1/customers/{}", id(1)) }));
    let user = json!({ "links": { "self": format!("/v1/users/{}", id(7)) }, "data": { "type": "user", "id": id(7) } });
    assert_eq!(
        document["relationships"],
        json!({
            "org": { "links": { "self": format!("/v1/orgs/{}", id(9)) }, "data": { "type": "org", "id": id(9) } },
            "messages": { "links": { "self": format!("/v1/customers/{}/messages", id(1)) } },
            "createdBy": user, "modifiedBy": user,
        })
    );
}

#[test]
fn a_create_writes_one_record_at_revision_one_and_one_event_without_changes() {
    let changes = create(json!({ "name": "Ada" }));
    assert_eq!((changes.puts.len(), changes.puts[0].rev, changes.puts[0].expects), (1, 1, None));
    assert_eq!(changes.events.len(), 1);
    let event = &changes.events[0];
    assert_eq!((&*event.name, event.rev, event.changes.as_deref()), ("kustomer.customer.create", 1, None));
    assert_eq!((event.actor, event.request_id.as_str()), (Some(id(7)), "r1"));
}

#[test]
fn the_name_to_show_falls_back_in_order() {
    for (input, shown) in [
        (json!({ "name": "Ada", "emails": [{ "email": "a@b.c" }] }), "Ada"),
        (json!({ "name": "", "emails": [{ "email": "a@b.c" }] }), "a@b.c"),
        (json!({ "name": null, "phones": [{ "phone": "555-0000" }], "username": "ada" }), "555-0000"),
        (json!({ "socials": [{ "type": "twitter", "username": "@ada" }], "username": "ada" }), "@ada"),
        (json!({ "username": "ada", "externalId": "x" }), "ada"),
        (json!({ "externalId": "x" }), "x"),
    ] {
        assert_eq!(created(input.clone())["displayName"], shown, "{input}");
    }
}

#[test]
fn items_carry_the_members_of_the_seed_page_and_a_string_never_sent_is_absent() {
    let attributes = created(json!({
        "emails": [{ "email": "Ada@Acme.Example" }],
        "phones": [{ "phone": "+1 (800) 555-1212", "type": "work", "verified": true }],
        "whatsapps": [{ "phone": "+1 234" }],
        "socials": [{ "type": "twitter", "username": "ada" }],
        "urls": [{ "url": "https://acme.example" }],
        "locations": [{ "address": "1 Main St" }, { "type": null }],
        "sharedEmails": [{ "email": "desk@acme.example", "type": "work" }],
    }));
    let expected = json!({
        "emails": [{ "id": null, "email": "ada@acme.example", "type": "home", "verified": false, "externalVerified": false }],
        "phones": [{ "id": null, "phone": "+1 (800) 555-1212", "type": "work", "verified": true }],
        "whatsapps": [{ "id": null, "phone": "whatsapp:+1234", "type": "mobile", "verified": false }],
        "socials": [{ "id": null, "type": "twitter", "username": "ada", "verified": false }],
        "urls": [{ "id": null, "url": "https://acme.example", "type": "website" }],
        "locations": [{ "id": null, "type": "home", "address": "1 Main St" }, { "id": null, "type": null }],
        "sharedEmails": [{ "id": null, "email": "desk@acme.example", "type": "work", "verified": false, "externalVerified": false }],
    });
    for (list, items) in expected.as_object().unwrap() {
        assert_eq!(&attributes[list], items, "{list}");
    }
}

#[test]
fn an_attribute_sent_as_null_is_null_and_one_not_sent_is_absent() {
    let attributes = created(json!({ "name": null, "locale": null, "custom": { "aStr": null, "bNum": 1.5 } }));
    assert!(attributes["name"].is_null() && attributes.as_object().unwrap().contains_key("name"));
    assert!(!attributes.as_object().unwrap().contains_key("gender"));
    assert_eq!(attributes["custom"], json!({ "aStr": null, "bNum": 1.5 }));
}

#[test]
fn custom_moments_keep_the_offset_they_were_sent_with_and_others_become_utc() {
    let moment = "2016-11-06T13:54:29-05:00";
    let attributes = created(json!({ "signedUpAt": moment, "custom": { "sinceAt": moment } }));
    assert_eq!(attributes["custom"]["sinceAt"], moment);
    assert_eq!(attributes["signedUpAt"], "2016-11-06T18:54:29.000Z");
}

#[test]
fn a_back_dated_customer_keeps_its_date_for_lists_too() {
    let changes = create(json!({ "createdAt": "2014-01-01T00:00:00Z", "lastActivityAt": null }));
    assert_eq!(changes.puts[0].created_at, "2014-01-01T00:00:00Z".parse().unwrap());
    let attributes = &document(&changes)["attributes"];
    assert_eq!(attributes["createdAt"], "2014-01-01T00:00:00.000Z");
    assert_eq!(attributes["updatedAt"], CREATED);
    assert!(attributes["lastActivityAt"].is_null());
}

#[test]
fn the_primary_external_id_stands_first_and_replaces_the_former_one() {
    let item = |id: &str, verified: bool| json!({ "id": null, "externalId": id, "verified": verified, "externalVerified": false });
    let verified = |id: &str| item(id, true);
    let unverified = |id: &str| item(id, false);
    let first = create(json!({ "externalId": "a", "externalIds": [{ "externalId": "b" }, { "externalId": "a" }] }));
    assert_eq!(document(&first)["attributes"]["externalIds"], json!([verified("a"), unverified("b")]));

    let second = update(&stored(&first), json!({ "externalId": "c" }));
    assert_eq!(document(&second)["attributes"]["externalIds"], json!([verified("c"), unverified("b")]));
    assert_eq!(document(&second)["attributes"]["externalId"], "c");

    let third = update(&stored(&second), json!({ "externalId": null }));
    assert_eq!(document(&third)["attributes"]["externalIds"], json!([unverified("b")]));
    assert!(document(&third)["attributes"]["externalId"].is_null());

    let fourth = update(&stored(&third), json!({ "externalIds": [{ "externalId": "d" }, { "externalId": "b" }] }));
    assert_eq!(document(&fourth)["attributes"]["externalId"], "d");
    let fifth = update(&stored(&fourth), json!({ "externalIds": [{ "externalId": "b" }, { "externalId": "d" }] }));
    assert_eq!(document(&fifth)["attributes"]["externalId"], "d", "still in the list, so still the primary one");
    assert_eq!(document(&fifth)["attributes"]["externalIds"], json!([unverified("d"), unverified("b")]));
}

#[test]
fn a_primary_external_id_beyond_ten_is_refused_because_the_list_could_not_be_sent_back() {
    let ids: Vec<Value> = (0..10).map(|number| json!({ "externalId": format!("e{number}") })).collect();
    let full = create(json!({ "externalId": "e9", "externalIds": ids.clone() }));
    assert_eq!(document(&full)["attributes"]["externalIds"].as_array().unwrap().len(), 10);
    let over = write(json!({ "externalId": "other", "externalIds": ids }));
    let refusal = customer::create(&context(&org(), CREATED), id(1), seed(2), over).unwrap_err();
    assert_eq!((refusal.status, refusal.errors[0].meta["pointer"].as_str()), (400, Some("/externalIds")));
}

#[test]
fn first_and_last_name_are_the_first_word_of_the_name_and_the_rest_as_typed() {
    for (name, first, last) in [
        (json!("Ada Lovelace"), json!("Ada"), json!("Lovelace")),
        (json!("  ada  KING  Lovelace "), json!("ada"), json!("KING  Lovelace")),
        (json!("Ada"), json!("Ada"), Value::Null),
        (json!(" "), Value::Null, Value::Null),
        (json!(""), Value::Null, Value::Null),
        (Value::Null, Value::Null, Value::Null),
    ] {
        let attributes = created(json!({ "name": name }));
        let told = |key: &str| attributes.get(key).cloned().unwrap_or_default();
        assert_eq!((told("firstName"), told("lastName")), (first, last), "{name}");
        assert!(!attributes.as_object().unwrap().contains_key("lastName") || !attributes["lastName"].is_null());
    }
    let renamed = update(&stored(&create(json!({ "name": "Ada King" }))), json!({ "name": "Ada" }));
    assert!(document(&renamed)["attributes"].get("lastName").is_none());
    let event: Value = serde_json::from_str(renamed.events[0].changes.as_deref().unwrap()).unwrap();
    assert_eq!(event["attributes"]["lastName"], json!({ "op": "remove", "before": "King" }));
}

#[test]
fn a_customer_is_verified_once_it_has_any_identity() {
    for (input, verified) in [
        (json!({}), false),
        (json!({ "name": "Ada", "username": "ada", "sharedEmails": [{ "email": "a@b.c" }] }), false),
        (json!({ "emails": [{ "email": "a@b.c" }] }), true),
        (json!({ "phones": [{ "phone": "5550000" }] }), true),
        (json!({ "whatsapps": [{ "phone": "5550000" }] }), true),
        (json!({ "socials": [{ "type": "twitter", "username": "ada" }] }), true),
        (json!({ "externalId": "x" }), true),
    ] {
        assert_eq!(created(input.clone())["verified"], verified, "{input}");
    }
    let emptied = update(&stored(&create(json!({ "emails": [{ "email": "a@b.c" }] }))), json!({ "emails": [] }));
    assert_eq!(document(&emptied)["attributes"]["verified"], false);
}

/// Ids as the generator makes them: a second, five bytes of the process, and a counter of three bytes.
#[test]
fn colours_and_icons_spread_evenly_over_customers_created_one_after_the_other() {
    for process in [[0, 0, 0, 0, 0], [0xa3, 0x07, 0x51, 0xee, 0x12]] {
        for (begin, step) in [(0x00_0000_u32, 0), (0xff_ff00, 0), (0x12_3456, 1)] {
            let mut seen: HashMap<&str, HashMap<String, u32>> = HashMap::new();
            let mut last_icon = (String::new(), 0);
            for number in 0..1_700_u32 {
                let [s1, s2, s3, s4] = (0x6929_0000 + number * step).to_be_bytes();
                let [p1, p2, p3, p4, p5] = process;
                let [_, c1, c2, c3] = (begin.wrapping_add(number) & 0xff_ffff).to_be_bytes();
                let id = ObjectId::from_bytes([s1, s2, s3, s4, p1, p2, p3, p4, p5, c1, c2, c3]);
                let changes = customer::create(&context(&org(), CREATED), id, seed(2), write(json!({}))).unwrap();
                let attributes = document(&changes)["attributes"].take();
                for name in ["displayColor", "displayIcon"] {
                    let value = attributes[name].as_str().unwrap().to_owned();
                    *seen.entry(name).or_default().entry(value).or_default() += 1;
                }
                let icon = attributes["displayIcon"].as_str().unwrap().to_owned();
                last_icon = if icon == last_icon.0 { (icon, last_icon.1 + 1) } else { (icon, 1) };
                assert!(last_icon.1 < 8, "{} eight times in a row", last_icon.0);
            }
            for (name, choices) in [("displayColor", 11), ("displayIcon", 17)] {
                let counts = &seen[name];
                assert_eq!(counts.len(), choices, "{name}: {counts:?}");
                let mean = 1_700.0 / choices as f64;
                for (value, count) in counts {
                    let ratio = f64::from(*count) / mean;
                    assert!((0.6..1.4).contains(&ratio), "{value} {count} times where {mean} are fair");
                }
            }
        }
    }
}

#[test]
fn identities_are_claimed_once_each_and_shared_ones_not_at_all() {
    let changes = create(json!({
        "externalId": "x",
        "emails": [{ "email": "A@b.c", "type": "home" }, { "email": "a@B.c", "type": "work" }],
        "phones": [{ "phone": "+1 800" }],
        "whatsapps": [{ "phone": "whatsapp:+1800" }],
        "socials": [{ "type": "twitter", "username": "Ada", "userid": "12" }],
        "sharedEmails": [{ "email": "s@b.c" }],
        "sharedPhones": [{ "phone": "1900" }],
    }));
    let kinds: Vec<ClaimKind> = changes.claims.iter().map(|claim| claim.kind).collect();
    use ClaimKind::{Email, ExternalId, Phone, SocialId, SocialName, Whatsapp};
    assert_eq!(kinds, [ExternalId, Email, Phone, Whatsapp, SocialName, SocialId]);
    let key = |by: Lookup, value: &str| by.key(org().key, value);
    let held = |wanted| changes.claims.iter().any(|claim: &Claim| claim.key == wanted);
    assert!(held(key(Lookup::Email, "a@b.C")));
    assert!(held(key(Lookup::Phone, "1800")) && held(key(Lookup::Phone, "+1800")));
    assert!(held(key(Lookup::ExternalId, "x")) && !held(key(Lookup::ExternalId, "X")));
}

#[test]
fn an_update_frees_removed_identities_takes_new_ones_and_leaves_the_rest() {
    let before =
        create(json!({ "emails": [{ "email": "a@b.c" }, { "email": "b@b.c" }], "phones": [{ "phone": "1800" }] }));
    let changes = update(&stored(&before), json!({ "emails": [{ "email": "b@b.c" }, { "email": "c@b.c" }] }));
    let key = |email: &str| Lookup::Email.key(org().key, email);
    assert_eq!(changes.frees.iter().map(|claim| claim.key).collect::<Vec<_>>(), [key("a@b.c")]);
    assert_eq!(changes.claims.iter().map(|claim| claim.key).collect::<Vec<_>>(), [key("c@b.c")]);
}

#[test]
fn an_update_keeps_attributes_not_sent_and_merges_custom_key_by_key() {
    let before = create(json!({ "name": "Ada", "locale": "en", "custom": { "aStr": "a", "bStr": "b" } }));
    let changes = update(&stored(&before), json!({ "locale": null, "custom": { "bStr": null, "cNum": 3 } }));
    let attributes = &document(&changes)["attributes"];
    assert_eq!(attributes["name"], "Ada");
    assert!(attributes["locale"].is_null());
    assert_eq!(attributes["custom"], json!({ "aStr": "a", "bStr": null, "cNum": 3 }));
    assert_eq!(attributes["rev"], 2);
    for moment in ["updatedAt", "modifiedAt", "lastActivityAt"] {
        assert_eq!(attributes[moment], LATER, "{moment}");
    }
    assert_eq!(attributes["createdAt"], CREATED);
    let changed: Value = serde_json::from_str(changes.events[0].changes.as_deref().unwrap()).unwrap();
    assert_eq!(changed["attributes"]["locale"], json!({ "op": "replace", "before": "en", "after": null }));
    assert_eq!(changed["attributes"]["rev"], json!({ "op": "replace", "before": 1, "after": 2 }));
    assert!(changed["attributes"].get("name").is_none());
}

#[test]
fn a_replacement_removes_attributes_not_sent_but_not_identities() {
    let company = "5c7d1a1f9a1b2c0010a1b2c3";
    let before = create(
        json!({ "name": "Ada", "custom": { "aStr": "a" }, "emails": [{ "email": "a@b.c" }], "company": company }),
    );
    let was = document(&before);
    let changes = replace(&stored(&before), json!({ "username": "ada" }));
    let is = document(&changes);
    let attributes = is["attributes"].as_object().unwrap();
    assert!(!attributes.contains_key("name") && !attributes.contains_key("custom"));
    assert_eq!(attributes["emails"], json!([]));
    assert_eq!(attributes["username"], "ada");
    assert_eq!((&is["id"], &attributes["createdAt"]), (&was["id"], &was["attributes"]["createdAt"]));
    assert_eq!(attributes["displayColor"], was["attributes"]["displayColor"]);
    assert_eq!(attributes["displayName"], "ada");
    assert_eq!(is["relationships"]["createdBy"], was["relationships"]["createdBy"]);
    assert!(is["relationships"].get("company").is_none());
    assert_eq!(changes.frees.len(), 1);
}

#[test]
fn an_absent_company_stays_null_unlinks_and_a_switch_turns_that_round() {
    let company = "5c7d1a1f9a1b2c0010a1b2c3";
    let before = create(json!({ "company": company }));
    let linked = |changes: &ChangeSet| document(changes)["relationships"].get("company").cloned();
    assert_eq!(linked(&before), Some(json!({ "data": { "type": "company", "id": company } })));
    assert_eq!(linked(&update(&stored(&before), json!({ "name": "A" }))), linked(&before));
    assert_eq!(linked(&update(&stored(&before), json!({ "company": null }))), None);
    let unlink = UpdateOptions { omitted_company: OmittedCompany::Unlink, ..UpdateOptions::default() };
    assert_eq!(linked(&update_with(&stored(&before), json!({ "name": "A" }), &unlink).unwrap()), None);
}

#[test]
fn a_stale_revision_is_409_and_a_stale_etag_412_and_the_etag_is_checked_first() {
    let before = stored(&create(json!({})));
    let etag = resource::etag(before.document.as_bytes());
    let with = |if_match: Option<&str>, input: Value| {
        let options = UpdateOptions { if_match: if_match.map(ToOwned::to_owned), ..UpdateOptions::default() };
        update_with(&before, input, &options).map_or_else(|refusal| refusal.status, |_| 200)
    };
    assert_eq!(with(None, json!({ "rev": 1 })), 200);
    assert_eq!(with(None, json!({ "rev": 1.0 })), 200);
    assert_eq!(with(None, json!({ "rev": 2 })), 409);
    assert_eq!(with(Some(&etag), json!({})), 200);
    assert_eq!(with(Some("*"), json!({})), 200);
    assert_eq!(with(Some("W/\"0-0\""), json!({ "rev": 2 })), 412);
}

#[test]
fn a_deleted_customer_gives_its_identities_back_and_takes_them_again_when_restored() {
    let org = org();
    let before = stored(&create(json!({ "name": "Ada", "emails": [{ "email": "a@b.c" }] })));
    let context = context(&org, LATER);
    let deleted = customer::delete(&context, Some(&before), seed(4), None).unwrap();
    assert!(deleted.puts[0].deleted && deleted.puts[0].rev == 2);
    assert_eq!((deleted.frees.len(), deleted.claims.len()), (1, 0));
    assert_eq!(deleted.events[0].name, "kustomer.customer.delete");

    let gone = stored(&deleted);
    assert_eq!(customer::delete(&context, Some(&gone), seed(4), None).unwrap_err().status, 404);
    assert_eq!(update_with(&gone, json!({}), &UpdateOptions::default()).unwrap_err().status, 404);
    assert_eq!(customer::restore(&context, None, seed(4), None, None).unwrap_err().status, 404);

    let restored = customer::restore(&context, Some(&gone), seed(5), None, None).unwrap().unwrap();
    assert!(!restored.puts[0].deleted);
    assert_eq!((restored.frees.len(), restored.claims.len()), (0, 1));
    assert_eq!(document(&restored)["attributes"]["name"], "Ada");
    assert_eq!(customer::restore(&context, Some(&stored(&restored)), seed(6), None, None).unwrap(), None);
}

#[test]
fn a_conflict_names_the_attribute_as_it_was_sent() {
    let wanted = create(json!({ "externalId": "x", "emails": [{ "email": "a@b.c" }, { "email": "b@b.c" }] }));
    let refuse = |key| {
        let claim = wanted.claims.iter().find(|claim| claim.key == key).unwrap();
        claim.conflict(Some(id(8))).into_body().errors.remove(0)
    };
    let by_email = refuse(Lookup::Email.key(org().key, "b@b.c"));
    assert_eq!((by_email.status, by_email.source.unwrap().parameter.as_deref()), (Some(409), Some("emails")));
    assert_eq!(by_email.meta["pointer"], "/emails/1");
    assert_eq!(by_email.meta["customer"], id(8).to_string());
    let by_id = refuse(Lookup::ExternalId.key(org().key, "x"));
    assert_eq!(by_id.source.unwrap().parameter.as_deref(), Some("externalId"));
}

#[test]
fn tags_are_stored_as_ids_and_made_with_the_customer() {
    let changes = create(json!({ "tags": ["vip", "new"] }));
    assert_eq!(document(&changes)["attributes"]["tags"], json!([id(100), id(101)]));
    assert_eq!(changes.puts.iter().map(|put| put.kind).collect::<Vec<_>>(), [Kind::Customer, Kind::Tag, Kind::Tag]);
    assert_eq!(changes.claims.iter().filter(|claim| claim.kind == ClaimKind::TagName).count(), 2);
    assert_eq!(changes.events.len(), 3);
}

#[test]
fn revisions_never_go_back_in_time_although_the_clock_may() {
    let before = stored(&update(&stored(&create(json!({}))), json!({ "name": "late" })));
    let org = org();
    let early = context(&org, CREATED);
    let changes =
        customer::update(&early, Some(&before), seed(3), write(json!({})), &UpdateOptions::default()).unwrap();
    assert_eq!(changes.puts[0].updated_at, LATER.parse().unwrap());
}

#[test]
fn a_record_gathers_no_more_than_a_thousand_custom_attributes() {
    let batch = |from: usize, to: usize| json!({ "custom": (from..to).map(|n| (format!("a{n}Num"), json!(n))).collect::<serde_json::Map<_, _>>() });
    let mut record = stored(&create(batch(0, 100)));
    for hundred in 1..10 {
        record = stored(&update(&record, batch(hundred * 100, hundred * 100 + 100)));
    }
    let refused = update_with(&record, batch(1_000, 1_001), &UpdateOptions::default()).unwrap_err();
    assert_eq!(
        (refused.status, refused.errors[0].source.as_ref().unwrap().parameter.as_deref()),
        (400, Some("custom"))
    );
}

#[test]
fn a_body_that_is_not_json_is_refused_with_the_place_of_the_fault() {
    for (body, words) in [
        (&b"{\"name\":"[..], "column 8"),
        (b"[1,2", "not JSON"),
        (b"\xff", "UTF-8"),
        (b"{} {}", "not JSON"),
        (&b"[".repeat(50_000), "recursion"),
    ] {
        let refusal = input::read::<kustomer_api::customer::CustomerInput>(&CUSTOMER_INPUT, body).unwrap_err();
        assert_eq!(refusal.status, 400);
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
    for body in [&b""[..], b"  \n", b"{}", b"\xef\xbb\xbf{}"] {
        assert!(input::read::<kustomer_api::customer::CustomerInput>(&CUSTOMER_INPUT, body).is_ok());
    }
    assert!(input::read::<kustomer_api::customer::CustomerInput>(&CUSTOMER_INPUT, b"[]").is_err());
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z@.+0-9 é-]{0,12}".prop_map(Value::from),
        Just(json!("2016-11-06T13:54:29-05:00")),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "name",
            "emails",
            "email",
            "phones",
            "phone",
            "type",
            "custom",
            "tags",
            "locations",
            "rev",
            "externalId",
            "externalIds",
            "sentiment",
            "polarity",
            "confidence",
            "aStr",
            "bNum",
            "cAt",
            "gender",
            "company",
        ])
        .prop_map(ToOwned::to_owned),
        "[a-zA-Z]{0,8}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever arrives is a customer or a 400, never a fault of ours.
    #[test]
    fn any_json_is_a_customer_or_a_clear_400(value in json_value()) {
        match input::read::<kustomer_api::customer::CustomerInput>(&CUSTOMER_INPUT, value.to_string().as_bytes()) {
            Ok(input) => {
                let write = Write { input, ..Write::default() };
                let changes = customer::create(&context(&org(), CREATED), id(1), seed(2), write).unwrap();
                resource::read::<kustomer_api::customer::Customer>(&changes.puts[0].document).unwrap();
            }
            Err(refusal) => {
                prop_assert_eq!(refusal.status, 400);
                prop_assert!(!refusal.errors.is_empty());
            }
        }
    }

    /// Writing a customer's own state on it again changes nothing but the marks of the write.
    #[test]
    fn an_update_with_the_same_values_is_idempotent(name in ".{0,40}", email in "[a-z]{1,8}@[a-z]{1,8}\\.example", score in any::<i32>()) {
        let sent = json!({ "name": name, "emails": [{ "email": email }], "custom": { "scoreNum": score } });
        let before = create(sent.clone());
        let after = update(&stored(&before), sent);
        let strip = |changes: &ChangeSet| {
            let mut attributes = document(changes)["attributes"].take();
            for mark in ["rev", "updatedAt", "modifiedAt", "lastActivityAt"] {
                attributes.as_object_mut().unwrap().remove(mark);
            }
            attributes
        };
        prop_assert_eq!(strip(&before), strip(&after));
        prop_assert!(after.frees.is_empty() && after.claims.is_empty());
    }
}

#[test]
fn erasing_leaves_only_the_id_the_revision_and_the_moment() {
    let made = create(json!({ "name": "Ada", "emails": [{ "email": "a@b.c" }], "createdAt": "2014-01-01T00:00:00Z" }));
    let org = org();
    let context = context(&org, LATER);
    let changes = customer::erase(&context, Some(&stored(&made)), seed(5), None).unwrap();
    assert_eq!(
        document(&changes),
        json!({
            "type": "customer", "id": id(1),
            "attributes": { "updatedAt": LATER, "deleted": true, "erasedAt": LATER, "rev": 2 },
            "links": { "self": format!("/v1/customers/{}", id(1)) },
        })
    );
    let put = &changes.puts[0];
    assert_eq!((put.rev, put.expects, put.deleted, put.created_at), (2, Some(1), true, LATER.parse().unwrap()));
    assert_eq!((changes.erasures.len(), changes.erasures[0].id), (1, id(1)));
    assert_eq!(changes.frees, made.claims);
    let event = &changes.events[0];
    assert_eq!((&*event.name, event.rev, event.changes.as_deref()), ("kustomer.customer.erase", 2, None));
}

#[test]
fn a_deleted_customer_can_be_erased_and_an_erased_one_is_gone_for_good() {
    let org = org();
    let context = context(&org, LATER);
    let made = create(json!({ "name": "Ada" }));
    let deleted = customer::delete(&context, Some(&stored(&made)), seed(4), None).unwrap();
    let erased = stored(&customer::erase(&context, Some(&stored(&deleted)), seed(5), None).unwrap());
    assert_eq!(missing::erased_at(&erased).unwrap(), Some(LATER.parse().unwrap()));
    for refusal in [
        customer::erase(&context, Some(&erased), seed(6), None).unwrap_err(),
        customer::restore(&context, Some(&erased), seed(6), None, None).unwrap_err(),
        customer::delete(&context, Some(&erased), seed(6), None).unwrap_err(),
        update_with(&erased, json!({ "name": "Ada" }), &UpdateOptions::default()).unwrap_err(),
        missing::missing(Kind::Customer, Some(&erased)),
    ] {
        assert_eq!(refusal.status, 404);
        assert!(refusal.to_string().contains("erased on 2026-01-02"), "{refusal}");
    }
    assert!(!missing::missing(Kind::Customer, Some(&stored(&deleted))).to_string().contains("erased"));
}

#[test]
fn erasing_asks_for_the_etag_that_was_sent() {
    let org = org();
    let made = create(json!({ "name": "Ada" }));
    let stale = customer::erase(&context(&org, LATER), Some(&stored(&made)), seed(5), Some("W/\"1-1\"")).unwrap_err();
    assert_eq!(stale.status, 412);
}

#[test]
fn a_delete_by_the_same_user_is_all_that_may_separate_an_erasure_from_its_etag() {
    let org = org();
    let made = stored(&create(json!({ "name": "Ada" })));
    let etag = resource::etag(made.document.as_bytes());
    let by = |actor| Context { actor, ..context(&org, LATER) };
    let is_meant = |actor, after: &Stored, before: &Stored, etag: &str| {
        customer::is_deleted_only(&by(actor), after, &before.document, etag).unwrap()
    };
    let delete = |of: &Stored| stored(&customer::delete(&by(id(7)), Some(of), seed(4), None).unwrap());
    let deleted = delete(&made);
    assert!(is_meant(id(7), &deleted, &made, &etag));
    assert!(!is_meant(id(8), &deleted, &made, &etag), "somebody else's delete is a change of its own");
    assert!(!is_meant(id(7), &deleted, &made, "W/\"1-1\""));
    assert!(!is_meant(id(7), &made, &made, &etag));
    let changed = stored(&update(&made, json!({ "name": "Eve" })));
    assert!(!is_meant(id(7), &delete(&changed), &made, &etag), "nor is a change before the delete passed over");
    let restored = customer::restore(&by(id(7)), Some(&deleted), seed(5), None, None).unwrap().unwrap();
    assert!(!is_meant(id(7), &delete(&stored(&restored)), &made, &etag));
}

/// As versions stored it that did not compose accents: with an `e` and an accent behind it.
#[test]
fn a_record_with_accents_in_two_characters_keeps_its_claims_until_it_is_written_again() {
    let (composed, decomposed) = ("ren\u{e9}e", "rene\u{301}e");
    let mut old = stored(&create(json!({ "emails": [{ "email": "x@acme.example" }], "externalId": "x" })));
    old.document =
        old.document.replace("\"x@", &format!("\"{decomposed}@")).replace("\"x\"", &format!("\"{decomposed}\""));
    let address = |name: &str| format!("{name}@acme.example");
    let key = |by: Lookup, value: &str| by.key_as_written(org().key, value).unwrap_or(by.key(org().key, value));
    let held = [key(Lookup::ExternalId, decomposed), key(Lookup::Email, &address(decomposed))];
    let wanted = [key(Lookup::ExternalId, composed), key(Lookup::Email, &address(composed))];
    assert!(held.iter().all(|key| !wanted.contains(key)));
    let claims = |changes: &[Claim]| changes.iter().map(|claim| claim.key).collect::<Vec<_>>();

    let expected = Kind::Customer.claims_of(org().key, old.id, &old.document).unwrap();
    assert_eq!(claims(&expected), held, "what a check expects of it");
    let renamed = update(&old, json!({ "name": "a" }));
    assert_eq!((claims(&renamed.frees), claims(&renamed.claims)), (vec![], vec![]));

    let lists = json!({ "emails": [{ "email": address(decomposed) }], "externalId": decomposed });
    let written = update(&old, lists);
    assert_eq!((claims(&written.frees), claims(&written.claims)), (held.to_vec(), wanted.to_vec()));
    assert_eq!(
        document(&written)["attributes"]["externalIds"],
        json!([{ "externalId": composed, "verified": true, "externalVerified": false, "id": null }])
    );
}
