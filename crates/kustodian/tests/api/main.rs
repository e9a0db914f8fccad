//! The real binary over real HTTP: a file per resource and verb.
#![cfg(test)]

mod at_rest;
mod audit_logs;
mod auth;
mod backup;
mod backup_files;
mod cli;
mod client;
mod contract;
mod customers;
mod durability;
mod envelope;
mod erase;
mod events;
mod formats;
mod following;
mod history;
mod isolation;
mod killed;
mod limits;
mod orgs;
mod pages;
mod place;
mod plug;
mod process;
mod replay;
mod roles;
mod secrets;
mod seed;
mod server;
mod smuggling;
mod tags;
mod users;
