//! What becomes of answers.

use std::time::Duration;

use crate::support::{ID, Server, answer, customer};
use futures_util::TryStreamExt;
use kustomer_client::customer::{CustomerInput, ListCustomers};
use kustomer_client::query::PageQuery;
use kustomer_client::{Error, ErrorCode, ObjectId, Retry};

fn id() -> ObjectId {
    ID.parse().unwrap()
}

#[tokio::test]
async fn an_error_keeps_the_words_of_the_server() {
    let body = r#"{"errors":[
        {"status":400,"code":"badparam","title":"Invalid type: number (expected string)",
         "detail":"/properties/name/type","source":{"parameter":"name"},"meta":{"pointer":"/name"},
         "message":"Invalid type: number (expected string) at /name"},
        {"status":"400","title":"Additional properties not allowed","source":{"parameter":"nmae"},"new":1}]}"#;
    let server = Server::start([answer(400, body).header("x-request-id", "r-17")]).await;
    let failed = server.client().build().unwrap().customers().create(&CustomerInput::new()).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "POST /customers: 400 badparam: Invalid type: number (expected string) at /name; Additional properties not allowed \
         (nmae) [request r-17]"
    );
    let Error::Api(error) = failed else { panic!("{failed:?}") };
    assert_eq!((error.status, error.code.as_deref()), (400, Some("badparam")));
    assert_eq!((error.parameter.as_deref(), error.pointer.as_deref()), (Some("name"), Some("/name")));
    assert_eq!(error.detail.as_deref(), Some("/properties/name/type"));
    assert_eq!(error.request_id.as_deref(), Some("r-17"));
    assert_eq!((error.errors.len(), error.errors[1].status), (2, Some(400)));
    assert_eq!(error.errors[1].extra["new"], 1);
    assert_eq!(error.body, body);
}

#[tokio::test]
async fn an_error_that_is_not_the_apis_shows_what_came() {
    let server = Server::start([answer(502, "<html>\n  <h1>Bad gateway</h1>")]).await;
    let failed = server.client().build().unwrap().users().current().await.unwrap_err();
    assert_eq!(failed.to_string(), "GET /users/current: 502 Bad Gateway: <html> <h1>Bad gateway</h1>; 4 attempts");
    assert_eq!(failed.status(), Some(502));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start([answer(301, "").header("location", "https://acme.example/")]).await;
    let failed = server.client().build().unwrap().customers().create(&CustomerInput::new()).await.unwrap_err();
    assert_eq!(failed.status(), Some(301));
}

#[tokio::test]
async fn a_success_that_cannot_be_read_keeps_its_body() {
    let wrong = r#"{"data":{"type":"customer","id":"a","attributes":{"name":[1]}}}"#;
    let server = Server::start([answer(200, wrong).header("x-request-id", "r-17")]).await;
    let client = server.client().build().unwrap();
    let exchange = client.customers().get(id()).exchange().await.unwrap();
    assert!(exchange.data.is_none() && exchange.error.is_none());
    assert_eq!(exchange.undecodable.as_ref().unwrap().call.operation, "getCustomerById");
    let failed = exchange.into_result().unwrap_err();
    let Error::Decode(error) = &failed else { panic!("{failed:?}") };
    assert_eq!((error.body.as_ref(), error.pointer.as_str()), (wrong.as_bytes(), "/data/attributes/name"));
    let shown = failed.to_string();
    let begin = "GET /customers/{id}: the answer to getCustomerById (200) cannot be read at /data/attributes/name: ";
    let end = format!("; the body begins: {wrong} [request r-17]");
    assert!(shown.starts_with(begin) && shown.ends_with(&end), "{shown}");
    assert_eq!(failed.request_id(), Some("r-17"));
}

#[tokio::test]
async fn an_exchange_hands_back_both_sides_whatever_the_status() {
    let success = answer(200, &customer(ID)).header("etag", "W/\"3\"");
    let server = Server::start([success, answer(404, r#"{"errors":[{"title":"Not Found"}]}"#)]).await;
    let client = server.client().build().unwrap();

    let found = client.customers().get(id()).exchange().await.unwrap();
    assert_eq!(found.data.unwrap().data.id, ID);
    assert_eq!(found.request.url, format!("{}/v1/customers/{ID}", server.url));
    assert_eq!(found.request.headers["authorization"], "Bearer ***");
    assert_eq!(found.response.header("etag"), Some("W/\"3\""));
    assert_eq!(found.response.body, customer(ID));

    let missing = client.customers().update(id(), &CustomerInput::new().name("Ada")).exchange().await.unwrap();
    assert_eq!(missing.request.body, r#"{"name":"Ada"}"#);
    assert_eq!((missing.response.status.as_u16(), missing.attempts), (404, 1));
    assert_eq!(missing.error.as_ref().unwrap().title.as_deref(), Some("Not Found"));
    assert!(missing.into_result().unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_deletion_answers_nothing() {
    let server = Server::start([answer(204, "")]).await;
    server.client().build().unwrap().customers().delete(id()).await.unwrap();
}

#[tokio::test]
async fn a_busy_server_is_asked_again_until_it_answers() {
    let busy = || answer(429, "").header("retry-after", "0");
    let server = Server::start([busy(), busy(), answer(201, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    let created = client.customers().create(&CustomerInput::new()).exchange().await.unwrap();
    assert_eq!((created.attempts, server.received().len()), (3, 3));
    assert!(created.data.is_some());
}

#[tokio::test]
async fn retries_can_be_switched_off_for_a_client_and_for_a_call() {
    let server = Server::start([answer(503, "").header("retry-after", "0")]).await;
    let off = server.client().retry(Retry::off()).build().unwrap();
    assert!(off.users().current().await.is_err());
    assert_eq!(server.received().len(), 1);
    let on = server.client().build().unwrap();
    assert!(on.users().current().retry(Retry::off()).await.is_err());
    assert_eq!(server.received().len(), 2);
    assert!(on.users().current().await.is_err());
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn a_wait_longer_than_allowed_is_reported_instead_of_waited() {
    let server = Server::start([answer(429, "").header("retry-after", "3600")]).await;
    let failed = server.client().build().unwrap().users().current().await.unwrap_err();
    assert_eq!(failed.api().unwrap().retry_after, Some(Duration::from_secs(3600)));
    assert_eq!(
        failed.to_string(),
        "GET /users/current: 429 Too Many Requests: the answer is empty; try again in 3600 s"
    );
    assert_eq!(server.received().len(), 1);
}

fn page(ids: &[&str], meta: &str, next: &str) -> String {
    let data: Vec<String> =
        ids.iter().map(|id| format!(r#"{{"type":"customer","id":"{id}","attributes":{{}}}}"#)).collect();
    format!(r#"{{"meta":{{{meta}}},"data":[{}],"links":{{"next":{next}}}}}"#, data.join(","))
}

#[tokio::test]
async fn a_walk_continues_with_the_cursor_and_keeps_its_filters() {
    let server = Server::start([
        answer(200, &page(&["a", "b"], r#""cursor":"c+2""#, "null")),
        answer(200, &page(&["c"], r#""cursor":null"#, "null")),
    ])
    .await;
    let client = server.client().build().unwrap();
    let query = ListCustomers::default().page_size(2);
    let walk = client.customers().all(query).into_stream();
    let ids: Vec<String> = walk.map_ok(|customer| customer.id.into()).try_collect().await.unwrap();
    assert_eq!(ids, ["a", "b", "c"]);
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/v1/customers?pageSize=2&cursor=*", "/v1/customers?pageSize=2&cursor=c%2B2"]);
}

#[tokio::test]
async fn a_walk_follows_links_where_there_is_no_cursor_and_never_leaves_the_server() {
    let server = Server::start([
        answer(200, &page(&["a"], "", r#""/v1/customers?page=2&pageSize=1&sort=id&cursor=*""#)),
        answer(200, &page(&[], "", r#""https://elsewhere.example/v1/customers?page=3&pageSize=1""#)),
        answer(200, &page(&["b"], "", "null")),
    ])
    .await;
    let client = server.client().build().unwrap();
    let mut walk = client.customers().all(ListCustomers::default());
    let mut ids = Vec::new();
    while let Some(customer) = walk.next().await.unwrap() {
        ids.push(customer.id);
    }
    assert!(walk.next().await.unwrap().is_none());
    assert_eq!(ids, ["a", "b"]);
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    assert_eq!(
        targets,
        ["/v1/customers?cursor=*", "/v1/customers?page=2&pageSize=1&sort=id", "/v1/customers?page=3&pageSize=1"]
    );
}

#[tokio::test]
async fn a_walk_that_would_go_in_a_circle_ends_with_an_error() {
    let server = Server::start([answer(200, &page(&["a"], "", r#""/v1/tags?page=1""#))]).await;
    let client = server.client().build().unwrap();
    let failed = client.tags().list(&PageQuery::default().page(1)).walk().next().await.unwrap_err();
    assert!(failed.to_string().contains("this page again"), "{failed}");
}

#[tokio::test]
async fn a_walk_can_be_taken_up_again_after_an_error() {
    let server = Server::start([answer(500, ""), answer(200, &page(&["a"], "", "null"))]).await;
    let client = server.client().build().unwrap();
    let mut walk = client.customers().all(ListCustomers::default());
    assert!(walk.next().await.is_err());
    assert_eq!(walk.next().await.unwrap().unwrap().id, "a");
}

#[tokio::test]
async fn a_write_keeps_its_key_when_it_is_sent_again() {
    let busy = || answer(503, "").header("retry-after", "0");
    let server =
        Server::start([busy(), busy(), answer(201, &customer(ID)).header("x-kustodian-idempotency", "86400")]).await;
    let client = server.client().build().unwrap();
    client.customers().create(&CustomerInput::new()).await.unwrap();
    client.customers().create(&CustomerInput::new()).await.unwrap();
    client.customers().create(&CustomerInput::new()).idempotency_key("import-17").await.unwrap();
    client.customers().get(id()).await.unwrap();
    let received = server.received();
    let key = |number: usize| received[number].headers.get("idempotency-key").map(|key| key.to_str().unwrap());
    assert!(key(0).is_some_and(|key| key.len() == 32));
    assert_eq!((key(1), key(2)), (key(0), key(0)));
    assert!(key(3).is_some() && key(3) != key(0), "another call is another write");
    assert_eq!((key(4), key(5)), (Some("import-17"), None));
}

#[tokio::test]
async fn a_server_that_says_nothing_of_keys_is_sent_none_but_the_callers() {
    let server = Server::start([answer(201, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    let create = || client.customers().create(&CustomerInput::new());
    create().await.unwrap();
    create().await.unwrap();
    create().idempotency_key("import-17").await.unwrap();
    let keys: Vec<_> =
        server.received().iter().map(|received| received.headers.get("idempotency-key").cloned()).collect();
    assert!(keys[0].is_some() && keys[1].is_none());
    assert_eq!(keys[2].as_ref().unwrap(), "import-17");
}

#[tokio::test]
async fn a_conflict_names_the_record_that_holds_the_value_and_its_kind() {
    let body = format!(
        r#"{{"errors":[{{"status":409,"code":"conflict","title":"Another customer holds this value",
            "source":{{"parameter":"emails"}},"meta":{{"pointer":"/emails/0/email","customer":"{ID}"}}}}]}}"#
    );
    let server = Server::start([answer(409, &body), answer(409, r#"{"errors":[{"code":"newInV9"}]}"#)]).await;
    let customers = server.client().build().unwrap();
    let customers = customers.customers();
    let held = customers.create(&CustomerInput::new()).await.unwrap_err();
    assert_eq!((held.holder(), held.code()), (Some(ID), Some(&ErrorCode::Conflict)));
    assert!(!held.is_timeout());
    let other = customers.create(&CustomerInput::new()).await.unwrap_err();
    assert_eq!((other.holder(), other.code()), (None, Some(&ErrorCode::Other("newInV9".to_owned()))));
}

#[tokio::test]
async fn what_debug_shows_of_an_error_is_short_and_holds_no_data_of_people() {
    let words =
        r#"{"errors":[{"status":400,"code":"badparam","title":"Not an address","detail":"/x","meta":{"a":[1,2]}}]}"#;
    let page = "<html>ada@acme.example</html>".repeat(50);
    let wrong = r#"{"data":{"type":"customer","id":5,"attributes":{"name":"ada@acme.example"}}}"#;
    let server = Server::start([answer(400, words), answer(502, &page), answer(200, wrong)]).await;
    let client = server.client().build().unwrap();
    let customers = client.customers();
    let refused = customers.get(id()).await.unwrap_err();
    assert_eq!(format!("{refused:?}"), refused.to_string());
    let proxy = customers.get(id()).retry(Retry::off()).await.unwrap_err();
    let undecodable = customers.get(id()).await.unwrap_err();
    let path = customers.get_by_email("").await.unwrap_err();
    let elsewhere = client.get_json("https://ada@acme.example/").await.unwrap_err();
    for error in [refused, proxy, undecodable, path, elsewhere] {
        let (debug, display) = (format!("{error:#?}"), error.to_string());
        assert!(debug.len() <= display.len() && !debug.contains('\n'), "{debug}: {display}");
        assert!(!debug.contains("ada@") && !debug.contains("secret"), "{debug}");
    }
}
