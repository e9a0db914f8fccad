//! `kustodian klasses`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::klass::KlassInput;

use super::{Attributes, Filters, Listed, Records};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Klasses.
#[derive(Debug)]
pub(crate) enum Klasses {}

impl Records for Klasses {
    const KIND: Kind = Kind::Klass;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("DISPLAY NAME", "/attributes/displayName"),
        ("STATUS", "/attributes/status"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = KlassArguments;
    type Filters = KlassFilters;
}

/// What to create a klass with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct KlassArguments {
    /// The name in paths and types, such as order.
    #[arg(long)]
    name: Option<String>,
    /// The name to show.
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The name of the icon that its kobjects inherit.
    #[arg(long)]
    icon: Option<String>,
    /// What may be done with its kobjects: enabled, existing_only or disabled.
    #[arg(long)]
    status: Option<String>,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "display_name", "icon", "status"])]
    json: Option<String>,
}

impl Attributes for KlassArguments {
    const ONLY_NEW: &'static [&'static str] = &["name"];

    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let input = KlassInput {
            name: self.name,
            display_name: self.display_name,
            icon: self.icon,
            status: self.status.map(|status| status.as_str().into()),
            ..KlassInput::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}

/// Which klasses to list.
#[derive(Debug, Args)]
pub(crate) struct KlassFilters {
    /// Those with this status [default: enabled]
    #[arg(long)]
    status: Option<String>,
}

impl Filters for KlassFilters {
    fn listed(self, path: &str) -> Listed {
        Listed::at(path).with(self.status.map(|status| ("status", status)))
    }
}
