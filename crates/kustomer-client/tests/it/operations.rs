//! Every operation has a method, and every method sends and reads what its operation declares.

mod calls;
#[expect(dead_code, reason = "its main does not run here")]
#[path = "../../examples/method_names.rs"]
mod method_names;

use std::collections::BTreeSet;

use kustomer_client::api::Operation;
use kustomer_client::api::endpoint::Answer;
use kustomer_client::api::operation::{OPERATIONS, own};
use kustomer_client::api::query::{Parameter, QueryArguments};
use kustomer_client::api::schema::{Kind, Schema, Text};
use kustomer_client::api::upload::UPLOAD_META;
use kustomer_client::api::{endpoint, validation};
use kustomer_client::customer::CUSTOMER;
use kustomer_client::query::PageQuery;
use kustomer_client::resources::methods;
use kustomer_client::{Call, Client, Endpoint, Exchange};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Received, Server, answer};

/// The value for the n-th parameter of a path.
pub(crate) fn sample(number: u8) -> String {
    format!("5c7d1a1f9a1b2c0010a1b2c{number:x}")
}

/// The example of an operation's body that the OpenAPI document has.
pub(crate) fn example<E: Endpoint>() -> E::Body {
    serde_json::from_str(E::BODY_EXAMPLE.unwrap()).unwrap()
}

pub(crate) fn paging() -> PageQuery {
    PageQuery::default().page(2).page_size(7)
}

/// Sends calls, and compares what arrives on both sides with the declarations.
pub(crate) struct Wire {
    server: Server,
    client: Client,
    seen: BTreeSet<(&'static str, &'static str)>,
    /// Operations whose query parameters were all sent.
    asked: BTreeSet<&'static str>,
}

impl Wire {
    /// Sends the call of a method, and answers it.
    pub(crate) async fn sends<E>(&mut self, group: &'static str, verb: &'static str, call: Call<E>)
    where
        E: Endpoint,
        E::Answer: Serialize,
    {
        let declared = methods().find(|method| (method.group, method.verb) == (group, verb));
        let declared = declared.unwrap_or_else(|| panic!("{group}::{verb} is not declared"));
        assert_eq!(declared.operation, E::OPERATION, "{group}::{verb}");
        self.seen.insert((group, verb));
        let place = format!("{group}::{verb} ({})", E::OPERATION.name);
        // A preview of a merge has the declaration of the merge, and is answered with a customer.
        let answered = if verb == "preview_merge" { Some(preview()) } else { answered(E::ANSWER) };
        let text = answered.as_ref().map(Value::to_string).unwrap_or_default();
        self.server.answers_with(answer(E::OPERATION.success, &text));
        let (request, exchange) = self.exchanged(call).await;
        assert_eq!(exchange.response.status.as_u16(), E::OPERATION.success, "{place}");
        let data = exchange.into_result().unwrap_or_else(|error| panic!("{place}: {error}: {text}"));
        let lost = lost(&answered.unwrap_or_default(), &serde_json::to_value(data).unwrap());
        assert_eq!(lost, None, "{place}: {text}");
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        assert_eq!(
            (request.method.as_str(), path),
            (E::OPERATION.method.as_str(), &*expected(E::OPERATION)),
            "{place}"
        );
        let known: Vec<&str> = E::Query::PARAMETERS.iter().map(|parameter| parameter.name).collect();
        let pairs = pairs(query);
        assert!(pairs.iter().all(|(name, _)| known.contains(&name.as_str())), "{place}: {query}");
        assert!(E::Query::read(&pairs).is_ok(), "{place}: {query}");
        match E::BODY {
            None => assert_eq!(request.body, "", "{place}"),
            Some(schema) => {
                let body = serde_json::from_str(&request.body).unwrap_or_else(|error| panic!("{place}: {error}"));
                let faults = validation::check(schema, &body);
                // The caller of a bulk operation assembles the items.
                assert!(faults.is_empty() || verb.starts_with("bulk_"), "{place}: {faults:?}: {}", request.body);
            }
        }
        if self.asked.insert(E::OPERATION.name) {
            self.sends_its_query::<E>(&place).await;
            self.sends_its_example::<E>(&place).await;
            keeps_every_member::<E>(&place);
        }
    }

    /// Sends each query parameter of the operation, alone.
    async fn sends_its_query<E: Endpoint>(&mut self, place: &str) {
        for parameter in E::Query::PARAMETERS {
            let (sent, query) =
                query_with::<E>(parameter).unwrap_or_else(|| panic!("{place}: no value for {parameter:?}"));
            let (request, _) = self.exchanged(self.client.call::<E>(path::<E>(), &query, &E::Body::default())).await;
            let (_, query) = request.target.split_once('?').unwrap_or_default();
            assert!(pairs(query).contains(&sent), "{place}: {sent:?} became {query}");
        }
    }

    /// Sends the body that the document gives as an example, through the body's type: nothing is lost.
    async fn sends_its_example<E: Endpoint>(&mut self, place: &str) {
        let Some(text) = E::BODY_EXAMPLE else { return };
        let query = E::Query::read(&[]).unwrap();
        let (request, _) = self.exchanged(self.client.call::<E>(path::<E>(), &query, &example::<E>())).await;
        let (sent, example): (Value, Value) =
            (serde_json::from_str(&request.body).unwrap(), serde_json::from_str(text).unwrap());
        assert_eq!(sent, example, "{place}");
    }

    async fn exchanged<E: Endpoint>(&self, call: Call<E>) -> (Received, Exchange<E::Answer>) {
        let before = self.server.received().len();
        let exchange = call.exchange().await.unwrap();
        let mut requests = self.server.received();
        assert_eq!(requests.len(), before + 1);
        (requests.pop().unwrap(), exchange)
    }
}

/// A successful answer with every member that its operation declares; none for an empty body.
fn answered(answer: Answer) -> Option<Value> {
    let mut meta = json!({ "page": 1, "pageSize": 100 });
    let item = match answer {
        Answer::Empty => return None,
        Answer::Plain(schema) => return Some(record(schema)),
        Answer::One(schema) => return Some(json!({ "data": record(schema) })),
        Answer::WithUpload(schema) => return Some(json!({ "data": record(schema), "meta": whole(&UPLOAD_META) })),
        Answer::Bare(schema) => return Some(json!({ "data": [record(schema)] })),
        Answer::Uncounted(schema) => record(schema),
        Answer::Counted(schema) | Answer::Found(&[schema, ..]) => {
            (meta["total"], meta["totalPages"]) = (json!(1), json!(1));
            record(schema)
        }
        Answer::Logged(schema) => {
            meta = json!({ "count": 100, "cursorCount": 1, "total": 1 });
            record(schema)
        }
        Answer::Found(&[]) => panic!("it finds nothing"),
    };
    let link = "/v1/customers?page=1";
    let links = json!({ "self": link, "first": link, "prev": null, "next": null, "last": link });
    Some(json!({ "meta": meta, "data": [item, item], "links": links }))
}

/// A customer as a merge would leave it, and what would be lost.
fn preview() -> Value {
    let losing = json!({ "attribute": "name", "customer": sample(1), "value": "Ada" });
    json!({ "data": record(&CUSTOMER), "meta": { "losing": [losing] } })
}

/// The place of the first value that is not there after it was read. There may be more: some types write an empty value for
/// none.
fn lost(answered: &Value, read: &Value) -> Option<String> {
    match (answered, read) {
        (Value::Object(members), Value::Object(read)) => members.iter().find_map(|(name, value)| {
            let lost = lost(value, read.get(name).unwrap_or(&Value::Null))?;
            Some(format!("/{name}{lost}"))
        }),
        (Value::Array(items), Value::Array(read)) if items.len() == read.len() => {
            items.iter().zip(read).enumerate().find_map(|(number, (item, read))| {
                let lost = lost(item, read)?;
                Some(format!("/{number}{lost}"))
            })
        }
        _ => (answered != read).then(String::new),
    }
}

/// A record with every member of its schema. The schema has no words for the other side of a relationship.
fn record(schema: &Schema) -> Value {
    let mut record = whole(schema);
    let ties = record.get_mut("relationships").and_then(Value::as_object_mut);
    for tie in ties.into_iter().flat_map(|ties| ties.values_mut()) {
        tie["data"] = json!({ "type": "user", "id": sample(1) });
    }
    record
}

/// Reads a body with every member that the operation takes into the body's type, and writes it again: nothing is lost.
fn keeps_every_member<E: Endpoint>(place: &str) {
    let forms = match E::BODY.map(|schema| (schema, schema.kind)) {
        None => Vec::new(),
        Some((_, Kind::Forms(forms))) => forms.all.to_vec(),
        Some((schema, _)) => vec![schema],
    };
    for form in forms {
        let whole = whole(form);
        let body: E::Body =
            serde_json::from_value(whole.clone()).unwrap_or_else(|error| panic!("{place}: {error}: {whole}"));
        assert_eq!(serde_json::to_value(&body).unwrap(), whole, "{place}");
    }
}

/// A value of the schema with every property that it names and a server reads.
fn whole(schema: &Schema) -> Value {
    match schema.kind {
        Kind::Any => json!("anything"),
        Kind::Boolean => json!(true),
        Kind::Number { range } => json!(range.map_or(1.5, |(least, _)| least)),
        Kind::Integer { one_of, range } => {
            json!(one_of.first().copied().or(range.map(|(least, _)| least)).unwrap_or(1))
        }
        Kind::Text(Text { one_of: [first, ..], .. }) => json!(first),
        Kind::Text(Text { format: Some(format), .. }) => json!(format.example),
        Kind::Text(Text { min, .. }) => json!("a".repeat(min.max(1))),
        Kind::List { items, .. } => json!([whole(items)]),
        Kind::Object(object) => {
            let read = object.properties.iter().filter(|property| !property.schema.about.starts_with("Ignored"));
            read.map(|property| (property.name.to_owned(), whole(&property.schema))).collect()
        }
        Kind::Custom => json!({ "tierStr": "gold" }),
        Kind::Map(values) => json!({ "key": whole(values) }),
        Kind::Forms(forms) => whole(forms.all[0]),
    }
}

/// The operation's path with a sample for each parameter; a klass is `order`.
fn expected(operation: &Operation) -> String {
    let mut number = 0;
    let mut path = "/v1".to_owned();
    for segment in operation.path.split('/').skip(1) {
        path.push('/');
        let Some((literal, name)) = segment.split_once('{') else {
            path.push_str(segment);
            continue;
        };
        path.push_str(literal);
        let names_a_klass = name == "name}" && !segment.contains('=');
        if names_a_klass && operation.tag == "klasses" || operation.path.ends_with("/klasses/{name}") && name == "name}"
        {
            path.push_str("order");
            continue;
        }
        number += 1;
        path.push_str(&sample(number));
    }
    path
}

fn path<E: Endpoint>() -> E::Path {
    let count = E::OPERATION.path.matches('{').count();
    let values: Vec<String> = (1..=count).map(|number| sample(u8::try_from(number).unwrap())).collect();
    endpoint::PathArguments::read(&values).unwrap()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let url = kustomer_client::reqwest::Url::parse(&format!("http://localhost/?{query}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// A query with this parameter, and its text in the URL. Some need another one too.
fn query_with<E: Endpoint>(parameter: &Parameter) -> Option<((String, String), E::Query)> {
    let pair = |of: &Parameter, value: String| (of.name.to_owned(), value);
    let alone = std::iter::once(Vec::new());
    let others = E::Query::PARAMETERS.iter().filter(|other| other.name != parameter.name);
    let partners = others.flat_map(|other| candidates(other).into_iter().map(|value| vec![pair(other, value)]));
    alone.chain(partners).find_map(|partner| {
        candidates(parameter).into_iter().find_map(|value| {
            let sent = pair(parameter, value);
            let pairs: Vec<_> = partner.iter().cloned().chain([sent.clone()]).collect();
            let query = E::Query::read(&pairs).ok()?;
            let is_written = query.write().iter().any(|(name, value)| (&**name, value) == (&*sent.0, &sent.1));
            is_written.then_some((sent, query))
        })
    })
}

/// Values one of which every query parameter takes.
fn candidates(parameter: &Parameter) -> Vec<String> {
    let listed = match parameter.schema.kind {
        Kind::Text(text) => text.one_of,
        _ => &[],
    };
    let usual = ["true", "2", &sample(1), "2026-01-31T00:00:00.000Z", "company", "*"].map(str::to_owned);
    let named = parameter.about.split('`').skip(1).step_by(2);
    listed.iter().copied().chain(named).map(str::to_owned).chain(usual).collect()
}

#[tokio::test]
async fn every_method_sends_the_method_path_query_and_body_of_its_operation_and_reads_its_answer() {
    let server = Server::start([answer(404, "{}")]).await;
    let client = server.client().build().unwrap();
    let mut wire = Wire { server, client: client.clone(), seen: BTreeSet::new(), asked: BTreeSet::new() };
    calls::send_all(&mut wire, &client).await;
    let missing: Vec<_> = methods().filter(|method| !wire.seen.contains(&(method.group, method.verb))).collect();
    assert!(missing.is_empty(), "these are not called here: {missing:?}");
}

#[test]
fn every_operation_of_the_contract_and_of_our_own_has_a_method() {
    assert_eq!(OPERATIONS.len(), 166);
    let missing: Vec<&str> = OPERATIONS
        .iter()
        .chain(own::OPERATIONS)
        .filter(|operation| !methods().any(|method| method.operation == **operation))
        .map(|operation| operation.name)
        .collect();
    assert!(missing.is_empty(), "the client has no method for {missing:?}");
}

#[test]
fn a_method_has_the_words_of_the_canonical_name_of_its_operation() {
    let contract: Vec<Value> = serde_json::from_str(include_str!("../../../../contract/operations.json")).unwrap();
    let mut compared = 0;
    for described in contract.iter().filter(|described| described["canonical_name"].is_string()) {
        let name = described["operation"].as_str().unwrap();
        let canonical: BTreeSet<&str> = described["canonical_name"].as_str().unwrap().split('_').collect();
        let of_it = methods().filter(|method| method.operation.name == name);
        // `at_rev` and `as_of` read the past, of which the contract knows nothing.
        for method in of_it.filter(|method| !matches!(method.verb, "at_rev" | "as_of")) {
            compared += 1;
            let accessor = method_names::accessor(method.group);
            let group = accessor.trim_end_matches("()");
            let said: BTreeSet<&str> =
                group.split('_').map(|word| word.trim_end_matches('s')).chain(method.verb.split('_')).collect();
            assert!(said.is_subset(&canonical), "{group}().{} for {canonical:?}", method.verb);
            // What it leaves out: a read reads, and its argument is an id. A forward is drafted before it is sent.
            let left: Vec<_> = canonical.difference(&said).filter(|word| !OBVIOUS.contains(word)).collect();
            assert!(left.is_empty(), "{group}().{} has no word for {left:?}", method.verb);
        }
    }
    let given = contract.iter().filter(|described| described["canonical_name"].is_string()).count();
    assert!(given >= 3 && compared == given, "{compared} methods for {given} names");
}

/// Words that a method need not have.
const OBVIOUS: [&str; 4] = ["get", "by", "id", "draft"];

#[test]
fn the_list_of_names_has_those_by_which_the_client_gives_groups() {
    let groups = concat!(include_str!("../../src/resources/mod.rs"), include_str!("../../src/resources/kobjects.rs"));
    for group in methods().map(|method| method.group) {
        let accessor = method_names::accessor(group);
        let name = accessor.split('(').next().unwrap();
        let (plain, with_klass) = (format!(": {name}() -> {group} ["), format!("    pub fn {name}<'a>("));
        assert!(groups.contains(&plain) || groups.contains(&with_klass), "{group}: {accessor}");
    }
}

#[test]
fn the_documentation_of_a_method_says_method_path_and_roles() {
    for method in methods() {
        let Operation { name, path, roles, also, public, .. } = method.operation;
        let begin = format!("`{name}`: `{} /v1{path}`. ", method.operation.method);
        let words = method.line.strip_prefix(&begin).unwrap_or_else(|| panic!("{}: {}", method.verb, method.line));
        for role in roles.iter().chain(*also).filter(|_| !public) {
            assert!(words.contains(&format!("`{role}`")), "{}::{}: {words}", method.group, method.verb);
        }
    }
}
