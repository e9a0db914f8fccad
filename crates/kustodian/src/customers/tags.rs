//! The names behind the ids of a customer's tags.

use kustomer_client::Client;

/// Each tag's id and name, in order. A tag that the key may not read is shown by its id.
pub(crate) async fn named(client: &Client, ids: &[String]) -> Vec<(String, String)> {
    let mut named = Vec::new();
    for id in ids {
        let tag = client.tags().get(id).await.ok();
        let name = tag.and_then(|tag| tag.data.attributes.name.into_value());
        named.push((id.clone(), name.unwrap_or_else(|| id.clone())));
    }
    named
}
