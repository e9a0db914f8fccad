//! Pages that track visitors from origins that their org names (`corsWhitelist`), beside those of `--cors-origin`.
//!
//! A browser asks before it sends the key, so there is no caller then: the org is the one that the host names, or the only
//! one of the server. The answer to what it sends then has the headers that the org of the key allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, VARY,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use kustodian_core::auth_settings;
use kustodian_core::directory::Org;
use kustodian_core::permission::org_of_host;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::OrgKey;

use crate::answer::unavailable;
use crate::app::App;
use crate::cors::{EXPOSED, REMEMBERED, TRACKING, is_asked};
use crate::pipeline::AnsweredFor;
use crate::sign_in;

/// How long a cached list is trusted.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many orgs are remembered; beyond it all are forgotten, which costs one look-up each.
const MAX_REMEMBERED: usize = 10_000;

/// Something, and when it was looked up.
type Known<T> = (Instant, Arc<[T]>);

/// The cached lists.
#[derive(Default)]
pub(crate) struct Whitelists {
    orgs: Mutex<Option<Known<Org>>>,
    origins: Mutex<HashMap<OrgKey, Known<String>>>,
}

impl Whitelists {
    /// Forgets the cached lists, so that a change on this server takes effect on it at once.
    pub(crate) fn forget(&self) {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn orgs(&self, app: &App) -> Result<Arc<[Org]>, Refusal> {
        let known = self.orgs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, orgs)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            return Ok(orgs);
        }
        let since = Instant::now();
        let orgs: Arc<[Org]> = app.services.directory.list_orgs().await.map_err(unavailable)?.into();
        *self.orgs.lock().unwrap_or_else(PoisonError::into_inner) = Some((since, Arc::clone(&orgs)));
        Ok(orgs)
    }

    async fn origins(&self, app: &App, org: &Org) -> Result<Arc<[String]>, Refusal> {
        let known = self.origins.lock().unwrap_or_else(PoisonError::into_inner).get(&org.key).cloned();
        if let Some((_, origins)) = known.filter(|(since, _)| since.elapsed() < BELIEVED) {
            return Ok(origins);
        }
        let since = Instant::now();
        let origins: Arc<[String]> = auth_settings::origins(sign_in::settings(&app.services, org).await?).into();
        let mut remembered = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(org.key, (since, Arc::clone(&origins)));
        Ok(origins)
    }
}

/// A page of another origin that tracks, or asks whether it may.
pub(crate) struct Page {
    origin: HeaderValue,
    host: String,
    /// The headers that it wants to send, when it asks whether it may.
    asks: Option<Option<HeaderValue>>,
}

impl Page {
    /// The page behind a request, when it is one to track.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let headers = request.headers();
        if !request.uri().path().starts_with(TRACKING) || !is_asked(request.method(), headers) {
            return None;
        }
        let of_header = || headers.get(HOST).and_then(|host| host.to_str().ok());
        let asks = (request.method() == Method::OPTIONS).then(|| headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned());
        Some(Self {
            origin: headers.get(ORIGIN)?.clone(),
            host: request.uri().host().or_else(of_header).unwrap_or_default().to_owned(),
            asks,
        })
    }

    /// Lets the page read the answer, or ask, when the org names its origin and the server does not.
    pub(crate) async fn complete<B>(self, app: &App, response: &mut Response<B>, empty: B) {
        if response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        let vary = HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");
        response.headers_mut().append(VARY, vary);
        match self.is_allowed(app, response.extensions().get::<AnsweredFor>().copied()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(refusal) => {
                tracing::debug!(%refusal, "whether a page may track is not known");
                return;
            }
        }
        if self.asks.is_some() {
            *response.status_mut() = StatusCode::NO_CONTENT;
            *response.body_mut() = empty;
            response.headers_mut().remove(CONTENT_LENGTH);
            response.headers_mut().remove(CONTENT_TYPE);
        }
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        // The cookie names a visitor and is no credential: tracking needs a key, too.
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        match self.asks {
            Some(wanted) => {
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
                headers.extend(wanted.map(|wanted| (ACCESS_CONTROL_ALLOW_HEADERS, wanted)));
                headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(REMEMBERED.as_secs()));
            }
            None => {
                let exposed = EXPOSED.each_ref().map(http::HeaderName::as_str).join(",");
                headers.extend(
                    HeaderValue::from_str(&exposed).ok().map(|exposed| (ACCESS_CONTROL_EXPOSE_HEADERS, exposed)),
                );
            }
        }
    }

    async fn is_allowed(&self, app: &App, answered_for: Option<AnsweredFor>) -> Result<bool, Refusal> {
        let orgs = app.whitelists.orgs(app).await?;
        let org = match answered_for {
            Some(AnsweredFor(key)) => orgs.iter().find(|org| org.key == key),
            None => org_of_host(&orgs, &self.host),
        };
        let Some(org) = org else { return Ok(false) };
        let origins = app.whitelists.origins(app, org).await?;
        Ok(origins.iter().any(|origin| origin.as_bytes() == self.origin.as_bytes()))
    }
}
