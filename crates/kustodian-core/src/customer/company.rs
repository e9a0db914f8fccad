//! The company of a customer. Clients send its id; some real ones send its name, or an empty cell.

use kustomer_api::company::{Company, TYPE};
use kustomer_api::customer::{Customer, CustomerInput};
use kustomer_api::envelope::Relationship;
use kustomer_api::error::code;
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};

use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::Stored;

/// What text in `company` does that is no id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CompanyNames {
    /// It is kept as `companyName`, without a link.
    #[default]
    Keep,
    /// It is refused.
    Refuse,
}

/// What an id in `company` does that is of no company.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownCompanies {
    /// It is refused.
    #[default]
    Refuse,
    /// It is kept, and answered without a link.
    Keep,
}

/// What `company` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// No company.
    Nothing,
    /// The company with this id.
    Id(ObjectId),
    /// A company by its name.
    Name(&'a str),
}

/// The company that `company` names, looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCompany {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
}

impl KnownCompany {
    /// Read from its record.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(stored: &Stored) -> Result<Self, Refusal> {
        let company: Company = resource::read(&stored.document)?;
        Ok(Self { id: stored.id, name: company.attributes.name.into_value().unwrap_or_default() })
    }
}

/// The company that a customer is linked to.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn company_of(customer: &Stored) -> Result<Option<ObjectId>, Refusal> {
    resource::related_in(&customer.document, "company")
}

/// 400 for the id of no company.
pub fn unknown_company(id: ObjectId) -> Refusal {
    let title = format!("There is no company with the id {id}: create it first, or send null for none");
    Refusal::new(400, code::BAD_PARAM, "company", title).with_meta("pointer", "/company")
}

impl<'a> Named<'a> {
    /// The meaning of a text in `company`.
    pub fn of(text: &'a str) -> Self {
        match text.parse() {
            Ok(id) => Self::Id(id),
            Err(_) if text.trim().is_empty() => Self::Nothing,
            Err(_) => Self::Name(text),
        }
    }
}

/// Refuses the name of a company, where names are not kept.
///
/// # Errors
/// 400 for text that is no id.
pub fn check_company_is_id(input: &CustomerInput) -> Result<(), Refusal> {
    match input.company.value().map(|text| Named::of(text)) {
        Some(Named::Name(_)) => {
            let title = "company takes the id of a company, not its name";
            Err(Refusal::bad_input(vec![Fault::of_attribute(
                "company",
                title,
                "send 24 hexadecimal characters or null",
            )]))
        }
        _ => Ok(()),
    }
}

/// Links or unlinks the company, or keeps its name. `known` is the company that the text names, when it is known: an id
/// that is not known stays without a link, as there is nothing to follow it to.
pub(super) fn link_company(customer: &mut Customer, company: &Field<String>, known: Option<&KnownCompany>) {
    let named = match company {
        Field::Absent => return,
        Field::Null => Named::Nothing,
        Field::Value(text) => Named::of(text),
    };
    customer.relationships.remove("company");
    customer.attributes.company_name = Field::Absent;
    let relationship = match (named, known) {
        (Named::Nothing, _) => return,
        (Named::Id(_) | Named::Name(_), Some(KnownCompany { id, name })) => {
            customer.attributes.company_name = name.as_str().into();
            Relationship::to_one(TYPE, id, Kind::Company.path_of(*id))
        }
        (Named::Name(name), None) => {
            customer.attributes.company_name = name.into();
            return;
        }
        (Named::Id(id), None) => Relationship::named(TYPE, id),
    };
    customer.relationships.insert("company".to_owned(), relationship);
}
