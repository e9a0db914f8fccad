//! Companies (`docs/contract/behaviour.md` §14).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::custom::CustomAttributes;
use crate::customer::request_schema::{EMAIL_ITEM, LOCATION, PHONE_ITEM, SOCIAL, TAG_ITEM, URL_ITEM, WHATSAPP_ITEM};
use crate::customer::{Email, Location, Phone, Social, WebUrl, response_schema};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::operation::contract;
use crate::query::{Faults, PageQuery, Parameter, QueryArguments};
use crate::schema::{DATE_TIME, MAX_URL, Object, Property, ReadOnly, Schema, URI, resource_schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// The `type` of a company.
pub const TYPE: &str = "company";

/// A company.
pub type Company = Resource<CompanyAttributes>;

/// What a company holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompanyAttributes {
    /// The name.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub name: Field<String>,
    /// What another system calls it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub avatar_url: Field<String>,
    /// E-mail addresses.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub emails: Field<Vec<Email>>,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub phones: Field<Vec<Phone>>,
    /// WhatsApp numbers.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub whatsapps: Field<Vec<Phone>>,
    /// Social profiles.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub socials: Field<Vec<Social>>,
    /// Web addresses.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub urls: Field<Vec<WebUrl>>,
    /// Internet domains.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub domains: Field<Vec<Domain>>,
    /// Postal addresses.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub locations: Field<Vec<Location>>,
    /// How many people work there.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub employee_count: Field<Number>,
    /// Ids of tags.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub tags: Field<Vec<String>>,
    /// Custom attributes.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub custom: Field<CustomAttributes>,
    /// The language, such as `en_us`.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub default_lang: Field<String>,
    /// Whether it is deleted.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
    /// When the record was created, or what was sent instead.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it was imported.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub imported_at: Field<Timestamp>,
    /// When anything last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When an actor last changed anything.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// The revision.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub rev: Field<u64>,
    /// Attributes this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An internet domain of a company.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// Such as `acme.example`.
    #[serde(default)]
    pub domain: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Domain {
    /// A domain.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), extra: Map::new() }
    }
}

/// What to create a company with, or what to change on one. What is absent stays as it is; lists replace those stored,
/// custom attributes are merged by their keys.
///
/// ```
/// use kustomer_api::company::CompanyInput;
///
/// let input = CompanyInput::named("Acme");
/// assert_eq!(serde_json::to_string(&input)?, r#"{"name":"Acme"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompanyInput {
    /// 3 to 255 characters; needed to create one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 256 characters, unique in the org; null removes it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<String>,
    /// A URI; null removes it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub avatar_url: Field<String>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<Email>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<Phone>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whatsapps: Option<Vec<Phone>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socials: Option<Vec<Social>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<WebUrl>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<Domain>>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locations: Option<Vec<Location>>,
    /// How many people work there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_count: Option<Number>,
    /// At most 20 names or ids of tags, each once; unknown names become tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// At most 100; on an update, keys not sent are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<CustomAttributes>,
    /// At most 100 characters; null removes it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub default_lang: Field<String>,
    /// Back-dates the record; only when it is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Marks the record as imported; only when it is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
    /// On an update, the revision the record must have; otherwise the answer is 409.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Number>,
    /// True deletes, false or null restores; only on an update.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub deleted: Field<bool>,
}

impl CompanyInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// A company as answered.
pub static COMPANY: Schema = resource_schema!(
    "Company",
    "CompanyAttributes",
    [
        Property::optional("name", Schema::text()),
        Property::optional("externalId", Schema::text().or_null()),
        Property::optional("avatarUrl", Schema::text().or_null()),
        Property::optional("emails", Schema::list(&response_schema::EMAIL)),
        Property::optional("phones", Schema::list(&response_schema::PHONE)),
        Property::optional("whatsapps", Schema::list(&response_schema::PHONE)),
        Property::optional("socials", Schema::list(&response_schema::SOCIAL)),
        Property::optional("urls", Schema::list(&response_schema::WEB_URL)),
        Property::optional("domains", Schema::list(&DOMAIN_ANSWER)),
        Property::optional("locations", Schema::list(&response_schema::LOCATION)),
        Property::optional("employeeCount", Schema::number()),
        Property::optional("tags", Schema::list(&WORD).about("Ids of tags.")),
        Property::optional("custom", Schema::map(&ANY)),
        Property::optional("defaultLang", Schema::text().or_null()),
        Property::optional("deleted", Schema::boolean()),
        Property::optional("createdAt", Schema::format(DATE_TIME)),
        Property::optional("importedAt", Schema::format(DATE_TIME)),
        Property::optional("updatedAt", Schema::format(DATE_TIME)),
        Property::optional("modifiedAt", Schema::format(DATE_TIME)),
        Property::optional("rev", Schema::integer()),
    ]
);

static WORD: Schema = Schema::text();
static ANY: Schema = Schema::any();
static DOMAIN_ANSWER: Schema =
    Schema::object(&Object { name: "Domain", open: true, properties: &[Property::required("domain", Schema::text())] });
static DOMAIN: Schema = Schema::object(&Object {
    name: "DomainInput",
    open: false,
    properties: &[Property::required("domain", Schema::text_of(1, 255))],
});

/// The attributes of a company that are answered and that `createCompany` does not take.
pub static READ_ONLY: &[ReadOnly] = &[
    ReadOnly::new("deleted", "a company that is created is not deleted: send it in an update"),
    UPDATED_AT,
    MODIFIED_AT,
];

/// The attributes of a company that are answered and that `updateCompanyAttributes` does not take.
pub static READ_ONLY_ON_UPDATE: &[ReadOnly] = &[
    ReadOnly::new("createdAt", "it can only be sent when the company is created"),
    ReadOnly::new("importedAt", "it can only be sent when the company is created"),
    UPDATED_AT,
    MODIFIED_AT,
];

const UPDATED_AT: ReadOnly = ReadOnly::new("updatedAt", "the server sets it with every change");
const MODIFIED_AT: ReadOnly = ReadOnly::new("modifiedAt", "the server sets it with every change by a user");

const NAME: Schema = Schema::text_of(3, 255);

const SHARED: [Property; 14] = [
    Property::optional("externalId", Schema::text_of(0, 256).or_blank().about("Unique in the org.")),
    Property::optional("avatarUrl", Schema::format_of(0, MAX_URL, URI).or_blank()),
    Property::optional("emails", Schema::list_of(10, &EMAIL_ITEM)),
    Property::optional("phones", Schema::list_of(10, &PHONE_ITEM)),
    Property::optional("whatsapps", Schema::list_of(10, &WHATSAPP_ITEM)),
    Property::optional("socials", Schema::list_of(10, &SOCIAL)),
    Property::optional("urls", Schema::list_of(10, &URL_ITEM)),
    Property::optional("domains", Schema::list_of(10, &DOMAIN)),
    Property::optional("locations", Schema::list_of(10, &LOCATION)),
    Property::optional("employeeCount", Schema::number()),
    Property::optional(
        "tags",
        Schema::set_of(20, &TAG_ITEM).about("Names or ids; unknown names become tags. Answered as ids."),
    ),
    Property::optional("custom", Schema::custom()),
    Property::optional("defaultLang", Schema::text_of(0, 100).or_null()),
    Property::optional("rev", Schema::number().about("On an update, the revision the record must have.")),
];

/// The body of `createCompany`.
pub static COMPANY_INPUT: Schema = Schema::object(&Object {
    name: "CompanyInput",
    open: false,
    properties: &[
        Property::required("name", NAME),
        SHARED[0],
        SHARED[1],
        SHARED[2],
        SHARED[3],
        SHARED[4],
        SHARED[5],
        SHARED[6],
        SHARED[7],
        SHARED[8],
        SHARED[9],
        SHARED[10],
        SHARED[11],
        SHARED[12],
        SHARED[13],
        Property::optional("createdAt", Schema::format(DATE_TIME).about("Back-dates the record.")),
        Property::optional("importedAt", Schema::format(DATE_TIME).about("Marks the record as imported.")),
    ],
})
.with_read_only(READ_ONLY);

/// The body of `updateCompanyAttributes`.
pub static COMPANY_CHANGES: Schema = Schema::object(&Object {
    name: "CompanyChanges",
    open: false,
    properties: &[
        Property::optional("name", NAME),
        SHARED[0],
        SHARED[1],
        SHARED[2],
        SHARED[3],
        SHARED[4],
        SHARED[5],
        SHARED[6],
        SHARED[7],
        SHARED[8],
        SHARED[9],
        SHARED[10],
        SHARED[11],
        SHARED[12],
        SHARED[13],
        Property::optional("deleted", Schema::boolean().or_null().about("True deletes, false or null restores.")),
    ],
})
.with_read_only(READ_ONLY_ON_UPDATE);

/// Which companies to list. Nothing set lists all that are not deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListCompanies {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// The one with this external id.
    pub external_id: Option<String>,
    /// Those with this name, case aside. With `external_id`, both are ignored.
    pub name: Option<String>,
}

impl QueryArguments for ListCompanies {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "externalId",
            schema: Schema::text(),
            about: "Lists the company with this external id. Ignored beside `filter`.",
        },
        Parameter {
            name: "filter",
            schema: Schema::text(),
            about: "Lists the companies with this name, case aside. Ignored beside `externalId`.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.external_id.clone().map(|value| (Cow::Borrowed("externalId"), value)));
        pairs.extend(self.name.clone().map(|value| (Cow::Borrowed("filter"), value)));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            match name.as_str() {
                _ if query.paging.accept(&mut faults, name, value) => {}
                "externalId" => query.external_id = Some(value.clone()),
                "filter" => query.name = Some(value.clone()),
                _ => {}
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getCompanies`.
    GetCompanies = &contract::GET_COMPANIES, "Lists companies: all, the one with an external id, or those with a name.";
    path: (), query: ListCompanies, body: (), answer: Page<Company>: Answer::Uncounted(&COMPANY)
}

endpoint! {
    /// `createCompany`.
    CreateCompany = &contract::CREATE_COMPANY, "Creates a company.";
    path: (), query: (), body: CompanyInput: &COMPANY_INPUT,
    example: r#"{"name":"Acme","externalId":"crm-1","domains":[{"domain":"acme.example"}],"employeeCount":120,"tags":["partner"],"custom":{"tierStr":"gold"}}"#,
    answer: Document<Company>: Answer::One(&COMPANY)
}

endpoint! {
    /// `getCompanyById`.
    GetCompanyById = &contract::GET_COMPANY_BY_ID, "Reads a company by its id.";
    path: ObjectId, query: (), body: (), answer: Document<Company>: Answer::One(&COMPANY)
}

endpoint! {
    /// `updateCompanyAttributes`.
    UpdateCompanyAttributes = &contract::UPDATE_COMPANY_ATTRIBUTES,
    "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: CompanyInput: &COMPANY_CHANGES,
    example: r#"{"employeeCount":121,"custom":{"tierStr":"platinum"}}"#,
    answer: Document<Company>: Answer::One(&COMPANY)
}
