//! Klasses: the types of custom objects (`docs/contract/behaviour.md` §13).

use std::borrow::Cow;

use serde_json::Value;

use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::macros::open_enum;
use crate::operation::{contract, own};
use crate::query::{Faults, PageQuery, Parameter, QueryArguments};
use crate::resource::resource;
use crate::restore::restore;
use crate::schema::{KLASS_NAME, Schema};
use crate::validation::Fault;

/// The most bytes of JSON that `jsonSchema` may take; Kustomer documents no limit.
pub const MAX_JSON_SCHEMA_BYTES: usize = 64 * 1024;

resource! {
    /// A klass.
    Klass = "klass";

    /// The attributes of a klass.
    answer KlassAttributes = KLASS;

    /// The attributes to create a klass with, or to change. Absent ones stay as they are.
    input KlassInput { create: KLASS_INPUT, update: KLASS_CHANGES }

    attributes {
        /// The name in paths and in the `type` of its kobjects: 1 to 255 ASCII letters, digits, `_` and `-`.
        name: String = required_on_create(Schema::format_of(1, 255, KLASS_NAME));
        /// The name to show, at most 255 characters.
        display_name: String = optional(Schema::text_of(0, 255));
        /// The name of the icon that its kobjects inherit, at most 64 characters.
        icon: String = optional(Schema::text_of(0, 64));
        /// The name of a color, at most 64 characters.
        color: String = optional(Schema::text_of(0, 64));
        /// What may be done with its kobjects.
        status: KlassStatus = optional(Schema::one_of(KlassStatus::VALUES));
        /// What its kobjects can do beside holding data.
        mixins: Vec<Mixin> = optional(Schema::set_of(Mixin::VALUES.len(), &MIXIN));
        /// The attributes that its kobjects have beside the usual ones.
        klass_schema: KlassSchema = optional(Schema::one_of(KlassSchema::VALUES));
        /// A JSON Schema of the data of its kobjects, at most [`MAX_JSON_SCHEMA_BYTES`] of JSON.
        json_schema: Value | null = optional(JSON_SCHEMA);
    }

    system { rev: on_update, }
}

static MIXIN: Schema = Schema::one_of(Mixin::VALUES);
const JSON_SCHEMA: Schema = Schema::any().of_bytes(MAX_JSON_SCHEMA_BYTES).about("At most 64 KiB of JSON.");

impl KlassInput {
    /// With a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::default().name(name)
    }
}

open_enum! {
    /// What may be done with the kobjects of a klass.
    KlassStatus {
        /// Everything; the default.
        Enabled = "enabled",
        /// They can be read and changed, but not created.
        ExistingOnly = "existing_only",
        /// They can be read, and neither created, changed nor deleted.
        Disabled = "disabled",
    }
}

open_enum! {
    /// What kobjects can do beside holding data.
    Mixin {
        /// They have comments.
        Commentable = "commentable",
        /// They are assigned to users.
        Assignable = "assignable",
        /// Users edit them.
        Editable = "editable",
        /// Users create them.
        Creatable = "creatable",
    }
}

open_enum! {
    /// The attributes that kobjects have beside the usual ones.
    KlassSchema {
        /// Those of a task: `status`, `queue`, `assignedUser` and counts of how often it was done.
        Task = "task",
    }
}

/// Which klasses to list. Nothing set lists those that are enabled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListKlasses {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those with this status.
    pub status: Option<KlassStatus>,
}

crate::macros::query_methods! {
    ListKlasses { paging: paging, status: text KlassStatus }
}

impl QueryArguments for ListKlasses {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "status",
            schema: Schema::one_of(KlassStatus::VALUES),
            about: "Lists klasses with this status; `enabled` by default.",
        },
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.status.as_ref().map(|status| (Cow::Borrowed("status"), status.as_str().to_owned())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if query.paging.accept(&mut faults, name, value) || name != "status" {
                continue;
            }
            if KlassStatus::VALUES.contains(&value.as_str()) {
                query.status = Some(KlassStatus::from(value.as_str()));
            } else {
                faults.push(Fault::of_parameter(name, "status must be enabled, existing_only or disabled"));
            }
        }
        faults.or(query)
    }
}

endpoint! {
    /// `getKlasses`.
    GetKlasses = &contract::GET_KLASSES, "Lists the org's klasses.";
    path: (), query: ListKlasses, body: (), answer: Page<Klass>: Answer::Uncounted(&KLASS)
}

endpoint! {
    /// `createKlass`.
    CreateKlass = &contract::CREATE_KLASS, "Creates a klass.";
    path: (), query: (), body: KlassInput: &KLASS_INPUT,
    example: r#"{"name":"order","displayName":"Order","icon":"shopping"}"#,
    answer: Document<Klass>: Answer::One(&KLASS)
}

endpoint! {
    /// `getKlass`.
    GetKlass = &contract::GET_KLASS, "Reads a klass by its id, as it is or as it was.";
    path: String = "order", query: StateQuery, body: (), answer: Document<Klass>: Answer::One(&KLASS)
}

endpoint! {
    /// `getKlassByName`, of Kustodian alone.
    GetKlassByName = &own::GET_KLASS_BY_NAME, "Reads a klass by its name, singular or plural.";
    path: String = "order", query: (), body: (), answer: Document<Klass>: Answer::One(&KLASS)
}

endpoint! {
    /// `updateKlass`.
    UpdateKlass = &contract::UPDATE_KLASS, "Changes the attributes sent and keeps the others.";
    path: String = "order", query: (), body: KlassInput: &KLASS_CHANGES,
    example: r#"{"displayName":"Purchase","status":"existing_only"}"#, answer: Document<Klass>: Answer::One(&KLASS)
}

restore!(
    RestoreKlass = &own::RESTORE_KLASS, "Restores a deleted klass with its name, unless another has it by now.";
    path: String = "order", answer: Klass: &KLASS
);

history!(GetKlassHistory = &own::GET_KLASS_HISTORY, "Lists what happened to a klass, newest first."; path: String = "order");

endpoint! {
    /// `deleteKlass`.
    DeleteKlass = &contract::DELETE_KLASS, "Deletes a klass that has no kobjects.";
    path: String = "order", query: (), body: (), answer: (): Answer::Empty
}
