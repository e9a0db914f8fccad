//! What settings are written as.

use std::fmt;
use std::num::ParseIntError;
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

/// Declares a setting that is a length of time, written as a number of one unit. A length of nothing would serve nobody: it
/// counts as 1.
macro_rules! length_of_time {
    ($(#[$doc:meta])* $name:ident, $millis:expr) => {
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
                Self::from_millis(u64::from(length.0.max(1)) * $millis)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.trim().parse().map(Self)
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
    1
);
length_of_time!(
    /// Seconds.
    Seconds,
    1_000
);
impl Seconds {
    /// As long as was written, for a setting to which 0 means never.
    pub(crate) fn or_zero(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

length_of_time!(
    /// Days of 24 hours.
    Days,
    86_400_000
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
