//! Merges of customers without a database: whatever is merged into whatever, undoing it in the opposite order gives every
//! customer back, and no identity is ever held twice or lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::{BTreeMap, HashMap};

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed, Name};
use kustodian_core::claim::{Claim, ClaimKey};
use kustodian_core::customer::{self, Context, MergeSeeds, Past, UpdateOptions, Write};
use kustodian_core::directory::Org;
use kustodian_core::input;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// How many customers there are.
const CUSTOMERS: u64 = 4;

fn id(number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// Records with their past, and claims, as a store keeps them.
struct Records {
    org: Org,
    records: HashMap<Name, Stored>,
    past: HashMap<(ObjectId, u64), String>,
    claims: BTreeMap<ClaimKey, ObjectId>,
    merges: Vec<ObjectId>,
    drawn: u64,
    now: i64,
}

impl Records {
    fn new(inputs: &[Value]) -> Self {
        let org = Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let mut records = Self {
            org,
            records: HashMap::new(),
            past: HashMap::new(),
            claims: BTreeMap::new(),
            merges: Vec::new(),
            drawn: 100,
            now: 1_000_000,
        };
        for (number, input) in (1..).zip(inputs) {
            let event = records.event();
            let created = customer::create(&records.context(), id(number), event, write(input)).unwrap();
            records.commit(created);
        }
        records
    }

    fn context(&self) -> Context<'_> {
        let now = Timestamp::from_millis(self.now);
        Context { org: &self.org, actor: id(7), now, client: "api", request_id: "r1", slas: None, import: None }
    }

    fn draw(&mut self) -> ObjectId {
        self.drawn += 1;
        id(self.drawn)
    }

    fn event(&mut self) -> EventSeed {
        EventSeed { id: self.draw(), salt: Salt([1; 16]) }
    }

    fn seeds(&mut self) -> MergeSeeds {
        MergeSeeds { event: self.event(), source_event: self.event(), target_event: self.event() }
    }

    fn customer(&self, id: ObjectId) -> Option<&Stored> {
        self.records.get(&(Kind::Customer, id))
    }

    fn merge(&mut self, source: u64, target: u64) -> Result<(), Refusal> {
        self.now += 1_000;
        let (merge, seeds) = (self.draw(), self.seeds());
        let (source, target) = (self.customer(id(source)), self.customer(id(target)));
        let changes = customer::merge(&self.context(), merge, source, target, seeds, true)?.changes;
        self.commit(changes);
        self.merges.push(merge);
        Ok(())
    }

    fn undo(&mut self, merge: ObjectId) -> Result<usize, Refusal> {
        self.now += 1_000;
        let seeds = self.seeds();
        let stored = self.records.get(&(Kind::CustomerMerge, merge)).unwrap();
        let ends = [customer::source_of(stored), customer::target_of(stored)].map(|end| end.unwrap().unwrap());
        let document: Value = serde_json::from_str(&stored.document).unwrap();
        let rev = document["attributes"]["targetRev"].as_u64().unwrap();
        let state = |rev: u64| self.past.get(&(ends[1], rev)).cloned().unwrap();
        let past = Past { before: state(rev), after: state(rev + 1) };
        let both = (self.customer(ends[0]), self.customer(ends[1]));
        let holder = |key: ClaimKey| self.claims.get(&key).copied();
        let undone = customer::undo(&self.context(), Some(stored), both, Some(&past), holder, seeds)?;
        let kept = undone.kept.len();
        self.commit(undone.changes);
        Ok(kept)
    }

    fn update(&mut self, number: u64, input: &Value) -> Result<(), Refusal> {
        self.now += 1_000;
        let event = self.event();
        let stored = self.customer(id(number));
        let changes = customer::update(&self.context(), stored, event, write(input), &UpdateOptions::default())?;
        let is_held = |claim: &Claim| self.claims.get(&claim.key).is_some_and(|holder| *holder != claim.owner);
        if let Some(claim) = changes.claims.iter().find(|claim| is_held(claim)) {
            return Err(claim.conflict(None));
        }
        self.commit(changes);
        Ok(())
    }

    /// Commits, as a store does: each record gets one revision, and no claim has two holders.
    fn commit(&mut self, changes: ChangeSet) {
        assert_eq!(changes.puts.len(), changes.events.len());
        for free in changes.frees {
            if self.claims.get(&free.key) == Some(&free.owner) {
                self.claims.remove(&free.key);
            }
        }
        for claim in changes.claims {
            let holder = *self.claims.entry(claim.key).or_insert(claim.owner);
            assert_eq!(holder, claim.owner, "{claim:?} is held by another");
        }
        for put in changes.puts {
            let name = (put.kind, put.id);
            assert_eq!(put.expects, self.records.get(&name).map(|stored| stored.rev), "{name:?} is written once");
            self.past.insert((put.id, put.rev), put.document.clone());
            let stored = Stored::from(put);
            self.records.insert(name, stored);
        }
        self.check_claims();
    }

    /// The claims are exactly the identities of the existing customers.
    fn check_claims(&self) {
        let customers = self.records.iter().filter(|((kind, _), stored)| *kind == Kind::Customer && !stored.deleted);
        let wanted: BTreeMap<ClaimKey, ObjectId> = customers
            .flat_map(|((kind, id), stored)| kind.claims_of(self.org.key, *id, &stored.document).unwrap())
            .map(|claim| (claim.key, claim.owner))
            .collect();
        assert_eq!(self.claims, wanted);
    }

    /// The customers without what counts changes.
    fn lasting(&self) -> Vec<Value> {
        let all = (1..=CUSTOMERS).map(|number| {
            let stored = self.customer(id(number)).unwrap();
            let mut document: Value = serde_json::from_str(&stored.document).unwrap();
            for name in ["rev", "updatedAt"] {
                document["attributes"].as_object_mut().unwrap().remove(name);
            }
            document
        });
        all.collect()
    }
}

fn write(input: &Value) -> Write {
    Write { input: input::read(&CUSTOMER_INPUT, input.to_string().as_bytes()).unwrap(), ..Write::default() }
}

/// The body of a customer: identities that no other has, and values that others may have too.
fn sent(number: u64) -> impl Strategy<Value = Value> {
    let name = prop::option::of(prop::sample::select(&["Ada", "ada lovelace", ""][..]));
    let locale = prop::option::of(prop::sample::select(&["en_US", "fr_FR"][..]));
    let moment = || prop::option::of((0..3_u8).prop_map(|day| format!("2020-01-0{}T00:00:00Z", day + 1)));
    let custom = prop::collection::btree_map("[a-c]Str", "[x-z]", 0..3);
    let shared = prop::collection::btree_set("[a-b]@shared[.]example", 0..3);
    let own = (0..3_usize, 0..3_usize, any::<bool>());
    (name, locale, moment(), moment(), custom, shared, own).prop_map(
        move |(name, locale, made, seen, custom, shared, (emails, phones, is_external))| {
            let emails: Vec<Value> =
                (0..emails).map(|at| json!({ "email": format!("{at}@{number}.example") })).collect();
            let phones: Vec<Value> = (0..phones).map(|at| json!({ "phone": format!("+180055{number}{at}") })).collect();
            let shared: Vec<Value> = shared.iter().map(|email| json!({ "email": email })).collect();
            let mut input = json!({
                "emails": emails, "phones": phones, "sharedEmails": shared, "custom": custom,
                "locations": [{ "cityName": "London" }],
            });
            let more = [("name", name), ("locale", locale)].map(|(key, value)| (key, value.map(|text| json!(text))));
            let moments = [("createdAt", made), ("lastSeenAt", seen)];
            let moments = moments.map(|(key, value)| (key, value.map(|moment| json!(moment))));
            for (key, value) in more.into_iter().chain(moments) {
                if let Some(value) = value {
                    input[key] = value;
                }
            }
            if is_external {
                input["externalId"] = json!(format!("crm-{number}"));
            }
            input
        },
    )
}

fn inputs() -> impl Strategy<Value = Vec<Value>> {
    (sent(1), sent(2), sent(3), sent(4)).prop_map(|(a, b, c, d)| vec![a, b, c, d])
}

fn pairs() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((1..=CUSTOMERS, 1..=CUSTOMERS).prop_filter("two", |(a, b)| a != b), 1..8)
}

#[derive(Debug, Clone)]
enum Act {
    Merge(u64, u64),
    Undo(usize),
    Update(u64, Value),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let update = (1..=CUSTOMERS).prop_flat_map(|number| sent(number).prop_map(move |input| Act::Update(number, input)));
    let act = prop_oneof![
        pairs().prop_map(|pairs| Act::Merge(pairs[0].0, pairs[0].1)),
        (0..4_usize).prop_map(Act::Undo),
        update,
    ];
    prop::collection::vec(act, 1..12)
}

/// A stored customer whose document has these attributes and relationships besides.
fn known(records: &Records, number: u64, attributes: Value, relationships: Value) -> Stored {
    let mut stored = records.customer(id(number)).unwrap().clone();
    let mut document: Value = serde_json::from_str(&stored.document).unwrap();
    for (part, more) in [("attributes", attributes), ("relationships", relationships)] {
        document[part].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    stored.document = document.to_string();
    stored
}

#[test]
fn the_later_or_earlier_moment_counts_and_otherwise_the_target_wins() {
    let mut records = Records::new(&[json!({}), json!({})]);
    let seeds = records.seeds();
    let at = |day: u8| format!("2026-01-0{day}T00:00:00.000Z");
    let user = |number: u64| json!({ "data": { "type": "user", "id": id(number).to_string() } });
    let company = json!({ "data": { "type": "company", "id": id(30).to_string() } });
    let source = known(
        &records,
        1,
        json!({
            "createdAt": at(1), "modifiedAt": at(3), "lastSeenAt": at(5), "signedUpAt": at(1), "companyName": "Acme",
            "preview": { "previewAt": at(4), "text": "newer" }, "lastMessageIn": { "sentAt": at(4), "channel": "chat" },
            "lastConversation": { "id": "newer", "channels": [], "tags": [] }, "lastMessageAt": at(4),
            "recentLocation": { "updatedAt": at(1), "location": "older" }, "gender": "f", "name": "Ada", "username": "",
            "conversationCounts": { "done": 1, "open": 2, "snoozed": 0, "all": 3 }, "watchers": ["a", "b"],
        }),
        json!({ "createdBy": user(41), "modifiedBy": user(42), "company": company }),
    );
    let target = known(
        &records,
        2,
        json!({
            "createdAt": at(2), "modifiedAt": at(2), "lastSeenAt": at(4), "name": "", "username": "lovelace",
            "preview": { "previewAt": at(3), "text": "older" }, "lastMessageIn": { "sentAt": at(3), "channel": "email" },
            "lastMessageOut": { "sentAt": at(3) }, "lastConversation": { "id": "older", "channels": [], "tags": [] },
            "recentLocation": { "updatedAt": at(2), "location": "newer" }, "lastMessageAt": at(3), "watchers": ["b", "c"],
            "conversationCounts": { "done": 0, "open": 1, "snoozed": 1, "all": 2 },
        }),
        json!({ "createdBy": user(51), "modifiedBy": user(52) }),
    );
    let merged = customer::merge(&records.context(), id(60), Some(&source), Some(&target), seeds, true).unwrap();
    let united: Value = serde_json::from_str(&merged.target).unwrap();
    let attributes = &united["attributes"];
    for (name, expected) in [
        ("createdAt", json!(at(1))),
        ("modifiedAt", json!(at(3))),
        ("lastSeenAt", json!(at(5))),
        ("signedUpAt", json!(at(1))),
        ("lastMessageAt", json!(at(4))),
        ("preview", json!({ "previewAt": at(4), "text": "newer" })),
        ("lastMessageIn", json!({ "sentAt": at(4), "channel": "chat" })),
        ("lastMessageOut", json!({ "sentAt": at(3) })),
        ("lastMessageUnrespondedTo", json!({ "sentAt": at(4), "channel": "chat" })),
        ("lastConversation", json!({ "id": "newer", "channels": [], "tags": [] })),
        ("recentLocation", json!({ "updatedAt": at(2), "location": "newer" })),
        ("conversationCounts", json!({ "done": 1, "open": 3, "snoozed": 1, "all": 5 })),
        ("watchers", json!(["b", "c", "a"])),
        ("name", json!("Ada")),
        ("displayName", json!("Ada")),
        ("username", json!("lovelace")),
        ("gender", json!("f")),
        ("companyName", json!("Acme")),
        ("progressiveStatus", json!("open")),
    ] {
        assert_eq!(attributes[name], expected, "{name}");
    }
    let tie = |name: &str| united["relationships"][name]["data"]["id"].clone();
    let ids = [41, 42, 30].map(|number| json!(id(number).to_string()));
    assert_eq!([tie("createdBy"), tie("modifiedBy"), tie("company")], ids);
    let lost: Vec<&str> = merged.losing.iter().map(|lost| lost.attribute.as_str()).collect();
    assert!(lost.contains(&"preview") && lost.contains(&"createdBy") && !lost.contains(&"gender"), "{lost:?}");
}

proptest! {
    /// Chains and diamonds among them.
    #[test]
    fn merges_undone_in_the_opposite_order_leave_every_customer_as_it_was(inputs in inputs(), pairs in pairs()) {
        let mut records = Records::new(&inputs);
        let former = records.lasting();
        for (source, target) in pairs {
            if let Err(refusal) = records.merge(source, target) {
                prop_assert_eq!(refusal.status, 404);
            }
        }
        while let Some(merge) = records.merges.pop() {
            prop_assert_eq!(records.undo(merge).unwrap(), 0);
            prop_assert_eq!(records.undo(merge).unwrap_err().status, 409);
        }
        prop_assert_eq!(records.lasting(), former);
    }

    #[test]
    fn no_identity_is_held_twice_or_by_nobody_whatever_is_merged_undone_and_changed(
        inputs in inputs(),
        acts in acts(),
    ) {
        let mut records = Records::new(&inputs);
        for act in acts {
            let refused = match act {
                Act::Merge(source, target) => records.merge(source, target).err(),
                Act::Undo(at) => records.merges.get(at).copied().and_then(|merge| records.undo(merge).err()),
                Act::Update(number, input) => records.update(number, &input).err(),
            };
            if let Some(refusal) = refused {
                prop_assert!([404, 409].contains(&refusal.status), "{}", refusal);
            }
        }
    }
}
