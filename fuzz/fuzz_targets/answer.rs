//! The client's reading of any answer of a server: nothing is lost that a second reading would find.
#![no_main]

use std::fmt::Debug;

use kustomer_api::auth::AuthToken;
use kustomer_api::customer::Customer;
use kustomer_api::envelope::{Document, Page};
use kustomer_api::error::ErrorBody;
use kustomer_api::org::Org;
use kustomer_api::tag::Tag;
use kustomer_api::user::User;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|body: &[u8]| {
    check::<Document<Customer>>(body);
    check::<Page<Customer>>(body);
    check::<Document<Tag>>(body);
    check::<Document<User>>(body);
    check::<Document<Org>>(body);
    check::<Document<AuthToken>>(body);
    check::<ErrorBody>(body);
});

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(body: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(body) else { return };
    let written = serde_json::to_vec(&read).expect("a value that was read is JSON");
    let again: T = serde_json::from_slice(&written).expect("a written value is read");
    assert_eq!(again, read);
}
