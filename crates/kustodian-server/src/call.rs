//! A request that has passed every check, as its handler sees it. Only the pipeline can make one, after the caller was
//! found to hold a role of the operation: a handler without a role check cannot be reached.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::AsHeaderName;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::Context;
use kustodian_core::directory::Org;
use kustodian_core::permission::Caller;
use kustodian_core::receipt::Pledge;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{OrgKey, Store};
use kustodian_core::{input, resource};
use kustomer_api::endpoint::{Declaration, PathArguments};
use kustomer_api::query::QueryArguments;
use kustomer_api::{Endpoint, ObjectId, Timestamp};

use crate::admission::Place;
use crate::answer::Answer;
use crate::app::App;
use crate::routes::Served;

/// What the pipeline hands over.
pub(crate) struct Admitted {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    pub(crate) request_id: Arc<str>,
    pub(crate) headers: HeaderMap,
    pub(crate) path_values: Vec<String>,
    pub(crate) query: String,
    pub(crate) body: Bytes,
    /// The idempotency key it was sent with.
    pub(crate) pledge: Option<Pledge>,
    /// Its place among the requests in flight.
    pub(crate) place: Option<Place>,
}

pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send>>;
pub(crate) type Handler = Arc<dyn Fn(Admitted) -> Answering + Send + Sync>;

/// Puts a handler behind the declaration of its operation.
pub(crate) fn served<E, F, A>(handler: F) -> Served
where
    E: Endpoint + 'static,
    F: Fn(Call<E>) -> A + Send + Sync + Clone + 'static,
    A: Future<Output = Result<Answer, Refusal>> + Send + 'static,
    E::Path: Send,
    E::Query: Send,
{
    Served {
        declaration: Declaration::of::<E>(),
        handler: Arc::new(move |admitted: Admitted| {
            let handler = handler.clone();
            Box::pin(async move { handler(Call::read(admitted)?).await })
        }),
        waits: Duration::ZERO,
    }
}

/// A request for the operation `E`, its path and query read.
pub(crate) struct Call<E: Endpoint> {
    admitted: Admitted,
    pub(crate) path: E::Path,
    pub(crate) query: E::Query,
}

impl<E: Endpoint> Call<E> {
    fn read(admitted: Admitted) -> Result<Self, Refusal> {
        // An id that cannot be one names nothing: 404, like an unknown one (`docs/contract/behaviour.md` §8).
        let path = E::Path::read(&admitted.path_values).ok_or_else(|| Refusal::not_found("id"))?;
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(admitted.query.as_bytes()).into_owned().take(MAX_PARAMETERS).collect();
        let query = E::Query::read(&pairs).map_err(Refusal::bad_input)?;
        Ok(Self { admitted, path, query })
    }

    /// The body, checked against the operation's schema.
    ///
    /// # Errors
    /// 400 that names each offending attribute.
    pub(crate) fn input(&self) -> Result<E::Body, Refusal> {
        match E::BODY {
            Some(schema) => input::read(schema, &self.admitted.body),
            None => Ok(E::Body::default()),
        }
    }

    /// The body as it was sent, for what reads it itself.
    pub(crate) fn body(&self) -> &[u8] {
        &self.admitted.body
    }

    /// The moment of the request.
    pub(crate) fn now(&self) -> Timestamp {
        self.admitted.now
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.admitted.app
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.admitted.app.services.store
    }

    pub(crate) fn next_id(&self) -> ObjectId {
        self.admitted.app.services.ids.next()
    }

    pub(crate) fn next_event(&self) -> EventSeed {
        self.admitted.app.services.ids.next_event()
    }

    /// Leaves its place among the requests in flight to others, for a handler that is about to wait for something to
    /// happen.
    pub(crate) fn step_aside(&mut self) {
        self.admitted.place = None;
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.admitted.caller
    }

    pub(crate) fn org(&self) -> OrgKey {
        self.admitted.caller.org.key
    }

    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.admitted.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Signs what is about to be committed with the receipt that the client asked for, if it did.
    pub(crate) fn signer(&self) -> impl Fn(ChangeSet) -> ChangeSet + Clone + Send + use<E> + 'static {
        let (pledge, status) = (self.admitted.pledge, E::OPERATION.success);
        move |mut changes| {
            if let Some(pledge) = pledge {
                pledge.sign(&mut changes, status);
            }
            changes
        }
    }

    /// Whether the client holds this state already (`If-None-Match`).
    pub(crate) fn holds(&self, document: &str, rev: u64) -> bool {
        self.header(http::header::IF_NONE_MATCH)
            .is_some_and(|header| resource::names_etag(header, &resource::etag(document, rev)))
    }

    /// Who acts, to be kept beyond the request.
    pub(crate) fn act(&self) -> Act {
        Act {
            org: Arc::clone(&self.admitted.caller.org),
            actor: self.admitted.caller.token.user,
            now: self.admitted.now,
            request_id: Arc::clone(&self.admitted.request_id),
        }
    }
}

/// How many query parameters are read; a request with more is no client's.
const MAX_PARAMETERS: usize = 100;

/// Who acts, where and when: owned, so that a decision can be taken again elsewhere.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) org: Arc<Org>,
    actor: ObjectId,
    now: Timestamp,
    request_id: Arc<str>,
}

impl Act {
    pub(crate) fn context(&self) -> Context<'_> {
        Context { org: &self.org, actor: self.actor, now: self.now, client: "api", request_id: &self.request_id }
    }
}
