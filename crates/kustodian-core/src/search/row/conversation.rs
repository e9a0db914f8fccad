//! The searchable values of a conversation.

use kustomer_api::conversation::{Conversation, ConversationAttributes, SlaMetricName, SlaStatus};
use kustomer_api::search::{Attribute, Context};
use kustomer_api::{Field, ObjectId};
use serde_json::Value as Json;

use super::{SearchRow, Value, each};

impl SearchRow {
    /// The searchable values of a conversation: not its preview, a text of its message. `id` is the conversation's own,
    /// parsed.
    pub fn of_conversation(id: ObjectId, conversation: &Conversation) -> Self {
        let of = &conversation.attributes;
        let mut row = Self::new(Context::Conversation, id, of.deleted.value().copied().unwrap_or_default());
        row.put(Attribute::ConversationId, Value::Text(id.to_string()));
        row.put(Attribute::ConversationDeleted, Value::Boolean(row.deleted));
        row.conversation_lists(of);
        row.conversation_satisfaction(of);
        row.conversation_messages(of);
        row.conversation_counts(of);
        row.conversation_sla(of);
        if let Some(name) = of.name.value() {
            row.words(Attribute::ConversationName, name);
        }
        if let Some(external_id) = of.external_id.value() {
            row.part(Attribute::ConversationExternalId, external_id);
        }
        if let Some(reason) = of.ended_reason.value() {
            row.words(Attribute::ConversationEndedReason, reason);
        }
        row.language(Attribute::ConversationDefaultLang, &of.default_lang);
        let named = [
            (Attribute::ConversationCustomerId, "customer"),
            (Attribute::ConversationCampaignId, "campaign"),
            (Attribute::ConversationQueue, "queue"),
            (Attribute::ConversationSlaId, "sla"),
            (Attribute::ConversationSlaVersionId, "slaVersion"),
            (Attribute::ConversationModifiedBy, "modifiedBy"),
        ];
        row.relationships(&conversation.relationships, &named);
        row.moments(&[
            (Attribute::ConversationEndedAt, &of.ended_at),
            (Attribute::ConversationLastMessageAt, &of.last_message_at),
            (Attribute::ConversationCreatedAt, &of.created_at),
            (Attribute::ConversationUpdatedAt, &of.updated_at),
            (Attribute::ConversationModifiedAt, &of.modified_at),
            (Attribute::ConversationImportedAt, &of.imported_at),
        ]);
        row.put(Attribute::ConversationEnded, Value::Boolean(of.ended.value().copied().unwrap_or_default()));
        row.put(Attribute::ConversationImported, Value::Boolean(of.imported_at.value().is_some()));
        row.custom_of(&of.custom);
        row
    }

    fn conversation_lists(&mut self, of: &ConversationAttributes) {
        let status = of.status.value().map(kustomer_api::conversation::ConversationStatus::as_str);
        self.exact(Attribute::ConversationStatus, status.unwrap_or_default());
        for (attribute, list) in [
            (Attribute::ConversationChannels, &of.channels),
            (Attribute::ConversationTags, &of.tags),
            (Attribute::ConversationAssignedUsers, &of.assigned_users),
            (Attribute::ConversationAssignedTeams, &of.assigned_teams),
        ] {
            each(list).for_each(|item| self.exact(attribute, item));
        }
        for (attribute, direction) in [
            (Attribute::ConversationDirection, &of.direction),
            (Attribute::ConversationLastMessageDirection, &of.last_message_direction),
        ] {
            self.exact(attribute, direction.value().map(|direction| direction.as_str()).unwrap_or_default());
        }
        for (attribute, text) in [
            (Attribute::ConversationReplyChannel, &of.reply_channel),
            (Attribute::ConversationExternalQueue, &of.external_queue),
            (Attribute::ConversationSubStatus, &of.sub_status),
        ] {
            self.exact(attribute, text.value().map(String::as_str).unwrap_or_default());
        }
        self.sentiment(Attribute::ConversationSentiment, &of.sentiment);
    }

    fn conversation_satisfaction(&mut self, of: &ConversationAttributes) {
        if let Some(satisfaction) = of.satisfaction.value() {
            self.words(Attribute::ConversationSatisfaction, &satisfaction.to_string());
        }
        let Some(survey) = of.satisfaction_level.value() else { return };
        for (attribute, number) in [
            (Attribute::ConversationSatisfactionScore, &survey.score),
            (Attribute::ConversationSatisfactionRating, &survey.rating),
        ] {
            self.number(attribute, number.clone().map(Json::Number).as_ref());
        }
        self.exact(Attribute::ConversationSatisfactionStatus, survey.status.as_deref().unwrap_or_default());
        self.moment(Attribute::ConversationSatisfactionCreatedAt, survey.created_at.as_ref());
        for (attribute, member) in [
            (Attribute::ConversationSatisfactionSurveyId, "form"),
            (Attribute::ConversationSatisfactionSentBy, "sentBy"),
        ] {
            self.exact(attribute, survey.extra.get(member).and_then(Json::as_str).unwrap_or_default());
        }
        let teams = survey.extra.get("sentByTeams").and_then(Json::as_array);
        for team in teams.into_iter().flatten().filter_map(Json::as_str) {
            self.exact(Attribute::ConversationSatisfactionSentByTeams, team);
        }
    }

    fn conversation_messages(&mut self, of: &ConversationAttributes) {
        for (attribute, mark) in [
            (Attribute::ConversationLastMessageSentAt, &of.last_message_in),
            (Attribute::ConversationLastMessageOutSentAt, &of.last_message_out),
            (Attribute::ConversationLastMessageUnrespondedToSentAt, &of.last_message_unresponded_to),
            (Attribute::ConversationFirstMessageInSentAt, &of.first_message_in),
            (Attribute::ConversationFirstMessageOutSentAt, &of.first_message_out),
        ] {
            self.moment(attribute, mark.value().and_then(|mark| mark.sent_at.value()));
        }
        for (channel, direction_type, mark) in [
            (
                Attribute::ConversationFirstMessageInChannel,
                Attribute::ConversationFirstMessageInDirectionType,
                &of.first_message_in,
            ),
            (
                Attribute::ConversationFirstMessageOutChannel,
                Attribute::ConversationFirstMessageOutDirectionType,
                &of.first_message_out,
            ),
        ] {
            let Some(mark) = mark.value() else { continue };
            self.exact(channel, text(&mark.channel));
            self.exact(direction_type, text(&mark.direction_type));
        }
        if let Some(first) = of.first_response.value() {
            self.moment(Attribute::ConversationFirstResponseSentAt, first.sent_at.value());
            self.count(Attribute::ConversationFirstResponseTime, first.time.value().copied());
            self.exact(Attribute::ConversationFirstResponseCreatedBy, text(&first.created_by));
        }
        if let Some(last) = of.last_response.value() {
            self.exact(Attribute::ConversationLastResponseCreatedBy, text(&last.created_by));
        }
        if let Some(first) = of.first_done.value() {
            self.exact(Attribute::ConversationFirstDoneCreatedBy, text(&first.created_by));
        }
        if let Some(last) = of.last_done.value() {
            self.exact(Attribute::ConversationLastDoneCreatedBy, text(&last.created_by));
            self.moment(Attribute::ConversationLastDoneCreatedAt, last.created_at.value());
        }
    }

    fn conversation_sla(&mut self, of: &ConversationAttributes) {
        let Some(sla) = of.sla.value() else { return };
        self.exact(Attribute::ConversationSlaStatus, sla.status.value().map(SlaStatus::as_str).unwrap_or_default());
        self.put(Attribute::ConversationSlaBreached, Value::Boolean(sla.breached.value().copied().unwrap_or_default()));
        if let Some(breach) = sla.breach.value() {
            let metric = breach.metric.value().map(SlaMetricName::as_str);
            self.exact(Attribute::ConversationSlaBreachMetric, metric.unwrap_or_default());
            self.moment(Attribute::ConversationSlaBreachAt, breach.at.value());
        }
        let satisfied_at = sla.summary.value().and_then(|summary| summary.satisfied_at.value());
        self.moment(Attribute::ConversationSlaSatisfiedAt, satisfied_at);
    }

    fn conversation_counts(&mut self, of: &ConversationAttributes) {
        for (attribute, count) in [
            (Attribute::ConversationPriority, &of.priority),
            (Attribute::ConversationMessageCount, &of.message_count),
            (Attribute::ConversationNoteCount, &of.note_count),
            (Attribute::ConversationOutboundMessageCount, &of.outbound_message_count),
        ] {
            self.count(attribute, count.value().copied());
        }
    }
}

fn text(field: &Field<String>) -> &str {
    field.value().map(String::as_str).unwrap_or_default()
}
