//! The links in answers: where the bytes of a file are read, and where they are sent.

use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;
use kustodian_core::directory::Org;
use kustodian_core::file::File;
use kustodian_core::kind::Kind;
use kustodian_core::link::{Purpose, Signer, Target, form_fields};
use kustodian_core::refusal::Refusal;
use kustodian_core::resource;
use kustomer_api::media;
use kustomer_api::upload::{Upload, UploadMeta};
use kustomer_api::{ObjectId, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Map;

use crate::answer::Answer;
use crate::app::App;
use crate::routes::Links;

/// The parameters of a link.
pub(super) const EXPIRES: &str = "expires";
pub(super) const SIGNATURE: &str = "signature";

/// Characters that are written as they are in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes links into the answer to one request.
#[derive(Debug, Clone)]
pub(crate) struct Linker {
    signer: Signer,
    org: ObjectId,
    base: String,
    now: Timestamp,
    /// Until when they are good, in seconds since 1970.
    expires: i64,
    /// Whether the caller may send bytes.
    may_upload: bool,
}

impl Linker {
    /// For a request of a caller of `org`, who may send no bytes.
    pub(crate) fn new(
        app: &App,
        org: &Org,
        headers: &HeaderMap,
        authority: Option<&Authority>,
        now: Timestamp,
    ) -> Self {
        let lifetime = i64::try_from(app.settings.link_lifetime.as_secs()).unwrap_or(i64::MAX);
        Self {
            signer: app.files.signer.clone(),
            org: org.id,
            base: base(app, headers, authority),
            now,
            expires: (now.as_millis() / 1_000).saturating_add(lifetime),
            may_upload: false,
        }
    }

    /// The same, of a caller who may send bytes or not.
    pub(crate) fn for_uploads(self, may_upload: bool) -> Self {
        Self { may_upload, ..self }
    }

    /// An answer about a record with a file, with its links.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub(crate) fn complete(&self, links: Links, answer: Answer) -> Result<Answer, Refusal> {
        let Answer::Document { status, document } = answer else { return Ok(answer) };
        let file = File::of(&document)?;
        let id = id_in(&document)?;
        let kind = match links {
            Links::Reading(kind) => kind,
            Links::Sending(kind) => {
                let (link, etag) = (self.link(Purpose::Upload, kind, &id, &id), resource::etag(document.as_bytes()));
                return Ok(Answer::Linked {
                    status,
                    document: with_link(kind, &id, &link, document),
                    meta: None,
                    etag,
                });
            }
        };
        let meta = (self.may_upload && file.is_awaited()).then(|| self.upload(kind, &id, &file));
        let meta = meta.map(|meta| resource::render(&meta)).transpose()?;
        let etag = resource::etag(document.as_bytes());
        Ok(Answer::Linked { status, document: self.related(kind, &id, &file, document), meta, etag })
    }

    /// The document of a record with a file, with its link.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub(crate) fn document(&self, kind: Kind, document: String) -> Result<String, Refusal> {
        let (file, id) = (File::of(&document)?, id_in(&document)?);
        Ok(self.related(kind, &id, &file, document))
    }

    fn related(&self, kind: Kind, id: &str, file: &File, document: String) -> String {
        // A path of dots alone means another folder.
        let name = if file.name.bytes().all(|byte| byte == b'.') { "file" } else { file.name.as_str() };
        let place = format!("{id}/{}", utf8_percent_encode(name, SEGMENT));
        with_link(kind, id, &self.link(Purpose::Download, kind, id, &place), document)
    }

    fn upload(&self, kind: Kind, id: &str, file: &File) -> UploadMeta {
        let target = self.target(Purpose::Upload, kind, id);
        let upload = Upload {
            url: self.link(Purpose::Upload, kind, id, id),
            fields: form_fields(&self.signer, target, &file.content_type, self.now, self.expires),
        };
        let provider = (kind == Kind::Media).then(|| media::PROVIDER.to_owned());
        UploadMeta { provider, upload: Some(upload), extra: Map::new() }
    }

    fn link(&self, purpose: Purpose, kind: Kind, id: &str, place: &str) -> String {
        let signature = self.signer.sign(self.target(purpose, kind, id), self.expires);
        let (base, org, kind) = (&self.base, self.org, kind.as_str());
        format!("{base}/files/{org}/{kind}/{place}?{EXPIRES}={}&{SIGNATURE}={signature}", self.expires)
    }

    fn target<'a>(&self, purpose: Purpose, kind: Kind, id: &'a str) -> Target<'a> {
        Target { purpose, org: self.org, kind, id }
    }
}

/// The document of a record with a link beside that to itself.
fn with_link(kind: Kind, id: &str, link: &str, mut document: String) -> String {
    let own = format!("\"links\":{{\"self\":\"{}\"", kind.spec().path.to_owned() + "/" + id);
    // Text in JSON has no bare quotation mark, and the links are the last member: this is no value of the record.
    if let Some(at) = document.rfind(&own) {
        document.insert_str(at + own.len(), &format!(",\"related\":\"{link}\""));
    }
    document
}

fn id_in(document: &str) -> Result<String, Refusal> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: ObjectId,
    }
    resource::read(document).map(|named: Named| named.id.to_string())
}

/// The address that clients reach this server at: the one that is set, or the one that the request was for.
fn base(app: &App, headers: &HeaderMap, authority: Option<&Authority>) -> String {
    if let Some(url) = &app.settings.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let of_header = || text(HOST.as_str()).and_then(|host| host.parse::<Authority>().ok());
    // A quotation mark would end the text that it is written into.
    let is_plain =
        |host: &Authority| host.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte));
    let host = authority.cloned().or_else(of_header).filter(is_plain);
    let is_https = app.settings.https || text("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let scheme = if is_https { "https" } else { "http" };
    host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
}
