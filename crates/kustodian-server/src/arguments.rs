//! The parts of a request beside its body: the parameters in its query, and invalid ids in its path.

use kustodian_core::refusal::Refusal;
use kustomer_api::Endpoint;
use kustomer_api::endpoint::Declaration;
use kustomer_api::error::code;
use kustomer_api::operation::{self, Operation};
use kustomer_api::query::{self, HARMLESS, QueryArguments};
use kustomer_api::validation::{Fault, MAX_FAULTS};

/// The most query parameters of a request. Parameters beyond would be work, and leaving them out would change the
/// question.
const MAX_PARAMETERS: usize = 100;

/// Decoded names and values.
type Pairs = Vec<(String, String)>;

/// The parameters of a query. Those with an empty value count as absent: forms and connectors send them so
/// (`docs/contract/behaviour.md` §22).
///
/// # Errors
/// 400 when there are too many.
pub(crate) fn pairs(query: &str) -> Result<Pairs, Refusal> {
    let mut pairs = decode(query)?;
    pairs.retain(|(_, value)| !value.is_empty());
    Ok(pairs)
}

fn decode(query: &str) -> Result<Pairs, Refusal> {
    let pairs: Pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_PARAMETERS + 1).collect();
    if pairs.len() > MAX_PARAMETERS {
        let title = format!("The query has more than {MAX_PARAMETERS} parameters: send fewer");
        return Err(Refusal::new(400, code::BAD_PARAM, "query", title));
    }
    Ok(pairs)
}

/// Reads the query of an operation. A parameter that is not known might narrow down what a read answers, or keep a write
/// from being stored, and must not be passed over in silence; `is_lenient` lets it pass all the same.
///
/// # Errors
/// 501 for a parameter that Kustomer has and that is not served yet; 400 that names each one that cannot be read or is
/// not known.
pub(crate) fn read<E: Endpoint>(query: &str, is_lenient: bool) -> Result<E::Query, Refusal> {
    read_of(E::OPERATION, Declaration::of::<E>, query, is_lenient)
}

/// The same, compiled once for all operations that share the type of their query.
fn read_of<Q: QueryArguments>(
    operation: &Operation,
    declaration: fn() -> Declaration,
    query: &str,
    is_lenient: bool,
) -> Result<Q, Refusal> {
    if query.is_empty() {
        return Q::read(&[]).map_err(Refusal::bad_input);
    }
    let pairs = pairs(query)?;
    refuse_unserved(operation, Q::NOT_SERVED, &pairs)?;
    let (arguments, faults) = match Q::read(&pairs) {
        Ok(arguments) => (Some(arguments), Vec::new()),
        Err(faults) => (None, faults),
    };
    let faults = if is_lenient { faults } else { with_unknown(&declaration(), query, pairs, faults)? };
    arguments.filter(|_| faults.is_empty()).ok_or_else(|| Refusal::bad_input(faults))
}

fn refuse_unserved(operation: &Operation, not_served: &[&str], pairs: &Pairs) -> Result<(), Refusal> {
    let Some((name, _)) = pairs.iter().find(|(name, _)| not_served.contains(&name.as_str())) else { return Ok(()) };
    let title = format!("The parameter {name} of {} is not served yet", operation.name);
    Err(Refusal::new(501, code::NOT_IMPLEMENTED, name, title))
}

/// The faults of a query, and one for each parameter that the operation does not know or that is sent with two values.
fn with_unknown(
    declaration: &Declaration,
    query: &str,
    pairs: Pairs,
    mut faults: Vec<Fault>,
) -> Result<Vec<Fault>, Refusal> {
    let operation = declaration.operation;
    // A write is not to happen by a misspelt name without a value either.
    let sent = if operation.is_read() { pairs } else { decode(query)? };
    let known: Vec<&str> = declaration.parameters().map(|parameter| parameter.name).collect();
    for (name, _) in &sent {
        let is_harmless = operation.is_read() && HARMLESS.contains(&name.as_str());
        let is_reported = faults.iter().any(|fault| fault.parameter == *name);
        if !known.contains(&name.as_str()) && !is_harmless && !is_reported && faults.len() < MAX_FAULTS {
            faults.push(unknown(operation, name, &known));
        }
    }
    // One of the values would count, and readers disagree on which.
    let with_values: Vec<&(String, String)> = sent.iter().filter(|(_, value)| !value.is_empty()).collect();
    for (place, (name, value)) in with_values.iter().enumerate() {
        let is_other = with_values[..place].iter().any(|(former, other)| former == name && other != value);
        let is_reported = faults.iter().any(|fault| fault.parameter == *name);
        if is_other && known.contains(&name.as_str()) && !is_reported && faults.len() < MAX_FAULTS {
            faults.push(Fault::of_parameter(name, format!("{name} is sent twice with different values: send it once")));
        }
    }
    Ok(faults)
}

/// The fault of a parameter that is not known; one that a path looks records up by leads there.
fn unknown(operation: &Operation, name: &str, known: &[&str]) -> Fault {
    let placeholder = format!("={{{name}}}");
    match lookups(operation).find(|path| path.ends_with(&placeholder)) {
        Some(path) => {
            let title = format!("{} takes no query parameter {name}; look it up by /v1{path}", operation.name);
            Fault::of_parameter(name, title)
        }
        None => query::unknown(operation.name, name, known),
    }
}

/// 404 for an id in a path that can be none, with the paths that look the same records up by something else.
pub(crate) fn malformed_id(operation: &Operation) -> Refusal {
    let paths: Vec<String> = lookups(operation).map(|path| format!("/v1{path}")).collect();
    let advice = match paths.as_slice() {
        [] => String::new(),
        paths => format!("; other values are looked up by {}", paths.join(", ")),
    };
    Refusal::not_found("id").with_detail(format!("an id has 24 hexadecimal characters{advice}"))
}

/// The look-ups of the records an operation is about: `/customers/email={email}`, …; of kobjects those of their klass.
fn lookups(operation: &Operation) -> impl Iterator<Item = &'static str> {
    let names_one = |segment: &str| segment.starts_with("{id") || segment.contains("={");
    let list: Vec<&str> = operation.path.split('/').take_while(|segment| !names_one(segment)).collect();
    let list = list.join("/");
    operation::all()
        .map(|operation| operation.path)
        .filter(move |path| path.rsplit_once('/').is_some_and(|(of, last)| of == list && last.contains("={")))
}
