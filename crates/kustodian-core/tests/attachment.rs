//! What an attachment belongs to, and what that does to it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use kustodian_core::attachment::{self, CONVERSATION, CUSTOMER, OWNER, Owner};
use kustodian_core::chain::Salt;
use kustodian_core::change::{ChangeSet, EventSeed};
use kustodian_core::customer::Context;
use kustodian_core::directory::Org;
use kustodian_core::file::{File, Received, SHA256};
use kustodian_core::files::Sha256Sum;
use kustodian_core::kind::Kind;
use kustodian_core::store::{OrgKey, Stored};
use kustomer_api::attachment::AttachmentInput;
use kustomer_api::{ObjectId, Timestamp};

const MAX: u64 = 1_000;

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 12])
}

fn seed(byte: u8) -> EventSeed {
    EventSeed { id: id(byte), salt: Salt([byte; 16]) }
}

fn org() -> Org {
    Org { key: OrgKey(1), id: id(1), name: "demo".to_owned(), created_at: Timestamp::from_millis(0) }
}

fn context(org: &Org) -> Context<'_> {
    Context {
        org,
        actor: id(2),
        now: Timestamp::from_millis(1_000),
        client: "api",
        request_id: "r",
        slas: None,
        import: None,
    }
}

fn stored(changes: &ChangeSet) -> Stored {
    let put = &changes.puts[0];
    Stored {
        id: put.id,
        rev: put.rev,
        deleted: put.deleted,
        created_at: put.created_at,
        updated_at: put.updated_at,
        document: put.document.clone(),
    }
}

fn input() -> AttachmentInput {
    AttachmentInput::of("a.txt", "text/plain", 5)
}

fn made(org: &Org) -> Stored {
    stored(&attachment::create(&context(org), id(9), seed(3), input(), MAX).unwrap())
}

fn owner<'a>(kind: &'a str, byte: u8, path: &'a str) -> Owner<'a> {
    Owner { kind, id: id(byte), path, conversation: Some(id(7)), customer: Some(id(8)), from: None }
}

#[test]
fn an_attachment_is_listed_by_its_owner() {
    let org = org();
    let message = owner("message", 5, "/v1/messages/m");
    let changes =
        attachment::attach(&context(&org), Some(&made(&org)), seed(4), message, "/attachments/0").unwrap().unwrap();
    let columns = &changes.puts[0].columns;
    let hex = |byte: u8| Some(id(byte).to_string());
    let held = [OWNER, CONVERSATION, CUSTOMER].map(|column| columns.get(column).map(str::to_owned));
    // The customer is that of the conversation, which may move to another.
    assert_eq!(held, [hex(5), hex(7), None]);
    let alone = Owner { conversation: None, ..message };
    let changes =
        attachment::attach(&context(&org), Some(&made(&org)), seed(4), alone, "/attachments/0").unwrap().unwrap();
    let held = [OWNER, CONVERSATION, CUSTOMER].map(|column| changes.puts[0].columns.get(column).map(str::to_owned));
    assert_eq!(held, [hex(5), None, hex(8)]);
    let changes =
        attachment::attach(&context(&org), Some(&made(&org)), seed(4), message, "/attachments/0").unwrap().unwrap();
    let attached = stored(&changes);
    assert_eq!(attachment::attach(&context(&org), Some(&attached), seed(5), message, "/attachments/0"), Ok(None));
    let another = owner("message", 6, "/v1/messages/n");
    let refused = attachment::attach(&context(&org), Some(&attached), seed(5), another, "/attachments/3").unwrap_err();
    assert_eq!((refused.status, refused.errors[0].meta["pointer"].as_str()), (400, Some("/attachments/3")));
    assert_eq!(attachment::attach(&context(&org), None, seed(5), another, "/attachments/3").unwrap_err().status, 400);
}

#[test]
fn an_attachment_of_a_draft_moves_to_the_message_that_is_sent() {
    let org = org();
    let draft = owner("draft", 5, "/v1/drafts/d");
    let of_draft = stored(&attachment::create_for(&context(&org), id(9), seed(3), input(), MAX, draft).unwrap());
    let message = Owner { from: Some(id(5)), ..owner("message", 6, "/v1/messages/m") };
    let another = Owner { from: None, ..message };
    let refused = attachment::attach(&context(&org), Some(&of_draft), seed(4), another, "/attachments/0").unwrap_err();
    assert_eq!(refused.status, 400, "a message takes none of a draft that is not sent");
    let changes =
        attachment::attach(&context(&org), Some(&of_draft), seed(4), message, "/attachments/0").unwrap().unwrap();
    assert_eq!(changes.puts[0].columns.get(OWNER), Some(id(6).to_string().as_str()));
    assert!(!changes.puts[0].document.contains("/v1/drafts/d"));
}

#[test]
fn a_duplicate_has_the_bytes_and_another_owner() {
    let org = org();
    let received = Received { length: 5, sum: Sha256Sum([7; 32]) };
    let with_bytes = stored(&Kind::Attachment.receive(&context(&org), Some(&made(&org)), seed(4), received).unwrap());
    let message = owner("message", 6, "/v1/messages/m");
    let changes = attachment::duplicate(&context(&org), Some(&with_bytes), id(10), seed(5), message).unwrap();
    assert_eq!(changes.puts[0].columns.get(SHA256), Some("07".repeat(32).as_str()));
    assert_eq!(File::of(&changes.puts[0].document).unwrap().sum, Some(received.sum));
    assert_eq!(changes.asserts, [(Kind::Attachment, id(9))]);
}

#[test]
fn bytes_are_received_once_and_as_announced() {
    let org = org();
    let receive = |stored: &Stored, length: u64| {
        let received = Received { length, sum: Sha256Sum([7; 32]) };
        Kind::Attachment.receive(&context(&org), Some(stored), seed(4), received)
    };
    let made = made(&org);
    assert_eq!(receive(&made, 4).unwrap_err().status, 400);
    let with_bytes = stored(&receive(&made, 5).unwrap());
    assert_eq!(receive(&with_bytes, 5).unwrap_err().status, 409);
    let redacted = attachment::redact(&context(&org), Some(&made), seed(5)).unwrap().unwrap();
    assert_eq!(receive(&stored(&redacted), 5).unwrap_err().status, 409);
    assert_eq!(attachment::redact(&context(&org), Some(&stored(&redacted)), seed(6)), Ok(None));
    assert_eq!(
        Kind::Tag
            .receive(&context(&org), Some(&made), seed(4), Received { length: 5, sum: Sha256Sum([7; 32]) })
            .unwrap_err()
            .status,
        404
    );
}

#[test]
fn an_erased_attachment_has_no_value_and_no_owner() {
    let org = org();
    let message = owner("message", 5, "/v1/messages/m");
    let attached =
        attachment::attach(&context(&org), Some(&made(&org)), seed(4), message, "/attachments/0").unwrap().unwrap();
    let erased = Kind::Attachment.erase(&context(&org), &stored(&attached), seed(5)).unwrap().unwrap();
    let put = &erased.puts[0];
    assert!(put.deleted && !put.document.contains("a.txt") && !put.document.contains(&id(7).to_string()));
    assert_eq!([OWNER, CONVERSATION, CUSTOMER, SHA256].map(|column| put.columns.get(column)), [None; 4]);
    assert_eq!(erased.erasures.len(), 1);
    assert_eq!(Kind::Attachment.erase(&context(&org), &stored(&erased), seed(6)), Ok(None));
}
