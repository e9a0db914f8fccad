//! Companies: their attributes, identities and lists, deletion and restoring.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, TOKEN};

const PATH: &str = "/v1/companies";

fn path_of(company: &Value) -> String {
    format!("{PATH}/{}", company["id"].as_str().unwrap())
}

fn create(server: &Server, body: Value) -> Value {
    server.post(PATH, body).expect(201).data().clone()
}

fn names(answer: &Answer) -> Vec<String> {
    let companies = answer.data().as_array().unwrap().iter();
    companies.map(|company| company["attributes"]["name"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn full_company() -> Value {
    json!({
        "name": "Acme",
        "externalId": "crm-1",
        "avatarUrl": "https://acme.example/logo.png",
        "emails": [{ "type": "work", "email": "Office@acme.example", "verified": true }],
        "phones": [{ "phone": "+18005551212" }],
        "whatsapps": [{ "phone": "+18005551212" }],
        "socials": [{ "type": "linkedin", "username": "acme" }],
        "urls": [{ "url": "https://acme.example" }],
        "domains": [{ "domain": "acme.example" }],
        "locations": [{ "cityName": "Berlin", "countryCode": "DE" }],
        "employeeCount": 120,
        "tags": ["partner"],
        "custom": { "tierStr": "gold", "scoreNum": 1.5 },
        "defaultLang": "en_us",
        "createdAt": "2020-01-02T03:04:05.000Z",
        "importedAt": "2021-01-02T03:04:05.000Z",
    })
}

#[test]
fn a_company_is_answered_as_it_was_written() {
    let server = Server::start();
    let company = create(&server, full_company());
    let attributes = &company["attributes"];
    assert_eq!(company["type"], "company");
    assert_eq!(company["links"]["self"], path_of(&company));
    assert_eq!(attributes["emails"][0]["email"], "office@acme.example");
    assert_eq!(attributes["whatsapps"][0]["phone"], "whatsapp:+18005551212");
    assert_eq!(attributes["socials"][0]["username"], "acme");
    assert_eq!(attributes["domains"], json!([{ "domain": "acme.example", "id": null }]));
    for name in ["name", "externalId", "avatarUrl", "employeeCount", "custom", "defaultLang", "createdAt", "importedAt"]
    {
        assert_eq!(attributes[name], full_company()[name], "{name}");
    }
    assert_eq!((&attributes["rev"], &attributes["deleted"]), (&json!(1), &json!(false)));
    let tag = attributes["tags"][0].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/tags/{tag}")).expect(200).data()["attributes"]["name"], "partner");
    for of in ["org", "createdBy", "modifiedBy"] {
        assert!(company["relationships"][of]["data"]["id"].is_string(), "{of}");
    }
    assert_eq!(server.get(&path_of(&company)).expect(200).data(), &company);
}

#[test]
fn put_merges_the_input_and_keeps_the_rest() {
    let server = Server::start();
    let path = path_of(&create(&server, full_company()));
    let changes =
        json!({ "name": "Acme Ltd", "custom": { "tierStr": null, "siteUrl": "https://a.example" }, "urls": [] });
    let changed = server.put(&path, changes).expect(200).data()["attributes"].clone();
    assert_eq!(changed["name"], "Acme Ltd");
    assert_eq!(changed["urls"], json!([]));
    assert_eq!(changed["custom"], json!({ "tierStr": null, "scoreNum": 1.5, "siteUrl": "https://a.example" }));
    assert_eq!((&changed["employeeCount"], &changed["rev"]), (&json!(120), &json!(2)));
    let cleared = server.put(&path, json!({ "externalId": null, "avatarUrl": "" })).expect(200);
    assert_eq!(cleared.data()["attributes"]["externalId"], Value::Null);
    assert_eq!(cleared.data()["attributes"]["avatarUrl"], Value::Null);

    assert_eq!(server.put(&path, json!({ "name": "x", "rev": 2 })).status, 400, "a name has three characters or more");
    assert_eq!(server.put(&path, json!({ "name": "late", "rev": 2 })).expect(409).parameter(), "rev");
    server.put(&path, json!({ "name": "in time", "rev": 3 })).expect(200);
}

#[test]
fn the_answer_of_a_company_is_accepted_back() {
    let server = Server::start();
    let company = create(&server, full_company());
    let mut attributes = company["attributes"].clone();
    for read_only in kustomer_api::company::READ_ONLY_ON_UPDATE {
        attributes.as_object_mut().unwrap().remove(read_only.name);
    }
    let again = server.put(&path_of(&company), attributes.clone()).expect(200).data()["attributes"].clone();
    for (name, value) in attributes.as_object().unwrap().iter().filter(|(name, _)| *name != "rev") {
        assert_eq!(&again[name], value, "{name}");
    }
}

#[test]
fn an_external_id_belongs_to_one_company_and_a_name_may_belong_to_several() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme", "externalId": "crm-1" }));
    create(&server, json!({ "name": "ACME" }));
    let refused = server.post(PATH, json!({ "name": "Other", "externalId": "crm-1" })).expect(409);
    assert_eq!(refused.parameter(), "externalId");
    assert_eq!(refused.body["errors"][0]["meta"]["pointer"], "/externalId");
    assert_eq!(refused.body["errors"][0]["meta"]["company"], acme["id"]);
    // A company's external id is no customer's.
    server.create(json!({ "externalId": "crm-1" }));

    let by_id = server.get(&format!("{PATH}?externalId=crm-1")).expect(200);
    assert_eq!(names(&by_id), ["Acme"]);
    assert_eq!(names(&server.get(&format!("{PATH}?externalId=crm-2")).expect(200)), Vec::<String>::new());
    let by_name = server.get(&format!("{PATH}?filter=acme")).expect(200);
    assert_eq!(names(&by_name), ["Acme", "ACME"]);
    let page = server.get(&format!("{PATH}?filter=acme&pageSize=1")).expect(200);
    let next = page.body["links"]["next"].as_str().unwrap();
    assert_eq!(names(&server.get(next).expect(200)), ["ACME"]);
    let both = server.get(&format!("{PATH}?filter=acme&externalId=nobody")).expect(200);
    assert_eq!(names(&both).len(), 2, "both together are ignored");

    create(&server, json!({ "name": "a\u{0}b" }));
    assert_eq!(names(&server.get(&format!("{PATH}?filter=A%00B")).expect(200)), ["a\u{0}b"]);

    server.put(&path_of(&acme), json!({ "name": "Initech" })).expect(200);
    assert_eq!(names(&server.get(&format!("{PATH}?filter=acme")).expect(200)), ["ACME"]);
}

#[test]
fn deleted_deletes_frees_the_external_id_and_restores() {
    let server = Server::start();
    let path = path_of(&create(&server, json!({ "name": "Acme", "externalId": "crm-1" })));
    server.put(&path, json!({ "deleted": true })).expect(200);
    server.get(&path).expect(404);
    server.put(&path, json!({ "name": "Gone" })).expect(404);
    server.put(&path, json!({ "name": "Gone", "rev": 1 })).expect(404);
    server.put(&path, json!({ "deleted": false, "rev": 1 })).expect(409);
    for list in ["", "?externalId=crm-1", "?filter=Acme"] {
        assert_eq!(names(&server.get(&format!("{PATH}{list}")).expect(200)), Vec::<String>::new(), "{list}");
    }
    let other = create(&server, json!({ "name": "Other", "externalId": "crm-1" }));
    server.put(&path, json!({ "deleted": false })).expect(409);
    server.put(&path_of(&other), json!({ "externalId": null })).expect(200);
    let restored = server.put(&path, json!({ "deleted": null, "name": "Back" })).expect(200);
    assert_eq!(restored.data()["attributes"]["deleted"], false);
    assert_eq!(names(&server.get(&format!("{PATH}?externalId=crm-1")).expect(200)), ["Back"]);
}

#[test]
fn wrong_attributes_are_named() {
    let server = Server::start();
    let long = "x".repeat(257);
    let eleven: Vec<Value> = (0..11).map(|at| json!({ "domain": format!("{at}.example") })).collect();
    for (body, parameter) in [
        (json!({}), "name"),
        (json!({ "name": "ab" }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "name": "Acme", "externalId": "x".repeat(257) }), "externalId"),
        (json!({ "name": "Acme", "domains": eleven }), "domains"),
        (json!({ "name": "Acme", "domains": [{ "domain": 1 }] }), "domains"),
        (json!({ "name": "Acme", "employeeCount": "12" }), "employeeCount"),
        (json!({ "name": "Acme", "custom": { "tier": "gold" } }), "custom"),
        (json!({ "name": "Acme", "deleted": false }), "deleted"),
        (json!({ "name": "Acme", "unknown": 1 }), "unknown"),
    ] {
        let refused = server.post(PATH, body.clone()).expect(400);
        assert!(refused.body.to_string().contains(parameter), "{body}: {}", refused.body);
    }
    assert_eq!(names(&server.get(PATH).expect(200)), Vec::<String>::new());
}

#[test]
fn a_customer_is_linked_to_a_company_that_is_there() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme" }));
    let customer = server.create(json!({ "name": "Ada", "company": acme["id"] }));
    let linked = &customer["relationships"]["company"];
    assert_eq!(linked["data"], json!({ "type": "company", "id": acme["id"] }));
    assert_eq!(customer["attributes"]["companyName"], "Acme");
    server.get(linked["links"]["self"].as_str().unwrap()).expect(200);

    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    let nobody = json!({ "company": "5c7d1a1f9a1b2c0010a1b2c3" });
    for refused in [server.post("/v1/customers", nobody.clone()), server.patch(&path, nobody.clone())] {
        assert_eq!(refused.expect(400).parameter(), "company");
    }
    assert_eq!(
        server.patch(&path, json!({ "company": null })).expect(200).data()["relationships"].get("company"),
        None
    );

    // A deleted company is none, and those who have it keep it.
    let kept = server.create(json!({ "company": acme["id"] }));
    server.put(&path_of(&acme), json!({ "deleted": true })).expect(200);
    assert_eq!(server.patch(&path, json!({ "company": acme["id"] })).expect(400).parameter(), "company");
    let kept = server.get(kept["links"]["self"].as_str().unwrap()).expect(200);
    assert_eq!(kept.data()["relationships"]["company"]["data"]["id"], acme["id"]);

    let server = Server::start_with(&["--unknown-companies", "keep"]);
    let moved = server.post("/v1/customers", nobody.clone()).expect(201);
    let linked = &moved.data()["relationships"]["company"];
    assert_eq!((&linked["data"]["id"], linked.get("links")), (&nobody["company"], None));
}

#[test]
fn a_name_links_the_only_company_that_has_it_for_those_who_may_read_companies() {
    let server = Server::on_file();
    let initech = create(&server, json!({ "name": "Initech" }));
    let company = |customer: &Value| {
        let linked = customer["relationships"]["company"]["data"]["id"].clone();
        (linked, customer["attributes"]["companyName"].clone())
    };
    let by_name = json!({ "company": " initech " });
    assert_eq!(company(&server.create(by_name.clone())), (initech["id"].clone(), json!("Initech")));
    let token = server.token("demo", &["org.user.customer"]);
    let created = server.call_as(&token, Method::POST, "/v1/customers", Some(by_name.clone())).expect(201);
    assert_eq!(company(created.data()), (Value::Null, json!(" initech ")), "what it may not read it does not learn");
    create(&server, json!({ "name": "INITECH" }));
    assert_eq!(company(&server.create(by_name)), (Value::Null, json!(" initech ")), "two have it");
}

#[test]
fn a_company_that_is_deleted_while_customers_are_linked_to_it_has_no_customer_from_after() {
    let server = Server::on_file();
    for _ in 0..5 {
        let acme = create(&server, json!({ "name": "Acme" }));
        let path = path_of(&acme);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let link = || server.post("/v1/customers", json!({ "company": acme["id"] })).status;
            let linking: Vec<_> = (0..6).map(|_| scope.spawn(link)).collect();
            server.put(&path, json!({ "deleted": true })).expect(200);
            linking.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|status| [201, 400].contains(status)), "{statuses:?}");
        assert_eq!(server.post("/v1/customers", json!({ "company": acme["id"] })).status, 400);
    }
}

#[test]
fn include_answers_the_companies_of_customers_beside_them() {
    let server = Server::on_file();
    let (acme, initech) = (create(&server, full_company()), create(&server, json!({ "name": "Initech" })));
    let of = |company: &Value, number: u8| {
        server.create(json!({
            "name": format!("Customer {number}"), "company": company["id"], "externalId": format!("x{number}"),
            "emails": [{ "email": format!("c{number}@b.c") }], "phones": [{ "phone": format!("+180055512{number}0") }],
        }))
    };
    let (ada, eve, bob) = (of(&acme, 1), of(&acme, 2), of(&initech, 3));
    let alone = server.create(json!({ "name": "alone", "company": "Nobody knows it" }));
    let id = |customer: &Value| customer["id"].as_str().unwrap().to_owned();

    let one = format!("/v1/customers/{}", id(&ada));
    let past = format!("{one}?rev=1");
    for path in
        [&one, "/v1/customers/email=c1@b.c", "/v1/customers/phone=%2B18005551210", "/v1/customers/externalId=x1", &past]
    {
        let plain = server.get(path).expect(200);
        assert_eq!(plain.body.get("included"), None, "{path}");
        let sign = if path.contains('?') { '&' } else { '?' };
        for include in ["company", "company,conversations", "conversations,%20company"] {
            let answer = server.get(&format!("{path}{sign}include={include}")).expect(200);
            assert_eq!((answer.data(), &answer.body["included"]), (plain.data(), &json!([acme])), "{path} {include}");
        }
        assert_eq!(server.get(&format!("{path}{sign}include=conversations")).expect(200).text, plain.text, "{path}");
    }
    let none = server.get(&format!("/v1/customers/{}?include=company", id(&alone))).expect(200);
    assert_eq!(none.body["included"], json!([]));

    // Lists have each once, in the order of the customers, and their links continue with it.
    let many = format!("/v1/customers/{}", [id(&bob), id(&ada), id(&eve), id(&alone)].join(","));
    assert_eq!(server.get(&format!("{many}?include=company")).expect(200).body["included"], json!([initech, acme]));
    for walk in ["page=1", "cursor=*", "cursor=*&sort=-createdAt", "filter%5BcreatedAt%5D%5Bgte%5D=2020-01-01"] {
        let all = server.get(&format!("/v1/customers?include=company&{walk}")).expect(200);
        let mut included = all.body["included"].as_array().unwrap().clone();
        included.sort_by_key(|company| company["attributes"]["name"].as_str().map(str::to_owned));
        assert_eq!(json!(included), json!([acme, initech]), "{walk}");
        let page = server.get(&format!("/v1/customers?include=company&pageSize=1&{walk}")).expect(200);
        let next = server.get(page.body["links"]["next"].as_str().unwrap()).expect(200);
        assert!(next.body["included"].is_array(), "{walk}");
        assert_eq!(server.get(&format!("/v1/customers?{walk}")).expect(200).body.get("included"), None);
    }

    // A state is one of the customer and of its company together.
    let tag = |answer: &Answer| answer.header("etag").to_owned();
    let read = format!("{one}?include=company");
    let (before, plain) = (tag(&server.get(&read)), tag(&server.get(&one)));
    let again = server.request(Method::GET, &read).bearer_auth(TOKEN).header("if-none-match", &before);
    Answer::of(again).expect(304);
    server.put(&path_of(&acme), json!({ "employeeCount": 9 })).expect(200);
    assert_ne!(tag(&server.get(&read)), before);
    assert_eq!(tag(&server.get(&one)), plain);

    // A company that is deleted, or may not be read, is not there.
    let token = server.token("demo", &["org.user.customer.read"]);
    for path in [&read, "/v1/customers?include=company", &format!("{many}?include=company")] {
        let answer = server.call_as(&token, Method::GET, path, None).expect(200);
        assert_eq!(answer.body["included"], json!([]), "{path}");
    }
    server.put(&path_of(&acme), json!({ "deleted": true })).expect(200);
    assert_eq!(server.get(&read).expect(200).body["included"], json!([]));
}
