//! The SLAs of an org as conversations are measured by them: which one applies, and how long each metric may take.

use std::collections::{BTreeMap, HashMap};

use kustomer_api::conversation::{Conversation, SlaMetricName};
use kustomer_api::error::code;
use kustomer_api::schedule::Schedule;
use kustomer_api::search::Context;
use kustomer_api::sla::{Sla, SlaAttributes, SlaHours, SlaMetric};
use kustomer_api::team::Team;
use kustomer_api::{ObjectId, Timestamp};
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::resource;
use crate::schedule::{WorkingTime, first_default};
use crate::search::{self, Dialect, Query, SearchRow, Settings};

/// How many SLAs of an org apply to conversations: the oldest ones, whatever their positions.
pub const MAX_IN_FORCE: u32 = 100;

/// What of an org is at hand when its conversations change: its SLAs, the hours of its default schedule, and the teams of its
/// users.
#[derive(Debug, Clone)]
pub struct InForce {
    /// By the ids of users, those of their teams.
    teams: HashMap<String, Vec<String>>,
    policies: Vec<Policy>,
    working: WorkingTime,
}

/// One SLA, in the version that counts.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) id: ObjectId,
    position: u64,
    pub(super) name: String,
    pub(super) version: u64,
    pub(super) version_id: Option<String>,
    criteria: Criteria,
    counts_work: bool,
    /// Milliseconds by the metric and the priority.
    times: [BTreeMap<u64, u64>; 4],
}

/// Which conversations an SLA is about.
#[derive(Debug, Clone)]
enum Criteria {
    All,
    Those(Box<Query>),
    /// They cannot be read: they were stored by a former version.
    None,
}

/// The metrics, in the order in which they are checked.
pub(super) const METRICS: [SlaMetricName; 4] = [
    SlaMetricName::FirstResponse,
    SlaMetricName::LongestUnrespondedMessage,
    SlaMetricName::TotalConversationOpenTime,
    SlaMetricName::TotalCustomerWaitTime,
];

impl Default for InForce {
    fn default() -> Self {
        Self { teams: HashMap::new(), policies: Vec::new(), working: WorkingTime::of(&first_default()) }
    }
}

impl InForce {
    /// Adds an SLA, which applies after those before with the same position, and after all if it has none.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn add(&mut self, document: &str) -> Result<(), Refusal> {
        let policy = Policy::read(document)?;
        let after = self.policies.partition_point(|other| other.position <= policy.position);
        self.policies.insert(after, policy);
        Ok(())
    }

    /// Takes the hours of work from the default schedule; those of an org that has made none count until then.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn work_by(&mut self, schedule: &str) -> Result<(), Refusal> {
        self.working = WorkingTime::of(&resource::read::<Schedule>(schedule)?.attributes);
        Ok(())
    }

    /// Adds a team, of which each member is one from now on.
    ///
    /// # Errors
    /// 500 when the document is not what this version stores.
    pub fn add_team(&mut self, document: &str) -> Result<(), Refusal> {
        let team: Team = resource::read(document)?;
        for member in team.attributes.members.into_value().unwrap_or_default() {
            self.teams.entry(member).or_default().push(team.id.to_string());
        }
        Ok(())
    }

    /// The ids of the teams of a user.
    pub fn teams_of(&self, user: ObjectId) -> Vec<String> {
        self.teams.get(&user.to_string()).cloned().unwrap_or_default()
    }

    /// Whether there is no SLA.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The first SLA whose criteria a conversation meets.
    pub(super) fn applying_to(&self, conversation: &Conversation) -> Result<Option<&Policy>, Refusal> {
        let mut row = None;
        for policy in &self.policies {
            let applies = match &policy.criteria {
                Criteria::All => true,
                Criteria::None => false,
                Criteria::Those(query) => {
                    if row.is_none() {
                        row = Some(SearchRow::of_conversation(resource::id_of(conversation)?, conversation));
                    }
                    row.as_ref().is_some_and(|row| query.finds(row))
                }
            };
            if applies {
                return Ok(Some(policy));
            }
        }
        Ok(None)
    }

    pub(super) fn find(&self, id: ObjectId) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// When so much time of those that count for an SLA is over; `None` when that is never.
    pub(super) fn after(&self, policy: &Policy, from: Timestamp, millis: u64) -> Option<Timestamp> {
        match policy.counts_work {
            true => self.working.after(from, millis),
            false => Some(Timestamp::from_millis(from.as_millis().saturating_add(i64::try_from(millis).ok()?))),
        }
    }

    /// How much time of those that count for an SLA is between two moments.
    pub(super) fn between(&self, policy: Option<&Policy>, from: Timestamp, to: Timestamp) -> u64 {
        match policy {
            Some(policy) if policy.counts_work => self.working.between(from, to),
            _ => u64::try_from(to.as_millis().saturating_sub(from.as_millis())).unwrap_or_default(),
        }
    }
}

impl Policy {
    fn read(document: &str) -> Result<Self, Refusal> {
        let sla: Sla = resource::read(document)?;
        let id = resource::id_of(&sla)?;
        let SlaAttributes { name, hours, metrics, criteria, position, current_version, versions, .. } = sla.attributes;
        let version = current_version.into_value().unwrap_or(1);
        let versions = versions.into_value().unwrap_or_default();
        let counting = versions.into_iter().find(|of| of.version.value() == Some(&version));
        let metrics = metrics.into_value().unwrap_or_default();
        Ok(Self {
            id,
            position: position.into_value().unwrap_or(u64::MAX),
            name: name.into_value().unwrap_or_default(),
            version,
            version_id: counting.map(|version| version.id),
            criteria: match read(criteria.value()) {
                Ok(Some(query)) => Criteria::Those(Box::new(query)),
                Ok(None) => Criteria::All,
                Err(_) => Criteria::None,
            },
            counts_work: hours.into_value() != Some(SlaHours::Calendar),
            times: [
                times(metrics.first_response),
                times(metrics.longest_unresponded_message),
                times(metrics.total_conversation_open_time),
                times(metrics.total_customer_wait_time),
            ],
        })
    }

    /// How long a metric may take of a conversation with a priority, in milliseconds; `None` when it is not measured.
    pub(super) fn time(&self, metric: usize, priority: u64) -> Option<u64> {
        self.times.get(metric)?.get(&priority).copied()
    }
}

fn times(metric: Option<SlaMetric>) -> BTreeMap<u64, u64> {
    let times = metric.filter(|metric| metric.enabled).and_then(|metric| metric.times).unwrap_or_default();
    let read = |(priority, time): (String, serde_json::Number)| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1e12")]
        let millis = time.as_f64()?.clamp(0.0, 1e12).round() as u64;
        Some((priority.parse().ok()?, millis))
    };
    times.into_iter().filter_map(read).collect()
}

/// Checks that criteria can be asked of conversations.
///
/// # Errors
/// 400 that names the fault, with its place below `criteria`.
pub(super) fn check(criteria: &Map<String, Value>) -> Result<(), Refusal> {
    let mut refusal = match read(Some(criteria)) {
        Ok(_) => return Ok(()),
        Err(refusal) => refusal,
    };
    let sent = Value::Object(criteria.clone());
    for error in &mut refusal.errors {
        let Some(Value::String(pointer)) = error.meta.get_mut("pointer") else { continue };
        // The criteria were read in the words of a search: the nearest place that was sent is named.
        while sent.pointer(pointer).is_none() {
            match pointer.rfind('/') {
                Some(end) => pointer.truncate(end),
                None => break,
            }
        }
        pointer.insert_str(0, "/criteria");
    }
    Err(refusal)
}

/// Criteria as a search for conversations; nothing when there are none.
fn read(criteria: Option<&Map<String, Value>>) -> Result<Option<Query>, Refusal> {
    let Some(criteria) = criteria.filter(|criteria| !criteria.is_empty()) else { return Ok(None) };
    let mut body = members(criteria);
    body.insert("queryContext".to_owned(), json!(Context::Conversation.as_str()));
    // Without a moment: dates relative to now would make an SLA about other conversations every day.
    let settings = Settings { dialect: Dialect::Plain, now: None, klasses: &[] };
    let query = search::parse(resource::render(&body)?.as_bytes(), &settings)?;
    let mut other = None;
    query.root.for_each(&mut |criterion| {
        let context = criterion.subject.context();
        other = other.or((context != Context::Conversation).then_some(context));
    });
    match other {
        Some(other) => {
            let title = format!("Criteria of an SLA are about conversations: leave out those about {other}");
            Err(Refusal::new(400, code::BAD_PARAM, "criteria", title).with_meta("pointer", ""))
        }
        None => Ok(Some(query)),
    }
}

/// Kustomer writes `{"operator": "equals", "value": "chat"}` where a search has `{"equals": "chat"}`, and one channel where
/// a search has several.
fn members(of: &Map<String, Value>) -> Map<String, Value> {
    let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("and" | "or" | "not", Value::Array(list)) => {
            let item =
                |item: &Value| item.as_object().map_or_else(|| item.clone(), |item| Value::Object(members(item)));
            (name.clone(), list.iter().map(item).collect())
        }
        ("and" | "or" | "not", Value::Object(group)) => (name.clone(), Value::Object(members(group))),
        _ => {
            let name = if name == "conversation_channel" { "conversation_channels" } else { name };
            let test = match (value.get("operator").and_then(Value::as_str), value.get("value")) {
                (Some(operator), Some(value)) => json!({ operator: value }),
                _ => value.clone(),
            };
            (name.to_owned(), test)
        }
    };
    of.iter().map(member).collect()
}
