//! Companies: the organizations that customers belong to (`docs/contract/behaviour.md` §14).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::attribute::attribute_values;
use crate::custom::CustomAttributes;
use crate::customer::request_schema::{
    ANSWERED, EMAILS, LANGUAGE, LOCATIONS, PHONES, PICTURE, SOCIALS, TAGS, URLS, WHATSAPPS,
};
use crate::customer::{Email, Location, Phone, Social, WebUrl};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::kobject::{KOBJECT, KObject, OfRecord};
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments};
use crate::resource::resource;
use crate::schema::{Object, Property, Schema};
use crate::validation::Fault;
use crate::{Field, ObjectId};

resource! {
    /// A company.
    Company = "company";

    /// The attributes of a company.
    answer CompanyAttributes = COMPANY;

    /// The attributes to create a company with, or to change. Absent ones stay as they are.
    input CompanyInput { create: COMPANY_INPUT, update: COMPANY_CHANGES }

    attributes {
        /// The name, 3 to 256 characters.
        name: String = required(Schema::text_of(3, 256));
        /// The id in another system, 1 to 256 characters.
        external_id: String | null = optional(Schema::text_of(1, 256));
        /// The URI of a picture.
        avatar_url: String | null = optional(PICTURE);
        /// E-mail addresses, at most 10, each once.
        emails: Vec<Email> = optional(EMAILS);
        /// Phone numbers, at most 10, each once.
        phones: Vec<Phone> = optional(PHONES);
        /// WhatsApp numbers, at most 10, each once.
        whatsapps: Vec<Phone> = optional(WHATSAPPS);
        /// Social profiles, at most 10.
        socials: Vec<Social> = optional(SOCIALS);
        /// Web addresses, at most 10.
        urls: Vec<WebUrl> = optional(URLS);
        /// Internet domains, at most 10.
        domains: Vec<Domain> = optional(Schema::list_of(10, &DOMAIN_ITEM));
        /// Places, at most 10.
        locations: Vec<Location> = optional(LOCATIONS);
        /// How many people work there.
        employee_count: Number = optional(Schema::number());
        /// Tags, at most 20, each once: sent as names or ids, answered as ids.
        tags: Vec<String> = optional(TAGS);
        /// Custom attributes, at most 100 in one write; an update keeps those that are not sent.
        custom: CustomAttributes = optional(Schema::custom());
        /// A language such as `en_us`, at most 100 characters.
        default_lang: String | null = optional(LANGUAGE);
    }

    system { deleted: on_update, created_at: on_create, imported_at: on_create, rev: optional, }
}

impl CompanyInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::default().name(name)
    }
}

/// An internet domain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Domain {
    /// Null or absent in answers; ignored on a write.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub id: Field<String>,
    /// Such as `acme.example`, 1 to 255 characters.
    pub domain: String,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Domain {
    /// A domain by its name.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), ..Self::default() }
    }
}

attribute_values! {
    Domain: DOMAIN;
}

const DOMAIN: Schema = Schema::object(&Object {
    name: "Domain",
    open: true,
    properties: &[Property::required("domain", Schema::text()), Property::optional("id", Schema::text().or_null())],
});

static DOMAIN_ITEM: Schema = Schema::object(&Object {
    name: "DomainInput",
    open: false,
    properties: &[Property::required("domain", Schema::text_of(1, 255)), ANSWERED[0]],
});

/// Which companies to list. Nothing set lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListCompanies {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// The one with this external id. Ignored when `name` is set too, like `name` itself.
    pub external_id: Option<String>,
    /// Those with this name.
    pub name: Option<String>,
}

crate::macros::query_methods! {
    ListCompanies { paging: paging, external_id: text String, name: text String }
}

impl QueryArguments for ListCompanies {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "externalId",
            schema: Schema::text(),
            about: "Lists the company with this external id. Ignored when `filter` is sent too.",
        },
        Parameter {
            name: "filter",
            schema: Schema::text(),
            about: "Lists the companies with this name. Ignored when `externalId` is sent too.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.external_id.clone().map(|external_id| (Cow::Borrowed("externalId"), external_id)));
        pairs.extend(self.name.clone().map(|name| (Cow::Borrowed("filter"), name)));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if query.paging.accept(&mut faults, name, value) {
                continue;
            }
            match name.as_str() {
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
    GetCompanies = &contract::GET_COMPANIES, "Lists the org's companies.";
    path: (), query: ListCompanies, body: (), answer: Page<Company>: Answer::Uncounted(&COMPANY)
}

endpoint! {
    /// `createCompany`.
    CreateCompany = &contract::CREATE_COMPANY, "Creates a company.";
    path: (), query: (), body: CompanyInput: &COMPANY_INPUT,
    example: r#"{"name":"Acme","externalId":"crm-7","domains":[{"domain":"acme.example"}],"employeeCount":120}"#,
    answer: Document<Company>: Answer::One(&COMPANY)
}

endpoint! {
    /// `getCompanyById`.
    GetCompanyById = &contract::GET_COMPANY_BY_ID, "Reads a company by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Company>: Answer::One(&COMPANY)
}

endpoint! {
    /// `updateCompanyAttributes`, which is a `PUT`.
    UpdateCompanyAttributes = &contract::UPDATE_COMPANY_ATTRIBUTES,
    "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: CompanyInput: &COMPANY_CHANGES,
    example: r#"{"employeeCount":125,"custom":{"tierStr":"gold"}}"#, answer: Document<Company>: Answer::One(&COMPANY)
}

endpoint! {
    /// `findCompanyKObjects`.
    FindCompanyKObjects = &contract::FIND_COMPANY_KOBJECTS, "Lists the kobjects of a klass that belong to a company.";
    path: OfRecord = "/order", query: PageQuery, body: (), answer: Page<KObject>: Answer::Uncounted(&KOBJECT)
}

history!(
    GetCompanyHistory = &own::GET_COMPANY_HISTORY,
    "Lists what happened to a company, deleted ones included, newest first."
);
