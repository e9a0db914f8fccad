//! Companies.

use kustodian_core::company::{self, Write};
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::store::Stored;
use kustodian_core::tag::Resolved;
use kustomer_api::company::{CreateCompany, GetCompanies, GetCompanyById, ListCompanies, UpdateCompanyAttributes};
use kustomer_api::query::{PageQuery, QueryArguments};

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain::{self, Which};
use crate::paging::Numbered;

const PATH: &str = Kind::Company.spec().path;

pub(crate) async fn get_companies(call: Call<GetCompanies>) -> Result<Answer, Refusal> {
    let page = Numbered::of(call.query.paging);
    let conditions = ListCompanies { paging: PageQuery::default(), ..call.query.clone() }.write();
    match (&call.query.external_id, &call.query.name) {
        (Some(external_id), None) => {
            let key = company::external_id_key(call.org(), external_id);
            let found = call.store().find_by_claim(call.org(), Kind::Company, key).await.map_err(unavailable)?;
            let documents: Vec<String> = found.into_iter().map(|company| company.document).collect();
            let (shown, has_next) = page.of_all(&documents);
            Ok(Answer::Json(page.uncounted_where(PATH, &conditions, shown.to_vec(), has_next)))
        }
        (None, Some(name)) => {
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
    plain::get(&call, Kind::Company, call.path).await
}

pub(crate) async fn create_company(call: Call<CreateCompany>) -> Result<Answer, Refusal> {
    let (act, id, event, mut input) = (call.act(), call.next_id(), call.next_event(), call.input()?);
    let (named, item_ids) = (input.tags.take(), call.app().settings.item_ids);
    let decide = |tags: Option<Resolved>| {
        company::create(&act.context(), id, event, Write { input: input.clone(), tags, item_ids })
    };
    plain::create_with_tags(&call, named, decide).await
}

pub(crate) async fn update_company_attributes(call: Call<UpdateCompanyAttributes>) -> Result<Answer, Refusal> {
    let (act, event, mut input) = (call.act(), call.next_event(), call.input()?);
    let (named, item_ids) = (input.tags.take(), call.app().settings.item_ids);
    let decide = move |stored: Option<Stored>, tags: Option<Resolved>| {
        company::update(&act.context(), stored.as_ref(), event, Write { input, tags, item_ids })
    };
    plain::update_with_tags(&call, Kind::Company, call.path, named, decide).await
}
