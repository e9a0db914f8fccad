//! Query strings: pages, sorts, filters and cursors. A parsed query is written so that it reads the same; a refusal
//! names its parameter.
#![no_main]

use std::fmt::Debug;

use kustomer_api::audit::ListAuditLogs;
use kustomer_api::customer::{ListCustomers, ReplaceQuery};
use kustomer_api::event::ListEvents;
use kustomer_api::history::StateQuery;
use kustomer_api::query::{PageQuery, QueryArguments};
use kustomer_api::validation::Fault;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &[u8]| {
    // Decoded and cut as the server does it.
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().take(100).collect();
    check::<PageQuery>(&pairs);
    check::<ReplaceQuery>(&pairs);
    check::<ListCustomers>(&pairs);
    check::<StateQuery>(&pairs);
    check::<ListEvents>(&pairs);
    check::<ListAuditLogs>(&pairs);
});

fn check<Q: QueryArguments + PartialEq + Debug>(pairs: &[(String, String)]) {
    match Q::read(pairs) {
        Ok(read) => {
            let written: Vec<(String, String)> =
                read.write().into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&written).finish();
            let again: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            assert_eq!(again, written);
            assert_eq!(Q::read(&again), Ok(read), "written {written:?}");
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for Fault { parameter, title, .. } in &faults {
                assert!(!parameter.is_empty() && !title.is_empty(), "{faults:?}");
            }
        }
    }
}
