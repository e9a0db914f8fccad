//! The meaning of the names in the body of a search: types of records, klasses and attributes.

use kustomer_api::custom::{MAX_KEY, Suffix, is_key};
use kustomer_api::search::{Attribute, Context, nearest};
use serde_json_borrow::Value;

use super::fault::shortened;
use super::query::{CustomAttribute, Subject};

/// The types of the contract (`docs/contract/behaviour.md` §9.1) whose records this server does not hold.
const ABSENT: [&str; 2] = ["work_session", "work_item"];

/// The name of every text of a record of the searched type, whichever type that is (§9.4).
const ANY_TEXT: &str = "any_text";

/// The prefix of the names of kobjects' attributes, and of contexts that are one klass.
const OF_KOBJECTS: &str = "kobject_";

/// The most words of a body that are looked up as klasses.
const MAX_KLASS_WORDS: usize = 200;

/// A word in a body that names a klass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KlassName {
    /// The word: the name in the singular or the plural.
    pub word: String,
    /// The name of the klass.
    pub klass: String,
}

/// The meaning of a name in a criterion.
pub(super) struct Named {
    pub(super) subject: Subject,
    /// The klass that kobjects must be of.
    pub(super) klass: Option<String>,
}

/// What names mean in one body.
pub(super) struct Names<'a> {
    pub(super) archive: bool,
    pub(super) klasses: &'a [KlassName],
    /// The searched type.
    pub(super) context: Context,
}

/// Whether a context names a type of the contract whose records this server does not hold, or a klass that there is not.
pub(super) fn is_absent(name: &str, klasses: &[KlassName]) -> bool {
    let klass = name.strip_prefix(OF_KOBJECTS).filter(|klass| !klass.is_empty());
    ABSENT.contains(&name) || klass.is_some_and(|klass| klasses.iter().all(|known| known.word != klass))
}

/// The words of a body that may name klasses: of `kobject_custom_a_bStr` that is `a`, of `kobject_custom_a_b_cStr` it is
/// `a_b` or `a`, or in the form without `custom` it begins with that word. Which of them do is known to the store alone.
///
/// ```
/// use kustodian_core::search::klass_words;
///
/// let body = br#"{"queryContext":"kobject_orders","and":[{"kobject_custom_a_b_cStr":{"set":true}}]}"#;
/// assert_eq!(klass_words(body), ["orders", "a_b", "a", "custom_a_b", "custom_a", "custom"]);
/// ```
pub fn klass_words(body: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    if body.windows(OF_KOBJECTS.len()).any(|part| part == OF_KOBJECTS.as_bytes())
        && let Ok(body) = serde_json::from_slice::<Value<'_>>(body)
    {
        collect(&body, &mut words);
    }
    words
}

fn collect(value: &Value<'_>, words: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members.iter() {
                note(key, words);
                collect(value, words);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, words)),
        // The context, and the fields of counts.
        Value::Str(text) => note(text, words),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn note(name: &str, words: &mut Vec<String>) {
    let Some(rest) = name.strip_prefix(OF_KOBJECTS).filter(|_| name.len() <= MAX_NAME) else { return };
    let of_custom = rest.strip_prefix("custom_").unwrap_or(rest);
    let whole = (rest == of_custom).then_some(rest);
    let candidates = whole
        .into_iter()
        .chain(beginnings(of_custom).map(|(word, _)| word))
        .chain(beginnings(rest).map(|(word, _)| word));
    for word in candidates.filter(|word| !word.is_empty()) {
        if words.len() < MAX_KLASS_WORDS && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
}

/// The longest name that may hold one of a klass and a key, both of 255 characters.
const MAX_NAME: usize = 600;

/// The parts before and after each `_`, the longest beginning first.
fn beginnings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.rmatch_indices('_').map(|(at, _)| (&text[..at], &text[at + 1..]))
}

impl Names<'_> {
    /// The context that a word names, and the klass when it is one of kobjects.
    pub(super) fn context_of(&self, name: &str) -> Result<(Context, Option<String>), String> {
        if let Some(context) = Context::named(name) {
            let is_known = |attribute: Attribute| attribute.is_criterion(self.archive);
            if Attribute::of(context).any(is_known) {
                return Ok((context, None));
            }
            return Err(format!("The archive search does not search for {context}; the plain search does"));
        }
        if let Some(word) = name.strip_prefix(OF_KOBJECTS).filter(|word| !word.is_empty()) {
            let klass = self.klass(word).ok_or_else(|| format!("There is no klass {}", shortened(word)))?;
            return Ok((Context::KObject, Some(klass.to_owned())));
        }
        if ABSENT.contains(&name) {
            return Err(format!("This server does not search for {} yet", shortened(name)));
        }
        let known = Context::ALL.map(Context::as_str);
        Err(format!(
            "Unknown type of record{}: this server searches for {} and kobject_<klass>",
            meant(name, known),
            known.join(", ")
        ))
    }

    fn klass(&self, word: &str) -> Option<&str> {
        self.klasses.iter().find(|known| known.word == word).map(|known| known.klass.as_str())
    }

    /// The meaning of a name in a criterion.
    pub(super) fn subject(&self, name: &str) -> Result<Named, String> {
        let of_context =
            || Attribute::find(&format!("{}_{ANY_TEXT}", self.context)).filter(|_| name == ANY_TEXT && !self.archive);
        if let Some(attribute) = Attribute::find(name).or_else(of_context) {
            return self.criterion(name, attribute).map(|subject| Named { subject, klass: None });
        }
        if !self.archive {
            let is_plain = |context: &Context| context.has_custom() && *context != Context::KObject;
            for context in Context::ALL.into_iter().filter(is_plain) {
                if let Some(key) = name.strip_prefix(&context.custom_prefix()) {
                    return custom(context, None, key).map(|subject| Named { subject, klass: None });
                }
            }
            if let Some(rest) = name.strip_prefix(&Context::KObject.custom_prefix()) {
                let named = |(word, key)| Some((self.klass(word)?, key));
                let (klass, key) = beginnings(rest).find_map(named).ok_or(
                    "After kobject_custom_ the name of a klass is needed, then _ and the key: there is no klass of this name",
                )?;
                let subject = custom(Context::KObject, Some(klass), key)?;
                return Ok(Named { subject, klass: Some(klass.to_owned()) });
            }
        }
        if let Some((klass, attribute)) = self.of_klass(name) {
            let subject = self.criterion(name, attribute)?;
            return Ok(Named { subject, klass: Some(klass.to_owned()) });
        }
        Err(self.unknown(name, |attribute| attribute.is_criterion(self.archive)))
    }

    /// The klass and the attribute of a name such as `kobject_order_created_at`.
    fn of_klass(&self, name: &str) -> Option<(&str, Attribute)> {
        let rest = name.strip_prefix(OF_KOBJECTS)?;
        beginnings(rest).find_map(|(word, attribute)| {
            Some((self.klass(word)?, Attribute::find(&format!("{OF_KOBJECTS}{attribute}"))?))
        })
    }

    /// An attribute of the table, where it may be searched by.
    fn criterion(&self, name: &str, attribute: Attribute) -> Result<Subject, String> {
        if attribute.is_criterion(self.archive) {
            return Ok(Subject::Standard(attribute));
        }
        Err(if attribute.is_sortable(self.archive) {
            format!("{name} is an attribute to sort by, not to search by")
        } else if self.archive {
            format!("The archive search does not know {name}; the plain search does")
        } else {
            format!("Only the archive search knows {name}")
        })
    }

    /// The meaning of a name as a key of the order; `klass` is that of the kobjects that are searched for. A search for
    /// kobjects of any klass is sorted by the attribute whichever klass its name has.
    pub(super) fn sort(&self, name: &str, klass: Option<&str>) -> Result<Attribute, String> {
        let sortable = |attribute: &Attribute| attribute.is_sortable(self.archive);
        let of_klass = || {
            self.of_klass(name)
                .filter(|(named, _)| klass.is_none_or(|klass| klass == *named))
                .map(|(_, attribute)| attribute)
        };
        match Attribute::find(name).or_else(of_klass) {
            Some(attribute) if attribute.context() == self.context && sortable(&attribute) => Ok(attribute),
            None if !name.starts_with(&self.context.custom_prefix()) => {
                Err(self.unknown(name, |attribute| attribute.context() == self.context && sortable(&attribute)))
            }
            _ => {
                let names: Vec<&str> = Attribute::of(self.context).filter(sortable).map(Attribute::name).collect();
                Err(format!("A search cannot be sorted by this attribute, only by {}", names.join(", ")))
            }
        }
    }

    /// Why a name is not known, and which is nearest.
    fn unknown(&self, name: &str, is_known: impl Fn(Attribute) -> bool) -> String {
        let absent = ABSENT
            .iter()
            .find(|context| name.strip_prefix(**context).is_some_and(|rest| rest.starts_with('_') && rest.len() > 1));
        if let Some(context) = absent {
            return format!("This server does not hold records of type {context} yet, and cannot search by them");
        }
        let known = || Attribute::ALL.iter().copied().filter(|attribute| is_known(*attribute)).map(Attribute::name);
        // A name without its prefix is as near as can be.
        let prefixed = format!("{}_{name}", self.context);
        let meant = match known().find(|known| *known == prefixed) {
            Some(known) => format!("; did you mean {known}?"),
            None => meant(name, known()),
        };
        format!("Unknown attribute{meant}")
    }
}

fn custom(context: Context, klass: Option<&str>, key: &str) -> Result<Subject, String> {
    match CustomAttribute::of(context, klass, key) {
        Some(custom) if is_key(key) => Ok(Subject::Custom(custom)),
        Some(_) => {
            Err(format!("A custom attribute's name has letters, digits, _ and - alone, at most {MAX_KEY} of them"))
        }
        None => Err(format!("A custom attribute's name ends in one of {}", Suffix::ALL.map(Suffix::as_str).join(", "))),
    }
}

pub(super) fn meant<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}
