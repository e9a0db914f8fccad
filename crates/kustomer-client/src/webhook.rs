//! Receiving webhooks: whether a delivery is genuine, and what happened.
//!
//! A delivery is a POST of an [`Event`], signed with the key that the webhook was made with
//! ([`OutboundWebhookAttributes::token`](crate::outbound_webhook::OutboundWebhookAttributes::token)).
//!
//! ```
//! use kustomer_client::customer::Customer;
//! use kustomer_client::webhook::{Happened, WebhookKey};
//!
//! fn receive(key: &WebhookKey, headers: &http::HeaderMap, body: &[u8]) -> u16 {
//!     match key.receive(headers, body) {
//!         Err(refused) => refused.status().as_u16(),
//!         Ok(event) => {
//!             if let Ok(Happened::Customer(customer)) = Happened::of(&event) {
//!                 println!("{}: {}", event.name, customer.id);
//!             }
//!             204
//!         }
//!     }
//! }
//!
//! let key = WebhookKey::new("the webhook's token");
//! assert_eq!(receive(&key, &http::HeaderMap::new(), b"{}"), 401);
//! ```
//!
//! Answer quickly, with any 2xx, and work afterwards: the server waits, and sends a failed event again. An event may
//! arrive twice; its `id` is the same then.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use kustomer_api::company::Company;
use kustomer_api::conversation::Conversation;
use kustomer_api::customer::Customer;
use kustomer_api::event::Event;
use kustomer_api::kobject::KObject;
use kustomer_api::message::Message;
use kustomer_api::note::Note;
use kustomer_api::outbound_webhook::SIGNATURE_HEADER;
use serde_json::Value;
use sha2::Sha256;

/// The key that a webhook's deliveries are signed with. `Debug` does not show it.
#[derive(Clone)]
pub struct WebhookKey(Option<Hmac<Sha256>>);

impl WebhookKey {
    /// The key of a webhook: its attribute `token`.
    pub fn new(token: &str) -> Self {
        // A key of any length will do, so that there always is one.
        Self(Hmac::new_from_slice(token.as_bytes()).ok())
    }

    /// Whether a body was signed with this key. It takes the same time wherever the signatures differ.
    ///
    /// # Errors
    /// When there is no signature, or another.
    pub fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), NotReceived> {
        let signature = headers.get(SIGNATURE_HEADER).ok_or(NotReceived::Unsigned)?;
        let signature = from_hexadecimal(signature.as_bytes()).ok_or(NotReceived::Forged)?;
        let mut mac = self.0.clone().ok_or(NotReceived::Forged)?;
        mac.update(body);
        mac.verify_slice(&signature).map_err(|_| NotReceived::Forged)
    }

    /// The event of a delivery, when it is genuine. Hand over the body as it came: read and written again it may differ.
    ///
    /// # Errors
    /// When it was not signed with this key, or is no event.
    pub fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, NotReceived> {
        self.check(headers, body)?;
        serde_json::from_slice(body).map_err(|error| NotReceived::NoEvent { reason: error.to_string() })
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookKey(***)")
    }
}

/// The bytes of a signature: 64 hexadecimal digits.
fn from_hexadecimal(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    let digit = |letter: u8| char::from(letter).to_digit(16);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?;
    }
    Some(bytes)
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReceived {
    /// It has no signature.
    #[error("the delivery has no {SIGNATURE_HEADER}: its sender is not known")]
    Unsigned,
    /// It was signed with another key, or changed on the way.
    #[error("the {SIGNATURE_HEADER} is not that of the body under the webhook's token")]
    Forged,
    /// It is genuine, and no event.
    #[error("the delivery is no event: {reason}")]
    NoEvent {
        /// Why.
        reason: String,
    },
    /// Its body did not arrive whole, or is too long.
    #[error("the body of the delivery did not arrive: {reason}")]
    NoBody {
        /// Why.
        reason: String,
    },
}

impl NotReceived {
    /// The status to answer with: 401, or 400 for a genuine delivery that cannot be read.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unsigned | Self::Forged => StatusCode::UNAUTHORIZED,
            Self::NoEvent { .. } | Self::NoBody { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// The record of an event, by its type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Happened {
    /// To a company.
    Company(Box<Company>),
    /// To a conversation.
    Conversation(Box<Conversation>),
    /// To a customer.
    Customer(Box<Customer>),
    /// To a custom object.
    KObject(Box<KObject>),
    /// To a message.
    Message(Box<Message>),
    /// To a note.
    Note(Box<Note>),
    /// To a record of another type; see [`Event::record`].
    Other(Value),
    /// To a record that was erased since.
    Erased,
}

impl Happened {
    /// The record as the event left it.
    ///
    /// # Errors
    /// When it is not as records of its type are.
    pub fn of(event: &Event) -> Result<Self, serde_json::Error> {
        let Some(data) = &event.data else { return Ok(Self::Erased) };
        // An org's own types are called as it likes; their events are called so.
        let name = event.name.split('.').nth(1).unwrap_or_default();
        let of_type = data.get("type").and_then(Value::as_str).unwrap_or_default();
        Ok(match of_type {
            "company" => Self::Company(read(data)?),
            "conversation" => Self::Conversation(read(data)?),
            "customer" => Self::Customer(read(data)?),
            "message" => Self::Message(read(data)?),
            "note" => Self::Note(read(data)?),
            _ if name == "kobject" || of_type == "kobject" => Self::KObject(read(data)?),
            _ => Self::Other(data.clone()),
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(data: &Value) -> Result<Box<T>, serde_json::Error> {
    T::deserialize(data).map(Box::new)
}

/// A handler of axum takes a delivery that is genuine. A state that the key can be had of ([`FromRef`]) checks it.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use http::StatusCode;
/// use kustomer_client::webhook::{Webhook, WebhookKey};
///
/// async fn receive(Webhook(event): Webhook) -> StatusCode {
///     println!("{} happened to {}", event.name, event.data_id);
///     StatusCode::NO_CONTENT
/// }
///
/// let app: Router = Router::new().route("/hook", post(receive)).with_state(WebhookKey::new("the webhook's token"));
/// # let _ = app;
/// ```
///
/// [`FromRef`]: axum_core::extract::FromRef
#[cfg(feature = "axum")]
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook(pub Event);

#[cfg(feature = "axum")]
impl<S> axum_core::extract::FromRequest<S> for Webhook
where
    S: Send + Sync,
    WebhookKey: axum_core::extract::FromRef<S>,
{
    type Rejection = NotReceived;

    async fn from_request(request: axum_core::extract::Request, state: &S) -> Result<Self, NotReceived> {
        let key = <WebhookKey as axum_core::extract::FromRef<S>>::from_ref(state);
        let headers = request.headers().clone();
        let body = <bytes::Bytes as axum_core::extract::FromRequest<S>>::from_request(request, state).await;
        let body = body.map_err(|error| NotReceived::NoBody { reason: error.to_string() })?;
        key.receive(&headers, &body).map(Self)
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for NotReceived {
    fn into_response(self) -> axum_core::response::Response {
        (self.status(), self.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(signature: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(SIGNATURE_HEADER), signature.parse().unwrap())])
    }

    #[test]
    fn a_signature_of_another_body_key_or_form_is_refused() {
        let key = WebhookKey::new("key");
        let body = b"The quick brown fox jumps over the lazy dog";
        // The well-known example.
        let genuine = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(key.check(&signed(genuine), body), Ok(()));
        assert_eq!(key.check(&signed(&genuine.to_uppercase()), body), Ok(()));
        assert_eq!(key.check(&HeaderMap::new(), body), Err(NotReceived::Unsigned));
        for forged in [&genuine[..62], "", "zz", &genuine.replace('f', "g"), &genuine.replace('7', "8")] {
            assert_eq!(key.check(&signed(forged), body), Err(NotReceived::Forged), "{forged}");
        }
        assert_eq!(key.check(&signed(genuine), b"another"), Err(NotReceived::Forged));
        assert_eq!(WebhookKey::new("other").check(&signed(genuine), body), Err(NotReceived::Forged));
        let no_event = key.receive(&signed(genuine), body).unwrap_err();
        assert_eq!(no_event.status(), StatusCode::BAD_REQUEST);
    }
}
