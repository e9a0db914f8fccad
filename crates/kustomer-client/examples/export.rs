//! Writes the customers whose name holds a word as JSON lines, also beyond the last page of a search.
//!
//! `KUSTOMER_URL=http://127.0.0.1:8080 KUSTOMER_TOKEN=… cargo run --example export Ada`

use std::env;
use std::io::Write;

use futures_util::TryStreamExt as _;
use kustomer_client::Client;
use kustomer_client::search::{Search, attribute};

type Failure = Box<dyn std::error::Error>;

/// How many there were.
pub(crate) async fn run(client: &Client, word: &str, mut out: impl Write) -> Result<usize, Failure> {
    let search = Search::customers().and(attribute::NAME.contains(word));
    let mut found = client.customers().search_beyond_pages(&search, 100);
    let mut count = 0;
    while let Some(customer) = found.try_next().await? {
        writeln!(out, "{}", serde_json::to_string(&customer)?)?;
        count += 1;
    }
    Ok(count)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::builder().base_url(env::var("KUSTOMER_URL")?).token(env::var("KUSTOMER_TOKEN")?).build()?;
    let word = env::args().nth(1).ok_or("name a word")?;
    let count = run(&client, &word, std::io::stdout().lock()).await?;
    eprintln!("{count} customers");
    Ok(())
}
