//! Forbidden states of a draft.

use kustomer_api::Timestamp;
use kustomer_api::draft::{DraftAttributes, DraftChannel, DraftInput, DraftStatus};
use kustomer_api::error::code;
use kustomer_api::validation::Fault;

use super::is_final;
use crate::refusal::Refusal;

/// Lets a draft pass that was not sent.
pub(super) fn check_open(draft: &DraftAttributes) -> Result<(), Refusal> {
    if !is_final(draft) {
        return Ok(());
    }
    let status = draft.status.value().map_or("", DraftStatus::as_str);
    let title = format!("The draft is {status}, and changes no more: write another one");
    Err(Refusal::new(409, code::CONFLICT, "status", title))
}

/// Lets a change pass of a draft that was not sent, by a body of its own channel.
pub(super) fn check_editable(draft: &DraftAttributes, input: &DraftInput) -> Result<(), Refusal> {
    check_open(draft)?;
    match (draft.channel.value(), &input.channel) {
        (Some(channel), Some(other)) if channel != other => {
            let title = format!("The channel of the draft is {channel} and never changes: write another draft");
            Err(Refusal::new(400, code::BAD_PARAM, "channel", title).with_meta("pointer", "/channel"))
        }
        _ => Ok(()),
    }
}

/// Lets a new text on WhatsApp pass that has words or attachments. Lists, buttons and templates have their `meta`.
pub(super) fn check_body(input: &DraftInput) -> Result<(), Refusal> {
    let is_text = input.channel == Some(DraftChannel::Whatsapp) && input.meta.is_none();
    if is_text && input.body.is_none() && input.attachments.as_deref().is_none_or(<[String]>::is_empty) {
        let (title, advice) = ("Missing required property: body", "send it, or the ids of attachments");
        return Err(Refusal::bad_input(vec![Fault::of_attribute("body", title, advice)]));
    }
    Ok(())
}

/// Lets a moment pass that is to come, and that does not contradict the status.
pub(super) fn check_send_at(input: &DraftInput, status: Option<&DraftStatus>, now: Timestamp) -> Result<(), Refusal> {
    let Some(send_at) = input.send_at.value() else { return Ok(()) };
    if status == Some(&DraftStatus::Sent) {
        let advice = "send status alone to send it at once, or sendAt alone to send it then";
        return Err(Refusal::bad_input(vec![Fault::of_attribute(
            "sendAt",
            "A draft is sent at once or at a time, not both",
            advice,
        )]));
    }
    if *send_at <= now {
        let advice = "send status with the value sent to send it at once";
        return Err(Refusal::bad_input(vec![Fault::of_attribute(
            "sendAt",
            "sendAt is a moment in the future",
            advice,
        )]));
    }
    Ok(())
}

/// The headers of an e-mail that follow from other members of a draft, or from its delivery.
const OWN_HEADERS: [&str; 12] = [
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "sender",
    "subject",
    "to",
];

/// Lets headers pass that an e-mail can have, and that are not its own.
pub(super) fn check_headers(input: &DraftInput) -> Result<(), Refusal> {
    for (at, header) in input.headers.iter().flatten().enumerate() {
        let is_name = header.name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let is_value = header.value.as_ref().is_none_or(|value| !value.chars().any(char::is_control));
        let title = if !is_name {
            "The name of a header has printable ASCII characters alone, and no colon".to_owned()
        } else if !is_value {
            "The value of a header has no control characters, line breaks included".to_owned()
        } else if OWN_HEADERS.contains(&header.name.to_ascii_lowercase().as_str()) {
            format!("The header {} follows from the draft: send it by its own member, or leave it out", header.name)
        } else {
            continue;
        };
        let refusal = Refusal::new(400, code::BAD_PARAM, "headers", title);
        return Err(refusal.with_meta("pointer", format!("/headers/{at}")));
    }
    Ok(())
}
