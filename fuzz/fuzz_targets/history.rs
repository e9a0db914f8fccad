//! A record's life, one wish a line: every state is rebuilt, to the byte, from the next one and from the one before.
//!
//! A line is a body for an update; behind `=` for one that replaces; `-` deletes and `+` restores.
#![no_main]

use kustodian_core::customer::{self, UpdateOptions};
use kustodian_core::history::{replay, rewind};
use kustodian_core::input;
use kustodian_core::kind::Kind;
use kustodian_core::refusal::Refusal;
use kustodian_fuzz::{check_refusal, context, id, org, seed, stored, write};
use kustomer_api::customer::CustomerInput;
use kustomer_api::customer::CUSTOMER_INPUT;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|wishes: &[u8]| {
    let org = org();
    let mut wishes = wishes.split(|byte| *byte == b'\n').take(16);
    let body = wishes.next().unwrap_or_default();
    let created = read(body).and_then(|input| customer::create(&context(&org, 0), id(1), seed(), write(input)));
    let Ok(created) = created.inspect_err(|refusal| check_refusal(refusal, body)) else { return };
    assert!(created.events.iter().all(|event| event.changes.is_none()), "a created record has no former state");
    let mut record = stored(&created);

    for (moment, wish) in (1..).zip(wishes) {
        let context = context(&org, moment);
        let options = |replace| UpdateOptions { replace, ..UpdateOptions::default() };
        let update = |body: &[u8], replace| {
            read(body)
                .and_then(|input| customer::update(&context, Some(&record), seed(), write(input), &options(replace)))
        };
        let decided = match wish {
            b"-" => customer::delete(&context, Some(&record), seed(), None),
            // Restoring a live record changes nothing.
            b"+" => customer::restore(&context, Some(&record), seed(), None, None).map(Option::unwrap_or_default),
            [b'=', body @ ..] => update(body, true),
            body => update(body, false),
        };
        let changes = match decided {
            Ok(changes) => changes,
            // Only a body has places to point at; a fault of a record has none.
            Err(refusal) => {
                check_refusal(&refusal, wish);
                continue;
            }
        };
        if changes.puts.is_empty() {
            continue;
        }
        let next = stored(&changes);
        // Tags that were made with it have events of their own.
        let event = changes.events.iter().find(|event| event.record == next.id).expect("a change is an event");
        assert_eq!(next.rev, record.rev + 1);
        assert!(next.updated_at >= record.updated_at, "a record's past lies before it");
        let difference = event.changes.as_deref().expect("a later event says what changed");
        let back = rewind(Kind::Customer, &next.document, difference).expect("a difference is read");
        assert_eq!(back, record.document);
        let forth = replay(Kind::Customer, &record.document, difference).expect("a difference is read");
        assert_eq!(forth, next.document);
        record = next;
    }
});

fn read(body: &[u8]) -> Result<CustomerInput, Refusal> {
    input::read(&CUSTOMER_INPUT, body)
}
