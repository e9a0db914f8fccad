//! Records as they were at one position of the feed, although others write meanwhile.
//!
//! A list shows each record as it is when its page is read. What changed since the position is in the feed: such a record is
//! read as it was, by its revision before the first change. Lists are in the order of ids, so that it is known of each
//! change whether the record was passed already.

use std::collections::HashMap;

use kustodian_core::kind::Kind;
use kustodian_core::metadata;
use kustomer_api::ObjectId;
use kustomer_api::event::{Event, ListEvents};
use kustomer_api::metadata::OF_KLASS;
use kustomer_client::{Client, Error, Method, RawCall};
use serde_json::Value;

use crate::failure::Failure;

/// How many events and records a page holds.
const PAGE: u32 = 1_000;

/// A record as it was.
#[derive(Debug, Clone)]
struct Was {
    /// Its revision; 0 when it was not there yet.
    rev: u64,
    /// The path that it is read at.
    link: String,
    /// The name of its klass, if it is a kobject whose event still has it.
    klass: Option<String>,
}

/// The records at one position of the feed.
pub(super) struct Snapshot<'a> {
    client: &'a Client,
    /// The last event that belongs to it; `None` when nothing had happened.
    position: Option<ObjectId>,
    /// The last event that was read.
    read: Option<ObjectId>,
    /// What changed behind the position and was not written yet.
    changed: HashMap<(Kind, ObjectId), Was>,
    /// The kinds that were written whole.
    done: Vec<Kind>,
}

/// Where a list is read on.
enum At {
    /// By cursor: nothing moves.
    Cursor(String),
    /// By the number of the page. A deletion moves later records up.
    Number(u32),
}

impl At {
    /// The beginning of a list. That of customers can be read on by cursor.
    fn first(kind: Kind) -> Self {
        if kind == Kind::Customer { Self::Cursor("*".to_owned()) } else { Self::Number(1) }
    }

    fn call(&self, client: &Client, kind: Kind, path: &str) -> RawCall {
        let mut call = client.request(Method::GET, path).query("pageSize", &PAGE.to_string());
        if kind == Kind::Delivery {
            // The only list that is not in the order of ids by itself.
            call = call.query("sort", "asc");
        }
        match self {
            Self::Cursor(cursor) => call.query("cursor", cursor).query("sort", "id"),
            Self::Number(number) => call.query("page", &number.to_string()),
        }
    }

    /// Steps back by the pages that this many deleted records may have moved; false when there is none.
    fn step_back(&mut self, gone: u32) -> bool {
        match self {
            Self::Number(number) if gone > 0 => {
                *number = number.saturating_sub(1 + gone / PAGE).max(1);
                true
            }
            _ => false,
        }
    }

    /// Continues behind a page; false at the end.
    fn step(&mut self, page: &Value) -> bool {
        match self {
            Self::Number(number) => *number += 1,
            Self::Cursor(cursor) => match page.pointer("/meta/cursor").and_then(Value::as_str) {
                Some(next) => *cursor = next.to_owned(),
                None => return false,
            },
        }
        page.pointer("/links/next").is_some_and(Value::is_string)
    }
}

/// Takes the records of an export.
pub(super) trait Sink {
    /// Takes one.
    fn take(&mut self, record: Value) -> Result<(), Failure>;
}

impl<'a> Snapshot<'a> {
    /// The records as they are now.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn now(client: &'a Client) -> Result<Self, Failure> {
        let position = end_of_feed(client).await?;
        Ok(Self { client, position, read: position, changed: HashMap::new(), done: Vec::new() })
    }

    /// Where it is in the feed.
    pub(super) fn position(&self) -> Option<ObjectId> {
        self.position
    }

    /// Writes the records of a list. `is_last` when it is the last one of its kind.
    ///
    /// # Errors
    /// When the server refuses, or the sink does.
    pub(super) async fn write(
        &mut self,
        kind: Kind,
        path: &str,
        is_last: bool,
        sink: &mut impl Sink,
    ) -> Result<(), Failure> {
        let (mut passed, mut at) = (None, At::first(kind));
        loop {
            let mut page = at.call(self.client, kind, path).await?;
            let gone = self.follow(kind, passed).await?;
            if at.step_back(gone) {
                // Pages by number moved up: records at their border would be missed.
                continue;
            }
            let records = page["data"].as_array_mut().map(std::mem::take).unwrap_or_default();
            let mut last = None;
            for record in records {
                let id = id_of(kind, &record)?;
                if last.is_some_and(|last| last >= id) {
                    return Err(Failure::new(format!("the list {path} is not in the order of ids: {id} is out of it")));
                }
                last = Some(id);
                if passed.is_some_and(|passed| passed >= id) {
                    continue;
                }
                passed = Some(id);
                match self.changed.remove(&(kind, id)) {
                    None => sink.take(record)?,
                    Some(was) => self.write_as_it_was(&was, sink).await?,
                }
            }
            if !at.step(&page) {
                break;
            }
        }
        if !is_last {
            return Ok(());
        }
        // A record that was deleted meanwhile is in no list.
        self.follow(kind, passed).await?;
        let gone: Vec<Was> =
            self.changed.iter().filter(|((of, _), _)| *of == kind).map(|(_, was)| was.clone()).collect();
        for was in gone {
            self.write_as_it_was(&was, sink).await?;
        }
        self.changed.retain(|(of, _), _| *of != kind);
        self.done.push(kind);
        Ok(())
    }

    async fn write_as_it_was(&self, was: &Was, sink: &mut impl Sink) -> Result<(), Failure> {
        match self.read_as_it_was(was).await? {
            Some(record) if !is_deleted(&record) => sink.take(record),
            _ => Ok(()),
        }
    }

    /// A record at a revision; `None` when it was not there yet, or was erased since.
    async fn read_as_it_was(&self, was: &Was) -> Result<Option<Value>, Failure> {
        if was.rev == 0 {
            return Ok(None);
        }
        let call = self.client.request(Method::GET, &was.link).query("rev", &was.rev.to_string());
        match call.await {
            Ok(mut answer) => Ok(Some(answer["data"].take())),
            Err(Error::Api(refused)) if matches!(refused.status, 404 | 410) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the feed to its end: what changes from now on was not in the pages read so far. `passed` is the last record
    /// written of the kind that is being written. How many of those passed are gone.
    async fn follow(&mut self, writing: Kind, passed: Option<ObjectId>) -> Result<u32, Failure> {
        let mut gone = 0;
        // Others still write: its end is where it is now.
        let end = end_of_feed(self.client).await?;
        let mut is_read = self.read == end;
        while !is_read {
            let query = ListEvents { after: self.read, page_size: Some(PAGE), ..ListEvents::default() };
            let events = self.client.events().list(&query).await?.data;
            let Some(last) = events.last() else { break };
            self.read = Some(event_id(last)?);
            is_read = events.iter().any(|event| event_id(event).ok() == end);
            for event in &events {
                let Some((kind, id, was)) = change(event) else { continue };
                let is_passed = kind == writing && passed.is_some_and(|passed| passed >= id);
                if is_passed && [kind.spec().events.delete, kind.spec().events.erase].contains(&event.name.as_str()) {
                    gone += 1;
                }
                if !is_passed && !self.done.contains(&kind) {
                    let before = Was { rev: was.rev.saturating_sub(1), ..was };
                    self.changed.entry((kind, id)).or_insert(before);
                }
            }
        }
        Ok(gone)
    }

    /// What changed between an earlier position and this one, by kind: the records as they were at this one.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn since(&self, earlier: ObjectId) -> Result<Changed, Failure> {
        let (mut after, mut records) = (earlier, HashMap::new());
        while self.position.is_some_and(|position| position != after) {
            let query = ListEvents { after: Some(after), page_size: Some(PAGE), ..ListEvents::default() };
            let events = self.client.events().list(&query).await?.data;
            if events.is_empty() {
                return Err(Failure::new(format!("{earlier} is no position that lies before the end of the feed")));
            }
            for event in &events {
                after = event_id(event)?;
                if let Some((kind, id, was)) = change(event) {
                    records.insert((kind, id), was);
                }
                if Some(after) == self.position {
                    break;
                }
            }
        }
        Ok(Changed(records))
    }

    /// Writes what changed in a list: of deleted and erased records that they are deleted.
    ///
    /// # Errors
    /// When the server refuses, or the sink does.
    pub(super) async fn write_changed(
        &self,
        changed: &Changed,
        kind: Kind,
        list: &str,
        sink: &mut impl Sink,
    ) -> Result<(), Failure> {
        let mut records: Vec<_> =
            changed.0.iter().filter(|((of, _), was)| *of == kind && is_in(was, *of, list)).collect();
        records.sort_by_key(|((_, id), _)| *id);
        for ((_, id), was) in records {
            let record = self.read_as_it_was(was).await?;
            sink.take(record.unwrap_or_else(|| {
                serde_json::json!({ "type": kind.as_str(), "id": id.to_string(), "attributes": { "deleted": true } })
            }))?;
        }
        Ok(())
    }
}

/// The records that changed between two positions.
pub(super) struct Changed(HashMap<(Kind, ObjectId), Was>);

/// Whether a record is in a list. Kobjects have a list for each klass, and their paths name the klass in the plural. An erased
/// one has no klass any more, so it is deleted in every list.
fn is_in(was: &Was, kind: Kind, list: &str) -> bool {
    if kind == Kind::KObject {
        let of_list = list.rsplit('/').next();
        return was.klass.as_deref().is_none_or(|klass| Some(klass) == of_list);
    }
    let link = was.link.strip_prefix("/v1").unwrap_or(&was.link);
    link.rsplit_once('/').is_some_and(|(folder, _)| folder == list)
}

/// The record that an event is about, with its revision and path behind the event.
fn change(event: &Event) -> Option<(Kind, ObjectId, Was)> {
    let kind = Kind::ALL.into_iter().find(|kind| {
        let rest = event.name.strip_prefix("kustomer.").and_then(|rest| rest.strip_prefix(kind.spec().name));
        rest.is_some_and(|rest| rest.starts_with('.'))
    })?;
    let link = event.data.as_ref().and_then(|data| data.pointer("/links/self")?.as_str());
    let link = link.map_or_else(|| format!("{}/{}", kind.spec().path, event.data_id), str::to_owned);
    let shown = event.data.as_ref().and_then(|data| data.get("type")?.as_str());
    let klass = shown.and_then(|shown| shown.strip_prefix(OF_KLASS)).map(str::to_owned);
    Some((kind, named(kind, &event.data_id)?, Was { rev: event.rev?, link, klass }))
}

fn is_deleted(record: &Value) -> bool {
    record.pointer("/attributes/deleted") == Some(&Value::Bool(true))
}

/// The last event of the feed; `None` when nothing has happened.
async fn end_of_feed(client: &Client) -> Result<Option<ObjectId>, Failure> {
    let query = ListEvents { last: Some(1), ..ListEvents::default() };
    client.events().list(&query).await?.data.first().map(event_id).transpose()
}

fn event_id(event: &Event) -> Result<ObjectId, Failure> {
    event.id.parse().map_err(|_| Failure::new(format!("{} is no event's id", event.id)))
}

/// The id that a record is ordered by: that of metadata, which is shown by its name, follows from the name.
fn named(kind: Kind, id: &str) -> Option<ObjectId> {
    if kind == Kind::Metadata { Some(metadata::id_of(id)) } else { id.parse().ok() }
}

fn id_of(kind: Kind, record: &Value) -> Result<ObjectId, Failure> {
    let id = record.get("id").and_then(Value::as_str).and_then(|id| named(kind, id));
    id.ok_or_else(|| Failure::new("a record without an id was answered"))
}
