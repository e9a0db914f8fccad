//! Pages that are read from the store in parts. A page by number cannot end early, as the numbers of all others depend on
//! it; so the rest of one that is larger than a server should hold is read while the client reads the first part.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use kustodian_core::feed::{HistoryQuery, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, OrgKey, SortKey, Start, StoreError, Stored};
use kustomer_api::ObjectId;
use tokio::time::Instant;

use crate::answer::{Answer, try_again, unavailable};
use crate::app::App;
use crate::handlers::included::Gathering;
use crate::paging::Around;

/// Up to here a page is held whole, and is answered with its length and an `ETag` of its bytes.
pub(crate) const HELD: usize = 4 * 1024 * 1024;

/// How many bytes of the rest are read at a time, and one record.
const PART: usize = 1024 * 1024;

/// How many records of a list of ids are read at the same time: at first, and at most.
const READ_TOGETHER: usize = 4;
const MOST_TOGETHER: usize = 25;

/// Documents of a list, in order.
pub(crate) type Parts = BoxStream<'static, Result<Vec<String>, Refusal>>;

/// The text of an answer, piece by piece.
pub(crate) type Pieces = BoxStream<'static, Result<String, Refusal>>;

/// A page of at most `size` of the documents, with their included records; there is a next one if there are more.
///
/// # Errors
/// Why the first of it could not be read.
pub(crate) async fn page(
    app: &App,
    parts: Parts,
    size: usize,
    around: Around,
    beside: Option<Gathering>,
) -> Result<Answer, Refusal> {
    let mut first = around.before();
    let mut text =
        Text { left: size, is_empty: true, has_next: size > 0, beside, stage: Stage::Documents(parts, around) };
    while first.len() <= HELD {
        match text.go_on().await? {
            Some(piece) => first.push_str(&piece),
            None => return Ok(Answer::Json(first)),
        }
    }
    let patience = app.settings.answer_timeout;
    let rest = stream::try_unfold(text, move |mut text| async move {
        let piece = tokio::time::timeout(patience, text.go_on()).await;
        let piece = piece.unwrap_or_else(|_| Err(try_again("The rest of the answer took too long", 1)));
        let piece = piece.inspect_err(|refusal| tracing::warn!(%refusal, "an answer ended in the middle"))?;
        Ok(piece.map(|piece| (piece, text)))
    });
    Ok(Answer::Long { first, rest: rest.boxed() })
}

/// A page that is being sent, after the text before its documents.
struct Text {
    /// How many more documents it may hold.
    left: usize,
    /// Whether no document was written yet, of those that are written now.
    is_empty: bool,
    /// Whether more documents than it may hold are those of a next page.
    has_next: bool,
    beside: Option<Gathering>,
    stage: Stage,
}

/// The part being written.
enum Stage {
    Documents(Parts, Around),
    Beside(Parts),
    Nothing,
}

impl Text {
    /// The next piece; `None` at the end.
    async fn go_on(&mut self) -> Result<Option<String>, Refusal> {
        let parts = match &mut self.stage {
            Stage::Documents(parts, _) | Stage::Beside(parts) => parts,
            Stage::Nothing => return Ok(None),
        };
        let documents = parts.try_next().await?;
        let mut text = String::new();
        let has_more = documents.as_ref().is_some_and(|documents| documents.len() > self.left);
        let is_end = documents.is_none() || has_more;
        let documents = documents.unwrap_or_default();
        text.reserve(length_of(&documents) + documents.len());
        let is_of_page = matches!(self.stage, Stage::Documents(..));
        for document in documents.into_iter().take(self.left) {
            if let Some(beside) = self.beside.as_mut().filter(|_| is_of_page) {
                beside.add(&document)?;
            }
            if !self.is_empty {
                text.push(',');
            }
            (self.is_empty, self.left) = (false, self.left - 1);
            text.push_str(&document);
        }
        if is_end {
            self.end(&mut text, has_more);
        }
        Ok(Some(text))
    }

    fn end(&mut self, text: &mut String, has_more: bool) {
        match std::mem::replace(&mut self.stage, Stage::Nothing) {
            Stage::Documents(_, around) => {
                text.push_str(&around.behind(has_more && self.has_next));
                if let Some(beside) = self.beside.take() {
                    text.pop();
                    text.push_str(",\"included\":[");
                    (self.left, self.is_empty) = (usize::MAX, true);
                    self.stage = Stage::Beside(beside.into_parts());
                }
            }
            Stage::Beside(_) => text.push_str("]}"),
            Stage::Nothing => {}
        }
    }
}

fn length_of(documents: &[String]) -> usize {
    documents.iter().map(String::len).sum()
}

/// Documents that were read already.
pub(crate) fn at_hand(documents: Vec<String>) -> Parts {
    stream::once(std::future::ready(Ok(documents))).boxed()
}

/// How long a later part waits for the database. Then the answer breaks off, which its reader sees.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a part. A later part waits while the database is busy: sent bytes cannot be taken back.
async fn patiently<T, F>(has_begun: bool, read: impl Fn() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        match read().await {
            Err(StoreError::Unavailable { retry_after, .. }) if has_begun && Instant::now() + retry_after < end => {
                tokio::time::sleep(retry_after).await;
            }
            read => return read.map_err(unavailable),
        }
    }
}

/// The records of a list, and how many there are in all if that is asked.
///
/// # Errors
/// 503 or 500 when the database cannot answer.
pub(crate) async fn of_list(app: &Arc<App>, org: OrgKey, query: ListQuery) -> Result<(Parts, Option<u64>), Refusal> {
    let query = ListQuery { bytes: HELD, ..query };
    let listing = app.services.store.list(org, query.clone()).await.map_err(unavailable)?;
    let rest = behind(query, &listing.records);
    let first = at_hand(documents(listing.records));
    let rest = stream::try_unfold((Arc::clone(app), rest), move |(app, query)| async move {
        let Some(query) = query else { return Ok(None) };
        let records = patiently(true, || app.services.store.list(org, query.clone())).await?.records;
        let rest = behind(query, &records);
        Ok(Some((documents(records), (app, rest))))
    });
    Ok((first.chain(rest).boxed(), listing.total))
}

/// What reads on where the store stopped because of the bytes; `None` when it did not.
fn behind(query: ListQuery, records: &[Stored]) -> Option<ListQuery> {
    let length: usize = records.iter().map(|record| record.document.len()).sum();
    let limit = left(query.limit, records.len());
    let last = records.last().filter(|_| length > query.bytes && limit > 0)?;
    let value = match query.sort {
        SortKey::Id => 0,
        SortKey::CreatedAt => last.created_at.as_millis(),
        SortKey::UpdatedAt => last.updated_at.as_millis(),
    };
    Some(ListQuery { start: Start::After { value, id: last.id }, limit, bytes: PART, count: false, ..query })
}

fn left(limit: u32, read: usize) -> u32 {
    limit.saturating_sub(u32::try_from(read).unwrap_or(u32::MAX))
}

fn documents(records: Vec<Stored>) -> Vec<String> {
    records.into_iter().map(|record| record.document).collect()
}

/// The events of a record, as `write` writes them.
pub(crate) fn of_history(
    app: &Arc<App>,
    org: OrgKey,
    query: HistoryQuery,
    write: impl Fn(&Recorded) -> Result<String, Refusal> + Clone + Send + Sync + 'static,
) -> Parts {
    let query = (query.limit > 0 && query.from <= query.to).then_some(HistoryQuery { bytes: HELD, ..query });
    let start = (Arc::clone(app), query, write);
    let parts = stream::try_unfold(start, move |(app, query, write)| async move {
        let Some(query) = query else { return Ok(None) };
        let has_begun = query.bytes == PART;
        let events = patiently(has_begun, || app.services.store.history(org, query)).await?;
        let length: usize = events.iter().map(Recorded::payload_len).sum();
        let limit = left(query.limit, events.len());
        let last = events.last().filter(|_| length > query.bytes && limit > 0).map(|last| last.rev);
        let rest = last.and_then(|last| {
            let (from, to) = if query.descending { (query.from, last - 1) } else { (last + 1, query.to) };
            (from <= to).then_some(HistoryQuery { from, to, limit, bytes: PART, ..query })
        });
        let written: Result<Vec<String>, Refusal> = events.iter().map(&write).collect();
        Ok(Some((written?, (app, rest, write))))
    });
    parts.boxed()
}

/// The records with these ids, in this order, without those that there are not, or that are not to be shown; behind
/// others or not.
pub(crate) fn of_ids(
    app: &Arc<App>,
    org: OrgKey,
    kind: Kind,
    ids: Vec<ObjectId>,
    are_behind: bool,
    is_shown: impl Fn(&Stored) -> bool + Copy + Send + Sync + 'static,
) -> Parts {
    let start = (Arc::clone(app), ids, READ_TOGETHER, are_behind);
    let parts = stream::try_unfold(start, move |(app, mut ids, together, has_begun)| async move {
        // Several together, so that a database at a distance is asked a few times and not for each; but no more than fill
        // a part.
        let rest = ids.split_off(together.min(ids.len()));
        if ids.is_empty() {
            return Ok(None);
        }
        let find = || try_join_all(ids.iter().map(|id| app.services.store.find(org, kind, *id)));
        let found = patiently(has_begun, find).await?;
        let shown = documents(found.into_iter().flatten().filter(is_shown).collect());
        let mean = length_of(&shown) / shown.len().max(1);
        let together = (PART / mean.max(1)).clamp(1, MOST_TOGETHER);
        Ok(Some((shown, (app, rest, together, true))))
    });
    parts.boxed()
}

/// The same without the first so many.
pub(crate) fn passing_over(parts: Parts, count: u64) -> Parts {
    let mut left = usize::try_from(count).unwrap_or(usize::MAX);
    let pass = move |mut documents: Vec<String>| {
        let passed = left.min(documents.len());
        documents.drain(..passed);
        left -= passed;
        documents
    };
    parts.map_ok(pass).boxed()
}
