//! The real binary over real HTTP: a file per resource and verb.
#![cfg(test)]

mod auth;
mod cli;
mod client;
mod contract;
mod customers;
mod durability;
mod envelope;
mod isolation;
mod killed;
mod limits;
mod orgs;
mod pages;
mod place;
mod plug;
mod process;
mod roles;
mod seed;
mod server;
mod tags;
mod users;
