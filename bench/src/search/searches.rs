//! The searched type.

use super::customers::{domain, email, name};

/// The JSON of a search; the number makes every search another one.
pub(super) type Body = Box<dyn Fn(u64) -> String>;

/// All searches, by their names.
pub(super) fn searches() -> Vec<(&'static str, Body)> {
    const NEWEST: &str = r#"[{"customer_created_at":"desc"}]"#;
    let body = |criteria: &dyn Fn(u64) -> String, sort: &str, round: u64| {
        format!(r#"{{"and":[{}],"sort":{sort}}}"#, criteria(round))
    };
    let search = move |criteria: fn(u64) -> String, sort: &'static str| -> Body {
        Box::new(move |round| body(&criteria, sort, round))
    };
    vec![
        ("everything, newest first", search(|_| String::new(), NEWEST)),
        ("exact e-mail", search(|n| format!(r#"{{"customer_email":{{"equals":"{}"}}}}"#, email(n)), NEWEST)),
        (
            "one of 200 e-mails",
            search(|n| format!(r#"{{"customer_email":{{"in":[{}]}}}}"#, listed(n, |of| quoted(&email(of)))), NEWEST),
        ),
        (
            "20 alternatives of an e-mail",
            search(
                |n| {
                    let one = |of| format!(r#"{{"customer_email":{{"equals":"{}"}}}}"#, email(of));
                    format!(r#"{{"or":[{}]}}"#, (n..n + 20).map(one).collect::<Vec<_>>().join(","))
                },
                NEWEST,
            ),
        ),
        (
            "one of 200 external ids",
            search(
                |n| {
                    let ids = listed(n, |of| quoted(&format!("crm-{:09}", of * 911)));
                    format!(r#"{{"customer_externalId":{{"in":[{ids}]}}}}"#)
                },
                NEWEST,
            ),
        ),
        (
            "custom: one of 200 scores",
            search(
                |n| format!(r#"{{"customer_custom_scoreNum":{{"in":[{}]}}}}"#, listed(n, |of| (of * 37).to_string())),
                NEWEST,
            ),
        ),
        (
            "exact external id",
            search(|n| format!(r#"{{"customer_externalId":{{"equals":"crm-{:09}"}}}}"#, n * 911), NEWEST),
        ),
        (
            "exact name",
            search(|n| format!(r#"{{"customer_name":{{"equals":"{} {}"}}}}"#, name(n, 2), name(n * 7, 3)), NEWEST),
        ),
        (
            "gender, newest first",
            search(|n| format!(r#"{{"customer_gender":{{"equals":"{}"}}}}"#, ["m", "f"][(n % 2) as usize]), NEWEST),
        ),
        (
            "gender, by name",
            search(|_| r#"{"customer_gender":{"equals":"f"}}"#.to_owned(), r#"[{"customer_name":"asc"}]"#),
        ),
        (
            "signed up on a day",
            search(|n| format!(r#"{{"customer_signed_up_at":{{"equals":"2025-03-{:02}"}}}}"#, n % 28 + 1), NEWEST),
        ),
        (
            "signed up in a half year, newest first",
            search(
                |n| {
                    format!(
                        r#"{{"customer_signed_up_at":{{"gte":"2025-01-{:02}"}}}},{{"customer_signed_up_at":{{"lt":"2025-07-01"}}}}"#,
                        n % 28 + 1
                    )
                },
                NEWEST,
            ),
        ),
        (
            "created in a month, by name",
            search(
                |n| {
                    format!(
                        r#"{{"customer_created_at":{{"gte":"2025-{:02}-01"}}}},{{"customer_created_at":{{"lt":"2025-{:02}-28"}}}}"#,
                        n % 12 + 1,
                        n % 12 + 1
                    )
                },
                r#"[{"customer_name":"asc"}]"#,
            ),
        ),
        (
            "custom: shop, 1 in 300",
            search(|n| format!(r#"{{"customer_custom_shopStr":{{"equals":"{}"}}}}"#, name(n, 2)), NEWEST),
        ),
        (
            "custom: tier, 1 in 6",
            search(|_| r#"{"customer_custom_loyaltyTierStr":{"equals":"gold"}}"#.to_owned(), NEWEST),
        ),
        (
            "custom: number range, 1 in 1,000",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_scoreNum":{{"gte":{}}}}},{{"customer_custom_scoreNum":{{"lt":{}}}}}"#,
                        n * 1000,
                        n * 1000 + 100
                    )
                },
                NEWEST,
            ),
        ),
        (
            "custom: number range, half",
            search(|n| format!(r#"{{"customer_custom_scoreNum":{{"gte":{}}}}}"#, 50_000 + n), NEWEST),
        ),
        (
            "custom: moments, a month",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_lastOrderAt":{{"gte":"2025-{:02}-01"}}}},{{"customer_custom_lastOrderAt":{{"lt":"2025-{:02}-28"}}}}"#,
                        n % 12 + 1,
                        n % 12 + 1
                    )
                },
                NEWEST,
            ),
        ),
        (
            "tier and score",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_loyaltyTierStr":{{"equals":"gold"}}}},{{"customer_custom_scoreNum":{{"gte":{}}}}}"#,
                        90_000 + n
                    )
                },
                NEWEST,
            ),
        ),
        (
            "tier and gender and half the scores, by name",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_loyaltyTierStr":{{"equals":"silver"}}}},{{"customer_gender":{{"equals":"m"}}}},{{"customer_custom_scoreNum":{{"gte":{}}}}}"#,
                        50_000 + n
                    )
                },
                r#"[{"customer_name":"asc"}]"#,
            ),
        ),
        (
            "shop and tier, by two keys",
            search(
                |n| {
                    format!(
                        r#"{{"customer_custom_shopStr":{{"equals":"{}"}}}},{{"customer_custom_loyaltyTierStr":{{"equals":"bronze"}}}}"#,
                        name(n, 2)
                    )
                },
                r#"[{"customer_gender":"asc"},{"customer_name":"desc"}]"#,
            ),
        ),
        (
            "two words of a name",
            search(
                |n| format!(r#"{{"customer_name":{{"contains":"{} {}"}}}}"#, name(n, 2), &name(n * 7, 3)[..5]),
                NEWEST,
            ),
        ),
        (
            "two words anywhere",
            search(
                |n| format!(r#"{{"customer_any_text":{{"contains":"{} {}"}}}}"#, name(n, 2), name(n * 7, 3)),
                NEWEST,
            ),
        ),
        (
            "two words of a custom text",
            search(
                |n| format!(r#"{{"customer_custom_notesTxt":{{"contains":"{} {}"}}}}"#, name(n * 7, 3), name(n, 2)),
                NEWEST,
            ),
        ),
        (
            "a common word of a custom text",
            search(|_| r#"{"customer_custom_notesTxt":{"contains":"spring"}}"#.to_owned(), NEWEST),
        ),
        (
            "e-mail contains a domain, 1 in 2,000",
            search(|n| format!(r#"{{"customer_email":{{"contains":"@{}"}}}}"#, domain(n)), NEWEST),
        ),
        ("e-mail contains what all do", search(|_| r#"{"customer_email":{"contains":".example"}}"#.to_owned(), NEWEST)),
        (
            "phone contains digits",
            search(|n| format!(r#"{{"customer_phone":{{"contains":"{:05}"}}}}"#, n * 37 % 100_000), NEWEST),
        ),
        (
            "not silver, by name",
            search(
                |_| r#"{"customer_custom_loyaltyTierStr":{"not_equals":"silver"}}"#.to_owned(),
                r#"[{"customer_name":"desc"}]"#,
            ),
        ),
    ]
}

/// The values of a list: of 200 customers, most of whom exist where there are 200,000.
fn listed(round: u64, value: impl Fn(u64) -> String) -> String {
    (round..round + 200).map(value).collect::<Vec<_>>().join(",")
}

fn quoted(text: &str) -> String {
    format!(r#""{text}""#)
}
