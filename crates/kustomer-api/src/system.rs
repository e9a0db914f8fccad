//! The attributes that the server keeps for every record.

use crate::schema::{self, Schema};
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

pub(crate) const DELETED: Schema = Schema::boolean();
pub(crate) const DATE: Schema = Schema::format(schema::DATE_TIME);
pub(crate) const REV: Schema = Schema::integer();
