//! What SLAs measure of a conversation, kept within the conversation: a clock for each metric, which runs while what it
//! measures continues. All of it follows from the conversation, its state before, the SLAs and the moment.

use kustomer_api::conversation::{
    Conversation, ConversationAttributes, ConversationSla, ConversationSlaMetrics, ConversationStatus, SlaBreach,
    SlaClock, SlaMetricName, SlaStatus, SlaSummary,
};
use kustomer_api::envelope::Relationship;
use kustomer_api::sla::VERSION_TYPE;
use kustomer_api::{Field, ObjectId, Timestamp};

use super::policy::{InForce, METRICS, Policy};
use crate::conversation::{first_waiting, related};
use crate::customer::Context;
use crate::kind::Kind;
use crate::refusal::Refusal;

/// The relationship of a conversation to its SLA.
const SLA: &str = "sla";

/// The relationship of a conversation to the version of its SLA.
const SLA_VERSION: &str = "slaVersion";

/// Updates the clocks of a conversation to the moment, as the last part of each change. Without SLAs clocks continue
/// as they are, and a metric that has taken too long is still noted.
pub(crate) fn settle(
    context: &Context<'_>,
    before: Option<&Conversation>,
    conversation: &mut Conversation,
) -> Result<(), Refusal> {
    if conversation.attributes.erased_at.value().is_some() {
        return Ok(());
    }
    if let Some(in_force) = context.slas {
        choose(in_force, before, conversation, context.now)?;
        measure(in_force, conversation, context.now);
    }
    note_breaches(&mut conversation.attributes, context.now);
    Ok(())
}

/// When the next metric takes too long; `None` when nothing is measured that may.
pub fn due(conversation: &ConversationAttributes) -> Option<Timestamp> {
    let metrics = conversation.sla.value()?.metrics.value()?;
    clocks(metrics).into_iter().filter_map(Field::value).filter_map(running_out).min()
}

/// When a clock that runs has taken too long, unless it has already.
fn running_out(clock: &SlaClock) -> Option<Timestamp> {
    let may = clock.started_at.value().is_some() && clock.breached.value() != Some(&true);
    clock.breach_at.value().copied().filter(|_| may)
}

fn clocks(metrics: &ConversationSlaMetrics) -> [&Field<SlaClock>; 4] {
    [
        &metrics.first_response,
        &metrics.longest_unresponded_message,
        &metrics.total_conversation_open_time,
        &metrics.total_customer_wait_time,
    ]
}

fn clocks_mut(metrics: &mut ConversationSlaMetrics) -> [&mut Field<SlaClock>; 4] {
    [
        &mut metrics.first_response,
        &mut metrics.longest_unresponded_message,
        &mut metrics.total_conversation_open_time,
        &mut metrics.total_customer_wait_time,
    ]
}

/// Finds the SLA that applies: the first whose criteria are met, looked for while the conversation is open until it has a
/// message and an SLA. Then it stays.
fn choose(
    in_force: &InForce,
    before: Option<&Conversation>,
    conversation: &mut Conversation,
    now: Timestamp,
) -> Result<(), Refusal> {
    let held = related(&conversation.relationships, SLA).and_then(|id| id.parse::<ObjectId>().ok());
    let had_messages = before.is_some_and(|before| before.attributes.message_count.value() > Some(&0));
    let is_spam = conversation.attributes.spam.value() == Some(&true);
    if (held.is_some() && had_messages) || is_spam || !is_open(&conversation.attributes) {
        return Ok(());
    }
    let found = in_force.applying_to(conversation)?.map(|policy| policy.id);
    if found == held {
        return Ok(());
    }
    let (relationships, attributes) = (&mut conversation.relationships, &mut conversation.attributes);
    match found {
        Some(id) => {
            let kind = Kind::Sla;
            relationships.insert(SLA.to_owned(), Relationship::to_one(kind.as_str(), id, kind.path_of(id)));
            // A metric that was measured is still measured.
            let metrics = std::mem::take(&mut attributes.sla).into_value().map(|sla| sla.metrics).unwrap_or_default();
            attributes.sla = ConversationSla {
                matched_at: now.into(),
                metrics,
                breached: false.into(),
                ..ConversationSla::default()
            }
            .into();
        }
        None => {
            relationships.remove(SLA);
            relationships.remove(SLA_VERSION);
            attributes.sla = Field::Absent;
        }
    }
    Ok(())
}

/// Starts, stops and sets the clocks by the version of the SLA that counts now. Those of an SLA that is gone are stopped.
fn measure(in_force: &InForce, conversation: &mut Conversation, now: Timestamp) {
    let held = related(&conversation.relationships, SLA).and_then(|id| id.parse::<ObjectId>().ok());
    let policy = held.and_then(|id| in_force.find(id));
    let Some(mut sla) = std::mem::take(&mut conversation.attributes.sla).into_value() else { return };
    let facts = Facts::of(&conversation.attributes, sla.matched_at.value().copied().unwrap_or(now), now);
    if let Some(policy) = policy {
        sla.name = policy.name.clone().into();
        sla.version = Field::Value(policy.version);
        if let Some(id) = &policy.version_id {
            let link = format!("{}?versions=all", Kind::Sla.path_of(policy.id));
            conversation.relationships.insert(SLA_VERSION.to_owned(), Relationship::to_one(VERSION_TYPE, id, link));
        }
    }
    let mut metrics = std::mem::take(&mut sla.metrics).into_value().unwrap_or_default();
    for (number, (metric, clock)) in METRICS.iter().zip(clocks_mut(&mut metrics)).enumerate() {
        let time = policy.and_then(|policy| policy.time(number, facts.priority));
        let had = std::mem::take(clock).into_value();
        *clock = turned(in_force, policy, (metric, had, time), &facts).map_or(Field::Absent, Field::Value);
    }
    sla.metrics = metrics.into();
    conversation.attributes.sla = sla.into();
}

/// What clocks depend on.
struct Facts {
    now: Timestamp,
    is_open: bool,
    /// Whether it is done, or has ended.
    is_over: bool,
    /// When the newest message was sent that waits for an answer.
    waiting_since: Option<Timestamp>,
    /// When the newest message to the customer was sent.
    answered_at: Option<Timestamp>,
    /// When the first answer was sent, by a person.
    first_answered_at: Option<Timestamp>,
    /// When the first message from the customer was sent, as long as machines alone have answered.
    first_waiting_since: Option<Timestamp>,
    priority: u64,
}

impl Facts {
    fn of(conversation: &ConversationAttributes, matched_at: Timestamp, now: Timestamp) -> Self {
        let is_imported = conversation.imported_at.value().is_some();
        let sent_at = |sent_at: &Field<Timestamp>| sent_at.value().copied();
        // What an import brings along has not waited for anybody here.
        let here = |at: Timestamp| if is_imported { at.max(matched_at) } else { at };
        let waiting_since = conversation.last_message_unresponded_to.value().and_then(|mark| sent_at(&mark.sent_at));
        Self {
            now,
            is_open: is_open(conversation),
            is_over: is_over(conversation),
            waiting_since: waiting_since.map(here),
            answered_at: conversation.last_message_out.value().and_then(|mark| sent_at(&mark.sent_at)),
            first_answered_at: conversation.first_response.value().and_then(|first| sent_at(&first.sent_at)),
            first_waiting_since: first_waiting(conversation).map(here),
            priority: conversation.priority.value().copied().unwrap_or(3),
        }
    }
}

/// What a clock waits for.
#[derive(Clone, Copy)]
struct Wait {
    /// Since when; `None` when it does not.
    since: Option<Timestamp>,
    /// When that was answered last.
    answered_at: Option<Timestamp>,
}

impl Facts {
    /// What the clock of a metric waits for, when it is one that waits: the first answer is a person's, any other may be automatic.
    fn wait(&self, metric: &SlaMetricName) -> Option<Wait> {
        match metric {
            SlaMetricName::TotalConversationOpenTime => None,
            SlaMetricName::FirstResponse => {
                Some(Wait { since: self.first_waiting_since, answered_at: self.first_answered_at })
            }
            _ => Some(Wait { since: self.waiting_since, answered_at: self.answered_at }),
        }
    }
}

fn is_over(conversation: &ConversationAttributes) -> bool {
    conversation.status.value() == Some(&ConversationStatus::Done) || conversation.ended.value() == Some(&true)
}

fn is_open(conversation: &ConversationAttributes) -> bool {
    let is_deleted = conversation.deleted.value() == Some(&true);
    conversation.status.value() == Some(&ConversationStatus::Open) && !is_deleted && !is_over(conversation)
}

/// A clock after the change; `None` when the metric is not measured.
fn turned(
    in_force: &InForce,
    policy: Option<&Policy>,
    (metric, clock, time): (&SlaMetricName, Option<SlaClock>, Option<u64>),
    facts: &Facts,
) -> Option<SlaClock> {
    let mut clock = match (clock, time) {
        // A metric that is measured no more is forgotten, unless it took too long or the SLA is gone.
        (Some(clock), None) if policy.is_some() && clock.breached.value() != Some(&true) => return None,
        (Some(clock), _) => clock,
        (None, Some(_)) => SlaClock::default(),
        (None, None) => return None,
    };
    let wait = facts.wait(metric);
    let is_first = *metric == SlaMetricName::FirstResponse;
    let is_satisfied_for_good = is_first && (clock.satisfied_at.value().is_some() || facts.first_answered_at.is_some());
    let has_cause = wait.is_none_or(|wait| wait.since.is_some());
    let runs = time.is_some() && facts.is_open && has_cause && !is_satisfied_for_good;
    // When what it waited for was answered, if it was.
    let answer = wait.filter(|wait| wait.since.is_none()).map(|wait| wait.answered_at);
    match (clock.started_at.value().copied(), runs) {
        (Some(started), false) => {
            let answered = answer.flatten().unwrap_or(facts.now);
            let stopped = answered.min(facts.now).max(started);
            set(in_force, policy, &mut clock, started, time);
            if clock.breach_at.value().is_some_and(|at| *at <= stopped) {
                clock.breached = true.into();
            }
            let measured = clock.time.value().copied().unwrap_or_default();
            clock.time = Field::Value(measured.saturating_add(in_force.between(policy, started, stopped)));
            clock.started_at = Field::Absent;
            clock.stopped_at = stopped.into();
            if clock.breached.value() != Some(&true) {
                clock.breach_at = Field::Absent;
            }
        }
        (None, true) => {
            let asked = wait.and_then(|wait| wait.since);
            let stopped = clock.stopped_at.value().copied();
            // A message that came since the clock was stopped counts from then on; else the time in between does not.
            let started = match (asked, stopped) {
                (Some(asked), Some(stopped)) if asked < stopped => facts.now,
                (Some(asked), _) => asked,
                (None, _) => facts.now,
            };
            clock.started_at = started.into();
            clock.stopped_at = Field::Absent;
            clock.satisfied_at = Field::Absent;
            set(in_force, policy, &mut clock, started, time);
        }
        (Some(started), true) => set(in_force, policy, &mut clock, started, time),
        (None, false) => {}
    }
    satisfy(metric, &mut clock, answer, facts);
    let is_empty = clock == SlaClock::default();
    (!is_empty).then_some(clock)
}

/// Sets when a clock that runs has taken too long, unless it has already.
fn set(in_force: &InForce, policy: Option<&Policy>, clock: &mut SlaClock, started: Timestamp, time: Option<u64>) {
    let Some((policy, time)) = policy.zip(time).filter(|_| clock.breached.value() != Some(&true)) else { return };
    let measured = clock.time.value().copied().unwrap_or_default();
    let at = in_force.after(policy, started, time.saturating_sub(measured));
    clock.breach_at = at.map_or(Field::Absent, Field::Value);
}

/// Notes that what a clock measures was satisfied: it was stopped by an answer, whose moment may be known, or with the
/// conversation.
fn satisfy(metric: &SlaMetricName, clock: &mut SlaClock, answer: Option<Option<Timestamp>>, facts: &Facts) {
    let is_answered = answer.is_some();
    if clock.started_at.value().is_some() {
        return;
    }
    let was_measured = clock.stopped_at.value().is_some();
    let is_first = *metric == SlaMetricName::FirstResponse;
    let is_met = clock.breached.value() != Some(&true) && clock.satisfied_at.value().is_none();
    if is_met && was_measured && (is_answered || facts.is_over) {
        clock.satisfied_at = answer.flatten().or(clock.stopped_at.value().copied()).unwrap_or(facts.now).into();
    } else if is_met && is_first {
        // It was answered before the SLA applied.
        clock.satisfied_at = facts.first_answered_at.map_or(Field::Absent, Field::Value);
    }
    if *metric == SlaMetricName::LongestUnrespondedMessage && (is_answered || facts.is_over) {
        // The next message waits for itself.
        clock.time = Field::Absent;
        if is_answered {
            clock.stopped_at = Field::Absent;
        }
    }
}

/// Notes which clocks have taken too long, and sums up.
fn note_breaches(conversation: &mut ConversationAttributes, now: Timestamp) {
    let is_over = is_over(conversation);
    let Some(sla) = conversation.sla.as_mut_value() else { return };
    let mut metrics = std::mem::take(&mut sla.metrics).into_value().unwrap_or_default();
    for clock in clocks_mut(&mut metrics).into_iter().filter_map(Field::as_mut_value) {
        if running_out(clock).is_some_and(|at| at <= now) {
            clock.breached = true.into();
        }
    }
    let named: Vec<(&SlaMetricName, &SlaClock)> =
        METRICS.iter().zip(clocks(&metrics)).filter_map(|(name, clock)| Some((name, clock.value()?))).collect();
    let runs = named.iter().any(|(_, clock)| clock.started_at.value().is_some());
    let earliest = |of: &dyn Fn(&SlaClock) -> Option<Timestamp>| {
        let moments = named.iter().filter_map(|(name, clock)| Some((of(clock)?, *name)));
        moments.min_by_key(|(at, _)| *at).map(|(at, name)| SlaBreach {
            metric: name.clone().into(),
            at: at.into(),
            ..SlaBreach::default()
        })
    };
    let was_breached = sla.breached.value() == Some(&true);
    if !was_breached {
        let happened =
            |clock: &SlaClock| clock.breach_at.value().copied().filter(|_| clock.breached.value() == Some(&true));
        let breach = earliest(&happened);
        sla.breached = breach.is_some().into();
        sla.breach = breach.or_else(|| earliest(&running_out)).map_or(Field::Absent, Field::Value);
    }
    let is_breached = sla.breached.value() == Some(&true);
    let is_satisfied = |clock: &SlaClock| clock.satisfied_at.value().is_some();
    let satisfied = named.iter().all(|(_, clock)| is_satisfied(clock)) && !is_breached;
    let satisfied_at = named.iter().filter_map(|(_, clock)| clock.satisfied_at.value().copied()).max();
    sla.summary = SlaSummary {
        first_breach_at: sla.breach.value().map_or(Field::Absent, |breach| breach.at),
        satisfied_at: satisfied_at.filter(|_| satisfied).map_or(Field::Absent, Field::Value),
        ..SlaSummary::default()
    }
    .into();
    sla.status = match (is_over, runs) {
        (true, _) => SlaStatus::Done,
        (false, true) => SlaStatus::Pending,
        (false, false) => SlaStatus::Paused,
    }
    .into();
    sla.metrics = metrics.into();
}
