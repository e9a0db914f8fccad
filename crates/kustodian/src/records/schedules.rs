//! `kustodian schedules`.

use clap::Args;
use kustodian_core::kind::Kind;
use kustomer_api::schedule::{Hours, ScheduleInput};

use super::brands::NoFilters;
use super::{Attributes, Records};
use crate::customers::json::read_object;
use crate::failure::Failure;

/// Schedules.
#[derive(Debug)]
pub(crate) enum Schedules {}

impl Records for Schedules {
    const KIND: Kind = Kind::Schedule;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("ID", "/id"),
        ("NAME", "/attributes/name"),
        ("TIME ZONE", "/attributes/timezone"),
        ("DEFAULT", "/attributes/default"),
        ("UPDATED", "/attributes/updatedAt"),
    ];
    type Attributes = ScheduleArguments;
    type Filters = NoFilters;
}

/// What to create a schedule with, or to change on one.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArguments {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// The time zone of the hours, such as Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The hours as JSON, from "0" (Sunday) to "6": `{"0":null,"1":[[480,1020]],…}`
    #[arg(long, value_name = "JSON", value_parser = hours)]
    hours: Option<Hours>,
    /// Makes it the default schedule.
    #[arg(long)]
    default: bool,
    /// The attributes as a JSON object, instead of all other flags: the JSON itself, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["name", "timezone", "hours", "default"])]
    json: Option<String>,
}

fn hours(text: &str) -> Result<Hours, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Attributes for ScheduleArguments {
    fn json(self) -> Result<String, Failure> {
        if let Some(given) = &self.json {
            return read_object(given);
        }
        let input = ScheduleInput {
            name: self.name,
            timezone: self.timezone,
            hours: self.hours,
            default: self.default.then_some(true),
            ..Default::default()
        };
        serde_json::to_string(&input).map_err(|error| Failure::new(error.to_string()))
    }
}
