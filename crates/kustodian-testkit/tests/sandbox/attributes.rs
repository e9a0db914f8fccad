//! Custom attributes as a struct, on every resource that has them.

use std::collections::BTreeSet;

use kustodian_testkit::Sandbox;
use kustomer_client::company::CompanyInput;
use kustomer_client::conversation::ConversationInput;
use kustomer_client::custom::{CustomAttributes as Custom, CustomStruct as _};
use kustomer_client::customer::CustomerInput;
use kustomer_client::klass::KlassInput;
use kustomer_client::kobject::KObjectInput;
use kustomer_client::message::{Channel, MessageInput};
use kustomer_client::{CustomAttributes, Field, Timestamp};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, CustomAttributes)]
struct Loyalty {
    tier: String,
    points: Option<f64>,
    is_active: bool,
    member_since: Timestamp,
    #[custom(suffix = "Txt", default)]
    remarks: String,
}

impl Loyalty {
    fn new() -> Self {
        let member_since = "2016-11-06T13:54:29.000Z".parse().unwrap();
        Self { tier: "gold".to_owned(), points: Some(12.5), is_active: true, member_since, remarks: "a\nb".to_owned() }
    }

    fn custom(&self) -> Custom {
        self.to_custom().unwrap()
    }
}

/// The resources whose attributes have `custom`, as the document of the API describes them.
fn resources_with_custom() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap().iter();
    let with_custom = schemas.filter(|(_, schema)| schema["properties"].get("custom").is_some());
    with_custom.filter_map(|(name, _)| name.strip_suffix("Attributes").map(str::to_owned)).collect()
}

#[tokio::test]
async fn every_resource_with_custom_attributes_takes_a_struct_and_gives_it_back() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client();
    client.klasses().create(&KlassInput::named("order")).await.unwrap();
    let owner = client.customers().create(&CustomerInput::new().name("Owner")).await.unwrap().data.id;
    let (made, changed) = (Loyalty::new(), Loyalty { tier: "silver".to_owned(), points: None, ..Loyalty::new() });
    let mut written = BTreeSet::new();

    /// Creates a record with the struct, changes it to another one, and reads both.
    macro_rules! round_trip {
        ($resource:literal, $group:expr, $create:ident($($owner:expr)?), $input:expr, $change:expr) => {{
            let group = $group;
            let read = |custom: &Field<Custom>| custom.read::<Loyalty>().unwrap();
            let record = group.$create($($owner,)? &$input.custom(made.custom())).await.unwrap().data;
            assert_eq!(read(&record.attributes.custom), made, $resource);
            let answered = group.update(&record.id, &$change.custom(changed.custom())).await.unwrap().data;
            // An absent attribute keeps its stored value.
            let expected = Loyalty { points: made.points, ..changed.clone() };
            assert_eq!(read(&answered.attributes.custom), expected, $resource);
            let stored = group.get(&record.id).await.unwrap().data;
            assert_eq!(read(&stored.attributes.custom), expected, $resource);
            written.insert($resource.to_owned());
        }};
    }
    let question = ConversationInput::default().name("A question".to_owned());
    let message = MessageInput::new(Channel::Email, "postmark").preview("Hello?".to_owned());
    round_trip!("Customer", client.customers(), create(), CustomerInput::new().name("Ada"), CustomerInput::new());
    round_trip!("Company", client.companies(), create(), CompanyInput::named("Acme"), CompanyInput::default());
    round_trip!("KObject", client.kobjects("order"), create(), KObjectInput::titled("1815"), KObjectInput::default());
    round_trip!(
        "Conversation",
        client.conversations(),
        create_for_customer(&owner),
        question,
        ConversationInput::default()
    );
    round_trip!("Message", client.messages(), create_for_customer(&owner), message, MessageInput::default());
    assert_eq!(written, resources_with_custom());
}
