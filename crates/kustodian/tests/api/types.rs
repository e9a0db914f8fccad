//! `kustodian types`: definitions out of an org's metadata. Those in Rust are compiled with this test.

use serde_json::{Value, json};

use crate::cli::Ran;
use crate::server::{Server, TOKEN, binary};

#[rustfmt::skip]
#[expect(unreachable_pub, reason = "it is written for a program of its own")]
#[path = "types/generated.rs"]
mod generated;

fn types(server: &Server, arguments: &[&str]) -> Ran {
    let mut command = binary();
    command.arg("types").env("KUSTODIAN_URL", &server.url).env("KUSTODIAN_TOKEN", TOKEN);
    Ran::of(command.args(arguments))
}

fn described() -> Server {
    let server = Server::start();
    server.post("/v1/klasses", json!({ "name": "order" })).expect(200);
    let said = json!({ "properties": {
        "loyaltyTierStr": { "displayName": "Loyalty", "enumeration": ["gold", "new \"silver\"", "new silver", "3rd"] },
        "scoreNum": {}, "bornAt": {}, "churnedBool": {}, "homeUrl": { "displayName": "Home */ page\nof it" },
        "ordersId": { "target": "kobject.order", "multi": true }, "friendId": { "target": "customer" },
        "passportStr": { "sensitive": { "enabled": true } },
        "goneStr": { "deletedAt": "2026-01-01T00:00:00Z" },
    } });
    server.put("/v1/metadata/customer", said).expect(200);
    server.put("/v1/metadata/kobject.order", json!({ "properties": { "loyaltyTierStr": {} } })).expect(200);
    server
}

#[test]
fn rust_definitions_fit_the_answers_of_the_api() {
    let server = described();
    let written = types(&server, &["--lang", "rust"]).well();
    assert_eq!(written, include_str!("types/generated.rs"), "the compiled definitions are the printed ones");
    let sent = json!({
        "loyaltyTierStr": "new \"silver\"", "scoreNum": 1.5, "bornAt": "2026-01-01T00:00:00Z", "churnedBool": false,
        "homeUrl": null, "passportStr": "********", "friendId": "5c7d1a1f9a1b2c0010a1b2c3", "ordersId": ["5c7d1a1f9a1b2c0010a1b2c3"],
    });
    let read: generated::CustomerCustom = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(read.loyalty_tier_str.value(), Some(&generated::CustomerLoyaltyTierStr::NewSilver));
    assert!(read.home_url.is_null());
    assert_eq!(serde_json::to_value(&read).unwrap(), sent);
    let undescribed = json!({ "loyaltyTierStr": "lead" });
    let read: generated::CustomerCustom = serde_json::from_value(undescribed.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), undescribed);
    let order = generated::KobjectOrderCustom::default();
    assert_eq!(serde_json::to_value(order).unwrap(), json!({}));
}

#[test]
fn typescript_and_json_schema_say_the_same() {
    let server = described();
    let written = types(&server, &["--lang", "typescript", "customer"]).well();
    assert!(!written.contains("KobjectOrder"), "{written}");
    for line in [
        "export interface CustomerCustom {",
        "  /** Loyalty */",
        r#"  "loyaltyTierStr"?: "gold" | "new \"silver\"" | "new silver" | "3rd" | null;"#,
        r#"  "scoreNum"?: number | null;"#,
        r#"  "churnedBool"?: boolean | null;"#,
        "  /** Home * / page of it */",
        r#"  "ordersId"?: string | string[] | null;"#,
        r#"  "passportStr"?: string | "********" | null;"#,
    ] {
        assert!(written.lines().any(|found| found == line), "{line}\n{written}");
    }
    let written: Value = serde_json::from_str(&types(&server, &["--lang", "json-schema"]).well()).unwrap();
    let tier = &written["$defs"]["CustomerCustom"]["properties"]["loyaltyTierStr"];
    assert_eq!(tier["anyOf"][0]["enum"], json!(["gold", "new \"silver\"", "new silver", "3rd"]));
    assert_eq!(tier["title"], "Loyalty");
    assert_eq!(written["$defs"]["CustomerCustom"]["properties"].get("goneStr"), None);
    assert!(written["$defs"]["KobjectOrderCustom"].is_object());
    types(&server, &["--lang", "rust", "kobject.none"]).fails_with("Not Found");
}
