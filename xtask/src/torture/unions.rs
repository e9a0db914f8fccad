//! Merges during all failures: a merge and what undoes it are there whole or not at all, and what belongs to a customer
//! follows it, whichever server that takes.

use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::http::Client;
use super::load::Tally;

/// How often a pair is merged and parted before another one is made.
const ROUNDS: u64 = 4;

/// How long the records of a customer may take to follow it, in a server that has just started.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(60);

/// The two customers that one client merges and parts again.
#[derive(Default)]
pub(super) struct Unions {
    pair: Option<Pair>,
}

struct Pair {
    source: String,
    target: String,
    /// The source's at first.
    conversation: String,
    email: String,
    /// The merge, as far as it was acknowledged.
    merge: Option<String>,
    /// Whether the last request has no answer: it may have been done or not.
    is_unsure: bool,
    rounds: u64,
}

impl Unions {
    /// Merges the pair, or undoes its merge; makes one first when there is none.
    pub(super) fn go_on(&mut self, client: &mut Client, name: &str, tally: &mut Tally) -> io::Result<()> {
        let Some(pair) = &mut self.pair else {
            // One that was made in part is nobody's.
            self.pair = Pair::make(client, name, tally)?;
            return Ok(());
        };
        // Nobody knows what became of it until it was compared.
        if pair.is_unsure {
            return Ok(());
        }
        if pair.merge.is_none() && pair.rounds == ROUNDS {
            self.pair = None;
            return Ok(());
        }
        pair.is_unsure = true;
        let (path, body, expected) = match &pair.merge {
            None => {
                let body = json!({ "source": pair.source, "target": pair.target });
                ("/v1/customers/merges".to_owned(), body, 201)
            }
            Some(merge) => (format!("/v1/customers/merges/{merge}/undo"), json!({}), 200),
        };
        let answer = client.send("POST", &path, Some(&body.to_string()))?;
        match answer.status {
            503 => tally.turned_away += 1,
            status if status == expected => {
                tally.acknowledged += 1;
                pair.is_unsure = false;
                pair.rounds += 1;
                pair.merge = match pair.merge {
                    None => answer.json()["data"]["id"].as_str().map(str::to_owned),
                    Some(_) => None,
                };
            }
            status => tally.faults.push(format!("POST {path} {body} was answered {status} {}", answer.body)),
        }
        Ok(())
    }

    /// Compares the pair with the answers, once its records have followed; how many pairs are as acknowledged, and the
    /// differences.
    pub(super) fn compare(&mut self, client: &mut Client) -> Result<(u64, Vec<String>)> {
        let Some(pair) = &mut self.pair else { return Ok((0, Vec::new())) };
        let read = client.get(&format!("/v1/customers/{}", pair.source))?;
        let is_merged = match read.status {
            200 => false,
            404 if read.json()["errors"][0]["meta"]["mergedInto"] == pair.target => true,
            status => return Ok((0, vec![format!("{} reads as {status} {}", pair.source, read.body)])),
        };
        if !pair.is_unsure && is_merged != pair.merge.is_some() {
            return Ok((0, vec![format!("{} was acknowledged otherwise, and reads as {}", pair.source, read.body)]));
        }
        let lost = pair.compare_records(client, is_merged)?;
        if pair.is_unsure && is_merged && pair.merge.is_none() {
            // The answer would have named the merge.
            self.pair = None;
        } else {
            pair.is_unsure = false;
            pair.merge = pair.merge.take().filter(|_| is_merged);
        }
        Ok((u64::from(lost.is_empty()), lost))
    }
}

impl Pair {
    fn make(client: &mut Client, name: &str, tally: &mut Tally) -> io::Result<Option<Self>> {
        let email = format!("{}@acme.example", name.replace(' ', "."));
        let mut create = |path: &str, body: Value| -> io::Result<Option<String>> {
            let answer = client.send("POST", path, Some(&body.to_string()))?;
            match answer.status {
                201 => tally.acknowledged += 1,
                503 => tally.turned_away += 1,
                status => tally.faults.push(format!("POST {path} {body} was answered {status} {}", answer.body)),
            }
            Ok(answer.json()["data"]["id"].as_str().map(str::to_owned))
        };
        let Some(target) = create("/v1/customers", json!({ "custom": { "zeroNum": 0 } }))? else { return Ok(None) };
        let Some(source) = create("/v1/customers", json!({ "emails": [{ "email": &email }] }))? else {
            return Ok(None);
        };
        let Some(conversation) = create(&format!("/v1/customers/{source}/conversations"), json!({}))? else {
            return Ok(None);
        };
        let said = json!({ "channel": "chat", "app": "web", "direction": "in", "preview": name });
        let message = create(&format!("/v1/conversations/{conversation}/messages"), said)?;
        Ok(message.map(|_| Self { source, target, conversation, email, merge: None, is_unsure: false, rounds: 0 }))
    }

    /// The e-mail address, the conversation and the counts are with one of the two.
    fn compare_records(&self, client: &mut Client, is_merged: bool) -> Result<Vec<String>> {
        let (holder, other) = if is_merged { (&self.target, &self.source) } else { (&self.source, &self.target) };
        let mut lost = Vec::new();
        let found = client.get(&format!("/v1/customers/email={}", self.email))?;
        if found.json()["data"]["id"] != **holder {
            lost.push(format!("{} should be {holder}'s: {} {}", self.email, found.status, found.body));
        }
        let begin = Instant::now();
        loop {
            let wrong = self.misplaced(client, holder, other)?;
            if wrong.is_none() || begin.elapsed() > FOLLOWED_WITHIN {
                lost.extend(wrong);
                return Ok(lost);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Which of the records has not followed yet.
    fn misplaced(&self, client: &mut Client, holder: &str, other: &str) -> Result<Option<String>> {
        let conversation = client.get(&format!("/v1/conversations/{}", self.conversation))?.json();
        if conversation["data"]["relationships"]["customer"]["data"]["id"] != *holder {
            return Ok(Some(format!("the conversation should be {holder}'s: {conversation}")));
        }
        let messages = client.get(&format!("/v1/customers/{holder}/messages"))?.json();
        if messages["data"].as_array().map_or(0, Vec::len) != 1 {
            return Ok(Some(format!("the message should be {holder}'s: {messages}")));
        }
        for (customer, expected) in [(holder, 1), (other, 0)] {
            let read = client.get(&format!("/v1/customers/{customer}"))?;
            let counts = &read.json()["data"]["attributes"]["conversationCounts"]["all"];
            if read.status == 200 && counts.as_u64().unwrap_or(0) != expected {
                return Ok(Some(format!("{customer} should count {expected} conversations, and counts {counts}")));
            }
        }
        Ok(None)
    }
}
