//! Works out the answers of a conversation again after a message that was recorded late (`kustodian_core::conversation`).

use kustodian_core::conversation::Responses;
use kustodian_core::customer::{Context, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::message::CONVERSATION;
use kustodian_core::store::{CommitError, ListQuery, Pages};

use super::{Held, STEP, Stop};
use crate::paging::FULL;

/// How often a conversation that others change at the same time is read again.
const ATTEMPTS: usize = 8;

impl Held<'_> {
    /// Corrects the first and the last answer of a conversation.
    pub(super) async fn follow_messages(&mut self, org: &Org) -> Result<(), Stop> {
        let (store, id) = (&*self.services.store, self.followed.record);
        for _ in 0..ATTEMPTS {
            // Before its messages: each of them changes it.
            let Some(stored) = store.find(org.key, Kind::Conversation, id).await? else { return Ok(()) };
            let mut responses = Responses::default();
            let query = ListQuery::of(Kind::Message, STEP, FULL).narrowed(CONVERSATION, id);
            let mut pages = Pages::with_deleted(store, org.key, query);
            while let Some(found) = pages.next().await? {
                found.iter().try_for_each(|message| responses.add(message))?;
                self.keep().await?;
            }
            let now = self.services.clock.now();
            let context = Context { org, actor: id, now, client: SYSTEM, request_id: "", slas: None, import: None };
            let corrected = responses.correct(&context, &stored, self.services.ids.next_event())?;
            let Some(changes) = corrected else { return Ok(()) };
            match store.commit(org.key, changes).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Stale { .. }) => {}
                Err(error) => return Err(Stop::Failed(error.to_string())),
            }
        }
        Err(Stop::Failed(format!("the conversation {id} changes all the time")))
    }
}
