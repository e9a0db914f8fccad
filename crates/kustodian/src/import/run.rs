//! One import from its first row to its last.

use std::sync::atomic::{AtomicBool, Ordering};

use kustodian_core::chance::{Clock as _, Ids as _};
use kustodian_core::kind::Kind;
use kustodian_server::{SystemClock, SystemIds};
use kustomer_api::Timestamp;
use kustomer_api::role::any_grants;
use kustomer_client::Client;
use serde_json::Value;

use super::batch::{Batch, Entry};
use super::counts::Counts;
use super::ids::{Ids, Waiting};
use super::item::{Item, is_record, is_united, item, keep_past, parted};
use super::journal::{Journal, State};
use super::kinds::properties;
use super::mapping::Mapping;
use super::progress::Progress;
use super::reject::{MOST_PRINTED, Rejects};
use super::rows::{Content, ReadRow, RowFault};
use super::send::{Outcome, Sender};
use super::source::Source;
use super::{ImportArguments, Opened};
use crate::customers;
use crate::failure::Failure;
use crate::output::{Output, note};

/// An import that has begun.
pub(super) struct Run {
    arguments: ImportArguments,
    opened: Opened,
    journal: Journal,
    state: State,
    rejects: Rejects,
    ids: Ids,
    progress: Progress,
    batch: Batch,
    /// What items get that do not have it: when they were imported.
    added: Item,
    /// Whether records that were exported keep their ids and times: the server takes them from this key.
    keeps_past: bool,
    /// Whether the server has taken a part of the import, now or before an interruption.
    has_begun: AtomicBool,
}

impl Run {
    /// Reads the first rows, and shows the attributes of the columns.
    ///
    /// # Errors
    /// When the file does not do, or an import of it was interrupted and this is no resumption.
    pub(super) fn begin(arguments: ImportArguments) -> Result<Self, Failure> {
        let source = Source::of(&arguments.file);
        let journal = Journal::at(match (&source, arguments.dry_run) {
            (Source::File(path), false) => {
                let mut name = path.as_os_str().to_owned();
                name.push(".import-state");
                Some(arguments.state.clone().unwrap_or_else(|| name.into()))
            }
            _ => None,
        });
        let mut state = state(&arguments, &source, &journal)?;
        let progress = Progress::begin(source.length());
        let opened = Opened::open(&arguments, &source, progress.bytes())?;
        if arguments.output.output == Output::Table {
            opened.show()?;
        }
        let kept = arguments.resume.then_some(state.reject_bytes);
        // It would be emptied before it is read.
        if let Some(path) = arguments.reject.as_deref().filter(|path| source.is_file(path)) {
            let path = path.display();
            return Err(Failure::new(format!("--reject {path} is the file that is imported: name another one")));
        }
        let rejects = Rejects::begin(arguments.reject.as_deref(), &opened.rows, kept)?;
        let ids = Ids::open(arguments.ids.as_deref(), arguments.resume.then_some(state.ids_begin))?;
        state.ids_begin = ids.begins_at();
        let has_begun = AtomicBool::new(arguments.resume);
        let takes_moment = properties(arguments.kind.item()).iter().any(|property| property.name == "importedAt");
        let moment = takes_moment.then(|| ("importedAt".to_owned(), Value::from(state.started.as_str())));
        let added = moment.into_iter().collect();
        Ok(Self {
            arguments,
            opened,
            journal,
            state,
            rejects,
            ids,
            progress,
            batch: Batch::default(),
            added,
            keeps_past: false,
            has_begun,
        })
    }

    /// Sends all rows: what became of them.
    ///
    /// # Errors
    /// When the file cannot be read on, or the server does not do.
    pub(super) async fn finish(mut self) -> Result<(Counts, Mapping), Failure> {
        let ended = self.send_all().await;
        self.progress.end();
        if let Err(failure) = ended {
            if matches!(failure, Failure::Refused(_)) && !self.has_begun.load(Ordering::Relaxed) {
                // Nothing was done: there is no import to continue.
                self.journal.remove()?;
            }
            return Err(match (failure, self.state.counts.total()) {
                (Failure::Message(reason) | Failure::Refused(reason), done)
                    if done > 0 && !self.journal.place().is_empty() =>
                {
                    let line = self.state.line;
                    Failure::new(format!("{reason} (rows up to line {line} are done: continue with --resume)"))
                }
                (failure, _) => failure,
            });
        }
        self.journal.remove()?;
        Ok((self.state.counts, self.opened.mapping))
    }

    async fn send_all(&mut self) -> Result<(), Failure> {
        let client = match self.arguments.dry_run {
            true => None,
            false => Some(customers::client(self.arguments.server.clone())?),
        };
        if let Some(client) = &client {
            // A key that is refused leaves no import to continue.
            self.keeps_past = is_administrator(client).await?;
            self.journal.write(&self.state)?;
        }
        let first = std::mem::take(&mut self.opened.first);
        for row in first {
            self.take(row, client.as_ref()).await?;
        }
        while let Some(row) = self.opened.rows.next()? {
            self.take(row, client.as_ref()).await?;
        }
        let last = std::mem::take(&mut self.batch);
        if let (Some(client), false) = (&client, last.entries().is_empty()) {
            self.send(client, &last).await?;
        }
        if let Some(client) = &client {
            self.refer(client).await?;
        }
        self.rejects.flush().map(drop)
    }

    async fn take(&mut self, row: ReadRow, client: Option<&Client>) -> Result<(), Failure> {
        let line = match &row {
            Ok(row) => row.line,
            Err(fault) => fault.line,
        };
        if line <= self.state.line {
            // It is done; columns that it reveals count for the rows after it.
            return match row {
                Ok(row) => item(&mut self.opened.mapping, &row).map(drop),
                Err(_) => Ok(()),
            };
        }
        let row = match row {
            Ok(row) => row,
            Err(fault) => return self.refuse(None, &fault),
        };
        let item = match item(&mut self.opened.mapping, &row)? {
            Ok(item) => item,
            Err(fault) => return self.refuse(Some(&row), &fault),
        };
        let Some(client) = client else {
            self.state.counts.created += 1;
            self.progress.show(&self.state.counts);
            return Ok(());
        };
        let known = match self.ids.known(&row, self.opened.rows.columns()) {
            // A record that was deleted since is created again.
            Some(id) => self.sender(client).present(id).await?,
            None => None,
        };
        let (mut item, mut later) = parted(self.arguments.kind, &item);
        if is_united(self.arguments.kind, &item) {
            // Also a change may bring such lists only if it is marked as imported.
            for (name, value) in &self.added {
                item.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let record = match &row.content {
            Content::Object(object) if is_record(object) => Some(object),
            _ => None,
        };
        let is_whole = record.is_some() && self.keeps_past;
        if let Some(record) = record.filter(|_| is_whole) {
            keep_past(self.arguments.kind, record, &mut item, &mut later);
        }
        let mut waiting = self.ids.follow(&mut item, is_whole);
        waiting.extend(self.ids.follow(&mut later, is_whole));
        // A record that was exported keeps what it has, and gets nothing. A message would open again the conversation that it
        // was exported with, and the past of a record is only taken of an import.
        let nothing = Item::new();
        let is_marked = record.is_none() || is_whole || self.arguments.kind.kind() == Kind::Message;
        let added = if is_marked { &self.added } else { &nothing };
        match self.batch.push(Entry { row, known, item, later, waiting }, added) {
            Some(full) => self.send(client, &full).await,
            None => Ok(()),
        }
    }

    fn refuse(&mut self, row: Option<&super::rows::Row>, fault: &RowFault) -> Result<(), Failure> {
        self.state.counts.refused += 1;
        self.progress.show(&self.state.counts);
        let rejects = &mut self.rejects;
        self.progress.suspend(|| rejects.take(row, fault))
    }

    /// When the import began; an import that continues keeps it, so that it sends the same.
    fn started(&self) -> Timestamp {
        serde_json::from_value(Value::from(self.state.started.as_str())).unwrap_or_else(|_| SystemClock.now())
    }

    fn sender<'a>(&'a self, client: &'a Client) -> Sender<'a> {
        Sender {
            client,
            kind: self.arguments.kind,
            klass: self.arguments.klass.as_deref(),
            on_conflict: self.arguments.on_conflict,
            run: &self.state.run,
            wants_ids: self.ids.are_kept(),
            has_begun: &self.has_begun,
        }
    }

    /// Writes the references whose records are there now, those of earlier files among them.
    async fn refer(&mut self, client: &Client) -> Result<(), Failure> {
        let waiting = self.ids.waiting();
        self.state.counts.waiting = 0;
        let written = self.sender(client).refer(&waiting).await?;
        for ((one, _), is_written) in waiting.iter().zip(written) {
            if is_written {
                self.ids.written(one)?;
            } else {
                self.state.counts.waiting += 1;
                if self.state.counts.waiting <= MOST_PRINTED {
                    let Waiting { path, id, attribute, value } = one;
                    self.progress.suspend(|| note(&format!("{path}/{id}: {attribute} waits for {value}")));
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, client: &Client, batch: &Batch) -> Result<(), Failure> {
        let sender = self.sender(client);
        let outcomes = sender.send(batch).await?;
        let incomplete = sender.complete(batch, &outcomes, self.started()).await?;
        let made = batch.entries().iter().zip(&outcomes).filter_map(|(entry, outcome)| match outcome {
            Outcome::Created(id) | Outcome::Updated(id) | Outcome::Skipped(Some(id)) => Some((&entry.row, id.as_str())),
            Outcome::Skipped(None) | Outcome::Refused(_) => None,
        });
        self.ids.keep(self.opened.rows.columns(), made)?;
        for (line, reason) in incomplete {
            self.state.counts.incomplete += 1;
            self.progress.suspend(|| note(&format!("line {line}: created, but not all of it: {reason}")));
        }
        for (entry, outcome) in batch.entries().iter().zip(&outcomes) {
            let (Outcome::Created(id) | Outcome::Updated(id)) = outcome else { continue };
            for (attribute, value) in entry.waiting.iter().cloned() {
                let path = self.arguments.kind.path(self.arguments.klass.as_deref());
                self.ids.wait(Waiting { path, id: id.clone(), attribute, value })?;
            }
        }
        for (entry, outcome) in batch.entries().iter().zip(outcomes) {
            match outcome {
                Outcome::Created(_) => self.state.counts.created += 1,
                Outcome::Updated(_) => self.state.counts.updated += 1,
                Outcome::Skipped(_) => self.state.counts.skipped += 1,
                Outcome::Refused(reason) => self.refuse(Some(&entry.row), &RowFault::of_row(entry.row.line, reason))?,
            }
        }
        self.state.line = batch.entries().last().map_or(self.state.line, |entry| entry.row.line);
        self.state.reject_bytes = self.rejects.flush()?;
        self.journal.write(&self.state)?;
        self.progress.show(&self.state.counts);
        Ok(())
    }
}

/// Whether a key has the role that lets an import say what a create does not take.
async fn is_administrator(client: &Client) -> Result<bool, Failure> {
    let token = client.auth().current_token().await?.data;
    Ok(token.attributes.roles.value().is_some_and(|roles| any_grants(roles, &["org.admin"])))
}

/// The state to begin or to continue with.
fn state(arguments: &ImportArguments, source: &Source, journal: &Journal) -> Result<State, Failure> {
    if arguments.resume && *source == Source::Standard {
        return Err(Failure::new("an import of standard input cannot be resumed: import a file"));
    }
    let file = if arguments.dry_run { String::new() } else { source.hash()? };
    let ImportArguments { kind, klass, format, delimiter, map, dates, on_conflict, server, .. } = arguments;
    let options =
        format!("{kind:?} {klass:?} {format:?} {delimiter:?} {map:?} {dates:?} {on_conflict:?} {}", server.address());
    let found = journal.read()?;
    match (found, arguments.resume) {
        (None, true) => Err(Failure::new(format!(
            "no import of {} was interrupted: {} is not there; begin without --resume",
            arguments.file.display(),
            journal.place()
        ))),
        (Some(state), false) => Err(Failure::new(format!(
            "an import of {} was interrupted behind line {}: continue with --resume, or remove {} to begin again",
            arguments.file.display(),
            state.line,
            journal.place()
        ))),
        (Some(state), true) if state.file != file => Err(Failure::new(format!(
            "{} has changed since its import was interrupted: bring it back, or remove {} to begin again",
            arguments.file.display(),
            journal.place()
        ))),
        (Some(state), true) if state.options != options => Err(Failure::new(format!(
            "the import was begun with other options: give the same with --resume, or remove {} to begin again",
            journal.place()
        ))),
        (Some(state), true) => Ok(state),
        (None, false) => Ok(State {
            file,
            options,
            run: format!("import-{}", SystemIds::new(SystemClock)?.next()),
            started: SystemClock.now().to_string(),
            line: 0,
            reject_bytes: 0,
            ids_begin: 0,
            counts: Counts::default(),
        }),
    }
}
