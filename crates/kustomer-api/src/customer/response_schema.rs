//! What the lists of a customer are answered with.

use super::{Email, ExternalId, FacebookId, InstagramId, Location, Phone, Sentiment, Social, WebUrl};
use crate::attribute::attribute_values;
use crate::schema::{Object, Property, Schema};

const TEXT: Schema = Schema::text();
const NULLABLE: Schema = Schema::text().or_null();
const ID: Property = Property::optional("id", Schema::text().or_null());
const EXTERNAL_VERIFIED: Property = Property::optional("externalVerified", Schema::boolean());

attribute_values! {
    ExternalId: EXTERNAL_ID;
    Email: EMAIL;
    Phone: PHONE;
    FacebookId: FACEBOOK_ID;
    InstagramId: INSTAGRAM_ID;
    Social: SOCIAL;
    WebUrl: WEB_URL;
    Location: LOCATION;
    Sentiment: Schema::object(&SENTIMENT);
}

const EXTERNAL_ID: Schema = Schema::object(&Object {
    name: "ExternalId",
    open: true,
    properties: &[
        Property::required("externalId", TEXT),
        Property::required("verified", Schema::boolean()),
        EXTERNAL_VERIFIED,
        ID,
    ],
});

const EMAIL: Schema = Schema::object(&Object {
    name: "Email",
    open: true,
    properties: &[
        Property::required("email", TEXT),
        Property::required("type", TEXT),
        Property::required("verified", Schema::boolean()),
        EXTERNAL_VERIFIED,
        ID,
    ],
});

const PHONE: Schema = Schema::object(&Object {
    name: "Phone",
    open: true,
    properties: &[
        Property::required("phone", TEXT),
        Property::required("type", TEXT),
        Property::required("verified", Schema::boolean()),
        ID,
    ],
});

const SOCIAL: Schema = Schema::object(&Object {
    name: "Social",
    open: true,
    properties: &[
        Property::required("type", TEXT),
        Property::required("username", TEXT),
        Property::required("verified", Schema::boolean()),
        Property::optional("userid", TEXT),
        Property::optional("url", TEXT),
        ID,
    ],
});

const WEB_URL: Schema = Schema::object(&Object {
    name: "WebUrl",
    open: true,
    properties: &[Property::required("url", TEXT), Property::required("type", TEXT), ID],
});

const LOCATION: Schema = Schema::object(&Object {
    name: "Location",
    open: true,
    properties: &[
        Property::required("type", NULLABLE),
        Property::optional("name", NULLABLE),
        Property::optional("address", NULLABLE),
        Property::optional("address2", NULLABLE),
        Property::optional("address3", NULLABLE),
        Property::optional("latitude", Schema::number().or_null()),
        Property::optional("longitude", Schema::number().or_null()),
        Property::optional("countryCode", NULLABLE),
        Property::optional("countryName", NULLABLE),
        Property::optional("regionCode", NULLABLE),
        Property::optional("regionName", NULLABLE),
        Property::optional("cityName", NULLABLE),
        Property::optional("zipCode", NULLABLE),
        Property::optional("areaCode", NULLABLE),
        ID,
    ],
});

const FACEBOOK_ID: Schema = Schema::object(&Object {
    name: "FacebookId",
    open: true,
    properties: &[
        Property::required("pageId", TEXT),
        Property::required("userId", TEXT),
        Property::optional("name", TEXT),
        ID,
    ],
});

const INSTAGRAM_ID: Schema = Schema::object(&Object {
    name: "InstagramId",
    open: true,
    properties: &[
        Property::required("pageId", TEXT),
        Property::required("threadId", TEXT),
        Property::required("username", TEXT),
        Property::optional("instagramId", TEXT),
        ID,
    ],
});

pub(crate) static SENTIMENT: Object = Object {
    name: "Sentiment",
    open: true,
    properties: &[
        Property::optional("polarity", Schema::integer()),
        Property::optional("confidence", Schema::number()),
    ],
};
