//! The identities of a customer, each once in its list.

use kustomer_api::customer::CustomerInput;

use crate::contact::{compose, merge};
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
    merge("facebookIds", &mut input.facebook_ids, &mut faults);
    merge("instagramIds", &mut input.instagram_ids, &mut faults);
    merge("socials", &mut input.socials, &mut faults);
    merge("sharedSocials", &mut input.shared_socials, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(Refusal::bad_input(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Identified;
    use kustomer_api::customer::SocialType;
    use kustomer_api::customer::{Email, ExternalId, Phone, Social};
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
