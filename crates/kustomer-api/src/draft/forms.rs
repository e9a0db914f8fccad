//! The bodies of drafts: one form for each channel, for WhatsApp one for each kind of content. A body is checked
//! against its form; the schemas of [`DraftInput`](super::DraftInput) are what all forms have together, for documents.

use super::{
    ADDRESS, DraftChannel, FREE, HEADER, ID, MAX_ITEMS, MENTION, READ_ONLY, READ_ONLY_ON_UPDATE, RESPONSE_BUTTON,
    STATUS, SUBJECT, TEMPLATE_TYPES, TEXT,
};
use crate::customer::request_schema::LANGUAGE;
use crate::schema::{DATE_TIME, EMAIL, Forms, OBJECT_ID, Object, Property, Schema};
use crate::system;

/// The body that creates a draft.
pub static DRAFT_FORMS: Schema = Schema::forms(&Forms {
    all: &[
        &EMAIL_DRAFT,
        &SMS_DRAFT,
        &WHATSAPP_TEXT_DRAFT,
        &WHATSAPP_CHOICE_DRAFT,
        &WHATSAPP_TEMPLATE_DRAFT,
        &CHAT_DRAFT,
        &FACEBOOK_DRAFT,
        &TWEET_DRAFT,
        &TWITTER_DM_DRAFT,
        &NOTE_DRAFT,
        &INSTAGRAM_DRAFT,
    ],
    key: "channel",
    values: DraftChannel::VALUES,
    choose: |text_at| {
        Some(match text_at(&["channel"])?.as_str() {
            "email" => &EMAIL_DRAFT,
            "sms" => &SMS_DRAFT,
            "whatsapp" if text_at(&["meta", "interactive"]).is_some() => &WHATSAPP_CHOICE_DRAFT,
            "whatsapp" if text_at(&["meta"]).is_some() => &WHATSAPP_TEMPLATE_DRAFT,
            "whatsapp" => &WHATSAPP_TEXT_DRAFT,
            "chat" => &CHAT_DRAFT,
            "facebook" => &FACEBOOK_DRAFT,
            "twitter-tweet" => &TWEET_DRAFT,
            "twitter-dm" => &TWITTER_DM_DRAFT,
            "note" => &NOTE_DRAFT,
            "instagram" => &INSTAGRAM_DRAFT,
            _ => return None,
        })
    },
});

/// The body that changes a draft.
pub static DRAFT_CHANGE_FORMS: Schema = Schema::forms(&Forms {
    all: &[
        &EMAIL_CHANGES,
        &SMS_CHANGES,
        &WHATSAPP_CHANGES,
        &CHAT_CHANGES,
        &FACEBOOK_CHANGES,
        &TWEET_CHANGES,
        &TWITTER_DM_CHANGES,
        &NOTE_CHANGES,
        &INSTAGRAM_CHANGES,
    ],
    key: "channel",
    values: DraftChannel::VALUES,
    choose: |text_at| {
        Some(match text_at(&["channel"])?.as_str() {
            "email" => &EMAIL_CHANGES,
            "sms" => &SMS_CHANGES,
            "whatsapp" => &WHATSAPP_CHANGES,
            "chat" => &CHAT_CHANGES,
            "facebook" => &FACEBOOK_CHANGES,
            "twitter-tweet" => &TWEET_CHANGES,
            "twitter-dm" => &TWITTER_DM_CHANGES,
            "note" => &NOTE_CHANGES,
            "instagram" => &INSTAGRAM_CHANGES,
            _ => return None,
        })
    },
});

/// A form of a create: its channel, the members of every form, and its own members.
macro_rules! create_form {
    ($(#[$doc:meta])* $name:ident = $component:literal, $channel:literal, [$($property:expr),+ $(,)?]) => {
        $(#[$doc])*
        pub static $name: Schema = Schema::object(&Object {
            name: $component,
            open: false,
            properties: &[
                Property::required("channel", Schema::one_of(&[$channel])),
                CONVERSATION, CUSTOMER, LANG, SHORTCUTS, KB_ARTICLES, PAYLOAD, STATUS_PROPERTY, ATTACHMENTS,
                $($property),+
            ],
        })
        .with_read_only(READ_ONLY);
    };
}

/// The same of an update.
macro_rules! update_form {
    ($(#[$doc:meta])* $name:ident = $component:literal, $channel:literal, [$($property:expr),+ $(,)?]) => {
        $(#[$doc])*
        pub static $name: Schema = Schema::object(&Object {
            name: $component,
            open: false,
            properties: &[
                Property::required("channel", Schema::one_of(&[$channel])),
                CONVERSATION, CUSTOMER, LANG, SHORTCUTS, KB_ARTICLES, PAYLOAD, STATUS_PROPERTY, ATTACHMENTS,
                Property::optional("scheduled", Schema::boolean()),
                Property::optional("rev", system::EXPECTED),
                $($property),+
            ],
        })
        .with_read_only(READ_ONLY_ON_UPDATE);
    };
}

const CONVERSATION: Property = Property::optional("conversation", Schema::format(OBJECT_ID));
const CUSTOMER: Property = Property::optional("customer", Schema::format(OBJECT_ID));
const LANG: Property = Property::optional("lang", LANGUAGE.or_null());
const SHORTCUTS: Property = Property::optional("shortcuts", Schema::list_of(MAX_ITEMS, &ID));
const KB_ARTICLES: Property = Property::optional("kbArticles", Schema::list_of(MAX_ITEMS, &ID));
const PAYLOAD: Property = Property::optional("payload", FREE);
const STATUS_PROPERTY: Property = Property::optional("status", STATUS);
const AUTO: Property = Property::optional("auto", Schema::boolean());
const SEND_AT: Property = Property::optional("sendAt", Schema::format(DATE_TIME).or_blank());
const SOURCE: Property = Property::optional("source", Schema::one_of(&["bulk", "satisfaction"]));
const ANY_SOURCE: Property = Property::optional("source", Schema::one_of(super::SOURCES));
const BODY: Property = Property::optional("body", TEXT);
const TO: Property = Property::optional("to", NAME);
const FROM: Property = Property::optional("from", NAME);
const NAME: Schema = Schema::text_of(0, 256);
const ADDRESSES: Schema = Schema::list_of(MAX_ITEMS, &ADDRESS);
const TO_ADDRESSES: Property = Property::optional("to", ADDRESSES.or_lone());
const FROM_ADDRESS: Property = Property::optional("from", Schema::object(&super::ADDRESS_OBJECT));
const CC: Property = Property::optional("cc", ADDRESSES);
const BCC: Property = Property::optional("bcc", ADDRESSES);
const SUBJECT_PROPERTY: Property = Property::optional("subject", SUBJECT);
const REPLY_TO: Property = Property::optional("replyTo", Schema::format(EMAIL));
const HEADERS: Property = Property::optional("headers", Schema::list_of(MAX_ITEMS, &HEADER));
const TEMPLATE: Property = Property::optional("template", Schema::format(OBJECT_ID).or_blank());
const MENTIONS: Property = Property::optional("userMentions", Schema::list_of(20, &MENTION));
const ATTACHMENTS: Property = Property::optional("attachments", Schema::list_of(MAX_ITEMS, &ID));
const MAIL_APP: Property = Property::optional("app", Schema::one_of(&["gmail", "postmark"]));

create_form! {
    /// An e-mail.
    EMAIL_DRAFT = "EmailDraftInput", "email", [
        MAIL_APP, AUTO, SEND_AT, SOURCE, TO_ADDRESSES, FROM_ADDRESS, BODY, CC, BCC, SUBJECT_PROPERTY, REPLY_TO, HEADERS,
        TEMPLATE,
    ]
}

update_form! {
    /// Changes of an e-mail.
    EMAIL_CHANGES = "EmailDraftChanges", "email", [
        MAIL_APP, AUTO, SEND_AT, ANY_SOURCE, TO_ADDRESSES, FROM_ADDRESS, BODY, CC, BCC, SUBJECT_PROPERTY, REPLY_TO,
        HEADERS, TEMPLATE, Property::optional("htmlBody", TEXT),
        Property::optional("templateType", Schema::one_of(TEMPLATE_TYPES)),
    ]
}

create_form! {
    /// An SMS.
    SMS_DRAFT = "SmsDraftInput", "sms", [
        Property::optional("app", Schema::one_of(&["twilio", "zipwhip"])), AUTO, SEND_AT, SOURCE, TO, FROM, BODY,
    ]
}

update_form! {
    /// Changes of an SMS.
    SMS_CHANGES = "SmsDraftChanges", "sms", [
        Property::optional("app", Schema::one_of(&["twilio", "zipwhip", "messagebird"])), AUTO, SEND_AT, ANY_SOURCE, TO,
        FROM, BODY,
    ]
}

const WHATSAPP_APP: Property =
    Property::required("app", Schema::one_of(&["twilio_whatsapp", "messagebird", "whatsapp"]));
const NATIVE_WHATSAPP: Property = Property::required("app", Schema::one_of(&["whatsapp"]));

create_form! {
    /// A text on WhatsApp, or attachments without one.
    WHATSAPP_TEXT_DRAFT = "WhatsappTextDraftInput", "whatsapp", [
        WHATSAPP_APP, AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY,
    ]
}

create_form! {
    /// A list or buttons on WhatsApp, to choose from.
    WHATSAPP_CHOICE_DRAFT = "WhatsappChoiceDraftInput", "whatsapp", [
        NATIVE_WHATSAPP, AUTO, SEND_AT, ANY_SOURCE, TO, FROM, Property::required("meta", CHOICE_META),
    ]
}

create_form! {
    /// A template of WhatsApp.
    WHATSAPP_TEMPLATE_DRAFT = "WhatsappTemplateDraftInput", "whatsapp", [
        NATIVE_WHATSAPP, AUTO, SEND_AT, ANY_SOURCE, TO, FROM, Property::required("meta", TEMPLATE_META),
    ]
}

update_form! {
    /// Changes on WhatsApp.
    WHATSAPP_CHANGES = "WhatsappDraftChanges", "whatsapp", [
        WHATSAPP_APP, AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY,
    ]
}

create_form! {
    /// A message in a chat.
    CHAT_DRAFT = "ChatDraftInput", "chat", [AUTO, SEND_AT, SOURCE, TO, FROM, BODY]
}

update_form! {
    /// Changes of a message in a chat.
    CHAT_CHANGES = "ChatDraftChanges", "chat", [
        Property::optional("app", Schema::one_of(&["chat", "smooch"])), AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY,
        Property::optional("responseButtons", Schema::list_of(MAX_ITEMS, &RESPONSE_BUTTON)),
        Property::optional("messageTemplate", FREE),
    ]
}

create_form! {
    /// A message on Facebook.
    FACEBOOK_DRAFT = "FacebookDraftInput", "facebook", [AUTO, SEND_AT, SOURCE, TO, FROM, BODY]
}

update_form! {
    /// Changes of a message on Facebook.
    FACEBOOK_CHANGES = "FacebookDraftChanges", "facebook", [AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY]
}

create_form! {
    /// A tweet.
    TWEET_DRAFT = "TweetDraftInput", "twitter-tweet", [AUTO, SEND_AT, SOURCE, TO, FROM, BODY]
}

update_form! {
    /// Changes of a tweet.
    TWEET_CHANGES = "TweetDraftChanges", "twitter-tweet", [AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY]
}

create_form! {
    /// A direct message on Twitter.
    TWITTER_DM_DRAFT = "TwitterDmDraftInput", "twitter-dm", [AUTO, SEND_AT, SOURCE, TO, FROM, BODY]
}

update_form! {
    /// Changes of a direct message on Twitter.
    TWITTER_DM_CHANGES = "TwitterDmDraftChanges", "twitter-dm", [AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY]
}

create_form! {
    /// A note.
    NOTE_DRAFT = "NoteDraftInput", "note", [
        SEND_AT, Property::optional("source", Schema::one_of(&["bulk"])), BODY, MENTIONS,
    ]
}

update_form! {
    /// Changes of a note.
    NOTE_CHANGES = "NoteDraftChanges", "note", [
        SEND_AT, Property::optional("source", Schema::one_of(&["bulk", "biz-rules"])), BODY, MENTIONS,
    ]
}

create_form! {
    /// A message on Instagram.
    INSTAGRAM_DRAFT = "InstagramDraftInput", "instagram", [AUTO, SEND_AT, SOURCE, TO, FROM, BODY]
}

update_form! {
    /// Changes of a message on Instagram.
    INSTAGRAM_CHANGES = "InstagramDraftChanges", "instagram", [AUTO, SEND_AT, ANY_SOURCE, TO, FROM, BODY]
}

const CHOICE_META: Schema = Schema::object(&Object { name: "WhatsappChoice", open: false, properties: &[INTERACTIVE] });

const INTERACTIVE: Property = Property::required("interactive", Schema::forms(&CHOICES));

static CHOICES: Forms = Forms {
    all: &[&LIST, &BUTTONS],
    key: "type",
    values: &["list", "button"],
    choose: |text_at| {
        Some(match text_at(&["type"])?.as_str() {
            "list" => &LIST,
            "button" => &BUTTONS,
            _ => return None,
        })
    },
};

const LABEL: Schema = Schema::text_of(0, 1_024);

/// An object with a text.
const TEXTS: Schema =
    Schema::object(&Object { name: "", open: false, properties: &[Property::required("text", TEXT)] });

const HEADER_TEXT: Property = Property::optional(
    "header",
    Schema::object(&Object {
        name: "",
        open: false,
        properties: &[Property::required("type", Schema::one_of(&["text"])), Property::required("text", LABEL)],
    }),
);

static LIST: Schema = Schema::object(&Object {
    name: "WhatsappList",
    open: false,
    properties: &[
        Property::required("type", Schema::one_of(&["list"])),
        HEADER_TEXT,
        Property::required("body", TEXTS),
        Property::optional("footer", TEXTS),
        Property::required(
            "action",
            Schema::object(&Object {
                name: "",
                open: false,
                properties: &[
                    Property::required("button", LABEL),
                    Property::required("sections", Schema::list_of(MAX_ITEMS, &SECTION)),
                ],
            }),
        ),
    ],
});

static SECTION: Schema = Schema::object(&Object {
    name: "",
    open: false,
    properties: &[Property::optional("title", LABEL), Property::required("rows", Schema::list_of(MAX_ITEMS, &ROW))],
});

static ROW: Schema = Schema::object(&Object {
    name: "",
    open: false,
    properties: &[
        Property::required("id", LABEL),
        Property::required("title", LABEL),
        Property::optional("description", LABEL),
    ],
});

static BUTTONS: Schema = Schema::object(&Object {
    name: "WhatsappButtons",
    open: false,
    properties: &[
        Property::required("type", Schema::one_of(&["button"])),
        HEADER_TEXT,
        Property::required("body", TEXTS),
        Property::optional("footer", TEXTS),
        Property::required(
            "action",
            Schema::object(&Object {
                name: "",
                open: false,
                properties: &[Property::required("buttons", Schema::list_of(MAX_ITEMS, &BUTTON))],
            }),
        ),
    ],
});

static BUTTON: Schema = Schema::object(&Object {
    name: "",
    open: false,
    properties: &[
        Property::required("type", Schema::one_of(&["reply"])),
        Property::required(
            "reply",
            Schema::object(&Object {
                name: "",
                open: false,
                properties: &[Property::required("id", LABEL), Property::required("title", LABEL)],
            }),
        ),
    ],
});

const TEMPLATE_META: Schema = Schema::object(&Object {
    name: "WhatsappTemplate",
    open: false,
    properties: &[Property::required("template", LABEL), Property::optional("components", FREE)],
});
