//! The tests of the ports on PostgreSQL, and of its own features: several servers on one database, outages,
//! poolers, and the schema's keys.
//!
//! They need a server in which they may make databases: `cargo xtask test` starts one, or `KUSTODIAN_TEST_POSTGRES`
//! names one; `KUSTODIAN_TEST_DISTRIBUTE=1` spreads their tables over the machines of a cluster.

// `cfg(test)` shows the lints that these are tests, their helpers included.
#[cfg(test)]
#[path = "../store/bytes.rs"]
mod bytes;
#[cfg(test)]
#[path = "../store/check.rs"]
mod check;
#[cfg(test)]
#[path = "../store/commit.rs"]
mod commit;
#[cfg(test)]
mod differential;
#[cfg(test)]
#[path = "../store/directory.rs"]
mod directory;
#[cfg(test)]
#[path = "../store/feed.rs"]
mod feed;
#[cfg(test)]
#[path = "../store/list.rs"]
mod list;
#[cfg(test)]
#[path = "../store/model.rs"]
mod model;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod place;
#[cfg(test)]
mod pooler;
#[cfg(test)]
mod proxy;
#[cfg(test)]
#[path = "../store/receipts.rs"]
mod receipts;
#[cfg(test)]
mod schema;
#[cfg(test)]
#[path = "../store/search.rs"]
mod search;
#[cfg(test)]
mod search_differential;
#[cfg(test)]
#[path = "../store/search_families.rs"]
mod search_families;
#[cfg(test)]
mod search_lists;
#[cfg(test)]
mod search_stopped;
#[cfg(test)]
#[path = "../store/search_turns.rs"]
mod search_turns;
#[cfg(test)]
#[path = "../store/search_writers.rs"]
mod search_writers;
#[cfg(test)]
mod servers;
#[cfg(test)]
#[path = "../store/setting.rs"]
mod setting;
#[cfg(test)]
mod spreading;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
#[path = "../store/timers.rs"]
mod timers;
#[cfg(test)]
#[path = "../store/tracking.rs"]
mod tracking;
#[cfg(test)]
#[path = "../store/verify.rs"]
mod verify;
