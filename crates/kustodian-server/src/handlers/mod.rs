//! The served operations: a handler per operation, put behind its declaration. Adding one is a line here.

pub(crate) mod absent;
mod attached;
mod attachments;
mod audit_logs;
mod auth;
mod brands;
mod bulk;
mod companies;
mod conversation_events;
mod conversation_times;
mod conversations;
mod customer_events;
mod customers;
mod default;
mod drafts;
mod duplicates;
mod events;
pub(crate) mod family;
mod filed;
mod forwards;
mod history;
mod homes;
mod identities;
mod inbound_webhooks;
pub(crate) mod included;
mod klasses;
mod kobjects;
mod media;
pub(crate) mod merges;
mod messages;
mod metadata;
mod notes;
mod orgs;
mod outbound_accounts;
mod outbound_webhooks;
mod plain;
mod redactions;
mod role_groups;
mod routing_queues;
mod satisfaction;
mod saved_searches;
mod schedules;
mod search;
mod shortcuts;
mod slas;
mod spam_senders;
mod tags;
mod teams;
mod tracking;
mod unmasking;
mod users;

use std::time::Duration;

use kustodian_core::kind::Kind;
use kustodian_core::{draft as draft_rules, forward as forward_rules};
use kustomer_api::{
    attachment, audit, auth as auth_api, brand, bulk as bulk_api, company, conversation, conversation_time, customer,
    customer_merge, delivery, draft, event, forward, inbound_webhook, klass, kobject, media as media_api, message,
    metadata as metadata_api, note, org, outbound_account, outbound_webhook as webhook, role_group, routing_queue,
    satisfaction as satisfaction_api, saved_search, schedule, search as search_api, shortcut, sla, spam_sender, tag,
    team, tracking as tracking_api, user,
};

use crate::call::{open, open_to_any_query, served as serve};
use crate::routes::Served;
use crate::sign_in;

/// Every operation the server can run.
pub(crate) fn served() -> Vec<Served> {
    vec![
        serve::<customer::CreateCustomer, _, _>(customers::create_customer),
        serve::<customer::GetCustomers, _, _>(customers::get_customers),
        serve::<customer::GetCustomerById, _, _>(customers::get_customer_by_id),
        serve::<customer::GetMultipleCustomersByIds, _, _>(customers::get_multiple_customers_by_ids),
        serve::<customer::GetCustomerByEmail, _, _>(customers::get_customer_by_email),
        serve::<customer::GetCustomerByPhone, _, _>(customers::get_customer_by_phone),
        serve::<customer::GetCustomerByExternalId, _, _>(customers::get_customer_by_external_id),
        serve::<customer::UpdateCustomer, _, _>(customers::update_customer),
        serve::<customer::UpdateCustomerAttributes, _, _>(customers::update_customer_attributes),
        serve::<customer::DeleteCustomer, _, _>(customers::delete_customer),
        serve::<customer::RestoreCustomer, _, _>(customers::restore_customer),
        serve::<customer::EraseCustomer, _, _>(customers::erase_customer),
        serve::<customer::GetCustomerHistory, _, _>(|call| history::list(call, Kind::Customer)),
        serve::<customer_merge::CreateCustomerMerge, _, _>(merges::create_customer_merge),
        serve::<customer_merge::GetCustomerMerges, _, _>(merges::get_customer_merges),
        serve::<customer_merge::GetCustomerMerge, _, _>(merges::get_customer_merge),
        serve::<customer_merge::GetCustomerMergesByCustomer, _, _>(merges::get_customer_merges_by_customer),
        serve::<customer_merge::UndoCustomerMerge, _, _>(merges::undo_customer_merge),
        serve::<customer_merge::GetCustomerMergeHistory, _, _>(|call| history::list(call, Kind::CustomerMerge)),
        serve::<customer_merge::GetCustomerDuplicates, _, _>(duplicates::get_customer_duplicates),
        serve::<customer::CreateUnmaskingWindowByCustomer, _, _>(unmasking::create_unmasking_window_by_customer),
        serve::<customer::DeleteUnmaskingWindowByCustomer, _, _>(unmasking::delete_unmasking_window_by_customer),
        serve::<tracking_api::CreateTrackingEvent, _, _>(tracking::create_tracking_event),
        serve::<tracking_api::CreateTrackingIdentity, _, _>(tracking::create_tracking_identity),
        serve::<tracking_api::CreateTrackingIdentityEvent, _, _>(tracking::create_tracking_identity_event),
        serve::<tracking_api::GetCustomerSessions, _, _>(customer_events::get_customer_sessions),
        serve::<tracking_api::GetAllEventsByCustomerForSession, _, _>(
            customer_events::get_all_events_by_customer_for_session,
        ),
        serve::<tracking_api::GetAllCustomerEvents, _, _>(customer_events::get_all_customer_events),
        serve::<tracking_api::GetaCustomerEvent, _, _>(customer_events::geta_customer_event),
        serve::<company::GetCompanies, _, _>(companies::get_companies),
        serve::<company::CreateCompany, _, _>(companies::create_company),
        serve::<company::GetCompanyById, _, _>(companies::get_company_by_id),
        serve::<company::UpdateCompanyAttributes, _, _>(companies::update_company_attributes),
        serve::<company::GetCompanyHistory, _, _>(|call| history::list(call, Kind::Company)),
        serve::<company::FindCompanyKObjects, _, _>(kobjects::find_company_k_objects),
        bulk::serve::<bulk_api::BulkCreateCustomers>(),
        bulk::serve::<bulk_api::BulkBatchUpdateCustomers>(),
        bulk::serve::<bulk_api::BulkDeleteCustomers>(),
        bulk::serve::<bulk_api::BulkCreateCompanies>(),
        bulk::serve::<bulk_api::BulkBatchUpdateCompanies>(),
        bulk::serve::<bulk_api::BulkCreateKObjects>(),
        bulk::serve::<bulk_api::BulkBatchUpdateKObjects>(),
        bulk::serve::<bulk_api::BulkDeleteKObjects>(),
        bulk::serve::<bulk_api::BulkCreateConversations>(),
        bulk::serve::<bulk_api::BulkBatchUpdateConversations>(),
        bulk::serve::<bulk_api::BulkCreateMessages>(),
        bulk::serve::<bulk_api::BulkBatchUpdateMessages>(),
        bulk::serve::<bulk_api::BulkCreateNotes>(),
        bulk::serve::<bulk_api::BulkBatchUpdateNotes>(),
        serve::<bulk_api::GetBulkJobs, _, _>(bulk::get_bulk_jobs),
        serve::<bulk_api::GetBulkJob, _, _>(bulk::get_bulk_job),
        serve::<bulk_api::GetBulkBatches, _, _>(bulk::get_bulk_batches),
        serve::<bulk_api::GetBulkHistory, _, _>(|call| history::list(call, Kind::Bulk)),
        serve::<klass::GetKlasses, _, _>(klasses::get_klasses),
        serve::<klass::CreateKlass, _, _>(klasses::create_klass),
        serve::<klass::GetKlass, _, _>(klasses::get_klass),
        serve::<klass::GetKlassByName, _, _>(klasses::get_klass_by_name),
        serve::<klass::RestoreKlass, _, _>(klasses::restore_klass),
        serve::<klass::GetKlassHistory, _, _>(klasses::get_klass_history),
        serve::<klass::UpdateKlass, _, _>(klasses::update_klass),
        serve::<klass::DeleteKlass, _, _>(klasses::delete_klass),
        serve::<kobject::GetKObjects, _, _>(kobjects::get_k_objects),
        serve::<kobject::CreateKObject, _, _>(kobjects::create_k_object),
        serve::<kobject::CreateCustomerKObject, _, _>(kobjects::create_customer_k_object),
        serve::<kobject::FindCustomerKObjects, _, _>(kobjects::find_customer_k_objects),
        serve::<kobject::GetKObject, _, _>(kobjects::get_k_object),
        serve::<kobject::RestoreKObject, _, _>(kobjects::restore_k_object),
        serve::<kobject::GetKObjectHistory, _, _>(kobjects::get_k_object_history),
        serve::<kobject::GetKlassesByNameAndExternalId, _, _>(kobjects::get_klasses_by_name_and_external_id),
        serve::<kobject::UpdateKObject, _, _>(kobjects::update_k_object),
        serve::<kobject::DeleteKObject, _, _>(kobjects::delete_k_object),
        serve::<metadata_api::GetMetadata, _, _>(metadata::get_metadata),
        serve::<metadata_api::GetCustomAttributeMetadata, _, _>(metadata::get_custom_attribute_metadata),
        serve::<metadata_api::UpdateCustomAttributeMetadata, _, _>(metadata::update_custom_attribute_metadata),
        serve::<metadata_api::GetMetadataHistory, _, _>(metadata::get_metadata_history),
        serve::<search_api::CustomerSearch, _, _>(search::customer_search),
        serve::<search_api::CustomerArchiveSearch, _, _>(search::customer_archive_search),
        serve::<conversation::GetConversations, _, _>(conversations::get_conversations),
        serve::<conversation::CreateConversation, _, _>(conversations::create_conversation),
        serve::<conversation::CreateConversationForCustomer, _, _>(conversations::create_conversation_for_customer),
        serve::<conversation::GetConversationsByCustomer, _, _>(conversations::get_conversations_by_customer),
        serve::<conversation::GetConversation, _, _>(conversations::get_conversation),
        serve::<conversation::GetMultipleConversationsByIds, _, _>(conversations::get_multiple_conversations_by_ids),
        serve::<conversation::GetConversationByExternalId, _, _>(conversations::get_conversation_by_external_id),
        serve::<conversation::UpdateConversationAttributes, _, _>(conversations::update_conversation_attributes),
        serve::<conversation::UpdateConversation, _, _>(conversations::update_conversation),
        serve::<conversation::DeleteConversation, _, _>(conversations::delete_conversation),
        serve::<conversation::AppendTagsToConversation, _, _>(conversations::append_tags_to_conversation),
        serve::<conversation::RemoveTagsFromConversation, _, _>(conversations::remove_tags_from_conversation),
        serve::<conversation::GetConversationEvents, _, _>(conversation_events::get_conversation_events),
        serve::<conversation::GetConversationHistory, _, _>(|call| history::list(call, Kind::Conversation)),
        serve::<message::GetMessages, _, _>(messages::get_messages),
        serve::<message::CreateMessage, _, _>(messages::create_message),
        serve::<message::CreateMessageFromConversation, _, _>(messages::create_message_from_conversation),
        serve::<message::CreateMessageByCustomer, _, _>(messages::create_message_by_customer),
        serve::<message::GetMessagesByConversation, _, _>(messages::get_messages_by_conversation),
        serve::<message::GetMessagesByCustomer, _, _>(messages::get_messages_by_customer),
        serve::<message::GetMessage, _, _>(messages::get_message),
        serve::<message::GetMessageByExternalId, _, _>(messages::get_message_by_external_id),
        serve::<message::UpdateMessageAttributes, _, _>(messages::update_message_attributes),
        serve::<message::UpdateMessage, _, _>(messages::update_message),
        serve::<message::RedactMessage, _, _>(redactions::redact_message),
        serve::<message::GetMessageHistory, _, _>(|call| history::list(call, Kind::Message)),
        serve::<conversation_time::GetConversationTimes, _, _>(conversation_times::get_conversation_times),
        serve::<conversation_time::GetConversationTimesByConversationId, _, _>(
            conversation_times::get_conversation_times_by_conversation_id,
        ),
        serve::<conversation_time::GetConversationTimeByIds, _, _>(conversation_times::get_conversation_time_by_ids),
        serve::<conversation_time::GetConversationTimeById, _, _>(conversation_times::get_conversation_time_by_id),
        serve::<conversation_time::GetConversationTimeHistory, _, _>(|call| {
            history::list(call, Kind::ConversationTime)
        }),
        serve::<note::GetNotesForOrg, _, _>(notes::get_notes_for_org),
        serve::<note::CreateNote, _, _>(notes::create_note),
        serve::<note::CreateNoteWithinConversation, _, _>(notes::create_note_within_conversation),
        serve::<note::GetNotesByConversation, _, _>(notes::get_notes_by_conversation),
        serve::<note::GetNotesByCustomer, _, _>(notes::get_notes_by_customer),
        serve::<note::GetNoteById, _, _>(notes::get_note_by_id),
        serve::<note::PatchNoteById, _, _>(notes::patch_note_by_id),
        serve::<note::UpdateNoteById, _, _>(notes::update_note_by_id),
        serve::<note::DeleteNoteById, _, _>(notes::delete_note_by_id),
        serve::<note::GetNoteHistory, _, _>(|call| history::list(call, Kind::Note)),
        serve::<event::GetEvents, _, _>(events::get_events).waiting_for(Duration::from_secs(event::MAX_WAIT.into())),
        serve::<audit::GetAuditLogs, _, _>(audit_logs::get_audit_logs),
        serve::<draft::CreateDraftByCustomer, _, _>(drafts::create_draft_by_customer),
        serve::<draft::GetAllDraftsByCustomer, _, _>(drafts::get_all_drafts_by_customer),
        serve::<draft::CreateDraft, _, _>(drafts::create_draft),
        serve::<draft::GetDrafts, _, _>(drafts::get_drafts),
        serve::<draft::GetDraftById, _, _>(drafts::get_draft_by_id),
        serve::<draft::GetDraftHistory, _, _>(|call| history::list(call, Kind::Draft)),
        serve::<draft::UpdateDraft, _, _>(drafts::update_draft),
        serve::<draft::DeleteDraft, _, _>(drafts::delete_draft),
        serve::<delivery::GetOutbox, _, _>(drafts::get_outbox),
        serve::<delivery::GetDelivery, _, _>(drafts::get_delivery),
        serve::<delivery::GetDeliveryHistory, _, _>(|call| history::list(call, Kind::Delivery)),
        serve::<tag::GetTags, _, _>(tags::get_tags),
        serve::<tag::GetTagById, _, _>(tags::get_tag_by_id),
        serve::<tag::GetTagHistory, _, _>(|call| history::list(call, Kind::Tag)),
        serve::<team::GetTeams, _, _>(teams::get_teams),
        serve::<team::GetTeamById, _, _>(teams::get_team_by_id),
        serve::<team::CreateTeam, _, _>(teams::create_team),
        serve::<team::UpdateTeamById, _, _>(teams::update_team_by_id),
        serve::<team::UpdateTeamAttributes, _, _>(teams::update_team_attributes),
        serve::<team::DeleteTeam, _, _>(teams::delete_team),
        serve::<team::AddTeamMember, _, _>(teams::add_team_member),
        serve::<team::RemoveTeamMember, _, _>(teams::remove_team_member),
        serve::<team::GetTeamHistory, _, _>(|call| history::list(call, Kind::Team)),
        serve::<webhook::GetOutboundWebhooks, _, _>(outbound_webhooks::get_outbound_webhooks),
        serve::<webhook::GetOutboundWebhookById, _, _>(outbound_webhooks::get_outbound_webhook_by_id),
        serve::<webhook::GetOutboundWebhookEvents, _, _>(outbound_webhooks::get_outbound_webhook_events),
        serve::<webhook::GetOutboundWebhookTransactions, _, _>(outbound_webhooks::get_outbound_webhook_transactions),
        serve::<webhook::CreateOutboundWebhook, _, _>(outbound_webhooks::create_outbound_webhook),
        serve::<webhook::UpdateOutboundWebhook, _, _>(outbound_webhooks::update_outbound_webhook),
        serve::<webhook::RedeliverOutboundWebhook, _, _>(outbound_webhooks::redeliver_outbound_webhook),
        serve::<webhook::DeleteOutboundWebhook, _, _>(outbound_webhooks::delete_outbound_webhook),
        serve::<webhook::GetOutboundWebhookHistory, _, _>(|call| history::list(call, Kind::OutboundWebhook)),
        open_to_any_query::<inbound_webhook::CreateWebHookTransaction, _, _>(
            inbound_webhooks::create_web_hook_transaction,
        )
        .taking(inbound_webhook::MAX_RECEIVED),
        serve::<inbound_webhook::GetInboundWebhooks, _, _>(inbound_webhooks::get_inbound_webhooks),
        serve::<inbound_webhook::GetInboundWebhookById, _, _>(inbound_webhooks::get_inbound_webhook_by_id),
        serve::<inbound_webhook::GetInboundWebhookAddress, _, _>(inbound_webhooks::get_inbound_webhook_address),
        serve::<inbound_webhook::CreateInboundWebhook, _, _>(inbound_webhooks::create_inbound_webhook),
        serve::<inbound_webhook::UpdateInboundWebhook, _, _>(inbound_webhooks::update_inbound_webhook),
        serve::<inbound_webhook::DeleteInboundWebhook, _, _>(inbound_webhooks::delete_inbound_webhook),
        serve::<inbound_webhook::EraseInboundWebhookPosts, _, _>(inbound_webhooks::erase_inbound_webhook_posts),
        serve::<inbound_webhook::GetInboundWebhookHistory, _, _>(|call| history::list(call, Kind::InboundWebhook)),
        serve::<shortcut::GetShortcuts, _, _>(shortcuts::get_shortcuts),
        serve::<shortcut::GetShortcutById, _, _>(shortcuts::get_shortcut_by_id),
        serve::<shortcut::CreateShortcut, _, _>(shortcuts::create_shortcut),
        serve::<shortcut::UpdateShortcut, _, _>(shortcuts::update_shortcut),
        serve::<shortcut::DeleteShortcut, _, _>(shortcuts::delete_shortcut),
        serve::<shortcut::GetShortcutHistory, _, _>(|call| history::list(call, Kind::Shortcut)),
        serve::<attachment::GetAttachments, _, _>(|call| filed::list(call, Kind::Attachment)),
        serve::<attachment::GetMultipleAttachmentsByIds, _, _>(|call| filed::list_named(call, Kind::Attachment)),
        serve::<attachment::CreateAttachment, _, _>(attachments::create_attachment).with_links(Kind::Attachment),
        serve::<attachment::GetAttachmentsById, _, _>(attachments::get_attachments_by_id).with_links(Kind::Attachment),
        serve::<attachment::UpsertAttachment, _, _>(attachments::upsert_attachment).with_links(Kind::Attachment),
        serve::<attachment::GetConversationAttachments, _, _>(attached::get_conversation_attachments),
        serve::<attachment::GetMessageAttachments, _, _>(attached::get_message_attachments),
        serve::<attachment::GetNoteAttachments, _, _>(attached::get_note_attachments),
        serve::<attachment::GetAttachmentByMessageAndAttachmentId, _, _>(|call| attached::get(call, Kind::Message))
            .with_links(Kind::Attachment),
        serve::<attachment::GetDraftAttachments, _, _>(attached::get_draft_attachments),
        serve::<attachment::GetDraftAttachment, _, _>(|call| attached::get(call, Kind::Draft))
            .with_links(Kind::Attachment),
        serve::<attachment::CreateDraftAttachment, _, _>(|call| {
            attached::create(call, Kind::Draft, draft_rules::add_attachment)
        })
        .with_upload_link(Kind::Attachment),
        serve::<attachment::DeleteDraftAttachment, _, _>(|call| {
            attached::delete(call, Kind::Draft, draft_rules::remove_attachment)
        }),
        serve::<forward::GetForwards, _, _>(forwards::get_forwards),
        serve::<forward::CreateForward, _, _>(forwards::create_forward),
        serve::<forward::GetAllForwardsByConversation, _, _>(forwards::get_all_forwards_by_conversation),
        serve::<forward::CreateForwardByConversation, _, _>(forwards::create_forward_by_conversation),
        serve::<forward::GetaDraftForwardById, _, _>(forwards::geta_draft_forward_by_id),
        serve::<forward::UpdateDraftForward, _, _>(forwards::update_draft_forward),
        serve::<forward::GetForwardHistory, _, _>(|call| history::list(call, Kind::Forward)),
        serve::<forward::GetForwardAttachments, _, _>(attached::get_forward_attachments),
        serve::<forward::GetForwardAttachment, _, _>(|call| attached::get(call, Kind::Forward))
            .with_links(Kind::Attachment),
        serve::<forward::CreateForwardAttachment, _, _>(|call| {
            attached::create(call, Kind::Forward, forward_rules::add_attachment)
        })
        .with_upload_link(Kind::Attachment),
        serve::<forward::DeleteForwardAttachment, _, _>(|call| {
            attached::delete(call, Kind::Forward, forward_rules::remove_attachment)
        }),
        serve::<attachment::GetAttachmentHistory, _, _>(|call| history::list(call, Kind::Attachment)),
        serve::<media_api::GetMedia, _, _>(|call| filed::list(call, Kind::Media)),
        serve::<media_api::GetMultipleMediaByIds, _, _>(|call| filed::list_named(call, Kind::Media)),
        serve::<media_api::CreateMedia, _, _>(media::create_media).with_links(Kind::Media),
        serve::<media_api::GetMediabyId, _, _>(media::get_mediaby_id).with_links(Kind::Media),
        serve::<media_api::UpdateMedia, _, _>(media::update_media).with_links(Kind::Media),
        serve::<media_api::GetMediaHistory, _, _>(|call| history::list(call, Kind::Media)),
        serve::<brand::GetBrands, _, _>(brands::get_brands),
        serve::<brand::GetDefaultBrand, _, _>(brands::get_default_brand),
        serve::<brand::GetBrandById, _, _>(brands::get_brand_by_id),
        serve::<brand::CreateBrand, _, _>(brands::create_brand),
        serve::<brand::PatchBrand, _, _>(brands::patch_brand),
        serve::<brand::GetBrandHistory, _, _>(|call| history::list(call, Kind::Brand)),
        serve::<schedule::GetAllSchedules, _, _>(schedules::get_all_schedules),
        serve::<schedule::GetDefaultSchedule, _, _>(schedules::get_default_schedule),
        serve::<schedule::GetScheduleById, _, _>(schedules::get_schedule_by_id),
        serve::<schedule::CreateSchedule, _, _>(schedules::create_schedule),
        serve::<schedule::UpdateScheduleById, _, _>(schedules::update_schedule_by_id),
        serve::<schedule::DeleteScheduleById, _, _>(schedules::delete_schedule_by_id),
        serve::<schedule::GetScheduleHistory, _, _>(|call| history::list(call, Kind::Schedule)),
        serve::<spam_sender::GetSpamSenders, _, _>(spam_senders::get_spam_senders),
        serve::<spam_sender::GetSpamSenderById, _, _>(spam_senders::get_spam_sender_by_id),
        serve::<spam_sender::UpsertSpamSender, _, _>(spam_senders::upsert_spam_sender),
        serve::<spam_sender::DeleteSpamSender, _, _>(spam_senders::delete_spam_sender),
        serve::<spam_sender::GetSpamSenderHistory, _, _>(|call| history::list(call, Kind::SpamSender)),
        serve::<satisfaction_api::GetSatisfaction, _, _>(satisfaction::get_satisfaction),
        serve::<satisfaction_api::GetSatisfactionById, _, _>(satisfaction::get_satisfaction_by_id),
        serve::<satisfaction_api::CreateSatisfaction, _, _>(satisfaction::create_satisfaction),
        serve::<satisfaction_api::UpdateSatisfaction, _, _>(satisfaction::update_satisfaction),
        serve::<satisfaction_api::GetSatisfactionHistory, _, _>(|call| history::list(call, Kind::Satisfaction)),
        serve::<sla::GetSlas, _, _>(slas::get_slas),
        serve::<sla::GetSlaById, _, _>(slas::get_sla_by_id),
        serve::<sla::CreateSla, _, _>(slas::create_sla),
        serve::<sla::UpdateSla, _, _>(slas::update_sla),
        serve::<sla::GetSlaHistory, _, _>(|call| history::list(call, Kind::Sla)),
        serve::<routing_queue::GetRoutingQueues, _, _>(routing_queues::get_routing_queues),
        serve::<routing_queue::GetRoutingQueueById, _, _>(routing_queues::get_routing_queue_by_id),
        serve::<routing_queue::CreateRoutingQueue, _, _>(routing_queues::create_routing_queue),
        serve::<routing_queue::UpdateRoutingQueue, _, _>(routing_queues::update_routing_queue),
        serve::<routing_queue::DeleteRoutingQueue, _, _>(routing_queues::delete_routing_queue),
        serve::<routing_queue::GetRoutingQueueHistory, _, _>(|call| history::list(call, Kind::RoutingQueue)),
        serve::<saved_search::GetSavedSearches, _, _>(saved_searches::get_saved_searches),
        serve::<saved_search::GetSavedSearchById, _, _>(saved_searches::get_saved_search_by_id),
        serve::<saved_search::CreateSavedSearch, _, _>(saved_searches::create_saved_search),
        serve::<saved_search::UpdateSavedSearch, _, _>(saved_searches::update_saved_search),
        serve::<saved_search::DeleteSavedSearch, _, _>(saved_searches::delete_saved_search),
        serve::<saved_search::GetSavedSearchExecution, _, _>(search::execute),
        serve::<saved_search::ExecuteSavedSearch, _, _>(search::execute),
        serve::<saved_search::GetSavedSearchHistory, _, _>(|call| history::list(call, Kind::SavedSearch)),
        serve::<outbound_account::GetOutboundAccounts, _, _>(outbound_accounts::get_outbound_accounts),
        serve::<org::GetCurrentOrg, _, _>(orgs::get_current_org),
        serve::<org::GetOrgById, _, _>(orgs::get_org_by_id),
        serve::<user::GetUsers, _, _>(users::get_users),
        serve::<role_group::GetAllRoleGroups, _, _>(role_groups::get_all_role_groups),
        serve::<role_group::GetRoleGroupById, _, _>(role_groups::get_role_group_by_id),
        serve::<role_group::CreateRoleGroup, _, _>(role_groups::create_role_group),
        serve::<role_group::UpdateRoleGroup, _, _>(role_groups::update_role_group),
        serve::<role_group::DeleteRoleGroup, _, _>(role_groups::delete_role_group),
        serve::<role_group::GetRoleGroupHistory, _, _>(|call| history::list(call, Kind::RoleGroup)),
        serve::<user::CreateInviteNewUser, _, _>(users::create_invite_new_user),
        serve::<user::UpdateUserById, _, _>(users::update_user_by_id),
        serve::<user::UpdateCurrentUser, _, _>(users::update_current_user),
        serve::<user::GetUsersTeams, _, _>(users::get_users_teams),
        open::<user::ResetUsersPassword, _, _>(users::reset_users_password),
        open::<auth_api::CreateToken, _, _>(sign_in::create_token),
        serve::<auth_api::DeleteAuthTokenById, _, _>(auth::delete_auth_token_by_id),
        serve::<auth_api::DeleteCurrentAuthToken, _, _>(auth::delete_current_auth_token),
        serve::<auth_api::GetAuthSettings, _, _>(auth::get_auth_settings),
        serve::<auth_api::UpdateAuthSettings, _, _>(auth::update_auth_settings),
        serve::<auth_api::GetAuthSettingsHistory, _, _>(auth::get_auth_settings_history),
        open::<auth_api::GetPublicAuthSettings, _, _>(auth::get_public_auth_settings),
        serve::<auth_api::GetAuthCustomerSettings, _, _>(auth::get_auth_customer_settings),
        serve::<auth_api::GetApiKeys, _, _>(auth::get_api_keys),
        serve::<auth_api::CreateApiKey, _, _>(auth::create_api_key),
        serve::<auth_api::RotateApiKey, _, _>(auth::rotate_api_key),
        serve::<auth_api::DeleteApiKey, _, _>(auth::delete_api_key),
        serve::<user::GetCurrentUser, _, _>(users::get_current_user),
        serve::<user::GetUserById, _, _>(users::get_user_by_id),
        serve::<user::GetMultipleUsersByIds, _, _>(users::get_multiple_users_by_ids),
        serve::<user::GetUserHistory, _, _>(|call| history::list(call, Kind::User)),
        serve::<auth_api::GetCurrentAuthToken, _, _>(auth::get_current_auth_token),
        serve::<auth_api::GetAuthTokens, _, _>(auth::get_auth_tokens),
        serve::<auth_api::GetAuthTokenById, _, _>(auth::get_auth_token_by_id),
        serve::<auth_api::GetAuthRoles, _, _>(auth::get_auth_roles),
    ]
}
