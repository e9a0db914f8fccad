//! Changes of single items of a customer's lists. The API replaces whole lists: each is read, changed and sent back with
//! the revision it was read at.

use clap::Args;
use kustomer_api::ObjectId;
use kustomer_api::customer::{Customer, CustomerInput};
use kustomer_api::envelope::Document;
use kustomer_client::{Client, Error, Exchange};
use serde_json::{Map, Value, json};

use super::attributes::AttributeArguments;
use super::tags;
use crate::arguments::OutputArguments;
use crate::failure::Failure;

/// Which customer to change, and how.
#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    /// The customer's id.
    id: ObjectId,
    #[command(flatten)]
    attributes: AttributeArguments,
    #[command(flatten)]
    edits: EditArguments,
    /// Changes nothing unless the customer still has this revision.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rev: Option<u64>,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

/// What to add to the lists of a customer, and what to remove from them.
#[derive(Debug, Args)]
struct EditArguments {
    /// Adds a tag by its name or id; repeatable. The other tags stay.
    #[arg(long = "add-tag", value_name = "TAG", conflicts_with_all = ["json", "tags"])]
    add_tags: Vec<String>,
    /// Removes a tag by its name or id; repeatable.
    #[arg(long = "remove-tag", value_name = "TAG", conflicts_with_all = ["json", "tags"])]
    remove_tags: Vec<String>,
    /// Adds an e-mail address; repeatable. The others stay.
    #[arg(long = "add-email", value_name = "ADDRESS", conflicts_with_all = ["json", "emails"])]
    add_emails: Vec<String>,
    /// Removes an e-mail address; repeatable.
    #[arg(long = "remove-email", value_name = "ADDRESS", conflicts_with_all = ["json", "emails"])]
    remove_emails: Vec<String>,
    /// Adds a phone number; repeatable. The others stay.
    #[arg(long = "add-phone", value_name = "NUMBER", conflicts_with_all = ["json", "phones"])]
    add_phones: Vec<String>,
    /// Removes a phone number, by its digits; repeatable.
    #[arg(long = "remove-phone", value_name = "NUMBER", conflicts_with_all = ["json", "phones"])]
    remove_phones: Vec<String>,
    /// Adds an external id beside the primary one; repeatable. The others stay.
    #[arg(long = "add-external-id", value_name = "ID", conflicts_with_all = ["json", "external_id"])]
    add_external_ids: Vec<String>,
    /// Removes an external id; repeatable.
    #[arg(long = "remove-external-id", value_name = "ID", conflicts_with_all = ["json", "external_id"])]
    remove_external_ids: Vec<String>,
}

/// A list whose items are objects.
struct List<'a> {
    /// The attribute.
    name: &'static str,
    /// The member that identifies an item.
    key: &'static str,
    /// What an item is, for people.
    what: &'static str,
    add: &'a [String],
    remove: &'a [String],
    /// The form in which two values are the same.
    form: fn(&str) -> String,
}

impl EditArguments {
    fn lists(&self) -> [List<'_>; 3] {
        [
            List {
                name: "emails",
                key: "email",
                what: "e-mail address",
                add: &self.add_emails,
                remove: &self.remove_emails,
                form: str::to_lowercase,
            },
            List {
                name: "phones",
                key: "phone",
                what: "phone number",
                add: &self.add_phones,
                remove: &self.remove_phones,
                form: |number| number.chars().filter(char::is_ascii_digit).collect(),
            },
            List {
                name: "externalIds",
                key: "externalId",
                what: "external id",
                add: &self.add_external_ids,
                remove: &self.remove_external_ids,
                form: str::to_owned,
            },
        ]
    }

    fn changes_tags(&self) -> bool {
        !(self.add_tags.is_empty() && self.remove_tags.is_empty())
    }

    fn is_empty(&self) -> bool {
        !self.changes_tags() && self.lists().iter().all(|list| list.add.is_empty() && list.remove.is_empty())
    }
}

impl List<'_> {
    /// The items with added and without removed ones; `None` when there is nothing to do.
    fn edited(&self, stored: &Value) -> Result<Option<Vec<Value>>, Failure> {
        if self.add.is_empty() && self.remove.is_empty() {
            return Ok(None);
        }
        let value = |item: &Value| item[self.key].as_str().unwrap_or_default().to_owned();
        let mut items: Vec<Value> = stored.as_array().cloned().unwrap_or_default();
        for removed in self.remove {
            let before = items.len();
            items.retain(|item| (self.form)(&value(item)) != (self.form)(removed));
            if items.len() == before {
                let there: Vec<String> = items.iter().map(value).collect();
                return Err(absent(self.what, removed, &there));
            }
        }
        for added in self.add {
            if !items.iter().any(|item| (self.form)(&value(item)) == (self.form)(added)) {
                items.push(json!({ self.key: added }));
            }
        }
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            if item.get("id").is_some_and(Value::is_null) {
                item.remove("id");
            }
        }
        Ok(Some(items))
    }
}

fn absent(what: &str, named: &str, there: &[String]) -> Failure {
    let there = if there.is_empty() { "it has none".to_owned() } else { format!("it has {}", there.join(", ")) };
    Failure::new(format!("the customer has no {what} {named}: {there}"))
}

/// How often a change is tried again when others change the customer meanwhile.
const ATTEMPTS: u32 = 8;

/// Changes a customer; with `rev` only when it still has that revision.
pub(super) async fn update(
    client: &Client,
    arguments: UpdateArguments,
) -> Result<Exchange<Document<Customer>>, Failure> {
    let UpdateArguments { id, attributes, edits, rev, output: _ } = arguments;
    let text = attributes.json()?;
    let customers = client.customers();
    let send = async |body: String| customers.update(id, &CustomerInput::new()).raw_body(body).exchange().await;
    if edits.is_empty() && rev.is_none() {
        return Ok(send(text).await.map_err(Error::from)?);
    }
    let base: Map<String, Value> = serde_json::from_str(&text).map_err(|error| Failure::new(error.to_string()))?;
    let mut attempt = 1;
    loop {
        let mut body = base.clone();
        if let Some(rev) = rev {
            body.insert("rev".to_owned(), rev.into());
        }
        if !edits.is_empty() {
            let read = customers.get(id).exchange().await.map_err(Error::from)?;
            let answer: Value = serde_json::from_slice(&read.response.body).unwrap_or_default();
            read.into_result()?;
            let stored = &answer["data"]["attributes"];
            body.entry("rev").or_insert_with(|| stored["rev"].clone());
            for list in edits.lists() {
                body.extend(list.edited(&stored[list.name])?.map(|items| (list.name.to_owned(), items.into())));
            }
            if edits.changes_tags() {
                let tags = edited_tags(client, &edits, &stored["tags"]).await?;
                body.insert("tags".to_owned(), tags.into());
            }
        }
        let exchange = send(Value::Object(body).to_string()).await.map_err(Error::from)?;
        let is_stale = exchange
            .error
            .as_ref()
            .is_some_and(|error| error.status == 409 && error.parameter.as_deref() == Some("rev"));
        if rev.is_none() && is_stale && attempt < ATTEMPTS {
            attempt += 1;
            continue;
        }
        return Ok(exchange);
    }
}

/// The tags, by their ids, with those to add by name or id.
async fn edited_tags(client: &Client, edits: &EditArguments, stored: &Value) -> Result<Vec<String>, Failure> {
    let stored: Vec<String> = serde_json::from_value(stored.clone()).unwrap_or_default();
    let mut named = tags::named(client, &stored).await;
    let is = |tag: &(String, String), given: &str| tag.0 == given || tag.1 == given;
    for removed in &edits.remove_tags {
        let before = named.len();
        named.retain(|tag| !is(tag, removed));
        if named.len() == before {
            let there: Vec<String> = named.into_iter().map(|(_, name)| name).collect();
            return Err(absent("tag", removed, &there));
        }
    }
    let added = edits.add_tags.iter().filter(|given| !named.iter().any(|tag| is(tag, given))).cloned();
    let added: Vec<String> = added.collect();
    Ok(named.into_iter().map(|(id, _)| id).chain(added).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(add: &[&str], remove: &[&str]) -> Result<Option<Vec<Value>>, String> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let (add, remove) = (owned(add), owned(remove));
        let form = str::to_lowercase;
        let list = List { name: "emails", key: "email", what: "e-mail address", add: &add, remove: &remove, form };
        let stored = json!([
            { "id": null, "email": "a@b.c", "type": "work", "verified": true },
            { "email": "d@b.c", "type": "home", "verified": false },
        ]);
        list.edited(&stored).map_err(|failure| failure.to_string())
    }

    #[test]
    fn items_are_added_once_and_removed_whatever_their_case_and_the_others_stay_as_they_are() {
        assert_eq!(edited(&[], &[]).unwrap(), None);
        let kept = json!({ "email": "a@b.c", "type": "work", "verified": true });
        assert_eq!(edited(&["A@B.C", "x@b.c"], &["D@b.c"]).unwrap(), Some(vec![kept, json!({ "email": "x@b.c" })]));
        assert_eq!(
            edited(&[], &["z@b.c"]).unwrap_err(),
            "the customer has no e-mail address z@b.c: it has a@b.c, d@b.c"
        );
        assert!(edited(&[], &["a@b.c", "d@b.c", "d@b.c"]).unwrap_err().ends_with("it has none"));
    }
}
