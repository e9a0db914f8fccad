//! A customer as answered, for documents and for the test that holds answers against them. Nothing within
//! `attributes` is required: a reader must bear that any of it is missing (`docs/contract/customer.md`, "Response").

use super::{Email, Location, Phone, Sentiment, Social, WebUrl};
use crate::attribute::attribute_values;
use crate::schema::{DATE_TIME, Object, Property, RELATIONSHIP, SELF_LINK, Schema};

/// A customer.
pub static CUSTOMER: Schema = Schema::object(&Object {
    name: "Customer",
    open: true,
    properties: &[
        Property::required("type", Schema::one_of(&["customer"])),
        Property::required("id", Schema::text()),
        Property::required("attributes", Schema::object(&ATTRIBUTES)),
        Property::required("relationships", Schema::object(&RELATIONSHIPS)),
        Property::required("links", SELF_LINK),
    ],
});

static RELATIONSHIPS: Object = Object {
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
const NULLABLE_MOMENT: Schema = Schema::format(DATE_TIME).or_null();
static WORD: Schema = Schema::text();
static ANY: Schema = Schema::any();
const ID: Property = Property::optional("id", Schema::text().or_null());
const EXTERNAL_VERIFIED: Property = Property::optional("externalVerified", Schema::boolean());

static ATTRIBUTES: Object = Object {
    name: "CustomerAttributes",
    open: true,
    properties: &[
        Property::optional("name", NULLABLE),
        Property::optional("firstName", TEXT.about("The first word of `name`.")),
        Property::optional("lastName", TEXT.about("What follows the first word of `name`.")),
        Property::optional("displayName", TEXT),
        Property::optional("displayColor", TEXT),
        Property::optional("displayIcon", TEXT),
        Property::optional("externalId", NULLABLE),
        Property::optional("externalIds", Schema::list(&EXTERNAL_ID)),
        Property::optional("sharedExternalIds", Schema::list(&EXTERNAL_ID)),
        Property::optional("companyName", TEXT),
        Property::optional("username", NULLABLE),
        Property::optional("avatarUrl", NULLABLE),
        Property::optional("emails", Schema::list(&EMAIL)),
        Property::optional("sharedEmails", Schema::list(&EMAIL)),
        Property::optional("phones", Schema::list(&PHONE)),
        Property::optional("sharedPhones", Schema::list(&PHONE)),
        Property::optional("whatsapps", Schema::list(&PHONE)),
        Property::optional("sharedWhatsapps", Schema::list(&PHONE)),
        Property::optional("facebookIds", Schema::list(&FACEBOOK_ID)),
        Property::optional("instagramIds", Schema::list(&INSTAGRAM_ID)),
        Property::optional("smoochIds", Schema::list(&ANY)),
        Property::optional("socials", Schema::list(&SOCIAL)),
        Property::optional("sharedSocials", Schema::list(&SOCIAL)),
        Property::optional("urls", Schema::list(&WEB_URL)),
        Property::optional("locations", Schema::list(&LOCATION)),
        Property::optional("activeUsers", Schema::list(&WORD)),
        Property::optional("watchers", Schema::list(&WORD)),
        Property::optional("recentLocation", Schema::object(&RECENT_LOCATION)),
        Property::optional("locale", NULLABLE),
        Property::optional("timeZone", NULLABLE),
        Property::optional("defaultLang", NULLABLE),
        Property::optional("gender", NULLABLE),
        Property::optional("birthdayAt", NULLABLE_MOMENT),
        Property::optional("signedUpAt", NULLABLE_MOMENT),
        Property::optional("presence", TEXT),
        Property::optional("tags", Schema::list(&WORD).about("Ids of tags.")),
        Property::optional("sentiment", Schema::object(&SENTIMENT)),
        Property::optional("custom", Schema::map(&ANY)),
        Property::optional("createdAt", MOMENT),
        Property::optional("updatedAt", MOMENT),
        Property::optional("modifiedAt", MOMENT),
        Property::optional("importedAt", MOMENT),
        Property::optional("lastActivityAt", NULLABLE_MOMENT),
        Property::optional("lastCustomerActivityAt", NULLABLE_MOMENT),
        Property::optional("lastSeenAt", NULLABLE_MOMENT),
        Property::optional("lastMessageAt", MOMENT),
        Property::optional("lastMessageIn", Schema::map(&ANY)),
        Property::optional("lastMessageOut", Schema::map(&ANY)),
        Property::optional("lastMessageUnrespondedTo", Schema::map(&ANY)),
        Property::optional("lastConversation", Schema::object(&LAST_CONVERSATION)),
        Property::optional("conversationCounts", Schema::object(&CONVERSATION_COUNTS)),
        Property::optional("preview", Schema::map(&ANY)),
        Property::optional("progressiveStatus", NULLABLE),
        Property::optional("recentItems", Schema::list(&ANY)),
        Property::optional("lostValues", Schema::list(&LOST_VALUE)),
        Property::optional("satisfactionLevel", Schema::map(&ANY)),
        Property::optional("verified", Schema::boolean()),
        Property::optional("deleted", Schema::boolean()),
        Property::optional("erasedAt", MOMENT),
        Property::optional(
            "unmaskingWindow",
            Schema::map(&ANY).about("In which a user sees the sensitive attributes."),
        ),
        Property::optional("roleGroupVersions", Schema::list(&ANY)),
        Property::optional("accessOverride", Schema::list(&ANY)),
        Property::optional("rev", Schema::integer().about("1 when made, one more with every stored change.")),
    ],
};

static LOST_VALUE: Schema = Schema::object(&Object {
    name: "LostValue",
    open: true,
    properties: &[
        Property::required("attribute", Schema::text().about("Such as `name` or `custom.tierStr`.")),
        Property::required("customer", Schema::text().about("The id of the customer that was merged and had it.")),
        Property::required("value", ANY),
    ],
});

attribute_values! {
    Email: EMAIL;
    Phone: PHONE;
    Social: SOCIAL;
    WebUrl: WEB_URL;
    Location: LOCATION;
    Sentiment: Schema::object(&SENTIMENT);
}

static EXTERNAL_ID: Schema = Schema::object(&Object {
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

static FACEBOOK_ID: Schema = Schema::object(&Object {
    name: "FacebookId",
    open: true,
    properties: &[
        Property::required("pageId", TEXT),
        Property::required("userId", TEXT),
        Property::optional("name", TEXT),
        ID,
    ],
});

static INSTAGRAM_ID: Schema = Schema::object(&Object {
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
