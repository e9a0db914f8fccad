//! The conversations that are searched, with their messages: by the rules of the server, as far as searches see them.
//!
//! Their customers and their history are left out. A conversation and its first message are made by the rules; its other
//! messages are copies of the first with ids and moments of their own, as only that makes millions in minutes.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed, Put};
use kustodian_core::conversation;
use kustodian_core::conversation_time::Draw;
use kustodian_core::customer::{self, Context};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::message;
use kustodian_core::store::Stored;
use kustomer_api::{ObjectId, Timestamp};

use super::customers::{NOW, id, name, pick};

/// How far apart conversations are created: of a million the first is a year older than the last.
const APART: i64 = 31_536;

/// Users that conversations are assigned to.
pub(super) const USERS: u64 = 100;

const USER: u64 = 1 << 32;
const TEAM: u64 = 2 << 32;
const TAG: u64 = 3 << 32;
const CONVERSATION: u64 = 4 << 32;
const MESSAGE: u64 = 16 << 32;

/// How many a database is to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Conversations.
    pub(super) conversations: u32,
    /// Messages of each.
    pub(super) messages: u32,
}

/// Makes the conversations with these numbers, and their messages.
pub(super) fn set(org: &Org, size: Size, numbers: Range<u32>) -> Result<ChangeSet> {
    let customer = customer(org)?;
    let mut all = ChangeSet::default();
    for number in numbers {
        all.puts.extend(family(org, size, &customer, u64::from(number))?);
    }
    Ok(all)
}

/// The id of a conversation.
pub(super) fn conversation_id(number: u64) -> ObjectId {
    id(CONVERSATION + number)
}

/// The user with a number: the first has a tenth of the conversations, the last a two-hundredth.
pub(super) fn user(number: u64) -> ObjectId {
    id(USER + number)
}

/// One of 10 teams.
pub(super) fn team(number: u64) -> ObjectId {
    id(TEAM + number % 10)
}

/// One of 50 tags.
pub(super) fn tag(number: u64) -> ObjectId {
    id(TAG + number % 50)
}

fn context(org: &Org, actor: ObjectId, now: i64) -> Context<'_> {
    let now = Timestamp::from_millis(now);
    Context { org, actor, now, client: "bench", request_id: "bench", slas: None, import: None }
}

/// The customer of all of them.
fn customer(org: &Org) -> Result<Stored> {
    let write = customer::Write { input: serde_json::from_str(r#"{"name":"Ada Lovelace"}"#)?, ..Default::default() };
    let of = context(org, id(1), NOW);
    let made = customer::create(&of, id(1), event(), write).map_err(|refusal| anyhow!("{refusal}"))?;
    Ok(made.puts.into_iter().next().context("a customer is made of nothing")?.into())
}

fn event() -> EventSeed {
    EventSeed { id: id(2), salt: Salt([7; 16]) }
}

/// Open, snoozed or done: of the newest quarter a third is open, of the others one in fifty.
fn status(size: Size, number: u64) -> &'static str {
    let is_new = number >= u64::from(size.conversations) / 4 * 3;
    match pick(number, 1, 100) {
        open if open < if is_new { 33 } else { 2 } => "open",
        _ => "done",
    }
}

/// The root of a number below 10,000, in hundredths: so that few users have many conversations.
fn user_of(number: u64) -> u64 {
    let drawn = pick(number, 2, 10_000);
    drawn * drawn / (100_000_000 / USERS)
}

fn family(org: &Org, size: Size, customer: &Stored, number: u64) -> Result<Vec<Put>> {
    let now = NOW + i64::try_from(number)? * APART;
    let user = user(user_of(number));
    let seeds = conversation::Seeds {
        event: event(),
        conversation_event: event(),
        customer_event: event(),
        time: Draw { id: id(3), event: event() },
    };
    let body = format!(
        r#"{{"name":"Order {} of {} {}","status":"{}","priority":{},"tags":["{}"],"assignedUsers":["{user}"],
"assignedTeams":["{}"],"custom":{{"reasonStr":"{}","amountNum":{}}}}}"#,
        pick(number, 3, 100_000),
        name(pick(number, 4, 400), 2),
        name(pick(number, 5, 8_000), 3),
        status(size, number),
        pick(number, 6, 5) + 1,
        tag(pick(number, 7, 50)),
        team(user_of(number)),
        name(pick(number, 8, 20), 1),
        pick(number, 9, 100_000),
    );
    let refused = |refusal| anyhow!("{refusal}");
    let input = serde_json::from_str(&body)?;
    let write = conversation::Write { input, ..conversation::Write::default() };
    let made = conversation::create(&context(org, user, now), conversation_id(number), seeds, customer, write)
        .map_err(refused)?;
    let of_kind = |made: ChangeSet, kind: Kind| made.puts.into_iter().find(|put| put.kind == kind);
    let conversation = of_kind(made, Kind::Conversation).context("no conversation is made")?;
    if size.messages == 0 {
        return Ok(vec![conversation]);
    }
    let (first, conversation) = messages(org, size, (customer, conversation), (number, now, user), seeds)?;
    let mut all = vec![conversation];
    for copy in 1..size.messages {
        all.push(copied(&first, size, number, copy, now)?);
    }
    all.push(first);
    Ok(all)
}

/// The first message of a conversation, and the conversation with it. It is one to the customer, as one from the customer
/// would open a conversation that is done.
fn messages(
    org: &Org,
    size: Size,
    (customer, conversation): (&Stored, Put),
    (number, now, user): (u64, i64, ObjectId),
    seeds: conversation::Seeds,
) -> Result<(Put, Put)> {
    let channel = ["email", "email", "email", "chat", "sms"][usize::try_from(pick(number, 10, 5))?];
    let words: Vec<String> = (0..12).map(|word| name(pick(number, 16 + word, 8_000), 3)).collect();
    let body = format!(
        r#"{{"channel":"{channel}","direction":"out","app":"postmark","subject":"Order of {}","preview":"{}","meta":{{"from":"{}@{}.example"}}}}"#,
        name(pick(number, 4, 400), 2),
        words.join(" "),
        name(pick(number, 11, 8_000), 3),
        name(pick(number, 12, 400), 2),
    );
    let write = message::Write { input: serde_json::from_str(&body)?, ..message::Write::default() };
    let stored: Stored = conversation.into();
    let place = message::Place::Conversation(&stored);
    let message_id = id(MESSAGE + number * u64::from(size.messages));
    let made = message::create(&context(org, user, now + 1), message_id, seeds, customer, place, write)
        .map_err(|refusal| anyhow!("{refusal}"))?;
    let (mut first, mut with) = (None, None);
    for put in made.puts {
        match put.kind {
            Kind::Message => first = Some(put),
            Kind::Conversation => with = Some(Put { expects: None, former: None, ..put }),
            _ => {}
        }
    }
    first.zip(with).context("no message is made")
}

/// A later message of the same conversation: every second one is of the customer.
fn copied(first: &Put, size: Size, number: u64, copy: u32, now: i64) -> Result<Put> {
    let message_id = id(MESSAGE + number * u64::from(size.messages) + u64::from(copy));
    let was = Timestamp::from_millis(now + 1).to_string();
    let at = Timestamp::from_millis(now + 1 + i64::from(copy) * 3_600_000);
    let mut document =
        first.document.replace(&first.id.to_string(), &message_id.to_string()).replace(&was, &at.to_string());
    if copy % 2 == 1 {
        document = document.replace(r#""direction":"out""#, r#""direction":"in""#);
    }
    let search = Kind::Message.search_row_of(&document).map_err(|refusal| anyhow!("{refusal}"))?;
    Ok(Put { id: message_id, created_at: at, updated_at: at, document, search: search.map(Arc::new), ..first.clone() })
}
