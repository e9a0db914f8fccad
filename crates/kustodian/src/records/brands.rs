//! `kustodian brands`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::Field;
use kustomer_api::brand::BrandInput;

use super::{Attributes, Filters, Listed, Records};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Brands.
#[derive(Debug)]
pub(crate) enum Brands {}

impl Records for Brands {
    const KIND: Kind = Kind::Brand;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("DEFAULT", "/attributes/default"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = BrandArguments;
    type Filters = NoFilters;
}

/// What to create a brand with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct BrandArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// Where its icon is.
    #[arg(long, value_name = "URL")]
    icon_url: Option<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "icon_url"])]
    json: Option<String>,
}

impl Attributes for BrandArguments {
    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let icon_url = self.icon_url.map_or(Field::Absent, Field::Value);
        let input = BrandInput { name: self.name, icon_url, ..BrandInput::default() };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Lists that nothing narrows.
#[derive(Debug, Args)]
pub(crate) struct NoFilters {}

impl Filters for NoFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::at(path)
    }
}
