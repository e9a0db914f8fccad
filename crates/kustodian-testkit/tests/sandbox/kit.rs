//! The properties of a sandbox, and what it leaves behind.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use kustodian_testkit::{Fault, Inbox, Sandbox, Seed, SeedError};
use kustomer_client::custom::CustomAttributes;
use kustomer_client::customer::CustomerInput;
use kustomer_client::query::PageQuery;
use kustomer_client::{Error, Method, Retry};
use serde_json::json;

fn named(name: &str) -> CustomerInput {
    CustomerInput::new().name(name)
}

#[tokio::test]
async fn a_sandbox_serves_and_is_gone_when_dropped() {
    let sandbox = Sandbox::start().await.unwrap();
    let ada = sandbox.client().customers().create(&named("Ada")).await.unwrap().data;
    assert_eq!(sandbox.client().customers().get(&ada.id).await.unwrap().data, ada);
    let address = sandbox.url().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(sandbox);
    assert!(TcpStream::connect(&address).is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn its_threads_and_files_are_gone_too() {
    let of_ours = || {
        let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        threads
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok())
            .filter(|name| name.starts_with("kustodian") || name.contains("sqlite"))
            .count()
    };
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.client().customers().create(&named("Ada")).await.unwrap();
    let links = || std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let files = || {
        links()
            .filter_map(|link| std::fs::read_link(link.path()).ok())
            .filter(|path| path.to_string_lossy().contains("kustodian-memory-"))
            .collect::<Vec<_>>()
    };
    let open = files();
    assert!(of_ours() > 0 && !open.is_empty());
    drop(sandbox);
    assert_eq!((of_ours(), files().len()), (0, 0));
    let left: Vec<_> = open.iter().filter_map(|path| path.parent()).filter(|folder| folder.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn two_hundred_side_by_side_do_not_meet() {
    let one = |number: usize| async move {
        let sandbox = Sandbox::start().await.unwrap();
        let name = format!("Ada {number}");
        sandbox.client().customers().create(&named(&name)).await.unwrap();
        let all = sandbox.client().customers().list(&Default::default()).await.unwrap().data;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].attributes.name.value(), Some(&name));
    };
    // Shown with --no-capture, and asserted nowhere: other work on the machine counts too.
    for number in 0..5 {
        let began = Instant::now();
        let sandbox = Sandbox::start().await.unwrap();
        let started = began.elapsed();
        drop(sandbox);
        eprintln!("start {number} took {started:?}, its end {:?}", began.elapsed() - started);
    }
    let began = Instant::now();
    futures_util::future::join_all((0..200).map(one)).await;
    eprintln!("200 sandboxes took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_fixed_clock_and_ids_make_the_same_records_in_every_run() {
    let moment = "2026-01-02T03:04:05.000Z".parse().unwrap();
    let made = || async {
        let sandbox = Sandbox::builder().clock_at(moment).ids(7).start().await.unwrap();
        let first = sandbox.client().customers().create(&named("Ada")).await.unwrap().data;
        sandbox.clock().unwrap().advance(Duration::from_secs(90));
        let second = sandbox.client().customers().create(&named("Bob")).await.unwrap().data;
        (first.id, first.attributes.created_at, second.id, second.attributes.created_at)
    };
    let (first, again) = (made().await, made().await);
    assert_eq!(first, again);
    assert_eq!(first.1.value().unwrap().to_string(), "2026-01-02T03:04:05.000Z");
    assert_eq!(first.3.value().unwrap().to_string(), "2026-01-02T03:05:35.000Z");
}

#[tokio::test]
async fn a_seed_is_there_before_the_test() {
    let json = r#"[{ "as": "ada", "post": "/customers", "body": { "name": "Ada" } },
        { "as": "question", "post": "/customers/{ada}/conversations", "body": { "name": "A question" } }]"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    std::fs::write(&file, json).unwrap();
    for seed in [Seed::from_json(json), Seed::from_file(&file)] {
        let sandbox = Sandbox::builder().seed(seed.unwrap()).start().await.unwrap();
        let question = sandbox.seeded().id("question").unwrap();
        let found = sandbox.client().conversations().get(question).await.unwrap().data;
        assert_eq!(found.attributes.name.value().map(String::as_str), Some("A question"));
        assert!(sandbox.seeded().id("nobody").is_err());
    }
    std::fs::write(&file, "{}").unwrap();
    for unreadable in [file, folder.path().join("missing.json")] {
        assert!(matches!(Seed::from_file(unreadable).unwrap_err(), SeedError::Form { .. }));
    }

    let refused = Sandbox::builder().seed(Seed::new().post("ada", "/customers", json!({ "nmae": 1 }))).start().await;
    assert!(refused.unwrap_err().to_string().contains(r#"the seed "ada" was refused: POST: 400"#));
}

#[tokio::test]
async fn keys_have_the_roles_they_were_made_with_and_orgs_do_not_meet() {
    let sandbox = Sandbox::start().await.unwrap();
    let reader = sandbox.client_with_roles(&["org.user.customer.read"]).await.unwrap();
    let refused = reader.customers().create(&named("Ada")).await.unwrap_err();
    assert_eq!(refused.status(), Some(403));
    sandbox.client().customers().create(&named("Ada")).await.unwrap();
    assert_eq!(reader.customers().list(&Default::default()).await.unwrap().data.len(), 1);
    let other = sandbox.client_of_another_org("other").await.unwrap();
    assert!(other.customers().list(&Default::default()).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn faults_happen_as_often_and_where_they_should() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client_builder().token(sandbox.key()).retry(Retry::off()).build().unwrap();
    let faults = sandbox.faults();
    let create = || client.customers().create(&named("Ada")).into_future();

    faults.add(Fault::status(500).on(Method::POST, "/v1/customers"));
    client.tags().list(&PageQuery::default()).await.unwrap();
    assert_eq!(create().await.unwrap_err().status(), Some(500));
    create().await.unwrap();

    faults.add(Fault::status(429).retry_after(Duration::from_secs(7)).times(2));
    for _ in 0..2 {
        let Error::Api(limited) = create().await.unwrap_err() else { panic!("no answer") };
        assert_eq!((limited.status, limited.retry_after), (429, Some(Duration::from_secs(7))));
    }
    assert!(!faults.is_pending());

    faults.add(Fault::latency(Duration::from_secs(3_600)).always());
    let hasty = client.customers().create(&named("Ada")).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(hasty, Error::Transport(_)), "{hasty}");
    faults.clear();

    let count = || async { client.customers().list(&Default::default()).await.unwrap().data.len() };
    assert_eq!(count().await, 1);
    faults.add(Fault::hang_up());
    assert!(matches!(create().await.unwrap_err(), Error::Transport(_)));
    assert_eq!(count().await, 1);
    faults.add(Fault::lose_answer());
    assert!(matches!(create().await.unwrap_err(), Error::Transport(_)));
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn webhooks_arrive_in_an_inbox_signed_and_again_when_refused() {
    let sandbox = Sandbox::builder()
        .settings(|settings| settings.webhook_retries = vec![Duration::ZERO; 3])
        .start()
        .await
        .unwrap();
    let inbox = Inbox::start().await.unwrap();
    inbox.subscribe(sandbox.client(), ["kustomer.customer.create"]).await.unwrap();
    inbox.refuse(1);
    let ada = sandbox.client().customers().create(&named("Ada")).await.unwrap().data;
    let delivered = inbox.wait_for(|event| ada.id == event.data_id).await.unwrap();
    assert!(delivered.is_signed);
    assert_eq!((inbox.refused(), inbox.delivered().len()), (1, 1));
}

#[tokio::test]
async fn a_window_that_shows_sensitive_values_ends_after_eight_hours() {
    let moment = "2026-01-02T03:04:05.000Z".parse().unwrap();
    let sandbox = Sandbox::builder().clock_at(moment).start().await.unwrap();
    let (client, clock) = (sandbox.client(), sandbox.clock().unwrap());
    let sensitive = json!({ "properties": { "secretStr": { "sensitive": { "enabled": true } } } });
    client.request(Method::PUT, "/metadata/customer").json(sensitive.to_string()).await.unwrap();
    let mut custom = CustomAttributes::new();
    custom.set("secretStr", "zqhidden").unwrap();
    let ada = client.customers().create(&named("Ada").custom(custom)).await.unwrap().data.id;
    let agent = sandbox.client_with_roles(&["org.user.customer"]).await.unwrap();
    let seen = async || {
        let custom = agent.customers().get(&ada).await.unwrap().data.attributes.custom.into_value().unwrap();
        custom.value("secretStr").unwrap().clone()
    };
    assert_eq!(seen().await, "********");
    let opened = agent.customers().open_unmasking_window(&ada).await.unwrap().data.attributes;
    let window = opened.unmasking_window.into_value().unwrap();
    assert_eq!(window.end_date.value().unwrap().to_string(), "2026-01-02T11:04:05.000Z");
    clock.advance(Duration::from_secs(8 * 60 * 60) - Duration::from_millis(1));
    assert_eq!(seen().await, "zqhidden");
    clock.advance(Duration::from_millis(1));
    assert_eq!(seen().await, "********");
    // It is opened again by a new request alone.
    agent.customers().open_unmasking_window(&ada).await.unwrap();
    assert_eq!(seen().await, "zqhidden");
}
