//! The page that a link to set a password leads to. It is no part of the API: a form without scripts, styles or anything
//! from elsewhere. Looking at it does not use the link up.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use kustodian_core::customer::Context;
use kustodian_core::directory::Org;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Note, Stored, decide_on};
use kustodian_core::{password, password_link, resource, user};
use kustomer_api::ObjectId;
use kustomer_api::user::User;

use crate::answer::unavailable;
use crate::app::App;
use crate::{sign_in, vault};

const POLICY: &str = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// More than two passwords need, however they are encoded.
const MAX_FORM: usize = 16 * 1024;

pub(crate) fn router() -> Router<Arc<App>> {
    Router::new().route(&format!("{}/{{org}}/{{user}}/{{secret}}", password_link::PAGE), get(show).post(set))
}

type Named = Path<(String, String, String)>;

/// A link that is good, and whose it is.
struct Good {
    org: Org,
    id: ObjectId,
    user: User,
    note: Note,
}

async fn show(State(app): State<Arc<App>>, Path((org, user, secret)): Named) -> Response {
    match find(&app, &org, &user, &secret).await {
        Ok(Some(_)) => form(StatusCode::OK, ""),
        Ok(None) => gone(),
        Err(refusal) => failed(&refusal),
    }
}

async fn set(State(app): State<Arc<App>>, Path((org, user, secret)): Named, body: Body) -> Response {
    if app.settings.read_only {
        return page(StatusCode::SERVICE_UNAVAILABLE, "<p>Nothing can be changed at the moment: try again later.</p>");
    }
    let Ok(body) = to_bytes(body, MAX_FORM).await else { return form(StatusCode::BAD_REQUEST, "That is too long.") };
    let sent = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(&body);
        pairs.find(|(sent, _)| sent == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (wanted, again) = (sent("password"), sent("again"));
    let good = match find(&app, &org, &user, &secret).await {
        Ok(Some(good)) => good,
        Ok(None) => return gone(),
        Err(refusal) => return failed(&refusal),
    };
    if wanted != again {
        return form(StatusCode::BAD_REQUEST, "The two passwords differ.");
    }
    let email = good.user.attributes.email.value().map_or("", String::as_str);
    if let Some(weakness) = password::weakness(&wanted, email, &good.org.name) {
        return form(StatusCode::BAD_REQUEST, &weakness);
    }
    match keep(&app, good, wanted).await {
        Ok(true) => page(StatusCode::OK, "<p>The password is set. You can sign in with it now.</p>"),
        Ok(false) => gone(),
        Err(refusal) => failed(&refusal),
    }
}

async fn find(app: &App, org: &str, user: &str, secret: &str) -> Result<Option<Good>, Refusal> {
    let (services, now) = (&app.services, app.services.clock.now());
    let Ok(id) = user.parse::<ObjectId>() else { return Ok(None) };
    let Some(org) = services.directory.find_org(org).await.map_err(unavailable)? else { return Ok(None) };
    let note = vault::find(&*services.store, &password_link::note_name(org.key, id)).await.map_err(unavailable)?;
    let Some(note) = note.filter(|note| password_link::is_good(note, secret, now)) else { return Ok(None) };
    let stored = services.store.find(org.key, Kind::User, id).await.map_err(unavailable)?;
    let Some(stored) = stored.filter(|stored| !stored.deleted) else { return Ok(None) };
    let user: User = resource::read(&stored.document)?;
    if user::is_machine(&user.attributes) {
        return Ok(None);
    }
    Ok(Some(Good { org, id, user, note }))
}

/// Uses the link up and keeps the password; `false` when somebody else was first.
async fn keep(app: &App, good: Good, wanted: String) -> Result<bool, Refusal> {
    let Good { org, id, note, .. } = good;
    let services = &app.services;
    let mut salt = [0; 16];
    salt.copy_from_slice(&services.ids.secret()[..16]);
    let hash = app.passwords.hash(wanted, salt).await?;
    if !services.store.replace_note(&note, None).await.map_err(unavailable)? {
        return Ok(false);
    }
    let (of, event, now) = (org.clone(), services.ids.next_event(), services.clock.now());
    let name = (Kind::User, id);
    let decide = decide_on(name, move |stored: Option<Stored>| {
        let context = Context { org: &of, actor: id, now, client: "api", request_id: "", slas: None, import: None };
        let stored = stored.ok_or_else(|| Refusal::not_found("id"))?;
        user::accept(&context, &stored, event)
    });
    match services.store.commit_locked(org.key, vec![name], decide).await {
        Ok(_) => {}
        Err(CommitError::Refused(refusal)) => return Err(refusal),
        Err(CommitError::Store(error)) => return Err(unavailable(error)),
        Err(_) => return Err(resource::fault("The password could not be kept")),
    }
    sign_in::keep_password(app, &org, id, hash, None).await?;
    Ok(true)
}

fn gone() -> Response {
    let words = "<p>This link does not work any more: it was used, it is too old, or a newer one was sent. Ask for another \
                 one.</p>";
    page(StatusCode::GONE, words)
}

fn failed(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page(status, "<p>That did not work: try again in a moment.</p>")
}

/// The form, with the fault of the input: in our own words alone.
fn form(status: StatusCode, wrong: &str) -> Response {
    let wrong =
        if wrong.is_empty() { String::new() } else { format!("<p role=\"alert\"><strong>{wrong}</strong></p>") };
    page(
        status,
        &format!(
            "{wrong}<form method=\"post\">\
             <p><label>New password<br><input type=\"password\" name=\"password\" autocomplete=\"new-password\" \
             required minlength=\"12\" maxlength=\"256\"></label></p>\
             <p><label>The same again<br><input type=\"password\" name=\"again\" autocomplete=\"new-password\" required \
             minlength=\"12\" maxlength=\"256\"></label></p>\
             <p><button>Set the password</button></p></form>"
        ),
    )
}

fn page(status: StatusCode, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Set a password</title></head><body><h1>Set a password</h1>{body}</body></html>"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // The address of the page is the secret.
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, html).into_response()
}
