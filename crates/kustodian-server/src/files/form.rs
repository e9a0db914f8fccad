//! A body of `multipart/form-data`, read as it arrives: fields of some bytes, and behind them the file (RFC 7578). It holds
//! no more of the body than a piece and what may be the beginning of the boundary.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;
use memchr::memmem;

use super::body::{Arriving, cut};

/// The maximum size of a field, and of the headers of a part of the form, in bytes.
const MAX_FIELD: usize = 16 * 1024;

/// The most fields in front of the file.
const MAX_FIELDS: usize = 64;

/// How many bytes a form may have beside its file.
pub(super) const MAX_BESIDE: u64 = 256 * 1024;

/// What pieces come from.
pub(crate) trait Source {
    /// The next piece, none of them empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal>;
}

impl Source for &mut Arriving {
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        Arriving::next(self).await
    }
}

/// A form that is being read.
pub(crate) struct Form<S> {
    source: S,
    held: Vec<u8>,
    /// What separates two parts.
    delimiter: Vec<u8>,
    fields: usize,
}

impl<S: Source> Form<S> {
    /// The form in a body, if that is one.
    ///
    /// # Errors
    /// 400 otherwise.
    pub(crate) fn new(headers: &HeaderMap, source: S) -> Result<Self, Refusal> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let boundary = parameter(kind, "boundary").filter(|_| essence.eq_ignore_ascii_case("multipart/form-data"));
        let boundary = boundary.filter(|boundary| (1..=70).contains(&boundary.len())).ok_or_else(|| {
            let title = "A form is sent as multipart/form-data with a boundary: send the fields, and the file last";
            Refusal::new(400, code::BAD_PARAM, "Content-Type", title)
        })?;
        // The first one is at the beginning of the body, as if behind a line.
        Ok(Self { source, held: b"\r\n".to_vec(), delimiter: format!("\r\n--{boundary}").into_bytes(), fields: 0 })
    }

    /// The name of the next part, the rest of the one before passed over; `None` at the end of the form.
    ///
    /// # Errors
    /// 400 when it is no form.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Refusal> {
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            return Err(malformed("it has too many fields"));
        }
        let mut passed = 0;
        while let Some(piece) = self.piece().await? {
            passed += piece.len();
            if passed > MAX_FIELD {
                return Err(malformed("there is too much between its fields"));
            }
        }
        self.held.drain(..self.delimiter.len());
        let line = self.take_until(b"\r\n").await?;
        match line.trim_ascii_end() {
            b"" => {}
            b"--" => return Ok(None),
            _ => return Err(malformed("its boundary is followed by something else")),
        }
        let mut name = None;
        loop {
            let line = self.take_until(b"\r\n").await?;
            if line.is_empty() {
                break;
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some((header, value)) = line.split_once(':')
                && header.trim().eq_ignore_ascii_case("content-disposition")
            {
                name = parameter(value, "name");
            }
        }
        name.map(Some).ok_or_else(|| malformed("a part of it has no name"))
    }

    /// All of a field.
    ///
    /// # Errors
    /// 400 when it is too long, or no text.
    pub(crate) async fn text(&mut self) -> Result<String, Refusal> {
        let bytes = self.bytes(MAX_FIELD).await?;
        String::from_utf8(bytes).map_err(|_| malformed("a field is not UTF-8"))
    }

    /// All of a part, whatever it is.
    ///
    /// # Errors
    /// 400 when it has more bytes than `most`.
    pub(crate) async fn bytes(&mut self, most: usize) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > most {
                return Err(malformed("a field is too long"));
            }
        }
        Ok(bytes)
    }

    /// The next bytes of the part; `None` at its end.
    ///
    /// # Errors
    /// 400 when the body ends before.
    pub(super) async fn piece(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        loop {
            match memmem::find(&self.held, &self.delimiter) {
                Some(0) => return Ok(None),
                Some(at) => return Ok(Some(self.held.drain(..at).collect())),
                None => {}
            }
            // The last bytes may be the beginning of the boundary.
            let sure = self.held.len().saturating_sub(self.delimiter.len() - 1);
            if sure > 0 {
                return Ok(Some(self.held.drain(..sure).collect()));
            }
            self.fill().await?;
        }
    }

    /// The bytes before a mark, without the mark.
    async fn take_until(&mut self, mark: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(self.held.get(searched..).unwrap_or_default(), mark) {
                let at = searched + at;
                let taken = self.held.drain(..at).collect();
                self.held.drain(..mark.len());
                return Ok(taken);
            }
            if self.held.len() > MAX_FIELD {
                return Err(malformed("a part of it says too much of itself"));
            }
            searched = self.held.len().saturating_sub(mark.len() - 1);
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), Refusal> {
        let piece = self.source.next().await?.ok_or_else(cut)?;
        self.held.extend_from_slice(&piece);
        Ok(())
    }
}

fn malformed(what: &str) -> Refusal {
    let title = format!("The form cannot be read: {what}");
    Refusal::new(400, code::BAD_PARAM, "body", title)
}

/// A parameter of a header's value, out of its quotation marks.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.find(';') {
        rest = rest.get(at + 1..)?.trim_start();
        let (found, value) = rest.split_once('=')?;
        let is_it = found.trim().eq_ignore_ascii_case(name);
        if let Some(quoted) = value.strip_prefix('"') {
            let (text, after) = unquoted(quoted)?;
            if is_it {
                return Some(text);
            }
            rest = after;
        } else {
            let end = value.find(';').unwrap_or(value.len());
            if is_it {
                return Some(value.get(..end)?.trim().to_owned());
            }
            rest = value.get(end..)?;
        }
    }
    None
}

/// A text up to its closing quotation mark, and what follows.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((text, quoted.get(at + 1..)?)),
            '\\' => text.push(letters.next()?.1),
            letter => text.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Pieces of a body, each of so many bytes.
    struct Pieces(Bytes, usize);

    impl Source for Pieces {
        async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
            let size = self.1.min(self.0.len());
            Ok((size > 0).then(|| self.0.split_to(size)))
        }
    }

    fn form(body: &str, size: usize) -> Form<Pieces> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; charset=utf-8; boundary=\"a b\""));
        Form::new(&headers, Pieces(Bytes::copy_from_slice(body.as_bytes()), size)).unwrap()
    }

    async fn read(body: &str, size: usize) -> Result<Vec<(String, String)>, Refusal> {
        let (mut form, mut fields) = (form(body, size), Vec::new());
        while let Some(name) = form.next().await? {
            fields.push((name, form.text().await?));
        }
        Ok(fields)
    }

    const BODY: &str = "--a b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\none\r\n--a b  \r\n\
        content-disposition: form-data; filename=\"x;name=y \\\" .png\"; name=file\r\nContent-Type: image/png\r\n\r\n\
        \r\n--a c\r\n--a\r\n\r\n--a b--\r\nbehind";

    #[tokio::test]
    async fn a_form_is_read_alike_in_pieces_of_any_size() {
        let expected =
            [("key", "one"), ("file", "\r\n--a c\r\n--a\r\n")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        for size in 1..=BODY.len() {
            assert_eq!(read(BODY, size).await.unwrap(), expected, "{size}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_not_a_form_is_refused() {
        let without_end = BODY.replace("--a b--", "--a d--");
        let long_field = format!("--a b\r\nContent-Disposition: form-data; name=a\r\n\r\n{}", "x".repeat(20_000));
        let long_head = format!("--a b\r\nContent-Disposition: form-data; name={}", "x".repeat(20_000));
        let long_start = "x".repeat(20_000);
        let many = "--a b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".repeat(100);
        let nameless = "--a b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--a b--\r\n";
        for body in ["", "--a b", "nothing", &without_end, &long_field, &long_head, &long_start, &many, nameless] {
            assert_eq!(read(body, 1_000).await.unwrap_err().status, 400, "{}", body.get(..40).unwrap_or(body));
        }
    }
}
