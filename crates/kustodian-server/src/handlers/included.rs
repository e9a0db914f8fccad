//! Related records that are answered beside those asked for (`?include=`).

use futures_util::future::try_join_all;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_core::{permission, resource};
use kustomer_api::query::Include;
use kustomer_api::validation::Fault;
use kustomer_api::{Endpoint, ObjectId};
use serde::Deserialize;

use crate::answer::{Answer, unavailable};
use crate::call::Call;
use crate::handlers::plain::READ_TOGETHER;
use crate::paging::LARGEST;

/// The relationships that can be included, of those that [`Include`] names.
#[derive(Deserialize)]
struct Related {
    company: Option<ToOne>,
}

#[derive(Deserialize)]
struct ToOne {
    data: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<ObjectId>,
}

/// What is answered beside these documents: each record once, in the order in which they are first named. `None` when
/// nothing was asked for.
///
/// # Errors
/// 400 when all of it is more than a page may be.
pub(crate) async fn of<E: Endpoint>(
    call: &Call<E>,
    include: Include,
    documents: &[String],
) -> Result<Option<Vec<String>>, Refusal> {
    if !include.company {
        return Ok(None);
    }
    // Nothing is learnt of a kind that the caller may not read.
    if !permission::may_read(call.caller(), Kind::Company) {
        return Ok(Some(Vec::new()));
    }
    let mut ids: Vec<ObjectId> = Vec::new();
    for document in documents {
        ids.extend(company_of(document)?.filter(|id| !ids.contains(id)));
    }
    let mut included = Vec::new();
    for ids in ids.chunks(READ_TOGETHER) {
        let read = ids.iter().map(|id| call.store().find(call.org(), Kind::Company, *id));
        let found = try_join_all(read).await.map_err(unavailable)?;
        included.extend(found.into_iter().flatten().filter(|company| !company.deleted).map(|company| company.document));
    }
    let bytes: usize = documents.iter().chain(&included).map(String::len).sum();
    if bytes > LARGEST {
        let size = LARGEST / 1024 / 1024;
        let title = format!("This page and what is included in it are larger than {size} MiB: ask for fewer records");
        return Err(Refusal::bad_input(vec![Fault::of_parameter("pageSize", title)]));
    }
    Ok(Some(included))
}

fn company_of(document: &str) -> Result<Option<ObjectId>, Refusal> {
    #[derive(Deserialize)]
    struct Record {
        relationships: Related,
    }
    let record: Record = resource::read(document)?;
    Ok(record.relationships.company.and_then(|company| company.data?.id))
}

/// The answer of one record with what was asked for beside it. Its tag is that of the whole then, as the company may
/// change alone.
pub(crate) async fn beside<E: Endpoint>(call: &Call<E>, include: Include, answer: Answer) -> Result<Answer, Refusal> {
    let Answer::Document { document, status } = answer else { return Ok(answer) };
    let document = [document];
    let included = of(call, include, &document).await?;
    let [document] = document;
    Ok(match included {
        None => Answer::Document { document, status },
        Some(included) => Answer::Json(with(format!("{{\"data\":{document}}}"), Some(&included))),
    })
}

/// A body, which is an object, with what is included in it.
pub(crate) fn with(mut body: String, included: Option<&[String]>) -> String {
    if let Some(included) = included {
        body.pop();
        body.push_str(",\"included\":[");
        body.push_str(&included.join(","));
        body.push_str("]}");
    }
    body
}
