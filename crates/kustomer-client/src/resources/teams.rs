//! Teams.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::team::{
    AddTeamMember, CreateTeam, DeleteTeam, GetTeamById, GetTeamHistory, GetTeams, RemoveTeamMember, Team, TeamInput,
    TeamMembers, UpdateTeamAttributes, UpdateTeamById,
};
use kustomer_api::user::User;

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on teams.
    Teams
}

past! { TEAMS_PAST: Teams of Team: GetTeamById, GetTeamHistory }

operations! {
    TEAMS: impl Teams {
        /// Lists one page of the org's teams; [`walk`](Call::walk) reads all.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.teams().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetTeams> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a team by its id.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let team = client.teams().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", team.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Team>>) -> Call<GetTeamById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a team; it needs a name.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::team::TeamInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let team = client.teams().create(&TeamInput::named("Support")).await?.data;
        /// println!("{}", team.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &TeamInput) -> Call<CreateTeam> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::team::TeamInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let team = client.teams().update("5c7d1a1f9a1b2c0010a1b2c3", &TeamInput::named("Sales")).await?.data;
        /// println!("{}", team.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<Team>>, input: &TeamInput) -> Call<UpdateTeamAttributes> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes the attributes sent and keeps the others, as [`update`](Self::update) does; it needs a name.
        pub fn replace(&self, id: impl Into<Id<Team>>, input: &TeamInput) -> Call<UpdateTeamById> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a team.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.teams().delete("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete(&self, id: impl Into<Id<Team>>) -> Call<DeleteTeam> {
            self.client.at([id.into().into()], &(), &())
        }

        /// Adds users to a team.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let (team, user) = ("5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4");
        /// client.teams().add_members(team, &[user]).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn add_members(
            &self,
            id: impl Into<Id<Team>>,
            members: impl IntoIterator<Item = impl Into<Id<User>>>,
        ) -> Call<AddTeamMember> {
            self.client.at([id.into().into()], &(), &TeamMembers::new(members))
        }

        /// Takes users out of a team.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let (team, user) = ("5c7d1a1f9a1b2c0010a1b2c3", "5c7d1a1f9a1b2c0010a1b2c4");
        /// client.teams().remove_members(team, &[user]).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn remove_members(
            &self,
            id: impl Into<Id<Team>>,
            members: impl IntoIterator<Item = impl Into<Id<User>>>,
        ) -> Call<RemoveTeamMember> {
            self.client.at([id.into().into()], &(), &TeamMembers::new(members))
        }
    }
}
