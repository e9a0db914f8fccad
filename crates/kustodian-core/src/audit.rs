//! How an event is reported in the audit log (`docs/contract/behaviour.md` §18).

use kustomer_api::Field;
use kustomer_api::audit::{AuditLog, AuditLogAttributes, TYPE};
use kustomer_api::envelope::{Related, RelatedId, Relationship, Relationships, SelfLink};
use kustomer_api::event::Changes;
use kustomer_api::user::User;
use serde_json::{Map, Value};

use crate::directory::Org;
use crate::feed::Recorded;
use crate::refusal::Refusal;
use crate::resource;

/// The kind of user the log reports: `machine` behind an API key, else `user`. Takes the user's document.
///
/// # Errors
/// 500 when the document is not what this version stores.
pub fn user_type(document: &str) -> Result<&'static str, Refusal> {
    let user: User = resource::read(document)?;
    let machine = user.attributes.user_type.value() == Some(&kustomer_api::user::UserType::Machine);
    Ok(if machine { "machine" } else { "user" })
}

/// An event as an entry of the audit log. `user_type` is that of the event's actor.
///
/// # Errors
/// 500 when the stored data cannot be read.
pub fn entry(org: &Org, event: &Recorded, user_type: &str) -> Result<AuditLog, Refusal> {
    let changes: Option<Changes> = event.changes.as_deref().map(resource::read).transpose()?;
    let verb = event.name.rsplit('.').next().unwrap_or_default();
    Ok(AuditLog {
        kind: TYPE.to_owned(),
        id: event.id.into(),
        attributes: AuditLogAttributes {
            event_name: event.name.as_str().into(),
            event_verb: verb.into(),
            org: org.id.to_string().into(),
            user_id: event.actor.map_or(Field::Null, |actor| actor.to_string().into()),
            user_type: if event.actor.is_some() { user_type } else { "system" }.into(),
            object_id: event.record.to_string().into(),
            object_type: event.kind.as_str().into(),
            client: event.client.as_str().into(),
            // An address is a personal value, and is kept nowhere.
            ip: Field::Absent,
            changes: changes.map_or(Field::Null, |changes| bare(changes).into()),
            created_at: event.at.into(),
            published_at: event.at.into(),
            expires_at: Field::Null,
            extra: Map::new(),
        },
        relationships: Relationships::from([("user".to_owned(), user(event))]),
        links: None,
        extra: Map::new(),
    })
}

/// An action of the system has a user without an id, as recorded.
fn user(event: &Recorded) -> Relationship {
    if let Some(actor) = event.actor {
        return resource::user_relationship(actor);
    }
    Relationship {
        links: Some(SelfLink::new("/v1/users/null".to_owned())),
        data: Field::Value(Related::One(RelatedId::new(kustomer_api::user::TYPE, Field::Null))),
        extra: Map::new(),
    }
}

/// Relationships by their bare ids, as this log has them.
fn bare(mut changes: Changes) -> Changes {
    let id = |tie: Value| tie.pointer("/data/id").cloned().unwrap_or_default();
    for change in changes.relationships.values_mut() {
        change.before = std::mem::take(&mut change.before).map(id);
        change.after = std::mem::take(&mut change.after).map(id);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Digest;
    use crate::kind::Kind;
    use crate::store::OrgKey;
    use kustomer_api::{ObjectId, Timestamp};
    use serde_json::json;

    fn told(change: impl FnOnce(&mut Recorded)) -> Value {
        let id = ObjectId::from_bytes([1; 12]);
        let mut event = Recorded {
            position: Some(1),
            id,
            name: "kustomer.customer.update".to_owned(),
            kind: Kind::Customer,
            record: id,
            rev: 2,
            at: Timestamp::from_millis(0),
            actor: Some(id),
            client: "api".to_owned(),
            request_id: String::new(),
            changes: None,
            snapshot: None,
            salt: None,
            digest: Digest([0; 32]),
            link: None,
        };
        change(&mut event);
        let org = Org { key: OrgKey(1), id, name: "acme".to_owned(), created_at: Timestamp::from_millis(0) };
        serde_json::to_value(entry(&org, &event, "machine").unwrap()).unwrap()
    }

    #[test]
    fn relationships_are_reported_by_their_bare_ids_and_attributes_as_they_are() {
        let changes = json!({
            "attributes": { "name": { "op": "replace", "before": "Ada", "after": null } },
            "relationships": {
                "company": { "op": "add", "after": { "data": { "type": "company", "id": "c" } } },
            },
        });
        let entry = told(|event| event.changes = Some(changes.to_string()));
        assert_eq!(entry["attributes"]["changes"]["relationships"]["company"], json!({ "op": "add", "after": "c" }));
        assert_eq!(entry["attributes"]["changes"]["attributes"], changes["attributes"]);
        assert_eq!(entry["attributes"]["eventVerb"], "update");
    }

    #[test]
    fn an_action_of_the_system_has_a_user_without_an_id() {
        let entry = told(|event| event.actor = None);
        let user = json!({ "links": { "self": "/v1/users/null" }, "data": { "type": "user", "id": null } });
        assert_eq!(entry["relationships"]["user"], user);
        assert_eq!(
            (&entry["attributes"]["userType"], &entry["attributes"]["userId"]),
            (&json!("system"), &Value::Null)
        );
    }
}
