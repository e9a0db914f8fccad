//! Role groups.

use kustomer_api::Id;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};
use kustomer_api::role_group::{
    CreateRoleGroup, DeleteRoleGroup, GetAllRoleGroups, GetRoleGroupById, GetRoleGroupHistory, RoleGroup,
    RoleGroupInput, UpdateRoleGroup,
};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on role groups.
    RoleGroups
}

past! { ROLE_GROUPS_PAST: RoleGroups of RoleGroup: GetRoleGroupById, GetRoleGroupHistory }

operations! {
    ROLE_GROUPS: impl RoleGroups {
        /// Lists one page of the org's role groups; [`walk`](Call::walk) reads all.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::query::PageQuery;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let page = client.role_groups().list(&PageQuery::default()).await?;
        /// println!("{}", page.data.len());
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &PageQuery) -> Call<GetAllRoleGroups> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads a role group by its id.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let group = client.role_groups().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", group.attributes.roles.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<RoleGroup>>) -> Call<GetRoleGroupById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a role group of roles that the caller holds.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::role_group::RoleGroupInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let readers = RoleGroupInput::named("Readers").roles(vec!["org.user.customer.read".to_owned()]);
        /// let group = client.role_groups().create(&readers).await?.data;
        /// println!("{}", group.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &RoleGroupInput) -> Call<CreateRoleGroup> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::role_group::RoleGroupInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let named = RoleGroupInput::named("Everybody");
        /// client.role_groups().update("5c7d1a1f9a1b2c0010a1b2c3", &named).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<RoleGroup>>, input: &RoleGroupInput) -> Call<UpdateRoleGroup> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Deletes a role group, which grants nothing from then on.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// client.role_groups().delete("5c7d1a1f9a1b2c0010a1b2c3").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn delete(&self, id: impl Into<Id<RoleGroup>>) -> Call<DeleteRoleGroup> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
