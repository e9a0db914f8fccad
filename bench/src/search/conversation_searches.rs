//! The searches over conversations and messages.

use super::conversations::{USERS, tag, team, user};
use super::customers::name;
use super::searches::Body;

/// All searches, by their names.
pub(super) fn searches() -> Vec<(&'static str, Body)> {
    let search = |context: &'static str, criteria: fn(u64) -> String, sort: &'static str| -> Body {
        Box::new(move |round| format!(r#"{{"queryContext":"{context}","and":[{}],"sort":[{sort}]}}"#, criteria(round)))
    };
    let conversations = |criteria, sort| search("conversation", criteria, sort);
    let messages = |criteria, sort| search("message", criteria, sort);
    const OLDEST: &str = r#"{"conversation_created_at":"asc"}"#;
    const NEWEST: &str = r#"{"conversation_created_at":"desc"}"#;
    const UPDATED: &str = r#"{"conversation_updated_at":"desc"}"#;
    const SENT: &str = r#"{"message_sent_at":"desc"}"#;
    vec![
        ("open of a user, oldest first", conversations(|n| joined(&[&open(), &of_user(n * 5)]), OLDEST)),
        ("open of a user, newest first", conversations(|n| joined(&[&open(), &of_user(n * 5)]), NEWEST)),
        ("open of the busiest user, oldest first", conversations(|_| joined(&[&open(), &of_user(0)]), OLDEST)),
        (
            "done of a user, last changed first",
            conversations(|n| joined(&[&is("status", "done"), &of_user(n * 5)]), UPDATED),
        ),
        (
            "open of a user, by priority, then oldest first",
            conversations(
                |n| joined(&[&open(), &of_user(n * 5)]),
                r#"{"conversation_priority":"desc"},{"conversation_created_at":"asc"}"#,
            ),
        ),
        (
            "open of a user, by name",
            conversations(|n| joined(&[&open(), &of_user(n * 5)]), r#"{"conversation_name":"asc"}"#),
        ),
        (
            "open of a team with a tag, oldest first",
            conversations(|n| joined(&[&open(), &of_team(n), &tagged(n)]), OLDEST),
        ),
        ("open of a team, last changed first", conversations(|n| joined(&[&open(), &of_team(n)]), UPDATED)),
        ("tag and a custom text, oldest first", conversations(|n| joined(&[&tagged(n), &reason(n)]), OLDEST)),
        (
            "of a user, urgent, created in a month, oldest first",
            conversations(
                |n| {
                    let month = n % 12 + 1;
                    let from = format!(r#"{{"conversation_created_at":{{"gte":"2026-{month:02}-01"}}}}"#);
                    let to = format!(r#"{{"conversation_created_at":{{"lt":"2026-{month:02}-28"}}}}"#);
                    let urgent = r#"{"conversation_priority":{"equals":5}}"#;
                    joined(&[&of_user(n * 5), urgent, &from, &to])
                },
                OLDEST,
            ),
        ),
        (
            "of a user and not done, oldest first",
            conversations(|n| joined(&[&of_user(n * 5), r#"{"conversation_status":{"not_equals":"done"}}"#]), OLDEST),
        ),
        ("open, oldest first", conversations(|_| open(), OLDEST)),
        ("everything, newest first", conversations(|_| String::new(), NEWEST)),
        (
            "messages: answers by chat of a user, newest first",
            messages(
                |n| {
                    joined(&[
                        r#"{"message_direction":{"equals":"out"}}"#,
                        r#"{"message_channel":{"equals":"chat"}}"#,
                        &format!(r#"{{"message_created_by":{{"equals":"{}"}}}}"#, user(n * 5 % USERS)),
                    ])
                },
                SENT,
            ),
        ),
        (
            "messages: from customers by SMS, oldest first",
            messages(
                |_| joined(&[r#"{"message_direction":{"equals":"in"}}"#, r#"{"message_channel":{"equals":"sms"}}"#]),
                r#"{"message_sent_at":"asc"}"#,
            ),
        ),
    ]
}

fn joined(criteria: &[&str]) -> String {
    criteria.join(",")
}

fn is(attribute: &str, value: &str) -> String {
    format!(r#"{{"conversation_{attribute}":{{"equals":"{value}"}}}}"#)
}

fn open() -> String {
    is("status", "open")
}

fn of_user(number: u64) -> String {
    is("assigned_users", &user(number % USERS).to_string())
}

fn of_team(number: u64) -> String {
    is("assigned_teams", &team(number).to_string())
}

fn tagged(number: u64) -> String {
    is("tags", &tag(number).to_string())
}

fn reason(number: u64) -> String {
    is("custom_reasonStr", &name(number % 20, 1))
}
