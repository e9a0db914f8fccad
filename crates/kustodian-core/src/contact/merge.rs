//! The same identity twice within one list: `d1@acme.example` and `D1@acme.example`, one phone number in two spellings,
//! an accent of one character and of two. It is stored once.

use kustomer_api::customer::{Email, ExternalId, FacebookId, InstagramId, Phone, Social};
use kustomer_api::validation::Fault;

use super::{composed, digits, email_address, social_id, social_name};

/// An item of a list of identities.
pub(crate) trait Identified {
    /// Composes its accents.
    fn compose(&mut self);

    /// What identifies it, as claims do; two items that share one are the same.
    fn identities(&self) -> Vec<String>;

    /// Takes in members of a later item about the same identity; the members of this one stay.
    fn absorb(&mut self, later: Self);
}

/// Composes the accents of the identities in a list, and merges those that are the same. Two that are the same identity and
/// cannot be one are a fault that names both.
pub(crate) fn merge<T: Identified + Clone>(list: &'static str, items: &mut Option<Vec<T>>, faults: &mut Vec<Fault>) {
    let Some(items) = items else { return };
    // Each with its place in the input.
    let mut merged: Vec<(usize, T)> = Vec::with_capacity(items.len());
    for (index, mut item) in std::mem::take(items).into_iter().enumerate() {
        item.compose();
        let identities = item.identities();
        let shares = |other: &T| other.identities().iter().any(|identity| identities.contains(identity));
        let Some(at) = merged.iter().position(|(_, other)| shares(other)) else {
            merged.push((index, item));
            continue;
        };
        let (earlier, mut one) = merged[at].clone();
        one.absorb(item);
        // It is one only if it has every identity of both, and none of a third.
        let has_all = identities.iter().all(|identity| one.identities().contains(identity));
        if let Some((third, _)) = merged.iter().skip(at + 1).find(|(_, other)| shares(other)) {
            faults.push(clash(list, *third, index));
        } else if has_all {
            merged[at].1 = one;
        } else {
            faults.push(clash(list, earlier, index));
        }
    }
    *items = merged.into_iter().map(|(_, item)| item).collect();
}

fn clash(list: &'static str, earlier: usize, later: usize) -> Fault {
    Fault {
        parameter: list.to_owned(),
        pointer: format!("/{list}/{later}"),
        title: format!("/{list}/{earlier} and /{list}/{later} are the same profile with different names or ids"),
        rule: format!("/properties/{list}/uniqueItems"),
        advice: "send the one that holds".into(),
    }
}

pub(crate) fn compose(text: &mut String) {
    if let std::borrow::Cow::Owned(composed) = composed(text) {
        *text = composed;
    }
}

/// Verified when either is.
fn either(earlier: Option<bool>, later: Option<bool>) -> Option<bool> {
    if later == Some(true) { later } else { earlier.or(later) }
}

impl Identified for Email {
    fn compose(&mut self) {
        compose(&mut self.email);
    }

    fn identities(&self) -> Vec<String> {
        vec![email_address(&self.email)]
    }

    fn absorb(&mut self, later: Self) {
        self.kind = self.kind.take().or(later.kind);
        self.verified = either(self.verified, later.verified);
    }
}

impl Identified for Phone {
    fn compose(&mut self) {}

    fn identities(&self) -> Vec<String> {
        vec![digits(&self.phone)]
    }

    fn absorb(&mut self, later: Self) {
        self.kind = self.kind.take().or(later.kind);
        self.verified = either(self.verified, later.verified);
    }
}

impl Identified for ExternalId {
    fn compose(&mut self) {
        compose(&mut self.external_id);
    }

    fn identities(&self) -> Vec<String> {
        vec![self.external_id.clone()]
    }

    fn absorb(&mut self, later: Self) {
        self.verified = either(self.verified, later.verified);
    }
}

impl Identified for Social {
    fn compose(&mut self) {
        compose(&mut self.username);
        self.userid.iter_mut().for_each(compose);
    }

    fn identities(&self) -> Vec<String> {
        // The two are claimed apart: an id is no name.
        let name = format!("name:{}", social_name(self));
        social_id(self).map(|id| format!("id:{id}")).into_iter().chain([name]).collect()
    }

    fn absorb(&mut self, later: Self) {
        if self.userid.as_deref().unwrap_or_default().is_empty() {
            self.userid = later.userid.or(self.userid.take());
        }
        self.url = self.url.take().or(later.url);
        self.verified = either(self.verified, later.verified);
    }
}

impl Identified for FacebookId {
    fn compose(&mut self) {}

    fn identities(&self) -> Vec<String> {
        vec![joined([&self.page_id, &self.user_id])]
    }

    fn absorb(&mut self, later: Self) {
        self.name = self.name.take().or(later.name);
    }
}

impl Identified for InstagramId {
    fn compose(&mut self) {}

    fn identities(&self) -> Vec<String> {
        vec![joined([&self.page_id, &self.thread_id, &self.username])]
    }

    fn absorb(&mut self, later: Self) {
        self.instagram_id = self.instagram_id.take().or(later.instagram_id);
    }
}

/// Several texts as one that no other texts make.
fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.iter().fold(String::new(), |joined, part| format!("{joined}{}:{part}", part.len()))
}
