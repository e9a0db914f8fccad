//! Methods of a customer's input that add one item.

use super::CustomerInput;
use super::contact::{Email, ExternalId, FacebookId, InstagramId, Location, Phone, Social, WebUrl};

impl CustomerInput {
    /// Nothing: creates an empty customer, or changes nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Methods that add an item to a list. On an update the items sent replace those stored.
macro_rules! lists {
    ($($list:ident: $item:ty, $(#[$doc:meta])* $one:ident;)+) => { impl CustomerInput { $(
        $(#[$doc])*
        #[must_use]
        pub fn $one(mut self, item: impl Into<$item>) -> Self {
            self.$list.get_or_insert_default().push(item.into());
            self
        }
    )+ } };
}
lists! {
    external_ids: ExternalId, /** Adds an external id beside the primary one. */ further_external_id;
    shared_external_ids: ExternalId, /** Adds an external id that others may hold too. */ shared_external_id;
    emails: Email, /** Adds an e-mail address, as text or with all that is known of it. */ email;
    shared_emails: Email, /** Adds an e-mail address that others may hold too. */ shared_email;
    phones: Phone, /** Adds a phone number, as text or with all that is known of it. */ phone;
    shared_phones: Phone, /** Adds a phone number that others may hold too. */ shared_phone;
    whatsapps: Phone, /** Adds a WhatsApp number. */ whatsapp;
    facebook_ids: FacebookId, /** Adds a Facebook user. */ facebook_id;
    instagram_ids: InstagramId, /** Adds an Instagram user. */ instagram_id;
    socials: Social, /** Adds a social profile. */ social;
    shared_socials: Social, /** Adds a social profile that others may hold too. */ shared_social;
    urls: WebUrl, /** Adds a web address. */ url;
    locations: Location, /** Adds a place. */ location;
    tags: String, /** Adds a tag by name or id. */ tag;
}
