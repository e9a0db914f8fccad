//! Query parameters: how they are written and read (`docs/contract/behaviour.md` §4).

mod attachments;

use std::borrow::Cow;

pub use self::attachments::{IncludeAttachments, ListByIdWithAttachments, ListWithAttachments};
use crate::moment::Moment;
use crate::schema::Schema;
use crate::search::nearest;
use crate::validation::{Fault, shortened};
use crate::{ObjectId, Timestamp};

/// A query parameter, for documents.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Parameter {
    /// Its name, brackets included.
    pub name: &'static str,
    /// What its value may be.
    pub schema: Schema,
    /// Its description, in one sentence.
    pub about: &'static str,
}

/// The query parameters that every write takes beside its own. Kustodian has them; Kustomer does not.
pub const OF_WRITES: &[Parameter] = &[VALIDATE_ONLY];

/// The parameter `validateOnly` of every write.
pub const VALIDATE_ONLY: Parameter = Parameter {
    name: "validateOnly",
    schema: Schema::boolean(),
    about: "With `true` the answer is that of the write, errors included, and nothing is stored. Ids of \
            records that would be created are not reserved.",
};

/// The query parameters of an operation. Values it cannot read are faults; what happens to parameters it does not know
/// is decided by the server.
pub trait QueryArguments: Sized + Default {
    /// The known parameters.
    const PARAMETERS: &'static [Parameter];
    /// Parameters that Kustomer has and that are not served yet.
    const NOT_SERVED: &'static [&'static str] = &[];
    /// The parameters that are set, not yet percent-encoded.
    fn write(&self) -> Vec<(Cow<'static, str>, String)>;
    /// Out of decoded names and values.
    ///
    /// # Errors
    /// Every value that cannot be read.
    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>>;
}

impl QueryArguments for () {
    const PARAMETERS: &'static [Parameter] = &[];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        Vec::new()
    }

    fn read(_: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        Ok(())
    }
}

/// The default `pageSize` (§4.1).
pub const DEFAULT_PAGE_SIZE: u32 = 100;

/// The greatest `page`: with the greatest `pageSize` it still counts within 64 bits.
pub const MAX_PAGE: u32 = u32::MAX;

/// Reads a whole number between `least` and `greatest`.
///
/// # Errors
/// When `value` is none.
pub fn read_number(name: &str, value: &str, least: u32, greatest: u32) -> Result<u32, Fault> {
    value.parse().ok().filter(|number| (least..=greatest).contains(number)).ok_or_else(|| {
        let limits = if greatest == u32::MAX { format!("from {least}") } else { format!("from {least} to {greatest}") };
        Fault::of_parameter(name, format!("{name} must be a whole number {limits}"))
    })
}

/// Reads an id of 24 hexadecimal characters.
///
/// # Errors
/// When `value` is none.
pub fn read_object_id(name: &str, value: &str) -> Result<ObjectId, Fault> {
    value.parse().map_err(|_| Fault::of_parameter(name, format!("{name} must be an id of 24 hexadecimal characters")))
}

/// Reads a moment in any of the forms of [`Moment::read`]; a day is its first millisecond in UTC. A plus that was decoded to
/// a blank is put back.
///
/// # Errors
/// When `value` is none.
pub fn read_moment(name: &str, value: &str) -> Result<Timestamp, Fault> {
    let with_plus = || value.rfind(' ').map(|blank| format!("{}+{}", &value[..blank], &value[blank + 1..]));
    Moment::read(value)
        .or_else(|| with_plus().as_deref().and_then(Moment::read))
        .map(Moment::in_utc)
        .ok_or_else(|| Fault::of_parameter(name, format!("{name} must be a date-time like 2016-11-09T04:23:01.925Z")))
}

/// Reads `true` or `false` in any case, as Python programs write them, `1` or `0`
/// (`docs/contract/behaviour.md` §22).
///
/// # Errors
/// When `value` is none of them.
pub fn read_boolean(name: &str, value: &str) -> Result<bool, Fault> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Fault::of_parameter(name, format!("{name} must be true or false"))),
    }
}

/// Reads how many records a page is to hold: 0 for none, and [`MAX_PAGE_SIZE`] for any number above it, because clients
/// that ask for more stop at a refusal (`docs/contract/behaviour.md` §22).
///
/// # Errors
/// When `value` is no whole number from 0.
pub fn read_page_size(name: &str, value: &str) -> Result<u32, Fault> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::of_parameter(name, format!("{name} must be a whole number from 0")));
    }
    // What does not fit into the type is above the limit, too.
    Ok(value.parse().unwrap_or(u32::MAX).min(MAX_PAGE_SIZE))
}

/// The fault of a parameter that `operation` does not take: it names the nearest of those it does.
pub fn unknown(operation: &str, name: &str, known: &[&str]) -> Fault {
    let name = shortened(name);
    let advice = match nearest(&name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None if known.is_empty() => "it takes none".to_owned(),
        None => format!("it takes {}", known.join(", ")),
    };
    Fault::of_parameter(&name, format!("{operation} takes no query parameter {name}; {advice}"))
}

/// Query parameters of reads that are ignored because they narrow nothing down: switches of a search's by-products
/// (`docs/contract/behaviour.md` §22), the side-loading of records by operations that have none, and what browsers and HTTP
/// libraries append against caches.
pub const HARMLESS: &[&str] = &["withIntelliAggs", "trackTotalHits", "include", "_", "cacheBuster", "nocache"];

/// Collects faults while parameters are read one by one.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The value, or `None` and the fault kept.
    pub fn take<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.push(fault)).ok()
    }

    /// Keeps a fault, once.
    pub fn push(&mut self, fault: Fault) {
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// `value` when there was no fault.
    ///
    /// # Errors
    /// The faults kept.
    pub fn or<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// `page` and `pageSize` of a list that does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct PageQuery {
    /// From 1; 1 when absent.
    pub page: Option<u32>,
    /// 1 to 1,000, which a greater one counts as; 100 when absent or 0.
    pub page_size: Option<u32>,
}

crate::macros::query_methods! {
    PageQuery { page: some u32, page_size: some u32 }
}

/// The greatest `pageSize`; a greater one counts as this. Kustomer's documented limit is 100 on most lists and 500 on
/// some (§4.1), and clients ask for 1,000 (§22); one limit for all is easier to know.
pub const MAX_PAGE_SIZE: u32 = 1_000;

impl PageQuery {
    /// The parameter `page`.
    pub const PAGE: Parameter = Parameter {
        name: "page",
        schema: Schema::integer_within(1, MAX_PAGE as i64),
        about: "The number of the page, from 1; 1 by default.",
    };
    /// The parameter `pageSize`.
    pub const PAGE_SIZE: Parameter = Parameter {
        name: "pageSize",
        schema: Schema::integer_within(0, i64::MAX),
        about: "How many resources a page holds; 100 by default and for 0, 1,000 for anything greater. `meta.pageSize` holds the number that was used.",
    };

    /// Reads one of the two parameters; whether it was one.
    pub(crate) fn accept(&mut self, faults: &mut Faults, name: &str, value: &str) -> bool {
        match name {
            "page" => self.page = faults.take(read_number(name, value, 1, MAX_PAGE)),
            // Some clients ask for their first page so (`docs/contract/behaviour.md` §22).
            "pageSize" => self.page_size = faults.take(read_page_size(name, value)).filter(|size| *size > 0),
            _ => return false,
        }
        true
    }
}

/// Which related records to answer beside those asked for, in `included`. Those that the credential may not read, and
/// those that are deleted, are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Include {
    /// The companies.
    pub company: bool,
}

crate::macros::query_methods! {
    Include { company: own bool }
}

impl Include {
    /// The parameter `include`.
    pub const PARAMETER: Parameter = Parameter {
        name: "include",
        schema: Schema::text(),
        about: "`company` answers the companies beside, in `included`; other words are ignored.",
    };

    /// The companies.
    pub const COMPANY: Self = Self { company: true };

    /// Takes a parameter that is this one; whether it was. Words are joined by commas, and those that name nothing are
    /// ignored, as Kustomer has more.
    pub fn accept(&mut self, name: &str, value: &str) -> bool {
        let is_it = name == Self::PARAMETER.name;
        self.company |= is_it && value.split(',').any(|word| word.trim() == "company");
        is_it
    }
}

impl QueryArguments for Include {
    const PARAMETERS: &'static [Parameter] = &[Self::PARAMETER];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let company = self.company.then(|| (Cow::Borrowed(Self::PARAMETER.name), "company".to_owned()));
        company.into_iter().collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let mut include = Self::default();
        for (name, value) in pairs {
            include.accept(name, value);
        }
        Ok(include)
    }
}

/// Which records of a kind to list. Nothing set lists all that are not deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListRecords {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Those that are deleted, or those that are not.
    pub deleted: Option<bool>,
}

crate::macros::query_methods! {
    ListRecords { paging: paging, deleted: some bool }
}

impl ListRecords {
    /// The parameter `deleted`.
    pub const DELETED: Parameter = Parameter {
        name: "deleted",
        schema: Schema::boolean(),
        about: "`true` lists deleted records alone; by default those that are not.",
    };
}

impl QueryArguments for ListRecords {
    const PARAMETERS: &'static [Parameter] = &[PageQuery::PAGE, PageQuery::PAGE_SIZE, Self::DELETED];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.deleted.map(|deleted| (Cow::Borrowed("deleted"), deleted.to_string())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == "deleted" {
                query.deleted = faults.take(read_boolean(name, value));
            }
        }
        faults.or(query)
    }
}

/// A page of a list by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ListById {
    /// Which page, and how large.
    pub paging: PageQuery,
    /// Whether the newest is first.
    pub descending: bool,
}

crate::macros::query_methods! {
    ListById { paging: paging, descending: own bool }
}

impl ListById {
    /// The parameter `sort`. The contract names `desc` alone; `asc` is the default.
    pub const SORT: Parameter = Parameter {
        name: "sort",
        schema: Schema::one_of(&["asc", "desc"]),
        about: "`desc` lists the newest first; by default the oldest is first.",
    };
}

impl QueryArguments for ListById {
    const PARAMETERS: &'static [Parameter] = &[PageQuery::PAGE, PageQuery::PAGE_SIZE, Self::SORT];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let mut pairs = self.paging.write();
        pairs.extend(self.descending.then(|| (Cow::Borrowed(Self::SORT.name), "desc".to_owned())));
        pairs
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            if !query.paging.accept(&mut faults, name, value) && name == Self::SORT.name {
                query.descending = faults.take(read_direction(value)).unwrap_or_default();
            }
        }
        faults.or(query)
    }
}

/// Whether a value of `sort` asks for the newest first; an empty one counts as absent.
pub(crate) fn read_direction(value: &str) -> Result<bool, Fault> {
    match value.to_ascii_lowercase().as_str() {
        "desc" => Ok(true),
        "asc" | "" => Ok(false),
        _ => Err(Fault::of_parameter("sort", "sort must be asc or desc")),
    }
}

impl QueryArguments for PageQuery {
    const PARAMETERS: &'static [Parameter] = &[Self::PAGE, Self::PAGE_SIZE];

    fn write(&self) -> Vec<(Cow<'static, str>, String)> {
        let page = self.page.map(|page| (Cow::Borrowed("page"), page.to_string()));
        let page_size = self.page_size.map(|size| (Cow::Borrowed("pageSize"), size.to_string()));
        page.into_iter().chain(page_size).collect()
    }

    fn read(pairs: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let (mut query, mut faults) = (Self::default(), Faults::default());
        for (name, value) in pairs {
            query.accept(&mut faults, name, value);
        }
        faults.or(query)
    }
}
