//! Receives the bytes of a file, as a form or as they are, and notes in its record that they are there.

use std::sync::Arc;

use axum::body::Body;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Method, StatusCode};
use kustodian_core::customer::Context;
use kustodian_core::file::{File, Received, check_awaited, check_length, longer};
use kustodian_core::files::{FileName, Receiving};
use kustodian_core::link::{Purpose, Target, form_fields};
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{CommitError, Stored, decide_on};
use kustomer_api::error::code;
use kustomer_api::upload::FILE_FIELD;
use kustomer_api::{ObjectId, Timestamp};

use super::body::Arriving;
use super::form::{Form, MAX_BESIDE};
use super::{Opened, not_kept};
use crate::answer::{not_committed, try_again, unavailable};
use crate::app::App;

/// How many bytes are written at a time.
const PIECE: usize = 256 * 1024;

/// Receives the bytes that a request holds; the status to answer.
pub(super) async fn receive(app: &Arc<App>, opened: &Opened, parts: &Parts, body: Body) -> Result<StatusCode, Refusal> {
    let is_form = parts.method == Method::POST;
    let mut arriving = Arriving::new(body, app.settings.body_timeout, Arc::clone(&app.stop));
    match take(app, opened, parts, &mut arriving, is_form).await {
        Ok(()) if is_form => Ok(StatusCode::NO_CONTENT),
        Ok(()) => Ok(StatusCode::OK),
        Err(refusal) => {
            // Over HTTP/1.1 an answer to a body that nobody reads ends the connection, often before the client reads it.
            arriving.drain().await;
            Err(refusal)
        }
    }
}

async fn take(
    app: &Arc<App>,
    opened: &Opened,
    parts: &Parts,
    arriving: &mut Arriving,
    is_form: bool,
) -> Result<(), Refusal> {
    if app.settings.read_only {
        return Err(try_again("The server only answers reads at the moment: nothing was kept, try again later", 60));
    }
    let stored = app.services.store.find(opened.org.key, opened.kind, opened.id).await.map_err(unavailable)?;
    let file = stored.filter(|stored| !stored.deleted).map(|stored| File::of(&stored.document)).transpose()?;
    check_awaited(file.as_ref())?;
    let Some(file) = file else { return Err(Refusal::not_found("id")) };
    let length = file.content_length;
    if length > app.settings.max_file {
        let title = format!("The file is larger than {} bytes, the most that one may have here", app.settings.max_file);
        return Err(Refusal::new(413, code::TOO_LARGE, "file", title));
    }
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(announced) if is_form && announced > length.saturating_add(MAX_BESIDE) => return Err(longer(length)),
        Some(announced) if !is_form => check_length(length, announced)?,
        _ => {}
    }
    let place = app.files.uploads.take(opened.org.key);
    let _place = place.ok_or_else(|| try_again("Too many files are received at the same time", 5))?;
    arriving.expect(length);
    let mut pieces = if is_form {
        let mut form = Form::new(&parts.headers, arriving)?;
        find_file(app, opened, &file, &mut form).await?;
        Pieces::OfForm(form)
    } else {
        Pieces::Whole(arriving)
    };
    let mut receiving = app.files.files.receive().await.map_err(|error| not_kept(&error))?;
    copy(&mut pieces, &mut *receiving, length).await?;
    let sum = receiving.finish().await.map_err(|error| not_kept(&error))?;
    keep(app, opened, file.maker, receiving, Received { length, sum }).await
}

/// Skips to the file of a form. The fields before it must be those of the answer.
async fn find_file(app: &App, opened: &Opened, file: &File, form: &mut Form<&mut Arriving>) -> Result<(), Refusal> {
    let id = opened.id.to_string();
    let target = Target { purpose: Purpose::Upload, org: opened.org.id, kind: opened.kind, id: &id };
    let expires = Timestamp::from_millis(opened.expires.saturating_mul(1_000));
    let given = form_fields(&app.files.signer, target, &file.content_type, expires, opened.expires);
    while let Some(name) = form.next().await? {
        if name == FILE_FIELD {
            return Ok(());
        }
        let sent = form.text().await?;
        let is_signed = matches!(name.as_str(), "key" | "Policy" | "X-Amz-Signature" | "X-Amz-Meta-Attachment-Id");
        if is_signed && given.get(&name).is_some_and(|given| *given != sent) {
            let title = format!("The field {name} is not the one of the answer: send the fields as they are");
            return Err(Refusal::new(403, code::FORBIDDEN, &name, title));
        }
    }
    let title = format!("The form has no file: send it as the last field, named {FILE_FIELD}");
    Err(Refusal::new(400, code::BAD_PARAM, FILE_FIELD, title))
}

/// Where the bytes come from.
enum Pieces<'a> {
    OfForm(Form<&'a mut Arriving>),
    Whole(&'a mut Arriving),
}

impl Pieces<'_> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        match self {
            Self::OfForm(form) => form.piece().await,
            Self::Whole(arriving) => Ok(arriving.next().await?.map(Vec::from)),
        }
    }
}

/// Writes the bytes as they arrive: so many, no more and no less.
async fn copy(pieces: &mut Pieces<'_>, to: &mut dyn Receiving, length: u64) -> Result<(), Refusal> {
    let (mut gathered, mut received) = (Vec::with_capacity(PIECE), 0);
    while let Some(piece) = pieces.next().await? {
        received += piece.len() as u64;
        if received > length {
            return Err(longer(length));
        }
        gathered.extend_from_slice(&piece);
        if gathered.len() >= PIECE {
            let full = std::mem::replace(&mut gathered, Vec::with_capacity(PIECE));
            to.write(full).await.map_err(|error| not_kept(&error))?;
        }
    }
    check_length(length, received)?;
    to.write(gathered).await.map_err(|error| not_kept(&error))
}

/// Gives the bytes their name and notes in the record that they are there; under one lock, so that nobody takes them for
/// bytes that no record names.
async fn keep(
    app: &Arc<App>,
    opened: &Opened,
    maker: Option<ObjectId>,
    receiving: Box<dyn Receiving>,
    received: Received,
) -> Result<(), Refusal> {
    let name = FileName { org: opened.org.id, sum: received.sum };
    let lock = receiving.keep(name).await.map_err(|error| not_kept(&error))?;
    let (kind, id, event) = (opened.kind, opened.id, app.services.ids.next_event());
    let now = app.services.clock.now();
    let org = Arc::clone(&opened.org);
    let decide = move |stored: Option<Stored>| {
        let actor = maker.unwrap_or(id);
        let context = Context { org: &org, actor, now, client: "upload", request_id: "", slas: None, import: None };
        kind.receive(&context, stored.as_ref(), event, received)
    };
    let name_of_record = (kind, id);
    let committed =
        app.services.store.commit_locked(opened.org.key, vec![name_of_record], decide_on(name_of_record, decide)).await;
    match committed {
        Ok(_) => Ok(()),
        Err(error) => {
            // Whether the commit was made is not known when the database went away: left-over data is swept later.
            if matches!(error, CommitError::Refused(_)) {
                super::removal::remove_unnamed(app, &opened.org, received.sum, &*lock).await;
            }
            Err(not_committed(error, |_| false))
        }
    }
}
