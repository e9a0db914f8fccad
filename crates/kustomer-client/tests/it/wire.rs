//! The requests on the wire.

use std::time::Duration;

use crate::support::{ID, Server, answer, customer};
use kustomer_client::auth::SignIn;
use kustomer_client::customer::{
    Comparison, CustomerInput, CustomerSort, CustomerSortKey, Email, ListCustomers, MomentFilter, ReplaceQuery,
};
use kustomer_client::query::{Include, PageQuery};
use kustomer_client::{Client, Error, InvalidRequest, ObjectId, Timestamp, TransportError, TransportFault};

fn id() -> ObjectId {
    ID.parse().unwrap()
}

#[tokio::test]
async fn a_create_posts_the_input_as_json_with_the_token() {
    let server = Server::start([answer(201, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    let input = CustomerInput::new().name("Ada").email(Email::new("ada@acme.example"));
    let created = client.customers().create(&input).await.unwrap().data;
    assert_eq!(created.id, ID);
    assert_eq!(created.attributes.extra["newInV9"][0], 1);

    let [request] = server.received().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/customers"));
    assert_eq!(request.body, r#"{"name":"Ada","emails":[{"email":"ada@acme.example"}]}"#);
    assert_eq!(request.headers["authorization"], "Bearer secret-token");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(request.headers["user-agent"], concat!("kustomer-client/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_raw_body_is_sent_as_it_stands() {
    let server = Server::start([answer(201, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    client.customers().create(&CustomerInput::new().name("Ada")).raw_body("{ \"nmae\": 1 }").await.unwrap();
    assert_eq!(server.received()[0].body, "{ \"nmae\": 1 }");
}

#[tokio::test]
async fn a_write_can_be_validated_without_being_stored_and_a_read_cannot() {
    let server = Server::start([answer(201, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    client.customers().create(&CustomerInput::new()).validate_only().await.unwrap();
    let replace = ReplaceQuery::default().replace(true);
    client.customers().put(id(), &CustomerInput::new(), replace).validate_only().await.unwrap();
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    assert_eq!(
        targets,
        ["/v1/customers?validateOnly=true", &format!("/v1/customers/{ID}?replace=true&validateOnly=true")]
    );
    let read = client.customers().get(id()).validate_only().await.unwrap_err();
    assert!(matches!(read, Error::Invalid(InvalidRequest::ValidatedRead { .. })), "{read}");
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn every_operation_has_its_method_and_path() {
    let server = Server::start([answer(500, "")]).await;
    let client = server.client().build().unwrap();
    let (customers, input, paging) = (client.customers(), CustomerInput::new(), PageQuery::default());
    let second = PageQuery::default().page(2).page_size(7);
    assert!(customers.get(id()).await.is_err());
    assert!(customers.get_by_email("ada+1@acme.example").await.is_err());
    assert!(customers.get_by_phone("+1 800 555").await.is_err());
    assert!(customers.get_by_external_id("a/b?c").await.is_err());
    assert!(customers.update(id(), &input).await.is_err());
    assert!(customers.put(id(), &input, ReplaceQuery::default().replace(true)).await.is_err());
    assert!(customers.put(id(), &input, ReplaceQuery::default()).await.is_err());
    assert!(customers.delete(id()).await.is_err());
    assert!(customers.restore(id()).await.is_err());
    assert!(client.tags().list(&second).await.is_err());
    assert!(client.tags().get(id()).await.is_err());
    assert!(client.users().current().await.is_err());
    assert!(client.users().get(id()).await.is_err());
    assert!(client.users().get_many([id(), id()], &paging).await.is_err());
    assert!(client.orgs().get(id()).await.is_err());
    assert!(client.auth().current_token().await.is_err());
    assert!(client.auth().tokens(&paging).await.is_err());
    assert!(client.auth().roles().await.is_err());
    assert!(client.messages().list_of_customer(id(), &paging).await.is_err());

    let lines: Vec<String> =
        server.received().iter().map(|request| format!("{} {}", request.method, request.target)).collect();
    let expected = [
        "GET /v1/customers/{id}",
        "GET /v1/customers/email=ada%2B1%40acme.example",
        "GET /v1/customers/phone=%2B1%20800%20555",
        "GET /v1/customers/externalId=a%2Fb%3Fc",
        "PATCH /v1/customers/{id}",
        "PUT /v1/customers/{id}?replace=true",
        "PUT /v1/customers/{id}",
        "DELETE /v1/customers/{id}",
        "POST /v1/customers/{id}/restore",
        "GET /v1/tags?page=2&pageSize=7",
        "GET /v1/tags/{id}",
        "GET /v1/users/current",
        "GET /v1/users/{id}",
        "GET /v1/users/{id}%2C{id}",
        "GET /v1/orgs/{id}",
        "GET /v1/auth/tokens/current",
        "GET /v1/auth/tokens",
        "GET /v1/auth/roles",
        "GET /v1/customers/{id}/messages",
    ];
    assert_eq!(lines, expected.map(|line| line.replace("{id}", ID)));
}

#[tokio::test]
async fn an_operation_without_a_body_sends_none() {
    let server = Server::start([answer(204, "")]).await;
    server.client().build().unwrap().customers().delete(id()).await.unwrap();
    let [request] = server.received().try_into().unwrap();
    assert_eq!(request.body, "");
    assert!(!request.headers.contains_key("content-type"));
}

#[tokio::test]
async fn a_list_says_its_order_its_filters_and_its_page() {
    let server = Server::start([answer(200, r#"{"data":[]}"#)]).await;
    let client = server.client().build().unwrap();
    let moment: Timestamp = "2016-11-09T04:23:01+01:00".parse().unwrap();
    let query = ListCustomers::default()
        .page(2)
        .page_size(10)
        .sort(CustomerSort::descending(CustomerSortKey::UpdatedAt))
        .filters([MomentFilter::new(CustomerSortKey::CreatedAt, Comparison::Gte, moment)])
        .deleted(true)
        .include(Include::COMPANY);
    client.customers().list(&query).await.unwrap();
    assert_eq!(
        server.received()[0].target,
        "/v1/customers?page=2&pageSize=10&sort=-updatedAt&filter%5BcreatedAt%5D%5Bgte%5D=2016-11-09T03%3A23%3A01.000Z&deleted=true&include=company"
    );
}

#[tokio::test]
async fn a_call_takes_its_own_headers_and_its_own_server() {
    let (usual, other) = (Server::start([answer(500, "")]).await, Server::start([answer(200, &customer(ID))]).await);
    let client = usual.client().user_agent("nightly/1").build().unwrap();
    let call = client.customers().update(id(), &CustomerInput::new());
    let call = call.header("X-Request-Id", "r-17").if_match("W/\"3\"").header("user-agent", "mine/2");
    call.base_url(&format!("{}/v1", other.url)).await.unwrap();
    assert!(usual.received().is_empty());
    let [request] = other.received().try_into().unwrap();
    assert_eq!(request.headers["x-request-id"], "r-17");
    assert_eq!(request.headers["if-match"], "W/\"3\"");
    assert_eq!(request.headers["user-agent"], "mine/2");
    assert_eq!(request.headers["authorization"], "Bearer secret-token");
}

#[tokio::test]
async fn an_input_that_cannot_be_sent_is_reported_and_nothing_is_sent() {
    let server = Server::start([answer(200, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    let header = client.customers().get(id()).header("x-note", "two\nlines").await.unwrap_err();
    assert!(matches!(header, Error::Invalid(InvalidRequest::Header { .. })), "{header}");
    let url = client.customers().get(id()).base_url("nowhere").await.unwrap_err();
    assert!(matches!(url, Error::Invalid(InvalidRequest::BaseUrl { .. })), "{url}");
    let path = client.customers().get_by_email("").await.unwrap_err();
    assert!(matches!(path, Error::Invalid(InvalidRequest::Path { .. })), "{path}");
    assert!(server.received().is_empty());
}

#[test]
fn a_client_without_a_server_or_with_an_impossible_token_is_refused() {
    assert_eq!(Client::builder().build().unwrap_err(), InvalidRequest::NoServer);
    let refused = Client::builder().org("acme").token("two\nlines").build().unwrap_err();
    assert_eq!(refused, InvalidRequest::Token);
    assert!(!refused.to_string().contains("two"));
}

#[tokio::test]
async fn the_token_shows_nowhere_but_on_the_wire() {
    let server = Server::start([answer(404, "{}")]).await;
    let builder = server.client();
    let client = builder.clone().build().unwrap();
    let call = client.customers().get(id()).header("authorization", "Bearer secret-token-2");
    let shown = format!("{builder:?} {client:?} {call:?} {:?}", client.customers());
    let exchange = call.exchange().await.unwrap();
    let shown = format!("{shown} {exchange:?} {}", exchange.error.as_ref().unwrap());
    assert!(!shown.contains("secret-token"), "{shown}");
    assert_eq!(server.received()[0].headers["authorization"], "Bearer secret-token-2");
}

#[tokio::test]
async fn debug_output_has_no_values_of_people_and_no_secrets() {
    let ada = r#"{"data":{"type":"customer","id":"1","attributes":{"name":"zqada"}}}"#;
    let signed_in =
        r#"{"data":{"type":"auth_token","id":"1","attributes":{"token":"zqsecret","ipAddress":"zqaddress"}}}"#;
    let server = Server::start([answer(200, ada), answer(200, signed_in), answer(200, "{}")]).await;
    let client = server.client().build().unwrap();
    let read = client.customers().get(ID).exchange().await.unwrap();
    assert_eq!(read.data.as_ref().and_then(|read| read.data.name.as_deref()), Some("zqada"));
    let input = SignIn::with_password("acme", "zqada@acme.example", "zqpassword");
    let call = client.auth().sign_in(&input);
    let exchange = call.clone().exchange().await.unwrap();
    let by_email = client.customers().get_by_email("zqada@acme.example");
    let raw = client
        .request(reqwest::Method::POST, "/v1/customers/email=zqada")
        .header("x-key", "zqkey")
        .json(r#"{"name":"zqada"}"#);
    let sent = raw.clone().exchange().await.unwrap();
    let shown = format!("{read:?} {call:?} {exchange:?} {by_email:?} {raw:?} {sent:?}");
    assert!(!shown.contains("zq"), "{shown}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_waited_for_no_longer_than_the_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder().base_url(&url).build().unwrap();
    let failed = client.users().current().timeout(Duration::from_millis(50)).exchange().await.unwrap_err();
    assert!(matches!(failed.fault, TransportFault::Timeout { .. }), "{failed:?}");
    assert!(
        Error::from(client.users().current().timeout(Duration::from_millis(50)).exchange().await.unwrap_err())
            .is_timeout()
    );
    assert!(
        failed.to_string().starts_with(&format!("GET /users/current: no answer from {url} within 50ms")),
        "{failed}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_the_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failed = Client::builder().base_url(&url).build().unwrap().users().current().await.unwrap_err();
    assert!(
        matches!(failed, Error::Transport(TransportError { fault: TransportFault::Connect { .. }, .. })),
        "{failed:?}"
    );
    let shown = failed.to_string();
    assert!(shown.starts_with(&format!("GET /users/current: cannot connect to {url}: ")), "{shown}");
    assert!(shown.ends_with("; 4 attempts") && failed.call().is_some_and(|call| call.attempts == 4), "{shown}");
}

#[tokio::test]
async fn an_answer_and_its_id_are_taken_where_an_id_is_asked_for() {
    let server = Server::start([answer(200, &customer(ID))]).await;
    let client = server.client().build().unwrap();
    let customers = client.customers();
    let read = customers.get(ID).await.unwrap().data;
    customers.get(&read).await.unwrap();
    customers.get(&read.id).await.unwrap();
    customers.get(id()).await.unwrap();
    customers.get(format!("{}", read.id)).await.unwrap();
    customers.get(read.id).await.unwrap();
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, vec![format!("/v1/customers/{ID}"); 6]);
}

#[tokio::test]
async fn a_client_uses_the_proxy_that_it_is_given() {
    let proxy = Server::start([answer(200, &customer(ID))]).await;
    let client = Client::builder().base_url("http://nowhere.invalid").token("secret-token").proxy(&proxy.url);
    client.build().unwrap().customers().get(ID).await.unwrap();
    assert_eq!(proxy.received()[0].target, format!("http://nowhere.invalid/v1/customers/{ID}"));
    let refused = Client::builder().base_url("http://b").proxy("http://ada:secret@").build().unwrap_err();
    assert!(matches!(refused, InvalidRequest::Proxy { .. }) && !refused.to_string().contains("secret"), "{refused}");
}

#[tokio::test]
async fn a_client_of_ones_own_sends_the_calls() {
    let server = Server::start([answer(200, &customer(ID))]).await;
    let own = kustomer_client::reqwest::Client::builder().user_agent("mine/1").no_proxy();
    let own = own.tls_backend_preconfigured(tls()).build().unwrap();
    server.client().http_client(own).build().unwrap().customers().get(ID).await.unwrap();
    assert_eq!(server.received()[0].headers["user-agent"], "mine/1");
}

/// TLS that trusts nobody.
fn tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}

#[tokio::test]
async fn any_path_is_read_and_written_as_json() {
    let server = Server::start([answer(200, r#"{"data":1}"#), answer(204, "")]).await;
    let client = server.client().build().unwrap();
    let body = serde_json::json!({ "name": "Ada" });
    assert_eq!(client.get_json("/any/path?a=b").await.unwrap()["data"], 1);
    client.post_json("/any/path", &body).await.unwrap();
    client.put_json("any/path", &body).await.unwrap();
    client.patch_json("/v1/any/path", &body).await.unwrap();
    assert!(client.delete_json("/any/path").await.unwrap().is_null());
    let sent: Vec<String> = server
        .received()
        .into_iter()
        .map(|request| format!("{} {} {}", request.method, request.target, request.body))
        .collect();
    assert_eq!(
        sent,
        [
            "GET /v1/any/path?a=b ",
            r#"POST /v1/any/path {"name":"Ada"}"#,
            r#"PUT /v1/any/path {"name":"Ada"}"#,
            r#"PATCH /v1/any/path {"name":"Ada"}"#,
            "DELETE /v1/any/path ",
        ]
    );
}

/// The variables of the environment are those of a process, so the test is another process.
#[tokio::test]
async fn the_environment_names_server_and_key() {
    const CHILD: &str = "KUSTOMER_CLIENT_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        match Client::from_env() {
            Ok(client) => drop(client.customers().get(ID).await.unwrap()),
            Err(error) => panic!("{error}"),
        }
        return;
    }
    let server = Server::start([answer(200, &customer(ID))]).await;
    let child = |variables: &[(&str, &str)]| {
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "wire::the_environment_names_server_and_key"]).env(CHILD, "1");
        for name in ["KUSTODIAN_URL", "KUSTODIAN_TOKEN", "KUSTODIAN_CACERT"] {
            child.env_remove(name);
        }
        child.envs(variables.iter().copied()).output()
    };
    let url = ("KUSTODIAN_URL", server.url.as_str());
    let done = child(&[url, ("KUSTODIAN_TOKEN", "from-env")]).await.unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(server.received()[0].headers["authorization"], "Bearer from-env");
    for (variables, complaint) in [
        (vec![url], "KUSTODIAN_TOKEN cannot be used: set it to an API key"),
        (
            vec![url, ("KUSTODIAN_TOKEN", "t"), ("KUSTODIAN_CACERT", "/nowhere")],
            "KUSTODIAN_CACERT cannot be used: cannot read",
        ),
    ] {
        let failed = child(&variables).await.unwrap();
        let shown = String::from_utf8_lossy(&failed.stdout).into_owned() + &String::from_utf8_lossy(&failed.stderr);
        assert!(!failed.status.success() && shown.contains(complaint), "{shown}");
    }
    assert_eq!(server.received().len(), 1);
}
