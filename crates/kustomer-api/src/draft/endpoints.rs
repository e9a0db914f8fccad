//! The operations on drafts.

use super::{DRAFT, DRAFT_CHANGE_FORMS, DRAFT_FORMS, Draft, DraftInput};
use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListRecords, ListWithAttachments};

endpoint! {
    /// `createDraftByCustomer`.
    CreateDraftByCustomer = &contract::CREATE_DRAFT_BY_CUSTOMER,
    "Writes a draft to a customer. `status: sent` sends it at once, `sendAt` at that moment.";
    path: ObjectId, query: (), body: DraftInput: &DRAFT_FORMS,
    example: r#"{"channel":"email","to":[{"email":"ada@acme.example"}],"subject":"Your order","body":"It is on its way.","status":"sent"}"#,
    answer: Document<Draft>: Answer::One(&DRAFT)
}

endpoint! {
    /// `getAllDraftsByCustomer`.
    GetAllDraftsByCustomer = &contract::GET_ALL_DRAFTS_BY_CUSTOMER, "Lists the drafts to a customer.";
    path: ObjectId, query: ListWithAttachments, body: (), answer: Page<Draft>: Answer::Uncounted(&DRAFT)
}

endpoint! {
    /// `createDraft`, which Kustomer does not have.
    CreateDraft = &own::CREATE_DRAFT, "Writes a draft to the customer that the body names, or to that of the conversation.";
    path: (), query: (), body: DraftInput: &DRAFT_FORMS,
    example: r#"{"customer":"5c7d1a1f9a1b2c0010a1b2c3","channel":"email","subject":"Your order","body":"It is on its way."}"#,
    answer: Document<Draft>: Answer::One(&DRAFT)
}

endpoint! {
    /// `getDrafts`, which Kustomer does not have.
    GetDrafts = &own::GET_DRAFTS, "Lists the org's drafts.";
    path: (), query: ListRecords, body: (), answer: Page<Draft>: Answer::Uncounted(&DRAFT)
}

endpoint! {
    /// `getDraftById`, which Kustomer serves without documenting it.
    GetDraftById = &own::GET_DRAFT_BY_ID, "Reads a draft by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Draft>: Answer::One(&DRAFT)
}

endpoint! {
    /// `updateDraft`.
    UpdateDraft = &contract::UPDATE_DRAFT,
    "Changes the attributes sent of a draft that was not sent yet. `sendAt` schedules it, null unschedules it.";
    path: ObjectId, query: (), body: DraftInput: &DRAFT_CHANGE_FORMS,
    example: r#"{"channel":"email","body":"It is on its way, and arrives on Monday."}"#,
    answer: Document<Draft>: Answer::One(&DRAFT)
}

endpoint! {
    /// `deleteDraft`.
    DeleteDraft = &contract::DELETE_DRAFT, "Deletes a draft, which unschedules it.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

history!(GetDraftHistory = &own::GET_DRAFT_HISTORY, "Lists what happened to a draft, newest first.");
