//! How long the lists of a write may be. A merge unites lists, so a customer may have more items than a write brings. Such a list
//! can be sent back, and taken to another server.

use std::collections::HashMap;

use kustomer_api::Timestamp;
use kustomer_api::customer::MAX_IMPORTED_ITEMS;
use serde_json::Value;

/// The room that a write has in the lists of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    stored: HashMap<String, usize>,
    imported: usize,
}

impl Room {
    /// That of a body: as many items as the customer has already. If it says when the record was imported, and its sender may
    /// say so, it is at least [`MAX_IMPORTED_ITEMS`]. An answer that is sent back, with the stored moment, is no import. `None`
    /// for no room at all.
    pub fn of(body: &[u8], stored: Option<&str>, may_import: bool) -> Option<Self> {
        let moment = |value: Option<&Value>| value.and_then(Value::as_str)?.parse::<Timestamp>().ok();
        let is_imported = || {
            let sent = read(body).and_then(|body| moment(body.get("importedAt")));
            let has = stored.and_then(|document| moment(read(document.as_bytes())?.pointer("/attributes/importedAt")));
            sent.is_some() && sent != has
        };
        let imported = if may_import && is_imported() { MAX_IMPORTED_ITEMS } else { 0 };
        let stored: HashMap<String, usize> = stored
            .and_then(|document| read(document.as_bytes()))
            .and_then(|mut document| match document.get_mut("attributes")?.take() {
                Value::Object(attributes) => Some(attributes),
                _ => None,
            })
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name, value.as_array()?.len())))
            .collect();
        let has_room = imported > 0 || stored.values().any(|length| *length > 0);
        has_room.then_some(Self { stored, imported })
    }

    /// How many items the list of an attribute may have, if that is more than its schema says.
    pub fn within(&self, attribute: &str) -> usize {
        self.stored.get(attribute).copied().unwrap_or_default().max(self.imported)
    }
}

fn read(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_be_as_long_as_the_stored_one_and_longer_in_an_import() {
        let stored = r#"{"attributes":{"emails":[1,2,3],"name":"Ada","phones":[]}}"#;
        let within = |room: Option<Room>| room.map(|room| [room.within("emails"), room.within("phones")]);
        assert_eq!(within(Room::of(b"{}", Some(stored), true)), Some([3, 0]));
        assert_eq!(within(Room::of(b"{}", None, true)), None);
        let imported = br#"{"importedAt":"2020-01-01T00:00:00Z"}"#;
        let again = r#"{"attributes":{"emails":[1,2,3],"importedAt":"2020-01-01T00:00:00.000Z"}}"#;
        assert_eq!(within(Room::of(imported, Some(again), true)), Some([3, 0]), "an answer that is sent back");
        let earlier = again.replace("2020", "2019");
        assert_eq!(within(Room::of(imported, Some(&earlier), true)), Some([MAX_IMPORTED_ITEMS; 2]));
        assert_eq!(within(Room::of(imported, None, true)), Some([MAX_IMPORTED_ITEMS; 2]));
        assert_eq!(within(Room::of(imported, Some(stored), true)), Some([MAX_IMPORTED_ITEMS; 2]));
        assert_eq!(within(Room::of(imported, Some(stored), false)), Some([3, 0]), "who may not import");
        for other in [&br#"{"importedAt":null}"#[..], b"[", b""] {
            assert_eq!(within(Room::of(other, None, true)), None);
        }
    }
}
