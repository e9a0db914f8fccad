//! The Rust client against the real server.

use std::future::Future;
use std::process::{Child, Stdio};
use std::time::Duration;

use kustomer_client::custom::{Bool, CustomAttributes, Key, Num, Str};
use kustomer_client::customer::{
    Comparison, ContactType, Customer, CustomerInput, CustomerSort, CustomerSortKey, Email, ExternalId, FacebookId,
    Gender, InstagramId, ListCustomers, Location, MomentFilter, Phone, ReplaceQuery, Sentiment, Social, SocialType,
    UrlType, WebUrl,
};
use kustomer_client::metadata::{AttributeMetadata, MetadataInput};
use kustomer_client::query::PageQuery;
use kustomer_client::user::UserType;
use kustomer_client::{ApiError, Client, Error, Field, ObjectId, Retry, TransportError, TransportFault};
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::{Server, TOKEN, binary, full_customer};

/// A client with the key every test server knows.
pub(crate) fn client(server: &Server) -> Client {
    client_as(server, TOKEN)
}

fn client_as(server: &Server, token: &str) -> Client {
    Client::builder().base_url(&server.url).token(token).build().unwrap()
}

pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn id_of(customer: &Customer) -> ObjectId {
    customer.id.parse().unwrap()
}

fn nobody() -> ObjectId {
    "5c7d1a1f9a1b2c0010a1b2c3".parse().unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> ApiError {
    match result.unwrap_err() {
        Error::Api(error) => *error,
        other => panic!("not an answer: {other:?}"),
    }
}

/// `server::full_customer`, in types.
fn typed_customer() -> CustomerInput {
    const SCORE: Key<Num> = Key::new("scoreNum");
    const TIER: Key<Str> = Key::new("loyaltyTierStr");
    const CHURNED: Key<Bool> = Key::new("churnedBool");
    let mut custom = CustomAttributes::new();
    custom.put(SCORE, 12.5).unwrap().put(TIER, "gold").unwrap().put(CHURNED, false).unwrap();
    custom.set("sinceAt", "2016-11-06T13:54:29-05:00").unwrap();
    custom.set("noteTxt", "two\nlines").unwrap();
    custom.set("siteUrl", "https://acme.example/a?b=c").unwrap();
    custom.set("goneStr", None::<&str>).unwrap();
    let moment = |text: &str| Field::Value(text.parse().unwrap());
    let text = |text: &str| Field::Value(text.to_owned());
    CustomerInput {
        username: text("ada"),
        signed_up_at: moment("2016-11-06T13:54:29-05:00"),
        last_activity_at: moment("2020-01-01T00:00:00.000Z"),
        last_customer_activity_at: moment("2020-01-02T00:00:00.000Z"),
        last_seen_at: moment("2020-01-03T00:00:00.000Z"),
        avatar_url: text("https://acme.example/ada.png"),
        external_ids: Some(vec![ExternalId { verified: Some(true), ..ExternalId::new("erp-7") }]),
        shared_external_ids: Some(vec![ExternalId::new("household-1")]),
        shared_emails: Some(vec![Email::new("desk@acme.example").kind(ContactType::Unspecified)]),
        shared_phones: Some(vec![Phone::new("+18005550000").kind(ContactType::Fax)]),
        whatsapps: Some(vec![Phone::new("whatsapp:+18005551313")]),
        facebook_ids: Some(vec![FacebookId {
            id: Field::Absent,
            page_id: "p1".to_owned(),
            user_id: "u1".to_owned(),
            name: Some("Ada".to_owned()),
            extra: serde_json::Map::new(),
        }]),
        instagram_ids: Some(vec![InstagramId {
            id: Field::Absent,
            page_id: "p1".to_owned(),
            thread_id: "t1".to_owned(),
            username: "ada".to_owned(),
            instagram_id: Some("i1".to_owned()),
            extra: serde_json::Map::new(),
        }]),
        shared_socials: Some(vec![Social::new(SocialType::LinkedIn, "acme")]),
        urls: Some(vec![WebUrl { kind: Some(UrlType::Blog), ..WebUrl::new("https://ada.example") }]),
        locale: text("en_GB"),
        time_zone: text("Europe/London"),
        sentiment: Some(Sentiment::new(1, 0.75)),
        birthday_at: moment("1815-12-10T00:00:00.000Z"),
        gender: Field::Value(Gender::Female),
        created_at: Some("2014-01-01T00:00:00.000Z".parse().unwrap()),
        imported_at: Some("2014-01-02T00:00:00.000Z".parse().unwrap()),
        default_lang: text("en_us"),
        ..CustomerInput::new()
            .name("Ada Lovelace")
            .external_id("crm-1815".to_owned())
            .email(Email::new("ada@acme.example").kind(ContactType::Work).verified(true))
            .email(Email::new("ada@home.example"))
            .phone(Phone::new("+1 800 555 1212").kind(ContactType::Mobile))
            .social(Social {
                userid: Some("1815".to_owned()),
                url: Some("https://twitter.example/ada".to_owned()),
                verified: Some(true),
                ..Social::new(SocialType::Twitter, "ada")
            })
            .location(Location {
                kind: Field::Value(ContactType::Work),
                name: text("HQ"),
                address: text("1 Main St"),
                address2: text("Floor 2"),
                address3: Field::Null,
                latitude: Field::Value(serde_json::Number::from_f64(51.5).unwrap()),
                longitude: Field::Value(serde_json::Number::from_f64(-0.125).unwrap()),
                country_code: text("GB"),
                country_name: text("United Kingdom"),
                region_code: text("EN"),
                region_name: text("England"),
                city_name: text("London"),
                zip_code: text("W1"),
                area_code: text("020"),
                ..Location::default()
            })
            .tag("vip")
            .tag("pioneer")
            .custom(custom)
    }
}

/// That the attributes answered hold all that was sent. Tags come back as ids, the company as a relationship, and the
/// primary external id joins the others.
#[track_caller]
pub(crate) fn assert_holds(attributes: &Value, sent: &Value) {
    let Value::Object(sent) = sent else { panic!("{sent}") };
    for (name, value) in sent.iter().filter(|(name, _)| !["tags", "company", "externalIds"].contains(&name.as_str())) {
        assert!(holds(&attributes[name], value), "{name}: sent {value}, answered {}", attributes[name]);
    }
}

fn holds(answered: &Value, sent: &Value) -> bool {
    match (answered, sent) {
        (Value::Object(answered), Value::Object(sent)) => {
            sent.iter().all(|(name, value)| answered.get(name).is_some_and(|answered| holds(answered, value)))
        }
        (Value::Array(answered), Value::Array(sent)) => {
            answered.len() == sent.len() && answered.iter().zip(sent).all(|(answered, sent)| holds(answered, sent))
        }
        _ => answered == sent,
    }
}

fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_types_can_say_everything_the_api_takes() {
    assert_eq!(typed_customer(), serde_json::from_value(full_customer()).unwrap());
}

#[test]
fn a_number_that_json_cannot_write_is_an_error_and_clears_no_value_on_the_server() {
    const SCORE: Key<Num> = Key::new("scoreNum");
    let server = Server::start();
    let client = client(&server);
    let mut custom = CustomAttributes::new();
    custom.put(SCORE, 12.5).unwrap();
    let input = CustomerInput::new().name("Ada").custom(custom);
    let created = client.customers().create(&input).send_blocking().unwrap().data;
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut custom = CustomAttributes::new();
        assert!(custom.put(SCORE, number).is_err());
        assert!(custom.set("scoreNum", number).is_err());
        // An input that is sent all the same says nothing of the value.
        let input = CustomerInput::new().name("Ada Byron").custom(custom);
        client.customers().update(id_of(&created), &input).send_blocking().unwrap();
        let stored = server.get(&format!("/v1/customers/{}", created.id)).expect(200);
        assert_eq!(
            (&stored.attributes()["custom"]["scoreNum"], &stored.attributes()["name"]),
            (&json!(12.5), &json!("Ada Byron"))
        );
    }
}

#[test]
fn a_full_customer_is_created_and_read_back_equal_also_without_a_runtime() {
    let server = Server::start();
    let (client, input) = (client(&server), typed_customer());
    let (created, read) = wait_for(async {
        let created = client.customers().create(&input).await.unwrap().data;
        let read = client.customers().get(id_of(&created)).await.unwrap().data;
        (created, read)
    });
    assert_eq!(created, read);
    assert_holds(&written(&read.attributes), &written(&input));
    assert_eq!(read.attributes.custom.value().unwrap().get(Key::<Num>::new("scoreNum")), Some(12.5));

    client.customers().delete(id_of(&created)).send_blocking().unwrap();
    let created = client.customers().create(&input).send_blocking().unwrap().data;
    let read = client.customers().get(id_of(&created)).send_blocking().unwrap().data;
    assert_eq!(created, read);
    assert_holds(&written(&read.attributes), &written(&input));
}

#[test]
fn reading_and_writing_the_types_loses_nothing_the_server_answers() {
    let server = Server::start();
    let client = client(&server);
    fn same<T: Serialize>(exchange: kustomer_client::Exchange<T>) -> T {
        let body: Value = serde_json::from_slice(&exchange.response.body).unwrap();
        let data = exchange.data.unwrap();
        assert_eq!(written(&data), body);
        data
    }
    let created = same(client.customers().create(&typed_customer()).exchange_blocking().unwrap()).data;
    same(client.customers().get(id_of(&created)).exchange_blocking().unwrap());
    same(client.customers().list(&ListCustomers::default()).exchange_blocking().unwrap());
    same(client.tags().list(&PageQuery::default()).exchange_blocking().unwrap());
    same(client.users().current().exchange_blocking().unwrap());
    same(client.auth().current_token().exchange_blocking().unwrap());
    same(client.auth().tokens(&PageQuery::default()).exchange_blocking().unwrap());
    same(client.auth().roles().exchange_blocking().unwrap());
    same(client.messages().list_of_customer(id_of(&created), &PageQuery::default()).exchange_blocking().unwrap());
}

#[test]
fn every_operation_of_the_client_is_answered() {
    let server = Server::start();
    let client = client(&server);
    wait_for(async {
        let (customers, paging) = (client.customers(), PageQuery::default());
        let id = id_of(&customers.create(&typed_customer()).await.unwrap().data);
        let found = [
            customers.get(id).await.unwrap().data,
            customers.get_by_email("Ada@ACME.example").await.unwrap().data,
            customers.get_by_phone("+1 800 555 1212").await.unwrap().data,
            customers.get_by_external_id("crm-1815").await.unwrap().data,
            customers.list(&ListCustomers::default()).await.unwrap().data.remove(0),
            customers.all(ListCustomers::default()).next().await.unwrap().unwrap(),
        ];
        assert!(found.iter().all(|customer| customer == &found[0]));

        let mut custom = CustomAttributes::new();
        custom.set("scoreNum", 13).unwrap();
        let patched = customers.update(id, &CustomerInput::new().custom(custom)).await.unwrap().data.attributes;
        let kept = patched.custom.value().unwrap();
        assert_eq!((kept.value("scoreNum"), kept.value("loyaltyTierStr")), (Some(&json!(13)), Some(&json!("gold"))));
        let put = customers.put(id, &CustomerInput::new().name(Field::Null), ReplaceQuery::default()).await.unwrap();
        assert_eq!((put.data.attributes.name, put.data.attributes.rev), (Field::Null, Field::Value(3)));
        let replace = ReplaceQuery { replace: true };
        let replaced =
            customers.put(id, &CustomerInput::new().name("Ada King"), replace).await.unwrap().data.attributes;
        assert_eq!((replaced.emails, replaced.rev), (Field::Value(Vec::new()), Field::Value(4)));

        customers.delete(id).await.unwrap();
        assert!(customers.get(id).await.unwrap_err().is_not_found());
        let restored = customers.restore(id).await.unwrap().data.attributes;
        assert_eq!(restored.name.value().map(String::as_str), Some("Ada King"));

        let tags = client.tags().list(&paging).await.unwrap().data;
        let names: Vec<_> = tags.iter().filter_map(|tag| tag.attributes.name.value()).collect();
        assert_eq!(names, ["vip", "pioneer"]);
        let tag = client.tags().get(&tags[0].id).await.unwrap().data;
        assert_eq!(tag, tags[0]);

        let me = client.users().current().await.unwrap().data;
        assert_eq!(me.attributes.user_type, Field::Value(UserType::Machine));
        let my_id: ObjectId = me.id.parse().unwrap();
        assert_eq!(client.users().get(my_id).await.unwrap().data, me);
        assert_eq!(client.users().get_many([my_id, nobody()], &paging).await.unwrap().data, std::slice::from_ref(&me));
        let org = me.relationships["org"].id().unwrap();
        let org = client.orgs().get(org).await.unwrap().data;
        assert_eq!(org.attributes.name.value().map(String::as_str), Some("demo"));

        let token = client.auth().current_token().await.unwrap().data;
        assert_eq!(token.attributes.last_token_chars.value().map(String::as_str), Some(&TOKEN[TOKEN.len() - 4..]));
        assert_eq!(client.auth().tokens(&paging).await.unwrap().data.len(), 1);
        assert_eq!(client.auth().roles().await.unwrap().data[0].id, "org");
        assert!(client.messages().list_of_customer(id, &paging).await.unwrap().data.is_empty());
    });
}

#[test]
fn a_list_is_sorted_filtered_and_paged_by_typed_queries() {
    let server = Server::start();
    let client = client(&server);
    for day in 1..=5 {
        server.create(json!({ "name": format!("n{day}"), "createdAt": format!("2020-01-0{day}T00:00:00Z") }));
    }
    let query = ListCustomers {
        paging: PageQuery { page: Some(2), page_size: Some(2) },
        sort: Some(CustomerSort { by: CustomerSortKey::CreatedAt, descending: true }),
        filters: vec![MomentFilter {
            of: CustomerSortKey::CreatedAt,
            comparison: Comparison::Gte,
            moment: "2020-01-02T00:00:00Z".parse().unwrap(),
        }],
        ..ListCustomers::default()
    };
    let page = client.customers().list(&query).send_blocking().unwrap();
    let names: Vec<_> = page.data.iter().filter_map(|customer| customer.attributes.name.value()).collect();
    assert_eq!(names, ["n3", "n2"]);
    assert_eq!((page.meta.total, page.meta.total_pages, page.meta.page), (Some(4), Some(2), Some(2)));
    assert_eq!(page.links.next, Field::Null);
}

#[test]
fn faults_of_the_input_are_reported_entry_by_entry() {
    let server = Server::start();
    let client = client(&server);
    let body = r#"{"name":1,"emails":[{"email":"no address"}],"nmae":true}"#;
    let call = client.customers().create(&CustomerInput::new()).raw_body(body).header("x-request-id", "r-17");
    let error = refused(call.send_blocking());
    assert_eq!((error.status, error.code.as_deref()), (400, Some("badparam")));
    assert_eq!(error.errors.len(), 3, "{error}");
    let mut parameters: Vec<String> = error.errors.iter().filter_map(|item| item.source.clone()?.parameter).collect();
    parameters.sort();
    assert_eq!(parameters, ["email", "name", "nmae"]);
    assert!(error.title.is_some() && error.message.is_some() && error.detail.is_some(), "{error:?}");
    assert!(error.parameter.is_some() && error.pointer.is_some(), "{error:?}");
    assert_eq!(error.request_id.as_deref(), Some("r-17"));
    let undecoded: Value = serde_json::from_slice(&error.body).unwrap();
    assert_eq!(undecoded["errors"].as_array().unwrap().len(), 3);
    let line = error.to_string();
    assert!(
        line.starts_with("POST /customers: 400 badparam: ") && line.ends_with("[request r-17]") && !line.contains('\n'),
        "{line}"
    );
}

#[test]
fn values_this_client_does_not_know_reach_the_server_which_names_them() {
    let server = Server::start();
    let client = client(&server);
    let create = |email: Email| client.customers().create(&CustomerInput::new().email(email)).send_blocking();
    let kind = refused(create(Email::new("a@b.c").kind(ContactType::Other("pager".to_owned()))));
    assert_eq!((kind.status, kind.parameter.as_deref()), (400, Some("type")));
    let mut email = Email::new("a@b.c");
    email.extra.insert("newInV9".to_owned(), json!([1]));
    assert_eq!(refused(create(email)).parameter.as_deref(), Some("newInV9"));
}

#[test]
fn a_missing_record_a_taken_address_and_a_missing_right_are_different_errors() {
    let server = Server::on_file();
    let admin = client(&server);
    let missing = refused(admin.customers().get(nobody()).send_blocking());
    assert_eq!((missing.status, missing.code.as_deref()), (404, Some("notfound")));
    assert!(missing.request_id.is_some() && missing.title.is_some());

    let input = CustomerInput::new().email(Email::new("ada@acme.example"));
    let first = admin.customers().create(&input).send_blocking().unwrap().data;
    let taken = refused(admin.customers().create(&input).send_blocking());
    assert_eq!((taken.status, taken.parameter.as_deref()), (409, Some("emails")));
    assert_eq!(taken.errors[0].meta["customer"], *first.id);

    let unknown = refused(client_as(&server, "nobody-knows-this-one").users().current().send_blocking());
    assert_eq!((unknown.status, unknown.code.as_deref()), (401, Some("unauthorized")));
    assert!(!format!("{unknown} {unknown:?}").contains("nobody-knows"));
    let bare = Client::builder().base_url(&server.url).build().unwrap();
    assert_eq!(refused(bare.users().current().send_blocking()).status, 401);

    let reader = client_as(&server, &server.token("demo", &["org.user.customer.read"]));
    assert_eq!(reader.customers().get(id_of(&first)).send_blocking().unwrap().data, first);
    let forbidden = refused(reader.customers().delete(id_of(&first)).send_blocking());
    assert_eq!((forbidden.status, forbidden.code.as_deref()), (403, Some("forbidden")));
    assert!(forbidden.to_string().contains("org.user.customer"), "{forbidden}");
}

#[test]
fn an_exchange_holds_both_sides_on_success_and_on_failure() {
    let server = Server::start();
    let client = client(&server);
    let created = client.customers().create(&CustomerInput::new().name("Ada")).exchange_blocking().unwrap();
    assert_eq!((created.response.status.as_u16(), created.attempts), (201, 1));
    assert_eq!(created.request.body, r#"{"name":"Ada"}"#);
    assert_eq!(created.request.headers["authorization"], "Bearer ***");
    assert_eq!(created.response.header("x-ratelimit-limit"), Some("1000"));
    assert!(created.error.is_none() && created.undecodable.is_none());
    let customer = created.data.unwrap().data;

    let found = client.customers().get(id_of(&customer)).exchange_blocking().unwrap();
    assert_eq!(found.request.url, format!("{}/v1/customers/{}", server.url, customer.id));
    let missing = client.customers().get(nobody()).exchange_blocking().unwrap();
    assert_eq!((missing.response.status.as_u16(), missing.data.is_none()), (404, true));
    let error = missing.error.as_ref().unwrap();
    assert_eq!((error.status, &error.body), (404, &missing.response.body));
    assert!(missing.into_result().unwrap_err().is_not_found());

    let deleted = client.customers().delete(id_of(&customer)).exchange_blocking().unwrap();
    assert_eq!((deleted.response.status.as_u16(), deleted.response.body.len()), (204, 0));
    assert_eq!(deleted.data, Some(()));
}

#[test]
fn a_call_takes_its_own_header_server_and_time() {
    let (server, other) = (Server::start(), Server::start());
    let client = client(&server);
    let named = client.users().current().header("x-request-id", "mine-1").exchange_blocking().unwrap();
    assert_eq!(named.response.header("x-request-id"), Some("mine-1"));

    let create = client.customers().create(&CustomerInput::new().name("elsewhere"));
    let there = create.base_url(&format!("{}/v1/", other.url)).send_blocking().unwrap().data;
    assert!(client.customers().get(id_of(&there)).send_blocking().unwrap_err().is_not_found());
    other.get(&format!("/v1/customers/{}", there.id)).expect(200);

    // A server that is stopped takes connections and answers nothing, once all of its threads have stopped.
    other.signal("STOP");
    let call = || client.users().current().base_url(&other.url).timeout(Duration::from_millis(100));
    let failed = (0..100).find_map(|_| call().exchange_blocking().err());
    other.signal("CONT");
    let failed = failed.unwrap();
    assert!(matches!(failed.fault, TransportFault::Timeout { .. }), "{failed:?}");
    assert!(failed.to_string().contains(&other.url), "{failed}");
}

#[test]
fn if_match_refuses_a_change_of_a_record_that_was_changed_meanwhile() {
    let server = Server::start();
    let client = client(&server);
    let id = id_of(&client.customers().create(&CustomerInput::new()).send_blocking().unwrap().data);
    let read = client.customers().get(id).exchange_blocking().unwrap();
    let etag = read.response.header("etag").unwrap();
    let update = |name: &str| client.customers().update(id, &CustomerInput::new().name(name)).if_match(etag);
    update("first").send_blocking().unwrap();
    let late = refused(update("second").send_blocking());
    assert_eq!((late.status, late.code.as_deref()), (412, Some("preconditionfailed")));
    let stale = refused(client.customers().update(id, &CustomerInput::new().rev(1)).send_blocking());
    assert_eq!((stale.status, stale.parameter.as_deref()), (409, Some("rev")));
}

#[test]
fn a_walk_meets_all_customers_once_while_others_come_and_go() {
    let server = Server::start();
    let client = client(&server);
    let make = |name: String| {
        id_of(&client.customers().create(&CustomerInput::new().name(name)).send_blocking().unwrap().data)
    };
    let (stay, go): (Vec<ObjectId>, Vec<ObjectId>) =
        (0..12).map(|number| (make(format!("stay {number}")), make(format!("go {number}")))).unzip();
    let query = || ListCustomers {
        paging: PageQuery { page: None, page_size: Some(3) },
        sort: Some(CustomerSort { by: CustomerSortKey::UpdatedAt, descending: true }),
        ..ListCustomers::default()
    };
    let mut found = Vec::new();
    for (number, customer) in client.customers().all(query()).into_blocking_iter().enumerate() {
        found.push(customer.unwrap().id);
        if let Some(id) = go.get(number) {
            client.customers().delete(*id).send_blocking().unwrap();
            make(format!("late {number}"));
        }
    }
    let met = found.len();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), met, "one was met twice");
    assert!(stay.iter().all(|id| found.contains(&(*id).into())), "one that was there all the time was missed");

    let mut pages = client.customers().all(query());
    let first = wait_for(pages.next_page()).unwrap().unwrap();
    assert_eq!(first.data.len(), 3);
    let listed = ListCustomers { paging: PageQuery { page: Some(1), page_size: Some(5) }, ..ListCustomers::default() };
    let by_page = client.customers().list(&listed).walk().into_blocking_iter().map(|customer| customer.unwrap().id);
    assert_eq!(by_page.count(), 24, "and by pages too");
}

#[test]
fn a_wait_longer_than_allowed_is_handed_back_with_the_answer() {
    let server = Server::start_with(&["--rate-limit", "2"]);
    let client = client(&server);
    client.users().current().send_blocking().unwrap();
    client.users().current().send_blocking().unwrap();
    let call = || client.users().current().retry(Retry::default().longest_wait(Duration::from_millis(1)));
    let exchange = call().exchange_blocking().unwrap();
    assert_eq!(exchange.attempts, 1, "a minute's wait is not begun");
    let error = refused(call().send_blocking());
    assert_eq!((error.status, error.code.as_deref()), (429, Some("ratelimited")));
    let wait = error.retry_after.unwrap();
    assert!((1..=60).contains(&wait.as_secs()), "{wait:?}");
    assert!(error.to_string().contains(&format!("try again in {} s", wait.as_secs())), "{error}");
}

/// A server on an address of one's choice; gives it back when it listens.
fn serve_at(address: &str, database: &str) -> (Child, String) {
    let mut process = binary()
        .args(["serve", "--listen", address, "--database", database, "--bootstrap-token", TOKEN])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = std::io::BufReader::new(process.stdout.take().unwrap());
    let url = std::io::BufRead::lines(stdout)
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("listening on http://")?.1.split_whitespace().next()?.to_owned()));
    (process, url.unwrap())
}

#[test]
fn a_client_outlives_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("k.db").display());
    let (mut process, address) = serve_at("127.0.0.1:0", &database);
    let client = Client::builder().base_url(format!("http://{address}")).token(TOKEN).build().unwrap();
    let customer = client.customers().create(&CustomerInput::new().name("Ada")).send_blocking().unwrap().data;
    process.kill().unwrap();
    process.wait().unwrap();

    let failed = client.customers().get(id_of(&customer)).send_blocking().unwrap_err();
    assert!(
        matches!(failed, Error::Transport(TransportError { fault: TransportFault::Connect { .. }, .. })),
        "{failed:?}"
    );
    assert!(failed.to_string().contains(&address), "{failed}");
    assert_eq!((failed.status(), failed.api()), (None, None));

    let (mut process, _) = serve_at(&address, &database);
    assert_eq!(client.customers().get(id_of(&customer)).send_blocking().unwrap().data, customer);
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn the_client_reads_and_writes_metadata() {
    let server = Server::start();
    let client = client(&server);
    let tier = AttributeMetadata::chosen_from(["gold", "silver"]).display_name("Loyalty");
    let input = MetadataInput::default().property("tierStr", tier);
    let written = wait_for(async { client.metadata().put("customer", &input).await }).unwrap().data;
    let read = wait_for(async { client.metadata().get("customer").await }).unwrap().data;
    assert_eq!(read, written);
    let tier = &read.attributes.properties.value().unwrap()["tierStr"];
    assert_eq!(tier.display_name.value().map(String::as_str), Some("Loyalty"));
    assert_eq!(tier.kind.value().map(String::as_str), Some("string"));
}
