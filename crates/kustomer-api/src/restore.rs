//! Restoring a deleted record. Kustodian has it; Kustomer does not.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::schema::{Object, Property, Schema};
use crate::system::NAMED_REV;

/// The body of a restore, which may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct RestoreInput {
    /// The revision the record must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Number>,
}

impl RestoreInput {
    /// Restores the record only if it has this revision, which is that of its deletion: a 409 otherwise.
    pub fn of_rev(rev: u64) -> Self {
        Self::default().rev(rev)
    }

    /// Asks that the record has this revision: see [`RestoreInput::of_rev`].
    #[must_use]
    pub fn rev(mut self, rev: u64) -> Self {
        self.rev = Some(rev.into());
        self
    }
}

/// The body of a restore.
pub static RESTORE_INPUT: Schema = Schema::object(&Object {
    name: "RestoreInput",
    open: false,
    properties: &[Property::optional(
        "rev",
        NAMED_REV.about("The revision the record must have: that of its deletion."),
    )],
});

/// Declares the endpoint that restores records of a kind.
macro_rules! restore {
    ($name:ident = $operation:expr, $about:literal; path: $path:ty $(= $example:literal)?, answer: $record:ty: $schema:expr) => {
        #[doc = concat!("`", stringify!($name), "`, which Kustomer does not have.")]
        #[doc = ""]
        #[doc = $about]
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl $crate::endpoint::Endpoint for $name {
            const OPERATION: &'static $crate::operation::Operation = $operation;
            const ABOUT: &'static str = $about;
            const BODY: Option<&'static $crate::schema::Schema> = Some(&$crate::restore::RESTORE_INPUT);
            const BODY_EXAMPLE: Option<&'static str> = Some("{}");
            const BODY_IS_OPTIONAL: bool = true;
            $(const PATH_EXAMPLE: Option<&'static str> = Some($example);)?
            const ANSWER: $crate::endpoint::Answer = $crate::endpoint::Answer::One($schema);
            type Path = $path;
            type Query = ();
            type Body = $crate::restore::RestoreInput;
            type Answer = $crate::envelope::Document<$record>;
        }
    };
}

pub(crate) use restore;
