//! A request that has passed every check, as its handler sees it. Only the pipeline can make one, after the caller was
//! found to hold a role of the operation: a handler without a role check cannot be reached.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::AsHeaderName;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};
use kustodian_core::change::{ChangeSet, EventSeed, Name};
use kustodian_core::customer::Context;
use kustodian_core::directory::Org;
use kustodian_core::imported::Imported;
use kustodian_core::kind::Kind;
use kustodian_core::permission::{self, Caller};
use kustodian_core::receipt::Pledge;
use kustodian_core::refusal::Refusal;
use kustodian_core::sla::InForce;
use kustodian_core::store::{CommitError, Decide, OrgKey, Store};
use kustodian_core::{input, record_limit, unchanged};
use kustomer_api::endpoint::{Declaration, PathArguments};
use kustomer_api::validation::Room;
use kustomer_api::{Endpoint, ObjectId, Timestamp};

use crate::admission::Place;
use crate::answer::{Answer, not_committed};
use crate::app::App;
use crate::arguments;
use crate::bulk::Gathering;
use crate::files::Linker;
use crate::handlers::family::may_backdate;
use crate::rehearsal;
use crate::routes::{Served, Serving};

/// The revision that an update with an idempotency key left as it was: its receipt names it.
pub(crate) type Unchanged = Arc<Mutex<Option<(Kind, ObjectId, u64)>>>;

/// The arguments from the pipeline.
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
    /// The revision that an update with such a key left as it was.
    pub(crate) unchanged: Unchanged,
    /// Whether nothing of it is to be stored (`validateOnly`).
    pub(crate) is_rehearsal: bool,
    /// Its place among the requests in flight.
    pub(crate) place: Option<Place>,
    /// The host that it is for, over HTTP/2.
    pub(crate) authority: Option<Authority>,
    /// The address that it came from; none of an item of a bulk operation.
    pub(crate) from: Option<IpAddr>,
    /// A cookie for the browser, which is sent with the answer.
    pub(crate) cookie: Arc<OnceLock<HeaderValue>>,
    /// The other items of its bulk operation, with which it is committed.
    pub(crate) gathering: Option<Gathering>,
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
        handler: Serving::Callers(Arc::new(move |admitted: Admitted| {
            let handler = handler.clone();
            Box::pin(async move { handler(Call::read(admitted)?).await })
        })),
        waits: Duration::ZERO,
        links: None,
        is_bulk: false,
        max_body: None,
    }
}

/// A request without a caller, for an operation that is public.
pub(crate) struct Visit {
    pub(crate) app: Arc<App>,
    pub(crate) now: Timestamp,
    /// The address of the client.
    pub(crate) from: IpAddr,
    /// The host that it is for.
    pub(crate) host: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The values in the path, as they were sent.
    pub(crate) path_values: Vec<String>,
    pub(crate) request_id: Arc<str>,
    /// Whether nothing of it is to be stored (`validateOnly`).
    pub(crate) is_rehearsal: bool,
}

impl Visit {
    /// The body, checked against the operation's schema.
    ///
    /// # Errors
    /// As of [`Call::input`].
    pub(crate) fn input<E: Endpoint>(&self) -> Result<E::Body, Refusal> {
        match E::BODY {
            Some(_) if self.body.trim_ascii().is_empty() => Err(input::missing()),
            Some(schema) => input::read_to_store(schema, &self.body),
            None => Ok(E::Body::default()),
        }
    }
}

pub(crate) type OpenHandler = Arc<dyn Fn(Visit) -> Answering + Send + Sync>;

/// Puts a handler behind the declaration of a public operation, which has no path values and no query.
pub(crate) fn open<E, F, A>(handler: F) -> Served
where
    E: Endpoint<Path = (), Query = ()> + 'static,
    F: Fn(Visit) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer, Refusal>> + Send + 'static,
{
    Served {
        declaration: Declaration::of::<E>(),
        handler: Serving::Everybody(Arc::new(move |visit: Visit| {
            let read = arguments::read::<E>(&visit.query, visit.app.settings.lenient_query);
            let answering = read.map(|()| handler(visit));
            Box::pin(async move { answering?.await })
        })),
        waits: Duration::ZERO,
        links: None,
        is_bulk: false,
        max_body: None,
    }
}

/// Puts a handler behind the declaration of a public operation that takes whatever query it is sent.
pub(crate) fn open_to_any_query<E, F, A>(handler: F) -> Served
where
    E: Endpoint<Query = ()> + 'static,
    F: Fn(Visit) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer, Refusal>> + Send + 'static,
{
    Served {
        declaration: Declaration::of::<E>(),
        handler: Serving::Everybody(Arc::new(move |visit: Visit| Box::pin(handler(visit)))),
        waits: Duration::ZERO,
        links: None,
        is_bulk: false,
        max_body: None,
    }
}

/// A request for the operation `E`, its path and query read.
pub(crate) struct Call<E: Endpoint> {
    admitted: Admitted,
    pub(crate) path: E::Path,
    pub(crate) query: E::Query,
    /// What the body of an import says of the record, if its sender may say so.
    import: Option<Arc<Imported>>,
}

impl<E: Endpoint> Call<E> {
    fn read(admitted: Admitted) -> Result<Self, Refusal> {
        // An id that cannot be one names nothing: 404, like an unknown one (`docs/contract/behaviour.md` §8).
        let path = E::Path::read(&admitted.path_values).ok_or_else(|| arguments::malformed_id(E::OPERATION))?;
        let query = arguments::read::<E>(&admitted.query, admitted.app.settings.lenient_query)?;
        Ok(Self { admitted, path, query, import: None })
    }

    /// The body, checked against the operation's schema.
    ///
    /// # Errors
    /// 400 that names each offending attribute, or for a write without a body that needs one.
    pub(crate) fn input(&self) -> Result<E::Body, Refusal> {
        self.input_in(&self.admitted.body)
    }

    /// The same of a text that takes the place of the body.
    ///
    /// # Errors
    /// As of [`Self::input`].
    pub(crate) fn input_in(&self, body: &[u8]) -> Result<E::Body, Refusal> {
        self.input_with_room(body, &|_| 0)
    }

    /// The same, of a body whose lists may be longer than its schema says.
    ///
    /// # Errors
    /// As of [`Self::input`].
    pub(crate) fn input_with_room(&self, body: &[u8], room: Room<'_>) -> Result<E::Body, Refusal> {
        match E::BODY {
            // A body that got lost on the way must not create an empty record, or replace one by nothing.
            Some(_) if !E::BODY_IS_OPTIONAL && body.trim_ascii().is_empty() => Err(input::missing()),
            Some(schema) => input::read_to_store_with_room(schema, body, room),
            None => Ok(E::Body::default()),
        }
    }

    /// The body as it was sent, for what reads it itself.
    pub(crate) fn body(&self) -> &[u8] {
        &self.admitted.body
    }

    /// Takes another body instead of the one that was sent.
    pub(crate) fn replace_body(&mut self, body: String) {
        self.admitted.body = Bytes::from(body);
    }

    /// Takes out of a body that creates a record what only an import by an administrator may say: the id and times of the
    /// record, and what follows from its past.
    ///
    /// # Errors
    /// 400 that names each offending attribute.
    pub(crate) fn importing(mut self, kind: Kind) -> Result<Self, Refusal> {
        if may_backdate(&self)
            && let Some((import, body)) = Imported::take(kind, &self.admitted.body, self.admitted.now)?
        {
            self.replace_body(body);
            self.import = Some(Arc::new(import));
        }
        Ok(self)
    }

    /// What the import of a record says of it.
    pub(crate) fn import(&self) -> Option<&Imported> {
        self.import.as_deref()
    }

    /// The values in the path, as they were sent.
    pub(crate) fn path_values(&self) -> &[String] {
        &self.admitted.path_values
    }

    /// The id of the request.
    pub(crate) fn request_id(&self) -> &Arc<str> {
        &self.admitted.request_id
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

    /// Writes the links to files into the answer.
    pub(crate) fn linker(&self) -> Linker {
        let Admitted { app, caller, headers, authority, now, .. } = &self.admitted;
        Linker::new(app, &caller.org, headers, authority.as_ref(), *now)
    }

    /// The address that it came from.
    pub(crate) fn from(&self) -> Option<IpAddr> {
        self.admitted.from
    }

    /// Has a cookie sent with the answer.
    pub(crate) fn set_cookie(&self, cookie: HeaderValue) {
        // One is enough.
        drop(self.admitted.cookie.set(cookie));
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

    /// Makes a decision ready to be committed: within the limits of a record, and signed with the receipt that the
    /// client asked for, if it did. An update that changes no value becomes nothing where that is set. The number is the
    /// size of the record's document before.
    pub(crate) fn ready(
        &self,
    ) -> impl Fn(ChangeSet, usize) -> Result<ChangeSet, Refusal> + Clone + Send + use<E> + 'static {
        let (pledge, status) = (self.admitted.pledge, E::OPERATION.success);
        let settings = &self.admitted.app.settings;
        let (max_record, skip_unchanged) = (settings.max_record, self.skips_unchanged());
        let left = Arc::clone(&self.admitted.unchanged);
        move |mut changes, former| {
            let is_unchanged = skip_unchanged && unchanged::is_unchanged(&changes)?;
            if skip_unchanged && pledge.is_some() {
                let put = changes.puts.first().filter(|_| is_unchanged);
                let name = put.and_then(|put| Some((put.kind, put.id, put.expects?)));
                *left.lock().unwrap_or_else(PoisonError::into_inner) = name;
            }
            if is_unchanged {
                return Ok(ChangeSet::default());
            }
            if E::BODY.is_some() {
                record_limit::check(&changes, former, max_record)?;
            }
            if let Some(pledge) = pledge {
                pledge.sign(&mut changes, status);
            }
            Ok(changes)
        }
    }

    /// Whether an update that changes no value leaves no revision: by a setting of the server, or by the request.
    pub(crate) fn skips_unchanged(&self) -> bool {
        self.admitted.app.settings.skip_unchanged || self.header(unchanged::HEADER) == Some(unchanged::ASKS)
    }

    /// Commits, or with `validateOnly` finds out what a commit would do.
    pub(crate) async fn commit(&self, changes: ChangeSet) -> Result<ChangeSet, CommitError> {
        match &self.admitted.gathering {
            _ if self.is_rehearsal() => rehearsal::commit(self.store(), self.org(), changes).await,
            Some(gathering) => gathering.commit(changes).await,
            None => self.store().commit(self.org(), changes).await,
        }
    }

    /// The same with a decision taken under the records' locks.
    pub(crate) async fn commit_locked(&self, names: Vec<Name>, decide: Decide) -> Result<ChangeSet, CommitError> {
        match &self.admitted.gathering {
            _ if self.is_rehearsal() => rehearsal::commit_locked(self.store(), self.org(), names, decide).await,
            Some(gathering) => gathering.leave().await,
            None => self.store().commit_locked(self.org(), names, decide).await,
        }
    }

    /// Why nothing was committed. A conflict names the other record to those who may read it.
    pub(crate) fn not_committed(&self, error: CommitError) -> Refusal {
        not_committed(error, |kind| permission::may_read(self.caller(), kind))
    }

    /// The receipt of the request, if it has an idempotency key.
    pub(crate) fn pledge(&self) -> Option<Pledge> {
        self.admitted.pledge
    }

    /// Whether nothing is to be stored.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.admitted.is_rehearsal
    }

    /// Whether it is an item of a bulk operation.
    pub(crate) fn is_item(&self) -> bool {
        self.admitted.from.is_none()
    }

    /// Who acts, to be kept beyond the request.
    pub(crate) fn act(&self) -> Act {
        Act {
            org: Arc::clone(&self.admitted.caller.org),
            actor: self.admitted.caller.token.user,
            now: self.admitted.now,
            request_id: Arc::clone(&self.admitted.request_id),
            slas: None,
            import: self.import.clone(),
        }
    }
}

/// Who acts, where and when: owned, so that a decision can be taken again elsewhere.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) org: Arc<Org>,
    actor: ObjectId,
    now: Timestamp,
    request_id: Arc<str>,
    slas: Option<Arc<InForce>>,
    import: Option<Arc<Imported>>,
}

impl Act {
    /// The same, with the SLAs that conversations are measured by.
    pub(crate) fn measured_by(self, slas: Arc<InForce>) -> Self {
        Self { slas: Some(slas), ..self }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            org: &self.org,
            actor: self.actor,
            now: self.now,
            client: "api",
            request_id: &self.request_id,
            slas: self.slas.as_deref(),
            import: self.import.as_deref(),
        }
    }
}
