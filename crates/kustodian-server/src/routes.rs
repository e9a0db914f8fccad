//! From method and path to an operation. Every operation of the contract has a route; an operation that is not served yet
//! answers 501 with its name. The table is our own because the API hides look-ups inside segments
//! (`/customers/email={email}`), lets operations share a template, and wants the most literal one first
//! (`docs/contract/README.md`, "Odd corners").

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use kustodian_core::kind::Kind;
use kustomer_api::ObjectId;
use kustomer_api::operation::{self, Operation};
use percent_encoding::percent_decode_str;

use crate::call::{Handler, OpenHandler};

/// An operation the server can run.
pub(crate) struct Served {
    pub(crate) declaration: kustomer_api::endpoint::Declaration,
    pub(crate) handler: Serving,
    /// How long it may wait for something to happen, before it begins to work out its answer.
    pub(crate) waits: Duration,
    /// The links to the file of the record that it answers.
    pub(crate) links: Option<Links>,
    /// Whether its body may be as large as that of a bulk operation.
    pub(crate) is_bulk: bool,
    /// How large its body may be, where that is not the setting.
    pub(crate) max_body: Option<usize>,
}

/// Who is served.
#[derive(Clone)]
pub(crate) enum Serving {
    /// Callers with a credential, whose roles the pipeline has checked.
    Callers(Handler),
    /// Everybody: an operation that is public.
    Everybody(OpenHandler),
}

/// The links to the bytes of a record with a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Links {
    /// `links.related` reads them, and `meta.upload` takes them while they are awaited.
    Reading(Kind),
    /// `links.related` takes them as the body of a PUT.
    Sending(Kind),
}

impl Links {
    /// The kind of the record.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Reading(kind) | Self::Sending(kind) => kind,
        }
    }
}

impl Served {
    /// The same, of an operation that answers a record of this kind with the links to its file.
    pub(crate) fn with_links(self, kind: Kind) -> Self {
        Self { links: Some(Links::Reading(kind)), ..self }
    }

    /// The same, of an operation that makes such a record and answers where its bytes are put.
    pub(crate) fn with_upload_link(self, kind: Kind) -> Self {
        Self { links: Some(Links::Sending(kind)), ..self }
    }

    /// The same, of an operation whose body has many items.
    pub(crate) fn of_many(self) -> Self {
        Self { is_bulk: true, ..self }
    }

    /// The same, of an operation whose body may have so many bytes, whatever the setting.
    pub(crate) fn taking(self, max_body: usize) -> Self {
        Self { max_body: Some(max_body), ..self }
    }

    /// The same, of an operation that may wait this long for something to happen.
    pub(crate) fn waiting_for(self, waits: Duration) -> Self {
        Self { waits, ..self }
    }
}

/// Where a request leads.
pub(crate) enum Found<'a> {
    /// To this operation.
    Route(&'a Route, Vec<String>),
    /// To a known path that takes other methods: these, of those that are served when any is.
    OtherMethods(Vec<&'static str>),
    /// Nowhere.
    Nothing,
}

pub(crate) struct Route {
    segments: Vec<Segment>,
    pub(crate) operation: &'static Operation,
    /// Operations that share method and template, so that nobody can distinguish them.
    pub(crate) shared_with: Vec<&'static Operation>,
    pub(crate) handler: Option<Serving>,
    /// How long it may wait for something to happen, beyond what other answers may take.
    pub(crate) waits: Duration,
    /// The links to the file of the record that it answers.
    pub(crate) links: Option<Links>,
    /// Whether its body may be as large as that of a bulk operation.
    pub(crate) is_bulk: bool,
    /// How large its body may be, where that is not the setting.
    pub(crate) max_body: Option<usize>,
    /// Whether it has a body; the bodies of others are ignored.
    pub(crate) takes_body: bool,
}

/// A served operation.
struct Known {
    handler: Serving,
    waits: Duration,
    links: Option<Links>,
    is_bulk: bool,
    max_body: Option<usize>,
    takes_body: bool,
}

/// Ordered from the most literal to the least, which is the order of trying.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(&'static str),
    /// `email={email}`: a literal, then a value.
    Behind(&'static str),
    /// `{ids}`: values joined by commas, at least two.
    Several,
    /// `{id}`, where another operation takes any value: 24 hexadecimal characters.
    Id,
    One,
}

impl Segment {
    fn of(text: &'static str) -> Self {
        match text.find('{') {
            None => Self::Literal(text),
            Some(0) if text == "{ids}" => Self::Several,
            Some(0) => Self::One,
            Some(at) => Self::Behind(&text[..at]),
        }
    }

    /// The value it takes out of a decoded segment; `None` when it does not match, an empty text for a literal.
    fn take<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => (*literal == text).then_some(""),
            // `/messages/externalid=…` and `/conversations/externalId=…` differ in case; both spellings are taken.
            Self::Behind(literal) => text
                .get(..literal.len())
                .filter(|start| start.eq_ignore_ascii_case(literal))
                .map(|_| &text[literal.len()..])
                .filter(|value| !value.is_empty()),
            Self::Several => text.contains(',').then_some(text),
            Self::Id => text.parse::<ObjectId>().is_ok().then_some(text),
            Self::One => (!text.is_empty()).then_some(text),
        }
    }
}

pub(crate) struct RouteTable {
    /// By the first segment, each list in the order of trying.
    routes: HashMap<&'static str, Vec<Route>>,
}

impl RouteTable {
    /// Of the served operations, and of the answers for types that are not served.
    pub(crate) fn new(served: Vec<Served>, absent: Vec<(&'static str, Handler)>) -> Self {
        let served = served.into_iter().map(|Served { declaration, handler, waits, links, is_bulk, max_body }| {
            let takes_body = declaration.body.is_some();
            (declaration.operation.name, Known { handler, waits, links, is_bulk, max_body, takes_body })
        });
        let absent = absent.into_iter().map(|(name, handler)| {
            let (handler, waits, links) = (Serving::Callers(handler), Duration::ZERO, None);
            (name, Known { handler, waits, links, is_bulk: false, max_body: None, takes_body: false })
        });
        let mut handlers: HashMap<&str, Known> = absent.chain(served).collect();
        let mut routes: HashMap<&'static str, Vec<Route>> = HashMap::new();
        for operation in operation::all() {
            let segments = segments(operation);
            let Some(Segment::Literal(first)) = segments.first() else { continue };
            let list = routes.entry(first).or_default();
            let known = handlers.remove(operation.name);
            let (waits, links) = known.as_ref().map_or((Duration::ZERO, None), |known| (known.waits, known.links));
            let is_bulk = known.as_ref().is_some_and(|known| known.is_bulk);
            let max_body = known.as_ref().and_then(|known| known.max_body);
            let takes_body = known.as_ref().is_some_and(|known| known.takes_body);
            let handler = known.map(|known| known.handler);
            match list.iter_mut().find(|route| route.segments == segments && route.operation.method == operation.method)
            {
                Some(route) => route.shared_with.push(operation),
                None => {
                    let shared_with = Vec::new();
                    list.push(Route {
                        segments,
                        operation,
                        shared_with,
                        handler,
                        waits,
                        links,
                        is_bulk,
                        max_body,
                        takes_body,
                    })
                }
            }
        }
        for list in routes.values_mut() {
            for at in 0..list.len() {
                if let Some(alone) = alone(&list[at], list) {
                    list[at].segments = alone;
                }
            }
            list.sort_by(|left, right| left.segments.cmp(&right.segments));
        }
        Self { routes }
    }

    /// What serves the operation with a name.
    pub(crate) fn handler_of(&self, operation: &str) -> Option<&Handler> {
        let routes = self.routes.values().flatten();
        let of = |route: &'_ Route| route.operation.name == operation;
        routes.filter(|route| of(route)).find_map(|route| match route.handler.as_ref()? {
            Serving::Callers(handler) => Some(handler),
            Serving::Everybody(_) => None,
        })
    }

    /// Finds the route of a raw path, `/v1` included.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some(segments) = below_version(path).and_then(decode) else { return Found::Nothing };
        let first = match segments.as_slice() {
            // The same under its older name (`docs/contract/behaviour.md` §22).
            [first, _, ..] if first == "kobjects" => "klasses",
            [first, ..] => first,
            [] => return Found::Nothing,
        };
        let mut others: Vec<&Route> = Vec::new();
        for route in self.routes.get(first).into_iter().flatten() {
            let Some(values) = values(route, &segments) else { continue };
            if route.operation.method == method || (method == Method::HEAD && route.operation.method == Method::GET) {
                return Found::Route(route, values);
            }
            others.push(route);
        }
        let Some(nearest) = others.first() else { return Found::Nothing };
        // Paths that a less literal template matches are of other resources.
        let shape = |route: &Route| -> Vec<Segment> {
            let any = |segment: &Segment| if *segment == Segment::Id { Segment::One } else { segment.clone() };
            route.segments.iter().map(any).collect()
        };
        let nearest = shape(nearest);
        others.retain(|route| shape(route) == nearest);
        if others.iter().any(|route| route.handler.is_some()) {
            others.retain(|route| route.handler.is_some());
        }
        let mut methods: Vec<&'static str> = Vec::new();
        for route in others {
            let method = route.operation.method.as_str();
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Found::OtherMethods(methods)
    }
}

/// The segments of an operation's path. An id and a name may be in one place (`/klasses/{id}`, `/klasses/{name}`): what
/// can be an id is one there.
fn segments(operation: &Operation) -> Vec<Segment> {
    let names_another = |other: &Operation| {
        other.method == operation.method && other.path != operation.path && other.path == named(operation.path)
    };
    let has_twin = operation.path.contains("{id}") && operation::all().any(names_another);
    let of = |text: &'static str| if has_twin && text == "{id}" { Segment::Id } else { Segment::of(text) };
    operation.path.split('/').skip(1).map(of).collect()
}

/// The same path with a name in the place of its id.
fn named(path: &str) -> String {
    path.replace("{id}", "{name}")
}

/// The segments of a route to several records that has no twin for a single one (`/conversations/times/{ids}`): it takes
/// one id, too.
fn alone(route: &Route, routes: &[Route]) -> Option<Vec<Segment>> {
    let one = |segment: &Segment| if *segment == Segment::Several { Segment::One } else { segment.clone() };
    let segments: Vec<Segment> = route.segments.iter().map(one).collect();
    let has_twin = |other: &Route| other.segments == segments && other.operation.method == route.operation.method;
    (segments != route.segments && !routes.iter().any(has_twin)).then_some(segments)
}

/// The path below `/v1`, one trailing slash aside. `/v2` leads to the same operations: only the times of a conversation
/// have a documented path there (`docs/contract/behaviour.md` §1.1).
fn below_version(path: &str) -> Option<&str> {
    let rest =
        path.strip_prefix("/v1/").or_else(|| path.strip_prefix("/v2/").filter(|rest| rest.contains("/times")))?;
    Some(rest.strip_suffix('/').unwrap_or(rest))
}

/// The segments, percent-decoded one by one so that an encoded slash stays within its segment. A plus stays a plus.
fn decode(path: &str) -> Option<Vec<Cow<'_, str>>> {
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8().ok()).collect()
}

/// The values in a path; the first segment led to the route already.
fn values(route: &Route, segments: &[Cow<'_, str>]) -> Option<Vec<String>> {
    if route.segments.len() != segments.len() {
        return None;
    }
    let mut values = Vec::new();
    for (pattern, text) in route.segments.iter().zip(segments).skip(1) {
        let value = pattern.take(text)?;
        if !matches!(pattern, Segment::Literal(_)) {
            values.push(value.to_owned());
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: Method, path: &str) -> Option<(&'static str, Vec<String>)> {
        let table = RouteTable::new(Vec::new(), Vec::new());
        match table.find(&method, path) {
            Found::Route(route, values) => Some((route.operation.name, values)),
            _ => None,
        }
    }

    #[test]
    fn the_most_literal_route_is_tried_first() {
        for (path, name, value) in [
            ("/v1/customers/email=a%40b.c", "getCustomerByEmail", Some("a@b.c")),
            ("/v1/customers/email=a@b.c/", "getCustomerByEmail", Some("a@b.c")),
            ("/v1/customers/phone=+1800", "getCustomerByPhone", Some("+1800")),
            ("/v1/customers/phone=%2B1800", "getCustomerByPhone", Some("+1800")),
            ("/v1/customers/externalId=a%2Fb", "getCustomerByExternalId", Some("a/b")),
            ("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3", "getCustomerById", Some("5c7d1a1f9a1b2c0010a1b2c3")),
            ("/v1/customers", "getCustomers", None),
            ("/v1/users/current", "getCurrentUser", None),
            ("/v1/users/a,b", "getMultipleUsersByIds", Some("a,b")),
            ("/v1/users/a", "getUserById", Some("a")),
            ("/v2/conversations/x/times", "getConversationTimesByConversationId", Some("x")),
            ("/v1/conversations/times", "getConversationTimes", None),
            ("/v1/conversations/times/x", "getConversationTimeById", Some("x")),
            ("/v1/conversations/times/x,y", "getConversationTimeByIds", Some("x,y")),
            ("/v2/conversations/times/x", "getConversationTimeById", Some("x")),
            ("/v1/customers/x,y", "getMultipleCustomersByIds", Some("x,y")),
            ("/v1/kobjects/order", "getKObjects", Some("order")),
            ("/v1/kobjects/order/x", "getKObject", Some("order")),
            ("/v1/messages/externalId=x", "getMessageByExternalId", Some("x")),
            ("/v1/p/auth/settings", "getPublicAuthSettings", None),
        ] {
            let (found, values) = find(Method::GET, path).unwrap_or_else(|| panic!("{path} has no route"));
            assert_eq!((found, values.first().map(String::as_str)), (name, value), "{path}");
        }
    }

    #[test]
    fn a_path_outside_the_api_is_not_found() {
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v1/nothing",
            "/v1/kobjects",
            "/customers",
            "/v2/customers",
            "/v1//customers",
            "/v1/customers/%ff",
        ] {
            assert!(find(Method::GET, path).is_none(), "{path}");
        }
        let table = RouteTable::new(Vec::new(), Vec::new());
        assert!(matches!(table.find(&Method::PUT, "/v1/customers"), Found::OtherMethods(_)));
        assert!(matches!(table.find(&Method::PUT, "/v1/nothing"), Found::Nothing));
    }

    #[test]
    fn every_operation_is_reached_by_its_own_path() {
        let table = RouteTable::new(Vec::new(), Vec::new());
        for operation in operation::all() {
            // As it is written, with a single id, and with several.
            let shares_its_place = operation.path.contains("{id}") && segments(operation).contains(&Segment::Id);
            // Where another operation reads one record at the same place, only several ids lead here.
            let alone = operation.path.replace("{ids}", "{id}");
            let has_twin = alone != operation.path
                && operation::all().any(|other| other.method == operation.method && other.path == alone);
            let of_several = has_twin || operation.name.starts_with("getMultiple");
            let written = operation.path.to_owned();
            let single = operation.path.replace("{id}", "5c7d1a1f9a1b2c0010a1b2c3").replace(['{', '}'], "");
            let several = operation.path.replace("{ids}", "a,b").replace(['{', '}'], "");
            let several = if shares_its_place { single.clone() } else { several };
            for path in
                [written, single, several].into_iter().skip(if of_several { 2 } else { usize::from(shares_its_place) })
            {
                let path = format!("/v1{path}");
                let Found::Route(route, _) = table.find(&operation.method, &path) else {
                    panic!("{path} leads nowhere")
                };
                let names = route.shared_with.iter().chain([&route.operation]).map(|found| found.name);
                assert!(
                    names.clone().any(|name| name == operation.name),
                    "{path}: {}",
                    names.collect::<Vec<_>>().join(", ")
                );
            }
        }
    }
}
