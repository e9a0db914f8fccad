//! A success whose body cannot be read, and the place of its fault.

use std::fmt;

use bytes::Bytes;

use super::{FailedCall, excerpt};
use crate::exchange::ReceivedResponse;

/// A success with a body of another type.
#[derive(Clone, PartialEq, thiserror::Error)]
#[error(
    "{call}: the answer to {} ({status}) cannot be read at {}: {reason}; the body begins: {}{}{}",
    .call.operation,
    place(.pointer),
    excerpt(.body),
    .call.often(),
    bracketed(.request_id.as_deref())
)]
#[non_exhaustive]
pub struct DecodeError {
    /// The call that was answered.
    pub call: FailedCall,
    /// The HTTP status.
    pub status: u16,
    /// The JSON pointer to the value of the body that cannot be read: `/data/0/attributes/createdAt`. Empty when it is the whole body.
    pub pointer: String,
    /// The fault of the value.
    pub reason: String,
    /// The `x-request-id` of the answer: quote it to the operator of the server.
    pub request_id: Option<String>,
    /// The answer's body as it came.
    pub body: Bytes,
}

/// Without the body and its fault: both may hold personal data.
impl fmt::Debug for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, status, pointer, body, .. } = self;
        let (name, place) = (call.operation, place(pointer));
        write!(formatter, "{call}: the answer to {name} ({status}, {} bytes) cannot be read at {place}", body.len())
    }
}

impl DecodeError {
    /// That this answer is none for its call, because of the value at `pointer`.
    pub(crate) fn new(call: FailedCall, response: &ReceivedResponse, pointer: String, reason: String) -> Self {
        Self {
            call,
            status: response.status.as_u16(),
            pointer,
            reason,
            request_id: response.header("x-request-id").map(str::to_owned),
            body: response.body.clone(),
        }
    }

    /// The fault that reading the body of this answer ended with.
    pub(crate) fn read(call: FailedCall, response: &ReceivedResponse, fault: &serde_json::Error) -> Self {
        let pointer = pointer_to(&response.body, fault.line(), fault.column());
        Self::new(call, response, pointer, fault.to_string())
    }
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "its top" } else { pointer }
}

fn bracketed(request: Option<&str>) -> String {
    request.map(|id| format!(" [request {id}]")).unwrap_or_default()
}

/// The JSON pointer to the value at a place of a text, as the parser counts: lines from 1, and how many bytes of the line it has
/// seen. This knows no types: readers that note their way would be compiled a second time for each of them.
fn pointer_to(body: &[u8], line: usize, column: usize) -> String {
    let before: usize = body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let last = (before + column).saturating_sub(1);
    let mut way = Vec::new();
    let mut begin = 0;
    while let Some(first) = body.get(begin) {
        let end = end_of_token(body, begin);
        let is_last = end > last;
        match first {
            b'{' | b'[' if is_last => {}
            b'{' => way.push(Step::Member(None)),
            b'[' => way.push(Step::Item(0)),
            b'}' | b']' => drop(way.pop()),
            b',' if is_last => {}
            b',' => match way.last_mut() {
                Some(Step::Member(name)) => *name = None,
                Some(Step::Item(number)) => *number += 1,
                None => {}
            },
            b'"' => {
                if let Some(Step::Member(name @ None)) = way.last_mut() {
                    *name = body.get(begin..end).and_then(|quoted| serde_json::from_slice(quoted).ok());
                }
            }
            _ => {}
        }
        if is_last {
            break;
        }
        begin = end;
    }
    way.iter().map(Step::part).collect()
}

/// A step of the way from the top of a text to a value.
enum Step {
    /// The member of an object, once its name was read.
    Member(Option<String>),
    /// The item of a list.
    Item(usize),
}

impl Step {
    fn part(&self) -> String {
        match self {
            Self::Member(None) => String::new(),
            Self::Member(Some(name)) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Self::Item(number) => format!("/{number}"),
        }
    }
}

/// Where the token that begins at `begin` ends: a string, or a single byte. Of numbers and words only brackets and commas matter.
fn end_of_token(body: &[u8], begin: usize) -> usize {
    let mut end = begin + 1;
    if body.get(begin) == Some(&b'"') {
        while let Some(byte) = body.get(end) {
            end += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
    }
    end.min(body.len())
}

#[cfg(test)]
mod tests {
    use kustomer_api::envelope::{Document, Page};
    use kustomer_api::tag::Tag;
    use serde::de::DeserializeOwned;

    use super::*;

    fn pointer<T: DeserializeOwned>(body: &str) -> String {
        let Err(fault) = serde_json::from_slice::<T>(body.as_bytes()) else { panic!("{body} was read") };
        pointer_to(body.as_bytes(), fault.line(), fault.column())
    }

    #[test]
    fn the_pointer_leads_to_the_value_that_cannot_be_read() {
        let tag = |name: &str| {
            format!(
                "{{\n  \"type\": \"tag\",\n  \"id\": \"t\",\n  \"attributes\": {{ \"name\": {name}, \"color\": null }}\n}}"
            )
        };
        let document = |name: &str| format!("{{ \"data\": {} }}", tag(name));
        for wrong in ["5", "[]", "{}", "true", "-1.5e3", "{\"a\": [1]}"] {
            assert_eq!(pointer::<Document<Tag>>(&document(wrong)), "/data/attributes/name", "{wrong}");
        }
        let page = format!("{{\"data\":[{},{}],\"links\":{{}}}}", tag("\"a [{,\\\" b\""), tag("7"));
        assert_eq!(pointer::<Page<Tag>>(&page), "/data/1/attributes/name");
        assert_eq!(pointer::<Document<Tag>>("{\"data\":[1]}"), "/data");
        assert_eq!(pointer::<Document<Tag>>("[1]"), "/0");
        assert_eq!(pointer::<Document<Tag>>("7"), "");
        assert_eq!(pointer::<Document<Tag>>(""), "");
        assert_eq!(pointer::<std::collections::HashMap<String, u8>>("{\"a\":1,\"b/~\":\"c\"}"), "/b~1~0");
    }

    #[test]
    fn the_pointer_leads_to_the_object_that_lacks_a_member_and_to_where_a_text_breaks_off() {
        #[derive(Debug, serde::Deserialize)]
        struct Named {
            #[expect(dead_code, reason = "it is read alone")]
            name: String,
        }
        assert_eq!(pointer::<Vec<Named>>("[{\"name\":\"a\"},{\"nmae\":\"b\"}]"), "/1");
        assert_eq!(pointer::<Vec<Named>>("[{\"name\":\"a\"},{\"name\":\"b"), "/1/name");
    }
}
