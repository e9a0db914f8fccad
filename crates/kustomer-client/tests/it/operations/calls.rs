//! A call of every method that calls an operation. `operations.rs` checks that none is missing.

use kustomer_client::attachment::{CreateAttachment, CreateDraftAttachment, UpsertAttachment};
use kustomer_client::auth::{CreateApiKey, CreateToken, RotateApiKey, UpdateAuthSettings};
use kustomer_client::brand::{CreateBrand, PatchBrand};
use kustomer_client::bulk::BulkItem;
use kustomer_client::company::{CreateCompany, UpdateCompanyAttributes};
use kustomer_client::conversation::{
    CreateConversation, CreateConversationForCustomer, UpdateConversation, UpdateConversationAttributes,
};
use kustomer_client::customer::{CreateCustomer, UpdateCustomer, UpdateCustomerAttributes};
use kustomer_client::customer::{CustomerInput, ReplaceQuery};
use kustomer_client::draft::{CreateDraft, CreateDraftByCustomer, UpdateDraft};
use kustomer_client::forward::{
    CreateForward, CreateForwardAttachment, CreateForwardByConversation, UpdateDraftForward,
};
use kustomer_client::inbound_webhook::{CreateInboundWebhook, UpdateInboundWebhook};
use kustomer_client::klass::{CreateKlass, UpdateKlass};
use kustomer_client::kobject::{CreateCustomerKObject, CreateKObject, UpdateKObject};
use kustomer_client::media::{CreateMedia, UpdateMedia};
use kustomer_client::message::{
    CreateMessage, CreateMessageByCustomer, CreateMessageFromConversation, RedactMessage, UpdateMessage,
    UpdateMessageAttributes,
};
use kustomer_client::metadata::UpdateCustomAttributeMetadata;
use kustomer_client::note::{CreateNote, CreateNoteWithinConversation, PatchNoteById, UpdateNoteById};
use kustomer_client::outbound_webhook::{CreateOutboundWebhook, RedeliverOutboundWebhook, UpdateOutboundWebhook};
use kustomer_client::role_group::{CreateRoleGroup, UpdateRoleGroup};
use kustomer_client::routing_queue::{CreateRoutingQueue, UpdateRoutingQueue};
use kustomer_client::satisfaction::{CreateSatisfaction, UpdateSatisfaction};
use kustomer_client::saved_search::{CreateSavedSearch, UpdateSavedSearch};
use kustomer_client::schedule::IncludeHolidays;
use kustomer_client::schedule::{CreateSchedule, UpdateScheduleById};
use kustomer_client::search::{
    CompanySearch, ConversationSearch, CustomerArchiveSearch, CustomerSearch, CustomerSearchIds, KObjectSearch,
    MessageSearch, NoteSearch,
};
use kustomer_client::shortcut::{CreateShortcut, UpdateShortcut};
use kustomer_client::sla::{CreateSla, UpdateSla};
use kustomer_client::spam_sender::UpsertSpamSender;
use kustomer_client::team::{CreateTeam, UpdateTeamAttributes, UpdateTeamById};
use kustomer_client::tracking::{CreateTrackingEvent, CreateTrackingIdentity, CreateTrackingIdentityEvent};
use kustomer_client::user::{CreateInviteNewUser, ResetUsersPassword, UpdateCurrentUser, UpdateUserById};
use kustomer_client::{Client, Timestamp};

use super::{Wire, example, paging, sample};

/// Calls all of them.
pub(super) async fn send_all(wire: &mut Wire, client: &Client) {
    attachments(wire, client).await;
    audit_logs(wire, client).await;
    auth(wire, client).await;
    brands(wire, client).await;
    bulk(wire, client).await;
    companies(wire, client).await;
    conversation_times(wire, client).await;
    conversations(wire, client).await;
    customer_merges(wire, client).await;
    customers(wire, client).await;
    drafts(wire, client).await;
    events(wire, client).await;
    forwards(wire, client).await;
    kobjects(wire, client).await;
    klasses(wire, client).await;
    media(wire, client).await;
    messages(wire, client).await;
    metadata(wire, client).await;
    notes(wire, client).await;
    orgs(wire, client).await;
    outbound_accounts(wire, client).await;
    outbound_webhooks(wire, client).await;
    outbox(wire, client).await;
    role_groups(wire, client).await;
    routing_queues(wire, client).await;
    satisfaction(wire, client).await;
    saved_searches(wire, client).await;
    schedules(wire, client).await;
    shortcuts(wire, client).await;
    slas(wire, client).await;
    spam_senders(wire, client).await;
    tags(wire, client).await;
    teams(wire, client).await;
    tracking(wire, client).await;
    users(wire, client).await;
}

async fn attachments(wire: &mut Wire, client: &Client) {
    wire.sends("Attachments", "create", client.attachments().create(&example::<CreateAttachment>())).await;
    wire.sends("Attachments", "get", client.attachments().get(sample(1))).await;
    wire.sends("Attachments", "update", client.attachments().update(sample(1), &example::<UpsertAttachment>())).await;
    wire.sends("Attachments", "list", client.attachments().list(&paging())).await;
    wire.sends("Attachments", "get_many", client.attachments().get_many([sample(1)], &paging())).await;
    wire.sends("Attachments", "at_rev", client.attachments().at_rev(sample(1), 3)).await;
    wire.sends("Attachments", "as_of", client.attachments().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Attachments", "history", client.attachments().history(sample(1), &paging())).await;
}

async fn audit_logs(wire: &mut Wire, client: &Client) {
    wire.sends("AuditLogs", "list", client.audit_logs().list(&Default::default())).await;
}

async fn auth(wire: &mut Wire, client: &Client) {
    wire.sends("Auth", "current_token", client.auth().current_token()).await;
    wire.sends("Auth", "tokens", client.auth().tokens(&paging())).await;
    wire.sends("Auth", "token", client.auth().token(sample(1))).await;
    wire.sends("Auth", "roles", client.auth().roles()).await;
    wire.sends("Auth", "sign_in", client.auth().sign_in(&example::<CreateToken>())).await;
    wire.sends("Auth", "sign_out", client.auth().sign_out()).await;
    wire.sends("Auth", "delete_token", client.auth().delete_token(sample(1))).await;
    wire.sends("Auth", "settings", client.auth().settings()).await;
    wire.sends("Auth", "settings_at_rev", client.auth().settings_at_rev(3)).await;
    wire.sends("Auth", "settings_as_of", client.auth().settings_as_of(Timestamp::from_millis(0))).await;
    wire.sends("Auth", "settings_history", client.auth().settings_history(&paging())).await;
    wire.sends("Auth", "update_settings", client.auth().update_settings(&example::<UpdateAuthSettings>())).await;
    wire.sends("Auth", "public_settings", client.auth().public_settings()).await;
    wire.sends("Auth", "customer_settings", client.auth().customer_settings()).await;
    wire.sends("Auth", "keys", client.auth().keys(&paging())).await;
    wire.sends("Auth", "create_key", client.auth().create_key(&example::<CreateApiKey>())).await;
    wire.sends("Auth", "rotate_key", client.auth().rotate_key(sample(1), &example::<RotateApiKey>())).await;
    wire.sends("Auth", "delete_key", client.auth().delete_key(sample(1))).await;
}

async fn brands(wire: &mut Wire, client: &Client) {
    wire.sends("Brands", "list", client.brands().list(&paging())).await;
    wire.sends("Brands", "get_default", client.brands().get_default()).await;
    wire.sends("Brands", "get", client.brands().get(sample(1))).await;
    wire.sends("Brands", "create", client.brands().create(&example::<CreateBrand>())).await;
    wire.sends("Brands", "update", client.brands().update(sample(1), &example::<PatchBrand>())).await;
    wire.sends("Brands", "at_rev", client.brands().at_rev(sample(1), 3)).await;
    wire.sends("Brands", "as_of", client.brands().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Brands", "history", client.brands().history(sample(1), &paging())).await;
}

async fn bulk(wire: &mut Wire, client: &Client) {
    wire.sends("BulkJobs", "list", client.bulk().list(&paging())).await;
    wire.sends("BulkJobs", "get", client.bulk().get(sample(1))).await;
    wire.sends("BulkJobs", "batches", client.bulk().batches(sample(1), &paging())).await;
    wire.sends("BulkJobs", "at_rev", client.bulk().at_rev(sample(1), 3)).await;
    wire.sends("BulkJobs", "as_of", client.bulk().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("BulkJobs", "history", client.bulk().history(sample(1), &paging())).await;
}

async fn companies(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("Companies", "list", client.companies().list(&Default::default())).await;
    wire.sends("Companies", "create", client.companies().create(&example::<CreateCompany>())).await;
    wire.sends("Companies", "get", client.companies().get(sample(1))).await;
    wire.sends("Companies", "update", client.companies().update(sample(1), &example::<UpdateCompanyAttributes>()))
        .await;
    wire.sends("Companies", "at_rev", client.companies().at_rev(sample(1), 3)).await;
    wire.sends("Companies", "as_of", client.companies().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Companies", "history", client.companies().history(sample(1), &paging())).await;
    wire.sends("Companies", "bulk_create", client.companies().bulk_create([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Companies", "bulk_update", client.companies().bulk_update([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Companies", "bulk_update_same", client.companies().bulk_update_same([sample(1)], &Default::default()))
        .await;
}

async fn conversation_times(wire: &mut Wire, client: &Client) {
    wire.sends("ConversationTimes", "list", client.conversation_times().list(&Default::default())).await;
    wire.sends(
        "ConversationTimes",
        "list_of_conversation",
        client.conversation_times().list_of_conversation(sample(1), &paging()),
    )
    .await;
    wire.sends("ConversationTimes", "get", client.conversation_times().get(sample(1))).await;
    wire.sends("ConversationTimes", "get_many", client.conversation_times().get_many([sample(1)], &paging())).await;
    wire.sends("ConversationTimes", "at_rev", client.conversation_times().at_rev(sample(1), 3)).await;
    wire.sends("ConversationTimes", "as_of", client.conversation_times().as_of(sample(1), Timestamp::from_millis(0)))
        .await;
    wire.sends("ConversationTimes", "history", client.conversation_times().history(sample(1), &paging())).await;
}

async fn conversations(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("Conversations", "list", client.conversations().list(&Default::default())).await;
    wire.sends(
        "Conversations",
        "list_of_customer",
        client.conversations().list_of_customer(sample(1), &Default::default()),
    )
    .await;
    wire.sends("Conversations", "attachments", client.conversations().attachments(sample(1), &paging())).await;
    wire.sends("Conversations", "create", client.conversations().create(&example::<CreateConversation>())).await;
    wire.sends(
        "Conversations",
        "create_for_customer",
        client.conversations().create_for_customer(sample(1), &example::<CreateConversationForCustomer>()),
    )
    .await;
    wire.sends("Conversations", "events", client.conversations().events(sample(1), &Default::default())).await;
    wire.sends("Conversations", "get", client.conversations().get(sample(1))).await;
    wire.sends("Conversations", "get_many", client.conversations().get_many([sample(1)], &paging())).await;
    wire.sends("Conversations", "get_by_external_id", client.conversations().get_by_external_id(&sample(1))).await;
    wire.sends(
        "Conversations",
        "update",
        client.conversations().update(sample(1), &example::<UpdateConversationAttributes>()),
    )
    .await;
    wire.sends("Conversations", "replace", client.conversations().replace(sample(1), &example::<UpdateConversation>()))
        .await;
    wire.sends("Conversations", "delete", client.conversations().delete(sample(1))).await;
    wire.sends("Conversations", "add_tags", client.conversations().add_tags(sample(1), &[sample(9)])).await;
    wire.sends("Conversations", "remove_tags", client.conversations().remove_tags(sample(1), &[sample(9)])).await;
    wire.sends("Conversations", "at_rev", client.conversations().at_rev(sample(1), 3)).await;
    wire.sends("Conversations", "as_of", client.conversations().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Conversations", "history", client.conversations().history(sample(1), &paging())).await;
    wire.sends(
        "Conversations",
        "bulk_create",
        client.conversations().bulk_create([BulkItem::new(&named).with_id(sample(1))]),
    )
    .await;
    wire.sends(
        "Conversations",
        "bulk_update",
        client.conversations().bulk_update([BulkItem::new(&named).with_id(sample(1))]),
    )
    .await;
    wire.sends(
        "Conversations",
        "bulk_update_same",
        client.conversations().bulk_update_same([sample(1)], &Default::default()),
    )
    .await;
}

async fn customer_merges(wire: &mut Wire, client: &Client) {
    wire.sends("CustomerMerges", "list", client.customer_merges().list(&Default::default())).await;
    wire.sends("CustomerMerges", "list_of_customer", client.customer_merges().list_of_customer(sample(1), &paging()))
        .await;
    wire.sends("CustomerMerges", "get", client.customer_merges().get(sample(1))).await;
    wire.sends("CustomerMerges", "undo", client.customer_merges().undo(sample(1))).await;
    wire.sends("CustomerMerges", "preview_undo", client.customer_merges().preview_undo(sample(1))).await;
    wire.sends("CustomerMerges", "at_rev", client.customer_merges().at_rev(sample(1), 3)).await;
    wire.sends("CustomerMerges", "as_of", client.customer_merges().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("CustomerMerges", "history", client.customer_merges().history(sample(1), &paging())).await;
}

async fn customers(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("Customers", "create", client.customers().create(&example::<CreateCustomer>())).await;
    wire.sends("Customers", "get", client.customers().get(sample(1))).await;
    wire.sends("Customers", "get_with_company", client.customers().get_with_company(sample(1))).await;
    wire.sends("Customers", "get_many", client.customers().get_many([sample(1)], &paging())).await;
    wire.sends("Customers", "get_by_email", client.customers().get_by_email(&sample(1))).await;
    wire.sends("Customers", "get_by_phone", client.customers().get_by_phone(&sample(1))).await;
    wire.sends("Customers", "get_by_external_id", client.customers().get_by_external_id(&sample(1))).await;
    wire.sends("Customers", "list", client.customers().list(&Default::default())).await;
    wire.sends("Customers", "update", client.customers().update(sample(1), &example::<UpdateCustomerAttributes>()))
        .await;
    wire.sends(
        "Customers",
        "put",
        client.customers().put(sample(1), &example::<UpdateCustomer>(), ReplaceQuery::default().replace(true)),
    )
    .await;
    wire.sends("Customers", "delete", client.customers().delete(sample(1))).await;
    wire.sends("Customers", "restore", client.customers().restore(sample(1))).await;
    wire.sends("Customers", "restore_at_rev", client.customers().restore_at_rev(sample(1), 3)).await;
    wire.sends("Customers", "get_following_merges", client.customers().get_following_merges(sample(1))).await;
    wire.sends("Customers", "merge", client.customers().merge(sample(1), sample(2))).await;
    wire.sends("Customers", "preview_merge", client.customers().preview_merge(sample(1), sample(2))).await;
    wire.sends("Customers", "sessions", client.customers().sessions(sample(1), &paging())).await;
    wire.sends("Customers", "session_events", client.customers().session_events(sample(1), &sample(2), &paging()))
        .await;
    wire.sends("Customers", "events", client.customers().events(sample(1), &Default::default())).await;
    wire.sends("Customers", "event", client.customers().event(sample(1), sample(2))).await;
    wire.sends("Customers", "open_unmasking_window", client.customers().open_unmasking_window(sample(1))).await;
    wire.sends("Customers", "close_unmasking_window", client.customers().close_unmasking_window(sample(1))).await;
    wire.sends("Customers", "duplicates", client.customers().duplicates(sample(1), &paging())).await;
    wire.sends("Customers", "erase", client.customers().erase(sample(1))).await;
    wire.sends("Customers", "at_rev", client.customers().at_rev(sample(1), 3)).await;
    wire.sends("Customers", "as_of", client.customers().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Customers", "history", client.customers().history(sample(1), &paging())).await;
    wire.sends("Customers", "bulk_create", client.customers().bulk_create([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Customers", "bulk_update", client.customers().bulk_update([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Customers", "bulk_update_same", client.customers().bulk_update_same([sample(1)], &Default::default()))
        .await;
    wire.sends("Customers", "bulk_delete", client.customers().bulk_delete([sample(1)])).await;
    wire.sends("Customers", "search", client.customers().search(&example::<CustomerSearch>())).await;
    wire.sends(
        "Customers",
        "search_page",
        client.customers().search_page(&example::<CustomerSearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_ids",
        client.customers().search_ids(&example::<CustomerSearchIds>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_archive",
        client.customers().search_archive(&example::<CustomerArchiveSearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_companies",
        client.customers().search_companies(&example::<CompanySearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_kobjects",
        client.customers().search_kobjects(&example::<KObjectSearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_conversations",
        client.customers().search_conversations(&example::<ConversationSearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_messages",
        client.customers().search_messages(&example::<MessageSearch>(), &Default::default()),
    )
    .await;
    wire.sends(
        "Customers",
        "search_notes",
        client.customers().search_notes(&example::<NoteSearch>(), &Default::default()),
    )
    .await;
}

async fn drafts(wire: &mut Wire, client: &Client) {
    wire.sends("Drafts", "list", client.drafts().list(&Default::default())).await;
    wire.sends("Drafts", "list_of_customer", client.drafts().list_of_customer(sample(1), &paging())).await;
    wire.sends("Drafts", "create", client.drafts().create(&example::<CreateDraft>())).await;
    wire.sends(
        "Drafts",
        "create_for_customer",
        client.drafts().create_for_customer(sample(1), &example::<CreateDraftByCustomer>()),
    )
    .await;
    wire.sends("Drafts", "get", client.drafts().get(sample(1))).await;
    wire.sends("Drafts", "update", client.drafts().update(sample(1), &example::<UpdateDraft>())).await;
    wire.sends("Drafts", "attachments", client.drafts().attachments(sample(1), &paging())).await;
    wire.sends(
        "Drafts",
        "add_attachment",
        client.drafts().add_attachment(sample(1), &example::<CreateDraftAttachment>()),
    )
    .await;
    wire.sends("Drafts", "attachment", client.drafts().attachment(sample(1), sample(2))).await;
    wire.sends("Drafts", "delete_attachment", client.drafts().delete_attachment(sample(1), sample(2))).await;
    wire.sends("Drafts", "delete", client.drafts().delete(sample(1))).await;
    wire.sends("Drafts", "at_rev", client.drafts().at_rev(sample(1), 3)).await;
    wire.sends("Drafts", "as_of", client.drafts().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Drafts", "history", client.drafts().history(sample(1), &paging())).await;
}

async fn events(wire: &mut Wire, client: &Client) {
    wire.sends("Events", "list", client.events().list(&Default::default())).await;
}

async fn forwards(wire: &mut Wire, client: &Client) {
    wire.sends("Forwards", "list", client.forwards().list(&Default::default())).await;
    wire.sends("Forwards", "list_of_conversation", client.forwards().list_of_conversation(sample(1), &paging())).await;
    wire.sends("Forwards", "create", client.forwards().create(&example::<CreateForward>())).await;
    wire.sends(
        "Forwards",
        "create_in",
        client.forwards().create_in(sample(1), &example::<CreateForwardByConversation>()),
    )
    .await;
    wire.sends("Forwards", "get", client.forwards().get(sample(1))).await;
    wire.sends("Forwards", "update", client.forwards().update(sample(1), &example::<UpdateDraftForward>())).await;
    wire.sends("Forwards", "attachments", client.forwards().attachments(sample(1), &paging())).await;
    wire.sends(
        "Forwards",
        "add_attachment",
        client.forwards().add_attachment(sample(1), &example::<CreateForwardAttachment>()),
    )
    .await;
    wire.sends("Forwards", "attachment", client.forwards().attachment(sample(1), sample(2))).await;
    wire.sends("Forwards", "delete_attachment", client.forwards().delete_attachment(sample(1), sample(2))).await;
    wire.sends("Forwards", "at_rev", client.forwards().at_rev(sample(1), 3)).await;
    wire.sends("Forwards", "as_of", client.forwards().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Forwards", "history", client.forwards().history(sample(1), &paging())).await;
}

async fn kobjects(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("KObjects", "list", client.kobjects("order").list(&Default::default())).await;
    wire.sends("KObjects", "list_of_customer", client.kobjects("order").list_of_customer(sample(1), &paging())).await;
    wire.sends("KObjects", "list_of_company", client.kobjects("order").list_of_company(sample(1), &paging())).await;
    wire.sends("KObjects", "create", client.kobjects("order").create(&example::<CreateKObject>())).await;
    wire.sends(
        "KObjects",
        "create_for_customer",
        client.kobjects("order").create_for_customer(sample(1), &example::<CreateCustomerKObject>()),
    )
    .await;
    wire.sends("KObjects", "get", client.kobjects("order").get(sample(1))).await;
    wire.sends("KObjects", "get_by_external_id", client.kobjects("order").get_by_external_id(&sample(1))).await;
    wire.sends("KObjects", "update", client.kobjects("order").update(sample(1), &example::<UpdateKObject>())).await;
    wire.sends("KObjects", "restore", client.kobjects("order").restore(sample(1))).await;
    wire.sends("KObjects", "restore_at_rev", client.kobjects("order").restore_at_rev(sample(1), 3)).await;
    wire.sends("KObjects", "delete", client.kobjects("order").delete(sample(1))).await;
    wire.sends("KObjects", "at_rev", client.kobjects("order").at_rev(sample(1), 3)).await;
    wire.sends("KObjects", "as_of", client.kobjects("order").as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("KObjects", "history", client.kobjects("order").history(sample(1), &paging())).await;
    wire.sends(
        "KObjects",
        "bulk_create",
        client.kobjects("order").bulk_create([BulkItem::new(&named).with_id(sample(1))]),
    )
    .await;
    wire.sends(
        "KObjects",
        "bulk_update",
        client.kobjects("order").bulk_update([BulkItem::new(&named).with_id(sample(1))]),
    )
    .await;
    wire.sends(
        "KObjects",
        "bulk_update_same",
        client.kobjects("order").bulk_update_same([sample(1)], &Default::default()),
    )
    .await;
    wire.sends("KObjects", "bulk_delete", client.kobjects("order").bulk_delete([sample(1)])).await;
}

async fn klasses(wire: &mut Wire, client: &Client) {
    wire.sends("Klasses", "list", client.klasses().list(&Default::default())).await;
    wire.sends("Klasses", "create", client.klasses().create(&example::<CreateKlass>())).await;
    wire.sends("Klasses", "get", client.klasses().get(sample(1))).await;
    wire.sends("Klasses", "get_by_name", client.klasses().get_by_name(&sample(1))).await;
    wire.sends("Klasses", "update", client.klasses().update(sample(1), &example::<UpdateKlass>())).await;
    wire.sends("Klasses", "delete", client.klasses().delete(sample(1))).await;
    wire.sends("Klasses", "restore", client.klasses().restore(sample(1))).await;
    wire.sends("Klasses", "restore_at_rev", client.klasses().restore_at_rev(sample(1), 3)).await;
    wire.sends("Klasses", "at_rev", client.klasses().at_rev(sample(1), 3)).await;
    wire.sends("Klasses", "as_of", client.klasses().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Klasses", "history", client.klasses().history(sample(1), &paging())).await;
}

async fn media(wire: &mut Wire, client: &Client) {
    wire.sends("Media", "create", client.media().create(&example::<CreateMedia>())).await;
    wire.sends("Media", "get", client.media().get(sample(1))).await;
    wire.sends("Media", "update", client.media().update(sample(1), &example::<UpdateMedia>())).await;
    wire.sends("Media", "list", client.media().list(&paging())).await;
    wire.sends("Media", "get_many", client.media().get_many([sample(1)], &paging())).await;
    wire.sends("Media", "at_rev", client.media().at_rev(sample(1), 3)).await;
    wire.sends("Media", "as_of", client.media().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Media", "history", client.media().history(sample(1), &paging())).await;
}

async fn messages(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("Messages", "list", client.messages().list(&Default::default())).await;
    wire.sends("Messages", "list_of_customer", client.messages().list_of_customer(sample(1), &paging())).await;
    wire.sends("Messages", "list_of_conversation", client.messages().list_of_conversation(sample(1), &paging())).await;
    wire.sends("Messages", "list_with_attachments", client.messages().list_with_attachments(sample(1), &paging()))
        .await;
    wire.sends("Messages", "attachments", client.messages().attachments(sample(1), &paging())).await;
    wire.sends("Messages", "attachment", client.messages().attachment(sample(1), sample(2))).await;
    wire.sends("Messages", "create", client.messages().create(&example::<CreateMessage>())).await;
    wire.sends(
        "Messages",
        "create_in",
        client.messages().create_in(sample(1), &example::<CreateMessageFromConversation>()),
    )
    .await;
    wire.sends(
        "Messages",
        "create_for_customer",
        client.messages().create_for_customer(sample(1), &example::<CreateMessageByCustomer>()),
    )
    .await;
    wire.sends("Messages", "get", client.messages().get(sample(1))).await;
    wire.sends("Messages", "get_by_external_id", client.messages().get_by_external_id(&sample(1))).await;
    wire.sends("Messages", "update", client.messages().update(sample(1), &example::<UpdateMessageAttributes>())).await;
    wire.sends("Messages", "replace", client.messages().replace(sample(1), &example::<UpdateMessage>())).await;
    wire.sends("Messages", "redact", client.messages().redact(sample(1), &example::<RedactMessage>())).await;
    wire.sends("Messages", "at_rev", client.messages().at_rev(sample(1), 3)).await;
    wire.sends("Messages", "as_of", client.messages().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Messages", "history", client.messages().history(sample(1), &paging())).await;
    wire.sends("Messages", "bulk_create", client.messages().bulk_create([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Messages", "bulk_update", client.messages().bulk_update([BulkItem::new(&named).with_id(sample(1))]))
        .await;
    wire.sends("Messages", "bulk_update_same", client.messages().bulk_update_same([sample(1)], &Default::default()))
        .await;
}

async fn metadata(wire: &mut Wire, client: &Client) {
    wire.sends("Metadata", "list", client.metadata().list(&paging())).await;
    wire.sends("Metadata", "get", client.metadata().get(&sample(1))).await;
    wire.sends("Metadata", "put", client.metadata().put(&sample(1), &example::<UpdateCustomAttributeMetadata>())).await;
    wire.sends("Metadata", "at_rev", client.metadata().at_rev(sample(1), 3)).await;
    wire.sends("Metadata", "as_of", client.metadata().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Metadata", "history", client.metadata().history(sample(1), &paging())).await;
}

async fn notes(wire: &mut Wire, client: &Client) {
    let named = CustomerInput::new().name("Ada");
    wire.sends("Notes", "list", client.notes().list(&Default::default())).await;
    wire.sends("Notes", "list_of_customer", client.notes().list_of_customer(sample(1), &paging())).await;
    wire.sends("Notes", "list_of_conversation", client.notes().list_of_conversation(sample(1), &paging())).await;
    wire.sends("Notes", "attachments", client.notes().attachments(sample(1), &paging())).await;
    wire.sends("Notes", "create", client.notes().create(&example::<CreateNote>())).await;
    wire.sends("Notes", "create_in", client.notes().create_in(sample(1), &example::<CreateNoteWithinConversation>()))
        .await;
    wire.sends("Notes", "get", client.notes().get(sample(1))).await;
    wire.sends("Notes", "update", client.notes().update(sample(1), &example::<PatchNoteById>())).await;
    wire.sends("Notes", "replace", client.notes().replace(sample(1), &example::<UpdateNoteById>())).await;
    wire.sends("Notes", "delete", client.notes().delete(sample(1))).await;
    wire.sends("Notes", "at_rev", client.notes().at_rev(sample(1), 3)).await;
    wire.sends("Notes", "as_of", client.notes().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Notes", "history", client.notes().history(sample(1), &paging())).await;
    wire.sends("Notes", "bulk_create", client.notes().bulk_create([BulkItem::new(&named).with_id(sample(1))])).await;
    wire.sends("Notes", "bulk_update", client.notes().bulk_update([BulkItem::new(&named).with_id(sample(1))])).await;
    wire.sends("Notes", "bulk_update_same", client.notes().bulk_update_same([sample(1)], &Default::default())).await;
}

async fn orgs(wire: &mut Wire, client: &Client) {
    wire.sends("Orgs", "current", client.orgs().current()).await;
    wire.sends("Orgs", "get", client.orgs().get(sample(1))).await;
}

async fn outbound_accounts(wire: &mut Wire, client: &Client) {
    wire.sends("OutboundAccounts", "list", client.outbound_accounts().list(&paging())).await;
}

async fn outbound_webhooks(wire: &mut Wire, client: &Client) {
    wire.sends("InboundWebhooks", "list", client.inbound_webhooks().list(&paging())).await;
    wire.sends("InboundWebhooks", "get", client.inbound_webhooks().get(sample(1))).await;
    wire.sends("InboundWebhooks", "address", client.inbound_webhooks().address(sample(1))).await;
    wire.sends("InboundWebhooks", "create", client.inbound_webhooks().create(&example::<CreateInboundWebhook>())).await;
    wire.sends(
        "InboundWebhooks",
        "update",
        client.inbound_webhooks().update(sample(1), &example::<UpdateInboundWebhook>()),
    )
    .await;
    wire.sends("InboundWebhooks", "delete", client.inbound_webhooks().delete(sample(1))).await;
    wire.sends("InboundWebhooks", "erase_posts", client.inbound_webhooks().erase_posts(sample(1))).await;
    wire.sends("InboundWebhooks", "raise", client.inbound_webhooks().raise(sample(1))).await;
    wire.sends("InboundWebhooks", "at_rev", client.inbound_webhooks().at_rev(sample(1), 3)).await;
    wire.sends("InboundWebhooks", "as_of", client.inbound_webhooks().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("InboundWebhooks", "history", client.inbound_webhooks().history(sample(1), &paging())).await;
    wire.sends("OutboundWebhooks", "list", client.outbound_webhooks().list(&paging())).await;
    wire.sends("OutboundWebhooks", "get", client.outbound_webhooks().get(sample(1))).await;
    wire.sends("OutboundWebhooks", "events", client.outbound_webhooks().events()).await;
    wire.sends("OutboundWebhooks", "create", client.outbound_webhooks().create(&example::<CreateOutboundWebhook>()))
        .await;
    wire.sends(
        "OutboundWebhooks",
        "update",
        client.outbound_webhooks().update(sample(1), &example::<UpdateOutboundWebhook>()),
    )
    .await;
    wire.sends("OutboundWebhooks", "delete", client.outbound_webhooks().delete(sample(1))).await;
    wire.sends("OutboundWebhooks", "transactions", client.outbound_webhooks().transactions(sample(1), &paging())).await;
    wire.sends(
        "OutboundWebhooks",
        "redeliver",
        client.outbound_webhooks().redeliver(sample(1), &example::<RedeliverOutboundWebhook>()),
    )
    .await;
    wire.sends("OutboundWebhooks", "at_rev", client.outbound_webhooks().at_rev(sample(1), 3)).await;
    wire.sends("OutboundWebhooks", "as_of", client.outbound_webhooks().as_of(sample(1), Timestamp::from_millis(0)))
        .await;
    wire.sends("OutboundWebhooks", "history", client.outbound_webhooks().history(sample(1), &paging())).await;
}

async fn outbox(wire: &mut Wire, client: &Client) {
    wire.sends("Outbox", "list", client.outbox().list(&paging())).await;
    wire.sends("Outbox", "get", client.outbox().get(sample(1))).await;
    wire.sends("Outbox", "at_rev", client.outbox().at_rev(sample(1), 3)).await;
    wire.sends("Outbox", "as_of", client.outbox().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Outbox", "history", client.outbox().history(sample(1), &paging())).await;
}

async fn role_groups(wire: &mut Wire, client: &Client) {
    wire.sends("RoleGroups", "list", client.role_groups().list(&paging())).await;
    wire.sends("RoleGroups", "get", client.role_groups().get(sample(1))).await;
    wire.sends("RoleGroups", "create", client.role_groups().create(&example::<CreateRoleGroup>())).await;
    wire.sends("RoleGroups", "update", client.role_groups().update(sample(1), &example::<UpdateRoleGroup>())).await;
    wire.sends("RoleGroups", "delete", client.role_groups().delete(sample(1))).await;
    wire.sends("RoleGroups", "at_rev", client.role_groups().at_rev(sample(1), 3)).await;
    wire.sends("RoleGroups", "as_of", client.role_groups().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("RoleGroups", "history", client.role_groups().history(sample(1), &paging())).await;
}

async fn routing_queues(wire: &mut Wire, client: &Client) {
    wire.sends("RoutingQueues", "list", client.routing_queues().list(&paging())).await;
    wire.sends("RoutingQueues", "get", client.routing_queues().get(sample(1))).await;
    wire.sends("RoutingQueues", "create", client.routing_queues().create(&example::<CreateRoutingQueue>())).await;
    wire.sends("RoutingQueues", "update", client.routing_queues().update(sample(1), &example::<UpdateRoutingQueue>()))
        .await;
    wire.sends("RoutingQueues", "delete", client.routing_queues().delete(sample(1))).await;
    wire.sends("RoutingQueues", "at_rev", client.routing_queues().at_rev(sample(1), 3)).await;
    wire.sends("RoutingQueues", "as_of", client.routing_queues().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("RoutingQueues", "history", client.routing_queues().history(sample(1), &paging())).await;
}

async fn satisfaction(wire: &mut Wire, client: &Client) {
    wire.sends("Satisfaction", "list", client.satisfaction().list(&paging())).await;
    wire.sends("Satisfaction", "get", client.satisfaction().get(sample(1))).await;
    wire.sends("Satisfaction", "create", client.satisfaction().create(&example::<CreateSatisfaction>())).await;
    wire.sends("Satisfaction", "update", client.satisfaction().update(sample(1), &example::<UpdateSatisfaction>()))
        .await;
    wire.sends("Satisfaction", "at_rev", client.satisfaction().at_rev(sample(1), 3)).await;
    wire.sends("Satisfaction", "as_of", client.satisfaction().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Satisfaction", "history", client.satisfaction().history(sample(1), &paging())).await;
}

async fn saved_searches(wire: &mut Wire, client: &Client) {
    wire.sends("SavedSearches", "list", client.saved_searches().list(&paging())).await;
    wire.sends("SavedSearches", "get", client.saved_searches().get(sample(1))).await;
    wire.sends("SavedSearches", "create", client.saved_searches().create(&example::<CreateSavedSearch>())).await;
    wire.sends("SavedSearches", "update", client.saved_searches().update(sample(1), &example::<UpdateSavedSearch>()))
        .await;
    wire.sends("SavedSearches", "delete", client.saved_searches().delete(sample(1))).await;
    wire.sends("SavedSearches", "run", client.saved_searches().run(sample(1), &Default::default())).await;
    wire.sends("SavedSearches", "execute", client.saved_searches().execute(sample(1), &Default::default())).await;
    wire.sends("SavedSearches", "at_rev", client.saved_searches().at_rev(sample(1), 3)).await;
    wire.sends("SavedSearches", "as_of", client.saved_searches().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("SavedSearches", "history", client.saved_searches().history(sample(1), &paging())).await;
}

async fn schedules(wire: &mut Wire, client: &Client) {
    wire.sends("Schedules", "list", client.schedules().list(&paging())).await;
    wire.sends("Schedules", "get_default", client.schedules().get_default(IncludeHolidays::default())).await;
    wire.sends("Schedules", "get", client.schedules().get(sample(1))).await;
    wire.sends("Schedules", "create", client.schedules().create(&example::<CreateSchedule>())).await;
    wire.sends("Schedules", "update", client.schedules().update(sample(1), &example::<UpdateScheduleById>())).await;
    wire.sends("Schedules", "delete", client.schedules().delete(sample(1))).await;
    wire.sends("Schedules", "at_rev", client.schedules().at_rev(sample(1), 3)).await;
    wire.sends("Schedules", "as_of", client.schedules().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Schedules", "history", client.schedules().history(sample(1), &paging())).await;
}

async fn shortcuts(wire: &mut Wire, client: &Client) {
    wire.sends("Shortcuts", "list", client.shortcuts().list(&paging())).await;
    wire.sends("Shortcuts", "get", client.shortcuts().get(sample(1))).await;
    wire.sends("Shortcuts", "create", client.shortcuts().create(&example::<CreateShortcut>())).await;
    wire.sends("Shortcuts", "update", client.shortcuts().update(sample(1), &example::<UpdateShortcut>())).await;
    wire.sends("Shortcuts", "delete", client.shortcuts().delete(sample(1))).await;
    wire.sends("Shortcuts", "at_rev", client.shortcuts().at_rev(sample(1), 3)).await;
    wire.sends("Shortcuts", "as_of", client.shortcuts().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Shortcuts", "history", client.shortcuts().history(sample(1), &paging())).await;
}

async fn slas(wire: &mut Wire, client: &Client) {
    wire.sends("Slas", "list", client.slas().list(&paging())).await;
    wire.sends("Slas", "get", client.slas().get(sample(1), None)).await;
    wire.sends("Slas", "create", client.slas().create(&example::<CreateSla>())).await;
    wire.sends("Slas", "update", client.slas().update(sample(1), &example::<UpdateSla>())).await;
    wire.sends("Slas", "at_rev", client.slas().at_rev(sample(1), 3)).await;
    wire.sends("Slas", "as_of", client.slas().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Slas", "history", client.slas().history(sample(1), &paging())).await;
}

async fn spam_senders(wire: &mut Wire, client: &Client) {
    wire.sends("SpamSenders", "list", client.spam_senders().list(&paging())).await;
    wire.sends("SpamSenders", "get", client.spam_senders().get(sample(1))).await;
    wire.sends("SpamSenders", "put", client.spam_senders().put(&example::<UpsertSpamSender>())).await;
    wire.sends("SpamSenders", "delete", client.spam_senders().delete(sample(1))).await;
    wire.sends("SpamSenders", "at_rev", client.spam_senders().at_rev(sample(1), 3)).await;
    wire.sends("SpamSenders", "as_of", client.spam_senders().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("SpamSenders", "history", client.spam_senders().history(sample(1), &paging())).await;
}

async fn tags(wire: &mut Wire, client: &Client) {
    wire.sends("Tags", "list", client.tags().list(&paging())).await;
    wire.sends("Tags", "get", client.tags().get(sample(1))).await;
    wire.sends("Tags", "at_rev", client.tags().at_rev(sample(1), 3)).await;
    wire.sends("Tags", "as_of", client.tags().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Tags", "history", client.tags().history(sample(1), &paging())).await;
}

async fn teams(wire: &mut Wire, client: &Client) {
    wire.sends("Teams", "list", client.teams().list(&paging())).await;
    wire.sends("Teams", "get", client.teams().get(sample(1))).await;
    wire.sends("Teams", "create", client.teams().create(&example::<CreateTeam>())).await;
    wire.sends("Teams", "update", client.teams().update(sample(1), &example::<UpdateTeamAttributes>())).await;
    wire.sends("Teams", "replace", client.teams().replace(sample(1), &example::<UpdateTeamById>())).await;
    wire.sends("Teams", "delete", client.teams().delete(sample(1))).await;
    wire.sends("Teams", "add_members", client.teams().add_members(sample(1), [sample(9)])).await;
    wire.sends("Teams", "remove_members", client.teams().remove_members(sample(1), [sample(9)])).await;
    wire.sends("Teams", "at_rev", client.teams().at_rev(sample(1), 3)).await;
    wire.sends("Teams", "as_of", client.teams().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Teams", "history", client.teams().history(sample(1), &paging())).await;
}

async fn tracking(wire: &mut Wire, client: &Client) {
    wire.sends("Tracking", "event", client.tracking().event(&example::<CreateTrackingEvent>())).await;
    wire.sends("Tracking", "identity", client.tracking().identity(&example::<CreateTrackingIdentity>())).await;
    wire.sends(
        "Tracking",
        "identity_event",
        client.tracking().identity_event(&example::<CreateTrackingIdentityEvent>()),
    )
    .await;
}

async fn users(wire: &mut Wire, client: &Client) {
    wire.sends("Users", "list", client.users().list(&Default::default())).await;
    wire.sends("Users", "current", client.users().current()).await;
    wire.sends("Users", "get", client.users().get(sample(1))).await;
    wire.sends("Users", "get_many", client.users().get_many([sample(1)], &paging())).await;
    wire.sends("Users", "invite", client.users().invite(&example::<CreateInviteNewUser>())).await;
    wire.sends("Users", "update", client.users().update(sample(1), &example::<UpdateUserById>())).await;
    wire.sends("Users", "update_current", client.users().update_current(&example::<UpdateCurrentUser>())).await;
    wire.sends("Users", "teams", client.users().teams(sample(1), &paging())).await;
    wire.sends("Users", "reset_password", client.users().reset_password(&example::<ResetUsersPassword>())).await;
    wire.sends("Users", "at_rev", client.users().at_rev(sample(1), 3)).await;
    wire.sends("Users", "as_of", client.users().as_of(sample(1), Timestamp::from_millis(0))).await;
    wire.sends("Users", "history", client.users().history(sample(1), &paging())).await;
}
