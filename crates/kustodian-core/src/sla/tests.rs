use kustomer_api::conversation::{Conversation, ConversationInput, ConversationStatus, Direction, Snooze};
use kustomer_api::message::{Channel, MessageInput};
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{InForce, due};
use crate::chain::Salt;
use crate::change::{ChangeSet, EventSeed};
use crate::conversation::{self, Seeds};
use crate::conversation_time::Draw;
use crate::customer::{self, Context};
use crate::directory::Org;
use crate::kind::Kind;
use crate::message::{self, Place};
use crate::refusal::Refusal;
use crate::store::{OrgKey, Stored};

const MINUTE: i64 = 60_000;

fn id(number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

fn sla(number: u64, version: u64, says: Value) -> String {
    let mut attributes = json!({
        "name": format!("SLA {number}"), "hours": "calendar", "currentVersion": version,
        "versions": [{ "id": id(number + 1_000), "version": version }],
    });
    attributes.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    json!({ "type": "sla", "id": id(number), "attributes": attributes, "relationships": {} }).to_string()
}

/// Milliseconds for the priority 3, and half of them for 5.
fn within(metric: &str, minutes: i64) -> Value {
    let times = json!({ "3": minutes * MINUTE, "5": minutes * MINUTE / 2 });
    json!({ "metrics": { metric: { "enabled": true, "times": times } } })
}

/// A conversation and its customer, without a database.
struct World {
    org: Org,
    in_force: InForce,
    now: i64,
    drawn: u64,
    customer: Option<Stored>,
    conversation: Option<Stored>,
}

impl World {
    fn with(slas: &[String]) -> Self {
        let org = Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        // A Monday, at nine in UTC.
        let now = "2026-01-12T09:00:00Z".parse::<Timestamp>().unwrap().as_millis();
        let mut world = Self { org, in_force: InForce::default(), now, drawn: 100, customer: None, conversation: None };
        slas.iter().for_each(|sla| world.in_force.add(sla).unwrap());
        let event = world.event();
        let created = customer::create(&world.context(), id(1), event, customer::Write::default()).unwrap();
        world.commit(created);
        world
    }

    fn context(&self) -> Context<'_> {
        let now = Timestamp::from_millis(self.now);
        let slas = Some(&self.in_force);
        Context { org: &self.org, actor: id(7), now, client: "api", request_id: "r1", slas, import: None }
    }

    fn event(&mut self) -> EventSeed {
        self.drawn += 1;
        EventSeed { id: id(self.drawn), salt: Salt([1; 16]) }
    }

    fn seeds(&mut self) -> Seeds {
        let [event, conversation_event, customer_event, time] = std::array::from_fn(|_| self.event());
        Seeds { event, conversation_event, customer_event, time: Draw { id: time.id, event: time } }
    }

    fn commit(&mut self, changes: ChangeSet) {
        for put in changes.puts {
            let held = match put.kind {
                Kind::Customer => &mut self.customer,
                Kind::Conversation => &mut self.conversation,
                _ => continue,
            };
            *held = Some(Stored::from(put));
        }
    }

    fn after(&mut self, minutes: i64) -> &mut Self {
        self.now += minutes * MINUTE;
        self
    }

    fn opened(slas: &[String]) -> Self {
        let mut world = Self::with(slas);
        let seeds = world.seeds();
        let owner = world.customer.clone().unwrap();
        let write = conversation::Write::default();
        let created = conversation::create(&world.context(), id(2), seeds, &owner, write).unwrap();
        world.commit(created);
        world
    }

    fn say(&mut self, direction: Direction) -> &mut Self {
        self.say_on(Channel::Email, direction)
    }

    fn say_on(&mut self, channel: Channel, direction: Direction) -> &mut Self {
        self.say_as(MessageInput::new(channel, "app").direction(direction))
    }

    fn say_as(&mut self, input: MessageInput) -> &mut Self {
        let (seeds, new) = (self.seeds(), self.event().id);
        let owner = self.customer.clone().unwrap();
        let stored = self.conversation.clone();
        let place = stored.as_ref().map_or(Place::New(id(2)), Place::Conversation);
        let write = message::Write { input, ..Default::default() };
        let created = message::create(&self.context(), new, seeds, &owner, place, write).unwrap();
        self.commit(created);
        self
    }

    /// A machine writes to the customer.
    fn reply_by_itself(&mut self) -> &mut Self {
        let input = MessageInput::new(Channel::Email, "app").direction(Direction::Out).auto(true);
        self.say_as(input)
    }

    fn change(&mut self, input: ConversationInput) -> &mut Self {
        let seeds = self.seeds();
        let write = conversation::Write { input, ..Default::default() };
        let (stored, owner) = (self.conversation.as_ref(), self.customer.as_ref());
        let changes = conversation::update(&self.context(), stored, owner, seeds, write, false).unwrap();
        self.commit(changes);
        self
    }

    fn set(&mut self, status: ConversationStatus) -> &mut Self {
        self.change(ConversationInput::default().status(status))
    }

    fn snooze(&mut self, minutes: i64) -> &mut Self {
        let time = Timestamp::from_millis(self.now + minutes * MINUTE);
        self.change(ConversationInput::default().snooze(Snooze::until(time)))
    }

    /// Has the timer of the conversation elapse, if it has; whether it has.
    fn elapse(&mut self) -> bool {
        let seeds = self.seeds();
        let stored = self.conversation.clone().unwrap();
        let changes = conversation::elapse(&self.context(), &stored, self.customer.as_ref(), seeds).unwrap();
        changes.map(|changes| self.commit(changes)).is_some()
    }

    fn read(&self) -> Conversation {
        crate::resource::read(&self.conversation.as_ref().unwrap().document).unwrap()
    }

    fn record(&self) -> Value {
        serde_json::from_str(&self.conversation.as_ref().unwrap().document).unwrap()
    }

    fn sla(&self) -> Value {
        self.record()["attributes"]["sla"].clone()
    }

    /// In so many minutes from now the next metric takes too long.
    fn due_in(&self) -> Option<i64> {
        due(&self.read().attributes).map(|at| (at.as_millis() - self.now) / MINUTE)
    }
}

#[test]
fn the_first_answer_in_time_satisfies_and_a_late_one_does_not() {
    let slas = [sla(10, 2, within("firstResponse", 60))];
    let mut world = World::with(&slas);
    world.say(Direction::In);
    let record = world.record();
    let related = &record["relationships"];
    assert_eq!(
        (&related["sla"]["data"]["id"], &related["slaVersion"]["data"]["id"]),
        (&json!(id(10)), &json!(id(1010)))
    );
    let at = Timestamp::from_millis(world.now + 60 * MINUTE);
    assert_eq!(
        world.sla(),
        json!({
            "name": "SLA 10", "version": 2, "matchedAt": Timestamp::from_millis(world.now),
            "metrics": { "firstResponse": { "breachAt": at, "startedAt": Timestamp::from_millis(world.now) } },
            "breach": { "metric": "firstResponse", "at": at }, "breached": false, "status": "pending",
            "summary": { "firstBreachAt": at },
        })
    );
    // More of the customer's does not set the clock back.
    world.after(20).say(Direction::In);
    assert_eq!(world.due_in(), Some(40));
    world.after(20).say(Direction::Out);
    let (sla, now) = (world.sla(), Timestamp::from_millis(world.now));
    assert_eq!((&sla["status"], &sla["breached"], world.due_in()), (&json!("paused"), &json!(false), None));
    assert_eq!(
        (&sla["metrics"]["firstResponse"]["satisfiedAt"], &sla["summary"]["satisfiedAt"]),
        (&json!(now), &json!(now))
    );
    assert_eq!((&sla["metrics"]["firstResponse"]["time"], &sla["breach"]), (&json!(40 * MINUTE), &Value::Null));
    // It is the first answer alone.
    world.after(600).say(Direction::In);
    assert_eq!((world.due_in(), &world.sla()["status"]), (None, &json!("paused")));

    let mut late = World::with(&slas);
    late.say(Direction::In).after(59);
    assert!(!late.elapse());
    late.after(1);
    let rev = late.conversation.as_ref().unwrap().rev;
    assert!(late.elapse() && !late.elapse(), "once");
    let stored = late.conversation.as_ref().unwrap();
    assert_eq!((stored.rev, &late.sla()["breached"]), (rev + 1, &json!(true)));
    late.after(5).say(Direction::Out);
    let sla = late.sla();
    let at = Timestamp::from_millis(late.now - 5 * MINUTE);
    assert_eq!((&sla["breached"], &sla["breach"]["at"]), (&json!(true), &json!(at)));
    assert_eq!(
        (&sla["metrics"]["firstResponse"]["satisfiedAt"], &sla["summary"]["satisfiedAt"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_machine_gives_no_first_answer_and_any_other_one() {
    let mut first = World::with(&[sla(10, 1, within("firstResponse", 60))]);
    first.say(Direction::In).after(1).reply_by_itself();
    assert_eq!((first.due_in(), &first.sla()["status"]), (Some(59), &json!("pending")));
    first.after(9).say(Direction::In).after(10).reply_by_itself();
    assert_eq!(first.due_in(), Some(40), "it is the first message that waits");
    first.after(10).say(Direction::Out);
    let (times, now) = (first.sla(), json!(Timestamp::from_millis(first.now)));
    assert_eq!((&times["metrics"]["firstResponse"]["satisfiedAt"], &times["breached"]), (&now, &json!(false)));
    assert_eq!(times["metrics"]["firstResponse"]["time"], json!(30 * MINUTE));
    let response = first.record()["attributes"]["firstResponse"].clone();
    assert_eq!((&response["sentAt"], &response["responseTime"]), (&now, &json!(30 * MINUTE)));
    // Late, it is a breach, although a machine was in time.
    let mut late = World::with(&[sla(10, 1, within("firstResponse", 60))]);
    late.say(Direction::In).reply_by_itself().after(60);
    assert!(late.elapse());
    assert_eq!(late.sla()["breached"], true);

    for metric in ["longestUnrespondedMessage", "totalCustomerWaitTime"] {
        let mut other = World::with(&[sla(10, 1, within(metric, 60))]);
        other.say(Direction::In).after(1).reply_by_itself();
        assert_eq!((other.due_in(), &other.sla()["status"]), (None, &json!("paused")), "{metric}");
    }
}

#[test]
fn an_answer_that_is_late_breaches_though_no_timer_has_elapsed() {
    let mut world = World::with(&[sla(10, 1, within("firstResponse", 60))]);
    world.say(Direction::In).after(61).say(Direction::Out);
    assert_eq!(world.sla()["breached"], true);
}

#[test]
fn every_message_waits_for_itself_and_all_waiting_is_summed_up() {
    let mut longest = World::with(&[sla(10, 1, within("longestUnrespondedMessage", 30))]);
    let mut total = World::with(&[sla(10, 1, within("totalCustomerWaitTime", 30))]);
    for world in [&mut longest, &mut total] {
        world.say(Direction::In).after(20).say(Direction::Out).after(100).say(Direction::In);
    }
    assert_eq!((longest.due_in(), total.due_in()), (Some(30), Some(10)));
    for world in [&mut longest, &mut total] {
        world.after(10).elapse();
    }
    assert_eq!((&longest.sla()["breached"], &total.sla()["breached"]), (&json!(false), &json!(true)));
    longest.after(5).say(Direction::Out);
    assert_eq!(longest.sla()["summary"]["satisfiedAt"], json!(Timestamp::from_millis(longest.now)));
}

#[test]
fn clocks_are_stopped_by_a_snooze_and_by_the_end() {
    let mut world = World::opened(&[sla(10, 1, within("totalConversationOpenTime", 60))]);
    assert_eq!(world.due_in(), Some(60));
    world.after(20).snooze(1_000);
    assert_eq!((world.due_in(), &world.sla()["status"]), (None, &json!("paused")));
    world.after(1_000);
    assert!(world.elapse(), "the snooze ends");
    assert_eq!((world.due_in(), &world.sla()["status"]), (Some(40), &json!("pending")));
    world.after(10).set(ConversationStatus::Done);
    let now = json!(Timestamp::from_millis(world.now));
    assert_eq!((&world.sla()["status"], &world.sla()["summary"]["satisfiedAt"]), (&json!("done"), &now));
    world.after(500).set(ConversationStatus::Open);
    assert_eq!((world.due_in(), &world.sla()["summary"]["satisfiedAt"]), (Some(30), &Value::Null));
    world.after(1).change(ConversationInput::default().deleted(true));
    world.after(100).change(ConversationInput::default().deleted(false));
    assert_eq!(world.due_in(), Some(29), "deleted, it waits for nobody");

    // A message that waits while it is snoozed continues waiting; one that arrives meanwhile opens it.
    let mut asked = World::with(&[sla(10, 1, within("longestUnrespondedMessage", 60))]);
    asked.say(Direction::In).after(10).snooze(100).after(20).say(Direction::In);
    assert_eq!(asked.due_in(), Some(50));
}

#[test]
fn the_first_sla_whose_criteria_are_met_applies_until_there_is_a_message() {
    let chat = json!({ "and": [{ "conversation_channel": { "operator": "equals", "value": "chat" } }] });
    let mut of_chat = within("firstResponse", 10);
    of_chat["criteria"] = chat;
    let mut urgent = within("firstResponse", 5);
    urgent["criteria"] =
        json!({ "or": [{ "conversation_priority": { "gte": 4 } }, { "conversation_tags": { "set": true } }] });
    let slas = [sla(10, 1, urgent), sla(11, 1, of_chat), sla(12, 1, within("firstResponse", 60))];
    let held = |world: &World| world.record()["relationships"]["sla"]["data"]["id"].clone();
    let mut world = World::opened(&slas);
    assert_eq!(held(&world), json!(id(12)));
    world.say_on(Channel::Chat, Direction::In);
    assert_eq!((held(&world), world.due_in()), (json!(id(11)), Some(10)));
    // Now it stays, and the priority says how soon.
    world.change(ConversationInput::default().priority(5_u64));
    assert_eq!((held(&world), world.due_in()), (json!(id(11)), Some(5)));
    world.change(ConversationInput::default().priority(1_u64));
    assert_eq!((world.due_in(), &world.sla()["metrics"]), (None, &json!({})), "no time is said for that priority");

    let mut first = within("firstResponse", 20);
    first["position"] = json!(0);
    let placed = [slas[2].clone(), sla(13, 1, first)];
    assert_eq!(held(&World::opened(&placed)), json!(id(13)), "a position counts more than age");

    let mut mail = World::opened(&slas[..2]);
    assert_eq!(mail.sla(), Value::Null);
    mail.say(Direction::In);
    assert_eq!(mail.sla(), Value::Null);
    mail.after(3).change(ConversationInput::default().priority(4_u64));
    assert_eq!((held(&mail), mail.due_in()), (json!(id(10)), None));
}

#[test]
fn another_version_counts_from_the_next_change_and_an_sla_that_is_gone_measures_no_more() {
    let mut world = World::with(&[sla(10, 1, within("firstResponse", 60))]);
    world.say(Direction::In).after(10);
    world.in_force = InForce::default();
    world.in_force.add(&sla(10, 2, within("firstResponse", 30))).unwrap();
    assert_eq!(world.due_in(), Some(50));
    world.change(ConversationInput::default().name("Order"));
    assert_eq!((world.due_in(), &world.sla()["version"]), (Some(20), &json!(2)));
    world.in_force = InForce::default();
    world.after(1).change(ConversationInput::default().name("Orders"));
    assert_eq!((world.due_in(), &world.sla()["status"], &world.sla()["version"]), (None, &json!("paused"), &json!(2)));
}

#[test]
fn hours_of_work_are_those_of_the_default_schedule() {
    let mut business = within("firstResponse", 120);
    business["hours"] = json!("business");
    let slas = [sla(10, 1, business)];
    let mut evening = World::with(&slas);
    // Until a schedule is made: from eight to five.
    evening.after(7 * 60).say(Direction::In);
    assert_eq!(evening.due_in(), Some(17 * 60), "an hour today, and one tomorrow");
    let hours =
        json!({ "0": null, "1": [[540, 1080]], "2": [[600, 1080]], "3": null, "4": null, "5": null, "6": null });
    let schedule = json!({
        "type": "schedule", "id": id(20), "attributes": { "hours": hours, "timezone": "UTC", "holidays": [] },
    });
    evening.in_force.work_by(&schedule.to_string()).unwrap();
    evening.change(ConversationInput::default().name("Order"));
    assert_eq!(evening.due_in(), Some(2 * 60));
    // Half of it is over on Monday, and a snooze over the night takes none.
    evening.after(60).snooze(15 * 60).after(15 * 60).elapse();
    assert_eq!(evening.due_in(), Some(3 * 60), "it is eight: an hour from ten on");
}

#[test]
fn an_imported_conversation_has_not_waited() {
    let mut world = World::with(&[sla(10, 1, within("longestUnrespondedMessage", 60))]);
    let (seeds, new) = (world.seeds(), world.event().id);
    let owner = world.customer.clone().unwrap();
    let at = |minutes: i64| Timestamp::from_millis(world.now + minutes * MINUTE);
    let input =
        MessageInput::new(Channel::Email, "app").direction(Direction::In).sent_at(at(-9_000)).imported_at(at(0));
    let write = message::Write { input, ..Default::default() };
    let created = message::create(&world.context(), new, seeds, &owner, Place::New(id(2)), write).unwrap();
    world.commit(created);
    assert_eq!((world.due_in(), &world.sla()["breached"]), (Some(60), &json!(false)));
}

#[test]
fn criteria_are_refused_with_their_place() {
    let pointer = |criteria: Value| -> Result<(), Value> {
        super::policy::check(criteria.as_object().unwrap())
            .map_err(|Refusal { errors, .. }| errors[0].meta.get("pointer").cloned().unwrap_or_default())
    };
    let channel = json!({ "operator": "equals", "value": "chat" });
    for fine in [
        json!({}),
        json!({ "and": [] }),
        json!({ "and": [{ "conversation_channel": channel }], "or": { "conversation_priority": { "gt": 3 } } }),
        json!({ "and": { "or": [{ "conversation_custom_tierStr": { "equals": "gold" } }] } }),
    ] {
        assert_eq!(pointer(fine.clone()), Ok(()), "{fine}");
    }
    for (wrong, place) in [
        (json!({ "and": [{ "conversation_colour": { "equals": "red" } }] }), "/criteria/and/0/conversation_colour"),
        (json!({ "and": [{ "conversation_channel": { "operator": "sings", "value": 1 } }] }), "/criteria/and/0"),
        (json!({ "or": { "conversation_priority": { "gt": "high" } } }), "/criteria/or/conversation_priority/gt"),
        (json!({ "and": [{ "customer_name": { "equals": "Ada" } }] }), "/criteria"),
        (json!({ "conversation_priority": { "gt": 1 } }), "/criteria/conversation_priority"),
        (json!({ "and": ["x"] }), "/criteria/and/0"),
    ] {
        assert_eq!(pointer(wrong.clone()), Err(json!(place)), "{wrong}");
    }
}

/// What may happen to a conversation.
#[derive(Debug, Clone)]
enum Act {
    Ask,
    Answer,
    Set(ConversationStatus),
    Snooze(i64),
    Priority(u64),
}

fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let act = prop_oneof![
        Just(Act::Ask),
        Just(Act::Answer),
        Just(Act::Set(ConversationStatus::Open)),
        Just(Act::Set(ConversationStatus::Done)),
        (1_i64..90).prop_map(Act::Snooze),
        (1_u64..=5).prop_map(Act::Priority),
    ];
    prop::collection::vec((0_i64..50, act), 1..25)
}

proptest! {
    // Each of them steps through hours, minute by minute.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: the timer is set to the next breach, elapses once for each metric at most, and what breached stays
    /// so.
    #[test]
    fn a_breach_is_noted_when_it_is_due_and_stays(acts in acts()) {
        let mut all = json!({ "metrics": {} });
        for (metric, minutes) in [
            ("firstResponse", 20),
            ("longestUnrespondedMessage", 30),
            ("totalConversationOpenTime", 200),
            ("totalCustomerWaitTime", 90),
        ] {
            all["metrics"][metric] = within(metric, minutes)["metrics"][metric].clone();
        }
        let mut world = World::opened(&[sla(10, 1, all)]);
        let (mut breached, mut elapsed) = (false, 0);
        for (minutes, act) in acts {
            for _ in 0..minutes {
                world.after(1);
                let is_due = conversation::due(&world.read().attributes).is_some_and(|at| at.as_millis() <= world.now);
                let was_snoozed = world.read().attributes.status.value() == Some(&ConversationStatus::Snoozed);
                let has_elapsed = world.elapse();
                prop_assert_eq!(has_elapsed, is_due);
                elapsed += usize::from(has_elapsed && !was_snoozed);
            }
            match act {
                Act::Ask => world.say(Direction::In),
                Act::Answer => world.say(Direction::Out),
                Act::Set(status) => world.set(status),
                Act::Snooze(minutes) => world.snooze(minutes),
                Act::Priority(priority) => world.change(ConversationInput::default().priority(priority)),
            };
            let sla = world.sla();
            prop_assert!(world.due_in().is_none_or(|minutes| minutes >= 0), "{sla}");
            prop_assert!(!breached || sla["breached"] == true, "{sla}");
            breached = sla["breached"] == true;
            let runs = sla["metrics"].as_object().unwrap().values().any(|clock| !clock["startedAt"].is_null());
            let status = world.read().attributes.status.into_value();
            prop_assert_eq!(sla["status"] == "done", status == Some(ConversationStatus::Done));
            prop_assert_eq!(sla["status"] == "pending", runs);
            prop_assert!(!runs || status == Some(ConversationStatus::Open));
            prop_assert!(sla["summary"]["satisfiedAt"].is_null() || !breached);
        }
        prop_assert!(elapsed <= 4);
    }
}
