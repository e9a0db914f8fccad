//! Senders whose messages are always spam, or never.

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::message::Channel;
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;
use crate::{ObjectId, Timestamp};

resource! {
    /// A sender of spam, or of none.
    SpamSender = "spam_sender";

    /// The attributes to put a sender on a list with.
    answer SpamSenderAttributes = SPAM_SENDER;

    /// Which list a sender is put on.
    input SpamSenderInput { create: SPAM_SENDER_INPUT, update: SPAM_SENDER_CHANGES }

    attributes {
        /// The address or number that messages are from, 1 to 320 characters; kept in lower case.
        sender: String = required_on_create(Schema::text_of(1, 320));
        /// The channel that messages arrive through.
        channel: Channel = required_on_create(Schema::one_of(Channel::VALUES));
        /// Whether messages of the sender are never spam, or always.
        list: SpamList = required(Schema::one_of(SpamList::VALUES));
        /// When it was erased, with the customer whose address or number it was; nothing else is left of it then.
        erased_at: Timestamp, read_only("erase the customer whose address it is");
    }

    system {}
}

open_enum! {
    /// The attributes of a sender.
    SpamList {
        /// Its messages are never spam.
        Whitelist = "whitelist",
        /// Its messages are always spam.
        Blacklist = "blacklist",
    }
}

impl SpamSenderInput {
    /// A sender on a channel, and the list that it is put on.
    #[must_use]
    pub fn new(sender: impl Into<String>, channel: Channel, list: SpamList) -> Self {
        Self { sender: Some(sender.into()), channel: Some(channel), list: Some(list) }
    }
}

endpoint! {
    /// `getSpamSenders`.
    GetSpamSenders = &contract::GET_SPAM_SENDERS, "Lists the senders whose messages are always spam, or never.";
    path: (), query: ListRecords, body: (), answer: Page<SpamSender>: Answer::Uncounted(&SPAM_SENDER)
}

endpoint! {
    /// `getSpamSenderById`, which Kustomer does not have.
    GetSpamSenderById = &own::GET_SPAM_SENDER_BY_ID, "Reads a sender, in its present or a former state.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<SpamSender>: Answer::One(&SPAM_SENDER)
}

endpoint! {
    /// `upsertSpamSender`.
    UpsertSpamSender = &contract::UPSERT_SPAM_SENDER,
        "Puts a sender on a list, or moves it to the other one.";
    path: (), query: (), body: SpamSenderInput: &SPAM_SENDER_INPUT,
    example: r#"{"sender":"offers@spam.example","channel":"email","list":"blacklist"}"#,
    answer: Document<SpamSender>: Answer::One(&SPAM_SENDER)
}

endpoint! {
    /// `deleteSpamSender`.
    DeleteSpamSender = &contract::DELETE_SPAM_SENDER, "Takes a sender off its list.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(GetSpamSenderHistory = &own::GET_SPAM_SENDER_HISTORY, "Lists the changes of a sender, newest first.");
