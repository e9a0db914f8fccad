//! Brands.

use kustodian_core::brand;
use kustodian_core::claim::ClaimKind;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustomer_api::Endpoint;
use kustomer_api::brand::{CreateBrand, GetBrandById, GetBrands, GetDefaultBrand, PatchBrand};

use crate::answer::Answer;
use crate::call::Call;
use crate::handlers::{default, plain};

async fn find_default<E: Endpoint>(call: &Call<E>) -> Result<Option<Stored>, Refusal> {
    default::find(call, ClaimKind::DefaultBrand, brand::create_default).await
}

pub(crate) async fn get_brands(call: Call<GetBrands>) -> Result<Answer, Refusal> {
    find_default(&call).await?;
    plain::list(&call, Kind::Brand).await
}

pub(crate) async fn get_default_brand(call: Call<GetDefaultBrand>) -> Result<Answer, Refusal> {
    let found = find_default(&call).await?.ok_or_else(|| Refusal::not_found("default"))?;
    Ok(Answer::ok(found.document))
}

pub(crate) async fn get_brand_by_id(call: Call<GetBrandById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Brand, call.path, call.query).await
}

pub(crate) async fn create_brand(call: Call<CreateBrand>) -> Result<Answer, Refusal> {
    let changes = brand::create(&call.act().context(), call.next_id(), call.next_event(), call.input()?)?;
    plain::create(&call, changes).await
}

pub(crate) async fn patch_brand(call: Call<PatchBrand>) -> Result<Answer, Refusal> {
    let (input, act, event) = (call.input()?, call.act(), call.next_event());
    let decide = move |stored: Option<Stored>| brand::update(&act.context(), stored.as_ref(), event, input);
    plain::update(&call, Kind::Brand, call.path, decide).await
}
