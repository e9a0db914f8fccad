//! The same identity twice within one list: `d1@acme.example` and `D1@acme.example`, one phone number in two spellings,
//! an accent of one character and of two. It is stored once.

use kustomer_api::customer::{CustomerInput, Email, ExternalId, Phone, Social};
use kustomer_api::validation::Fault;

use super::identity::{composed, digits, email_address, social_id, social_name};
use crate::refusal::Refusal;

/// Composes the accents of every identity sent, and merges those that are the same.
///
/// # Errors
/// 400 that names both items when two are the same identity and cannot be one.
pub(super) fn merge_identities(input: &mut CustomerInput) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if let Some(primary) = input.external_id.as_mut_value() {
        compose(primary);
    }
    merge("externalIds", &mut input.external_ids, &mut faults);
    merge("sharedExternalIds", &mut input.shared_external_ids, &mut faults);
    merge("emails", &mut input.emails, &mut faults);
    merge("sharedEmails", &mut input.shared_emails, &mut faults);
    merge("phones", &mut input.phones, &mut faults);
    merge("sharedPhones", &mut input.shared_phones, &mut faults);
    merge("whatsapps", &mut input.whatsapps, &mut faults);
    merge("socials", &mut input.socials, &mut faults);
    merge("sharedSocials", &mut input.shared_socials, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

/// An item of a list of identities.
trait Identified {
    /// Composes its accents.
    fn compose(&mut self);

    /// What identifies it, as claims do; two items that share one are the same.
    fn identities(&self) -> Vec<String>;

    /// Takes in what a later item says about the same identity; what this one says stays.
    fn absorb(&mut self, later: Self);
}

fn merge<T: Identified + Clone>(list: &'static str, items: &mut Option<Vec<T>>, faults: &mut Vec<Fault>) {
    let Some(items) = items else { return };
    // Each with its place in what was sent.
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

fn compose(text: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use kustomer_api::customer::SocialType;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Names that are the same in several ways, and some that are not.
    fn name() -> impl Strategy<Value = String> {
        const SPELLINGS: [&str; 9] =
            ["ada", "Ada", "ADA", "zo\u{e9}", "zoe\u{301}", "ZOE\u{301}", "\u{130}x", "i\u{307}x", "bob"];
        prop::sample::select(&SPELLINGS[..]).prop_map(str::to_owned)
    }

    fn verified() -> impl Strategy<Value = Option<bool>> {
        prop::option::of(any::<bool>())
    }

    fn input() -> impl Strategy<Value = CustomerInput> {
        let email = (name(), verified())
            .prop_map(|(name, verified)| Email { verified, ..Email::new(format!("{name}@acme.example")) });
        let external = (name(), verified()).prop_map(|(id, verified)| ExternalId { verified, ..ExternalId::new(id) });
        let number = prop::sample::select(&["+1 800 555", "1800555", "(1800) 555", "1800556"][..]);
        let phone = (number, verified()).prop_map(|(phone, verified)| Phone { verified, ..Phone::new(phone) });
        let userid = prop::sample::select(&[None, Some(""), Some("1"), Some("2")][..]);
        let social = (name(), userid, verified()).prop_map(|(name, userid, verified)| Social {
            userid: userid.map(str::to_owned),
            verified,
            ..Social::new(SocialType::Twitter, name)
        });
        let list = 0..6_usize;
        (
            prop::collection::vec(email, list.clone()),
            prop::collection::vec(external, list.clone()),
            prop::collection::vec(phone, list.clone()),
            prop::collection::vec(social, list),
        )
            .prop_map(|(emails, ids, phones, socials)| CustomerInput {
                shared_emails: Some(emails.clone()),
                emails: Some(emails),
                shared_external_ids: Some(ids.clone()),
                external_ids: Some(ids),
                shared_phones: Some(phones.clone()),
                whatsapps: Some(phones.clone()),
                phones: Some(phones),
                shared_socials: Some(socials.clone()),
                socials: Some(socials),
                ..CustomerInput::new()
            })
    }

    fn assert_once<T: Identified>(list: &Option<Vec<T>>) {
        let all: Vec<String> = list.iter().flatten().flat_map(Identified::identities).collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len(), "{all:?}");
    }

    proptest! {
        #[test]
        fn each_identity_stands_once_and_merging_again_changes_nothing(mut input in input()) {
            let sent = input.clone();
            if merge_identities(&mut input).is_ok() {
                assert_once(&input.emails);
                assert_once(&input.shared_emails);
                assert_once(&input.external_ids);
                assert_once(&input.phones);
                assert_once(&input.whatsapps);
                assert_once(&input.socials);
                assert_once(&input.shared_socials);
                let verified = |input: &CustomerInput| {
                    input.emails.iter().flatten().filter(|email| email.verified == Some(true)).count()
                };
                prop_assert_eq!(verified(&sent) > 0, verified(&input) > 0);
                let mut again = input.clone();
                merge_identities(&mut again).unwrap();
                prop_assert_eq!(again, input);
            } else {
                // Only profiles have two identities that can contradict each other.
                let mut others = CustomerInput { socials: None, shared_socials: None, ..sent };
                merge_identities(&mut others).unwrap();
            }
        }
    }

    fn merged(input: Value) -> Result<CustomerInput, Refusal> {
        let mut input: CustomerInput = serde_json::from_value(input).unwrap();
        merge_identities(&mut input).map(|()| input)
    }

    #[test]
    fn the_first_spelling_stays_and_learns_what_later_ones_say() {
        let input = merged(json!({
            "phones": [{ "phone": "+1 800 555" }, { "phone": "1800555", "type": "work", "verified": true }],
            "socials": [
                { "type": "twitter", "username": "Ada" },
                { "type": "twitter", "username": "ada", "userid": "1", "url": "https://t.example/ada" },
                { "type": "facebook", "username": "ada" },
            ],
        }))
        .unwrap();
        let written = serde_json::to_value(&input).unwrap();
        assert_eq!(written["phones"], json!([{ "phone": "+1 800 555", "type": "work", "verified": true }]));
        assert_eq!(
            written["socials"],
            json!([
                { "type": "twitter", "userid": "1", "username": "Ada", "url": "https://t.example/ada" },
                { "type": "facebook", "username": "ada" },
            ])
        );
    }

    #[test]
    fn profiles_that_contradict_each_other_are_named_with_both_places() {
        let profile = |name: &str, id: Option<&str>| json!({ "type": "twitter", "username": name, "userid": id });
        for (list, places) in [
            (vec![profile("x", None), profile("ada", Some("1")), profile("Ada", Some("2"))], (1, 2)),
            (vec![profile("ada", Some("1")), profile("bob", Some("1"))], (0, 1)),
            (vec![profile("ada", None), profile("bob", Some("1")), profile("ada", Some("1"))], (1, 2)),
        ] {
            let refusal = merged(json!({ "socials": list })).unwrap_err();
            let title = refusal.errors[0].title.clone().unwrap();
            let both = format!("/socials/{} and /socials/{} ", places.0, places.1);
            assert!(title.starts_with(&both), "{title}");
        }
    }
}
