//! The same calls without an async runtime, and beside one.

use crate::support::{ID, Server, answer, customer};
use kustomer_client::customer::ListCustomers;

#[test]
fn a_call_blocks_until_its_answer_is_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start([answer(200, &customer(ID))]));
    let client = server.client().build().unwrap();
    assert_eq!(client.customers().get(ID).send_blocking().unwrap().data.id, ID);
    let exchange = client.customers().get(ID).exchange_blocking().unwrap();
    assert_eq!(exchange.response.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_may_block_where_a_runtime_is_running() {
    let server = Server::start([answer(404, "{}")]).await;
    let failed = server.client().build().unwrap().users().current().send_blocking().unwrap_err();
    assert!(failed.is_not_found());
}

#[test]
fn a_walk_is_an_iterator() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let first = r#"{"meta":{"cursor":"2"},"data":[{"type":"customer","id":"a","attributes":{}}]}"#;
    let server = runtime.block_on(Server::start([answer(200, first), answer(500, "")]));
    let client = server.client().build().unwrap();
    let mut walk = client.customers().all(ListCustomers::default()).into_blocking_iter();
    assert_eq!(walk.next().unwrap().unwrap().id, "a");
    assert!(walk.next().unwrap().is_err());
    assert!(walk.next().is_none());
}
