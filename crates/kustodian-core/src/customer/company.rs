//! The company of a customer. Clients send its id; some real ones send its name, or an empty cell.

use kustomer_api::customer::{Customer, CustomerInput};
use kustomer_api::envelope::{RelatedId, Relationship};
use kustomer_api::validation::Fault;
use kustomer_api::{Field, ObjectId};

use crate::refusal::Refusal;

/// What text in `company` does that is no id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CompanyNames {
    /// It is kept as `companyName`, without a link.
    #[default]
    Keep,
    /// It is refused.
    Refuse,
}

/// What `company` names.
enum Named<'a> {
    Nothing,
    Id(ObjectId),
    Name(&'a str),
}

impl<'a> Named<'a> {
    fn of(text: &'a str) -> Self {
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

/// Links or unlinks the company, or keeps its name. Until companies are kept, any id is taken as it comes, and answered
/// without a link, since there is nothing to follow it to.
pub(super) fn link_company(customer: &mut Customer, company: &Field<String>) {
    let named = match company {
        Field::Absent => return,
        Field::Null => Named::Nothing,
        Field::Value(text) => Named::of(text),
    };
    customer.relationships.remove("company");
    customer.attributes.company_name = Field::Absent;
    match named {
        Named::Nothing => {}
        Named::Name(name) => customer.attributes.company_name = name.into(),
        Named::Id(id) => {
            let data = Field::Value(RelatedId::new("company", id.to_string().into()));
            let company = Relationship { data, ..Relationship::default() };
            customer.relationships.insert("company".to_owned(), company);
        }
    }
}
