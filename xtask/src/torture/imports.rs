//! An import of a file during all failures: each row becomes one record, whichever process ends meanwhile, the importer or
//! the server.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;

use super::front::Front;
use super::http::TOKEN;
use super::server::Server;
use crate::process;

/// How many rows the file has.
const ROWS: usize = 3_000;

/// How many records are listed together.
const PAGE: usize = 500;

/// How long the rest of an import may take once nothing ends any more.
const DONE_WITHIN: Duration = Duration::from_secs(120);

/// An import of companies, which continues until its file is done.
pub(super) struct Import {
    program: PathBuf,
    file: PathBuf,
    front: Front,
    importer: Option<Child>,
    is_done: bool,
    /// How often an importer was killed.
    pub(super) kills: u64,
}

impl Import {
    pub(super) fn of_folder(program: &Path, folder: &Path) -> Result<Self> {
        let file = folder.join("companies.csv");
        let rows: String = (0..ROWS).map(|row| format!("{}\n", name(row))).collect();
        fs::write(&file, format!("Name\n{rows}"))?;
        let program = program.to_owned();
        Ok(Self { program, file, front: Front::open()?, importer: None, is_done: false, kills: 0 })
    }

    /// Has an importer running, with this server behind its address.
    pub(super) fn go_on(&mut self, server: SocketAddr) -> Result<()> {
        self.front.lead_to(Some(server));
        let runs = self.runs()?;
        if runs || self.is_done {
            return Ok(());
        }
        let mut command = process::program(&self.program);
        command.args(["import", "companies"]).arg(&self.file);
        command.args(["--url", &format!("http://{}", self.front.address)]).env("KUSTODIAN_TOKEN", TOKEN);
        if state_of(&self.file).exists() {
            command.arg("--resume");
        }
        let log = fs::File::options().create(true).append(true).open(self.file.with_extension("log"))?;
        self.importer = Some(command.stdout(Stdio::null()).stderr(log).spawn().context("cannot start an import")?);
        Ok(())
    }

    /// One time in three kills the importer, too.
    pub(super) fn strike(&mut self, rng: &mut Rng) -> Result<()> {
        if rng.u8(0..3) == 0 && self.runs()? {
            self.kill()?;
            self.kills += 1;
        }
        Ok(())
    }

    /// Imports the rest, and compares the records with the rows; how many agree, and the differences.
    pub(super) fn end(mut self, server: &Server) -> Result<(u64, Vec<String>)> {
        let begin = Instant::now();
        while !self.is_done && begin.elapsed() < DONE_WITHIN {
            self.go_on(server.address())?;
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut lost = Vec::new();
        if !self.is_done {
            let log = fs::read_to_string(self.file.with_extension("log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default();
            lost.push(format!("the import is not done after {} s; its log ends: {last}", DONE_WITHIN.as_secs()));
        }
        let mut times: BTreeMap<String, u64> = (0..ROWS).map(|row| (name(row), 0)).collect();
        let mut client = server.client();
        for page in 1.. {
            let listed = client.get(&format!("/v1/companies?page={page}&pageSize={PAGE}"))?.json();
            let listed = listed["data"].as_array().cloned().unwrap_or_default();
            for company in &listed {
                let name = company["attributes"]["name"].as_str().unwrap_or_default();
                if let Some(times) = times.get_mut(name) {
                    *times += 1;
                }
            }
            if listed.len() < PAGE {
                break;
            }
        }
        let wrong = times.iter().filter(|(_, times)| **times != 1);
        lost.extend(wrong.map(|(name, times)| format!("{name} was imported {times} times")));
        Ok(((ROWS - lost.len().min(ROWS)) as u64, lost))
    }

    fn runs(&mut self) -> Result<bool> {
        let Some(importer) = &mut self.importer else { return Ok(false) };
        let Some(status) = importer.try_wait()? else { return Ok(true) };
        self.importer = None;
        self.is_done = status.success();
        Ok(false)
    }

    fn kill(&mut self) -> Result<()> {
        if let Some(mut importer) = self.importer.take() {
            importer.kill()?;
            importer.wait()?;
        }
        Ok(())
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.kill());
    }
}

fn name(row: usize) -> String {
    format!("imported {row}")
}

fn state_of(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".import-state");
    path.into()
}
