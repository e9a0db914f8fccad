//! Settings of satisfaction surveys: what customers are asked after a conversation.

use serde_json::{Map, Value};

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::Schema;

/// How many questions each list of them may have; Kustomer documents no limit.
pub const MAX_QUESTIONS: usize = 100;

/// The most bytes of JSON that an attribute of any form may take; Kustomer documents no limit.
pub const MAX_FREE_BYTES: usize = 64 * 1024;

resource! {
    /// Settings of a satisfaction survey.
    Satisfaction = "satisfaction";

    /// What settings of a satisfaction survey hold.
    answer SatisfactionAttributes = SATISFACTION;

    /// The attributes to create settings with, or to change. Absent ones stay as they are.
    input SatisfactionInput { create: SATISFACTION_INPUT, update: SATISFACTION_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// The kind of form, at most 64 characters.
        form_type: String = optional(Schema::text_of(0, 64));
        /// Whether customers are asked.
        enabled: bool = optional(Schema::boolean());
        /// The channel it is sent through, at most 64 characters.
        channel: String = optional(Schema::text_of(0, 64));
        /// A description, at most 1,024 characters.
        description: String | null = optional(Schema::text_of(0, 1_024));
        /// The sender: `account`, `app` and `channel`.
        from: Map<String, Value> | null = optional(FREE) => FREE;
        /// The title of its page, at most 256 characters.
        meta_title: String | null = optional(Schema::text_of(0, 256));
        /// The description of its page, at most 1,024 characters.
        meta_description: String | null = optional(Schema::text_of(0, 1_024));
        /// The delay after the conversation, in the unit of the program that sends it.
        delay_time: serde_json::Number = optional(Schema::number_within(0.0, 1e12));
        /// The form of the customer's answer: `options`, `type`, `labelHigh` and `labelLow`.
        scale: Map<String, Value> | null = optional(FREE) => FREE;
        /// The text above the question, at most 10,240 characters.
        introduction: String | null = optional(Schema::text_of(0, 10_240));
        /// The question, at most 1,024 characters.
        rating_prompt: String | null = optional(Schema::text_of(0, 1_024));
        /// More questions, of any form.
        questions: Vec<Value> = optional(QUESTIONS);
        /// Questions after a good answer, of any form.
        positive_questions: Vec<Value> = optional(QUESTIONS);
        /// Questions after a bad answer, of any form.
        negative_questions: Vec<Value> = optional(QUESTIONS);
        /// All questions, of any form.
        all_questions: Vec<Value> = optional(QUESTIONS);
        /// What follows an answer, at most 64 characters.
        follow_up_type: String | null = optional(Schema::text_of(0, 64));
        /// Which conversations it is about: lists of conditions under `and` and `or`.
        criteria: Map<String, Value> | null = optional(FREE) => FREE;
    }

    system { deleted: on_update, rev: on_update, }
}

static ANY: Schema = Schema::any();
static QUESTION: Schema = Schema::any().of_bytes(4_096);
const QUESTIONS: Schema = Schema::list_of(MAX_QUESTIONS, &QUESTION);
const FREE: Schema = Schema::map(&ANY).of_bytes(MAX_FREE_BYTES).about("At most 64 KiB of JSON.");

impl SatisfactionInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

endpoint! {
    /// `getSatisfaction`.
    GetSatisfaction = &contract::GET_SATISFACTION, "Lists the settings of satisfaction surveys.";
    path: (), query: ListRecords, body: (), answer: Page<Satisfaction>: Answer::Uncounted(&SATISFACTION)
}

endpoint! {
    /// `getSatisfactionById`, which Kustomer does not document.
    GetSatisfactionById = &own::GET_SATISFACTION_BY_ID,
        "Reads the settings of a satisfaction survey, as they are or as they were.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Satisfaction>: Answer::One(&SATISFACTION)
}

endpoint! {
    /// `createSatisfaction`, which Kustomer does not document.
    CreateSatisfaction = &own::CREATE_SATISFACTION, "Makes settings of a satisfaction survey.";
    path: (), query: (), body: SatisfactionInput: &SATISFACTION_INPUT,
    example: r#"{"name":"After e-mail","channel":"email","ratingPrompt":"How did we do?"}"#,
    answer: Document<Satisfaction>: Answer::One(&SATISFACTION)
}

endpoint! {
    /// `updateSatisfaction`, which Kustomer does not document.
    UpdateSatisfaction = &own::UPDATE_SATISFACTION,
        "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: SatisfactionInput: &SATISFACTION_CHANGES, example: r#"{"enabled":true}"#,
    answer: Document<Satisfaction>: Answer::One(&SATISFACTION)
}

history!(
    GetSatisfactionHistory = &own::GET_SATISFACTION_HISTORY,
    "Lists what happened to the settings of a satisfaction survey, deleted ones included, newest first."
);
