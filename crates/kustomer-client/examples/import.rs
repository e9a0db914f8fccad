//! Takes people out of CSV lines (e-mail address, name, tier) into customers, 100 in a request.
//!
//! `KUSTOMER_URL=http://127.0.0.1:8080 KUSTOMER_TOKEN=… cargo run --example import < people.csv`

use std::env;
use std::io::Read as _;

use futures_util::StreamExt as _;
use kustomer_client::bulk::BulkItem;
use kustomer_client::custom::CustomStruct as _;
use kustomer_client::customer::{CustomerInput, Email};
use kustomer_client::{Client, CustomAttributes};

type Failure = Box<dyn std::error::Error>;

#[derive(CustomAttributes)]
struct Loyalty {
    tier: String,
}

fn item(line: &str) -> Result<BulkItem, Failure> {
    let mut fields = line.split(',').map(str::trim);
    let (Some(email), Some(name), Some(tier)) = (fields.next(), fields.next(), fields.next()) else {
        return Err(format!("a line has three fields: {line:?}").into());
    };
    let custom = Loyalty { tier: tier.to_owned() }.to_custom()?;
    Ok(BulkItem::new(&CustomerInput::new().name(name).email(Email::new(email)).custom(custom)))
}

/// How many were made, and the lines that were not, from 1.
pub(crate) async fn run(client: &Client, lines: &str) -> Result<(usize, Vec<usize>), Failure> {
    let items: Vec<BulkItem> = lines.lines().filter(|line| !line.is_empty()).map(item).collect::<Result<_, _>>()?;
    let (mut made, mut refused) = (0, Vec::new());
    let mut outcomes = client.customers().bulk_create_all(items);
    while let Some(outcome) = outcomes.next().await {
        if outcome.is_done() { made += 1 } else { refused.push(outcome.index + 1) }
    }
    Ok((made, refused))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::builder().base_url(env::var("KUSTOMER_URL")?).token(env::var("KUSTOMER_TOKEN")?).build()?;
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let (made, refused) = run(&client, &lines).await?;
    eprintln!("{made} customers were made; these lines were refused: {refused:?}");
    Ok(())
}
