//! The values of a customer's attributes as they are answered, for documents and for the test that holds answers against
//! them (`docs/contract/customer.md`, "Response").

use super::{
    ConversationCounts, Email, ExternalId, FacebookId, InstagramId, LastConversation, Location, Phone, RecentLocation,
    SatisfactionLevel, Sentiment, Social, UnmaskingWindow, WebUrl,
};
use crate::attribute::attribute_values;
use crate::customer_merge::LosingValue;
use crate::schema::{DATE_TIME, Object, Property, RELATIONSHIP, Schema};

pub(crate) static RELATIONSHIPS: Object = Object {
    name: "CustomerRelationships",
    open: true,
    properties: &[
        Property::required("org", RELATIONSHIP),
        Property::required("messages", RELATIONSHIP),
        Property::optional("createdBy", RELATIONSHIP),
        Property::optional("modifiedBy", RELATIONSHIP),
        Property::optional("company", RELATIONSHIP),
    ],
};

const TEXT: Schema = Schema::text();
const NULLABLE: Schema = Schema::text().or_null();
const MOMENT: Schema = Schema::format(DATE_TIME);
static WORD: Schema = Schema::text();
static ANY: Schema = Schema::any();
const ID: Property = Property::optional("id", Schema::text().or_null());
const EXTERNAL_VERIFIED: Property = Property::optional("externalVerified", Schema::boolean());

static LOST_VALUE: Object = Object {
    name: "LostValue",
    open: true,
    properties: &[
        Property::required("attribute", Schema::text().about("Such as `name` or `custom.tierStr`.")),
        Property::required("customer", Schema::text().about("The id of the customer that was merged and had it.")),
        Property::required("value", ANY),
    ],
};

attribute_values! {
    Email: EMAIL;
    Phone: PHONE;
    Social: SOCIAL;
    WebUrl: WEB_URL;
    Location: LOCATION;
    Sentiment: Schema::object(&SENTIMENT);
    ExternalId: EXTERNAL_ID;
    FacebookId: FACEBOOK_ID;
    InstagramId: INSTAGRAM_ID;
    RecentLocation: Schema::object(&RECENT_LOCATION);
    LastConversation: Schema::object(&LAST_CONVERSATION);
    ConversationCounts: Schema::object(&CONVERSATION_COUNTS);
    SatisfactionLevel: Schema::map(&ANY);
    UnmaskingWindow: Schema::map(&ANY).about("In which a user sees the sensitive attributes.");
    LosingValue: Schema::object(&LOST_VALUE);
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

static RECENT_LOCATION: Object =
    Object { name: "RecentLocation", open: true, properties: &[Property::optional("updatedAt", MOMENT)] };

static LAST_CONVERSATION: Object = Object {
    name: "LastConversation",
    open: true,
    properties: &[
        Property::optional("id", TEXT),
        Property::optional("channels", Schema::list(&WORD)),
        Property::optional("tags", Schema::list(&WORD)),
    ],
};

static CONVERSATION_COUNTS: Object = Object {
    name: "ConversationCounts",
    open: true,
    properties: &[
        Property::optional("all", Schema::integer()),
        Property::optional("done", Schema::integer()),
        Property::optional("open", Schema::integer()),
        Property::optional("snoozed", Schema::integer()),
    ],
};
