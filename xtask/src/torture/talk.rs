//! Messages under all that happens: each is one commit with its conversation and its customer, so that acknowledged data
//! is there with both, and the conversation counts what it has.

use std::collections::BTreeSet;
use std::io;

use anyhow::Result;
use serde_json::{Value, json};

use super::http::{Answer, Client};
use super::load::Tally;

/// How many messages a conversation gets before another one is opened.
const LONGEST: usize = 300;

/// How many are read together.
const PAGE: usize = 500;

/// What one client said in one conversation, which only it writes to.
#[derive(Default)]
pub(super) struct Talk {
    /// The conversation and its customer.
    of: Option<(String, String)>,
    /// The words that were acknowledged.
    said: BTreeSet<String>,
    /// Those of which nobody knows whether they were recorded.
    unsure: BTreeSet<String>,
}

impl Talk {
    /// Says something new; opens a conversation first when there is none.
    pub(super) fn go_on(&mut self, client: &mut Client, words: String, tally: &mut Tally) -> io::Result<()> {
        if self.said.len() >= LONGEST && self.unsure.is_empty() {
            *self = Self::default();
        }
        let Some((conversation, _)) = &self.of else { return self.open(client, tally) };
        let direction = if self.said.len().is_multiple_of(3) { "in" } else { "out" };
        let body = json!({ "channel": "chat", "app": "web", "direction": direction, "preview": &words });
        let path = format!("/v1/conversations/{conversation}/messages");
        // Noted first: the answer may never come.
        self.unsure.insert(words.clone());
        let answer = client.send("POST", &path, Some(&body.to_string()))?;
        if is_created(&answer, tally) {
            self.unsure.remove(&words);
            self.said.insert(words);
        }
        Ok(())
    }

    /// A customer and a conversation. One that was made and not answered is nobody's.
    fn open(&mut self, client: &mut Client, tally: &mut Tally) -> io::Result<()> {
        let customer = client.send("POST", "/v1/customers", Some("{}"))?;
        if !is_created(&customer, tally) {
            return Ok(());
        }
        let customer = id_of(&customer);
        let opened = client.send("POST", &format!("/v1/customers/{customer}/conversations"), Some("{}"))?;
        if is_created(&opened, tally) {
            self.of = Some((id_of(&opened), customer));
        }
        Ok(())
    }

    /// Compares the conversation with the answers, and settles unacknowledged writes; how many messages are as
    /// acknowledged, and the differences.
    pub(super) fn compare(&mut self, client: &mut Client) -> Result<(u64, Vec<String>)> {
        let Some((conversation, customer)) = &self.of else { return Ok((0, Vec::new())) };
        let mut lost = Vec::new();
        let path = format!("/v1/conversations/{conversation}");
        let mut recorded = Vec::new();
        for page in 1.. {
            let listed = client.get(&format!("{path}/messages?page={page}&pageSize={PAGE}"))?;
            let found = listed.json();
            let words = found["data"].as_array().into_iter().flatten();
            let words: Vec<String> =
                words.map(|one| one["attributes"]["preview"].as_str().unwrap_or_default().to_owned()).collect();
            let is_last = words.len() < PAGE;
            recorded.extend(words);
            if listed.status != 200 {
                lost.push(format!("the messages of {conversation} read as {} {}", listed.status, listed.body));
            }
            if is_last {
                break;
            }
        }
        let there: BTreeSet<String> = recorded.iter().cloned().collect();
        if there.len() != recorded.len() {
            lost.push(format!("{conversation}: some of {} messages were recorded twice", recorded.len()));
        }
        lost.extend(
            self.said.difference(&there).map(|words| format!("{conversation}: {words} was acknowledged, and is gone")),
        );
        let known: BTreeSet<String> = self.said.union(&self.unsure).cloned().collect();
        lost.extend(there.difference(&known).map(|words| format!("{conversation}: {words} was never said")));
        let attributes = client.get(&path)?.json()["data"]["attributes"].take();
        let counted = |name: &str| attributes[name].as_u64();
        let both = counted("inboundMessageCount").zip(counted("outboundMessageCount")).map(|(came, went)| came + went);
        if counted("messageCount") != Some(recorded.len() as u64) || both != counted("messageCount") {
            lost.push(format!("{conversation} has {} messages and counts {attributes}", recorded.len()));
        }
        let counts = client.get(&format!("/v1/customers/{customer}"))?.json();
        let counts = &counts["data"]["attributes"]["conversationCounts"];
        if counts["all"] != 1 || counts["open"] != 1 {
            lost.push(format!("{customer} has one conversation, which is open, and counts {counts}"));
        }
        let held = self.said.len() as u64;
        self.said = there;
        self.unsure.clear();
        Ok((held, lost))
    }
}

/// Whether a record was created; anything but that and a 503 is a fault.
fn is_created(answer: &Answer, tally: &mut Tally) -> bool {
    match answer.status {
        201 => tally.acknowledged += 1,
        503 => tally.turned_away += 1,
        status => tally.faults.push(format!("a message or its conversation was answered {status} {}", answer.body)),
    }
    answer.status == 201
}

fn id_of(answer: &Answer) -> String {
    let answer: Value = answer.json();
    answer["data"]["id"].as_str().unwrap_or_default().to_owned()
}
