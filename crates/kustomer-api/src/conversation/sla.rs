//! The SLA of a conversation. Public programs read all members from Kustomer but four, which are ours:
//! `time`, `startedAt`, `stoppedAt` and `breached` of a metric.

use crate::Timestamp;
use crate::attribute::answered_object;
use crate::macros::open_enum;

open_enum! {
    /// Where a conversation is with its SLA.
    SlaStatus {
        /// The conversation is done, or has ended.
        Done = "done",
        /// Time is being measured.
        Pending = "pending",
        /// No time is being measured now.
        Paused = "paused",
    }
}

open_enum! {
    /// What an SLA measures.
    SlaMetricName {
        /// The time until the first answer.
        FirstResponse = "firstResponse",
        /// The time for which the customer waits, over all messages.
        TotalCustomerWaitTime = "totalCustomerWaitTime",
        /// The time for which messages from the customer are without an answer.
        LongestUnrespondedMessage = "longestUnrespondedMessage",
        /// The time for which the conversation is open.
        TotalConversationOpenTime = "totalConversationOpenTime",
    }
}

answered_object! {
    /// The SLA as a conversation shows it.
    ConversationSla {
        /// The name of the SLA.
        name: String,
        /// The number of the version of the SLA.
        version: u64,
        /// When the SLA was found to be the one that applies.
        matched_at: Timestamp,
        /// The measured metrics.
        metrics: ConversationSlaMetrics,
        /// The first metric that took too long; while none has, the one that will next.
        breach: SlaBreach,
        /// Whether anything took too long.
        breached: bool,
        /// Whether time is being measured.
        status: SlaStatus,
        /// When the SLA was met, or was not.
        summary: SlaSummary,
    }
}

answered_object! {
    /// What an SLA measures of a conversation.
    ConversationSlaMetrics {
        /// The time until the first answer.
        first_response: SlaClock,
        /// The time for which messages from the customer are without an answer.
        longest_unresponded_message: SlaClock,
        /// The time for which the conversation is open.
        total_conversation_open_time: SlaClock,
        /// The time for which the customer waits, over all messages.
        total_customer_wait_time: SlaClock,
    }
}

answered_object! {
    /// One metric of a conversation.
    SlaClock {
        /// When it has taken too long, or will have.
        breach_at: Timestamp,
        /// When it was satisfied in time.
        satisfied_at: Timestamp,
        /// Whether it took too long.
        breached: bool,
        /// How much time was measured until it was last stopped, in milliseconds of the hours that count.
        time: u64,
        /// Since when time is being measured; absent while it is not.
        started_at: Timestamp,
        /// When it was last stopped.
        stopped_at: Timestamp,
    }
}

answered_object! {
    /// The metric that takes too long, and since when.
    SlaBreach {
        /// The metric.
        metric: SlaMetricName,
        /// When.
        at: Timestamp,
    }
}

answered_object! {
    /// When an SLA was met, or was not.
    SlaSummary {
        /// When the first metric took too long, or the next one will.
        first_breach_at: Timestamp,
        /// When the last metric was satisfied; absent while one is measured, and when one took too long.
        satisfied_at: Timestamp,
    }
}
