//! Kobjects: records of the types that an org defines (`docs/contract/behaviour.md` §13).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use crate::attribute::attribute_values;
use crate::custom::CustomAttributes;
use crate::customer::request_schema::TAGS;
use crate::endpoint::{Answer, PathArguments, endpoint};
use crate::envelope::{Document, Page, Relationship};
use crate::history::{StateQuery, history};
use crate::klass::Mixin;
use crate::macros::open_enum;
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments, read_moment};
use crate::resource::resource;
use crate::restore::restore;
use crate::schema::{DATE_TIME, MAX_URL, OBJECT_ID, Object, Property, Schema, URL};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The maximum size of `data`, in bytes of JSON. The default limit of a body is lower.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;

resource! {
    /// A kobject. Its `type` is that of its klass: see [`type_of`].
    KObject = "kobject";

    /// The attributes of a kobject.
    answer KObjectAttributes = KOBJECT;

    /// The attributes to create a kobject with, or to change. Absent ones stay as they are.
    input KObjectInput { create: KOBJECT_INPUT, update: KOBJECT_CHANGES }

    attributes {
        /// The title, 1 to 256 characters.
        title: String = required(Schema::text_of(1, 256));
        /// The id in another system, 1 to 256 characters; unique in its klass.
        external_id: String = optional(Schema::text_of(1, 256));
        /// The description, at most 10,240 characters.
        description: String | null = optional(Schema::text_of(0, 10_240));
        /// The URLs of pictures, at most 20.
        images: Vec<String> = optional(Schema::list_of(20, &IMAGE));
        /// The name of an icon, at most 64 characters; that of the klass when none was sent.
        icon: String = optional(Schema::text_of(0, 64));
        /// Data of any form, at most [`MAX_DATA_BYTES`] of JSON.
        data: Map<String, Value> = optional(DATA) => Schema::map(&ANY);
        /// Where data is that is too large for the answer.
        s3_data_url: String, read_only("send data");
        /// Custom attributes, at most 100 in one write; an update keeps those that are not sent.
        custom: CustomAttributes = optional(Schema::custom());
        /// Tags, at most 20, each once: sent as names or ids, answered as ids.
        tags: Vec<String> = optional(TAGS);
        /// The status of a task.
        status(kept): TaskStatus = on_update(Schema::one_of(TaskStatus::VALUES), "a task that is created is open: send it in an update");
        /// The id of the queue that a task waits in.
        queue(kept): String | null = on_update(Schema::format(OBJECT_ID).or_blank(), "send it in an update");
        /// The id of the user that a task is assigned to.
        assigned_user(kept): String | null = on_update(Schema::format(OBJECT_ID).or_blank(), "send it in an update");
        /// When a task was first done, and by whom.
        first_done(kept): Done, read_only(FROM_STATUS);
        /// The last completion of a task: when, and by which user.
        last_done(kept): Done, read_only(FROM_STATUS);
        /// How often a task was done.
        done_count(kept): u64, read_only(FROM_STATUS);
        /// How often a task was opened again.
        reopen_count(kept): u64, read_only(FROM_STATUS);
        /// How often a task that was done was opened again.
        reopen_from_done_count(kept): u64, read_only(FROM_STATUS);
        /// The name of the klass to show.
        klass_display_name: String, read_only(FROM_KLASS);
        /// The abilities of the klass's kobjects, in addition to data.
        klass_mixins: Vec<Mixin>, read_only(FROM_KLASS);
        /// When it was erased with its customer.
        erased_at: Timestamp, read_only("erase the customer it belongs to");
        /// Versions of role groups; `[]`.
        role_group_versions: Vec<Value>, read_only(NOT_WRITTEN);
    }

    sent {
        /// The id of the customer it belongs to.
        customer: String | null = on_create(Schema::format(OBJECT_ID).or_blank());
        /// The id of the company it belongs to.
        company: String | null = on_create(Schema::format(OBJECT_ID).or_blank());
    }

    system { created_at: optional, imported_at: optional, rev: on_update, }
}

static ANY: Schema = Schema::any();
static IMAGE: Schema = Schema::format_of(0, MAX_URL, URL);
const DATA: Schema = Schema::map(&ANY).of_bytes(MAX_DATA_BYTES).about("At most 1 MiB of JSON.");
const NOT_WRITTEN: &str = "the API has no way to write it";
const FROM_STATUS: &str = "it is derived from the changes of status";
const FROM_KLASS: &str = "it is derived from the klass: write that";

impl KObjectInput {
    /// With a title.
    #[must_use]
    pub fn titled(title: impl Into<String>) -> Self {
        Self::default().title(title)
    }
}

/// The `type` of the kobjects of a klass.
///
/// ```
/// assert_eq!(kustomer_api::kobject::type_of("order"), "kobject.order");
/// ```
pub fn type_of(klass: &str) -> String {
    format!("{TYPE}.{klass}")
}

/// The relationship `klass` of a kobject, whose link is under `link`, not `links`.
pub fn klass_relationship(id: impl std::fmt::Display, link: &str) -> Relationship {
    let data = Relationship::named(crate::klass::TYPE, id).data;
    let extra = Map::from_iter([("link".to_owned(), json!({ "self": link }))]);
    Relationship { links: None, data, extra }
}

/// The relationship of a customer to its kobjects of one klass.
pub fn kobjects_relationship(link: String) -> Relationship {
    let extra = Map::from_iter([("meta".to_owned(), json!({ "kobject": true }))]);
    Relationship { extra, ..Relationship::to_many(link) }
}

open_enum! {
    /// The status of a task.
    TaskStatus {
        /// It is to be done; the default.
        Open = "open",
        /// It was done.
        Done = "done",
    }
}

/// How a task was done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Done {
    /// How long it took since the kobject was created, in milliseconds.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub time: Field<Number>,
    /// How long it took within business hours.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub business_time: Field<Number>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// The id of the user who did it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_by: Field<String>,
    /// The id of that user's team.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_by_team: Field<String>,
    /// The id of the team it was assigned to.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub assigned_team: Field<String>,
    /// The id of the user it was assigned to.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub assigned_user: Field<String>,
    /// How many comments it had.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub comment_count: Field<u64>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

attribute_values! {
    Done: DONE;
}

const DONE: Schema = Schema::object(&Object {
    name: "Done",
    open: true,
    properties: &[
        Property::optional("time", Schema::number()),
        Property::optional("businessTime", Schema::number()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("createdBy", Schema::text().or_null()),
        Property::optional("createdByTeam", Schema::text().or_null()),
        Property::optional("assignedTeam", Schema::text().or_null()),
        Property::optional("assignedUser", Schema::text().or_null()),
        Property::optional("commentCount", Schema::integer()),
    ],
});

/// A kobject by its klass and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ById {
    /// The name of the klass, singular or plural.
    pub klass: String,
    /// The id of the kobject.
    pub id: ObjectId,
}

/// A kobject by its klass and its external id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByExternalId {
    /// The name of the klass, singular or plural.
    pub klass: String,
    /// The external id of the kobject.
    pub external_id: String,
}

/// The kobjects of a klass that belong to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRecord {
    /// The id of the customer or company.
    pub id: ObjectId,
    /// The name of the klass, singular or plural.
    pub klass: String,
}

impl PathArguments for ById {
    fn write(&self) -> Vec<String> {
        vec![self.klass.clone(), self.id.to_string()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [klass, id] => Some(Self { klass: klass.clone(), id: id.parse().ok()? }),
            _ => None,
        }
    }
}

impl PathArguments for ByExternalId {
    fn write(&self) -> Vec<String> {
        vec![self.klass.clone(), self.external_id.clone()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [klass, external_id] => Some(Self { klass: klass.clone(), external_id: external_id.clone() }),
            _ => None,
        }
    }
}

impl PathArguments for OfRecord {
    fn write(&self) -> Vec<String> {
        vec![self.id.to_string(), self.klass.clone()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [id, klass] => Some(Self { id: id.parse().ok()?, klass: klass.clone() }),
            _ => None,
        }
    }
}

/// Which kobjects of a klass to list. Nothing set lists all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListKObjects {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those that changed at this moment or later.
    pub from_date: Option<Timestamp>,
}

crate::macros::query_methods! {
    ListKObjects { paging: paging, from_date: text Timestamp }
}

impl QueryArguments for ListKObjects {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "fromDate",
            schema: Schema::format(DATE_TIME),
            about: "Lists the kobjects that changed at this moment or later.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.from_date.map(|moment| (Cow::Borrowed("fromDate"), moment.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == "fromDate" {
                query.from_date = faults.take(read_moment(name, value));
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getKObjects`.
    GetKObjects = &contract::GET_KOBJECTS, "Lists the kobjects of a klass.";
    path: String = "order", query: ListKObjects, body: (), answer: Page<KObject>: Answer::Uncounted(&KOBJECT)
}

endpoint! {
    /// `createKObject`.
    CreateKObject = &contract::CREATE_KOBJECT, "Creates a kobject of a klass.";
    path: String = "order", query: (), body: KObjectInput: &KOBJECT_INPUT,
    example: r#"{"title":"Order 1815","externalId":"shop-1815","custom":{"totalNum":120.5},"data":{"lines":[1,2]}}"#,
    answer: Document<KObject>: Answer::One(&KOBJECT)
}

endpoint! {
    /// `createCustomerKObject`.
    CreateCustomerKObject = &contract::CREATE_CUSTOMER_KOBJECT, "Creates a kobject of a klass for a customer.";
    path: OfRecord = "/order", query: (), body: KObjectInput: &KOBJECT_INPUT, example: r#"{"title":"Order 1816"}"#,
    answer: Document<KObject>: Answer::One(&KOBJECT)
}

endpoint! {
    /// `findCustomerKObjects`.
    FindCustomerKObjects = &contract::FIND_CUSTOMER_KOBJECTS, "Lists the kobjects of a klass that belong to a customer.";
    path: OfRecord = "/order", query: PageQuery, body: (), answer: Page<KObject>: Answer::Uncounted(&KOBJECT)
}

endpoint! {
    /// `getKObject`.
    GetKObject = &contract::GET_KOBJECT, "Reads a kobject by its klass and its id, as it is or as it was.";
    path: ById = "order", query: StateQuery, body: (), answer: Document<KObject>: Answer::One(&KOBJECT)
}

endpoint! {
    /// `getKlassesByNameAndExternalId`.
    GetKlassesByNameAndExternalId = &contract::GET_KLASSES_BY_NAME_AND_EXTERNAL_ID,
    "Reads a kobject by its klass and its external id.";
    path: ByExternalId = "order/shop-1815", query: (), body: (), answer: Document<KObject>: Answer::One(&KOBJECT)
}

endpoint! {
    /// `updateKObject`.
    UpdateKObject = &contract::UPDATE_KOBJECT, "Changes the attributes sent and keeps the others.";
    path: ById = "order", query: (), body: KObjectInput: &KOBJECT_CHANGES,
    example: r#"{"title":"Order 1815, sent","custom":{"statusStr":"sent"}}"#,
    answer: Document<KObject>: Answer::One(&KOBJECT)
}

restore!(
    RestoreKObject = &own::RESTORE_KOBJECT,
    "Restores a deleted kobject with its external id, unless another holds it by now.";
    path: ById = "order", answer: KObject: &KOBJECT
);

history!(GetKObjectHistory = &own::GET_KOBJECT_HISTORY, "Lists what happened to a kobject, newest first."; path: ById = "order");

endpoint! {
    /// `deleteKObject`.
    DeleteKObject = &contract::DELETE_KOBJECT, "Deletes a kobject.";
    path: ById = "order", query: (), body: (), answer: (): Answer::Empty
}
