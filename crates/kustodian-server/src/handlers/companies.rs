//! Companies.

use kustodian_core::company::{self, Write};
use kustodian_core::customer::{self, KnownCompany, Named, UnknownCompanies};
use kustodian_core::following::Cause;
use kustodian_core::kind::Kind;
use kustodian_core::permission;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::{ListQuery, Stored};
use kustodian_core::tag::Resolved;
use kustomer_api::company::{CreateCompany, GetCompanies, GetCompanyById, ListCompanies, UpdateCompanyAttributes};
use kustomer_api::query::{PageQuery, QueryArguments};
use kustomer_api::{Endpoint, Field};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::described;
use crate::following::Following;
use crate::handlers::family;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;

const PATH: &str = Kind::Company.spec().path;

pub(crate) async fn get_companies(call: Call<GetCompanies>) -> Result<Answer, Refusal> {
    let page = Numbered::of(call.query.paging);
    let conditions = ListCompanies { paging: PageQuery::default(), ..call.query.clone() }.write();
    match (&call.query.external_id, &call.query.name) {
        (Some(external_id), None) => {
            described::authorize_look_up(&call, Kind::Company.as_str(), &["externalId"]).await?;
            let key = company::external_id_key(call.org(), external_id);
            let found = call.store().find_by_claim(call.org(), Kind::Company, key).await.map_err(unavailable)?;
            let documents: Vec<String> = found.into_iter().map(|company| company.document).collect();
            let (shown, has_next) = page.of_all(&documents);
            Ok(Answer::Json(page.uncounted_where(PATH, &conditions, shown.to_vec(), has_next)))
        }
        (None, Some(name)) => {
            described::authorize_look_up(&call, Kind::Company.as_str(), &["name"]).await?;
            let which = Which { of: vec![(company::NAME, company::compared_name(name))], ..Which::default() };
            plain::list_narrowed(&call, Kind::Company, which, page, &conditions).await
        }
        // Both together are ignored, as Kustomer ignores them (`docs/contract/behaviour.md` §4.2).
        (None, None) | (Some(_), Some(_)) => {
            plain::list_narrowed(&call, Kind::Company, Which::default(), page, &conditions).await
        }
    }
}

pub(crate) async fn get_company_by_id(call: Call<GetCompanyById>) -> Result<Answer, Refusal> {
    plain::get(&call, Kind::Company, call.path, call.query).await
}

pub(crate) async fn create_company(call: Call<CreateCompany>) -> Result<Answer, Refusal> {
    let call = call.importing(Kind::Company)?;
    let mut input = described::input(&call, Kind::Company, described::Write::New).await?;
    let (act, id, event) = (call.act(), family::kept_id(&call).await?, call.next_event());
    let (named, item_ids) = (input.tags.take(), call.app().settings.item_ids);
    let decide = |tags: Option<Resolved>| {
        company::create(&act.context(), id, event, Write { input: input.clone(), tags, item_ids })
    };
    plain::create_with_tags(&call, Kind::Company, named, decide).await
}

pub(crate) async fn update_company_attributes(call: Call<UpdateCompanyAttributes>) -> Result<Answer, Refusal> {
    let mut input = described::input(&call, Kind::Company, described::Write::Change(call.path)).await?;
    let (act, event) = (call.act(), call.next_event());
    let is_rename = is_rename(&call, input.name.as_deref()).await?;
    let (named, item_ids) = (input.tags.take(), call.app().settings.item_ids);
    let decide = move |stored: Option<Stored>, tags: Option<Resolved>| {
        company::update(&act.context(), stored.as_ref(), event, Write { input, tags, item_ids })
    };
    if !is_rename {
        return plain::update_with_tags(&call, Kind::Company, call.path, named, decide).await;
    }
    let (services, org) = (&call.app().services, call.org());
    Following::expect(services, Cause::Renamed, org, call.path).await.map_err(unavailable)?;
    let updated = plain::update_with_tags(&call, Kind::Company, call.path, named, decide).await;
    // A refusal replaces the note too: another rename may have been committed before it was made.
    call.app().following.happened(services, Cause::Renamed, org, call.path).await;
    updated
}

/// Whether an update may give the company another name.
async fn is_rename(call: &Call<UpdateCompanyAttributes>, name: Option<&str>) -> Result<bool, Refusal> {
    let Some(name) = name.filter(|_| !call.is_rehearsal()) else { return Ok(false) };
    let stored = call.store().find(call.org(), Kind::Company, call.path).await.map_err(unavailable)?;
    Ok(stored.as_ref().map(KnownCompany::of).transpose()?.is_some_and(|company| company.name != name))
}

/// The company that a customer's `company` names; none where the `customer` names it already and it was deleted since: an
/// answer can be sent back. A name is looked up for those who may read companies alone.
///
/// # Errors
/// 400 for the id of no company, unless such ids are kept.
pub(crate) async fn find_named<E: Endpoint>(
    call: &Call<E>,
    company: &Field<String>,
    customer: Option<&Stored>,
) -> Result<Option<KnownCompany>, Refusal> {
    let found = match company.value().map(|text| Named::of(text)) {
        None | Some(Named::Nothing) => return Ok(None),
        Some(Named::Id(id)) => {
            let found = call.store().find(call.org(), Kind::Company, id).await.map_err(unavailable)?;
            match found.filter(|company| !company.deleted) {
                None if customer.map(customer::company_of).transpose()?.flatten() == Some(id) => None,
                None if call.app().settings.unknown_companies == UnknownCompanies::Refuse => {
                    return Err(customer::unknown_company(id));
                }
                found => found,
            }
        }
        Some(Named::Name(_)) if !permission::may_read(call.caller(), Kind::Company) => None,
        // A link would say that there is such a company.
        Some(Named::Name(_)) if described::hidden_of(call, Kind::Company.as_str(), &["name"]).await?.is_some() => None,
        Some(Named::Name(name)) => find_only_one_with_name(call, name).await?,
    };
    found.as_ref().map(KnownCompany::of).transpose()
}

/// The company that a new record of another kind is linked to, by its id.
///
/// # Errors
/// 400 for the id of no company.
pub(crate) async fn find_linked<E: Endpoint>(
    call: &Call<E>,
    company: &Field<String>,
) -> Result<Option<KnownCompany>, Refusal> {
    let Some(Named::Id(id)) = company.value().map(|text| Named::of(text)) else { return Ok(None) };
    let found = call.store().find(call.org(), Kind::Company, id).await.map_err(unavailable)?;
    let company = found.filter(|company| !company.deleted).ok_or_else(|| customer::unknown_company(id))?;
    KnownCompany::of(&company).map(Some)
}

/// The company with a name, when there is exactly one.
async fn find_only_one_with_name<E: Endpoint>(call: &Call<E>, name: &str) -> Result<Option<Stored>, Refusal> {
    let query = ListQuery::of(Kind::Company, 2, usize::MAX).narrowed(company::NAME, company::compared_name(name));
    let mut found = call.store().list(call.org(), query).await.map_err(unavailable)?.records;
    Ok(found.pop().filter(|_| found.is_empty()))
}
