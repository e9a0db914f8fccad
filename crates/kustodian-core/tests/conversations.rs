//! Conversations without a database: whatever is done in whatever order, a conversation and its customer show what follows
//! from the records that there are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::HashMap;

use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed, Name};
use kustodian_core::conversation::{self, Seeds};
use kustodian_core::conversation_time::Draw;
use kustodian_core::customer::{self, Context};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::message::{self, Place};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::conversation::{ConversationInput, ConversationStatus, Direction, Snooze};
use kustomer_api::message::{Channel, MessageInput};
use kustomer_api::{ObjectId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Records as a store keeps them.
struct Records {
    org: Org,
    records: HashMap<Name, Stored>,
    drawn: u64,
    now: i64,
}

const CUSTOMERS: [u8; 2] = [1, 2];

fn id(number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

impl Records {
    fn new() -> Self {
        let org = Org { key: OrgKey(1), id: id(9), name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        let mut records = Self { org, records: HashMap::new(), drawn: 100, now: 1_000_000 };
        for number in CUSTOMERS {
            let event = records.event();
            let created =
                customer::create(&records.context(), id(number.into()), event, customer::Write::default()).unwrap();
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

    fn seeds(&mut self) -> Seeds {
        Seeds {
            event: self.event(),
            conversation_event: self.event(),
            customer_event: self.event(),
            time: Draw { id: self.draw(), event: self.event() },
        }
    }

    fn get(&self, kind: Kind, id: ObjectId) -> Option<&Stored> {
        self.records.get(&(kind, id))
    }

    fn document(&self, kind: Kind, id: ObjectId) -> Value {
        serde_json::from_str(&self.get(kind, id).unwrap().document).unwrap()
    }

    fn conversations(&self) -> Vec<ObjectId> {
        let mut ids: Vec<ObjectId> =
            self.records.keys().filter(|(kind, _)| *kind == Kind::Conversation).map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids
    }

    fn owner(&self, conversation: ObjectId) -> ObjectId {
        conversation::customer_of(self.get(Kind::Conversation, conversation).unwrap()).unwrap().unwrap()
    }

    /// Commits, as a store does: each record gets one revision, which replaces the one before.
    fn commit(&mut self, changes: ChangeSet) {
        for put in changes.puts {
            let name = (put.kind, put.id);
            assert_eq!(put.expects, self.records.get(&name).map(|stored| stored.rev), "{name:?} is written once");
            self.records.insert(name, Stored::from(put));
        }
    }

    fn act(&mut self, act: &Act) {
        self.now += 1_000;
        let conversations = self.conversations();
        let pick = |at: u8| (!conversations.is_empty()).then(|| conversations[usize::from(at) % conversations.len()]);
        let (seeds, new) = (self.seeds(), self.draw());
        let context = self.context();
        let decided: Option<Result<ChangeSet, Refusal>> = match *act {
            Act::Open { customer } => {
                let owner = self.get(Kind::Customer, id(customer.into())).unwrap();
                Some(conversation::create(&context, new, seeds, owner, conversation::Write::default()))
            }
            Act::Say { conversation, is_out, sent_at } => pick(conversation).map(|conversation| {
                let owner = self.get(Kind::Customer, self.owner(conversation)).unwrap();
                let direction = if is_out { Direction::Out } else { Direction::In };
                let input = MessageInput::new(Channel::Email, "postmark")
                    .direction(direction)
                    .preview(format!("sent at {sent_at}"))
                    .sent_at(Timestamp::from_millis(i64::from(sent_at)));
                let place = Place::Conversation(self.get(Kind::Conversation, conversation).unwrap());
                message::create(
                    &context,
                    new,
                    seeds,
                    owner,
                    place,
                    message::Write { input, ..message::Write::default() },
                )
            }),
            Act::Set { conversation, ref status } => pick(conversation).map(|conversation| {
                let mut input = ConversationInput::default().status(status.clone());
                if *status == ConversationStatus::Snoozed {
                    input = input.snooze(Snooze::until(Timestamp::from_millis(self.now + 5_000)));
                }
                self.update(&context, conversation, seeds, input)
            }),
            Act::Restore { conversation } => pick(conversation).map(|conversation| {
                self.update(&context, conversation, seeds, ConversationInput::default().deleted(false))
            }),
            Act::Delete { conversation } => pick(conversation).map(|conversation| {
                let (stored, owner) = self.family(conversation);
                conversation::delete(&context, stored, owner, seeds)
            }),
            Act::Elapse { conversation } => pick(conversation).map(|conversation| {
                let (stored, owner) = self.family(conversation);
                let context = Context { now: Timestamp::from_millis(self.now + 10_000), ..context };
                Ok(conversation::elapse(&context, stored.unwrap(), owner, seeds)?.unwrap_or_default())
            }),
        };
        match decided {
            Some(Ok(changes)) => self.commit(changes),
            Some(Err(refusal)) => assert!(refusal.status < 500, "{refusal:?}"),
            None => {}
        }
    }

    fn family(&self, conversation: ObjectId) -> (Option<&Stored>, Option<&Stored>) {
        (self.get(Kind::Conversation, conversation), self.get(Kind::Customer, self.owner(conversation)))
    }

    fn update(
        &self,
        context: &Context<'_>,
        conversation: ObjectId,
        seeds: Seeds,
        input: ConversationInput,
    ) -> Result<ChangeSet, Refusal> {
        let (stored, owner) = self.family(conversation);
        conversation::update(context, stored, owner, seeds, conversation::Write { input, ..Default::default() }, false)
    }

    /// The attributes that a customer must show of its conversations and messages, from these alone.
    fn expected_of(&self, customer: ObjectId) -> Value {
        let mut counts = json!({ "done": 0, "open": 0, "snoozed": 0, "all": 0 });
        for conversation in self.conversations() {
            let document = self.document(Kind::Conversation, conversation);
            if self.owner(conversation) == customer && document["attributes"]["deleted"] != true {
                for count in [document["attributes"]["status"].as_str().unwrap(), "all"] {
                    counts[count] = json!(counts[count].as_u64().unwrap() + 1);
                }
            }
        }
        let status = ["open", "snoozed", "done"].into_iter().find(|status| counts[*status] != 0);
        let (newest_in, newest_out) = (self.newest(customer, None, "in"), self.newest(customer, None, "out"));
        let unresponded = newest_in.filter(|newest_in| newest_out.is_none_or(|newest_out| newest_in.0 > newest_out.0));
        let newest = newest_in.max(newest_out);
        json!([counts, status, at(newest_in), at(newest_out), at(unresponded), at(newest)])
    }

    fn shown_by(&self, customer: ObjectId) -> Value {
        let shown = self.document(Kind::Customer, customer)["attributes"].clone();
        let sent_at = |mark: &str| shown[mark]["sentAt"].clone();
        json!([
            shown["conversationCounts"],
            shown["progressiveStatus"],
            sent_at("lastMessageIn"),
            sent_at("lastMessageOut"),
            sent_at("lastMessageUnrespondedTo"),
            shown["lastMessageAt"],
        ])
    }

    /// When the newest message of a customer, or of one of its conversations, was sent in a direction.
    fn newest(&self, customer: ObjectId, of: Option<ObjectId>, direction: &str) -> Option<(Timestamp, ObjectId)> {
        let messages = self.records.iter().filter(|((kind, _), _)| *kind == Kind::Message);
        let matching = messages.filter(|(_, stored)| {
            conversation::customer_of(stored).unwrap() == Some(customer)
                && of.is_none_or(|of| conversation::conversation_of(stored).unwrap() == Some(of))
        });
        matching
            .map(|((_, id), stored)| (*id, serde_json::from_str::<Value>(&stored.document).unwrap()))
            .filter(|(_, document)| document["attributes"]["direction"] == direction)
            .map(|(id, document)| (document["attributes"]["sentAt"].as_str().unwrap().parse().unwrap(), id))
            .max()
    }

    fn count(&self, conversation: ObjectId, direction: Option<&str>) -> usize {
        let messages = self.records.iter().filter(|((kind, _), _)| *kind == Kind::Message);
        messages
            .filter(|(_, stored)| conversation::conversation_of(stored).unwrap() == Some(conversation))
            .map(|(_, stored)| serde_json::from_str::<Value>(&stored.document).unwrap())
            .filter(|document| direction.is_none_or(|direction| document["attributes"]["direction"] == direction))
            .count()
    }
}

fn at(newest: Option<(Timestamp, ObjectId)>) -> Value {
    newest.map_or(Value::Null, |(at, _)| json!(at))
}

#[derive(Debug, Clone)]
enum Act {
    Open { customer: u8 },
    Say { conversation: u8, is_out: bool, sent_at: u32 },
    Set { conversation: u8, status: ConversationStatus },
    Delete { conversation: u8 },
    Restore { conversation: u8 },
    Elapse { conversation: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    let status =
        prop::sample::select(vec![ConversationStatus::Open, ConversationStatus::Snoozed, ConversationStatus::Done]);
    prop_oneof![
        prop::sample::select(CUSTOMERS.to_vec()).prop_map(|customer| Act::Open { customer }),
        (any::<u8>(), any::<bool>(), any::<u32>()).prop_map(|(conversation, is_out, sent_at)| Act::Say {
            conversation,
            is_out,
            sent_at
        }),
        (any::<u8>(), status).prop_map(|(conversation, status)| Act::Set { conversation, status }),
        any::<u8>().prop_map(|conversation| Act::Delete { conversation }),
        any::<u8>().prop_map(|conversation| Act::Restore { conversation }),
        any::<u8>().prop_map(|conversation| Act::Elapse { conversation }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_a_customer_shows_what_follows_from_its_conversations_and_messages(
        acts in prop::collection::vec(act(), 1..40)
    ) {
        let mut records = Records::new();
        for act in &acts {
            records.act(act);
        }
        for customer in CUSTOMERS.map(|number| id(number.into())) {
            prop_assert_eq!(records.shown_by(customer), records.expected_of(customer));
        }
        for conversation in records.conversations() {
            let shown = records.document(Kind::Conversation, conversation)["attributes"].clone();
            let counted = [("messageCount", None), ("inboundMessageCount", Some("in")), ("outboundMessageCount", Some("out"))];
            for (name, direction) in counted {
                prop_assert_eq!(&shown[name], &json!(records.count(conversation, direction)), "{}", name);
            }
            let of = records.owner(conversation);
            for (mark, direction) in [("lastMessageIn", "in"), ("lastMessageOut", "out")] {
                let newest = records.newest(of, Some(conversation), direction);
                prop_assert_eq!(shown[mark].get("sentAt").cloned().unwrap_or_default(), at(newest), "{}", mark);
            }
            let counts = ["reopenCount", "doneCount", "snoozeCount", "reopenFromDoneCount"];
            let [reopened, done, snoozed, from_done] = counts.map(|name| shown[name].as_u64().unwrap());
            // Every status but the present one was left for another.
            let is_open = u64::from(shown["status"] == "open");
            prop_assert!(from_done <= reopened && from_done <= done);
            prop_assert!(reopened <= done + snoozed && done + snoozed + is_open >= reopened);
            let is_due = conversation::due(&serde_json::from_value(shown.clone()).unwrap()).is_some();
            prop_assert_eq!(is_due, shown["status"] == "snoozed");
        }
    }
}
