//! Events as a receiver of webhooks reads them, by the types of their records.

use kustodian_testkit::{Inbox, Sandbox};
use kustomer_client::company::CompanyInput;
use kustomer_client::conversation::ConversationInput;
use kustomer_client::customer::CustomerInput;
use kustomer_client::event::ListEvents;
use kustomer_client::klass::KlassInput;
use kustomer_client::kobject::KObjectInput;
use kustomer_client::message::{Channel, MessageInput};
use kustomer_client::note::NoteInput;
use kustomer_client::team::TeamInput;
use kustomer_client::webhook::Happened;

#[tokio::test]
async fn a_delivered_event_is_read_as_its_kind_of_record() {
    let sandbox = Sandbox::start().await.unwrap();
    let (client, inbox) = (sandbox.client(), Inbox::start().await.unwrap());
    let kinds = ["company", "conversation", "customer", "kobject", "message", "note", "team"];
    inbox.subscribe(client, kinds.map(|kind| format!("kustomer.{kind}.create"))).await.unwrap();

    client.klasses().create(&KlassInput::named("order")).await.unwrap();
    let company = client.companies().create(&CompanyInput::named("Acme")).await.unwrap().data;
    let customer = client.customers().create(&CustomerInput::new().name("Ada")).await.unwrap().data;
    let order = KObjectInput::titled("Order 1815");
    let kobject = client.kobjects("order").create_for_customer(&customer.id, &order).await.unwrap().data;
    let question = ConversationInput::default().name("A question".to_owned());
    let conversation = client.conversations().create_for_customer(&customer.id, &question).await.unwrap().data;
    let message = MessageInput::new(Channel::Chat, "web").preview("Hello?".to_owned());
    let message = client.messages().create_in(&conversation.id, &message).await.unwrap().data;
    let note = client.notes().create_in(&conversation.id, &NoteInput::of("She called.")).await.unwrap().data;
    let team = client.teams().create(&TeamInput::default().name("Returns")).await.unwrap().data;

    /// The record of the delivery about a record with this id.
    macro_rules! delivered {
        ($id:expr) => {{
            let delivered = inbox.wait_for(|event| $id == event.data_id).await.unwrap();
            assert!(delivered.is_signed);
            Happened::of(&delivered.event).unwrap()
        }};
    }
    let Happened::Company(read) = delivered!(company.id) else { panic!("no company") };
    assert_eq!(read.name.as_deref(), Some("Acme"));
    let Happened::Customer(read) = delivered!(customer.id) else { panic!("no customer") };
    assert_eq!(read.name.as_deref(), Some("Ada"));
    let Happened::KObject(read) = delivered!(kobject.id) else { panic!("no kobject") };
    assert_eq!((read.kind.as_str(), read.title.as_deref()), ("kobject.order", Some("Order 1815")));
    let Happened::Conversation(read) = delivered!(conversation.id) else { panic!("no conversation") };
    assert_eq!(read.name.as_deref(), Some("A question"));
    let Happened::Message(read) = delivered!(message.id) else { panic!("no message") };
    assert_eq!(read.preview.as_deref(), Some("Hello?"));
    let Happened::Note(read) = delivered!(note.id) else { panic!("no note") };
    assert_eq!(read.body.as_deref(), Some("She called."));
    let Happened::Other(read) = delivered!(team.id) else { panic!("a team has no type here") };
    assert_eq!((&read["type"], &read["attributes"]["name"]), (&"team".into(), &"Returns".into()));

    client.customers().erase(&customer.id).await.unwrap();
    let query = ListEvents::default().object_type("customer");
    let events = client.events().list(&query).await.unwrap().data;
    let first = events.iter().find(|event| customer.id == event.data_id).unwrap();
    assert_eq!((first.name.as_str(), Happened::of(first).unwrap()), ("kustomer.customer.create", Happened::Erased));
}

#[test]
fn a_record_that_is_not_as_its_type_is_an_error() {
    let event = |data: &str| {
        let event = format!(
            r#"{{"id":"1","name":"kustomer.customer.update","org":"2","createdAt":"2026-01-02T03:04:05.000Z","dataId":"3","data":{data}}}"#
        );
        serde_json::from_str::<kustomer_client::event::Event>(&event).unwrap()
    };
    let broken = event(r#"{"type":"customer","id":"3","attributes":{"name":7}}"#);
    assert!(Happened::of(&broken).unwrap_err().to_string().contains("invalid type"));
    // A type of a later version, and none at all.
    for other in [r#"{"type":"invoice","id":"3"}"#, "{}", "[1]"] {
        assert_eq!(Happened::of(&event(other)).unwrap(), Happened::Other(serde_json::from_str(other).unwrap()));
    }
}
