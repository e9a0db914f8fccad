//! What attachments and media have in common: a file that is described first and received later. The record holds the
//! description of the file; its bytes are kept beside all records, under their checksum.

use kustomer_api::error::code;
use kustomer_api::upload::blocked_extension;
use kustomer_api::{Field, ObjectId, Timestamp};
use serde::Deserialize;

use crate::change::{ChangeSet, EventSeed};
use crate::customer::Context;
use crate::files::Sha256Sum;
use crate::lifecycle::{self, Lifecycle};
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// The column that holds the checksum of the bytes that are there.
pub const SHA256: &str = "sha256";

/// The attributes that a record with a file has of it.
pub(crate) struct Parts<'a> {
    pub(crate) name: &'a mut Field<String>,
    pub(crate) content_type: &'a mut Field<String>,
    pub(crate) content_length: &'a mut Field<u64>,
    pub(crate) uploaded: &'a mut Field<bool>,
    pub(crate) redacted: &'a mut Field<bool>,
    pub(crate) redacted_at: &'a mut Field<Timestamp>,
    pub(crate) sha256: &'a mut Field<String>,
}

/// The attributes of a record with a file.
pub(crate) trait OfFile: Lifecycle {
    /// Those of its file.
    fn parts(&mut self) -> Parts<'_>;
}

macro_rules! of_file {
    ($attributes:ty) => {
        impl $crate::file::OfFile for $attributes {
            fn parts(&mut self) -> $crate::file::Parts<'_> {
                $crate::file::Parts {
                    name: &mut self.name,
                    content_type: &mut self.content_type,
                    content_length: &mut self.content_length,
                    uploaded: &mut self.uploaded,
                    redacted: &mut self.redacted,
                    redacted_at: &mut self.redacted_at,
                    sha256: &mut self.sha256,
                }
            }
        }
    };
}

pub(crate) use of_file;

/// A record's file, as its document describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub content_length: u64,
    /// Whether its bytes were removed for ever.
    pub is_redacted: bool,
    /// The checksum of its bytes, when they are there.
    pub sum: Option<Sha256Sum>,
    /// The org of the record.
    pub org: Option<ObjectId>,
    /// Who made the record.
    pub maker: Option<ObjectId>,
}

impl File {
    /// Read from the document of its record.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(document: &str) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Attributes {
            name: Option<String>,
            content_type: Option<String>,
            content_length: Option<u64>,
            redacted: Option<bool>,
            sha256: Option<String>,
        }
        #[derive(Deserialize)]
        struct Record {
            attributes: Attributes,
            #[serde(default)]
            relationships: kustomer_api::envelope::Relationships,
        }
        let Record { attributes, relationships } = resource::read(document)?;
        let related = |name: &str| relationships.get(name).and_then(|related| related.id()?.parse().ok());
        Ok(Self {
            name: attributes.name.unwrap_or_default(),
            content_type: attributes.content_type.unwrap_or_default(),
            content_length: attributes.content_length.unwrap_or_default(),
            is_redacted: attributes.redacted.unwrap_or_default(),
            sum: attributes.sha256.and_then(|sum| sum.parse().ok()),
            org: related("org"),
            maker: related("createdBy"),
        })
    }

    /// Whether its bytes may be sent.
    pub fn is_awaited(&self) -> bool {
        !self.is_redacted && self.sum.is_none()
    }
}

/// Lets a file pass that has the name, the media type and the size of one that is kept.
///
/// # Errors
/// 400 for the name of a program or a media type that no header can hold; 413 for more than `max` bytes.
pub(crate) fn check<A: OfFile>(attributes: &mut A, max: u64) -> Result<(), Refusal> {
    let Parts { name, content_type, content_length, .. } = attributes.parts();
    if let Some(ending) = name.value().and_then(|name| blocked_extension(name)) {
        let title = format!("name ends in {ending}: files of programs are refused");
        return Err(of_attribute(400, code::BAD_PARAM, "name", title));
    }
    if content_type.value().is_some_and(|content_type| !is_media_type(content_type)) {
        let title = "contentType is no media type: write it like image/png".to_owned();
        return Err(of_attribute(400, code::BAD_PARAM, "contentType", title));
    }
    if content_length.value().is_some_and(|length| *length > max) {
        let title = format!("contentLength is larger than {max} bytes, the most that a file may have here");
        return Err(of_attribute(413, code::TOO_LARGE, "contentLength", title));
    }
    Ok(())
}

fn of_attribute(status: u16, code: &str, name: &str, title: String) -> Refusal {
    Refusal::new(status, code, name, title).with_meta("pointer", format!("/{name}"))
}

/// Whether a text is a media type, parameters included, that can be sent as it is in a header.
fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let is_visible = |byte: u8| (b' '..=b'~').contains(&byte);
    text.bytes().all(is_visible) && essence.split_once('/').is_some_and(|(kind, of)| is_word(kind) && is_word(of))
}

/// The attributes of a file before its bytes have arrived.
pub(crate) fn await_bytes<A: OfFile>(attributes: &mut A) {
    let Parts { uploaded, redacted, sha256, .. } = attributes.parts();
    *uploaded = false.into();
    *redacted = redacted.value().copied().unwrap_or_default().into();
    *sha256 = Field::Absent;
}

/// Changes a record with a file by `apply`, and draws what follows for its bytes: those of a redacted one are gone, and
/// those of one with another size are awaited again.
///
/// # Errors
/// 404 when it is not there; 409 when `apply` takes a redaction back; 400 and 413 as of [`check`].
pub(crate) fn update<A: OfFile>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    max: u64,
    apply: impl FnOnce(&mut A),
) -> Result<ChangeSet, Refusal> {
    lifecycle::update(context, stored, event, |attributes: &mut A| {
        let before = attributes.parts();
        let was_redacted = before.redacted.value().copied().unwrap_or_default();
        let length = before.content_length.value().copied();
        apply(attributes);
        // The limit may have been lowered since, which is nothing that another change could mend.
        let is_another_length = attributes.parts().content_length.value().copied() != length;
        check(attributes, if is_another_length { max } else { u64::MAX })?;
        if is_another_length {
            await_bytes(attributes);
        }
        let after = attributes.parts();
        let is_redacted = after.redacted.value().copied().unwrap_or_default();
        match (was_redacted, is_redacted) {
            (true, false) => Err(never_back()),
            (false, true) => {
                *after.uploaded = false.into();
                *after.redacted_at = context.now.into();
                *after.sha256 = Field::Absent;
                Ok(())
            }
            _ => Ok(()),
        }
    })
}

fn never_back() -> Refusal {
    let title = "redacted cannot be taken back: the bytes were removed for ever".to_owned();
    of_attribute(409, code::CONFLICT, "redacted", title)
}

/// Bytes that were received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many.
    pub length: u64,
    /// Their checksum.
    pub sum: Sha256Sum,
}

/// Notes that the bytes of a file are there.
pub(crate) fn receive<A: OfFile>(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    received: Received,
) -> Result<ChangeSet, Refusal> {
    let file = stored.map(|stored| File::of(&stored.document)).transpose()?;
    check_awaited(file.as_ref())?;
    lifecycle::update(context, stored, event, |attributes: &mut A| {
        let Parts { content_length, uploaded, sha256, .. } = attributes.parts();
        check_length(content_length.value().copied().unwrap_or_default(), received.length)?;
        *uploaded = true.into();
        *sha256 = received.sum.to_string().into();
        Ok(())
    })
}

/// Lets the bytes of a file pass that are still to come.
///
/// # Errors
/// 404 when there is no such file; 409 when its bytes are there already, or were removed for ever.
pub fn check_awaited(file: Option<&File>) -> Result<(), Refusal> {
    let file = file.ok_or_else(|| Refusal::not_found("id"))?;
    if file.is_redacted {
        return Err(Refusal::new(409, code::CONFLICT, "id", "The file was redacted: make another one"));
    }
    if file.sum.is_some() {
        let title = "The bytes of the file are there already: make another one, or send another contentLength first";
        return Err(Refusal::new(409, code::CONFLICT, "id", title));
    }
    Ok(())
}

/// Lets as many bytes pass as were announced.
///
/// # Errors
/// 400 for more or less.
pub fn check_length(announced: u64, sent: u64) -> Result<(), Refusal> {
    if announced == sent {
        return Ok(());
    }
    let title =
        format!("The file has {sent} bytes, and contentLength says {announced}: send all of them, or correct it");
    Err(Refusal::new(400, code::BAD_PARAM, "file", title))
}

/// 400 for a file with more bytes than were announced.
pub fn longer(announced: u64) -> Refusal {
    let title = format!("The file has more than {announced} bytes, which contentLength says: correct it");
    Refusal::new(400, code::BAD_PARAM, "file", title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_two_words_that_a_header_can_hold() {
        for text in ["image/png", "text/plain; charset=utf-8", "application/vnd.ms-excel", "image/svg+xml"] {
            assert!(is_media_type(text), "{text}");
        }
        for text in ["", "png", "image/", "/png", "image/png\r\nSet-Cookie: a", "im age/png", "image/p\u{e4}g", "a/b/c"]
        {
            assert!(!is_media_type(text), "{text}");
        }
    }
}
