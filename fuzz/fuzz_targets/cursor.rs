//! Cursors of lists and of searches. A cursor that is read is written so that it reads the same, and only in the list or search
//! it belongs to; anything else is the client's fault.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kustodian_core::cursor::{ListCursor, WalkCursor};
use kustodian_core::refusal::Refusal;
use kustodian_fuzz::check_refusal;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    check(&String::from_utf8_lossy(text), "createdAt");
    // The content of a cursor, so that chance need not find base64.
    let content: Value = serde_json::from_slice(text).unwrap_or_default();
    let named = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    for of in [named("s"), named("b")] {
        check(&URL_SAFE_NO_PAD.encode(text), of);
    }
});

/// Reads a cursor as that of a list in the order `of`, and of the search `of`.
fn check(text: &str, of: &str) {
    match ListCursor::read(text, of) {
        Ok(None) => assert_eq!(text, "*"),
        Ok(Some(cursor)) => {
            assert_eq!(cursor.sort, of);
            let written = cursor.write();
            assert_eq!(ListCursor::read(&written, of), Ok(Some(cursor)));
            check_refused(ListCursor::read(&written, &format!("{of},id")));
        }
        refused => check_refused(refused),
    }
    match WalkCursor::read(text, of) {
        Ok(None) => assert_eq!(text, "*"),
        Ok(Some(cursor)) => {
            assert_eq!(cursor.body, of);
            let written = cursor.write();
            assert_eq!(WalkCursor::read(&written, of), Ok(Some(cursor)));
            check_refused(WalkCursor::read(&written, &format!("{of}0")));
        }
        refused => check_refused(refused),
    }
}

fn check_refused<T: std::fmt::Debug>(read: Result<T, Refusal>) {
    match read {
        Err(refusal) => {
            check_refusal(&refusal, b"");
            let source = refusal.errors[0].source.as_ref().expect("a refusal names the parameter");
            assert_eq!(source.parameter.as_deref(), Some("cursor"));
        }
        Ok(read) => panic!("{read:?} was read where it does not belong"),
    }
}
