//! One declaration per operation, for both sides: ruma's idea, after which the server routes, checks roles and decodes,
//! and the client encodes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ObjectId;
use crate::operation::Operation;
use crate::query::{OF_WRITES, Parameter, QueryArguments};
use crate::schema::Schema;

/// An operation with its types.
pub trait Endpoint {
    /// Name, method, path, status and roles.
    const OPERATION: &'static Operation;
    /// Its description, in one sentence.
    const ABOUT: &'static str;
    /// What its body may be; `None` when it takes none.
    const BODY: Option<&'static Schema> = None;
    /// A body that works on an empty org, or on the records that the examples of other operations create: JSON text.
    const BODY_EXAMPLE: Option<&'static str> = None;
    /// Whether the body may be left out, which reads as an empty one. Other writes refuse that: the body may have been lost.
    const BODY_IS_OPTIONAL: bool = false;
    /// Values of its path parameters that find the records of the examples of other operations, with slashes between them.
    /// An id is left empty: nobody knows it beforehand.
    const PATH_EXAMPLE: Option<&'static str> = None;
    /// Its answer.
    const ANSWER: Answer;
    /// Its path parameters, in the order of the path.
    type Path: PathArguments;
    /// Its query parameters.
    type Query: QueryArguments;
    /// Its body; `()` when it takes none.
    type Body: Serialize + DeserializeOwned + Default + Send;
    /// Its answer; `()` when it answers 204.
    type Answer: DeserializeOwned + Send;
}

/// The shape of a successful answer.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// Nothing (204).
    Empty,
    /// One resource in `data`.
    One(&'static Schema),
    /// One resource in `data`, and beside it where to send its bytes.
    WithUpload(&'static Schema),
    /// Many resources in `data`, and nothing beside it.
    Bare(&'static Schema),
    /// An object without an envelope.
    Plain(&'static Schema),
    /// A page of resources that reports how many there are.
    Counted(&'static Schema),
    /// A page of results of a search, of one of these types. It reports the number of matches, and the aggregations.
    Found(&'static [&'static Schema]),
    /// A page of resources that does not.
    Uncounted(&'static Schema),
    /// A page of a log, which reports how much of it lies around the page.
    Logged(&'static Schema),
}

/// A [`Endpoint`]'s declaration without its types, for routers and documents.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Declaration {
    /// Name, method, path, status and roles.
    pub operation: &'static Operation,
    /// Its description, in one sentence.
    pub about: &'static str,
    /// What its body may be.
    pub body: Option<&'static Schema>,
    /// A body that works, as JSON text.
    pub body_example: Option<&'static str>,
    /// Whether the body may be left out.
    pub body_is_optional: bool,
    /// Values of the path parameters that work, with slashes between them; ids are left empty.
    pub path_example: Option<&'static str>,
    /// Its answer.
    pub answer: Answer,
    /// Its own query parameters.
    pub query: &'static [Parameter],
}

impl Declaration {
    /// The declaration of `E`.
    pub const fn of<E: Endpoint>() -> Self {
        Self {
            operation: E::OPERATION,
            about: E::ABOUT,
            body: E::BODY,
            body_example: E::BODY_EXAMPLE,
            body_is_optional: E::BODY_IS_OPTIONAL,
            path_example: E::PATH_EXAMPLE,
            answer: E::ANSWER,
            query: E::Query::PARAMETERS,
        }
    }

    /// Every query parameter the operation takes: its own, and those of all writes.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let shared = if self.operation.is_read() { &[] } else { OF_WRITES };
        self.query.iter().chain(shared)
    }
}

/// The parameters in an operation's path.
pub trait PathArguments: Sized {
    /// The values in the order of the path, not yet percent-encoded.
    fn write(&self) -> Vec<String>;
    /// Out of the decoded values; `None` when they cannot name anything, which answers 404 like an unknown id.
    fn read(values: &[String]) -> Option<Self>;
}

impl PathArguments for () {
    fn write(&self) -> Vec<String> {
        Vec::new()
    }

    fn read(values: &[String]) -> Option<Self> {
        values.is_empty().then_some(())
    }
}

impl PathArguments for ObjectId {
    fn write(&self) -> Vec<String> {
        vec![self.to_string()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [id] => id.parse().ok(),
            _ => None,
        }
    }
}

impl PathArguments for String {
    fn write(&self) -> Vec<String> {
        vec![self.clone()]
    }

    fn read(values: &[String]) -> Option<Self> {
        match values {
            [value] => Some(value.clone()),
            _ => None,
        }
    }
}

/// Declares an endpoint: a type that carries nothing but its [`Endpoint`] implementation.
macro_rules! endpoint {
    (
        $(#[$doc:meta])*
        $name:ident = $operation:expr, $about:literal;
        path: $path:ty $(= $path_example:literal)?, query: $query:ty,
        body: $body:ty $(: $body_schema:expr, example: $body_example:expr)?, answer: $answer:ty : $shape:expr
    ) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = $about]
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl $crate::endpoint::Endpoint for $name {
            const OPERATION: &'static $crate::operation::Operation = $operation;
            const ABOUT: &'static str = $about;
            $(
                const BODY: Option<&'static $crate::schema::Schema> = Some($body_schema);
                const BODY_EXAMPLE: Option<&'static str> = Some($body_example);
            )?
            $(const PATH_EXAMPLE: Option<&'static str> = Some($path_example);)?
            const ANSWER: $crate::endpoint::Answer = $shape;
            type Path = $path;
            type Query = $query;
            type Body = $body;
            type Answer = $answer;
        }
    };
}

pub(crate) use endpoint;
