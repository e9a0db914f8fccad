//! The quotes of a forward: the messages of its conversation.

use kustomer_api::ObjectId;
use kustomer_api::conversation::Direction;
use kustomer_api::message::Message;

use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// The most characters of the messages that a forward quotes.
const MAX_QUOTED: usize = 64 * 1024;

/// The messages of a conversation as they are sent below a body, and their attachments that have bytes.
#[derive(Debug, Clone, Default)]
pub struct Quoted {
    pub(super) text: String,
    pub(super) attachments: Vec<ObjectId>,
}

impl Quoted {
    /// Of these messages, oldest first by when they were sent, and of these attachments. Of more text than a forward quotes
    /// the newest is kept.
    ///
    /// # Errors
    /// 500 when a document is not what this version stores.
    pub fn of(messages: &[Stored], attachments: Vec<ObjectId>) -> Result<Self, Refusal> {
        let mut read = Vec::new();
        for stored in messages {
            let message: Message = resource::read(&stored.document)?;
            read.push((message.attributes.sent_at.value().copied(), stored.id, quote(&message)));
        }
        read.sort_by_key(|(at, id, _)| (*at, *id));
        let mut parts = Vec::new();
        let mut left = MAX_QUOTED;
        for (.., part) in read.into_iter().rev() {
            let length = part.chars().count();
            if length > left {
                break;
            }
            left -= length;
            parts.push(part);
        }
        parts.reverse();
        Ok(Self { text: parts.concat(), attachments })
    }
}

/// A message as it is quoted: who wrote it when, and each line behind a mark.
fn quote(message: &Message) -> String {
    let words = message.attributes.preview.value().map(String::as_str).unwrap_or_default();
    format!("{}{}\n", header(message), marked(words))
}

fn header(message: &Message) -> String {
    let of = &message.attributes;
    let who = if of.direction.value() == Some(&Direction::Out) { "We" } else { "The customer" };
    let when = of.sent_at.value().map_or_else(String::new, |at| format!(" on {at}"));
    let subject = of.subject.value().map_or_else(String::new, |subject| format!(" ({subject})"));
    format!("{who} wrote{when}{subject}:\n")
}

const MARK: &str = "> ";

fn marked(words: &str) -> String {
    words.lines().map(|line| format!("{MARK}{line}\n")).collect()
}

/// A text that quotes a message, with the words that the message has since it was redacted.
pub(crate) fn requoted(text: &str, before: &Message, after: &Message) -> String {
    let words = |message: &Message| marked(message.attributes.preview.value().map(String::as_str).unwrap_or_default());
    let (header, now) = (header(before), words(after));
    let mut parts = text.split(header.as_str());
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Its words when it was quoted, which may be more than its present ones.
        let quoted: usize = part.split_inclusive('\n').take_while(|line| line.starts_with(MARK)).map(str::len).sum();
        all.push_str(&header);
        all.push_str(&now);
        all.push_str(part.get(quoted..).unwrap_or_default());
    }
    // Its header was another when it was quoted.
    match words(before) {
        former if former.is_empty() => all,
        former => all.replace(&former, &now),
    }
}
