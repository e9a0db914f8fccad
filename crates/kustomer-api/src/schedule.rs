//! Schedules: the hours in which an org works, and the days on which it does not. One of them is the default.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::attribute::attribute_values;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page, Resource};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{ListRecords, Parameter, QueryArguments};
use crate::resource::resource;
use crate::schema::{DATE_TIME, OBJECT_ID, Object, Property, Schema};
use crate::validation::Fault;
use crate::{Field, ObjectId, Timestamp};

/// How many holidays a schedule may have; Kustomer documents no limit.
pub const MAX_HOLIDAYS: usize = 200;

/// How many spans of work a day may have.
pub const MAX_SPANS: usize = 48;

/// The minutes of a day.
pub const MINUTES: u16 = 24 * 60;

/// The spans of work of a week, by the day: `"0"` is Sunday. A span is the minute of the day when it begins and the one
/// when it ends; a day without is null.
pub type Hours = BTreeMap<String, Option<Vec<Vec<Number>>>>;

resource! {
    /// A schedule.
    Schedule = "schedule";

    /// The attributes of a schedule.
    answer ScheduleAttributes = SCHEDULE;

    /// The attributes to create a schedule with, or to change. Absent ones stay as they are.
    input ScheduleInput { create: SCHEDULE_INPUT, update: SCHEDULE_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// When the org works, by the day of the week: `"0"` is Sunday. Spans of one day follow each other.
        hours: Hours = required(HOURS);
        /// The time zone of the hours, such as `Europe/Berlin`.
        timezone: String = required(Schema::text_of(1, 64));
        /// Whether it is the default schedule, which every org has one of. True makes it the default instead of the other.
        default: bool = optional(Schema::boolean());
        /// The days on which the org does not work, at most [`MAX_HOLIDAYS`]. Those sent replace those stored; one sent with
        /// its id stays the same. Kustomer has no operation that writes them.
        holidays: Vec<Holiday> = optional(Schema::list_of(MAX_HOLIDAYS, &HOLIDAY_INPUT));
        /// When it was deleted.
        deleted_at: Timestamp, read_only("delete the schedule");
    }

    system { deleted: on_update, rev: on_update, }
}

static MINUTE: Schema = Schema::number_within(0.0, MINUTES as f64);
static SPAN: Schema = Schema::list_of(2, &MINUTE);
const DAY: Schema = Schema::list_of(MAX_SPANS, &SPAN).or_null();
const HOURS: Schema = Schema::object(&Object {
    name: "Hours",
    open: false,
    properties: &[
        Property::required("0", DAY),
        Property::required("1", DAY),
        Property::required("2", DAY),
        Property::required("3", DAY),
        Property::required("4", DAY),
        Property::required("5", DAY),
        Property::required("6", DAY),
    ],
});

/// Days on which the org does not work. A moment without a time is a day in the zone of the schedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Holiday {
    /// Its id, which the server draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name, 1 to 256 characters.
    pub name: String,
    /// The first day, such as `2026-12-24`, or the moment when it begins.
    pub start_date: String,
    /// The last day, itself included, or the moment when it ends.
    pub end_date: String,
    /// A description, at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub description: Field<String>,
    /// Whether it counts; true unless it is sent.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub enabled: Field<bool>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_at: Field<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub updated_at: Field<Timestamp>,
    /// When a user last changed it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_at: Field<Timestamp>,
    /// The id of the user who made it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub created_by: Field<String>,
    /// The id of the user who last changed it.
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    pub modified_by: Field<String>,
    /// Members this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Holiday {
    /// With a name, from one day to another, such as `2026-12-24` and `2026-12-26`.
    pub fn new(name: impl Into<String>, start_date: impl Into<String>, end_date: impl Into<String>) -> Self {
        Self { name: name.into(), start_date: start_date.into(), end_date: end_date.into(), ..Self::default() }
    }
}

attribute_values! {
    Hours: HOURS;
    Holiday: HOLIDAY;
}

/// The type of a holiday that is answered beside its schedule.
pub const HOLIDAY_TYPE: &str = "holiday";

/// A holiday as it is answered beside its schedule.
pub type IncludedHoliday = Resource<Holiday>;

static HOLIDAY_INPUT: Schema = HOLIDAY;
const TEXT: Schema = Schema::text_of(0, 64);
const KEPT: &str = "Ignored: the server sets it.";
const HOLIDAY: Schema = Schema::object(&Object {
    name: "Holiday",
    open: false,
    properties: &[
        Property::optional("id", Schema::format(OBJECT_ID)),
        Property::required("name", Schema::text_of(1, 256)),
        Property::required("startDate", Schema::text_of(1, 64).about("A day such as `2026-12-24`, or a moment.")),
        Property::required("endDate", Schema::text_of(1, 64).about("A day, itself included, or a moment.")),
        Property::optional("description", Schema::text_of(0, 1_024).or_null()),
        Property::optional("enabled", Schema::boolean()),
        Property::optional("createdAt", Schema::format(DATE_TIME).about(KEPT)),
        Property::optional("updatedAt", Schema::format(DATE_TIME).about(KEPT)),
        Property::optional("modifiedAt", Schema::format(DATE_TIME).about(KEPT)),
        Property::optional("createdBy", TEXT.about(KEPT)),
        Property::optional("modifiedBy", TEXT.about(KEPT)),
    ],
});

impl ScheduleInput {
    /// With a name, the same span of minutes on the days from Monday to Friday, and a time zone.
    #[must_use]
    pub fn on_workdays(name: impl Into<String>, from: u16, to: u16, timezone: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            hours: Some(workdays(from, to)),
            timezone: Some(timezone.into()),
            ..Default::default()
        }
    }
}

/// The same span of minutes on the days from Monday to Friday.
pub fn workdays(from: u16, to: u16) -> Hours {
    let day = |day: u8| (1..=5).contains(&day).then(|| vec![vec![from.into(), to.into()]]);
    (0..7).map(|number| (number.to_string(), day(number))).collect()
}

/// What to answer beside a schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncludeHolidays(pub bool);

impl IncludeHolidays {
    const PARAMETER: Parameter = Parameter {
        name: "include",
        schema: Schema::text(),
        about: "`holidays` answers the holidays beside, in `included`; other words are ignored.",
    };
}

impl QueryArguments for IncludeHolidays {
    const PARAMETERS: &'static [Parameter] = &[Self::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let holidays = self.0.then(|| (Cow::Borrowed(Self::PARAMETER.name), "holidays".to_owned()));
        holidays.into_iter().collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let mut words = pairs.iter().filter(|(name, _)| name == Self::PARAMETER.name);
        Ok(Self(words.any(|(_, value)| value.split(',').any(|word| word.trim() == "holidays"))))
    }
}

/// Which state of a schedule to read, and what to answer beside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReadSchedule {
    /// As it is, or as it was.
    pub state: StateQuery,
    /// What to answer beside.
    pub include: IncludeHolidays,
}

crate::macros::query_methods! {
    ReadSchedule { state: own StateQuery, include: own IncludeHolidays }
}

impl From<StateQuery> for ReadSchedule {
    fn from(state: StateQuery) -> Self {
        Self { state, ..Self::default() }
    }
}

impl QueryArguments for ReadSchedule {
    const PARAMETERS: &'static [Parameter] =
        &[StateQuery::PARAMETERS[0], StateQuery::PARAMETERS[1], IncludeHolidays::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        self.state.write().into_iter().chain(self.include.write()).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        Ok(Self { state: StateQuery::read(pairs)?, include: IncludeHolidays::read(pairs)? })
    }
}

endpoint! {
    /// `getAllSchedules`.
    GetAllSchedules = &contract::GET_ALL_SCHEDULES, "Lists the org's schedules.";
    path: (), query: ListRecords, body: (), answer: Page<Schedule>: Answer::Uncounted(&SCHEDULE)
}

endpoint! {
    /// `getDefaultSchedule`.
    GetDefaultSchedule = &contract::GET_DEFAULT_SCHEDULE, "Reads the default schedule.";
    path: (), query: IncludeHolidays, body: (), answer: Document<Schedule>: Answer::One(&SCHEDULE)
}

endpoint! {
    /// `getScheduleById`.
    GetScheduleById = &contract::GET_SCHEDULE_BY_ID, "Reads a schedule by its id, as it is or as it was.";
    path: ObjectId, query: ReadSchedule, body: (), answer: Document<Schedule>: Answer::One(&SCHEDULE)
}

/// The hours of the examples.
macro_rules! example {
    ($more:literal) => {
        concat!(
            r#"{"name":"Office hours","hours":{"0":null,"1":[[480,1020]],"2":[[480,1020]],"3":[[480,1020]],"#,
            r#""4":[[480,1020]],"5":[[480,720],[780,960]],"6":null},"timezone":"America/New_York","#,
            $more,
            "}"
        )
    };
}

endpoint! {
    /// `createSchedule`.
    CreateSchedule = &contract::CREATE_SCHEDULE, "Makes a schedule.";
    path: (), query: (), body: ScheduleInput: &SCHEDULE_INPUT,
    example: example!(
        r#""default":false,"holidays":[{"name":"New Year","startDate":"2027-01-01","endDate":"2027-01-01"}]"#
    ),
    answer: Document<Schedule>: Answer::One(&SCHEDULE)
}

endpoint! {
    /// `updateScheduleById`.
    UpdateScheduleById = &contract::UPDATE_SCHEDULE_BY_ID,
        "Changes the attributes sent and keeps the others; `deleted` deletes and restores.";
    path: ObjectId, query: (), body: ScheduleInput: &SCHEDULE_CHANGES, example: example!(r#""default":false"#),
    answer: Document<Schedule>: Answer::One(&SCHEDULE)
}

endpoint! {
    /// `deleteScheduleById`.
    DeleteScheduleById = &contract::DELETE_SCHEDULE_BY_ID,
        "Deletes a schedule that is not the default one; an update with `deleted: false` restores it.";
    path: ObjectId, query: (), body: (), answer: Document<Schedule>: Answer::One(&SCHEDULE)
}

history!(
    GetScheduleHistory = &own::GET_SCHEDULE_HISTORY,
    "Lists what happened to a schedule, deleted ones included, newest first."
);
