//! The bytes of attachments and media: sent and read over links of their own, which are signed and need no API key, and
//! removed when no record names them any more.

mod body;
mod download;
pub(crate) mod form;
mod links;
mod range;
mod removal;
mod sweep;
mod upload;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::Request;
use kustodian_core::directory::Org;
use kustodian_core::files::{Files, FilesError};
use kustodian_core::kind::Kind;
use kustodian_core::link::{Purpose, Signer, Target};
use kustodian_core::refusal::Refusal;
use kustomer_api::ObjectId;
use kustomer_api::error::code;

pub(crate) use self::links::Linker;
pub(crate) use self::removal::Removal;
pub(crate) use self::sweep::run;
use crate::answer::{self, try_again, unavailable};
use crate::app::App;
use crate::places::Places;

/// How many files may be received at once, and how many be sent; each org has its share.
const UPLOADS: usize = 64;
const DOWNLOADS: usize = 512;

/// How much of a body is read and forgotten that came without a good link.
const STRANGERS: usize = 1024 * 1024;

/// The files of this server.
pub(crate) struct FileDesk {
    files: Arc<dyn Files>,
    signer: Signer,
    uploads: Places,
    downloads: Places,
    /// Those that were asked for: an org never changes.
    orgs: Mutex<HashMap<ObjectId, Arc<Org>>>,
}

impl FileDesk {
    pub(crate) fn new(files: Arc<dyn Files>, signer: Signer) -> Self {
        let (uploads, downloads) = (Places::new(UPLOADS), Places::new(DOWNLOADS));
        Self { files, signer, uploads, downloads, orgs: Mutex::default() }
    }

    /// The org with an id, which was in a link that this database signed.
    async fn org(&self, app: &App, id: ObjectId) -> Result<Arc<Org>, Refusal> {
        let known = self.orgs.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(org) = known {
            return Ok(org);
        }
        let found = app.services.directory.list_orgs().await.map_err(unavailable)?;
        let org = found.into_iter().find(|org| org.id == id).map(Arc::new).ok_or_else(|| Refusal::not_found("id"))?;
        self.orgs.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&org));
        Ok(org)
    }
}

/// What takes the bytes of a file.
pub(crate) fn uploads() -> MethodRouter<Arc<App>> {
    post(receive).put(receive)
}

/// What gives them out.
pub(crate) fn downloads() -> MethodRouter<Arc<App>> {
    get(send)
}

/// The path of what takes the bytes, and of what gives them out under their name.
pub(crate) const UPLOAD_PATH: &str = "/files/{org}/{kind}/{id}";
pub(crate) const DOWNLOAD_PATH: &str = "/files/{org}/{kind}/{id}/{name}";

/// A link that was signed here and has not expired.
struct Opened {
    org: Arc<Org>,
    kind: Kind,
    id: ObjectId,
    expires: i64,
}

/// Lets a request pass whose link is good for a purpose.
async fn open(
    app: &App,
    purpose: Purpose,
    (org, kind, id): (&str, &str, &str),
    query: Option<&str>,
) -> Result<Opened, Refusal> {
    let unknown = || Refusal::not_found("id");
    let (org, of, record): (ObjectId, _, ObjectId) = (
        org.parse().map_err(|_| unknown())?,
        Kind::with_files().find(|of| of.as_str() == kind).ok_or_else(unknown)?,
        id.parse().map_err(|_| unknown())?,
    );
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let target = Target { purpose, org, kind: of, id: &record.to_string() };
    let expires = value(links::EXPIRES);
    app.files.signer.check(target, &expires, &value(links::SIGNATURE), app.services.clock.now())?;
    let expires = expires.parse().map_err(|_| unknown())?;
    Ok(Opened { org: app.files.org(app, org).await?, kind: of, id: record, expires })
}

async fn receive(
    State(app): State<Arc<App>>,
    Extension(from): Extension<SocketAddr>,
    Path((org, kind, id)): Path<(String, String, String)>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let opened = open(&app, Purpose::Upload, (&org, &kind, &id), parts.uri.query()).await;
    let received = match opened {
        Ok(opened) => upload::receive(&app, &opened, &parts, body).await,
        Err(refusal) => {
            // The sender of the file is not trusted.
            tokio::spawn(body::drain(body, STRANGERS));
            Err(refusal)
        }
    };
    received.map_or_else(|refusal| refuse(refusal, from), |status| plain(status, Body::empty()))
}

async fn send(
    State(app): State<Arc<App>>,
    Extension(from): Extension<SocketAddr>,
    Path((org, kind, id, _)): Path<(String, String, String, String)>,
    request: Request<Body>,
) -> Response {
    let (parts, _) = request.into_parts();
    let sent = match open(&app, Purpose::Download, (&org, &kind, &id), parts.uri.query()).await {
        Ok(opened) => download::send(&app, &opened, &parts).await,
        Err(refusal) => Err(refusal),
    };
    sent.unwrap_or_else(|refusal| refuse(refusal, from))
}

fn plain(status: http::StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}

fn refuse(refusal: Refusal, from: SocketAddr) -> Response {
    if refusal.status >= 500 {
        tracing::warn!(%refusal, client = %from.ip(), "a file was not received or sent");
    }
    answer::refuse(refusal).map(Body::from)
}

/// 507 when there is no room, 503 when the storage does not answer, 500 for all else. The error of the system is only logged.
fn not_kept(error: &FilesError) -> Refusal {
    tracing::error!(%error, "a file could not be kept or read");
    match error {
        FilesError::Full { .. } => {
            let title = "There is no room for the file on the server: nothing was kept, try again later";
            Refusal::new(507, code::INSUFFICIENT_STORAGE, "file", title)
        }
        FilesError::Unavailable { .. } => {
            try_again("The storage of files does not answer at the moment: nothing was kept, try again later", 5)
        }
        FilesError::Failed { .. } => kustodian_core::resource::fault("The server could not keep or read the file"),
    }
}
