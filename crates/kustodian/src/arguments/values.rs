//! What settings are written as.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use kustodian_core::customer::{CompanyNames, ItemIds, OmittedCompany, UnknownCompanies};
use kustodian_core::rate_limit;
use kustodian_server::{AbsentTypes, BulkMode};

/// How logs are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// Whether and how requests are logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessLog {
    /// Not at all.
    #[default]
    Off,
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

/// The status for a valid key that lacks the role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MissingRoleStatus {
    /// As Kustomer's newer documents have it.
    #[default]
    #[value(name = "403")]
    Forbidden,
    /// As its older documents have it.
    #[value(name = "401")]
    Unauthorized,
}

impl MissingRoleStatus {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::Unauthorized => 401,
        }
    }
}

/// What an update without `company` does to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompanyRule {
    /// It stays.
    #[default]
    Keep,
    /// It is unlinked, as Kustomer's documents say.
    Unlink,
}

impl From<CompanyRule> for OmittedCompany {
    fn from(rule: CompanyRule) -> Self {
        match rule {
            CompanyRule::Keep => Self::Keep,
            CompanyRule::Unlink => Self::Unlink,
        }
    }
}

/// What `company` does with the id of no company.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum UnknownCompaniesRule {
    /// It is answered 400.
    #[default]
    Refuse,
    /// It is kept without a link.
    Keep,
}

impl From<UnknownCompaniesRule> for UnknownCompanies {
    fn from(rule: UnknownCompaniesRule) -> Self {
        match rule {
            UnknownCompaniesRule::Refuse => Self::Refuse,
            UnknownCompaniesRule::Keep => Self::Keep,
        }
    }
}

/// What `company` does with text that is no id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompanyNamesRule {
    /// It is kept as `companyName`.
    #[default]
    Keep,
    /// It is answered 400.
    Refuse,
}

/// The `id` of an item of a customer's list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ItemIdsRule {
    /// It is null.
    #[default]
    Null,
    /// There is none.
    Omit,
}

impl From<ItemIdsRule> for ItemIds {
    fn from(rule: ItemIdsRule) -> Self {
        match rule {
            ItemIdsRule::Null => Self::Null,
            ItemIdsRule::Omit => Self::Omit,
        }
    }
}

impl From<CompanyNamesRule> for CompanyNames {
    fn from(rule: CompanyNamesRule) -> Self {
        match rule {
            CompanyNamesRule::Keep => Self::Keep,
            CompanyNamesRule::Refuse => Self::Refuse,
        }
    }
}

/// The answer about types of records this server does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AbsentTypesRule {
    /// 400 to a search and 501 to a list.
    Refuse,
    /// An empty page to a search and 501 to a list.
    EmptySearches,
    /// An empty page to both.
    #[default]
    Empty,
}

impl From<AbsentTypesRule> for AbsentTypes {
    fn from(rule: AbsentTypesRule) -> Self {
        match rule {
            AbsentTypesRule::Refuse => Self::Refuse,
            AbsentTypesRule::EmptySearches => Self::EmptySearches,
            AbsentTypesRule::Empty => Self::Empty,
        }
    }
}

/// When the items of a bulk operation are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum BulkModeRule {
    /// Before the request is answered: the answer says what became of each.
    #[default]
    Immediate,
    /// Afterwards: the answer is a job to read again.
    Queued,
}

impl From<BulkModeRule> for BulkMode {
    fn from(rule: BulkModeRule) -> Self {
        match rule {
            BulkModeRule::Immediate => Self::Immediate,
            BulkModeRule::Queued => Self::Queued,
        }
    }
}

/// The last page of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PageCap(pub(crate) Option<u32>);

impl FromStr for PageCap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            number => match number.parse() {
                Ok(cap) if cap > 0 => Ok(Self(Some(cap))),
                _ => Err(format!("{text:?} is neither off nor a number from 1")),
            },
        }
    }
}

/// How many requests an org may make in 60 seconds; under a plan of Kustomer, creations of one customer are limited, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) requests: Option<u32>,
    /// How many records of a kind a key may create of one customer in 60 seconds.
    pub(crate) creations: Option<u32>,
}

impl RateLimit {
    /// A limit of requests alone.
    pub(crate) const fn of(requests: u32) -> Self {
        Self { requests: Some(requests), creations: None }
    }

    /// The limits of a plan.
    const fn of_plan(requests: u32) -> Self {
        Self { requests: Some(requests), creations: Some(rate_limit::CREATIONS) }
    }
}

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::default());
        }
        if let Some((_, requests)) = PLANS.into_iter().find(|(name, _)| *name == text) {
            return Ok(Self::of_plan(requests));
        }
        match text.parse() {
            Ok(limit) if limit > 0 => Ok(Self::of(limit)),
            _ => {
                let plans = PLANS.map(|(name, _)| name).join(", ");
                Err(format!("{text:?} is neither off, {plans} nor a number from 1"))
            }
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.requests, self.creations) {
            (None, _) => formatter.write_str("off"),
            (Some(requests), None) => write!(formatter, "{requests}"),
            (Some(requests), Some(_)) => {
                let plan = PLANS.into_iter().find(|(_, of_plan)| *of_plan == requests);
                formatter.write_str(plan.map_or("off", |(name, _)| name))
            }
        }
    }
}

/// The limits of Kustomer's plans: docs/contract/behaviour.md §5.
const PLANS: [(&str, u32); 4] = [("enterprise", 1_000), ("ultimate", 2_000), ("business", 500), ("professional", 300)];

impl fmt::Display for PageCap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => formatter.write_str("off"),
            Some(cap) => write!(formatter, "{cap}"),
        }
    }
}

/// Reads a whole number that is not less than `least`; `of` names the unit for the error.
fn whole_number<N: FromStr + PartialOrd + fmt::Display>(text: &str, least: N, of: &str) -> Result<N, String> {
    match text.trim().parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("{text:?} is no whole number{of} from {least}")),
    }
}

/// How many there may be at once: none would serve nobody.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    whole_number(text, 1, "")
}

/// Whether something is done.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "true" | "on" | "yes" | "y" | "t" | "1" => Ok(true),
        "false" | "off" | "no" | "n" | "f" | "0" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

/// Declares a setting that is a length of time, written as a number of one unit that is not less than `$least`.
macro_rules! length_of_time {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $millis:expr, $least:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(u32);

        impl From<Duration> for $name {
            fn from(length: Duration) -> Self {
                Self(u32::try_from(length.as_millis() / $millis).unwrap_or(u32::MAX))
            }
        }

        impl From<$name> for Duration {
            fn from(length: $name) -> Self {
                Self::from_millis(u64::from(length.0) * $millis)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                whole_number(text, $least, $unit).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}", self.0)
            }
        }
    };
}

length_of_time!(
    /// Milliseconds.
    Milliseconds,
    " of milliseconds",
    1,
    1
);
length_of_time!(
    /// Seconds.
    Seconds,
    " of seconds",
    1_000,
    1
);
length_of_time!(
    /// Seconds, or 0 for never.
    SecondsOrNever,
    " of seconds",
    1_000,
    0
);

length_of_time!(
    /// Days of 24 hours.
    Days,
    " of days",
    86_400_000,
    1
);

/// A number of hours, which may have a fraction, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours(pub(crate) Option<Duration>);

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "off" {
            return Ok(Self(None));
        }
        let seconds = text.parse::<f64>().ok().filter(|hours| *hours > 0.0).map(|hours| hours * 3_600.0);
        let length = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        length.map(|length| Self(Some(length))).ok_or_else(|| format!("{text:?} is neither off nor a number above 0"))
    }
}

/// An address that links begin with.
pub(crate) fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\?#<>".contains(&byte))
    };
    match rest {
        Some(rest) if is_plain(rest) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is no address: write it like https://crm.example")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_whole_number_and_zero_only_where_that_means_never() {
        assert_eq!("20".parse::<Seconds>().map(Duration::from), Ok(Duration::from_secs(20)));
        assert_eq!("0".parse::<SecondsOrNever>().map(Duration::from), Ok(Duration::ZERO));
        for wrong in ["0", "", "-1", "1.5", "soon", "99999999999"] {
            assert!(wrong.parse::<Seconds>().unwrap_err().contains("whole number of seconds from 1"), "{wrong:?}");
        }
        assert_eq!(count("7"), Ok(7));
        assert!(count("0").is_err() && count("many").is_err());
        assert_eq!((boolean("ON"), boolean("0")), (Ok(true), Ok(false)));
        assert!(boolean("perhaps").is_err());
    }

    #[test]
    fn a_rate_limit_is_off_a_plan_or_a_number() {
        let plan = |requests| RateLimit { requests: Some(requests), creations: Some(120) };
        assert_eq!("off".parse(), Ok(RateLimit { requests: None, creations: None }));
        for (word, requests) in [("enterprise", 1_000), ("ultimate", 2_000), ("business", 500), ("professional", 300)] {
            assert_eq!(word.parse(), Ok(plan(requests)));
            assert_eq!(plan(requests).to_string(), word);
        }
        assert_eq!("17".parse(), Ok(RateLimit { requests: Some(17), creations: None }));
        for wrong in ["", "0", "-1", "on"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong:?}");
        }
    }
}
