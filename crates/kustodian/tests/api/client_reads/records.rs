//! Records that belong to customers, merges, and files.

use kustomer_api::operation::Operation;
use serde_json::{Value, json};

use super::{Walker, id};
use crate::server::{Answer, Server};

pub(super) fn write_in_bulk(walker: &mut Walker<'_>) {
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

pub(super) fn write_drafts(walker: &mut Walker<'_>) {
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

pub(super) fn write_companies(walker: &mut Walker<'_>) {
    let created = walker.ask("createCompany", "/v1/companies", Some(crate::companies::full_company()));
    let path = format!("/v1/companies/{}", id(created.data()));
    walker.ask("createCompany", "/v1/companies", Some(json!({ "name": "nothing else" })));
    walker.ask("updateCompanyAttributes", &path, Some(json!({ "externalId": null, "avatarUrl": null, "emails": [] })));
    walker.get("getCompanyById", &path);
    walker.walk("getCompanies", "/v1/companies?pageSize=1");
    walker.ask("updateCompanyAttributes", &path, Some(json!({ "deleted": true })));
}

pub(super) fn write_klasses_and_kobjects(walker: &mut Walker<'_>) {
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

/// Merges a customer into another one that shares an address with it, and undoes that.
pub(super) fn merge(walker: &mut Walker<'_>, server: &Server) {
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

pub(super) fn write_files(walker: &mut Walker<'_>) {
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
