//! The audit log: who did what to which record, newest first.

use std::collections::HashMap;

use kustodian_core::feed::{Feed, FeedQuery, Payload, Recorded};
use kustodian_core::kind::Kind;
use kustodian_core::page::fitting;
use kustodian_core::refusal::Refusal;
use kustodian_core::{audit, permission, resource};
use kustomer_api::audit::{DEFAULT_COUNT, GetAuditLogs, ListAuditLogs};
use kustomer_api::query::QueryArguments;
use kustomer_api::{Endpoint, ObjectId};
use serde_json::json;

use super::events::find_position;
use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::paging::{self, FULL};

const PATH: &str = "/v1/audit-logs";

pub(crate) async fn get_audit_logs(call: Call<GetAuditLogs>) -> Result<Answer, Refusal> {
    let asked = &call.query;
    let count = asked.count.unwrap_or(DEFAULT_COUNT);
    let (feed, has_more) = find(&call, count).await?;
    let user_types = find_user_types(&call, &feed.events).await?;
    let user_type = |event: &Recorded| event.actor.and_then(|actor| user_types.get(&actor).copied()).unwrap_or("user");
    let org = &call.caller().org;
    let entries: Result<Vec<String>, Refusal> =
        feed.events.iter().map(|event| resource::render(&audit::entry(org, event, user_type(event))?)).collect();
    let entries = entries?;

    let link = |after: Option<ObjectId>, before: Option<ObjectId>| {
        let query = ListAuditLogs { count: Some(count), after, before, ..asked.clone() };
        paging::link(PATH, &query.write())
    };
    let (newest, oldest) = (feed.events.first().map(|event| event.id), feed.events.last().map(|event| event.id));
    // A page that was asked for from below has what it began behind; one from above, what it began before.
    let upwards = asked.after.is_some() && asked.before.is_none();
    let (has_newer, has_older) =
        if upwards { (has_more, true) } else { (asked.before.is_some() || asked.after.is_some(), has_more) };
    let links = json!({
        "self": link(asked.after, asked.before),
        "first": link(None, None),
        "prev": newest.filter(|_| has_newer).map(|newest| link(Some(newest), None)),
        "next": oldest.filter(|_| has_older).map(|oldest| link(None, Some(oldest))),
    });
    let meta = json!({ "count": count, "total": feed.total, "cursorCount": entries.len() });
    Ok(Answer::Json(paging::envelope(meta, entries, links)))
}

/// The entries asked for, newest first, and whether there are more in the direction of the walk.
async fn find(call: &Call<GetAuditLogs>, count: u32) -> Result<(Feed, bool), Refusal> {
    let asked = &call.query;
    let mut cursors = [None, None];
    for (cursor, (name, id)) in cursors.iter_mut().zip([("after", asked.after), ("before", asked.before)]) {
        if let Some(id) = id {
            *cursor = Some(find_position(call, name, id).await?);
        }
    }
    let [after, before] = cursors;
    let named: Vec<&String> = asked.object_type.iter().chain(&asked.include).collect();
    let kept: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| named.iter().any(|name| name.as_str() == kind.as_str())).collect();
    let kinds = if kept.is_empty() && !named.is_empty() {
        // Types of which no record is kept have no entries.
        Vec::new()
    } else {
        permission::shown_kinds(call.caller(), GetAuditLogs::OPERATION, kept, call.app().settings.missing_role_status)?
    };
    let upwards = after.is_some() && before.is_none();
    let query = FeedQuery {
        descending: !upwards,
        after,
        before,
        kinds,
        record: asked.object_id,
        actor: asked.user_id,
        from: asked.start,
        to: asked.end,
        limit: count + 1,
        payload: Payload::Changes,
        bytes: FULL,
        count: true,
        is_whole: true,
    };
    let mut feed = call.store().feed(call.org(), query).await.map_err(unavailable)?;
    let fitting = fitting(feed.events.iter().map(Recorded::payload_len), FULL).min(count as usize);
    let has_more = feed.events.len() > fitting;
    feed.events.truncate(fitting);
    if upwards {
        feed.events.reverse();
    }
    Ok((feed, has_more))
}

async fn find_user_types(
    call: &Call<GetAuditLogs>,
    events: &[Recorded],
) -> Result<HashMap<ObjectId, &'static str>, Refusal> {
    let mut types = HashMap::new();
    for actor in events.iter().filter_map(|event| event.actor) {
        if types.contains_key(&actor) {
            continue;
        }
        let user = call.store().find(call.org(), Kind::User, actor).await.map_err(unavailable)?;
        types.insert(actor, user.map_or(Ok("user"), |user| audit::user_type(&user.document))?);
    }
    Ok(types)
}
