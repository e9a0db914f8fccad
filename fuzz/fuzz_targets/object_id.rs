//! Ids: read whatever their case, written in one way, and nothing else is taken for one.
#![no_main]

use kustodian_core::tag::Mention;
use kustomer_api::ObjectId;
use kustomer_api::endpoint::PathArguments;
use kustomer_api::format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let is_one = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let read: Option<ObjectId> = text.parse().ok();
    assert_eq!(read.is_some(), is_one);
    assert_eq!(format::is_object_id(text), is_one);
    assert_eq!(<ObjectId as PathArguments>::read(&[text.to_owned()]), read);
    assert_eq!(matches!(Mention::of(text), Mention::Id(_)), is_one);
    let json = serde_json::to_string(text).expect("text is JSON");
    assert_eq!(serde_json::from_str::<ObjectId>(&json).ok(), read);

    if let Some(id) = read {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
        assert_eq!(ObjectId::from_bytes(*id.as_bytes()), id);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).expect("an id is JSON"), format!("\"{id}\""));
    }
});
