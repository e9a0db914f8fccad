//! Moments: written in one way that is read again, and a query's lenient forms contain the strict one.
#![no_main]

use kustomer_api::query::read_moment;
use kustomer_api::{Timestamp, format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let strict: Option<Timestamp> = text.parse().ok();
    // Neither a body nor a query may name a leap second, which would be stored as another moment; answers with one are read
    // all the same.
    let is_kept = text.get(17..19) != Some("60") && text.len() <= format::MAX_DATE_TIME;
    assert_eq!(format::is_date_time(text), strict.is_some() && is_kept);
    let json = serde_json::to_string(text).expect("text is JSON");
    assert_eq!(serde_json::from_str::<Timestamp>(&json).ok(), strict);
    let lenient = read_moment("filter[createdAt][gt]", text);
    if let Some(moment) = strict.filter(|_| is_kept) {
        assert_eq!(lenient.as_ref().ok(), Some(&moment), "a moment in a body is one in a query");
    }
    match lenient {
        Err(fault) => assert_eq!(fault.parameter, "filter[createdAt][gt]"),
        Ok(moment) => {
            let written = moment.to_string();
            assert!(written.len() == 24 && written.ends_with('Z'), "{text:?} is written {written}");
            assert_eq!(written.parse(), Ok(moment), "{text:?} is written {written}");
            assert_eq!(Timestamp::from_millis(moment.as_millis()), moment);
        }
    }
    // Any count of milliseconds can be written and read again.
    if let Ok(bytes) = <[u8; 8]>::try_from(text.as_bytes()) {
        let moment = Timestamp::from_millis(i64::from_le_bytes(bytes));
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
});
