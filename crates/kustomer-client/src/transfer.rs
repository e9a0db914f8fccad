//! The bytes of attachments, as streams: they go over links of their own, which take no token.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::StreamBody;
use kustomer_api::ObjectId;
use kustomer_api::attachment::{Attachment, AttachmentInput};
use kustomer_api::upload::{FILE_FIELD, Upload};
use reqwest::{Body, Url};

use crate::client::Client;
use crate::error::{ApiError, Error, FailedCall, InvalidRequest, TransportError};
use crate::exchange::ReceivedResponse;
use crate::resources::Attachments;
use crate::target::address;

/// The slowest connection that an upload is waited for, in bytes a second; its timeout is that much longer.
const SLOWEST: u64 = 64 * 1024;

/// The most of an answer that is kept when it is none of success, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

impl Attachments<'_> {
    /// Makes an attachment and sends its bytes, of which no more than a piece is in memory. `input` says how many there
    /// are. It is sent once: a stream cannot be read again.
    ///
    /// ```no_run
    /// use futures_util::stream;
    /// use kustomer_client::Client;
    /// use kustomer_client::attachment::AttachmentInput;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let pieces = stream::iter(["Thank ", "you!"].map(|piece| Ok::<_, std::io::Error>(piece.into())));
    /// let input = AttachmentInput::of("thanks.txt", "text/plain", 10);
    /// println!("{}", client.attachments().upload(&input, pieces).await?.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the attachment is refused, or its bytes are: there are more or fewer than `input` says, or the stream ends with
    /// an error.
    pub async fn upload<S, X>(&self, input: &AttachmentInput, bytes: S) -> Result<Attachment, Error>
    where
        S: Stream<Item = Result<Bytes, X>> + Send + 'static,
        X: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let made = self.create(input).await?;
        let Some(upload) = made.meta.and_then(|meta| meta.upload) else { return Ok(made.data) };
        let named = |name: &str| serde_json::to_value(input).ok().and_then(|input| input.get(name).cloned());
        let text = |name| named(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
        let length = named("contentLength").and_then(|length| length.as_u64()).unwrap_or_default();
        send(self.client, &upload, &text("name"), &text("contentType"), length, bytes).await?;
        Ok(made.data)
    }

    /// The bytes of an attachment.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use kustomer_client::Client;
    ///
    /// # async fn example(client: Client) -> Result<(), kustomer_client::Error> {
    /// let id = "5c7d1a1f9a1b2c0010a1b2c3".parse().map_err(|_| std::fmt::Error).unwrap();
    /// let mut bytes = client.attachments().download(id).await?;
    /// while let Some(piece) = bytes.try_next().await? {
    ///     println!("{} bytes more", piece.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such attachment, or its bytes have not arrived yet. The stream ends with an error when the
    /// connection breaks, or is silent for the client's timeout.
    pub async fn download(
        &self,
        id: ObjectId,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + Unpin + use<>, Error> {
        let read = self.get(id).await?.data;
        let link = read.links.and_then(|links| links.extra.get("related")?.as_str().map(str::to_owned));
        let url = link.as_deref().and_then(|link| Url::parse(link).ok());
        let url = url.ok_or_else(|| InvalidRequest::NoBytes { reason: "it has no link to them".to_owned() })?;
        let (address, timeout) = (address(&url), self.client.timeout());
        let proxy = crate::proxy::of(&url);
        let answered = tokio::time::timeout(timeout, self.client.http().get(url.clone()).send()).await;
        let response = match answered {
            Ok(sent) => {
                sent.map_err(|error| of_link(TransportError::sending(error, address.clone(), proxy, timeout), GET))?
            }
            Err(_) => return Err(of_link(TransportError::late(address, timeout), GET)),
        };
        let response = successful(response, GET, &address, timeout).await?;
        Ok(Box::pin(stream::try_unfold(response, move |mut response| {
            let address = address.clone();
            async move {
                match tokio::time::timeout(timeout, response.chunk()).await {
                    Err(_) => Err(of_link(TransportError::late(address, timeout), GET)),
                    Ok(Err(error)) => Err(of_link(TransportError::receiving(error, address, true, timeout), GET)),
                    Ok(Ok(piece)) => Ok(piece.map(|piece| (piece, response))),
                }
            }
        })))
    }
}

/// Sends the bytes as Kustomer's storage takes them: a form of all fields, and the file behind them.
async fn send<S, X>(
    client: &Client,
    upload: &Upload,
    name: &str,
    content_type: &str,
    length: u64,
    bytes: S,
) -> Result<(), Error>
where
    S: Stream<Item = Result<Bytes, X>> + Send + 'static,
    X: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let url = Url::parse(&upload.url)
        .map_err(|error| InvalidRequest::NoBytes { reason: format!("the link to send them is none: {error}") })?;
    let boundary = format!("{:032x}", fastrand::u128(..));
    let (head, tail) = (head(upload, name, content_type, &boundary), format!("\r\n--{boundary}--\r\n"));
    let whole = length + (head.len() + tail.len()) as u64;
    let around = |text: String| stream::iter([Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Bytes::from(text))]);
    let form = around(head).chain(Alone::new(bytes.map(|piece| piece.map_err(Into::into)))).chain(around(tail));
    let body = Body::wrap(StreamBody::new(form.map(|piece| piece.map(http_body::Frame::data))));
    let timeout = client.timeout() + Duration::from_secs(whole / SLOWEST);
    let request = client
        .http()
        .post(url.clone())
        .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(CONTENT_LENGTH, whole)
        .timeout(timeout)
        .body(body);
    let address = address(&url);
    let failed = |error| TransportError::sending(error, address.clone(), crate::proxy::of(&url), timeout);
    let response = request.send().await.map_err(|error| of_link(failed(error), POST))?;
    successful(response, POST, &address, timeout).await.map(drop)
}

/// A stream that threads may share, since none of them can reach it: a body has to be such.
struct Alone<S>(Mutex<Pin<Box<S>>>);

impl<S> Alone<S> {
    fn new(stream: S) -> Self {
        Self(Mutex::new(Box::pin(stream)))
    }
}

impl<S: Stream> Stream for Alone<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let stream = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        stream.as_mut().poll_next(context)
    }
}

/// The part of the form before the bytes. Quotes and line breaks in names are written as browsers write them.
fn head(upload: &Upload, name: &str, content_type: &str, boundary: &str) -> String {
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let field = |(name, value): (&String, &String)| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{value}\r\n", quoted(name))
    };
    let fields: String = upload.fields.iter().map(field).collect();
    let kind = if content_type.is_empty() { "application/octet-stream" } else { content_type };
    format!(
        "{fields}--{boundary}\r\nContent-Disposition: form-data; name=\"{FILE_FIELD}\"; filename=\"{}\"\r\n\
         Content-Type: {}\r\n\r\n",
        quoted(name),
        kind.replace(['\r', '\n'], " ")
    )
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;

/// The error as the end of a call of a link.
fn of_link(error: TransportError, method: Method) -> Error {
    error.of_call(FailedCall::of_link(method)).into()
}

/// The response if it is a success; else its error.
async fn successful(
    mut response: reqwest::Response,
    method: Method,
    address: &str,
    timeout: Duration,
) -> Result<reqwest::Response, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, version, headers) = (response.status(), response.version(), response.headers().clone());
    let mut body = Vec::new();
    let broken = |error| TransportError::receiving(error, address.to_owned(), true, timeout);
    while body.len() < MAX_ANSWER {
        match tokio::time::timeout(timeout, response.chunk()).await {
            Ok(piece) => match piece.map_err(|error| of_link(broken(error), method.clone()))? {
                Some(piece) => body.extend_from_slice(&piece),
                None => break,
            },
            Err(_) => break,
        }
    }
    let received = ReceivedResponse { status, headers, body: body.into(), version };
    Err(Error::Api(Box::new(ApiError::read(&received, FailedCall::of_link(method), None))))
}
