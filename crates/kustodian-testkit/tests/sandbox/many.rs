//! Many records: streams, searches beyond the last page, bulk jobs, and customers that exist once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use kustodian_testkit::{BulkMode, Fault, Sandbox, Settings};
use kustomer_client::attachment::AttachmentInput;
use kustomer_client::bulk::BulkItem;
use kustomer_client::company::CompanyInput;
use kustomer_client::conversation::ConversationInput;
use kustomer_client::customer::{CustomerInput, Email, ListCustomers};
use kustomer_client::klass::KlassInput;
use kustomer_client::kobject::KObjectInput;
use kustomer_client::message::{Channel, MessageInput};
use kustomer_client::note::NoteInput;
use kustomer_client::search::{Search, attribute};
use kustomer_client::{Attempt, Client, Error, InvalidRequest, Method, Observer};

fn named(name: &str) -> CustomerInput {
    CustomerInput::new().name(name)
}

async fn create(client: &Client, numbers: std::ops::Range<usize>) {
    let items: Vec<_> = numbers.map(|number| BulkItem::new(&named(&format!("Ada {number}")))).collect();
    let failed = client.customers().bulk_create_all(items).filter(|outcome| std::future::ready(!outcome.is_done()));
    assert_eq!(failed.count().await, 0);
}

#[tokio::test]
async fn a_list_is_a_stream_that_reads_one_page_ahead_and_no_more() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client();
    create(client, 0..10).await;
    let list = || client.customers().list(&ListCustomers::default().page_size(3));
    let ids: BTreeSet<String> = list().items().map_ok(|customer| customer.id.to_string()).try_collect().await.unwrap();
    assert_eq!(ids.len(), 10);
    let sizes: Vec<usize> = list().pages().map_ok(|page| page.data.len()).try_collect().await.unwrap();
    assert_eq!(sizes, [3, 3, 3, 1]);

    let mut items = list().items();
    items.try_next().await.unwrap();
    // The second page is on its way; nobody asks for the third.
    sandbox.faults().add(Fault::status(500).on(Method::GET, "/v1/customers").always());
    items.try_next().await.unwrap();
    drop(items);
    sandbox.faults().clear();

    sandbox.faults().add(Fault::status(500).on(Method::GET, "/v1/customers"));
    let mut failing = list().items();
    assert_eq!(failing.try_next().await.unwrap_err().status(), Some(500));
    assert!(failing.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_search_outlives_the_last_page_also_where_many_share_a_moment() {
    let capped = |settings: &mut Settings| settings.search_page_cap = Some(3);
    let moment = "2026-01-02T03:04:05.000Z".parse().unwrap();
    let sandbox = Sandbox::builder().clock_at(moment).settings(capped).start().await.unwrap();
    let (client, clock) = (sandbox.client(), sandbox.clock().unwrap());
    // Pages of 3, of which there are 3: at one moment there may be up to 9, and some more than one page.
    let mut made = 0;
    for count in [7, 1, 2, 5, 1, 1, 1, 8] {
        create(client, made..made + count).await;
        made += count;
        clock.advance(Duration::from_millis(1));
    }
    let search = Search::customers().and(attribute::NAME.contains("Ada")).sort(attribute::NAME.descending());
    let found: Vec<String> = client
        .customers()
        .search_beyond_pages(&search, 3)
        .map_ok(|customer| customer.id.to_string())
        .try_collect()
        .await
        .unwrap();
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (made, made));

    clock.advance(Duration::from_millis(1));
    create(client, made..made + 10).await;
    let found: Result<Vec<_>, Error> = client.customers().search_beyond_pages(&search, 3).try_collect().await;
    assert!(matches!(found.unwrap_err(), Error::Invalid(InvalidRequest::OneMoment { .. })));
}

#[tokio::test]
async fn a_search_for_any_kind_of_record_outlives_the_last_page() {
    let capped = |settings: &mut Settings| settings.search_page_cap = Some(3);
    let moment = "2026-01-02T03:04:05.000Z".parse().unwrap();
    let sandbox = Sandbox::builder().clock_at(moment).settings(capped).start().await.unwrap();
    let (client, clock) = (sandbox.client(), sandbox.clock().unwrap());
    let customers = client.customers();
    client.klasses().create(&KlassInput::named("order")).await.unwrap();
    let ada = customers.create(&named("Ada")).await.unwrap().data.id.to_string();
    let question = ConversationInput::default().customer(ada.clone());
    let question = client.conversations().create(&question).await.unwrap().data.id.to_string();

    /// Creates 13 records at three moments, and finds all of them by pages of 3, of which there are 3.
    macro_rules! outlives {
        ($group:expr, $input:expr, $search:expr, $find:ident) => {{
            for count in [7, 1, 5] {
                clock.advance(Duration::from_millis(1));
                let outcomes = $group.bulk_create_all(vec![BulkItem::new(&$input); count]);
                assert_eq!(outcomes.filter(|outcome| std::future::ready(outcome.is_done())).count().await, count);
            }
            let found = customers.$find(&$search, 3).map_ok(|found| found.id.to_string());
            let found: Vec<String> = found.try_collect().await.unwrap();
            assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (13, 13), stringify!($find));
        }};
    }
    let message = MessageInput::new(Channel::Chat, "web").preview("Hello?".to_owned()).conversation(question.clone());
    let note = NoteInput::of("She called.").conversation(question);
    let order = KObjectInput::titled("Order").customer(ada);
    outlives!(client.companies(), CompanyInput::named("Acme"), Search::companies(), search_companies_beyond_pages);
    outlives!(client.kobjects("order"), order, Search::kobjects_of("order"), search_kobjects_beyond_pages);
    outlives!(client.messages(), message, Search::messages(), search_messages_beyond_pages);
    outlives!(client.notes(), note, Search::notes(), search_notes_beyond_pages);
}

#[tokio::test]
async fn any_number_of_items_is_processed_in_bulk_jobs_each_with_its_outcome() {
    for mode in [BulkMode::Immediate, BulkMode::Queued] {
        let sandbox = Sandbox::builder().settings(|settings| settings.bulk_mode = mode).start().await.unwrap();
        let client = sandbox.client();
        let items = (0..230).map(|number| {
            let input = named(&format!("Ada {number}"));
            BulkItem::new(&if number % 100 == 42 { input.external_id("the same") } else { input })
        });
        let outcomes: Vec<_> = client.customers().bulk_create_all(items).collect().await;
        assert!(outcomes.iter().map(|outcome| outcome.index).eq(0..230));
        let failed: Vec<usize> =
            outcomes.iter().filter(|outcome| !outcome.is_done()).map(|outcome| outcome.index).collect();
        assert_eq!(failed, [142], "{mode:?}");
        let changes: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| outcome.id())
            .map(|id| BulkItem::new(&named("Countess")).with_id(id))
            .collect();
        let changed =
            client.customers().bulk_update_all(changes).filter(|outcome| std::future::ready(outcome.is_done()));
        assert_eq!(changed.count().await, 229);
        let mut ids: Vec<String> = outcomes.iter().filter_map(|outcome| outcome.id()).map(str::to_owned).collect();
        ids.insert(150, "5c7d1a1f9a1b2c0010a1b2c3".to_owned());
        let deleted: Vec<_> = client.customers().bulk_delete_all(ids).collect().await;
        assert!(deleted.iter().map(|outcome| outcome.index).eq(0..230));
        let failed: Vec<usize> =
            deleted.iter().filter(|outcome| !outcome.is_done()).map(|outcome| outcome.index).collect();
        assert_eq!(failed, [150], "{mode:?}");
    }
}

#[tokio::test]
async fn the_bytes_of_an_attachment_go_and_come_as_streams() {
    let sandbox = Sandbox::start().await.unwrap();
    let attachments = sandbox.client().attachments();
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let pieces = |count| {
        let piece = piece.clone();
        futures_util::stream::iter((0..count).map(move |_| Ok::<_, std::io::Error>(piece.clone())))
    };
    let input = |length| AttachmentInput::of("a \"long\" file.txt", "text/plain", length);
    let made = attachments.upload(&input(50 * 64 * 1024), pieces(50)).await.unwrap();
    let mut bytes = attachments.download(made.id.parse().unwrap()).await.unwrap();
    let (mut length, mut count) = (0, 0);
    while let Some(piece) = bytes.try_next().await.unwrap() {
        (length, count) = (length + piece.len(), count + 1);
        assert!(piece.iter().all(|byte| *byte == b'x'));
    }
    assert!(length == 50 * 64 * 1024 && count > 1, "{length} bytes in {count} pieces");

    let broken = futures_util::stream::iter([Ok(piece.clone()), Err(std::io::Error::other("the disk is gone"))]);
    assert!(attachments.upload(&input(2 * 64 * 1024), broken).await.is_err());
    let unsent = attachments.create(&input(10)).await.unwrap().data;
    assert!(attachments.download(unsent.id.parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn a_customer_exists_once_when_several_clients_create_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client();
    let upsert = |number: usize| async move {
        client.customers().upsert_by_external_id("shop-17", &named(&format!("Ada {number}"))).await.unwrap()
    };
    let settled = futures_util::future::join_all((0..20).map(upsert)).await;
    assert_eq!(settled.iter().filter(|one| one.was_created).count(), 1);
    assert!(settled.iter().all(|one| one.customer.id == settled[0].customer.id));
    assert_eq!(upsert(20).await.customer.attributes.name.value().map(String::as_str), Some("Ada 20"));

    let find =
        |_| async { client.customers().find_or_create_by_email("ada@acme.example", &named("Ada")).await.unwrap() };
    let settled = futures_util::future::join_all((0..20).map(find)).await;
    assert_eq!(settled.iter().filter(|one| one.was_created).count(), 1);
    assert!(settled.iter().all(|one| one.customer.id == settled[0].customer.id));

    // As few requests as there can be: one that finds, and one that writes when there is something to write.
    #[derive(Default)]
    struct Requests(Mutex<Vec<String>>);
    impl Observer for Requests {
        fn attempted(&self, attempt: &Attempt<'_>) {
            self.0.lock().unwrap().push(attempt.operation.to_owned());
        }
    }
    let requests = Arc::new(Requests::default());
    let counted = sandbox.client_builder().token(sandbox.key()).observer(Arc::clone(&requests)).build().unwrap();
    let counted = counted.customers();
    let sent = || std::mem::take(&mut *requests.0.lock().unwrap());
    counted.upsert_by_external_id("shop-19", &named("Cid")).await.unwrap();
    assert_eq!(sent(), ["getCustomerByExternalId", "createCustomer"]);
    counted.upsert_by_external_id("shop-19", &named("Cid")).await.unwrap();
    assert_eq!(sent(), ["getCustomerByExternalId", "updateCustomerAttributes"]);
    counted.find_or_create_by_email("dan@acme.example", &named("Dan")).await.unwrap();
    assert_eq!(sent(), ["getCustomerByEmail", "createCustomer"]);
    counted.find_or_create_by_email("dan@acme.example", &named("Dan")).await.unwrap();
    assert_eq!(sent(), ["getCustomerByEmail"]);

    // A refusal for another reason than load is returned.
    let taken =
        client.customers().upsert_by_external_id("shop-18", &named("Bob").email(Email::new("ada@acme.example"))).await;
    assert_eq!(taken.unwrap_err().status(), Some(409));
}
