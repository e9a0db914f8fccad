//! A post to an inbound webhook: whatever it is, it is refused or becomes JSON within the limits.
#![no_main]

use kustodian_core::inbound_webhook::{Encoding, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    for encoding in [Encoding::Json, Encoding::Form, Encoding::Xml] {
        match read(encoding, body) {
            Ok(value) => {
                let text = serde_json::to_string(&value).expect("a value is written");
                let again: serde_json::Value = serde_json::from_str(&text).expect("a written post is read");
                assert_eq!(again, value);
            }
            Err(refusal) => assert!(matches!(refusal.status, 400 | 413 | 415), "{refusal}"),
        }
    }
});
