//! The rules of drafts, without a database: when a draft is due, what an elapsed timer makes of it, and what holds a claim.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustodian_core::attachment::Attaching;
use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed, Put};
use kustodian_core::customer::{self, Context};
use kustodian_core::directory::Org;
use kustodian_core::draft::{self, How, Parties};
use kustodian_core::input;
use kustodian_core::kind::{DUE_AT, Kind};
use kustodian_core::store::{Loaded, OrgKey, Stored};
use kustodian_core::timer::{Draws, Elapsed};
use kustomer_api::draft::{DRAFT_CHANGE_FORMS, DRAFT_FORMS, DraftInput};
use kustomer_api::schema::Schema;
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

fn seed(byte: u8) -> EventSeed {
    EventSeed { id: id(byte), salt: Salt([byte; 16]) }
}

fn draws(byte: u8) -> Draws {
    Draws {
        ids: std::array::from_fn(|at| id(byte + at as u8)),
        events: std::array::from_fn(|at| seed(byte + 3 + at as u8)),
        beside: Vec::new(),
    }
}

fn org() -> Org {
    Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: at(0) }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn context(org: &Org, now: i64) -> Context<'_> {
    Context { org, actor: id(7), now: at(now), client: "api", request_id: "r1", slas: None, import: None }
}

fn stored(put: &Put) -> Stored {
    Stored {
        id: put.id,
        rev: put.rev,
        deleted: put.deleted,
        created_at: put.created_at,
        updated_at: put.updated_at,
        document: put.document.clone(),
    }
}

fn read(schema: &Schema, body: Value) -> DraftInput {
    input::read(schema, body.to_string().as_bytes()).unwrap()
}

fn ada() -> Stored {
    let input = json!({ "name": "Ada", "phones": [{ "phone": "+18005551212" }] });
    let input = input::read(&kustomer_api::customer::CUSTOMER_INPUT, input.to_string().as_bytes());
    let write = customer::Write { input: input.unwrap(), ..customer::Write::default() };
    stored(&customer::create(&context(&org(), NOW - 1_000), id(1), seed(2), write).unwrap().puts[0])
}

fn create(body: Value) -> ChangeSet {
    let (ada, draws) = (ada(), draws(20));
    let parties = Parties { customer: &ada, conversation: None };
    let how = How { draws: &draws, sends_email: false };
    draft::create(&context(&org(), NOW), id(3), parties, how, Attaching::default(), read(&DRAFT_FORMS, body)).unwrap()
}

fn attributes(put: &Put) -> Value {
    serde_json::from_str::<Value>(&put.document).unwrap()["attributes"].take()
}

fn elapse(draft: &Stored, customer: Option<Stored>, now: i64) -> ChangeSet {
    let (org, draws) = (org(), draws(60));
    let elapsed = Elapsed { org: &org, now: at(now), draws: &draws, sends_email: false, slas: None };
    let customer = customer.map(|customer| ((Kind::Customer, customer.id), customer));
    let loaded: Loaded = customer.into_iter().chain([((Kind::Draft, draft.id), draft.clone())]).collect();
    Kind::Draft.elapse(&elapsed, &loaded, draft.id).unwrap()
}

fn scheduled(millis: i64) -> Stored {
    stored(&create(json!({ "channel": "sms", "body": "hello", "sendAt": at(NOW + millis) })).puts[0])
}

#[test]
fn a_timer_that_has_not_elapsed_changes_nothing_and_one_that_has_sends_once() {
    let draft = scheduled(5_000);
    assert_eq!(elapse(&draft, Some(ada()), NOW + 4_999), ChangeSet::default());
    let sent = elapse(&draft, Some(ada()), NOW + 5_000);
    let kinds: Vec<Kind> = sent.puts.iter().map(|put| put.kind).collect();
    assert_eq!(kinds, [Kind::Draft, Kind::Delivery, Kind::Message, Kind::Conversation, Kind::Customer]);
    assert!(sent.events.iter().all(|event| event.actor.is_none() && event.client == "system"), "the system acts");
    assert_eq!(attributes(&sent.puts[0])["status"], "sent");
    assert_eq!(attributes(&sent.puts[0])["modifiedAt"], json!(at(NOW)), "no user has changed it");
    let again = elapse(&stored(&sent.puts[0]), Some(ada()), NOW + 9_000);
    assert_eq!(again, ChangeSet::default());
    assert_eq!(elapse(&Stored { deleted: true, ..draft }, Some(ada()), NOW + 9_000), ChangeSet::default());
}

#[test]
fn a_draft_that_cannot_be_sent_fails_and_makes_nothing_else() {
    let gone = elapse(&scheduled(5_000), None, NOW + 5_000);
    assert_eq!(gone.puts.len(), 1);
    let attributes = attributes(&gone.puts[0]);
    assert_eq!(attributes["status"], "failed");
    assert_eq!(attributes["error"]["message"], "The customer is not there any more: nothing was sent");
    assert_eq!(gone.puts[0].columns.get(DUE_AT), None, "it is not tried again");
}

/// What an update may say of when to send.
fn updates() -> impl Strategy<Value = Vec<Value>> {
    let said = select(vec![
        json!({}),
        json!({ "body": "changed" }),
        json!({ "sendAt": at(NOW + 60_000) }),
        json!({ "sendAt": at(NOW + 90_000) }),
        json!({ "sendAt": null }),
        json!({ "sendAt": "" }),
        json!({ "scheduled": false }),
        json!({ "scheduled": true }),
        json!({ "status": "draft" }),
    ]);
    proptest::collection::vec(said, 0..8)
}

proptest! {
    #[test]
    fn a_draft_is_due_when_it_is_scheduled_and_then_alone(updates in updates()) {
        let (ada, draws) = (ada(), draws(20));
        let parties = Parties { customer: &ada, conversation: None };
        let mut put = create(json!({ "channel": "sms", "body": "hello" })).puts.remove(0);
        for mut said in updates {
            let named = said.get("sendAt").cloned();
            let unscheduled = said["scheduled"] == json!(false);
            let before = attributes(&put)["sendAt"].clone();
            said["channel"] = json!("sms");
            let input = read(&DRAFT_CHANGE_FORMS, said);
            let how = How { draws: &draws, sends_email: false };
            let stored = stored(&put);
            put = draft::update(&context(&org(), NOW), Some(&stored), parties, how, Attaching::default(), input).unwrap().puts.remove(0);
            let after = attributes(&put);
            let moment = match named {
                _ if unscheduled => None,
                Some(named) => named.as_str().filter(|named| !named.is_empty()).map(str::to_owned),
                None => before.as_str().map(str::to_owned),
            };
            prop_assert_eq!(put.columns.get(DUE_AT), moment.as_deref());
            prop_assert_eq!(&after["status"], if moment.is_some() { "scheduled" } else { "draft" });
            prop_assert_eq!(&after["scheduled"], &json!(moment.is_some()));
        }
    }
}
