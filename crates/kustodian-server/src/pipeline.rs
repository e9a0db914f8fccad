//! The way of every API request: route, credential, budget, maintenance, role, body, handler, headers. In this order, so
//! that each step only runs for those the steps before let pass.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, IF_NONE_MATCH, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kustodian_core::directory::Token;
use kustodian_core::kind::Kind;
use kustodian_core::permission::{Caller, authorize, check_host};
use kustodian_core::rate_limit::{self, Standing};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource::{self, names_etag};
use kustodian_core::store::OrgKey;
use kustomer_api::customer::EraseCustomer;
use kustomer_api::error::code;
use kustomer_api::message::RedactMessage;
use kustomer_api::role::SENSITIVE_READ;
use kustomer_api::{Endpoint as _, Timestamp, operation, role};

use crate::access_log::{self, Answered};
use crate::answer::{self, Answer, REQUEST_ID};
use crate::app::App;
use crate::authentication::authenticate;
use crate::call::{Admitted, Unchanged, Visit};
use crate::files::Linker;
use crate::long::Payload;
use crate::rehearsal;
use crate::routes::{Found, Route, Serving};
use crate::stopping::Stop;
use crate::unread;
use crate::{compression, described, framing, idempotency};

/// Whose credential a request had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnsweredFor(pub(crate) OrgKey);

/// Answers an API request; never fails, and never with anything but JSON.
pub(crate) async fn answer(app: &Arc<App>, from: SocketAddr, request: Request<Body>) -> http::Response<Payload> {
    let began = Instant::now();
    let now = app.services.clock.now();
    let (parts, mut body) = request.into_parts();
    let is_http2 = parts.version == Version::HTTP_2;
    let method = parts.method.clone();
    let version = if parts.uri.path().starts_with("/v2/") { "/v2" } else { "/v1" };
    let held = held(&parts);
    let request_id: Arc<str> = request_id(app, &parts.headers);
    let accepts_gzip = compression::accepts_gzip(&parts.headers);
    let counted_from = if parts.version == Version::HTTP_2 { 1 } else { unread::SMALL + 1 };
    let mut passage = Passage {
        standing: Standing::unlimited(now),
        operation: "unknown",
        path: "",
        is_read: true,
        key: None,
        is_replayed: false,
        cookie: Arc::default(),
    };

    let answered = passage.run(app, from.ip(), now, &request_id, parts, &mut body).await;
    if is_http2 && !body.is_end_stream() {
        tokio::spawn(drain(body));
    }
    let mut response = match answered {
        Ok(answer) => {
            let is_held = |etag: &str| held.iter().any(|tags| tags.to_str().is_ok_and(|tags| names_etag(tags, etag)));
            let mut response = answer.into_response(is_held);
            if passage.is_replayed {
                response.headers_mut().insert(answer::REPLAYED, HeaderValue::from_static("true"));
            }
            if let Some(cookie) = passage.cookie.get() {
                response.headers_mut().insert(SET_COOKIE, cookie.clone());
            }
            response
        }
        Err(refusal) => {
            // An operation that is not served is no failure; a 503 has already been logged.
            let expected = matches!(refusal.status, 501 | 503);
            if refusal.status >= 500 && !expected {
                tracing::error!(request_id = &*request_id, operation = passage.operation, %refusal, "request failed");
            }
            refuse(refusal)
        }
    };
    let (parts, body) = response.into_parts();
    let (body, bytes) = body.counted();
    response = http::Response::from_parts(parts, body);
    if accepts_gzip {
        let packed = compression::compress(response).await;
        response = packed.unwrap_or_else(|_| refuse(resource::fault("The answer could not be compressed")));
    }
    if response.body().at_hand().len() >= counted_from
        && let Some(key) = &passage.key
    {
        response = hold(app, key, passage.is_read, response);
    }
    answer::finish(&mut response, &method, &request_id, passage.standing);
    if let Some(token) = passage.key.as_ref().filter(|_| passage.path.starts_with("/tracking/")) {
        response.extensions_mut().insert(AnsweredFor(token.org));
    }
    let status = response.status().as_u16();
    app.metrics.answered(passage.operation, status, began.elapsed());
    tracing::debug!(request_id = &*request_id, operation = passage.operation, status, "answered");
    let answered = Answered {
        method,
        version: if passage.path.is_empty() { "" } else { version },
        path: passage.path.into(),
        status,
        began,
        key: passage.key,
        from,
        request_id,
    };
    response.map(|body| body.logged(answered, bytes))
}

/// The states a client holds already. Only a GET asks for them: other methods have no answer that could be spared.
fn held(parts: &Parts) -> Vec<HeaderValue> {
    match parts.method {
        Method::GET | Method::HEAD => parts.headers.get_all(IF_NONE_MATCH).iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Counts an answer as unread. When there is no room for it a read is refused; a write was made, so its answer is sent.
fn hold(app: &App, key: &Arc<Token>, is_read: bool, response: http::Response<Payload>) -> http::Response<Payload> {
    let (parts, body) = response.into_parts();
    let is_refusable = is_read && parts.status == StatusCode::OK;
    let held = body.held(&app.unread, key, |body| match is_refusable {
        true => app.unread.hold(key, body),
        false => Ok(app.unread.hold_anyway(key, body)),
    });
    held.map_or_else(refuse, |body| http::Response::from_parts(parts, body))
}

fn refuse(refusal: Refusal) -> http::Response<Payload> {
    answer::refuse(refusal).map(Payload::Whole)
}

/// The facts about a request that are collected on its way.
struct Passage {
    standing: Standing,
    operation: &'static str,
    /// The template of its path.
    path: &'static str,
    is_read: bool,
    /// Who asks.
    key: Option<Arc<Token>>,
    /// Whether the answer is one that was given before.
    is_replayed: bool,
    /// A cookie to send with it.
    cookie: Arc<OnceLock<HeaderValue>>,
}

impl Passage {
    async fn run(
        &mut self,
        app: &Arc<App>,
        from: IpAddr,
        now: Timestamp,
        request_id: &Arc<str>,
        parts: Parts,
        body: &mut Body,
    ) -> Result<Answer, Refusal> {
        framing::check(&parts)?;
        let method = overridden(&parts.method, &parts.headers)?;
        let (route, path_values) = match app.routes.find(&method, parts.uri.path()) {
            Found::Route(route, values) => (route, values),
            Found::OtherMethods(methods) => return Err(method_not_allowed(&method, &methods)),
            Found::Nothing => return Err(Refusal::new(404, code::NOT_FOUND, "", "There is no such path in the API")),
        };
        self.operation = route.operation.name;
        self.path = route.operation.path;
        self.is_read = route.operation.is_read();
        if route.operation.public {
            return self.run_open(app, (route, path_values), (from, request_id), now, parts, body).await;
        }
        let caller = authenticate(app, &parts.headers, from, now).await?;
        self.key = Some(Arc::clone(&caller.token));
        if app.settings.strict_host {
            check_host(&caller.org, host(&parts))?;
        }
        let (granted, standing) = app.take_from_budget(caller.org.key, now);
        self.standing = standing;
        if !granted {
            return Err(answer::wait_for_reset(rate_limit::exceeded(standing), standing.wait(now)));
        }
        if app.settings.read_only && route.handler.is_some() && !route.operation.is_read() {
            return Err(answer::try_again(READ_ONLY, READ_ONLY_RETRY_SECONDS));
        }
        authorize(&caller, route.operation, app.settings.missing_role_status)?;
        let Some(Serving::Callers(handler)) = route.handler.clone() else { return Err(not_implemented(route)) };
        app.unread.check(&caller.token)?;
        let body = read_body(app, route, caller.org.key, &parts.headers, body).await?;
        let Some(place) = app.admission.admit(caller.org.key, !route.operation.is_read()) else {
            app.metrics.shed.inc();
            return Err(answer::try_again(OVERLOADED, 1));
        };

        let query = parts.uri.query().unwrap_or_default();
        let is_rehearsal = !route.operation.is_read() && rehearsal::is_wanted(query)?;
        // The write that is rehearsed has the same fingerprint, so that a repeated request gets the former answer.
        let query = if is_rehearsal { rehearsal::query_of_the_write(query) } else { query.to_owned() };
        let pledge = match route.operation.is_read() {
            true => None,
            false => idempotency::pledge(route.operation, &caller, now, (&method, &parts), &query, &body)?,
        };

        let (org, user, sent) = (caller.org.key, caller.token.user, body.clone());
        let sees_all = role::any_grants(&caller.token.roles, SENSITIVE_READ);
        let store = &*app.services.store;
        let masks = if sees_all { None } else { Some(app.described.masks(store, org).await?) };
        let authority = parts.uri.authority().cloned();
        let links = route.links.map(|links| {
            let linker = Linker::new(app, &caller.org, &parts.headers, authority.as_ref(), now);
            (links, linker.for_uploads(!route.operation.is_read() || may_create(&caller, links.kind())))
        });
        let unchanged = Unchanged::default();
        let admitted = Admitted {
            app: Arc::clone(app),
            caller,
            now,
            request_id: Arc::clone(request_id),
            query,
            headers: parts.headers,
            path_values,
            body,
            pledge: pledge.filter(|_| !is_rehearsal),
            unchanged: Arc::clone(&unchanged),
            is_rehearsal,
            place: Some(place),
            authority,
            from: Some(from),
            cookie: Arc::clone(&self.cookie),
            gathering: None,
        };
        let answering = async {
            let Some(pledge) = pledge else { return handler(admitted).await };
            if let Some(answer) = idempotency::replay(store, org, &pledge, &sent).await? {
                self.is_replayed = true;
                // A repeated erasure sweeps the disk, too.
                let scrubs = [EraseCustomer::OPERATION.name, RedactMessage::OPERATION.name];
                if scrubs.contains(&route.operation.name) && !is_rehearsal {
                    app.scrubber.scrub_the_rest(&app.services.store).await;
                }
                return Ok(answer);
            }
            let refusal = match handler(admitted).await {
                Ok(answer) => {
                    idempotency::keep_unchanged(store, org, &pledge, route.operation.success, &unchanged).await?;
                    return Ok(answer);
                }
                Err(refusal) => refusal,
            };
            let replay = idempotency::replay(store, org, &pledge, &sent).await?;
            self.is_replayed = replay.is_some();
            replay.ok_or(refusal)
        };
        let patience = app.settings.answer_timeout.saturating_add(route.waits);
        let answered = tokio::time::timeout(patience, answering).await.unwrap_or_else(|_| {
            tracing::warn!(request_id = &**request_id, operation = route.operation.name, "the answer took too long");
            Err(answer::try_again(
                "The answer took too long; a change may have been made or not: look, then try again",
                1,
            ))
        });
        let answered = answered.inspect_err(|refusal| {
            self.standing = rate_limit::standing_in(refusal).unwrap_or(self.standing);
        });
        let answered = answered.map_err(|refusal| match &masks {
            Some(masks) => masks.without_holder(refusal),
            None => refusal,
        })?;
        let answered = match masks {
            None => answered,
            // A request may have waited long. A finished write is answered, whatever the database reports now.
            Some(masks) => {
                let masks = app.described.masks(store, org).await.unwrap_or(masks);
                let now = app.services.clock.now();
                let shown =
                    if masks.is_empty() { Arc::default() } else { app.described.shown(store, org, user, now).await };
                described::hide(masks, &shown, answered)
            }
        };
        // The former answer is sent with links that are valid now.
        match links {
            Some((links, linker)) => linker.complete(links, answered),
            None => Ok(answered),
        }
    }
}

/// For whose turn those are who have no credential: the orgs begin at 1.
const NOBODY: OrgKey = OrgKey(0);

impl Passage {
    /// A public operation: there is no caller, so the operation itself decides.
    async fn run_open(
        &mut self,
        app: &Arc<App>,
        (route, path_values): (&Route, Vec<String>),
        (from, request_id): (IpAddr, &Arc<str>),
        now: Timestamp,
        parts: Parts,
        body: &mut Body,
    ) -> Result<Answer, Refusal> {
        if app.settings.read_only && !route.operation.is_read() {
            return Err(answer::try_again(READ_ONLY, READ_ONLY_RETRY_SECONDS));
        }
        let Some(Serving::Everybody(handler)) = route.handler.clone() else { return Err(not_implemented(route)) };
        let body = read_body(app, route, NOBODY, &parts.headers, body).await?;
        let Some(_place) = app.admission.admit(NOBODY, !route.operation.is_read()) else {
            app.metrics.shed.inc();
            return Err(answer::try_again(OVERLOADED, 1));
        };
        let query = parts.uri.query().unwrap_or_default();
        let is_rehearsal = !route.operation.is_read() && rehearsal::is_wanted(query)?;
        let host = host(&parts).to_owned();
        let query = query.to_owned();
        let (app, request_id, headers) = (Arc::clone(app), Arc::clone(request_id), parts.headers);
        let patience = app.settings.answer_timeout;
        let visit = Visit { app, now, from, host, query, headers, body, path_values, request_id, is_rehearsal };
        let answered = tokio::time::timeout(patience, handler(visit)).await;
        answered.unwrap_or_else(|_| Err(answer::try_again("The answer took too long: try again", 1)))
    }
}

/// Whether a caller may make records of a kind with files, and so may send their bytes.
fn may_create(caller: &Caller, kind: Kind) -> bool {
    let path = kind.spec().path.trim_start_matches("/v1");
    let mut creates = operation::all().filter(|operation| operation.method == Method::POST && operation.path == path);
    creates.any(|create| role::any_grants(&caller.token.roles, create.roles))
}

const READ_ONLY: &str = "The server only answers reads at the moment: nothing was changed, try again later";

/// Being read-only is a matter of minutes; a client that waits for less would only ask in vain.
const READ_ONLY_RETRY_SECONDS: u64 = 60;

const OVERLOADED: &str = "The server has more requests than it can work on: try again in a moment";

/// The host a request is for; HTTP/2 has it in the address.
pub(crate) fn host(parts: &Parts) -> &str {
    let of_header = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    parts.uri.host().or_else(of_header).unwrap_or_default()
}

/// The client's own name for the request when it is a sane one, a new one otherwise.
fn request_id(app: &App, headers: &HeaderMap) -> Arc<str> {
    const MAX_LENGTH: usize = 128;
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()))
        .map_or_else(|| String::from_utf8_lossy(&app.services.ids.next().to_hex()).into(), Into::into)
}

/// `X-HTTP-Method-Override` on a POST, for clients that can send no other method (`docs/contract/behaviour.md` §2).
fn overridden(method: &Method, headers: &HeaderMap) -> Result<Method, Refusal> {
    const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
    match headers.get(OVERRIDE) {
        Some(wanted) if method == Method::POST => match wanted.as_bytes().to_ascii_uppercase().as_slice() {
            b"GET" => Ok(Method::GET),
            b"POST" => Ok(Method::POST),
            b"PUT" => Ok(Method::PUT),
            b"PATCH" => Ok(Method::PATCH),
            b"DELETE" => Ok(Method::DELETE),
            _ => {
                let title = "X-HTTP-Method-Override must be GET, POST, PUT, PATCH or DELETE";
                Err(Refusal::new(400, code::BAD_PARAM, "X-HTTP-Method-Override", title))
            }
        },
        _ => Ok(method.clone()),
    }
}

fn method_not_allowed(method: &Method, others: &[&str]) -> Refusal {
    let others = others.join(", ");
    Refusal::new(
        405,
        code::METHOD_NOT_ALLOWED,
        "",
        format!("This path takes {others}, not {}", access_log::shown(method)),
    )
    .with_meta("allow", others)
}

/// 501 with the operation's name; with both where two share a path and nobody can know which was meant.
fn not_implemented(route: &Route) -> Refusal {
    let names: Vec<&str> =
        [&route.operation].into_iter().chain(&route.shared_with).map(|operation| operation.name).collect();
    Refusal::new(501, code::NOT_IMPLEMENTED, "", format!("{} is not served yet", names.join(" / ")))
        .with_meta("operations", names)
}

/// How much of a body is read, and for how long, after the request was answered without it.
const DRAINED: usize = 1024 * 1024;
const DRAINED_WITHIN: Duration = Duration::from_secs(5);

/// Reads the rest of a body over HTTP/2 beside its answer. A stream that is dropped is reset, and clients that are still
/// sending take that for a failure and do not read the answer: curl 7.88 reports a framing error.
async fn drain(body: Body) {
    let mut body = Limited::new(body, DRAINED);
    let read = async { while let Some(Ok(_)) = body.frame().await {} };
    // A client that sends more after that is ignored.
    drop(tokio::time::timeout(DRAINED_WITHIN, read).await);
}

async fn read_body(
    app: &App,
    route: &Route,
    org: OrgKey,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let (max, arriving) = match route.max_body {
        Some(max) => (max, &app.arriving_posted),
        None if route.is_bulk => (app.settings.max_bulk_body, &app.arriving_bulk),
        None => (app.settings.max_body, &app.arriving),
    };
    let too_large = || Refusal::new(413, code::TOO_LARGE, "body", format!("The body is larger than {max} bytes"));
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    if route.takes_body {
        check_content_type(headers)?;
    }
    compression::check_coding(headers)?;
    let _place = arriving.take(org, announced)?;
    let reading = collect(&app.stop, Limited::new(body, max));
    match tokio::time::timeout(app.settings.body_timeout, reading).await {
        Ok(Ok(Ok(body))) => compression::unpack(headers, body, max),
        Ok(Ok(Err(error))) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Ok(Err(_))) => Err(Refusal::new(400, code::BAD_PARAM, "body", "The body ended before it was complete")),
        Ok(Err(stops)) => Err(stops),
        Err(_) => Err(Refusal::new(408, code::TIMEOUT, "body", "The body took too long to arrive")),
    }
}

/// All of a body, unless it pauses while the server stops.
async fn collect<B>(stop: &Stop, mut body: B) -> Result<Result<Bytes, B::Error>, Refusal>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    loop {
        let data = match stop.wait_for(body.frame()).await? {
            None if all.is_empty() => return Ok(Ok(first)),
            None => return Ok(Ok(all.freeze())),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(error)) => return Ok(Err(error)),
        };
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
    }
}

/// A body is JSON: `application/json`, any `…+json` (one operation is documented with `application/json-patch+json`),
/// or unnamed.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(sent) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let sent = sent.to_str().unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence == "text/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let what = match essence.as_str() {
        "application/x-www-form-urlencoded" | "multipart/form-data" => "The body is form-encoded; it",
        "application/xml" | "text/xml" => "The body is XML; it",
        _ => "The body",
    };
    let title = format!("{what} must be JSON: send it with the header Content-Type: application/json");
    Err(Refusal::new(400, code::BAD_PARAM, "Content-Type", title))
}
