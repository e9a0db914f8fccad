//! The attributes that the server keeps for every record.

use crate::attribute::Attribute;
use crate::schema::{DATE_TIME, Schema};
use crate::{Field, Timestamp};

/// Attributes among which are those that the server keeps for every record.
pub trait SystemAttributes {
    /// The attributes that the server keeps, to change them.
    fn system(&mut self) -> System<'_>;

    /// When the record was created, or the moment that was sent instead.
    fn created_at(&self) -> Option<Timestamp>;
}

/// The attributes that the server keeps for every record.
#[derive(Debug)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct System<'a> {
    /// Whether the record is deleted.
    pub deleted: &'a mut Field<bool>,
    /// When the record was created, or the moment that was sent instead.
    pub created_at: &'a mut Field<Timestamp>,
    /// When anything last changed.
    pub updated_at: &'a mut Field<Timestamp>,
    /// When a user last changed anything.
    pub modified_at: &'a mut Field<Timestamp>,
    /// The revision.
    pub rev: &'a mut Field<u64>,
}

pub(crate) const DELETED: Attribute = Attribute::answered("deleted", Schema::boolean());
pub(crate) const CREATED_AT: Attribute = Attribute::answered("createdAt", DATE);
pub(crate) const IMPORTED_AT: Attribute = Attribute::answered("importedAt", DATE);
pub(crate) const UPDATED_AT: Attribute =
    Attribute::answered("updatedAt", DATE).read_only("the server sets it with every change");
pub(crate) const MODIFIED_AT: Attribute =
    Attribute::answered("modifiedAt", DATE).read_only("the server sets it with every change by a user");
pub(crate) const REV: Attribute =
    Attribute::answered("rev", Schema::integer().about("1 when created, one more with every stored change."));

pub(crate) const DATE: Schema = Schema::format(DATE_TIME);
/// `deleted` in an update.
pub(crate) const DELETES: Schema = Schema::boolean().or_null().about("True deletes, false or null restores.");
/// A revision that a request names. It is never negative, and never beyond the whole numbers that JSON readers keep apart.
pub(crate) const NAMED_REV: Schema = Schema::integer_within(0, MAX_REV);
const MAX_REV: i64 = (1 << 53) - 1;
/// `rev` in an update, which is a condition.
pub(crate) const EXPECTED: Schema = NAMED_REV.about("On an update, the revision the record must have.");
/// Why `rev` is refused.
pub(crate) const COUNTED: &str = "the server counts it";
