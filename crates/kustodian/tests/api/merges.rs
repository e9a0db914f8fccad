//! Merges of customers, what undoes them, and who may be the same person.

use kustomer_client::{Client, ObjectId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::erase::wait_for;
use crate::server::{Answer, Server, TOKEN};

const MERGES: &str = "/v1/customers/merges";

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

fn path(record: &Value) -> &str {
    record["links"]["self"].as_str().unwrap()
}

fn merge(server: &Server, source: &Value, target: &Value) -> Answer {
    server.post(MERGES, json!({ "source": source["id"], "target": target["id"] }))
}

fn undo(server: &Server, merge: &Value) -> Answer {
    server.post(&format!("{}/undo", path(merge)), json!({}))
}

/// What identifies a customer and what belongs to it, as others count it: no revision, and no moment of a change.
fn lasting(server: &Server, customer: &Value) -> Value {
    let mut record = server.get(path(customer)).expect(200).data().clone();
    for name in ["rev", "updatedAt"] {
        record["attributes"].as_object_mut().unwrap().remove(name);
    }
    record
}

/// Everything that belongs to a customer, of every kind.
struct Belongings {
    conversation: Value,
    message: Value,
    note: Value,
    kobject: Value,
    draft: Value,
    deleted: Value,
}

impl Belongings {
    fn of(server: &Server, customer: &Value, number: u32) -> Self {
        let of = path(customer);
        if server.get("/v1/klasses/name=order").status == 404 {
            server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
        }
        let make = |path: &str, body: Value| server.post(path, body).expect(201).data().clone();
        let conversation = make(&format!("{of}/conversations"), json!({ "name": format!("about {number}") }));
        let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": format!("Words {number}") });
        let message = make(&format!("{}/messages", path(&conversation)), said);
        let note = make(&format!("{}/notes", path(&conversation)), json!({ "body": format!("Thoughts {number}") }));
        let kobject = make(&format!("{of}/klasses/order"), json!({ "title": format!("Order {number}") }));
        let draft = make("/v1/drafts", json!({ "customer": customer["id"], "channel": "chat", "body": "Soon" }));
        let deleted = make(&format!("{of}/conversations"), json!({ "name": "deleted" }));
        server.delete(path(&deleted)).expect(204);
        Self { conversation, message, note, kobject, draft, deleted }
    }

    /// Waits until all of them belong to a customer.
    fn follow(&self, server: &Server, customer: &Value) {
        for record in [&self.conversation, &self.message, &self.note, &self.kobject, &self.draft] {
            let ties_to =
                || server.get(path(record)).expect(200).data()["relationships"]["customer"]["data"]["id"].clone();
            wait_for(path(record), || ties_to() == customer["id"]);
        }
        let history = format!("{}/history?pageSize=1", path(&self.deleted));
        let newest = || server.get(&history).expect(200).data()[0]["attributes"]["changes"].clone();
        wait_for("the deleted conversation", || {
            newest()["relationships"]["customer"]["after"]["data"]["id"] == customer["id"]
        });
        let listed = server.get(&format!("{}/conversations", path(customer))).expect(200).ids();
        assert!(listed.contains(&id(&self.conversation).to_owned()));
        assert!(
            server
                .get(&format!("{}/klasses/order", path(customer)))
                .expect(200)
                .ids()
                .contains(&id(&self.kobject).to_owned())
        );
    }
}

#[test]
fn a_merge_unites_two_customers_and_undoing_it_gives_both_back() {
    let server = Server::on_file();
    let source = server.create(json!({
        "name": "Ada Anastasia", "gender": "f", "emails": [{ "email": "ada@acme.example", "type": "work" }], "externalId": "crm-1",
        "phones": [{ "phone": "+1 800 555 1815" }], "tags": ["vip"], "locale": "en_US", "createdAt": "2020-01-01T00:00:00Z",
        "custom": {
            "tierStr": "goldsmith", "scoreNum": 5, "ageNum": 41, "bornAt": "1990-05-01T10:00:00Z", "vipBool": true,
            "siteUrl": "https://ada.example/",
        },
    }));
    let target = server.create(json!({
        "name": "Ada Lovelace", "gender": "m", "emails": [{ "email": "lovelace@acme.example" }], "tags": ["late"],
        "custom": {
            "tierStr": "silver", "ageNum": 30, "bornAt": "1985-05-01T10:00:00Z", "vipBool": false, "siteUrl": "https://love.example/",
        },
        "createdAt": "2021-01-01T00:00:00Z",
    }));
    let (of_source, of_target) = (Belongings::of(&server, &source, 1), Belongings::of(&server, &target, 2));
    let former = [lasting(&server, &source), lasting(&server, &target)];

    // Shown and validated, and nothing of it is stored.
    let both = json!({ "source": source["id"], "target": target["id"] });
    let more = json!({ "source": source["id"], "target": target["id"], "reason": "the same person" });
    assert_eq!(server.post(MERGES, more).expect(400).parameter(), "reason");
    let shown = server.post(&format!("{MERGES}?dryRun=true"), both.clone()).expect(200);
    let losing = shown.body["meta"]["losing"].as_array().unwrap();
    let lost = |attribute: &str| losing.iter().find(|lost| lost["attribute"] == attribute).map(|lost| &lost["value"]);
    assert_eq!((lost("name"), lost("custom.tierStr")), (Some(&json!("Ada Anastasia")), Some(&json!("goldsmith"))));
    assert_eq!((lost("emails"), lost("locale")), (None, None));
    server.post(&format!("{MERGES}?validateOnly=true"), both).expect(201);
    assert_eq!([lasting(&server, &source), lasting(&server, &target)], former);
    assert_eq!(server.get(MERGES).expect(200).ids(), [""; 0]);

    let merged = merge(&server, &source, &target).expect(201);
    assert_eq!((&merged.data()["type"], &merged.attributes()["status"]), (&json!("customer_merge"), &json!("success")));
    let ties = &merged.data()["relationships"];
    assert_eq!((&ties["source"]["data"]["id"], &ties["target"]["data"]["id"]), (&source["id"], &target["id"]));
    assert_eq!(server.get(path(merged.data())).expect(200).text, merged.text);
    let united = server.get(path(&target)).expect(200);
    let mut expected = shown.data().clone();
    for name in ["rev", "updatedAt"] {
        expected["attributes"][name] = united.attributes()[name].clone();
    }
    assert_eq!(united.data(), &expected, "what a dry run shows is what a merge does");
    let attributes = united.attributes();
    assert_eq!((&attributes["name"], &attributes["locale"]), (&json!("Ada Lovelace"), &json!("en_US")));
    assert_eq!(
        (&attributes["externalId"], &attributes["createdAt"]),
        (&json!("crm-1"), &json!("2020-01-01T00:00:00.000Z"))
    );
    let emails: Vec<&Value> = attributes["emails"].as_array().unwrap().iter().map(|item| &item["email"]).collect();
    assert_eq!(emails, [&json!("lovelace@acme.example"), &json!("ada@acme.example")]);
    let custom = &attributes["custom"];
    assert_eq!((&custom["scoreNum"], &custom["tierStr"], &custom["ageNum"]), (&json!(5), &json!("silver"), &json!(30)));
    assert_eq!(
        attributes["lostValues"],
        json!([
            { "attribute": "custom.ageNum", "customer": source["id"], "value": 41 },
            { "attribute": "custom.bornAt", "customer": source["id"], "value": "1990-05-01T10:00:00Z" },
            { "attribute": "custom.siteUrl", "customer": source["id"], "value": "https://ada.example/" },
            { "attribute": "custom.tierStr", "customer": source["id"], "value": "goldsmith" },
            { "attribute": "custom.vipBool", "customer": source["id"], "value": true },
            { "attribute": "gender", "customer": source["id"], "value": "f" },
            { "attribute": "name", "customer": source["id"], "value": "Ada Anastasia" },
        ])
    );
    assert_eq!(attributes["tags"].as_array().unwrap().len(), 2);
    assert_eq!(attributes["conversationCounts"], json!({ "done": 0, "open": 2, "snoozed": 0, "all": 2 }));

    // The source is gone, and its identities lead to the target.
    let gone = server.get(path(&source)).expect(404);
    assert_eq!(gone.error()["meta"]["mergedInto"], target["id"]);
    assert_eq!(server.get(&format!("{}?followMerge=true", path(&source))).expect(200).data()["id"], target["id"]);
    for lookup in ["email=ada@acme.example", "externalId=crm-1", "phone=18005551815"] {
        assert_eq!(server.get(&format!("/v1/customers/{lookup}")).expect(200).data()["id"], target["id"], "{lookup}");
    }
    of_source.follow(&server, &target);
    let search = |criterion: Value, deleted: bool| {
        let query = json!({ "queryContext": "customer", "and": [criterion], "includeDeleted": deleted });
        server.post("/v1/customers/search", query).expect(200)
    };
    for criterion in [
        json!({ "customer_email": { "equals": "ada@acme.example" } }),
        json!({ "customer_phone": { "equals": "18005551815" } }),
        json!({ "customer_externalId": { "equals": "crm-1" } }),
        json!({ "customer_custom_scoreNum": { "equals": 5 } }),
        json!({ "customer_locale": { "equals": "en_US" } }),
        json!({ "conversation_name": { "contains": "about 1" } }),
        json!({ "message_any_text": { "contains": "Words 1" } }),
        json!({ "note_any_text": { "contains": "Thoughts 1" } }),
        json!({ "kobject_any_text": { "contains": "Order 1" } }),
    ] {
        assert_eq!(search(criterion.clone(), false).ids(), [id(&target)], "{criterion}");
    }
    // Words and values that the merge lost lead to the target.
    let what_was_lost = || {
        [
            json!({ "customer_name": { "equals": "Ada Anastasia" } }),
            json!({ "customer_name": { "starts_with": "ada an" } }),
            json!({ "customer_custom_tierStr": { "equals": "goldsmith" } }),
            json!({ "customer_custom_tierStr": { "in": ["bronze", "goldsmith"] } }),
            json!({ "customer_custom_ageNum": { "equals": 41 } }),
            json!({ "customer_custom_ageNum": { "gt": 40 } }),
            json!({ "customer_custom_bornAt": { "equals": "1990-05-01" } }),
            json!({ "customer_custom_bornAt": { "within": { "from": "1990-01-01", "to": "1990-12-31" } } }),
            json!({ "customer_custom_vipBool": { "equals": true } }),
            json!({ "customer_custom_siteUrl": { "equals": "https://ADA.example/" } }),
            json!({ "customer_gender": { "equals": "f" } }),
            json!({ "customer_name": { "contains": "anastasia" } }),
            json!({ "customer_custom_tierStr": { "contains": "gold" } }),
            json!({ "customer_any_text": { "contains": "anastas" } }),
            json!({ "customer_any_text": { "contains": "goldsmith" } }),
        ]
    };
    for criterion in what_was_lost() {
        assert_eq!(search(criterion.clone(), false).ids(), [id(&target)], "{criterion}");
    }
    let of_silver = json!({ "customer_custom_tierStr": { "equals": "silver" } });
    let query =
        json!({ "queryContext": "customer", "and": [{ "customer_name": { "contains": "anastasia" } }, of_silver] });
    assert_eq!(server.post("/v1/customers/search", query).expect(200).ids(), [id(&target)], "across both");
    // Deleted customers include the source, which names the target.
    for criterion in what_was_lost() {
        let found = search(criterion.clone(), true);
        assert_eq!(found.ids(), [id(&source), id(&target)], "{criterion}");
        assert_eq!(found.data()[0]["relationships"]["mergedInto"]["data"]["id"], target["id"], "{criterion}");
    }
    // Others search for customers by them, too. Whether there is a value, and the order, are those of its own.
    let of_conversations = json!({ "queryContext": "conversation", "and": [
        { "customer_custom_ageNum": { "gt": 40 } }, { "conversation_name": { "contains": "about" } },
    ] });
    assert_eq!(server.post("/v1/customers/search", of_conversations).expect(200).ids().len(), 2);
    let older = json!({ "customer_custom_ageNum": { "gt": 41 } });
    assert_eq!(search(older, false).ids(), [""; 0]);
    let moved = server.get(&format!("{}/history?pageSize=1", path(&of_source.conversation))).expect(200);
    let entry = &moved.data()[0]["attributes"];
    assert_eq!(entry["eventName"], "kustomer.conversation.update");
    let customer = &entry["changes"]["relationships"]["customer"];
    assert_eq!((&customer["before"]["data"]["id"], &customer["after"]["data"]["id"]), (&source["id"], &target["id"]));
    assert_eq!(entry["userId"], Value::Null);
    assert_eq!(server.get(&format!("{}/merges", path(&source))).expect(200).ids(), [id(merged.data())]);
    assert_eq!(server.get(&format!("{}/merges?pageSize=1", path(&target))).expect(200).ids(), [id(merged.data())]);
    assert_eq!(server.get(&format!("{}/merges?pageSize=1&page=2", path(&target))).expect(200).ids(), [""; 0]);
    // It returns only by an undo, and is erased with the target.
    for end in ["restore", "erase"] {
        let refused = server.post(&format!("{}/{end}", path(&source)), json!({})).expect(409);
        assert_eq!(refused.error()["meta"]["mergedInto"], target["id"], "{end}");
    }
    merge(&server, &source, &target).expect(404);
    merge(&server, &target, &source).expect(404);
    assert_eq!(merge(&server, &target, &target).expect(400).parameter(), "target");

    let shown = server.post(&format!("{}/undo?dryRun=true", path(merged.data())), json!({})).expect(200);
    assert_eq!(shown.body["meta"]["kept"], json!([]));
    server.get(path(&source)).expect(404);
    let rev = |customer: &Value| {
        let newest = server.get(&format!("{}/history?pageSize=1", path(customer))).expect(200);
        newest.data()[0]["attributes"]["rev"].as_u64().unwrap()
    };
    let revs = [rev(&source), rev(&target)];
    let undone = undo(&server, merged.data()).expect(200);
    assert_eq!(undone.attributes()["status"], "undone");
    assert_eq!([rev(&source), rev(&target)], revs.map(|rev| rev + 1));
    assert_eq!([lasting(&server, &source), lasting(&server, &target)], former);
    assert_eq!(shown.body["meta"]["source"]["attributes"]["emails"], former[0]["attributes"]["emails"]);
    for criterion in what_was_lost() {
        assert_eq!(search(criterion.clone(), false).ids(), [id(&source)], "{criterion}");
    }
    of_source.follow(&server, &source);
    of_target.follow_nobody(&server, &target);
    assert_eq!(
        server.get(path(&of_source.conversation)).expect(200).data()["relationships"].get("mergedFrom"),
        None,
        "it is where it began"
    );
    let refused = undo(&server, merged.data()).expect(409);
    assert!(refused.error()["title"].as_str().unwrap().contains("was undone on"), "{}", refused.text);
    server.post(&format!("{MERGES}/{}/undo", id(&source)), json!({})).expect(404);

    // Everybody who follows the feed learns of it.
    let of = |record: &Value| {
        let all = server.get("/v1/events?last=500&pageSize=500").expect(200);
        let of_record =
            all.data().as_array().unwrap().clone().into_iter().filter(|event| event["dataId"] == record["id"]);
        of_record.map(|event| event["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    wait_for("the events", || of(&source).contains(&"kustomer.customer.restore".to_owned()));
    let ends = |names: Vec<String>| names[names.len() - 2..].to_vec();
    assert_eq!(ends(of(&target)), ["kustomer.customer.merge", "kustomer.customer.unmerge"]);
    assert_eq!(ends(of(&source)), ["kustomer.customer.delete", "kustomer.customer.restore"]);
    assert_eq!(of(merged.data()), ["kustomer.customer_merge.create", "kustomer.customer_merge.update"]);
}

impl Belongings {
    /// All of them belong to the customer that they were made for, and no merge has touched them.
    fn follow_nobody(&self, server: &Server, customer: &Value) {
        let record = server.get(path(&self.conversation)).expect(200);
        assert_eq!(record.data()["relationships"]["customer"]["data"]["id"], customer["id"]);
        assert_eq!(record.data()["relationships"].get("mergedFrom"), None);
    }
}

#[test]
fn what_changed_since_a_merge_stays_when_it_is_undone_and_what_others_hold_is_named() {
    let server = Server::start();
    let email = |name: &str| json!({ "email": format!("{name}@acme.example") });
    let source = server.create(json!({
        "emails": [email("one"), email("two"), email("three")], "locale": "en_US", "username": "ada",
        "custom": { "aStr": "a", "bStr": "b" },
    }));
    let target = server.create(json!({ "emails": [email("own")], "custom": { "cStr": "c" } }));
    let opened = server.post(&format!("{}/conversations", path(&source)), json!({})).expect(201).data().clone();
    let merged = merge(&server, &source, &target).expect(201).data().clone();
    // `one` is changed on the target, `two` moves to a third customer, a new one is added.
    let changed = json!({
        "emails": [email("own"), { "email": "one@acme.example", "type": "work" }, email("three"), email("new")],
        "locale": "fr_FR", "custom": { "aStr": "A" },
    });
    server.patch(path(&target), changed).expect(200);
    let third = server.create(json!({ "emails": [email("two")] }));
    let later = server.post(&format!("{}/conversations", path(&target)), json!({ "name": "later" })).expect(201);
    // What came with the source is done in between.
    server.patch(path(&opened), json!({ "status": "done" })).expect(200);

    let undone = undo(&server, &merged).expect(200);
    let holders: Vec<(String, Value)> = undone.body["meta"]["kept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kept| (kept["value"]["email"].as_str().unwrap().to_owned(), kept["holder"].clone()))
        .collect();
    assert_eq!(
        holders,
        [("one@acme.example".to_owned(), target["id"].clone()), ("two@acme.example".to_owned(), third["id"].clone())]
    );
    let emails = |customer: &Value| -> Vec<String> {
        let record = server.get(path(customer)).expect(200);
        let items = record.attributes()["emails"].as_array().unwrap().clone();
        items.iter().map(|item| item["email"].as_str().unwrap().trim_end_matches("@acme.example").to_owned()).collect()
    };
    assert_eq!(
        (emails(&source), emails(&target)),
        (vec!["three".to_owned()], ["own", "one", "new"].map(str::to_owned).into())
    );
    let of_target = server.get(path(&target)).expect(200);
    let attributes = of_target.attributes();
    assert_eq!((&attributes["locale"], attributes.get("username")), (&json!("fr_FR"), None));
    assert_eq!(attributes["custom"], json!({ "aStr": "A", "cStr": "c" }));
    let counts = |customer: &Value| server.get(path(customer)).expect(200).attributes()["conversationCounts"].clone();
    let expected = [
        json!({ "done": 1, "open": 0, "snoozed": 0, "all": 1 }),
        json!({ "done": 0, "open": 1, "snoozed": 0, "all": 1 }),
    ];
    wait_for("the counts", || [counts(&source), counts(&target)] == expected);
    let of_source = server.get(path(&source)).expect(200);
    assert_eq!(of_source.attributes()["custom"], json!({ "aStr": "a", "bStr": "b" }));
    let at = server.get(path(later.data())).expect(200);
    assert_eq!(at.data()["relationships"]["customer"]["data"]["id"], target["id"]);
    assert_eq!(server.get("/v1/customers/email=three@acme.example").expect(200).data()["id"], source["id"]);
}

#[test]
fn a_merge_is_undone_in_the_order_of_a_chain_and_not_without_its_customers() {
    let server = Server::start();
    let [a, b, c] = ["a", "b", "c"]
        .map(|name| server.create(json!({ "name": name, "emails": [{ "email": format!("{name}@acme.example") }] })));
    let belongings = Belongings::of(&server, &a, 1);
    let former = [&a, &b, &c].map(|customer| lasting(&server, customer));
    let first = merge(&server, &a, &b).expect(201).data().clone();
    let second = merge(&server, &b, &c).expect(201).data().clone();
    belongings.follow(&server, &c);
    assert_eq!(server.get(&format!("{}?followMerge=true", path(&a))).expect(200).data()["id"], c["id"]);
    let refused = undo(&server, &first).expect(409);
    assert_eq!(refused.error()["meta"]["mergedInto"], c["id"]);
    undo(&server, &second).expect(200);
    belongings.follow(&server, &b);
    undo(&server, &first).expect(200);
    belongings.follow(&server, &a);
    assert_eq!([&a, &b, &c].map(|customer| lasting(&server, customer)), former);

    let merged = merge(&server, &a, &b).expect(201).data().clone();
    server.delete(path(&b)).expect(204);
    let refused = undo(&server, &merged).expect(409);
    assert!(refused.error()["title"].as_str().unwrap().contains("restore it first"), "{}", refused.text);
    server.post(&format!("{}/restore", path(&b)), json!({})).expect(200);
    undo(&server, &merged).expect(200);
}

#[test]
fn erasing_the_target_erases_all_that_went_into_it() {
    let server = Server::on_file();
    let [a, b, c] = ["a", "b", "c"].map(|name| server.create(json!({ "name": format!("Unforgettable {name}") })));
    let belongings = Belongings::of(&server, &a, 1);
    merge(&server, &a, &b).expect(201);
    let merged = merge(&server, &b, &c).expect(201).data().clone();
    // Whether they have followed by then or not.
    server.call(Method::POST, &format!("{}/erase", path(&c)), None).expect(204);
    for customer in [&a, &b, &c] {
        assert!(server.get(path(customer)).expect(404).error()["meta"]["erasedAt"].is_string());
    }
    for record in
        [&belongings.conversation, &belongings.message, &belongings.note, &belongings.kobject, &belongings.draft]
    {
        server.get(path(record)).expect(404);
    }
    assert!(!server.get("/v1/events?last=500&pageSize=500").expect(200).text.contains("Unforgettable"));
    assert!(undo(&server, &merged).expect(409).error()["title"].as_str().unwrap().contains("erased"));
}

#[test]
fn words_that_are_redacted_leave_every_customer_that_a_merge_showed_them_of() {
    let server = Server::on_file();
    let [source, target] = ["s", "t"].map(|name| server.create(json!({ "name": name })));
    let opened = server.post(&format!("{}/conversations", path(&source)), json!({})).expect(201);
    let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": "My card is 4111" });
    let message = server.post(&format!("{}/messages", path(opened.data())), said).expect(201);
    let merged = merge(&server, &source, &target).expect(201).data().clone();
    assert_eq!(server.get(path(&target)).expect(200).attributes()["preview"]["text"], "My card is 4111");
    server.post(&format!("{}/redactions", path(message.data())), json!({ "preview": "gone" })).expect(201);
    for customer in [&source, &target] {
        let history = server.get(&format!("{}/history", path(customer))).expect(200);
        assert!(!history.text.contains("4111"), "{}", history.text);
    }
    assert!(!server.get("/v1/events?last=500&pageSize=500").expect(200).text.contains("4111"));
    assert_eq!(server.get(path(&target)).expect(200).attributes()["preview"]["text"], "gone");
    let refused = undo(&server, &merged).expect(409);
    assert!(refused.error()["title"].as_str().unwrap().contains("by a redaction"), "{}", refused.text);
}

#[test]
fn of_merges_at_the_same_time_one_wins_and_no_change_is_lost_beside_them() {
    let server = Server::on_file();
    for round in 0..8 {
        let email = |end: &str| json!([{ "email": format!("{end}{round}@acme.example") }]);
        let [a, b] = ["a", "b"].map(|end| server.create(json!({ "emails": email(end), "custom": { "zeroNum": 0 } })));
        let (mut statuses, changed) = std::thread::scope(|scope| {
            let there = scope.spawn(|| merge(&server, &a, &b).status);
            let back = scope.spawn(|| merge(&server, &b, &a).status);
            let change = scope.spawn(|| server.patch(path(&b), json!({ "custom": { "oneNum": 1 } })).status);
            let deleted = scope.spawn(|| if round % 2 == 0 { 0 } else { server.delete(path(&a)).status });
            let statuses = vec![there.join().unwrap(), back.join().unwrap()];
            deleted.join().unwrap();
            (statuses, change.join().unwrap())
        });
        statuses.sort_unstable();
        if round % 2 == 0 {
            assert_eq!(statuses, [201, 404]);
        } else {
            assert!(statuses.iter().all(|status| [201, 404].contains(status)), "{statuses:?}");
        }
        let alive: Vec<Answer> = [&a, &b]
            .map(|customer| server.get(path(customer)))
            .into_iter()
            .filter(|answer| answer.status == 200)
            .collect();
        if round % 2 == 0 {
            assert_eq!(alive.len(), 1);
            assert_eq!(alive[0].attributes()["emails"].as_array().unwrap().len(), 2);
        }
        for found in alive.iter().filter(|_| changed == 200 && round % 2 == 0) {
            assert_eq!(found.attributes()["custom"]["oneNum"], 1, "an acknowledged change is there");
        }
        for end in ["a", "b"] {
            let found = server.get(&format!("/v1/customers/email={end}{round}@acme.example"));
            assert!([200, 404].contains(&found.status), "{}", found.text);
        }
    }
}

#[test]
fn an_erasure_that_loses_against_a_merge_or_a_change_has_erased_nothing() {
    let server = Server::on_file();
    let conversations = |customer: &Value| {
        let list = server.get(&format!("{}/conversations", path(customer)));
        list.expect(200).data().as_array().unwrap().len()
    };
    let erase = |customer: &Value| server.post(&format!("{}/erase", path(customer)), json!({}));
    for round in 0..12 {
        let [source, target] = ["s", "t"].map(|name| server.create(json!({ "name": name })));
        for _ in 0..3 {
            server.post(&format!("{}/conversations", path(&source)), json!({ "name": "Lamp" })).expect(201);
        }
        let (merged, erased) = std::thread::scope(|scope| {
            let erased = scope.spawn(|| erase(&source));
            // Sometimes before, sometimes in the middle.
            std::thread::sleep(std::time::Duration::from_millis(round));
            (merge(&server, &source, &target), erased.join().unwrap())
        });
        match merged.status {
            201 => {
                erased.expect(409);
                wait_for("every conversation, with the target", || conversations(&target) == 3);
                undo(&server, merged.data()).expect(200);
                wait_for("every conversation, with the source", || conversations(&source) == 3);
            }
            _ => {
                merged.expect(404);
                erased.expect(204);
                assert_eq!(server.get(path(&source)).status, 404);
            }
        }
    }
    for _ in 0..12 {
        let customer = server.create(json!({ "name": "Ada" }));
        for _ in 0..3 {
            server.post(&format!("{}/conversations", path(&customer)), json!({ "name": "Lamp" })).expect(201);
        }
        let etag = server.get(path(&customer)).header("etag").to_owned();
        let (changed, erased) = std::thread::scope(|scope| {
            let erased = scope.spawn(|| {
                let request = server.request(Method::POST, &format!("{}/erase", path(&customer)));
                Answer::of(request.bearer_auth(TOKEN).header("if-match", etag))
            });
            (server.patch(path(&customer), json!({ "name": "Ada L." })), erased.join().unwrap())
        });
        match changed.status {
            200 => {
                erased.expect(412);
                assert_eq!(conversations(&customer), 3);
            }
            _ => {
                changed.expect(404);
                erased.expect(204);
            }
        }
    }
}

#[test]
fn a_message_between_a_merge_and_its_undoing_is_shown_with_the_customer_whom_the_conversation_returns_to() {
    let server = Server::on_file();
    let [source, target] = ["s", "t"].map(|name| server.create(json!({ "name": name })));
    let of_source = Belongings::of(&server, &source, 1);
    Belongings::of(&server, &target, 2);
    let shown = |customer: &Value| server.get(path(customer)).expect(200).attributes().clone();
    let before = shown(&target)["lastConversation"]["id"].clone();
    let merged = merge(&server, &source, &target).expect(201).data().clone();
    of_source.follow(&server, &target);
    let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": "Said in between" });
    server.post(&format!("{}/messages", path(&of_source.conversation)), said).expect(201);
    assert_eq!(shown(&target)["preview"]["text"], "Said in between");
    undo(&server, &merged).expect(200);
    wait_for("the later message, with the source", || shown(&source)["preview"]["text"] == "Said in between");
    wait_for("the earlier message, with the target", || shown(&target)["preview"]["text"] == "Words 2");
    for (customer, conversation) in [(&source, &of_source.conversation["id"]), (&target, &before)] {
        let attributes = shown(customer);
        assert_eq!(&attributes["lastConversation"]["id"], conversation, "{attributes}");
        let said_at = &attributes["preview"]["previewAt"];
        for moment in [&attributes["lastMessageAt"], &attributes["lastMessageIn"]["sentAt"]] {
            assert_eq!(moment, said_at, "{attributes}");
        }
        assert_eq!(attributes["lastMessageUnrespondedTo"], attributes["lastMessageIn"]);
    }
}

#[test]
fn a_message_to_a_conversation_while_it_follows_reaches_the_target() {
    let server = Server::on_file();
    let [source, target] = ["s", "t"].map(|name| server.create(json!({ "name": name })));
    let belongings = Belongings::of(&server, &source, 1);
    let messages = format!("{}/messages", path(&belongings.conversation));
    let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": "Are you there?" });
    std::thread::scope(|scope| {
        let talk = scope.spawn(|| (0..20).map(|_| server.post(&messages, said.clone()).status).collect::<Vec<_>>());
        merge(&server, &source, &target).expect(201);
        assert!(talk.join().unwrap().iter().all(|status| *status == 201));
    });
    belongings.follow(&server, &target);
    wait_for("every message", || {
        let list = server.get(&format!("{}/messages?pageSize=100", path(&target))).expect(200);
        list.data().as_array().unwrap().len() == 21
    });
    let record = server.get(path(&target)).expect(200);
    assert_eq!(record.attributes()["conversationCounts"], json!({ "done": 0, "open": 1, "snoozed": 0, "all": 1 }));
    assert_eq!(record.attributes()["preview"]["text"], "Are you there?");
    server.patch(path(&belongings.conversation), json!({ "status": "done" })).expect(200);
    let record = server.get(path(&target)).expect(200);
    assert_eq!(record.attributes()["conversationCounts"], json!({ "done": 1, "open": 0, "snoozed": 0, "all": 1 }));
}

#[test]
fn candidates_of_the_same_name_are_found_among_many_who_share_a_part_of_it() {
    let server = Server::start();
    let company = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data()["id"].clone();
    let named = |name: String| json!({ "name": name, "company": company });
    // More than one search finds, and all of them older.
    let others: Vec<Value> = (0..60).map(|at| named(format!("John Baker{at}"))).collect();
    server.post("/v1/customers/bulk", Value::Array(others)).expect(201);
    let [one, other] = ["John Smith", "john smith"].map(|name| server.create(named(name.to_owned())));
    let found = server.get(&format!("{}/duplicates", path(&one))).expect(200);
    assert_eq!(found.data()[0]["attributes"]["reasons"][0]["name"], "nameAndCompany", "{}", found.body);
    assert_eq!(found.ids(), [id(&other)], "{}", found.body);
}

#[test]
fn candidates_are_named_with_their_reasons_and_the_client_merges_one() {
    let server = Server::on_file();
    let company = server.post("/v1/companies", json!({ "name": "Acme" })).expect(201).data()["id"].clone();
    let at = json!([{ "type": "home", "address": "12 St James's Square", "cityName": "London" }]);
    let ada = server.create(json!({
        "name": "Ada Lovelace", "emails": [{ "email": "ada@acme.example" }], "phones": [{ "phone": "+1 (800) 555-1815" }],
        "locations": at, "company": company, "externalId": "crm-1815",
    }));
    let candidate = |body: Value| server.create(body)["id"].clone();
    let by_email = candidate(json!({ "name": "A", "sharedEmails": [{ "email": "Ada@acme.example" }] }));
    let by_external_id = candidate(json!({ "name": "C", "sharedExternalIds": [{ "externalId": "crm-1815" }] }));
    let by_phone = candidate(json!({ "name": "B", "whatsapps": [{ "phone": "+18005551815" }] }));
    let by_address = candidate(json!({ "name": "ada lovelace", "locations": at }));
    let by_company = candidate(json!({ "name": "A. Lovelace", "company": company }));
    candidate(json!({ "name": "Grace Hopper", "company": company, "locations": at }));
    candidate(json!({ "name": "Ada Lovelace" }));

    let list = format!("{}/duplicates", path(&ada));
    let found = server.get(&list).expect(200);
    let names: Vec<(Value, Value)> = found
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["id"].clone(), found["attributes"]["reasons"][0]["name"].clone()))
        .collect();
    assert_eq!(
        names,
        [
            (by_email.clone(), json!("email")),
            (by_external_id, json!("externalId")),
            (by_phone, json!("phone")),
            (by_address, json!("nameAndAddress")),
            (by_company, json!("nameAndCompany"))
        ]
    );
    let pages: Vec<String> =
        (1..=5).flat_map(|page| server.get(&format!("{list}?pageSize=1&page={page}")).expect(200).ids()).collect();
    assert_eq!(pages, found.ids());
    server.get("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/duplicates").expect(404);

    // Who may merge and not read customers is shown none.
    let merger = server.token("demo", &["org.permission.customer_merge.create"]);
    let both = Some(json!({ "source": by_email, "target": ada["id"] }));
    server.call_as(&merger, Method::POST, &format!("{MERGES}?dryRun=true"), both).expect(403);

    let client = Client::builder().base_url(&server.url).token(TOKEN).build().unwrap();
    let ids: [ObjectId; 2] = [&by_email, &ada["id"]].map(|id| id.as_str().unwrap().parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let customers = client.customers();
        let lost = customers.preview_merge(ids[0], ids[1]).await.unwrap().meta.losing;
        assert!(lost.iter().any(|lost| lost.attribute == "name" && lost.value == "A"), "{lost:?}");
        let made = customers.merge(ids[0], ids[1]).await.unwrap().data;
        let found = customers.get_following_merges(ids[0]).await.unwrap().data;
        assert_eq!(found.id, ids[1].to_string());
        let merge = &made.id;
        let preview = client.customer_merges().preview_undo(merge).await.unwrap().meta.unwrap();
        assert_eq!(preview.source.unwrap().id, ids[0].to_string());
        let undone = client.customer_merges().undo(merge).await.unwrap();
        assert_eq!(undone.data.attributes.status.into_value().as_deref(), Some("undone"));
        assert_eq!(customers.duplicates(ids[1], &Default::default()).await.unwrap().data.len(), 5);
    });
}

#[test]
fn erasing_a_customer_whose_merge_was_undone_leaves_nothing_of_it_in_the_other() {
    let server = Server::on_file();
    let source = server.create(json!({ "name": "zqsource", "emails": [{ "email": "zqsource@acme.example" }] }));
    let target = server.create(json!({ "name": "Ada" }));
    let merged = merge(&server, &source, &target).expect(201);
    let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": "zqwords" });
    server.post(&format!("{}/messages", path(&target)), said).expect(201);
    undo(&server, merged.data()).expect(200);
    let shown = format!("{}?rev=2", path(&target));
    assert!(server.get(&shown).expect(200).text.contains("zqsource"), "the past shows it until then");
    server.post(&format!("{}/erase", path(&source)), json!({})).expect(204);
    server.get(path(&target)).expect(200);
    for read in [
        path(&target).to_owned(),
        shown,
        format!("{}/history", path(&target)),
        "/v1/events?last=100".to_owned(),
        "/v1/audit-logs".to_owned(),
        "/v1/customers".to_owned(),
    ] {
        assert!(!server.get(&read).text.contains("zqsource"), "{read}");
    }
    assert!(!crate::place::everything(server.database()).contains("zqsource"));
    let own = server.get(path(&target)).expect(200);
    assert_eq!(own.attributes()["preview"]["text"], "zqwords", "what it shows of its own stays");
}

/// The lists that a merge unites, with a different item for each number, and how many of them a write takes.
fn united_lists(numbers: std::ops::Range<u32>) -> Value {
    let all = |item: &dyn Fn(u32) -> Value| Value::from_iter(numbers.clone().map(item));
    json!({
        "externalIds": all(&|n| json!({ "externalId": format!("crm-{n}") })),
        "sharedExternalIds": all(&|n| json!({ "externalId": format!("house-{n}") })),
        "emails": all(&|n| json!({ "email": format!("e{n}@acme.example"), "type": "work" })),
        "sharedEmails": all(&|n| json!({ "email": format!("desk{n}@acme.example") })),
        "phones": all(&|n| json!({ "phone": format!("+1800555{n:04}") })),
        "sharedPhones": all(&|n| json!({ "phone": format!("+1800666{n:04}") })),
        "whatsapps": all(&|n| json!({ "phone": format!("whatsapp:+1800777{n:04}") })),
        "facebookIds": all(&|n| json!({ "pageId": "p", "userId": format!("u{n}") })),
        "instagramIds": all(&|n| json!({ "pageId": "p", "threadId": format!("t{n}"), "username": "ada" })),
        "socials": all(&|n| json!({ "type": "twitter", "username": format!("ada{n}") })),
        "sharedSocials": all(&|n| json!({ "type": "linkedin", "username": format!("acme{n}") })),
        "urls": all(&|n| json!({ "url": format!("https://acme.example/{n}") })),
        "locations": all(&|n| json!({ "type": "home", "address": format!("{n} Main St") })),
        "tags": Value::from_iter(numbers.clone().flat_map(|n| [format!("t{n}a"), format!("t{n}b")])),
    })
}

#[test]
fn lists_that_a_merge_united_are_sent_back_and_moved_to_another_server_and_grow_no_longer() {
    let server = Server::on_file();
    let [source, target] = [0..8, 8..16].map(|numbers| server.create(united_lists(numbers)));
    merge(&server, &source, &target).expect(201);
    let path = path(&target);
    let lists = || {
        let record = server.get(path).expect(200).attributes().clone();
        let names = united_lists(0..0).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        Value::Object(names.into_iter().map(|name| (name.clone(), record[&name].clone())).collect())
    };
    let united = lists();
    for (name, list) in united.as_object().unwrap() {
        let expected = if name == "tags" { 32 } else { 16 };
        assert_eq!(list.as_array().unwrap().len(), expected, "{name}");
    }
    // Sent back by every operation, each alone and all of them.
    for (name, list) in united.as_object().unwrap() {
        server.patch(path, json!({ name: list })).expect(200);
        assert_eq!(lists(), united, "{name}");
    }
    server.put(path, united.clone()).expect(200);
    server.put(&format!("{path}?replace=true"), united.clone()).expect(200);
    let mut item = united.clone();
    item["id"] = target["id"].clone();
    let job = server.put("/v1/customers/bulk", json!([item])).expect(201);
    assert_eq!(job.attributes()["successCount"], 1, "{}", job.text);
    let all = format!("/v1/customers/bulk?ids={}", id(&target));
    assert_eq!(server.put(&all, united.clone()).expect(201).attributes()["successCount"], 1);
    assert_eq!(lists(), united);

    // An item may be replaced and removed; none is added beyond what there is.
    let with = |name: &str, edit: &dyn Fn(&mut Vec<Value>)| {
        let mut list = lists()[name].as_array().unwrap().clone();
        edit(&mut list);
        json!({ name: list })
    };
    for (name, more) in united_lists(16..17).as_object().unwrap() {
        let longer = with(name, &|list| list.push(more[0].clone()));
        let refused = server.patch(path, longer).expect(400);
        let most = if name == "tags" { 32 } else { 16 };
        assert!(refused.text.contains(&format!("({}), maximum {most}", most + 1)), "{}", refused.text);
        let replaced = with(name, &|list| drop(std::mem::replace(&mut list[1], more[0].clone())));
        server.patch(path, replaced).expect(200);
        let shorter = with(name, &|list| drop(list.pop()));
        let before = shorter[name].as_array().unwrap().len();
        server.patch(path, shorter).expect(200);
        let again = with(name, &|list| list.push(united_lists(40..41)[name][0].clone()));
        assert_eq!(server.patch(path, again).expect(400).parameter(), name);
        assert_eq!(lists()[name].as_array().unwrap().len(), before);
    }
    let primary = server.patch(path, json!({ "externalId": "crm-99" })).expect(200);
    assert_eq!(primary.attributes()["externalIds"].as_array().unwrap().len(), 15);
    // Not by somebody else, nor by a create; another fault is named beside.
    let other = server.create(json!({}));
    for (method, path) in [(Method::PATCH, self::path(&other)), (Method::POST, "/v1/customers")] {
        let sent = json!({ "name": 7, "sharedPhones": united["sharedPhones"] });
        let refused = server.call(method, path, Some(sent)).expect(400);
        assert!(refused.text.contains("maximum 10") && refused.text.contains("/name"), "{}", refused.text);
    }

    // An export of it is imported by an administrator, as a table too.
    let folder = tempfile::tempdir().unwrap();
    for (format, file) in [("jsonl", "customers.jsonl"), ("csv", "customers.csv")] {
        crate::exporting::export(&server, "customers", folder.path(), &["--format", format]).well();
        let there = Server::on_file();
        let file = folder.path().join(file);
        let ran = crate::importing::import(&there, "customers", &file, &["--output", "json"]).json();
        assert_eq!((&ran["created"], &ran["refused"]), (&json!(2), &json!(0)), "{format}: {ran}");
        let moved = there.get("/v1/customers/externalId=crm-99").expect(200);
        for (name, list) in lists().as_object().unwrap().iter().filter(|(name, _)| *name != "tags") {
            assert_eq!(&moved.attributes()[name], list, "{format}: {name}");
        }
        assert_eq!(moved.attributes()["tags"].as_array().unwrap().len(), 31, "{format}");
        // The same file changes the records that are there already.
        let again =
            crate::importing::import(&there, "customers", &file, &["--on-conflict", "update", "--output", "json"]);
        assert_eq!(again.json()["refused"], 0, "{format}");
        let other = there.token("demo", &["org.user"]);
        let mut without = united_lists(50..70);
        without["importedAt"] = json!("2020-01-01T00:00:00Z");
        let refused = there.call_as(&other, Method::POST, "/v1/customers", Some(without.clone())).expect(400);
        assert!(refused.text.contains("maximum 10"), "{}", refused.text);
        there.post("/v1/customers", without).expect(201);
    }
}

#[test]
fn records_follow_a_merge_once_although_its_server_is_killed_at_once_and_on_the_way() {
    const CONVERSATIONS: usize = 80;
    let server = Server::on_file();
    let [source, target] = ["s", "t"].map(|name| server.create(json!({ "name": name })));
    let items = (0..CONVERSATIONS).map(|number| json!({ "customer": source["id"], "name": format!("about {number}") }));
    let made = server.post("/v1/conversations/bulk", Value::from_iter(items)).expect(201);
    assert_eq!(made.attributes()["successCount"], CONVERSATIONS);
    merge(&server, &source, &target).expect(201);
    let server = server.kill_and_restart();
    let list = format!("{}/conversations?pageSize=100", path(&target));
    // Once more when some of them have moved.
    while server.get(&list).expect(200).ids().is_empty() {
        std::thread::yield_now();
    }
    let server = server.kill_and_restart();
    wait_for("all conversations", || server.get(&list).expect(200).ids().len() == CONVERSATIONS);
    let conversations = server.get(&list).expect(200);
    for conversation in conversations.data().as_array().unwrap() {
        let ties = &conversation["relationships"];
        assert_eq!(ties["customer"]["data"]["id"], target["id"]);
        assert_eq!(ties["mergedFrom"]["data"]["id"], source["id"]);
        let history = server.get(&format!("{}/history", path(conversation))).expect(200);
        let names: Vec<&Value> =
            history.data().as_array().unwrap().iter().map(|one| &one["attributes"]["eventName"]).collect();
        assert_eq!(names, ["kustomer.conversation.update", "kustomer.conversation.create"]);
    }
    let counts = server.get(path(&target)).expect(200).attributes()["conversationCounts"].clone();
    assert_eq!(counts, json!({ "done": 0, "open": CONVERSATIONS, "snoozed": 0, "all": CONVERSATIONS }));
}
