//! Gives customers the present name of their company after it was renamed (`kustodian_core::rename`).

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kustodian_core::customer::{Context, KnownCompany, SYSTEM};
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::rename;
use kustodian_core::search::{self, Dialect, Query, Settings};
use kustodian_core::search_store::{Count, Records, SearchError, WalkFrom, WalkQuery};
use kustodian_core::store::{CommitError, Stored, decide_on};
use kustomer_api::ObjectId;
use serde_json::json;

use super::{Held, SEARCH, STEP, Stop, TOGETHER};
use crate::app::Services;
use crate::paging::FULL;

impl Held<'_> {
    /// Visits the customers of the company, deleted ones included.
    pub(super) async fn follow_company(&mut self, org: &Org) -> Result<(), Stop> {
        let (services, id) = (self.services, self.followed.record);
        let Some(stored) = services.store.find(org.key, Kind::Company, id).await? else { return Ok(()) };
        let company = KnownCompany::of(&stored)?;
        let query = customers_of(id)?;
        let mut from = WalkFrom::Start { walk: services.ids.next() };
        let mut changed = 0_u64;
        loop {
            let step = WalkQuery {
                query: query.clone(),
                from,
                limit: STEP,
                bytes: FULL,
                ids_only: false,
                total: Count::None,
                time: SEARCH,
                now: services.clock.now(),
                key: id,
            };
            let walked = services.store.walk(org.key, step).await.map_err(failed)?;
            let records = match walked.records {
                Records::Whole(records) => records,
                Records::Ids(_) => Vec::new(),
            };
            let writes = stream::iter(records).map(|record| follow(services, org, record, &company));
            let written = writes.buffer_unordered(TOGETHER).try_collect::<Vec<bool>>().await?;
            changed += written.into_iter().map(u64::from).sum::<u64>();
            self.keep().await?;
            match walked.next {
                Some(place) => from = WalkFrom::After(place),
                None => break,
            }
        }
        if changed > 0 {
            tracing::info!(company = %id, customers = changed, "customers show the new name of their company");
        }
        Ok(())
    }
}

/// Gives one customer the name; whether it had another.
async fn follow(services: &Services, org: &Org, stored: Stored, company: &KnownCompany) -> Result<bool, Stop> {
    let (id, seed, now) = (stored.id, services.ids.next_event(), services.clock.now());
    let owned = (org.clone(), company.clone());
    let decide = move |stored: Option<Stored>| {
        let (org, company) = &owned;
        let context = Context { org, actor: company.id, now, client: SYSTEM, request_id: "", slas: None, import: None };
        rename::follow(&context, stored.as_ref(), seed, company)
    };
    let changes = decide(Some(stored))?;
    if changes.puts.is_empty() {
        return Ok(false);
    }
    let committed = match services.store.commit(org.key, changes).await {
        Err(CommitError::Stale { .. }) => {
            let name = (Kind::Customer, id);
            services.store.commit_locked(org.key, vec![name], decide_on(name, decide)).await
        }
        committed => committed,
    };
    match committed {
        Ok(changes) => Ok(!changes.puts.is_empty()),
        Err(error) => Err(Stop::Failed(error.to_string())),
    }
}

/// The search for the customers of a company.
fn customers_of(company: ObjectId) -> Result<Query, Refusal> {
    let body = json!({ "and": [{ "customer_companyId": { "equals": company } }], "includeDeleted": true });
    search::parse(body.to_string().as_bytes(), &Settings { dialect: Dialect::Archive, now: None, klasses: &[] })
}

fn failed(error: SearchError) -> Stop {
    Stop::Failed(error.to_string())
}
