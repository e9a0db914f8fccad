//! Paths out of an operation's template and its values.

use kustomer_api::Operation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::InvalidRequest;

/// Everything but the unreserved characters of RFC 3986; a plus too, which some servers read as a blank.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The operation's path with `values` in place of its parameters, in order.
pub(crate) fn render(operation: &'static Operation, values: &[String]) -> Result<String, InvalidRequest> {
    let mut values = values.iter();
    let mut path = String::new();
    for segment in operation.path.split('/').skip(1) {
        path.push('/');
        let Some((literal, _)) = segment.split_once('{') else {
            path.push_str(segment);
            continue;
        };
        let value = values.next().map(String::as_str).unwrap_or_default();
        // "." and ".." would be removed by programs that normalise the URL, encoded or not (WHATWG URL, §4.4), and
        // another resource would be met.
        if value.is_empty() || (literal.is_empty() && matches!(value, "." | "..")) {
            return Err(InvalidRequest::Path { operation: operation.name, value: value.to_owned() });
        }
        path.push_str(literal);
        path.extend(utf8_percent_encode(value, RESERVED));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kustomer_api::operation::contract;

    fn rendered(operation: &'static Operation, value: &str) -> Result<String, InvalidRequest> {
        render(operation, &[value.to_owned()])
    }

    #[test]
    fn a_value_is_one_segment_whatever_it_holds() {
        assert_eq!(rendered(&contract::GET_CUSTOMER_BY_PHONE, "+1 800").unwrap(), "/customers/phone=%2B1%20800");
        assert_eq!(
            rendered(&contract::GET_CUSTOMER_BY_EXTERNAL_ID, "a/b?c#d%e=ü").unwrap(),
            "/customers/externalId=a%2Fb%3Fc%23d%25e%3D%C3%BC"
        );
        assert_eq!(rendered(&contract::GET_CUSTOMER_BY_EXTERNAL_ID, "..").unwrap(), "/customers/externalId=..");
    }

    #[test]
    fn a_value_that_would_leave_its_segment_is_refused() {
        for value in ["", ".", ".."] {
            assert!(rendered(&contract::GET_MULTIPLE_USERS_BY_IDS, value).is_err(), "{value:?}");
        }
        assert!(rendered(&contract::GET_CUSTOMER_BY_EMAIL, "").is_err());
    }
}
