//! History: any state of a record is rebuilt, to the byte, from a later one and the differences between them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, Event, EventSeed, SNAPSHOT_EVERY};
use kustodian_core::customer::{self, Context, UpdateOptions, Write};
use kustodian_core::directory::Org;
use kustodian_core::history::{nearest_whole, replay, rewind};
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Stored};
use kustodian_core::{input, tag};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The request of a client.
#[derive(Debug, Clone)]
enum Command {
    Update(Value),
    Replace(Value),
    Delete,
    Restore,
}

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

fn seed() -> EventSeed {
    EventSeed { id: id(2), salt: Salt([3; 16]) }
}

fn org() -> Org {
    Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) }
}

fn write(input: &Value) -> Write {
    let mut input: kustomer_api::customer::CustomerInput =
        input::read(&CUSTOMER_INPUT, input.to_string().as_bytes()).unwrap();
    let tags = input
        .tags
        .take()
        .map(|names| tag::Resolved { ids: names.iter().map(|name| name.parse().unwrap()).collect(), new: Vec::new() });
    Write { input, tags, ..Write::default() }
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

/// A difference as earlier versions kept it: maps whole, before and after.
fn of_earlier_versions(changes: &str, before: &str, after: &str) -> String {
    let [mut changes, before, after] =
        [changes, before, after].map(|text| serde_json::from_str::<Value>(text).unwrap());
    for (name, change) in changes["attributes"].as_object_mut().unwrap() {
        for (side, state) in [("before", &before), ("after", &after)] {
            if let Some(told) = change.get_mut(side) {
                *told = state["attributes"][name].clone();
            }
        }
    }
    changes.to_string()
}

/// Every state a record went through, with the event that led to it.
fn live(first: &Value, commands: &[Command]) -> Vec<(Stored, Event)> {
    let org = org();
    let at = |moment: i64| Context {
        org: &org,
        actor: id(u8::try_from(moment % 3).unwrap()),
        now: Timestamp::from_millis(1_700_000_000_000 + moment),
        client: "api",
        request_id: "r",
        slas: None,
        import: None,
    };
    let mut changes = customer::create(&at(0), id(1), seed(), write(first)).unwrap();
    let mut states = vec![(stored(&changes), changes.events.remove(0))];
    for (moment, command) in (1..).zip(commands) {
        let context = at(moment);
        let newest = &states.last().unwrap().0;
        let options = |replace| UpdateOptions { replace, ..UpdateOptions::default() };
        let decided = match command {
            Command::Update(input) => {
                customer::update(&context, Some(newest), seed(), write(input), &options(false)).ok()
            }
            Command::Replace(input) => {
                customer::update(&context, Some(newest), seed(), write(input), &options(true)).ok()
            }
            Command::Delete => customer::delete(&context, Some(newest), seed(), None).ok(),
            Command::Restore => customer::restore(&context, Some(newest), seed(), None, None).unwrap(),
        };
        if let Some(mut changes) = decided {
            states.push((stored(&changes), changes.events.remove(0)));
        }
    }
    states
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>()
            .prop_filter("JSON has no infinities", |number| number.is_finite())
            .prop_map(|number| json!(number)),
    ]
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), Just(json!("")), "\\PC{1,12}".prop_map(|text| json!(text))]
}

fn custom() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        ("[a-c]Num", prop_oneof![Just(Value::Null), number()]),
        ("[a-c]Str", text()),
        ("[a-c]Bool", any::<bool>().prop_map(|boolean| json!(boolean))),
        ("[a-c]At", Just(json!("2016-11-06T13:54:29-05:00"))),
    ];
    proptest::collection::vec(value, 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
}

fn attribute() -> impl Strategy<Value = (String, Value)> {
    let named = |name: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| (name.to_owned(), value));
    let emails = proptest::collection::hash_set("[a-d]{1,3}@acme\\.example", 0..3).prop_map(|emails| {
        emails.into_iter().map(|email| json!({ "email": email, "type": "work" })).collect::<Value>()
    });
    let location = (-90.0..90.0, -180.0..180.0)
        .prop_map(|(latitude, longitude)| json!([{ "name": "Home", "latitude": latitude, "longitude": longitude }]));
    let sentiment = (-1..=1i64, -1.0..1.0)
        .prop_map(|(polarity, confidence): (i64, f64)| json!({ "polarity": polarity, "confidence": confidence }));
    let tags = proptest::collection::hash_set(10..14u8, 0..3)
        .prop_map(|ids| ids.into_iter().map(|byte| json!(id(byte))).collect::<Value>());
    let moment =
        prop_oneof![Just(Value::Null), (0..4_000_000_000_000i64).prop_map(|at| json!(Timestamp::from_millis(at)))];
    prop_oneof![
        named("name", text().boxed()),
        named("username", text().boxed()),
        named("company", prop_oneof![Just(Value::Null), Just(json!(id(20))), Just(json!(id(21)))].boxed()),
        named("emails", emails.boxed()),
        named("locations", location.boxed()),
        named("sentiment", sentiment.boxed()),
        named("tags", tags.boxed()),
        named("birthdayAt", moment.boxed()),
        named("externalId", "[x-z]{1,2}".prop_map(|text| json!(text)).boxed()),
        named("custom", custom().boxed()),
    ]
}

fn attributes() -> impl Strategy<Value = Value> {
    proptest::collection::vec(attribute(), 0..5)
        .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<String, Value>>()))
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        5 => attributes().prop_map(Command::Update),
        2 => attributes().prop_map(Command::Replace),
        1 => Just(Command::Delete),
        2 => Just(Command::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn going_back_step_by_step_gives_every_earlier_state_to_the_byte(
        first in attributes(),
        commands in proptest::collection::vec(command(), 0..12),
    ) {
        let states = live(&first, &commands);
        let mut document = states.last().unwrap().0.document.clone();
        for (index, (_, event)) in states.iter().enumerate().skip(1).rev() {
            document = rewind(Kind::Customer, &document, event.changes.as_deref().unwrap()).unwrap();
            prop_assert_eq!(&document, &states[index - 1].0.document);
        }
        prop_assert!(states[0].1.changes.is_none());
    }

    #[test]
    fn the_first_state_and_the_events_alone_give_every_later_one(
        first in attributes(),
        commands in proptest::collection::vec(command(), 0..12),
    ) {
        let states = live(&first, &commands);
        let mut document = states[0].0.document.clone();
        for (state, event) in states.iter().skip(1) {
            document = replay(Kind::Customer, &document, event.changes.as_deref().unwrap()).unwrap();
            prop_assert_eq!(&document, &state.document);
        }
    }

    #[test]
    fn the_differences_of_earlier_versions_which_keep_maps_whole_lead_to_the_same_states(
        first in attributes(),
        commands in proptest::collection::vec(command(), 1..12),
    ) {
        let states = live(&first, &commands);
        for pair in states.windows(2) {
            let (before, after) = (&pair[0].0.document, &pair[1].0.document);
            let changes = of_earlier_versions(pair[1].1.changes.as_deref().unwrap(), before, after);
            prop_assert_eq!(&rewind(Kind::Customer, after, &changes).unwrap(), before);
            prop_assert_eq!(&replay(Kind::Customer, before, &changes).unwrap(), after);
        }
    }

    #[test]
    fn fewer_differences_than_the_distance_of_snapshots_lie_between_a_revision_and_the_next_whole_one(
        newest in 1..10_000u64,
        share in 0.0..1.0f64,
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small number")]
        let rev = 1 + ((newest - 1) as f64 * share) as u64;
        let whole = nearest_whole(rev, newest);
        prop_assert!((rev..=newest).contains(&whole) && whole - rev < SNAPSHOT_EVERY);
        prop_assert!(whole == newest || whole.is_multiple_of(SNAPSHOT_EVERY));
    }
}

#[test]
fn an_event_keeps_the_whole_record_at_the_revisions_one_begins_from() {
    let updates: Vec<Command> =
        (0..70).map(|number| Command::Update(json!({ "custom": { "stepNum": number } }))).collect();
    let states = live(&json!({ "name": "Ada" }), &updates);
    for (state, event) in &states {
        let whole = state.rev.is_multiple_of(SNAPSHOT_EVERY);
        assert_eq!(event.snapshot.as_ref(), whole.then_some(&state.document), "revision {}", state.rev);
    }
}
