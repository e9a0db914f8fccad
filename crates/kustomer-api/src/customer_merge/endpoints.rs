//! The operations on merges.

use std::borrow::Cow;

use super::{
    CUSTOMER_DUPLICATE, CUSTOMER_MERGE, CustomerDuplicate, CustomerMerge, MERGE_INPUT, MergeInput, MergePreview,
    UndoneMerge,
};
use crate::ObjectId;
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::{contract, own};
use crate::query::{Faults, ListById, PageQuery, Parameter, QueryArguments, read_boolean};
use crate::schema::Schema;
use crate::validation::Fault;

endpoint! {
    /// `createCustomerMerge`.
    CreateCustomerMerge = &contract::CREATE_CUSTOMER_MERGE,
    "Merges a customer into another one, whatever it has: its identities go over at once, its conversations and all else \
     follow within moments. The source answers 404 from then on.";
    path: (), query: MergeQuery, body: MergeInput: &MERGE_INPUT,
    example: r#"{"source":"5c7d1a1f9a1b2c0010a1b2c3","target":"5c7d1a1f9a1b2c0010a1b2c4"}"#,
    answer: Document<CustomerMerge>: Answer::One(&CUSTOMER_MERGE)
}

endpoint! {
    /// `createCustomerMerge` with `dryRun`, which Kustomer does not have.
    PreviewCustomerMerge = &contract::CREATE_CUSTOMER_MERGE,
    "Shows the target as a merge would leave it, and every value that would be lost.";
    path: (), query: MergeQuery, body: MergeInput: &MERGE_INPUT,
    example: r#"{"source":"5c7d1a1f9a1b2c0010a1b2c3","target":"5c7d1a1f9a1b2c0010a1b2c4"}"#,
    answer: MergePreview: Answer::One(&CUSTOMER_MERGE)
}

endpoint! {
    /// `getCustomerMerges`, which Kustomer does not have.
    GetCustomerMerges = &own::GET_CUSTOMER_MERGES, "Lists merges.";
    path: (), query: ListById, body: (), answer: Page<CustomerMerge>: Answer::Uncounted(&CUSTOMER_MERGE)
}

endpoint! {
    /// `getCustomerMerge`.
    GetCustomerMerge = &contract::GET_CUSTOMER_MERGE, "Reads a merge by its id, as it is or as it was.";
    path: ObjectId, query: StateQuery, body: (), answer: Document<CustomerMerge>: Answer::One(&CUSTOMER_MERGE)
}

endpoint! {
    /// `getCustomerMergesByCustomer`.
    GetCustomerMergesByCustomer = &contract::GET_CUSTOMER_MERGES_BY_CUSTOMER,
    "Lists the merges of a customer: those that it went into another by, then those that others went into it by.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<CustomerMerge>: Answer::Uncounted(&CUSTOMER_MERGE)
}

endpoint! {
    /// `undoCustomerMerge`, which Kustomer does not have.
    UndoCustomerMerge = &own::UNDO_CUSTOMER_MERGE,
    "Undoes a merge: unchanged values return to the source, and values that were changed since stay.";
    path: ObjectId, query: MergeQuery, body: (), answer: UndoneMerge: Answer::One(&CUSTOMER_MERGE)
}

history!(GetCustomerMergeHistory = &own::GET_CUSTOMER_MERGE_HISTORY, "Lists what happened to a merge, newest first.");

endpoint! {
    /// `getCustomerDuplicates`, which Kustomer does not have.
    GetCustomerDuplicates = &own::GET_CUSTOMER_DUPLICATES,
    "Lists customers who may be the same person as this one, with the reasons, those with the strongest reasons first.";
    path: ObjectId, query: PageQuery, body: (), answer: Page<CustomerDuplicate>: Answer::Uncounted(&CUSTOMER_DUPLICATE)
}

/// Whether to merge, or to undo, or only to show what that would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MergeQuery {
    /// Show it, and store nothing.
    pub dry_run: bool,
}

crate::macros::query_methods! {
    MergeQuery { dry_run: own bool }
}

impl QueryArguments for MergeQuery {
    const PARAMETERS: &'static [Parameter] = &[Parameter {
        name: "dryRun",
        schema: Schema::boolean(),
        about: "With `true` nothing is stored: the answer is a 200 that shows what would be. For those who may read customers.",
    }];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        if self.dry_run { vec![(Cow::Borrowed("dryRun"), "true".to_owned())] } else { Vec::new() }
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs.iter().filter(|(name, _)| name == "dryRun") {
            query.dry_run = faults.take(read_boolean(name, value)).unwrap_or_default();
        }
        faults.or(query)
    }
}
