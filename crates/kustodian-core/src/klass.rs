//! Klasses: the types of custom objects (`docs/contract/behaviour.md` §13). Paths name a klass in the singular or in the
//! plural, so each klass holds both words for its org.

use kustomer_api::ObjectId;
use kustomer_api::envelope::Relationship;
use kustomer_api::error::code;
use kustomer_api::klass::{Klass, KlassAttributes, KlassInput, KlassSchema, KlassStatus, Mixin};
use kustomer_api::validation::Fault;

use crate::change::{ChangeSet, Columns, EventSeed, column_text};
use crate::claim::{Claim, ClaimKey, ClaimKind, ClaimPlace};
use crate::customer::Context;
use crate::kind::Kind;
use crate::kobject;
use crate::lifecycle;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::{OrgKey, Stored};

/// The column that holds the status.
pub const STATUS: &str = "status";

impl Record for KlassAttributes {
    fn claims(klass: &Klass, org: OrgKey, owner: ObjectId) -> Vec<Claim> {
        let Some(name) = klass.attributes.name.value() else { return Vec::new() };
        let claim = |word: &str| Claim {
            kind: ClaimKind::KlassName,
            key: name_key(org, word),
            owner,
            place: ClaimPlace::attribute("name"),
        };
        let (singular, plural) = (claim(name), claim(&plural(name)));
        if singular.key == plural.key { vec![singular] } else { vec![singular, plural] }
    }

    fn columns(klass: &Klass) -> Columns {
        Columns::of([(STATUS, klass.attributes.status.value().map(|status| column_text(status.as_str())))])
    }
}

/// The claim on a name, singular or plural, upper and lower case alike.
pub fn name_key(org: OrgKey, name: &str) -> ClaimKey {
    ClaimKey::new(org, ClaimKind::KlassName, &name.to_lowercase())
}

/// The plural of a klass's name, by the rules of English that need no dictionary. It is never shorter than the name.
///
/// ```
/// use kustodian_core::klass::plural;
///
/// assert_eq!(plural("order"), "orders");
/// assert_eq!(plural("delivery"), "deliveries");
/// assert_eq!(plural("tax"), "taxes");
/// assert_eq!(plural("shopify-orders"), "shopify-orders");
/// ```
pub fn plural(name: &str) -> String {
    const SIBILANTS: [&str; 7] = ["ss", "us", "is", "x", "z", "ch", "sh"];
    let lower = name.to_ascii_lowercase();
    let ends_in = |ending: &&str| lower.ends_with(*ending);
    let before_y = lower.strip_suffix('y').and_then(|rest| rest.chars().next_back());
    match before_y {
        Some(letter) if letter.is_ascii_alphabetic() && !"aeiou".contains(letter) => {
            format!("{}ies", &name[..name.len() - 1])
        }
        _ if SIBILANTS.iter().any(ends_in) => format!("{name}es"),
        // It is one already.
        _ if lower.len() > 1 && lower.ends_with('s') => name.to_owned(),
        _ => format!("{name}s"),
    }
}

fn path_of_kobjects(klass: &str) -> String {
    format!("{}/{}", Kind::Klass.spec().path, plural(klass))
}

/// The parts of a klass that the rules of kobjects need.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownKlass {
    /// Its id.
    pub id: ObjectId,
    /// Its name, singular.
    pub name: String,
    /// The icon that its kobjects inherit.
    pub icon: Option<String>,
    /// What may be done with its kobjects.
    pub status: KlassStatus,
    /// Its name to show.
    pub display_name: String,
    /// What its kobjects can do beside holding data.
    pub mixins: Vec<Mixin>,
    /// Whether its kobjects are tasks.
    pub is_task: bool,
}

impl KnownKlass {
    /// Read from its record.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn of(stored: &Stored) -> Result<Self, Refusal> {
        let klass: Klass = resource::read(&stored.document)?;
        let KlassAttributes { name, display_name, icon, status, klass_schema, mixins, .. } = klass.attributes;
        let name = name.into_value().unwrap_or_default();
        let is_task = klass_schema.value() == Some(&KlassSchema::Task);
        Ok(Self {
            id: stored.id,
            display_name: display_name.into_value().unwrap_or_else(|| name.clone()),
            name,
            icon: icon.into_value(),
            status: status.into_value().unwrap_or(KlassStatus::Enabled),
            mixins: mixins.into_value().unwrap_or_default(),
            is_task,
        })
    }

    /// Whether its kobjects are assigned to users and queues.
    pub fn is_assignable(&self) -> bool {
        self.is_task || self.mixins.contains(&Mixin::Assignable)
    }

    /// The path of its kobjects.
    pub fn path(&self) -> String {
        path_of_kobjects(&self.name)
    }

    /// Lets a kobject be created.
    ///
    /// # Errors
    /// 409 unless the klass is enabled.
    pub fn check_takes_new(&self) -> Result<(), Refusal> {
        match self.status {
            KlassStatus::ExistingOnly | KlassStatus::Disabled => Err(self.closed("takes no new kobjects")),
            _ => Ok(()),
        }
    }

    /// Lets a kobject be changed or deleted.
    ///
    /// # Errors
    /// 409 when the klass is disabled.
    pub fn check_takes_changes(&self) -> Result<(), Refusal> {
        match self.status {
            KlassStatus::Disabled => Err(self.closed("takes no changes of its kobjects")),
            _ => Ok(()),
        }
    }

    fn closed(&self, what: &str) -> Refusal {
        let (name, status) = (&self.name, &self.status);
        let title = format!("The klass {name} {what}: its status is {status}; set it to enabled first");
        Refusal::new(409, code::CONFLICT, "name", title).with_meta("klass", self.id.to_string())
    }
}

/// Creates a klass.
///
/// # Errors
/// 400 for a name that would be read as an id.
pub fn create(context: &Context<'_>, id: ObjectId, event: EventSeed, input: KlassInput) -> Result<ChangeSet, Refusal> {
    if input.name.as_deref().is_some_and(|name| name.parse::<ObjectId>().is_ok()) {
        let title = "name must not look like an id: paths name a klass by either";
        return Err(Refusal::bad_input(vec![Fault::of_attribute("name", title, "choose another name")]));
    }
    let mut klass = KlassAttributes { status: KlassStatus::Enabled.into(), ..KlassAttributes::default() };
    input.apply(&mut klass);
    if klass.display_name.is_absent() {
        klass.display_name = klass.name.clone();
    }
    let kobjects = Relationship::to_many(path_of_kobjects(klass.name.value().map_or("", String::as_str)));
    lifecycle::create_with(context, id, event, klass, |klass| {
        klass.relationships.insert("kobjects".to_owned(), kobjects);
    })
}

/// Changes a klass. Its name stays: it is in the type of each of its kobjects, and no update takes one.
///
/// # Errors
/// 404 when it is not there; 409 when `rev` is another.
pub fn update(
    context: &Context<'_>,
    stored: Option<&Stored>,
    event: EventSeed,
    input: KlassInput,
) -> Result<ChangeSet, Refusal> {
    if let Some(stored) = stored {
        resource::check_rev(stored, input.rev.as_ref())?;
    }
    lifecycle::update(context, stored, event, |klass: &mut KlassAttributes| {
        input.apply(klass);
        Ok(())
    })
}

/// Deletes a klass, provided that it has no kobjects when this is committed.
///
/// # Errors
/// 404 when it is not there.
pub fn delete(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    let mut changes = lifecycle::delete::<KlassAttributes>(context, stored, event)?;
    if let Some(stored) = stored {
        changes.empties.push(kobject::of_klass(&KnownKlass::of(stored)?.name));
    }
    Ok(changes)
}

/// Restores a deleted klass; nothing when it is not deleted.
///
/// # Errors
/// 404 when it never was.
pub fn restore(context: &Context<'_>, stored: Option<&Stored>, event: EventSeed) -> Result<ChangeSet, Refusal> {
    lifecycle::restore::<KlassAttributes>(context, stored, event)
}

/// 409 for the deletion of a klass that has kobjects.
pub fn in_use(name: &str) -> Refusal {
    let title = format!("The klass {name} has kobjects: delete them first, or set its status to disabled");
    Refusal::new(409, code::CONFLICT, "id", title)
}
