//! Forwards: a conversation that is sent by e-mail to somebody who is not its customer (`docs/contract/behaviour.md` §12).

use serde_json::{Map, Value};

use crate::attachment::{ATTACHMENT, ATTACHMENT_INPUT, Attachment, AttachmentInput, OfRecord};
use crate::customer::request_schema::LANGUAGE;
use crate::draft::{ADDRESS, ADDRESS_OBJECT, Address, DraftChannel, DraftStatus, MAX_FREE_BYTES, MAX_TEXT};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListRecords, PageQuery};
use crate::resource::resource;
use crate::schema::{DATE_TIME, EMAIL, OBJECT_ID, Schema};
use crate::upload::Uploadable;
use crate::{ObjectId, Timestamp};

resource! {
    /// A forward.
    Forward = "forward";

    /// The attributes of a forward.
    answer ForwardAttributes = FORWARD;

    /// The attributes to create a forward with, or to change. Absent ones stay as they are.
    input ForwardInput { create: FORWARD_INPUT, update: FORWARD_CHANGES }

    attributes {
        /// The channel, which is `email`.
        channel: DraftChannel = required_on_create(Schema::one_of(&["email"]));
        /// The app that carries it.
        app: String = on_create(Schema::one_of(&["gmail", "postmark"]));
        /// `draft`, `sent` to send it at once, or `failed` to give it up.
        status: DraftStatus = optional(Schema::one_of(&["draft", "sent", "failed"]));
        /// When to send it; null or an empty text when it is not to be sent by itself.
        send_at: Timestamp | null = optional(Schema::format(DATE_TIME).or_blank());
        /// A language such as `en_us`, at most 100 characters.
        lang: String | null = on_update(LANGUAGE, "send it in an update");
        /// The e-mail addresses of the recipients, at most 100.
        to: Vec<Address> = optional(Schema::list_of(100, &ADDRESS));
        /// The e-mail address of the sender.
        from: Address = optional(Schema::object(&ADDRESS_OBJECT));
        /// The text above the messages, at most [`MAX_TEXT`] characters.
        body: String = optional(Schema::text_of(0, MAX_TEXT));
        /// The subject, at most 256 characters; that of the conversation when absent.
        subject: String = optional(Schema::text_of(0, 256));
        /// The e-mail address that answers go to.
        reply_to: String = optional(Schema::format(EMAIL));
        /// The id of a template.
        template: String | null = optional(Schema::format(OBJECT_ID).or_blank());
        /// What an editor keeps of it, of any form.
        payload: Map<String, Value> = optional(FREE);
        /// The messages of the conversation as they are sent below the body: those that there were when it was last written.
        quoted: String, read_only("it is drawn from the messages of the conversation");
        /// The ids of the attachments of the conversation that are sent with it.
        quoted_attachments: Vec<String>, read_only("they are those of the messages of the conversation");
        /// When it was sent.
        sent_at: Timestamp, read_only("send status or sendAt");
        /// Why it could not be sent.
        error: Map<String, Value>, read_only("the server sets it when the forward cannot be sent");
        /// When it could not be sent.
        error_at: Timestamp, read_only("the server sets it when the forward cannot be sent");
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
    }

    sent {
        /// The id of the customer of the conversation.
        customer: String = on_create(Schema::format(OBJECT_ID));
        /// The id of the conversation.
        conversation: String = on_create(Schema::format(OBJECT_ID));
        /// Attachments beside those of the conversation: their ids, or objects with `id`.
        attachments: Vec<Value> = optional(Schema::list_of(100, &NAMED));
    }

    system { rev: on_update, }
}

static ANY: Schema = Schema::any();
static NAMED: Schema = Schema::any().of_bytes(4096).about("An id, or an object with `id`.");
const FREE: Schema = Schema::map(&ANY).of_bytes(MAX_FREE_BYTES).about("At most 1 MiB of JSON.");

impl ForwardInput {
    /// A forward to an e-mail address.
    #[must_use]
    pub fn to_address(email: impl Into<String>) -> Self {
        Self::default().channel(DraftChannel::Email).to(vec![Address::of(email)])
    }
}

endpoint! {
    /// `getForwards`, which Kustomer does not have.
    GetForwards = &own::GET_FORWARDS, "Lists the org's forwards.";
    path: (), query: ListRecords, body: (), answer: Page<Forward>: Answer::Uncounted(&FORWARD)
}

endpoint! {
    /// `getAllForwardsByConversation`.
    GetAllForwardsByConversation = &contract::GET_ALL_FORWARDS_BY_CONVERSATION, "Lists the forwards of a conversation.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Forward>: Answer::Uncounted(&FORWARD)
}

endpoint! {
    /// `createForwardByConversation`.
    CreateForwardByConversation = &contract::CREATE_FORWARD_BY_CONVERSATION,
    "Writes a forward of a conversation. `status: sent` sends it at once, `sendAt` at that moment.";
    path: ObjectId, query: (), body: ForwardInput: &FORWARD_INPUT,
    example: r#"{"channel":"email","to":[{"email":"depot@acme.example"}],"subject":"Order 1815","body":"Please look at this."}"#,
    answer: Document<Forward>: Answer::One(&FORWARD)
}

endpoint! {
    /// `createForward`, which Kustomer does not have.
    CreateForward = &own::CREATE_FORWARD, "Writes a forward of the conversation that the body names.";
    path: (), query: (), body: ForwardInput: &FORWARD_INPUT,
    example: r#"{"conversation":"5c7d1a1f9a1b2c0010a1b2c3","channel":"email","to":[{"email":"depot@acme.example"}],"body":"Please look at this."}"#,
    answer: Document<Forward>: Answer::One(&FORWARD)
}

endpoint! {
    /// `getaDraftForwardById`.
    GetaDraftForwardById = &contract::GETA_DRAFT_FORWARD_BY_ID, "Reads a forward by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Forward>: Answer::One(&FORWARD)
}

endpoint! {
    /// `updateDraftForward`.
    UpdateDraftForward = &contract::UPDATE_DRAFT_FORWARD,
    "Changes the attributes sent of a forward that was not sent yet. `sendAt` schedules it, null unschedules it.";
    path: ObjectId, query: (), body: ForwardInput: &FORWARD_CHANGES, example: r#"{"body":"Please look at this today."}"#,
    answer: Document<Forward>: Answer::One(&FORWARD)
}

endpoint! {
    /// `getForwardAttachments`.
    GetForwardAttachments = &contract::GET_FORWARD_ATTACHMENTS,
    "Lists the attachments of a forward beside those of the conversation.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<Attachment>: Answer::Uncounted(&ATTACHMENT)
}

endpoint! {
    /// `createForwardAttachment`.
    CreateForwardAttachment = &contract::CREATE_FORWARD_ATTACHMENT,
    "Makes an attachment of a forward that was not sent. Its bytes are the body of a PUT to `links.related`.";
    path: ObjectId, query: (), body: AttachmentInput: &ATTACHMENT_INPUT,
    example: r#"{"name":"receipt.pdf","contentType":"application/pdf","contentLength":18150}"#,
    answer: Document<Attachment>: Answer::One(&ATTACHMENT)
}

endpoint! {
    /// `getForwardAttachment`.
    GetForwardAttachment = &contract::GET_FORWARD_ATTACHMENT, "Reads an attachment of a forward.";
    path: OfRecord, query: (), body: (), answer: Uploadable<Attachment>: Answer::WithUpload(&ATTACHMENT)
}

endpoint! {
    /// `deleteForwardAttachment`.
    DeleteForwardAttachment = &contract::DELETE_FORWARD_ATTACHMENT,
    "Deletes an attachment of a forward that was not sent, with its bytes.";
    path: OfRecord, query: (), body: (), answer: (): Answer::Empty
}

history!(GetForwardHistory = &own::GET_FORWARD_HISTORY, "Lists what happened to a forward, newest first.");
