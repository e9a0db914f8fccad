//! The constraints of a customer's input (`docs/contract/behaviour.md` §7.1).

use super::contact::{SocialType, UrlType};
use crate::schema::{DATE_TIME, EMAIL, MAX_URL, Object, PHONE, Property, Schema, TAG, URI, URL, WHATSAPP};

const EMAIL_TYPES: &[&str] = &["home", "work", "other"];
const PHONE_TYPES: &[&str] = &["mobile", "home", "work", "fax", "other"];
const WHATSAPP_TYPES: &[&str] = &["mobile"];
const LOCATION_TYPES: &[&str] = &["home", "work", "other"];

// What other resources have too (`docs/contract/behaviour.md` §13, §14).
pub(crate) const PICTURE: Schema = Schema::format_of(0, MAX_URL, URI).or_blank();
pub(crate) const EMAILS: Schema = Schema::set_of(10, &EMAIL_ITEM);
pub(crate) const PHONES: Schema = Schema::set_of(10, &PHONE_ITEM);
pub(crate) const WHATSAPPS: Schema = Schema::set_of(10, &WHATSAPP_ITEM);
pub(crate) const SOCIALS: Schema = Schema::list_of(10, &SOCIAL);
pub(crate) const URLS: Schema = Schema::list_of(10, &URL_ITEM);
pub(crate) const LOCATIONS: Schema = Schema::list_of(10, &LOCATION);
pub(crate) const TAGS: Schema =
    Schema::set_of(20, &TAG_ITEM).about("Names or ids; unknown names become tags. Answered as ids.");
pub(crate) const LANGUAGE: Schema = Schema::text_of(0, 100);

pub(crate) const EXTERNAL_IDS: Schema = Schema::set_of(10, &EXTERNAL_ID);
pub(crate) const FACEBOOK_IDS: Schema = Schema::list_of(10, &FACEBOOK_ID);
pub(crate) const INSTAGRAM_IDS: Schema = Schema::list_of(10, &INSTAGRAM_ID);
pub(crate) const DATE: Schema = Schema::format(DATE_TIME).or_blank();

/// What an item is answered with and never written with. Clients read a list, append an item and send the list back, so
/// these are accepted in every item, and ignored (`docs/contract/behaviour.md` §22).
pub(crate) const ANSWERED: [Property; 2] = [
    Property::optional("id", Schema::text_of(0, 256).or_null().about(IGNORED)),
    Property::optional("externalVerified", Schema::boolean().about(IGNORED)),
];

const IGNORED: &str = "Only answered; accepted and ignored, so that an answered list can be sent back.";

static EXTERNAL_ID: Schema = Schema::object(&Object {
    name: "ExternalIdInput",
    open: false,
    properties: &[
        Property::required("externalId", Schema::text_of(1, 256)),
        Property::optional("verified", Schema::boolean()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static EMAIL_ITEM: Schema = Schema::object(&Object {
    name: "EmailInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::one_of(EMAIL_TYPES)),
        Property::required("email", Schema::format(EMAIL)),
        Property::optional("verified", Schema::boolean()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static PHONE_ITEM: Schema = Schema::object(&Object {
    name: "PhoneInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::one_of(PHONE_TYPES)),
        Property::required("phone", Schema::format(PHONE)),
        Property::optional("verified", Schema::boolean()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static WHATSAPP_ITEM: Schema = Schema::object(&Object {
    name: "WhatsappInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::one_of(WHATSAPP_TYPES)),
        Property::required("phone", Schema::format(WHATSAPP)),
        Property::optional("verified", Schema::boolean()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

static FACEBOOK_ID: Schema = Schema::object(&Object {
    name: "FacebookIdInput",
    open: false,
    properties: &[
        Property::required("pageId", Schema::text_of(0, 255)),
        Property::required("userId", Schema::text_of(0, 255)),
        Property::optional("name", Schema::text_of(0, 255)),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

static INSTAGRAM_ID: Schema = Schema::object(&Object {
    name: "InstagramIdInput",
    open: false,
    properties: &[
        Property::required("pageId", Schema::text_of(0, 255)),
        Property::required("threadId", Schema::text_of(0, 255)),
        Property::required("username", Schema::text_of(0, 255)),
        Property::optional("instagramId", Schema::text_of(0, 255)),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static SOCIAL: Schema = Schema::object(&Object {
    name: "SocialInput",
    open: false,
    properties: &[
        Property::required("type", Schema::one_of(SocialType::VALUES)),
        Property::optional("userid", Schema::text_of(0, 256)),
        Property::required("username", Schema::text_of(1, 256)),
        Property::optional("url", Schema::format_of(0, MAX_URL, URI)),
        Property::optional("verified", Schema::boolean()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static URL_ITEM: Schema = Schema::object(&Object {
    name: "UrlInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::one_of(UrlType::VALUES)),
        Property::required("url", Schema::format_of(0, MAX_URL, URL)),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static LOCATION: Schema = Schema::object(&Object {
    name: "LocationInput",
    open: false,
    properties: &[
        Property::optional("type", Schema::one_of(LOCATION_TYPES).or_blank()),
        Property::optional("name", Schema::text_of(0, 256).or_null()),
        Property::optional("address", Schema::text_of(0, 256).or_null()),
        Property::optional("address2", Schema::text_of(0, 256).or_null()),
        Property::optional("address3", Schema::text_of(0, 256).or_null()),
        Property::optional("latitude", Schema::number().or_null()),
        Property::optional("longitude", Schema::number().or_null()),
        Property::optional("countryCode", Schema::text_of(2, 2).or_blank()),
        Property::optional("countryName", Schema::text_of(0, 64).or_null()),
        Property::optional("regionCode", Schema::text_of(0, 2).or_null()),
        Property::optional("regionName", Schema::text_of(0, 128).or_null()),
        Property::optional("cityName", Schema::text_of(0, 128).or_null()),
        Property::optional("zipCode", Schema::text_of(0, 30).or_null()),
        Property::optional("areaCode", Schema::text_of(0, 30).or_null()),
        ANSWERED[0],
        ANSWERED[1],
    ],
});

pub(crate) static TAG_ITEM: Schema = Schema::format_of(1, 64, TAG);

pub(crate) static SENTIMENT: Object = Object {
    name: "SentimentInput",
    open: false,
    properties: &[
        Property::required("polarity", Schema::integer_of(&[-1, 0, 1])),
        Property::required("confidence", Schema::number_within(-1.0, 1.0)),
    ],
};
