//! The rows of the table: a row's columns are those of the macro.

use super::super::handle::{
    AnyAttribute, BooleanAttribute, ExactAttribute, ListAttribute, MomentAttribute, NumberAttribute, SortAttribute,
    Sortable, StringAttribute, TextAttribute,
};
use super::{
    ANYTHING, BOTH, CHANNELS, CRITERION, Class, Context, DIGITS, DIRECTION_TYPES, DIRECTIONS, Entry, GENDERS, MANY,
    MESSAGE_STATUSES, NETWORKS, NOWHERE, Name, ONE, PART, PRESENCES, QUEUES, SENTIMENTS, SLA_METRICS, SLA_STATUSES,
    SORT, SOURCES, STATUSES, SURVEYS, TEXTLESS, WORDS,
};

attributes! {
    in Customer {
        /// Every text of the customer.
        AnyText ANY_TEXT: AnyAttribute, Any, "customer_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The name.
        Name NAME: StringAttribute<Sortable>, String, "customer_name", "name", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// `m` or `f`.
        Gender GENDER: ListAttribute<Sortable>, List, "customer_gender", "gender", TEXTLESS, ONE, GENDERS, BOTH, NOWHERE;
        /// `online`, `offline` or `idle`.
        Presence PRESENCE: ListAttribute, List, "customer_presence", "presence", TEXTLESS, ONE, PRESENCES, CRITERION, NOWHERE;
        /// E-mail addresses.
        Email EMAIL: StringAttribute, String, "customer_email", "emails[].email", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// E-mail addresses that others may hold too.
        SharedEmail SHARED_EMAIL: StringAttribute, String, "customer_shared_email", "sharedEmails[].email", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Phone numbers.
        Phone PHONE: StringAttribute, String, "customer_phone", "phones[].phone", DIGITS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Phone numbers that others may hold too.
        SharedPhone SHARED_PHONE: StringAttribute, String, "customer_shared_phone", "sharedPhones[].phone", DIGITS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Web addresses.
        Urls URLS: StringAttribute, String, "customer_urls", "urls[].url", WORDS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Each part of each postal address.
        Address ADDRESS: StringAttribute, String, "customer_address", "locations[]", WORDS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Language and country, such as `en_US`.
        Locale LOCALE: StringAttribute, String, "customer_locale", "locale", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When anything last happened.
        ActivityAt ACTIVITY_AT: MomentAttribute<Sortable>, Datetime, "customer_activity_at", "lastActivityAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the customer was last online.
        LastSeenAt LAST_SEEN_AT: MomentAttribute<Sortable>, Datetime, "customer_last_seen_at", "lastSeenAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the customer signed up.
        SignedUpAt SIGNED_UP_AT: MomentAttribute<Sortable>, Datetime, "customer_signed_up_at", "signedUpAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message from the customer was sent.
        LastMessageSentAt LAST_MESSAGE_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_sent_at", "lastMessageIn.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message to the customer was sent.
        LastMessageOutSentAt LAST_MESSAGE_OUT_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_out_sent_at", "lastMessageOut.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message that waits for an answer was sent.
        LastMessageUnrespondedToSentAt LAST_MESSAGE_UNRESPONDED_TO_SENT_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_unresponded_to_sent_at", "lastMessageUnrespondedTo.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message was sent, in either direction.
        LastMessageAt LAST_MESSAGE_AT: MomentAttribute<Sortable>, Datetime, "customer_last_message_at", "lastMessageAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The primary external id first, then the others.
        ExternalId EXTERNAL_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_externalId", "externalId and externalIds[].externalId", PART, MANY, ANYTHING, BOTH, NOWHERE;
        /// External ids that others may hold too.
        SharedExternalId SHARED_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "customer_shared_externalId", "sharedExternalIds[].externalId", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// When the record was made.
        CreatedAt CREATED_AT: MomentAttribute<Sortable>, Datetime, "customer_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything last changed.
        UpdatedAt UPDATED_AT: MomentAttribute<Sortable>, Datetime, "customer_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When somebody last changed anything.
        ModifiedAt MODIFIED_AT: MomentAttribute<Sortable>, Datetime, "customer_modified_at", "modifiedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the user who made the record.
        CreatedBy CREATED_BY: ListAttribute, List, "customer_created_by", "relationships.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who last changed the record.
        ModifiedBy MODIFIED_BY: ListAttribute, List, "customer_modified_by", "relationships.modifiedBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The average score of the customer's ratings of the service.
        SatisfactionAvgScore SATISFACTION_AVG_SCORE: NumberAttribute, Number, "customer_satisfaction_avg_score", "satisfactionLevel.avgScore", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The average rating of the service.
        SatisfactionAvgRating SATISFACTION_AVG_RATING: NumberAttribute, Number, "customer_satisfaction_avg_rating", "satisfactionLevel.avgRating", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many conversations there are.
        ConversationsCount CONVERSATIONS_COUNT: NumberAttribute, Number, "customer_conversations_count", "conversationCounts.all", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Every status that a conversation of the customer has.
        Status STATUS: ListAttribute, List, "customer_status", "conversationCounts above 0", TEXTLESS, MANY, STATUSES, CRITERION, NOWHERE;
        /// The most active status of any conversation.
        ProgressiveStatus PROGRESSIVE_STATUS: ListAttribute<Sortable>, List, "customer_progressive_status", "progressiveStatus", TEXTLESS, ONE, STATUSES, BOTH, NOWHERE;
        /// Ids of the users that have the customer open now.
        ActiveUsers ACTIVE_USERS: ListAttribute, List, "customer_active_users", "activeUsers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Ids of the users that follow the customer.
        Watchers WATCHERS: ListAttribute, List, "customer_watchers", "watchers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Tags, by id or by name.
        Tags TAGS: ListAttribute, List, "customer_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// `happy`, `unhappy` or `indifferent`.
        Sentiment SENTIMENT: ListAttribute, List, "customer_sentiment", "sentiment.polarity", TEXTLESS, ONE, SENTIMENTS, CRITERION, NOWHERE;
        /// The networks of the social profiles, and `whatsapp` where there is such a number.
        SocialType SOCIAL_TYPE: ListAttribute, List, "customer_social_type", "socials[].type and whatsapps", TEXTLESS, MANY, NETWORKS, CRITERION, NOWHERE;
        /// The ids of the social profiles.
        SocialUserid SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_social_userid", "socials[].userid", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The names of the social profiles.
        SocialUsername SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_social_username", "socials[].username", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The networks of the shared social profiles, and `whatsapp` where there is such a number.
        SharedSocialType SHARED_SOCIAL_TYPE: ListAttribute, List, "customer_shared_social_type", "sharedSocials[].type and sharedWhatsapps", TEXTLESS, MANY, NETWORKS, CRITERION, NOWHERE;
        /// The ids of the shared social profiles.
        SharedSocialUserid SHARED_SOCIAL_USERID: ExactAttribute, StringNotAnalyzed, "customer_shared_social_userid", "sharedSocials[].userid", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The names of the shared social profiles.
        SharedSocialUsername SHARED_SOCIAL_USERNAME: ExactAttribute, StringNotAnalyzed, "customer_shared_social_username", "sharedSocials[].username", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The language, such as `en_us`.
        DefaultLang DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "customer_default_lang", "defaultLang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the record was imported.
        ImportedAt IMPORTED_AT: MomentAttribute, Datetime, "customer_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the record was imported.
        Imported IMPORTED: BooleanAttribute, Boolean, "customer_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the message shown as a preview was sent; only to sort by.
        LastMessagePreview LAST_MESSAGE_PREVIEW: SortAttribute, Datetime, "customer_lastmessage_preview", "preview.previewAt", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are done; only to sort by.
        Done DONE: SortAttribute, Number, "customer_done", "conversationCounts.done", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are open; only to sort by.
        Open OPEN: SortAttribute, Number, "customer_open", "conversationCounts.open", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// How many conversations are snoozed; only to sort by.
        Snoozed SNOOZED: SortAttribute, Number, "customer_snoozed", "conversationCounts.snoozed", TEXTLESS, ONE, ANYTHING, SORT, NOWHERE;
        /// The id of the customer; archive search only.
        Id ID: ExactAttribute, StringNotAnalyzed, "customer_id", "id", TEXTLESS, ONE, ANYTHING, NOWHERE, CRITERION;
        /// The id of the customer's company; archive search only.
        CompanyId COMPANY_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "customer_companyId", "relationships.company", TEXTLESS, ONE, ANYTHING, NOWHERE, BOTH;
        /// Whether the record is deleted; archive search only.
        Deleted DELETED: BooleanAttribute<Sortable>, Boolean, "customer_deleted", "deleted", TEXTLESS, ONE, ANYTHING, NOWHERE, BOTH;
        /// How many events were tracked of the customer, as far as they are kept.
        TrackingEvents TRACKING_EVENTS: NumberAttribute, Number, "tracking_events", "number of tracked events", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Every text of the customer, as the archive search calls it.
        AnyTextNew ANY_TEXT_NEW: AnyAttribute, Any, "customer_any_text_new", "every text", TEXTLESS, MANY, ANYTHING, NOWHERE, CRITERION;
    }

    in Company {
        /// Every text of the company.
        CompanyAnyText COMPANY_ANY_TEXT: AnyAttribute, Any, "company_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The id of the company.
        CompanyRecordId COMPANY_RECORD_ID: ExactAttribute, StringNotAnalyzed, "company_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, CRITERION;
        /// The name of the company.
        CompanyName COMPANY_NAME: StringAttribute<Sortable>, String, "company_name", "name", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the company in another system.
        CompanyExternalId COMPANY_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "company_externalId", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Tags of the company, by id or by name.
        CompanyTags COMPANY_TAGS: ListAttribute, List, "company_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The language of the company, such as `en_us`.
        CompanyDefaultLang COMPANY_DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "company_default_lang", "defaultLang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the company was created.
        CompanyCreatedAt COMPANY_CREATED_AT: MomentAttribute<Sortable>, Datetime, "company_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the company last changed.
        CompanyUpdatedAt COMPANY_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "company_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When the company was imported.
        CompanyImportedAt COMPANY_IMPORTED_AT: MomentAttribute, Datetime, "company_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the company was imported.
        CompanyImported COMPANY_IMPORTED: BooleanAttribute, Boolean, "company_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }

    in KObject {
        /// Every text of the kobject.
        KObjectAnyText KOBJECT_ANY_TEXT: AnyAttribute, Any, "kobject_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, CRITERION;
        /// The id of the kobject.
        KObjectId KOBJECT_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The name of the klass.
        KObjectKlass KOBJECT_KLASS: ListAttribute, List, "kobject_klass", "type", TEXTLESS, ONE, ANYTHING, CRITERION, CRITERION;
        /// The title of the kobject.
        KObjectTitle KOBJECT_TITLE: StringAttribute<Sortable>, String, "kobject_title", "title", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the kobject in another system.
        KObjectExternalId KOBJECT_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "kobject_externalId", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer of the kobject.
        KObjectCustomerId KOBJECT_CUSTOMER_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The id of the company that the kobject belongs to.
        KObjectCompanyId KOBJECT_COMPANY_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "kobject_company_id", "relationships.company", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// Tags of the kobject, by id or by name.
        KObjectTags KOBJECT_TAGS: ListAttribute, List, "kobject_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// When the kobject was created.
        KObjectCreatedAt KOBJECT_CREATED_AT: MomentAttribute<Sortable>, Datetime, "kobject_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the kobject last changed.
        KObjectUpdatedAt KOBJECT_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "kobject_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When the kobject was imported.
        KObjectImportedAt KOBJECT_IMPORTED_AT: MomentAttribute, Datetime, "kobject_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the kobject was imported.
        KObjectImported KOBJECT_IMPORTED: BooleanAttribute, Boolean, "kobject_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }

    in Conversation {
        /// Every text of the conversation, but for the preview.
        ConversationAnyText CONVERSATION_ANY_TEXT: AnyAttribute, Any, "conversation_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, CRITERION;
        /// The id of the conversation.
        ConversationId CONVERSATION_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "conversation_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The name of the conversation.
        ConversationName CONVERSATION_NAME: StringAttribute<Sortable>, String, "conversation_name", "name", WORDS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the conversation in another system.
        ConversationExternalId CONVERSATION_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "conversation_externalId", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// `open`, `snoozed` or `done`.
        ConversationStatus CONVERSATION_STATUS: ListAttribute, List, "conversation_status", "status", TEXTLESS, ONE, STATUSES, CRITERION, NOWHERE;
        /// The channels of the messages.
        ConversationChannels CONVERSATION_CHANNELS: ListAttribute, List, "conversation_channels", "channels[]", TEXTLESS, MANY, CHANNELS, CRITERION, NOWHERE;
        /// Who wrote first.
        ConversationDirection CONVERSATION_DIRECTION: ListAttribute, List, "conversation_direction", "direction", TEXTLESS, ONE, DIRECTIONS, CRITERION, NOWHERE;
        /// 1 to 5.
        ConversationPriority CONVERSATION_PRIORITY: NumberAttribute<Sortable>, Number, "conversation_priority", "priority", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The channel to answer through.
        ConversationReplyChannel CONVERSATION_REPLY_CHANNEL: ListAttribute, List, "conversation_reply_channel", "replyChannel", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Tags of the conversation, by id or by name.
        ConversationTags CONVERSATION_TAGS: ListAttribute, List, "conversation_tags", "tags[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the users that the conversation is assigned to.
        ConversationAssignedUsers CONVERSATION_ASSIGNED_USERS: ListAttribute, List, "conversation_assigned_users", "assignedUsers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the teams that the conversation is assigned to.
        ConversationAssignedTeams CONVERSATION_ASSIGNED_TEAMS: ListAttribute, List, "conversation_assigned_teams", "assignedTeams[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The id of the queue that the conversation waits in.
        ConversationQueue CONVERSATION_QUEUE: ListAttribute, List, "conversation_queue", "relationships.queue", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The queue of another system.
        ConversationExternalQueue CONVERSATION_EXTERNAL_QUEUE: ListAttribute, List, "conversation_external_queue", "externalQueue", TEXTLESS, ONE, QUEUES, CRITERION, NOWHERE;
        /// The id of the sub-status.
        ConversationSubStatus CONVERSATION_SUB_STATUS: ExactAttribute, StringNotAnalyzed, "conversation_sub_status", "subStatus", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer of the conversation.
        ConversationCustomerId CONVERSATION_CUSTOMER_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "conversation_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The id of the campaign.
        ConversationCampaignId CONVERSATION_CAMPAIGN_ID: ExactAttribute, StringNotAnalyzed, "conversation_campaign_id", "relationships.campaign", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The language of the conversation, such as `en_us`.
        ConversationDefaultLang CONVERSATION_DEFAULT_LANG: ExactAttribute, StringNotAnalyzed, "conversation_default_lang", "defaultLang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How satisfied the customer is, from -1 to 1.
        ConversationSatisfaction CONVERSATION_SATISFACTION: StringAttribute, String, "conversation_satisfaction", "satisfaction", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The score of the survey.
        ConversationSatisfactionScore CONVERSATION_SATISFACTION_SCORE: NumberAttribute, Number, "conversation_satisfaction_score", "satisfactionLevel.score", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The rating of the survey.
        ConversationSatisfactionRating CONVERSATION_SATISFACTION_RATING: NumberAttribute, Number, "conversation_satisfaction_rating", "satisfactionLevel.rating", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// What became of the survey.
        ConversationSatisfactionStatus CONVERSATION_SATISFACTION_STATUS: ListAttribute, List, "conversation_satisfaction_status", "satisfactionLevel.status", TEXTLESS, ONE, SURVEYS, CRITERION, NOWHERE;
        /// When the survey was created.
        ConversationSatisfactionCreatedAt CONVERSATION_SATISFACTION_CREATED_AT: MomentAttribute, Datetime, "conversation_satisfaction_created_at", "satisfactionLevel.createdAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the form of the survey.
        ConversationSatisfactionSurveyId CONVERSATION_SATISFACTION_SURVEY_ID: ListAttribute, List, "conversation_satisfaction_survey_id", "satisfactionLevel.form", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who sent the survey.
        ConversationSatisfactionSentBy CONVERSATION_SATISFACTION_SENT_BY: ListAttribute, List, "conversation_satisfaction_sent_by", "satisfactionLevel.sentBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the teams of the user who sent the survey.
        ConversationSatisfactionSentByTeams CONVERSATION_SATISFACTION_SENT_BY_TEAMS: ListAttribute, List, "conversation_satisfaction_sent_by_teams", "satisfactionLevel.sentByTeams[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// `happy`, `unhappy` or `indifferent`.
        ConversationSentiment CONVERSATION_SENTIMENT: ListAttribute, List, "conversation_sentiment", "sentiment.polarity", TEXTLESS, ONE, SENTIMENTS, CRITERION, NOWHERE;
        /// Whether the conversation has ended.
        ConversationEnded CONVERSATION_ENDED: BooleanAttribute, Boolean, "conversation_ended", "ended", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the conversation ended.
        ConversationEndedAt CONVERSATION_ENDED_AT: MomentAttribute, Datetime, "conversation_ended_at", "endedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Why the conversation ended.
        ConversationEndedReason CONVERSATION_ENDED_REASON: StringAttribute, String, "conversation_ended_reason", "endedReason", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many messages the conversation has.
        ConversationMessageCount CONVERSATION_MESSAGE_COUNT: NumberAttribute<Sortable>, Number, "conversation_message_count", "messageCount", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// How many notes the conversation has.
        ConversationNoteCount CONVERSATION_NOTE_COUNT: NumberAttribute, Number, "conversation_note_count", "noteCount", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many of the messages are to the customer.
        ConversationOutboundMessageCount CONVERSATION_OUTBOUND_MESSAGE_COUNT: NumberAttribute, Number, "conversation_outbound_message_count", "outboundMessageCount", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the newest message from the customer was sent.
        ConversationLastMessageSentAt CONVERSATION_LAST_MESSAGE_SENT_AT: MomentAttribute<Sortable>, Datetime, "conversation_last_message_sent_at", "lastMessageIn.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message to the customer was sent.
        ConversationLastMessageOutSentAt CONVERSATION_LAST_MESSAGE_OUT_SENT_AT: MomentAttribute<Sortable>, Datetime, "conversation_last_message_out_sent_at", "lastMessageOut.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message that waits for an answer was sent.
        ConversationLastMessageUnrespondedToSentAt CONVERSATION_LAST_MESSAGE_UNRESPONDED_TO_SENT_AT: MomentAttribute<Sortable>, Datetime, "conversation_last_message_unresponded_to_sent_at", "lastMessageUnrespondedTo.sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the newest message was sent, in either direction.
        ConversationLastMessageAt CONVERSATION_LAST_MESSAGE_AT: MomentAttribute<Sortable>, Datetime, "conversation_last_message_at", "lastMessageAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The direction of the newest message.
        ConversationLastMessageDirection CONVERSATION_LAST_MESSAGE_DIRECTION: ListAttribute, List, "conversation_last_message_direction", "lastMessageDirection", TEXTLESS, ONE, DIRECTIONS, CRITERION, NOWHERE;
        /// When the customer was first answered.
        ConversationFirstResponseSentAt CONVERSATION_FIRST_RESPONSE_SENT_AT: MomentAttribute, Datetime, "conversation_first_response_sent_at", "firstResponse.sentAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many milliseconds after the beginning the customer was first answered.
        ConversationFirstResponseTime CONVERSATION_FIRST_RESPONSE_TIME: NumberAttribute, Number, "conversation_first_response_time", "firstResponse.time", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who answered first.
        ConversationFirstResponseCreatedBy CONVERSATION_FIRST_RESPONSE_CREATED_BY: ListAttribute, List, "conversation_first_response_created_by", "firstResponse.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who answered last.
        ConversationLastResponseCreatedBy CONVERSATION_LAST_RESPONSE_CREATED_BY: ListAttribute, List, "conversation_last_response_created_by", "lastResponse.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the first message from the customer was sent.
        ConversationFirstMessageInSentAt CONVERSATION_FIRST_MESSAGE_IN_SENT_AT: MomentAttribute, Datetime, "conversation_first_message_in_sent_at", "firstMessageIn.sentAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The part of the first message from the customer in its conversation.
        ConversationFirstMessageInDirectionType CONVERSATION_FIRST_MESSAGE_IN_DIRECTION_TYPE: ListAttribute, List, "conversation_first_message_in_direction_type", "firstMessageIn.directionType", TEXTLESS, ONE, DIRECTION_TYPES, CRITERION, NOWHERE;
        /// The channel of the first message from the customer.
        ConversationFirstMessageInChannel CONVERSATION_FIRST_MESSAGE_IN_CHANNEL: ListAttribute, List, "conversation_first_message_in_channel", "firstMessageIn.channel", TEXTLESS, ONE, CHANNELS, CRITERION, NOWHERE;
        /// When the first message to the customer was sent.
        ConversationFirstMessageOutSentAt CONVERSATION_FIRST_MESSAGE_OUT_SENT_AT: MomentAttribute, Datetime, "conversation_first_message_out_sent_at", "firstMessageOut.sentAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The part of the first message to the customer in its conversation.
        ConversationFirstMessageOutDirectionType CONVERSATION_FIRST_MESSAGE_OUT_DIRECTION_TYPE: ListAttribute, List, "conversation_first_message_out_direction_type", "firstMessageOut.directionType", TEXTLESS, ONE, DIRECTION_TYPES, CRITERION, NOWHERE;
        /// The channel of the first message to the customer.
        ConversationFirstMessageOutChannel CONVERSATION_FIRST_MESSAGE_OUT_CHANNEL: ListAttribute, List, "conversation_first_message_out_channel", "firstMessageOut.channel", TEXTLESS, ONE, CHANNELS, CRITERION, NOWHERE;
        /// The id of the user who first resolved the conversation.
        ConversationFirstDoneCreatedBy CONVERSATION_FIRST_DONE_CREATED_BY: ListAttribute, List, "conversation_first_done_created_by", "firstDone.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who last resolved the conversation.
        ConversationLastDoneCreatedBy CONVERSATION_LAST_DONE_CREATED_BY: ListAttribute, List, "conversation_last_done_created_by", "lastDone.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the conversation was last resolved.
        ConversationLastDoneCreatedAt CONVERSATION_LAST_DONE_CREATED_AT: MomentAttribute<Sortable>, Datetime, "conversation_last_done_created_at", "lastDone.createdAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the conversation was created.
        ConversationCreatedAt CONVERSATION_CREATED_AT: MomentAttribute<Sortable>, Datetime, "conversation_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the conversation last changed.
        ConversationUpdatedAt CONVERSATION_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "conversation_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When somebody last changed anything of the conversation.
        ConversationModifiedAt CONVERSATION_MODIFIED_AT: MomentAttribute<Sortable>, Datetime, "conversation_modified_at", "modifiedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The id of the user who last changed the conversation.
        ConversationModifiedBy CONVERSATION_MODIFIED_BY: ListAttribute, List, "conversation_modified_by", "relationships.modifiedBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether time is measured by the SLA: `pending`, `paused` or `done`.
        ConversationSlaStatus CONVERSATION_SLA_STATUS: ListAttribute, List, "conversation_sla_status", "sla.status", TEXTLESS, ONE, SLA_STATUSES, CRITERION, NOWHERE;
        /// The id of the SLA that applies to the conversation.
        ConversationSlaId CONVERSATION_SLA_ID: ListAttribute, List, "conversation_sla_id", "relationships.sla", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the version of the SLA.
        ConversationSlaVersionId CONVERSATION_SLA_VERSION_ID: ExactAttribute, StringNotAnalyzed, "conversation_sla_version_id", "relationships.slaVersion", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether anything took longer than the SLA allows.
        ConversationSlaBreached CONVERSATION_SLA_BREACHED: BooleanAttribute, Boolean, "conversation_sla_breached", "sla.breached", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the first metric took too long, or the next one will.
        ConversationSlaBreachAt CONVERSATION_SLA_BREACH_AT: MomentAttribute<Sortable>, Datetime, "conversation_sla_breach_at", "sla.breach.at", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// The metric that took too long first, or will next.
        ConversationSlaBreachMetric CONVERSATION_SLA_BREACH_METRIC: ListAttribute, List, "conversation_sla_breach_metric", "sla.breach.metric", TEXTLESS, ONE, SLA_METRICS, CRITERION, NOWHERE;
        /// When the SLA was satisfied.
        ConversationSlaSatisfiedAt CONVERSATION_SLA_SATISFIED_AT: MomentAttribute<Sortable>, Datetime, "conversation_sla_satisfied_at", "sla.summary.satisfiedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the conversation was imported.
        ConversationImportedAt CONVERSATION_IMPORTED_AT: MomentAttribute, Datetime, "conversation_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the conversation was imported.
        ConversationImported CONVERSATION_IMPORTED: BooleanAttribute, Boolean, "conversation_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the conversation is deleted; archive search only.
        ConversationDeleted CONVERSATION_DELETED: BooleanAttribute<Sortable>, Boolean, "conversation_deleted", "deleted", TEXTLESS, ONE, ANYTHING, NOWHERE, BOTH;
    }

    in Message {
        /// Every text of the message.
        MessageAnyText MESSAGE_ANY_TEXT: AnyAttribute, Any, "message_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, CRITERION;
        /// The id of the message.
        MessageId MESSAGE_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "message_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The text of the message.
        MessageBody MESSAGE_BODY: TextAttribute, Text, "message_body", "preview", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The subject of the message.
        MessageSubject MESSAGE_SUBJECT: TextAttribute, Text, "message_subject", "subject", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the message in another system.
        MessageExternalId MESSAGE_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "message_external_id", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The channel.
        MessageChannel MESSAGE_CHANNEL: ListAttribute, List, "message_channel", "channel", TEXTLESS, ONE, CHANNELS, CRITERION, NOWHERE;
        /// `in` from the customer, `out` to the customer.
        MessageDirection MESSAGE_DIRECTION: ListAttribute, List, "message_direction", "direction", TEXTLESS, ONE, DIRECTIONS, CRITERION, NOWHERE;
        /// The part of the message in its conversation.
        MessageDirectionType MESSAGE_DIRECTION_TYPE: ListAttribute, List, "message_direction_type", "directionType", TEXTLESS, ONE, DIRECTION_TYPES, CRITERION, NOWHERE;
        /// What became of the message.
        MessageStatus MESSAGE_STATUS: ListAttribute, List, "message_status", "status", TEXTLESS, ONE, MESSAGE_STATUSES, CRITERION, NOWHERE;
        /// Why the message could not be sent.
        MessageErrorTitle MESSAGE_ERROR_TITLE: StringAttribute, String, "message_error_title", "error.title", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the message could not be sent.
        MessageErrorAt MESSAGE_ERROR_AT: MomentAttribute, Datetime, "message_error_at", "errorAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The recipients of the message.
        MessageRecipients MESSAGE_RECIPIENTS: StringAttribute, String, "message_recipients", "meta.to, meta.cc and meta.bcc", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The sender of the message.
        MessageSender MESSAGE_SENDER: StringAttribute, String, "message_sender", "meta.from", PART, MANY, ANYTHING, CRITERION, NOWHERE;
        /// What sent the message.
        MessageSource MESSAGE_SOURCE: ListAttribute, List, "message_source", "source", TEXTLESS, ONE, SOURCES, CRITERION, NOWHERE;
        /// Whether a machine wrote the message.
        MessageAuto MESSAGE_AUTO: BooleanAttribute, Boolean, "message_auto", "auto", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The size of the message in bytes.
        MessageSize MESSAGE_SIZE: NumberAttribute, Number, "message_size", "size", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many attachments the message has.
        MessageAttachmentCount MESSAGE_ATTACHMENT_COUNT: NumberAttribute, Number, "message_attachment_count", "relationships.attachments", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// `happy`, `unhappy` or `indifferent`.
        MessageSentiment MESSAGE_SENTIMENT: ListAttribute, List, "message_sentiment", "sentiment.polarity", TEXTLESS, ONE, SENTIMENTS, CRITERION, NOWHERE;
        /// The language of the message, such as `en_us`.
        MessageLang MESSAGE_LANG: ExactAttribute, StringNotAnalyzed, "message_lang", "lang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the shortcuts that the message was written with.
        MessageShortcuts MESSAGE_SHORTCUTS: ExactAttribute, StringNotAnalyzed, "message_shortcuts", "shortcuts[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// Whether something of the message was redacted.
        MessageRedacted MESSAGE_REDACTED: BooleanAttribute, Boolean, "message_redacted", "redacted", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When something of the message was last redacted.
        MessageRedactedAt MESSAGE_REDACTED_AT: MomentAttribute, Datetime, "message_redacted_at", "redactedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer of the message.
        MessageCustomerId MESSAGE_CUSTOMER_ID: ExactAttribute, StringNotAnalyzed, "message_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the conversation that the message belongs to.
        MessageConversationId MESSAGE_CONVERSATION_ID: ExactAttribute<Sortable>, StringNotAnalyzed, "message_conversation_id", "relationships.conversation", TEXTLESS, ONE, ANYTHING, CRITERION, BOTH;
        /// The id of the user who wrote the message.
        MessageCreatedBy MESSAGE_CREATED_BY: ListAttribute, List, "message_created_by", "relationships.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who last changed the message.
        MessageModifiedBy MESSAGE_MODIFIED_BY: ListAttribute, List, "message_modified_by", "relationships.modifiedBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the message was sent.
        MessageSentAt MESSAGE_SENT_AT: MomentAttribute<Sortable>, Datetime, "message_sent_at", "sentAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the message was recorded.
        MessageCreatedAt MESSAGE_CREATED_AT: MomentAttribute<Sortable>, Datetime, "message_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When anything of the message last changed.
        MessageUpdatedAt MESSAGE_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "message_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, BOTH;
        /// When the message was imported.
        MessageImportedAt MESSAGE_IMPORTED_AT: MomentAttribute, Datetime, "message_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the message was imported.
        MessageImported MESSAGE_IMPORTED: BooleanAttribute, Boolean, "message_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }

    in Note {
        /// Every text of the note.
        NoteAnyText NOTE_ANY_TEXT: AnyAttribute, Any, "note_any_text", "every text", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The id of the note.
        NoteId NOTE_ID: ExactAttribute, StringNotAnalyzed, "note_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The text of the note.
        NoteBody NOTE_BODY: TextAttribute, Text, "note_body", "body", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the note in another system.
        NoteExternalId NOTE_EXTERNAL_ID: ExactAttribute, StringNotAnalyzed, "note_external_id", "externalId", PART, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the users that the note mentions.
        NoteUserMentions NOTE_USER_MENTIONS: ListAttribute, List, "note_user_mentions", "relationships.userMentions", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the teams that the note mentions.
        NoteTeamMentions NOTE_TEAM_MENTIONS: ListAttribute, List, "note_team_mentions", "relationships.userMentions", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// How many attachments the note has.
        NoteAttachmentCount NOTE_ATTACHMENT_COUNT: NumberAttribute, Number, "note_attachment_count", "relationships.attachments", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The language of the note, such as `en_us`.
        NoteLang NOTE_LANG: ExactAttribute, StringNotAnalyzed, "note_lang", "lang", WORDS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer of the note.
        NoteCustomerId NOTE_CUSTOMER_ID: ExactAttribute, StringNotAnalyzed, "note_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the conversation that the note is about.
        NoteConversationId NOTE_CONVERSATION_ID: ExactAttribute, StringNotAnalyzed, "note_conversation_id", "relationships.conversation", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who wrote the note.
        NoteCreatedBy NOTE_CREATED_BY: ListAttribute, List, "note_created_by", "relationships.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who last changed the note.
        NoteModifiedBy NOTE_MODIFIED_BY: ListAttribute, List, "note_modified_by", "relationships.modifiedBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the note was created.
        NoteCreatedAt NOTE_CREATED_AT: MomentAttribute<Sortable>, Datetime, "note_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When anything of the note last changed.
        NoteUpdatedAt NOTE_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "note_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When somebody last changed the note.
        NoteModifiedAt NOTE_MODIFIED_AT: MomentAttribute<Sortable>, Datetime, "note_modified_at", "modifiedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the note was imported.
        NoteImportedAt NOTE_IMPORTED_AT: MomentAttribute, Datetime, "note_imported_at", "importedAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the note was imported.
        NoteImported NOTE_IMPORTED: BooleanAttribute, Boolean, "note_imported", "importedAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the note is deleted.
        NoteDeleted NOTE_DELETED: BooleanAttribute, Boolean, "note_deleted", "deleted", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }

    in ConversationTime {
        /// The id of the conversation time.
        ConversationTimeId CONVERSATION_TIME_ID: ExactAttribute, StringNotAnalyzed, "conversation_time_id", "id", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the customer of the conversation.
        ConversationTimeCustomerId CONVERSATION_TIME_CUSTOMER_ID: ExactAttribute, StringNotAnalyzed, "conversation_time_customer_id", "relationships.customer", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the conversation.
        ConversationTimeConversationId CONVERSATION_TIME_CONVERSATION_ID: ExactAttribute, StringNotAnalyzed, "conversation_time_conversation_id", "relationships.conversation", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The id of the user who acted.
        ConversationTimeCreatedBy CONVERSATION_TIME_CREATED_BY: ListAttribute, List, "conversation_time_created_by", "relationships.createdBy", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the teams of the user who acted.
        ConversationTimeCreatedByTeams CONVERSATION_TIME_CREATED_BY_TEAMS: ListAttribute, List, "conversation_time_created_by_teams", "createdByTeams[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the users that the conversation was assigned to.
        ConversationTimeAssignedUsers CONVERSATION_TIME_ASSIGNED_USERS: ListAttribute, List, "conversation_time_assigned_users", "assignedUsers[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The ids of the teams that the conversation was assigned to.
        ConversationTimeAssignedTeams CONVERSATION_TIME_ASSIGNED_TEAMS: ListAttribute, List, "conversation_time_assigned_teams", "assignedTeams[]", TEXTLESS, MANY, ANYTHING, CRITERION, NOWHERE;
        /// The channels of the conversation.
        ConversationTimeChannels CONVERSATION_TIME_CHANNELS: ListAttribute, List, "conversation_time_channels", "channels[]", TEXTLESS, MANY, CHANNELS, CRITERION, NOWHERE;
        /// How long the user took, in milliseconds.
        ConversationTimeHandleTime CONVERSATION_TIME_HANDLE_TIME: NumberAttribute, Number, "conversation_time_handle_time", "handleTime", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How long the user took for a message, in milliseconds.
        ConversationTimeMessageTime CONVERSATION_TIME_MESSAGE_TIME: NumberAttribute, Number, "conversation_time_message_time", "messageTime", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How long the user took for a note, in milliseconds.
        ConversationTimeNoteTime CONVERSATION_TIME_NOTE_TIME: NumberAttribute, Number, "conversation_time_note_time", "noteTime", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the user acted, as the record was created.
        ConversationTimeCreatedAt CONVERSATION_TIME_CREATED_AT: MomentAttribute<Sortable>, Datetime, "conversation_time_created_at", "createdAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When anything of the record last changed.
        ConversationTimeUpdatedAt CONVERSATION_TIME_UPDATED_AT: MomentAttribute<Sortable>, Datetime, "conversation_time_updated_at", "updatedAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the user acted.
        ConversationTimeHandleAt CONVERSATION_TIME_HANDLE_AT: MomentAttribute<Sortable>, Datetime, "conversation_time_handle_at", "handleAt", TEXTLESS, ONE, ANYTHING, BOTH, NOWHERE;
        /// When the user wrote a message.
        ConversationTimeMessageAt CONVERSATION_TIME_MESSAGE_AT: MomentAttribute, Datetime, "conversation_time_message_at", "messageAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// When the user wrote a note.
        ConversationTimeNoteAt CONVERSATION_TIME_NOTE_AT: MomentAttribute, Datetime, "conversation_time_note_at", "noteAt", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the user marked the conversation as done.
        ConversationTimeResolved CONVERSATION_TIME_RESOLVED: BooleanAttribute, Boolean, "conversation_time_resolved", "resolved", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the user snoozed the conversation.
        ConversationTimeSnoozed CONVERSATION_TIME_SNOOZED: BooleanAttribute, Boolean, "conversation_time_snoozed", "snoozed", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the user opened the conversation again.
        ConversationTimeReopened CONVERSATION_TIME_REOPENED: BooleanAttribute, Boolean, "conversation_time_reopened", "reopened", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// Whether the user touched the conversation, which is what every conversation time is about.
        ConversationTimeTouched CONVERSATION_TIME_TOUCHED: BooleanAttribute, Boolean, "conversation_time_touched", "always true", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many messages the user wrote: one, or none.
        ConversationTimeMessagesSent CONVERSATION_TIME_MESSAGES_SENT: NumberAttribute, Number, "conversation_time_messages_sent", "messageAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
        /// How many notes the user wrote: one, or none.
        ConversationTimeNotesSent CONVERSATION_TIME_NOTES_SENT: NumberAttribute, Number, "conversation_time_notes_sent", "noteAt is there", TEXTLESS, ONE, ANYTHING, CRITERION, NOWHERE;
    }
}
