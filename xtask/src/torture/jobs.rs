//! Bulk jobs during all failures: a job that was begun is done, whichever process ends meanwhile, and no item of it twice.

use std::collections::BTreeSet;
use std::io;

use anyhow::Result;
use serde_json::{Value, json};

use super::http::Client;
use super::load::Tally;

/// How many companies a job creates.
const ITEMS: usize = 20;

/// How many items of a job are compared.
const COMPARED: usize = 3;

/// What one client asked for in bulk.
#[derive(Default)]
pub(super) struct Jobs {
    /// The job that was asked for and is not known to be complete: its key.
    asked: Option<String>,
    /// Those that are complete, until they are compared: the names of the companies and their ids.
    done: Vec<Vec<(String, String)>>,
}

impl Jobs {
    /// Asks for a new job, or once more for the one whose end is not known, as a client does that lost the answer.
    pub(super) fn go_on(&mut self, client: &mut Client, key: String, tally: &mut Tally) -> io::Result<()> {
        let key = self.asked.get_or_insert(key).clone();
        let names: Vec<String> = (0..ITEMS).map(|item| format!("{key} item {item}")).collect();
        let items: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let body = json!(items).to_string();
        let answer = client.send_with_key("POST", "/v1/companies/bulk", &body, &key.replace(' ', "-"))?;
        let job = answer.json();
        let attributes = &job["data"]["attributes"];
        match answer.status {
            201 if attributes["completed"] == false => {}
            201 => {
                tally.acknowledged += 1;
                let created = attributes["results"].as_array().into_iter().flatten();
                let created = created.filter(|result| result["status"] == "created");
                let ids: Vec<String> =
                    created.filter_map(|result| Some(result["objectId"].as_str()?.to_owned())).collect();
                if ids.iter().collect::<BTreeSet<_>>().len() != ITEMS {
                    tally.faults.push(format!("the job {key} has not created {ITEMS} companies: {}", answer.body));
                }
                self.done.push(names.into_iter().zip(ids).collect());
                self.asked = None;
            }
            503 => tally.turned_away += 1,
            status => tally.faults.push(format!("the job {key} was answered {status} {}", answer.body)),
        }
        Ok(())
    }

    /// Compares some of the companies with the answers; returns how many agree, and the differences.
    pub(super) fn compare(&mut self, client: &mut Client) -> Result<(u64, Vec<String>)> {
        let (mut held, mut lost) = (0, Vec::new());
        for job in self.done.drain(..) {
            for (name, id) in job.iter().step_by(ITEMS / COMPARED) {
                let answer = client.get(&format!("/v1/companies?filter={}", name.replace(' ', "%20")))?;
                let found = answer.json();
                let found: Vec<&str> =
                    found["data"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
                if found == [id] {
                    held += 1;
                } else {
                    lost.push(format!("{name} was created as {id}, and is there as {found:?} {}", answer.status));
                }
            }
        }
        Ok((held, lost))
    }
}
