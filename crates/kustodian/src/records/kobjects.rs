//! `kustodian kobjects`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::kobject::KObjectInput;
use kustomer_api::{Field, Timestamp};

use super::{Attributes, Filters, Listed, Records};
use crate::customers::attributes::custom;
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Kobjects of a klass.
#[derive(Debug)]
pub(crate) enum KObjects {}

impl Records for KObjects {
    const KIND: Kind = Kind::KObject;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("TITLE", "/attributes/title"),
        ("EXTERNAL ID", "/attributes/externalId"),
        ("CUSTOMER", "/relationships/customer/data/id"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = KObjectArguments;
    type Filters = KObjectFilters;
}

/// What to create a kobject with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct KObjectArguments {
    /// The title.
    #[arg(long)]
    title: Option<String>,
    /// The description.
    #[arg(long)]
    description: Option<String>,
    /// The external id, unique in the klass.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The id of its customer.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// The id of its company.
    #[arg(long, value_name = "ID")]
    company: Option<String>,
    /// A tag's name or id; repeatable.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A custom attribute such as statusStr=sent or totalNum=7.5; repeatable. The key's suffix fixes the type; null clears.
    #[arg(long, value_name = "KEY=VALUE")]
    custom: Vec<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["title", "description", "external_id", "customer", "company", "tags", "custom"])]
    json: Option<String>,
}

impl Attributes for KObjectArguments {
    const ONLY_NEW: &'static [&'static str] = &["customer", "company"];

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let field = |text: Option<String>| text.map_or(Field::Absent, Field::Value);
        let input = KObjectInput {
            title: self.title,
            description: field(self.description),
            external_id: self.external_id,
            customer: field(self.customer),
            company: field(self.company),
            tags: Some(self.tags).filter(|tags| !tags.is_empty()),
            custom: if self.custom.is_empty() { None } else { Some(custom(&self.custom)?) },
            ..KObjectInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which kobjects to list.
#[derive(Debug, Args)]
pub(crate) struct KObjectFilters {
    /// Those that were changed since this moment, in the order of their changes.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::moment)]
    since: Option<Timestamp>,
}

impl Filters for KObjectFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::at(path).with(self.since.map(|moment| ("fromDate", moment.to_string())))
    }
}
