//! Lists of types of records that are not served: unless `--absent-types` says otherwise they answer an empty page, for
//! clients that go through every type whatever an org has.

use std::sync::Arc;

use kustodian_core::kind::Kind;
use kustodian_core::missing;
use kustodian_core::refusal::Refusal;
use kustomer_api::ObjectId;
use kustomer_api::operation::{self, Operation};
use kustomer_api::query::{PageQuery, QueryArguments};

use crate::answer::{Answer, unavailable};
use crate::arguments;
use crate::call::{Admitted, Handler};
use crate::paging::Numbered;

/// The operations that list. Lists below a record of an absent type are not among them: there is no such record.
const LISTS: &[&str] = &["getAllCustomerEvents", "getCustomerSessions", "getKbArticles"];

/// What answers each of them, by its name.
pub(crate) fn lists() -> Vec<(&'static str, Handler)> {
    let listed = operation::all().filter(|operation| LISTS.contains(&operation.name));
    listed.map(|operation| (operation.name, handler(operation))).collect()
}

fn handler(operation: &'static Operation) -> Handler {
    Arc::new(move |admitted: Admitted| Box::pin(list(operation, admitted)))
}

async fn list(operation: &'static Operation, admitted: Admitted) -> Result<Answer, Refusal> {
    // Whatever else is asked for, there is nothing to narrow down.
    let page = PageQuery::read(&arguments::pairs(&admitted.query)?).map_err(Refusal::bad_input)?;
    let path = match admitted.path_values.as_slice() {
        [] => operation.path.to_owned(),
        [customer, ..] => {
            let id: ObjectId = customer.parse().map_err(|_| arguments::malformed_id(operation))?;
            let (store, org) = (&admitted.app.services.store, admitted.caller.org.key);
            let stored = store.find(org, Kind::Customer, id).await.map_err(unavailable)?;
            if stored.as_ref().is_none_or(|stored| stored.deleted) {
                return Err(missing::missing(Kind::Customer, stored.as_ref()));
            }
            operation.path.replace("{id}", &id.to_string())
        }
    };
    Ok(Answer::Json(Numbered::of(page).uncounted(&format!("/v1{path}"), Vec::new(), false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_a_read_that_is_not_served() {
        let served = crate::handlers::served();
        for name in LISTS {
            let operation = Operation::named(name).unwrap_or_else(|| panic!("{name} is not declared"));
            assert!(operation.method == http::Method::GET, "{name}");
            assert!(!served.iter().any(|served| served.declaration.operation == operation), "{name} is served");
            assert!(operation.path.matches('{').count() <= 1, "{name}");
            assert_eq!(operation.path.contains('{'), operation.path.starts_with("/customers/{id}/"), "{name}");
        }
        assert_eq!(lists().len(), LISTS.len());
    }
}
