//! A server with a limit for searches beside the one for all other calls.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use kustomer_client::search::Search;
use kustomer_client::{Client, Pacing, Retry};

/// Requests that were taken, and how many of them may be. No window ends.
struct Limit {
    taken: AtomicU32,
    most: u32,
}

struct Limits {
    searches: Limit,
    others: Limit,
}

async fn respond(State(limits): State<Arc<Limits>>, uri: Uri) -> impl IntoResponse {
    let limit = if uri.path().ends_with("/search") { &limits.searches } else { &limits.others };
    let number = 1 + limit.taken.fetch_add(1, Ordering::Relaxed);
    let status = if number <= limit.most { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
    let left = limit.most.saturating_sub(number);
    (status, [("x-ratelimit-limit", limit.most.to_string()), ("x-ratelimit-remaining", left.to_string())], "{}")
}

#[tokio::test]
async fn a_search_waits_for_its_own_limit_and_no_other_call_waits_for_it() {
    let limit = |most| Limit { taken: AtomicU32::new(0), most };
    let limits = Arc::new(Limits { searches: limit(2), others: limit(1_000) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(respond).with_state(Arc::clone(&limits));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = || {
        let pacing = Pacing::of_windows(Duration::from_secs(3_600));
        Client::builder().base_url(&url).token("secret-token").pacing(pacing).retry(Retry::off()).build().unwrap()
    };
    let (paced, search) = (client(), Search::customers());
    for _ in 0..2 {
        assert_eq!(paced.customers().search(&search).exchange().await.unwrap().response.status, 200);
    }
    let third = tokio::spawn(paced.customers().search(&search).into_future());
    for _ in 0..50 {
        assert_eq!(paced.users().current().exchange().await.unwrap().response.status, 200);
    }
    assert!(!third.is_finished());
    assert_eq!(limits.searches.taken.load(Ordering::Relaxed), 2);
    assert_eq!(limits.others.taken.load(Ordering::Relaxed), 50);
    // A client that knows nothing of the limit is refused.
    assert_eq!(client().customers().search(&search).exchange().await.unwrap().response.status, 429);
    third.abort();
}
