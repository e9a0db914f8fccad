//! Why a rule says no. Each refusal knows its status and the words for the person who reads them.

use kustomer_api::error::{ErrorBody, ErrorItem, ErrorSource, code};
use kustomer_api::validation::Fault;
use serde_json::{Value, json};

/// A rule's no.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .errors.first().and_then(|item| item.title.as_deref()).unwrap_or("refused"))]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// At least one.
    pub errors: Vec<ErrorItem>,
}

impl Refusal {
    /// A refusal with one entry: the fault, and its attribute or parameter (none when empty).
    pub fn new(status: u16, code: &str, parameter: &str, title: impl Into<String>) -> Self {
        let title = title.into();
        let source = (!parameter.is_empty())
            .then(|| ErrorSource { parameter: Some(parameter.to_owned()), ..ErrorSource::default() });
        let item = ErrorItem {
            status: Some(status),
            source,
            code: Some(code.to_owned()),
            message: Some(title.clone()),
            title: Some(title),
            ..ErrorItem::default()
        };
        Self { status, errors: vec![item] }
    }

    /// 400 with every fault found.
    pub fn bad_input(faults: Vec<Fault>) -> Self {
        Self { status: 400, errors: faults.into_iter().map(ErrorItem::from).collect() }
    }

    /// 404 for a record that does not exist, or is another org's; `parameter` names the look-up, as recorded in
    /// `docs/contract/behaviour.md` §3.2.
    pub fn not_found(parameter: &str) -> Self {
        Self::new(404, code::NOT_FOUND, parameter, "Not Found")
    }

    /// 409 for a record whose revision is not the one sent as `rev`.
    pub fn stale_rev(sent: &str, stored: u64) -> Self {
        Self::new(
            409,
            code::CONFLICT,
            "rev",
            format!("The record has revision {stored}, not {sent}: read it again and repeat the change"),
        )
    }

    /// 412 for a record whose `ETag` is not among those of `If-Match`.
    pub fn precondition_failed() -> Self {
        Self::new(
            412,
            code::PRECONDITION_FAILED,
            "If-Match",
            "The record has changed since this ETag: read it again and repeat the change",
        )
    }

    /// The same with more about the first entry: its meaning, or what to do. The title stays as it is, because clients
    /// compare it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        if let Some(first) = self.errors.first_mut() {
            let detail = detail.into();
            first.message = first.title.as_ref().map(|title| format!("{title}: {detail}"));
            first.detail = Some(detail);
        }
        self
    }

    /// The same with a fact put beside the first entry.
    #[must_use]
    pub fn with_meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Some(first) = self.errors.first_mut() {
            first.meta.insert(key.to_owned(), value.into());
        }
        self
    }

    /// The body to answer.
    pub fn into_body(mut self) -> ErrorBody {
        if matches!(self.status, 400 | 409) {
            self.errors.iter_mut().for_each(add_sub_errors);
        }
        ErrorBody { errors: self.errors }
    }
}

/// Puts `meta.subErrors` beside an entry: `[{"source":{"pointer":…},"title":…}]`. One widely used connector reads it
/// before all else and fails without it (`docs/contract/behaviour.md` §22), so there is always a pointer: to the value in
/// the body, or else one that is made of the parameter's name.
fn add_sub_errors(item: &mut ErrorItem) {
    let parameter = item.source.as_ref().and_then(|source| source.parameter.as_deref()).unwrap_or_default();
    let pointer = match item.meta.get("pointer").and_then(Value::as_str) {
        Some(pointer) => pointer.to_owned(),
        None if parameter.is_empty() => String::new(),
        None => format!("/{parameter}"),
    };
    let sub_error = json!({ "source": { "pointer": pointer }, "title": item.title });
    item.meta.insert("subErrors".to_owned(), json!([sub_error]));
}
