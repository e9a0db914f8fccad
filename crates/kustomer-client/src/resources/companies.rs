//! Companies.

use kustomer_api::Id;
use kustomer_api::company::{
    Company, CompanyInput, CreateCompany, GetCompanies, GetCompanyById, GetCompanyHistory, ListCompanies,
    UpdateCompanyAttributes,
};
use kustomer_api::history::StateQuery;

use super::{bulk, group, operations, past};
use crate::call::Call;

group! {
    /// The operations on companies.
    Companies
}

past! { COMPANIES_PAST: Companies of Company: GetCompanyById, GetCompanyHistory }
bulk! { COMPANIES_BULK: Companies of Company: CompanyInput, BulkCreateCompanies, BulkBatchUpdateCompanies }

operations! {
    COMPANIES: impl Companies {
        /// Lists one page of companies: all, the one with an external id, or those with a name;
        /// [`walk`](Call::walk) reads all pages.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::company::ListCompanies;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let query = ListCompanies::default().name("Acme");
        /// for company in client.companies().list(&query).await?.data {
        ///     println!("{}", company.id);
        /// }
        /// # Ok(())
        /// # }
        /// ```
        pub fn list(&self, query: &ListCompanies) -> Call<GetCompanies> {
            self.client.call((), query, &())
        }

        /// Creates a company; it needs a name. An external id that another company has is a 409.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::company::CompanyInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let company = client.companies().create(&CompanyInput::named("Acme")).await?.data;
        /// println!("{}", company.id);
        /// # Ok(())
        /// # }
        /// ```
        pub fn create(&self, input: &CompanyInput) -> Call<CreateCompany> {
            self.client.call((), &(), input)
        }

        /// Reads a company by its id.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let company = client.companies().get("5c7d1a1f9a1b2c0010a1b2c3").await?.data;
        /// println!("{:?}", company.attributes.name.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn get(&self, id: impl Into<Id<Company>>) -> Call<GetCompanyById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes the attributes sent and keeps the others. `deleted: true` deletes the company, `false` restores it.
        ///
        /// ```no_run
        /// use kustomer_client::Client;
        /// use kustomer_client::company::CompanyInput;
        ///
        /// # #[tokio::main]
        /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
        /// let changes = CompanyInput::default().employee_count(121);
        /// let company = client.companies().update("5c7d1a1f9a1b2c0010a1b2c3", &changes).await?.data;
        /// println!("{:?}", company.attributes.rev.value());
        /// # Ok(())
        /// # }
        /// ```
        pub fn update(&self, id: impl Into<Id<Company>>, input: &CompanyInput) -> Call<UpdateCompanyAttributes> {
            self.client.at([id.into().into()], &(), input)
        }
    }
}
