//! Tracked events, in the shape of the contract.

use kustomer_api::envelope::{Relationship, Relationships, SelfLink};
use kustomer_api::event::Changes;
use kustomer_api::tracking::{
    CustomerEvent, CustomerEventAttributes, CustomerSession, CustomerSessionAttributes, EVENT_TYPE, IDENTIFIED,
    IDENTITY_TYPE, Identity, IdentityAttributes, OF_EVENT, SESSION_TYPE,
};
use kustomer_api::{Field, ObjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{SessionRow, TrackedRow};
use crate::directory::Org;
use crate::feed::Recorded;
use crate::kind::Kind;
use crate::refusal::Refusal;
use crate::resource;

/// The stored members of an event, without its name and its moment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    real_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<Map<String, Value>>,
}

/// The stored members of an event, without its name and its moment, as JSON.
///
/// # Errors
/// 500 when it cannot be written.
pub fn details(real_ip: &str, meta: Option<Map<String, Value>>) -> Result<String, Refusal> {
    resource::render(&Details { real_ip: Some(real_ip.to_owned()), meta })
}

fn of_customer(org: &Org, customer: ObjectId) -> Relationships {
    let kind = Kind::Customer;
    Relationships::from([
        ("org".to_owned(), resource::org_relationship(org)),
        (kind.as_str().to_owned(), Relationship::to_one(kind.as_str(), customer, kind.path_of(customer))),
    ])
}

fn path_of(customer: ObjectId, event: ObjectId) -> String {
    format!("{}/events/{event}", Kind::Customer.path_of(customer))
}

/// Who a visitor is, as answered.
pub fn identity(org: &Org, tracking_id: &str, email: Option<&str>, customer: ObjectId, now: Timestamp) -> Identity {
    let id = super::visitor_id(org.key, tracking_id);
    Identity {
        kind: IDENTITY_TYPE.to_owned(),
        id: id.into(),
        attributes: IdentityAttributes {
            tracking_id: tracking_id.into(),
            email: email.map_or(Field::Null, Field::from),
            status: "updated".into(),
            status_at: now.into(),
            created_at: now.into(),
            updated_at: now.into(),
            extra: Map::new(),
        },
        relationships: of_customer(org, customer),
        links: Some(SelfLink::new(format!("/v1/tracking/identity/{id}"))),
        extra: Map::new(),
    }
}

/// A session of a customer, as answered.
pub fn session(org: &Org, customer: ObjectId, row: &SessionRow) -> CustomerSession {
    CustomerSession {
        kind: SESSION_TYPE.to_owned(),
        id: row.id.into(),
        attributes: CustomerSessionAttributes {
            session_id: row.name.as_str().into(),
            first_event_at: row.first_at.into(),
            last_event_at: row.last_at.into(),
            count: row.count.into(),
            extra: Map::new(),
        },
        relationships: of_customer(org, customer),
        links: Some(SelfLink::new(format!("{}/sessions/{}", Kind::Customer.path_of(customer), row.id))),
        extra: Map::new(),
    }
}

/// Something that a customer did, as answered.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn tracked_event(org: &Org, customer: ObjectId, row: TrackedRow) -> Result<CustomerEvent, Refusal> {
    let details: Details = resource::read(&row.details)?;
    Ok(CustomerEvent {
        kind: EVENT_TYPE.to_owned(),
        id: row.id.into(),
        attributes: CustomerEventAttributes {
            name: IDENTIFIED.into(),
            kind: "tracking".into(),
            tracking_event: format!("{OF_EVENT}{}", row.name).into(),
            app: Field::Null,
            published_at: row.at.into(),
            created_at: row.at.into(),
            updated_at: row.at.into(),
            modified_at: Field::Null,
            location: Map::new().into(),
            meta: details.meta.unwrap_or_default().into(),
            session_id: row.session.into(),
            real_ip: details.real_ip.map_or(Field::Absent, Field::Value),
            changes: Field::Absent,
            extra: Map::new(),
        },
        relationships: of_customer(org, customer),
        links: Some(SelfLink::new(path_of(customer, row.id))),
        extra: Map::new(),
    })
}

/// Something that happened to the record of a customer, as answered.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn customer_event(org: &Org, event: &Recorded) -> Result<CustomerEvent, Refusal> {
    let changes: Option<Changes> = event.changes.as_deref().map(resource::read).transpose()?;
    let mut relationships = of_customer(org, event.record);
    if let Some(actor) = event.actor {
        for name in ["createdBy", "modifiedBy"] {
            relationships.insert(name.to_owned(), resource::user_relationship(actor));
        }
    }
    Ok(CustomerEvent {
        kind: EVENT_TYPE.to_owned(),
        id: event.id.into(),
        attributes: CustomerEventAttributes {
            name: event.name.as_str().into(),
            kind: "tracking".into(),
            published_at: event.at.into(),
            created_at: event.at.into(),
            updated_at: event.at.into(),
            modified_at: event.at.into(),
            location: Field::Null,
            meta: Field::Null,
            changes: changes.map_or(Field::Absent, Field::Value),
            ..CustomerEventAttributes::default()
        },
        relationships,
        links: Some(SelfLink::new(path_of(event.record, event.id))),
        extra: Map::new(),
    })
}
