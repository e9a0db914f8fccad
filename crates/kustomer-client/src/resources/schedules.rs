//! Schedules, the hours in which an org works.

use kustomer_api::Id;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::schedule::{
    CreateSchedule, DeleteScheduleById, GetAllSchedules, GetDefaultSchedule, GetScheduleById, GetScheduleHistory,
    IncludeHolidays, ReadSchedule, Schedule, ScheduleInput, UpdateScheduleById,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on schedules, the hours in which an org works.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::schedule::{Holiday, ScheduleInput};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let holiday = Holiday::new("New Year", "2027-01-01", "2027-01-01");
    /// let hours = ScheduleInput::on_workdays("Office", 480, 1020, "Europe/Berlin").holidays([holiday]);
    /// let office = client.schedules().create(&hours).await?.data;
    /// println!("{}", office.id);
    /// # Ok(())
    /// # }
    /// ```
    Schedules
}

past! { SCHEDULES_PAST: Schedules of Schedule: GetScheduleById, GetScheduleHistory }

operations! {
    SCHEDULES: impl Schedules {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetAllSchedules> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads the default schedule, which every org has one of.
        pub fn get_default(&self, include: IncludeHolidays) -> Call<GetDefaultSchedule> {
            self.client.call((), &include, &())
        }

        /// Reads a schedule by its id.
        pub fn get(&self, id: impl Into<Id<Schedule>>) -> Call<GetScheduleById> {
            self.client.at([id.into().into()], &ReadSchedule::default(), &())
        }

        /// Makes a schedule; it needs a name, hours and a time zone.
        pub fn create(&self, input: &ScheduleInput) -> Call<CreateSchedule> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others. `default` makes it the default.
        pub fn update(&self, id: impl Into<Id<Schedule>>, input: &ScheduleInput) -> Call<UpdateScheduleById> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a schedule that is not the default one.
        pub fn delete(&self, id: impl Into<Id<Schedule>>) -> Call<DeleteScheduleById> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
