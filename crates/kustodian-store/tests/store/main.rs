//! The tests of the ports on SQLite, and of its own features.
//!
//! `commit`, `list`, `feed`, `verify`, `directory` and `model` see the ports alone, through whatever `setting::engine`
//! opens, and `place` says where that is: `tests/postgres` runs the same files on the other engine.

// `cfg(test)` shows the lints that these are tests, their helpers included.
#[cfg(test)]
mod backlog;
#[cfg(test)]
mod bytes;
#[cfg(test)]
mod check;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod file;
#[cfg(test)]
mod list;
#[cfg(test)]
mod model;
#[cfg(test)]
mod place;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod search;
#[cfg(test)]
mod search_families;
#[cfg(test)]
mod search_turns;
#[cfg(test)]
mod search_writers;
#[cfg(test)]
mod setting;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod tracking;
#[cfg(test)]
mod verify;
