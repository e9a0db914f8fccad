//! The string formats the contract names. Kustomer publishes no definition of its own ones (`docs/contract/behaviour.md`
//! §7.1, §20), so each is described here and listed in `docs/compatibility.md`.

use crate::{ObjectId, Timestamp};

/// The longest e-mail address accepted, in characters: 64 for the local part, `@`, 255 for the domain (RFC 5321).
const MAX_EMAIL: usize = 320;

/// The longest date-time accepted, in characters: a fraction of a second may have some digits too many.
pub const MAX_DATE_TIME: usize = 64;

/// `date-time`: RFC 3339 with an offset or `Z`, at most 64 characters. A leap second (`:60`) is refused: stored as a
/// moment, it would come back as the second before.
pub fn is_date_time(text: &str) -> bool {
    text.len() <= MAX_DATE_TIME && text.get(17..19) != Some("60") && text.parse::<Timestamp>().is_ok()
}

/// `object-id`: 24 hexadecimal characters.
pub fn is_object_id(text: &str) -> bool {
    text.parse::<ObjectId>().is_ok()
}

/// `email-relaxed`: something, `@`, something; no white space, no control characters, at most 320 characters.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && (text.len() <= MAX_EMAIL || text.chars().count() <= MAX_EMAIL)
        && !text.chars().any(|character| character.is_whitespace() || character.is_control())
}

/// `phone-number`: 2 to 20 digits, an optional leading `+`, and the separators people write (space `-` `.` `/` `(` `)`).
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    text.len() <= 64
        && (2..=20).contains(&digits)
        && rest.bytes().all(|byte| byte.is_ascii_digit() || b" -./()".contains(&byte))
}

/// `whatsapp-number`: a phone number, with or without the prefix `whatsapp:`.
pub fn is_whatsapp(text: &str) -> bool {
    is_phone(text.strip_prefix("whatsapp:").unwrap_or(text))
}

/// `uri`: a scheme, `:`, and something behind it, without white space, control characters or `<>"{}|\^` and backtick.
pub fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && !rest.trim_start_matches('/').is_empty()
    }) && text.chars().all(is_uri_character)
}

/// `url`: a URI, or one whose `https://` was left out: a host with a dot, and what may follow it.
pub fn is_url(text: &str) -> bool {
    if text.contains("://") {
        return is_uri(text);
    }
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    host.split('.').count() >= 2 && host.split('.').all(|label| !label.is_empty()) && text.chars().all(is_uri_character)
}

fn is_uri_character(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !r#"<>"{}|\^`"#.contains(character)
}

/// The tag pattern `^[0-9a-zA-ZÀ-ÿ_/<>\-.]{1}[0-9a-zA-ZÀ-ÿ _/<>\-.]{0,63}$` (§7.1).
pub fn is_tag(text: &str) -> bool {
    let allowed = |character: char| {
        character.is_ascii_alphanumeric() || ('À'..='ÿ').contains(&character) || "_/<>-.".contains(character)
    };
    let mut characters = text.chars();
    characters.next().is_some_and(allowed)
        && characters.clone().count() < 64
        && characters.all(|character| character == ' ' || allowed(character))
}

/// The name of a klass: ASCII letters, digits, `_` and `-`.
pub fn is_klass_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_usual_spellings_and_refuse_typing_errors() {
        for (check, good, bad) in [
            (
                is_email as fn(&str) -> bool,
                &["a@b.c", "root@localhost", "o'brien+x@acme.example", "ü@ü.example"][..],
                &["", "a", "@b.c", "a@", "a b@c.d", "a@b.c\n"][..],
            ),
            (
                is_phone,
                &["+18005551212", "18005551212", "9999999999", "(800) 555-1212", "+49 30/123.456"],
                &["", "+", "1", "call me", "123456789012345678901", "1+2", "++18005551212"],
            ),
            (
                is_date_time,
                &["2016-12-31T23:59:59Z", "2016-11-06T13:54:29.123456789-05:00"],
                &["2016-12-31", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5+00:00"],
            ),
            (is_whatsapp, &["whatsapp:+1234567890", "+1234567890"], &["whatsapp:", "sms:+1234567890"]),
            (
                is_uri,
                &["https://acme.example/a?b#c", "mailto:a@b.c", "urn:isbn:0451450523"],
                &["", "acme.example", "https://", "http://a b", "://x", "1http://x"],
            ),
            (
                is_url,
                &["https://acme.example", "acme.example/x", "www.acme.example:8080"],
                &["", "acme", "a b.c", ".c"],
            ),
            (is_klass_name, &["order", "ecomm-order", "Order_2", "-"], &["", "a b", "größe", "a/b", "a."]),
            (is_tag, &["vip", "éclair", "a b", "<x>", "-1", "Tag.1/2"], &["", " vip", "a,b", "emoji🙂"]),
        ] {
            good.iter().for_each(|text| assert!(check(text), "{text:?} is good"));
            bad.iter().for_each(|text| assert!(!check(text), "{text:?} is bad"));
        }
        assert!(is_tag(&"x".repeat(64)) && !is_tag(&"x".repeat(65)));
    }
}
