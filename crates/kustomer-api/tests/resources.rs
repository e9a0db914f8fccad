//! What holds for every resource that is declared with its attributes: input and answers survive a round trip, and a
//! write distinguishes absent, null and a value.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fmt::Debug;

use kustomer_api::attachment::{self, Attachment, AttachmentAttributes, AttachmentInput};
use kustomer_api::auth;
use kustomer_api::brand::{self, Brand, BrandAttributes, BrandInput};
use kustomer_api::company::{self, Company, CompanyAttributes, CompanyInput};
use kustomer_api::conversation::{self, Conversation, ConversationAttributes, ConversationInput};
use kustomer_api::conversation_time::{self, ConversationTime};
use kustomer_api::customer_merge::{self, CustomerMerge};
use kustomer_api::delivery::{self, Delivery};
use kustomer_api::draft::{self, Draft, DraftAttributes, DraftInput};
use kustomer_api::forward::{self, Forward, ForwardAttributes, ForwardInput};
use kustomer_api::inbound_webhook::{self, InboundWebhook, InboundWebhookAttributes, InboundWebhookInput};
use kustomer_api::klass::{self, Klass, KlassAttributes, KlassInput};
use kustomer_api::kobject::{self, KObject, KObjectAttributes, KObjectInput};
use kustomer_api::media::{self, Media, MediaAttributes, MediaInput};
use kustomer_api::message::{self, Message, MessageAttributes, MessageInput};
use kustomer_api::metadata::{self, Metadata};
use kustomer_api::note::{self, Note, NoteAttributes, NoteInput};
use kustomer_api::outbound_account::{self, OutboundAccount};
use kustomer_api::outbound_webhook::{self, OutboundWebhook, OutboundWebhookAttributes, OutboundWebhookInput};
use kustomer_api::role_group::{self, RoleGroup, RoleGroupAttributes, RoleGroupInput};
use kustomer_api::routing_queue::{self, RoutingQueue, RoutingQueueAttributes, RoutingQueueInput};
use kustomer_api::satisfaction::{self, Satisfaction, SatisfactionAttributes, SatisfactionInput};
use kustomer_api::saved_search::{self, SavedSearch, SavedSearchAttributes, SavedSearchInput};
use kustomer_api::schedule::{self, Schedule, ScheduleAttributes, ScheduleInput};
use kustomer_api::schema::{Kind, Schema};
use kustomer_api::shortcut::{self, Shortcut, ShortcutAttributes, ShortcutInput};
use kustomer_api::sla::{self, Sla, SlaAttributes, SlaInput};
use kustomer_api::spam_sender::{self, SpamSender, SpamSenderAttributes, SpamSenderInput};
use kustomer_api::tag::{self, Tag};
use kustomer_api::team::{self, Team, TeamAttributes, TeamInput};
use kustomer_api::user::{self, User, UserAttributes, UserInput};
use kustomer_api::validation::check;
use kustomer_api::{Field, SystemAttributes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A value that `schema` accepts, with all its members.
fn example(schema: &Schema) -> Value {
    match schema.kind {
        Kind::Any => json!({ "type": "object" }),
        Kind::Boolean => json!(true),
        Kind::Number { range: Some((_, greatest)) } if greatest < 3.0 => json!(greatest),
        Kind::Integer { one_of: [value, ..], .. } => json!(value),
        Kind::Number { .. } | Kind::Integer { .. } => json!(3),
        Kind::Text(text) => match (text.one_of, text.format) {
            ([value, ..], _) => json!(value),
            (_, Some(format)) => json!(format.example),
            _ => json!("texts".repeat(1 + text.min / 5).chars().take(text.max.unwrap_or(4)).collect::<String>()),
        },
        Kind::List { items, .. } => json!([example(items)]),
        Kind::Object(object) => members(object.properties.iter().map(|it| (it.name, &it.schema))),
        Kind::Custom => json!({ "tierStr": "gold" }),
        Kind::Map(values) => json!({ "free": example(values) }),
        Kind::Forms(forms) => example(forms.all[0]),
    }
}

fn members<'a>(schemas: impl Iterator<Item = (&'a str, &'a Schema)>) -> Value {
    schemas.map(|(name, schema)| (name.to_owned(), example(schema))).collect::<Map<_, _>>().into()
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(value.clone()).unwrap()).unwrap()
}

fn properties(schema: &Schema) -> Vec<(&'static str, Schema)> {
    let Kind::Object(object) = schema.kind else { return Vec::new() };
    object.properties.iter().map(|property| (property.name, property.schema)).collect()
}

fn accepts(schema: &Schema, value: &Value) {
    let text = value.to_string();
    assert_eq!(check(schema, &serde_json::from_str(&text).unwrap()), [], "{text}");
}

#[test]
fn answers_survive_a_round_trip_with_unknown_members() {
    fn check_answer<T: Serialize + DeserializeOwned>(schema: &Schema) {
        let mut answer = example(schema);
        // A tie holds type and id, or a list of them; the schema has no words for both.
        for ties in answer["relationships"].as_object_mut().into_iter().flat_map(|ties| ties.values_mut()) {
            ties["data"] = json!({ "type": "user", "id": "5c7d1a1f9a1b2c0010a1b2c3" });
        }
        accepts(schema, &answer);
        assert_eq!(round_trip::<T>(&answer), answer);
        for (name, attribute) in
            properties(schema).into_iter().find(|it| it.0 == "attributes").map(|it| properties(&it.1)).unwrap()
        {
            if attribute.nullable {
                answer["attributes"][name] = Value::Null;
            }
        }
        answer["newInV9"] = json!([1]);
        answer["attributes"]["newInV9"] = json!({ "a": null });
        answer["relationships"]["free"]["meta"] = json!({ "new": true });
        assert_eq!(round_trip::<T>(&answer), answer);
        // An attribute that was never set is absent.
        answer["attributes"] = json!({});
        assert_eq!(round_trip::<T>(&answer), answer);
    }
    check_answer::<Team>(&team::TEAM);
    check_answer::<OutboundWebhook>(&outbound_webhook::OUTBOUND_WEBHOOK);
    check_answer::<InboundWebhook>(&inbound_webhook::INBOUND_WEBHOOK);
    check_answer::<Shortcut>(&shortcut::SHORTCUT);
    check_answer::<Tag>(&tag::TAG);
    check_answer::<User>(&user::USER);
    check_answer::<RoleGroup>(&role_group::ROLE_GROUP);
    check_answer::<Company>(&company::COMPANY);
    check_answer::<Klass>(&klass::KLASS);
    check_answer::<KObject>(&kobject::KOBJECT);
    check_answer::<Conversation>(&conversation::CONVERSATION);
    check_answer::<Message>(&message::MESSAGE);
    check_answer::<Note>(&note::NOTE);
    check_answer::<Draft>(&draft::DRAFT);
    check_answer::<ConversationTime>(&conversation_time::CONVERSATION_TIME);
    check_answer::<CustomerMerge>(&customer_merge::CUSTOMER_MERGE);
    check_answer::<Delivery>(&delivery::DELIVERY);
    check_answer::<Attachment>(&attachment::ATTACHMENT);
    check_answer::<Forward>(&forward::FORWARD);
    check_answer::<Media>(&media::MEDIA);
    check_answer::<Metadata>(&metadata::METADATA);
    check_answer::<Brand>(&brand::BRAND);
    check_answer::<Schedule>(&schedule::SCHEDULE);
    check_answer::<SpamSender>(&spam_sender::SPAM_SENDER);
    check_answer::<Satisfaction>(&satisfaction::SATISFACTION);
    check_answer::<Sla>(&sla::SLA);
    check_answer::<RoutingQueue>(&routing_queue::ROUTING_QUEUE);
    check_answer::<SavedSearch>(&saved_search::SAVED_SEARCH);
    check_answer::<OutboundAccount>(&outbound_account::OUTBOUND_ACCOUNT);
}

#[test]
fn unknown_values_of_enumerations_survive() {
    let klass = json!({ "status": "archived", "mixins": ["flyable"], "klassSchema": "project" });
    assert_eq!(round_trip::<KlassAttributes>(&klass), klass);
    let task = json!({ "status": "waiting", "klassMixins": ["flyable"] });
    assert_eq!(round_trip::<KObjectAttributes>(&task), task);
}

#[test]
fn debug_output_has_no_secrets() {
    fn shown<T: DeserializeOwned + Debug>(value: Value) -> String {
        format!("{:?}", serde_json::from_value::<T>(value).unwrap())
    }
    let webhook = json!({ "token": "zq1", "name": "Shop", "headers": [{ "name": "x-key", "value": "zq2" }] });
    let webhook = shown::<OutboundWebhookAttributes>(webhook);
    let user = json!({ "name": "Ada", "password": "zq3", "currentPassword": "zq4", "rev": 7 });
    let user = shown::<UserInput>(user);
    let address =
        shown::<inbound_webhook::InboundWebhookAddress>(json!({ "hash": "zq5", "path": "/v1/hooks/web/zq5" }));
    let token = shown::<auth::AuthTokenAttributes>(json!({ "token": "zq6", "name": "Nightly" }));
    let sign_in = format!("{:?}", auth::SignIn::with_password("acme", "ada@acme.example", "zq7"));
    let settings = shown::<auth::CustomerAuthSettingsAttributes>(json!({ "secret": "zq8" }));
    let all = [webhook.as_str(), &user, &address, &token, &sign_in, &settings].join("\n");
    assert!(!all.contains("zq"), "{all}");
    // The rest is there.
    assert!(
        ["\"Shop\"", "\"x-key\"", "\"Ada\"", "rev: Some(Number(7))", "Nightly"].iter().all(|it| all.contains(it)),
        "{all}"
    );
}

/// Writes `input` over `attributes`, as JSON on both sides.
fn applied<A, I>(apply: fn(I, &mut A), input: &Value, attributes: &Value) -> Value
where
    A: Serialize + DeserializeOwned,
    I: DeserializeOwned,
{
    let mut attributes: A = serde_json::from_value(attributes.clone()).unwrap();
    apply(serde_json::from_value(input.clone()).unwrap(), &mut attributes);
    serde_json::to_value(attributes).unwrap()
}

/// What of an input becomes attributes, and `deleted`, whose null restores.
fn as_attributes(input: &Value, sent: &[&str]) -> Value {
    let mut attributes = input.as_object().unwrap().clone();
    attributes.retain(|name, _| !sent.contains(&name.as_str()));
    if let Some(deleted) = attributes.get_mut("deleted").filter(|deleted| deleted.is_null()) {
        *deleted = json!(false);
    }
    Value::Object(attributes)
}

fn check_input<A, I>(bodies: &[&Schema], apply: fn(I, &mut A), sent: &[&str])
where
    A: Serialize + DeserializeOwned,
    I: Serialize + DeserializeOwned + Default + PartialEq + Debug,
{
    assert_eq!(serde_json::to_value(I::default()).unwrap(), json!({}), "absent members are not written");
    for schema in bodies {
        let full = example(schema);
        accepts(schema, &full);
        assert_eq!(round_trip::<I>(&full), full, "the type has every member of the schema");
        assert_eq!(applied::<A, I>(apply, &full, &json!({})), as_attributes(&full, sent));
        // Absent attributes are kept.
        let stored = as_attributes(&full, sent);
        assert_eq!(applied::<A, I>(apply, &json!({}), &stored), stored);
        for (name, property) in properties(schema) {
            let null = json!({ name: null });
            let after = applied::<A, I>(apply, &null, &stored);
            let expected = if !property.nullable || sent.contains(&name) {
                stored.clone()
            } else {
                let mut expected = stored.clone();
                expected[name] = as_attributes(&null, sent)[name].clone();
                assert_eq!(round_trip::<I>(&null), null, "null is not absent");
                expected
            };
            assert_eq!(after, expected, "{name}");
        }
    }
}

#[test]
fn inputs_have_every_member_of_their_schemas_and_are_applied_over_attributes() {
    check_input::<TeamAttributes, TeamInput>(
        &[&team::TEAM_INPUT, &team::TEAM_CHANGES, &team::TEAM_REPLACEMENT],
        TeamInput::apply,
        &["rev"],
    );
    check_input::<OutboundWebhookAttributes, OutboundWebhookInput>(
        &[&outbound_webhook::OUTBOUND_WEBHOOK_INPUT, &outbound_webhook::OUTBOUND_WEBHOOK_CHANGES],
        OutboundWebhookInput::apply,
        &["rev"],
    );
    check_input::<InboundWebhookAttributes, InboundWebhookInput>(
        &[&inbound_webhook::INBOUND_WEBHOOK_INPUT, &inbound_webhook::INBOUND_WEBHOOK_CHANGES],
        InboundWebhookInput::apply,
        &["rotateHash", "rev"],
    );
    check_input::<ShortcutAttributes, ShortcutInput>(
        &[&shortcut::SHORTCUT_INPUT, &shortcut::SHORTCUT_CHANGES],
        ShortcutInput::apply,
        &["rev"],
    );
    check_input::<RoleGroupAttributes, RoleGroupInput>(
        &[&role_group::ROLE_GROUP_INPUT, &role_group::ROLE_GROUP_CHANGES],
        RoleGroupInput::apply,
        &["rev"],
    );
    check_input::<UserAttributes, UserInput>(
        &[&user::USER_INPUT, &user::USER_CHANGES],
        UserInput::apply,
        &["rev", "currentPassword"],
    );
    check_input::<CompanyAttributes, CompanyInput>(
        &[&company::COMPANY_INPUT, &company::COMPANY_CHANGES],
        CompanyInput::apply,
        &["rev"],
    );
    check_input::<KlassAttributes, KlassInput>(
        &[&klass::KLASS_INPUT, &klass::KLASS_CHANGES],
        KlassInput::apply,
        &["rev"],
    );
    check_input::<KObjectAttributes, KObjectInput>(
        &[&kobject::KOBJECT_INPUT, &kobject::KOBJECT_CHANGES],
        KObjectInput::apply,
        &["rev", "customer", "company"],
    );
    check_input::<ConversationAttributes, ConversationInput>(
        &[&conversation::CONVERSATION_INPUT, &conversation::CONVERSATION_CHANGES],
        ConversationInput::apply,
        &["rev", "id", "customer", "campaign", "queue", "endedBy"],
    );
    let sent = ["rev", "id", "conversation", "customer", "attachments", "queue", "createdBy", "modifiedBy"];
    let dated = ["modifiedAt", "updatedAt", "userMentions"];
    check_input::<MessageAttributes, MessageInput>(
        &[&message::MESSAGE_INPUT, &message::MESSAGE_CHANGES],
        MessageInput::apply,
        &[&sent[..], &dated].concat(),
    );
    check_input::<NoteAttributes, NoteInput>(
        &[&note::NOTE_INPUT, &note::NOTE_CHANGES],
        NoteInput::apply,
        &[&sent[..], &dated].concat(),
    );
    for forms in [&draft::DRAFT_FORMS, &draft::DRAFT_CHANGE_FORMS] {
        let Kind::Forms(forms) = forms.kind else { panic!("a draft has several forms") };
        check_input::<DraftAttributes, DraftInput>(forms.all, DraftInput::apply, &["rev", "customer", "conversation"]);
    }
    check_input::<ForwardAttributes, ForwardInput>(
        &[&forward::FORWARD_INPUT, &forward::FORWARD_CHANGES],
        ForwardInput::apply,
        &["rev", "customer", "conversation", "attachments"],
    );
    check_input::<AttachmentAttributes, AttachmentInput>(
        &[&attachment::ATTACHMENT_INPUT, &attachment::ATTACHMENT_CHANGES],
        AttachmentInput::apply,
        &["rev"],
    );
    check_input::<MediaAttributes, MediaInput>(
        &[&media::MEDIA_INPUT, &media::MEDIA_CHANGES],
        MediaInput::apply,
        &["rev"],
    );
    check_input::<BrandAttributes, BrandInput>(
        &[&brand::BRAND_INPUT, &brand::BRAND_CHANGES],
        BrandInput::apply,
        &["rev"],
    );
    check_input::<ScheduleAttributes, ScheduleInput>(
        &[&schedule::SCHEDULE_INPUT, &schedule::SCHEDULE_CHANGES],
        ScheduleInput::apply,
        &["rev"],
    );
    check_input::<SpamSenderAttributes, SpamSenderInput>(
        &[&spam_sender::SPAM_SENDER_INPUT, &spam_sender::SPAM_SENDER_CHANGES],
        SpamSenderInput::apply,
        &[],
    );
    check_input::<SatisfactionAttributes, SatisfactionInput>(
        &[&satisfaction::SATISFACTION_INPUT, &satisfaction::SATISFACTION_CHANGES],
        SatisfactionInput::apply,
        &["rev"],
    );
    check_input::<RoutingQueueAttributes, RoutingQueueInput>(
        &[&routing_queue::ROUTING_QUEUE_INPUT, &routing_queue::ROUTING_QUEUE_CHANGES],
        RoutingQueueInput::apply,
        &["rev"],
    );
    check_input::<SavedSearchAttributes, SavedSearchInput>(
        &[&saved_search::SAVED_SEARCH_INPUT, &saved_search::SAVED_SEARCH_CHANGES],
        SavedSearchInput::apply,
        &["rev"],
    );
    check_input::<SlaAttributes, SlaInput>(&[&sla::SLA_INPUT, &sla::SLA_CHANGES], SlaInput::apply, &["rev"]);
}

#[test]
fn custom_attributes_merge_and_lists_replace() {
    let stored = json!({ "tags": ["a", "b"], "custom": { "aStr": "x", "bNum": 1 }, "data": { "a": 1, "b": 2 } });
    let sent = json!({ "tags": ["c"], "custom": { "bNum": 2, "cStr": null }, "data": { "c": 3 } });
    let after = json!({ "tags": ["c"], "custom": { "aStr": "x", "bNum": 2, "cStr": null }, "data": { "c": 3 } });
    assert_eq!(applied::<KObjectAttributes, KObjectInput>(KObjectInput::apply, &sent, &stored), after);
}

#[test]
fn inputs_are_built_attribute_by_attribute() {
    let input = KObjectInput::titled("Order 1815")
        .external_id("shop-1815")
        .description(Field::Null)
        .images(["a.example".to_owned()]);
    assert_eq!(
        serde_json::to_value(input).unwrap(),
        json!({ "title": "Order 1815", "externalId": "shop-1815", "description": null, "images": ["a.example"] })
    );
    let company = CompanyInput::named("Acme").employee_count(120).external_id("crm-7").rev(4).deleted(true);
    assert_eq!(
        serde_json::to_value(company).unwrap(),
        json!({ "name": "Acme", "externalId": "crm-7", "employeeCount": 120, "rev": 4, "deleted": true })
    );
}

#[test]
fn the_attributes_that_the_server_keeps_are_those_of_the_record() {
    let mut klass = KlassAttributes::default();
    let system = klass.system();
    *system.deleted = false.into();
    *system.rev = 1.into();
    assert_eq!(serde_json::to_value(&klass).unwrap(), json!({ "deleted": false, "rev": 1 }));
    assert_eq!(klass.created_at(), None);
}

/// At each limit of `docs/contract/behaviour.md` §13 and §14: the last value that passes and the first that fails.
#[test]
fn limits_are_those_of_the_contract() {
    let passes = |schema: &Schema, name: &str, value: &Value| {
        let text = json!({ "title": "t", "name": "abc", name: value }).to_string();
        !check(schema, &serde_json::from_str(&text).unwrap())
            .iter()
            .any(|fault| fault.pointer.starts_with(&format!("/{name}")))
    };
    let long = |length: usize| json!("é".repeat(length));
    let ascii = |length: usize| json!("x".repeat(length));
    let items = |item: fn(usize) -> Value, count: usize| Value::from((0..count).map(item).collect::<Vec<_>>());
    let domain: fn(usize) -> Value = |at| json!({ "domain": format!("{at}.example") });
    let image: fn(usize) -> Value = |at| json!(format!("https://acme.example/{at}"));
    let tag: fn(usize) -> Value = |at| json!(format!("tag{at}"));
    for (schema, name, good, bad) in [
        (&company::COMPANY_INPUT, "name", vec![long(3), long(256)], vec![long(2), long(257), json!(null)]),
        (&company::COMPANY_INPUT, "externalId", vec![long(1), long(256)], vec![long(0), long(257)]),
        (&company::COMPANY_INPUT, "domains", vec![items(domain, 10)], vec![items(domain, 11), json!([{}])]),
        (&company::COMPANY_INPUT, "tags", vec![items(tag, 20)], vec![items(tag, 21), json!(["a", "a"])]),
        (&company::COMPANY_INPUT, "employeeCount", vec![json!(0), json!(12.5)], vec![json!("12")]),
        (&company::COMPANY_INPUT, "defaultLang", vec![long(100), json!(null)], vec![long(101)]),
        (&company::COMPANY_INPUT, "deleted", vec![], vec![json!(false)]),
        (&company::COMPANY_CHANGES, "deleted", vec![json!(true), json!(null)], vec![json!("true")]),
        (
            &klass::KLASS_INPUT,
            "name",
            vec![ascii(1), ascii(255), json!("a_B-9")],
            vec![ascii(0), ascii(256), json!("a b"), long(3)],
        ),
        (&klass::KLASS_CHANGES, "name", vec![], vec![json!("order")]),
        (&klass::KLASS_INPUT, "displayName", vec![long(255)], vec![long(256)]),
        (&klass::KLASS_INPUT, "icon", vec![long(64)], vec![long(65)]),
        (&klass::KLASS_INPUT, "color", vec![long(64)], vec![long(65)]),
        (&klass::KLASS_INPUT, "status", vec![json!("enabled"), json!("disabled")], vec![json!("off")]),
        (&klass::KLASS_INPUT, "mixins", vec![json!([]), json!(["editable", "assignable"])], vec![json!(["flyable"])]),
        (&klass::KLASS_INPUT, "klassSchema", vec![json!("task")], vec![json!("order"), json!(null)]),
        (&kobject::KOBJECT_INPUT, "title", vec![long(1), long(256)], vec![long(0), long(257)]),
        (&kobject::KOBJECT_INPUT, "externalId", vec![long(1), long(256)], vec![long(0), long(257)]),
        (&kobject::KOBJECT_INPUT, "description", vec![long(0), long(10_240)], vec![long(10_241)]),
        (&kobject::KOBJECT_INPUT, "images", vec![items(image, 20)], vec![items(image, 21), json!(["no url"])]),
        (&kobject::KOBJECT_INPUT, "icon", vec![long(64)], vec![long(65)]),
        (&kobject::KOBJECT_INPUT, "data", vec![json!({}), json!({ "a": [null] })], vec![json!([]), json!(null)]),
        (&kobject::KOBJECT_INPUT, "tags", vec![items(tag, 20)], vec![items(tag, 21)]),
        (&kobject::KOBJECT_INPUT, "customer", vec![json!("5c7d1a1f9a1b2c0010a1b2c3"), json!("")], vec![json!("Ada")]),
        (&kobject::KOBJECT_CHANGES, "customer", vec![], vec![json!("5c7d1a1f9a1b2c0010a1b2c3")]),
        (&kobject::KOBJECT_INPUT, "rev", vec![], vec![json!(1)]),
        (&kobject::KOBJECT_CHANGES, "rev", vec![json!(1)], vec![json!("1")]),
        (&kobject::KOBJECT_INPUT, "status", vec![], vec![json!("done")]),
        (&kobject::KOBJECT_CHANGES, "status", vec![json!("open"), json!("done")], vec![json!("gone"), json!(null)]),
        (&kobject::KOBJECT_CHANGES, "assignedUser", vec![json!(null), json!("")], vec![json!("Ada")]),
    ] {
        good.iter().for_each(|value| assert!(passes(schema, name, value), "{name} takes {value}"));
        bad.iter().for_each(|value| assert!(!passes(schema, name, value), "{name} refuses {value}"));
    }
}

#[test]
fn what_only_a_create_takes_is_refused_with_that_advice() {
    let faults = check(&kobject::KOBJECT_CHANGES, &serde_json::from_str(r#"{"customer":null,"doneCount":1}"#).unwrap());
    let advice: Vec<&str> = faults.iter().map(|fault| fault.advice.as_ref()).collect();
    assert_eq!(advice, ["it can only be sent when the kobject is created", "it is derived from the changes of status"]);
}

#[test]
fn the_klass_of_a_kobject_is_linked_under_link() {
    let relationship = kobject::klass_relationship("5c7d1a1f9a1b2c0010a1b2c3", "/v1/klasses/5c7d1a1f9a1b2c0010a1b2c3");
    let written = json!({
        "data": { "type": "klass", "id": "5c7d1a1f9a1b2c0010a1b2c3" },
        "link": { "self": "/v1/klasses/5c7d1a1f9a1b2c0010a1b2c3" },
    });
    assert_eq!(serde_json::to_value(relationship).unwrap(), written);
    let kobjects = kobject::kobjects_relationship("/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/klasses/orders".to_owned());
    let written = json!({
        "links": { "self": "/v1/customers/5c7d1a1f9a1b2c0010a1b2c3/klasses/orders" },
        "meta": { "kobject": true },
    });
    assert_eq!(serde_json::to_value(kobjects).unwrap(), written);
}
