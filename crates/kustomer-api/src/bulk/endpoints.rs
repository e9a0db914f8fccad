//! The operations on bulk jobs, and which operation on a single record each of them repeats.

use std::borrow::Cow;

use super::{BULK, BULK_BATCH, Bulk, BulkBatch, BulkItems, CLIENT_REF, MAX_CLIENT_REF, MAX_ITEMS};
use crate::ObjectId;
use crate::company::{COMPANY_CHANGES, COMPANY_INPUT, CreateCompany, UpdateCompanyAttributes};
use crate::conversation::{CONVERSATION_CHANGES, CONVERSATION_INPUT, CreateConversation, UpdateConversationAttributes};
use crate::customer::CUSTOMER_INPUT;
use crate::customer::{CreateCustomer, DeleteCustomer, UpdateCustomerAttributes};
use crate::endpoint::{Answer, Endpoint, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::kobject::{CreateKObject, DeleteKObject, KOBJECT_CHANGES, KOBJECT_INPUT, UpdateKObject};
use crate::message::{CreateMessage, MESSAGE_CHANGES, MESSAGE_INPUT, UpdateMessageAttributes};
use crate::note::{CreateNote, NOTE_CHANGES, NOTE_INPUT, PatchNoteById};
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments};
use crate::schema::{Kind, OBJECT_ID, Object, Property, Schema, properties_of};
use crate::validation::Fault;

/// The action of a bulk operation on each of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Verb {
    /// It creates a record.
    Create,
    /// It updates the record that the item's `id` names, or with `ids` every record named.
    Update,
    /// It deletes each record that `ids` names.
    Delete,
}

/// An operation that does another one for each of its items.
pub trait BulkEndpoint: Endpoint {
    /// The action on each item.
    type Single: Endpoint;
    /// What that does.
    const VERB: Verb;
    /// The records, in the plural, as the context of a job names them.
    const RECORDS: &'static str;
}

/// The records that a bulk operation is about, when its body does not name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct BulkIds {
    /// Their ids; 1 to [`MAX_ITEMS`].
    pub ids: Vec<ObjectId>,
}

crate::macros::query_methods! {
    BulkIds { ids: list ObjectId }
}

impl QueryArguments for BulkIds {
    const PARAMETERS: &'static [Parameter] = &[Parameter {
        name: "ids",
        schema: Schema::text(),
        about: "The ids of the records, at most 100, joined by commas. An update then takes one body without `id` and \
                makes the same change to each record.",
    }];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        if self.ids.is_empty() {
            return Vec::new();
        }
        let ids: Vec<String> = self.ids.iter().map(ObjectId::to_string).collect();
        vec![(Cow::Borrowed("ids"), ids.join(","))]
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if name != "ids" {
                continue;
            }
            for id in value.split(',').map(str::trim).filter(|id| !id.is_empty()) {
                match id.parse() {
                    Ok(id) if !query.ids.contains(&id) => query.ids.push(id),
                    Ok(_) => {}
                    Err(_) => {
                        let title = "ids must be ids of 24 hexadecimal characters, joined by commas";
                        faults.push(Fault::of_parameter("ids", title.to_owned()));
                    }
                }
            }
        }
        if query.ids.len() > MAX_ITEMS {
            let title = format!("ids names more than {MAX_ITEMS} records: send fewer");
            faults.push(Fault::of_parameter("ids", title));
        }
        faults.or(query)
    }
}

const REFERENCE: Property = Property::optional(
    CLIENT_REF,
    Schema::text_of(1, MAX_CLIENT_REF).about("Reported with the outcome. All items have one or none has."),
);
const ID: Property = Property::required("id", Schema::format(OBJECT_ID));

/// The properties of an item beside those of a single record.
const OF_CREATE: &[Property] = &[REFERENCE];
const OF_UPDATE: &[Property] = &[REFERENCE, ID];

const fn count(single: &Schema, more: &[Property]) -> usize {
    properties_of(single).len() + more.len()
}

/// The properties of a single record and some more; `N` is their [`count`].
const fn with<const N: usize>(single: &Schema, more: &[Property]) -> [Property; N] {
    let properties = properties_of(single);
    let mut all = [REFERENCE; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < properties.len() { properties[at] } else { more[at - properties.len()] };
        at += 1;
    }
    all
}

/// Declares the body of a bulk operation: a list of bodies of the operation on a single record.
macro_rules! body {
    ($body:ident = $name:literal, $single:expr, $more:expr) => {
        static $body: Schema = {
            static ITEM: Schema = Schema {
                kind: Kind::Object(&Object {
                    name: $name,
                    open: false,
                    properties: &const { with::<{ count(&$single, $more) }>(&$single, $more) },
                }),
                ..$single
            };
            Schema::list_of(MAX_ITEMS, &ITEM)
        };
    };
}

body!(CUSTOMERS = "BulkCustomerInput", CUSTOMER_INPUT, OF_CREATE);
body!(CUSTOMER_UPDATES = "BulkCustomerChanges", CUSTOMER_INPUT, OF_UPDATE);
body!(COMPANIES = "BulkCompanyInput", COMPANY_INPUT, OF_CREATE);
body!(COMPANY_UPDATES = "BulkCompanyChanges", COMPANY_CHANGES, OF_UPDATE);
body!(KOBJECTS = "BulkKObjectInput", KOBJECT_INPUT, OF_CREATE);
body!(KOBJECT_UPDATES = "BulkKObjectChanges", KOBJECT_CHANGES, OF_UPDATE);
body!(CONVERSATIONS = "BulkConversationInput", CONVERSATION_INPUT, OF_CREATE);
body!(CONVERSATION_UPDATES = "BulkConversationChanges", CONVERSATION_CHANGES, OF_UPDATE);
body!(MESSAGES = "BulkMessageInput", MESSAGE_INPUT, OF_CREATE);
body!(MESSAGE_UPDATES = "BulkMessageChanges", MESSAGE_CHANGES, OF_UPDATE);
body!(NOTES = "BulkNoteInput", NOTE_INPUT, OF_CREATE);
body!(NOTE_UPDATES = "BulkNoteChanges", NOTE_CHANGES, OF_UPDATE);

/// Declares a bulk operation and its action on each item.
macro_rules! bulk {
    (
        $(#[$doc:meta])* $name:ident = $operation:expr, $about:literal; $verb:ident $records:literal with $single:ty;
        path: $path:ty $(= $path_example:literal)?, query: $query:ty
        $(, body: $schema:expr, example: $example:literal)?
    ) => {
        bulk! {
            @endpoint $(#[$doc])* $name = $operation, $about; path: $path $(= $path_example)?, query: $query
            $(, body: BulkItems: $schema, example: $example)?
        }

        impl BulkEndpoint for $name {
            type Single = $single;
            const VERB: Verb = Verb::$verb;
            const RECORDS: &'static str = $records;
        }
    };
    (
        @endpoint $(#[$doc:meta])* $name:ident = $operation:expr, $about:literal;
        path: $path:ty $(= $path_example:literal)?, query: $query:ty, body: $body:ty: $schema:expr, example: $example:literal
    ) => {
        endpoint! {
            $(#[$doc])* $name = $operation, $about;
            path: $path $(= $path_example)?, query: $query, body: $body: &$schema, example: $example,
            answer: Document<Bulk>: Answer::One(&BULK)
        }
    };
    (
        @endpoint $(#[$doc:meta])* $name:ident = $operation:expr, $about:literal;
        path: $path:ty $(= $path_example:literal)?, query: $query:ty
    ) => {
        endpoint! {
            $(#[$doc])* $name = $operation, $about;
            path: $path $(= $path_example)?, query: $query, body: (), answer: Document<Bulk>: Answer::One(&BULK)
        }
    };
}

bulk! {
    /// `bulkCreateCustomers`.
    BulkCreateCustomers = &contract::BULK_CREATE_CUSTOMERS, "Creates up to 100 customers, each on its own.";
    Create "customers" with CreateCustomer;
    path: (), query: (), body: CUSTOMERS,
    example: r#"[{"_clientRef":"row 1","name":"Mary Jackson"},{"_clientRef":"row 2","name":"Katherine Johnson"}]"#
}

bulk! {
    /// `bulkBatchUpdateCustomers`.
    BulkBatchUpdateCustomers = &contract::BULK_BATCH_UPDATE_CUSTOMERS,
    "Updates up to 100 customers, each on its own; with `ids` all by the same change.";
    Update "customers" with UpdateCustomerAttributes;
    path: (), query: BulkIds, body: CUSTOMER_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","name":"Dorothy Vaughan"}]"#
}

bulk! {
    /// `bulkDeleteCustomers`.
    BulkDeleteCustomers = &contract::BULK_DELETE_CUSTOMERS, "Deletes up to 100 customers, each on its own.";
    Delete "customers" with DeleteCustomer;
    path: (), query: BulkIds
}

bulk! {
    /// `bulkCreateCompanies`.
    BulkCreateCompanies = &contract::BULK_CREATE_COMPANIES, "Creates up to 100 companies, each on its own.";
    Create "companies" with CreateCompany;
    path: (), query: (), body: COMPANIES, example: r#"[{"name":"Acme North"},{"name":"Acme South"}]"#
}

bulk! {
    /// `bulkBatchUpdateCompanies`.
    BulkBatchUpdateCompanies = &contract::BULK_BATCH_UPDATE_COMPANIES,
    "Updates up to 100 companies, each on its own; with `ids` all by the same change.";
    Update "companies" with UpdateCompanyAttributes;
    path: (), query: BulkIds, body: COMPANY_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","employeeCount":12}]"#
}

bulk! {
    /// `bulkCreateKObjects`.
    BulkCreateKObjects = &contract::BULK_CREATE_KOBJECTS, "Creates up to 100 kobjects of a klass, each on its own.";
    Create "kobjects" with CreateKObject;
    path: String = "order", query: (), body: KOBJECTS, example: r#"[{"title":"Order 17"},{"title":"Order 18"}]"#
}

bulk! {
    /// `bulkBatchUpdateKObjects`.
    BulkBatchUpdateKObjects = &contract::BULK_BATCH_UPDATE_KOBJECTS,
    "Updates up to 100 kobjects of a klass, each on its own; with `ids` all by the same change.";
    Update "kobjects" with UpdateKObject;
    path: String = "order", query: BulkIds, body: KOBJECT_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","title":"Order 17"}]"#
}

bulk! {
    /// `bulkDeleteKObjects`.
    BulkDeleteKObjects = &contract::BULK_DELETE_KOBJECTS, "Deletes up to 100 kobjects of a klass, each on its own.";
    Delete "kobjects" with DeleteKObject;
    path: String = "order", query: BulkIds
}

bulk! {
    /// `bulkCreateConversations`.
    BulkCreateConversations = &contract::BULK_CREATE_CONVERSATIONS, "Creates up to 100 conversations, each on its own.";
    Create "conversations" with CreateConversation;
    path: (), query: (), body: CONVERSATIONS,
    example: r#"[{"customer":"5c7d1a1f9a1b2c0010a1b2c3","name":"A late parcel"}]"#
}

bulk! {
    /// `bulkBatchUpdateConversations`.
    BulkBatchUpdateConversations = &contract::BULK_BATCH_UPDATE_CONVERSATIONS,
    "Updates up to 100 conversations, each on its own; with `ids` all by the same change.";
    Update "conversations" with UpdateConversationAttributes;
    path: (), query: BulkIds, body: CONVERSATION_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","status":"done"}]"#
}

bulk! {
    /// `bulkCreateMessages`.
    BulkCreateMessages = &contract::BULK_CREATE_MESSAGES, "Creates up to 100 messages, each on its own.";
    Create "messages" with CreateMessage;
    path: (), query: (), body: MESSAGES,
    example: r#"[{"customer":"5c7d1a1f9a1b2c0010a1b2c3","channel":"chat","app":"web","direction":"in","preview":"Hello"}]"#
}

bulk! {
    /// `bulkBatchUpdateMessages`.
    BulkBatchUpdateMessages = &contract::BULK_BATCH_UPDATE_MESSAGES,
    "Updates up to 100 messages, each on its own; with `ids` all by the same change.";
    Update "messages" with UpdateMessageAttributes;
    path: (), query: BulkIds, body: MESSAGE_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","subject":"A late parcel"}]"#
}

bulk! {
    /// `bulkCreateNotes`.
    BulkCreateNotes = &contract::BULK_CREATE_NOTES, "Creates up to 100 notes, each on its own.";
    Create "notes" with CreateNote;
    path: (), query: (), body: NOTES, example: r#"[{"body":"The depot is closed on Friday."}]"#
}

bulk! {
    /// `bulkBatchUpdateNotes`.
    BulkBatchUpdateNotes = &contract::BULK_BATCH_UPDATE_NOTES,
    "Updates up to 100 notes, each on its own; with `ids` all by the same change.";
    Update "notes" with PatchNoteById;
    path: (), query: BulkIds, body: NOTE_UPDATES,
    example: r#"[{"id":"5c7d1a1f9a1b2c0010a1b2c3","body":"She called again."}]"#
}

endpoint! {
    /// `getBulkJobs`, which Kustomer does not have.
    GetBulkJobs = &own::GET_BULK_JOBS, "Lists the bulk jobs that are complete.";
    path: (), query: PageQuery, body: (), answer: Page<Bulk>: Answer::Uncounted(&BULK)
}

endpoint! {
    /// `getBulkJob`, which Kustomer serves without documenting it among its operations.
    GetBulkJob = &own::GET_BULK_JOB, "Reads a bulk job by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Bulk>: Answer::One(&BULK)
}

endpoint! {
    /// `getBulkJobBatches`, which Kustomer serves without documenting it among its operations.
    GetBulkBatches = &own::GET_BULK_BATCHES, "Lists the batches of a bulk job.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<BulkBatch>: Answer::Uncounted(&BULK_BATCH)
}

history!(GetBulkHistory = &own::GET_BULK_HISTORY, "Lists what happened to a bulk job, newest first.");
