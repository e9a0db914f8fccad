//! The operations on customers served so far (`docs/contract/behaviour.md` §8).

use std::borrow::Cow;

use super::CUSTOMER_INPUT;
use super::{CUSTOMER, Customer, CustomerInput};
use crate::endpoint::{Answer, endpoint};
use crate::envelope::{Document, Page};
use crate::history::{StateQuery, history};
use crate::operation::own;
use crate::query::{Faults, Include, ListRecords, PageQuery, Parameter, QueryArguments, read_boolean, read_moment};
use crate::restore::restore;
use crate::schema::{DATE_TIME, Schema};
use crate::validation::Fault;
use crate::{ObjectId, Timestamp};

/// An operation of the contract by name; the compiler stops at a name the contract does not have.
macro_rules! contract {
    ($name:ident) => {
        &crate::operation::contract::$name
    };
}

endpoint! {
    /// `createCustomer`.
    CreateCustomer = contract!(CREATE_CUSTOMER), "Creates a customer.";
    path: (), query: (), body: CustomerInput: &CUSTOMER_INPUT,
    example: r#"{"name":"Grace Hopper","emails":[{"type":"work","email":"grace@acme.example"}],"phones":[{"type":"mobile","phone":"+18005551906"}],"externalId":"crm-1906","tags":["vip"],"custom":{"tierStr":"gold","scoreNum":120.5}}"#,
    answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `getCustomers`.
    GetCustomers = contract!(GET_CUSTOMERS), "Lists customers page by page, or by cursor without a limit of depth.";
    path: (), query: ListCustomers, body: (), answer: Page<Customer>: Answer::Counted(&CUSTOMER)
}

endpoint! {
    /// `getCustomerById`.
    GetCustomerById = contract!(GET_CUSTOMER_BY_ID), "Reads a customer by its id, as it is or as it was.";
    path: ObjectId, query: ReadCustomer, body: (), answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `getMultipleCustomersByIds`, which Kustomer serves without documenting it.
    GetMultipleCustomersByIds = &own::GET_MULTIPLE_CUSTOMERS_BY_IDS, "Reads several customers by ids joined by commas.";
    path: String, query: ReadCustomers, body: (), answer: Page<Customer>: Answer::Uncounted(&CUSTOMER)
}

endpoint! {
    /// `getCustomerByEmail`.
    GetCustomerByEmail = contract!(GET_CUSTOMER_BY_EMAIL), "Reads the customer who holds an e-mail address, case aside.";
    path: String = "grace@acme.example", query: Include, body: (), answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `getCustomerByPhone`.
    GetCustomerByPhone = contract!(GET_CUSTOMER_BY_PHONE), "Reads the customer who holds a phone number, by its digits.";
    path: String = "+18005551906", query: Include, body: (), answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `getCustomerByExternalId`.
    GetCustomerByExternalId = contract!(GET_CUSTOMER_BY_EXTERNAL_ID), "Reads the customer who holds an external id.";
    path: String = "crm-1906", query: Include, body: (), answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `updateCustomerAttributes`.
    UpdateCustomerAttributes = contract!(UPDATE_CUSTOMER_ATTRIBUTES), "Changes the attributes sent and keeps the others.";
    path: ObjectId, query: (), body: CustomerInput: &CUSTOMER_INPUT,
    example: r#"{"name":"Grace Brewster Hopper","custom":{"tierStr":"platinum"}}"#,
    answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `updateCustomer`.
    UpdateCustomer = contract!(UPDATE_CUSTOMER),
    "Changes the attributes sent and keeps the others; with `replace=true` drops the others.";
    path: ObjectId, query: ReplaceQuery, body: CustomerInput: &CUSTOMER_INPUT,
    example: r#"{"name":"Grace Hopper","locale":"en_US","custom":{"tierStr":"gold"}}"#,
    answer: Document<Customer>: Answer::One(&CUSTOMER)
}

endpoint! {
    /// `deleteCustomer`.
    DeleteCustomer = contract!(DELETE_CUSTOMER),
    "Deletes a customer and frees its identities; `restoreCustomer` brings it back.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

restore!(
    RestoreCustomer = &own::RESTORE_CUSTOMER,
    "Restores a deleted customer with its identities, unless another holds one by now.";
    path: ObjectId, answer: Customer: &CUSTOMER
);

history!(
    GetCustomerHistory = &own::GET_CUSTOMER_HISTORY,
    "Lists what happened to a customer, deleted ones included, newest first."
);

endpoint! {
    /// `eraseCustomer`, which Kustomer does not have.
    EraseCustomer = &own::ERASE_CUSTOMER,
    "Erases a customer for ever: its values leave the record, its history and the disk.";
    path: ObjectId, query: (), body: (), answer: (): Answer::Empty
}

/// What to list. Nothing set lists all customers by id, 100 a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListCustomers {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// The order; by id when absent.
    pub sort: Option<CustomerSort>,
    /// Conditions that must all hold.
    pub filters: Vec<MomentFilter>,
    /// `*` to begin, then `meta.cursor` of the former page. Not with `page`.
    pub cursor: Option<String>,
    /// Those that are deleted, or those that are not.
    pub deleted: Option<bool>,
    /// What to answer beside.
    pub include: Include,
}

crate::macros::query_methods! {
    ListCustomers {
        paging: paging, sort: some CustomerSort, filters: list MomentFilter, cursor: text String, deleted: some bool,
        include: own Include,
    }
}

/// How to read a customer: as it is or as it was, and what to answer beside. Nothing set reads the present one alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReadCustomer {
    /// Which state of it.
    pub state: StateQuery,
    /// What to answer beside.
    pub include: Include,
    /// Read the customer that it was merged into, when it was. Only Kustodian has this.
    pub follow_merge: bool,
}

crate::macros::query_methods! {
    ReadCustomer { state: own StateQuery, include: own Include, follow_merge: own bool }
}

impl From<StateQuery> for ReadCustomer {
    fn from(state: StateQuery) -> Self {
        Self { state, ..Self::default() }
    }
}

impl QueryArguments for ReadCustomer {
    const PARAMETERS: &'static [Parameter] =
        &[StateQuery::PARAMETERS[0], StateQuery::PARAMETERS[1], Include::PARAMETER, FOLLOW_MERGE];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let follow = self.follow_merge.then(|| (Cow::Borrowed(FOLLOW_MERGE.name), "true".to_owned()));
        self.state.write().into_iter().chain(self.include.write()).chain(follow).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut follow_merge = false;
        for (name, value) in pairs.iter().filter(|(name, _)| name == FOLLOW_MERGE.name) {
            follow_merge = faults.take(read_boolean(name, value)).unwrap_or_default();
        }
        faults.or(Self { state: StateQuery::read(pairs)?, include: Include::read(pairs)?, follow_merge })
    }
}

const FOLLOW_MERGE: Parameter = Parameter {
    name: "followMerge",
    schema: Schema::boolean(),
    about: "With `true` a customer that was merged into another is answered as that one, and is no 404.",
};

/// How to read several customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReadCustomers {
    /// Which page of them, and how large.
    pub paging: PageQuery,
    /// What to answer beside.
    pub include: Include,
}

crate::macros::query_methods! {
    ReadCustomers { paging: paging, include: own Include }
}

impl QueryArguments for ReadCustomers {
    const PARAMETERS: &'static [Parameter] = &[PageQuery::PAGE, PageQuery::PAGE_SIZE, Include::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        self.paging.write().into_iter().chain(self.include.write()).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        Ok(Self { paging: PageQuery::read(pairs)?, include: Include::read(pairs)? })
    }
}

/// An order of customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct CustomerSort {
    /// By what.
    pub by: CustomerSortKey,
    /// Newest or greatest first.
    pub descending: bool,
}

/// What customers can be listed by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum CustomerSortKey {
    /// The id, which is the order of making.
    #[default]
    Id,
    /// When the record was created, or the moment that was sent.
    CreatedAt,
    /// When anything last changed.
    UpdatedAt,
}

impl CustomerSortKey {
    /// The attribute's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
        }
    }
}

/// A condition on a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct MomentFilter {
    /// Of what: [`CustomerSortKey::CreatedAt`] or [`CustomerSortKey::UpdatedAt`].
    pub of: CustomerSortKey,
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub moment: Timestamp,
}

/// How two moments compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Comparison {
    /// Later.
    Gt,
    /// Later or the same.
    Gte,
    /// Earlier.
    Lt,
    /// Earlier or the same.
    Lte,
}

impl Comparison {
    /// As the query writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
        }
    }
}

impl CustomerSort {
    /// The least or oldest first.
    pub const fn ascending(by: CustomerSortKey) -> Self {
        Self { by, descending: false }
    }

    /// The greatest or newest first.
    pub const fn descending(by: CustomerSortKey) -> Self {
        Self { by, descending: true }
    }

    /// As the query writes it: `createdAt`, `-createdAt`.
    pub fn to_text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by.as_str())
    }

    fn read(text: &str) -> Result<Self, Fault> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "id" => CustomerSortKey::Id,
            "createdAt" => CustomerSortKey::CreatedAt,
            "updatedAt" => CustomerSortKey::UpdatedAt,
            "asc" if !descending => return Ok(Self::default()),
            "desc" if !descending => return Ok(Self { by: CustomerSortKey::Id, descending: true }),
            _ => {
                let title = "sort must be id, createdAt or updatedAt, with a leading minus for descending";
                return Err(Fault::of_parameter("sort", title));
            }
        };
        Ok(Self { by, descending })
    }
}

impl MomentFilter {
    /// Those whose moment compares so with this one.
    pub fn new(of: CustomerSortKey, comparison: Comparison, moment: impl Into<Timestamp>) -> Self {
        Self { of, comparison, moment: moment.into() }
    }

    fn name(self) -> String {
        format!("filter[{}][{}]", self.of.as_str(), self.comparison.as_str())
    }

    /// Reads `filter[createdAt][gte]=…`; `None` when the name is no filter.
    fn read(name: &str, value: &str) -> Option<Result<Self, Fault>> {
        let inner = name.strip_prefix("filter[")?;
        let unknown = || {
            let title = format!(
                "{name} is no filter of this list: filter[createdAt] and filter[updatedAt] take [gt], [gte], [lt] and [lte]"
            );
            Err(Fault::of_parameter(name, title))
        };
        let (attribute, comparison) = match inner.split_once("][") {
            Some((attribute, rest)) => (attribute, rest.strip_suffix(']').unwrap_or_default()),
            None => return Some(unknown()),
        };
        let of = match attribute {
            "createdAt" => CustomerSortKey::CreatedAt,
            "updatedAt" => CustomerSortKey::UpdatedAt,
            _ => return Some(unknown()),
        };
        let comparison = match comparison {
            "gt" => Comparison::Gt,
            "gte" => Comparison::Gte,
            "lt" => Comparison::Lt,
            "lte" => Comparison::Lte,
            _ => return Some(unknown()),
        };
        Some(read_moment(name, value).map(|moment| Self { of, comparison, moment }))
    }
}

/// How many filters one list may have.
const MAX_FILTERS: usize = 8;

impl QueryArguments for ListCustomers {
    const PARAMETERS: &'static [Parameter] = &[
        PageQuery::PAGE,
        PageQuery::PAGE_SIZE,
        Parameter {
            name: "sort",
            schema: Schema::one_of(&["id", "-id", "createdAt", "-createdAt", "updatedAt", "-updatedAt", "asc", "desc"]),
            about: "The order; a leading minus descends. By id when absent.",
        },
        MOMENT_FILTERS[0],
        MOMENT_FILTERS[1],
        MOMENT_FILTERS[2],
        MOMENT_FILTERS[3],
        MOMENT_FILTERS[4],
        MOMENT_FILTERS[5],
        MOMENT_FILTERS[6],
        MOMENT_FILTERS[7],
        Parameter {
            name: "cursor",
            schema: Schema::text(),
            about: "`*` begins a walk over all customers; continue with the `meta.cursor` of each answer. Not with `page`.",
        },
        ListRecords::DELETED,
        Include::PARAMETER,
    ];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.sort.map(|sort| (Cow::Borrowed("sort"), sort.to_text())));
        pairs.extend(self.filters.iter().map(|filter| (Cow::Owned(filter.name()), filter.moment.to_string())));
        pairs.extend(self.cursor.clone().map(|cursor| (Cow::Borrowed("cursor"), cursor)));
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs.extend(self.include.write());
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if query.paging.accept(&mut faults, name, value) || query.include.accept(name, value) {
                continue;
            }
            match name.as_str() {
                "sort" => query.sort = faults.take(CustomerSort::read(value)),
                "cursor" => query.cursor = Some(value.clone()),
                "deleted" => query.deleted = faults.take(read_boolean(name, value)),
                "filter" => faults.push(Fault::of_parameter(name, "filter needs brackets: filter[createdAt][gte]=…")),
                _ => query.filters.extend(MomentFilter::read(name, value).and_then(|read| faults.take(read))),
            }
        }
        if query.cursor.is_some() && query.paging.page.is_some() {
            faults.push(Fault::of_parameter("cursor", "cursor and page cannot be combined"));
        }
        if query.filters.len() > MAX_FILTERS {
            faults.push(Fault::of_parameter("filter", format!("a list takes at most {MAX_FILTERS} filters")));
        }
        faults.or(query)
    }
}

const fn moment_filter(name: &'static str) -> Parameter {
    Parameter { name, schema: Schema::format(DATE_TIME), about: "A date-time, or a day in UTC." }
}

const MOMENT_FILTERS: [Parameter; 8] = [
    moment_filter("filter[createdAt][gt]"),
    moment_filter("filter[createdAt][gte]"),
    moment_filter("filter[createdAt][lt]"),
    moment_filter("filter[createdAt][lte]"),
    moment_filter("filter[updatedAt][gt]"),
    moment_filter("filter[updatedAt][gte]"),
    moment_filter("filter[updatedAt][lt]"),
    moment_filter("filter[updatedAt][lte]"),
];

/// Whether an update replaces the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ReplaceQuery {
    /// Remove the attributes that are not sent.
    pub replace: bool,
}

crate::macros::query_methods! {
    ReplaceQuery { replace: own bool }
}

impl QueryArguments for ReplaceQuery {
    const PARAMETERS: &'static [Parameter] = &[Parameter {
        name: "replace",
        schema: Schema::boolean(),
        about: "With `true` the attributes not sent are dropped; otherwise they are kept.",
    }];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        if self.replace { vec![(Cow::Borrowed("replace"), "true".to_owned())] } else { Vec::new() }
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs.iter().filter(|(name, _)| name == "replace") {
            query.replace = faults.take(read_boolean(name, value)).unwrap_or_default();
        }
        faults.or(query)
    }
}
