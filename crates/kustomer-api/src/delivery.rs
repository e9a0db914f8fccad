//! Deliveries: what leaves, or would leave, for a customer. The outbox keeps them all; Kustomer has no such operations.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::draft::{Address, DraftChannel, Header, Recipients, Sender};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::operation::own;
use crate::query::{Faults, ListById, PageQuery, Parameter, QueryArguments, read_direction};
use crate::resource::resource;
use crate::validation::Fault;
use crate::{ObjectId, Timestamp};

resource! {
    /// A delivery.
    Delivery = "delivery";

    /// The attributes of a delivery.
    answer DeliveryAttributes = DELIVERY;

    attributes {
        /// The channel.
        channel: DraftChannel;
        /// The app that carries it.
        app: String;
        /// What became of it.
        status: DeliveryStatus;
        /// The recipient.
        to: Recipients;
        /// The sender.
        from: Sender;
        /// E-mail addresses that get a copy.
        cc: Vec<Address>;
        /// E-mail addresses that get a copy without the others knowing.
        bcc: Vec<Address>;
        /// The subject.
        subject: String;
        /// The text.
        body: String;
        /// The same as HTML.
        html_body: String;
        /// The e-mail address that answers go to.
        reply_to: String;
        /// Headers of the e-mail.
        headers: Vec<Header>;
        /// What WhatsApp shows.
        meta: Map<String, Value>;
        /// The ids of attachments.
        attachments: Vec<String>;
        /// How often it was handed to the server for e-mail.
        attempts: u64;
        /// When it is tried next; null when it is not tried again.
        next_attempt_at: Timestamp | null;
        /// When the server for e-mail took it.
        sent_at: Timestamp;
        /// Why it was not taken, in the words of the server for e-mail.
        error: DeliveryError | null;
        /// When it was not taken.
        error_at: Timestamp;
        /// When it was erased with its customer.
        erased_at: Timestamp;
    }

    system;
}

open_enum! {
    /// What became of a delivery.
    DeliveryStatus {
        /// It is handed to the server for e-mail, again after a pause when that cannot take it now.
        Queued = "queued",
        /// It stays here: the server does not send this channel. A program that reads the outbox may send it.
        Kept = "kept",
        /// The server for e-mail has taken it.
        Sent = "sent",
        /// It was refused for good.
        Error = "error",
    }
}

crate::attribute::answered_object! {
    /// Why a delivery was not taken.
    DeliveryError {
        /// The code of the server for e-mail, such as 550.
        code: u64,
        /// Its words, or what kept it from being reached.
        message: String,
    }
}

endpoint! {
    /// `getOutbox`, which Kustomer does not have.
    GetOutbox = &own::GET_OUTBOX, "Lists what leaves or would leave for customers, newest first.";
    path: (), query: ListOutbox, body: (), answer: Page<Delivery>: Answer::Uncounted(&DELIVERY)
}

/// A page of the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListOutbox {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Whether the oldest is first.
    pub ascending: bool,
}

crate::macros::query_methods! {
    ListOutbox { paging: paging, ascending: own bool }
}

impl ListOutbox {
    /// The parameter `sort`.
    const SORT: Parameter =
        Parameter { about: "`asc` lists the oldest first; by default the newest is first.", ..ListById::SORT };
}

impl QueryArguments for ListOutbox {
    const PARAMETERS: &'static [Parameter] = &[PageQuery::PAGE, PageQuery::PAGE_SIZE, Self::SORT];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.ascending.then(|| (Cow::Borrowed(Self::SORT.name), "asc".to_owned())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == Self::SORT.name && !value.is_empty() {
                query.ascending = faults.take(read_direction(value)).is_some_and(|descending| !descending);
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getDelivery`, which Kustomer does not have.
    GetDelivery = &own::GET_DELIVERY, "Reads a delivery by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Delivery>: Answer::One(&DELIVERY)
}

history!(GetDeliveryHistory = &own::GET_DELIVERY_HISTORY, "Lists what happened to a delivery, newest first.");
