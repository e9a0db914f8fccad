//! The attributes that a kind has of its own: which of them can be sensitive, what takes the place of their values, and
//! which other attributes show the same values.

use kustomer_api::company::{COMPANY, COMPANY_CHANGES, COMPANY_INPUT};
use kustomer_api::conversation::{CONVERSATION, CONVERSATION_CHANGES, CONVERSATION_INPUT};
use kustomer_api::customer::CUSTOMER;
use kustomer_api::customer::CUSTOMER_INPUT;
use kustomer_api::delivery::DELIVERY;
use kustomer_api::forward::FORWARD;
use kustomer_api::kobject::{KOBJECT, KOBJECT_CHANGES, KOBJECT_INPUT};
use kustomer_api::message::{MESSAGE, MESSAGE_CHANGES, MESSAGE_INPUT, REDACTION};
use kustomer_api::metadata::OF_KLASS;
use kustomer_api::note::{NOTE, NOTE_CHANGES, NOTE_INPUT};
use kustomer_api::schema::{
    DATE_TIME, Format, Kind as Shape, OBJECT_ID, Property, Schema, TAG, attributes_of, properties_of,
};
use kustomer_api::tracking::IDENTITY;

use super::veil::Veil;

/// Moments that say something of a person. Others say when records changed: the server and its lists need them.
const PERSONAL_MOMENTS: [&str; 2] = ["birthdayAt", "signedUpAt"];

/// The schema of an answer, and those of the bodies that make and change one.
struct Shapes {
    answer: &'static Schema,
    bodies: [&'static Schema; 2],
}

/// Those of the records that metadata of this name is about, where their own attributes can be sensitive.
fn shapes_of(name: &str) -> Option<Shapes> {
    let (answer, bodies) = match name {
        "customer" => (&CUSTOMER, [&CUSTOMER_INPUT, &CUSTOMER_INPUT]),
        "company" => (&COMPANY, [&COMPANY_INPUT, &COMPANY_CHANGES]),
        "conversation" => (&CONVERSATION, [&CONVERSATION_INPUT, &CONVERSATION_CHANGES]),
        "message" => (&MESSAGE, [&MESSAGE_INPUT, &MESSAGE_CHANGES]),
        "note" => (&NOTE, [&NOTE_INPUT, &NOTE_CHANGES]),
        _ if name.starts_with(OF_KLASS) => (&KOBJECT, [&KOBJECT_INPUT, &KOBJECT_CHANGES]),
        _ => return None,
    };
    Some(Shapes { answer, bodies })
}

/// The answers of other records that show such values.
fn answer_of(of: &str) -> Option<&'static Schema> {
    match of {
        "delivery" => Some(&DELIVERY),
        "forward" => Some(&FORWARD),
        "message_redaction" => Some(&REDACTION),
        "identity" => Some(&IDENTITY),
        _ => shapes_of(of).map(|shapes| shapes.answer),
    }
}

/// What identifies a customer, and is shown as its name where it has none.
const IDENTITIES: &[&str] =
    &["name", "emails", "phones", "whatsapps", "socials", "username", "externalId", "externalIds"];

/// How a draft reaches the customer: the server puts it into the message and the delivery.
const REACHED_BY: &[&str] = &["name", "emails", "phones", "whatsapps"];

/// An attribute of records of a type that shows values of attributes of another.
struct Showing {
    of: &'static str,
    attribute: &'static str,
    from: &'static str,
    values: &'static [&'static str],
}

macro_rules! shown {
    ($($of:literal $attribute:literal shows $from:literal $values:expr;)+) => {
        &[$(Showing { of: $of, attribute: $attribute, from: $from, values: $values },)+]
    };
}

/// All of them; those that show what another one shows are behind it.
const SHOWN: &[Showing] = shown! {
    "customer" "externalIds" shows "customer" &["externalId"];
    "customer" "externalId" shows "customer" &["externalIds"];
    "customer" "displayName" shows "customer" IDENTITIES;
    "customer" "firstName" shows "customer" &["name"];
    "customer" "lastName" shows "customer" &["name"];
    "customer" "companyName" shows "company" &["name"];
    "customer" "preview" shows "message" &["preview", "subject"];
    "customer_duplicate" "displayName" shows "customer" IDENTITIES;
    "identity" "email" shows "customer" &["emails"];
    "conversation" "name" shows "message" &["preview", "subject"];
    "conversation" "preview" shows "message" &["preview", "subject"];
    "message" "meta" shows "customer" REACHED_BY;
    "message_redaction" "preview" shows "message" &["preview"];
    "message_redaction" "meta" shows "message" &["meta"];
    "delivery" "to" shows "customer" REACHED_BY;
    "delivery" "to" shows "message" &["meta"];
    "delivery" "cc" shows "message" &["meta"];
    "delivery" "bcc" shows "message" &["meta"];
    "delivery" "from" shows "message" &["meta"];
    "delivery" "replyTo" shows "message" &["meta"];
    "delivery" "meta" shows "message" &["meta"];
    "delivery" "subject" shows "message" &["preview", "subject"];
    "delivery" "subject" shows "conversation" &["name"];
    "delivery" "body" shows "message" &["preview", "subject"];
    "delivery" "htmlBody" shows "message" &["preview"];
    "forward" "quoted" shows "message" &["preview", "subject"];
};

/// The attributes that show values of the sensitive ones, by the type of their records. `is_hidden` says which those are.
pub(super) fn showing(
    mut is_hidden: impl FnMut(&str, &str) -> bool,
    mut hide: impl FnMut(&'static str, &'static str, Veil),
) {
    for Showing { of, attribute, from, values } in SHOWN {
        if values.iter().any(|value| is_hidden(from, value)) {
            hide(of, attribute, veil_of(of, attribute));
        }
    }
}

/// What takes the place of the values of an attribute.
pub(super) fn veil_of(of: &str, attribute: &str) -> Veil {
    let answered = answer_of(of).and_then(|answer| find(attributes_of(answer), attribute));
    answered.map_or(Veil::Parts, |property| match property.schema.kind {
        Shape::Number { .. } | Shape::Integer { .. } => Veil::Nothing,
        Shape::Text(text) if text.format.is_some_and(|format| format.name == DATE_TIME.name) => Veil::Nothing,
        Shape::Map(_) => Veil::Members,
        _ => Veil::Parts,
    })
}

fn find<'a>(properties: &'a [Property], name: &str) -> Option<&'a Property> {
    properties.iter().find(|property| property.name == name)
}

/// Whether an attribute of the records that metadata of this name is about can be sensitive.
///
/// # Errors
/// Why it cannot, and what to do.
pub(super) fn check_sensitive(name: &str, attribute: &str) -> Result<(), (&'static str, String)> {
    const CANNOT: &str = "This attribute cannot be sensitive";
    let cannot = |advice: &str| Err((CANNOT, advice.to_owned()));
    let Some(shapes) = shapes_of(name) else {
        return cannot("users are shown to those they work with: leave it out");
    };
    if find(attributes_of(shapes.answer), attribute).is_none() {
        let known = sensitive_of(name).join(", ");
        return Err(("There is no such attribute", format!("send one of: {known}")));
    }
    if attribute == "custom" {
        return cannot("custom attributes are sensitive each by itself: send its key in properties");
    }
    // Sent, it is the revision that is expected.
    if attribute == "rev" {
        return cannot("the server sets it");
    }
    let Some(written) = shapes.bodies.iter().find_map(|body| find(properties_of(body), attribute)) else {
        let sources: Vec<String> = SHOWN
            .iter()
            .filter(|shown| shown.of == name && shown.attribute == attribute)
            .flat_map(|shown| shown.values.iter().map(|value| format!("{value} of {}", shown.from)))
            .collect();
        return match sources.is_empty() {
            true => cannot("the server sets it"),
            false => Err((CANNOT, format!("it follows from others, and is hidden with them: {}", sources.join(", ")))),
        };
    };
    check_shape(name, attribute, &written.schema).map_or(Ok(()), cannot)
}

/// Why values of a form cannot be hidden; `None` when they can be.
fn check_shape(name: &str, attribute: &str, schema: &Schema) -> Option<&'static str> {
    const NAMES: &str = "it names records by their ids, which are in links too";
    const CHOICE: &str = "it is one of a few values that the work is sorted by, which can be guessed";
    let is = |format: &Format, other: &Format| format.name == other.name;
    match schema.kind {
        Shape::Text(text) => match text.format {
            Some(format) if is(&format, &OBJECT_ID) || is(&format, &TAG) => Some(NAMES),
            Some(format) if is(&format, &DATE_TIME) && !PERSONAL_MOMENTS.contains(&attribute) => {
                Some("it says when something happened to the record, which lists are ordered by")
            }
            // Of a person it says something, as the gender does.
            _ if !text.one_of.is_empty() && name != "customer" => Some(CHOICE),
            _ => None,
        },
        Shape::List { items, .. } => check_shape(name, attribute, items),
        // An object without a text of one's own words is a choice, too. One that must have a number or a moment has no
        // masked form.
        Shape::Object(object) => {
            let is_free = |property: &&Property| match property.schema.kind {
                Shape::Text(text) => {
                    let names = |format: Format| [OBJECT_ID, DATE_TIME, TAG].iter().any(|known| is(&format, known));
                    text.one_of.is_empty() && !text.format.is_some_and(names)
                }
                Shape::Map(_) => true,
                _ => false,
            };
            let must_count = |property: &Property| match property.schema.kind {
                Shape::Number { .. } | Shape::Integer { .. } => property.required,
                Shape::Text(text) => property.required && text.format.is_some_and(|format| is(&format, &DATE_TIME)),
                _ => false,
            };
            let mut members = object.properties.iter().filter(|member| member.name != "id");
            let can_be = members.any(|member| is_free(&member)) && !object.properties.iter().any(must_count);
            (!can_be).then_some(CHOICE)
        }
        Shape::Map(_) => None,
        Shape::Number { range: None } => None,
        Shape::Number { .. } | Shape::Integer { .. } | Shape::Boolean => Some(CHOICE),
        Shape::Any | Shape::Custom | Shape::Forms(_) => Some("its form is not known"),
    }
}

/// The attributes that can be sensitive of the records that metadata of this name is about.
pub fn sensitive_of(name: &str) -> Vec<&'static str> {
    let properties = shapes_of(name).map(|shapes| attributes_of(shapes.answer)).unwrap_or_default();
    let names = properties.iter().map(|property| property.name);
    names.filter(|attribute| check_sensitive(name, attribute).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_can_be_sensitive_and_what_the_server_keeps_cannot() {
        for (name, attributes) in [
            (
                "customer",
                "name externalId externalIds sharedExternalIds username avatarUrl emails sharedEmails phones sharedPhones \
                 whatsapps facebookIds instagramIds socials sharedSocials urls locations locale timeZone defaultLang \
                 gender birthdayAt signedUpAt",
            ),
            (
                "company",
                "name externalId avatarUrl emails phones whatsapps socials urls domains locations employeeCount \
                 defaultLang",
            ),
            ("conversation", "name externalId replyChannel defaultLang endedReason"),
            ("message", "externalId app size preview subject related error location meta lang"),
            ("note", "body externalId lang"),
            ("kobject.order", "title externalId description images icon data"),
            ("user", ""),
        ] {
            assert_eq!(sensitive_of(name), attributes.split_whitespace().collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn what_shows_values_of_others_is_an_attribute_that_there_is() {
        for Showing { of, attribute, from, values } in SHOWN {
            if let Some(answer) = answer_of(of) {
                assert!(find(attributes_of(answer), attribute).is_some(), "{of}.{attribute}");
            }
            for value in *values {
                assert!(check_sensitive(from, value).is_ok(), "{from}.{value}");
            }
        }
    }
}
