//! What an erased customer leaves: a word is planted in everything that a client chooses, and looked for in every file,
//! index, backup and log afterwards.

use std::fs;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::backup::goes_well;
use crate::erase::wait_for;
use crate::place::{self, Place};
use crate::secrets::serve_logging;
use crate::server::{TOKEN, http};
use crate::sqlite_file;

/// What every planted word begins with.
const MARK: &str = "zqx";

/// A customer with a word of its own in every attribute, key, tag and identity.
fn planted(state: &str) -> Value {
    let word = |what: &str| format!("{MARK}{what}{state}");
    let site = |what: &str| format!("https://{}.example/", word(what));
    let digits: String = state.bytes().map(|byte| (byte % 10).to_string()).collect();
    json!({
        "name": word("name"), "username": word("username"), "externalId": word("externalid"),
        "avatarUrl": site("avatar"),
        "externalIds": [{ "externalId": word("externalids") }],
        "sharedExternalIds": [{ "externalId": word("sharedexternalids") }],
        "emails": [{ "email": format!("{}@acme.example", word("email")) }],
        "sharedEmails": [{ "email": format!("{}@acme.example", word("sharedemail")) }],
        "phones": [{ "phone": format!("+1415{digits}77") }],
        "facebookIds": [{ "pageId": word("facebookpage"), "userId": word("facebookuser"), "name": word("facebookname") }],
        "instagramIds": [{ "pageId": word("instapage"), "threadId": word("instathread"), "username": word("instaname") }],
        "socials": [{ "type": "twitter", "username": word("socialname"), "userid": word("socialid"), "url": site("social") }],
        "sharedSocials": [{ "type": "linkedin", "username": word("sharedsocial") }],
        "urls": [{ "url": site("url") }],
        "locations": [{ "name": word("place"), "address": word("street"), "address2": word("floor"), "countryName": word("country"),
            "regionName": word("region"), "cityName": word("city"), "zipCode": word("zip") }],
        "custom": {
            format!("{}Str", word("keystr")): word("str"), format!("{}Txt", word("keytxt")): word("txt"),
            format!("{}Url", word("keyurl")): site("customurl"), format!("{}Num", word("keynum")): 12.5,
            format!("{}Bool", word("keybool")): true, "sharedStr": word("sharedstr"),
        },
        "tags": [word("tag")],
    })
}

/// A kobject with a word of its own in every attribute.
fn planted_order(state: &str) -> Value {
    let word = |what: &str| format!("{MARK}{what}{state}");
    json!({
        "title": word("ordertitle"), "externalId": word("orderid"), "description": word("ordertext"), "icon": word("ordericon"),
        "images": [format!("https://{}.example/", word("orderimage"))],
        "data": { word("orderkey"): word("orderdata") }, "custom": { "noteTxt": word("ordernote") }, "tags": [word("tagorder")],
    })
}

/// A tracked event, with a word of its own in each stored part.
fn tracked(state: &str) -> Value {
    let word = |what: &str| format!("{MARK}{what}{state}");
    json!({
        "trackingId": format!("{MARK}visitor"), "sessionId": word("visit"), "name": word("did"),
        "meta": { format!("{}Str", word("metakey")): word("metastr"), word("metafree"): word("metatext") },
    })
}

/// Whether a planted word is in a text. Each continues with letters: three bytes alone are met by chance among a megabyte of hashes
/// and salts.
fn holds_a_word(text: &str) -> bool {
    text.match_indices(MARK).any(|(at, mark)| {
        let rest = text.as_bytes()[at + mark.len()..].iter().take(3);
        rest.filter(|byte| byte.is_ascii_lowercase()).count() == 3
    })
}

#[test]
fn nothing_that_was_derived_from_an_erased_customer_is_in_a_file_an_index_a_backup_or_a_log() {
    let place = Place::lasting();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (mut process, url) = serve_logging(place.url(), &log);
    let client = http().timeout(Duration::from_secs(60)).build().unwrap();
    let mut number = 0;
    let mut call = |method: Method, path: &str, body: Value| {
        number += 1;
        let headers = [("x-request-id", "request"), ("idempotency-key", "idempotency"), ("user-agent", "agent")];
        let headers = headers.map(|(name, word)| (name, format!("{MARK}{word}{number}")));
        let request = client.request(method, format!("{url}{path}")).bearer_auth(TOKEN).json(&body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let answer = request.send().unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().unwrap_or_default())
    };
    let kept =
        json!({ "name": "Grace", "emails": [{ "email": "grace@acme.example" }], "custom": { "sharedStr": "kept" } });
    let kept = client.post(format!("{url}/v1/customers")).bearer_auth(TOKEN).json(&kept).send().unwrap();
    let kept: Value = kept.json().unwrap();
    // A klass is nobody's, and keeps the id of the request that created it.
    let klass = json!({ "name": "order" });
    client
        .post(format!("{url}/v1/klasses"))
        .bearer_auth(TOKEN)
        .json(&klass)
        .send()
        .unwrap()
        .error_for_status()
        .unwrap();
    let (status, customer) = call(Method::POST, "/v1/customers", planted("0"));
    assert_eq!(status, 201, "{customer}");
    let path = customer["data"]["links"]["self"].as_str().unwrap();
    let search = "/v1/customers/search";
    let senders = "/v1/spam/senders";
    let spam = |sender: &str, channel: &str| json!({ "sender": sender, "channel": channel, "list": "blacklist" });
    let of_name = |name: &str| json!({ "and": [{ "customer_name": { "contains": name } }] });
    for (method, path, body, expected) in [
        (Method::POST, search.to_owned(), of_name("zqxsearch1"), 200),
        (Method::POST, format!("{search}?cursor=*"), of_name("zqxname0"), 200),
        (Method::PATCH, path.to_owned(), planted("1"), 200),
        (Method::POST, "/v1/customers".to_owned(), planted("1"), 409),
        (Method::POST, "/v1/customers".to_owned(), json!({ "zqxunknown1": "zqxvalue1" }), 400),
        (Method::POST, "/v1/customers".to_owned(), json!({ "custom": { "zqxwrong1Num": "zqxnumber1" } }), 400),
        (Method::POST, "/v1/customers".to_owned(), json!({ "custom": { "zqxsuffix1": "zqxnumber1" } }), 400),
        (Method::GET, "/v1/customers/email=zqxemail1@acme.example".to_owned(), Value::Null, 200),
        (Method::GET, "/v1/customers/externalId=zqxnobody1".to_owned(), Value::Null, 404),
        (Method::GET, "/v1/customers?cursor=zqxcursor1".to_owned(), Value::Null, 400),
        (Method::PUT, path.to_owned(), planted("2"), 200),
        (
            Method::POST,
            search.to_owned(),
            json!({ "and": [{ "customer_custom_zqxkeystr2Str": { "equals": "zqxstr2" } }] }),
            200,
        ),
        (Method::POST, format!("{path}/klasses/order"), planted_order("1"), 201),
        (Method::POST, format!("{path}/klasses/order"), planted_order("2"), 201),
        (Method::POST, format!("{path}/klasses/order"), planted_order("1"), 409),
        (Method::POST, format!("{path}/klasses/order"), json!({ "zqxunknown2": "zqxvalue2" }), 400),
        (Method::GET, "/v1/klasses/order/externalId=zqxorderid1".to_owned(), Value::Null, 200),
        (Method::POST, "/v1/tracking/event".to_owned(), tracked("1"), 204),
        (
            Method::POST,
            "/v1/tracking/identityEvent".to_owned(),
            json!({ "identity": { "email": "zqxemail2@acme.example", "trackingId": "zqxvisitor" }, "event": tracked("2") }),
            201,
        ),
        (Method::POST, "/v1/tracking/event".to_owned(), tracked("3"), 204),
        (Method::PUT, senders.to_owned(), spam("zqxemail2@acme.example", "email"), 200),
        (Method::PUT, senders.to_owned(), spam("zqxsocialname1", "twitter-dm"), 200),
        (Method::DELETE, path.to_owned(), Value::Null, 204),
        (Method::POST, format!("{path}/restore"), json!({}), 200),
    ] {
        let (status, answer) = call(method.clone(), &path, body);
        assert_eq!(status, expected, "{method} {path}: {answer}");
    }
    // Enough revisions for states that are kept whole.
    for state in 3..36 {
        let (status, answer) = call(Method::PATCH, path, planted(&state.to_string()));
        assert_eq!(status, 200, "{answer}");
    }
    // A former state, and one that is deleted.
    let orders = client.get(format!("{url}{path}/klasses/order")).bearer_auth(TOKEN).send().unwrap();
    let orders = orders.json::<Value>().unwrap()["data"].as_array().unwrap().clone();
    for (order, (method, body)) in orders.iter().zip([(Method::PUT, planted_order("3")), (Method::DELETE, Value::Null)])
    {
        let (status, answer) = call(method, order["links"]["self"].as_str().unwrap(), body);
        assert!(matches!(status, 200 | 204), "{status}: {answer}");
    }
    // A deleted sender with an address that it had is erased, too; the senders of others stay.
    let (_, listed) = call(Method::PUT, senders, spam("zqxemail3@acme.example", "email"));
    let listed = format!("{senders}/{}", listed["data"]["id"].as_str().unwrap());
    assert_eq!(call(Method::DELETE, &listed, Value::Null).0, 204);
    let grace = client.put(format!("{url}{senders}")).bearer_auth(TOKEN).json(&spam("grace@acme.example", "email"));
    assert_eq!(grace.send().unwrap().status(), 200);
    // Other systems post about it: what came before stays, the rest is erased with it.
    let shop = client.post(format!("{url}/v1/inbound-webhooks")).bearer_auth(TOKEN).json(&json!({ "name": "Shop" }));
    let shop = shop.send().unwrap().json::<Value>().unwrap();
    let address = format!("{}/address", shop["data"]["links"]["self"].as_str().unwrap());
    let address = call(Method::GET, &address, Value::Null).1["path"].as_str().unwrap().to_owned();
    let posted = json!({ "buyer": "zqxemail34@acme.example", "order": { "zqxpostedkey1": "zqxposted1" } });
    for body in [json!({ "order": 7 }), posted, json!({ "order": "zqxposted2" })] {
        client.post(format!("{url}{address}")).json(&body).send().unwrap().error_for_status().unwrap();
    }
    let before = place::traces(place.url(), MARK);
    assert!(before.iter().any(|word| word.contains("zqxposted2")), "{before:?}");
    assert!(before.len() > 200, "planted words are found at first: {before:?}");

    place::analyze(place.url());
    let (status, answer) = call(Method::POST, &format!("{path}/erase"), Value::Null);
    assert_eq!(status, 204, "{answer}");
    wait_for("the sweep", || {
        let metrics = client.get(format!("{url}/metrics")).send().unwrap().text().unwrap();
        metrics.lines().any(|line| line == "kustodian_scrub_pending 0")
    });
    // A tag is a record of its own, and stays: docs/history.md.
    let is_tag = |word: &String| word.contains(&format!("{MARK}tag"));
    let left = || place::traces(place.url(), MARK).into_iter().filter(|word| !is_tag(word));
    assert!(place::traces(place.url(), MARK).iter().any(is_tag));
    assert_eq!(left().filter(|word| !place::is_in_free_space(word)).collect::<Vec<_>>(), Vec::<String>::new());
    let rows = place::everything(place.url());
    let rows: Vec<&str> = rows.lines().filter(|row| holds_a_word(&row.replace(&format!("{MARK}tag"), ""))).collect();
    assert_eq!(rows, Vec::<&str>::new(), "in the rows of tables, and so in a dump");
    place::rewrite(place.url());
    assert_eq!(left().collect::<Vec<_>>(), Vec::<String>::new());

    let backup = folder.path().join("backup.db");
    goes_well(&["backup", backup.to_str().unwrap(), "--database", place.url()]);
    let left = sqlite_file::traces(backup.to_str().unwrap(), MARK);
    assert_eq!(left.into_iter().filter(|word| !is_tag(word)).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(goes_well(&["check", "--database", place.url()])["findings"].as_array().unwrap().is_empty());

    // Nobody else lost anything, and the search knows it.
    let found = |body: Value| {
        let request = client.post(format!("{url}{search}")).bearer_auth(TOKEN).json(&body);
        request.send().unwrap().json::<Value>().unwrap()["data"].clone()
    };
    assert_eq!(found(json!({ "and": [{ "customer_custom_sharedStr": { "equals": "kept" } }] })), json!([kept["data"]]));
    assert_eq!(found(of_name("zqxname35")), json!([]));
    let kept = client.get(format!("{url}{senders}")).bearer_auth(TOKEN).send().unwrap().json::<Value>().unwrap();
    let kept: Vec<&Value> = kept["data"].as_array().unwrap().iter().map(|it| &it["attributes"]["sender"]).collect();
    assert_eq!(kept, ["grace@acme.example"]);

    std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    process.wait().unwrap();
    let log = fs::read_to_string(&log).unwrap();
    // Which request a line is about is known by the id that the client chose: docs/operating.md.
    let is_told = |line: &&str| line.replace(&format!("{MARK}request"), "").contains(MARK);
    assert_eq!(log.lines().filter(is_told).collect::<Vec<_>>(), Vec::<&str>::new());
}
