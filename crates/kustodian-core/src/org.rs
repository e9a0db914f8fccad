//! Orgs, as the API shows them.

use kustomer_api::envelope::{Relationships, SelfLink};
use kustomer_api::org::{self, OrgAttributes};
use serde_json::Map;

use crate::directory::Org;

/// An org as the API shows it.
pub fn show(org: &Org) -> org::Org {
    org::Org {
        kind: org::TYPE.to_owned(),
        id: org.id.into(),
        attributes: OrgAttributes {
            name: org.name.as_str().into(),
            created_at: org.created_at.into(),
            updated_at: org.created_at.into(),
            extra: Map::new(),
        },
        relationships: Relationships::new(),
        links: Some(SelfLink::new(format!("/v1/orgs/{}", org.id))),
        extra: Map::new(),
    }
}
