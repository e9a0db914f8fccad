//! `kustodian companies`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::Field;
use kustomer_api::company::{CompanyInput, Domain};
use kustomer_api::customer::{Email, Phone};

use super::{Attributes, Filters, Listed, Records};
use crate::customers::attributes::custom;
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Companies.
#[derive(Debug)]
pub(crate) enum Companies {}

impl Records for Companies {
    const KIND: Kind = Kind::Company;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("DOMAINS", "/attributes/domains"),
        ("EXTERNAL ID", "/attributes/externalId"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = CompanyArguments;
    type Filters = CompanyFilters;
}

/// What to create a company with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct CompanyArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// The external id.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// A domain; repeatable.
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// An e-mail address; repeatable.
    #[arg(long = "email", value_name = "ADDRESS")]
    emails: Vec<String>,
    /// A phone number; repeatable.
    #[arg(long = "phone", value_name = "NUMBER")]
    phones: Vec<String>,
    /// A tag's name or id; repeatable.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A custom attribute such as tierStr=gold or revenueNum=7.5; repeatable. The key's suffix fixes the type; null clears.
    #[arg(long, value_name = "KEY=VALUE")]
    custom: Vec<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "external_id", "domains", "emails", "phones", "tags", "custom"])]
    json: Option<String>,
}

impl Attributes for CompanyArguments {
    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let some = |items: Vec<String>| Some(items).filter(|items| !items.is_empty());
        let input = CompanyInput {
            name: self.name,
            external_id: self.external_id.map_or(Field::Absent, Field::Value),
            domains: some(self.domains).map(|domains| domains.into_iter().map(Domain::new).collect()),
            emails: some(self.emails).map(|emails| emails.into_iter().map(Email::new).collect()),
            phones: some(self.phones).map(|phones| phones.into_iter().map(Phone::new).collect()),
            tags: some(self.tags),
            custom: if self.custom.is_empty() { None } else { Some(custom(&self.custom)?) },
            ..CompanyInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which companies to list.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct CompanyFilters {
    /// The one with this external id.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Those with this name, case aside.
    #[arg(long)]
    name: Option<String>,
}

impl Filters for CompanyFilters {
    fn listed(self, path: &str) -> Listed {
        let external_id = self.external_id.map(|id| ("externalId", id));
        Listed::at(path).with(external_id.into_iter().chain(self.name.map(|name| ("filter", name))))
    }
}
