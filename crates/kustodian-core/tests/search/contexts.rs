//! Records of each type, and criteria about records of another.

use kustodian_core::kind::Kind;
use kustodian_core::search::{self, Context, KlassName, Query, SearchRow, Settings, id_attribute};
use kustomer_api::search::{Attribute, Class};
use serde_json::{Value, json};

fn row(kind: Kind, document: &Value) -> SearchRow {
    kind.search_row_of(&document.to_string()).unwrap().unwrap()
}

fn id(number: u32) -> String {
    format!("5c7d1a1f9a1b2c00{number:08x}")
}

fn related(kind: &str, number: u32) -> Value {
    json!({ "data": { "type": kind, "id": id(number) } })
}

fn kobject(number: u32, klass: &str, attributes: &Value, customer: u32) -> SearchRow {
    let document = json!({
        "type": format!("kobject.{klass}"),
        "id": id(number),
        "attributes": attributes,
        "relationships": { "customer": related("customer", customer), "company": related("company", 9) },
    });
    row(Kind::KObject, &document)
}

fn order(number: u32, total: u32, status: &str, customer: u32) -> SearchRow {
    kobject(number, "order", &json!({ "custom": { "totalNum": total, "statusStr": status } }), customer)
}

/// Reads a body in which `order`, `orders` and `ticket` name klasses.
fn query(body: &Value) -> Query {
    let name = |word: &str, klass: &str| KlassName { word: word.to_owned(), klass: klass.to_owned() };
    let klasses = [name("order", "order"), name("orders", "order"), name("ticket", "ticket")];
    search::parse(body.to_string().as_bytes(), &Settings { klasses: &klasses, ..Settings::default() }).unwrap()
}

/// Two customers of company 9, of whom the first has an open order over 100 and a small one that is done, and a ticket.
fn world() -> Vec<SearchRow> {
    let customer = |number: u32, name: &str| {
        let document = json!({
            "type": "customer",
            "id": id(number),
            "attributes": { "name": name },
            "relationships": { "company": related("company", 9) },
        });
        row(Kind::Customer, &document)
    };
    let company = json!({ "type": "company", "id": id(9), "attributes": { "name": "Acme" }, "relationships": {} });
    let conversation = |number: u32, status: &str, customer: u32| {
        let document = json!({
            "type": "conversation",
            "id": id(number),
            "attributes": { "status": status },
            "relationships": { "customer": related("customer", customer) },
        });
        row(Kind::Conversation, &document)
    };
    let said = |kind: Kind, number: u32, attributes: &Value, conversation: u32, customer: u32| {
        let document = json!({
            "type": kind.as_str(),
            "id": id(number),
            "attributes": attributes,
            "relationships": {
                "customer": related("customer", customer),
                "conversation": related("conversation", conversation),
            },
        });
        row(kind, &document)
    };
    vec![
        conversation(10, "open", 1),
        conversation(11, "done", 1),
        conversation(12, "done", 2),
        said(Kind::Message, 13, &json!({ "preview": "Where is my invoice?", "direction": "in" }), 10, 1),
        said(Kind::Message, 14, &json!({ "preview": "Here", "direction": "out" }), 10, 1),
        said(Kind::Message, 15, &json!({ "preview": "Thanks for the invoice", "direction": "in" }), 12, 2),
        said(Kind::Note, 16, &json!({ "body": "Refund her" }), 11, 1),
        customer(1, "Ada"),
        customer(2, "Bob"),
        row(Kind::Company, &company),
        order(3, 150, "open", 1),
        order(4, 20, "done", 1),
        kobject(5, "ticket", &json!({ "custom": { "totalNum": 999 } }), 1),
        order(6, 90, "open", 2),
        kobject(7, "order", &json!({ "deleted": true, "custom": { "totalNum": 500 } }), 2),
    ]
}

/// The last digits of the ids found.
fn found(body: &Value) -> Vec<u8> {
    let (query, world) = (query(body), world());
    let rows = world.iter().filter(|row| query.finds_among(row, world.as_slice()));
    rows.map(|row| row.id.as_bytes()[11]).collect()
}

#[test]
fn criteria_that_hold_together_are_about_one_record() {
    let total = |operator: &str, value: u32| json!({ "kobject_custom_order_totalNum": { operator: value } });
    let status = |value: &str| json!({ "kobject_custom_order_statusStr": { "equals": value } });
    for (body, ids) in [
        (json!({ "and": [total("gt", 100), status("open")] }), &[1][..]),
        (json!({ "and": [total("gt", 100), status("done")] }), &[]),
        (json!({ "and": { "kobject_custom_order_totalNum": { "gt": 100, "lt": 200 } } }), &[1]),
        // Each of its own.
        (json!({ "and": [{ "and": [total("gt", 100)] }, { "and": [status("done")] }] }), &[1]),
        (json!({ "or": [total("gt", 100), status("open")] }), &[1, 2]),
        // None that is so, deleted ones aside.
        (json!({ "not": [total("gt", 100)] }), &[2]),
        (json!({ "not": [total("gt", 100), status("open")] }), &[]),
        // One that is not so.
        (json!({ "and": { "kobject_custom_order_statusStr": { "not_equals": "open" } } }), &[1]),
        // A klass that is not named is the one beside it.
        (json!({ "and": [status("done"), { "kobject_klass": { "equals": "order" } }] }), &[1]),
        (json!({ "and": [{ "kobject_custom_ticket_totalNum": { "gt": 100 } }, status("done")] }), &[1]),
        (json!({ "and": [total("gt", 100), { "company_name": { "equals": "acme" } }] }), &[1]),
        (json!({ "queryContext": "kobject_orders", "and": { "customer_name": { "equals": "ada" } } }), &[3, 4]),
        (json!({ "queryContext": "kobject", "and": { "customer_name": { "equals": "ada" } } }), &[3, 4, 5]),
        (json!({ "queryContext": "kobject", "and": total("gt", 10) }), &[3, 4, 6]),
        (json!({ "queryContext": "company", "and": total("gt", 100) }), &[9]),
        (json!({ "queryContext": "company", "not": { "customer_name": { "equals": "ada" } } }), &[]),
    ] {
        assert_eq!(found(&body), ids, "{body}");
    }
}

#[test]
fn conversations_messages_and_notes_are_found_by_each_other_and_by_their_customers() {
    let conversation = |status: &str| json!({ "conversation_status": { "equals": status } });
    let message = |word: &str| json!({ "message_body": { "contains": word } });
    for (body, ids) in [
        (json!({ "and": conversation("open") }), &[1][..]),
        (json!({ "and": conversation("done") }), &[1, 2]),
        (json!({ "not": conversation("open") }), &[2]),
        (json!({ "and": message("invoice") }), &[1, 2]),
        (json!({ "and": [message("invoice"), { "message_direction": { "equals": "out" } }] }), &[]),
        (json!({ "and": { "note_any_text": { "contains": "refund" } } }), &[1]),
        (json!({ "queryContext": "note", "and": { "any_text": { "contains": "refund" } } }), &[16]),
        (json!({ "and": { "any_text": { "contains": "ada" } } }), &[1]),
        (json!({ "queryContext": "message", "and": { "any_text": { "contains": "ada" } } }), &[]),
        (json!({ "queryContext": "conversation", "and": { "customer_name": { "equals": "ada" } } }), &[10, 11]),
        (json!({ "queryContext": "conversation", "and": message("invoice") }), &[10, 12]),
        (json!({ "queryContext": "conversation", "not": message("invoice") }), &[11]),
        (json!({ "queryContext": "conversation", "and": { "note_body": { "set": true } } }), &[11]),
        (json!({ "queryContext": "message", "and": { "customer_name": { "equals": "bob" } } }), &[15]),
        (json!({ "queryContext": "message", "and": conversation("open") }), &[13, 14]),
        (json!({ "queryContext": "note", "and": conversation("done") }), &[16]),
        (json!({ "queryContext": "note", "and": { "customer_name": { "equals": "bob" } } }), &[]),
    ] {
        assert_eq!(found(&body), ids, "{body}");
    }
}

#[test]
fn a_criterion_about_records_that_are_never_beside_is_refused() {
    for (context, name) in [
        ("conversation", "company_name"),
        ("conversation", "kobject_title"),
        ("message", "note_body"),
        ("kobject", "message_body"),
    ] {
        let body = json!({ "queryContext": context, "and": { name: { "set": true } } });
        let refusal = search::parse(body.to_string().as_bytes(), &Settings::default()).unwrap_err();
        assert!(format!("{refusal:?}").contains("has none of type"), "{refusal:?}");
    }
}

#[test]
fn a_full_record_has_a_value_of_every_attribute_of_its_type() {
    let moment = "2026-01-02T03:04:05.000Z";
    let attributes = json!({
        "name": "Acme", "title": "A-1", "externalId": "crm-1", "tags": [id(8)], "defaultLang": "en_us",
        "createdAt": moment, "updatedAt": moment, "modifiedAt": moment, "importedAt": moment,
    });
    let company = json!({ "type": "company", "id": id(9), "attributes": attributes, "relationships": {} });
    let with = |more: Value| {
        let mut all = attributes.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let mark = json!({ "sentAt": moment, "channel": "chat", "directionType": "initial-in" });
    let by = json!({ "createdAt": moment, "createdBy": id(7), "sentAt": moment, "time": 5 });
    let conversation = with(json!({
        "sla": {
            "status": "pending", "breached": false, "breach": { "metric": "firstResponse", "at": moment },
            "summary": { "satisfiedAt": moment },
        },
        "status": "open", "channels": ["chat"], "direction": "in", "priority": 3, "replyChannel": "chat",
        "assignedUsers": [id(7)], "assignedTeams": [id(6)], "externalQueue": "amazon-connect", "subStatus": id(5),
        "satisfaction": 1, "sentiment": { "polarity": 1 }, "ended": true, "endedAt": moment, "endedReason": "solved",
        "satisfactionLevel": {
            "createdAt": moment, "status": "rated", "score": 1, "rating": 5, "form": id(4), "sentBy": id(7),
            "sentByTeams": [id(6)],
        },
        "messageCount": 2, "noteCount": 0, "outboundMessageCount": 1, "lastMessageAt": moment,
        "lastMessageDirection": "out", "lastMessageIn": mark, "lastMessageOut": mark, "lastMessageUnrespondedTo": mark,
        "firstMessageIn": mark, "firstMessageOut": mark, "firstResponse": by, "lastResponse": by, "firstDone": by,
        "lastDone": by,
    }));
    let message = with(json!({
        "preview": "Hello", "subject": "Greeting", "channel": "email", "direction": "in", "directionType": "initial-in",
        "status": "error", "error": { "title": "Refused" }, "errorAt": moment, "source": "bulk", "auto": false,
        "size": 5, "sentiment": { "polarity": 0 }, "lang": "en", "shortcuts": [id(4)], "redacted": true,
        "redactedAt": moment, "sentAt": moment,
        "meta": { "from": "Ada@Acme.Example", "to": [{ "email": "help@acme.example", "name": "Help" }] },
    }));
    let note = with(json!({ "body": "Refund", "lang": "en" }));
    let time = with(json!({
        "assignedUsers": [id(7)], "assignedTeams": [id(6)], "channels": ["chat"], "handleAt": moment, "handleTime": 5,
        "messageAt": moment, "messageTime": 5, "noteAt": moment, "noteTime": 5, "resolved": true,
        "createdByTeams": [id(6)],
    }));
    let of = |kind: Kind, attributes: &Value| {
        let users = json!([{ "type": "user", "id": id(7) }, { "type": "team", "id": id(6) }]);
        let document = json!({
            "type": kind.as_str(),
            "id": id(3),
            "attributes": attributes,
            "relationships": {
                "customer": related("customer", 1), "conversation": related("conversation", 10),
                "campaign": related("campaign", 11), "queue": related("queue", 12),
                "sla": related("sla", 13), "slaVersion": related("sla_version", 14),
                "createdBy": related("user", 7), "modifiedBy": related("user", 7),
                "userMentions": { "data": users }, "attachments": { "data": [{ "type": "attachment", "id": id(2) }] },
            },
        });
        row(kind, &document)
    };
    names_what_it_reads(&conversation, |attributes| of(Kind::Conversation, attributes));
    names_what_it_reads(&message, |attributes| of(Kind::Message, attributes));
    names_what_it_reads(&note, |attributes| of(Kind::Note, attributes));
    names_what_it_reads(&attributes, |attributes| kobject(3, "order", attributes, 1));
    names_what_it_reads(&attributes, |attributes| {
        row(Kind::Company, &json!({ "type": "company", "id": id(9), "attributes": attributes, "relationships": {} }))
    });
    for row in [
        row(Kind::Company, &company),
        kobject(3, "order", &attributes, 1),
        of(Kind::Conversation, &conversation),
        of(Kind::Message, &message),
        of(Kind::Note, &note),
        of(Kind::ConversationTime, &time),
    ] {
        for attribute in Attribute::of(row.context).filter(|attribute| attribute.class() != Class::Any) {
            assert!(!row.values(attribute).is_empty(), "{attribute}");
            assert!(attribute.is_many() || row.values(attribute).len() == 1, "{attribute}");
            let has_text = row.texts().iter().any(|text| text.source == search::Source::Attribute(attribute));
            assert_eq!(has_text, attribute.manner().is_some(), "{attribute}");
        }
        assert_eq!(row.values(id_attribute(row.context)), [search::Value::Text(row.id.to_string())]);
    }
}

#[test]
fn every_context_is_a_kind_that_is_searched_and_every_such_kind_a_context() {
    for context in Context::ALL {
        assert_eq!(Kind::searched_as(context).and_then(Kind::search_context), Some(context));
    }
    for kind in Kind::ALL {
        assert_eq!(kind.search_context().is_some(), kind.spec().is_searched, "{}", kind.as_str());
    }
}

#[test]
fn the_longest_klass_that_fits_is_meant() {
    let name = |klass: &str| KlassName { word: klass.to_owned(), klass: klass.to_owned() };
    let body = json!({ "queryContext": "kobject", "and": { "kobject_custom_a_b_cStr": { "set": true } } });
    let subject = |klasses: &[KlassName]| {
        let query = search::parse(body.to_string().as_bytes(), &Settings { klasses, ..Settings::default() }).unwrap();
        let mut names = Vec::new();
        query.root.for_each(&mut |criterion| names.push(criterion.subject.clone()));
        match names.pop() {
            Some(search::Subject::Custom(custom)) => (custom.klass.unwrap(), custom.key),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(subject(&[name("a"), name("a_b")]), ("a_b".to_owned(), "cStr".to_owned()));
    assert_eq!(subject(&[name("a")]), ("a".to_owned(), "b_cStr".to_owned()));
}

/// Checks that whatever changes in a row without an attribute of the record is of a search attribute that reads it: who may
/// not see the attribute may not search by that.
fn names_what_it_reads(attributes: &Value, row_of: impl Fn(&Value) -> SearchRow) {
    let full = row_of(attributes);
    let mut read = 0;
    for name in attributes.as_object().unwrap().keys() {
        let mut fewer = attributes.clone();
        fewer.as_object_mut().unwrap().remove(name);
        let fewer = row_of(&fewer);
        let of = Attribute::of(full.context).filter(|attribute| attribute.class() != Class::Any);
        for attribute in of.filter(|attribute| full.values(*attribute) != fewer.values(*attribute)) {
            assert!(attribute.reads(name), "{attribute} changes without {name}");
            read += 1;
        }
    }
    assert!(read > 0);
}

#[test]
fn what_a_search_attribute_of_customers_reads_is_named_in_its_source() {
    let moment = "2026-01-02T03:04:05.000Z";
    let said = json!({ "sentAt": moment, "previewAt": moment });
    let emails = |name: &str| json!([{ "email": format!("{name}@acme.example"), "type": "home", "verified": true }]);
    let phones = |number: &str| json!([{ "phone": number, "type": "home", "verified": true }]);
    let socials = |name: &str| json!([{ "type": "twitter", "username": name, "userid": name, "verified": true }]);
    let ids = |id: &str| json!([{ "externalId": id, "verified": true }]);
    let mut attributes = json!({
        "name": "Ada", "username": "ada", "externalId": "a", "externalIds": ids("b"), "sharedExternalIds": ids("c"),
        "emails": emails("a"), "sharedEmails": emails("b"), "phones": phones("+15550001"), "locale": "en_US",
        "sharedPhones": phones("+15550002"), "whatsapps": phones("whatsapp:+15550003"), "socials": socials("a"),
        "sharedWhatsapps": phones("whatsapp:+15550004"), "sharedSocials": socials("b"), "companyName": "Acme",
        "urls": [{ "url": "https://acme.example", "type": "website" }], "defaultLang": "en_us", "gender": "f",
        "locations": [{ "type": "home", "address": "1 Main" }], "birthdayAt": moment, "signedUpAt": moment,
    });
    let of_the_server = json!({
        "presence": "online", "tags": [id(8)], "sentiment": { "polarity": 1, "confidence": 1 }, "activeUsers": [id(7)],
        "watchers": [id(7)], "createdAt": moment, "updatedAt": moment, "modifiedAt": moment, "importedAt": moment,
        "lastActivityAt": moment, "lastSeenAt": moment, "lastMessageAt": moment, "lastMessageIn": said,
        "lastMessageOut": said, "lastMessageUnrespondedTo": said, "preview": said, "progressiveStatus": "open",
        "conversationCounts": { "all": 1, "open": 1, "done": 0, "snoozed": 0 }, "deleted": false,
        "satisfactionLevel": { "firstSatisfaction": {}, "lastSatisfaction": {}, "avgScore": 1, "avgRating": 5 },
    });
    attributes.as_object_mut().unwrap().extend(of_the_server.as_object().unwrap().clone());
    names_what_it_reads(&attributes, |attributes| {
        row(Kind::Customer, &json!({ "type": "customer", "id": id(1), "attributes": attributes, "relationships": {} }))
    });
}
