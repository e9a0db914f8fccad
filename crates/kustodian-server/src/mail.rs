//! E-mail that really leaves: a delivery written as a message of RFC 5322 and handed to a server by SMTP.

use std::fmt;
use std::time::Duration;

use kustodian_core::delivery::Outcome;
use kustomer_api::delivery::{Delivery, DeliveryAttributes};
use kustomer_api::draft::{Address, Header, Recipients, Sender};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::time::timeout;

use crate::enclosed::Enclosed;

/// How long the server for e-mail may take for one step.
const STEP: Duration = Duration::from_secs(20);

/// How long handing one delivery over may take.
const WHOLE: Duration = Duration::from_secs(120);

/// How many characters of an answer are kept.
const MAX_WORDS: usize = 1_024;

/// Hands e-mail to a server.
#[derive(Clone)]
pub struct Mailer(AsyncSmtpTransport<Tokio1Executor>);

impl fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its content has a password.
        formatter.write_str("Mailer")
    }
}

/// The URL of a server for e-mail is not one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the URL of the server for e-mail is not one: {0}")]
pub struct NotAMailServer(String);

impl Mailer {
    /// The server with this URL: `smtps://user:password@host`, `smtp://host:587?tls=required`, or `smtp://host:25` without
    /// TLS.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> Result<Self, NotAMailServer> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        // The words of the error do not repeat the URL, which has a password.
        let builder = builder.map_err(|error| NotAMailServer(error.to_string()))?;
        Ok(Self(builder.timeout(Some(STEP)).build()))
    }

    /// Hands a delivery over; how that went. The message has the same id each time: so a receiver recognises one which
    /// arrives twice, because a server here ended at the wrong moment, is the same.
    pub(crate) async fn hand_over(&self, delivery: Delivery, enclosed: Vec<Enclosed>) -> Outcome {
        let transport = self.0.clone();
        // On its own: whatever an e-mail makes the library do, the timers continue.
        let handing = tokio::spawn(async move {
            // Attachments take a while to be written.
            let writing = tokio::task::spawn_blocking(move || write(&delivery, enclosed));
            let unwritten = |_| Err("the e-mail cannot be written".to_owned());
            let message = match writing.await.unwrap_or_else(unwritten) {
                Ok(message) => message,
                Err(reason) => return Outcome::Refused { code: None, message: reason },
            };
            match timeout(WHOLE, transport.send(message)).await {
                Ok(Ok(_)) => Outcome::Taken,
                Ok(Err(error)) => refusal(&error),
                Err(_) => Outcome::NotNow { code: None, message: "the server for e-mail took too long".to_owned() },
            }
        });
        let unwritten = |_| Outcome::Refused { code: None, message: "the e-mail cannot be written".to_owned() };
        handing.await.unwrap_or_else(unwritten)
    }
}

/// What an error of SMTP means. Only the server itself refuses for good.
fn refusal(error: &Error) -> Outcome {
    let code = error.status().map(u16::from);
    let words = match (code, std::error::Error::source(error)) {
        (Some(_), Some(said)) => said.to_string(),
        _ => error.to_string(),
    };
    let message = words.chars().take(MAX_WORDS).collect();
    if error.is_permanent() { Outcome::Refused { code, message } } else { Outcome::NotNow { code, message } }
}

/// The message; what cannot be written when it cannot.
fn write(delivery: &Delivery, enclosed: Vec<Enclosed>) -> Result<Message, String> {
    let attributes = &delivery.attributes;
    let Some(Sender::Address(from)) = attributes.from.value() else {
        return Err("the delivery has no sender's address".to_owned());
    };
    let Some(Recipients::Addresses(to)) = attributes.to.value() else {
        return Err("the delivery has no recipient's address".to_owned());
    };
    let from = mailbox(from)?;
    let id = format!("<{}@{}>", delivery.id, from.email.domain());
    let mut builder = Message::builder().message_id(Some(id)).from(from);
    for address in to {
        builder = builder.to(mailbox(address)?);
    }
    for address in attributes.cc.value().into_iter().flatten() {
        builder = builder.cc(mailbox(address)?);
    }
    for address in attributes.bcc.value().into_iter().flatten() {
        builder = builder.bcc(mailbox(address)?);
    }
    if let Some(address) = attributes.reply_to.value() {
        builder = builder.reply_to(mailbox(&Address::of(address.as_str()))?);
    }
    if let Some(subject) = attributes.subject.value() {
        builder = builder.subject(in_one_line(subject));
    }
    for header in attributes.headers.value().into_iter().flatten() {
        builder = with_header(builder, header)?;
    }
    let written = if enclosed.is_empty() { body(builder, attributes) } else { mixed(builder, attributes, enclosed) };
    written.map_err(|error| error.to_string())
}

/// The text in front of attachments.
fn mixed(
    builder: MessageBuilder,
    attributes: &DeliveryAttributes,
    enclosed: Vec<Enclosed>,
) -> Result<Message, lettre::error::Error> {
    let mixed = MultiPart::mixed();
    let text = attributes.body.value().cloned();
    let mut mixed = match (text, attributes.html_body.value().cloned()) {
        (Some(text), Some(html)) => mixed.multipart(MultiPart::alternative_plain_html(text, html)),
        (None, Some(html)) => mixed.singlepart(SinglePart::html(html)),
        (text, None) => mixed.singlepart(SinglePart::plain(text.unwrap_or_default())),
    };
    for Enclosed { name, content_type, bytes } in enclosed {
        // A type that no header can have becomes the type of plain bytes.
        let content_type =
            ContentType::parse(&content_type).or_else(|_| ContentType::parse("application/octet-stream"));
        let content_type = content_type.unwrap_or(ContentType::TEXT_PLAIN);
        mixed = mixed.singlepart(Attachment::new(in_one_line(&name)).body(bytes, content_type));
    }
    builder.multipart(mixed)
}

/// A text, a text with the same as HTML, or HTML alone.
fn body(builder: MessageBuilder, attributes: &DeliveryAttributes) -> Result<Message, lettre::error::Error> {
    let text = attributes.body.value().cloned();
    match (text, attributes.html_body.value().cloned()) {
        (Some(text), Some(html)) => builder.multipart(MultiPart::alternative_plain_html(text, html)),
        (None, Some(html)) => builder.singlepart(SinglePart::html(html)),
        (text, None) => builder.header(ContentType::TEXT_PLAIN).body(text.unwrap_or_default()),
    }
}

fn mailbox(address: &Address) -> Result<Mailbox, String> {
    let email = address.email.parse();
    let email = email.map_err(|_| format!("no e-mail can be sent to or from the address {}", address.email))?;
    Ok(Mailbox::new(address.name.as_deref().map(in_one_line), email))
}

/// A text as a header can have it: without line breaks and other control characters.
fn in_one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn with_header(builder: MessageBuilder, header: &Header) -> Result<MessageBuilder, String> {
    let name = HeaderName::new_from_ascii(header.name.clone());
    let name = name.map_err(|_| format!("an e-mail has no header {}", header.name))?;
    let value = header.value.clone().unwrap_or_default();
    Ok(builder.raw_header(HeaderValue::new(name, value)))
}
