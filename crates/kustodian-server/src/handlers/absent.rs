//! Lists of types of records that are not served: unless `--absent-types` says otherwise they answer an empty page, for
//! clients that go through every type whatever an org has.

use std::sync::Arc;

use kustodian_core::refusal::Refusal;
use kustomer_api::operation::{self, Operation};
use kustomer_api::query::{PageQuery, QueryArguments};

use crate::answer::Answer;
use crate::arguments;
use crate::call::{Admitted, Handler};
use crate::paging::Numbered;

/// The operations that list. Lists below a record of an absent type are not among them: there is no such record.
const LISTS: &[&str] = &["getKbArticles"];

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
    Ok(Answer::Json(Numbered::of(page).uncounted(&format!("/v1{}", operation.path), Vec::new(), false)))
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
            assert!(!operation.path.contains('{'), "{name}");
        }
        assert_eq!(lists().len(), LISTS.len());
    }
}
