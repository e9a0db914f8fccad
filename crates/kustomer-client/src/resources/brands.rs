//! Brands.

use kustomer_api::Id;
use kustomer_api::brand::{
    Brand, BrandInput, CreateBrand, GetBrandById, GetBrandHistory, GetBrands, GetDefaultBrand, PatchBrand,
};
use kustomer_api::history::StateQuery;
use kustomer_api::query::{ListRecords, PageQuery};

use super::{group, operations, past};
use crate::call::Call;

group! {
    /// The operations on brands.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::brand::BrandInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// client.brands().create(&BrandInput::named("Acme Shoes")).await?;
    /// println!("{:?}", client.brands().get_default().await?.data.attributes.name.value());
    /// # Ok(())
    /// # }
    /// ```
    Brands
}

past! { BRANDS_PAST: Brands of Brand: GetBrandById, GetBrandHistory }

operations! {
    BRANDS: impl Brands {
        /// Lists one page of them; [`walk`](Call::walk) reads all.
        pub fn list(&self, query: &PageQuery) -> Call<GetBrands> {
            self.client.call((), &ListRecords::default().paging(*query), &())
        }

        /// Reads the default brand, which every org has one of.
        pub fn get_default(&self) -> Call<GetDefaultBrand> {
            self.client.call((), &(), &())
        }

        /// Reads a brand by its id.
        pub fn get(&self, id: impl Into<Id<Brand>>) -> Call<GetBrandById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Makes a brand; it needs a name.
        pub fn create(&self, input: &BrandInput) -> Call<CreateBrand> {
            self.client.call((), &(), input)
        }

        /// Changes the attributes sent and keeps the others.
        pub fn update(&self, id: impl Into<Id<Brand>>, input: &BrandInput) -> Call<PatchBrand> {
            self.client.at([id.into().into()], &(), input)
        }
    }
}
