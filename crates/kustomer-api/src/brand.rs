//! Brands: the names under which an org writes to its customers. One of them is the default.

use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::ListRecords;
use crate::resource::resource;
use crate::schema::{MAX_URL, Schema, URI};

resource! {
    /// A brand.
    Brand = "brand";

    /// The attributes of a brand.
    answer BrandAttributes = BRAND;

    /// The attributes to create a brand with, or to change. Absent ones stay as they are.
    input BrandInput { create: BRAND_INPUT, update: BRAND_CHANGES }

    attributes {
        /// The name, 1 to 256 characters.
        name: String = required(Schema::text_of(1, 256));
        /// Where its icon is.
        icon_url: String | null = optional(Schema::format_of(1, MAX_URL, URI).or_blank());
        /// Whether it is the default brand, which every org has one of.
        default: bool, read_only("every org has one default brand, which stays the default");
    }

    system { rev: on_update, }
}

impl BrandInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

endpoint! {
    /// `getBrands`.
    GetBrands = &contract::GET_BRANDS, "Lists the org's brands.";
    path: (), query: ListRecords, body: (), answer: Page<Brand>: Answer::Uncounted(&BRAND)
}

endpoint! {
    /// `getDefaultBrand`.
    GetDefaultBrand = &contract::GET_DEFAULT_BRAND, "Reads the default brand.";
    path: (), query: (), body: (), answer: Document<Brand>: Answer::One(&BRAND)
}

endpoint! {
    /// `getBrandById`.
    GetBrandById = &contract::GET_BRAND_BY_ID, "Reads a brand by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<Brand>: Answer::One(&BRAND)
}

endpoint! {
    /// `createBrand`.
    CreateBrand = &contract::CREATE_BRAND, "Makes a brand.";
    path: (), query: (), body: BrandInput: &BRAND_INPUT,
    example: r#"{"name":"Acme Shoes","iconUrl":"https://acme.example/shoes.png"}"#,
    answer: Document<Brand>: Answer::One(&BRAND)
}

endpoint! {
    /// `patchBrand`.
    PatchBrand = &contract::PATCH_BRAND, "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: BrandInput: &BRAND_CHANGES, example: r#"{"name":"Acme Boots"}"#,
    answer: Document<Brand>: Answer::One(&BRAND)
}

history!(GetBrandHistory = &own::GET_BRAND_HISTORY, "Lists what happened to a brand, newest first.");
