//! Follows the feed and keeps its place in a file, so that it continues where it was: no event is passed over.
//!
//! `KUSTOMER_URL=http://127.0.0.1:8080 KUSTOMER_TOKEN=… cargo run --example follow place.txt`

use std::env;
use std::fs;
use std::path::Path;

use kustomer_client::Client;
use kustomer_client::event::{Event, ListEvents};

type Failure = Box<dyn std::error::Error>;

/// Hands over so many events, those after the place first.
pub(crate) async fn run(
    client: &Client,
    place: &Path,
    count: usize,
    mut take: impl FnMut(&Event),
) -> Result<(), Failure> {
    let after = fs::read_to_string(place).ok().and_then(|id| id.trim().parse().ok());
    let mut events = client.events().stream(ListEvents::default().after(after));
    for _ in 0..count {
        let event = events.next().await?;
        take(&event);
        // Only handled events are kept: after a crash in between, the event arrives again.
        fs::write(place, &event.id)?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::builder().base_url(env::var("KUSTOMER_URL")?).token(env::var("KUSTOMER_TOKEN")?).build()?;
    let place = env::args().nth(1).ok_or("name a file for the place")?;
    run(&client, Path::new(&place), usize::MAX, |event| eprintln!("{} {}", event.name, event.data_id)).await
}
