//! Every constraint of `docs/contract/behaviour.md` §7.1 and §6.1, at its edge: the last value that passes, the first
//! that does not, and the words it is refused with.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use kustomer_api::canonical::canonicalize;
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::customer::CustomerInput;
use kustomer_api::validation::{self, Fault};
use serde::Deserialize as _;
use serde_json::{Value, json};

fn faults(input: &Value) -> Vec<Fault> {
    let text = input.to_string();
    let value: serde_json_borrow::Value<'_> = serde_json::from_str(&text).unwrap();
    let faults = validation::check(&CUSTOMER_INPUT, &value);
    // What passes the schema must always be readable as its type: the server relies on it.
    if faults.is_empty() {
        match canonicalize(&CUSTOMER_INPUT, &value) {
            Some(canonical) => CustomerInput::deserialize(canonical).map_err(|error| error.to_string()),
            None => CustomerInput::deserialize(&value).map_err(|error| error.to_string()),
        }
        .unwrap_or_else(|error| panic!("{text} passes but is not readable: {error}"));
    }
    faults
}

#[track_caller]
fn passes(input: Value) {
    assert_eq!(faults(&input), [], "{input}");
}

#[track_caller]
fn fails(input: Value, parameter: &str, title: &str, rule: &str) {
    let found = faults(&input);
    let found: Vec<_> =
        found.iter().map(|fault| (fault.parameter.as_str(), fault.title.as_str(), fault.rule.as_str())).collect();
    assert_eq!(found, [(parameter, title, rule)], "{input}");
}

/// Code points, not bytes: each of these takes four.
fn clefs(count: usize) -> String {
    "𝄞".repeat(count)
}

#[test]
fn nothing_is_required() {
    passes(json!({}));
}

#[test]
fn lengths_are_counted_in_code_points() {
    for (attribute, max) in
        [("name", 256), ("username", 256), ("externalId", 256), ("locale", 16), ("timeZone", 64), ("defaultLang", 100)]
    {
        passes(json!({ attribute: clefs(max) }));
        let title = format!("String is too long ({} chars), maximum {max}", max + 1);
        fails(json!({ attribute: clefs(max + 1) }), attribute, &title, &format!("/properties/{attribute}/maxLength"));
        passes(json!({ attribute: null }));
    }
    passes(json!({ "name": "" }));
    fails(
        json!({ "externalId": "" }),
        "externalId",
        "String is too short (0 chars), minimum 1",
        "/properties/externalId/minLength",
    );
}

#[test]
fn dates_are_rfc_3339_and_may_be_null_but_for_two() {
    for attribute in [
        "signedUpAt",
        "lastActivityAt",
        "lastCustomerActivityAt",
        "lastSeenAt",
        "birthdayAt",
        "createdAt",
        "importedAt",
    ] {
        passes(json!({ attribute: "2016-11-06T13:54:29-05:00" }));
        let title = "Format validation failed (date-time expected, such as 2016-11-09T04:23:01.925Z)";
        for wrong in ["yesterday", "2016-11-06", " ", "2016-12-31T23:59:60Z"] {
            fails(json!({ attribute: wrong }), attribute, title, &format!("/properties/{attribute}/format"));
        }
    }
    passes(json!({ "birthdayAt": null }));
    for attribute in ["createdAt", "importedAt"] {
        let rule = format!("/properties/{attribute}/type");
        fails(json!({ attribute: null }), attribute, "Invalid type: null (expected string)", &rule);
        let title = "Format validation failed (date-time expected, such as 2016-11-09T04:23:01.925Z)";
        fails(json!({ attribute: "" }), attribute, title, &format!("/properties/{attribute}/format"));
    }
}

#[test]
fn lists_hold_ten_items_each_once_where_the_contract_says_so() {
    for (list, item) in [
        ("externalIds", (|n: usize| json!({ "externalId": n.to_string() })) as fn(usize) -> Value),
        ("sharedExternalIds", |n| json!({ "externalId": n.to_string() })),
        ("emails", |n| json!({ "email": format!("{n}@b.c") })),
        ("sharedEmails", |n| json!({ "email": format!("{n}@b.c") })),
        ("phones", |n| json!({ "phone": format!("555{n:04}") })),
        ("sharedPhones", |n| json!({ "phone": format!("555{n:04}") })),
        ("whatsapps", |n| json!({ "phone": format!("whatsapp:+555{n:04}") })),
        ("facebookIds", |n| json!({ "pageId": n.to_string(), "userId": "u" })),
        ("instagramIds", |n| json!({ "pageId": n.to_string(), "threadId": "t", "username": "u" })),
        ("socials", |n| json!({ "type": "twitter", "username": n.to_string() })),
        ("sharedSocials", |n| json!({ "type": "linkedin", "username": n.to_string() })),
        ("urls", |n| json!({ "url": format!("https://{n}.example") })),
        ("locations", |n| json!({ "address": n.to_string() })),
    ] {
        let items = |count: usize| (0..count).map(item).collect::<Vec<_>>();
        passes(json!({ list: [] }));
        passes(json!({ list: items(10) }));
        let rule = |keyword: &str| format!("/properties/{list}/{keyword}");
        fails(json!({ list: items(11) }), list, "Array is too long (11), maximum 10", &rule("maxItems"));
        fails(json!({ list: null }), list, "Invalid type: null (expected array)", &rule("type"));
        fails(json!({ list: {} }), list, "Invalid type: object (expected array)", &rule("type"));

        let mut twice = items(2);
        twice.push(item(0));
        let unique =
            list.ends_with("xternalIds") || list.ends_with("mails") || list.ends_with("hones") || list == "whatsapps";
        if unique {
            fails(json!({ list: twice }), list, "Array items are not unique (indices 0 and 2)", &rule("uniqueItems"));
        } else {
            passes(json!({ list: twice }));
        }

        let mut unknown = item(0);
        unknown["color"] = json!("red");
        let rule = format!("/properties/{list}/items/additionalProperties");
        fails(json!({ list: [unknown] }), "color", "Additional properties not allowed", &rule);
    }
}

#[test]
fn items_are_unique_whatever_the_order_of_their_keys() {
    let emails: Value =
        serde_json::from_str(r#"{"emails":[{"email":"a@b.c","type":"home"},{"type":"home","email":"a@b.c"}]}"#)
            .unwrap();
    assert_eq!(faults(&emails).len(), 1);
    passes(json!({ "emails": [{ "email": "a@b.c", "type": "home" }, { "email": "a@b.c", "type": "work" }] }));
}

#[test]
fn enumerations_are_closed() {
    for (list, base, legal) in [
        ("emails", json!({ "email": "a@b.c" }), &["home", "work", "other"][..]),
        ("sharedPhones", json!({ "phone": "5550000" }), &["mobile", "home", "work", "fax", "other"]),
        ("whatsapps", json!({ "phone": "5550000" }), &["mobile"]),
        ("urls", json!({ "url": "https://a.example" }), &["website", "blog", "other"]),
        ("locations", json!({}), &["home", "work", "other"]),
        ("socials", json!({ "username": "a" }), &["twitter", "facebook", "instagram", "linkedin", "pinterest"]),
    ] {
        let item = |kind: &str| {
            let mut item = base.clone();
            item["type"] = json!(kind);
            json!({ list: [item] })
        };
        legal.iter().for_each(|kind| passes(item(kind)));
        let rule = format!("/properties/{list}/items/properties/type/enum");
        fails(item("castle"), "type", "No enum match for: \"castle\"", &rule);
    }
    passes(json!({ "locations": [{ "type": null }] }));
    for gender in [json!("m"), json!("f"), json!(null)] {
        passes(json!({ "gender": gender }));
    }
    fails(json!({ "gender": "x" }), "gender", "No enum match for: \"x\"", "/properties/gender/enum");
}

#[test]
fn members_that_must_be_there_are_asked_for_by_name() {
    for (list, item, missing) in [
        ("emails", json!({}), "email"),
        ("phones", json!({}), "phone"),
        ("externalIds", json!({}), "externalId"),
        ("facebookIds", json!({ "pageId": "p" }), "userId"),
        ("instagramIds", json!({ "pageId": "p", "threadId": "t" }), "username"),
        ("socials", json!({ "username": "u" }), "type"),
        ("socials", json!({ "type": "twitter" }), "username"),
        ("urls", json!({}), "url"),
    ] {
        let title = format!("Missing required property: {missing}");
        fails(json!({ list: [item] }), missing, &title, &format!("/properties/{list}/items/required"));
    }
    fails(
        json!({ "sentiment": { "polarity": 1 } }),
        "confidence",
        "Missing required property: confidence",
        "/properties/sentiment/required",
    );
}

#[test]
fn members_of_items_have_their_own_limits() {
    let location = |member: &str, value: Value| json!({ "locations": [{ member: value }] });
    for (member, max) in [
        ("name", 256),
        ("address", 256),
        ("address2", 256),
        ("address3", 256),
        ("countryName", 64),
        ("regionCode", 2),
        ("regionName", 128),
        ("cityName", 128),
        ("zipCode", 30),
        ("areaCode", 30),
    ] {
        passes(location(member, json!(clefs(max))));
        passes(location(member, json!(null)));
        assert_eq!(faults(&location(member, json!(clefs(max + 1)))).len(), 1, "{member}");
    }
    passes(location("countryCode", json!("US")));
    for wrong in ["U", "USA", " "] {
        assert_eq!(faults(&location("countryCode", json!(wrong))).len(), 1, "{wrong:?}");
    }
    passes(location("latitude", json!(51.5)));
    assert_eq!(faults(&location("latitude", json!("51.5"))).len(), 1);

    let social = |member: &str, length: usize| json!({ "socials": [{ "type": "twitter", "username": "u", member: clefs(length) }] });
    passes(social("userid", 256));
    assert_eq!(faults(&social("userid", 257)).len(), 1);
    passes(social("username", 256));
    assert_eq!(faults(&social("username", 257)).len(), 1);
    assert_eq!(faults(&social("username", 0)).len(), 1);
    passes(json!({ "externalIds": [{ "externalId": clefs(256) }] }));
    assert_eq!(faults(&json!({ "externalIds": [{ "externalId": clefs(257) }] })).len(), 1);
    passes(json!({ "facebookIds": [{ "pageId": clefs(255), "userId": "u" }] }));
    assert_eq!(faults(&json!({ "facebookIds": [{ "pageId": clefs(256), "userId": "u" }] })).len(), 1);
}

#[test]
fn tags_are_at_most_twenty_names_each_once() {
    let tags = |count: usize| json!({ "tags": (0..count).map(|n| format!("tag {n}")).collect::<Vec<_>>() });
    passes(tags(20));
    fails(tags(21), "tags", "Array is too long (21), maximum 20", "/properties/tags/maxItems");
    fails(
        json!({ "tags": ["a", "a"] }),
        "tags",
        "Array items are not unique (indices 0 and 1)",
        "/properties/tags/uniqueItems",
    );
    passes(json!({ "tags": ["x".repeat(64)] }));
    for wrong in ["".to_owned(), "x".repeat(65), " a".to_owned(), "a,b".to_owned()] {
        let found = faults(&json!({ "tags": [wrong] }));
        assert_eq!((found.len(), found[0].pointer.as_str()), (1, "/tags/0"), "{wrong:?}");
    }
}

#[test]
fn a_sentiment_has_a_polarity_of_three_and_a_confidence_within_one() {
    let sentiment =
        |polarity: Value, confidence: Value| json!({ "sentiment": { "polarity": polarity, "confidence": confidence } });
    for polarity in [-1, 0, 1] {
        passes(sentiment(json!(polarity), json!(0.5)));
    }
    passes(sentiment(json!(1), json!(-1)));
    fails(
        sentiment(json!(2), json!(0)),
        "polarity",
        "No enum match for: 2",
        "/properties/sentiment/properties/polarity/enum",
    );
    fails(
        sentiment(json!(0.5), json!(0)),
        "polarity",
        "Invalid type: number (expected integer)",
        "/properties/sentiment/properties/polarity/type",
    );
    fails(
        sentiment(json!(0), json!(1.5)),
        "confidence",
        "Value 1.5 is greater than maximum 1",
        "/properties/sentiment/properties/confidence/maximum",
    );
    passes(json!({ "sentiment": {} }));
    fails(
        json!({ "sentiment": null }),
        "sentiment",
        "Invalid type: null (expected object)",
        "/properties/sentiment/type",
    );
}

#[test]
fn the_object_is_closed_and_says_what_to_do_instead() {
    for (key, advice) in [
        ("displayName", "derived from name"),
        ("firstName", "derived from name: write name"),
        ("watchers", "derived from who follows"),
        ("Name", "upper and lower case"),
        ("loyaltyTierStr", "inside the object custom"),
        ("firstNam", "spelling"),
    ] {
        let found = faults(&json!({ key: "x" }));
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!(found[0].title, "Additional properties not allowed");
        assert_eq!(found[0].rule, "/additionalProperties");
        assert!(found[0].advice.contains(advice), "{key}: {}", found[0].advice);
    }
}

#[test]
fn a_custom_key_without_a_legal_suffix_is_refused_in_the_recorded_words() {
    let found = faults(&json!({ "custom": { "notAnActualAttribute": 1 } })).remove(0);
    let item = kustomer_api::error::ErrorItem::from(found);
    let body = serde_json::to_value(item).unwrap();
    // `docs/contract/behaviour.md` §3.2; `message` and `meta` are ours (§3.1).
    assert_eq!(body["status"], 400);
    assert_eq!(body["source"], json!({ "parameter": "notAnActualAttribute" }));
    assert_eq!(body["code"], "badparam");
    assert_eq!(body["title"], "Additional properties not allowed");
    assert_eq!(body["detail"], "/properties/custom/additionalProperties");
    assert_eq!(body["meta"]["pointer"], "/custom/notAnActualAttribute");
}

#[test]
fn custom_values_are_typed_by_suffix_and_may_all_be_null() {
    for (suffix, good, bad) in [
        ("Num", vec![json!(1), json!(-0.5), json!(1e300)], vec![json!("1"), json!(true), json!([])]),
        (
            "At",
            vec![json!("2016-11-06T13:54:29-05:00")],
            vec![json!("2016-11-06"), json!(1), json!("2016-12-31T23:59:60Z")],
        ),
        ("Str", vec![json!(""), json!(clefs(1024))], vec![json!(clefs(1025)), json!(1), json!({})]),
        ("Txt", vec![json!("a\nb"), json!(clefs(1024))], vec![json!(clefs(1025)), json!(false)]),
        ("Bool", vec![json!(true), json!(false)], vec![json!("true"), json!(0)]),
        (
            "Url",
            vec![json!("https://acme.example/a?b=c"), json!("mailto:a@b.c")],
            vec![json!("acme"), json!(" "), json!(1)],
        ),
    ] {
        let key = format!("loyalty{suffix}");
        passes(json!({ "custom": { &key: null } }));
        for value in good {
            passes(json!({ "custom": { &key: value } }));
        }
        for value in bad {
            let found = faults(&json!({ "custom": { &key: value } }));
            assert_eq!((found.len(), found[0].parameter.as_str()), (1, key.as_str()), "{value}");
        }
    }
    for key in ["Num", "num", "tierstr", "tierSTR", "tier"] {
        assert_eq!(faults(&json!({ "custom": { key: null } })).len(), 1, "{key}");
    }
    // Whether an attribute may name several records, its metadata says.
    let id = "5c7d1a1f9a1b2c0010a1b2c3";
    for value in [json!(id), json!([id]), json!([]), json!(""), json!(null)] {
        passes(json!({ "custom": { "orderId": value } }));
    }
    for value in [json!("x"), json!(1), json!([id, id]), json!(["x"])] {
        assert_eq!(faults(&json!({ "custom": { "orderId": value } })).len(), 1, "{value}");
    }
}

#[test]
fn a_write_carries_at_most_a_hundred_custom_attributes() {
    let custom = |count: usize| json!({ "custom": (0..count).map(|n| (format!("a{n}Num"), json!(n))).collect::<serde_json::Map<_, _>>() });
    passes(custom(100));
    fails(custom(101), "custom", "Too many properties defined (101), maximum 100", "/properties/custom/maxProperties");
    fails(json!({ "custom": null }), "custom", "Invalid type: null (expected object)", "/properties/custom/type");
}

#[test]
fn everything_wrong_is_reported_at_once_up_to_a_limit() {
    let found = faults(&json!({ "name": 1, "emails": [{ "email": "a" }], "nope": 1 }));
    assert_eq!(found.len(), 3);
    let many: serde_json::Map<_, _> = (0..500).map(|n| (format!("nope{n}"), json!(n))).collect();
    assert_eq!(faults(&Value::Object(many)).len(), validation::MAX_FAULTS);
}

#[test]
fn a_key_sent_twice_is_refused() {
    let value: serde_json_borrow::Value<'_> = serde_json::from_str(r#"{"name":"a","name":"b"}"#).unwrap();
    let found = validation::check(&CUSTOMER_INPUT, &value);
    assert_eq!((found.len(), found[0].parameter.as_str()), (1, "name"));
}

#[test]
fn long_input_is_not_echoed_whole() {
    let key = "k".repeat(100_000);
    let found = faults(&json!({ &key: 1 }));
    assert!(found[0].parameter.len() < 1_000 && found[0].pointer.len() < 1_000);
}
