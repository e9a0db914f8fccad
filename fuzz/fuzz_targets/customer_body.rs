//! The body of a create: refused with reasons, or stored, answered and read back without loss.
#![no_main]

use kustodian_core::customer::{self, Lookup};
use kustodian_core::{input, resource};
use kustodian_fuzz::{check_refusal, context, id, org, seed, write};
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::customer::{Customer, CustomerInput};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let sent: CustomerInput = match input::read_to_store(&CUSTOMER_INPUT, body) {
        Ok(sent) => sent,
        Err(refusal) => return check_refusal(&refusal, body),
    };
    // The body of our own client in its place means the same.
    let again = serde_json::to_vec(&sent).expect("input is JSON");
    let again: CustomerInput = input::read(&CUSTOMER_INPUT, &again).expect("an accepted body is accepted again");
    assert_eq!(again, sent);

    let org = org();
    let changes = match customer::create(&context(&org, 0), id(1), seed(), write(sent.clone())) {
        Ok(changes) => changes,
        Err(refusal) => return check_refusal(&refusal, body),
    };
    assert_eq!(changes.puts.len(), changes.events.len());
    let document = &changes.puts[0].document;
    let customer: Customer = resource::read(document).expect("a stored record is read");
    assert_eq!(&resource::render(&customer).expect("a record that was read is rendered"), document);
    serde_json::from_str::<serde_json::Value>(document).expect("an answer is JSON");

    // A look-up by a sent identity finds the stored customer.
    let claimed = |by: Lookup, value: &str| changes.claims.iter().any(|claim| claim.key == by.key(org.key, value));
    for email in sent.emails.iter().flatten() {
        assert!(claimed(Lookup::Email, &email.email), "{:?} finds nobody", email.email);
    }
    for phone in sent.phones.iter().flatten() {
        assert!(claimed(Lookup::Phone, &phone.phone), "{:?} finds nobody", phone.phone);
    }
    for external_id in
        sent.external_id.value().into_iter().chain(sent.external_ids.iter().flatten().map(|one| &one.external_id))
    {
        assert!(claimed(Lookup::ExternalId, external_id), "{external_id:?} finds nobody");
    }
    // The same for answers.
    for email in customer.attributes.emails.value().into_iter().flatten() {
        assert!(claimed(Lookup::Email, &email.email), "the stored {:?} finds nobody", email.email);
    }
});
