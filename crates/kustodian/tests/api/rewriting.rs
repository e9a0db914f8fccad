//! A record that the Rust client read can be changed and written again, whatever kind of record it is.

use kustomer_api::{Endpoint, Field};
use kustomer_client::attachment::{AttachmentInput, CreateAttachment};
use kustomer_client::brand::{BrandInput, CreateBrand};
use kustomer_client::company::{CompanyInput, CreateCompany};
use kustomer_client::conversation::{ConversationInput, CreateConversationForCustomer};
use kustomer_client::customer::{CreateCustomer, CustomerInput};
use kustomer_client::draft::{CreateDraftByCustomer, DraftInput};
use kustomer_client::envelope::Resource;
use kustomer_client::klass::{CreateKlass, KlassInput};
use kustomer_client::kobject::{CreateKObject, KObjectInput};
use kustomer_client::media::{CreateMedia, MediaInput};
use kustomer_client::message::{CreateMessageFromConversation, MessageInput};
use kustomer_client::note::{CreateNoteWithinConversation, NoteInput};
use kustomer_client::outbound_webhook::{CreateOutboundWebhook, OutboundWebhookInput};
use kustomer_client::role_group::{CreateRoleGroup, RoleGroupInput};
use kustomer_client::routing_queue::{CreateRoutingQueue, RoutingQueueInput};
use kustomer_client::satisfaction::{CreateSatisfaction, SatisfactionInput};
use kustomer_client::saved_search::{CreateSavedSearch, SavedSearchInput};
use kustomer_client::schedule::{CreateSchedule, ScheduleInput};
use kustomer_client::shortcut::{CreateShortcut, ShortcutInput};
use kustomer_client::sla::{CreateSla, SlaInput};
use kustomer_client::team::{CreateTeam, TeamInput};
use kustomer_client::user::{CreateInviteNewUser, UserInput};
use serde::Serialize;
use serde_json::Value;

use crate::client::{client, wait_for};
use crate::server::Server;

/// The body that the OpenAPI document has as an example.
fn example<E: Endpoint>() -> E::Body {
    serde_json::from_str(E::BODY_EXAMPLE.unwrap()).unwrap()
}

/// The attributes without those that move with every change, and without nulls: clearing an empty one leaves a null.
fn values<A: Serialize>(record: &Resource<A>) -> Value {
    let mut values = serde_json::to_value(&record.attributes).unwrap();
    let moving = ["rev", "updatedAt", "modifiedAt", "lastActivityAt"];
    values.as_object_mut().unwrap().retain(|name, value| !value.is_null() && !moving.contains(&name.as_str()));
    values
}

#[test]
fn the_answer_of_any_record_can_be_written_again() {
    let server = Server::start();
    let client = client(&server);
    /// Creates a record, and updates it with the answer.
    macro_rules! rewritten {
        ($input:ident, $operation:ident, $group:expr, $create:expr) => {{
            let made = $create(example::<$operation>()).await.unwrap().data;
            let input: $input = (&made).into();
            let changed = $group.update(&made, &input).await;
            let changed = changed.unwrap_or_else(|error| panic!("{}: {error}", stringify!($input))).data;
            assert_eq!(values(&changed), values(&made), "{}", stringify!($input));
            made
        }};
        ($input:ident, $operation:ident, $group:expr) => {
            rewritten!($input, $operation, $group, |body| async move { $group.create(&body).await })
        };
    }
    wait_for(async {
        let c = &client;
        let customer = rewritten!(CustomerInput, CreateCustomer, c.customers());
        rewritten!(CompanyInput, CreateCompany, c.companies());
        let of_customer = &customer;
        let conversation =
            rewritten!(ConversationInput, CreateConversationForCustomer, c.conversations(), |body| async move {
                c.conversations().create_for_customer(of_customer, &body).await
            });
        let within = &conversation;
        rewritten!(MessageInput, CreateMessageFromConversation, c.messages(), |body| async move {
            c.messages().create_in(within, &body).await
        });
        rewritten!(NoteInput, CreateNoteWithinConversation, c.notes(), |body| async move {
            c.notes().create_in(within, &body).await
        });
        // The example is sent at once, and changes no more.
        rewritten!(DraftInput, CreateDraftByCustomer, c.drafts(), |mut body: DraftInput| async move {
            body.status = None;
            c.drafts().create_for_customer(of_customer, &body).await
        });
        let klass = rewritten!(KlassInput, CreateKlass, c.klasses());
        let klass = klass.name.as_deref().unwrap().to_owned();
        rewritten!(KObjectInput, CreateKObject, c.kobjects(&klass), |body| {
            let klass = klass.clone();
            async move { c.kobjects(&klass).create(&body).await }
        });
        rewritten!(TeamInput, CreateTeam, c.teams());
        rewritten!(UserInput, CreateInviteNewUser, c.users(), |body| async move { c.users().invite(&body).await });
        rewritten!(RoleGroupInput, CreateRoleGroup, c.role_groups());
        rewritten!(ShortcutInput, CreateShortcut, c.shortcuts());
        rewritten!(BrandInput, CreateBrand, c.brands());
        rewritten!(ScheduleInput, CreateSchedule, c.schedules());
        rewritten!(SlaInput, CreateSla, c.slas());
        rewritten!(RoutingQueueInput, CreateRoutingQueue, c.routing_queues());
        rewritten!(SatisfactionInput, CreateSatisfaction, c.satisfaction());
        rewritten!(SavedSearchInput, CreateSavedSearch, c.saved_searches());
        rewritten!(OutboundWebhookInput, CreateOutboundWebhook, c.outbound_webhooks());
        rewritten!(AttachmentInput, CreateAttachment, c.attachments());
        rewritten!(MediaInput, CreateMedia, c.media());

        // A change by somebody else meanwhile is kept.
        let read = c.customers().get(&customer).await.unwrap().data;
        c.customers().update(&customer, &CustomerInput::new().name("Grace")).await.unwrap();
        let late = c.customers().update(&customer, &CustomerInput::from(&read).username("grace")).await.unwrap_err();
        assert_eq!(late.status(), Some(409), "{late}");
        assert_eq!(CustomerInput::from(&read).company, Field::Absent);
    });
}
