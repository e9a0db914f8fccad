//! The bodies of bulk operations: refused with a reason, or read into items that are JSON, keep the sent values, and
//! read the same when they are sent again.
#![no_main]

use kustodian_core::bulk::{items, items_named};
use kustodian_fuzz::{check_refusal, id};
use kustomer_api::bulk::{CLIENT_REF, MAX_ITEMS, Verb};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    for verb in [Verb::Create, Verb::Update] {
        match items(verb, bytes) {
            Err(refusal) => check_refusal(&refusal, bytes),
            Ok(read) => {
                assert!(read.len() <= MAX_ITEMS);
                let bodies: Vec<&str> = read.iter().map(|item| item.body.as_str()).collect();
                for item in &read {
                    let value: Value = serde_json::from_str(&item.body).expect("an item is JSON");
                    assert!(value.get(CLIENT_REF).is_none(), "a reference is not passed on");
                    assert!(item.fault.is_some() || (item.id.is_some() == (verb == Verb::Update)));
                }
                // Without references and ids they are items of creates.
                let again = items(Verb::Create, format!("[{}]", bodies.join(",")).as_bytes());
                let again = again.expect("an item that was passed on is read");
                assert!(again.iter().map(|item| item.body.as_str()).eq(bodies));
            }
        }
        match items_named(verb, &[id(1), id(2)], bytes) {
            Err(refusal) => check_refusal(&refusal, bytes),
            Ok(read) => {
                assert!(read.len() == 2 && read.iter().all(|item| serde_json::from_str::<Value>(&item.body).is_ok()))
            }
        }
    }
});
