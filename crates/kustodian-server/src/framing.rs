//! Heads of requests that two readers could understand in two ways: a proxy in front of the server may have read the
//! other one. They are refused before anything else is checked.

use http::header::{AUTHORIZATION, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Version};
use kustodian_core::refusal::Refusal;
use kustomer_api::error::code;

/// A request whose head says in two ways how long its body is: by a length, which was taken away since, and by chunks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TwoLengths;

/// # Errors
/// 400 that names the header.
pub(crate) fn check(head: &Parts) -> Result<(), Refusal> {
    if head.extensions.get::<TwoLengths>().is_some() {
        return Err(refuse(
            TRANSFER_ENCODING,
            "Send either Content-Length or Transfer-Encoding: a body has one length",
        ));
    }
    check_host(head)?;
    if count(&head.headers, AUTHORIZATION) > 1 {
        return Err(refuse(AUTHORIZATION, "Send one Authorization header: there are several"));
    }
    check_transfer_encoding(head)
}

fn check_host(head: &Parts) -> Result<(), Refusal> {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(refuse(HOST, "Send one Host header: there are several")),
        // RFC 9112 §3.2; HTTP/2 has a field of its own for it.
        (None, None) if head.version == Version::HTTP_11 => {
            Err(refuse(HOST, "HTTP/1.1 needs a Host header: name the server there"))
        }
        (Some(host), None) if !host.as_bytes().iter().all(|byte| is_of_host(*byte)) => {
            Err(refuse(HOST, "The Host header must be the name or address of the server, and possibly its port"))
        }
        _ => Ok(()),
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+;=".contains(&byte)
}

/// Bodies are chunked or have a length; RFC 9112 §6.1 knows more codings, which no client uses and servers disagree on.
fn check_transfer_encoding(head: &Parts) -> Result<(), Refusal> {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let is_chunked = coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
    if is_chunked && head.version == Version::HTTP_11 {
        return Ok(());
    }
    Err(refuse(
        TRANSFER_ENCODING,
        "Transfer-Encoding can only be chunked, over HTTP/1.1; send gzip as Content-Encoding",
    ))
}

fn count(headers: &HeaderMap, name: HeaderName) -> usize {
    headers.get_all(name).iter().count()
}

fn refuse(name: HeaderName, title: &str) -> Refusal {
    let parameter = match name {
        HOST => "Host",
        AUTHORIZATION => "Authorization",
        _ => "Transfer-Encoding",
    };
    Refusal::new(400, code::BAD_PARAM, parameter, title)
}
