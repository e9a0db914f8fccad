//! Every answer of the server is read by the client's own types, and loses nothing on the way.

use std::collections::{BTreeMap, BTreeSet};

use kustodian_core::kind::Kind;
use kustomer_api::operation::Operation;
use kustomer_api::search::CustomerSearchIds;
use kustomer_api::{
    Endpoint, attachment, audit, auth, brand, bulk, company, conversation, conversation_time, customer, customer_merge,
    delivery, draft, event, forward, inbound_webhook, klass, kobject, media, message, metadata, note, org,
    outbound_account, outbound_webhook, role_group, routing_queue, satisfaction, saved_search, schedule, search,
    shortcut, sla, spam_sender, tag, team, tracking, user,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::events;
use crate::roles::{PASSWORD, served};
use crate::server::{Answer, Server, full_customer};
use crate::world;

/// Reads an answer into its type and writes it again.
type Reader = fn(&str) -> serde_json::Result<Value>;

fn through<T: DeserializeOwned + Serialize>(text: &str) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<T>(text)?)
}

fn reader<E: Endpoint>() -> (&'static str, Reader)
where
    E::Answer: Serialize,
{
    (E::OPERATION.name, through::<E::Answer>)
}

fn readers() -> BTreeMap<&'static str, Reader> {
    BTreeMap::from([
        reader::<customer::CreateCustomer>(),
        reader::<customer::GetCustomers>(),
        reader::<customer::GetCustomerById>(),
        reader::<customer::GetMultipleCustomersByIds>(),
        reader::<customer::GetCustomerByEmail>(),
        reader::<customer::GetCustomerByPhone>(),
        reader::<customer::GetCustomerByExternalId>(),
        reader::<customer::UpdateCustomer>(),
        reader::<customer::UpdateCustomerAttributes>(),
        reader::<customer::DeleteCustomer>(),
        reader::<customer::RestoreCustomer>(),
        reader::<customer::EraseCustomer>(),
        reader::<customer::GetCustomerHistory>(),
        reader::<customer_merge::CreateCustomerMerge>(),
        reader::<customer_merge::GetCustomerMerges>(),
        reader::<customer_merge::GetCustomerMerge>(),
        reader::<customer_merge::GetCustomerMergesByCustomer>(),
        reader::<customer_merge::UndoCustomerMerge>(),
        reader::<customer_merge::GetCustomerMergeHistory>(),
        reader::<customer_merge::GetCustomerDuplicates>(),
        reader::<customer::CreateUnmaskingWindowByCustomer>(),
        reader::<customer::DeleteUnmaskingWindowByCustomer>(),
        reader::<tracking::CreateTrackingEvent>(),
        reader::<tracking::CreateTrackingIdentity>(),
        reader::<tracking::CreateTrackingIdentityEvent>(),
        reader::<tracking::GetCustomerSessions>(),
        reader::<tracking::GetAllEventsByCustomerForSession>(),
        reader::<tracking::GetAllCustomerEvents>(),
        reader::<tracking::GetaCustomerEvent>(),
        reader::<search::CustomerSearch>(),
        reader::<search::CustomerArchiveSearch>(),
        reader::<message::GetMessagesByCustomer>(),
        reader::<event::GetEvents>(),
        reader::<audit::GetAuditLogs>(),
        reader::<tag::GetTags>(),
        reader::<tag::GetTagById>(),
        reader::<tag::GetTagHistory>(),
        reader::<team::GetTeams>(),
        reader::<team::GetTeamById>(),
        reader::<team::GetTeamHistory>(),
        reader::<team::CreateTeam>(),
        reader::<team::UpdateTeamById>(),
        reader::<team::UpdateTeamAttributes>(),
        reader::<team::DeleteTeam>(),
        reader::<team::AddTeamMember>(),
        reader::<team::RemoveTeamMember>(),
        reader::<inbound_webhook::CreateWebHookTransaction>(),
        reader::<inbound_webhook::GetInboundWebhooks>(),
        reader::<inbound_webhook::GetInboundWebhookById>(),
        reader::<inbound_webhook::GetInboundWebhookAddress>(),
        reader::<inbound_webhook::CreateInboundWebhook>(),
        reader::<inbound_webhook::UpdateInboundWebhook>(),
        reader::<inbound_webhook::DeleteInboundWebhook>(),
        reader::<inbound_webhook::EraseInboundWebhookPosts>(),
        reader::<inbound_webhook::GetInboundWebhookHistory>(),
        reader::<outbound_webhook::GetOutboundWebhooks>(),
        reader::<outbound_webhook::GetOutboundWebhookById>(),
        reader::<outbound_webhook::GetOutboundWebhookEvents>(),
        reader::<outbound_webhook::GetOutboundWebhookTransactions>(),
        reader::<outbound_webhook::CreateOutboundWebhook>(),
        reader::<outbound_webhook::UpdateOutboundWebhook>(),
        reader::<outbound_webhook::RedeliverOutboundWebhook>(),
        reader::<outbound_webhook::DeleteOutboundWebhook>(),
        reader::<outbound_webhook::GetOutboundWebhookHistory>(),
        reader::<role_group::GetAllRoleGroups>(),
        reader::<role_group::GetRoleGroupById>(),
        reader::<role_group::GetRoleGroupHistory>(),
        reader::<role_group::CreateRoleGroup>(),
        reader::<role_group::UpdateRoleGroup>(),
        reader::<role_group::DeleteRoleGroup>(),
        reader::<shortcut::GetShortcuts>(),
        reader::<shortcut::GetShortcutById>(),
        reader::<shortcut::GetShortcutHistory>(),
        reader::<shortcut::CreateShortcut>(),
        reader::<shortcut::UpdateShortcut>(),
        reader::<shortcut::DeleteShortcut>(),
        reader::<company::GetCompanies>(),
        reader::<company::CreateCompany>(),
        reader::<company::GetCompanyById>(),
        reader::<company::GetCompanyHistory>(),
        reader::<company::UpdateCompanyAttributes>(),
        reader::<company::FindCompanyKObjects>(),
        reader::<klass::GetKlasses>(),
        reader::<klass::CreateKlass>(),
        reader::<klass::GetKlass>(),
        reader::<klass::GetKlassHistory>(),
        reader::<klass::RestoreKlass>(),
        reader::<klass::GetKlassByName>(),
        reader::<klass::UpdateKlass>(),
        reader::<klass::DeleteKlass>(),
        reader::<metadata::GetMetadata>(),
        reader::<metadata::GetCustomAttributeMetadata>(),
        reader::<metadata::UpdateCustomAttributeMetadata>(),
        reader::<metadata::GetMetadataHistory>(),
        reader::<kobject::GetKObjects>(),
        reader::<kobject::CreateKObject>(),
        reader::<kobject::CreateCustomerKObject>(),
        reader::<kobject::FindCustomerKObjects>(),
        reader::<kobject::GetKObject>(),
        reader::<kobject::GetKObjectHistory>(),
        reader::<kobject::RestoreKObject>(),
        reader::<kobject::GetKlassesByNameAndExternalId>(),
        reader::<kobject::UpdateKObject>(),
        reader::<kobject::DeleteKObject>(),
        reader::<conversation::GetConversations>(),
        reader::<conversation::CreateConversation>(),
        reader::<conversation::CreateConversationForCustomer>(),
        reader::<conversation::GetConversationsByCustomer>(),
        reader::<conversation::GetConversation>(),
        reader::<conversation::GetMultipleConversationsByIds>(),
        reader::<conversation::GetConversationByExternalId>(),
        reader::<conversation::UpdateConversationAttributes>(),
        reader::<conversation::UpdateConversation>(),
        reader::<conversation::DeleteConversation>(),
        reader::<conversation::AppendTagsToConversation>(),
        reader::<conversation::RemoveTagsFromConversation>(),
        reader::<conversation::GetConversationEvents>(),
        reader::<conversation::GetConversationHistory>(),
        reader::<message::GetMessages>(),
        reader::<message::CreateMessage>(),
        reader::<message::CreateMessageFromConversation>(),
        reader::<message::CreateMessageByCustomer>(),
        reader::<message::GetMessagesByConversation>(),
        reader::<message::GetMessage>(),
        reader::<message::GetMessageByExternalId>(),
        reader::<message::UpdateMessageAttributes>(),
        reader::<message::UpdateMessage>(),
        reader::<message::RedactMessage>(),
        reader::<message::GetMessageHistory>(),
        reader::<conversation_time::GetConversationTimes>(),
        reader::<conversation_time::GetConversationTimesByConversationId>(),
        reader::<conversation_time::GetConversationTimeByIds>(),
        reader::<conversation_time::GetConversationTimeById>(),
        reader::<conversation_time::GetConversationTimeHistory>(),
        reader::<note::GetNotesForOrg>(),
        reader::<note::CreateNote>(),
        reader::<note::CreateNoteWithinConversation>(),
        reader::<note::GetNotesByConversation>(),
        reader::<note::GetNotesByCustomer>(),
        reader::<note::GetNoteById>(),
        reader::<note::PatchNoteById>(),
        reader::<note::UpdateNoteById>(),
        reader::<note::DeleteNoteById>(),
        reader::<note::GetNoteHistory>(),
        reader::<draft::CreateDraftByCustomer>(),
        reader::<draft::GetAllDraftsByCustomer>(),
        reader::<draft::CreateDraft>(),
        reader::<draft::GetDrafts>(),
        reader::<draft::GetDraftById>(),
        reader::<draft::GetDraftHistory>(),
        reader::<draft::UpdateDraft>(),
        reader::<draft::DeleteDraft>(),
        reader::<delivery::GetOutbox>(),
        reader::<delivery::GetDelivery>(),
        reader::<delivery::GetDeliveryHistory>(),
        reader::<attachment::GetAttachments>(),
        reader::<attachment::CreateAttachment>(),
        reader::<attachment::GetAttachmentsById>(),
        reader::<attachment::GetMultipleAttachmentsByIds>(),
        reader::<attachment::UpsertAttachment>(),
        reader::<attachment::GetAttachmentHistory>(),
        reader::<attachment::GetConversationAttachments>(),
        reader::<attachment::GetMessageAttachments>(),
        reader::<attachment::GetNoteAttachments>(),
        reader::<attachment::GetAttachmentByMessageAndAttachmentId>(),
        reader::<attachment::GetDraftAttachments>(),
        reader::<attachment::CreateDraftAttachment>(),
        reader::<attachment::GetDraftAttachment>(),
        reader::<attachment::DeleteDraftAttachment>(),
        reader::<forward::GetForwards>(),
        reader::<forward::CreateForward>(),
        reader::<forward::GetAllForwardsByConversation>(),
        reader::<forward::CreateForwardByConversation>(),
        reader::<forward::GetaDraftForwardById>(),
        reader::<forward::UpdateDraftForward>(),
        reader::<forward::GetForwardHistory>(),
        reader::<forward::GetForwardAttachments>(),
        reader::<forward::CreateForwardAttachment>(),
        reader::<forward::GetForwardAttachment>(),
        reader::<forward::DeleteForwardAttachment>(),
        reader::<media::GetMedia>(),
        reader::<media::CreateMedia>(),
        reader::<media::GetMediabyId>(),
        reader::<media::GetMultipleMediaByIds>(),
        reader::<media::UpdateMedia>(),
        reader::<media::GetMediaHistory>(),
        reader::<bulk::BulkCreateCustomers>(),
        reader::<bulk::BulkBatchUpdateCustomers>(),
        reader::<bulk::BulkDeleteCustomers>(),
        reader::<bulk::BulkCreateCompanies>(),
        reader::<bulk::BulkBatchUpdateCompanies>(),
        reader::<bulk::BulkCreateKObjects>(),
        reader::<bulk::BulkBatchUpdateKObjects>(),
        reader::<bulk::BulkDeleteKObjects>(),
        reader::<bulk::BulkCreateConversations>(),
        reader::<bulk::BulkBatchUpdateConversations>(),
        reader::<bulk::BulkCreateMessages>(),
        reader::<bulk::BulkBatchUpdateMessages>(),
        reader::<bulk::BulkCreateNotes>(),
        reader::<bulk::BulkBatchUpdateNotes>(),
        reader::<bulk::GetBulkJobs>(),
        reader::<bulk::GetBulkJob>(),
        reader::<bulk::GetBulkBatches>(),
        reader::<bulk::GetBulkHistory>(),
        reader::<brand::GetBrands>(),
        reader::<brand::GetDefaultBrand>(),
        reader::<brand::GetBrandById>(),
        reader::<brand::CreateBrand>(),
        reader::<brand::PatchBrand>(),
        reader::<schedule::GetAllSchedules>(),
        reader::<schedule::GetDefaultSchedule>(),
        reader::<schedule::GetScheduleById>(),
        reader::<schedule::CreateSchedule>(),
        reader::<schedule::UpdateScheduleById>(),
        reader::<schedule::DeleteScheduleById>(),
        reader::<schedule::GetScheduleHistory>(),
        reader::<spam_sender::GetSpamSenders>(),
        reader::<spam_sender::GetSpamSenderById>(),
        reader::<spam_sender::UpsertSpamSender>(),
        reader::<spam_sender::DeleteSpamSender>(),
        reader::<spam_sender::GetSpamSenderHistory>(),
        reader::<satisfaction::GetSatisfaction>(),
        reader::<satisfaction::GetSatisfactionById>(),
        reader::<satisfaction::CreateSatisfaction>(),
        reader::<satisfaction::UpdateSatisfaction>(),
        reader::<satisfaction::GetSatisfactionHistory>(),
        reader::<sla::GetSlas>(),
        reader::<sla::GetSlaById>(),
        reader::<sla::CreateSla>(),
        reader::<sla::UpdateSla>(),
        reader::<outbound_account::GetOutboundAccounts>(),
        reader::<routing_queue::GetRoutingQueues>(),
        reader::<routing_queue::GetRoutingQueueById>(),
        reader::<routing_queue::CreateRoutingQueue>(),
        reader::<routing_queue::UpdateRoutingQueue>(),
        reader::<routing_queue::DeleteRoutingQueue>(),
        reader::<routing_queue::GetRoutingQueueHistory>(),
        reader::<saved_search::GetSavedSearches>(),
        reader::<saved_search::GetSavedSearchById>(),
        reader::<saved_search::CreateSavedSearch>(),
        reader::<saved_search::UpdateSavedSearch>(),
        reader::<saved_search::DeleteSavedSearch>(),
        reader::<saved_search::GetSavedSearchExecution>(),
        reader::<saved_search::ExecuteSavedSearch>(),
        reader::<saved_search::GetSavedSearchHistory>(),
        reader::<brand::GetBrandHistory>(),
        reader::<sla::GetSlaHistory>(),
        reader::<org::GetCurrentOrg>(),
        reader::<org::GetOrgById>(),
        reader::<user::GetUsers>(),
        reader::<user::GetCurrentUser>(),
        reader::<user::GetUserById>(),
        reader::<user::GetUserHistory>(),
        reader::<user::GetMultipleUsersByIds>(),
        reader::<auth::GetCurrentAuthToken>(),
        reader::<auth::GetAuthTokens>(),
        reader::<auth::GetAuthTokenById>(),
        reader::<auth::GetAuthRoles>(),
        reader::<auth::CreateToken>(),
        reader::<auth::DeleteAuthTokenById>(),
        reader::<auth::DeleteCurrentAuthToken>(),
        reader::<auth::GetAuthSettings>(),
        reader::<auth::UpdateAuthSettings>(),
        reader::<auth::GetAuthSettingsHistory>(),
        reader::<auth::GetPublicAuthSettings>(),
        reader::<auth::GetAuthCustomerSettings>(),
        reader::<auth::GetApiKeys>(),
        reader::<auth::CreateApiKey>(),
        reader::<auth::RotateApiKey>(),
        reader::<auth::DeleteApiKey>(),
        reader::<user::CreateInviteNewUser>(),
        reader::<user::UpdateUserById>(),
        reader::<user::UpdateCurrentUser>(),
        reader::<user::GetUsersTeams>(),
        reader::<user::ResetUsersPassword>(),
    ])
}

/// Asks the server, and reads what it answers.
struct Walker<'a> {
    server: &'a Server,
    readers: BTreeMap<&'static str, Reader>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Walker<'a> {
    fn new(server: &'a Server) -> Self {
        Self { server, readers: readers(), asked: BTreeSet::new() }
    }

    /// The answer of an operation, which must be its success and survive its type.
    #[track_caller]
    fn ask(&mut self, name: &'static str, path: &str, body: Option<Value>) -> Answer {
        let operation = Operation::named(name).unwrap();
        let answer = self.server.call(operation.method.clone(), path, body).expect(operation.success);
        let read = self.readers.get(name).unwrap_or_else(|| panic!("no type reads {name}"));
        // An operation that answers nothing answers `()`, which JSON writes as null.
        let text = if answer.whole.is_empty() { "null" } else { &answer.whole };
        let again = read(text).unwrap_or_else(|error| panic!("{name} {path}: {error}: {text}"));
        assert_eq!(again, answer.body, "{name} {path} loses something");
        self.asked.insert(name);
        answer
    }

    #[track_caller]
    fn get(&mut self, name: &'static str, path: &str) -> Answer {
        self.ask(name, path, None)
    }

    /// All pages of a list; the resources.
    #[track_caller]
    fn walk(&mut self, name: &'static str, path: &str) -> Vec<Value> {
        let (mut found, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let page = self.get(name, &path);
            let items = page.data().as_array().unwrap();
            found.extend(items.iter().cloned());
            // A feed has a next page even at its end.
            next = page.body["links"]["next"].as_str().filter(|_| !items.is_empty()).map(str::to_owned);
        }
        found
    }
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// The records inside of events are of the client's types too.
fn check_record(event: &Value) {
    let record = &event["data"];
    if record.is_null() {
        return;
    }
    // The kind of a kobject is before the name of its klass.
    let word = record["type"].as_str().unwrap().split('.').next().unwrap();
    let kind = Kind::named(word).unwrap_or_else(|| panic!("no type reads {word}"));
    let read = kind.render(record.clone()).unwrap();
    assert_eq!(&serde_json::from_str::<Value>(&read).unwrap(), record);
}

#[test]
fn the_client_reads_every_answer_on_a_fresh_database() {
    let server = Server::start();
    let walker = &mut Walker::new(&server);
    let me = walker.get("getCurrentUser", "/v1/users/current");
    events::after(&server, None, 1);
    let log = walker.walk("getAuditLogs", "/v1/audit-logs");
    assert!(log.iter().any(|entry| entry["relationships"]["user"]["data"]["id"].is_null()), "the first key: {log:?}");
    for event in walker.walk("getEvents", "/v1/events") {
        check_record(&event);
    }
    let org = me.data()["relationships"]["org"]["data"]["id"].as_str().unwrap();
    walker.get("getOrgById", &format!("/v1/orgs/{org}"));
    for kind in Kind::ALL {
        let list = kind.spec().path.strip_prefix("/v1").unwrap();
        // Kobjects are listed by klass, of which there is none yet.
        // Of some kinds an org has one record, and no list.
        let is_list = !list.contains('{') && !kind.spec().is_single();
        if let Some(operation) = world::operation(&reqwest::Method::GET, list).filter(|_| is_list) {
            walker.walk(operation.name, kind.spec().path);
        }
    }
    walker.walk("getAuthTokens", "/v1/auth/tokens");
    walker.ask("customerSearch", "/v1/customers/search", Some(json!({})));
}

#[test]
fn the_client_reads_every_answer_about_records_of_every_kind_and_state() {
    let server = Server::on_file();
    let walker = &mut Walker::new(&server);
    write_customers(walker);
    write_teams_and_shortcuts(walker);
    write_settings(walker);
    track(walker);
    write_companies(walker);
    write_files(walker);
    write_klasses_and_kobjects(walker);
    write_in_bulk(walker);
    write_conversations(walker);
    write_drafts(walker);
    read_users_and_keys(walker);
    for kind in Kind::ALL {
        world::create(&server, kind, "of the world");
    }
    merge(walker, &server);
    read_the_past(walker);
    for event in walker.walk("getEvents", "/v1/events?pageSize=7") {
        check_record(&event);
    }
    let log = walker.walk("getAuditLogs", "/v1/audit-logs?count=5");
    assert!(log.iter().any(|entry| entry["attributes"]["userType"] == "system"));
    assert!(log.iter().any(|entry| entry["attributes"]["userType"] == "machine"));

    let served: BTreeSet<_> = served(&server).into_iter().map(|operation| operation.name).collect();
    assert_eq!(walker.asked, served, "every served operation is asked");
}

fn write_in_bulk(walker: &mut Walker<'_>) {
    let customer = walker.server.create(json!({}))["id"].clone();
    let said = json!({ "customer": customer, "channel": "chat", "app": "web", "direction": "in" });
    for (records, list, item) in [
        ("Customers", "customers", json!({ "name": "Ada" })),
        ("Companies", "companies", json!({ "name": "Acme" })),
        ("KObjects", "klasses/order", json!({ "title": "Order 17" })),
        ("Conversations", "conversations", json!({ "customer": customer })),
        ("Messages", "messages", said),
        ("Notes", "notes", json!({ "body": "Called." })),
    ] {
        let (path, mut referred) = (format!("/v1/{list}/bulk"), item.clone());
        referred["_clientRef"] = "row 1".into();
        let create = Operation::named(&format!("bulkCreate{records}")).unwrap().name;
        walker.ask(create, &path, Some(json!([referred])));
        let made = walker.ask(create, &path, Some(json!([item, 7])));
        let id = made.attributes()["ids"][0].as_str().unwrap().to_owned();
        let update = Operation::named(&format!("bulkBatchUpdate{records}")).unwrap().name;
        walker.ask(update, &path, Some(json!([{ "id": id }])));
        walker.ask(update, &format!("{path}?ids={id}"), Some(json!({ "custom": {} })));
        if let Some(delete) = Operation::named(&format!("bulkDelete{records}")) {
            walker.ask(delete.name, &format!("{path}?ids={id}"), None);
        }
        let job = made.data()["links"]["self"].as_str().unwrap();
        walker.get("getBulkJob", job);
        walker.walk("getBulkJobBatches", &format!("{job}/batches"));
        walker.get("getBulkHistory", &format!("{job}/history"));
    }
    walker.walk("getBulkJobs", "/v1/bulk?pageSize=5");
}

fn write_drafts(walker: &mut Walker<'_>) {
    let customer = walker.ask("createCustomer", "/v1/customers", Some(json!({ "name": "Drafted" })));
    let list = format!("/v1/customers/{}/drafts", id(customer.data()));
    let email = json!({
        "channel": "email", "to": { "email": "ada@acme.example" }, "from": { "email": "help@shop.example" },
        "cc": [{ "email": "c@acme.example", "name": "C" }], "headers": [{ "name": "X-Order" }], "subject": "Order",
        "body": "Sent", "payload": { "draftJs": {} }, "template": null, "lang": null,
    });
    let email = walker.ask("createDraftByCustomer", &list, Some(email));
    let path = format!("/v1/drafts/{}", id(email.data()));
    let later = json!({ "channel": "email", "sendAt": "2999-01-01T00:00:00Z", "htmlBody": "<p>Sent</p>" });
    walker.ask("updateDraft", &path, Some(later));
    let sent = walker.ask("updateDraft", &path, Some(json!({ "channel": "email", "sendAt": null, "status": "sent" })));
    let delivery = sent.data()["relationships"]["delivery"]["links"]["self"].as_str().unwrap().to_owned();
    walker.get("getDelivery", &delivery);
    walker.get("getDeliveryHistory", &format!("{delivery}/history"));
    let note = json!({ "customer": id(customer.data()), "channel": "note", "body": "b", "userMentions": [{}] });
    let note = walker.ask("createDraft", "/v1/drafts", Some(note));
    walker.get("getDraftById", &path);
    walker.get("getDraftHistory", &format!("{path}/history"));
    walker.walk("getDrafts", "/v1/drafts?pageSize=1");
    walker.walk("getAllDraftsByCustomer", &format!("{list}?pageSize=1"));
    walker.walk("getOutbox", "/v1/outbox?pageSize=1");
    walker.ask("deleteDraft", &format!("/v1/drafts/{}", id(note.data())), None);
}

fn write_companies(walker: &mut Walker<'_>) {
    let created = walker.ask("createCompany", "/v1/companies", Some(crate::companies::full_company()));
    let path = format!("/v1/companies/{}", id(created.data()));
    walker.ask("createCompany", "/v1/companies", Some(json!({ "name": "nothing else" })));
    walker.ask("updateCompanyAttributes", &path, Some(json!({ "externalId": null, "avatarUrl": null, "emails": [] })));
    walker.get("getCompanyById", &path);
    walker.walk("getCompanies", "/v1/companies?pageSize=1");
    walker.ask("updateCompanyAttributes", &path, Some(json!({ "deleted": true })));
}

fn write_klasses_and_kobjects(walker: &mut Walker<'_>) {
    let klass = json!({ "name": "order", "klassSchema": "task", "jsonSchema": { "type": "object" } });
    let klass = walker.ask("createKlass", "/v1/klasses", Some(klass));
    let path_of_klass = format!("/v1/klasses/{}", id(klass.data()));
    walker.get("getKlass", &path_of_klass);
    walker.get("getKlassByName", "/v1/klasses/name=orders");
    walker.ask(
        "updateKlass",
        "/v1/klasses/order",
        Some(json!({ "displayName": "Purchase", "mixins": ["assignable"] })),
    );
    walker.walk("getKlasses", "/v1/klasses?pageSize=1");

    let customer = walker.ask("createCustomer", "/v1/customers", Some(json!({ "name": "Ada" })));
    let company = walker.ask("createCompany", "/v1/companies", Some(json!({ "name": "Initech" })));
    let of_customer = format!("/v1/customers/{}/klasses/order", id(customer.data()));
    let of_company = format!("/v1/companies/{}/klasses/orders", id(company.data()));
    let mut full = crate::kobjects::full_kobject();
    full["company"] = company.data()["id"].clone();
    let created = walker.ask("createCustomerKObject", &of_customer, Some(full));
    let path = format!("/v1/klasses/order/{}", id(created.data()));
    walker.ask("createKObject", "/v1/klasses/order", Some(json!({ "title": "nothing else" })));
    walker.get("getKObject", &path);
    walker.get("getKlassesByNameAndExternalId", "/v1/klasses/order/externalId=shop-1815");
    walker.walk("getKObjects", "/v1/klasses/order?pageSize=1&fromDate=2020-01-01");
    walker.walk("findCustomerKObjects", &of_customer);
    walker.walk("findCompanyKObjects", &of_company);
    walker.ask("updateKObject", &path, Some(json!({ "custom": { "totalNum": null }, "tags": [] })));
    walker.ask("deleteKObject", &path, None);
    walker.ask("restoreKObject", &format!("{path}/restore"), None);
    walker.get("getCustomAttributeMetadata", "/v1/metadata/kobject.order");
    let described = json!({
        "properties": {
            "tierStr": { "enumeration": ["gold"] },
            "customersId": { "target": "customer", "multi": true, "deletedAt": "2026-01-01T00:00:00Z" },
            "reasonStr": { "tree": { "children": [{ "id": "a" }] }, "lastNodeRequired": true },
        },
        "standardProperties": { "title": { "displayName": "Subject" } },
        "relationships": { "customer": { "displayName": "Buyer" } },
        "validations": ["5c7d1a1f9a1b2c0010a1b2c3"],
    });
    walker.ask("updateCustomAttributeMetadata", "/v1/metadata/kobject.orders", Some(described));
    walker.walk("getMetadata", "/v1/metadata?pageSize=1");
    let unused = walker.ask("createKlass", "/v1/klasses", Some(json!({ "name": "unused" })));
    walker.ask("deleteKlass", "/v1/klasses/unused", None);
    walker.ask("restoreKlass", &format!("/v1/klasses/{}/restore", id(unused.data())), None);
}

/// Conversations with messages and notes, changed, tagged, replaced, deleted and restored.
fn write_conversations(walker: &mut Walker<'_>) {
    let path = |record: &Answer| record.data()["links"]["self"].as_str().unwrap().to_owned();
    let customer = walker.server.create(json!({}));
    let id = customer["id"].as_str().unwrap();
    let of_customer = format!("/v1/customers/{id}");
    let full = json!({ "customer": id, "externalId": "ticket-1", "tags": ["vip"], "custom": { "tierStr": "gold" },
        "queue": { "external": "amazon-connect" } });
    let created = walker.ask("createConversation", "/v1/conversations", Some(full));
    let conversation = path(&created);
    walker.ask("createConversationForCustomer", &format!("{of_customer}/conversations"), Some(json!({})));
    let said = json!({ "channel": "email", "app": "postmark", "direction": "in", "externalId": "mail-1", "preview": "Hello",
        "meta": { "to": [{ "email": "a@b.c" }] } });
    let in_conversation = format!("{conversation}/messages");
    let message = path(&walker.ask("createMessageFromConversation", &in_conversation, Some(said)));
    let least = json!({ "channel": "chat", "app": "web", "direction": "out", "customer": id });
    walker.ask("createMessage", "/v1/messages", Some(least.clone()));
    walker.ask("createMessageByCustomer", &format!("{of_customer}/messages"), Some(least));
    let note = json!({ "body": "Call.", "externalId": "note-1", "lang": null });
    let notes = format!("{conversation}/notes");
    let note = path(&walker.ask("createNoteWithinConversation", &notes, Some(note)));
    walker.ask("createNote", "/v1/notes", Some(json!({ "body": "The depot is closed." })));
    walker.ask("patchNoteById", &note, Some(json!({ "body": "Called." })));
    walker.ask("updateNoteById", &note, Some(json!({ "body": "Called twice.", "externalId": null })));
    walker.ask("updateMessageAttributes", &message, Some(json!({ "status": "error", "error": { "code": "x" } })));
    walker.ask(
        "updateMessage",
        &format!("{message}?replace=true"),
        Some(json!({ "spam": true, "externalId": "mail-2" })),
    );
    walker.ask("redactMessage", &format!("{message}/redactions"), Some(json!({ "preview": "Hi", "meta": {} })));
    walker.ask("appendTagsToConversation", &format!("{conversation}/tags"), Some(json!(["late"])));
    walker.ask("removeTagsFromConversation", &format!("{conversation}/tags"), Some(json!(["late"])));
    let snooze = json!({ "snooze": { "time": "2999-01-01T00:00:00Z", "status": "scheduled" } });
    walker.ask("updateConversationAttributes", &conversation, Some(snooze));
    walker.ask("updateConversation", &conversation, Some(json!({ "status": "done", "ended": true })));
    walker.ask("deleteNoteById", &note, None);
    walker.ask("deleteConversation", &conversation, None);
    walker.ask("updateConversation", &conversation, Some(json!({ "deleted": false })));
    walker.walk("getConversations", "/v1/conversations?pageSize=1&sort=desc");
    walker.walk("getConversationsByCustomer", &format!("{of_customer}/conversations?pageSize=1"));
    walker.get("getMultipleConversationsByIds", &format!("{conversation},{id}"));
    walker.get("getConversationByExternalId", "/v1/conversations/externalId=ticket-1");
    walker.walk("getConversationEvents", &format!("{conversation}/events?pageSize=2"));
    let times = walker.ask("getConversationTimesByConversationId", &format!("{conversation}/times"), None);
    let time = times.ids().first().cloned().expect("the conversation was done");
    walker.walk("getConversationTimesByConversationId", &format!("{conversation}/times?pageSize=1"));
    walker.walk("getConversationTimes", "/v1/conversations/times?pageSize=1");
    walker.get("getConversationTimeById", &format!("/v1/conversations/times/{time}"));
    walker.get("getConversationTimeByIds", &format!("/v1/conversations/times/{time},{id}"));
    walker.walk("getMessages", "/v1/messages?pageSize=1");
    walker.walk("getMessagesByConversation", &in_conversation);
    walker.walk("getMessagesByCustomer", &format!("{of_customer}/messages"));
    walker.walk("getNotesForOrg", "/v1/notes?pageSize=1");
    walker.walk("getNotesByConversation", &notes);
    walker.walk("getNotesByCustomer", &format!("{of_customer}/notes"));
    walker.get("getMessageByExternalId", "/v1/messages/externalid=mail-2");
}

/// Merges a customer into another one that shares an address with it, and undoes that.
fn merge(walker: &mut Walker<'_>, server: &Server) {
    let email = json!([{ "email": "merged@acme.example" }]);
    let source = server.create(json!({ "name": "Ada", "sharedEmails": email }));
    let target = server.create(json!({ "name": "Ada L.", "emails": email }));
    let path = target["links"]["self"].as_str().unwrap();
    walker.ask("getCustomerDuplicates", &format!("{path}/duplicates"), None);
    let both = json!({ "source": source["id"], "target": target["id"] });
    let merged = walker.ask("createCustomerMerge", "/v1/customers/merges", Some(both));
    let merge = merged.data()["links"]["self"].as_str().unwrap().to_owned();
    walker.get("getCustomerMerge", &merge);
    walker.walk("getCustomerMerges", "/v1/customers/merges?pageSize=1");
    walker.walk("getCustomerMergesByCustomer", &format!("{path}/merges?pageSize=1"));
    walker.ask("undoCustomerMerge", &format!("{merge}/undo"), None);
    walker.walk("getCustomerMergeHistory", &format!("{merge}/history?pageSize=1"));
}

fn forward(walker: &mut Walker<'_>, conversation: &str, file: &Value) {
    let list = format!("{conversation}/forwards");
    let to = json!([{ "email": "depot@acme.example" }]);
    let made = walker.ask("createForwardByConversation", &list, Some(json!({ "channel": "email", "to": to })));
    let path = made.data()["links"]["self"].as_str().unwrap().to_owned();
    let about = conversation.rsplit('/').next().unwrap();
    walker.ask("createForward", "/v1/forwards", Some(json!({ "conversation": about, "channel": "email" })));
    let of = format!("{path}/attachments");
    let first = walker.ask("createForwardAttachment", &of, Some(file.clone()));
    let first = id(first.data()).to_owned();
    walker.walk("getForwardAttachments", &of);
    walker.get("getForwardAttachment", &format!("{of}/{first}"));
    walker.ask("deleteForwardAttachment", &format!("{of}/{first}"), None);
    walker.ask("updateDraftForward", &path, Some(json!({ "body": "b", "lang": null, "status": "sent" })));
    walker.get("getaDraftForwardById", &path);
    walker.get("getForwardHistory", &format!("{path}/history"));
    walker.walk("getForwards", "/v1/forwards?pageSize=1");
    walker.walk("getAllForwardsByConversation", &list);
}

/// Files of messages, notes and drafts.
fn attach_files(walker: &mut Walker<'_>, file: Value) {
    let customer = walker.ask("createCustomer", "/v1/customers", Some(json!({ "name": "Attached" })));
    let of_customer = format!("/v1/customers/{}", id(customer.data()));
    let mut attached = |name: &'static str, path: &str, mut body: Value| {
        let made = walker.ask("createAttachment", "/v1/attachments", Some(file.clone()));
        body["attachments"] = json!([id(made.data())]);
        (walker.ask(name, path, Some(body)), id(made.data()).to_owned())
    };
    let said = json!({ "channel": "chat", "app": "web", "direction": "in" });
    let (message, of_message) = attached("createMessageByCustomer", &format!("{of_customer}/messages"), said);
    let conversation = message.data()["relationships"]["conversation"]["links"]["self"].as_str().unwrap().to_owned();
    let notes = format!("{conversation}/notes");
    let (note, _) = attached("createNoteWithinConversation", &notes, json!({ "body": "b" }));
    let draft = json!({ "channel": "chat", "body": "b" });
    let (draft, of_draft) = attached("createDraftByCustomer", &format!("{of_customer}/drafts"), draft);
    let path = |record: &Answer| record.data()["links"]["self"].as_str().unwrap().to_owned();
    walker.walk("getConversationAttachments", &format!("{conversation}/attachments?pageSize=1"));
    walker.walk("getMessageAttachments", &format!("{}/attachments", path(&message)));
    walker.walk("getNoteAttachments", &format!("{}/attachments", path(&note)));
    walker.get("getAttachmentByMessageAndAttachmentId", &format!("{}/attachments/{of_message}", path(&message)));
    walker.walk("getMessagesByConversation", &format!("{conversation}/messages?include=attachments"));
    let of = format!("{}/attachments", path(&draft));
    forward(walker, &conversation, &file);
    walker.ask("createDraftAttachment", &of, Some(file));
    walker.walk("getDraftAttachments", &of);
    walker.get("getDraftAttachment", &format!("{of}/{of_draft}"));
    walker.ask("deleteDraftAttachment", &format!("{of}/{of_draft}"), None);
}

fn write_files(walker: &mut Walker<'_>) {
    let file = json!({ "name": "receipt.txt", "contentType": "text/plain", "contentLength": 5 });
    let made = walker.ask("createAttachment", "/v1/attachments", Some(file.clone()));
    crate::attachments::put(walker.server, &made, "12345");
    let path = format!("/v1/attachments/{}", id(made.data()));
    walker.get("getAttachmentsById", &path);
    walker.get("getMultipleAttachmentsByIds", &format!("{path},{}", id(made.data())));
    walker.ask("upsertAttachment", &path, Some(json!({ "redacted": true })));
    walker.walk("getAttachments", "/v1/attachments?pageSize=1");
    attach_files(walker, file.clone());
    let made = walker.ask("createMedia", "/v1/media", Some(file));
    let path = format!("/v1/media/{}", id(made.data()));
    walker.get("getMediabyId", &path);
    walker.get("getMultipleMediaByIds", &format!("{path},{}", id(made.data())));
    walker.ask("updateMedia", &path, Some(json!({ "name": "logo.png" })));
    walker.walk("getMedia", "/v1/media?pageSize=1");
}

/// Customers with everything, with nothing, changed, replaced, deleted, restored and erased.
fn write_customers(walker: &mut Walker<'_>) {
    let create = |walker: &mut Walker<'_>, body| walker.ask("createCustomer", "/v1/customers", Some(body)).body;
    let full = create(walker, full_customer());
    let least = create(walker, json!({}));
    let former = create(walker, json!({ "name": "Former", "tags": ["vip"], "emails": [{ "email": "f@b.c" }] }));
    let path = |customer: &Value| customer["data"]["links"]["self"].as_str().unwrap().to_owned();

    let cleared = json!({ "name": null, "birthdayAt": null, "emails": [], "custom": { "scoreNum": null } });
    walker.get("getCustomerByEmail", "/v1/customers/email=ada@acme.example");
    walker.get("getCustomerByPhone", "/v1/customers/phone=+18005551212");
    walker.get("getCustomerByExternalId", "/v1/customers/externalId=crm-1815");
    walker.ask("updateCustomerAttributes", &path(&full), Some(cleared));
    walker.ask("updateCustomer", &path(&full), Some(json!({ "name": "Ada", "locations": [{ "latitude": 2 }] })));
    walker.ask("updateCustomer", &format!("{}?replace=true", path(&least)), Some(json!({ "gender": "f" })));
    walker.ask("deleteCustomer", &path(&full), None);
    walker.ask("restoreCustomer", &format!("{}/restore", path(&full)), None);
    walker.ask("eraseCustomer", &format!("{}/erase", path(&former)), None);
    walker.ask("deleteCustomer", &path(&least), None);

    walker.get("getMultipleCustomersByIds", &format!("{},{}", path(&full), full["data"]["id"].as_str().unwrap()));
    walker.walk("getCustomers", "/v1/customers?pageSize=1");
    walker.walk("getCustomers", "/v1/customers?cursor=*&pageSize=1&sort=-updatedAt");
    walker.get("getMessagesByCustomer", &format!("{}/messages", path(&full)));
    let counted = json!({
        "and": [{ "customer_name": { "contains": "a" } }],
        "sort": [{ "customer_updated_at": "desc" }],
        "aggs": { "byGender": { "terms": { "field": "customer_gender" } } },
    });
    for body in [json!({}), counted] {
        walker.ask("customerSearch", "/v1/customers/search?cursor=*&pageSize=1", Some(body.clone()));
        walker.ask("customerSearch", "/v1/customers/search?page=1&total=exact", Some(body));
    }
    walker.ask("customerArchiveSearch", "/v1/customers/archive/search", Some(json!({})));
    let ids = walker.server.post("/v1/customers/search?idsOnly=true", json!({})).expect(200);
    assert_eq!(through::<<CustomerSearchIds as Endpoint>::Answer>(&ids.text).unwrap(), ids.body);
}

/// Each record that is left of each kind, at each revision.
fn read_the_past(walker: &mut Walker<'_>) {
    for kind in Kind::ALL {
        let read = kind.spec().read_operation;
        let history = world::operation(&reqwest::Method::GET, &format!("{}/history", read.path)).unwrap();
        for record in world::items(&walker.server.get(&world::paged(world::list_of(kind), "pageSize=500")).expect(200))
        {
            let path = record["links"]["self"].as_str().unwrap();
            for entry in walker.walk(history.name, &format!("{path}/history?pageSize=2")) {
                let rev = &entry["attributes"]["rev"];
                if entry["attributes"]["eventName"] != kind.spec().events.delete {
                    walker.get(read.name, &format!("{path}?rev={rev}"));
                }
                // Nothing leads behind it.
                if entry["attributes"]["eventName"] == kind.spec().events.redact {
                    break;
                }
            }
        }
    }
}

fn track(walker: &mut Walker<'_>) {
    let identity = json!({ "externalId": "tracked", "trackingId": "visitor", "sessionId": "visit" });
    let event = json!({ "trackingId": "visitor", "sessionId": "visit", "name": "Seen", "meta": { "aNum": 1 } });
    walker.ask("createTrackingEvent", "/v1/tracking/event", Some(event.clone()));
    let identity = walker.ask("createTrackingIdentity", "/v1/tracking/identity", Some(identity));
    let both = json!({ "identity": { "externalId": "tracked" }, "event": event });
    walker.ask("createTrackingIdentityEvent", "/v1/tracking/identityEvent", Some(both));
    let customer = identity.data()["relationships"]["customer"]["data"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/customers/{customer}");
    walker.walk("getCustomerSessions", &format!("{path}/sessions?pageSize=1"));
    walker.walk("getAllEventsByCustomerForSession", &format!("{path}/sessions/visit/events?pageSize=1"));
    for event in walker.walk("getAllCustomerEvents", &format!("{path}/events?pageSize=1")) {
        walker.get("getaCustomerEvent", &format!("{path}/events/{}", id(&event)));
    }
    walker.ask("createUnmaskingWindowByCustomer", &format!("{path}/unmasking-windows"), Some(json!({})));
    walker.get("getCustomerById", &path);
    walker.ask("deleteUnmaskingWindowByCustomer", &format!("{path}/unmasking-windows"), None);
}

fn write_teams_and_shortcuts(walker: &mut Walker<'_>) {
    let me = walker.get("getCurrentUser", "/v1/users/current").data().clone();
    let members = json!({ "members": [id(&me)] });
    let team = walker.ask("createTeam", "/v1/teams", Some(json!({ "name": "Support", "icon": "sun" })));
    let path = format!("/v1/teams/{}", id(team.data()));
    walker.ask("updateTeamById", &path, Some(json!({ "name": "Sales" })));
    walker.ask("updateTeamAttributes", &path, Some(json!({ "icon": null })));
    walker.ask("addTeamMember", &format!("{path}/members"), Some(members.clone()));
    walker.get("getTeamById", &path);
    walker.ask("removeTeamMember", &format!("{path}/members"), Some(members));
    walker.walk("getTeams", "/v1/teams");
    walker.ask("deleteTeam", &path, None);

    let shortcut = walker.ask("createShortcut", "/v1/shortcuts", Some(json!({ "name": "Hello" })));
    let path = format!("/v1/shortcuts/{}", id(shortcut.data()));
    walker.ask("updateShortcut", &path, Some(json!({ "name": "Good day" })));
    walker.get("getShortcutById", &path);
    walker.walk("getShortcuts", "/v1/shortcuts");
    walker.ask("deleteShortcut", &path, None);

    write_webhooks(walker);
    for tag in walker.walk("getTags", "/v1/tags?pageSize=1") {
        walker.get("getTagById", &format!("/v1/tags/{}", id(&tag)));
    }
}

fn write_settings(walker: &mut Walker<'_>) {
    let brand = walker.ask("createBrand", "/v1/brands", Some(json!({ "name": "Shoes", "iconUrl": null })));
    let path = format!("/v1/brands/{}", id(brand.data()));
    walker.ask("patchBrand", &path, Some(json!({ "iconUrl": "https://acme.example/a" })));
    walker.get("getBrandById", &path);
    walker.get("getBrandHistory", &format!("{path}/history"));
    walker.get("getDefaultBrand", "/v1/brands/default");
    walker.walk("getBrands", "/v1/brands?pageSize=1");

    let hours = json!({ "0": null, "1": [[0, 1440]], "2": [], "3": null, "4": null, "5": null, "6": null });
    let holiday =
        json!({ "name": "New Year", "startDate": "2027-01-01", "endDate": "2027-01-01", "description": null });
    let office = json!({ "name": "Office", "hours": hours, "timezone": "UTC", "default": true, "holidays": [holiday] });
    let office = walker.ask("createSchedule", "/v1/schedules", Some(office));
    let path = format!("/v1/schedules/{}", id(office.data()));
    walker.get("getScheduleById", &format!("{path}?include=holidays"));
    walker.get("getDefaultSchedule", "/v1/schedules/default?include=holidays");
    let spare = json!({ "name": "Spare", "hours": hours, "timezone": "UTC" });
    let spare = walker.ask("createSchedule", "/v1/schedules", Some(spare));
    let spare = format!("/v1/schedules/{}", id(spare.data()));
    walker.ask("updateScheduleById", &spare, Some(json!({ "name": "Other" })));
    walker.ask("deleteScheduleById", &spare, None);
    walker.get("getScheduleHistory", &format!("{spare}/history"));
    walker.walk("getAllSchedules", "/v1/schedules?pageSize=1");

    let listed = json!({ "sender": "a@spam.example", "channel": "email", "list": "blacklist" });
    let listed = walker.ask("upsertSpamSender", "/v1/spam/senders", Some(listed));
    let path = format!("/v1/spam/senders/{}", id(listed.data()));
    walker.get("getSpamSenderById", &path);
    walker.walk("getSpamSenders", "/v1/spam/senders");
    walker.ask("deleteSpamSender", &path, None);
    walker.get("getSpamSenderHistory", &format!("{path}/history"));

    let survey =
        json!({ "name": "Survey", "scale": { "options": 5 }, "questions": [{ "text": "Why?" }], "delayTime": 1.5 });
    let survey = walker.ask("createSatisfaction", "/v1/satisfaction", Some(survey));
    let path = format!("/v1/satisfaction/{}", id(survey.data()));
    walker.ask("updateSatisfaction", &path, Some(json!({ "scale": null })));
    walker.get("getSatisfactionById", &path);
    walker.get("getSatisfactionHistory", &format!("{path}/history"));
    walker.walk("getSatisfaction", "/v1/satisfaction");

    let metrics = json!({ "firstResponse": { "enabled": true, "times": { "1": 30, "3": 240.5 } } });
    let sla = walker.ask("createSla", "/v1/slas", Some(json!({ "name": "E-mail", "metrics": metrics })));
    let path = format!("/v1/slas/{}", id(sla.data()));
    walker.ask(
        "updateSla",
        &path,
        Some(json!({ "hours": "calendar", "description": null, "criteria": { "and": [] } })),
    );
    walker.get("getSlaById", &format!("{path}?versions=all"));
    walker.get("getSlaHistory", &format!("{path}/history"));
    walker.walk("getSlas", "/v1/slas?versions=all&pageSize=1");
    walker.get("getOutboundAccounts", "/v1/outboundAccounts");

    let queue = walker.ask("createRoutingQueue", "/v1/routing/queues", Some(json!({ "name": "Returns" })));
    let path = format!("/v1/routing/queues/{}", id(queue.data()));
    walker.ask("updateRoutingQueue", &path, Some(json!({ "displayName": null })));
    walker.get("getRoutingQueueById", &path);
    walker.walk("getRoutingQueues", "/v1/routing/queues");
    walker.get("getRoutingQueueHistory", &format!("{path}/history"));
    walker.ask("deleteRoutingQueue", &path, None);

    let saved = json!({ "name": "All", "query": { "sort": [{ "customer_created_at": "asc" }] } });
    let saved = walker.ask("createSavedSearch", "/v1/customers/searches", Some(saved));
    let path = format!("/v1/customers/searches/{}", id(saved.data()));
    walker.ask("updateSavedSearch", &path, Some(json!({ "description": null })));
    walker.get("getSavedSearchById", &path);
    walker.walk("getSavedSearches", "/v1/customers/searches");
    walker.get("getSavedSearchExecution", &format!("{path}/execution?pageSize=1"));
    walker.ask("executeSavedSearch", &format!("{path}/execution"), None);
    walker.get("getSavedSearchHistory", &format!("{path}/history"));
    walker.ask("deleteSavedSearch", &path, None);
}

fn read_users_and_keys(walker: &mut Walker<'_>) {
    walker.server.token("demo", &["org.user.customer.read"]);
    let users = walker.walk("getUsers", "/v1/users?pageSize=1");
    for user in &users {
        walker.get("getUserById", &format!("/v1/users/{}", id(user)));
        let org = user["relationships"]["org"]["data"]["id"].as_str().unwrap();
        walker.get("getOrgById", &format!("/v1/orgs/{org}"));
    }
    walker.get("getCurrentOrg", "/v1/orgs/current");
    let ids: Vec<&str> = users.iter().map(id).collect();
    walker.get("getMultipleUsersByIds", &format!("/v1/users/{}", ids.join(",")));
    walker.get("getCurrentAuthToken", "/v1/auth/tokens/current");
    for token in walker.walk("getAuthTokens", "/v1/auth/tokens") {
        walker.get("getAuthTokenById", &format!("/v1/auth/tokens/{}", id(&token)));
    }
    walker.get("getAuthRoles", "/v1/auth/roles");
    let group =
        walker.ask("createRoleGroup", "/v1/role-groups", Some(json!({ "name": "Readers", "roles": ["org.user"] })));
    let path = format!("/v1/role-groups/{}", id(group.data()));
    walker.ask("updateRoleGroup", &path, Some(json!({ "description": "May read" })));
    walker.get("getRoleGroupById", &path);
    walker.walk("getAllRoleGroups", "/v1/role-groups");
    let invited = json!({ "name": "Ada", "email": "ada@acme.example", "roleGroups": [id(group.data())] });
    let person = walker.ask("createInviteNewUser", "/v1/users", Some(invited));
    let user = format!("/v1/users/{}", id(person.data()));
    walker.ask("updateUserById", &user, Some(json!({ "password": PASSWORD, "mobile": "5550100" })));
    walker.ask("updateCurrentUser", "/v1/users/current", Some(json!({ "emailSignature": "Yours" })));
    walker.server.post("/v1/teams", json!({ "name": "Of Ada", "members": [id(person.data())] })).expect(201);
    assert_eq!(walker.walk("getUsersTeams", &format!("{user}/teams")).len(), 1);
    walker.ask("deleteRoleGroup", &path, None);
    let signed_in = json!({ "domain": "demo", "email": "ada@acme.example", "password": PASSWORD });
    let session = walker.ask("createToken", "/v1/auth/tokens", Some(signed_in));
    walker.ask("deleteAuthTokenById", &format!("/v1/auth/tokens/{}", id(session.data())), None);
    let reset = json!({ "domain": "demo", "email": "ada@acme.example" });
    walker.ask("resetUsersPassword", "/v1/users/passwordreset", Some(reset));
    walker.get("getAuthSettings", "/v1/auth/settings");
    let open = json!({ "kustomer": { "enabled": true }, "google": { "enabled": false } });
    walker.ask("updateAuthSettings", "/v1/auth/settings", Some(open));
    walker.get("getPublicAuthSettings", "/v1/p/auth/settings");
    walker.get("getAuthCustomerSettings", "/v1/auth/customer/settings");
    let key = walker.ask("createApiKey", "/v1/auth/keys", Some(json!({ "name": "any", "roles": ["org"] })));
    let path = format!("/v1/auth/keys/{}", id(key.data()));
    let next = walker.ask("rotateApiKey", &format!("{path}/rotate"), Some(json!({})));
    walker.walk("getApiKeys", "/v1/auth/keys?pageSize=2");
    walker.ask("deleteApiKey", &path, None);
    // Signing out ends the key that asks.
    let next = next.attributes()["token"].as_str().unwrap().to_owned();
    let out = walker.server.call_as(&next, reqwest::Method::DELETE, "/v1/auth/tokens/current", None).expect(204);
    assert!(out.whole.is_empty() && walker.asked.insert("deleteCurrentAuthToken"));
}

fn write_webhooks(walker: &mut Walker<'_>) {
    let inbound = walker.ask("createInboundWebhook", "/v1/inbound-webhooks", Some(json!({ "name": "Shop" })));
    let path = format!("/v1/inbound-webhooks/{}", id(inbound.data()));
    let address = walker.get("getInboundWebhookAddress", &format!("{path}/address")).body["path"].clone();
    walker.ask("createWebHookTransaction", address.as_str().unwrap(), Some(json!({ "order": 7 })));
    walker.get("getInboundWebhookById", &path);
    walker.walk("getInboundWebhooks", "/v1/inbound-webhooks");
    walker.get("getInboundWebhookHistory", &format!("{path}/history"));
    walker.ask("updateInboundWebhook", &path, Some(json!({ "rotateHash": true })));
    let names = walker.get("getOutboundWebhookEvents", "/v1/outbound-webhooks/events").body["events"].clone();
    let webhook = json!({ "name": "Warehouse", "url": "https://127.0.0.1:9/", "events": names });
    let webhook = walker.ask("createOutboundWebhook", "/v1/outbound-webhooks", Some(webhook));
    let path = format!("/v1/outbound-webhooks/{}", id(webhook.data()));
    walker.get("getOutboundWebhookById", &path);
    walker.walk("getOutboundWebhooks", "/v1/outbound-webhooks");
    walker.walk("getOutboundWebhookTransactions", &format!("{path}/transactions?pageSize=1"));
    walker.get("getOutboundWebhookHistory", &format!("{path}/history"));
    let since = json!({ "since": "2100-01-01T00:00:00.000Z" });
    walker.ask("redeliverOutboundWebhook", &format!("{path}/redeliveries"), Some(since));
    walker.ask("updateOutboundWebhook", &path, Some(json!({ "enabled": false })));
    walker.ask("deleteOutboundWebhook", &path, None);
    walker.ask("deleteInboundWebhook", &format!("/v1/inbound-webhooks/{}", id(inbound.data())), None);
    walker.ask("eraseInboundWebhookPosts", &format!("/v1/inbound-webhooks/{}/received", id(inbound.data())), None);
}
