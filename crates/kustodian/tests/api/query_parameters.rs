//! The query string: page sizes, empty values, booleans as other languages write them, and parameters nobody knows.

use serde_json::{Value, json};

use crate::server::{Answer, Server};

const SEARCH: &str = "/v1/customers/search";

#[test]
fn a_page_holds_up_to_1000_and_says_how_many_were_taken() {
    let server = Server::start();
    let customer = server.create(json!({ "tags": ["vip"] }));
    let own = customer["links"]["self"].as_str().unwrap();
    let user = customer["relationships"]["createdBy"]["data"]["id"].as_str().unwrap();
    let lists = [
        "/v1/customers".to_owned(),
        format!("/v1/customers/{user},{}", customer["id"].as_str().unwrap()),
        format!("{own}/history"),
        format!("{own}/messages"),
        "/v1/users".to_owned(),
        format!("/v1/users/{user},{user}"),
        "/v1/tags".to_owned(),
        "/v1/teams".to_owned(),
        "/v1/shortcuts".to_owned(),
        "/v1/auth/tokens".to_owned(),
        "/v1/events".to_owned(),
    ];
    for (asked, taken) in
        [("1000", 1000), ("1001", 1000), ("99999999999999999999", 1000), ("7", 7), ("0", 100), ("", 100)]
    {
        for list in &lists {
            let answer = server.get(&format!("{list}?pageSize={asked}")).expect(200);
            assert_eq!(answer.body["meta"]["pageSize"], taken, "{list}, {asked}");
            let link = answer.body["links"]["self"].as_str().unwrap();
            assert!(link.contains(&format!("pageSize={taken}")), "{link}");
        }
        let audit = server.get(&format!("/v1/audit-logs?count={asked}")).expect(200);
        assert_eq!(audit.body["meta"]["count"], taken, "{asked}");
        let searched = if asked == "0" { 0 } else { taken };
        let found = server.post(&format!("{SEARCH}?pageSize={asked}"), json!({})).expect(200);
        assert_eq!(found.body["meta"]["pageSize"], searched, "{asked}");
        assert!(found.body["links"]["self"].as_str().unwrap().contains(&format!("pageSize={searched}")));
        assert_eq!(found.data().as_array().unwrap().is_empty(), asked == "0", "0 only counts");
        assert_eq!(found.body["meta"]["total"], 1);
        let walked = server.get(&format!("/v1/customers?cursor=*&pageSize={asked}")).expect(200);
        assert_eq!((&walked.body["meta"]["pageSize"], walked.ids().len()), (&json!(taken), 1), "{asked}");
    }
    for wrong in ["-1", "x", "1.5", "+1", "0x10"] {
        for list in &lists {
            let refused = server.get(&format!("{list}?pageSize={wrong}")).expect(400);
            assert_eq!(refused.parameter(), "pageSize", "{list}, {wrong}");
        }
    }
}

#[test]
fn more_than_500_customers_come_on_one_page() {
    let server = Server::start();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..64).for_each(|_| drop(server.create(json!({})))));
        }
    });
    assert_eq!(server.get("/v1/customers?pageSize=1000").expect(200).ids().len(), 512);
    assert_eq!(server.post(&format!("{SEARCH}?pageSize=1000"), json!({})).expect(200).ids().len(), 512);
    assert_eq!(server.post(&format!("{SEARCH}?cursor=*&pageSize=1000"), json!({})).expect(200).ids().len(), 512);
    let page = server.get("/v1/customers?pageSize=511").expect(200);
    let last = server.get(page.body["links"]["next"].as_str().unwrap()).expect(200);
    assert_eq!((page.ids().len(), last.ids().len()), (511, 1));
}

#[test]
fn an_empty_value_is_an_absent_parameter() {
    let server = Server::start();
    server.create(json!({}));
    for list in ["/v1/customers?page=&pageSize=&sort=&cursor=", "/v1/users?userType=&deleted=&email=&page="] {
        assert_eq!(server.get(list).expect(200).body["meta"]["pageSize"], 100, "{list}");
    }
    server.get("/v1/customers?email=").expect(200);
    assert_eq!(server.post(&format!("{SEARCH}?page=&idsOnly=&total=&id="), json!({})).expect(200).ids().len(), 1);
    // On a write, too: it is done.
    server.post("/v1/customers?validateOnly=", json!({})).expect(201);
    assert_eq!(server.get("/v1/customers").expect(200).ids().len(), 2);
}

#[test]
fn a_parameter_with_two_values_is_refused() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada" }));
    let path = customer["links"]["self"].as_str().unwrap();
    let refused = server.put(&format!("{path}?replace=true&replace=false"), json!({})).expect(400);
    assert_eq!(refused.parameter(), "replace");
    assert_eq!(server.get("/v1/customers?page=1&page=2").expect(400).parameter(), "page");
    assert_eq!(server.get("/v1/customers?page=1&page=1&page=").expect(200).ids().len(), 1);
    // Nothing is stored if either value asks for that.
    server.post("/v1/customers?validateOnly=true&validateOnly=false", json!({})).expect(201);
    assert_eq!(server.get("/v1/customers").expect(200).ids().len(), 1);
    let lenient = Server::start_with(&["--lenient-query"]);
    lenient.get("/v1/customers?page=1&page=2").expect(200);
}

#[test]
fn a_leap_second_is_refused_wherever_a_moment_is_read() {
    const LEAP: &str = "2016-12-31T23:59:60Z";
    let server = Server::start();
    let made = server.create(json!({}));
    let path = made["links"]["self"].as_str().unwrap();
    server.get(&format!("{path}?asOf={LEAP}")).expect(400);
    server.get(&format!("/v1/events?since={LEAP}")).expect(400);
    for moment in [LEAP, "2016-12-31 23:59:60+0000"] {
        let body = json!({ "and": [{ "customer_created_at": { "gte": moment } }] });
        let refused = server.post(SEARCH, body).expect(400);
        assert!(refused.error()["meta"]["pointer"].as_str().unwrap().starts_with("/and/0"), "{}", refused.text);
    }
}

#[test]
fn booleans_are_read_in_any_case_and_as_numbers() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "Ada", "gender": "f", "tags": ["vip"] }));
    let path = customer["links"]["self"].as_str().unwrap();
    for (written, is_true) in
        [("true", true), ("True", true), ("TRUE", true), ("1", true), ("false", false), ("False", false), ("0", false)]
    {
        let ids = server.post(&format!("{SEARCH}?idsOnly={written}"), json!({})).expect(200);
        assert_eq!(ids.data()[0].get("attributes").is_none(), is_true, "{written}");
        for (list, all) in [("/v1/users", 1), ("/v1/tags", 1)] {
            let found = server.get(&format!("{list}?deleted={written}")).expect(200);
            assert_eq!(found.ids().len(), if is_true { 0 } else { all }, "{list}, {written}");
        }
        server.patch(path, json!({ "gender": "f" })).expect(200);
        let put = server.put(&format!("{path}?replace={written}"), json!({ "name": "Ada" })).expect(200);
        assert_eq!(put.attributes().get("gender").is_none_or(Value::is_null), is_true, "{written}");
    }
    for wrong in ["yes", "2", "tru", "null"] {
        assert_eq!(server.get(&format!("/v1/tags?deleted={wrong}")).expect(400).parameter(), "deleted");
        assert_eq!(server.post(&format!("{SEARCH}?idsOnly={wrong}"), json!({})).expect(400).parameter(), "idsOnly");
    }
    for list in ["/v1/teams", "/v1/shortcuts"] {
        let made = ["a", "b", "c"].map(|name| server.post(list, json!({ "name": name })).expect(201));
        let ids = made.each_ref().map(|made| made.data()["id"].as_str().unwrap());
        server.delete(&format!("{list}/{}", ids[0])).expect(204);
        server.delete(&format!("{list}/{}", ids[2])).expect(204);
        assert_eq!(server.get(list).expect(200).ids(), [ids[1]]);
        assert_eq!(server.get(&format!("{list}?deleted=False")).expect(200).ids(), [ids[1]]);
        let page = server.get(&format!("{list}?deleted=1&pageSize=1")).expect(200);
        assert_eq!((page.ids(), &page.data()[0]["attributes"]["deleted"]), (vec![ids[0].to_owned()], &json!(true)));
        let next = page.body["links"]["next"].as_str().unwrap();
        assert_eq!(next, format!("{list}?page=2&pageSize=1&deleted=true"));
        assert_eq!(server.get(next).expect(200).ids(), [ids[2]]);
        assert_eq!(server.get(&format!("{list}?deleted=yes")).expect(400).parameter(), "deleted");
    }
    let tags = server.get("/v1/tags?deleted=false&pageSize=1").expect(200);
    assert_eq!(tags.body["links"]["self"], "/v1/tags?page=1&pageSize=1&deleted=false");
}

#[test]
fn what_would_narrow_an_answer_down_and_is_not_known_is_refused_by_name() {
    let server = Server::start();
    server.create(json!({ "name": "Ada" }));
    let refused = |answer: Answer, parameter: &str| {
        let answer = answer.expect(400);
        assert_eq!(answer.parameter(), parameter, "{}", answer.text);
        assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1, "{}", answer.text);
        answer.error()["message"].as_str().unwrap().to_owned()
    };
    for (path, parameter) in [
        ("/v1/customers?name=Ada", "name"),
        ("/v1/customers?updatedAt=2020-01-01", "updatedAt"),
        ("/v1/customers?pagesize=10", "pagesize"),
        ("/v1/customers?page[size]=10", "page[size]"),
        ("/v1/customers?filter[name]=Ada", "filter[name]"),
        ("/v1/tags?name=vip", "name"),
        ("/v1/teams?filter[name]=x", "filter[name]"),
        ("/v1/users?name=x", "name"),
        ("/v1/events?since=2020-01-01", "since"),
        ("/v1/audit-logs?userId=5c7d1a1f9a1b2c0010a1b2c3", "userId"),
        ("/v1/users/current?rev=1", "rev"),
    ] {
        refused(server.get(path), parameter);
    }
    let by_email = refused(server.get("/v1/customers?email=ada@acme.example"), "email");
    assert!(by_email.contains("/v1/customers/email={email}"), "{by_email}");
    let by_id = refused(server.get("/v1/customers?externalId=7"), "externalId");
    assert!(by_id.contains("/v1/customers/externalId={externalId}"), "{by_id}");
    let misspelt = refused(server.get("/v1/customers?pagesize=10"), "pagesize");
    assert!(misspelt.contains("did you mean pageSize?"), "{misspelt}");
    refused(server.post(&format!("{SEARCH}?company=x"), json!({})), "company");

    let saved = server.post(&format!("{SEARCH}?id=5c7d1a1f9a1b2c0010a1b2c3"), json!({})).expect(404);
    assert_eq!(saved.parameter(), "id");

    for harmless in ["_=1700000000", "include=company", "withIntelliAggs=true", "trackTotalHits=true"] {
        server.get(&format!("/v1/customers?{harmless}")).expect(200);
        server.post(&format!("{SEARCH}?{harmless}"), json!({})).expect(200);
    }
    server.create(json!({ "externalId": "7" }));
    server.get("/v1/customers/externalId=7?include=company").expect(200);
}

#[test]
fn a_lenient_server_ignores_unknown_parameters_but_never_a_saved_search() {
    let server = Server::start_with(&["--lenient-query"]);
    server.create(json!({}));
    assert_eq!(server.get("/v1/customers?name=Ada").expect(200).ids().len(), 1);
    server.post(&format!("{SEARCH}?company=x"), json!({})).expect(200);
    server.post(&format!("{SEARCH}?id=5c7d1a1f9a1b2c0010a1b2c3"), json!({})).expect(404);
}

#[test]
fn a_wrong_page_is_reported_once_in_one_sentence() {
    let server = Server::start();
    for query in ["page=x", "page=0", "page=x&page=x"] {
        for answer in
            [server.get(&format!("/v1/customers?{query}")), server.post(&format!("{SEARCH}?{query}"), json!({}))]
        {
            let refused = answer.expect(400);
            assert_eq!(refused.body["errors"].as_array().unwrap().len(), 1, "{}", refused.text);
            assert_eq!(refused.error()["message"], "page must be a whole number from 1");
        }
    }
}

#[test]
fn more_than_100_parameters_are_refused_instead_of_passed_over() {
    let server = Server::start();
    let customer = server.create(json!({ "name": "one" }));
    let path = customer["links"]["self"].as_str().unwrap();
    server.patch(path, json!({ "name": "two" })).expect(200);
    let padding = |count: usize| "_=1&".repeat(count);
    let past = server.get(&format!("{path}?{}rev=1", padding(99))).expect(200);
    assert_eq!(past.attributes()["name"], "one");
    let refused = server.get(&format!("{path}?{}rev=1", padding(100))).expect(400);
    assert!(refused.error()["title"].as_str().unwrap().contains("100"), "{}", refused.text);
}

#[test]
fn conditions_on_users_combine() {
    let server = Server::on_file();
    server.token("demo", &["org.user"]);
    let all = server.get("/v1/users").expect(200);
    let email = all.data()[1]["attributes"]["email"].as_str().unwrap();
    for (query, expected) in [
        ("userType=machine&deleted=false".to_owned(), all.ids()),
        ("userType=machine&deleted=False&pending=0".to_owned(), all.ids()),
        ("userType=user&deleted=false".to_owned(), Vec::new()),
        ("userType=machine&deleted=true".to_owned(), Vec::new()),
        (format!("email={email}&deleted=false"), all.ids()[1..].to_vec()),
        (format!("email={email}&deleted=true"), Vec::new()),
        (format!("email={email}&userType=limited"), Vec::new()),
    ] {
        let found = server.get(&format!("/v1/users?{query}")).expect(200);
        assert_eq!(found.ids(), expected, "{query}");
    }
}
