//! What makes a customer's input easy to write.

use super::CustomerInput;
use super::contact::{Email, ExternalId, FacebookId, InstagramId, Location, Phone, Social, WebUrl};

impl CustomerInput {
    /// Nothing: creates an empty customer, or changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Methods that add an item to a list. On an update the items sent replace those stored.
macro_rules! adders {
    ($($(#[$doc:meta])* $one:ident: $item:ty = $list:ident;)+) => { impl CustomerInput { $(
        $(#[$doc])*
        #[must_use]
        pub fn $one(mut self, item: impl Into<$item>) -> Self {
            self.$list.get_or_insert_default().push(item.into());
            self
        }
    )+ } };
}
adders! {
    /// Adds an external id beside the primary one.
    further_external_id: ExternalId = external_ids;
    /// Adds an external id that others may hold too.
    shared_external_id: ExternalId = shared_external_ids;
    /// Adds an e-mail address, as text or with all that is known of it.
    email: Email = emails;
    /// Adds an e-mail address that others may hold too.
    shared_email: Email = shared_emails;
    /// Adds a phone number, as text or with all that is known of it.
    phone: Phone = phones;
    /// Adds a phone number that others may hold too.
    shared_phone: Phone = shared_phones;
    /// Adds a WhatsApp number.
    whatsapp: Phone = whatsapps;
    /// Adds a Facebook user.
    facebook_id: FacebookId = facebook_ids;
    /// Adds an Instagram user.
    instagram_id: InstagramId = instagram_ids;
    /// Adds a social profile.
    social: Social = socials;
    /// Adds a social profile that others may hold too.
    shared_social: Social = shared_socials;
    /// Adds a web address.
    url: WebUrl = urls;
    /// Adds a place.
    location: Location = locations;
    /// Adds a tag by name or id.
    tag: String = tags;
}
