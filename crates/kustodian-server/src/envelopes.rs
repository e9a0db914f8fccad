//! Events as they are reported: each in its envelope, with its record as it left it.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use kustodian_core::directory::Org;
use kustodian_core::event;
use kustodian_core::feed::Recorded;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Store;
use kustomer_api::ObjectId;

use crate::past;

/// The envelopes of events of one org, in their order.
///
/// # Errors
/// As of [`past::find_states`].
pub(crate) async fn of(store: &dyn Store, org: &Org, events: &[Recorded]) -> Result<Vec<String>, Refusal> {
    // The events of one record in a feed follow each other by revision, so one walk through its past gives all.
    let mut spans: HashMap<(Kind, ObjectId), (u64, u64)> = HashMap::new();
    for event in events.iter().filter(|event| !event.is_erased()) {
        let (from, to) = spans.entry((event.kind, event.record)).or_insert((event.rev, event.rev));
        (*from, *to) = ((*from).min(event.rev), (*to).max(event.rev));
    }
    let walks = spans.into_iter().map(async |((kind, record), (from, to))| {
        let states = past::find_states(store, org.key, kind, record, from, to).await?;
        Ok::<_, Refusal>(states.into_iter().map(move |state| ((kind, record, state.rev), state.document)))
    });
    let documents: HashMap<(Kind, ObjectId, u64), String> = try_join_all(walks).await?.into_iter().flatten().collect();
    let document = |event: &Recorded| documents.get(&(event.kind, event.record, event.rev)).map(String::as_str);
    events.iter().map(|event| event::envelope(org, event, document(event))).collect()
}
