//! Teams.

use kustomer_api::ObjectId;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::team::{
    AddTeamMember, CreateTeam, DeleteTeam, GetTeamById, GetTeamHistory, GetTeams, RemoveTeamMember, TeamInput,
    TeamMembers, UpdateTeamAttributes,
};

use kustomer_api::history::StateQuery;

use super::{group, past};
use crate::call::Call;

group! {
    /// The operations on teams.
    Teams
}

past! { Teams: GetTeamById, GetTeamHistory }

impl Teams<'_> {
    /// Lists one page of the org's teams; [`walk`](Call::walk) goes over all.
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
        self.client.call((), &ListRecords { paging: *query, deleted: None }, &())
    }

    /// Reads a team by its id.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let team = client.teams().get("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?.data;
    /// println!("{:?}", team.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id: ObjectId) -> Call<GetTeamById> {
        self.client.call(id, &StateQuery::default(), &())
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
    /// let team = client.teams().update("5c7d1a1f9a1b2c0010a1b2c3".parse()?, &TeamInput::named("Sales")).await?.data;
    /// println!("{}", team.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: ObjectId, input: &TeamInput) -> Call<UpdateTeamAttributes> {
        self.client.call(id, &(), input)
    }

    /// Deletes a team.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.teams().delete("5c7d1a1f9a1b2c0010a1b2c3".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, id: ObjectId) -> Call<DeleteTeam> {
        self.client.call(id, &(), &())
    }

    /// Adds users to a team.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let (team, user) = ("5c7d1a1f9a1b2c0010a1b2c3".parse()?, "5c7d1a1f9a1b2c0010a1b2c4".parse()?);
    /// client.teams().add_members(team, &[user]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_members(&self, id: ObjectId, members: &[ObjectId]) -> Call<AddTeamMember> {
        let members = members.iter().map(ObjectId::to_string).collect();
        self.client.call(id, &(), &TeamMembers { members })
    }

    /// Takes users out of a team.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let (team, user) = ("5c7d1a1f9a1b2c0010a1b2c3".parse()?, "5c7d1a1f9a1b2c0010a1b2c4".parse()?);
    /// client.teams().remove_members(team, &[user]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_members(&self, id: ObjectId, members: &[ObjectId]) -> Call<RemoveTeamMember> {
        let members = members.iter().map(ObjectId::to_string).collect();
        self.client.call(id, &(), &TeamMembers { members })
    }
}
